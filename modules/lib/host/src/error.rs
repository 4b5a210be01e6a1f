//! Why a host cannot be looked at or changed.

use std::io;
use std::path::PathBuf;

/// Each message says what, where and what to do.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// An option of the task that makes no sense.
    #[error("{option}: {problem}")]
    Option {
        /// The option's name.
        option: &'static str,
        /// What is wrong, and what to write.
        problem: String,
    },
    /// There is no private address to listen on.
    #[error(
        "this host has no private IPv4 address to listen on (its addresses: {addresses}); name the addresses in listen, \
         and mind who can reach them"
    )]
    NoPrivateAddress {
        /// All addresses with their interfaces.
        addresses: String,
    },
    /// More than one address could be meant.
    #[error(
        "this host has several private addresses, and none is plainly the one to listen on ({candidates}); name it in listen"
    )]
    SeveralPrivateAddresses {
        /// The candidates with their interfaces.
        candidates: String,
    },
    /// An address that the host does not have; the daemon would not start.
    #[error(
        "listen: {address} is no address of this host, the daemon would not start with it; its addresses: {addresses}"
    )]
    NotOurAddress {
        /// The address asked for.
        address: String,
        /// All addresses with their interfaces.
        addresses: String,
    },
    /// The system would not tell something.
    #[error("{what} cannot be read: {source}")]
    System {
        /// What was asked.
        what: &'static str,
        /// What the system said.
        source: io::Error,
    },
    /// The configuration file cannot be read, written or removed.
    #[error(transparent)]
    Files(file_set::Error),
    /// The configuration file is something else.
    #[error("{}: it has {bytes} bytes, which is no daemon's configuration; check what it is", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// Its size.
        bytes: u64,
    },
    /// A folder cannot be made.
    #[error("{}: this folder cannot be made: {source}", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A program that is needed is not there.
    #[error("{program} is not on this host, which has to be a Debian or Ubuntu")]
    NoProgram {
        /// Its name.
        program: String,
    },
    /// A program could not be started.
    #[error("{program} could not be started: {source}")]
    Start {
        /// Its name.
        program: String,
        /// What the system said.
        source: io::Error,
    },
    /// A program failed.
    #[error("{command} failed: {said}{advice}")]
    Program {
        /// The command as run.
        command: String,
        /// The last lines of what it said.
        said: String,
        /// What to do, as a clause that begins with `; `, or nothing.
        advice: &'static str,
    },
}
