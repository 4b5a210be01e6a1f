//! The cache servers: looks at all of them at once, then judges.

mod checks;
mod facts;
mod probe;

use std::thread;

use ansible_protocol::Value;
use edx_layout::Endpoint;

use crate::check::{Check, Verification};
use crate::options::Probe;
use checks::{activity, judge};
use facts::facts;
use probe::{Activity, Seen, Step, converse, watch};

/// So many servers are looked at together; more wait for these.
const TOGETHER: usize = 32;

/// Looks at every server.
///
/// All conversations are over before any counter is watched: the items that they write would look
/// like somebody's use of a server that goes by two names.
pub fn verify(endpoints: &[Endpoint], probe: &Probe) -> Verification {
    let seen: Vec<Seen> = side_by_side(endpoints, |endpoint| converse(endpoint, probe.timeout, probe.allow_public));
    let pairs: Vec<(&Endpoint, &Seen)> = endpoints.iter().zip(&seen).collect();
    let watched = match probe.activity {
        None => Vec::new(),
        Some(interval) => side_by_side(&pairs, |(endpoint, seen)| match (&seen.stats, &seen.address) {
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
    verification.facts.insert("memcached".to_owned(), servers.into());
    verification
}

/// The results in the order of the items, each computed on a thread of its own.
fn side_by_side<T: Sync, R: Send>(items: &[T], look: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let mut results = Vec::new();
    for some in items.chunks(TOGETHER) {
        thread::scope(|scope| {
            let threads: Vec<_> = some.iter().map(|item| scope.spawn(|| look(item))).collect();
            // A thread panics only on a bug, which then is this thread's, too.
            results.extend(threads.into_iter().map(|thread| match thread.join() {
                Ok(result) => result,
                Err(panic) => std::panic::resume_unwind(panic),
            }));
        });
    }
    results
}
