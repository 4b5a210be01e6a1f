//! What the module has to say.

use ansible_protocol::{Diff, Failure, Map, Outcome, Value, json};

use crate::apply::Failed;
use crate::observe::{Observed, Place, Server};
use crate::plan::{Plan, Step};
use crate::{Error, Goal};

/// What a run would do, or need not do.
pub(crate) fn outcome(goal: &Goal, place: &Place, before: &Observed, plan: &Plan) -> Outcome {
    let removes = plan.steps.iter().any(|step| matches!(step, Step::Remove { .. }));
    let version = match (plan.installs(), removes) {
        (true, _) => before.package.candidate.as_ref(),
        (_, true) => None,
        _ => before.package.installed.as_ref(),
    };
    told(goal, place, before, plan, version, before.server.as_ref().ok())
}

/// After a run: what the host has now.
pub(crate) fn done(goal: &Goal, place: &Place, before: &Observed, after: &Observed, plan: &Plan) -> Outcome {
    told(goal, place, before, plan, after.package.installed.as_ref(), after.server.as_ref().ok())
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
    if let Error::NotTaken { mismatches } = cause {
        let all = mismatches
            .iter()
            .map(|found| json!({"setting": found.variable, "wanted": found.wanted, "running": found.running}));
        failure = failure.field("mismatches", all.collect::<Value>());
    }
    failure
}

fn told(
    goal: &Goal,
    place: &Place,
    before: &Observed,
    plan: &Plan,
    package: Option<&String>,
    server: Option<&Server>,
) -> Outcome {
    let actions = plan.actions();
    let mut text = actions.clone();
    let mut outcome = Outcome::new(!plan.steps.is_empty())
        .field("actions", actions)
        .field("flavour", place.distribution.flavour.to_string().to_lowercase())
        .field("package", json!({place.distribution.package: package}))
        .field("service", place.distribution.service)
        .field("installed", plan.installs())
        .field("restarted", plan.restarts())
        .field("settings_file", place.settings_file.display().to_string())
        .warn_all(goal.warnings.iter().chain(&plan.warnings).cloned());
    if let Some(running) = goal.running() {
        outcome = outcome.field("endpoints", running.endpoints.clone());
        text.push(format!("endpoints: {}", running.endpoints.join(", ")));
        if let Some(server) = server {
            let settings: Map<String, Value> = running
                .settings
                .running(server.version)
                .into_iter()
                .filter_map(|(name, _)| Some((name.to_owned(), server.variables.get(name)?.clone().into())))
                .collect();
            outcome = outcome
                .field("version", server.full_version.clone())
                .field("settings", settings)
                .field("databases", server.databases.clone())
                .field("time_zones", server.has_time_zones)
                .field("free_bytes", server.free_bytes);
            text.push(format!("running version: {}", server.full_version));
        }
    }
    for diff in diffs(before, plan) {
        outcome = outcome.diff(diff);
    }
    outcome.text(text.into_iter().map(|line| line + "\n").collect::<String>())
}

fn diffs(before: &Observed, plan: &Plan) -> Vec<Diff> {
    let mut all = Vec::new();
    for step in &plan.steps {
        let (path, old, new) = match step {
            Step::WriteSettings(path) => (path, before.settings.bytes.clone(), plan.settings.as_deref()),
            Step::WriteDropIn(path) => {
                (path, before.drop_in.as_ref().and_then(|found| found.bytes.clone()), plan.drop_in.as_deref())
            }
            _ => continue,
        };
        let text =
            host::unified(&path.display().to_string(), &old.unwrap_or_default(), new.unwrap_or_default().as_bytes());
        all.extend((!text.is_empty()).then(|| Diff::prepared(text)));
    }
    all
}
