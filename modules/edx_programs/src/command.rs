//! Running `supervisorctl`: bounded in time, its output kept whatever happens to it.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};

use crate::error::Error;
use crate::status::{Program, parse_status};

/// How often a child is looked at.
pub(crate) const TICK: Duration = Duration::from_millis(20);

/// How long a client that is asked to end may take before it is made to.
pub(crate) const GRACE: Duration = Duration::from_secs(2);

/// Stands where a command of supervisor's stands, in the command line of a start that waits.
pub(crate) const START_ONCE_STOPPED: &str = "start-once-stopped";

/// Waits until the program `$2` has stopped, then becomes `supervisorctl start`, which refuses a program
/// that is stopping. Looks at the process, and only twice a minute asks supervisor: the wait may take days.
const START_SCRIPT: &str = r#"silent=0
while :; do
    said=$("$0" status "$2" 2>&1)
    case $said in
        *" STOPPING"*) silent=0 ;;
        *" STOPPED"* | *" EXITED"* | *" FATAL"* | *" BACKOFF"* | *" STARTING"* | *" RUNNING"*) break ;;
        *)
            silent=$((silent + 1))
            if [ "$silent" -gt 60 ]; then echo "$2: ERROR (no status: $said)"; exit 1; fi
            ;;
    esac
    pid=$("$0" pid "$2" 2>&1)
    looks=0
    while [ -n "$pid" ] && [ -d "/proc/$pid" ] && [ "$looks" -lt 30 ]; do sleep 1; looks=$((looks + 1)); done
    sleep 1
done
exec "$0" start "$2""#;

/// The host's `supervisorctl`.
#[derive(Debug, Clone)]
pub struct Supervisorctl {
    /// The program: on a native host a wrapper that becomes www-data and names the configuration.
    pub path: PathBuf,
    /// How long it may take to show the status.
    pub limit: Duration,
}

/// A client that was started.
#[derive(Debug)]
pub struct Client {
    child: Child,
    output: File,
    command: String,
}

/// How a client ended, or did not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// By itself. Its exit status says little: version 3 always exits with 0.
    Itself(Option<i32>),
    /// It still runs, as this process.
    StillRuns(u32),
}

/// What a client printed so far.
#[derive(Debug, Clone)]
pub struct Answer {
    /// Standard output and standard error, in the order they were written.
    pub words: String,
    /// Whether it ended.
    pub ended: Ended,
}

impl Answer {
    /// Its process, where it has not ended.
    pub(crate) fn still_runs(&self) -> Option<u32> {
        match self.ended {
            Ended::StillRuns(pid) => Some(pid),
            Ended::Itself(_) => None,
        }
    }
}

impl Supervisorctl {
    /// Every program that supervisor has, in supervisor's order.
    pub fn status(&self) -> Result<Vec<Program>, Error> {
        let mut client = self.spawn(&["status"])?;
        let answer = client.wait_until(Instant::now() + self.limit)?;
        let Ended::Itself(code) = answer.ended else {
            client.kill();
            return Err(Error::Hangs { command: client.command, seconds: self.limit.as_secs(), words: answer.words });
        };
        let programs = parse_status(&answer.words);
        let silent = answer.words.trim().is_empty();
        // A supervisor that has no programs prints nothing and succeeds.
        if programs.is_empty() && !(silent && code == Some(0)) {
            return Err(Error::NoStatus { command: client.command, words: one_line(&answer.words), code });
        }
        Ok(programs)
    }

    /// Starts `supervisorctl` with `arguments`, in a process group of its own so that a signal to this
    /// module (a closed connection, Ctrl-C) does not reach it half-way.
    pub fn spawn(&self, arguments: &[&str]) -> Result<Client, Error> {
        let mut command = Command::new(&self.path);
        command.args(arguments).process_group(0);
        let name = format!("{} {}", self.path.display(), arguments.join(" "));
        // In memory rather than through pipes: nobody blocks on a full pipe, and a client that outlives
        // this module can go on writing.
        let output = rustix::fs::memfd_create("supervisorctl", rustix::fs::MemfdFlags::CLOEXEC)
            .map(File::from)
            .map_err(|source| Error::Run { command: name.clone(), source: source.into() })?;
        self.start(command, name, output)
    }

