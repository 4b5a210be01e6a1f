//! The file as it shall be.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::path::Path;

use lossless_yaml::{Change, Document, Edit, EmitOptions, KeyPath, Reader, merge_edits};

use crate::error::Error;
use crate::options::Options;
use crate::sources::{Gathered, Source, gather};

/// The new content, and what differs.
#[derive(Debug, Default)]
pub struct Merged {
    /// The whole file.
    pub bytes: Vec<u8>,
    /// Its differences, for people to read.
    pub changes: Vec<Change>,
    /// Keys of sources that the file has with another value.
    pub kept: Vec<String>,
    /// What the operator should know.
    pub warnings: Vec<String>,
}

/// What a file is made from that does not exist yet.
pub fn new_file(options: &Options) -> String {
    if options.reader == Reader::Json {
        return "{}\n".to_owned();
    }
    let mut text = "---\n".to_owned();
    for line in options.header.as_deref().unwrap_or_default().lines() {
        let line: String = line.chars().filter(|c| !c.is_control()).collect();
        let line = line.trim_end();
        let mark = if line.is_empty() || line.starts_with('#') { "" } else { "# " };
        let _ = writeln!(text, "{mark}{line}");
    }
    text.push_str("{}\n");
    text
}

/// Merges sources, then settings, into `before`, and takes out what is to be removed.
pub fn merge(path: &Path, before: Vec<u8>, sources: &[Source], options: &Options) -> Result<Merged, Error> {
    let refused = |reason| Error::Yaml { path: path.to_owned(), reason };
    let doc = Document::parse(before).map_err(refused)?;
    let Gathered { copied, edits, kept, warnings } = gather(sources, &options.exclude, &doc, &options.settings)?;
    let emit = EmitOptions { reader: options.reader };
    let appended = doc.append_entries(&copied).map_err(refused)?;
    let mut changes = appended.changes;
    let doc = if changes.is_empty() { doc } else { Document::parse(appended.bytes).map_err(refused)? };
    let resolved = doc.plan(&edits, &emit).map_err(refused)?;
    // What comes from a source is shown by its key alone.
    changes.extend(resolved.changes.into_iter().map(|mut change| {
        change.after_lines = vec![format!("{}: {}", change.path, lossless_yaml::MASK)];
        change
    }));
    let doc = if edits.is_empty() { doc } else { Document::parse(resolved.bytes).map_err(refused)? };

    let mut wishes = merge_edits(&doc, &options.settings, options.reader);
    wishes.extend(options.remove.iter().map(|path| Edit::Remove { path: path.clone() }));
    let edited = doc.plan(&wishes, &emit).map_err(refused)?;

    let new_keys: HashSet<KeyPath> = changes.iter().map(|change| change.path.clone()).collect();
    changes.extend(edited.changes.into_iter().filter(|change| {
        let top = KeyPath::from(change.path.segments().iter().take(1).cloned().collect::<Vec<_>>());
        !new_keys.contains(&top)
    }));
    Ok(Merged { bytes: edited.bytes, changes, kept, warnings })
}
