//! A dump of one server that is loaded into another as it comes; nothing of it lands on a disk.

use std::io::{Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::Error;
use crate::defaults::Defaults;
use crate::login::Place;
use crate::session::{how_ended, last_words};
use crate::tools::Tools;

/// How much is read at once.
const PIECE: usize = 256 * 1024;

/// What has moved so far, for whoever wants to know meanwhile; and whether it is to end.
#[derive(Debug, Default)]
pub struct Moved {
    /// Bytes of the dumps.
    pub bytes: AtomicU64,
    /// Set to end every pipe that counts here.
    pub ends: AtomicBool,
}

/// One dump.
#[derive(Debug)]
pub struct Pipe<'a> {
    /// The programs.
    pub tools: &'a Tools,
    /// The login of the server that is dumped.
    pub from: &'a Defaults,
    /// The login of the other.
    pub into: &'a Defaults,
    /// Where that is.
    pub place: &'a Place,
    /// What is dumped, in words.
    pub what: String,
    /// The arguments of the dump program after those of every dump.
    pub arguments: Vec<String>,
    /// The database that it is loaded into.
    pub database: &'a str,
    /// How long nothing may move.
    pub stall: Duration,
    /// Is counted up once the dump has its consistent view of the server, or has ended.
    pub begun: Option<Arc<AtomicUsize>>,
}

impl Pipe<'_> {
    /// Moves it.
    ///
    /// # Errors
    ///
    /// Whichever of the two programs failed, in its own words; the other is ended.
    pub fn run(&self, moved: &Arc<Moved>) -> Result<(), Error> {
        let mut dump = self.start(
            Command::new(&self.tools.dump)
                .arg(self.from.argument())
                .args(self.tools.dump_arguments())
                .args(&self.arguments)
                .stdin(Stdio::null())
                .stdout(Stdio::piped()),
        )?;
        let loader = Command::new(&self.tools.client)
            .arg(self.into.argument())
            .args(["--batch", "--default-character-set=utf8mb4", "--database", self.database])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn();
        let mut load = match loader {
            Ok(child) => child,
            Err(reason) => {
                end(&mut dump);
                return Err(Error::Start { program: self.tools.client.display().to_string(), reason });
            }
        };
        let (Some(mut out), Some(mut into)) = (dump.stdout.take(), load.stdin.take()) else {
            return Err(self.stalled());
        };
        let (dump_words, load_words) = (words_of(&mut dump), words_of(&mut load));
        let own = Arc::new(AtomicU64::new(0));
        let (counter, all) = (Arc::clone(&own), Arc::clone(moved));
        let begun = self.begun.clone().map(Begun::new);
        let relay = thread::spawn(move || {
            let mut begun = begun;
            let mut piece = vec![0; PIECE];
            loop {
                match out.read(&mut piece) {
                    Ok(0) | Err(_) => break,
                    Ok(count) => {
                        // It writes what tables are made of only in its transaction, and comes to that at once.
                        if begun.as_mut().is_some_and(|begun| begun.sees(&piece[..count])) {
                            begun = None;
                        }
                        if into.write_all(&piece[..count]).is_err() {
                            break;
                        }
                        counter.fetch_add(count as u64, Ordering::Relaxed);
                        all.bytes.fetch_add(count as u64, Ordering::Relaxed);
                    }
                }
            }
        });
        let is_in_time = self.watch(&mut load, &own, moved);
        if !is_in_time {
            end(&mut load);
        }
        // Whoever has lost its reader or writer ends as well.
        let dump_status = if is_in_time { wait_briefly(&mut dump) } else { None };
        if dump_status.is_none() {
            end(&mut dump);
        }
        let load_status = load.wait().ok();
        let _ = relay.join();
        let (dump_said, load_said) = (dump_words.join().unwrap_or_default(), load_words.join().unwrap_or_default());
        if !is_in_time {
            return Err(self.stalled());
        }
        let is_well = |status: Option<ExitStatus>| status.is_some_and(|status| status.success());
        let dump_failed = || {
            let said = last_words(&dump_said).unwrap_or_else(|| how_ended(dump_status));
            Error::Dump { what: self.what.clone(), said }
        };
        // Half a statement, which is all that a dump that broke off leaves, is an error of the loading as well.
        if !is_well(dump_status) && !lost_its_reader(dump_status, &dump_said) {
            return Err(dump_failed());
        }
        if !is_well(load_status) {
            let said = last_words(&load_said).unwrap_or_else(|| how_ended(load_status));
            return Err(Error::Load { what: self.what.clone(), place: self.place.clone(), said });
        }
        if is_well(dump_status) { Ok(()) } else { Err(dump_failed()) }
    }

    fn start(&self, command: &mut Command) -> Result<Child, Error> {
        let started = command.stderr(Stdio::piped()).spawn();
        started.map_err(|reason| Error::Start { program: self.tools.dump.display().to_string(), reason })
    }

    /// Waits for the end of the loading; false where nothing has moved for too long, or all are to end.
    fn watch(&self, load: &mut Child, own: &AtomicU64, moved: &Moved) -> bool {
        let (mut last, mut since) = (0, Instant::now());
        let mut pause = Duration::from_millis(1);
        loop {
            if !matches!(load.try_wait(), Ok(None)) {
                return true;
            }
            let now = own.load(Ordering::Relaxed);
            if now != last {
                (last, since) = (now, Instant::now());
            }
            if since.elapsed() >= self.stall || moved.ends.load(Ordering::Relaxed) {
                return false;
            }
            thread::sleep(pause);
            pause = (pause * 2).min(Duration::from_millis(50));
        }
    }

    fn stalled(&self) -> Error {
        Error::Stalled { what: self.what.clone(), seconds: self.stall.as_secs() }
    }
}

/// Counts up once: when a dump is seen to have begun, or when this is dropped.
struct Begun {
    counter: Arc<AtomicUsize>,
    seen: Vec<u8>,
}

impl Begun {
    fn new(counter: Arc<AtomicUsize>) -> Self {
        Self { counter, seen: Vec::new() }
    }

    fn sees(&mut self, piece: &[u8]) -> bool {
        self.seen.extend_from_slice(piece);
        let first = b"CREATE TABLE";
        self.seen.windows(first.len()).any(|window| window == first)
    }
}

impl Drop for Begun {
    fn drop(&mut self) {
        self.counter.fetch_add(1, Ordering::SeqCst);
    }
}

fn words_of(child: &mut Child) -> thread::JoinHandle<String> {
    let stderr = child.stderr.take();
    thread::spawn(move || {
        let mut text = Vec::new();
        if let Some(mut stderr) = stderr {
            let _ = (&mut stderr).take(1 << 16).read_to_end(&mut text);
        }
        String::from_utf8_lossy(&text).into_owned()
    })
}

/// Whether a dump ended because nobody took it.
fn lost_its_reader(status: Option<ExitStatus>, said: &str) -> bool {
    const PIPE: i32 = 13;
    status.is_none_or(|status| status.signal() == Some(PIPE))
        || said.contains("errno 32")
        || said.contains("Broken pipe")
}

/// How a program ended that has nothing left to do; none where it does not.
fn wait_briefly(child: &mut Child) -> Option<ExitStatus> {
    let end = Instant::now() + Duration::from_secs(10);
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Some(status),
            Ok(None) if Instant::now() < end => thread::sleep(Duration::from_millis(2)),
            _ => return None,
        }
    }
}

fn end(child: &mut Child) {
    let _ = child.kill();
    let _ = child.wait();
}
