//! Carries a database's keys over, in rounds.
//!
//! A round takes the keys out of everybody's reach on the source by renaming them (staging), copies them to the
//! destination under names that nobody reads there, brings all of them to their places in one step (handing over), and
//! only then deletes them on the source. The source notes how far the round is and where it goes; the destination
//! notes its fate in that same one step. So whoever comes after a run that was killed, at whatever point, knows
//! whether the tasks are here or there, and they are never in both places or in none. Runs at the same time do no
//! harm: each step looks first whether the round is still where its run believes it to be.

use std::fs;

use redis::Reply;

use crate::copy::Copying;
use crate::error::Error;
use crate::key::{Phase, ROUND, Round, shown, staged};
use crate::scripts::{self, COPYING, HANDED_OVER, InTheWay, Merged, Overtaken, RETURNED};
use crate::server::Server;
use crate::survey::{Database, Key};

/// So often a database may have got new keys by the end of a round.
const ROUNDS: usize = 8;

/// Seconds for which the destination knows the fate of a round that is over.
const KEPT: &[u8] = b"3600";

/// Keys renamed in one step.
const AT_ONCE: usize = 500;

/// A key that is at the destination now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Carried {
    /// Its database.
    pub database: u32,
    /// What it is.
    pub key: Key,
}

/// From where to where.
pub struct Carrying<'a> {
    /// The source.
    pub source: &'a mut Server,
    /// The destination.
    pub destination: &'a mut Server,
    /// What came to its place so far, also when the run fails afterwards.
    pub carried: Vec<Carried>,
    /// What keeps a server from keeping what it has.
    pub warnings: Vec<String>,
}

impl<'a> Carrying<'a> {
    /// Nothing yet.
    pub fn new(source: &'a mut Server, destination: &'a mut Server) -> Self {
        Self { source, destination, carried: Vec::new(), warnings: Vec::new() }
    }

    /// Carries all keys of a database.
    pub fn carry(&mut self, number: u32) -> Result<(), Error> {
        for _ in 0..ROUNDS {
            let database = Database::read(self.source, number)?;
            if database.is_done() {
                return Ok(());
            }
            self.destination.select(number)?;
            self.round(&database)?;
        }
        let (server, destination) = (self.source.name.clone(), self.destination.name.clone());
        Err(Error::StillWritten { server, database: number, rounds: ROUNDS, destination })
    }

    /// Takes back to the source what was not handed over.
    pub fn give_back(&mut self, database: &Database) -> Result<(), Error> {
        let Some(round) = &database.round else { return Ok(()) };
        self.source.select(database.number)?;
        self.destination.select(database.number)?;
        let fate = round.fate();
        // Closed, so that no run stages more of it.
        self.close(round)?;
        let round = round.in_phase(Phase::Carrying);
        let database = Database::read(self.source, database.number)?;
        match self.decide(&fate, RETURNED)?.as_slice() {
            HANDED_OVER => self.delete_staged(&round, &database)?,
            _ => self.bring_back(&round, &database)?,
        }
        self.clean(&round)
    }

    /// One round: an earlier one's rest, or a new one. Where another run overtakes it, the next look says how far
    /// that one is.
    fn round(&mut self, database: &Database) -> Result<(), Error> {
        let round = match &database.round {
            Some(round) => self.ours(database.number, round)?.clone(),
            None => match self.begin(database)? {
                Some(round) => round,
                None => return Ok(()),
            },
        };
        if round.phase == Phase::Staging {
            self.close(&round)?;
        }
        if round.phase == Phase::Done {
            return self.clean(&round);
        }
        let round = round.in_phase(Phase::Carrying);
        // What is staged does not change any more, so a copy of it is made of one state.
        let database = Database::read(self.source, database.number)?;
        if database.round.as_ref() != Some(&round) {
            return Ok(());
        }
        self.settle_source()?;
        let fate = round.fate();
        match self.decide(&fate, COPYING)?.as_slice() {
            HANDED_OVER => {}
            RETURNED => {
                self.bring_back(&round, &database)?;
                return self.clean(&round);
            }
            _ => {
                for key in database.staged() {
                    let mut copying = Copying { source: self.source, destination: self.destination, round: &round };
                    if copying.copy(key)?.is_err() {
                        return Ok(());
                    }
                }
                let pairs: Vec<_> =
                    database.staged().flat_map(|key| [key.name.clone(), round.copy(&key.name)]).collect();
                let merged = scripts::merge(&mut self.destination.client, &fate, COPYING, HANDED_OVER, &pairs)
                    .map_err(|source| self.destination.failed(source))?;
                match merged {
                    Merged::Now => {}
                    Merged::State(state) if state == HANDED_OVER => {}
                    Merged::State(_) => return Ok(()),
                    Merged::InTheWay(what) => return Err(in_the_way(self.destination, database.number, &what)),
                }
            }
        }
        self.delete_staged(&round, &database)?;
        self.clean(&round)
    }

