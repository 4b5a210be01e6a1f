//! Whether the databases are the same on both servers.

use std::thread;

use ansible_protocol::{Outcome, Value, json};

use crate::checksum::{self, Sum};
use crate::facts::{Facts, chosen};
use crate::goal::Depth;
use crate::picture::{Common, Picture};
use crate::replica::{Following, Halted};
use crate::servers::{Servers, Side};
use crate::{Error, Goal};

/// More differences than this are counted, not listed.
const LISTED: usize = 50;

/// What a comparison has found.
#[derive(Debug, Default)]
pub struct Comparison {
    pub databases: Vec<String>,
    pub differences: Vec<String>,
    /// Those tables whose rows differ: name, rows on either side.
    pub tables: Vec<(String, u64, u64)>,
    pub rows: u64,
    pub table_count: usize,
}

/// The state `compared`.
pub fn run(goal: &Goal, servers: &Servers<'_>) -> Result<Outcome, Error> {
    let found = compare(goal, servers)?;
    let same = found.differences.is_empty();
    if !same && !goal.may_differ {
        return Err(Error::Unfit { problems: vec![told(&found, servers)] });
    }
    let table = |(name, source, destination): &(String, u64, u64)| json!({"table": name, "source_rows": source, "destination_rows": destination});
    Ok(Outcome::new(false)
        .field("equal", same)
        .field("databases", found.databases.clone())
        .field("differences", found.differences.iter().take(LISTED).cloned().collect::<Value>())
        .field("differing_tables", found.tables.iter().map(table).collect::<Value>())
        .field("tables", found.table_count)
        .field("rows", found.rows)
        .msg(if same { summary(&found, goal.depth) } else { told(&found, servers) }))
}

/// Compares.
pub fn compare(goal: &Goal, servers: &Servers<'_>) -> Result<Comparison, Error> {
    let mut source = servers.session(Side::Source)?;
    let mut destination = servers.session(Side::Destination)?;
    let facts = [Facts::ask(&mut source)?, Facts::ask(&mut destination)?];
    let databases = chosen(&mut source, facts[0].version, goal.databases.as_deref())?;
    let databases: Vec<String> = databases.into_iter().map(|database| database.name).collect();
    let common = Common::of(facts[0].version, facts[1].version);
    let here = Picture::look(&mut source, &databases, facts[0].version, common)?;
    let there = Picture::look(&mut destination, &databases, facts[1].version, common)?;
    // One that follows is compared as of one moment, while the source goes on, and with it what it counts.
    let follows = Following::ask(servers)?.is_some();
    let mut differences = here.differences(&there);
    if !follows {
        differences.extend(here.counters_behind(&there));
    }
    let mut found = Comparison { differences, table_count: here.tables.len(), databases, ..Comparison::default() };
    if goal.depth == Depth::Schema {
        return Ok(found);
    }
    let columns = checksum::columns(&mut source, &found.databases)?;
    drop((source, destination));
    let on_both: Vec<_> = here
        .tables
        .iter()
        .filter(|table| there.tables.iter().any(|other| other.database == table.database && other.name == table.name))
        .cloned()
        .collect();
    let count = goal.parallel.min(on_both.len()).max(1);
    let sessions = |side| (0..count).map(|_| servers.session(side)).collect::<Result<Vec<_>, _>>();
    let mut halted = if follows { Some(Halted::new(goal, servers, count)?) } else { None };
    let own = match &mut halted {
        Some(halted) => std::mem::take(&mut halted.sessions),
        None => sessions(Side::Source)?,
    };
    let theirs = sessions(Side::Destination)?;
    let sums = |sessions| checksum::of(sessions, &on_both, &columns, goal.depth);
    let (sources, destinations) = thread::scope(|scope| {
        let other = scope.spawn(|| sums(theirs));
        let own = sums(own);
        (own, other.join())
    });
    drop(halted);
    let (sources, destinations) = (sources?, destinations.unwrap_or_else(|_| Ok(sources_lost()))?);
    for (key, own) in &sources {
        found.rows += own.rows;
        let name = format!("`{}`.`{}`", key.0, key.1);
        let Some(other) = destinations.get(key) else {
            found.differences.push(format!("table {name} could not be compared"));
            continue;
        };
        if let Some(why) = difference(own, other) {
            found.differences.push(format!("table {name} {why}"));
            found.tables.push((name, own.rows, other.rows));
        } else if own.checksum.as_ref().is_some_and(|[.., large]| large != "0") {
            found.differences.push(format!(
                "table {name} has rows too large for the server to sum up; raise max_allowed_packet on both, and compare again"
            ));
        }
    }
    Ok(found)
}

fn sources_lost() -> std::collections::BTreeMap<checksum::Key, Sum> {
    std::collections::BTreeMap::new()
}

fn difference(own: &Sum, other: &Sum) -> Option<String> {
    if own.rows != other.rows {
        return Some(format!("has {} rows on the source and {} on the destination", own.rows, other.rows));
    }
    (own.checksum != other.checksum).then(|| "has other rows on the destination".to_owned())
}

/// What was found to be the same.
pub fn summary(found: &Comparison, depth: Depth) -> String {
    let rows = match depth {
        Depth::Schema => String::new(),
        Depth::Count => format!(", {} rows by their number", found.rows),
        Depth::Checksum => format!(", {} rows each by its checksum", found.rows),
    };
    format!("the same on both: {} databases, {} tables{rows}", found.databases.len(), found.table_count)
}

/// What differs, the first of it.
pub fn told(found: &Comparison, servers: &Servers<'_>) -> String {
    let few: Vec<&str> = found.differences.iter().take(10).map(String::as_str).collect();
    let more = found.differences.len().saturating_sub(few.len());
    let more = if more > 0 { format!("; and {more} more") } else { String::new() };
    format!(
        "{} (source) and {} (destination) differ: {}{more}",
        servers.place(Side::Source),
        servers.place(Side::Destination),
        few.join("; ")
    )
}
