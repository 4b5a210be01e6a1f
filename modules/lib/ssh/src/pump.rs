//! The loop that serves one session: what is asked of it, and what its channels carry.

use std::collections::VecDeque;
use std::io::{PipeReader, Read};
use std::os::unix::net::UnixStream;
use std::sync::OnceLock;
use std::sync::mpsc::{Receiver, Sender, TryRecvError};
use std::time::{Duration, Instant};

use net::{Fault, Stage};
use rustix::event::{PollFd, PollFlags};
use ssh2::Channel;

use crate::claim::Claim;
use crate::line::{Halt, Line, code, wait};
use crate::relay::Relay;
use crate::run::Run;
use crate::{Error, Output, Step};

/// Between two looks where nothing was heard. What matters wakes the loop before; this is for what libssh2 may have
/// read on the way to something else.
const LOOK: Duration = Duration::from_millis(250);

/// What is asked of a session.
pub enum Request {
    Connect {
        host: String,
        port: u16,
        deadline: Instant,
        reply: Sender<Result<UnixStream, Fault>>,
        claim: Claim,
    },
    Run {
        command: String,
        stdin: Vec<u8>,
        deadline: Instant,
        /// What the deadline left, for messages.
        time: Duration,
        limit: usize,
        reply: Sender<Result<Output, Error>>,
        claim: Claim,
    },
}

impl Request {
    fn deadline(&self) -> Instant {
        match self {
            Self::Connect { deadline, .. } | Self::Run { deadline, .. } => *deadline,
        }
    }

    /// For one whose turn did not come. That is no silence of what was asked for.
    fn not_tried(&self, hop: &str) {
        match self {
            Self::Connect { host, port, reply, .. } => {
                let said = format!(
                    "from {hop}: {} was not tried: the session was busy with other connections; give it more time, or \
                     ask for less at once",
                    net::Target::tcp(host, *port)
                );
                drop(reply.send(Err(Fault::Way(said))));
            }
            Self::Run { .. } => self.out_of_time(hop),
        }
    }

    /// Whoever asked may be gone: then nobody misses the answer.
    fn out_of_time(&self, hop: &str) {
        match self {
            Self::Connect { reply, .. } => drop(reply.send(Err(Fault::OutOfTime(Stage::Connection)))),
            Self::Run { reply, time, .. } => {
                drop(reply.send(Err(Error::OutOfTime { hop: hop.to_owned(), step: Step::Command, time: *time })));
            }
        }
    }
}

/// A session's state.
pub struct Pump {
    line: Line,
    hop: String,
    inbox: Receiver<Request>,
    ear: PipeReader,
    waiting: VecDeque<Request>,
    /// libssh2 opens one channel at a time; whether whoever asked for this one has given it up.
    opening: Option<(Request, bool)>,
    relays: Vec<Relay>,
    runs: Vec<Run>,
    closing: Vec<Channel>,
}

impl Pump {
    pub fn new(line: Line, hop: String, inbox: Receiver<Request>, ear: PipeReader) -> Self {
        let (waiting, opening) = (VecDeque::new(), None);
        Self { line, hop, inbox, ear, waiting, opening, relays: Vec::new(), runs: Vec::new(), closing: Vec::new() }
    }

    /// Serves until nobody can ask any more, or the session breaks; `fate` is known before anybody is told.
    pub fn run(mut self, fate: &OnceLock<String>) -> Result<(), Halt> {
        let result = self.serve();
        if let Err(halt) = &result {
            let _ = fate.set(halt.said());
        } else {
            // A last word, where it goes out at once; the socket closes anyway.
            let _ = self.line.session.disconnect(None, "done", None);
        }
        result
    }

    fn serve(&mut self) -> Result<(), Halt> {
        loop {
            if !self.listen() {
                return Ok(());
            }
            while self.step()? {}
            self.end_late();
            self.sleep()?;
        }
    }

    /// Takes what is asked; false when nobody is left who could ask.
    fn listen(&mut self) -> bool {
        loop {
            match self.inbox.try_recv() {
                Ok(request) => self.waiting.push_back(request),
                Err(TryRecvError::Empty) => return true,
                Err(TryRecvError::Disconnected) => return false,
            }
        }
    }

    /// One round; whether there may be more to do at once.
    fn step(&mut self) -> Result<bool, Halt> {
        let mut moved = self.open()?;
        for relay in &mut self.relays {
            moved |= relay.step(&self.line)?;
        }
        for run in &mut self.runs {
            moved |= run.step(&self.line, &self.hop)?;
        }
        self.bury()?;
        moved |= self.open()?;
        let is_ready = self.relays.iter().any(Relay::is_ready) || self.runs.iter().any(Run::is_ready);
        Ok(moved || is_ready)
    }

    /// Brings the channel that is being opened further; whether one is there now.
    fn open(&mut self) -> Result<bool, Halt> {
        if self.opening.is_none() {
            // One that came too late is not begun: it would look as though nobody had answered it.
            self.refuse_late(Instant::now());
            self.opening = self.waiting.pop_front().map(|request| (request, false));
        }
        let Some((request, is_abandoned)) = &self.opening else { return Ok(false) };
        let session = &self.line.session;
        let attempt = match request {
            Request::Connect { host, port, .. } => {
                self.line.attempt(|| session.channel_direct_tcpip(host, *port, None))
            }
            Request::Run { .. } => self.line.attempt(|| session.channel_session()),
        };
        let channel = match attempt {
            Ok(None) => return Ok(false),
            Ok(Some(channel)) => Ok(channel),
            Err(halt) if halt.code() == Some(code::CHANNEL_FAILURE) => Err(halt.said()),
            Err(halt) => return Err(halt),
        };
        let is_abandoned = *is_abandoned;
        let Some((request, _)) = self.opening.take() else { return Ok(false) };
        match (channel, is_abandoned) {
            (Ok(channel), true) => self.closing.push(channel),
            (Ok(channel), false) => self.begin(request, channel),
            (Err(_), true) => {}
            (Err(said), false) => self.refuse(request, &said),
        }
        Ok(true)
    }

