//! A command that runs on the host.

use std::io::{Read, Write};
use std::sync::mpsc::Sender;
use std::time::{Duration, Instant};

use ssh2::Channel;

use crate::line::{Halt, Line};
use crate::{Error, Output, Step};

const PIECE: usize = 16 << 10;

enum Stage {
    Starting,
    Running,
    /// It has said all; how it ended is still to come.
    Ending,
    Over,
}

/// A command, what it still gets and what it has said.
pub struct Run {
    channel: Channel,
    command: String,
    stdin: Vec<u8>,
    sent: usize,
    has_sent_end: bool,
    deadline: Instant,
    time: Duration,
    limit: usize,
    stdout: Vec<u8>,
    stderr: Vec<u8>,
    stage: Stage,
    reply: Sender<Result<Output, Error>>,
}

impl Run {
    pub fn new(
        channel: Channel,
        command: String,
        stdin: Vec<u8>,
        deadline: Instant,
        time: Duration,
        limit: usize,
        reply: Sender<Result<Output, Error>>,
    ) -> Self {
        let (stdout, stderr, stage) = (Vec::new(), Vec::new(), Stage::Starting);
        let (sent, has_sent_end) = (0, false);
        Self { channel, command, stdin, sent, has_sent_end, deadline, time, limit, stdout, stderr, stage, reply }
    }

    /// Moves what can be moved; whether anything was.
    pub fn step(&mut self, line: &Line, hop: &str) -> Result<bool, Halt> {
        let moved = match self.stage {
            Stage::Starting => self.begin(line),
            Stage::Running => self.talk(line, hop),
            Stage::Ending => self.end(line),
            Stage::Over => Ok(false),
        };
        match moved {
            Err(halt) if halt.is_fatal() => Err(halt),
            Err(halt) => {
                self.answer(Err(Error::NotStarted { hop: hop.to_owned(), said: halt.said() }));
                Ok(true)
            }
            Ok(moved) => Ok(moved),
        }
    }

    fn begin(&mut self, line: &Line) -> Result<bool, Halt> {
        let (channel, command) = (&mut self.channel, &self.command);
        if line.attempt(|| channel.exec(command))?.is_none() {
            return Ok(false);
        }
        self.stage = Stage::Running;
        Ok(true)
    }

    fn talk(&mut self, line: &Line, hop: &str) -> Result<bool, Halt> {
        let mut moved = self.feed(line)?;
        let mut piece = vec![0; PIECE];
        for stream in [0, ssh2::EXTENDED_DATA_STDERR] {
            let mut from = self.channel.stream(stream);
            if let Some(count) = line.attempt_io(|| from.read(&mut piece))? {
                let into = if stream == 0 { &mut self.stdout } else { &mut self.stderr };
                into.extend_from_slice(&piece[..count]);
                moved |= count > 0;
            }
        }
        if self.stdout.len() + self.stderr.len() > self.limit {
            self.answer(Err(Error::TooMuch { hop: hop.to_owned(), limit: self.limit }));
        } else if self.channel.eof() {
            self.stage = Stage::Ending;
            moved = true;
        }
        Ok(moved)
    }

    /// Gives it its input, for as long as it takes any.
    fn feed(&mut self, line: &Line) -> Result<bool, Halt> {
        let (channel, rest) = (&mut self.channel, &self.stdin[self.sent..]);
        if !rest.is_empty() {
            let count = line.attempt_io(|| channel.write(rest))?.unwrap_or(0);
            self.sent += count;
            return Ok(count > 0);
        }
        if rest.is_empty() && !self.has_sent_end {
            self.has_sent_end = line.attempt(|| channel.send_eof())?.is_some();
            return Ok(self.has_sent_end);
        }
        Ok(false)
    }

    fn end(&mut self, line: &Line) -> Result<bool, Halt> {
        let channel = &mut self.channel;
        if line.attempt(|| channel.wait_close())?.is_none() {
            return Ok(false);
        }
        let signal = self.channel.exit_signal().map_err(Halt::Failed)?.exit_signal;
        let status = self.channel.exit_status().map_err(Halt::Failed)?;
        let (stdout, stderr) = (std::mem::take(&mut self.stdout), std::mem::take(&mut self.stderr));
        self.answer(Ok(Output { status: signal.is_none().then_some(status), signal, stdout, stderr }));
        Ok(true)
    }

    /// Whoever asked may be gone: then nobody misses the answer.
    fn answer(&mut self, result: Result<Output, Error>) {
        drop(self.reply.send(result));
        self.stage = Stage::Over;
    }

    pub fn end_if_late(&mut self, now: Instant, hop: &str) {
        if self.deadline <= now && !self.is_over() {
            self.answer(Err(Error::OutOfTime { hop: hop.to_owned(), step: Step::Command, time: self.time }));
        }
    }

    /// Whether a step would move something although the socket says nothing.
    pub fn is_ready(&self) -> bool {
        matches!(self.stage, Stage::Running)
            && (self.channel.read_window().available > 0
                || self.channel.eof()
                || (self.sent < self.stdin.len() && self.channel.write_window().remaining > 0))
    }

    pub fn deadline(&self) -> Instant {
        self.deadline
    }

    pub fn is_over(&self) -> bool {
        matches!(self.stage, Stage::Over)
    }

    pub fn into_channel(self) -> Channel {
        self.channel
    }
}
