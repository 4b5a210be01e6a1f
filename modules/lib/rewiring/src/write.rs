//! The planned contents go to disk, all or none.

use std::path::Path;

use file_set::{FileSet, Label, Replacement};

use crate::error::Error;
use crate::plan::FilePlan;
use crate::settings::SettingsFile;

/// Replaces those of `files` that change by their plans, and reads them again.
/// A backup of each is kept under `label`.
pub fn write(lock: &FileSet, files: Vec<SettingsFile>, plans: &[FilePlan], label: Option<&Label>) -> Result<(), Error> {
    let mut replacements = Vec::new();
    for (file, plan) in std::iter::zip(files, plans) {
        if let Some(new) = &plan.new {
            replacements.push(Replacement::new(file.original, new.source().into()));
        }
    }
    if replacements.is_empty() {
        return Ok(());
    }
    lock.commit(replacements, label).map_err(Error::Write)?;
    for plan in plans {
        if let Some(new) = &plan.new
            && !file_set::read(&plan.path).is_ok_and(|found| found.bytes() == new.source().as_bytes())
        {
            return Err(Error::NotAsWritten(plan.path.clone()));
        }
    }
    Ok(())
}

/// Meets the refusals that [`write`] would meet, without writing.
pub fn predict(plans: &[FilePlan]) -> Result<(), Error> {
    let changing: Vec<&Path> =
        plans.iter().filter(|plan| plan.changes_file()).map(|plan| plan.path.as_path()).collect();
    file_set::probe(changing).map_err(Error::Write)
}
