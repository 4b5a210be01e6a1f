//! Looks at what was asked for: builds the options that the module has, and gives them to the module's own library.

use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use ansible_protocol::{Map, Request, Value, json};
use edx_layout::Snapshot;
use edx_verify::{Options, SPEC, Verification, Viewpoint};
use indicatif::ProgressBar;
use net::{Dial, Direct};
use roadmap::HostStatus;
use ssh::Hop;

use crate::cli::{Cli, Exposure, Memcached, Plan, Platform, Status, Users, Way, What};
use crate::error::Error;
use crate::{password, remote};

/// What was seen.
pub struct Seen {
    verification: Verification,
    /// What a person reads in the place of the table of checks.
    report: Option<String>,
}

impl Seen {
    /// Whether a check failed.
    pub fn has_failed(&self) -> bool {
        edx_verify::has_failed(&self.verification)
    }

    /// For a program: the keys that the module's result has.
    pub fn json(&self) -> Value {
        edx_verify::result(&self.verification)
    }

    /// For a person.
    pub fn text(&self) -> String {
        match &self.report {
            Some(report) => report.clone(),
            None => edx_verify::table_and_message(&self.verification),
        }
    }
}

/// Looks.
pub fn look(cli: &Cli) -> Result<Seen, Error> {
    let progress = Progress::new(cli.output.quiet);
    match &cli.what {
        What::Status(status) => of_status(status, &cli.way, &progress),
        What::Memcached(memcached) => of_memcached(memcached, &cli.way, &progress),
        What::Platform(platform) => of_platform(platform, &cli.way, &progress),
        What::Exposure(exposure) => of_exposure(exposure, &cli.way, &progress),
        What::Plan(plan) => of_plan(plan),
        What::Completions { .. } | What::Man => Err(Error::Options("nothing to look at".to_owned())),
    }
}

/// A line that says what is going on, on a terminal only.
struct Progress(ProgressBar);

impl Progress {
    fn new(is_quiet: bool) -> Self {
        let bar = if is_quiet { ProgressBar::hidden() } else { ProgressBar::new_spinner() };
        bar.enable_steady_tick(Duration::from_millis(120));
        Self(bar)
    }

