//! Carries a plan out.

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use host::{Activity, ConfigFile, Programs, remove_file, write_drop_in};
use mysql::account;

use crate::goal::Running;
use crate::observe::{Observed, Place, ask, session};
use crate::plan::{Plan, Step};
use crate::{Error, Goal};

/// A plan that could not be carried out.
#[derive(Debug)]
pub(crate) struct Failed {
    pub error: Error,
    /// Whether something had been done before.
    pub changed: bool,
}

pub(crate) fn apply(place: &Place, goal: &Goal, before: &Observed, plan: &Plan) -> Result<(), Failed> {
    let mut done = 0;
    let mut carry_out = || {
        for step in &plan.steps {
            // What asks the server has to wait until it is up.
            if matches!(step, Step::LoadTimeZones | Step::Admit { .. } | Step::Dismiss { .. })
                && let Some(running) = goal.running()
            {
                wait(place, goal, running)?;
            }
            carry_out_step(place, goal, plan, step)?;
            done += 1;
        }
        match goal.running() {
            Some(running) => wait(place, goal, running),
            None => Ok(()),
        }
    };
    let Err(error) = carry_out() else { return Ok(()) };
    let was_running = before.service.activity == Activity::Running && before.package.installed.is_some();
    let is_written = plan.steps.iter().take(done).any(|step| matches!(step, Step::WriteSettings(_)));
    let is_about_server = matches!(error, Error::NoAnswer { .. } | Error::NotTaken { .. } | Error::Host(_));
    let error = if was_running && is_written && is_about_server {
        let outcome = put_back(place, before);
        Error::PutBack { cause: Box::new(error), outcome }
    } else {
        error
    };
    Err(Failed { error, changed: done > 0 })
}

fn carry_out_step(place: &Place, goal: &Goal, plan: &Plan, step: &Step) -> Result<(), Error> {
    let here = &place.here;
    match step {
        Step::UpdateLists => Ok(here.apt().update()?),
        Step::Install(package) => Ok(here.apt().install(&[package])?),
        Step::Remove { package, purge } => Ok(here.apt().remove(&[package], *purge)?),
        Step::WriteSettings(path) => {
            write(&ConfigFile::read(path)?, plan.settings.as_deref().unwrap_or_default().as_bytes())
        }
        Step::WriteDropIn(path) => {
            write_drop_in(path, plan.drop_in.as_deref().unwrap_or_default())?;
            Ok(here.service().reload_units()?)
        }
        Step::RemoveFile(path) if fs::symlink_metadata(path).is_err() => Ok(()),
        Step::RemoveFile(path) => {
            remove_file(path)?;
            Ok(here.service().reload_units()?)
        }
        Step::Enable(_) => Ok(here.service().enable()?),
        Step::Start(_) => Ok(here.service().start()?),
        Step::Restart { .. } => Ok(here.service().restart()?),
        Step::LoadTimeZones => load_time_zones(place, goal),
        Step::Admit { user, host } => admit(goal, user, host),
        Step::Dismiss { user, host } => {
            session(goal)?.query(&format!("DROP USER {}", account(user, host)))?;
            Ok(())
        }
    }
}

fn write(file: &ConfigFile, bytes: &[u8]) -> Result<(), Error> {
    let lock = host::lock_config(&file.path, 10)?;
    file.write(&lock, bytes, None)?;
    Ok(())
}

fn load_time_zones(place: &Place, goal: &Goal) -> Result<(), Error> {
    let zones = Programs::of_this_host().run(place.distribution.time_zones, &["/usr/share/zoneinfo"])?;
    if !zones.success {
        return Err(zones.error("look at /usr/share/zoneinfo").into());
    }
    let mut session = session(goal)?;
    session.query_at_leisure(&format!("USE mysql;\n{}", zones.stdout.trim_end().trim_end_matches(';')))?;
    Ok(())
}

fn admit(goal: &Goal, user: &str, host: &str) -> Result<(), Error> {
    let Some(admin) = goal.running().and_then(|running| running.admin.as_ref()) else { return Ok(()) };
    let name = account(user, host);
    let mut session = session(goal)?;
    session.query("SET SESSION sql_mode = ''")?;
    let password = mysql::password(admin.password.reveal());
    session.query(&format!("CREATE USER IF NOT EXISTS {name} IDENTIFIED BY {password}"))?;
    session.query(&format!("ALTER USER {name} IDENTIFIED BY {password}"))?;
    session.query(&format!("GRANT ALL PRIVILEGES ON *.* TO {name} WITH GRANT OPTION"))?;
    Ok(())
}

/// Waits until the server answers and runs as asked.
fn wait(place: &Place, goal: &Goal, running: &Running) -> Result<(), Error> {
    let deadline = Instant::now() + goal.timeout;
    loop {
        let state = place.here.service().state()?;
        let problem = match ask(goal) {
            Ok(server) => {
                let value = |name: &str| server.variables.get(name).cloned();
                let mismatches = running.settings.mismatches(server.version, &value);
                if mismatches.is_empty() {
                    return Ok(());
                }
                Error::NotTaken { mismatches }
            }
            Err(error) => Error::NoAnswer {
                seconds: goal.timeout.as_secs(),
                reason: error.to_string(),
                log: place.here.service().last_words(),
            },
        };
        if state.activity == Activity::Failed || Instant::now() >= deadline {
            return Err(problem);
        }
        thread::sleep(Duration::from_millis(200));
    }
}

/// A server that worked goes on working: the earlier file, and the server with it.
fn put_back(place: &Place, before: &Observed) -> String {
    let file = || -> Result<(), Error> {
        match &before.settings.bytes {
            Some(bytes) => write(&ConfigFile::read(&place.settings_file)?, bytes),
            None => Ok(remove_file(&place.settings_file)?),
        }
    };
    if let Err(error) = file() {
        return format!(
            "the earlier {} could not be put back ({error}); put it back by hand, or correct it",
            place.settings_file.display()
        );
    }
    let restarted = place.here.service().restart().and_then(|()| place.here.service().state());
    let outcome = match restarted {
        Ok(state) if state.activity == Activity::Running => "and the server was started with it".to_owned(),
        Ok(_) => "but the server does not run with it either".to_owned(),
        Err(error) => format!("but the server did not start with it ({error})"),
    };
    format!("the earlier configuration was put back, {outcome}")
}
