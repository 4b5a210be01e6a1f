//! Proves that a move worked, and says where a platform stands.
//!
//! One run looks at what was asked for (cache servers, the files that Open edX reads and the data servers that they
//! name, the variables that the next upgrade gets, the platform's own pages, public addresses) and turns each
//! observation into a [`Check`]: a named value with a status. Looking and judging are kept apart, so that a further
//! part adds one module that returns a [`Verification`] and nothing else changes.
//!
//! All of it is looked at from a [`Viewpoint`]: this host, or one that the operator's command reaches through SSH.

mod brokers;
mod cache_servers;
mod check;
mod combine;
mod error;
mod exposure;
mod files;
mod greet;
mod layers;
mod options;
mod platform;
mod report;
mod server_vars;
mod side_by_side;
mod spec;

use std::path::Path;
use std::sync::Arc;

pub use check::{Check, Status, Verification};
pub use combine::{Combine, Unseen, facts, plan_fact, ready};
pub use error::Error;
pub use options::{LayerOptions, Options, Probe};
pub use spec::{PAGE, SPEC};

use ansible_protocol::{Failure, Outcome, Request};
use edx_layout::{Findings, Snapshot};
use files::Files;
use greet::Way;
use net::{Dial, Direct};
use server_vars::Variables;

/// Who asks, as a server's log shows it.
const AGENT: &str = concat!("edxops-edx_verify/", env!("CARGO_PKG_VERSION"));

/// From where to look.
#[derive(Debug, Clone)]
pub struct Viewpoint {
    /// Makes the connections.
    pub dial: Arc<dyn Dial>,
    /// The files of an application server, where they were read elsewhere. Otherwise those of this host are read.
    pub snapshot: Option<Snapshot>,
}

impl Viewpoint {
    /// This host.
    pub fn here() -> Self {
        Self { dial: Arc::new(Direct), snapshot: None }
    }
}

/// The module's body: the same in check mode, since nothing is ever changed.
pub fn run(request: &Request) -> Result<Outcome, Failure> {
    let options = Options::from_arguments(&request.options)?;
    report::finish(&verify(&options, &Viewpoint::here()))
}

/// Looks at everything that was asked for.
pub fn verify(options: &Options, from: &Viewpoint) -> Verification {
    if let Some(combine) = &options.combine {
        return combine.verify(options.expect_ready);
    }
    let way = Way { dial: &*from.dial, tls: &options.tls };
    let mut verification = Verification::default();
    let (servers, seen) = cache_servers::verify(&options.memcached, &options.probe, &from.dial);
    verification.extend(seen);
    let snapshot = (options.path.is_some() || !options.files.is_empty()).then(|| snapshot(options, from));
    let (brokers, seen) = brokers::verify(&options.brokers, &options.probe, &from.dial);
    verification.extend(seen);
    let mut layers = None;
    match &snapshot {
        Some(Ok(snapshot)) => {
            let (seen, found) = of_files(options, snapshot, from.snapshot.is_some(), way);
            verification.extend(seen);
            layers = found.map(|found| (snapshot, found));
        }
        Some(Err(check)) => verification.checks.push((**check).clone()),
        None => {}
    }
    verification.extend(platform::verify(&way.web(), &options.heartbeats, options.heartbeat_timeout));
    verification.checks.extend(brokers.used(&options.brokers, &options.heartbeats, &options.probe, &from.dial));
    let here = snapshot.as_ref().and_then(|snapshot| snapshot.as_ref().ok()).map(|snapshot| snapshot.here.clone());
    let here = here.unwrap_or_else(files::this_host);
    verification.extend(exposure::verify(&options.exposure, &here, options.probe.timeout, way));
    // Last, when all conversation of this run's own is over.
    if !options.asked.is_empty() {
        verification.extend(servers.used_by(&way.web(), &options.asked, &here, &options.probe));
    }
    if let Some((snapshot, found)) = layers {
        let status = found.status(options.host_name.as_deref(), snapshot, &verification);
        let report = roadmap::Report::new(vec![status.clone()], None, "");
        if options.expect_ready {
            verification.checks.push(ready(&report));
        }
        verification.facts.extend(facts(&report));
        verification.status = Some(status);
    }
    verification
}

/// The files of the application server.
fn snapshot(options: &Options, from: &Viewpoint) -> Result<Snapshot, Box<Check>> {
    let mut snapshot = from.snapshot.clone().map_or_else(|| files::snapshot(options), Ok)?;
    snapshot.release = options.release.or(snapshot.release);
    Ok(snapshot)
}

/// What the files say: where the caches point, where all data is, and whether the next upgrade keeps it.
fn of_files(
    options: &Options,
    snapshot: &Snapshot,
    is_elsewhere: bool,
    way: Way<'_>,
) -> (Verification, Option<layers::Found>) {
    let mut verification = Verification::default();
    let mut findings = Findings::default();
    let also = options.layers.is_some().then_some(&mut findings);
    let (files, mut seen) = files::verify(snapshot, &options.memcached, also);
    // With the layers, a cache of this server is where it may be, unless somebody said where it should be.
    if options.layers.is_some() && options.memcached.is_empty() {
        seen.checks.retain(|check| check.name == files::READABLE);
    }
    verification.extend(seen);
    let variables = options.server_vars.as_deref().map(|path| (path, variables(path, snapshot, is_elsewhere)));
    if let Some((path, variables)) = &variables {
        verification.extend(server_vars::verify(path, variables, &files));
    }
    let Some(wanted) = &options.layers else { return (verification, None) };
    verification.checks.extend(files::others_unreadable(&findings, &verification.checks));
    let record = variables.as_ref().map(|(_, variables)| variables);
    verification.checks.extend(files::without_addresses(&snapshot.here));
    let (found, seen) = layers::verify(&layers::Data { findings: &findings, snapshot, record }, wanted, way);
    verification.extend(seen);
    (verification, Some(found.complete(is_complete(&files, &findings))))
}

/// Whether nothing is missing. A server that does not know its own addresses cannot tell that one in a file is its own.
fn is_complete(files: &Files, findings: &Findings) -> bool {
    files.complete && findings.unreadable.is_empty() && !files.here.addresses.is_empty()
}

/// The variables of the next upgrade: those that came with the files, or those of this host, if the files are its own.
fn variables(path: &Path, snapshot: &Snapshot, is_elsewhere: bool) -> Variables {
    let came = snapshot.server_vars.iter().chain(&snapshot.files).find(|file| file.path == path).cloned();
    let file = if is_elsewhere { came } else { Snapshot::read_file(path) };
    server_vars::read(path, file.as_ref().map(|file| file.content.as_deref()))
}
