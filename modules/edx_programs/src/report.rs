//! From what was observed, planned and done to what Ansible gets.

use std::fmt::Write as _;

use ansible_protocol::{Diff, Failure, Map, Outcome, Value};

use crate::apply::Applied;
use crate::error::Error;
use crate::observe::{Observation, time};
use crate::options::Options;
use crate::plan::{Action, Plan, Reason};
use crate::status::{Program, State};

/// The result's fields, in the order they are declared.
pub(crate) struct Fields {
    restarted: Vec<String>,
    started: Vec<String>,
    already_current: Vec<String>,
    absent: Vec<String>,
    pub(crate) pending: Vec<String>,
    reasons: Map<String, Value>,
    status: Map<String, Value>,
}

impl Fields {
    pub(crate) fn new(
        observation: &Observation,
        plan: &Plan,
        is_done: impl Fn(&str) -> bool,
        status: &[Program],
    ) -> Self {
        let done = |names: Vec<&str>| -> Vec<String> {
            names.into_iter().filter(|name| is_done(name)).map(str::to_owned).collect()
        };
        let owned = |names: Vec<&str>| names.into_iter().map(str::to_owned).collect();
        let reason = |(name, action): &(String, Action)| match action {
            Action::Restart(reason) | Action::Start(reason) | Action::StartOnceStopped(reason) if is_done(name) => {
                Some((name.clone(), Value::from(reason.described(name))))
            }
            _ => None,
        };
        let state = |name: &str| {
            let now = status.iter().find(|program| program.name == name);
            now.map_or_else(|| Value::Null, |program| Value::from(program.state.name()))
        };
        Self {
            restarted: done(plan.restarted()),
            started: done(plan.started()),
            already_current: owned(plan.names(|action| *action == Action::Keep)),
            absent: observation.absent.clone(),
            pending: owned(plan.names(|action| matches!(action, Action::Wait(_)))),
            reasons: plan.steps.iter().filter_map(reason).collect(),
            status: plan.steps.iter().map(|(name, _)| (name.clone(), state(name))).collect(),
        }
    }

    pub(crate) fn entries(self) -> Vec<(&'static str, Value)> {
        vec![
            ("restarted", self.restarted.into()),
            ("started", self.started.into()),
            ("already_current", self.already_current.into()),
            ("absent", self.absent.into()),
            ("pending", self.pending.into()),
            ("reasons", Value::Object(self.reasons)),
            ("status", Value::Object(self.status)),
        ]
    }
}

/// `state: running`: every program runs, or the module fails.
pub(crate) fn preflight(options: &Options, observation: &Observation) -> Result<Outcome, Failure> {
    let steps = observation.programs.iter().map(|observed| {
        let name = observed.program.name.clone();
        (name, if observed.program.state == State::Running { Action::Keep } else { Action::Leave })
    });
    let plan = Plan { steps: steps.collect() };
    let fields = Fields::new(observation, &plan, |_| false, &seen(observation)).entries();
    let mut failures = Vec::new();
    for observed in &observation.programs {
        let name = &observed.program.name;
        if observed.program.state != State::Running {
            let restart = match observed.restarting {
                Some(pid) => format!(", being restarted by process {pid}"),
                None => String::new(),
            };
            let text = format!(
                "is {}{restart}; its log: {} tail {name} stderr",
                observed.program.described(),
                options.supervisorctl.display()
            );
            failures.push((name.clone(), text));
        }
    }
    if failures.is_empty() {
        let outcome = Outcome::unchanged();
        return Ok(fields.into_iter().fold(outcome, |outcome, (name, value)| outcome.field(name, value)));
    }
    let msg = format!(
        "{} of {} programs do not run. {}. Start them, or leave out those that are not meant to run",
        failures.len(),
        observation.programs.len(),
        listed(&failures)
    );
    Err(failure(msg, &failures, fields))
}

/// What would be done, or that there is nothing to do.
pub(crate) fn predicted(options: &Options, observation: &Observation, plan: &Plan) -> Outcome {
    let fields = Fields::new(observation, plan, |_| true, &seen(observation)).entries();
    let outcome = Outcome::new(plan.changes_anything())
        .warn_all(warnings(options, observation, plan))
        .warn_all(pending_warning(options, &pending_before(plan)));
    let outcome = match difference(plan) {
        Some(diff) => outcome.diff(diff),
        None => outcome,
    };
    fields.into_iter().fold(outcome, |outcome, (name, value)| outcome.field(name, value))
}

