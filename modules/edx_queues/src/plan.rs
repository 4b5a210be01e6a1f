//! What a run will do, decided before it does any of it.

use crate::error::Error;
use crate::server::Server;
use crate::survey::{self, Database};

/// What is to be carried, database by database.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    /// The databases with something to do.
    pub databases: Vec<Database>,
    /// What the operator should know.
    pub warnings: Vec<String>,
}

impl Plan {
    /// Whether there is anything to do.
    pub fn changes_anything(&self) -> bool {
        !self.databases.is_empty()
    }

    /// What is carried from `found`, the source's databases.
    pub fn carry(found: Vec<Database>, source: &mut Server, destination: &mut Server) -> Result<Self, Error> {
        same(source, destination)?;
        let databases = unfinished(found, source, destination)?;
        for database in destination.databases()? {
            if let Some(round) = survey::round(destination, database)? {
                let server = destination.name.clone();
                return Err(Error::DestinationUnderWay { server, database, destination: round.destination });
            }
        }
        let mut warnings = Vec::new();
        match source.workers()? {
            Some(workers) if workers.is_empty() => {}
            Some(workers) => {
                return Err(Error::Workers { server: source.name.clone(), workers: workers.join(", ") });
            }
            None => warnings.push(format!(
                "source {} does not list its clients, so that nobody can tell whether workers are still connected",
                source.name
            )),
        }
        if !databases.is_empty() {
            room(source, destination)?;
        }
        warnings.extend(evicts(destination));
        Ok(Self { databases, warnings })
    }

    /// What of an earlier, interrupted run comes back to the source.
    pub fn give_back(found: Vec<Database>, source: &Server, destination: &str) -> Result<Self, Error> {
        let begun = found.into_iter().filter(|database| database.round.is_some()).collect();
        Ok(Self { databases: to(begun, source, destination)?, warnings: Vec::new() })
    }
}

fn unfinished(found: Vec<Database>, source: &Server, destination: &Server) -> Result<Vec<Database>, Error> {
    to(found.into_iter().filter(|database| !database.is_done()).collect(), source, &destination.name)
}

/// The databases, when none of them is under way to anywhere else.
fn to(databases: Vec<Database>, source: &Server, destination: &str) -> Result<Vec<Database>, Error> {
    let elsewhere = |database: &Database| {
        let round = database.round.as_ref().filter(|round| round.destination != destination)?;
        let destination = round.destination.clone();
        Some(Error::Elsewhere { server: source.name.clone(), database: database.number, destination })
    };
    match databases.iter().find_map(elsewhere) {
        Some(error) => Err(error),
        None => Ok(databases),
    }
}

fn same(source: &Server, destination: &Server) -> Result<(), Error> {
    match (source.info.get("run_id"), destination.info.get("run_id")) {
        (Some(one), Some(other)) if one == other => {
            Err(Error::Same { from: source.name.clone(), to: destination.name.clone(), run_id: one.to_owned() })
        }
        _ => Ok(()),
    }
}

/// A destination that is full refuses what comes; with `noeviction` that is an error in the middle, else tasks are
/// lost. For a moment it holds a copy and what it is merged with, never more than what comes.
fn room(source: &Server, destination: &Server) -> Result<(), Error> {
    let limit = destination.info.number("maxmemory").unwrap_or(0);
    if limit == 0 {
        return Ok(());
    }
    let used = destination.info.number("used_memory").unwrap_or(0);
    // What the source has beyond what it had empty, when it started.
    let all = source.info.number("used_memory").unwrap_or(0);
    let needed = all.saturating_sub(source.info.number("used_memory_startup").unwrap_or(0));
    let free = limit.saturating_sub(used);
    if free < needed {
        return Err(Error::NoRoom { server: destination.name.clone(), free, limit, needed });
    }
    Ok(())
}

fn evicts(destination: &Server) -> Option<String> {
    let policy = destination.info.get("maxmemory_policy")?;
    let is_limited = destination.info.number("maxmemory").unwrap_or(0) > 0;
    (is_limited && policy != "noeviction").then(|| {
        format!(
            "destination {} has maxmemory_policy {policy}: when its memory is full it throws queues away; set noeviction",
            destination.name
        )
    })
}
