//! MongoDB, from 2.6 on.
//!
//! `isMaster` as a query is the one question that every server answers, old and new. Later ones are asked in the way
//! that its answer calls for: as a message from 3.6 on (wire version 6), since 5.1 knows no other queries.

use std::net::IpAddr;

use crate::bson::{self, Document, Value};
use crate::spoken::shown;
use crate::talk::Talk;
use crate::{Fault, Greeting, Warning};

/// The largest answer that is read; `buildInfo` has a few KB.
const LARGEST: usize = 256 * 1024;
const HEADER: usize = 16;

const REPLY: i32 = 1;
const QUERY: i32 = 2004;
const MESSAGE: i32 = 2013;
/// The flag of a query that a secondary may answer.
const SLAVE_OK: i32 = 4;
/// The wire version from which on messages are understood.
const MESSAGES_FROM: i64 = 6;

/// The number of the first question. Read as text it holds ends of lines, so that a server of lines takes it for some,
/// and complains.
const FIRST: i32 = i32::from_le_bytes(*b"\r\n\r\n");

/// A database that is not there, for a question that needs a login and reads nothing.
const NOWHERE: &str = "edxops_greeting";
const UNAUTHORIZED: i64 = 13;

/// What a MongoDB says of itself.
pub fn greet(mut talk: Talk) -> Result<Greeting, Fault> {
    talk.send(&query(FIRST, "admin", &bson::command("isMaster", None, None)))?;
    talk.await_first()?;
    let answer = talk.answer(FIRST)?;
    let hello = talk.document(&answer)?;
    let Some(wire_version) = hello.number("maxWireVersion") else {
        return Err(Fault::Strange { layer: talk.layer(), detail: "isMaster tells no wire version".to_owned() });
    };
    talk.know();
    let member = Member::read(hello);
    // The greeting counts, whatever comes of the rest.
    let version = talk.version(wire_version).ok().flatten();
    let asks_for_password = if version.is_some() { talk.asks(wire_version).ok().flatten() } else { None };
    let version = version.or_else(|| series(wire_version).map(str::to_owned));
    let more: Vec<String> = member.iter().map(Member::told).collect();
    let mut greeting = Greeting::of("MongoDB", version, asks_for_password, &more);
    greeting.warnings = member.iter().filter_map(Member::warning).collect();
    Ok(greeting)
}

/// The release that has this wire version.
fn series(wire_version: i64) -> Option<&'static str> {
    Some(match wire_version {
        2 => "2.6",
        3 => "3.0",
        4 => "3.2",
        5 => "3.4",
        6 => "3.6",
        7 => "4.0",
        8 => "4.2",
        9 => "4.4",
        13 => "5.0",
        17 => "6.0",
        21 => "7.0",
        25 => "8.0",
        _ => return None,
    })
}

fn query(number: i32, database: &str, command: &[u8]) -> Vec<u8> {
    let collection = format!("{database}.$cmd\0");
    // Skip nothing, return one document.
    let body = [&SLAVE_OK.to_le_bytes()[..], collection.as_bytes(), &[0; 4], &(-1_i32).to_le_bytes(), command].concat();
    framed(number, QUERY, &body)
}

fn framed(number: i32, opcode: i32, body: &[u8]) -> Vec<u8> {
    let (number, opcode) = (number.to_le_bytes(), opcode.to_le_bytes());
    [&bson::size(HEADER + body.len())[..], &number, &[0; 4], &opcode, body].concat()
}

/// A part of an answer, as a number.
fn number_at(bytes: &[u8], place: usize) -> Option<i32> {
    bytes.get(place..)?.first_chunk().map(|bytes| i32::from_le_bytes(*bytes))
}

