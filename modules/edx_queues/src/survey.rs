//! What a server's databases hold.

use std::collections::BTreeSet;

use redis::Reply;

use crate::error::Error;
use crate::key::{ROUND, Round, is_own, unstaged};
use crate::server::Server;

/// The most keys of one database that are taken for a broker's.
const MOST_KEYS: u64 = 100_000;

/// The type of a key, in Redis's own words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// `list`: a queue.
    List,
    /// `set`: Celery's bindings of exchanges to queues.
    Set,
    /// `zset`: when the tasks that workers hold were taken.
    SortedSet,
    /// `hash`: the tasks that workers hold.
    Hash,
    /// `string`: a lock, mostly.
    Text,
    /// Another one, such as `stream`.
    Other,
}

/// A key that is not this module's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// Its name, also where it is staged.
    pub name: Vec<u8>,
    /// What it is.
    pub kind: Kind,
    /// The elements of a list or hash; 1 for any other.
    pub length: u64,
    /// Whether an earlier run has staged it.
    pub is_staged: bool,
}

impl Key {
    /// The tasks that wait in it.
    pub fn tasks(&self) -> u64 {
        if self.kind == Kind::List && !is_reply(&self.name) { self.length } else { 0 }
    }

    /// The tasks that workers have taken and not finished, where they acknowledge late.
    pub fn held(&self) -> u64 {
        // kombu.transport.redis: `unacked_key`.
        if self.kind == Kind::Hash && self.name == b"unacked" { self.length } else { 0 }
    }
}

/// Answers to remote control are lists as well, but nobody's tasks (kombu.pidbox: `<id>.reply.celery.pidbox`).
fn is_reply(name: &[u8]) -> bool {
    name.ends_with(b".pidbox")
}

/// One database.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Database {
    /// Its number.
    pub number: u32,
    /// The round that an earlier run began.
    pub round: Option<Round>,
    /// Its keys by name, staged ones among them; the module's own notes are left out.
    pub keys: Vec<Key>,
}

impl Database {
    /// Reads a database, which stays selected.
    pub fn read(server: &mut Server, number: u32) -> Result<Self, Error> {
        let round = round(server, number)?;
        let names = names(server, number)?;
        let mut keys = measured(server, &names)?;
        keys.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(Self { number, round, keys })
    }

    /// Whether there is nothing to do for a move.
    pub fn is_done(&self) -> bool {
        self.keys.is_empty() && self.round.is_none()
    }

    /// The tasks that wait.
    pub fn tasks(&self) -> u64 {
        self.keys.iter().map(Key::tasks).sum()
    }

    /// The tasks that workers hold.
    pub fn held(&self) -> u64 {
        self.keys.iter().map(Key::held).sum()
    }

    /// The names of what is staged.
    pub fn staged(&self) -> impl Iterator<Item = &Key> {
        self.keys.iter().filter(|key| key.is_staged)
    }
}

/// The given databases, or all that hold keys.
pub fn survey(server: &mut Server, wanted: Option<&[u32]>) -> Result<Vec<Database>, Error> {
    let numbers = match wanted {
        Some(numbers) => numbers.to_vec(),
        None => server.databases()?,
    };
    numbers.into_iter().map(|number| Database::read(server, number)).collect()
}

/// The round of which a database is the source; the database stays selected.
pub fn round(server: &mut Server, number: u32) -> Result<Option<Round>, Error> {
    server.select(number)?;
    match server.call(&[b"GET", ROUND])? {
        Reply::Nil => Ok(None),
        Reply::Bulk(text) => match String::from_utf8_lossy(&text).parse() {
            Ok(round) => Ok(Some(round)),
            Err(()) => Err(Error::OddRound { server: server.name.clone(), database: number }),
        },
        other => Err(server.failed_by("GET", &other)),
    }
}

fn names(server: &mut Server, database: u32) -> Result<BTreeSet<Vec<u8>>, Error> {
    if let Reply::Integer(count) = server.call(&[b"DBSIZE"])?
        && let Ok(count) = u64::try_from(count)
        && count > MOST_KEYS
    {
        return Err(Error::TooManyKeys { server: server.name.clone(), database, count, most: MOST_KEYS });
    }
    let mut names = BTreeSet::new();
    let mut cursor = b"0".to_vec();
    loop {
        let reply = server.call(&[b"SCAN", &cursor, b"COUNT", b"1000"])?;
        let Reply::Array(parts) = &reply else { return Err(server.failed_by("SCAN", &reply)) };
        let [Reply::Bulk(next), Reply::Array(found)] = &parts[..] else {
            return Err(server.failed_by("SCAN", &reply));
        };
        names.extend(found.iter().filter_map(|name| match name {
            Reply::Bulk(name) if !is_own(name) || unstaged(name).is_some() => Some(name.clone()),
            _ => None,
        }));
        if next == b"0" {
            return Ok(names);
        }
        cursor.clone_from(next);
    }
}

fn measured(server: &mut Server, names: &BTreeSet<Vec<u8>>) -> Result<Vec<Key>, Error> {
    let asked: Vec<Vec<&[u8]>> = names.iter().map(|name| vec![&b"TYPE"[..], name]).collect();
    let kinds = server.calls(&asked)?;
    let mut keys = Vec::new();
    for (name, kind) in names.iter().zip(kinds) {
        let kind = match kind {
            // It is gone since.
            Reply::Status(kind) if kind == "none" => continue,
            Reply::Status(kind) => match kind.as_str() {
                "list" => Kind::List,
                "set" => Kind::Set,
                "zset" => Kind::SortedSet,
                "hash" => Kind::Hash,
                "string" => Kind::Text,
                _ => Kind::Other,
            },
            other => return Err(server.failed_by("TYPE", &other)),
        };
        let (is_staged, own) = (unstaged(name).is_some(), unstaged(name).unwrap_or(name));
        keys.push((name, Key { name: own.to_owned(), kind, length: 1, is_staged }));
    }
    let sized = |key: &Key| match key.kind {
        Kind::List => Some(&b"LLEN"[..]),
        Kind::Hash => Some(&b"HLEN"[..]),
        _ => None,
    };
    let asked: Vec<Vec<&[u8]>> =
        keys.iter().filter_map(|(name, key)| Some(vec![sized(key)?, name.as_slice()])).collect();
    let mut lengths = server.calls(&asked)?.into_iter();
    for (_, key) in &mut keys {
        if sized(key).is_some()
            && let Some(Reply::Integer(length)) = lengths.next()
        {
            key.length = u64::try_from(length).unwrap_or(0);
        }
    }
    Ok(keys.into_iter().map(|(_, key)| key).collect())
}
