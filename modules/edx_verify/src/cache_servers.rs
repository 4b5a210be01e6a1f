//! The cache servers: looks at all of them at once, then judges.

mod checks;
mod facts;
mod probe;
mod usage;

use ansible_protocol::Value;
use edx_layout::Endpoint;
use http::{Client, Url};

use crate::check::{Check, Verification};
use crate::options::Probe;
use crate::side_by_side::side_by_side;
use checks::{activity, judge};
use facts::facts;
use probe::{Activity, Seen, Step, converse, watch};

/// So many servers are looked at together; more wait for these.
const TOGETHER: usize = 32;

/// The servers, and what was seen of each.
pub struct CacheServers {
    endpoints: Vec<Endpoint>,
    seen: Vec<Seen>,
}

impl CacheServers {
    /// Whether the platform uses them while these pages of it are asked for.
    pub fn used_by(&self, client: &Client, traffic: &[Url], probe: &Probe) -> Verification {
        usage::verify(client, &self.endpoints, &self.seen, traffic, probe)
    }
}

/// Looks at every server.
///
/// All conversations are over before any counter is watched: the items that they write would look
/// like somebody's use of a server that goes by two names.
pub fn verify(endpoints: &[Endpoint], probe: &Probe) -> (CacheServers, Verification) {
    let seen: Vec<Seen> =
        side_by_side(endpoints, TOGETHER, |endpoint| converse(endpoint, probe.timeout, probe.allow_public));
    let pairs: Vec<(&Endpoint, &Seen)> = endpoints.iter().zip(&seen).collect();
    let watched = match probe.activity {
        None => Vec::new(),
        Some(interval) => side_by_side(&pairs, TOGETHER, |(endpoint, seen)| match (&seen.stats, &seen.address) {
            (Step::Seen(_), Step::Seen(address)) => {
                watch(endpoint, address, interval, probe.timeout.saturating_sub(seen.took))
            }
            _ => Step::NotReached,
        }),
    };
    let mut checks: Vec<Check> = Vec::new();
    let mut servers: Vec<Value> = Vec::new();
    for (index, (endpoint, seen)) in pairs.into_iter().enumerate() {
        let name = endpoint.to_string();
        checks.extend(judge(&name, seen, probe));
        let watched: Option<&Step<Activity>> = watched.get(index);
        checks.extend(watched.map(|step| activity(&name, step, probe)));
        let counters = watched.and_then(Step::seen);
        servers.push(facts(&name, seen, counters));
    }
    let mut verification = Verification { checks, ..Verification::default() };
    if !servers.is_empty() {
        verification.facts.insert("memcached".to_owned(), servers.into());
    }
    (CacheServers { endpoints: endpoints.to_vec(), seen }, verification)
}
