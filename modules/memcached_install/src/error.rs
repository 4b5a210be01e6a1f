use std::io;
use std::path::PathBuf;

use memcached::Mismatch;

/// Why memcached could not be installed or configured. Each message says what, where and what to do.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The host cannot be looked at or changed.
    #[error(transparent)]
    Host(#[from] host::Error),
    /// A value that memcached or its start script does not take.
    #[error(transparent)]
    Setting(memcached::Error),
    /// The configuration file cannot be edited.
    #[error("{}: {source}", path.display())]
    Configuration {
        /// The file.
        path: PathBuf,
        /// Which line, and why.
        source: memcached::Error,
    },
    /// The configuration file cannot be removed.
    #[error("{}: it cannot be removed: {source}", path.display())]
    Remove {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
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
    #[error("there is no service {service}; check the option service, or reinstall the package memcached")]
    NoService {
        /// Its name.
        service: String,
    },
    /// The daemon does not answer.
    #[error("memcached did not answer within {seconds} s: {reason}{log}")]
    NoAnswer {
        /// How long it was waited for.
        seconds: u64,
        /// The client's last error.
        reason: String,
        /// The service's last lines, as a clause, or nothing.
        log: String,
    },
    /// Something else has the port.
    #[error(
        "{endpoint} is answered by process {pid}, which is not the service {service}; stop that process, or choose another port"
    )]
    OtherDaemon {
        /// Where.
        endpoint: String,
        /// Who answers.
        pid: u64,
        /// Who should.
        service: String,
    },
    /// The daemon answers, and does not run as asked.
    #[error("memcached did not take what was asked ({}); check that the service {service} reads {}",
        mismatches.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "), config.display())]
    NotTaken {
        /// Each option, wanted and running.
        mismatches: Vec<Mismatch>,
        /// The service's name.
        service: String,
        /// The file written.
        config: PathBuf,
    },
    /// memcached ran before, and did not come up as asked with the new configuration.
    #[error("{cause}; {outcome}")]
    PutBack {
        /// What failed.
        cause: Box<Self>,
        /// What became of the earlier configuration and the daemon.
        outcome: String,
    },
}
