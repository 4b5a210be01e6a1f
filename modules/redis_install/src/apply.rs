//! Carries a plan out.

use std::fs;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use file_set::Attributes;
use host::{Activity, ConfigFile, Here, remove_file, write_drop_in};
use redis::conf;

use crate::daemon::{Daemon, Keyring};
use crate::goal::Running;
use crate::observe::{Observed, attributes};
use crate::plan::{Plan, Step};
use crate::{Error, Goal, texts};

/// How long to write the append-only file for the first time.
const REWRITING: Duration = Duration::from_secs(600);

/// A plan that could not be carried out.
#[derive(Debug)]
pub(crate) struct Failed {
    pub error: Error,
    /// Whether something had been done before.
    pub changed: bool,
}

pub(crate) fn apply(here: &Here, goal: &Goal, before: &Observed, plan: &Plan) -> Result<(), Failed> {
    let mut done = 0;
    let mut carry_out = || {
        for step in &plan.steps {
            carry_out_step(here, goal, before, plan, step)?;
            done += 1;
        }
        match goal.running() {
            Some(running) => wait(here, goal, running),
            None => Ok(()),
        }
    };
    let Err(error) = carry_out() else { return Ok(()) };
    let was_running = before.service.activity == Activity::Running && before.package.installed.is_some();
    let is_written = plan.steps.iter().take(done).any(|step| matches!(step, Step::WriteSettings(_) | Step::Include(_)));
    let error = if was_running && is_written {
        let outcome = put_back(here, goal, before);
        Error::PutBack { cause: Box::new(error), outcome }
    } else {
        error
    };
    Err(Failed { error, changed: done > 0 })
}

fn carry_out_step(here: &Here, goal: &Goal, before: &Observed, plan: &Plan, step: &Step) -> Result<(), Error> {
    match step {
        Step::UpdateLists => Ok(here.apt().update()?),
        Step::Install => Ok(here.apt().install(&["redis-server"])?),
        Step::Remove { purge } => Ok(here.apt().remove(&["redis-server"], *purge)?),
        Step::WriteSettings(path) => {
            let text = plan.settings.as_deref().unwrap_or_default();
            write(&ConfigFile::read(path)?, text.as_bytes(), secret_attributes(goal)?)
        }
        Step::Include(path) => {
            let file = ConfigFile::read(path)?;
            let Some(bytes) = &file.bytes else { return Err(Error::NoConfig { path: path.clone() }) };
            let with = conf::including_last(bytes, &goal.settings_file.display().to_string());
            write(&file, &with, Attributes::default())
        }
        Step::WriteDropIn(path) => {
            write_drop_in(path, plan.drop_in.as_deref().unwrap_or_default())?;
            Ok(here.service().reload_units()?)
        }
        Step::RemoveDropIn(path) => {
            remove_file(path)?;
            Ok(here.service().reload_units()?)
        }
        Step::WriteSysctl(path) => write(&ConfigFile::read(path)?, texts::SYSCTL.as_bytes(), Attributes::default()),
        Step::SetOvercommit => fs::write(texts::OVERCOMMIT, "1\n").map_err(Error::Overcommit),
        Step::Enable(_) => Ok(here.service().enable()?),
        Step::Start(_) => Ok(here.service().start()?),
        Step::Restart { .. } => Ok(here.service().restart()?),
        Step::TurnOnAppendOnly => turn_on_append_only(here, goal, before),
        Step::Set { directive, value } => {
            let (mut client, _) = before.keyring.connect(goal.local())?;
            client.call(&[b"CONFIG", b"SET", directive.as_bytes(), value.as_bytes()])?;
            Ok(())
        }
        // Purging the package removes its own folder.
        Step::RemoveFile(path) if fs::symlink_metadata(path).is_err() => Ok(()),
        Step::RemoveFile(path) => Ok(remove_file(path)?),
    }
}

fn write(file: &ConfigFile, bytes: &[u8], attributes: Attributes) -> Result<(), Error> {
    let lock = host::lock_config(&file.path, 10)?;
    file.write_as(&lock, bytes, None, attributes)?;
    Ok(())
}

