//! Merges settings into a YAML file, all else byte for byte.
//!
//! A run reads the file and its sources, works out the new content ([`merge`], or [`restore`] from a backup) and only
//! then writes it, together with owner, group and mode. The content has been read again by two readers before that,
//! and is compared with what stands on disk after.

mod error;
mod merge;
mod options;
mod references;
mod restore;
mod secrets;
mod sources;
mod spec;

pub use error::Error;
pub use options::Options;
pub use spec::{PAGE, SPEC};

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use ansible_protocol::{Diff, Failure, Outcome, Request, Value};
use file_set::{Attributes, FileSet, Label, Original, Replacement, backups_of, find_backup, read_or_absent};
use lossless_yaml::{Change, unified_hunks};

/// How long another run may hold the folder.
const PATIENCE: Duration = Duration::from_secs(30);

/// The mode of a new file, which may hold passwords.
const NEW_FILE_MODE: u32 = 0o640;

/// What a run will do, and has done.
#[derive(Debug, Default)]
struct Plan {
    /// None where the file shall not exist.
    bytes: Option<Vec<u8>>,
    changes: Vec<Change>,
    kept: Vec<String>,
    warnings: Vec<String>,
    attributes: Attributes,
    label: Option<Label>,
}

/// The module's body.
pub fn run(request: &Request) -> Result<Outcome, Failure> {
    let options = Options::from_arguments(&request.options)?;
    work(&options, request.check).map_err(|error| {
        let changed = error.leaves_changes();
        Failure::from(error).changed(changed)
    })
}

fn work(options: &Options, check: bool) -> Result<Outcome, Error> {
    let lock = if check { None } else { Some(FileSet::lock([options.path.as_path()], PATIENCE)?) };
    let original = read_or_absent(&options.path)?;
    let path = original.path().to_owned();
    let plan = plan(options, &original)?;
    let (existed, before) = (original.exists(), original.bytes().to_vec());
    let new_content = plan.bytes.as_deref() != existed.then_some(before.as_slice());
    let new_attributes = original.metadata().filter(|_| plan.bytes.is_some()).map_or_else(Vec::new, |found| {
        let (have, want) = (found, plan.attributes);
        let differs = [
            ("owner", want.user.is_some_and(|user| user != have.uid())),
            ("group", want.group.is_some_and(|group| group != have.gid())),
            ("mode", want.mode.is_some_and(|mode| mode != have.mode() & 0o7777)),
        ];
        differs.into_iter().filter(|(_, differs)| *differs).map(|(name, _)| name).collect()
    });
    let changed = new_content || !new_attributes.is_empty();
    // Rewriting for another owner or mode alone loses nothing that a backup could keep.
    let label = plan.label.as_ref().filter(|_| new_content && options.restore.is_none());
    if changed {
        file_set::probe([path.as_path()])?;
        refuse_taken(label, &path, existed)?;
    }
    let mut backup_file = label.map(|label| backup_path(label, &path, existed));
    if let Some(lock) = lock.filter(|_| changed) {
        let replacement = match plan.bytes.clone() {
            Some(bytes) => Replacement::new(original, bytes),
            None => Replacement::deletion(original),
        };
        let committed = lock.commit(vec![replacement.with(plan.attributes)], label)?;
        backup_file = committed.backups.into_iter().next();
        let now = read_or_absent(&path).map_err(Error::NotSeen)?;
        if now.exists().then(|| now.bytes().to_vec()) != plan.bytes {
            return Err(Error::NotAsWritten(path));
        }
    }
    let report = Report { path: &path, existed, new_attributes, backup_file, changed };
    Ok(report.outcome(options, &plan))
}

