//! A connection to a Redis.

mod resp;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use net::{Dial, Direct, Target, Wire};

use crate::{Credentials, Error, Info, Reply};
use resp::Reader;

/// The most bytes of an answer that are held unless told otherwise.
const LARGEST_ANSWER: usize = 8 * 1024 * 1024;

/// A connection to a Redis, as a user.
///
/// Every call has the whole of the timeout given at first, and ends within it, whatever the server does. After an
/// error that is not a refusal ([`Error::is_refusal`]) the connection is at an unknown place of the conversation and
/// further calls fail.
#[derive(Debug)]
pub struct Client {
    target: Target,
    wire: Wire,
    timeout: Duration,
    largest: usize,
    broken: bool,
}

/// How long each step of a round trip took.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RoundTrip {
    /// Until the server said that the value is stored.
    pub write: Duration,
    /// Reading it back.
    pub read: Duration,
    /// Deleting it.
    pub delete: Duration,
}

impl Client {
    /// Connects from this host.
    pub fn connect(target: &Target, credentials: &Credentials, timeout: Duration) -> Result<Self, Error> {
        Self::dial(&Direct, target, credentials, timeout)
    }

    /// Connects, says who it is, and makes sure that commands are taken.
    pub fn dial(dial: &dyn Dial, target: &Target, credentials: &Credentials, timeout: Duration) -> Result<Self, Error> {
        let wire = Wire::connect(dial, target, Instant::now() + timeout).map_err(|fault| Error::Net {
            target: target.clone(),
            fault,
            timeout,
        })?;
        let mut client = Self { target: target.clone(), wire, timeout, largest: LARGEST_ANSWER, broken: false };
        client.authenticate(credentials)?;
        match client.call(&[b"PING"])? {
            Reply::Status(said) if said == "PONG" => Ok(client),
            other => Err(client.unexpected("PING", &other)),
        }
    }

    fn authenticate(&mut self, credentials: &Credentials) -> Result<(), Error> {
        if credentials.password.is_empty() {
            return Ok(());
        }
        let password = credentials.password.reveal().as_bytes();
        let sent = match &credentials.username {
            Some(name) => self.call(&[b"AUTH", name.as_bytes(), password]),
            None => self.call(&[b"AUTH", password]),
        };
        let target = self.target.clone();
        match sent {
            Ok(_) => Ok(()),
            Err(Error::Server { said, .. }) => {
                // Redis 5 says "ERR Client sent AUTH, but no password is set", 6 on "ERR AUTH <password> called
                // without any password configured for the default user".
                let has_none = said.contains("no password is set") || said.contains("without any password");
                // Redis 5 says "ERR invalid password", 6 on "WRONGPASS …".
                let is_wrong = said.starts_with("WRONGPASS") || said.contains("invalid password");
                match (has_none, is_wrong) {
                    (true, _) => Err(Error::NeedlessPassword { target }),
                    (_, true) => Err(Error::WrongPassword { target, username: credentials.username.clone() }),
                    _ => Err(Error::Server { target, command: "AUTH".to_owned(), said }),
                }
            }
            Err(other) => Err(other),
        }
    }

    /// The server.
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// Holds answers of up to so many bytes from now on.
    pub fn hold(&mut self, largest: usize) {
        self.largest = largest;
    }

    /// Each call has so much time from now on.
    pub fn within(&mut self, timeout: Duration) {
        self.timeout = timeout;
    }

    /// Sends one command and waits for its answer; a refusal is an error.
    pub fn call(&mut self, words: &[&[u8]]) -> Result<Reply, Error> {
        let mut replies = self.calls(std::slice::from_ref(&words))?;
        match replies.pop() {
            Some(Reply::Error(said)) => Err(self.refused(words, said)),
            Some(reply) => Ok(reply),
            None => Err(self.closed(&name_of(words))),
        }
    }

