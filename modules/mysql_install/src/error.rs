//! Why the server could not be installed or configured.

use crate::settings::Mismatch;

/// Each message says what, where and what to do.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The host cannot be looked at or changed.
    #[error(transparent)]
    Host(#[from] host::Error),
    /// The running server cannot be asked.
    #[error(transparent)]
    Server(#[from] mysql::Error),
    /// Another server than the one asked for.
    #[error(
        "{there} is installed on this host, and {wanted} was asked for: they cannot be together; remove it first, or ask for it"
    )]
    OtherServer {
        /// The package that is there.
        there: &'static str,
        /// The one that was asked for.
        wanted: &'static str,
    },
    /// Neither can be had.
    #[error("the package archives of this host have no {0}; check its apt sources")]
    NoPackage(String),
    /// A version that is none.
    #[error("the package {package} has the version \"{version}\", which is none of a server")]
    NoVersion {
        /// Its name.
        package: &'static str,
        /// Its version.
        version: String,
    },
    /// The service is masked.
    #[error(
        "the service {service} is masked, so it cannot be started; if that is not wanted any more: systemctl unmask {service}"
    )]
    Masked {
        /// Its name.
        service: &'static str,
    },
    /// The server does not answer.
    #[error("the server did not answer within {seconds} s: {reason}{log}")]
    NoAnswer {
        /// How long it was waited for.
        seconds: u64,
        /// The client's last error.
        reason: String,
        /// The service's last lines, as a clause, or nothing.
        log: String,
    },
    /// The server answers, and does not run as asked.
    #[error("the server did not take what was asked ({}); see whether another file sets it, or its command line",
        mismatches.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    NotTaken {
        /// Each variable, wanted and running.
        mismatches: Vec<Mismatch>,
    },
    /// A server with databases.
    #[error("the server has the databases {}: move or drop them first, or set force", .0.join(", "))]
    HoldsData(Vec<String>),
    /// It ran before, and did not come up as asked.
    #[error("{cause}; {outcome}")]
    PutBack {
        /// What failed.
        cause: Box<Self>,
        /// What became of the earlier configuration and the server.
        outcome: String,
    },
}
