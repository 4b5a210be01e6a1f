//! Why a conversation did not come about, or ended.

use std::io;
use std::time::Duration;

/// Why there is no connection, or no more of it.
#[derive(Debug)]
pub enum Fault {
    /// The name has no address.
    Unresolved(String),
    /// No connection.
    Connect(io::Error),
    /// The way to the server does not work: what was said of it, and by whom.
    Way(String),
    /// The time was over.
    OutOfTime(Stage),
    /// The connection broke.
    Lost(io::Error),
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
            Self::Way(said) => said.clone(),
            Self::OutOfTime(Stage::Name) => format!("the name was not resolved within {time:?}"),
            Self::OutOfTime(Stage::Connection) => format!("no connection within {time:?}"),
            Self::OutOfTime(Stage::Answer) => format!("no answer within {time:?}"),
            Self::OutOfTime(Stage::Rest) => format!("no whole answer within {time:?}"),
            Self::Lost(source) => format!("the connection broke: {source}"),
        }
    }
}
