//! Copies one staged key to the destination, where it waits to be handed over.

use redis::{Kind, Reply};

use crate::error::Error;
use crate::key::{Round, staged};
use crate::scripts::{self, Overtaken};
use crate::server::Server;
use crate::survey::Key;

/// About so many bytes are sent at once.
const PIECE: u64 = 1024 * 1024;
/// And at most so many elements.
const MOST: u64 = 1000;
/// So many elements at first, to learn how large they are.
const FIRST: u64 = 16;

/// From where to where.
pub struct Copying<'a> {
    /// The source, with the database selected.
    pub source: &'a mut Server,
    /// The destination, with the database selected.
    pub destination: &'a mut Server,
    /// The round.
    pub round: &'a Round,
}

impl Copying<'_> {
    /// Copies a key, from where an earlier run stopped.
    pub fn copy(&mut self, key: &Key) -> Result<Result<(), Overtaken>, Error> {
        let done = match key.kind {
            Kind::List => self.list(key),
            Kind::Set => self.scanned(key, b"SSCAN", b"SADD"),
            Kind::Hash => self.scanned(key, b"HSCAN", b"HMSET"),
            Kind::SortedSet => self.scanned(key, b"ZSCAN", b"ZADD"),
            Kind::Text => self.text(key),
            Kind::Other => return self.dumped(key),
        }?;
        if done.is_err() {
            return Ok(Err(Overtaken));
        }
        let left = self.source.call(&[b"PTTL", &staged(&key.name)])?;
        match left {
            Reply::Integer(left) if left > 0 => self.write(key, &[b"PEXPIRE", left.to_string().as_bytes()]),
            _ => Ok(Ok(())),
        }
    }

    fn write(&mut self, key: &Key, command: &[&[u8]]) -> Result<Result<(), Overtaken>, Error> {
        let (fate, copy) = (self.round.fate(), self.round.copy(&key.name));
        scripts::write(&mut self.destination.client, &fate, &copy, command)
            .map_err(|source| self.destination.failed(source))
    }

    /// Nobody else writes to a staged list, so the length of its copy says how much of it is there.
    fn list(&mut self, key: &Key) -> Result<Result<(), Overtaken>, Error> {
        let (from, copy, fate) = (staged(&key.name), self.round.copy(&key.name), self.round.fate());
        let mut at = length(self.destination, &copy)?;
        let mut count = FIRST;
        loop {
            let end = (at + count - 1).to_string();
            let reply = self.source.call(&[b"LRANGE", &from, at.to_string().as_bytes(), end.as_bytes()])?;
            let elements = bulks(self.source, "LRANGE", reply)?;
            if elements.is_empty() {
                return Ok(Ok(()));
            }
            let bytes: usize = elements.iter().map(Vec::len).sum();
            let each = (bytes / elements.len()).max(1) as u64;
            count = (PIECE / each).clamp(1, MOST);
            let added = scripts::add(&mut self.destination.client, &fate, &copy, at, &elements)
                .map_err(|source| self.destination.failed(source))?;
            match added {
                Ok(length) => at = length,
                Err(overtaken) => return Ok(Err(overtaken)),
            }
        }
    }

    fn scanned(&mut self, key: &Key, scan: &[u8], add: &[u8]) -> Result<Result<(), Overtaken>, Error> {
        let from = staged(&key.name);
        let name = String::from_utf8_lossy(scan).into_owned();
        let mut cursor = b"0".to_vec();
        loop {
            let reply = self.source.call(&[scan, &from, &cursor, b"COUNT", b"500"])?;
            let mut parts = match reply {
                Reply::Array(parts) => parts.into_iter(),
                other => return Err(self.source.failed_by(&name, &other)),
            };
            let (Some(Reply::Bulk(next)), Some(found)) = (parts.next(), parts.next()) else {
                return Err(self.source.failed_by(&name, &Reply::Nil));
            };
            let mut found = bulks(self.source, &name, found)?;
            if scan == b"ZSCAN" {
                // ZADD has the score first.
                found.as_chunks_mut::<2>().0.iter_mut().for_each(|pair| pair.swap(0, 1));
            }
            // Few enough for Lua's `unpack`, which a small collection in one piece may exceed.
            for some in found.chunks(1000) {
                let mut command: Vec<&[u8]> = vec![add];
                command.extend(some.iter().map(Vec::as_slice));
                if self.write(key, &command)?.is_err() {
                    return Ok(Err(Overtaken));
                }
            }
            if next == b"0" {
                return Ok(Ok(()));
            }
            cursor = next;
        }
    }

    fn text(&mut self, key: &Key) -> Result<Result<(), Overtaken>, Error> {
        match self.source.call(&[b"GET", &staged(&key.name)])? {
            Reply::Bulk(value) => self.write(key, &[b"SET", &value]),
            // It expired.
            Reply::Nil => Ok(Ok(())),
            other => Err(self.source.failed_by("GET", &other)),
        }
    }

    /// A type without commands of its own here travels as the server writes it to its own files, which an older
    /// server may not read.
    fn dumped(&mut self, key: &Key) -> Result<Result<(), Overtaken>, Error> {
        let from = staged(&key.name);
        let value = match self.source.call(&[b"DUMP", &from])? {
            Reply::Bulk(value) => value,
            Reply::Nil => return Ok(Ok(())),
            other => return Err(self.source.failed_by("DUMP", &other)),
        };
        let left = match self.source.call(&[b"PTTL", &from])? {
            Reply::Integer(left) => left.max(0).to_string(),
            other => return Err(self.source.failed_by("PTTL", &other)),
        };
        self.write(key, &[b"RESTORE", left.as_bytes(), &value, b"REPLACE"])
    }
}

fn length(server: &mut Server, key: &[u8]) -> Result<u64, Error> {
    match server.call(&[b"LLEN", key])? {
        Reply::Integer(length) => Ok(u64::try_from(length).unwrap_or(0)),
        other => Err(server.failed_by("LLEN", &other)),
    }
}

fn bulks(server: &mut Server, command: &str, reply: Reply) -> Result<Vec<Vec<u8>>, Error> {
    let Reply::Array(items) = reply else { return Err(server.failed_by(command, &reply)) };
    let mut all = Vec::with_capacity(items.len());
    for item in items {
        match item {
            Reply::Bulk(bytes) => all.push(bytes),
            other => return Err(server.failed_by(command, &other)),
        }
    }
    Ok(all)
}
