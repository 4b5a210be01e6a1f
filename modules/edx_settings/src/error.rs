//! Why a run is refused.

use std::path::PathBuf;

/// Why a run is refused. The file is as it was, unless [`Error::leaves_changes`].
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Nothing to do was given.
    #[error("there is nothing to do: give settings, remove, sources, restore, or owner, group or mode")]
    NothingToDo,
    /// A secret is named that was not given.
    #[error("settings: {key} holds the secret \"{name}\", which was not given: give it in secrets, or leave {key} out")]
    NoSecret {
        /// Where.
        key: String,
        /// Its name.
        name: String,
    },
    /// No file, and none wanted.
    #[error("{}: there is no such file; with create: true it is made", .0.display())]
    Missing(PathBuf),
    /// A key path of `remove`.
    #[error("remove: {0}")]
    Remove(lossless_yaml::Error),
    /// The same key set and removed.
    #[error("`{0}` is in settings and in remove; leave it out of one of them")]
    SetAndRemoved(lossless_yaml::KeyPath),
    /// The file cannot be read as PyYAML would, or the edit is refused.
    #[error("{}: {reason}; the file was not changed", .path.display())]
    Yaml {
        /// The file.
        path: PathBuf,
        /// Line, key path and reason.
        reason: lossless_yaml::Error,
    },
    /// A source that is not there, and has to be.
    #[error(
        "sources: {}: there is no such file; nothing was changed: correct sources, or name it in optional_sources as well if it may be missing",
        .0.display()
    )]
    NoSource(PathBuf),
    /// A source that is neither a vars file nor a playbook.
    #[error("sources: {}: {reason}; the file was not changed", .path.display())]
    Source {
        /// The source.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// Sources hold templates and vault blocks, which only Ansible reads.
    #[error("sources are for a file that Ansible reads; {} is read by PyYAML (give reader: ansible if it is not)", .0.display())]
    SourcesForPyYaml(PathBuf),
    /// `backup` together with `restore`.
    #[error(
        "restore takes no backup: the backup that it brings back stays, and a new one would be the latest then; leave the option backup out"
    )]
    BackupOfRestore,
    /// Options that mean nothing to `restore`.
    #[error("restore puts back what settings and sources had set; leave the option {0} out")]
    NotWithRestore(&'static str),
    /// No such backup.
    #[error("{}: there is no backup called \"{wanted}\"{}", .path.display(), known(.labels))]
    NoBackup {
        /// The file.
        path: PathBuf,
        /// As given.
        wanted: String,
        /// The labels that there are.
        labels: Vec<String>,
    },
    /// A restore without settings of a file that is not just what the run had made of it.
    #[error(
        "{}: other things changed since the backup \"{label}\": {what}; nothing was changed: give the settings of the run that made the backup, then their keys are put back",
        .path.display()
    )]
    NothingToPutBack {
        /// The file.
        path: PathBuf,
        /// The backup.
        label: String,
        /// The keys at the top of the file that differ.
        what: String,
    },
    /// Reading, locking or writing.
    #[error(transparent)]
    Files(#[from] file_set::Error),
    /// It cannot be read after it was written.
    #[error("it was written, but cannot be read again to see whether it is as wanted: {0}")]
    NotSeen(file_set::Error),
    /// What stands on disk is not what was written.
    #[error("{}: it does not hold what was written to it; look at the disk and at what else writes this file", .0.display())]
    NotAsWritten(PathBuf),
}

fn known(labels: &[String]) -> String {
    if labels.is_empty() { "; it has none at all".to_owned() } else { format!("; there is: {}", labels.join(", ")) }
}

impl Error {
    /// Whether the file is changed all the same.
    pub fn leaves_changes(&self) -> bool {
        match self {
            Self::NotAsWritten(_) | Self::NotSeen(_) => true,
            Self::Files(file_set::Error::Failed { aftermath, .. }) => {
                matches!(aftermath, file_set::Aftermath::Stuck(_))
            }
            _ => false,
        }
    }
}
