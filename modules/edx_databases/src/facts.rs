//! What a server says of itself.

use ansible_protocol::{Value, json};
use mysql::{Flavour, Session, Version, literal, modern};

use crate::Error;

/// The databases that are the server's own, and this module's note.
const OWN: [&str; 5] = ["mysql", "information_schema", "performance_schema", "sys", crate::marker::DATABASE];

/// What a server says of itself.
#[derive(Debug, Clone)]
pub struct Facts {
    pub version: Version,
    /// As it says.
    pub full_version: String,
    /// Its host name and port, and an identity that a copy of its disk does not share at another address.
    pub identity: String,
    pub character_set: String,
    pub collation: String,
    pub sql_mode: String,
    pub max_allowed_packet: u64,
    pub lower_case_table_names: String,
    pub is_read_only: bool,
    pub has_binary_log: bool,
    pub has_time_zones: bool,
}

impl Facts {
    pub fn ask(session: &mut Session) -> Result<Self, Error> {
        let sql = "SELECT VERSION(), CONCAT(@@hostname, ':', @@port, ':', @@datadir), @@character_set_server, \
                   @@collation_server, @@GLOBAL.sql_mode, @@GLOBAL.max_allowed_packet, @@lower_case_table_names, \
                   @@GLOBAL.read_only, @@log_bin, CONVERT_TZ('2000-01-01', 'UTC', 'Europe/Paris') IS NOT NULL";
        let row = session.row(sql)?;
        let field = |index: usize| row.get(index).cloned().unwrap_or_default();
        let full_version = field(0);
        let version = Version::read(&full_version)
            .ok_or_else(|| Error::NoVersion { place: session.place().to_string(), said: full_version.clone() })?;
        Ok(Self {
            version,
            full_version,
            identity: field(1),
            character_set: modern(&field(2)),
            collation: modern(&field(3)),
            sql_mode: field(4),
            max_allowed_packet: field(5).parse().unwrap_or(0),
            lower_case_table_names: field(6),
            is_read_only: is_on(&field(7)),
            has_binary_log: is_on(&field(8)),
            has_time_zones: is_on(&field(9)),
        })
    }

    /// For the result.
    pub fn report(&self) -> Value {
        json!({
            "version": self.full_version,
            "flavour": self.version.flavour.to_string(),
            "character_set": self.character_set,
            "collation": self.collation,
            "sql_mode": self.sql_mode,
            "max_allowed_packet": self.max_allowed_packet,
            "read_only": self.is_read_only,
            "binary_log": self.has_binary_log,
        })
    }
}

fn is_on(text: &str) -> bool {
    !matches!(text, "" | "0" | "OFF" | "NO_VALUE")
}

/// A database and how much is in it.
#[derive(Debug, Clone)]
pub struct Database {
    pub name: String,
    pub character_set: String,
    pub collation: String,
    pub tables: u64,
    /// Of data and indexes, as the server estimates.
    pub bytes: u64,
}

/// Every database that is not the server's own.
pub fn databases(session: &mut Session, version: Version) -> Result<Vec<Database>, Error> {
    fresh_statistics(session, version)?;
    let own: Vec<String> = OWN.iter().map(|name| literal(name)).collect();
    let sql = format!(
        "SELECT s.SCHEMA_NAME, s.DEFAULT_CHARACTER_SET_NAME, s.DEFAULT_COLLATION_NAME, COUNT(t.TABLE_NAME), \
         COALESCE(SUM(t.DATA_LENGTH + t.INDEX_LENGTH), 0) FROM information_schema.SCHEMATA s \
         LEFT JOIN information_schema.TABLES t ON t.TABLE_SCHEMA = s.SCHEMA_NAME \
         WHERE s.SCHEMA_NAME NOT IN ({}) GROUP BY 1, 2, 3 ORDER BY 1",
        own.join(", ")
    );
    let rows = session.query(&sql)?;
    let read = |row: mysql::Row| {
        let [name, character_set, collation, tables, bytes] = row.try_into().ok()?;
        Some(Database {
            name,
            character_set,
            collation,
            tables: tables.parse().unwrap_or(0),
            bytes: bytes.parse().unwrap_or(0),
        })
    };
    Ok(rows.into_iter().filter_map(read).collect())
}

/// Those of `wanted`, or all.
pub fn chosen(session: &mut Session, version: Version, wanted: Option<&[String]>) -> Result<Vec<Database>, Error> {
    let mut found = databases(session, version)?;
    let place = session.place().to_string();
    let Some(wanted) = wanted else {
        return if found.is_empty() { Err(Error::Nothing { place }) } else { Ok(found) };
    };
    let has = |name: &&String| found.iter().any(|database| database.name == **name);
    let missing: Vec<String> = wanted.iter().filter(|name| !has(name)).cloned().collect();
    if missing.is_empty() {
        found.retain(|database| wanted.contains(&database.name));
        return Ok(found);
    }
    Err(Error::NoDatabase { place, missing, there: found.into_iter().map(|database| database.name).collect() })
}

/// MySQL 8 remembers sizes and counters of tables for a day.
pub fn fresh_statistics(session: &mut Session, version: Version) -> Result<(), Error> {
    if version.flavour == Flavour::MySql && version.is_since(8, 0) {
        session.query("SET SESSION information_schema_stats_expiry = 0")?;
    }
    Ok(())
}

/// Names as a list of SQL.
pub fn listed<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    names.into_iter().map(literal).collect::<Vec<_>>().join(", ")
}