/// What was done.
pub(crate) fn finished(
    options: &Options,
    observation: &Observation,
    plan: &Plan,
    applied: Applied,
) -> Result<Outcome, Failure> {
    let is_touched = |name: &str| applied.touched.iter().any(|touched| touched == name);
    let before = seen(observation);
    let status = if applied.status.is_empty() { &before } else { &applied.status };
    let mut fields = Fields::new(observation, plan, is_touched, status);
    fields.pending.extend(applied.pending.iter().cloned());
    let pending = fields.pending.clone();
    let fields = fields.entries();
    let warnings = warnings(options, observation, plan).into_iter().chain(pending_warning(options, &pending));
    if let Some(error) = applied.error {
        return Err(failure(interrupted(&error, &applied.touched), &applied.failures, fields)
            .changed(!applied.touched.is_empty())
            .warn_all(warnings));
    }
    if !applied.failures.is_empty() {
        let untouched: Vec<_> = plan.restarted().into_iter().filter(|name| !is_touched(name)).collect();
        let untouched = if untouched.is_empty() {
            String::new()
        } else {
            format!(" Not restarted, because of that: {}.", untouched.join(", "))
        };
        let verb = if plan.restarted().is_empty() { "start" } else { "restart" };
        let msg = format!(
            "{} of the {} programs that were to {verb} do not run as they should. {}.{untouched} Read their logs, \
             correct what is named there, and run this again",
            applied.failures.len(),
            plan.restarted().len() + plan.started().len(),
            listed(&applied.failures)
        );
        return Err(failure(msg, &applied.failures, fields).changed(true).warn_all(warnings));
    }
    let outcome = Outcome::new(true).warn_all(warnings);
    let outcome = match difference(plan) {
        Some(diff) => outcome.diff(diff),
        None => outcome,
    };
    Ok(fields.into_iter().fold(outcome, |outcome, (name, value)| outcome.field(name, value)))
}

pub(crate) fn failure(msg: String, failures: &[(String, String)], fields: Vec<(&'static str, Value)>) -> Failure {
    let failures: Map<String, Value> =
        failures.iter().map(|(name, text)| (name.clone(), Value::from(text.as_str()))).collect();
    let failure = Failure::new(msg).field("failures", Value::Object(failures));
    fields.into_iter().fold(failure, |failure, (name, value)| failure.field(name, value))
}

fn interrupted(error: &Error, touched: &[String]) -> String {
    if touched.is_empty() {
        return error.to_string();
    }
    format!("while {} restarted: {error}", touched.join(", "))
}

pub(crate) fn listed(failures: &[(String, String)]) -> String {
    failures.iter().map(|(name, text)| format!("{name}: {text}")).collect::<Vec<_>>().join(". ")
}

pub(crate) fn seen(observation: &Observation) -> Vec<Program> {
    observation.programs.iter().map(|observed| observed.program.clone()).collect()
}

fn pending_before(plan: &Plan) -> Vec<String> {
    plan.names(|action| matches!(action, Action::Wait(_))).into_iter().map(str::to_owned).collect()
}

fn warnings(options: &Options, observation: &Observation, plan: &Plan) -> Vec<String> {
    let mut warnings = Vec::new();
    for (observed, (name, action)) in observation.programs.iter().zip(&plan.steps) {
        if *action == Action::Leave {
            let advice = match observed.program.state {
                State::Stopping => format!(
                    "it will be STOPPED, and nothing waits to start it again: `{} start {name}` then does",
                    options.supervisorctl.display()
                ),
                State::Starting if options.starts() => "it has yet to run for its `startsecs`".to_owned(),
                _ if options.starts() => "supervisor has to be looked at by hand".to_owned(),
                _ => "it is left so; `start_stopped: true` would start it".to_owned(),
            };
            warnings.push(format!("{name} is {}: {advice}", observed.program.described()));
        }
        warnings.extend(observed.doubts.iter().cloned());
    }
    warnings
}

fn pending_warning(options: &Options, pending: &[String]) -> Option<String> {
    (!pending.is_empty()).then(|| {
        let supervisorctl = options.supervisorctl.display();
        format!(
            "still restarting: {}. A Celery worker finishes its tasks before it stops; its restart goes on by itself. \
             `{supervisorctl} status` shows how far it is, {} what supervisor said. Leave the `supervisorctl restart` and \
             `start-once-stopped` processes alone: they start the programs again",
            pending.join(", "),
            options.worker_log.display()
        )
    })
}

/// What a restart changes, as lines that go and lines that come.
fn difference(plan: &Plan) -> Option<Diff> {
    let mut text = String::new();
    for (name, action) in &plan.steps {
        let (before, after, reason) = match action {
            Action::Restart(reason @ Reason::Stale { started, .. }) => {
                (format!("runs since {}", time(*started)), "restarted", reason)
            }
            Action::Restart(reason) => ("runs".to_owned(), "restarted", reason),
            Action::Start(reason) => ("does not run".to_owned(), "started", reason),
            Action::StartOnceStopped(reason) => ("is stopping".to_owned(), "started", reason),
            _ => continue,
        };
        let _ = writeln!(text, "-{name}: {before}\n+{name}: {after} ({})", reason.described(name));
    }
    (!text.is_empty()).then(|| Diff::prepared(text))
}
