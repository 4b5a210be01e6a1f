//! What a server's databases hold.

use redis::{Keys, Reply};

use crate::error::Error;
use crate::key::{ROUND, Round, is_own, unstaged};
use crate::server::Server;

/// The most keys of one database that are taken for a broker's.
const MOST_KEYS: u64 = 100_000;

/// A key that is not this module's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// Under its own name, also where it is staged.
    pub key: redis::Key,
    /// Whether an earlier run has staged it.
    pub is_staged: bool,
}

impl std::ops::Deref for Key {
    type Target = redis::Key;

    fn deref(&self) -> &redis::Key {
        &self.key
    }
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
        let is_carried = |name: &[u8]| !is_own(name) || unstaged(name).is_some();
        let found = server.client.keys(MOST_KEYS, &is_carried).map_err(|error| server.failed(error))?;
        let found = match found {
            Keys::All(found) => found,
            Keys::TooMany(count) => {
                let server = server.name.clone();
                return Err(Error::TooManyKeys { server, database: number, count, most: MOST_KEYS });
            }
        };
        let mut keys: Vec<Key> = found.into_iter().map(named).collect();
        keys.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(Self { number, round, keys })
    }

    /// Whether there is nothing to do for a move.
    pub fn is_done(&self) -> bool {
        self.keys.is_empty() && self.round.is_none()
    }

    /// The tasks that wait.
    pub fn tasks(&self) -> u64 {
        self.keys.iter().map(|key| key.tasks()).sum()
    }

    /// The tasks that workers hold.
    pub fn held(&self) -> u64 {
        self.keys.iter().map(|key| key.held()).sum()
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

/// A staged key under its own name.
fn named(mut key: redis::Key) -> Key {
    let own = unstaged(&key.name).map(<[u8]>::to_vec);
    let is_staged = own.is_some();
    key.name = own.unwrap_or(key.name);
    Key { key, is_staged }
}
