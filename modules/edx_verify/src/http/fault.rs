//! Why there is no answer.

use std::io;
use std::time::Duration;

/// Why a request has no answer.
#[derive(Debug)]
pub enum Fault {
    /// The name has no address.
    Unresolved(String),
    /// No connection.
    Connect(io::Error),
    /// The time was over.
    OutOfTime(Stage),
    /// The connection broke.
    Lost(io::Error),
    /// The server closed the connection and had said nothing.
    Closed,
    /// The server closed the connection in the middle of its answer.
    BrokenOff,
    /// It is another protocol: the beginning of what was said.
    NotHttp(String),
    /// It is TLS.
    Tls,
    /// It is HTTP, and something in it is wrong.
    Malformed(String),
}

/// What was waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// An address for the name.
    Name,
    /// A connection.
    Connection,
    /// A first word.
    Answer,
    /// The rest.
    Rest,
}

impl Fault {
    /// What was seen, where `time` was the time for it.
    pub fn told(&self, time: Duration) -> String {
        match self {
            Self::Unresolved(reason) => format!("this host does not resolve the name: {reason}"),
            Self::Connect(source) => format!("cannot connect: {source}"),
            Self::OutOfTime(Stage::Name) => format!("the name was not resolved within {time:?}"),
            Self::OutOfTime(Stage::Connection) => format!("no connection within {time:?}"),
            Self::OutOfTime(Stage::Answer) => format!("no answer within {time:?}"),
            Self::OutOfTime(Stage::Rest) => format!("no whole answer within {time:?}"),
            Self::Lost(source) => format!("the connection broke: {source}"),
            Self::Closed => "the connection was closed without an answer".to_owned(),
            Self::BrokenOff => "the connection was closed in the middle of the answer".to_owned(),
            Self::NotHttp(said) => format!("the answer is not HTTP ({said:?})"),
            Self::Tls => "the port speaks TLS, not plain HTTP".to_owned(),
            Self::Malformed(detail) => format!("the answer is not valid HTTP ({detail})"),
        }
    }

    /// What to do about it.
    pub fn advice(&self) -> &'static str {
        match self {
            Self::Unresolved(_) | Self::OutOfTime(Stage::Name) => "check DNS and /etc/hosts, or give an address",
            Self::Connect(_) | Self::OutOfTime(Stage::Connection) => {
                "see whether the program runs (/edx/bin/supervisorctl status), whether it listens on this address and port, \
                 and its log in /edx/var/log/supervisor"
            }
            Self::OutOfTime(_) | Self::Lost(_) | Self::Closed | Self::BrokenOff => {
                "see the program's log in /edx/var/log/supervisor: it may still be starting, or wait for a database or \
                 another server that does not answer"
            }
            Self::NotHttp(_) | Self::Tls | Self::Malformed(_) => {
                "check the port: LMS listens on 8000 and Studio on 8010, with plain HTTP, behind nginx"
            }
        }
    }
}
