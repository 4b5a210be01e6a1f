//! One of the two servers: a connection to it, and what it says of itself.

use std::thread;
use std::time::{Duration, Instant};

use redis::{Client, Connection, Info, Reply};

use crate::error::Error;
use crate::options::Place;

/// The most bytes of one answer; Redis itself holds no longer string.
const LARGEST: usize = 512 * 1024 * 1024;

/// How long a server may take to save its data.
const SAVING: Duration = Duration::from_secs(600);

/// `appendfsync everysec` writes within two seconds (redis.conf: "may lose 1 second of data", and one more while a
/// write is under way).
const EVERYSEC: Duration = Duration::from_secs(2);

/// A server that takes writes.
#[derive(Debug)]
pub struct Server {
    /// `source` or `destination`.
    pub role: &'static str,
    /// Its address, as given.
    pub name: String,
    /// The connection.
    pub client: Client,
    /// What it said of itself at first.
    pub info: Info,
}

impl Server {
    /// Connects, and makes sure that it is one to carry from or to.
    pub fn connect(place: &Place, timeout: Duration) -> Result<Self, Error> {
        let role = place.role;
        let failed = |source| Error::Redis { role, source };
        let mut client = Client::connect(&place.target, &place.credentials, timeout).map_err(failed)?;
        client.hold(LARGEST);
        // All of it: the sections "default" has no cluster field before Redis 7.
        let info = client.info("all").map_err(failed)?;
        let server = Self { role, name: place.target.to_string(), client, info };
        if server.info.get("cluster_enabled") == Some("1") {
            return Err(Error::Cluster { role, server: server.name });
        }
        if server.info.get("role") == Some("slave") {
            let field = |name| server.info.get(name).unwrap_or("?");
            let master = format!("{}:{}", field("master_host"), field("master_port"));
            return Err(Error::Replica { role, server: server.name, master });
        }
        Ok(server)
    }

    /// An error of the connection to it.
    pub fn failed(&self, source: redis::Error) -> Error {
        Error::Redis { role: self.role, source }
    }

    /// The error for an answer that is none to this command.
    pub fn failed_by(&mut self, command: &str, reply: &Reply) -> Error {
        let source = self.client.unexpected(command, reply);
        self.failed(source)
    }

    /// One command.
    pub fn call(&mut self, words: &[&[u8]]) -> Result<Reply, Error> {
        self.client.call(words).map_err(|source| Error::Redis { role: self.role, source })
    }

    /// Uses another database.
    pub fn select(&mut self, database: u32) -> Result<(), Error> {
        self.client.select(database).map_err(|source| Error::Redis { role: self.role, source })
    }

    /// The databases that hold keys now.
    pub fn databases(&mut self) -> Result<Vec<u32>, Error> {
        let info = self.client.info("keyspace").map_err(|source| Error::Redis { role: self.role, source })?;
        let mut numbers: Vec<u32> = info.keys().map(|(number, _)| number).collect();
        numbers.sort_unstable();
        Ok(numbers)
    }

    /// The addresses of Celery workers: clients that wait for tasks or for remote control. None where the server does
    /// not let its clients be listed, as some managed ones.
    pub fn workers(&mut self) -> Result<Option<Vec<String>>, Error> {
        let found = self.client.connections().map_err(|source| Error::Redis { role: self.role, source })?;
        let of_workers = |all: Vec<Connection>| {
            all.into_iter().filter(Connection::is_of_worker).map(|connection| connection.address).collect()
        };
        Ok(found.map(of_workers))
    }

    /// Waits until what it has now survives its end, as far as it is set up to: its append-only file or, without one,
    /// a snapshot. Says what keeps it from doing so.
    pub fn settle(&mut self) -> Result<Option<String>, Error> {
        if self.info.get("aof_enabled") == Some("1") {
            thread::sleep(EVERYSEC);
            return Ok(None);
        }
        let name = self.name.clone();
        let unknown = |what: &str| Ok(Some(format!("{name} {what}, so what it has may not survive its end")));
        match self.client.config("save") {
            Ok(found) if found.get("save").is_none_or(String::is_empty) => {
                return unknown("keeps its data in memory only (no append-only file, no snapshots)");
            }
            Ok(_) => {}
            Err(refused) if refused.is_refusal() => return unknown("does not say how it keeps its data"),
            Err(source) => return Err(self.failed(source)),
        }
        let end = Instant::now() + SAVING;
        self.idle(end)?;
        loop {
            match self.client.call(&[b"BGSAVE", b"SCHEDULE"]) {
                Ok(_) => break,
                // Another one began in between.
                Err(redis::Error::Server { said, .. }) if said.contains("in progress") && Instant::now() < end => {
                    self.idle(end)?;
                }
                Err(refused) if refused.is_refusal() => return unknown("does not save its data when told to"),
                Err(source) => return Err(self.failed(source)),
            }
        }
        match self.idle(end)?.as_str() {
            "ok" => Ok(None),
            status => Err(Error::NotSaved { server: self.name.clone(), status: status.to_owned() }),
        }
    }

    /// Waits until it saves nothing, and says how the last time went.
    fn idle(&mut self, end: Instant) -> Result<String, Error> {
        loop {
            let info = self.client.info("persistence").map_err(|source| Error::Redis { role: self.role, source })?;
            let busy = ["rdb_bgsave_in_progress", "aof_rewrite_in_progress", "aof_rewrite_scheduled"];
            if busy.iter().all(|field| info.get(field) != Some("1")) {
                return Ok(info.get("rdb_last_bgsave_status").unwrap_or("ok").to_owned());
            }
            if Instant::now() >= end {
                return Ok(format!("still in progress after {} s", SAVING.as_secs()));
            }
            thread::sleep(Duration::from_millis(20));
        }
    }
}
