//! Real Redis servers on loopback.

#![allow(dead_code, clippy::unwrap_used, clippy::print_stdout, reason = "a test that cannot go on should say where")]

use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use net::Target;
use redis::{Client, Credentials, Reply};
use tempfile::TempDir;

const PROGRAM: &str = "/usr/bin/redis-server";

/// A server of the test's own.
pub struct Daemon {
    process: Child,
    folder: TempDir,
    arguments: Vec<String>,
    pub port: u16,
    pub password: String,
}

/// Starts a Redis that keeps its data in memory; none, with a message, where it is not installed.
pub fn redis(arguments: &[&str]) -> Option<Daemon> {
    if !Path::new(PROGRAM).exists() {
        println!("skipped: {PROGRAM} is not installed");
        return None;
    }
    // Another process may take the free port first.
    (0..10).find_map(|_| Daemon::start(free_port(), arguments))
}

/// A port of 127.0.0.1 that nothing listens on.
pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

impl Daemon {
    fn start(port: u16, arguments: &[&str]) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let arguments: Vec<String> = arguments.iter().map(|&argument| argument.to_owned()).collect();
        let password = arguments.iter().position(|argument| argument == "--requirepass");
        let password = password.map(|at| arguments[at + 1].clone()).unwrap_or_default();
        let process = spawn(port, folder.path(), &arguments);
        let mut daemon = Self { process, folder, arguments, port, password };
        daemon.answers().then_some(daemon)
    }

    fn answers(&mut self) -> bool {
        for _ in 0..200 {
            if self.process.try_wait().unwrap().is_some() {
                return false;
            }
            if self.try_client().is_some() {
                return true;
            }
            thread::sleep(Duration::from_millis(20));
        }
        panic!("redis-server does not answer");
    }

    /// Ends it without a chance to save, as a power failure does, and starts it again.
    pub fn crash(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
        self.process = spawn(self.port, self.folder.path(), &self.arguments);
        assert!(self.answers());
    }

    fn try_client(&self) -> Option<Client> {
        let credentials = Credentials::password(self.password.clone());
        Client::connect(&Target::tcp("127.0.0.1", self.port), &credentials, Duration::from_secs(10)).ok()
    }

    pub fn client(&self) -> Client {
        self.try_client().unwrap()
    }

    /// As the options take it.
    pub fn endpoint(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// One command, given as words, in database 0.
    pub fn say(&self, words: &str) -> Reply {
        let words: Vec<&[u8]> = words.split(' ').map(str::as_bytes).collect();
        self.client().call(&words).unwrap()
    }

    /// Queues tasks as a producer does: at the left.
    pub fn queue(&self, queue: &str, tasks: impl IntoIterator<Item = String>) {
        let tasks: Vec<String> = tasks.into_iter().collect();
        let mut client = self.client();
        for some in tasks.chunks(1000) {
            let mut words: Vec<&[u8]> = vec![b"LPUSH", queue.as_bytes()];
            words.extend(some.iter().map(String::as_bytes));
            client.call(&words).unwrap();
        }
    }

    /// A queue's tasks in the order in which a worker would take them.
    pub fn tasks(&self, queue: &str) -> Vec<String> {
        let mut client = self.client();
        client.hold(1 << 30);
        let Reply::Array(items) = client.call(&[b"LRANGE", queue.as_bytes(), b"0", b"-1"]).unwrap() else { panic!() };
        let mut tasks: Vec<String> = items.into_iter().map(text).collect();
        tasks.reverse();
        tasks
    }

    /// The names of all keys but this module's notes that go by themselves.
    pub fn keys(&self) -> Vec<String> {
        let Reply::Array(items) = self.say("KEYS *") else { panic!() };
        let mut keys: Vec<String> = items.into_iter().map(text).collect();
        keys.retain(|key| !key.ends_with(":fate"));
        keys.sort();
        keys
    }
}

fn spawn(port: u16, folder: &Path, arguments: &[String]) -> Child {
    Command::new(PROGRAM)
        .args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", "", "--dir"])
        .arg(folder)
        .args(arguments)
        .stdout(Stdio::null())
        .spawn()
        .unwrap()
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn text(reply: Reply) -> String {
    match reply {
        Reply::Bulk(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        other => panic!("{other:?}"),
    }
}
