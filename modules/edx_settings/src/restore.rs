//! Brings a backup back without undoing what else happened since.

use std::collections::BTreeSet;
use std::path::Path;

use file_set::Label;
use lossless_yaml::{Change, ChangeKind, Document, Edit, EmitOptions, KeyPath, Kind, Node, Reader, Segment};
use serde_json::{Map, Value};

use crate::error::Error;
use crate::merge::merge;
use crate::options::Options;
use crate::sources::{Source, read_what_is_there};

/// More key paths than this are counted, not listed.
const LISTED: usize = 10;

/// What is brought back.
#[derive(Debug, Clone, Copy)]
pub struct Backup<'a> {
    /// Its label.
    pub label: &'a Label,
    /// The earlier content; none where there was no file.
    pub bytes: Option<&'a [u8]>,
}

/// What restoring comes to.
#[derive(Debug, Default)]
pub struct Restored {
    /// The new content; none where the file goes.
    pub bytes: Option<Vec<u8>>,
    /// Whether it is the backup itself, so that owner, group and mode go with it.
    pub whole: bool,
    /// The differences.
    pub changes: Vec<Change>,
    /// What the operator should know.
    pub warnings: Vec<String>,
}

/// Works out what `now` becomes.
///
/// Where `now` is just what settings and sources make of the backup, the backup comes back byte for byte. Where other
/// things changed since, only the keys of settings are put back; without settings that would be nothing, so it is
/// refused.
pub fn restore(path: &Path, backup: Backup<'_>, now: Option<&[u8]>, options: &Options) -> Result<Restored, Error> {
    let (sources, unread) = read_what_is_there(&options.sources);
    let mut restored = with_sources(path, backup, now, &sources, options)?;
    if !restored.whole && !restored.changes.is_empty() {
        restored.warnings.extend(unread);
    }
    Ok(restored)
}

fn with_sources(
    path: &Path,
    backup: Backup<'_>,
    now: Option<&[u8]>,
    sources: &[Source],
    options: &Options,
) -> Result<Restored, Error> {
    match (backup.bytes, now) {
        (None, None) => Ok(Restored::default()),
        (None, Some(now)) => take_out(path, backup.label, now, sources, options),
        (Some(was), None) => {
            Ok(Restored { bytes: Some(was.to_vec()), whole: true, changes: vec![whole_file()], warnings: Vec::new() })
        }
        (Some(was), Some(now)) if now == was => Ok(Restored { bytes: Some(was.to_vec()), ..Restored::default() }),
        (Some(was), Some(now)) => {
            // The run that made the backup may have had no sources.
            let is_made_by =
                |sources| merge(path, was.to_vec(), sources, options).is_ok_and(|replayed| replayed.bytes == now);
            let is_ours = is_made_by(sources) || !sources.is_empty() && is_made_by(&[]);
            let parse =
                |bytes: &[u8]| Document::parse(bytes).map_err(|reason| Error::Yaml { path: path.to_owned(), reason });
            let current = parse(now)?;
            let earlier = parse(was)?;
            if !is_ours && options.settings.is_empty() {
                return Err(undecided(path, backup.label, &current, Some(&earlier)));
            }
            let (bytes, changes, mut warnings) = put_back(path, &current, Some(&earlier), options)?;
            if is_ours {
                return Ok(Restored {
                    bytes: Some(was.to_vec()),
                    whole: true,
                    changes: turned(&earlier, &current, changes),
                    warnings: Vec::new(),
                });
            }
            let after = Document::parse(bytes).map_err(|reason| Error::Yaml { path: path.to_owned(), reason })?;
            warnings.extend(others(path, &after, Some(&earlier)));
            Ok(Restored { bytes: Some(after.source().as_bytes().to_vec()), whole: false, changes, warnings })
        }
    }
}

fn whole_file() -> Change {
    Change {
        path: KeyPath::root(),
        kind: ChangeKind::Added,
        line: 1,
        before_lines: Vec::new(),
        after_lines: Vec::new(),
    }
}

/// The keys that differ, where those of settings are not all.
fn turned(earlier: &Document, current: &Document, mut changes: Vec<Change>) -> Vec<Change> {
    for path in differing(current, earlier) {
        if !changes.iter().any(|change| change.path.contains(&path) || path.contains(&change.path)) {
            let line = current.get(&path).map_or(1, Node::line);
            changes.push(Change {
                path,
                kind: ChangeKind::Replaced,
                line,
                before_lines: Vec::new(),
                after_lines: Vec::new(),
            });
        }
    }
    changes
}

