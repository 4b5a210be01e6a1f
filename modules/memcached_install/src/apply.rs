//! Carries a plan out.

use std::fs;
use std::io;
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use file_set::{FileSet, Label};
use host::{Activity, ConfigFile, Here, Process};
use memcached::compare;

use crate::boot;
use crate::goal::Running;
use crate::observe::{Daemon, Observed};
use crate::plan::{ConfigChange, Plan, Step};
use crate::{Error, Goal};

/// What carrying out left behind.
#[derive(Debug, Default)]
pub(crate) struct Applied {
    pub backup: Option<PathBuf>,
}

/// A plan that could not be carried out.
#[derive(Debug)]
pub(crate) struct Failed {
    pub error: Error,
    /// Whether something had been done before.
    pub changed: bool,
    /// Whether the configuration file stays as the plan wanted it.
    pub config_stays: bool,
}

pub(crate) fn apply(
    lock: &FileSet,
    host: &Here,
    goal: &Goal,
    before: &Observed,
    plan: &Plan,
) -> Result<Applied, Failed> {
    let mut applied = Applied::default();
    let mut done = 0;
    let mut carry_out = || {
        for step in &plan.steps {
            carry_out_step(lock, host, goal, before, plan, step, &mut applied)?;
            done += 1;
        }
        match goal.running() {
            Some(running) if !plan.is_empty() => wait(host, goal, running),
            _ => Ok(()),
        }
    };
    let Err(error) = carry_out() else { return Ok(applied) };
    let changed = done > 0;
    let was_running = before.service.activity == Activity::Running
        && before.packages.iter().take(1).any(|package| package.installed.is_some());
    let config_written = changed && matches!(plan.config, Some(ConfigChange::Write(_)));
    // The step that failed counts: it may have ended the daemon.
    let daemon_touched = plan.steps.iter().take(done + 1).any(|step| matches!(step, Step::Restart { .. }));
    match &before.config.bytes {
        Some(bytes) if config_written && was_running => {
            let (outcome, config_stays) = put_back(lock, host, goal, before, bytes, daemon_touched);
            Err(Failed { error: Error::PutBack { cause: Box::new(error), outcome }, changed, config_stays })
        }
        _ => Err(Failed { error, changed, config_stays: config_written }),
    }
}

fn carry_out_step(
    lock: &FileSet,
    host: &Here,
    goal: &Goal,
    before: &Observed,
    plan: &Plan,
    step: &Step,
    applied: &mut Applied,
) -> Result<(), Error> {
    match step {
        Step::WriteConfig(_) => {
            let bytes = plan.config.as_ref().map(ConfigChange::after).unwrap_or_default();
            applied.backup = before.config.write(lock, bytes, goal.backup.then(Label::now).as_ref())?;
            Ok(())
        }
        Step::WriteDropIn(path) => {
            host::write_drop_in(path, boot::TEXT)?;
            Ok(host.service().reload_units()?)
        }
        Step::RemoveDropIn(path) => {
            host::remove_file(path)?;
            Ok(host.service().reload_units()?)
        }
        Step::UpdateLists => Ok(host.apt().update()?),
        Step::Install(packages) => Ok(host.apt().install(packages)?),
        Step::Remove { packages, purge } => Ok(host.apt().remove(packages, *purge)?),
        Step::Enable(_) => Ok(host.service().enable()?),
        Step::Start(_) => Ok(host.service().start()?),
        Step::Restart { .. } => Ok(host.service().restart()?),
        Step::RemoveConfig(path) => match fs::remove_file(path) {
            // Purging the package removes its own file.
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(Error::Remove { path: path.clone(), source: error })
            }
            _ => Ok(()),
        },
    }
}

/// Waits until the service's daemon answers and runs as asked.
fn wait(host: &Here, goal: &Goal, running: &Running) -> Result<(), Error> {
    let deadline = Instant::now() + goal.timeout;
    loop {
        let state = host.service().state()?;
        let problem = match Daemon::ask(&running.local) {
            Err(error) => Problem::Silent(error.to_string()),
            Ok(daemon) if daemon.is_other_than(&state) => Problem::Other(daemon.pid.unwrap_or_default()),
            Ok(daemon) => {
                let mismatches = compare(&running.settings, &daemon.settings);
                if mismatches.is_empty() {
                    return Ok(());
                }
                Problem::NotTaken { mismatches, certain: matches!(state.process, Process::Id(_)) }
            }
        };
        let hopeless = state.activity == Activity::Failed || matches!(problem, Problem::NotTaken { certain: true, .. });
        if hopeless || Instant::now() >= deadline {
            return Err(problem.into_error(host, goal, running));
        }
        thread::sleep(Duration::from_millis(100));
    }
}

/// Why the daemon is not as asked (yet).
enum Problem {
    Silent(String),
    Other(u64),
    /// Certain when it is the service's own process that answered, not one on its way out.
    NotTaken {
        mismatches: Vec<memcached::Mismatch>,
        certain: bool,
    },
}

impl Problem {
    fn into_error(self, host: &Here, goal: &Goal, running: &Running) -> Error {
        let service = goal.service.clone();
        match self {
            Self::Silent(reason) => {
                Error::NoAnswer { seconds: goal.timeout.as_secs(), reason, log: host.service().last_words() }
            }
            Self::Other(pid) => Error::OtherDaemon { endpoint: running.local.to_string(), pid, service },
            Self::NotTaken { mismatches, .. } => {
                Error::NotTaken { mismatches, service, config: goal.config_file.clone() }
            }
        }
    }
}

/// A cache that worked goes on working: the earlier file, and the daemon with it where it was touched.
fn put_back(
    lock: &FileSet,
    host: &Here,
    goal: &Goal,
    before: &Observed,
    bytes: &[u8],
    daemon_touched: bool,
) -> (String, bool) {
    let written = ConfigFile::read(&goal.config_file).and_then(|file| file.write(lock, bytes, None));
    if let Err(error) = written {
        let path = before.config.path.display();
        return (
            format!("the earlier {path} could not be put back ({error}); put it back by hand, or correct it"),
            true,
        );
    }
    let outcome = if daemon_touched {
        match host.service().restart().and_then(|()| host.service().state()) {
            Ok(state) if state.activity == Activity::Running => ", and memcached was started with it".to_owned(),
            Ok(_) => ", but memcached does not run with it either".to_owned(),
            Err(error) => format!(", but memcached did not start with it ({error})"),
        }
    } else {
        ", and memcached went on running".to_owned()
    };
    (format!("the earlier configuration was put back{outcome}"), false)
}
