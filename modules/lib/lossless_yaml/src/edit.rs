//! What to change, and what came of it.

use crate::{Document, Error, KeyPath, Kind, Node, Reader, Segment};
use serde_json::{Map, Value};

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
    let index: std::collections::HashMap<&str, Node<'_>> = if settings.len() > 4 {
        node.entries().map(|(key, value)| (key.key_text(), value)).collect()
    } else {
        Default::default()
    };
    for (key, want) in settings {
        path.push(Segment::Key(key.clone()));
        let have = index.get(key.as_str()).copied().or_else(|| node.get(key));
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
        let _ = (edits, options);
        Err(Error::Unreadable { message: "not yet written".to_owned() })
    }
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
        text.push_str(&format!("@@ line {}: {} @@\n", first.line, paths.join(", ")));
        for line in &first.before_lines {
            text.push_str(&format!("-{line}\n"));
        }
        for line in &first.after_lines {
            text.push_str(&format!("+{line}\n"));
        }
        rest = &rest[count..];
    }
    text
}
