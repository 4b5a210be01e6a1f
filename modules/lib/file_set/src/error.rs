//! What can go wrong, and what state the files are in then.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

/// Why files were not replaced.
#[derive(Debug, Error)]
pub enum Error {
    /// There is no such file.
    #[error("{}: there is no such file", path.display())]
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// Something that has no content of its own to replace.
    #[error("{}: this is {kind}, not a regular file", path.display())]
    NotRegular {
        /// What was named.
        path: PathBuf,
        /// What it is, with its article.
        kind: &'static str,
    },
    /// A symbolic link out of its folder: the file belongs to something else.
    #[error("{}: this symbolic link leads out of its folder, to {}; name that file itself if it is meant", path.display(), target.display())]
    LeavesFolder {
        /// The link.
        path: PathBuf,
        /// Where it leads.
        target: PathBuf,
    },
    /// The system refused an operation.
    #[error("{}: cannot {operation}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What was tried, as a verb phrase.
        operation: &'static str,
        /// The system's answer.
        source: io::Error,
    },
    /// Nothing can be written here.
    #[error("{}: the file system is read-only; mount it writable, then run this again", folder.display())]
    ReadOnly {
        /// The folder.
        folder: PathBuf,
    },
    /// This user may not write here.
    #[error("{}: no permission to write in this folder; run this as root (become: true)", folder.display())]
    NotPermitted {
        /// The folder.
        folder: PathBuf,
    },
    /// Another run is at work.
    #[error("{}: another run has held this folder for {seconds} s; wait until it ends, then run this again", folder.display())]
    Locked {
        /// The folder.
        folder: PathBuf,
        /// How long this run waited.
        seconds: u64,
    },
    /// Somebody else wrote the file meanwhile.
    #[error("{}: it changed while this run was at work; run this again", path.display())]
    Changed {
        /// The file.
        path: PathBuf,
    },
    /// A backup is never overwritten.
    #[error("{}: this backup exists already; give another label", path.display())]
    BackupExists {
        /// The backup.
        path: PathBuf,
    },
    /// A label ends up in a file's name.
    #[error(
        "the backup label '{label}' is not allowed: it takes 1 to 64 letters, digits, dots, hyphens and underscores, a letter or digit first"
    )]
    BadLabel {
        /// As given.
        label: String,
    },
    /// A mode that is none.
    #[error("the mode '{mode}' is not an octal number from 0 to 7777, such as 0640")]
    BadMode {
        /// As given.
        mode: String,
    },
    /// No such user or group.
    #[error("{}: there is no {kind} '{name}' on this host", table.display())]
    Unknown {
        /// `/etc/passwd` or `/etc/group`.
        table: PathBuf,
        /// `user` or `group`.
        kind: &'static str,
        /// As given.
        name: String,
    },
    /// A commit failed, and this is how the files are now.
    #[error("{cause}; {aftermath}")]
    Failed {
        /// What failed.
        cause: Box<Error>,
        /// The state of the files.
        aftermath: Aftermath,
    },
}

/// How the files are after a commit that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Aftermath {
    /// The failure came before the first file was replaced.
    NothingChanged,
    /// The files that had been replaced by then have their earlier content again.
    PutBack(Vec<PathBuf>),
    /// These files have their new content and could not be put back: each with where its earlier content is.
    Stuck(Vec<(PathBuf, PathBuf)>),
}

impl fmt::Display for Aftermath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names =
            |paths: &[PathBuf]| paths.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", ");
        match self {
            Self::NothingChanged => f.write_str("no file was changed"),
            Self::PutBack(paths) => write!(f, "files that had been replaced were put back: {}", names(paths)),
            Self::Stuck(pairs) => {
                f.write_str("these files could not be put back, move the earlier content there by hand:")?;
                pairs.iter().try_for_each(|(path, kept)| write!(f, " {} (it is in {})", path.display(), kept.display()))
            }
        }
    }
}

impl Error {
    /// A refused operation; a read-only file system and a missing permission in a folder get their own words.
    pub(crate) fn io(path: &Path, operation: &'static str) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| match source.kind() {
            io::ErrorKind::ReadOnlyFilesystem => Self::ReadOnly { folder: folder_of(&path) },
            _ => Self::Io { path, operation, source },
        }
    }
}

/// The folder that a file is in; a folder is its own.
pub(crate) fn folder_of(path: &Path) -> PathBuf {
    if path.is_dir() {
        return path.to_owned();
    }
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        _ => PathBuf::from("."),
    }
}
