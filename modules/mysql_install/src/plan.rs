//! From what is asked and what is there to the steps between: a value, nothing is done here.

use std::fmt;
use std::path::PathBuf;

use host::{Activity, Definition, DropInChange};

use crate::goal::{Running, Wish};
use crate::observe::{Observed, Place, system_has_time_zones};
use crate::{Error, Goal};

/// What is to be done, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Plan {
    pub steps: Vec<Step>,
    /// What the module's own file is to say.
    pub settings: Option<String>,
    /// What the drop-in is to say.
    pub drop_in: Option<String>,
    pub warnings: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    UpdateLists,
    Install(&'static str),
    WriteSettings(PathBuf),
    WriteDropIn(PathBuf),
    RemoveFile(PathBuf),
    Enable(&'static str),
    Start(&'static str),
    Restart { service: &'static str, why: String },
    LoadTimeZones,
    Admit { user: String, host: String },
    Dismiss { user: String, host: String },
    Remove { package: &'static str, purge: bool },
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UpdateLists => write!(f, "read the package lists anew"),
            Self::Install(package) => write!(f, "install {package}"),
            Self::WriteSettings(path) | Self::WriteDropIn(path) => write!(f, "write {}", path.display()),
            Self::RemoveFile(path) => write!(f, "remove {}", path.display()),
            Self::Enable(service) => write!(f, "enable the service {service}"),
            Self::Start(service) => write!(f, "start the service {service}"),
            Self::Restart { service, why } => write!(f, "restart the service {service} ({why})"),
            Self::LoadTimeZones => write!(f, "load the system's time zones"),
            Self::Admit { user, host } => write!(f, "let the administrator {user} in from {host}"),
            Self::Dismiss { user, host } => write!(f, "remove the administrator {user}@{host}"),
            Self::Remove { package, purge: false } => write!(f, "remove {package}"),
            Self::Remove { package, purge: true } => write!(f, "remove {package} with its configuration and data"),
        }
    }
}

impl Plan {
    pub fn installs(&self) -> bool {
        self.steps.iter().any(|step| matches!(step, Step::Install(_)))
    }

    pub fn restarts(&self) -> bool {
        self.steps.iter().any(|step| matches!(step, Step::Restart { .. }))
    }

    pub fn actions(&self) -> Vec<String> {
        self.steps.iter().map(ToString::to_string).collect()
    }
}

pub(crate) fn plan(goal: &Goal, place: &Place, seen: &Observed) -> Result<Plan, Error> {
    match &goal.wish {
        Wish::Running(running) => towards_running(running, place, seen),
        Wish::Absent { purge, force } => towards_absent(*purge, *force, place, seen),
    }
}

/// Waits for the network, since a server that cannot bind its address ends.
const DROP_IN: &str = "# Written by mysql_install.\n[Unit]\nWants=network-online.target\nAfter=network-online.target\n\n\
                       [Service]\nRestart=on-failure\nRestartSec=5\n";

fn towards_running(running: &Running, place: &Place, seen: &Observed) -> Result<Plan, Error> {
    let mut plan = Plan::default();
    let package = place.distribution.package;
    let is_new = seen.package.installed.is_none();
    let is_due = match (&seen.package.installed, &seen.package.candidate) {
        (None, _) => true,
        (Some(installed), Some(candidate)) => running.latest && installed != candidate,
        (Some(_), None) => false,
    };
    if is_due {
        if seen.package.candidate.is_none() {
            plan.steps.push(Step::UpdateLists);
        }
        plan.steps.push(Step::Install(package));
    }
    let version = match &seen.server {
        Ok(server) if !is_due => server.version,
        _ => version_of(place, seen, is_due)?,
    };
    let file = running.settings.file(version);
    let file_changes = seen.settings.bytes.as_deref() != Some(file.as_bytes());
    if file_changes {
        plan.steps.push(Step::WriteSettings(place.settings_file.clone()));
    }
    plan.settings = Some(file);
    let drop_in = seen.drop_in.as_ref().and_then(|found| found.change(Some(DROP_IN)));
    if let Some(DropInChange::Write(path)) = drop_in {
        plan.steps.push(Step::WriteDropIn(path));
    }
    plan.drop_in = Some(DROP_IN.to_owned());
    service_steps(running, place, seen, is_new, is_due, file_changes, version, &mut plan)?;
    let server = seen.server.as_ref().ok();
    if running.time_zones && !server.is_some_and(|server| server.has_time_zones) {
        if system_has_time_zones() {
            plan.steps.push(Step::LoadTimeZones);
        } else {
            plan.warnings.push(
                "this host has no /usr/share/zoneinfo (package tzdata), so the server has no time zones".to_owned(),
            );
        }
    }
    if let Some(admin) = &running.admin {
        let known = server.map(|server| server.admin_hosts.as_slice()).unwrap_or_default();
        let user = &admin.user;
        let gone = known.iter().filter(|host| !admin.hosts.contains(host));
        plan.steps.extend(gone.map(|host| Step::Dismiss { user: user.clone(), host: host.clone() }));
        plan.steps.extend(admin.hosts.iter().map(|host| Step::Admit { user: user.clone(), host: host.clone() }));
    }
    Ok(plan)
}

/// The version of a server that is still to come, by its package.
fn version_of(place: &Place, seen: &Observed, is_due: bool) -> Result<mysql::Version, Error> {
    let package = place.distribution.package;
    let known = if is_due { seen.package.candidate.as_ref() } else { seen.package.installed.as_ref() };
    match known {
        Some(text) => {
            place.distribution.version(text).ok_or_else(|| Error::NoVersion { package, version: text.clone() })
        }
        // The lists are still to be read; the newest one is as good a guess as any, and it is only for check mode.
        None => Ok(mysql::Version { flavour: place.distribution.flavour, major: 99, minor: 0 }),
    }
}

#[allow(clippy::too_many_arguments, reason = "each is one thing that decides")]
fn service_steps(
    running: &Running,
    place: &Place,
    seen: &Observed,
    is_new: bool,
    is_due: bool,
    file_changes: bool,
    version: mysql::Version,
    plan: &mut Plan,
) -> Result<(), Error> {
    let service = place.distribution.service;
    let restart = |why: String| Step::Restart { service, why };
    if seen.service.definition == Definition::Masked {
        return Err(Error::Masked { service });
    }
    if is_new {
        plan.steps.push(Step::Enable(service));
        plan.steps.push(restart("it runs with the package's settings".to_owned()));
        return Ok(());
    }
    if !seen.service.enabled {
        plan.steps.push(Step::Enable(service));
    }
    if seen.service.activity != Activity::Running {
        plan.steps.push(Step::Start(service));
        return Ok(());
    }
    let why = match &seen.server {
        Err(reason) => Some(format!("it does not answer: {reason}")),
        Ok(server) => {
            let running_value = |name: &str| server.variables.get(name).cloned();
            let mismatches = running.settings.mismatches(version, &running_value);
            let told: Vec<String> = mismatches.iter().map(ToString::to_string).collect();
            match (told.is_empty(), file_changes, is_due) {
                (false, ..) => Some(told.join("; ")),
                (_, true, _) => Some("its configuration changes".to_owned()),
                (.., true) => Some("its package is upgraded".to_owned()),
                _ => None,
            }
        }
    };
    plan.steps.extend(why.map(restart));
    Ok(())
}

fn towards_absent(purge: bool, force: bool, place: &Place, seen: &Observed) -> Result<Plan, Error> {
    let mut plan = Plan::default();
    let is_there = seen.package.installed.is_some();
    if let Ok(server) = &seen.server
        && is_there
        && !force
        && !server.databases.is_empty()
    {
        return Err(Error::HoldsData(server.databases.clone()));
    }
    if is_there || (purge && seen.package.remains) {
        plan.steps.push(Step::Remove { package: place.distribution.package, purge });
    }
    if let Some(DropInChange::Remove(path)) = seen.drop_in.as_ref().and_then(|found| found.change(None)) {
        plan.steps.push(Step::RemoveFile(path));
    }
    if seen.settings.bytes.is_some() {
        plan.steps.push(Step::RemoveFile(place.settings_file.clone()));
    }
    Ok(plan)
}
