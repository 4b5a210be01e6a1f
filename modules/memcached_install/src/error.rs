use std::io;
use std::path::PathBuf;

use memcached::Mismatch;

/// Why memcached could not be installed or configured. Each message says what, where and what to do.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A value that memcached or its start script does not take.
    #[error(transparent)]
    Setting(memcached::Error),
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
         and mind that memcached has no password: whoever reaches it can read and change the cache"
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
        "listen: {address} is no address of this host, memcached would not start with it; its addresses: {addresses}"
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
    /// The configuration file cannot be edited.
    #[error("{}: {source}", path.display())]
    Configuration {
        /// The file.
        path: PathBuf,
        /// Which line, and why.
        source: memcached::Error,
    },
    /// The configuration file cannot be read, written or removed.
    #[error(transparent)]
    Files(file_set::Error),
    /// The configuration file is something else.
    #[error("{}: it has {bytes} bytes, which is no configuration of memcached; check what it is", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// Its size.
        bytes: u64,
    },
    /// The configuration file cannot be removed.
    #[error("{}: it cannot be removed: {source}", path.display())]
    Remove {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
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
    #[error("{program} is not on this host; memcached_install works on Debian and Ubuntu")]
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
