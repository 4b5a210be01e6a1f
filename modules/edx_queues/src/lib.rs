//! Brings Celery's queued tasks from one Redis to another: none lost, none twice, also when a run is killed.
//!
//! Celery's transport keeps a queue as a list: producers add at its left, workers take from its right. The module
//! carries every key of the broker's databases, in order, with its time to live; see [`carry`] for how.

mod carry;
mod copy;
mod drain;
mod error;
mod key;
mod options;
mod pause;
mod plan;
mod report;
mod scripts;
mod server;
mod spec;
mod survey;

pub use error::Error;
pub use options::{Options, Place, State};
pub use spec::{PAGE, SPEC};

use ansible_protocol::{Failure, Outcome, Request, json};

use carry::{Carrying, unstage};
use key::Phase;
use plan::Plan;
use server::Server;
use survey::{Database, survey};

/// The module's body.
pub fn run(request: &Request) -> Result<Outcome, Failure> {
    let options = Options::from_arguments(&request.options)?;
    let mut source = Server::connect(&options.source, options.timeout)?;
    match (options.state, &options.destination) {
        (State::Carried, Some(place)) => carried(request, &options, &mut source, place),
        (State::Returned, Some(place)) => returned(request, &options, &mut source, place),
        (State::Drained, _) => drained(request, &options, &mut source),
        (State::Paused, _) => paused(request, &options, &mut source),
        (_, place) => reported(&options, &mut source, place.as_ref()),
    }
}

fn carried(request: &Request, options: &Options, source: &mut Server, place: &Place) -> Result<Outcome, Failure> {
    let mut destination = Server::connect(place, options.timeout)?;
    let found = survey(source, options.databases.as_deref())?;
    let plan = Plan::carry(found, source, &mut destination)?;
    let (from, to) = (source.name.clone(), destination.name.clone());
    if request.check || !plan.changes_anything() {
        return Ok(report::carried(&from, &to, &plan, &report::predicted(&plan), &[]));
    }
    let mut carrying = Carrying::new(source, &mut destination);
    for database in &plan.databases {
        if let Err(error) = carrying.carry(database.number) {
            return Err(report::broken(&error, &from, &carrying.carried));
        }
    }
    Ok(report::carried(&from, &to, &plan, &carrying.carried, &carrying.warnings))
}

fn returned(request: &Request, options: &Options, source: &mut Server, place: &Place) -> Result<Outcome, Failure> {
    let found = survey(source, options.databases.as_deref())?;
    let plan = Plan::give_back(found, source, &place.target.to_string())?;
    let tasks: u64 = plan.databases.iter().flat_map(Database::staged).map(|key| key.tasks()).sum();
    if request.check || !plan.changes_anything() {
        return Ok(told_returned(source, &plan, tasks, 0));
    }
    let needs_destination =
        |database: &Database| database.round.as_ref().is_some_and(|round| round.phase != Phase::Staging);
    if !plan.databases.iter().any(needs_destination) {
        for database in &plan.databases {
            if let Some(round) = &database.round {
                unstage(source, database, round)?;
            }
        }
        return Ok(told_returned(source, &plan, tasks, 0));
    }
    let mut destination = Server::connect(place, options.timeout)?;
    let mut carrying = Carrying::new(source, &mut destination);
    for database in &plan.databases {
        carrying.give_back(database)?;
    }
    let over: u64 = carrying.carried.iter().map(|carried| carried.key.tasks()).sum();
    let warnings = std::mem::take(&mut carrying.warnings);
    Ok(told_returned(source, &plan, tasks.saturating_sub(over), over).warn_all(warnings))
}

fn told_returned(source: &Server, plan: &Plan, tasks: u64, handed_over: u64) -> Outcome {
    let msg = match plan.changes_anything() {
        false => format!("no move from {} is under way", source.name),
        true if handed_over > 0 => {
            format!("{tasks} tasks are back at {}; {handed_over} had been handed over and stay there", source.name)
        }
        true => format!("{tasks} tasks are back at {}", source.name),
    };
    Outcome::new(plan.changes_anything()).msg(msg).field("returned", tasks).field("handed_over", handed_over)
}

fn drained(request: &Request, options: &Options, source: &mut Server) -> Result<Outcome, Failure> {
    let before = survey(source, options.databases.as_deref())?;
    if !request.check {
        drain::drain(source, options)?;
    }
    // Nothing of it is this module's doing.
    Ok(Outcome::unchanged()
        .msg(format!("{} has no task left", source.name))
        .field("databases", report::databases(&before)))
}

fn paused(request: &Request, options: &Options, source: &mut Server) -> Result<Outcome, Failure> {
    let connected = source.workers()?;
    if request.check {
        let any = connected.is_none_or(|workers| !workers.is_empty());
        return Ok(Outcome::new(any).msg(format!("the workers of {} would take no more tasks", source.name)));
    }
    let databases = match &options.databases {
        Some(numbers) => numbers.clone(),
        None => source.databases()?,
    };
    let paused = pause::pause(source, &databases, options.timeout)?;
    let told = |outcome: Outcome| outcome.field("workers", paused.workers).field("answers", paused.answers);
    if paused.answers < paused.workers {
        let msg = format!(
            "{} of {} workers of {} have said that they take no more tasks",
            paused.answers, paused.workers, source.name
        );
        let advice =
            "one that is stopped while it waits for tasks may lose one: see whether it hangs (celery inspect ping)";
        return Ok(told(Outcome::new(true).msg(msg.clone()).warn(format!("{msg}; {advice}"))));
    }
    Ok(told(Outcome::new(paused.workers > 0).msg(format!(
        "{} of {} workers of {} take no more tasks, until they are restarted",
        paused.answers, paused.workers, source.name
    ))))
}

fn reported(options: &Options, source: &mut Server, place: Option<&Place>) -> Result<Outcome, Failure> {
    let of = |server: &mut Server| -> Result<_, Error> {
        let found = survey(server, options.databases.as_deref())?;
        let tasks: u64 = found.iter().map(Database::tasks).sum();
        let workers = server.workers()?;
        let held: u64 = found.iter().map(Database::held).sum();
        let databases = report::databases(&found);
        let value = json!({"tasks": tasks, "held": held, "workers": workers, "databases": databases});
        Ok((format!("{} has {tasks} tasks queued", server.name), value))
    };
    let (mut msg, value) = of(source)?;
    let mut outcome = Outcome::unchanged().field("source", value);
    if let Some(place) = place {
        let (more, value) = of(&mut Server::connect(place, options.timeout)?)?;
        msg = format!("{msg}; {more}");
        outcome = outcome.field("destination", value);
    }
    Ok(outcome.msg(msg))
}
