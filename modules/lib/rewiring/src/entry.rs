//! What names servers of a service in a settings file, and the values by which it does.

use std::fmt;
use std::ops::Range;

use ansible_protocol::Value;
use edx_layout::{Endpoint, ThisHost};
use lossless_yaml::{Edit, KeyPath, Kind, Node};

use crate::judge::{Kept, Wish};

/// What becomes of an entry, given a wish and this host: the edits after which it is as wished, or why it stays.
pub type Judge<'a> = Box<dyn Fn(&Wish, &ThisHost) -> Result<Vec<Edit>, Kept> + 'a>;

/// What names servers of the service: a cache, a broker, a database, a store.
pub struct Entry<'a> {
    /// Its key path.
    pub path: KeyPath,
    /// Its line.
    pub line: usize,
    /// Its servers, as written (of a URL only the host and port) and as understood; without those that are not
    /// understood.
    pub servers: Vec<(String, Endpoint)>,
    /// Its servers, fit to be shown: as written, or host and port. None where they are missing or unusable.
    pub shown: Vec<String>,
    /// The values that a run may set; that which names the servers is the first.
    pub spots: Vec<Spot>,
    /// What the result says of it.
    pub reports: Vec<Value>,
    /// Judges it.
    pub judge: Judge<'a>,
}

impl fmt::Debug for Entry<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} on {:?}", self.path, self.shown)
    }
}

/// A value that a run may set.
#[derive(Clone)]
pub struct Spot {
    /// Its key path.
    pub path: KeyPath,
    /// Where its bytes are; none where it is not there.
    pub span: Option<Range<usize>>,
    /// Its line, or that of the entry where it is not there.
    pub line: usize,
    /// The lines of the items of a list.
    pub item_lines: Vec<usize>,
    /// As it may be shown: a list as a list, a string as a string, null where it is missing or unusable.
    pub shown: Value,
    /// As it stands, which may be a password.
    raw: Value,
    /// Whether a run may have made it, so that it goes where a backup has none.
    pub may_be_new: bool,
}

impl fmt::Debug for Spot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.shown)
    }
}

impl Spot {
    /// The value `node`, or its absence, in the entry of that line.
    pub fn of_node(path: KeyPath, node: Option<Node<'_>>, entry_line: usize, shown: Value) -> Self {
        let line = node.map_or(entry_line, Node::line);
        let node = node.map(Node::follow);
        let is_list = node.is_some_and(|node| node.kind() == Kind::Sequence) && shown.is_array();
        let item_lines = node.filter(|_| is_list).map(|node| node.items().map(Node::line).collect());
        Self {
            path,
            span: node.map(Node::span),
            line,
            item_lines: item_lines.unwrap_or_default(),
            shown,
            raw: node.map(Node::to_json).unwrap_or_default(),
            may_be_new: false,
        }
    }

    /// The word of a shell at `span`, as it stands there with its quotes.
    pub fn of_word(path: KeyPath, span: Range<usize>, line: usize, shown: Value, raw: &str) -> Self {
        Self { path, span: Some(span), line, item_lines: Vec::new(), shown, raw: raw.into(), may_be_new: false }
    }

    /// The same, as one that a run may have made.
    #[must_use]
    pub fn that_may_be_new(self) -> Self {
        Self { may_be_new: true, ..self }
    }

    /// Whether it is a list.
    pub fn is_list(&self) -> bool {
        !self.item_lines.is_empty()
    }

    /// Whether another value stands there.
    pub fn differs(&self, other: &Self) -> bool {
        self.raw != other.raw
    }

    /// Whether another item stands there in two lists of one length.
    pub fn item_differs(&self, other: &Self, index: usize) -> bool {
        self.raw.get(index) != other.raw.get(index)
    }

    /// The edit after which `now` is as this one; none where it is.
    pub fn put_back(&self, now: Option<&Self>) -> Option<Edit> {
        let now = now.filter(|now| now.span.is_some());
        match (&self.span, now) {
            (Some(_), Some(now)) if !self.differs(now) => None,
            (Some(_), _) => Some(Edit::Set { path: self.path.clone(), value: self.raw.clone() }),
            (None, Some(_)) if self.may_be_new => Some(Edit::Remove { path: self.path.clone() }),
            (None, _) => None,
        }
    }
}

/// Where the bytes of every value that is there start and end, each once, in the order of the file.
pub fn spans(entries: &[Entry<'_>]) -> Vec<(usize, usize)> {
    let spots = entries.iter().flat_map(|entry| &entry.spots);
    let mut spans: Vec<_> = spots.filter_map(|spot| spot.span.as_ref()).map(|span| (span.start, span.end)).collect();
    spans.sort_unstable();
    spans.dedup();
    spans
}
