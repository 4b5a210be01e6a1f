//! What a run would write, worked out before anything is written.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use ansible_protocol::Value;
use edx_layout::{CacheEntry, Endpoint, Layer, Location, ThisHost, find_data};
use lossless_yaml::{Document, Edit, EmitOptions, Reader};

use crate::entry::{Entry, spans};
use crate::error::Problem;
use crate::judge::{Kept, Verdict, Wish, judge};
use crate::judge_broker::{aside, judge_broker};
use crate::leftovers::{Leftovers, Needles};
use crate::service::Service;
use crate::settings::{Observed, Seen, SettingsFile, Wanted, entries};
use crate::state::{State, StateValue, states};

/// What becomes of one file.
#[derive(Debug)]
pub struct FilePlan {
    /// The file.
    pub path: PathBuf,
    /// Its new content, read; none where it stays as it is.
    pub new: Option<Document>,
    /// Its caches, or brokers, before.
    pub before: Vec<State>,
    /// The same after, read from the new content.
    pub after: Vec<State>,
    /// What the variables of the next upgrade depend on, after.
    pub seen: Seen,
    /// The values that differ.
    pub changes: Vec<ValueChange>,
    /// What stays though something else was wished.
    pub kept: Vec<KeptEntry>,
    /// Other places that name an old server, as of after.
    pub leftovers: Leftovers,
}

/// A value, or an item of one, that changes. Before and after are the same where only what is not shown of them differs.
#[derive(Debug, Clone, PartialEq)]
pub struct ValueChange {
    /// Its key path, such as `CACHES.default.LOCATION[0]`.
    pub key_path: String,
    /// Its line before.
    pub line: usize,
    /// Its value before, as it may be shown.
    pub before: Value,
    /// Its value after, as it may be shown.
    pub after: Value,
}

/// A cache, or a broker, that stays as it is, and why.
#[derive(Debug)]
pub struct KeptEntry {
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
    /// What stays.
    pub kept: Vec<KeptEntry>,
}

/// Points the caches, or the brokers, of a file where `wish` says.
pub fn point(observed: &Observed<'_>, wish: &Wish, here: &ThisHost) -> Result<NewContent, Problem> {
    let mut edits = Vec::new();
    let mut kept = Vec::new();
    for entry in &observed.entries {
        let edited = match entry {
            Entry::Cache(cache) => match judge(cache, wish, here) {
                Verdict::Met => Ok(Vec::new()),
                Verdict::Set(servers) => {
                    Ok(vec![Edit::Set { path: cache.location_path(), value: value(cache, servers) }])
                }
                Verdict::Kept(why) => Err(why),
            },
            Entry::Broker(broker) => judge_broker(broker, wish, here),
        };
        match edited {
            Ok(more) => edits.extend(more),
            Err(why) => {
                kept.push(KeptEntry { key_path: entry.path().to_string(), line: entry.line(), why });
            }
        }
    }
    kept.extend(set_aside(observed));
    Ok(NewContent { after: edited(observed.file, &edits)?, kept })
}

/// The brokers on something else than Redis, which stay.
pub fn set_aside(observed: &Observed<'_>) -> Vec<KeptEntry> {
    let kept = observed.aside.iter().map(|entry| KeptEntry {
        key_path: entry.path.to_string(),
        line: entry.line,
        why: aside(&entry.broker),
    });
    kept.collect()
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

/// Every server of `entries` that is not among `current`, as written and as
/// understood, each once.
pub fn old_servers(entries: &[&Entry<'_>], current: &[Endpoint]) -> Vec<(String, Endpoint)> {
    let mut found: Vec<(String, Endpoint)> = Vec::new();
    for (text, endpoint) in entries.iter().flat_map(|entry| entry.servers()) {
        // Many entries, few servers.
        if !current.contains(&endpoint) && !found.iter().any(|(known, _)| *known == text) {
            found.push((text, endpoint));
        }
    }
    found
}

impl FilePlan {
    /// The plan for a file with a new content. What is reported is read from
    /// that content, so that it is what will stand there.
    pub fn new(observed: &Observed<'_>, content: NewContent, needles: &Needles, wanted: Wanted) -> Self {
        let path = &observed.file.path;
        let before = states(path, &observed.entries);
        let (found, doc) = match &content.after {
            None => (observed.entries.clone(), &observed.file.doc),
            Some(doc) => (entries(path, doc, wanted).0, doc),
        };
        let after = states(path, &found);
        let leftovers = needles.in_document(path, doc, &spans(&found), &other_servers(path, doc, needles, wanted));
        let mut seen = Seen::default();
        for entry in &found {
            seen.add(path, entry);
        }
        Self {
            changes: changes(&before, &after),
            path: path.clone(),
            before,
            after,
            seen,
            kept: content.kept,
            leftovers,
            new: content.after,
        }
    }

    /// Whether the file changes.
    pub fn changes_file(&self) -> bool {
        self.new.is_some()
    }
}

/// The settings that name servers of other kinds, which may well be on the host that a broker leaves. Where a cache is,
/// its own name and port tell.
fn other_servers(path: &Path, doc: &Document, needles: &Needles, wanted: Wanted) -> Vec<String> {
    if wanted.service != Service::Redis || !needles.has_names() {
        return Vec::new();
    }
    let found = find_data(path, doc.source().as_bytes(), wanted.release).unwrap_or_default();
    found.into_iter().filter(|setting| setting.layer != Layer::Redis).map(|setting| setting.key).collect()
}

fn changes(before: &[State], after: &[State]) -> Vec<ValueChange> {
    let values = after.iter().flat_map(|state| &state.values);
    let after: HashMap<&str, &StateValue> = values.map(|value| (value.key_path.as_str(), value)).collect();
    let mut found = Vec::new();
    for was in before.iter().flat_map(|state| &state.values) {
        let Some(is) = after.get(was.key_path.as_str()).filter(|is| was.differs(is)) else { continue };
        if was.item_lines.len() != is.item_lines.len() || !was.is_list() {
            found.push(ValueChange {
                key_path: was.key_path.clone(),
                line: was.line,
                before: was.shown.clone(),
                after: is.shown.clone(),
            });
            continue;
        }
        for (index, line) in was.item_lines.iter().enumerate().filter(|(index, _)| was.item_differs(is, *index)) {
            found.push(ValueChange {
                key_path: format!("{}[{index}]", was.key_path),
                line: *line,
                before: was.shown[index].clone(),
                after: is.shown[index].clone(),
            });
        }
    }
    found
}