    fn begin(&mut self, request: Request, channel: Channel) {
        match request {
            Request::Connect { reply, claim, .. } => match pair() {
                Ok((near, far)) => {
                    drop(claim);
                    // Whoever asked may be gone: the far end closes, and so does the channel.
                    drop(reply.send(Ok(far)));
                    self.relays.push(Relay::new(channel, near));
                }
                Err(error) => {
                    drop(reply.send(Err(Fault::Connect(error))));
                    self.closing.push(channel);
                }
            },
            Request::Run { command, stdin, deadline, time, limit, reply, claim } => {
                drop(claim);
                self.runs.push(Run::new(channel, command, stdin, deadline, time, limit, reply));
            }
        }
    }

    fn refuse(&self, request: Request, said: &str) {
        match request {
            Request::Connect { host, port, reply, claim, .. } => {
                drop(claim);
                let target = net::Target::tcp(host, port);
                // sshd tried, which says something of the target; all else says something of the way only.
                if said.contains("connect failed") {
                    let why = format!(
                        "from {}: nothing listens at {target}, or there is no way to it, or its name is not known there",
                        self.hop
                    );
                    drop(reply.send(Err(Fault::Connect(std::io::Error::other(why)))));
                    return;
                }
                let reason = if said.contains("administratively prohibited") {
                    format!(
                        "its sshd does not forward to {target} (administratively prohibited): AllowTcpForwarding and \
                         PermitOpen in its sshd_config say what it does"
                    )
                } else {
                    format!("cannot connect to {target}: {said}")
                };
                drop(reply.send(Err(Fault::Way(format!("from {}: {reason}", self.hop)))));
            }
            Request::Run { reply, .. } => {
                drop(reply.send(Err(Error::NotStarted { hop: self.hop.clone(), said: said.to_owned() })));
            }
        }
    }

    /// Closes the channels of what is over. A channel is dropped only when it is closed: libssh2 would send its last
    /// word then, between others' packets.
    fn bury(&mut self) -> Result<(), Halt> {
        let relays = self.relays.extract_if(.., |relay| relay.is_over()).map(Relay::into_channel);
        let runs = self.runs.extract_if(.., |run| run.is_over()).map(Run::into_channel);
        self.closing.extend(relays.chain(runs));
        let mut at = 0;
        while let Some(channel) = self.closing.get_mut(at) {
            match self.line.attempt(|| channel.close()) {
                Ok(None) => at += 1,
                Err(halt) if halt.is_fatal() => return Err(halt),
                Ok(Some(())) | Err(_) => drop(self.closing.swap_remove(at)),
            }
        }
        Ok(())
    }

    /// Tells those whose time is over.
    fn end_late(&mut self) {
        let now = Instant::now();
        let hop = &self.hop;
        if let Some((request, is_abandoned)) = &mut self.opening
            && !*is_abandoned
            && request.deadline() <= now
        {
            request.out_of_time(hop);
            *is_abandoned = true;
        }
        for run in &mut self.runs {
            run.end_if_late(now, hop);
        }
        self.refuse_late(now);
    }

    /// Tells those whose turn did not come in time.
    fn refuse_late(&mut self, now: Instant) {
        let hop = &self.hop;
        self.waiting.retain(|request| {
            let is_late = request.deadline() <= now;
            if is_late {
                request.not_tried(hop);
            }
            !is_late
        });
    }

    /// Waits for the next thing to do.
    fn sleep(&mut self) -> Result<(), Halt> {
        let deadlines =
            self.opening.iter().filter(|(_, is_abandoned)| !is_abandoned).map(|(request, _)| request.deadline());
        let deadlines = deadlines.chain(self.waiting.iter().map(Request::deadline));
        let next = deadlines.chain(self.runs.iter().map(Run::deadline)).min();
        let is_idle =
            self.relays.is_empty() && self.runs.is_empty() && self.opening.is_none() && self.closing.is_empty();
        let time = match next {
            Some(next) => Some(next.saturating_duration_since(Instant::now()).min(LOOK)),
            None if is_idle => None,
            None => Some(LOOK),
        };
        // Where nobody reads what comes, it must not wake the loop; where there is nobody at all, an end is told.
        let flags = if is_idle { PollFlags::RDHUP } else { PollFlags::IN };
        let wants_socket = is_idle || self.reads_socket();
        let (rings, has_ended) = {
            let mut on = vec![PollFd::new(&self.ear, PollFlags::IN)];
            on.extend(wants_socket.then(|| PollFd::new(&self.line.socket, flags)));
            on.extend(self.relays.iter().filter_map(Relay::poll));
            wait(&mut on, time);
            (!on[0].revents().is_empty(), is_idle && on.get(1).is_some_and(|socket| !socket.revents().is_empty()))
        };
        if rings {
            // One byte for each request; at its end nobody is left, which the inbox says too.
            let _ = self.ear.read(&mut [0; 64]);
        }
        if has_ended {
            return Err(Halt::Said("the host closed it".to_owned()));
        }
        Ok(())
    }

    fn reads_socket(&self) -> bool {
        self.opening.is_some()
            || !self.closing.is_empty()
            || !self.runs.is_empty()
            || self.relays.iter().any(Relay::reads_line)
    }
}

fn pair() -> std::io::Result<(UnixStream, UnixStream)> {
    let (near, far) = UnixStream::pair()?;
    near.set_nonblocking(true)?;
    Ok((near, far))
}
