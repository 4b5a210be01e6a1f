//! What to change, and what came of it.

use crate::plan::{Planner, Splice};
use crate::wishes::Wishes;
use crate::{Document, Error, KeyPath, Kind, Node, Reader, Segment, diff, verify};
use serde_json::{Map, Value};
use std::collections::HashMap;
use std::fmt::Write as _;

/// One wish.
#[derive(Debug, Clone, PartialEq)]
pub enum Edit {
    /// The path shall have this value. Missing keys on the way are made. A list replaces a list item by item, a
    /// mapping a mapping key by key (keys that the new one lacks go).
    Set {
        /// Where.
        path: KeyPath,
        /// What.
        value: Value,
    },
    /// The path shall not exist. No change when it does not.
    Remove {
        /// Where.
        path: KeyPath,
    },
}

impl Edit {
    /// The path that it is about.
    pub fn path(&self) -> &KeyPath {
        match self {
            Self::Set { path, .. } | Self::Remove { path } => path,
        }
    }
}

/// How new text is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct EmitOptions {
    /// Who reads the file.
    pub reader: Reader,
}

/// The outcome of [`Document::plan`]: checked, not yet written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edited {
    /// The whole new file; the old one byte for byte when `changes` is empty.
    pub bytes: Vec<u8>,
    /// What differs, in the order of the file; empty when every edit's wish is met already.
    pub changes: Vec<Change>,
}

impl Edited {
    /// Whether anything differs.
    pub fn changed(&self) -> bool {
        !self.changes.is_empty()
    }
}

/// What happened at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangeKind {
    /// It is new.
    Added,
    /// It had another value.
    Replaced,
    /// It is gone.
    Removed,
}

/// One difference between the file before and after, for people to read: secrets are masked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Where.
    pub path: KeyPath,
    /// What happened.
    pub kind: ChangeKind,
    /// Line in the file before, counted from 1; for new lines the line that they come to stand on.
    pub line: usize,
    /// The touched lines as they were, secrets masked.
    pub before_lines: Vec<String>,
    /// The same lines as they will be, secrets masked.
    pub after_lines: Vec<String>,
}

/// Turns nested settings into the edits that are missing: a mapping is merged into a mapping key by key, a list
/// replaces a list, and what already equals the wish under PyYAML's types (see [`Node::equals`]) is left out.
pub fn merge_edits(doc: &Document, settings: &Map<String, Value>, reader: Reader) -> Vec<Edit> {
    let mut edits = Vec::new();
    merge(doc.root(), &mut KeyPath::root(), settings, reader, &mut edits);
    edits
}

fn merge(node: Node<'_>, path: &mut KeyPath, settings: &Map<String, Value>, reader: Reader, edits: &mut Vec<Edit>) {
    let node = node.follow();
    // A look into every entry for every setting would make a large file slow.
    let own: HashMap<&str, Node<'_>> = node.entries().map(|(key, value)| (key.key_text(), value)).collect();
    let merges = node.entries().any(|(key, _)| key.is_merge());
    for (key, want) in settings {
        path.push(Segment::Key(key.clone()));
        let have = own.get(key.as_str()).copied().or_else(|| if merges { node.get(key) } else { None });
        match (have, want) {
            (Some(have), want) if have.equals(want, reader) => {}
            (Some(have), Value::Object(more)) if have.follow().kind() == Kind::Mapping => {
                merge(have, path, more, reader, edits);
            }
            _ => edits.push(Edit::Set { path: path.clone(), value: want.clone() }),
        }
        path.pop();
    }
}

impl Document {
    /// Works out the new text. Nothing is returned unless both this crate and `serde_yaml` read exactly the wished
    /// differences in it.
    pub fn plan(&self, edits: &[Edit], options: &EmitOptions) -> Result<Edited, Error> {
        let Some(planned) = self.plan_verified(edits, *options)? else {
            return Ok(Edited { bytes: self.source.clone().into_bytes(), changes: Vec::new() });
        };
        let changes = diff::changes(self, &planned.after, &planned.splices, planned.changes);
        Ok(Edited { bytes: planned.after.source.into_bytes(), changes })
    }

    /// Like [`plan`](Self::plan), for callers that tell of the changes in their own way: the document as it will be,
    /// already read, or none when every edit's wish is met.
    pub fn plan_document(&self, edits: &[Edit], options: &EmitOptions) -> Result<Option<Document>, Error> {
        Ok(self.plan_verified(edits, *options)?.map(|planned| planned.after))
    }

    fn plan_verified(&self, edits: &[Edit], options: EmitOptions) -> Result<Option<Planned>, Error> {
        let wishes = Wishes::new(edits)?;
        let mut planner = Planner::new(self, options.reader);
        planner.run(&wishes)?;
        let Planner { mut splices, changes, .. } = planner;
        if changes.is_empty() {
            return Ok(None);
        }
        // What is put in before a place comes before what goes away from there on.
        splices.sort_unstable_by_key(|splice| (splice.start, splice.end, splice.nth));
        no_blank_line_at_end(self, &mut splices);
        let text = splice(&self.source, &splices).ok_or_else(|| Error::Unverified {
            path: changes[0].0.clone(),
            reason: "two edits touch the same bytes".to_owned(),
        })?;
        let after = verify::verify(self, text, &wishes, options.reader)?;
        Ok(Some(Planned { after, splices, changes }))
    }
}

/// New text that two readers have seen, and how it came to be.
struct Planned {
    after: Document,
    splices: Vec<Splice>,
    changes: Vec<(KeyPath, ChangeKind)>,
}

/// Where the last line goes, which had no line break, the line put behind it needs none before it.
fn no_blank_line_at_end(doc: &Document, splices: &mut [Splice]) {
    let end = doc.source.len();
    for at in 1..splices.len() {
        let before = &splices[at - 1];
        let cut = before.end == end && before.start < end && before.text.is_empty();
        if cut && splices[at].start == end && doc.line_start(before.start) == before.start {
            let text = &mut splices[at].text;
            *text = text.trim_start_matches(['\r', '\n']).to_owned();
        }
    }
}

fn splice(source: &str, splices: &[Splice]) -> Option<String> {
    let more: usize = splices.iter().map(|splice| splice.text.len()).sum();
    let mut text = String::with_capacity(source.len() + more);
    let mut at = 0;
    for splice in splices {
        text.push_str(source.get(at..splice.start)?);
        text.push_str(&splice.text);
        at = splice.end;
    }
    text.push_str(source.get(at..)?);
    Some(text)
}

/// The changes as hunks without context lines, for a diff: `@@ line 12: CACHES.default.LOCATION[0] @@`.
pub fn unified_hunks(file_name: &str, changes: &[Change]) -> String {
    let mut text = format!("--- {file_name}\n+++ {file_name}\n");
    let mut rest = changes;
    while let Some(first) = rest.first() {
        let same = |change: &&Change| {
            change.line == first.line
                && change.before_lines == first.before_lines
                && change.after_lines == first.after_lines
        };
        let count = rest.iter().take_while(same).count();
        let paths: Vec<String> = rest[..count].iter().map(|change| change.path.to_string()).collect();
        let _ = writeln!(text, "@@ line {}: {} @@", first.line, paths.join(", "));
        for line in &first.before_lines {
            let _ = writeln!(text, "-{line}");
        }
        for line in &first.after_lines {
            let _ = writeln!(text, "+{line}");
        }
        rest = &rest[count..];
    }
    text
}
