//! Who is connected.

use crate::{Client, Error, Reply};

/// A connection of a client, by its line of `CLIENT LIST`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connection {
    /// `address:port` of the client.
    pub address: String,
    /// What it did last.
    pub command: String,
    /// Whether it waits for an answer, as one that waits for tasks.
    pub is_blocked: bool,
}

impl Connection {
    /// Reads a line.
    pub fn read(line: &str) -> Option<Self> {
        let field = |name: &str| line.split(' ').find_map(|word| word.strip_prefix(name)?.strip_prefix('='));
        let is_blocked = field("flags").is_some_and(|flags| flags.contains('b'));
        Some(Self { address: field("addr")?.to_owned(), command: field("cmd")?.to_owned(), is_blocked })
    }

    /// Whether it waits for tasks. kombu takes them by `BRPOP`.
    pub fn takes_tasks(&self) -> bool {
        matches!(self.command.as_str(), "brpop" | "blpop" | "brpoplpush" | "blmove")
    }

    /// Whether it is one of a Celery worker's: it waits for tasks or, by a subscription, for remote control, also while
    /// its hands are full.
    pub fn is_of_worker(&self) -> bool {
        self.takes_tasks() || matches!(self.command.as_str(), "subscribe" | "psubscribe")
    }
}

impl Client {
    /// All connections; none where the server does not let them be listed, as some managed ones.
    pub fn connections(&mut self) -> Result<Option<Vec<Connection>>, Error> {
        match self.call(&[b"CLIENT", b"LIST"]) {
            Ok(Reply::Bulk(text)) => {
                Ok(Some(String::from_utf8_lossy(&text).lines().filter_map(Connection::read).collect()))
            }
            Ok(other) => Err(self.unexpected("CLIENT LIST", &other)),
            Err(refused) if refused.is_refusal() => Ok(None),
            Err(error) => Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_worker_is_told_by_what_it_waits_for() {
        let read = |cmd: &str| {
            let line =
                format!("id=7 addr=172.31.5.20:40114 fd=8 name= flags=b db=0 sub=0 psub=0 cmd={cmd} user=default");
            Connection::read(&line).unwrap()
        };
        assert_eq!(read("brpop").address, "172.31.5.20:40114");
        assert!(read("brpop").takes_tasks() && read("brpop").is_of_worker());
        assert!(!read("psubscribe").takes_tasks() && read("psubscribe").is_of_worker());
        assert!(!read("lpush").is_of_worker());
        assert_eq!(Connection::read(""), None);
    }
}
