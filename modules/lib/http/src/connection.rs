//! What an answer is read from: a connection, plain or with TLS.

use net::Wire;

use crate::tls::Session;
use crate::{Fault, TlsFault};

/// A connection on which an answer is read.
#[derive(Debug)]
pub enum Connection {
    Plain(Wire),
    Tls(Box<Session>),
}

impl Connection {
    pub fn send(&mut self, request: &[u8]) -> Result<(), Fault> {
        match self {
            Self::Plain(wire) => Ok(wire.send(request)?),
            Self::Tls(session) => session.send(request),
        }
    }

    /// What was read, and not used yet; whoever uses it keeps it small.
    pub fn ahead(&mut self) -> &mut Vec<u8> {
        match self {
            Self::Plain(wire) => &mut wire.ahead,
            Self::Tls(session) => &mut session.ahead,
        }
    }

    /// Reads more; false where there is no more.
    pub fn more(&mut self) -> Result<bool, Fault> {
        match self {
            Self::Plain(wire) => Ok(wire.more()?),
            Self::Tls(session) => session.more(),
        }
    }
}

impl From<TlsFault> for Fault {
    fn from(fault: TlsFault) -> Self {
        Self::NoTls(fault)
    }
}
