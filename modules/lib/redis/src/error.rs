//! Why a Redis cannot be talked to, or does not do what it is told.

use std::time::Duration;

use net::Target;

/// An error of a conversation with a server.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No connection, or none any more.
    #[error("Redis {target}: {}", .fault.told(*.timeout))]
    Net {
        /// The server.
        target: Target,
        /// What happened.
        fault: net::Fault,
        /// The time there was for it.
        timeout: Duration,
    },
    /// It closed the connection instead of answering.
    #[error("Redis {target} closed the connection without an answer to {command}")]
    Closed {
        /// The server.
        target: Target,
        /// What it was told.
        command: String,
    },
    /// What came is not RESP, or more than would be held.
    #[error("{target} does not speak as a Redis does: {detail} in answer to {command}. Is that its address and port?")]
    NotRedis {
        /// The server.
        target: Target,
        /// What it was told.
        command: String,
        /// What came.
        detail: String,
    },
    /// It wants a password, and none was given.
    #[error("Redis {target} asks for a password: give it")]
    NoPassword {
        /// The server.
        target: Target,
    },
    /// It does not take the password.
    #[error("Redis {target} does not accept the password{}: correct it", .username.as_ref().map_or_else(String::new, |name| format!(" of user {name}")))]
    WrongPassword {
        /// The server.
        target: Target,
        /// The user it was given for.
        username: Option<String>,
    },
    /// A password was given to a server that has none.
    #[error("Redis {target} has no password, but one was given: set requirepass there, or leave the password away")]
    NeedlessPassword {
        /// The server.
        target: Target,
    },
    /// It listens for others and has neither a password nor a bind address.
    #[error(
        "Redis {target} is in protected mode and takes no command from here: set requirepass in its redis.conf, and bind it to a private address"
    )]
    Protected {
        /// The server.
        target: Target,
    },
    /// It reads its data at its start.
    #[error("Redis {target} still reads its data from the disk: try again in a while")]
    Loading {
        /// The server.
        target: Target,
    },
    /// It refuses a command.
    #[error("Redis {target} answers {said:?} to {command}")]
    Server {
        /// The server.
        target: Target,
        /// What it was told.
        command: String,
        /// What it said.
        said: String,
    },
}

impl Error {
    /// Whether the server refused one command, so that the connection can be used further.
    pub fn is_refusal(&self) -> bool {
        matches!(self, Self::Server { .. })
    }
}
