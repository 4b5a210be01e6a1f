//! The configuration file on disk.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use file_set::{Attributes, FileSet, Label, Replacement};

use crate::Error;

/// Far above any daemon's configuration; what is larger is something else.
const MAX_BYTES: u64 = 1024 * 1024;

/// The configuration file as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigFile {
    /// As the task names it.
    pub path: PathBuf,
    /// Its bytes; `None` where there is no file yet.
    pub bytes: Option<Vec<u8>>,
}

impl ConfigFile {
    /// Reads it. A symlink may only lead to a file beside it: another program, or an operator, keeps
    /// what is elsewhere.
    pub fn read(path: &Path) -> Result<Self, Error> {
        if let Ok(metadata) = fs::metadata(path)
            && metadata.len() > MAX_BYTES
        {
            return Err(Error::TooLarge { path: path.to_owned(), bytes: metadata.len() });
        }
        let original = file_set::read_or_absent(path).map_err(Error::Files)?;
        let bytes = original.exists().then(|| original.bytes().to_vec());
        Ok(Self { path: path.to_owned(), bytes })
    }

    /// Replaces the file's bytes at once, owner, mode and attributes kept (0644 for a new file). With
    /// a label the earlier file is kept under it; its path is returned.
    pub fn write(&self, lock: &FileSet, bytes: &[u8], label: Option<&Label>) -> Result<Option<PathBuf>, Error> {
        self.write_as(lock, bytes, label, Attributes::default())
    }

    /// The same with another owner, group or mode.
    pub fn write_as(
        &self,
        lock: &FileSet,
        bytes: &[u8],
        label: Option<&Label>,
        attributes: Attributes,
    ) -> Result<Option<PathBuf>, Error> {
        let original = file_set::read_or_absent(&self.path).map_err(Error::Files)?;
        let seen = self.bytes.as_deref();
        if original.exists().then(|| original.bytes()) != seen {
            return Err(Error::Files(file_set::Error::Changed { path: self.path.clone() }));
        }
        // The marker that there was no file serves nobody here.
        let label = label.filter(|_| original.exists());
        let committed = lock
            .commit(vec![Replacement::new(original, bytes.to_vec()).with(attributes)], label)
            .map_err(Error::Files)?;
        Ok(committed.backups.into_iter().next())
    }
}

/// Keeps other runs away from the file's folder, and removes what a killed one left there.
pub fn lock_config(path: &Path, seconds: u64) -> Result<FileSet, Error> {
    FileSet::lock([path], Duration::from_secs(seconds)).map_err(Error::Files)
}
