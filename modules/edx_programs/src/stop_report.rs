//! What Ansible gets of programs that were stopped.

use std::fmt::Write as _;

use ansible_protocol::{Diff, Failure, Outcome, Value};

use crate::apply::Applied;
use crate::names::is_worker;
use crate::observe::Observation;
use crate::options::Options;
use crate::plan::{Action, Plan};
use crate::report::{Fields, failure, listed, seen};
use crate::status::Program;

/// What would be stopped, or that there is nothing to stop. As if all that is stopping came to its end.
pub(crate) fn predicted(observation: &Observation, plan: &Plan) -> Outcome {
    let fields = fields(observation, plan, &plan.stopped(), &[], &seen(observation));
    let outcome = with_difference(Outcome::new(plan.changes_anything()), observation, plan);
    fields.into_iter().fold(outcome, |outcome, (name, value)| outcome.field(name, value))
}

/// What was stopped.
pub(crate) fn finished(
    options: &Options,
    observation: &Observation,
    plan: &Plan,
    applied: Applied,
) -> Result<Outcome, Failure> {
    let touched: Vec<&str> = applied.touched.iter().map(String::as_str).collect();
    let failed = applied.failures.iter().map(|(name, _)| name);
    let unstopped: Vec<&str> = applied.pending.iter().chain(failed).map(String::as_str).collect();
    let before = seen(observation);
    let status = if applied.status.is_empty() { &before } else { &applied.status };
    let mut fields = fields(observation, plan, &touched, &unstopped, status);
    for (name, value) in &mut fields {
        if *name == "pending" {
            *value = applied.pending.clone().into();
        }
    }
    let changed = !touched.is_empty();
    if let Some(error) = applied.error {
        let msg = if changed { format!("while {} stopped: {error}", touched.join(", ")) } else { error.to_string() };
        return Err(failure(msg, &applied.failures, fields).changed(changed));
    }
    if !unstopped.is_empty() {
        let msg = unfinished(options, observation.programs.len(), &applied);
        return Err(failure(msg, &applied.failures, fields).changed(changed));
    }
    let outcome = with_difference(Outcome::new(changed), observation, plan);
    Ok(fields.into_iter().fold(outcome, |outcome, (name, value)| outcome.field(name, value)))
}

fn fields(
    observation: &Observation,
    plan: &Plan,
    stopped: &[&str],
    unstopped: &[&str],
    status: &[Program],
) -> Vec<(&'static str, Value)> {
    let names = || plan.steps.iter().map(|(name, _)| name.as_str());
    let list = |names: Vec<&str>| Value::from(names.into_iter().map(str::to_owned).collect::<Vec<_>>());
    let already = names().filter(|name| !stopped.contains(name) && !unstopped.contains(name));
    let mut fields = Fields::new(observation, plan, |_| true, status).entries();
    fields.extend([
        ("stopped", list(names().filter(|name| stopped.contains(name)).collect())),
        ("already_stopped", list(already.collect())),
        ("was_running", list(plan.stopped())),
    ]);
    fields
}

/// What has not stopped, and what to do about it.
fn unfinished(options: &Options, programs: usize, applied: &Applied) -> String {
    let seconds = |name: &str| if is_worker(name) { options.worker_timeout } else { options.timeout }.as_secs();
    let pending = applied.pending.iter().map(|name| {
        let why = if is_worker(name) { ", since a Celery worker finishes its tasks first" } else { "" };
        (name.clone(), format!("is STOPPING still after {} s{why}", seconds(name)))
    });
    let unstopped: Vec<_> = pending.chain(applied.failures.iter().cloned()).collect();
    let mut msg = format!("{} of {programs} programs have not stopped. {}.", unstopped.len(), listed(&unstopped));
    if !applied.pending.is_empty() {
        let any = |workers: bool| applied.pending.iter().any(|name| is_worker(name) == workers);
        let longer = match (any(true), any(false)) {
            (true, true) => "'worker_timeout' and 'timeout'",
            (true, false) => "'worker_timeout'",
            _ => "'timeout'",
        };
        let _ = write!(
            msg,
            " What is STOPPING goes on stopping by itself, and is not started again: wait (`{} status` shows how far it is) \
             and run this again, which joins the wait; to wait longer at once, raise {longer}",
            options.supervisorctl.display()
        );
    }
    if !applied.failures.is_empty() {
        let also = if applied.pending.is_empty() { " Correct" } else { ". Correct" };
        let _ = write!(msg, "{also} what keeps the others from stopping, and run this again");
    }
    msg
}

fn with_difference(outcome: Outcome, observation: &Observation, plan: &Plan) -> Outcome {
    let mut text = String::new();
    for (observed, (name, action)) in observation.programs.iter().zip(&plan.steps) {
        if *action == Action::Stop {
            let _ = writeln!(text, "-{name}: {}\n+{name}: STOPPED", observed.program.state);
        }
    }
    if text.is_empty() { outcome } else { outcome.diff(Diff::prepared(text)) }
}
