//! Brings a backup back without undoing what else happened since.

use std::collections::{BTreeSet, HashMap};

use edx_layout::{CacheEntry, find_caches};
use lossless_yaml::{Document, Edit, KeyPath, Kind, Node, Reader};

use crate::error::Problem;
use crate::plan::{NewContent, edited};
use crate::settings::{Observed, location_spans};

/// More key paths than this are counted, not listed.
const LISTED: usize = 10;

/// What restoring a file comes to.
#[derive(Debug, Default)]
pub struct Restored {
    /// The new content.
    pub content: NewContent,
    /// What the operator should know.
    pub warnings: Vec<String>,
}

/// Works out how `file` gets the cache locations of `backup` back.
///
/// A file that differs from its backup only by memcached LOCATION values gets
/// the backup byte for byte. In a file where other things changed since (an
/// upgrade, another move, an operator's edit) only those values are put back,
/// and a warning names what else differs.
pub fn restore(observed: &Observed<'_>, backup: Vec<u8>) -> Result<Restored, Problem> {
    let file = observed.file;
    if backup == file.doc.source().as_bytes() {
        return Ok(Restored::default());
    }
    let old = Document::parse(backup).map_err(|reason| Problem::Backup { path: file.path.clone(), reason })?;
    let old_caches = find_caches(&old);
    if same_outside_locations(observed, &old, &old_caches) {
        drop(old_caches);
        return Ok(Restored::new(Some(old), Vec::new()));
    }
    let (edits, mut warnings) = locations_of(observed, &old_caches);
    let after = edited(file, &edits)?;
    if after.is_some() {
        warnings.insert(0, since(observed, &old, &old_caches));
    }
    Ok(Restored::new(after, warnings))
}

impl Restored {
    fn new(after: Option<Document>, warnings: Vec<String>) -> Self {
        Self { content: NewContent { after, ..NewContent::default() }, warnings }
    }
}

fn same_outside_locations(now: &Observed<'_>, old: &Document, old_caches: &[CacheEntry<'_>]) -> bool {
    let (now_spans, old_spans) = (location_spans(&now.caches), location_spans(old_caches));
    now_spans.len() == old_spans.len() && pieces(now.file.doc.source(), &now_spans).eq(pieces(old.source(), &old_spans))
}

/// The text between spans.
fn pieces<'a>(source: &'a str, spans: &'a [(usize, usize)]) -> impl Iterator<Item = &'a str> {
    let starts = std::iter::once(0).chain(spans.iter().map(|(_, end)| *end));
    let ends = spans.iter().map(|(start, _)| *start).chain([source.len()]);
    // Spans inside one another (a LOCATION that an alias repeats) leave nothing between.
    std::iter::zip(starts, ends).map(|(start, end)| source.get(start..end).unwrap_or_default())
}

/// The edits that put the LOCATION values of `old_caches` in place.
fn locations_of(now: &Observed<'_>, old_caches: &[CacheEntry<'_>]) -> (Vec<Edit>, Vec<String>) {
    let mut was: HashMap<&KeyPath, &CacheEntry<'_>> = old_caches.iter().map(|cache| (&cache.path, cache)).collect();
    let mut edits = Vec::new();
    let mut warnings = Vec::new();
    let shown = now.file.path.display();
    for cache in &now.caches {
        let Some(before) = was.remove(&cache.path) else {
            warnings.push(format!(
                "{shown}:{}: {} is not in the backup, so it was left alone; see where it should point",
                cache.line, cache.path
            ));
            continue;
        };
        let Some(value) = before.location.node().map(Node::to_json) else { continue };
        if !cache.location.node().is_some_and(|node| node.equals(&value, Reader::Plain)) {
            edits.push(Edit::Set { path: cache.location_path(), value });
        }
    }
    for cache in old_caches.iter().filter(|cache| was.contains_key(&cache.path)) {
        warnings.push(format!(
            "{shown}: {} was a memcached cache in the backup and is none any more; nothing was put back there",
            cache.path
        ));
    }
    (edits, warnings)
}

/// A warning that names the settings which differ from the backup, cache
/// locations aside.
fn since(now: &Observed<'_>, old: &Document, old_caches: &[CacheEntry<'_>]) -> String {
    let mut was = settings(old);
    let mut differing = Vec::new();
    now.file.doc.walk(&mut |path, node| {
        if let Some(text) = leaf(node) {
            let path = path.to_string();
            match was.remove(&path) {
                Some(before) if before == text => {}
                _ => differing.push(path),
            }
        }
    });
    let mut gone = BTreeSet::new();
    gone.extend(was.into_keys());
    differing.extend(gone);
    let mut locations = BTreeSet::new();
    locations.extend(now.caches.iter().chain(old_caches).map(|cache| cache.location_path().to_string()));
    differing.retain(|path| {
        let whole = path.split('[').next().unwrap_or(path);
        !locations.contains(whole) && !locations.contains(path)
    });
    let what = match differing.as_slice() {
        [] => "its comments or layout".to_owned(),
        few if few.len() <= LISTED => few.join(", "),
        many => format!("{} and {} more settings", many[..LISTED].join(", "), many.len() - LISTED),
    };
    format!(
        "{}: other things than cache locations changed since the backup ({what}); they were kept, and only the cache locations were put back",
        now.file.path.display()
    )
}

fn settings(doc: &Document) -> HashMap<String, String> {
    let mut found = HashMap::new();
    doc.walk(&mut |path, node| {
        if let Some(text) = leaf(node) {
            found.insert(path.to_string(), text);
        }
    });
    found
}

/// The value of a setting without settings below it, in a form that can be
/// compared. It is never shown.
fn leaf(node: Node<'_>) -> Option<String> {
    let is_leaf = match node.kind() {
        Kind::Scalar | Kind::Alias => true,
        Kind::Sequence | Kind::Mapping => node.is_empty(),
    };
    is_leaf.then(|| node.to_json().to_string())
}
