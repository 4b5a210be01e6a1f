//! What can be wrong with a status that comes back as JSON.

use std::fmt;

/// A status that cannot be read. Each says where, as a key path: `hosts[1].layers[0].place`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// A key is not there.
    #[error("{0} is missing: this is not a status that edx_verify made")]
    Missing(At),
    /// A value of another kind.
    #[error("{at} is {found}, and has to be {wanted}")]
    Kind {
        /// Where.
        at: At,
        /// What it has to be.
        wanted: &'static str,
        /// What it is.
        found: &'static str,
    },
    /// A word that is none of those that can stand there.
    #[error("{at} is {word:?}, and has to be one of {}", known.join(", "))]
    Word {
        /// Where.
        at: At,
        /// The word, shortened.
        word: String,
        /// Those that can stand there.
        known: Vec<&'static str>,
    },
    /// A list that is longer than any real one.
    #[error("{at} has {found} items; at most {limit} are read")]
    TooMany {
        /// Where.
        at: At,
        /// How many there are.
        found: usize,
        /// How many may be there.
        limit: usize,
    },
    /// A text that is longer than any real one.
    #[error("{at} has {found} bytes; at most {limit} are read")]
    TooLong {
        /// Where.
        at: At,
        /// How many there are.
        found: usize,
        /// How many may be there.
        limit: usize,
    },
    /// The same thing a second time.
    #[error("{at} says {what} a second time")]
    Twice {
        /// Where.
        at: At,
        /// The layer, or the host.
        what: String,
    },
    /// A layer that the list does not have.
    #[error("{at} says nothing of {layer}: each layer has to be there, unused ones as well")]
    NoLayer {
        /// Where.
        at: At,
        /// Its name.
        layer: &'static str,
    },
}

/// Where in the JSON: a key path.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct At(String);

impl At {
    pub(crate) fn key(&self, key: &str) -> Self {
        Self(if self.0.is_empty() { key.to_owned() } else { format!("{}.{key}", self.0) })
    }

    pub(crate) fn index(&self, index: usize) -> Self {
        Self(format!("{}[{index}]", self.0))
    }
}

impl fmt::Display for At {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(if self.0.is_empty() { "the status" } else { &self.0 })
    }
}
