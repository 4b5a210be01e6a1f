//! A parsed document: the source text and a flat table of where each node stands in it.

use crate::lines::line_feeds;
use crate::resolve::{self, Look, Resolved};
use crate::{Error, KeyPath, Segment, parse};
use serde_json::Value;
use std::ops::Range;

/// How deep lists and mappings may be nested. Open edX's files have 8 levels; `serde_yaml` stops at 128.
pub const MAX_DEPTH: usize = 100;

pub(crate) const NONE: u32 = u32::MAX;

/// What a node is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Text, a number, a word.
    Scalar,
    /// A list.
    Sequence,
    /// A mapping.
    Mapping,
    /// `*name`.
    Alias,
}

/// How a node is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// A scalar without quotes. Also the style of an alias.
    Plain,
    /// `'...'`
    SingleQuoted,
    /// `"..."`
    DoubleQuoted,
    /// `|`
    Literal,
    /// `>`
    Folded,
    /// A list or mapping by indentation.
    Block,
    /// `[...]` or `{...}`
    Flow,
}

/// Who reads the file, which decides how a string with `{{` is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Reader {
    /// Ansible: strings with `{{`, `{%` or `{#` get the tag `!unsafe`, so that they are not templated.
    Ansible,
    /// PyYAML: no tag is ever written.
    #[default]
    Plain,
    /// PyYAML or a JSON parser: like `Plain`, and an empty root is filled as JSON.
    Json,
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum TextAt {
    /// The text is its source.
    Content,
    /// The text is its source without the quotes.
    Quoted,
    /// The text differs from its source; the index of a kept copy.
    Kept(u32),
    /// Not a scalar; for an alias the id of its target.
    Target(u32),
}

#[derive(Debug)]
pub(crate) struct Record {
    /// Where the node begins, anchor and tag included.
    pub start: u32,
    /// Where it begins without them.
    pub content: u32,
    pub end: u32,
    pub line: u32,
    pub first: u32,
    pub next: u32,
    pub count: u32,
    pub props: u32,
    pub text: TextAt,
    pub kind: Kind,
    pub style: Style,
    /// Whether PyYAML resolves the text by its look.
    pub implicit: bool,
}

#[derive(Debug, Default)]
pub(crate) struct Props {
    pub anchor: Option<Box<str>>,
    pub tag: Option<Box<str>>,
    /// Line of the first alias that uses the anchor; 0 when none does.
    pub used_on: u32,
}

/// One YAML document and its source.
#[derive(Debug)]
pub struct Document {
    pub(crate) source: String,
    pub(crate) nodes: Vec<Record>,
    pub(crate) kept: Vec<Box<str>>,
    pub(crate) props: Vec<Props>,
    pub(crate) root: u32,
    /// Where an explicit `...` stands.
    pub(crate) end_mark: Option<usize>,
}

impl Document {
    /// Reads a file with libyaml's grammar, and refuses what PyYAML cannot read or reads in a surprising way:
    /// several documents, duplicate keys, unknown aliases, values that cannot be built.
    pub fn parse(bytes: impl Into<Vec<u8>>) -> Result<Self, Error> {
        parse::parse(bytes.into())
    }

    /// The file's text, byte for byte, a byte order mark included.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The outermost node; a null scalar for an empty file.
    pub fn root(&self) -> Node<'_> {
        self.node(self.root)
    }

    pub(crate) fn node(&self, id: u32) -> Node<'_> {
        Node { doc: self, id }
    }

    /// The node at a path as PyYAML sees it: through aliases and `<<`. None when there is none.
    pub fn get(&self, path: &KeyPath) -> Option<Node<'_>> {
        let mut node = self.root();
        for segment in path.segments() {
            node = match segment {
                Segment::Key(key) => node.get(key)?,
                Segment::Index(index) => node.follow().items().nth(*index)?,
            };
        }
        Some(node)
    }

    /// Shows every value (scalars, lists, mappings, aliases; not the keys) with its path, in the order of the
    /// file, the root first. What an alias stands for is not shown again.
    pub fn walk<'a>(&'a self, visit: &mut dyn FnMut(&KeyPath, Node<'a>)) {
        walk(&mut KeyPath::root(), self.root(), visit);
    }

    /// Line of an offset, counted from 1.
    pub(crate) fn line_at(&self, offset: usize) -> usize {
        1 + line_feeds(&self.source.as_bytes()[..offset])
    }

    /// Path of the value (or of the value whose key) that stands at an offset.
    pub(crate) fn path_at(&self, offset: usize) -> KeyPath {
        let mut path = KeyPath::root();
        let mut node = self.root();
        loop {
            let inside = |child: Node<'_>| child.record().start as usize <= offset && offset <= child.span().end;
            let step = match node.kind() {
                Kind::Mapping => node
                    .entries()
                    .find(|(key, value)| inside(*key) || inside(*value))
                    .map(|(key, value)| (Segment::Key(key.key_text().to_owned()), value, inside(key))),
                Kind::Sequence => node
                    .items()
                    .enumerate()
                    .find(|(_, item)| inside(*item))
                    .map(|(at, item)| (Segment::Index(at), item, false)),
                _ => None,
            };
            let Some((segment, child, is_key)) = step else { return path };
            path.push(segment);
            if is_key {
                return path;
            }
            node = child;
        }
    }
}

