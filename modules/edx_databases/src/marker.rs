//! A note on the destination of what this module has put there and whether it is whole.

use mysql::{Session, literal};

use crate::Error;

/// The database of the note. It stays small, and may be dropped when a move is over.
pub const DATABASE: &str = "edxops_move";

/// How far a database has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Only part of it may be there.
    Copying,
    /// All of it is there.
    Copied,
}

impl Phase {
    const fn word(self) -> &'static str {
        match self {
            Self::Copying => "copying",
            Self::Copied => "copied",
        }
    }
}

/// The databases of the note, each with how far it has come and from where. None where there is no note.
pub fn read(session: &mut Session) -> Result<Vec<(String, Phase, String)>, Error> {
    let there = format!(
        "SELECT COUNT(*) FROM information_schema.TABLES WHERE TABLE_SCHEMA = '{DATABASE}' AND TABLE_NAME = 'moved'"
    );
    if session.row(&there)?.first().is_none_or(|count| count == "0") {
        return Ok(Vec::new());
    }
    let rows = session.query(&format!("SELECT name, phase, source FROM {DATABASE}.moved"))?;
    let read = |row: mysql::Row| {
        let [name, phase, source] = row.try_into().ok()?;
        let phase = if phase == Phase::Copied.word() { Phase::Copied } else { Phase::Copying };
        Some((name, phase, source))
    };
    Ok(rows.into_iter().filter_map(read).collect())
}

/// Notes how far databases have come.
pub fn write<'a>(
    session: &mut Session,
    names: impl IntoIterator<Item = &'a str>,
    phase: Phase,
    source: &str,
) -> Result<(), Error> {
    session.query(&format!("CREATE DATABASE IF NOT EXISTS {DATABASE} CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"))?;
    session.query(&format!(
        "CREATE TABLE IF NOT EXISTS {DATABASE}.moved (name VARCHAR(64) NOT NULL PRIMARY KEY, phase VARCHAR(16) NOT \
         NULL, source VARCHAR(1000) NOT NULL, since TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP) ENGINE=InnoDB"
    ))?;
    for name in names {
        session.query(&format!(
            "REPLACE INTO {DATABASE}.moved (name, phase, source) VALUES ({}, '{}', {})",
            literal(name),
            phase.word(),
            literal(source)
        ))?;
    }
    Ok(())
}
