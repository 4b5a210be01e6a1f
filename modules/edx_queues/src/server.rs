//! One of the two servers: a connection to it, and what it says of itself.

use std::thread;
use std::time::{Duration, Instant};

use redis::{Client, Info, Reply};

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

    /// Several commands, whose answers are short; a refusal of any is an error.
    pub fn calls(&mut self, commands: &[Vec<&[u8]>]) -> Result<Vec<Reply>, Error> {
        let mut replies = Vec::with_capacity(commands.len());
        // So few that the answers fit into a connection's buffers while the server is still being written to.
        for some in commands.chunks(500) {
            let words: Vec<&[&[u8]]> = some.iter().map(Vec::as_slice).collect();
            let answers = self.client.calls(&words).map_err(|source| Error::Redis { role: self.role, source })?;
            for (reply, words) in answers.into_iter().zip(words) {
                if let Reply::Error(said) = reply {
                    return Err(self.failed(self.client.refused(words, said)));
                }
                replies.push(reply);
            }
        }
        Ok(replies)
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
        let reply = match self.client.call(&[b"CLIENT", b"LIST"]) {
            Ok(reply) => reply,
            Err(refused) if refused.is_refusal() => return Ok(None),
            Err(source) => return Err(self.failed(source)),
        };
        let Reply::Bulk(text) = reply else {
            return Err(self.failed_by("CLIENT LIST", &reply));
        };
        Ok(Some(String::from_utf8_lossy(&text).lines().filter_map(worker).collect()))
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

/// The address of a client, by its line of `CLIENT LIST`, when it is a Celery worker: kombu takes tasks by `BRPOP` and
/// remote control by a subscription.
fn worker(line: &str) -> Option<String> {
    let field = |name: &str| line.split(' ').find_map(|word| word.strip_prefix(name)?.strip_prefix('='));
    let takes = matches!(field("cmd")?, "brpop" | "blpop" | "brpoplpush" | "blmove" | "subscribe" | "psubscribe");
    takes.then(|| field("addr").unwrap_or("?").to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_worker_is_told_by_what_it_waits_for() {
        let line = |cmd: &str| {
            format!(
                "id=7 addr=172.31.5.20:40114 fd=8 name= age=9 idle=0 flags=b db=0 sub=0 psub=0 cmd={cmd} user=default"
            )
        };
        assert_eq!(worker(&line("brpop")), Some("172.31.5.20:40114".to_owned()));
        assert_eq!(worker(&line("psubscribe")), Some("172.31.5.20:40114".to_owned()));
        assert_eq!(worker(&line("lpush")), None);
        assert_eq!(worker(""), None);
    }
}
