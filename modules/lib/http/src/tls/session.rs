//! TLS on a connection.

use std::io::{self, Read, Write};

use net::{Stage, Wire};
use rustls::ClientConnection;
use rustls::pki_types::ServerName;

use super::Tls;
use super::words::told;
use crate::{Fault, TlsFault};

/// So much is read at once.
const PIECE: usize = 8192;
/// How much of what is not TLS is shown, in characters.
const SHOWN: usize = 60;

/// A connection with TLS on it, and what was read from it and not used yet.
#[derive(Debug)]
pub struct Session {
    wire: Wire,
    tls: Box<ClientConnection>,
    /// Read ahead; whoever uses it keeps it small.
    pub ahead: Vec<u8>,
    has_heard: bool,
}

impl Session {
    /// Speaks TLS on a connection, with whoever is `name`.
    pub fn start(wire: Wire, tls: &Tls, name: &str) -> Result<Self, Fault> {
        let server = ServerName::try_from(name.to_owned()).map_err(|_| TlsFault::Name(name.to_owned()))?;
        let tls = ClientConnection::new(tls.config()?, server).map_err(|error| told(&error))?;
        let mut session = Self { wire, tls: Box::new(tls), ahead: Vec::new(), has_heard: false };
        session.shake()?;
        Ok(session)
    }

    /// Sends a request.
    pub fn send(&mut self, mut request: &[u8]) -> Result<(), Fault> {
        while !request.is_empty() {
            let taken = self.tls.writer().write(request).map_err(net::Fault::Lost)?;
            request = &request[taken..];
            self.flush()?;
        }
        Ok(())
    }

    /// Reads more; false where there is no more.
    pub fn more(&mut self) -> Result<bool, Fault> {
        let mut piece = [0; PIECE];
        loop {
            match self.tls.reader().read(&mut piece) {
                Ok(count) => {
                    self.ahead.extend_from_slice(&piece[..count]);
                    self.has_heard |= count > 0;
                    return Ok(count > 0);
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                // Closed, and not said so in TLS: anybody in between may have cut it off.
                Err(_) if self.has_heard => return Err(Fault::BrokenOff),
                Err(_) => return Err(Fault::Closed),
            }
            self.hear(&mut piece).map_err(|fault| self.in_answer(fault))?;
        }
    }

    fn shake(&mut self) -> Result<(), Fault> {
        let mut piece = [0; PIECE];
        let mut first = Vec::new();
        loop {
            self.flush().map_err(in_handshake)?;
            if !self.tls.is_handshaking() {
                return Ok(());
            }
            let count = self.wire.read(&mut piece).map_err(|fault| in_handshake(fault.into()))?;
            if first.len() < SHOWN {
                first.extend_from_slice(&piece[..count]);
                not_tls(&first)?;
            }
            if count == 0 {
                return Err(TlsFault::Closed.into());
            }
            self.take(&piece[..count])?;
        }
    }

    /// Reads what the connection has, and gives it to TLS.
    fn hear(&mut self, piece: &mut [u8]) -> Result<(), Fault> {
        let count = self.wire.read(piece)?;
        if count == 0 {
            // Says to TLS that the connection ended.
            self.tls.read_tls(&mut io::empty()).map_err(net::Fault::Lost)?;
        }
        self.take(&piece[..count])?;
        self.flush()
    }

    fn take(&mut self, mut bytes: &[u8]) -> Result<(), Fault> {
        while !bytes.is_empty() {
            self.tls.read_tls(&mut bytes).map_err(net::Fault::Lost)?;
            if let Err(error) = self.tls.process_new_packets() {
                // The server gets to know why, where it still listens.
                let _ = self.flush();
                return Err(told(&error).into());
            }
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<(), Fault> {
        while self.tls.wants_write() {
            let mut bytes = Vec::new();
            self.tls.write_tls(&mut bytes).map_err(net::Fault::Lost)?;
            self.wire.send(&bytes)?;
        }
        Ok(())
    }

    /// A connection without TLS heard what this one heard: nothing, before the answer began.
    fn in_answer(&self, fault: Fault) -> Fault {
        match fault {
            Fault::Net(net::Fault::OutOfTime(_)) if !self.has_heard => net::Fault::OutOfTime(Stage::Answer).into(),
            fault => fault,
        }
    }
}

fn in_handshake(fault: Fault) -> Fault {
    match fault {
        Fault::Net(net::Fault::OutOfTime(_)) => TlsFault::OutOfTime.into(),
        Fault::Net(net::Fault::Lost(source)) => TlsFault::Lost(source).into(),
        fault => fault,
    }
}

/// Whether the first word is one of another protocol: TLS begins with an alert or a handshake, version 3.x (RFC 8446, 5.1).
fn not_tls(said: &[u8]) -> Result<(), TlsFault> {
    match said {
        [] | [0x15 | 0x16] | [0x15 | 0x16, 3, ..] => Ok(()),
        said if b"HTTP/".starts_with(&said[..said.len().min(5)]) => Err(TlsFault::PlainHttp),
        said => {
            let text = String::from_utf8_lossy(said);
            Err(TlsFault::NotTls(text.lines().next().unwrap_or_default().chars().take(SHOWN).collect()))
        }
    }
}
