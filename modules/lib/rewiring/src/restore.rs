//! Brings a backup back without undoing what else happened since.

use std::collections::{BTreeSet, HashMap};

use lossless_yaml::{Edit, KeyPath};

use crate::content::Content;
use crate::entry::{Entry, spans};
use crate::error::Problem;
use crate::plan::{NewContent, edited};
use crate::settings::{Observed, Wanted};

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

/// Works out how `file` gets the cache locations, or the broker settings, of `backup` back.
///
/// A file that differs from its backup only by those values gets the backup
/// byte for byte. In a file where other things changed since (an upgrade,
/// another move, an operator's edit) only those values are put back, and a
/// warning names what else differs.
pub fn restore(observed: &Observed<'_>, backup: Vec<u8>, wanted: Wanted) -> Result<Restored, Problem> {
    let file = observed.file;
    if backup == file.content.source().as_bytes() {
        return Ok(Restored::default());
    }
    let unreadable = |reason| Problem::Backup { path: file.path.clone(), reason };
    let old = Content::parse(&file.path, backup).map_err(unreadable)?;
    let was = wanted.service.find(&file.path, &old, wanted.release).entries;
    if same_outside_values(observed, &old, &was) {
        drop(was);
        return Ok(Restored::new(Some(old), Vec::new()));
    }
    let (edits, mut warnings) = values_of(observed, &was, wanted);
    let after = edited(file, &edits)?;
    // A password for which the run had to make a setting is gone again with it.
    let is_whole = after.as_ref().is_some_and(|after| after.source() == old.source());
    if after.is_some() && !is_whole {
        warnings.insert(0, since(observed, &old, &was, wanted));
    }
    Ok(Restored::new(after, warnings))
}

impl Restored {
    fn new(after: Option<Content>, warnings: Vec<String>) -> Self {
        Self { content: NewContent { after, ..NewContent::default() }, warnings }
    }
}

fn same_outside_values(now: &Observed<'_>, old: &Content, was: &[Entry<'_>]) -> bool {
    let (now_spans, old_spans) = (spans(&now.entries), spans(was));
    now_spans.len() == old_spans.len()
        && pieces(now.file.content.source(), &now_spans).eq(pieces(old.source(), &old_spans))
}

/// The text between spans.
fn pieces<'a>(source: &'a str, spans: &'a [(usize, usize)]) -> impl Iterator<Item = &'a str> {
    let starts = std::iter::once(0).chain(spans.iter().map(|(_, end)| *end));
    let ends = spans.iter().map(|(start, _)| *start).chain([source.len()]);
    // Spans inside one another (a LOCATION that an alias repeats) leave nothing between.
    std::iter::zip(starts, ends).map(|(start, end)| source.get(start..end).unwrap_or_default())
}

/// The edits that put the values of `was` in place.
fn values_of(now: &Observed<'_>, was: &[Entry<'_>], wanted: Wanted) -> (Vec<Edit>, Vec<String>) {
    let mut left: HashMap<&KeyPath, &Entry<'_>> = was.iter().map(|entry| (&entry.path, entry)).collect();
    let mut edits = Vec::new();
    let mut warnings = Vec::new();
    let shown = now.file.path.display();
    for entry in &now.entries {
        let Some(before) = left.remove(&entry.path) else {
            warnings.push(format!(
                "{shown}:{}: {} is not in the backup, so it was left alone; see where it should point",
                entry.line, entry.path
            ));
            continue;
        };
        for spot in &before.spots {
            edits.extend(spot.put_back(entry.spots.iter().find(|now| now.path == spot.path)));
        }
    }
    for entry in was.iter().filter(|entry| left.contains_key(&entry.path)) {
        warnings.push(format!(
            "{shown}: {} was a {} in the backup and is none any more; nothing was put back there",
            entry.path,
            wanted.service.words().user_in_full
        ));
    }
    (edits, warnings)
}

/// A warning that names the settings which differ from the backup, the
/// restored values aside.
fn since(now: &Observed<'_>, old: &Content, entries: &[Entry<'_>], wanted: Wanted) -> String {
    let mut was: HashMap<String, String> = old.settings().into_iter().collect();
    let mut differing = Vec::new();
    for (path, value) in now.file.content.settings() {
        match was.remove(&path) {
            Some(before) if before == value => {}
            _ => differing.push(path),
        }
    }
    let mut gone = BTreeSet::new();
    gone.extend(was.into_keys());
    differing.extend(gone);
    let mut restored = BTreeSet::new();
    restored.extend(now.entries.iter().chain(entries).flat_map(|entry| &entry.spots).map(|spot| spot.path.to_string()));
    differing.retain(|path| {
        let whole = path.split('[').next().unwrap_or(path);
        !restored.contains(whole) && !restored.contains(path)
    });
    let what = match differing.as_slice() {
        [] => "its comments or layout".to_owned(),
        few if few.len() <= LISTED => few.join(", "),
        many => format!("{} and {} more settings", many[..LISTED].join(", "), many.len() - LISTED),
    };
    let values = wanted.service.words().values;
    format!(
        "{}: other things than {values} changed since the backup ({what}); they were kept, and only the {values} were put back",
        now.file.path.display()
    )
}
