//! What a run has to say.

use std::collections::BTreeMap;

use ansible_protocol::{Failure, Outcome, Value, json};

use crate::carry::Carried;
use crate::error::Error;
use crate::key::shown;
use crate::plan::Plan;
use crate::survey::{Database, Key};

/// Queues with their tasks, for a message.
pub fn told(databases: &[Database]) -> String {
    let mut parts = Vec::new();
    for database in databases {
        for key in &database.keys {
            if key.tasks() > 0 {
                parts.push(format!("{} in {} (database {})", key.tasks(), shown(&key.name), database.number));
            }
            if key.held() > 0 {
                parts.push(format!("{} held by workers (database {})", key.held(), database.number));
            }
        }
    }
    parts.join(", ")
}

/// The databases as they are.
pub fn databases(found: &[Database]) -> Value {
    let of = |database: &Database| {
        json!({
            "database": database.number,
            "queues": queues(database.keys.iter()),
            "tasks": database.tasks(),
            "held": database.held(),
            "under_way_to": database.round.as_ref().map(|round| round.destination.clone()),
        })
    };
    found.iter().map(of).collect()
}

/// The queues that hold tasks, with their number.
fn queues<'a>(keys: impl Iterator<Item = &'a Key>) -> BTreeMap<String, u64> {
    let mut queues = BTreeMap::new();
    for key in keys.filter(|key| key.tasks() > 0) {
        *queues.entry(shown(&key.name)).or_default() += key.tasks();
    }
    queues
}

/// What was carried, or would be.
pub fn carried(source: &str, destination: &str, plan: &Plan, all: &[Carried], warnings: &[String]) -> Outcome {
    let (tasks, fields) = counted(all);
    let resumed = plan.databases.iter().any(|database| database.round.is_some());
    let msg = match (plan.changes_anything(), tasks) {
        (false, _) => format!("{source} holds nothing: all is at {destination}"),
        (true, 1) => format!("1 task carried from {source} to {destination}"),
        (true, _) => format!("{tasks} tasks carried from {source} to {destination}"),
    };
    let outcome = Outcome::new(plan.changes_anything()).msg(msg).field("resumed", resumed);
    fields
        .into_iter()
        .fold(outcome, |outcome, (name, value)| outcome.field(name, value))
        .warn_all(plan.warnings.iter().chain(warnings).cloned())
}

/// A carrying that broke off, with what of it is done.
pub fn broken(error: &Error, source: &str, all: &[Carried]) -> Failure {
    let (tasks, fields) = counted(all);
    let failure = Failure::new(format!(
        "{error}. {tasks} tasks are carried; the others are at {source} or on their way: run again, or take back what is on its way with `state: returned`"
    ))
    .changed(true);
    fields.into_iter().fold(failure, |failure, (name, value)| failure.field(name, value))
}

fn counted(all: &[Carried]) -> (u64, [(&'static str, Value); 3]) {
    let mut by_database: BTreeMap<u32, Vec<&Key>> = BTreeMap::new();
    for carried in all {
        by_database.entry(carried.database).or_default().push(&carried.key);
    }
    let tasks = all.iter().map(|carried| carried.key.tasks()).sum();
    let of = |(database, keys): (u32, Vec<&Key>)| {
        json!({
            "database": database,
            "queues": queues(keys.iter().copied()),
            "tasks": keys.iter().map(|key| key.tasks()).sum::<u64>(),
            "held": keys.iter().map(|key| key.held()).sum::<u64>(),
            "keys": keys.len(),
        })
    };
    let databases: Value = by_database.into_iter().map(of).collect();
    (tasks, [("carried", tasks.into()), ("keys", all.len().into()), ("databases", databases)])
}

/// What the plan would carry, as what was carried is told.
pub fn predicted(plan: &Plan) -> Vec<Carried> {
    let all = |database: &Database| -> Vec<Carried> {
        let number = database.number;
        database.keys.iter().map(|key| Carried { database: number, key: key.clone() }).collect()
    };
    plan.databases.iter().flat_map(all).collect()
}
