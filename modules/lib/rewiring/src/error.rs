//! Why a run is refused. Nothing has been changed then.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::PathBuf;

use edx_layout::{EndpointError, FolderError, Refused, TargetError};

use crate::replace::PatternError;
use crate::service::Words;

/// Why a run is refused.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// `endpoints` with nothing in it.
    #[error(
        "endpoints is empty: name at least one server, as in {}, or leave the option out to have the {}s only reported", .0.example, .0.user
    )]
    NoEndpoints(&'static Words),
    /// More than one where there is one.
    #[error("endpoints: {title} takes exactly one server, not {given}; {why}")]
    OneServer {
        /// The kind of server.
        title: &'static str,
        /// How many were given.
        given: usize,
        /// Why, and what to give.
        why: &'static str,
    },
    /// `username` or `password` for a service that has none beside its servers.
    #[error("{option}: {why}")]
    NoLogin {
        /// The option.
        option: &'static str,
        /// Why, and what to do.
        why: &'static str,
    },
    /// The same where no endpoint is set.
    #[error(
        "{0}: it is written together with endpoints, and restore brings back what stood; give endpoints, or leave it out"
    )]
    GivenForNothing(&'static str),
    /// Nothing in these files can be pointed elsewhere.
    #[error("{0}. No file was changed")]
    Nothing(String),
    /// An endpoint that is none.
    #[error("endpoints: {0}")]
    Endpoint(#[from] EndpointError),
    /// The same server twice.
    #[error("endpoints: {endpoint} is named twice; {why}")]
    Repeated {
        /// The server.
        endpoint: String,
        /// Why that is wrong.
        why: &'static str,
    },
    /// A server that nothing must point at.
    #[error("endpoints: {0}")]
    Target(#[from] TargetError),
    /// An item of `replace` that is none.
    #[error("replace: {0}")]
    Pattern(#[from] PatternError),
    /// `replace` with nothing in it.
    #[error("replace is empty, so no server would be replaced; leave the option out to replace the local ones")]
    NothingToReplace,
    /// The folder.
    #[error("path: {0}")]
    Folder(#[from] FolderError),
    /// `backup` together with `restore`.
    #[error(
        "restore takes no backup: the backup that it brings back stays, and a new one would be the latest then; leave the option backup out"
    )]
    BackupOfRestore,
    /// A label that no backup can have.
    #[error(transparent)]
    Label(file_set::Error),
    /// A backup that does not exist.
    #[error("restore: no settings file in {} has a backup{}", .folder.display(), labels(.wanted, .known))]
    NoBackup {
        /// The settings folder.
        folder: PathBuf,
        /// The label or pattern that was asked for.
        wanted: String,
        /// The labels that there are.
        known: BTreeSet<String>,
    },
    /// The files could not be locked, or not be written.
    #[error(transparent)]
    Write(file_set::Error),
    /// What stands on disk is not what was written.
    #[error("{}: it does not hold what was written to it; look at the disk and at what else writes this file", .0.display())]
    NotAsWritten(PathBuf),
    /// Files that cannot be edited.
    #[error("{}", told(.0))]
    Files(Vec<Problem>),
}

/// Why one file cannot be edited.
#[derive(Debug, thiserror::Error)]
pub enum Problem {
    /// Not a file of this folder.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// It cannot be read.
    #[error(transparent)]
    Unreadable(#[from] file_set::Error),
    /// PyYAML could not read it, or reads it in a surprising way.
    #[error("{}: {reason}", .path.display())]
    Yaml {
        /// The file.
        path: PathBuf,
        /// Line and reason.
        reason: lossless_yaml::Error,
    },
    /// It cannot be changed.
    #[error("{}: {reason}", .path.display())]
    Edit {
        /// The file.
        path: PathBuf,
        /// Line, key path and reason.
        reason: lossless_yaml::Error,
    },
    /// Its backup cannot be read.
    #[error("the backup of {}: {reason}", .path.display())]
    Backup {
        /// The file, not the backup.
        path: PathBuf,
        /// Line and reason.
        reason: lossless_yaml::Error,
    },
}

fn told(problems: &[Problem]) -> String {
    let mut text = String::new();
    for problem in problems {
        let _ = write!(text, "{}{problem}", if text.is_empty() { "" } else { "; " });
    }
    text.push_str("; no file was changed");
    text
}

fn labels(wanted: &str, known: &BTreeSet<String>) -> String {
    let mut text = String::new();
    for label in known {
        let before = if text.is_empty() { format!(" called \"{wanted}\"; there is: ") } else { ", ".to_owned() };
        text.push_str(&before);
        text.push_str(label);
    }
    text
}

impl Error {
    /// Whether files are changed all the same.
    pub fn leaves_changes(&self) -> bool {
        match self {
            Self::NotAsWritten(_) => true,
            Self::Write(file_set::Error::Failed { aftermath, .. }) => {
                matches!(aftermath, file_set::Aftermath::Stuck(_))
            }
            _ => false,
        }
    }
}
