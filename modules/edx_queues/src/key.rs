//! The names under which a move keeps what is under way, and what it notes about itself.

use std::fmt;
use std::str::FromStr;

/// What every name of this module's own starts with.
pub const OWN: &[u8] = b"edxops.queues:";

/// Where the source notes the round that is under way in a database.
pub const ROUND: &[u8] = b"edxops.queues:round";

const STAGED: &[u8] = b"edxops.queues:carry:";

/// Whether a key is this module's own.
pub fn is_own(key: &[u8]) -> bool {
    key.starts_with(OWN)
}

/// The name on the source of what is taken out of the workers' and producers' reach.
pub fn staged(key: &[u8]) -> Vec<u8> {
    [STAGED, key].concat()
}

/// What a staged key was called; none where it is not staged.
pub fn unstaged(key: &[u8]) -> Option<&[u8]> {
    key.strip_prefix(STAGED)
}

/// How far a round is, by its source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Keys are being renamed. Nothing has left the source.
    Staging,
    /// What is staged is all of this round, and on its way.
    Carrying,
    /// Nothing is staged any more; only notes are left.
    Done,
}

/// One round of a move, in one database of the source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Round {
    /// How far it is.
    pub phase: Phase,
    /// Its own name, which no other round has.
    pub id: String,
    /// Where it goes to, `host:port`.
    pub destination: String,
}

impl Round {
    /// The same round in another phase.
    pub fn in_phase(&self, phase: Phase) -> Self {
        Self { phase, ..self.clone() }
    }

    /// Where the destination notes what became of the round.
    pub fn fate(&self) -> Vec<u8> {
        [OWN, self.id.as_bytes(), b":fate"].concat()
    }

    /// The name on the destination of what has yet to be handed over.
    pub fn copy(&self, key: &[u8]) -> Vec<u8> {
        [OWN, self.id.as_bytes(), b":copy:", key].concat()
    }
}

impl fmt::Display for Round {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let phase = match self.phase {
            Phase::Staging => "staging",
            Phase::Carrying => "carrying",
            Phase::Done => "done",
        };
        write!(f, "{phase} {} {}", self.id, self.destination)
    }
}

impl FromStr for Round {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut words = text.split(' ');
        let phase = match words.next() {
            Some("staging") => Phase::Staging,
            Some("carrying") => Phase::Carrying,
            Some("done") => Phase::Done,
            _ => return Err(()),
        };
        match (words.next(), words.next(), words.next()) {
            (Some(id), Some(destination), None) if !id.is_empty() && !destination.is_empty() => {
                Ok(Self { phase, id: id.to_owned(), destination: destination.to_owned() })
            }
            _ => Err(()),
        }
    }
}

/// A key's name for a person.
pub fn shown(key: &[u8]) -> String {
    key.escape_ascii().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_round_is_read_as_it_was_written() {
        let round = Round { phase: Phase::Carrying, id: "a1".to_owned(), destination: "172.31.5.11:6379".to_owned() };
        assert_eq!(round.to_string(), "carrying a1 172.31.5.11:6379");
        assert_eq!(round.to_string().parse(), Ok(round));
        for odd in ["", "carrying", "carrying a1", "moving a1 b:1", "carrying a1 b:1 more", "carrying  b:1"] {
            assert_eq!(odd.parse::<Round>(), Err(()), "{odd}");
        }
    }

    #[test]
    fn a_name_is_unstaged_to_what_it_was() {
        let key = b"edx.lms.core.default\x06\x163";
        assert_eq!(unstaged(&staged(key)), Some(&key[..]));
        assert_eq!(unstaged(key), None);
        assert!(is_own(&staged(key)) && is_own(ROUND) && !is_own(key));
        assert_eq!(shown(key), "edx.lms.core.default\\x06\\x163");
    }
}