fn walk<'a>(path: &mut KeyPath, node: Node<'a>, visit: &mut dyn FnMut(&KeyPath, Node<'a>)) {
    visit(path, node);
    match node.kind() {
        Kind::Mapping => {
            for (key, value) in node.entries() {
                path.push(Segment::Key(key.key_text().to_owned()));
                walk(path, value, visit);
                path.pop();
            }
        }
        Kind::Sequence => {
            for (at, item) in node.items().enumerate() {
                path.push(Segment::Index(at));
                walk(path, item, visit);
                path.pop();
            }
        }
        Kind::Scalar | Kind::Alias => {}
    }
}

/// A node of a [`Document`].
#[derive(Debug, Clone, Copy)]
pub struct Node<'a> {
    pub(crate) doc: &'a Document,
    pub(crate) id: u32,
}

impl PartialEq for Node<'_> {
    /// Whether both are the same node of the same document.
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.doc, other.doc) && self.id == other.id
    }
}

impl<'a> Node<'a> {
    pub(crate) fn record(self) -> &'a Record {
        &self.doc.nodes[self.id as usize]
    }

    fn props(self) -> Option<&'a Props> {
        self.doc.props.get(self.record().props as usize)
    }

    /// What the node is.
    pub fn kind(self) -> Kind {
        self.record().kind
    }

    /// How it is written.
    pub fn style(self) -> Style {
        self.record().style
    }

    /// Its line, counted from 1.
    pub fn line(self) -> usize {
        self.record().line as usize
    }

    /// Its bytes in the file, anchor and tag included. A block list or mapping ends with its last child.
    pub fn span(self) -> Range<usize> {
        self.record().start as usize..self.record().end as usize
    }

    /// Its bytes in the file without anchor and tag.
    pub fn content_span(self) -> Range<usize> {
        self.record().content as usize..self.record().end as usize
    }

    /// Its source text, anchor and tag included.
    pub fn source(self) -> &'a str {
        &self.doc.source[self.span()]
    }

    /// `name` of `&name`; for an alias of `*name`.
    pub fn anchor(self) -> Option<&'a str> {
        self.props().and_then(|props| props.anchor.as_deref())
    }

    /// Line of the first alias that uses this node's anchor.
    pub fn alias_line(self) -> Option<usize> {
        self.props().map(|props| props.used_on as usize).filter(|line| *line > 0 && self.kind() != Kind::Alias)
    }

    /// The tag in full, e.g. `!unsafe`, `tag:yaml.org,2002:str`.
    pub fn tag(self) -> Option<&'a str> {
        self.props().and_then(|props| props.tag.as_deref())
    }

    /// A scalar's text, quotes and escapes resolved.
    pub fn text(self) -> Option<&'a str> {
        let span = self.content_span();
        match self.record().text {
            TextAt::Content => Some(&self.doc.source[span]),
            TextAt::Quoted => Some(&self.doc.source[span.start + 1..span.end - 1]),
            TextAt::Kept(index) => Some(&self.doc.kept[index as usize]),
            TextAt::Target(_) => None,
        }
    }

    /// The text by which a key goes in a [`KeyPath`].
    pub fn key_text(self) -> &'a str {
        self.follow().text().unwrap_or_default()
    }

    /// For an alias, the node that it stands for; otherwise the node itself.
    #[must_use]
    pub fn follow(self) -> Node<'a> {
        match self.record().text {
            TextAt::Target(id) if id != NONE => self.doc.node(id),
            _ => self,
        }
    }

    /// The items of a list; nothing for anything else (an alias is not followed).
    pub fn items(self) -> Items<'a> {
        let next = if self.kind() == Kind::Sequence { self.record().first } else { NONE };
        Items { doc: self.doc, next }
    }

    /// The keys and values of a mapping; nothing for anything else (an alias is not followed).
    pub fn entries(self) -> Entries<'a> {
        let next = if self.kind() == Kind::Mapping { self.record().first } else { NONE };
        Entries(Items { doc: self.doc, next })
    }

    /// Count of items or entries.
    pub fn len(self) -> usize {
        let count = self.record().count as usize;
        if self.kind() == Kind::Mapping { count / 2 } else { count }
    }

    /// Whether there are no items or entries.
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// The value under a key, through aliases and `<<` as PyYAML does. A key that is a string is preferred to one
    /// that only prints the same.
    pub fn get(self, key: &str) -> Option<Node<'a>> {
        let node = self.follow();
        node.own(key).or_else(|| node.merged(key).map(|(value, _)| value))
    }

    pub(crate) fn own(self, key: &str) -> Option<Node<'a>> {
        let mut other = None;
        for (name, value) in self.entries() {
            if name.key_text() == key && !name.is_merge() {
                if matches!(name.resolved(), Resolved::Str(_)) {
                    return Some(value);
                }
                other = other.or(Some(value));
            }
        }
        other
    }

    /// The value that `<<` brings in, and the `<<` key.
    pub(crate) fn merged(self, key: &str) -> Option<(Node<'a>, Node<'a>)> {
        // Of several `<<` the last wins, of the mappings in one list the first.
        let mut found = None;
        for (name, value) in self.entries().filter(|(name, _)| name.is_merge()) {
            let value = value.follow();
            let hit = match value.kind() {
                Kind::Sequence => value.items().find_map(|item| item.get(key)),
                _ => value.get(key),
            };
            found = hit.map(|hit| (hit, name)).or(found);
        }
        found
    }

    /// Whether this key is `<<`.
    pub fn is_merge(self) -> bool {
        let record = self.record();
        record.kind == Kind::Scalar && record.implicit && self.text() == Some("<<")
    }

    /// What PyYAML makes of it; an alias counts as what it stands for.
    pub fn resolved(self) -> Resolved<'a> {
        let node = self.follow();
        match (node.kind(), node.tag()) {
            (Kind::Scalar, None) if !node.record().implicit => Resolved::Str(node.text().unwrap_or_default()),
            (Kind::Scalar, None) => implicit(node.text().unwrap_or_default()),
            (Kind::Scalar, Some(tag)) => tagged(tag, node.text().unwrap_or_default()),
            (Kind::Mapping, None | Some("tag:yaml.org,2002:map")) => Resolved::Mapping,
            (Kind::Sequence, None | Some("tag:yaml.org,2002:seq")) => Resolved::Sequence,
            (_, Some(tag)) => Resolved::Tagged(tag, ""),
            (Kind::Alias, None) => Resolved::Null,
        }
    }

    /// Whether PyYAML reads exactly this value here: `no` equals `false`, `0777` equals 511, `'3306'` is not 3306,
    /// a list equals a list item by item, a mapping a mapping with the same keys. With [`Reader::Ansible`] a string
    /// with `{{` is only equal when it is marked `!unsafe`.
    pub fn equals(self, value: &Value, reader: Reader) -> bool {
        let node = self.follow();
        match (node.resolved(), value) {
            (Resolved::Null, Value::Null) => true,
            (Resolved::Bool(have), Value::Bool(want)) => have == *want,
            (Resolved::Int(have), Value::Number(want)) => integer(want) == Some(have),
            #[allow(clippy::float_cmp)]
            (Resolved::Float(have), Value::Number(want)) => want.is_f64() && want.as_f64() == Some(have),
            (Resolved::Str(have), Value::String(want)) => {
                have == want && (reader != Reader::Ansible || !is_template(want) || node.tag() == Some("!unsafe"))
            }
            (Resolved::Sequence, Value::Array(want)) => {
                node.len() == want.len() && node.items().zip(want).all(|(have, want)| have.equals(want, reader))
            }
            (Resolved::Mapping, Value::Object(want)) => {
                node.len() == want.len()
                    && node.entries().all(|(key, have)| {
                        !key.is_merge() && want.get(key.key_text()).is_some_and(|want| have.equals(want, reader))
                    })
            }
            _ => false,
        }
    }

    /// Whether PyYAML reads the same in both places, keys in any order.
    #[allow(clippy::float_cmp, reason = "the same text gives the same number")]
    pub fn reads_like(self, other: Node<'_>) -> bool {
        let (one, other) = (self.follow(), other.follow());
        match (one.resolved(), other.resolved()) {
            (Resolved::Float(a), Resolved::Float(b)) => a == b || (a.is_nan() && b.is_nan()),
            (Resolved::Sequence, Resolved::Sequence) => {
                one.len() == other.len() && one.items().zip(other.items()).all(|(a, b)| a.reads_like(b))
            }
            (Resolved::Mapping, Resolved::Mapping) => {
                one.len() == other.len()
                    && one.entries().all(|(key, value)| other.own(key.key_text()).is_some_and(|b| value.reads_like(b)))
            }
            (Resolved::Str(a), Resolved::Str(b)) => {
                a == b && (one.tag() == Some("!unsafe")) == (other.tag() == Some("!unsafe"))
            }
            (a, b) => a == b,
        }
    }

    /// The value as JSON, aliases and `<<` resolved; what JSON has no type for (dates, tagged values, infinite
    /// numbers, very large integers) becomes its text.
    pub fn to_json(self) -> Value {
        let node = self.follow();
        match node.resolved() {
            Resolved::Null => Value::Null,
            Resolved::Bool(value) => value.into(),
            Resolved::Int(value) => {
                serde_json::Number::from_i128(value).map_or_else(|| value.to_string().into(), Value::Number)
            }
            Resolved::Float(value) => serde_json::Number::from_f64(value)
                .map_or_else(|| node.text().unwrap_or_default().into(), Value::Number),
            Resolved::Str(text) | Resolved::Timestamp(text) | Resolved::Binary(text) | Resolved::BigInt(text) => {
                text.into()
            }
            Resolved::Merge => "<<".into(),
            _ if node.kind() == Kind::Scalar => node.text().unwrap_or_default().into(),
            _ if node.kind() == Kind::Sequence => node.items().map(Node::to_json).collect(),
            _ => {
                let mut map = serde_json::Map::new();
                node.collect_merged(&mut map);
                for (key, value) in node.entries().filter(|(key, _)| !key.is_merge()) {
                    map.insert(key.key_text().to_owned(), value.to_json());
                }
                Value::Object(map)
            }
        }
    }

    fn collect_merged(self, map: &mut serde_json::Map<String, Value>) {
        for (_, value) in self.entries().filter(|(key, _)| key.is_merge()) {
            let value = value.follow();
            let mut sources: Vec<Node<'_>> =
                if value.kind() == Kind::Sequence { value.items().collect() } else { vec![value] };
            sources.reverse();
            for source in sources {
                if let Value::Object(more) = source.to_json() {
                    map.extend(more);
                }
            }
        }
    }
}

