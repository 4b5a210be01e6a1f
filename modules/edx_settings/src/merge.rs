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
    let Gathered { copied, edits: mut wishes, kept, warnings } =
        gather(sources, &options.exclude, &doc, &options.settings)?;
    let appended = doc.append_entries(&copied).map_err(refused)?;
    let from_sources = appended.changes;
    let doc = if from_sources.is_empty() { doc } else { Document::parse(appended.bytes).map_err(refused)? };

    let resolved: HashSet<KeyPath> = wishes.iter().map(|edit| edit.path().clone()).collect();
    wishes.retain(|edit| !options.settings.contains_key(edit.path().last_key().unwrap_or_default()));
    wishes.extend(merge_edits(&doc, &options.settings, options.reader));
    wishes.extend(options.remove.iter().map(|path| Edit::Remove { path: path.clone() }));
    let edited = doc.plan(&wishes, &EmitOptions { reader: options.reader }).map_err(refused)?;

    let mut changes = from_sources;
    let copied_keys: HashSet<KeyPath> = changes.iter().map(|change| change.path.clone()).collect();
    for mut change in edited.changes {
        // What comes from a source is shown by its key alone.
        if resolved.contains(&change.path) {
            change.after_lines = vec![format!("{}: {}", change.path, lossless_yaml::MASK)];
        }
        let top = KeyPath::from(change.path.segments().iter().take(1).cloned().collect::<Vec<_>>());
        if !copied_keys.contains(&top) {
            changes.push(change);
        }
    }
    Ok(Merged { bytes: edited.bytes, changes, kept, warnings })
}
