//! What the operator, and the next task, get to know.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use ansible_protocol::{Diff, Outcome, Value, json};
use edx_layout::{ServerVars, ThisHost, configured_programs, programs_to_restart, root_of, service_of};

use file_set::Label;

use crate::entry::Spot;
use crate::judge::Kept;
use crate::leftovers::Leftovers;
use crate::plan::{FilePlan, ValueChange};
use crate::service::{Service, Words};
use crate::settings::Wanted;
use crate::state::State;

/// What a run knows besides its plans.
#[derive(Debug)]
pub struct Context<'a> {
    /// Whether nothing was written.
    pub check: bool,
    /// The settings folder.
    pub folder: &'a Path,
    /// Whose servers, and the release of Open edX.
    pub wanted: Wanted,
    /// This host.
    pub here: &'a ThisHost,
    /// The variables of the next upgrade.
    pub vars: ServerVars,
    /// The addresses that this host comes from at the servers to point at.
    pub client_addresses: Vec<String>,
    /// Fields of the result that other services fill.
    pub empty_fields: &'a [&'static str],
}

/// The backup that belongs to a run.
#[derive(Debug, Default)]
pub struct BackupReport {
    /// Its label.
    pub label: Option<String>,
    /// Its files.
    pub files: Vec<PathBuf>,
}

impl BackupReport {
    /// A backup without files yet.
    pub fn of(label: &Label) -> Self {
        Self { label: Some(label.to_string()), files: Vec::new() }
    }

    /// The backup that a run with these plans makes.
    pub fn predicted(label: &Label, plans: &[FilePlan]) -> Self {
        let changing = plans.iter().filter(|plan| plan.changes_file());
        Self { files: changing.map(|plan| label.backup_of(&plan.path)).collect(), ..Self::of(label) }
    }
}

/// The result of a run that wrote, or in check mode would write, `plans`.
pub fn outcome(
    plans: &[FilePlan],
    others: &[Leftovers],
    backup: BackupReport,
    warnings: Vec<String>,
    context: &Context<'_>,
) -> Outcome {
    let Wanted { service, release } = context.wanted;
    let root = root_of(context.folder);
    let configured = root.as_deref().and_then(configured_programs);
    let programs =
        |plans: &[&FilePlan]| programs_to_restart(plans.iter().map(|plan| &plan.path), release, configured.as_ref());
    let caching: Vec<&FilePlan> =
        plans.iter().filter(|plan| !plan.before.is_empty() || !plan.after.is_empty()).collect();
    let changed: Vec<&FilePlan> = plans.iter().filter(|plan| plan.changes_file()).collect();
    let vars = &context.vars;
    let words = service.words();
    let mut text = text(&caching, &changed, vars);
    let restart = programs(&changed);
    if !restart.is_empty() {
        let when = if context.check { "to restart" } else { "restart" };
        let _ = writeln!(text, "{when}: {}", restart.join(", "));
    }

    let mut outcome = Outcome::new(!changed.is_empty())
        .field("files", caching.iter().map(|plan| file(plan)).collect::<Value>())
        .field(words.field, reports(plans))
        .field("kept", plans.iter().flat_map(kept).collect::<Value>())
        .field("endpoints_before", endpoints(plans.iter().flat_map(|plan| &plan.before)))
        .field("endpoints_after", endpoints(plans.iter().flat_map(|plan| &plan.after)))
        .field("endpoints_local", local(service, plans, context.here))
        .field("client_addresses", context.client_addresses.clone())
        .field("services", services(&caching))
        .field("programs", restart)
        .field("affected_programs", programs(&caching))
        .field("server_vars", Value::Object(vars.vars.clone()))
        .field("server_vars_default", vars.at_default.clone())
        .field("unexpressed", unexpressed(vars))
        .field("release", release.map(edx_layout::Release::name))
        .field("backup", backup.label)
        .field("backup_files", backup.files.iter().map(|path| path.display().to_string()).collect::<Value>())
        .text(text)
        .msg(summary(words, &caching, &changed))
        .warn_all(warnings)
        .warn_all(plans.iter().flat_map(kept_warnings))
        .warn_all(staying(words, plans))
        .warn_all(vars.unexpressed.iter().map(|cache| format!("the next upgrade will change these servers: {cache}")))
        .warn_all(plans.iter().map(|plan| &plan.leftovers).chain(others).flat_map(Leftovers::warnings));
    for field in context.empty_fields {
        outcome = outcome.field(field, Value::Array(Vec::new()));
    }
    for plan in &changed {
        outcome = outcome.diff(Diff::prepared(hunks(words, plan)));
    }
    outcome
}

fn file(plan: &FilePlan) -> Value {
    let change = |change: &ValueChange| json!({"path": change.key_path, "line": change.line, "before": change.before, "after": change.after});
    json!({
        "path": plan.path.display().to_string(),
        "changed": plan.changes_file(),
        "changes": plan.changes.iter().map(change).collect::<Value>(),
    })
}

fn reports(plans: &[FilePlan]) -> Value {
    plans.iter().flat_map(|plan| &plan.after).flat_map(|state| state.reports.iter().cloned()).collect()
}

fn kept(plan: &FilePlan) -> impl Iterator<Item = Value> {
    plan.kept.iter().map(|cache| {
        json!({
            "file": plan.path.display().to_string(),
            "key_path": cache.key_path,
            "line": cache.line,
            "reason": cache.why.to_string(),
        })
    })
}

