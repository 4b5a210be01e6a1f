//! A session that never blocks, and the rule that keeps it whole.

use std::io;
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::net::RecvFlags;
use ssh2::{BlockDirections, ErrorCode, Session};

/// libssh2's numbers for what is told apart here.
pub mod code {
    pub const AGAIN: i32 = -37;
    pub const CHANNEL_FAILURE: i32 = -21;
    /// The connection is gone, or what comes over it is not to be trusted any more: no memory, a wrong checksum, a
    /// socket's faults, a wrong protocol.
    pub const FATAL: [i32; 12] = [-1, -4, -6, -7, -9, -12, -13, -14, -30, -43, -44, -45];
}

/// A session and the socket that it speaks on.
pub struct Line {
    pub session: Session,
    pub socket: OwnedFd,
    /// How long the far end may take nothing from us.
    pub patience: Duration,
}

/// Why a step ended without its result.
#[derive(Debug)]
pub enum Halt {
    OutOfTime,
    Failed(ssh2::Error),
    /// Something that is known better here.
    Said(String),
}

impl Halt {
    pub fn code(&self) -> Option<i32> {
        match self {
            Self::Failed(error) => code_of(error),
            Self::OutOfTime | Self::Said(_) => None,
        }
    }

    /// Whether it ends the session, and not only what was tried.
    pub fn is_fatal(&self) -> bool {
        self.code().is_none_or(|code| code::FATAL.contains(&code))
    }

    pub fn said(&self) -> String {
        match self {
            Self::Failed(error) => error.message().to_owned(),
            Self::Said(said) => said.clone(),
            Self::OutOfTime => "it takes nothing more from us".to_owned(),
        }
    }
}

fn code_of(error: &ssh2::Error) -> Option<i32> {
    match error.code() {
        ErrorCode::Session(code) => Some(code),
        ErrorCode::SFTP(_) => None,
    }
}

impl Line {
    /// Tries a step; none where it has to be tried again when the far end has said more.
    ///
    /// A step that stopped in the middle of a packet is tried again before any other: libssh2 has one place for an
    /// unfinished packet, and nothing else may be sent before it is out.
    pub fn attempt<T>(&self, mut step: impl FnMut() -> Result<T, ssh2::Error>) -> Result<Option<T>, Halt> {
        let deadline = Instant::now() + self.patience;
        loop {
            match step() {
                Ok(value) => return Ok(Some(value)),
                Err(error) if code_of(&error) == Some(code::AGAIN) => match self.session.block_directions() {
                    BlockDirections::Outbound | BlockDirections::Both => {
                        let left = net::left(deadline).ok_or(Halt::OutOfTime)?;
                        wait(&mut [PollFd::new(&self.socket, PollFlags::OUT)], Some(left));
                    }
                    BlockDirections::Inbound | BlockDirections::None => return Ok(None),
                },
                Err(error) => return Err(Halt::Failed(error)),
            }
        }
    }

    /// Whether the far end has hung up, and all it said was read.
    pub fn is_closed(&self) -> bool {
        let peeked = rustix::net::recv(&self.socket, &mut [0u8; 1][..], RecvFlags::PEEK | RecvFlags::DONTWAIT);
        peeked.map_or_else(|errno| errno != Errno::AGAIN && errno != Errno::INTR, |(count, _)| count == 0)
    }

    /// Tries a read or write of a channel.
    pub fn attempt_io<T>(&self, mut step: impl FnMut() -> io::Result<T>) -> Result<Option<T>, Halt> {
        self.attempt(|| {
            step().map_err(|error| match error.kind() {
                io::ErrorKind::WouldBlock => ssh2::Error::from_errno(ErrorCode::Session(code::AGAIN)),
                _ => ssh2::Error::last_session_error(&self.session).unwrap_or_else(ssh2::Error::unknown),
            })
        })
    }

    /// Tries a step until it has its result or the time is over.
    pub fn wait_for<T>(&self, deadline: Instant, mut step: impl FnMut() -> Result<T, ssh2::Error>) -> Result<T, Halt> {
        loop {
            if let Some(value) = self.attempt(&mut step)? {
                return Ok(value);
            }
            let left = net::left(deadline).ok_or(Halt::OutOfTime)?;
            wait(&mut [PollFd::new(&self.socket, PollFlags::IN)], Some(left));
        }
    }
}

/// Waits for one of them; what came, or did not, is seen by trying. Every wait is followed by a look at the clock.
pub fn wait(on: &mut [PollFd<'_>], time: Option<Duration>) {
    let time = time.and_then(|time| Timespec::try_from(time).ok());
    let _ = poll(on, time.as_ref());
}
