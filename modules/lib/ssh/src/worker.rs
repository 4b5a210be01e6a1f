//! The thread that owns a session, as others see it.

use std::io::{self, PipeWriter, Write};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

use net::{Fault, Socket};
use rustix::net::Shutdown;

use crate::claim::{Claim, Load};
use crate::pump::{Pump, Request};
use crate::start::{Mark, start};
use crate::{Error, Hop, Output, Settings, Step};

/// The thread ends its steps in time by itself, but libssh2 comes back from a call only when there is nothing more to
/// read. After so much longer its socket is closed under it.
const GRACE: Duration = Duration::from_millis(500);

/// What the thread says while it starts.
pub enum Event {
    Step(Step),
    Done(Result<(), Error>),
}

/// A session to one host. When it is dropped, its connections close and its thread ends.
#[derive(Debug)]
pub struct Worker {
    hop: String,
    timeout: Duration,
    requests: Sender<Request>,
    bell: PipeWriter,
    /// The session's socket, to close it under a thread that does not come back.
    socket: OwnedFd,
    fate: Arc<OnceLock<String>>,
    /// The channels that it is asked to open.
    pub load: Load,
}

impl Worker {
    /// Logs in to `hop` over a connection to it.
    pub fn start(hop: &Hop, socket: Socket, settings: &Settings) -> Result<Self, Error> {
        let user = hop.login()?;
        let label = Hop { user: Some(user.clone()), ..hop.clone() }.to_string();
        let system = |source: io::Error| Error::System { hop: label.clone(), source };
        let socket = match socket {
            Socket::Tcp(stream) => OwnedFd::from(stream),
            Socket::Unix(stream) => OwnedFd::from(stream),
        };
        let own = socket.try_clone().map_err(system)?;
        let (events, heard) = mpsc::channel();
        let (requests, inbox) = mpsc::channel();
        let (ear, bell) = io::pipe().map_err(system)?;
        let fate = Arc::new(OnceLock::new());
        let mark = Mark { hop: label.clone(), settings: settings.clone(), events };
        let (hop, end) = (hop.clone(), Arc::clone(&fate));
        let work = move || match start(socket, &hop, &user, &mark) {
            Ok(line) => {
                // Whoever does not listen any more has dropped the other end of the inbox, too.
                let _ = mark.events.send(Event::Done(Ok(())));
                if let Err(halt) = Pump::new(line, mark.hop, inbox, ear).run(&end) {
                    // The first word is the cause.
                    let _ = end.set(halt.said());
                }
            }
            Err(error) => {
                let _ = mark.events.send(Event::Done(Err(error)));
            }
        };
        thread::Builder::new().name("ssh".to_owned()).spawn(work).map_err(system)?;
        let worker =
            Self { hop: label, timeout: settings.timeout, requests, bell, socket: own, fate, load: Load::default() };
        worker.started(&heard)?;
        Ok(worker)
    }

    fn started(&self, heard: &Receiver<Event>) -> Result<(), Error> {
        let mut step = Step::Answer;
        loop {
            match heard.recv_timeout(self.timeout + GRACE) {
                Ok(Event::Step(next)) => step = next,
                Ok(Event::Done(result)) => return result,
                Err(RecvTimeoutError::Timeout) => {
                    self.give_up();
                    return Err(Error::OutOfTime { hop: self.hop.clone(), step, time: self.timeout });
                }
                Err(RecvTimeoutError::Disconnected) => return Err(self.lost()),
            }
        }
    }

    /// The host's name for messages.
    pub fn hop(&self) -> &str {
        &self.hop
    }

    /// Why it ended, where it did.
    pub fn fate(&self) -> Option<&str> {
        self.fate.get().map(String::as_str)
    }

    /// A connection from the host to a port that it reaches.
    pub fn connect(&self, claim: Claim, host: &str, port: u16, deadline: Instant) -> Result<UnixStream, Fault> {
        let (reply, answer) = mpsc::channel();
        let host = host.to_owned();
        let way = || Fault::Way(format!("from {}: {}", self.hop, self.said()));
        self.ask(Request::Connect { host, port, deadline, reply, claim }).map_err(|()| way())?;
        match answer.recv_timeout(net::left(deadline).unwrap_or_default() + GRACE) {
            Ok(result) => result,
            Err(RecvTimeoutError::Timeout) => {
                // Whether it was tried at all is not known.
                self.give_up();
                Err(way())
            }
            Err(RecvTimeoutError::Disconnected) => Err(way()),
        }
    }

    /// Runs a command on the host.
    pub fn run(
        &self,
        claim: Claim,
        command: &str,
        stdin: &[u8],
        deadline: Instant,
        limit: usize,
    ) -> Result<Output, Error> {
        let time = net::left(deadline).unwrap_or_default();
        let (reply, answer) = mpsc::channel();
        let (command, stdin) = (command.to_owned(), stdin.to_vec());
        let wait = time + GRACE;
        // For messages, without the moments that went by until here.
        let time = Duration::from_millis(
            u64::try_from(time.as_millis()).unwrap_or(u64::MAX).div_ceil(100).saturating_mul(100),
        );
        self.ask(Request::Run { command, stdin, deadline, time, limit, reply, claim }).map_err(|()| self.lost())?;
        match answer.recv_timeout(wait) {
            Ok(result) => result,
            Err(RecvTimeoutError::Timeout) => {
                self.give_up();
                Err(Error::OutOfTime { hop: self.hop.clone(), step: Step::Command, time })
            }
            Err(RecvTimeoutError::Disconnected) => Err(self.lost()),
        }
    }

    fn ask(&self, request: Request) -> Result<(), ()> {
        self.requests.send(request).map_err(|_| ())?;
        (&self.bell).write_all(&[0]).map_err(|_| ())
    }

    fn said(&self) -> String {
        format!("the connection broke: {}", self.fate().unwrap_or("the session ended"))
    }

    fn lost(&self) -> Error {
        let said = self.fate().unwrap_or("the session ended").to_owned();
        Error::Lost { hop: self.hop.clone(), said }
    }

    /// Ends the session from outside.
    fn give_up(&self) {
        let _ = self.fate.set("the host kept us busy without an end".to_owned());
        // It may be closed already, which is as good.
        let _ = rustix::net::shutdown(&self.socket, Shutdown::Both);
    }
}
