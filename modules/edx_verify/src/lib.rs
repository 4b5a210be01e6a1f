//! Proves that a move worked.
//!
//! One run looks at what was asked for (cache servers, the files that Open edX reads, the variables
//! that the next upgrade gets) and turns each observation into a [`Check`]: a named value with a
//! status. Looking and judging are kept apart, so that a further layer (Redis, MySQL, the platform's
//! own pages) adds one module that returns a [`Verification`] and nothing else changes.

mod cache_servers;
mod check;
mod error;
mod files;
mod options;
mod platform;
mod report;
mod server_vars;
mod side_by_side;
mod spec;

pub use check::{Check, Status, Verification};
pub use error::Error;
pub use options::{Options, Probe};
pub use spec::{PAGE, SPEC};

use ansible_protocol::{Failure, Outcome, Request};
use http::Client;
use net::Dial;

/// Who asks, as a server's log shows it.
const AGENT: &str = concat!("edxops-edx_verify/", env!("CARGO_PKG_VERSION"));

/// The module's body: the same in check mode, since nothing is ever changed.
pub fn run(request: &Request) -> Result<Outcome, Failure> {
    let options = Options::from_arguments(&request.options)?;
    report::finish(verify(&options, &net::Direct))
}

/// Looks at everything that was asked for; pages of the platform are asked for by way of `dial`.
pub fn verify(options: &Options, dial: &dyn Dial) -> Verification {
    let client = Client::new(dial, &options.tls, AGENT);
    let mut verification = Verification::default();
    let (servers, seen) = cache_servers::verify(&options.memcached, &options.probe);
    verification.extend(seen);
    if options.path.is_some() || !options.files.is_empty() {
        let (files, seen) = files::verify(options);
        verification.extend(seen);
        if let Some(server_vars) = &options.server_vars {
            verification.extend(server_vars::verify(server_vars, &files));
        }
    }
    verification.extend(platform::verify(&client, &options.heartbeats, options.heartbeat_timeout));
    if let Some(login) = &options.login {
        verification.checks.extend(platform::login(login, &client));
    }
    // Last, when all conversation of this run's own is over.
    if !options.traffic.is_empty() {
        verification.extend(servers.used_by(&client, &options.traffic, &options.probe));
    }
    verification
}
