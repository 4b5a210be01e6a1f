//! Looks at what was asked for: builds the options that the module has, and gives them to the module's own library.

use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use ansible_protocol::{Map, Request, Value, json};
use edx_layout::Snapshot;
use edx_verify::{Combine, Options, SPEC, Unseen, Verification, Viewpoint};
use indicatif::ProgressBar;
use net::Dial;
use ssh::Hop;

use crate::cli::{Cli, Exposure, Memcached, Plan, Platform, Redis, Status, Users, Way, What};
use crate::error::Error;
use crate::names::Named;
use crate::{password, remote};

/// How wide a line of a report may be.
const WIDTH: usize = 112;

/// What was seen.
pub struct Seen {
    verification: Verification,
    /// What a person reads in the place of the table of checks.
    report: Option<String>,
}

impl Seen {
    /// Whether a check failed.
    pub fn has_failed(&self) -> bool {
        self.verification.has_failed()
    }

    /// For a program: the keys that the module's result has.
    pub fn json(&self) -> Value {
        self.verification.to_json()
    }

    /// For a person.
    pub fn text(&self) -> String {
        match &self.report {
            Some(report) => report.clone(),
            None => format!("{}{}\n", self.verification.text(), self.verification.message()),
        }
    }
}

/// Looks.
pub fn look(cli: &Cli) -> Result<Seen, Error> {
    let progress = Progress::new(cli.output.quiet);
    match &cli.what {
        What::Status(status) => of_status(status, &cli.way, &progress),
        What::Memcached(memcached) => of_memcached(memcached, &cli.way, &progress),
        What::Redis(redis) => of_redis(redis, &cli.way, &progress),
        What::Platform(platform) => of_platform(platform, &cli.way, &progress),
        What::Exposure(exposure) => of_exposure(exposure, &cli.way, &progress),
        What::Plan(plan) => Ok(of_plan(plan)),
        What::Completions { .. } | What::Man => Err(Error::Options("nothing to look at".to_owned())),
    }
}

/// A line that says what is going on, on a terminal only.
struct Progress(ProgressBar);

impl Progress {
    fn new(is_quiet: bool) -> Self {
        Self(if is_quiet { ProgressBar::hidden() } else { ProgressBar::new_spinner() })
    }

    fn say(&self, what: impl Into<String>) {
        self.0.set_message(what.into());
        // Not before there is something to say: a question may be on the terminal.
        self.0.enable_steady_tick(Duration::from_millis(120));
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
    let mut options = Options::from_arguments(&request.options).map_err(|error| Error::Options(error.to_string()))?;
    // A laptop may have no authorities in a file.
    options.tls = options.tls.and_public(webpki_roots::TLS_SERVER_ROOTS);
    Ok(options)
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

fn of_redis(asked: &Redis, way: &Way, progress: &Progress) -> Result<Seen, Error> {
    let password = password::given(asked.password_file.as_deref(), "EDX_VERIFY_REDIS_PASSWORD")?;
    let options = options(json!({
        "redis": asked.endpoints, "redis_username": asked.username, "redis_password": password,
        "redis_workers": asked.workers, "allow_public": asked.allow_public, "timeout": way.timeout,
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

fn of_plan(asked: &Plan) -> Seen {
    let mut plan = roadmap::plan(asked.active_users, asked.grades_code, &[]);
    // No server was looked at, so nothing can be said of today.
    plan.differences.clear();
    plan.next.clear();
    let facts = [("plan".to_owned(), edx_verify::plan_fact(&plan))].into_iter().collect();
    let verification = Verification { facts, ..Verification::default() };
    Seen { verification, report: Some(roadmap::plan_text(&plan, WIDTH)) }
}

fn of_status(asked: &Status, way: &Way, progress: &Progress) -> Result<Seen, Error> {
    let options = options(json!({
        "layers": true, "path": shown(&asked.path), "server_vars": shown(&asked.server_vars),
        "release": asked.release, "connect": !asked.no_connect, "allow_public": asked.allow_public,
        "expect_remote": asked.expect_remote, "timeout": way.timeout,
    }))?;
    let mut all = Verification::default();
    let mut hosts = Vec::new();
    if way.app_server.is_empty() && !way.via.is_empty() {
        return Err(Error::Options("--via leads to no application server: name it with --app-server".to_owned()));
    }
    if way.app_server.is_empty() {
        progress.say(format!("reading {}", asked.path.display()));
        let seen = edx_verify::verify(&options, &from(way.dial()?));
        hosts.extend(seen.status.clone());
        all.extend(seen);
    } else {
        progress.say(format!("looking at {}", names(&way.app_server)));
        for (server, seen) in way.app_server.iter().zip(of_servers(asked, &options, way)) {
            match seen {
                Ok(seen) => {
                    hosts.extend(seen.status.clone());
                    all.extend(seen);
                }
                // With one server there is nothing else to tell. Of several the others are still worth it.
                Err(error) if way.app_server.len() == 1 => return Err(error),
                Err(error) => {
                    let unseen = Unseen::new(&server.to_string(), &error.to_string());
                    all.checks.push(unseen.check);
                    hosts.push(unseen.status);
                }
            }
        }
    }
    // The folder could not be read, of which the checks tell.
    if hosts.is_empty() {
        return Ok(Seen { verification: all, report: None });
    }
    let Users { active_users, grades_code } = asked.users;
    let report = Combine { hosts, active_users, grades_code, as_page: false }.report();
    if let Some(path) = &asked.report {
        let page = roadmap::html(&report);
        std::fs::write(path, page).map_err(|reason| Error::Report { path: path.clone(), reason })?;
    }
    if asked.expect_ready {
        all.checks.push(edx_verify::ready(&report));
    }
    all.status = None;
    all.facts.extend(edx_verify::facts(&report));
    let statuses = report.hosts.iter().map(roadmap::HostStatus::to_json).collect();
    all.facts.insert("statuses".to_owned(), statuses);
    Ok(Seen { verification: all, report: Some(roadmap::text(&report, WIDTH)) })
}

/// The application servers, all at once, each seen from itself.
fn of_servers(asked: &Status, options: &Options, way: &Way) -> Vec<Result<Verification, Error>> {
    thread::scope(|scope| {
        let look = |server| scope.spawn(move || of_server(server, asked, options, way));
        let threads: Vec<_> = way.app_server.iter().map(look).collect();
        let join = |thread: thread::ScopedJoinHandle<'_, _>| {
            thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        };
        threads.into_iter().map(join).collect()
    })
}

fn of_server(server: &Hop, asked: &Status, options: &Options, way: &Way) -> Result<Verification, Error> {
    let connection = way.through(server)?;
    let mut others = Snapshot::outside_files(&asked.path);
    if !others.contains(&asked.server_vars) {
        others.push(asked.server_vars.clone());
    }
    let archive = remote::read(&connection, server, &asked.path, &others, way.time()?)?;
    let mut snapshot = Snapshot::of_files(&asked.path, archive.files, archive.here, None);
    // It is no settings file, wherever it is.
    if let Some(at) = snapshot.files.iter().position(|file| file.path == asked.server_vars) {
        snapshot.server_vars = Some(snapshot.files.remove(at));
    }
    snapshot.release = options.release.or(snapshot.release);
    let named = Named::look_up(connection, server, &snapshot, way.time()?)?;
    let mut options = options.clone();
    options.host_name = Some(server.host.clone());
    Ok(edx_verify::verify(&options, &Viewpoint { dial: Arc::new(named), snapshot: Some(snapshot) }))
}

fn names(servers: &[Hop]) -> String {
    servers.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}
