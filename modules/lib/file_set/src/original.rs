//! A file as it was found.

use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::{FileTypeExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;

use crate::error::{Error, folder_of};

/// A file that was read, and all that tells whether it is still the same; or a place where there is none.
#[derive(Debug)]
pub struct Original {
    path: PathBuf,
    found: Option<Found>,
}

#[derive(Debug)]
struct Found {
    bytes: Vec<u8>,
    file: File,
    metadata: Metadata,
}

impl Original {
    /// The file itself, behind a symbolic link within its folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether there is a file.
    pub fn exists(&self) -> bool {
        self.found.is_some()
    }

    /// Its content; nothing where there is no file.
    pub fn bytes(&self) -> &[u8] {
        self.found.as_ref().map_or(&[], |found| &found.bytes)
    }

    /// Its metadata when it was read.
    pub fn metadata(&self) -> Option<&Metadata> {
        self.found.as_ref().map(|found| &found.metadata)
    }

    pub(crate) fn file(&self) -> Option<&File> {
        self.found.as_ref().map(|found| &found.file)
    }

    /// Whether what stands at the path is still what was read.
    pub(crate) fn check_unchanged(&self) -> Result<(), Error> {
        let now = match std::fs::symlink_metadata(&self.path) {
            Ok(now) => Some(now),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(Error::io(&self.path, "look at it again")(error)),
        };
        let identity = |metadata: &Metadata| {
            (metadata.dev(), metadata.ino(), metadata.size(), metadata.mtime(), metadata.mtime_nsec(), metadata.mode())
        };
        if now.as_ref().map(identity) == self.metadata().map(identity) {
            Ok(())
        } else {
            Err(Error::Changed { path: self.path.clone() })
        }
    }
}

/// Reads a file that must be there. A link within its folder is followed, one that leaves it refused; a pipe, a
/// device or a folder is refused without waiting for it.
pub fn read(path: &Path) -> Result<Original, Error> {
    let original = read_or_absent(path)?;
    if original.exists() { Ok(original) } else { Err(Error::Missing { path: path.to_owned() }) }
}

/// Reads a file, or finds that there is none.
pub fn read_or_absent(path: &Path) -> Result<Original, Error> {
    let path = resolve(path)?;
    let options = || {
        let mut options = OpenOptions::new();
        let flags = OFlags::NONBLOCK | OFlags::NOFOLLOW;
        options.read(true).custom_flags(flags.bits().cast_signed());
        options
    };
    let mut file = match options().open(&path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Original { path, found: None }),
        Err(error) => return Err(Error::io(&path, "read it")(error)),
    };
    let metadata = file.metadata().map_err(Error::io(&path, "read it"))?;
    if let Some(kind) = other_than_regular(&metadata) {
        return Err(Error::NotRegular { path, kind });
    }
    let mut bytes = Vec::with_capacity(usize::try_from(metadata.len()).unwrap_or(0));
    file.read_to_end(&mut bytes).map_err(Error::io(&path, "read it"))?;
    Ok(Original { path, found: Some(Found { bytes, file, metadata }) })
}

fn other_than_regular(metadata: &Metadata) -> Option<&'static str> {
    let kind = metadata.file_type();
    if kind.is_file() {
        None
    } else if kind.is_dir() {
        Some("a folder")
    } else if kind.is_fifo() {
        Some("a named pipe")
    } else if kind.is_socket() {
        Some("a socket")
    } else {
        Some("a device")
    }
}

fn resolve(path: &Path) -> Result<PathBuf, Error> {
    let is_link = match std::fs::symlink_metadata(path) {
        Ok(metadata) => metadata.is_symlink(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => false,
        Err(error) => return Err(Error::io(path, "read it")(error)),
    };
    if !is_link {
        return Ok(path.to_owned());
    }
    let target = path.canonicalize().map_err(Error::io(path, "follow this symbolic link"))?;
    let folder = folder_of(path).canonicalize().map_err(Error::io(path, "find its folder"))?;
    if target.parent() == Some(&folder) {
        Ok(target)
    } else {
        Err(Error::LeavesFolder { path: path.to_owned(), target })
    }
}
