//! Files that exist only while a run is at work.

use std::fs::{File, OpenOptions};
use std::hash::{BuildHasher, RandomState};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use crate::backup;
use crate::error::Error;

/// Stands in the name of every temporary file, so that the next run knows what a killed one left behind.
const MARK: &str = ".edxops-";
const DIGITS: usize = 16;

/// A new name beside `path` that nothing has: `.lms.yml.edxops-0123456789abcdef`.
pub(crate) fn name_beside(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let unique = RandomState::new().hash_one(std::process::id());
    path.with_file_name(format!(".{name}{MARK}{unique:016x}"))
}

/// Creates a temporary file that nobody else can read yet.
pub(crate) fn create(path: &Path) -> Result<File, Error> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(0o600);
    options.open(path).map_err(Error::io(path, "create this temporary file"))
}

fn is_temporary(name: &str) -> bool {
    name.strip_prefix('.')
        .and_then(|rest| rest.rsplit_once(MARK))
        .is_some_and(|(_, digits)| digits.len() == DIGITS && digits.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// Removes what killed runs left in a folder that this run has locked: temporary files, and backups of files that
/// were not replaced after all, which would change with the file.
pub(crate) fn clean(folder: &Path) -> Result<(), Error> {
    let entries = std::fs::read_dir(folder).map_err(Error::io(folder, "list this folder"))?;
    for entry in entries {
        let entry = entry.map_err(Error::io(folder, "list this folder"))?;
        let name = entry.file_name();
        let Some(name) = name.to_str() else { continue };
        if is_temporary(name) || is_backup_of_itself(folder, name) {
            let path = entry.path();
            std::fs::remove_file(&path).map_err(Error::io(&path, "remove what an interrupted run left behind"))?;
        }
    }
    Ok(())
}

fn is_backup_of_itself(folder: &Path, name: &str) -> bool {
    let inode = |name: &str| std::fs::symlink_metadata(folder.join(name)).ok().map(|found| (found.dev(), found.ino()));
    backup::possible_originals(name).any(|original| inode(original).is_some_and(|found| inode(name) == Some(found)))
}
