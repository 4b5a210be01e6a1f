//! What the module has to say.

use std::fmt::Write as _;

use ansible_protocol::{Diff, Failure, Map, Outcome, Value, json};
use memcached::RunningSettings;

use crate::apply::{Applied, Failed};
use crate::boot;
use crate::observe::{Daemon, Observed};
use crate::plan::{Plan, Step};
use crate::{Error, Goal};

/// In check mode: what a run would do.
pub(crate) fn predicted(goal: &Goal, before: &Observed, plan: &Plan) -> Outcome {
    let to_install: Vec<&str> = plan
        .steps
        .iter()
        .flat_map(|step| match step {
            Step::Install(packages) => packages.clone(),
            _ => Vec::new(),
        })
        .collect();
    let to_remove: Vec<&str> = plan
        .steps
        .iter()
        .flat_map(|step| match step {
            Step::Remove { packages, .. } => packages.clone(),
            _ => Vec::new(),
        })
        .collect();
    let mut versions = Map::new();
    for package in &before.packages {
        let version = match package.name {
            name if to_install.contains(&name) => package.candidate.clone(),
            name if to_remove.contains(&name) => None,
            _ => package.installed.clone(),
        };
        versions.insert(package.name.to_owned(), version.into());
    }
    // A daemon about to change is not described by what it says now.
    let daemon = before.daemon.as_ref().ok().filter(|_| plan.is_empty());
    outcome(goal, before, plan, versions, daemon)
}

/// After a run: what the host has now.
pub(crate) fn done(goal: &Goal, before: &Observed, after: &Observed, plan: &Plan, applied: Applied) -> Outcome {
    let versions =
        after.packages.iter().map(|package| (package.name.to_owned(), package.installed.clone().into())).collect();
    let outcome = outcome(goal, before, plan, versions, after.daemon.as_ref().ok());
    match applied.backup {
        Some(path) => outcome.field("backup_file", path.display().to_string()),
        None => outcome,
    }
}

pub(crate) fn failed(goal: &Goal, before: &Observed, plan: &Plan, failed: &Failed) -> Failure {
    let mut failure = Failure::new(failed.error.to_string())
        .changed(failed.changed)
        .field("actions", plan.actions())
        .warn_all(goal.warnings.clone());
    if failed.config_stays
        && let Some(diff) = config_diff(before, plan)
    {
        failure = failure.diff(diff);
    }
    let mut cause = &failed.error;
    while let Error::PutBack { cause: inner, .. } = cause {
        cause = inner;
    }
    if let Error::NotTaken { mismatches, .. } = cause {
        let list: Vec<Value> = mismatches
            .iter()
            .map(|found| json!({"setting": found.setting, "wanted": found.wanted, "running": found.running}))
            .collect();
        failure = failure.field("mismatches", list);
    }
    failure
}

fn outcome(
    goal: &Goal,
    before: &Observed,
    plan: &Plan,
    versions: Map<String, Value>,
    daemon: Option<&Daemon>,
) -> Outcome {
    let actions = plan.actions();
    let mut outcome = Outcome::new(!plan.is_empty())
        .field("actions", actions.clone())
        .field("package", versions)
        .field("installed", plan.installs())
        .field("restarted", plan.restarts())
        .field("config_file", goal.config_file.display().to_string())
        .warn_all(goal.warnings.clone());
    let mut text = String::new();
    for action in &actions {
        let _ = writeln!(text, "{action}");
    }
    if let Some(running) = goal.running() {
        outcome = outcome.field("endpoints", running.endpoints.clone());
        let _ = writeln!(text, "endpoints: {}", running.endpoints.join(", "));
    }
    if let Some(daemon) = daemon {
        if let Some(version) = &daemon.version {
            outcome = outcome.field("version", version.clone());
            let _ = writeln!(text, "running version: {version}");
        }
        outcome = outcome.field("settings", settings(&daemon.settings));
    }
    for diff in config_diff(before, plan).into_iter().chain(drop_in_diff(before, plan)) {
        outcome = outcome.diff(diff);
    }
    outcome.text(text)
}

fn config_diff(before: &Observed, plan: &Plan) -> Option<Diff> {
    let after = plan.config.as_ref()?;
    let text = host::unified(
        &before.config.path.display().to_string(),
        before.config.bytes.as_deref().unwrap_or_default(),
        after.after(),
    );
    Some(Diff::prepared(text))
}

fn drop_in_diff(before: &Observed, plan: &Plan) -> Option<Diff> {
    let drop_in = before.drop_in.as_ref()?;
    let after = plan.steps.iter().find_map(|step| match step {
        Step::WriteDropIn(_) => Some(boot::TEXT),
        Step::RemoveDropIn(_) => Some(""),
        _ => None,
    })?;
    let path = drop_in.path.display().to_string();
    let before = drop_in.bytes.as_deref().unwrap_or_default();
    Some(Diff::prepared(host::unified(&path, before, after.as_bytes())))
}

fn settings(running: &RunningSettings) -> Map<String, Value> {
    let known = running.entries().into_iter().map(|(name, value)| {
        let value = match value {
            memcached::Value::Number(number) => number.into(),
            memcached::Value::Text(text) => text.into(),
            memcached::Value::Switch(switch) => switch.into(),
        };
        (name.to_owned(), value)
    });
    let other = running.other.iter().map(|(name, value)| (name.clone(), Value::from(value.clone())));
    known.chain(other).collect()
}
