//! What a run would write, worked out before anything is written.

use std::collections::HashMap;
use std::path::PathBuf;

use ansible_protocol::Value;
use edx_layout::{CacheEntry, Endpoint, Location, ThisHost, find_caches};
use lossless_yaml::{Document, Edit, EmitOptions, Reader};

use crate::error::Problem;
use crate::judge::{Kept, Verdict, Wish, judge};
use crate::leftovers::{Leftovers, Needles};
use crate::settings::{CacheState, Observed, SettingsFile, location_spans, states};

/// What becomes of one file.
#[derive(Debug)]
pub struct FilePlan {
    /// The file.
    pub path: PathBuf,
    /// Its new content, read; none where it stays as it is.
    pub new: Option<Document>,
    /// Its memcached caches before.
    pub before: Vec<CacheState>,
    /// Its memcached caches after, read from the new content.
    pub after: Vec<CacheState>,
    /// The servers that differ.
    pub changes: Vec<LocationChange>,
    /// The caches that stay though something else was wished.
    pub kept: Vec<KeptCache>,
    /// Other places that name a memcached, as of after.
    pub leftovers: Leftovers,
}

/// A LOCATION, or an item of one, that changes.
#[derive(Debug, Clone, PartialEq)]
pub struct LocationChange {
    /// Its key path, such as `CACHES.default.LOCATION[0]`.
    pub key_path: String,
    /// Its line before.
    pub line: usize,
    /// Its value before.
    pub before: Value,
    /// Its value after.
    pub after: Value,
}

/// A cache that stays as it is, and why.
#[derive(Debug)]
pub struct KeptCache {
    /// Its key path.
    pub key_path: String,
    /// Its line.
    pub line: usize,
    /// Why it stays.
    pub why: Kept,
}

/// A new content for a file, and what was left out of it.
#[derive(Debug, Default)]
pub struct NewContent {
    /// The content, read; none where the file stays as it is.
    pub after: Option<Document>,
    /// The caches that stay.
    pub kept: Vec<KeptCache>,
}

/// Points the caches of a file where `wish` says.
pub fn point(observed: &Observed<'_>, wish: &Wish, here: &ThisHost) -> Result<NewContent, Problem> {
    let mut edits = Vec::new();
    let mut kept = Vec::new();
    for cache in &observed.caches {
        match judge(cache, wish, here) {
            Verdict::Met => {}
            Verdict::Set(servers) => {
                edits.push(Edit::Set { path: cache.location_path(), value: value(cache, servers) });
            }
            Verdict::Kept(why) => kept.push(KeptCache { key_path: cache.path.to_string(), line: cache.line, why }),
        }
    }
    Ok(NewContent { after: edited(observed.file, &edits)?, kept })
}

/// The content of `file` after `edits`, if that is another one.
pub fn edited(file: &SettingsFile, edits: &[Edit]) -> Result<Option<Document>, Problem> {
    if edits.is_empty() {
        return Ok(None);
    }
    let is_json = file.path.extension().is_some_and(|extension| extension == "json");
    let options = EmitOptions { reader: if is_json { Reader::Json } else { Reader::Plain } };
    let refused = |reason| Problem::Edit { path: file.path.clone(), reason };
    file.doc.plan_document(edits, &options).map_err(refused)
}

/// A string stays a string, with the separator that it has; a list a list.
fn value(cache: &CacheEntry<'_>, servers: Vec<String>) -> Value {
    match &cache.location {
        Location::Text { node, .. } => {
            let comma = node.follow().text().is_some_and(|text| text.contains(',') && !text.contains(';'));
            servers.join(if comma { "," } else { ";" }).into()
        }
        _ => servers.into(),
    }
}

/// Every server of `caches` that is not among `current`, as written and as
/// understood, each once.
pub fn old_servers<'a>(caches: &[&CacheEntry<'a>], current: &[Endpoint]) -> Vec<(&'a str, Endpoint)> {
    let mut found: Vec<(&str, Endpoint)> = Vec::new();
    for text in caches.iter().flat_map(|cache| cache.location.servers()) {
        // Many caches, few servers.
        if found.iter().any(|(known, _)| known == text) {
            continue;
        }
        if let Ok(endpoint) = text.parse()
            && !current.contains(&endpoint)
        {
            found.push((text, endpoint));
        }
    }
    found
}

impl FilePlan {
    /// The plan for a file with a new content. What is reported is read from
    /// that content, so that it is what will stand there.
    pub fn new(observed: &Observed<'_>, content: NewContent, needles: &Needles) -> Self {
        let path = &observed.file.path;
        let before = states(path, &observed.caches);
        let (after, leftovers) = match &content.after {
            None => {
                let spans = location_spans(&observed.caches);
                (before.clone(), needles.in_document(path, &observed.file.doc, &spans))
            }
            Some(doc) => {
                let caches = find_caches(doc);
                (states(path, &caches), needles.in_document(path, doc, &location_spans(&caches)))
            }
        };
        Self {
            changes: changes(&before, &after),
            path: path.clone(),
            new: content.after,
            before,
            after,
            kept: content.kept,
            leftovers,
        }
    }

    /// Whether the file changes.
    pub fn changes_file(&self) -> bool {
        self.new.is_some()
    }
}

fn changes(before: &[CacheState], after: &[CacheState]) -> Vec<LocationChange> {
    let after: HashMap<&str, &CacheState> = after.iter().map(|cache| (cache.key_path.as_str(), cache)).collect();
    let mut found = Vec::new();
    for cache in before {
        let Some(now) = after.get(cache.key_path.as_str()) else { continue };
        if cache.shown() == now.shown() {
            continue;
        }
        let location = format!("{}.LOCATION", cache.key_path);
        if !cache.is_list() || !now.is_list() || cache.servers.len() != now.servers.len() {
            found.push(LocationChange {
                key_path: location,
                line: cache.line,
                before: cache.shown(),
                after: now.shown(),
            });
            continue;
        }
        let (was, is) = (cache.shown(), now.shown());
        for (index, line) in cache.item_lines.iter().enumerate() {
            if was[index] != is[index] {
                found.push(LocationChange {
                    key_path: format!("{location}[{index}]"),
                    line: *line,
                    before: was[index].clone(),
                    after: is[index].clone(),
                });
            }
        }
    }
    found
}
