//! The two servers, and sessions on them.

use std::collections::BTreeMap;

use mysql::{Defaults, Login, Purpose, Session, Tools};

use crate::{Error, Goal};

/// The two servers.
#[derive(Debug)]
pub struct Servers<'g> {
    pub tools: Tools,
    goal: &'g Goal,
}

/// One of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    Source,
    Destination,
}

impl<'g> Servers<'g> {
    pub fn new(goal: &'g Goal) -> Result<Self, Error> {
        Ok(Self { tools: Tools::find()?, goal })
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

    /// What a statement such as `SHOW SLAVE STATUS` says, by the names of its columns.
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
