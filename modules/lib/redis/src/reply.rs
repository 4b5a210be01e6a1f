//! What a server answers.

use std::collections::BTreeMap;

/// A reply of RESP2.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// `+OK`
    Status(String),
    /// `-ERR …`, of one command of several; that of a single one is an [`Error::Server`](crate::Error::Server).
    Error(String),
    /// `:42`
    Integer(i64),
    /// A string of bytes.
    Bulk(Vec<u8>),
    /// No value: no such key, or a transaction that was given up.
    Nil,
    /// Several replies.
    Array(Vec<Self>),
}

impl Reply {
    /// What it is, for a message.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Status(_) => "a status",
            Self::Error(_) => "an error",
            Self::Integer(_) => "a number",
            Self::Bulk(_) => "a string",
            Self::Nil => "nothing",
            Self::Array(_) => "a list",
        }
    }

    /// The pairs of a reply to `CONFIG GET` or `HGETALL`, as text; none where it is no such list.
    pub fn pairs(&self) -> Option<BTreeMap<String, String>> {
        let Self::Array(items) = self else { return None };
        let text = |reply: &Self| match reply {
            Self::Bulk(bytes) => Some(String::from_utf8_lossy(bytes).into_owned()),
            _ => None,
        };
        let (pairs, rest) = items.as_chunks::<2>();
        rest.is_empty().then(|| pairs.iter().map(|[name, value]| Some((text(name)?, text(value)?))).collect())?
    }
}
