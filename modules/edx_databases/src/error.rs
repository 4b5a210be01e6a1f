//! Why databases could not be looked at or moved.

use std::path::PathBuf;

use edx_layout::TargetError;

/// Each message says what, where and what to do.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// An option that makes no sense.
    #[error("{option}: {problem}")]
    Option {
        /// Its name.
        option: &'static str,
        /// What is wrong, and what to give.
        problem: String,
    },
    /// A server that data must not be sent to.
    #[error("destination: {0}")]
    Target(#[from] TargetError),
    /// A server or a program of this host.
    #[error(transparent)]
    Server(#[from] mysql::Error),
    /// One step of several was refused.
    #[error("could not {what}: {cause}")]
    Step {
        /// What it was to do.
        what: String,
        /// The server's word.
        cause: mysql::Error,
    },
    /// A version that is none.
    #[error("{place}: it says that it is \"{said}\", which is no version of MySQL or MariaDB")]
    NoVersion {
        /// Where.
        place: String,
        /// What it says.
        said: String,
    },
    /// Databases that the source does not have.
    #[error("{place} has no database {}; it has {}", missing.join(", "), there.join(", "))]
    NoDatabase {
        /// Where.
        place: String,
        /// Those that are asked for.
        missing: Vec<String>,
        /// Those that there are.
        there: Vec<String>,
    },
    /// Nothing to move.
    #[error("{place} has no database besides the server's own")]
    Nothing {
        /// Where.
        place: String,
    },
    /// The source is written to.
    #[error(
        "{place} takes writes, so that what is written meanwhile would be lost: stop the platform and make it read-only first (state: frozen), or set live for a rehearsal"
    )]
    NotFrozen {
        /// Where.
        place: String,
    },
    /// The destination has databases of that name which no unfinished move has made.
    #[error(
        "{place} has {} already, with tables in it, and no unfinished move has put it there. Nothing was changed. If it may go, drop it there by hand, or set replace",
        databases.join(", ")
    )]
    InTheWay {
        /// Where.
        place: String,
        /// The databases.
        databases: Vec<String>,
    },
    /// What would not work on the destination.
    #[error("{}", problems.join("; "))]
    Unfit {
        /// Each with what to do.
        problems: Vec<String>,
    },
    /// Both are one server.
    #[error("source and destination are the same server ({identity}); name the new one as destination")]
    SameServer {
        /// Its host name and port, as it says.
        identity: String,
    },
    /// A file could not be written.
    #[error(transparent)]
    Host(#[from] host::Error),
    /// A settings file that cannot be read.
    #[error("{}: {reason}", path.display())]
    Settings {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// A server does not do as it was told.
    #[error("{place}: it was told to be {wanted} and is not; see whether something else sets read_only there")]
    NotTaken {
        /// Where.
        place: String,
        /// `read-only` or `writable`.
        wanted: &'static str,
    },
    /// Something failed after something had been done.
    #[error("{cause}; {aftermath}")]
    Halfway {
        /// What failed.
        cause: Box<Self>,
        /// What there is now, and what to do.
        aftermath: String,
    },
}

impl Error {
    /// Whether something had been done before.
    pub fn leaves_changes(&self) -> bool {
        matches!(self, Self::Halfway { .. })
    }
}
