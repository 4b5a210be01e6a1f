//! A conversation with a server that may be another one than expected.

use std::io;
use std::time::Instant;

use edx_layout::Layer;
use net::{Dial, Target, Wire, left};

use crate::{Fault, Spoken};

/// The longest line that is read, in bytes.
const LONGEST_LINE: usize = 4096;

/// Redis's `PING`, to which most servers have a word to say, if only a complaint. As an array and not as a bare line, so
/// that it is long enough for a RabbitMQ to complain of it as well.
pub const PING: &[u8] = b"*1\r\n$4\r\nPING\r\n";

/// A connection to a layer's server.
pub struct Talk<'a> {
    dial: &'a dyn Dial,
    target: &'a Target,
    wire: Wire,
    layer: Layer,
    deadline: Instant,
    /// The server has proved to be the layer's.
    is_known: bool,
}

impl<'a> Talk<'a> {
    /// Connects.
    pub fn open(dial: &'a dyn Dial, layer: Layer, target: &'a Target, deadline: Instant) -> Result<Self, Fault> {
        let wire = Wire::connect(dial, target, deadline)?;
        Ok(Self { dial, target, wire, layer, deadline, is_known: false })
    }

    /// The layer that is expected.
    pub fn layer(&self) -> Layer {
        self.layer
    }

    /// Sends a request.
    pub fn send(&mut self, request: &[u8]) -> Result<(), Fault> {
        match self.wire.send(request) {
            // It may have said why before it closed the connection.
            Err(net::Fault::Lost(error)) if error.kind() == io::ErrorKind::ConnectionReset => Ok(()),
            sent => Ok(sent?),
        }
    }

    /// Waits for a first byte, to something that is not text. A server of lines may wait without end for the end of
    /// one; so where a quarter of the time brought nothing, it is asked beside, in words that it would complain of.
    pub fn await_first(&mut self) -> Result<(), Fault> {
        let quarter = left(self.deadline).unwrap_or_default() / 4;
        self.wire.until(Instant::now() + quarter);
        let first = self.peek(1).map(drop);
        self.wire.until(self.deadline);
        if !matches!(first, Err(Fault::Net(net::Fault::OutOfTime(_)))) {
            return first;
        }
        match Self::open(self.dial, self.layer, self.target, Instant::now() + quarter).and_then(Self::answer_to_ping) {
            Ok(Some(spoken)) if spoken.is_of(self.layer) => Err(Fault::NoTls(self.layer)),
            Err(fault @ Fault::OtherProtocol { .. }) => Err(fault),
            // It may just be slow.
            _ => Ok(()),
        }
    }

    fn answer_to_ping(mut self) -> Result<Option<Spoken>, Fault> {
        self.send(PING)?;
        self.peek(1)?;
        Ok(Spoken::recognised(&self.wire.ahead))
    }

    /// The next bytes, which stay.
    pub fn peek(&mut self, count: usize) -> Result<&[u8], Fault> {
        while self.wire.ahead.len() < count {
            self.more()?;
        }
        Ok(&self.wire.ahead[..count])
    }

    /// The next bytes.
    pub fn take(&mut self, count: usize) -> Result<Vec<u8>, Fault> {
        self.peek(count)?;
        Ok(self.wire.ahead.drain(..count).collect())
    }

    /// The next line, without its end.
    pub fn line(&mut self) -> Result<Vec<u8>, Fault> {
        loop {
            if let Some(end) = self.wire.ahead.iter().position(|byte| *byte == b'\n') {
                let mut line = self.take(end + 1)?;
                line.pop();
                line.pop_if(|byte| *byte == b'\r');
                return Ok(line);
            }
            if self.wire.ahead.len() > LONGEST_LINE {
                return Err(self.strange(&format!("a line of more than {LONGEST_LINE} bytes")));
            }
            self.more()?;
        }
    }

    /// From now on no other protocol is looked for.
    pub fn know(&mut self) {
        self.is_known = true;
    }

    /// The fault of an answer that is none of the layer's protocol; what is wrong with it, should nobody know it.
    pub fn strange(&self, detail: &str) -> Fault {
        self.other().unwrap_or_else(|| Fault::Strange { layer: self.layer, detail: detail.to_owned() })
    }

    fn more(&mut self) -> Result<(), Fault> {
        let is_first = !self.is_known && self.wire.ahead.is_empty();
        let fault = match self.wire.more() {
            Ok(true) => return self.other().map_or(Ok(()), Err),
            Ok(false) if is_first => Fault::Closed,
            Ok(false) => Fault::BrokenOff,
            // What is closed with words of this side unread is reset.
            Err(net::Fault::Lost(error)) if is_first && error.kind() == io::ErrorKind::ConnectionReset => Fault::Closed,
            Err(fault) => fault.into(),
        };
        Err(self.other().unwrap_or(fault))
    }

    /// What begins like another protocol is one.
    fn other(&self) -> Option<Fault> {
        let said = &self.wire.ahead;
        let spoken = Spoken::recognised(said).filter(|spoken| !self.is_known && !spoken.is_of(self.layer))?;
        Some(Fault::OtherProtocol { layer: self.layer, spoken, said: spoken.quoted(said) })
    }
}
