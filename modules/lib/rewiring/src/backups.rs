//! The backups that a run makes, or brings back.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use file_set::{Label, backups_of};

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

/// Finds the backups that `restore` means and reads them. Each file gets its newest of those: a later run may have
/// changed, and so kept, only some of the files. The label reported is the oldest among them, that of the run before
/// which everything is as it will be.
pub fn find(files: &[Observed<'_>], restore: &Restore, folder: &Path) -> Result<Contents, Error> {
    let (mut known, mut chosen) = (BTreeSet::new(), Vec::new());
    for observed in files {
        let mut newest = None;
        for backup in backups_of(&observed.file.path).map_err(Error::Write)?.into_iter().filter(|found| !found.absent) {
            known.insert(backup.label.to_string());
            if restore.selector.takes(&backup.label) {
                newest = Some(backup);
            }
        }
        chosen.push(newest);
    }
    let Some(oldest) = chosen.iter().flatten().min_by_key(|backup| backup.made()) else {
        return Err(Error::NoBackup { folder: folder.to_path_buf(), wanted: restore.wanted.clone(), known });
    };
    let mut found = Contents { contents: Vec::new(), report: BackupReport::of(&oldest.label) };
    for backup in &chosen {
        let path = backup.as_ref().map(|backup| &backup.path);
        found.contents.push(path.map(PathBuf::as_path).map(read).transpose()?);
        found.report.files.extend(path.cloned());
    }
    Ok(found)
}

fn read(path: &Path) -> Result<Vec<u8>, Error> {
    let original = file_set::read(path).map_err(|error| Error::Files(vec![Problem::from(error)]))?;
    Ok(original.bytes().to_vec())
}
