//! From what is asked and what is there to the steps between: a value, nothing is done here.

use std::fmt;
use std::path::PathBuf;

use host::{Activity, Definition, DropInChange, Package};
use memcached::compare;
use memcached::conf::Document;

use crate::boot;
use crate::goal::{Running, Wish};
use crate::observe::Observed;
use crate::{Error, Goal};

/// What is to be done, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Plan {
    pub steps: Vec<Step>,
    /// What becomes of the configuration file, where it changes.
    pub config: Option<ConfigChange>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ConfigChange {
    /// These bytes are written.
    Write(Vec<u8>),
    Remove,
}

impl ConfigChange {
    /// The file as it will be.
    pub fn after(&self) -> &[u8] {
        match self {
            Self::Write(bytes) => bytes,
            Self::Remove => &[],
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    WriteConfig(PathBuf),
    /// systemd's drop-in for memcached, see [`crate::boot`].
    WriteDropIn(PathBuf),
    RemoveDropIn(PathBuf),
    UpdateLists,
    Install(Vec<&'static str>),
    Enable(String),
    Start(String),
    Restart {
        service: String,
        why: String,
    },
    Remove {
        packages: Vec<&'static str>,
        purge: bool,
    },
    RemoveConfig(PathBuf),
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WriteConfig(path) | Self::WriteDropIn(path) => write!(f, "write {}", path.display()),
            Self::UpdateLists => write!(f, "read the package lists anew"),
            Self::Install(packages) => write!(f, "install {}", packages.join(" ")),
            Self::Enable(service) => write!(f, "enable the service {service}"),
            Self::Start(service) => write!(f, "start the service {service}"),
            Self::Restart { service, why } => write!(f, "restart the service {service} ({why})"),
            Self::Remove { packages, purge: false } => write!(f, "remove {}", packages.join(" ")),
            Self::Remove { packages, purge: true } => {
                write!(f, "remove {} with its configuration", packages.join(" "))
            }
            Self::RemoveConfig(path) | Self::RemoveDropIn(path) => write!(f, "remove {}", path.display()),
        }
    }
}

impl Plan {
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    pub fn installs(&self) -> bool {
        self.steps.iter().any(|step| matches!(step, Step::Install(_)))
    }

    pub fn restarts(&self) -> bool {
        self.steps.iter().any(|step| matches!(step, Step::Restart { .. }))
    }

    /// Meets the refusals that writing the configuration would meet, without writing.
    pub fn probe(&self) -> Result<(), Error> {
        let written = self.steps.iter().filter_map(|step| match step {
            Step::WriteConfig(path) | Step::RemoveConfig(path) => Some(path.as_path()),
            _ => None,
        });
        Ok(file_set::probe(written).map_err(host::Error::Files)?)
    }

    pub fn actions(&self) -> Vec<String> {
        self.steps.iter().map(ToString::to_string).collect()
    }
}

pub(crate) fn plan(goal: &Goal, seen: &Observed) -> Result<Plan, Error> {
    match &goal.wish {
        Wish::Running(running) => towards_running(goal, running, seen),
        Wish::Absent { purge } => Ok(towards_absent(*purge, seen)),
    }
}

fn towards_running(goal: &Goal, running: &Running, seen: &Observed) -> Result<Plan, Error> {
    let mut plan = Plan::default();
    let refused = |source| Error::Configuration { path: seen.config.path.clone(), source };
    let document = match &seen.config.bytes {
        Some(bytes) => Document::parse(bytes.as_slice()).and_then(|document| document.apply(&running.settings)),
        None => Document::fresh(&running.settings),
    }
    .map_err(refused)?;
    let config_changes = seen.config.bytes.as_deref() != Some(document.bytes());
    if config_changes {
        // First of all: the package starts the daemon as soon as it is installed.
        plan.steps.push(Step::WriteConfig(seen.config.path.clone()));
        plan.config = Some(ConfigChange::Write(document.bytes().to_vec()));
    }
    plan.steps.extend(drop_in_step(seen, host::needs_network(&running.settings.listen)));
    let missing: Vec<&Package> = seen.packages.iter().filter(|package| is_due(package, running.latest)).collect();
    if missing.iter().any(|package| package.candidate.is_none()) {
        plan.steps.push(Step::UpdateLists);
    }
    if !missing.is_empty() {
        plan.steps.push(Step::Install(missing.iter().map(|package| package.name).collect()));
    }
    let service = goal.service.clone();
    if seen.service.definition == Definition::Masked {
        return Err(Error::Masked { service });
    }
    let memcached_is_there = seen.packages.first().is_some_and(|package| package.installed.is_some());
    if !memcached_is_there {
        // Both come with the package, except where policy forbids; they do no harm then.
        plan.steps.push(Step::Enable(service.clone()));
        plan.steps.push(Step::Start(service));
        return Ok(plan);
    }
    if seen.service.definition == Definition::Missing {
        return Err(Error::NoService { service });
    }
    if !seen.service.enabled {
        plan.steps.push(Step::Enable(service.clone()));
    }
    let upgraded = missing.iter().any(|package| package.name == seen.packages[0].name);
    if seen.service.activity != Activity::Running {
        plan.steps.push(Step::Start(service));
    } else if let Some(why) = reason_to_restart(running, seen, config_changes, upgraded) {
        plan.steps.push(Step::Restart { service, why });
    }
    Ok(plan)
}

fn drop_in_step(seen: &Observed, wanted: bool) -> Option<Step> {
    match seen.drop_in.as_ref()?.change(wanted.then_some(boot::TEXT))? {
        DropInChange::Write(path) => Some(Step::WriteDropIn(path)),
        DropInChange::Remove(path) => Some(Step::RemoveDropIn(path)),
    }
}

fn is_due(package: &Package, latest: bool) -> bool {
    match &package.installed {
        None => true,
        Some(installed) => latest && package.candidate.as_ref().is_some_and(|candidate| candidate != installed),
    }
}

fn reason_to_restart(running: &Running, seen: &Observed, config_changes: bool, upgraded: bool) -> Option<String> {
    if config_changes {
        return Some("its configuration changes".to_owned());
    }
    if upgraded {
        return Some("its package is upgraded".to_owned());
    }
    match &seen.daemon {
        Err(reason) => Some(format!("it does not answer: {reason}")),
        Ok(daemon) if daemon.is_other_than(&seen.service) => {
            Some(format!("another process answers at {}", running.local))
        }
        Ok(daemon) => {
            let differences: Vec<String> =
                compare(&running.settings, &daemon.settings).iter().map(ToString::to_string).collect();
            (!differences.is_empty()).then(|| differences.join("; "))
        }
    }
}

fn towards_absent(purge: bool, seen: &Observed) -> Plan {
    let mut plan = Plan::default();
    let packages: Vec<&'static str> = seen
        .packages
        .iter()
        .filter(|package| package.installed.is_some() || (purge && package.remains))
        .map(|package| package.name)
        .collect();
    if !packages.is_empty() {
        plan.steps.push(Step::Remove { packages, purge });
    }
    plan.steps.extend(drop_in_step(seen, false));
    if purge && seen.config.bytes.is_some() {
        plan.steps.push(Step::RemoveConfig(seen.config.path.clone()));
        plan.config = Some(ConfigChange::Remove);
    }
    plan
}
