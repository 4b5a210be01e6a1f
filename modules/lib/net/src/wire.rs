//! A connection whose every step ends by the same deadline.

use std::io::{self, Read, Write};
use std::time::{Duration, Instant};

use crate::fault::{Fault, Stage};
use crate::{Dial, Socket, Target};

/// So much is read at once.
const PIECE: usize = 8192;

/// A connection, and what was read from it and not used yet.
#[derive(Debug)]
pub struct Wire {
    socket: Socket,
    deadline: Instant,
    /// Read ahead; whoever uses it keeps it small.
    pub ahead: Vec<u8>,
    has_heard: bool,
}

impl Wire {
    /// A connection on which everything ends by `deadline`.
    pub fn connect(dial: &dyn Dial, target: &Target, deadline: Instant) -> Result<Self, Fault> {
        dial.connect(target, deadline).map(|socket| Self::on(socket, deadline))
    }

    /// A connection that is there already.
    pub fn on(socket: Socket, deadline: Instant) -> Self {
        Self { socket, deadline, ahead: Vec::new(), has_heard: false }
    }

    /// Everything from now on ends by this deadline.
    pub fn until(&mut self, deadline: Instant) {
        self.deadline = deadline;
    }

    /// Sends a request.
    pub fn send(&mut self, mut request: &[u8]) -> Result<(), Fault> {
        while !request.is_empty() {
            self.arm()?;
            match self.socket.write(request) {
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
        let count = self.read(&mut piece)?;
        self.ahead.extend_from_slice(&piece[..count]);
        Ok(count > 0)
    }

    /// Reads past [`Wire::ahead`], for whoever keeps a buffer of their own; 0 where there is no more.
    pub fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Fault> {
        loop {
            self.arm()?;
            match self.socket.read(buffer) {
                Ok(count) => {
                    self.has_heard |= count > 0;
                    return Ok(count);
                }
                Err(error) => self.judge(error)?,
            }
        }
    }

    /// Reads until so many bytes are ahead; false where the connection ended before.
    pub fn fill(&mut self, count: usize) -> Result<bool, Fault> {
        while self.ahead.len() < count {
            if !self.more()? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Gives the next read or write what is left of the time.
    fn arm(&self) -> Result<(), Fault> {
        let left = left(self.deadline).ok_or_else(|| self.out_of_time())?;
        self.socket.set_timeout(left).map_err(Fault::Lost)
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
pub fn left(deadline: Instant) -> Option<Duration> {
    Some(deadline.saturating_duration_since(Instant::now())).filter(|left| !left.is_zero())
}
