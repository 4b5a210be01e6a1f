//! From what is asked and what is there to the steps between: a value, nothing is done here.

use std::fmt;
use std::path::PathBuf;

use host::{Activity, Definition, DropInChange};
use redis::conf;

use crate::goal::{Running, Wish};
use crate::observe::{Observed, Overcommit};
use crate::settings::{Settings, Version};
use crate::{Error, Goal, texts};

/// The newest Redis that the directives were read of, for a host that does not know yet which one it gets.
const NEWEST: Version = Version { major: 7, minor: 2 };

/// What is to be done, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Plan {
    pub steps: Vec<Step>,
    /// What the module's own file is to say; none where it goes, or is none of the task's business.
    pub settings: Option<String>,
    /// What the drop-in is to say.
    pub drop_in: Option<String>,
    pub warnings: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    UpdateLists,
    Install,
    WriteSettings(PathBuf),
    Include(PathBuf),
    WriteDropIn(PathBuf),
    RemoveDropIn(PathBuf),
    WriteSysctl(PathBuf),
    SetOvercommit,
    Enable(String),
    TurnOnAppendOnly,
    Set { directive: &'static str, value: String },
    Start(String),
    Restart { service: String, why: String },
    Remove { purge: bool },
    RemoveFile(PathBuf),
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UpdateLists => write!(f, "read the package lists anew"),
            Self::Install => write!(f, "install redis-server"),
            Self::WriteSettings(path) | Self::WriteDropIn(path) | Self::WriteSysctl(path) => {
                write!(f, "write {}", path.display())
            }
            Self::Include(path) => write!(f, "include it at the end of {}", path.display()),
            Self::SetOvercommit => write!(f, "set vm.overcommit_memory to 1"),
            Self::Enable(service) => write!(f, "enable the service {service}"),
            Self::TurnOnAppendOnly => write!(f, "turn the append-only file on while Redis runs"),
            Self::Set { directive, value } => write!(f, "set {directive} to {value} while Redis runs"),
            Self::Start(service) => write!(f, "start the service {service}"),
            Self::Restart { service, why } => write!(f, "restart the service {service} ({why})"),
            Self::Remove { purge: false } => write!(f, "remove redis-server"),
            Self::Remove { purge: true } => write!(f, "remove redis-server with its configuration and data"),
            Self::RemoveFile(path) | Self::RemoveDropIn(path) => write!(f, "remove {}", path.display()),
        }
    }
}

impl Plan {
    pub fn installs(&self) -> bool {
        self.steps.contains(&Step::Install)
    }

    pub fn restarts(&self) -> bool {
        self.steps.iter().any(|step| matches!(step, Step::Restart { .. }))
    }

    pub fn actions(&self) -> Vec<String> {
        self.steps.iter().map(ToString::to_string).collect()
    }
}

pub(crate) fn plan(goal: &Goal, seen: &Observed) -> Result<Plan, Error> {
    match &goal.wish {
        Wish::Running(running) => towards_running(goal, running, seen),
        Wish::Absent { purge, force } => towards_absent(goal, *purge, *force, seen),
    }
}

fn towards_running(goal: &Goal, running: &Running, seen: &Observed) -> Result<Plan, Error> {
    let mut plan = Plan::default();
    let settings = &running.settings;
    let is_due = match (&seen.package.installed, &seen.package.candidate) {
        (None, _) => true,
        (Some(installed), Some(candidate)) => running.latest && installed != candidate,
        (Some(_), None) => false,
    };
    if is_due {
        if seen.package.candidate.is_none() {
            plan.steps.push(Step::UpdateLists);
        }
        plan.steps.push(Step::Install);
    }
    let version = version(seen, is_due, settings)?;
    let is_new = seen.package.installed.is_none();
    let file = settings.file(version);
    let file_changes = seen.settings.bytes.as_deref() != Some(file.as_bytes());
    if file_changes || !seen.settings_is_safe {
        plan.steps.push(Step::WriteSettings(goal.settings_file.clone()));
    }
    let path = goal.settings_file.display().to_string();
    match &seen.config.bytes {
        Some(bytes) if conf::including_last(bytes, &path) == *bytes => {}
        None if !is_new => return Err(Error::NoConfig { path: goal.config_file.clone() }),
        _ => plan.steps.push(Step::Include(goal.config_file.clone())),
    }
    let drop_in = texts::drop_in(settings.maxclients, host::needs_network(&settings.listen));
    let drop_in_change = seen.drop_in.as_ref().and_then(|found| found.change(Some(&drop_in)));
    plan.drop_in = Some(drop_in);
    let limits_change = drop_in_change.is_some();
    plan.steps.extend(drop_in_change.map(drop_in_step));
    if running.overcommit_memory {
        overcommit(&mut plan, seen);
    }
    let service = goal.service.clone();
    if seen.service.definition == Definition::Masked {
        return Err(Error::Masked { service });
    }
    if is_new {
        plan.steps.push(Step::Enable(service.clone()));
        if settings.appendonly {
            // The package starts it; what an earlier one has left may be in it.
            plan.steps.push(Step::TurnOnAppendOnly);
        }
        plan.steps.push(Step::Restart { service, why: "it runs with the package's settings".to_owned() });
        plan.settings = Some(file);
        return Ok(plan);
    }
    if seen.service.definition == Definition::Missing {
        return Err(Error::NoService { service });
    }
    if !seen.service.enabled {
        plan.steps.push(Step::Enable(service.clone()));
    }
    if seen.service.activity == Activity::Running {
        let is_changed = file_changes && differs_beyond_live(seen.settings.bytes.as_deref(), &file, settings);
        let steps = bring_in_line(&service, settings, seen, is_changed, limits_change, is_due);
        plan.steps.extend(steps);
    } else {
        plan.steps.push(Step::Start(service));
    }
    plan.settings = Some(file);
    Ok(plan)
}

