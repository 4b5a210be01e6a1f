//! A connection whose every step ends by the same deadline.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use edx_layout::Host;

use super::Url;
use super::fault::{Fault, Stage};

/// So much is read at once.
const PIECE: usize = 8192;

/// A connection, and what was read from it and not used yet.
pub struct Wire {
    stream: TcpStream,
    deadline: Instant,
    /// Read ahead; whoever uses it keeps it small.
    pub ahead: Vec<u8>,
    has_heard: bool,
}

impl Wire {
    /// Connects to the first of the host's addresses that takes the connection.
    pub fn connect(url: &Url, deadline: Instant) -> Result<Self, Fault> {
        let mut fault = Fault::OutOfTime(Stage::Connection);
        for address in addresses(url, deadline)? {
            let Some(left) = left(deadline) else { break };
            match TcpStream::connect_timeout(&address, left) {
                Ok(stream) => return Ok(Self { stream, deadline, ahead: Vec::new(), has_heard: false }),
                Err(error) if error.kind() == io::ErrorKind::TimedOut => {
                    fault = Fault::OutOfTime(Stage::Connection);
                }
                Err(error) => fault = Fault::Connect(error),
            }
        }
        Err(fault)
    }

    /// Sends a request.
    pub fn send(&mut self, mut request: &[u8]) -> Result<(), Fault> {
        while !request.is_empty() {
            let left = self.left()?;
            self.stream.set_write_timeout(Some(left)).map_err(Fault::Lost)?;
            match self.stream.write(request) {
                Ok(sent) => request = &request[sent..],
                // It may have answered before it closed the connection.
                Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return Ok(()),
                Err(error) => self.judge(error)?,
            }
        }
        Ok(())
    }

    /// Reads more; false where there is no more.
    pub fn more(&mut self) -> Result<bool, Fault> {
        let mut piece = [0; PIECE];
        loop {
            let left = self.left()?;
            self.stream.set_read_timeout(Some(left)).map_err(Fault::Lost)?;
            match self.stream.read(&mut piece) {
                Ok(count) => {
                    self.ahead.extend_from_slice(&piece[..count]);
                    self.has_heard |= count > 0;
                    return Ok(count > 0);
                }
                Err(error) => self.judge(error)?,
            }
        }
    }

    fn left(&self) -> Result<Duration, Fault> {
        left(self.deadline).ok_or_else(|| self.out_of_time())
    }

    fn out_of_time(&self) -> Fault {
        Fault::OutOfTime(if self.has_heard { Stage::Rest } else { Stage::Answer })
    }

    /// Whether an error ends it; an interrupted call is just made again.
    fn judge(&self, error: io::Error) -> Result<(), Fault> {
        match error.kind() {
            io::ErrorKind::Interrupted => Ok(()),
            io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => Err(self.out_of_time()),
            _ => Err(Fault::Lost(error)),
        }
    }
}

/// The time that is left; none when it is over.
fn left(deadline: Instant) -> Option<Duration> {
    Some(deadline.saturating_duration_since(Instant::now())).filter(|left| !left.is_zero())
}

/// Looks a name up on a thread of its own, since the system's resolver knows no deadline.
fn addresses(url: &Url, deadline: Instant) -> Result<Vec<SocketAddr>, Fault> {
    let name = match url.host() {
        Host::Address(address) => return Ok(vec![(*address, url.port()).into()]),
        Host::Name(name) => name.clone(),
    };
    let (sender, receiver) = mpsc::channel();
    // When the time is over, nobody waits for its answer any more.
    thread::spawn(move || sender.send(edx_layout::resolve(&name)).ok());
    match receiver.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
        Ok(Ok(found)) if found.is_empty() => Err(Fault::Unresolved("the name has no address".to_owned())),
        Ok(Ok(found)) => Ok(found.into_iter().map(|address| (address, url.port()).into()).collect()),
        Ok(Err(error)) => Err(Fault::Unresolved(error.to_string())),
        Err(_) => Err(Fault::OutOfTime(Stage::Name)),
    }
}
