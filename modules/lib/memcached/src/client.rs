mod wire;

use std::collections::BTreeMap;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::time::{Duration, Instant};

use net::{Dial, Direct, Stage, Target};

use crate::connections::{Connection, Connections};
use crate::stats::{RunningSettings, Stats};
use crate::{Endpoint, Error};
use wire::{Exchange, Wire};

/// The most `STAT` lines that are read; a daemon sends about 100.
const MAX_STATS: usize = 4096;
/// The largest value that is read, in bytes.
const MAX_VALUE: usize = 1024 * 1024;
/// How long a round trip's key lives should its deletion fail, in seconds.
const KEY_LIFE: u32 = 60;

/// A connection to a memcached.
///
/// Each call has the whole of the timeout given to [`Client::connect`], and ends within it,
/// whatever the server does: slow, silent, endless and lying servers are errors. At most a line of
/// 8 KiB, 4096 statistics and a value of 1 MiB are held. After an error of the connection (all
/// but [`Error::Server`] and [`Error::Key`]) further calls fail with [`Error::Closed`].
///
/// ```no_run
/// # fn main() -> Result<(), memcached::Error> {
/// let endpoint: memcached::Endpoint = "127.0.0.1:11211".parse()?;
/// let mut client = memcached::Client::connect(&endpoint, std::time::Duration::from_secs(2))?;
/// let stats = client.stats()?;
/// let settings = client.settings()?;
/// let latencies = client.round_trip("edx_verify")?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Client {
    endpoint: Endpoint,
    timeout: Duration,
    connect_time: Duration,
    wire: Wire,
}

/// How long each step of a round trip took.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RoundTrip {
    /// Name lookup and connection.
    pub connect: Duration,
    /// Writing the value, until the server said that it is stored.
    pub write: Duration,
    /// Reading it back.
    pub read: Duration,
    /// Deleting it.
    pub delete: Duration,
}

impl Client {
    /// Connects within `timeout`, name lookup included; later calls have the same time each.
    pub fn connect(endpoint: &Endpoint, timeout: Duration) -> Result<Self, Error> {
        Self::dial(&Direct, endpoint, timeout)
    }

    /// The same, by a connection from elsewhere.
    pub fn dial(dial: &dyn Dial, endpoint: &Endpoint, timeout: Duration) -> Result<Self, Error> {
        let start = Instant::now();
        let socket = dial
            .connect(&Target::from(endpoint), start + timeout)
            .map_err(|fault| not_connected(fault, endpoint, timeout))?;
        Ok(Self { endpoint: endpoint.clone(), timeout, connect_time: start.elapsed(), wire: Wire::new(socket) })
    }

    /// The endpoint connected to.
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// How long connecting took.
    pub fn connect_time(&self) -> Duration {
        self.connect_time
    }

    /// The daemon's version, such as `1.6.18`. Works with every version of memcached.
    pub fn version(&mut self) -> Result<String, Error> {
        let mut exchange = self.send("version", "version\r\n".as_bytes())?;
        let line = exchange.line()?;
        match line.strip_prefix("VERSION ") {
            Some(version) if !version.is_empty() => Ok(version.to_owned()),
            _ => Err(exchange.unexpected(&line)),
        }
    }

    /// The daemon's counters.
    pub fn stats(&mut self) -> Result<Stats, Error> {
        self.stat_lines("stats").map(Stats::from)
    }

    /// The settings that the daemon runs with.
    pub fn settings(&mut self) -> Result<RunningSettings, Error> {
        self.stat_lines("stats settings").map(RunningSettings::from)
    }

    /// Stores `value` under `key` for `seconds` (up to 30 days).
    pub fn set(&mut self, key: &str, value: &[u8], seconds: u32) -> Result<(), Error> {
        check_key(key)?;
        let mut request = format!("set {key} 0 {seconds} {}\r\n", value.len()).into_bytes();
        request.extend_from_slice(value);
        request.extend_from_slice(b"\r\n");
        let mut exchange = self.send("set", &request)?;
        match exchange.line()?.as_str() {
            "STORED" => Ok(()),
            other => Err(exchange.unexpected(other)),
        }
    }

    /// The value under `key`, `None` where there is none. At most 1 MiB.
    pub fn get(&mut self, key: &str) -> Result<Option<Vec<u8>>, Error> {
        check_key(key)?;
        let mut exchange = self.send("get", format!("get {key}\r\n").as_bytes())?;
        let line = exchange.line()?;
        if line == "END" {
            return Ok(None);
        }
        let words: Vec<&str> = line.split(' ').collect();
        let ["VALUE", name, _flags, length] = words[..] else {
            return Err(exchange.unexpected(&line));
        };
        let length = length.parse().ok().filter(|length| *length <= MAX_VALUE);
        let Some(length) = length.filter(|_| name == key) else {
            return Err(exchange.unexpected(&line));
        };
        let value = exchange.block(length)?;
        match exchange.line()?.as_str() {
            "END" => Ok(Some(value)),
            other => Err(exchange.unexpected(other)),
        }
    }