pub(crate) fn integer(number: &serde_json::Number) -> Option<i128> {
    number.as_i64().map(i128::from).or_else(|| number.as_u64().map(i128::from))
}

/// Whether Ansible would take the string for a template.
pub fn is_template(text: &str) -> bool {
    ["{{", "{%", "{#"].iter().any(|mark| text.contains(mark))
}

fn implicit(text: &str) -> Resolved<'_> {
    match resolve::look(text) {
        Look::Null => Resolved::Null,
        Look::Bool(value) => Resolved::Bool(value),
        Look::Int => integer_of(text),
        Look::Float => resolve::float(text).map_or(Resolved::Str(text), Resolved::Float),
        Look::Timestamp => Resolved::Timestamp(text),
        Look::Merge => Resolved::Merge,
        Look::Value | Look::Str => Resolved::Str(text),
    }
}

fn integer_of(text: &str) -> Resolved<'_> {
    match resolve::int(text) {
        Ok(Some(value)) => Resolved::Int(value),
        Ok(None) => Resolved::BigInt(text),
        Err(()) => Resolved::Str(text),
    }
}

fn tagged<'a>(tag: &'a str, text: &'a str) -> Resolved<'a> {
    match tag {
        "!unsafe" | "tag:yaml.org,2002:str" => Resolved::Str(text),
        "tag:yaml.org,2002:null" => Resolved::Null,
        "tag:yaml.org,2002:bool" => resolve::tagged_bool(text).map_or(Resolved::Tagged(tag, text), Resolved::Bool),
        "tag:yaml.org,2002:int" => match integer_of(text) {
            Resolved::Str(_) => Resolved::Tagged(tag, text),
            number => number,
        },
        "tag:yaml.org,2002:float" => resolve::float(text).map_or(Resolved::Tagged(tag, text), Resolved::Float),
        "tag:yaml.org,2002:timestamp" => Resolved::Timestamp(text),
        "tag:yaml.org,2002:binary" => Resolved::Binary(text),
        _ => Resolved::Tagged(tag, text),
    }
}

/// The items of a list. See [`Node::items`].
#[derive(Debug, Clone)]
pub struct Items<'a> {
    doc: &'a Document,
    next: u32,
}

impl<'a> Iterator for Items<'a> {
    type Item = Node<'a>;

    fn next(&mut self) -> Option<Node<'a>> {
        if self.next == NONE {
            return None;
        }
        let node = self.doc.node(self.next);
        self.next = node.record().next;
        Some(node)
    }
}

/// The keys and values of a mapping. See [`Node::entries`].
#[derive(Debug, Clone)]
pub struct Entries<'a>(Items<'a>);

impl<'a> Iterator for Entries<'a> {
    type Item = (Node<'a>, Node<'a>);

    fn next(&mut self) -> Option<(Node<'a>, Node<'a>)> {
        Some((self.0.next()?, self.0.next()?))
    }
}
