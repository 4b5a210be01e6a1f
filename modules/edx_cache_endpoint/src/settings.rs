//! The settings files as they are, and the caches in them.

use std::path::{Path, PathBuf};

use ansible_protocol::Value;
use edx_layout::{CacheEntry, Listing, Location, ObservedCache, find_caches, redacted};
use file_set::Original;
use lossless_yaml::{Document, Node};

use crate::error::Problem;

/// A settings file that was read.
#[derive(Debug)]
pub struct SettingsFile {
    /// Its path.
    pub path: PathBuf,
    /// What it says.
    pub doc: Document,
    /// The file as it was found, to be replaced only while it is still that.
    pub original: Original,
}

/// A settings file with the caches found in it.
#[derive(Debug)]
pub struct Observed<'a> {
    /// The file.
    pub file: &'a SettingsFile,
    /// Its memcached caches, in its order.
    pub caches: Vec<CacheEntry<'a>>,
}

impl<'a> Observed<'a> {
    /// Finds the caches of `file`.
    pub fn of(file: &'a SettingsFile) -> Self {
        Self { file, caches: find_caches(&file.doc) }
    }
}

/// A memcached cache at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CacheState {
    /// Where it stands in its file, such as `CACHES.default`.
    pub key_path: String,
    /// The line of its LOCATION.
    pub line: usize,
    /// The lines of the items of a LOCATION that is a list.
    pub item_lines: Vec<usize>,
    /// The text of a LOCATION that is a string.
    pub text: Option<String>,
    /// Its backend.
    pub backend: String,
    /// Its servers, as written; none where LOCATION is missing or unusable.
    pub servers: Vec<String>,
    /// What [`edx_layout::server_vars`] has to know of it.
    pub observed: Option<ObservedCache>,
}

impl CacheState {
    fn of(file: &Path, cache: &CacheEntry<'_>) -> Self {
        let (mut item_lines, mut text) = (Vec::new(), None);
        match &cache.location {
            Location::List { node, .. } => item_lines.extend(node.follow().items().map(Node::line)),
            Location::Text { node, .. } => text = node.follow().text().map(str::to_owned),
            Location::Missing | Location::Other { .. } => {}
        }
        Self {
            key_path: cache.path.to_string(),
            line: cache.line,
            item_lines,
            text,
            backend: cache.backend.to_owned(),
            servers: cache.location.servers().iter().map(|server| (*server).to_owned()).collect(),
            observed: cache.observed(file),
        }
    }

    /// Whether its LOCATION is a list.
    pub fn is_list(&self) -> bool {
        !self.item_lines.is_empty()
    }

    /// Its LOCATION for people to read: a list as a list, a string as a string.
    pub fn shown(&self) -> Value {
        match &self.text {
            Some(text) => redacted(text).into(),
            None if self.is_list() => self.servers.iter().map(|server| redacted(server)).collect(),
            None => Value::Null,
        }
    }
}

/// The memcached caches found in `file`, without their document.
pub fn states(file: &Path, caches: &[CacheEntry<'_>]) -> Vec<CacheState> {
    caches.iter().map(|cache| CacheState::of(file, cache)).collect()
}

/// Where the bytes of every LOCATION start and end, each once, in the order of
/// the file.
pub fn location_spans(caches: &[CacheEntry<'_>]) -> Vec<(usize, usize)> {
    let nodes = caches.iter().filter_map(|cache| cache.location.node());
    let mut spans: Vec<_> = nodes.map(|node| node.follow().span()).map(|span| (span.start, span.end)).collect();
    spans.sort_unstable();
    spans.dedup();
    spans
}

/// Reads every settings file of a listing. What cannot be read, or not by
/// PyYAML, is a problem of its own; all of them are found before the first is
/// told.
pub fn read(listing: &mut Listing) -> Result<Vec<SettingsFile>, Vec<Problem>> {
    let mut files = Vec::new();
    let mut problems: Vec<Problem> = listing.refused.drain(..).map(Problem::from).collect();
    for path in listing.settings.drain(..) {
        match read_file(path) {
            Ok(file) => files.push(file),
            Err(problem) => problems.push(problem),
        }
    }
    if problems.is_empty() { Ok(files) } else { Err(problems) }
}

/// Reads one settings file.
pub fn read_file(path: PathBuf) -> Result<SettingsFile, Problem> {
    let original = file_set::read(&path)?;
    match Document::parse(original.bytes()) {
        Ok(doc) => Ok(SettingsFile { path, doc, original }),
        Err(reason) => Err(Problem::Yaml { path, reason }),
    }
}
