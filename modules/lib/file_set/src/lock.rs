//! One run at a time in a folder.

use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::fs::{Access, AtFlags, CWD, accessat};

use crate::error::{Error, folder_of};
use crate::temporary;

/// Folders that this run alone works in, until it is dropped.
#[derive(Debug)]
pub struct FileSet {
    pub(crate) folders: Vec<(PathBuf, File)>,
}

impl FileSet {
    /// Locks the folders of these files, waiting for other runs, and removes what killed ones left there.
    ///
    /// The lock is `flock(2)` on the folder itself: it leaves no file behind and ends with the process.
    pub fn lock<'a>(files: impl IntoIterator<Item = &'a Path>, wait: Duration) -> Result<Self, Error> {
        let folders = distinct(files.into_iter().map(folder_of_file));
        let until = Instant::now() + wait;
        let mut locked = Vec::with_capacity(folders.len());
        for folder in folders {
            let handle = File::open(&folder).map_err(Error::io(&folder, "open this folder"))?;
            lock_until(&handle, &folder, until, wait)?;
            temporary::clean(&folder)?;
            locked.push((folder, handle));
        }
        Ok(Self { folders: locked })
    }
}

/// Each folder once, always in one order, so that two runs never wait for each other.
fn distinct(folders: impl Iterator<Item = PathBuf>) -> Vec<PathBuf> {
    let mut distinct = Vec::new();
    for folder in folders {
        if let Err(at) = distinct.binary_search(&folder) {
            distinct.insert(at, folder);
        }
    }
    distinct
}

fn folder_of_file(file: &Path) -> PathBuf {
    match file.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        _ => PathBuf::from("."),
    }
}

fn lock_until(handle: &File, folder: &Path, until: Instant, wait: Duration) -> Result<(), Error> {
    loop {
        match handle.try_lock() {
            Ok(()) => return Ok(()),
            Err(TryLockError::WouldBlock) if Instant::now() < until => std::thread::sleep(Duration::from_millis(20)),
            Err(TryLockError::WouldBlock) => {
                return Err(Error::Locked { folder: folder.to_owned(), seconds: wait.as_secs() });
            }
            // A file system without locks, such as some network ones: better unlocked than not at all.
            Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => return Ok(()),
            Err(TryLockError::Error(error)) => return Err(Error::io(folder, "lock this folder")(error)),
        }
    }
}

/// Whether these files could be replaced, asked without writing: for check mode, which predicts the refusal that the
/// real run would meet.
pub fn probe<'a>(files: impl IntoIterator<Item = &'a Path>) -> Result<(), Error> {
    let folders = distinct(files.into_iter().map(folder_of));
    for folder in folders {
        accessat(CWD, &folder, Access::WRITE_OK | Access::EXEC_OK, AtFlags::EACCESS).map_err(|error| {
            if error == rustix::io::Errno::ACCESS {
                Error::NotPermitted { folder: folder.clone() }
            } else {
                Error::io(&folder, "write in this folder")(error.into())
            }
        })?;
    }
    Ok(())
}
