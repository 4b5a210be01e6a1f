//! Redis, the broker of Celery's tasks: looks at each server, and judges.

mod checks;
mod look;
mod replaced;

use std::sync::Arc;

use ansible_protocol::{Value, json};
use edx_layout::Endpoint;
use http::Url;
use net::{Dial, Target};

use crate::check::{Check, Verification, counted};
use crate::options::{Brokers, Probe};
use look::Look;

const USE: &str = "redis.use";

/// What was seen of the brokers before the platform was asked for anything.
pub struct Seen {
    looks: Vec<Look>,
}

/// Looks at every server, those that were replaced among them.
pub fn verify(wanted: &Brokers, probe: &Probe, dial: &Arc<dyn Dial>) -> (Seen, Verification) {
    let mut verification = Verification::default();
    // One after the other: a platform has one broker, hardly ever a second.
    let looks: Vec<Look> = wanted.servers.iter().map(|server| look::look(&**dial, server, wanted, probe)).collect();
    for look in &looks {
        verification.checks.extend(checks::judge(look, wanted, probe));
    }
    if !looks.is_empty() {
        let facts: Vec<Value> = looks.iter().map(facts).collect();
        verification.facts.insert("redis".to_owned(), facts.into());
    }
    let credentials = &wanted.replaced_credentials;
    let replaced = wanted.replaced.iter().map(|server| replaced::judge(&**dial, server, credentials, probe));
    verification.checks.extend(replaced);
    (Seen { looks }, verification)
}

impl Seen {
    /// Whether tasks were queued while extended heartbeats were asked for: with them LMS and Studio send a task, and
    /// answer that they are well when a worker has done it.
    pub fn used(&self, wanted: &Brokers, heartbeats: &[Url], probe: &Probe, dial: &Arc<dyn Dial>) -> Vec<Check> {
        let extended = heartbeats.iter().filter(|url| url.to_string().contains("?extended")).count();
        if extended == 0 {
            return Vec::new();
        }
        let judged = |look: &Look| {
            let before = look.server.as_ref().ok()?.pushed;
            let after = look::pushed(&**dial, &look.endpoint, &wanted.credentials, probe);
            Some(match after {
                Ok(after) if after > before => Check::ok(
                    USE,
                    look.endpoint.to_string(),
                    format!(
                        "while {} answered, {} were queued here",
                        counted(extended, "extended heartbeat"),
                        after - before
                    ),
                ),
                Ok(_) => Check::failed(
                    USE,
                    look.endpoint.to_string(),
                    format!("while {} answered, no task was queued here", counted(extended, "extended heartbeat")),
                    "LMS queues its tasks elsewhere: was it restarted since its settings files changed?",
                ),
                Err(error) => Check::failed(USE, look.endpoint.to_string(), error.to_string(), "verify again"),
            })
        };
        self.looks.iter().filter_map(judged).collect()
    }
}

fn target(endpoint: &Endpoint) -> Target {
    match endpoint {
        Endpoint::Tcp { host, port } => Target::tcp(host, *port),
        Endpoint::Unix(path) => Target::Unix(path.into()),
    }
}

fn facts(look: &Look) -> Value {
    let endpoint = look.endpoint.to_string();
    match &look.server {
        Err(_) => json!({"endpoint": endpoint, "reachable": false}),
        Ok(server) => json!({
            "endpoint": endpoint,
            "reachable": true,
            "version": server.version(),
            "info": server.fields(),
            "queues": server.queued.queues,
            "held": server.queued.held,
            "workers": server.takers(),
        }),
    }
}