    fn say(&self, what: impl Into<String>) {
        self.0.set_message(what.into());
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

/// The module's options, checked as the module checks them.
fn options(given: Value) -> Result<Options, Error> {
    let Value::Object(given) = given else { return Err(Error::Options("no options".to_owned())) };
    let given: Map<String, Value> = given.into_iter().filter(|(_, value)| !is_empty(value)).collect();
    let request = Request::from_json(&SPEC, &given).map_err(|error| Error::Options(error.to_string()))?;
    Options::from_arguments(&request.options).map_err(|error| Error::Options(error.to_string()))
}

fn is_empty(value: &Value) -> bool {
    value.is_null() || value.as_array().is_some_and(Vec::is_empty)
}

fn from(dial: Arc<dyn Dial>) -> Viewpoint {
    Viewpoint { dial, snapshot: None }
}

fn of_memcached(asked: &Memcached, way: &Way, progress: &Progress) -> Result<Seen, Error> {
    let options = options(json!({
        "memcached": asked.endpoints, "activity_seconds": asked.activity_seconds,
        "expect_activity": asked.expect_activity, "memcached_clients": asked.clients,
        "allow_public": asked.allow_public, "timeout": way.timeout,
    }))?;
    progress.say(format!("asking {}", asked.endpoints.join(", ")));
    let viewpoint = from(way.dial()?);
    Ok(Seen { verification: edx_verify::verify(&options, &viewpoint), report: None })
}

fn of_platform(asked: &Platform, way: &Way, progress: &Progress) -> Result<Seen, Error> {
    if asked.heartbeats.is_empty() && asked.login_user.is_none() {
        return Err(Error::Options("nothing to look at: give --heartbeats, or --lms-url and --login-user".to_owned()));
    }
    let password = match &asked.login_user {
        Some(user) => Some(password::read(user, asked.login_password_file.as_deref())?),
        None => None,
    };
    let options = options(json!({
        "heartbeats": asked.heartbeats, "heartbeat_timeout": way.timeout, "lms_url": asked.lms_url,
        "studio_url": asked.studio_url, "login_user": asked.login_user, "login_password": password,
        "app_servers": asked.app_servers, "ca_path": asked.ca_path.as_deref().map(shown),
        "validate_certs": !asked.no_validate_certs, "timeout": way.timeout,
    }))?;
    progress.say("asking the platform");
    let viewpoint = from(way.dial()?);
    Ok(Seen { verification: edx_verify::verify(&options, &viewpoint), report: None })
}

fn of_exposure(asked: &Exposure, way: &Way, progress: &Progress) -> Result<Seen, Error> {
    let options = options(json!({"exposure": asked.addresses, "timeout": way.timeout}))?;
    progress.say(format!("trying the data ports of {}", asked.addresses.join(", ")));
    let viewpoint = from(way.dial()?);
    Ok(Seen { verification: edx_verify::verify(&options, &viewpoint), report: None })
}

fn of_plan(asked: &Plan) -> Result<Seen, Error> {
    let users = Users { active_users: Some(asked.active_users), grades_code: asked.grades_code };
    put_together(&[], &users, None)
}

fn of_status(asked: &Status, way: &Way, progress: &Progress) -> Result<Seen, Error> {
    let options = options(json!({
        "layers": true, "path": shown(&asked.path), "server_vars": shown(&asked.server_vars),
        "release": asked.release, "connect": !asked.no_connect, "allow_public": asked.allow_public,
        "expect_remote": asked.expect_remote, "timeout": way.timeout,
    }))?;
    let looked: Vec<Result<Verification, Error>> = if way.app_server.is_empty() {
        let dial: Arc<dyn Dial> = if way.via.is_empty() { Arc::new(Direct) } else { way.dial()? };
        progress.say(format!("reading {}", asked.path.display()));
        vec![Ok(edx_verify::verify(&options, &from(dial)))]
    } else {
        progress.say(format!("reading {} of {}", asked.path.display(), names(&way.app_server)));
        thread::scope(|scope| {
            let threads: Vec<_> = way
                .app_server
                .iter()
                .map(|server| scope.spawn(|| of_server(server, asked, &options, way)))
                .collect();
            threads.into_iter().map(|thread| thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect()
        })
    };
    let mut all = Verification::default();
    let mut statuses = Vec::new();
    for verification in looked {
        let verification = verification?;
        statuses.extend(verification.status.clone());
        all.extend(verification);
    }
    let mut seen = put_together(&statuses, &asked.users, asked.report.as_deref())?;
    let mut facts = std::mem::take(&mut seen.verification.facts);
    all.facts.append(&mut facts);
    if asked.expect_ready {
        all.checks.push(edx_verify::ready(&statuses));
    }
    Ok(Seen { verification: all, report: seen.report })
}

/// One application server, seen from itself.
fn of_server(server: &Hop, asked: &Status, options: &Options, way: &Way) -> Result<Verification, Error> {
    let connection = way.through(server)?;
    let others = Snapshot::others(&asked.path).into_iter().chain([asked.server_vars.clone()]).collect::<Vec<_>>();
    let archive = remote::read(&connection, server, &asked.path, &others, way.time()?)?;
    let snapshot = Snapshot::of_files(&asked.path, archive.files, archive.here);
    let mut options = options.clone();
    options.host_name = Some(server.host.clone());
    Ok(edx_verify::verify(&options, &Viewpoint { dial: Arc::new(connection), snapshot: Some(snapshot) }))
}

/// The roadmap of all application servers, and the plan.
fn put_together(statuses: &[HostStatus], users: &Users, page: Option<&Path>) -> Result<Seen, Error> {
    let report = edx_verify::report(statuses, &[], users.active_users, users.grades_code);
    if let Some(path) = page {
        std::fs::write(path, report.html()).map_err(|reason| Error::Report { path: path.to_owned(), reason })?;
    }
    let verification = Verification { facts: report.facts(), ..Verification::default() };
    Ok(Seen { verification, report: Some(report.text()) })
}

fn names(servers: &[Hop]) -> String {
    servers.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}
