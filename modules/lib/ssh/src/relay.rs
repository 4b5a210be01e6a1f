//! What goes to and fro between a socket and a channel.

use std::io::{self, Read, Write};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use ssh2::Channel;

use crate::line::{Halt, Line};

/// So much is on its way in each direction, at most.
const SIZE: usize = 32 << 10;

/// What was read from one side and not yet written to the other.
struct Buffer {
    bytes: Vec<u8>,
    from: usize,
    to: usize,
}

impl Buffer {
    fn new() -> Self {
        Self { bytes: vec![0; SIZE], from: 0, to: 0 }
    }

    fn is_empty(&self) -> bool {
        self.from == self.to
    }

    fn rest(&self) -> &[u8] {
        &self.bytes[self.from..self.to]
    }

    fn filled(&mut self, count: usize) {
        (self.from, self.to) = (0, count);
    }

    fn took(&mut self, count: usize) {
        self.from += count;
    }

    fn clear(&mut self) {
        self.filled(0);
    }
}

/// A channel and the near end of the pair whose far end somebody else has.
#[allow(clippy::struct_excessive_bools)]
pub struct Relay {
    channel: Channel,
    near: UnixStream,
    out: Buffer,
    back: Buffer,
    /// Nothing more comes from the socket.
    near_ended: bool,
    /// Nobody has the far end any more.
    near_gone: bool,
    /// The channel was told that nothing more comes.
    sent_end: bool,
    /// Nothing more comes from the channel.
    channel_ended: bool,
    /// The socket was told that nothing more comes.
    shut: bool,
    /// The channel takes and gives nothing any more.
    broken: bool,
}

impl Relay {
    pub fn new(channel: Channel, near: UnixStream) -> Self {
        Self {
            channel,
            near,
            out: Buffer::new(),
            back: Buffer::new(),
            near_ended: false,
            near_gone: false,
            sent_end: false,
            channel_ended: false,
            shut: false,
            broken: false,
        }
    }

    /// Moves what can be moved; whether anything was.
    pub fn step(&mut self, line: &Line) -> Result<bool, Halt> {
        let outwards = self.step_out(line);
        let moved = match outwards {
            Ok(moved) => self.step_back(line).map(|also| moved | also),
            Err(halt) => Err(halt),
        };
        match moved {
            Err(halt) if halt.is_fatal() => Err(halt),
            Err(_) => {
                self.broken = true;
                Ok(true)
            }
            Ok(moved) => Ok(moved),
        }
    }

    fn step_out(&mut self, line: &Line) -> Result<bool, Halt> {
        let mut moved = false;
        if self.out.is_empty() && !self.near_ended {
            match self.near.read(&mut self.out.bytes) {
                Ok(0) => {
                    self.near_ended = true;
                    moved = true;
                }
                Ok(count) => {
                    self.out.filled(count);
                    moved = true;
                }
                Err(error) if is_for_later(&error) => {}
                Err(_) => {
                    (self.near_ended, self.near_gone) = (true, true);
                    moved = true;
                }
            }
        }
        // Where there is no window, this reads what the other side says of it.
        if !self.out.is_empty() {
            let channel = &mut self.channel;
            if let Some(count) = line.attempt_io(|| channel.write(self.out.rest()))? {
                self.out.took(count);
                moved |= count > 0;
            }
        }
        if self.near_ended && self.out.is_empty() && !self.sent_end {
            let channel = &mut self.channel;
            if line.attempt(|| channel.send_eof())?.is_some() {
                self.sent_end = true;
                moved = true;
            }
        }
        if self.near_ended && !self.near_gone && is_hung_up(&self.near) {
            self.near_gone = true;
            moved = true;
        }
        Ok(moved)
    }

    fn step_back(&mut self, line: &Line) -> Result<bool, Halt> {
        let mut moved = false;
        if self.back.is_empty() && !self.channel_ended {
            let (channel, bytes) = (&mut self.channel, &mut self.back.bytes);
            match line.attempt_io(|| channel.read(bytes))? {
                Some(0) => {
                    self.channel_ended = true;
                    moved = true;
                }
                Some(count) => {
                    self.back.filled(count);
                    moved = true;
                }
                None => {}
            }
        }
        if self.near_gone {
            self.back.clear();
        }
        if !self.back.is_empty() {
            match self.near.write(self.back.rest()) {
                Ok(count) => {
                    self.back.took(count);
                    moved = true;
                }
                Err(error) if is_for_later(&error) => {}
                Err(_) => {
                    // It does not listen any more, but what it said before is still brought over.
                    self.near_gone = true;
                    moved = true;
                }
            }
        }
        if self.channel_ended && self.back.is_empty() && !self.shut {
            // The far end may be gone, which is as good.
            let _ = self.near.shutdown(Shutdown::Write);
            self.shut = true;
            moved = true;
        }
        Ok(moved)
    }

    /// Whether a step would move something although neither socket says so.
    pub fn is_ready(&self) -> bool {
        if self.broken {
            return false;
        }
        let can_read = self.back.is_empty()
            && !self.channel_ended
            && (self.channel.read_window().available > 0 || self.channel.eof());
        can_read || (!self.out.is_empty() && self.channel.write_window().remaining > 0)
    }

    /// Whether a step would read what the session's socket has.
    pub fn reads_line(&self) -> bool {
        !self.broken && (!self.out.is_empty() || (self.back.is_empty() && !self.channel_ended))
    }

    /// What to wait for on the socket. One that has hung up would wake the loop for ever.
    pub fn poll(&self) -> Option<PollFd<'_>> {
        if self.near_gone || self.broken {
            return None;
        }
        let mut flags = PollFlags::empty();
        flags.set(PollFlags::IN, self.out.is_empty() && !self.near_ended);
        flags.set(PollFlags::OUT, !self.back.is_empty());
        // A hang-up is told in any case, so it is waited for only when a step would take note of it.
        (!flags.is_empty() || self.near_ended).then(|| PollFd::new(&self.near, flags))
    }

    /// Whether the channel has nothing more to carry.
    pub fn is_over(&self) -> bool {
        self.broken || (self.sent_end && (self.near_gone || self.shut))
    }

    pub fn into_channel(self) -> Channel {
        self.channel
    }
}

fn is_for_later(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted)
}

fn is_hung_up(socket: &UnixStream) -> bool {
    let mut on = [PollFd::new(socket, PollFlags::empty())];
    let now = Timespec { tv_sec: 0, tv_nsec: 0 };
    poll(&mut on, Some(&now)).is_ok() && on[0].revents().intersects(PollFlags::HUP | PollFlags::ERR)
}
