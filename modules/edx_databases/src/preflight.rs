//! What both servers are, and what would be in the way of a move.

use ansible_protocol::{Outcome, Value, json};
use mysql::{Flavour, Session, modern};

use crate::facts::{Database, Facts, chosen, databases, listed};
use crate::goal::Goal;
use crate::marker;
use crate::servers::{Servers, Side};
use crate::{Error, platform, replica};

/// What a logical copy moves in a second, at least, on a small server: for an estimate, in bytes.
const PACE: u64 = 8 << 20;

/// What was found.
#[derive(Debug, Default)]
pub struct Findings {
    /// What has to be mended first.
    pub problems: Vec<String>,
    /// What an operator should know.
    pub warnings: Vec<String>,
}

/// The state `reported`.
pub fn run(goal: &Goal, servers: &Servers<'_>) -> Result<Outcome, Error> {
    let mut source = servers.session(Side::Source)?;
    let facts = Facts::ask(&mut source)?;
    let there = databases(&mut source, facts.version)?;
    let moving = chosen(&mut source, facts.version, goal.databases.as_deref())?;
    let mut findings = Findings::default();
    of_source(&mut source, &moving, &mut findings)?;
    of_platform(goal, &there, &moving, &mut findings);
    let mut report = facts.report();
    let sizes = |database: &Database| json!({"name": database.name, "tables": database.tables, "bytes": database.bytes, "character_set": modern(&database.character_set), "collation": modern(&database.collation)});
    report["databases"] = there.iter().map(sizes).collect();
    report["moved"] = moved(&mut source)?;
    let bytes: u64 = moving.iter().map(|database| database.bytes).sum();
    let names: Vec<String> = moving.iter().map(|database| database.name.clone()).collect();
    let mut outcome = Outcome::new(false)
        .field("source", report)
        .field("databases", names)
        .field("bytes", bytes)
        .field("estimated_seconds", bytes.div_ceil(PACE) + 10);
    outcome = outcome.field("followable", replica::can_be_followed(&mut source, &facts, goal).is_ok());
    if goal.destination.is_some() {
        let mut destination = servers.session(Side::Destination)?;
        let theirs = Facts::ask(&mut destination)?;
        between(goal, &facts, &theirs, &mut source, &mut destination, &moving, &mut findings)?;
        let mut report = theirs.report();
        report["databases"] = databases(&mut destination, theirs.version)?.iter().map(sizes).collect();
        report["moved"] = moved(&mut destination)?;
        outcome = outcome.field("destination", report);
    }
    let said = format!("{} databases, {} MB", moving.len(), bytes >> 20);
    Ok(outcome
        .field("problems", findings.problems.iter().cloned().collect::<Value>())
        .msg(if findings.problems.is_empty() { said } else { findings.problems.join("; ") })
        .warn_all(findings.warnings))
}

/// What was copied to a server, each database with how far it has come.
fn moved(session: &mut Session) -> Result<Value, Error> {
    let shown = |(name, phase, _): &(String, marker::Phase, String)| json!({"name": name, "phase": format!("{phase:?}").to_lowercase()});
    Ok(marker::read(session)?.iter().map(shown).collect())
}

/// What is odd about the source.
pub fn of_source(source: &mut Session, moving: &[Database], findings: &mut Findings) -> Result<(), Error> {
    let names = listed(moving.iter().map(|database| database.name.as_str()));
    let sql = format!(
        "SELECT ENGINE, COUNT(*), MIN(CONCAT(TABLE_SCHEMA, '.', TABLE_NAME)) FROM information_schema.TABLES WHERE \
         TABLE_SCHEMA IN ({names}) AND TABLE_TYPE = 'BASE TABLE' AND ENGINE <> 'InnoDB' GROUP BY ENGINE"
    );
    for row in source.query(&sql)? {
        if let [engine, count, example] = row.as_slice() {
            findings.warnings.push(format!(
                "{count} tables are of the engine {engine}, such as {example}: they are copied, and are consistent only because the platform stands still; ALTER TABLE ... ENGINE=InnoDB makes them safe in a crash"
            ));
        }
    }
    Ok(())
}

/// Databases that the settings files do not know, or that are not on the source.
fn of_platform(goal: &Goal, there: &[Database], moving: &[Database], findings: &mut Findings) {
    let users = match platform::users(&goal.folder) {
        Ok(users) => users,
        Err(error) => {
            findings.warnings.push(format!("which databases are Open edX's could not be told: {error}"));
            return;
        }
    };
    let strangers: Vec<&str> = moving
        .iter()
        .map(|database| database.name.as_str())
        .filter(|name| !users.iter().any(|user| user.database == *name))
        .collect();
    if !strangers.is_empty() {
        findings.warnings.push(format!(
            "{} stands in no settings file of Open edX: it moves as well, and whatever else uses it has to be pointed to the new server by hand",
            strangers.join(", ")
        ));
    }
    let staying: Vec<&str> = there
        .iter()
        .map(|database| database.name.as_str())
        .filter(|name| !moving.iter().any(|database| database.name == *name))
        .collect();
    if !staying.is_empty() {
        findings.warnings.push(format!(
            "{} stays on the old server, which becomes read-only with the move, so nothing can write to it any more",
            staying.join(", ")
        ));
    }
}