impl Talk<'_> {
    /// The answer to the question of this number, all of it.
    fn answer(&mut self, number: i32) -> Result<Vec<u8>, Fault> {
        let header = self.peek(HEADER)?;
        let length = number_at(header, 0).unwrap_or(0);
        let is_answer = number_at(header, 8) == Some(number)
            && number_at(header, 12).is_some_and(|opcode| opcode == REPLY || opcode == MESSAGE);
        match usize::try_from(length).ok().filter(|length| *length > HEADER && *length <= LARGEST) {
            Some(length) if is_answer => self.take(length),
            Some(_) => Err(self.strange("no answer to what was asked")),
            None => Err(self.strange(&format!("an answer of {length} bytes"))),
        }
    }

    /// The document in an answer.
    fn document<'a>(&self, answer: &'a [u8]) -> Result<Document<'a>, Fault> {
        let place = match number_at(answer, 12) {
            // Flags, cursor, where it starts, how many.
            Some(REPLY) => HEADER + 20,
            // Flags, and what kind of section it is.
            _ => HEADER + 5,
        };
        let found = number_at(answer, place).and_then(|length| {
            let end = place.checked_add(usize::try_from(length).ok()?)?;
            Document::read(answer.get(place..end)?)
        });
        found.ok_or_else(|| Fault::Strange { layer: self.layer(), detail: "an answer without a document".to_owned() })
    }

    /// Asks another question.
    fn ask(
        &mut self,
        number: i32,
        wire_version: i64,
        database: &str,
        name: &str,
        argument: Option<&str>,
    ) -> Result<Vec<u8>, Fault> {
        if wire_version < MESSAGES_FROM {
            self.send(&query(number, database, &bson::command(name, argument, None)))?;
        } else {
            let command = bson::command(name, argument, Some(database));
            // No flags, one section, which is a document.
            self.send(&framed(number, MESSAGE, &[&[0; 5][..], &command].concat()))?;
        }
        self.answer(number)
    }

    /// The exact version, which anybody may ask for.
    fn version(&mut self, wire_version: i64) -> Result<Option<String>, Fault> {
        let answer = self.ask(FIRST + 1, wire_version, "admin", "buildInfo", None)?;
        Ok(self.document(&answer)?.text("version").map(shown))
    }

    /// Whether it asks for a password; none where neither yes nor no came back.
    fn asks(&mut self, wire_version: i64) -> Result<Option<bool>, Fault> {
        let answer = self.ask(FIRST + 2, wire_version, NOWHERE, "count", Some(NOWHERE))?;
        let answer = self.document(&answer)?;
        Ok(match (answer.number("ok"), answer.number("code")) {
            (Some(1), _) => Some(false),
            (_, Some(UNAUTHORIZED)) => Some(true),
            _ => None,
        })
    }
}

/// A member of a replica set.
struct Member {
    set: String,
    is_primary: bool,
    /// By what addresses clients shall find the members.
    hosts: Vec<String>,
}

impl Member {
    fn read(hello: Document) -> Option<Self> {
        let set = shown(hello.text("setName")?);
        let is_primary = hello.bool("isWritablePrimary").or(hello.bool("ismaster")).unwrap_or(false);
        let mut hosts = Vec::new();
        if let Some(Value::Array(found)) = hello.get("hosts") {
            let texts = found.elements().filter_map(|(_, value)| match value {
                Value::Text(text) => Some(shown(text)),
                _ => None,
            });
            // A set has at most 50 members.
            hosts.extend(texts.take(50));
        }
        Some(Self { set, is_primary, hosts })
    }

    fn told(&self) -> String {
        format!("{} of the replica set {}", if self.is_primary { "primary" } else { "not the primary" }, self.set)
    }

    /// Clients that are told the set's name go to the addresses that it gives, not to the one that they were given.
    fn warning(&self) -> Option<Warning> {
        let own: Vec<&str> = self.hosts.iter().map(String::as_str).filter(|host| is_loopback(host)).collect();
        (!own.is_empty()).then(|| Warning {
            told: format!("members of the replica set {} call themselves {}", self.set, own.join(", ")),
            advice: "a client on another host that looks for the set's members would look for them on itself: give the \
                     members addresses that the platform reaches (rs.reconfig), or set no replicaSet in its settings",
        })
    }
}

/// Whether `host:port` is the host itself, wherever it is read.
fn is_loopback(place: &str) -> bool {
    let host = place.rsplit_once(':').map_or(place, |(host, _)| host);
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost") || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}
