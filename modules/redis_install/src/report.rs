//! What the module has to say.

use ansible_protocol::{Diff, Failure, MASK, Map, Outcome, Value, json};
use redis::conf;

use crate::apply::Failed;
use crate::daemon::Daemon;
use crate::observe::Observed;
use crate::plan::{Plan, Step};
use crate::{Error, Goal};

/// What a run would do, or need not do.
pub(crate) fn outcome(goal: &Goal, before: &Observed, plan: &Plan) -> Outcome {
    let removes = plan.steps.iter().any(|step| matches!(step, Step::Remove { .. }));
    let version = match (plan.installs(), removes) {
        (true, _) => before.package.candidate.as_ref(),
        (_, true) => None,
        _ => before.package.installed.as_ref(),
    };
    // A daemon about to change is not described by what it says now.
    let daemon = before.daemon.as_ref().ok().filter(|_| plan.steps.is_empty());
    told(goal, before, plan, version, daemon)
}

/// After a run: what the host has now.
pub(crate) fn done(goal: &Goal, before: &Observed, after: &Observed, plan: &Plan) -> Outcome {
    told(goal, before, plan, after.package.installed.as_ref(), after.daemon.as_ref().ok())
}

pub(crate) fn failed(goal: &Goal, plan: &Plan, failed: &Failed) -> Failure {
    let mut failure = Failure::new(failed.error.to_string())
        .changed(failed.changed)
        .field("actions", plan.actions())
        .warn_all(goal.warnings.iter().chain(&plan.warnings).cloned());
    let mut cause = &failed.error;
    while let Error::PutBack { cause: inner, .. } = cause {
        cause = inner;
    }
    if let Error::NotTaken { mismatches, .. } = cause {
        let all = mismatches
            .iter()
            .map(|found| json!({"setting": found.directive, "wanted": found.wanted, "running": found.running}));
        failure = failure.field("mismatches", all.collect::<Value>());
    }
    failure
}

fn told(goal: &Goal, before: &Observed, plan: &Plan, package: Option<&String>, daemon: Option<&Daemon>) -> Outcome {
    let actions = plan.actions();
    let mut text = actions.clone();
    let mut outcome = Outcome::new(!plan.steps.is_empty())
        .field("actions", actions)
        .field("package", json!({"redis-server": package}))
        .field("installed", plan.installs())
        .field("restarted", plan.restarts())
        .field("config_file", goal.config_file.display().to_string())
        .field("settings_file", goal.settings_file.display().to_string())
        .warn_all(goal.warnings.iter().chain(&plan.warnings).cloned());
    if let Some(running) = goal.running() {
        outcome = outcome.field("endpoints", running.endpoints.clone());
        text.push(format!("endpoints: {}", running.endpoints.join(", ")));
        if let Some(daemon) = daemon {
            let settings: Map<String, Value> = running
                .settings
                .running()
                .into_iter()
                .filter_map(|(name, ..)| Some((name.to_owned(), daemon.config.get(name)?.clone().into())))
                .collect();
            outcome = outcome.field("version", daemon.version.clone()).field("settings", settings);
            text.push(format!("running version: {}", daemon.version));
        }
    }
    for diff in diffs(goal, before, plan) {
        outcome = outcome.diff(diff);
    }
    outcome.text(text.into_iter().map(|line| line + "\n").collect::<String>())
}

fn diffs(goal: &Goal, before: &Observed, plan: &Plan) -> Vec<Diff> {
    let mut all = Vec::new();
    let mut add = |path: String, old: &[u8], new: &[u8]| {
        let text = host::unified(&path, old, new);
        all.extend((!text.is_empty()).then(|| Diff::prepared(text)));
    };
    for step in &plan.steps {
        match step {
            Step::WriteSettings(path) => {
                let old = masked(before.settings.bytes.as_deref().unwrap_or_default());
                let new = masked(plan.settings.as_deref().unwrap_or_default().as_bytes());
                add(path.display().to_string(), old.as_bytes(), new.as_bytes());
            }
            Step::Include(path) => {
                if let Some(bytes) = &before.config.bytes {
                    let with = conf::including_last(bytes, &goal.settings_file.display().to_string());
                    add(path.display().to_string(), bytes, &with);
                }
            }
            Step::WriteDropIn(path) => {
                let old = before.drop_in.as_ref().and_then(|found| found.bytes.clone()).unwrap_or_default();
                add(path.display().to_string(), &old, plan.drop_in.as_deref().unwrap_or_default().as_bytes());
            }
            _ => {}
        }
    }
    all
}

/// The file without its passwords.
fn masked(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let line = |line: &str| {
        let name = line.split_whitespace().next().unwrap_or_default().to_ascii_lowercase();
        match name.as_str() {
            "requirepass" | "user" | "masterauth" => format!("{name} {MASK}"),
            _ => line.to_owned(),
        }
    };
    text.lines().map(line).map(|line| line + "\n").collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_shows_no_password() {
        let shown = masked(b"bind 127.0.0.1\nrequirepass \"hidden\"\nuser celery on \">hidden\" allkeys\nport 6379\n");
        assert_eq!(shown, "bind 127.0.0.1\nrequirepass ********\nuser ********\nport 6379\n");
    }
}