fn kept_warnings(plan: &FilePlan) -> impl Iterator<Item = String> {
    plan.kept
        .iter()
        .filter(|cache| cache.why.is_worrying())
        .map(|cache| format!("{}:{}: {}: {}", plan.path.display(), cache.line, cache.key_path, cache.why))
}

/// A warning for each set of servers that `replace` does not mean: one for each
/// cache would bury what a mistyped `replace` looks like.
fn staying(words: &'static Words, plans: &[FilePlan]) -> impl Iterator<Item = String> {
    let mut found: Vec<(&[String], usize)> = Vec::new();
    for cache in plans.iter().flat_map(|plan| &plan.kept) {
        let Kept::Foreign(servers) = &cache.why else { continue };
        let is_same = |known: &[String]| {
            known.iter().all(|server| servers.contains(server)) && servers.iter().all(|server| known.contains(server))
        };
        match found.iter_mut().find(|(known, _)| is_same(known)) {
            Some((_, caches)) => *caches += 1,
            None => found.push((servers, 1)),
        }
    }
    found.into_iter().map(move |(servers, caches)| {
        let (stay, them) = if caches == 1 { (" stays", "it") } else { ("s stay", "them") };
        let names = if servers.len() == 1 { "it" } else { "them" };
        format!("{caches} {}{stay} on {}: name {names} in replace to move {them}", words.user, servers.join(", "))
    })
}

/// Each server once, in the order in which they stand in the files.
fn endpoints<'a>(states: impl Iterator<Item = &'a State>) -> Vec<&'a str> {
    let mut found: Vec<&str> = Vec::new();
    for server in states.flat_map(|state| &state.servers) {
        if !found.contains(&server.as_str()) {
            found.push(server);
        }
    }
    found
}

/// The servers before and after that are this host itself, by whichever of its names and addresses.
fn local<'a>(service: &dyn Service, plans: &'a [FilePlan], here: &ThisHost) -> Vec<&'a str> {
    let mut found = endpoints(plans.iter().flat_map(|plan| plan.before.iter().chain(&plan.after)));
    found.retain(|text| service.endpoint(text).is_ok_and(|endpoint| here.is_local(&endpoint)));
    found
}

fn services(plans: &[&FilePlan]) -> Value {
    let mut found: Vec<&str> = Vec::new();
    for service in plans.iter().filter_map(|plan| service_of(&plan.path)) {
        if !found.contains(&service.name) {
            found.push(service.name);
        }
    }
    found.into()
}

fn unexpressed(vars: &ServerVars) -> Value {
    vars.unexpressed
        .iter()
        .map(|cache| {
            json!({
                "file": cache.file.display().to_string(),
                "key_path": cache.key_path,
                "reason": cache.reason.to_string(),
            })
        })
        .collect()
}

fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => "nothing".to_owned(),
        value => value.to_string(),
    }
}

/// The values that change, by key path. Whole lines would show whatever else
/// stands on them: a cache written in one line may have its password there.
fn hunks(words: &Words, plan: &FilePlan) -> String {
    let file = plan.path.display();
    let mut text = format!("--- {file}\n+++ {file}\n");
    for change in &plan.changes {
        let _ = writeln!(text, "@@ line {} @@", change.line);
        let _ = writeln!(text, "-{}: {}", change.key_path, shown(&change.before));
        let other = if change.before == change.after { " (another user or password)" } else { "" };
        let _ = writeln!(text, "+{}: {}{other}", change.key_path, shown(&change.after));
    }
    if plan.changes.is_empty() {
        let _ = writeln!(text, "(only the way in which {} are written changes)", words.values);
    }
    text
}

fn summary(words: &Words, caching: &[&FilePlan], changed: &[&FilePlan]) -> String {
    let caches: usize = caching.iter().map(|plan| plan.after.len()).sum();
    match (caches, changed.len()) {
        (0, _) => format!("no {} in these files", words.user_in_full),
        (_, 0) => format!("{caches} {}s in {}, none to change", words.user_in_full, count(caching.len())),
        (_, files) => {
            let set: usize = changed.iter().map(|plan| plan.changes.len()).sum();
            format!("{set} {} in {} of {}", words.values, count(files), caching.len())
        }
    }
}

fn count(files: usize) -> String {
    format!("{files} {}", if files == 1 { "file" } else { "files" })
}

fn differ(values: &(&Spot, &Spot)) -> bool {
    values.0.differs(values.1)
}

/// For a person at a terminal.
fn text(caching: &[&FilePlan], changed: &[&FilePlan], vars: &ServerVars) -> String {
    let mut text = String::new();
    for plan in caching {
        let _ = writeln!(text, "{}", plan.path.display());
        for state in &plan.after {
            let was = plan.before.iter().find(|before| before.key_path == state.key_path);
            let from = was.map(State::shown).filter(|was| *was != state.shown());
            let from = from.map(|was| format!("{} -> ", shown(&was))).unwrap_or_default();
            let others = was.map_or(0, |was| std::iter::zip(&was.values, &state.values).filter(differ).count());
            let also = if others > usize::from(!from.is_empty()) { " (another user or password)" } else { "" };
            let _ = writeln!(text, "  {}: {from}{}{also}", state.key_path, shown(&state.shown()));
        }
    }
    if !changed.is_empty() && !vars.vars.is_empty() {
        text.push_str("for server-vars.yml:\n");
        for (name, value) in &vars.vars {
            let _ = writeln!(text, "  {name}: {value}");
        }
    }
    for cache in &vars.unexpressed {
        let _ = writeln!(text, "not for server-vars.yml: {cache}");
    }
    text
}