    /// Starts `supervisorctl` in a session of its own, by way of `setsid`, writing to the end of `log`.
    pub fn spawn_detached(&self, setsid: &Path, arguments: &[&str], log: &File) -> Result<Client, Error> {
        // Not made the leader of a process group: setsid would then have to fork, and its number, by
        // which the end is seen, would not be the client's.
        let mut command = Command::new(setsid);
        command.arg(&self.path).args(arguments);
        let name = format!("{} {}", self.path.display(), arguments.join(" "));
        let output = log.try_clone().map_err(|source| Error::Run { command: name.clone(), source })?;
        self.start(command, name, output)
    }

    /// Starts `name` once it has stopped, in a session of its own as `spawn_detached`.
    pub fn spawn_start_once_stopped(&self, setsid: &Path, name: &str, log: &File) -> Result<Client, Error> {
        let mut command = Command::new(setsid);
        command.args(["sh", "-c", START_SCRIPT]).arg(&self.path).args([START_ONCE_STOPPED, name]);
        let name = format!("{} {START_ONCE_STOPPED} {name}", self.path.display());
        let output = log.try_clone().map_err(|source| Error::Run { command: name.clone(), source })?;
        self.start(command, name, output)
    }

    fn start(&self, mut command: Command, name: String, output: File) -> Result<Client, Error> {
        let run = |source: io::Error| match source.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::PermissionDenied => {
                Error::NoSupervisorctl { path: self.path.clone(), source }
            }
            _ => Error::Run { command: name.clone(), source },
        };
        let child = command
            // The wrapper leaves its arguments unquoted: in the root folder no file can match GROUP:*.
            .current_dir("/")
            .stdin(Stdio::null())
            .stdout(output.try_clone().map_err(run)?)
            .stderr(output.try_clone().map_err(run)?)
            .spawn()
            .map_err(run)?;
        Ok(Client { child, output, command: name })
    }
}

impl Client {
    /// The command as it would be typed.
    pub fn command(&self) -> &str {
        &self.command
    }

    /// Waits until it ends, or until `deadline`.
    pub fn wait_until(&mut self, deadline: Instant) -> Result<Answer, Error> {
        loop {
            if let Some(status) = self.ended()? {
                return self.answer(Ended::Itself(status.code()));
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                let pid = self.child.id();
                return self.answer(Ended::StillRuns(pid));
            }
            sleep(TICK.min(left));
        }
    }

    /// Its exit status, once it has ended.
    pub fn ended(&mut self) -> Result<Option<ExitStatus>, Error> {
        self.child.try_wait().map_err(|source| Error::Run { command: self.command.clone(), source })
    }

    /// Ends it and everything it started: the wrapper, sudo, Python.
    pub fn kill(&mut self) {
        let group = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw);
        for signal in [Signal::TERM, Signal::KILL] {
            // The second one reaches what outlived its leader. Gone already is what was wanted.
            let _ = group.map(|group| kill_process_group(group, signal));
            let deadline = Instant::now() + GRACE;
            while matches!(self.child.try_wait(), Ok(None)) && Instant::now() < deadline {
                sleep(TICK);
            }
        }
    }

    fn answer(&self, ended: Ended) -> Result<Answer, Error> {
        let words =
            read_from(&self.output, 0).map_err(|source| Error::Run { command: self.command.clone(), source })?;
        Ok(Answer { words, ended })
    }
}

/// What stands in `file` from `offset` on. The position is left alone: the child writes at it.
pub(crate) fn read_from(file: &File, offset: u64) -> io::Result<String> {
    let mut bytes = Vec::new();
    let mut chunk = [0; 4096];
    loop {
        match file.read_at(&mut chunk, offset + bytes.len() as u64)? {
            0 => return Ok(String::from_utf8_lossy(&bytes).into_owned()),
            read => bytes.extend_from_slice(&chunk[..read]),
        }
    }
}

/// Several lines as one, for a message.
pub(crate) fn one_line(words: &str) -> String {
    words.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" / ")
}
