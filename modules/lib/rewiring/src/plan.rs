//! What a run would write, worked out before anything is written.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use ansible_protocol::Value;
use edx_layout::{Endpoint, ThisHost, find_data};
use lossless_yaml::Edit;

use crate::content::Content;
use crate::entry::{Entry, Spot, spans};
use crate::error::Problem;
use crate::judge::{Kept, Wish};
use crate::leftovers::{Leftovers, Needles};
use crate::settings::{Observed, SettingsFile, Wanted};
use crate::state::{State, states};

/// What becomes of one file.
#[derive(Debug)]
pub struct FilePlan {
    /// The file.
    pub path: PathBuf,
    /// Its new content, read; none where it stays as it is.
    pub new: Option<Content>,
    /// What names servers in it, before.
    pub before: Vec<State>,
    /// The same after, read from the new content.
    pub after: Vec<State>,
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

/// An entry that stays as it is, and why.
#[derive(Debug, Clone)]
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
    pub after: Option<Content>,
    /// What stays.
    pub kept: Vec<KeptEntry>,
}

/// Points what names servers in a file where `wish` says.
pub fn point(observed: &Observed<'_>, wish: &Wish, here: &ThisHost) -> Result<NewContent, Problem> {
    let mut edits = Vec::new();
    let mut kept = Vec::new();
    for entry in &observed.entries {
        match (entry.judge)(wish, here) {
            Ok(more) => edits.extend(more),
            Err(why) => kept.push(KeptEntry { key_path: entry.path.to_string(), line: entry.line, why }),
        }
    }
    kept.extend(observed.aside.iter().cloned());
    Ok(NewContent { after: edited(observed.file, &edits)?, kept })
}

/// The content of `file` after `edits`, if that is another one.
pub fn edited(file: &SettingsFile, edits: &[Edit]) -> Result<Option<Content>, Problem> {
    let refused = |reason| Problem::Edit { path: file.path.clone(), reason };
    file.content.edited(&file.path, edits).map_err(refused)
}

/// Every server of `entries` that is not among `current`, as written and as
/// understood, each once.
pub fn old_servers(entries: &[&Entry<'_>], current: &[Endpoint]) -> Vec<(String, Endpoint)> {
    let mut found: Vec<(String, Endpoint)> = Vec::new();
    for (text, endpoint) in entries.iter().flat_map(|entry| &entry.servers) {
        // Many entries, few servers.
        if !current.contains(endpoint) && !found.iter().any(|(known, _)| known == text) {
            found.push((text.clone(), endpoint.clone()));
        }
    }
    found
}

impl FilePlan {
    /// The plan for a file with a new content. What is reported is read from
    /// that content, so that it is what will stand there.
    pub fn new(observed: &Observed<'_>, content: NewContent, needles: &Needles, wanted: Wanted) -> Self {
        let path = &observed.file.path;
        let before = states(&observed.entries);
        let (after, leftovers) = match &content.after {
            None => Self::read(path, &observed.file.content, &observed.entries, needles, wanted),
            Some(new) => {
                let found = wanted.service.find(path, new, wanted.release);
                Self::read(path, new, &found.entries, needles, wanted)
            }
        };
        Self {
            changes: changes(&before, &after),
            path: path.clone(),
            before,
            after,
            kept: content.kept,
            leftovers,
            new: content.after,
        }
    }

    fn read(
        path: &Path,
        content: &Content,
        entries: &[Entry<'_>],
        needles: &Needles,
        wanted: Wanted,
    ) -> (Vec<State>, Leftovers) {
        let others = other_servers(path, content, needles, wanted);
        (states(entries), needles.in_content(path, content, &spans(entries), &others))
    }

    /// Whether the file changes.
    pub fn changes_file(&self) -> bool {
        self.new.is_some()
    }
}

/// The settings that name servers of other kinds, which may well be on the host that a broker leaves. Where a cache is,
/// its own name and port tell.
fn other_servers(path: &Path, content: &Content, needles: &Needles, wanted: Wanted) -> Vec<String> {
    let words = wanted.service.words();
    if !words.shares_hosts || !needles.has_names() {
        return Vec::new();
    }
    let found = find_data(path, content.source().as_bytes(), wanted.release).unwrap_or_default();
    found.into_iter().filter(|setting| setting.layer != words.layer).map(|setting| setting.key).collect()
}

fn changes(before: &[State], after: &[State]) -> Vec<ValueChange> {
    let values = after.iter().flat_map(|state| &state.values);
    let after: HashMap<String, &Spot> = values.map(|value| (value.path.to_string(), value)).collect();
    let mut found = Vec::new();
    for was in before.iter().flat_map(|state| &state.values) {
        let Some(is) = after.get(&was.path.to_string()).filter(|is| was.differs(is)) else { continue };
        if was.item_lines.len() != is.item_lines.len() || !was.is_list() {
            found.push(ValueChange {
                key_path: was.path.to_string(),
                line: was.line,
                before: was.shown.clone(),
                after: is.shown.clone(),
            });
            continue;
        }
        for (index, line) in was.item_lines.iter().enumerate().filter(|(index, _)| was.item_differs(is, *index)) {
            found.push(ValueChange {
                key_path: format!("{}[{index}]", was.path),
                line: *line,
                before: was.shown[index].clone(),
                after: is.shown[index].clone(),
            });
        }
    }
    found
}