/// What has to be done to a daemon that runs.
fn bring_in_line(
    service: &str,
    settings: &Settings,
    seen: &Observed,
    file_changes: bool,
    limits_change: bool,
    upgraded: bool,
) -> Vec<Step> {
    let restart = |why: String| Step::Restart { service: service.to_owned(), why };
    let Some(daemon) = seen.own_daemon() else {
        let why = match &seen.daemon {
            Err(reason) => format!("it does not answer: {reason}"),
            Ok(_) => "another process answers where it should".to_owned(),
        };
        return vec![restart(why)];
    };
    let mismatches = daemon.mismatches(settings);
    let mut steps = Vec::new();
    let runs_without = daemon.config.get("appendonly").is_some_and(|value| value == "no");
    if settings.appendonly && runs_without {
        // First of all: started with it, Redis would read an append-only file that is not there, and be empty.
        steps.push(Step::TurnOnAppendOnly);
    }
    let fixed: Vec<String> =
        mismatches.iter().filter(|(_, is_live)| !is_live).map(|(mismatch, _)| mismatch.to_string()).collect();
    let why = match (fixed.is_empty(), file_changes, limits_change, upgraded) {
        (false, ..) => Some(fixed.join("; ")),
        (_, true, ..) => Some("its configuration changes".to_owned()),
        (_, _, true, _) => Some("its limits change".to_owned()),
        (.., true) => Some("its package is upgraded".to_owned()),
        _ => None,
    };
    match why {
        Some(why) => steps.push(restart(why)),
        None => steps.extend(
            mismatches
                .into_iter()
                .filter(|(mismatch, _)| mismatch.directive != "appendonly" || !settings.appendonly)
                .map(|(mismatch, _)| Step::Set { directive: mismatch.directive, value: mismatch.wanted }),
        ),
    }
    steps
}

/// Whether the file changes in more than what can be set while Redis runs.
fn differs_beyond_live(before: Option<&[u8]>, after: &str, settings: &Settings) -> bool {
    let live: Vec<_> = settings.running().into_iter().filter(|(.., is_live)| *is_live).map(|(name, ..)| name).collect();
    let others = |text: &str| -> Vec<String> {
        let found = conf::directives(text.as_bytes()).filter(|found| !live.contains(&found.name.as_str()));
        found.map(|found| format!("{} {:?}", found.name, found.arguments)).collect()
    };
    let Some(before) = before else {
        // What it says may be what runs already, but for directives that are not looked at.
        return !settings.extra.is_empty();
    };
    others(&String::from_utf8_lossy(before)) != others(after)
}

fn version(seen: &Observed, is_due: bool, settings: &Settings) -> Result<Version, Error> {
    let package = if is_due { seen.package.candidate.as_ref() } else { seen.package.installed.as_ref() };
    let version = package.and_then(|text| Version::read(text));
    match version {
        Some(found) if settings.username.is_some() && found.major < 6 => {
            Err(Error::NoUsers { version: format!("{}.{}", found.major, found.minor) })
        }
        found => Ok(found.unwrap_or(NEWEST)),
    }
}

fn overcommit(plan: &mut Plan, seen: &Observed) {
    if seen.sysctl.bytes.as_deref() != Some(texts::SYSCTL.as_bytes()) {
        plan.steps.push(Step::WriteSysctl(seen.sysctl.path.clone()));
    }
    match seen.overcommit {
        Overcommit::On => {}
        Overcommit::Off => plan.steps.push(Step::SetOvercommit),
        Overcommit::Fixed => plan.warnings.push(
            "vm.overcommit_memory is not 1 and cannot be set from here, as in a container: set it on the machine below, else \
             Redis may fail to save when memory is short"
                .to_owned(),
        ),
    }
}

fn drop_in_step(change: DropInChange) -> Step {
    match change {
        DropInChange::Write(path) => Step::WriteDropIn(path),
        DropInChange::Remove(path) => Step::RemoveDropIn(path),
    }
}

fn towards_absent(goal: &Goal, purge: bool, force: bool, seen: &Observed) -> Result<Plan, Error> {
    let mut plan = Plan::default();
    let is_there = seen.package.installed.is_some();
    if is_there
        && !force
        && let Some(daemon) = seen.own_daemon()
        && daemon.keys > 0
    {
        return Err(Error::HoldsKeys { endpoint: goal.local().to_string(), keys: daemon.keys });
    }
    if is_there || (purge && seen.package.remains) {
        plan.steps.push(Step::Remove { purge });
    }
    plan.steps.extend(seen.drop_in.as_ref().and_then(|found| found.change(None)).map(drop_in_step));
    if seen.sysctl.bytes.is_some() {
        plan.steps.push(Step::RemoveFile(seen.sysctl.path.clone()));
    }
    if purge && seen.settings.bytes.is_some() {
        plan.steps.push(Step::RemoveFile(goal.settings_file.clone()));
    }
    Ok(plan)
}