/// A password may be in it.
fn secret_attributes(goal: &Goal) -> Result<Attributes, Error> {
    attributes(&goal.group).map_err(|error| host::Error::Files(error).into())
}

/// Redis writes all that it has into the new file, and only then may it be started with one.
fn turn_on_append_only(here: &Here, goal: &Goal, before: &Observed) -> Result<(), Error> {
    if here.service().state()?.activity != Activity::Running {
        return Ok(());
    }
    let (mut client, _) = before.keyring.connect(freshly(goal, before))?;
    client.call(&[b"CONFIG", b"SET", b"appendonly", b"yes"])?;
    let end = Instant::now() + REWRITING;
    loop {
        let info = client.info("persistence")?;
        let is = |field: &str, value: &str| info.get(field) == Some(value);
        if is("aof_rewrite_in_progress", "0") && is("aof_rewrite_scheduled", "0") {
            if is("aof_last_bgrewrite_status", "ok") && is("aof_enabled", "1") {
                return Ok(());
            }
            let status = info.get("aof_last_bgrewrite_status").unwrap_or("unknown");
            return Err(Error::NoAppendOnly { reason: format!("aof_last_bgrewrite_status is {status}") });
        }
        if Instant::now() >= end {
            let reason = format!("it is still being written after {} s", REWRITING.as_secs());
            return Err(Error::NoAppendOnly { reason });
        }
        thread::sleep(Duration::from_millis(50));
    }
}

/// A daemon that the package has just started listens where Redis does by default.
fn freshly(goal: &Goal, before: &Observed) -> std::net::SocketAddr {
    if before.package.installed.is_some() { goal.local() } else { ([127, 0, 0, 1], redis::PORT).into() }
}

/// Waits until the service's daemon answers and runs as asked.
fn wait(here: &Here, goal: &Goal, running: &Running) -> Result<(), Error> {
    let keyring = Keyring::new(Some(&running.settings), [None, None]);
    let deadline = Instant::now() + goal.timeout;
    loop {
        let state = here.service().state()?;
        let problem = match Daemon::ask(&keyring, running.local) {
            Ok(daemon) => {
                let mismatches: Vec<_> =
                    daemon.mismatches(&running.settings).into_iter().map(|(mismatch, _)| mismatch).collect();
                if mismatches.is_empty() {
                    return Ok(());
                }
                Error::NotTaken { mismatches, service: goal.service.clone(), config: goal.config_file.clone() }
            }
            Err(error) => Error::NoAnswer {
                seconds: goal.timeout.as_secs(),
                reason: error.to_string(),
                log: here.service().last_words(),
            },
        };
        if state.activity == Activity::Failed || Instant::now() >= deadline {
            return Err(problem);
        }
        thread::sleep(Duration::from_millis(100));
    }
}

/// A broker that worked goes on working: the earlier files, and the daemon with them.
fn put_back(here: &Here, goal: &Goal, before: &Observed) -> String {
    let files = || -> Result<(), Error> {
        if let Some(bytes) = &before.config.bytes {
            write(&ConfigFile::read(&goal.config_file)?, bytes, Attributes::default())?;
        }
        match &before.settings.bytes {
            Some(bytes) => write(&ConfigFile::read(&goal.settings_file)?, bytes, Attributes::default()),
            None => Ok(remove_file(Path::new(&goal.settings_file))?),
        }
    };
    if let Err(error) = files() {
        return format!(
            "the earlier {} could not be put back ({error}); put it back by hand, or correct it",
            goal.settings_file.display()
        );
    }
    let restarted = here.service().restart().and_then(|()| here.service().state());
    let outcome = match restarted {
        Ok(state) if state.activity == Activity::Running => "and Redis was started with it".to_owned(),
        Ok(_) => "but Redis does not run with it either".to_owned(),
        Err(error) => format!("but Redis did not start with it ({error})"),
    };
    format!("the earlier configuration was put back, {outcome}")
}