fn plan(options: &Options, original: &Original) -> Result<Plan, Error> {
    let path = original.path();
    let now = original.exists().then(|| original.bytes());
    let Some((wanted, selector)) = &options.restore else {
        let (sources, mut warnings) = sources::read(&options.sources, &options.optional_sources)?;
        let before = match now {
            Some(bytes) => bytes.to_vec(),
            None if options.create => merge::new_file(options).into_bytes(),
            None => return Err(Error::Missing(path.to_owned())),
        };
        let merged = merge::merge(path, before, &sources, options)?;
        warnings.extend(merged.warnings);
        let mut attributes = options.attributes;
        if now.is_none() {
            attributes.mode = attributes.mode.or(Some(NEW_FILE_MODE));
        }
        return Ok(Plan {
            bytes: Some(merged.bytes),
            changes: merged.changes,
            kept: merged.kept,
            warnings,
            attributes,
            label: options.backup.clone(),
        });
    };
    let Some(backup) = find_backup(path, selector)? else {
        let labels = backups_of(path)?.into_iter().map(|backup| backup.label.to_string()).collect();
        return Err(Error::NoBackup { path: path.to_owned(), wanted: wanted.clone(), labels });
    };
    let earlier = if backup.absent { None } else { Some(file_set::read(&backup.path)?) };
    let was = restore::Backup { label: &backup.label, bytes: earlier.as_ref().map(Original::bytes) };
    let restored = restore::restore(path, was, now, options)?;
    let attributes = match earlier.as_ref().and_then(Original::metadata).filter(|_| restored.whole) {
        Some(was) => Attributes { user: Some(was.uid()), group: Some(was.gid()), mode: Some(was.mode() & 0o7777) },
        None => Attributes::default(),
    };
    Ok(Plan {
        bytes: restored.bytes,
        changes: restored.changes,
        kept: Vec::new(),
        warnings: restored.warnings,
        attributes,
        label: Some(backup.label),
    })
}

fn backup_path(label: &Label, path: &Path, existed: bool) -> PathBuf {
    if existed { label.backup_of(path) } else { label.absence_of(path) }
}

/// Check mode refuses what the run would: a backup is never overwritten.
fn refuse_taken(label: Option<&Label>, path: &Path, existed: bool) -> Result<(), Error> {
    match label.map(|label| backup_path(label, path, existed)) {
        Some(backup) if backup.symlink_metadata().is_ok() => Err(file_set::Error::BackupExists { path: backup }.into()),
        _ => Ok(()),
    }
}

/// What a run has to say.
struct Report<'a> {
    path: &'a Path,
    existed: bool,
    new_attributes: Vec<&'static str>,
    backup_file: Option<PathBuf>,
    changed: bool,
}

impl Report<'_> {
    fn outcome(self, options: &Options, plan: &Plan) -> Outcome {
        let keys: Vec<String> = plan.changes.iter().map(|change| change.path.to_string()).collect();
        let text = |path: &Path| Value::from(path.display().to_string());
        let restored = options.restore.as_ref().and(plan.label.as_ref());
        let label = restored.or(plan.label.as_ref().filter(|_| self.backup_file.is_some()));
        let outcome = Outcome::new(self.changed)
            .msg(self.msg(options, plan))
            .field("path", text(self.path))
            .field("changed_keys", keys)
            .field("changed_attributes", self.new_attributes.clone())
            .field("kept_keys", plan.kept.clone())
            .field("created", !self.existed && plan.bytes.is_some())
            .field("backup", label.map_or(Value::Null, |label| label.to_string().into()))
            .field("backup_file", self.backup_file.as_deref().map_or(Value::Null, text))
            .warn_all(plan.warnings.iter().cloned());
        if plan.changes.is_empty() {
            return outcome;
        }
        outcome.diff(Diff::prepared(unified_hunks(&self.path.display().to_string(), &plan.changes)))
    }

    fn msg(&self, options: &Options, plan: &Plan) -> String {
        let shown = self.path.display();
        let count = plan.changes.len();
        let keys = if count == 1 { "1 key".to_owned() } else { format!("{count} keys") };
        match (self.changed, options.restore.is_some(), &plan.bytes) {
            (false, _, _) => format!("{shown} is as wanted"),
            (true, _, None) => format!("{shown} is removed, since it did not exist before"),
            (true, true, Some(_)) => format!("{shown} is put back ({keys})"),
            (true, false, Some(_)) if !self.existed => format!("{shown} is made, with {keys}"),
            (true, false, Some(_)) if count == 0 => format!("{shown} has another {}", self.new_attributes.join(", ")),
            (true, false, Some(_)) => format!("{shown} is changed ({keys})"),
        }
    }
}
