//! Why Redis could not be installed or configured.

use std::io;
use std::path::PathBuf;

use crate::settings::Mismatch;

/// Each message says what, where and what to do.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The host cannot be looked at or changed.
    #[error(transparent)]
    Host(#[from] host::Error),
    /// An ACL user on a Redis that knows none.
    #[error(
        "username: Redis {version} has no users, they came with 6.0: leave username away, the password goes without"
    )]
    NoUsers {
        /// The version that is or would be installed.
        version: String,
    },
    /// The service is masked.
    #[error(
        "the service {service} is masked, so it cannot be started; if that is not wanted any more: systemctl unmask {service}"
    )]
    Masked {
        /// Its name.
        service: String,
    },
    /// The package is there and its service is not.
    #[error("there is no service {service}; check the option service, or reinstall the package redis-server")]
    NoService {
        /// Its name.
        service: String,
    },
    /// The packaged file is not there.
    #[error("{}: the package redis-server has brought no such file; check the option config_file", path.display())]
    NoConfig {
        /// The file.
        path: PathBuf,
    },
    /// The daemon does not answer.
    #[error("Redis did not answer within {seconds} s: {reason}{log}")]
    NoAnswer {
        /// How long it was waited for.
        seconds: u64,
        /// The client's last error.
        reason: String,
        /// The service's last lines, as a clause, or nothing.
        log: String,
    },
    /// The daemon answers, and does not run as asked.
    #[error("Redis did not take what was asked ({}); check that the service {service} reads {}, and what includes it",
        mismatches.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "), config.display())]
    NotTaken {
        /// Each directive, wanted and running.
        mismatches: Vec<Mismatch>,
        /// The service's name.
        service: String,
        /// The file that it should read.
        config: PathBuf,
    },
    /// The append-only file could not be turned on while the daemon runs.
    #[error(
        "the append-only file could not be turned on ({reason}), and to restart Redis with it would lose what is queued: look at Redis's log and its disk, then run again"
    )]
    NoAppendOnly {
        /// What the server said.
        reason: String,
    },
    /// The daemon refuses to be spoken to.
    #[error(transparent)]
    Redis(#[from] redis::Error),
    /// A running daemon holds tasks.
    #[error(
        "Redis at {endpoint} holds {keys} keys, which may be queued tasks: carry them elsewhere first (edx_queues), or set force"
    )]
    HoldsKeys {
        /// Where.
        endpoint: String,
        /// How many.
        keys: u64,
    },
    /// The kernel does not take a setting.
    #[error("/proc/sys/vm/overcommit_memory cannot be set: {0}")]
    Overcommit(io::Error),
    /// Redis ran before, and did not come up as asked with the new configuration.
    #[error("{cause}; {outcome}")]
    PutBack {
        /// What failed.
        cause: Box<Self>,
        /// What became of the earlier configuration and the daemon.
        outcome: String,
    },
}
