//! The two servers, and sessions on them.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use mysql::{Defaults, Login, Purpose, ReplicationWords, Session, Tools, Version};

use crate::{Error, Goal};

/// The two servers.
#[derive(Debug)]
pub struct Servers<'g> {
    pub tools: Tools,
    goal: &'g Goal,
    /// What the source and the destination call what has to do with replication, once asked.
    words: [OnceLock<ReplicationWords>; 2],
}

/// One of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    Source,
    Destination,
}

impl<'g> Servers<'g> {
    pub fn new(goal: &'g Goal) -> Result<Self, Error> {
        Ok(Self { tools: Tools::find()?, goal, words: [OnceLock::new(), OnceLock::new()] })
    }

    /// The login there. Whoever asks for the destination has seen that there is one.
    pub fn login(&self, side: Side) -> &'g Login {
        match (side, &self.goal.destination) {
            (Side::Destination, Some(login)) => login,
            _ => &self.goal.source,
        }
    }

    pub fn session(&self, side: Side) -> Result<Session, Error> {
        Ok(Session::open(&self.tools, self.login(side), self.goal.timeout)?)
    }

    /// What it calls what has to do with replication.
    pub fn replication(&self, side: Side) -> Result<ReplicationWords, Error> {
        let words = &self.words[usize::from(side == Side::Destination)];
        if let Some(words) = words.get() {
            return Ok(*words);
        }
        let mut session = self.session(side)?;
        let said = session.row("SELECT VERSION()")?.into_iter().next().unwrap_or_default();
        let version = Version::read(&said).ok_or_else(|| Error::NoVersion { place: self.place(side), said })?;
        Ok(*words.get_or_init(|| version.replication()))
    }

    /// What a statement such as `SHOW REPLICA STATUS` says, by the names of its columns.
    pub fn named(&self, side: Side, sql: &str) -> Result<BTreeMap<String, String>, Error> {
        Ok(Session::named(&self.tools, self.login(side), self.goal.timeout, sql)?)
    }

    pub fn defaults(&self, side: Side, purpose: Purpose) -> Result<Defaults, Error> {
        Ok(Defaults::new(self.login(side), purpose)?)
    }

    pub fn place(&self, side: Side) -> String {
        self.login(side).place.to_string()
    }
}
