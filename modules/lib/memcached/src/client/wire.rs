use std::io::{self, Read, Write};
use std::time::{Duration, Instant};

use net::Socket;

use crate::{Endpoint, Error};

/// The longest line that is read, in bytes.
const MAX_LINE: usize = 8192;
/// How much of a server's answer an error shows, in characters.
const SHOWN: usize = 120;

/// A connection and the bytes read ahead from it.
#[derive(Debug)]
pub(super) struct Wire {
    socket: Socket,
    /// Read, but not used yet; never more than a line and one read.
    ahead: Vec<u8>,
    /// After a failure, what comes next on the connection is unknown.
    broken: bool,
}

impl Wire {
    pub fn new(socket: Socket) -> Self {
        Self { socket, ahead: Vec::new(), broken: false }
    }
}

/// One command and its answer, under one deadline.
pub(super) struct Exchange<'a> {
    wire: &'a mut Wire,
    endpoint: &'a Endpoint,
    command: &'static str,
    timeout: Duration,
    deadline: Instant,
}

impl<'a> Exchange<'a> {
    /// Sends a request.
    pub fn start(
        wire: &'a mut Wire,
        endpoint: &'a Endpoint,
        command: &'static str,
        timeout: Duration,
        request: &[u8],
    ) -> Result<Self, Error> {
        let mut exchange = Self { wire, endpoint, command, timeout, deadline: Instant::now() + timeout };
        if exchange.wire.broken {
            return Err(exchange.closed());
        }
        exchange.write(request)?;
        Ok(exchange)
    }

    fn write(&mut self, mut request: &[u8]) -> Result<(), Error> {
        while !request.is_empty() {
            self.arm()?;
            match self.wire.socket.write(request) {
                Ok(sent) => request = &request[sent..],
                // A server that is out of connections says so and closes at once: its words may
                // be there to read although nothing can be sent any more.
                Err(error) if is_hang_up(&error) => return Ok(()),
                Err(error) => return Err(self.failed(error)),
            }
        }
        Ok(())
    }

    /// The next line, without its end.
    pub fn line(&mut self) -> Result<String, Error> {
        loop {
            if let Some(end) = self.wire.ahead.iter().position(|byte| *byte == b'\n') {
                let mut line: Vec<u8> = self.wire.ahead.drain(..=end).collect();
                line.pop();
                if line.last() == Some(&b'\r') {
                    line.pop();
                }
                if line.len() <= MAX_LINE {
                    return Ok(String::from_utf8_lossy(&line).into_owned());
                }
            } else if self.wire.ahead.len() <= MAX_LINE {
                self.read_more()?;
                continue;
            }
            return Err(self.not_memcached(format!("a line of more than {MAX_LINE} bytes")));
        }
    }

    /// A block of `length` bytes and the line end after it.
    pub fn block(&mut self, length: usize) -> Result<Vec<u8>, Error> {
        while self.wire.ahead.len() < length + 2 {
            self.read_more()?;
        }
        let mut block: Vec<u8> = self.wire.ahead.drain(..length + 2).collect();
        if block.split_off(length) != b"\r\n" {
            return Err(self.not_memcached("a value longer than announced".to_owned()));
        }
        Ok(block)
    }

    fn read_more(&mut self) -> Result<(), Error> {
        let mut buffer = [0; 4096];
        loop {
            self.arm()?;
            match self.wire.socket.read(&mut buffer) {
                Ok(0) => return Err(self.closed()),
                Ok(count) => {
                    self.wire.ahead.extend_from_slice(&buffer[..count]);
                    return Ok(());
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if is_hang_up(&error) => return Err(self.closed()),
                Err(error) => return Err(self.failed(error)),
            }
        }
    }

    /// Gives the next read or write what is left of the time.
    fn arm(&mut self) -> Result<(), Error> {
        let left = self.deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(self.timed_out());
        }
        let armed = self.wire.socket.set_timeout(left);
        armed.map_err(|error| self.failed(error))
    }

    /// The error for an answer that is none to this command.
    pub fn unexpected(&mut self, line: &str) -> Error {
        if line.starts_with("ERROR Too many open connections") {
            self.wire.broken = true;
            return Error::TooManyConnections { endpoint: self.endpoint.clone() };
        }
        let complains = ["ERROR", "CLIENT_ERROR", "SERVER_ERROR", "NOT_STORED"]
            .iter()
            .any(|word| line.split(' ').next() == Some(word));
        if complains {
            return Error::Server { endpoint: self.endpoint.clone(), command: self.command, reply: shown(line) };
        }
        self.not_memcached(format!("{:?}", shown(line)))
    }

    pub fn not_memcached(&mut self, detail: String) -> Error {
        self.wire.broken = true;
        Error::NotMemcached { endpoint: self.endpoint.clone(), command: self.command, detail }
    }

    fn closed(&mut self) -> Error {
        self.wire.broken = true;
        Error::Closed { endpoint: self.endpoint.clone(), command: self.command }
    }

    fn timed_out(&mut self) -> Error {
        self.wire.broken = true;
        Error::Timeout { endpoint: self.endpoint.clone(), command: self.command, timeout: self.timeout }
    }

    fn failed(&mut self, source: io::Error) -> Error {
        if matches!(source.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) {
            return self.timed_out();
        }
        self.wire.broken = true;
        Error::Io { endpoint: self.endpoint.clone(), command: self.command, source }
    }
}

fn is_hang_up(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset)
}

/// A server's line, fit for a message.
fn shown(line: &str) -> String {
    line.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).take(SHOWN).collect()
}
