//! Whether what names a server is to be pointed elsewhere.

use edx_layout::{Endpoint, ThisHost};

use crate::options::Given;
use crate::replace::Pattern;

/// Where the settings shall point.
#[derive(Debug, Clone)]
pub struct Wish {
    /// The servers, in order.
    pub endpoints: Vec<Endpoint>,
    /// Which servers they replace.
    pub replace: Vec<Pattern>,
    /// The user and password for them.
    pub given: Given,
}

/// Why an entry stays as it is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Kept {
    /// Servers that the wish says nothing about.
    #[error("its servers are not among those to replace ({}); name them in `replace` if they are to go", .0.join(", "))]
    Foreign(Vec<String>),
    /// Some of its servers are to be replaced, these are not.
    #[error("of its servers only some are to be replaced, so the list was left alone; name {} in `replace`, too, if the whole list is to go", .0.join(", "))]
    Mixed(Vec<String>),
    /// Why the operator has to look at it.
    #[error("{0}")]
    Worrying(String),
    /// Why there is nothing to look at.
    #[error("{0}")]
    Unused(&'static str),
}

impl Kept {
    /// Whether the operator has to look at it. Other servers may well be
    /// meant to stay, so what points at them is only counted.
    pub fn is_worrying(&self) -> bool {
        matches!(self, Self::Mixed(_) | Self::Worrying(_))
    }
}

impl Wish {
    /// Whether `server` is one of the wished ones, or to be replaced.
    pub fn covers(&self, server: &Endpoint, here: &ThisHost) -> bool {
        self.endpoints.contains(server) || self.replace.iter().any(|pattern| pattern.matches(server, here))
    }

    /// Why an entry with these servers, each with its text, stays: they are pointed elsewhere when each of them is
    /// either one of the wished ones or to be replaced. A list of which only a part is to be replaced stays whole.
    pub fn allows<'a>(
        &self,
        servers: impl IntoIterator<Item = (String, &'a Endpoint)>,
        here: &ThisHost,
    ) -> Result<(), Kept> {
        let (mut staying, mut count) = (Vec::new(), 0);
        for (text, server) in servers {
            count += 1;
            if !self.covers(server, here) {
                staying.push(text);
            }
        }
        if staying.is_empty() {
            Ok(())
        } else if staying.len() == count {
            Err(Kept::Foreign(staying))
        } else {
            Err(Kept::Mixed(staying))
        }
    }
}