    fn ours<'r>(&self, database: u32, round: &'r Round) -> Result<&'r Round, Error> {
        if round.destination == self.destination.name {
            return Ok(round);
        }
        let (server, destination) = (self.source.name.clone(), round.destination.clone());
        Err(Error::Elsewhere { server, database, destination })
    }

    /// Begins a round and stages all keys; none where another run began one at the same time.
    fn begin(&mut self, database: &Database) -> Result<Option<Round>, Error> {
        let round = Round { phase: Phase::Staging, id: new_id()?, destination: self.destination.name.clone() };
        let note = round.to_string();
        match self.source.call(&[b"SET", ROUND, note.as_bytes(), b"NX"])? {
            Reply::Status(_) => {}
            _ => return Ok(None),
        }
        let names: Vec<_> = database.keys.iter().filter(|key| !key.is_staged).collect();
        for some in names.chunks(AT_ONCE) {
            let pairs: Vec<_> = some.iter().flat_map(|key| [key.name.clone(), staged(&key.name)]).collect();
            let done = scripts::stage(&mut self.source.client, ROUND, &note, &pairs)
                .map_err(|source| self.source.failed(source))?;
            if done.is_err() {
                return Ok(None);
            }
        }
        Ok(Some(round))
    }

    /// Ends the staging; whoever was still at it finds that out.
    fn close(&mut self, round: &Round) -> Result<(), Error> {
        if round.phase != Phase::Staging {
            return Ok(());
        }
        let (from, to) = (round.to_string(), round.in_phase(Phase::Carrying).to_string());
        // Another run may have done it.
        let _: Result<(), Overtaken> =
            scripts::change(&mut self.source.client, ROUND, &from, &to).map_err(|source| self.source.failed(source))?;
        Ok(())
    }

    fn decide(&mut self, fate: &[u8], wanted: &[u8]) -> Result<Vec<u8>, Error> {
        scripts::decide(&mut self.destination.client, fate, wanted).map_err(|source| self.destination.failed(source))
    }

    /// A source that fell back to a state from before the staging would carry everything a second time.
    fn settle_source(&mut self) -> Result<(), Error> {
        self.source.settle().map(|warning| self.warn(warning))
    }

    fn warn(&mut self, warning: Option<String>) {
        self.warnings.extend(warning.filter(|warning| !self.warnings.contains(warning)));
    }

    /// What was handed over leaves the source, once the destination keeps it.
    fn delete_staged(&mut self, round: &Round, database: &Database) -> Result<(), Error> {
        let warning = self.destination.settle()?;
        self.warn(warning);
        let names: Vec<_> = database.staged().map(|key| staged(&key.name)).collect();
        let (from, to) = (round.to_string(), round.in_phase(Phase::Done).to_string());
        let finished = scripts::finish(&mut self.source.client, ROUND, &from, &to, &names)
            .map_err(|source| self.source.failed(source))?;
        if finished.is_ok() {
            let carried = database.staged().map(|key| Carried { database: database.number, key: key.clone() });
            self.carried.extend(carried);
        }
        Ok(())
    }

    fn bring_back(&mut self, round: &Round, database: &Database) -> Result<(), Error> {
        merge_back(self.source, database, round)?;
        let copies: Vec<_> = database.staged().map(|key| round.copy(&key.name)).collect();
        for some in copies.chunks(AT_ONCE) {
            let mut words: Vec<&[u8]> = vec![b"DEL"];
            words.extend(some.iter().map(Vec::as_slice));
            self.destination.call(&words)?;
        }
        Ok(())
    }

    /// Ends the notes of a round that is over: the destination's first, since the source's leads to it. The
    /// destination's stays for a while, for a run that is slow and would else begin the round once more.
    fn clean(&mut self, round: &Round) -> Result<(), Error> {
        self.destination.call(&[b"EXPIRE", &round.fate(), KEPT])?;
        let note = round.in_phase(Phase::Done).to_string();
        let _: Result<(), Overtaken> =
            scripts::change(&mut self.source.client, ROUND, &note, "").map_err(|source| self.source.failed(source))?;
        // A source that fell back to a state from before this would have the tasks once more.
        self.settle_source()
    }
}

/// Takes back to the source what an interrupted run had only begun to stage, for which the destination need not be
/// there: nothing has left the source.
pub fn unstage(source: &mut Server, database: &Database, round: &Round) -> Result<(), Error> {
    source.select(database.number)?;
    merge_back(source, database, round)?;
    let note = round.in_phase(Phase::Done).to_string();
    let _: Result<(), Overtaken> =
        scripts::change(&mut source.client, ROUND, &note, "").map_err(|error| source.failed(error))?;
    Ok(())
}

/// Brings what is staged to its places on the source again, which ends the round; nothing where it is over already.
fn merge_back(source: &mut Server, database: &Database, round: &Round) -> Result<(), Error> {
    let pairs: Vec<_> = database.staged().flat_map(|key| [key.name.clone(), staged(&key.name)]).collect();
    let (from, to) = (round.to_string(), round.in_phase(Phase::Done).to_string());
    let merged = scripts::merge(&mut source.client, ROUND, from.as_bytes(), to.as_bytes(), &pairs)
        .map_err(|error| source.failed(error))?;
    match merged {
        Merged::InTheWay(what) => Err(in_the_way(source, database.number, &what)),
        Merged::Now | Merged::State(_) => Ok(()),
    }
}

fn in_the_way(server: &Server, database: u32, what: &InTheWay) -> Error {
    Error::InTheWay {
        server: server.name.clone(),
        database,
        key: shown(&what.key),
        has: what.has.clone(),
        comes: what.comes.clone(),
    }
}

fn new_id() -> Result<String, Error> {
    let path = "/proc/sys/kernel/random/uuid";
    let id = fs::read_to_string(path).map_err(|source| Error::System { path, source })?;
    Ok(id.trim().to_owned())
}
