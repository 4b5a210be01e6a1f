//! What a database holds.

use std::collections::BTreeSet;

use crate::{Client, Error, Reply};

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

/// A key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// Its name.
    pub name: Vec<u8>,
    /// What it is.
    pub kind: Kind,
    /// The elements of a list or hash; 1 for any other.
    pub length: u64,
}

impl Key {
    /// The tasks that wait in it. Answers to remote control are lists as well, but nobody's tasks (kombu.pidbox:
    /// `<id>.reply.celery.pidbox`).
    pub fn tasks(&self) -> u64 {
        if self.kind == Kind::List && !self.name.ends_with(b".pidbox") { self.length } else { 0 }
    }

    /// The tasks that workers have taken and not acknowledged yet (kombu.transport.redis: `unacked_key`).
    pub fn held(&self) -> u64 {
        if self.kind == Kind::Hash && self.name == b"unacked" { self.length } else { 0 }
    }
}

/// What a look at a database brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Keys {
    /// All of them, by name.
    All(Vec<Key>),
    /// So many that they were not looked at.
    TooMany(u64),
}

impl Client {
    /// The keys of the selected database for which `wanted` holds, unless there are more than `most`.
    pub fn keys(&mut self, most: u64, wanted: &dyn Fn(&[u8]) -> bool) -> Result<Keys, Error> {
        if let Reply::Integer(count) = self.call(&[b"DBSIZE"])?
            && let Ok(count) = u64::try_from(count)
            && count > most
        {
            return Ok(Keys::TooMany(count));
        }
        let mut names = BTreeSet::new();
        let mut cursor = b"0".to_vec();
        loop {
            let reply = self.call(&[b"SCAN", &cursor, b"COUNT", b"1000"])?;
            let Reply::Array(parts) = &reply else { return Err(self.unexpected("SCAN", &reply)) };
            let [Reply::Bulk(next), Reply::Array(found)] = &parts[..] else {
                return Err(self.unexpected("SCAN", &reply));
            };
            names.extend(found.iter().filter_map(|name| match name {
                Reply::Bulk(name) if wanted(name) => Some(name.clone()),
                _ => None,
            }));
            if next == b"0" {
                return self.measured(names).map(Keys::All);
            }
            cursor.clone_from(next);
        }
    }

    /// Several commands, whose answers are short; a refusal of any is an error.
    pub fn calls_through(&mut self, commands: &[Vec<&[u8]>]) -> Result<Vec<Reply>, Error> {
        let mut replies = Vec::with_capacity(commands.len());
        // So few that the answers fit into a connection's buffers while the server is still being written to.
        for some in commands.chunks(500) {
            let words: Vec<&[&[u8]]> = some.iter().map(Vec::as_slice).collect();
            for (reply, words) in self.calls(&words)?.into_iter().zip(words) {
                if let Reply::Error(said) = reply {
                    return Err(self.refused(words, said));
                }
                replies.push(reply);
            }
        }
        Ok(replies)
    }

    fn measured(&mut self, names: BTreeSet<Vec<u8>>) -> Result<Vec<Key>, Error> {
        let asked: Vec<Vec<&[u8]>> = names.iter().map(|name| vec![&b"TYPE"[..], name]).collect();
        let kinds = self.calls_through(&asked)?;
        let mut keys = Vec::new();
        for (name, kind) in names.into_iter().zip(kinds) {
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
                other => return Err(self.unexpected("TYPE", &other)),
            };
            keys.push(Key { name, kind, length: 1 });
        }
        let sized = |key: &Key| match key.kind {
            Kind::List => Some(&b"LLEN"[..]),
            Kind::Hash => Some(&b"HLEN"[..]),
            _ => None,
        };
        let asked: Vec<Vec<&[u8]>> =
            keys.iter().filter_map(|key| Some(vec![sized(key)?, key.name.as_slice()])).collect();
        let mut lengths = self.calls_through(&asked)?.into_iter();
        for key in &mut keys {
            if sized(key).is_some()
                && let Some(Reply::Integer(length)) = lengths.next()
            {
                key.length = u64::try_from(length).unwrap_or(0);
            }
        }
        Ok(keys)
    }
}
