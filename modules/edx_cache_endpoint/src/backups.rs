//! The backups that a run makes, or brings back.

use std::collections::BTreeSet;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use file_set::{Backup as Found, Label, Selector, backups_of};

use crate::error::{Error, Problem};
use crate::options::{Backup, Restore};
use crate::plan::FilePlan;
use crate::report::BackupReport;
use crate::settings::Observed;

/// The contents that a restore brings back.
#[derive(Debug)]
pub struct Contents {
    /// For each file its earlier content; none where it has no such backup.
    pub contents: Vec<Option<Vec<u8>>>,
    /// What to report.
    pub report: BackupReport,
}

/// The label for the backups of `plans`; none where nothing changes or none is
/// wished. A label that is taken already is refused, the time gets a number.
pub fn label_for(backup: &Backup, plans: &[FilePlan]) -> Result<Option<Label>, Error> {
    let changing: Vec<&Path> =
        plans.iter().filter(|plan| plan.changes_file()).map(|plan| plan.path.as_path()).collect();
    if changing.is_empty() {
        return Ok(None);
    }
    let taken =
        |label: &Label| changing.iter().map(|path| label.backup_of(path)).find(|path| path.symlink_metadata().is_ok());
    match backup {
        Backup::No => Ok(None),
        Backup::Label(label) => match taken(label) {
            None => Ok(Some(label.clone())),
            Some(path) => Err(Error::Write(file_set::Error::BackupExists { path })),
        },
        Backup::Time => {
            let now = Label::now();
            let mut label = now.clone();
            // In front, since the newest backup is told by the time at the end of its label; `r` comes after digits.
            for run in 2.. {
                if taken(&label).is_none() {
                    break;
                }
                label = format!("r{run}-{now}").parse().map_err(Error::Label)?;
            }
            Ok(Some(label))
        }
    }
}

/// Finds the backup that `restore` means and reads it. All files get the one
/// with the same label, so that they fit each other.
pub fn find(files: &[Observed<'_>], restore: &Restore, folder: &Path) -> Result<Contents, Error> {
    let mut all = Vec::new();
    for observed in files {
        let found = backups_of(&observed.file.path).map_err(Error::Write)?;
        all.push(found.into_iter().filter(|backup| !backup.absent).collect::<Vec<_>>());
    }
    let newest =
        all.iter().flatten().filter(|backup| takes(&restore.selector, &backup.label)).max_by_key(|backup| made(backup));
    let Some(label) = newest.map(|backup| backup.label.clone()) else {
        let mut known = BTreeSet::new();
        known.extend(all.iter().flatten().map(|backup| backup.label.to_string()));
        return Err(Error::NoBackup { folder: folder.to_path_buf(), wanted: restore.wanted.clone(), known });
    };
    let mut found = Contents { contents: Vec::new(), report: BackupReport::of(&label) };
    for backups in &all {
        let path = backups.iter().find(|backup| backup.label == label).map(|backup| &backup.path);
        found.contents.push(path.map(PathBuf::as_path).map(read).transpose()?);
        found.report.files.extend(path.cloned());
    }
    Ok(found)
}

fn read(path: &Path) -> Result<Vec<u8>, Error> {
    let original = file_set::read(path).map_err(|error| Error::Files(vec![Problem::from(error)]))?;
    Ok(original.bytes().to_vec())
}

fn takes(selector: &Selector, label: &Label) -> bool {
    match selector {
        Selector::Latest => true,
        Selector::Prefix(prefix) => label.to_string().starts_with(prefix.as_str()),
        Selector::Label(wanted) => wanted == label,
    }
}

/// When a backup was made, in a form that sorts: the time at the end of its
/// label, or else that of the file; then the label.
fn made(backup: &Found) -> (String, String) {
    let label = backup.label.to_string();
    let tail = label.len().checked_sub(16).and_then(|start| label.get(start..)).filter(|tail| is_time(tail));
    let time = tail.map_or_else(|| changed(&backup.path), str::to_owned);
    (time, label)
}

fn is_time(text: &str) -> bool {
    text.bytes().enumerate().all(|(at, byte)| match at {
        8 => byte == b'T',
        15 => byte == b'Z',
        _ => byte.is_ascii_digit(),
    })
}

fn changed(path: &Path) -> String {
    let seconds = path.symlink_metadata().map_or(0, |metadata| metadata.ctime());
    let time = UNIX_EPOCH + Duration::from_secs(u64::try_from(seconds).unwrap_or(0));
    humantime::format_rfc3339_seconds(time).to_string().replace(['-', ':'], "")
}
