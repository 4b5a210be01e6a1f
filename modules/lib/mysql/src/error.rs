//! Why a server could not be asked, or its data not be moved.

use std::io;

use crate::login::Place;

/// What went wrong. No variant carries a password.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A program is missing.
    #[error(
        "there is no {program} on this host; it comes with the server's client package (mariadb-client, mysql-client)"
    )]
    NoProgram {
        /// Its name.
        program: &'static str,
    },
    /// A program cannot be started.
    #[error("{program} could not be started: {reason}")]
    Start {
        /// Its path.
        program: String,
        /// The operating system's word.
        reason: io::Error,
    },
    /// A program's version is not understood.
    #[error("{program} --version says \"{said}\", which is no version of MySQL or MariaDB")]
    NoVersion {
        /// Its path.
        program: String,
        /// What it says.
        said: String,
    },
    /// No file in memory.
    #[error("no file in memory could be made for the login: {0}")]
    Memory(io::Error),
    /// The server does not let us in, or a connection broke.
    #[error("{place}: {said}")]
    Server {
        /// Where.
        place: Place,
        /// The client's words.
        said: String,
    },
    /// It answers nothing.
    #[error("{place}: no answer within {seconds} s")]
    Silent {
        /// Where.
        place: Place,
        /// How long was waited.
        seconds: u64,
    },
    /// A dump failed.
    #[error("dumping {what}: {said}")]
    Dump {
        /// Database and tables.
        what: String,
        /// The dump program's words.
        said: String,
    },
    /// A dump could not be loaded.
    #[error("loading {what} into {place}: {said}")]
    Load {
        /// Database and tables.
        what: String,
        /// Where.
        place: Place,
        /// The client's words.
        said: String,
    },
    /// A dump stands still.
    #[error("{what}: nothing has moved for {seconds} s; see whether both servers answer, and the network between them")]
    Stalled {
        /// Database and tables.
        what: String,
        /// How long.
        seconds: u64,
    },
}