    /// Sends several commands at once and waits for as many answers, refusals among them.
    ///
    /// The server may answer while it is sent to, but does not wait for its answers to be taken: what one batch
    /// brings must fit into the buffers of a connection (some 100 KB) unless it is sent with few bytes.
    pub fn calls(&mut self, commands: &[&[&[u8]]]) -> Result<Vec<Reply>, Error> {
        let name = commands.first().map(|words| name_of(words)).unwrap_or_default();
        if self.broken {
            return Err(self.closed(&name));
        }
        // Until all answers are there.
        self.broken = true;
        let mut request = Vec::new();
        for words in commands {
            resp::write(&mut request, words);
        }
        self.wire.until(Instant::now() + self.timeout);
        self.wire.send(&request).map_err(|fault| self.lost(fault))?;
        let mut replies = Vec::with_capacity(commands.len());
        let mut reader = Reader::new(&mut self.wire, self.largest);
        for words in commands {
            match reader.reply() {
                Ok(reply) => replies.push(reply),
                Err(fault) => return Err(self.failed(fault, &name_of(words))),
            }
        }
        reader.finish();
        self.broken = false;
        Ok(replies)
    }

    /// The answer to `INFO section`.
    pub fn info(&mut self, section: &str) -> Result<Info, Error> {
        match self.call(&[b"INFO", section.as_bytes()])? {
            Reply::Bulk(text) => Ok(Info::read(&String::from_utf8_lossy(&text))),
            other => Err(self.unexpected("INFO", &other)),
        }
    }

    /// The running settings that match `pattern`.
    pub fn config(&mut self, pattern: &str) -> Result<BTreeMap<String, String>, Error> {
        let reply = self.call(&[b"CONFIG", b"GET", pattern.as_bytes()])?;
        reply.pairs().ok_or_else(|| self.unexpected("CONFIG GET", &reply))
    }

    /// Uses another database.
    pub fn select(&mut self, database: u32) -> Result<(), Error> {
        self.call(&[b"SELECT", database.to_string().as_bytes()]).map(drop)
    }

    /// Writes a value under a name of its own, reads it back and deletes it.
    pub fn round_trip(&mut self, key: &str) -> Result<RoundTrip, Error> {
        let value = format!("{:?}", Instant::now());
        let start = Instant::now();
        // It goes by itself, should its deletion fail.
        self.call(&[b"SET", key.as_bytes(), value.as_bytes(), b"EX", b"60"])?;
        let written = Instant::now();
        let read = self.call(&[b"GET", key.as_bytes()])?;
        let done = Instant::now();
        self.call(&[b"DEL", key.as_bytes()])?;
        if read != Reply::Bulk(value.into_bytes()) {
            return Err(self.unexpected("GET of what was SET", &read));
        }
        Ok(RoundTrip { write: written - start, read: done - written, delete: done.elapsed() })
    }

    /// The error for an answer that is none to this command.
    pub fn unexpected(&mut self, command: &str, reply: &Reply) -> Error {
        self.broken = true;
        Error::NotRedis {
            target: self.target.clone(),
            command: command.to_owned(),
            detail: format!("{} came", reply.kind()),
        }
    }

    /// The error for a refusal among the answers to several commands.
    pub fn refused(&self, words: &[&[u8]], said: String) -> Error {
        let target = self.target.clone();
        if said.starts_with("NOAUTH ") {
            return Error::NoPassword { target };
        }
        if said.starts_with("DENIED ") {
            return Error::Protected { target };
        }
        if said.starts_with("LOADING ") {
            return Error::Loading { target };
        }
        Error::Server { target, command: name_of(words), said }
    }

    fn closed(&self, command: &str) -> Error {
        Error::Closed { target: self.target.clone(), command: command.to_owned() }
    }

    fn lost(&self, fault: net::Fault) -> Error {
        Error::Net { target: self.target.clone(), fault, timeout: self.timeout }
    }

    fn failed(&self, fault: resp::Fault, command: &str) -> Error {
        match fault {
            resp::Fault::Net(fault) => self.lost(fault),
            resp::Fault::Closed => self.closed(command),
            resp::Fault::Odd(detail) => {
                Error::NotRedis { target: self.target.clone(), command: command.to_owned(), detail }
            }
        }
    }
}

/// A command's name, with the word that a container command's meaning is in; never its arguments, which may be secret.
fn name_of(words: &[&[u8]]) -> String {
    let count = match words.first() {
        Some(&(b"CONFIG" | b"CLIENT" | b"ACL" | b"MEMORY")) => 2,
        _ => 1,
    };
    let named: Vec<_> = words.iter().take(count).map(|word| String::from_utf8_lossy(word)).collect();
    named.join(" ")
}
