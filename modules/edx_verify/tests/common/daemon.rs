//! Real memcached daemons on loopback.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

/// A daemon of this test's own.
pub struct Daemon {
    process: Child,
    /// Its port.
    pub port: u16,
}

const PROGRAM: &str = "/usr/bin/memcached";

/// Starts memcached on 127.0.0.1 with these arguments besides; none, with a message, where it is not installed.
pub fn memcached(arguments: &[&str]) -> Option<Daemon> {
    if !Path::new(PROGRAM).exists() {
        println!("skipped: {PROGRAM} is not installed");
        return None;
    }
    // Another process may take the free port first; then memcached ends at once, and who answers is another daemon.
    for _ in 0..10 {
        if let Some(daemon) = memcached_on(free_port(), arguments) {
            return Some(daemon);
        }
    }
    panic!("memcached {arguments:?} does not start");
}

/// Starts memcached on this port; none where another process has it.
pub fn memcached_on(port: u16, arguments: &[&str]) -> Option<Daemon> {
    let process = Command::new(PROGRAM)
        .args(["-u", "nobody", "-l", "127.0.0.1", "-U", "0", "-p", &port.to_string()])
        .args(arguments)
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut daemon = Daemon { process, port };
    daemon.answers().then_some(daemon)
}

/// A port of 127.0.0.1 that nothing listens on.
pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

impl Daemon {
    /// As the option `memcached` takes it.
    pub fn endpoint(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// A connection, for traffic that is not the module's.
    pub fn connect(&self) -> TcpStream {
        TcpStream::connect(("127.0.0.1", self.port)).unwrap()
    }

    /// Stores so many items of so many bytes.
    pub fn fill(&self, items: usize, bytes: usize) {
        let mut stream = self.connect();
        let mut replies = BufReader::new(stream.try_clone().unwrap()).lines();
        let value = "x".repeat(bytes);
        for item in 0..items {
            stream.write_all(format!("set fill{item} 0 0 {bytes}\r\n{value}\r\n").as_bytes()).unwrap();
            assert_eq!(replies.next().unwrap().unwrap(), "STORED");
        }
    }

    /// A number in its statistics.
    pub fn stat(&self, name: &str) -> u64 {
        self.try_stat(name).unwrap_or_else(|| panic!("no {name}"))
    }

    /// A number in its statistics; none while it refuses connections.
    pub fn try_stat(&self, name: &str) -> Option<u64> {
        read_stat(self.connect(), name)
    }

    /// A number in the statistics of the daemon on this port.
    pub fn read(port: u16, name: &str) -> Option<u64> {
        read_stat(TcpStream::connect(("127.0.0.1", port)).ok()?, name)
    }

    /// Whether this daemon, and no other one, came to listen on its port.
    fn answers(&mut self) -> bool {
        let own = u64::from(self.process.id());
        for _ in 0..200 {
            if self.process.try_wait().unwrap().is_some() {
                return false;
            }
            match pid_on(self.port) {
                Some(pid) if pid == own => return true,
                Some(_) => return false,
                None => {}
            }
            thread::sleep(Duration::from_millis(20));
        }
        false
    }
}

/// The process id that a memcached on this port tells; none while there is none.
fn pid_on(port: u16) -> Option<u64> {
    let stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
    // What has the port in memcached's place may never answer.
    stream.set_read_timeout(Some(Duration::from_secs(2))).ok()?;
    read_stat(stream, "pid")
}

fn read_stat(mut stream: TcpStream, name: &str) -> Option<u64> {
    stream.write_all(b"stats\r\n").ok()?;
    let prefix = format!("STAT {name} ");
    BufReader::new(stream)
        .lines()
        .map_while(Result::ok)
        .take_while(|line| line != "END")
        .find_map(|line| line.strip_prefix(&prefix)?.parse().ok())
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