    /// Deletes `key`; false where there was none.
    pub fn delete(&mut self, key: &str) -> Result<bool, Error> {
        check_key(key)?;
        let mut exchange = self.send("delete", format!("delete {key}\r\n").as_bytes())?;
        match exchange.line()?.as_str() {
            "DELETED" => Ok(true),
            "NOT_FOUND" => Ok(false),
            other => Err(exchange.unexpected(other)),
        }
    }

    /// Writes a value under a new key, reads it back, deletes it, and sees that it is gone.
    ///
    /// The key is `edxops.<writer>:<random>`, so that whoever finds it knows where it is from; it
    /// expires after a minute should its deletion fail.
    pub fn round_trip(&mut self, writer: &str) -> Result<RoundTrip, Error> {
        let key = format!("edxops.{writer}:{:016x}{:016x}", random(), random());
        let value = format!("{:016x}", random()).into_bytes();
        let broken = |client: &Self, detail: &str| Error::RoundTrip {
            endpoint: client.endpoint.clone(),
            detail: detail.to_owned(),
        };
        let start = Instant::now();
        self.set(&key, &value, KEY_LIFE)?;
        let write = start.elapsed();
        let start = Instant::now();
        let seen = self.get(&key)?;
        let read = start.elapsed();
        match seen {
            None => return Err(broken(self, "a value just stored was not there")),
            Some(other) if other != value => {
                return Err(broken(self, "another value was read than was stored"));
            }
            Some(_) => {}
        }
        let start = Instant::now();
        let deleted = self.delete(&key)?;
        let delete = start.elapsed();
        if !deleted || self.get(&key)?.is_some() {
            return Err(broken(self, "a value could not be deleted"));
        }
        Ok(RoundTrip { connect: self.connect_time, write, read, delete })
    }

    /// Who is connected, this client included; the sockets that the daemon listens on are left out.
    ///
    /// [`Error::NotTold`] where the server does not know the question: an old one, or a managed service.
    pub fn connections(&mut self) -> Result<Vec<Connection>, Error> {
        let command = "stats conns";
        let mut exchange = self.send(command, format!("{command}\r\n").as_bytes())?;
        let mut found = Connections::default();
        loop {
            let line = exchange.line()?;
            match line.strip_prefix("STAT ") {
                Some(rest) if found.add(rest) => {}
                // Whoever knows the question has this client to tell of.
                None if line == "END" && !found.is_empty() => return Ok(found.into_clients()),
                None if line == "END" || line == "ERROR" => {
                    return Err(Error::NotTold { endpoint: self.endpoint.clone(), command });
                }
                _ => return Err(exchange.unexpected(&line)),
            }
        }
    }

    fn stat_lines(&mut self, command: &'static str) -> Result<BTreeMap<String, String>, Error> {
        let mut exchange = self.send(command, format!("{command}\r\n").as_bytes())?;
        let mut found = BTreeMap::new();
        for _ in 0..=MAX_STATS {
            let line = exchange.line()?;
            if line == "END" {
                return Ok(found);
            }
            let Some(rest) = line.strip_prefix("STAT ") else {
                return Err(exchange.unexpected(&line));
            };
            let (name, value) = rest.split_once(' ').unwrap_or((rest, ""));
            found.insert(name.to_owned(), value.to_owned());
        }
        Err(exchange.not_memcached(format!("more than {MAX_STATS} statistics")))
    }

    fn send(&mut self, command: &'static str, request: &[u8]) -> Result<Exchange<'_>, Error> {
        Exchange::start(&mut self.wire, &self.endpoint, command, self.timeout, request)
    }
}

/// The error for a connection that did not come about.
fn not_connected(fault: net::Fault, endpoint: &Endpoint, timeout: Duration) -> Error {
    let endpoint = endpoint.clone();
    match fault {
        net::Fault::Unresolved(reason) => Error::Resolve { endpoint, reason },
        net::Fault::OutOfTime(Stage::Name) => {
            Error::Resolve { endpoint, reason: format!("no answer within {timeout:?}") }
        }
        net::Fault::OutOfTime(_) => Error::Timeout { endpoint, command: "connect", timeout },
        net::Fault::Connect(source) | net::Fault::Lost(source) => Error::Connect { endpoint, source },
        net::Fault::Way(said) => Error::Way { endpoint, said },
    }
}

fn check_key(key: &str) -> Result<(), Error> {
    let odd = |c: char| c.is_whitespace() || c.is_control();
    if key.is_empty() || key.len() > 250 || key.contains(odd) {
        return Err(Error::Key { key: key.to_owned() });
    }
    Ok(())
}

/// A number that differs from call to call and process to process; std seeds it from the system.
fn random() -> u64 {
    RandomState::new().build_hasher().finish()
}