/// The file did not exist: it goes, unless something else came into it since.
fn take_out(path: &Path, label: &Label, now: &[u8], sources: &[Source], options: &Options) -> Result<Restored, Error> {
    let refused = |reason| Error::Yaml { path: path.to_owned(), reason };
    let current = Document::parse(now).map_err(refused)?;
    let mut wider = options.settings.clone();
    if let Ok(made) = merge(path, b"{}\n".to_vec(), sources, options)
        && let Ok(made) = Document::parse(made.bytes)
    {
        for (key, value) in made.root().entries() {
            // Only what still is as the sources made it.
            let same = current.root().get(key.key_text()).is_some_and(|have| have.reads_like(value));
            if same && !wider.contains_key(key.key_text()) {
                wider.insert(key.key_text().to_owned(), Value::Null);
            }
        }
    }
    let (bytes, changes, mut warnings) = put_back_keys(path, &current, None, &wider, options.reader)?;
    let rest = Document::parse(bytes).map_err(refused)?;
    if rest.root().is_empty() && only_a_head(&current) {
        return Ok(Restored {
            bytes: None,
            whole: true,
            changes: if changes.is_empty() { vec![whole_file()] } else { changes },
            warnings,
        });
    }
    // What the sources alone had made may have been taken out.
    if options.settings.is_empty() && changes.is_empty() {
        return Err(undecided(path, label, &current, None));
    }
    warnings.extend(others(path, &rest, None));
    Ok(Restored { bytes: Some(rest.source().as_bytes().to_vec()), whole: false, changes, warnings })
}

/// Whether all comments stand before the first key, as in a file that this module made.
fn only_a_head(doc: &Document) -> bool {
    let first = doc.root().entries().next().map_or(doc.source().len(), |(key, _)| key.span().start);
    !doc.source()[first..].lines().any(|line| line.trim_start().starts_with('#'))
}

type PutBack = (Vec<u8>, Vec<Change>, Vec<String>);

fn put_back(path: &Path, current: &Document, earlier: Option<&Document>, options: &Options) -> Result<PutBack, Error> {
    put_back_keys(path, current, earlier, &options.settings, options.reader)
}

/// Gives each key of settings the value that the backup has for it.
fn put_back_keys(
    path: &Path,
    current: &Document,
    earlier: Option<&Document>,
    settings: &Map<String, Value>,
    reader: Reader,
) -> Result<PutBack, Error> {
    let refused = |reason| Error::Yaml { path: path.to_owned(), reason };
    let mut leaves = Vec::new();
    collect(settings, &mut KeyPath::root(), &mut leaves);
    let (mut plain, mut marked, mut removed, mut warnings) = (Vec::new(), Vec::new(), BTreeSet::new(), Vec::new());
    for leaf in &leaves {
        let have = current.get(leaf);
        match earlier.and_then(|earlier| earlier.get(leaf)) {
            Some(was) if have.is_some_and(|have| have.reads_like(was)) => {}
            Some(was) => match was.follow().tag() {
                None => plain.push(Edit::Set { path: leaf.clone(), value: was.to_json() }),
                Some("!unsafe") => marked.push(Edit::Set { path: leaf.clone(), value: was.to_json() }),
                Some(_) => {
                    warnings.push(format!("{}: {leaf} has a tag in the backup and was not put back", path.display()));
                }
            },
            None if have.is_some() => {
                removed.insert(whole_branch(leaf, current, earlier, &leaves));
            }
            None => {}
        }
    }
    plain.extend(removed.into_iter().map(|path| Edit::Remove { path }));
    // A template of the backup stays one, a marked string stays marked.
    let unmarked = if reader == Reader::Ansible { Reader::Plain } else { reader };
    let first = current.plan(&plain, &EmitOptions { reader: unmarked }).map_err(refused)?;
    let between = Document::parse(first.bytes).map_err(refused)?;
    let second = between.plan(&marked, &EmitOptions { reader }).map_err(refused)?;
    let mut changes = first.changes;
    changes.extend(second.changes);
    Ok((second.bytes, changes, warnings))
}