/// What the destination cannot hold, or would hold differently.
pub fn between(
    goal: &Goal,
    source: &Facts,
    destination: &Facts,
    source_session: &mut Session,
    destination_session: &mut Session,
    moving: &[Database],
    findings: &mut Findings,
) -> Result<(), Error> {
    let (from, to) = (source.version, destination.version);
    match (from.flavour, to.flavour) {
        (Flavour::MariaDb, Flavour::MySql) => findings.problems.push(format!(
            "the source is {from} and the destination {to}: MySQL reads MariaDB's definitions only in part; take MariaDB as the destination"
        )),
        (Flavour::MySql, Flavour::MariaDb) => findings.warnings.push(format!(
            "the source is {from} and the destination {to}: columns of type json become longtext, and Open edX's later upgrades expect MySQL"
        )),
        _ if to.is_since(from.major, from.minor) => {}
        // As a rule it takes what came from it.
        _ if goal.copying.adapt => {
            findings.warnings.push(format!("the destination is {to}, older than the source ({from})"));
        }
        _ => findings.problems.push(format!(
            "the destination is {to}, older than the source ({from}): take the same or a later release"
        )),
    }
    if destination.max_allowed_packet < source.max_allowed_packet {
        findings.problems.push(format!(
            "max_allowed_packet is {} on the destination, less than the source's {}: raise it there (edx_mysql_max_allowed_packet_mb)",
            destination.max_allowed_packet, source.max_allowed_packet
        ));
    }
    if destination.lower_case_table_names != source.lower_case_table_names {
        findings.problems.push(format!(
            "lower_case_table_names is {} on the destination and {} on the source: it has to be the same, and can be set only before the server's first start",
            destination.lower_case_table_names, source.lower_case_table_names
        ));
    }
    if source.has_time_zones && !destination.has_time_zones {
        findings.warnings.push(
            "the destination has no time zones, and the source has: load them there with mysql_tzinfo_to_sql /usr/share/zoneinfo, as the role edx_mysql does".to_owned(),
        );
    }
    if (&destination.character_set, &destination.collation) != (&source.character_set, &source.collation) {
        findings.warnings.push(format!(
            "the destination's own character set is {} ({}), the source's {} ({}): what moves keeps its own, new databases get the other",
            destination.character_set, destination.collation, source.character_set, source.collation
        ));
    }
    missing(source_session, destination_session, moving, findings)
}

/// Engines and collations that are used and not there.
fn missing(
    source: &mut Session,
    destination: &mut Session,
    moving: &[Database],
    findings: &mut Findings,
) -> Result<(), Error> {
    let names = listed(moving.iter().map(|database| database.name.as_str()));
    let used = format!(
        "SELECT DISTINCT COLLATION_NAME FROM information_schema.COLUMNS WHERE TABLE_SCHEMA IN ({names}) AND \
         COLLATION_NAME IS NOT NULL UNION SELECT DEFAULT_COLLATION_NAME FROM information_schema.SCHEMATA WHERE \
         SCHEMA_NAME IN ({names})"
    );
    let there = "SELECT COLLATION_NAME FROM information_schema.COLLATIONS";
    let has: Vec<String> = destination.query(there)?.into_iter().flatten().map(|name| modern(&name)).collect();
    let used = source.query(&used)?.into_iter().flatten().map(|name| modern(&name));
    let lacking: Vec<String> = used.filter(|name| !has.contains(name)).collect();
    if !lacking.is_empty() {
        findings.problems.push(format!("the destination does not know the collation {}", lacking.join(", ")));
    }
    let used = format!(
        "SELECT DISTINCT ENGINE FROM information_schema.TABLES WHERE TABLE_SCHEMA IN ({names}) AND ENGINE IS NOT NULL"
    );
    let there = "SELECT ENGINE FROM information_schema.ENGINES WHERE SUPPORT IN ('YES', 'DEFAULT')";
    let has: Vec<String> = destination.query(there)?.into_iter().flatten().collect();
    let lacking: Vec<String> = source
        .query(&used)?
        .into_iter()
        .flatten()
        .filter(|engine| !has.iter().any(|known| known.eq_ignore_ascii_case(engine)))
        .collect();
    if !lacking.is_empty() {
        findings.problems.push(format!("the destination does not have the engine {}", lacking.join(", ")));
    }
    Ok(())
}