fn collect(settings: &Map<String, Value>, path: &mut KeyPath, leaves: &mut Vec<KeyPath>) {
    for (key, value) in settings {
        path.push(Segment::Key(key.clone()));
        match value {
            Value::Object(more) if !more.is_empty() => collect(more, path, leaves),
            _ => leaves.push(path.clone()),
        }
        path.pop();
    }
}

/// The outermost mapping around a key that the backup has not and that holds nothing but keys of settings.
fn whole_branch(leaf: &KeyPath, current: &Document, earlier: Option<&Document>, leaves: &[KeyPath]) -> KeyPath {
    let mut branch = leaf.clone();
    while let Some(parent) = branch.parent().filter(|parent| !parent.is_root()) {
        let is_new = earlier.is_none_or(|earlier| earlier.get(&parent).is_none());
        let all_ours = current.get(&parent).is_some_and(|node| ours(node, &mut parent.clone(), leaves));
        if !is_new || !all_ours {
            break;
        }
        branch = parent;
    }
    branch
}

fn ours(node: Node<'_>, path: &mut KeyPath, leaves: &[KeyPath]) -> bool {
    if leaves.contains(path) {
        return true;
    }
    node.kind() == Kind::Mapping
        && node.entries().all(|(key, value)| {
            path.push(Segment::Key(key.key_text().to_owned()));
            let all = ours(value, path, leaves);
            path.pop();
            all
        })
}

/// A warning that names what differs from the backup all the same.
fn others(path: &Path, after: &Document, earlier: Option<&Document>) -> Option<String> {
    let same_text = earlier.is_some_and(|earlier| earlier.source() == after.source());
    if same_text {
        return None;
    }
    let what = listed(&differing_from(after, earlier));
    Some(format!(
        "{}: other things changed since the backup and were kept: {what}; only the keys of settings were put back",
        path.display()
    ))
}

/// Without settings nothing tells which of the differences are to go.
fn undecided(path: &Path, label: &Label, current: &Document, earlier: Option<&Document>) -> Error {
    let mut keys: Vec<KeyPath> = Vec::new();
    for path in differing_from(current, earlier) {
        let top = KeyPath::from(path.segments().iter().take(1).cloned().collect::<Vec<_>>());
        if !keys.contains(&top) {
            keys.push(top);
        }
    }
    Error::NothingToPutBack { path: path.to_owned(), label: label.to_string(), what: listed(&keys) }
}

/// The first key paths, and how many more there are.
fn listed(paths: &[KeyPath]) -> String {
    let names: Vec<String> = paths.iter().take(LISTED).map(ToString::to_string).collect();
    match paths.len() {
        0 => "comments or layout".to_owned(),
        count if count > LISTED => format!("{} and {} more", names.join(", "), count - LISTED),
        _ => names.join(", "),
    }
}

fn differing_from(now: &Document, earlier: Option<&Document>) -> Vec<KeyPath> {
    let empty = Document::parse("{}\n").ok();
    earlier.or(empty.as_ref()).map_or_else(Vec::new, |earlier| differing(now, earlier))
}

/// The key paths whose values differ, in the order of the files.
fn differing(now: &Document, earlier: &Document) -> Vec<KeyPath> {
    let mut paths = Vec::new();
    compare(Some(now.root()), Some(earlier.root()), &mut KeyPath::root(), &mut paths);
    paths
}

fn compare(now: Option<Node<'_>>, earlier: Option<Node<'_>>, path: &mut KeyPath, paths: &mut Vec<KeyPath>) {
    match (now, earlier) {
        (Some(now), Some(earlier)) if now.kind() == Kind::Mapping && earlier.kind() == Kind::Mapping => {
            for (key, value) in now.entries() {
                path.push(Segment::Key(key.key_text().to_owned()));
                compare(Some(value), earlier.get(key.key_text()), path, paths);
                path.pop();
            }
            for (key, value) in earlier.entries().filter(|(key, _)| now.get(key.key_text()).is_none()) {
                path.push(Segment::Key(key.key_text().to_owned()));
                compare(None, Some(value), path, paths);
                path.pop();
            }
        }
        (Some(now), Some(earlier)) if now.reads_like(earlier) => {}
        (None, None) => {}
        _ => paths.push(path.clone()),
    }
}
