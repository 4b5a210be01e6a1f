//! That nobody uses the caches that were replaced any more.

use std::io;
use std::sync::Arc;
use std::time::Instant;

use edx_layout::Endpoint;
use net::Dial;

use super::super::TOGETHER;
use super::super::probe::{self, Fault, Reading, Step};
use super::{NotCounted, commands};
use crate::check::{Check, counted};
use crate::options::Probe;
use crate::side_by_side::side_by_side;

const REPLACED: &str = "memcached.replaced";

/// The caches, and what was seen of them at first.
pub struct Replaced<'a> {
    caches: Vec<(&'a Endpoint, Look)>,
}

/// What was seen of a cache.
enum Look {
    /// Its counters.
    Counters(Box<Reading>),
    /// Nobody listens there.
    Gone,
    /// Why nothing is known.
    Untold(String),
}

impl<'a> Replaced<'a> {
    /// Reads their counters.
    pub fn before(caches: &'a [Endpoint], dial: &Arc<dyn Dial>, probe: &Probe) -> Self {
        let looks = side_by_side(caches, TOGETHER, |cache| look(cache, dial, probe));
        Self { caches: caches.iter().zip(looks).collect() }
    }

    /// Reads them again. A check for each.
    pub fn after(self, dial: &Arc<dyn Dial>, probe: &Probe) -> Vec<Check> {
        side_by_side(&self.caches, TOGETHER, |(cache, before)| judge(cache, before, look(cache, dial, probe)))
    }
}

/// A public address is not connected to unless that is allowed.
fn look(cache: &Endpoint, dial: &Arc<dyn Dial>, looking: &Probe) -> Look {
    let Some(address) = probe::locate(&**dial, cache, Instant::now() + looking.timeout) else {
        return Look::Untold("its name was not resolved in time".to_owned());
    };
    if probe::targets(cache, &address, looking.allow_public).is_empty() {
        return Look::Untold("it was not asked: its address is public, or not known".to_owned());
    }
    match probe::read(dial, cache, &address, looking.timeout) {
        Step::Seen(reading) => Look::Counters(Box::new(reading)),
        Step::Failed(Fault::Memcached(memcached::Error::Connect { source, .. }))
            if [io::ErrorKind::ConnectionRefused, io::ErrorKind::NotFound].contains(&source.kind()) =>
        {
            Look::Gone
        }
        Step::Failed(Fault::Memcached(error)) => Look::Untold(error.to_string()),
        Step::Failed(Fault::OutOfTime) | Step::NotReached => Look::Untold("it did not answer in time".to_owned()),
    }
}

fn judge(cache: &Endpoint, before: &Look, after: Look) -> Check {
    let subject = cache.to_string();
    let (before, after) = match (before, after) {
        (Look::Counters(before), Look::Counters(after)) => (before, after),
        (Look::Gone, Look::Gone) => return Check::ok(REPLACED, subject, "nobody listens there, so nobody uses it"),
        (Look::Untold(why), _) => return Check::skipped(REPLACED, subject, why),
        (_, Look::Untold(why)) => return Check::skipped(REPLACED, subject, why),
        _ => return Check::skipped(REPLACED, subject, "it was started or stopped meanwhile"),
    };
    match commands(std::slice::from_ref(before), std::slice::from_ref(&after)) {
        Ok(0) => Check::ok(REPLACED, subject, "nobody asked it for anything meanwhile"),
        Ok(some) => Check::failed(
            REPLACED,
            subject,
            format!("{} reached it meanwhile", counted(usize::try_from(some).unwrap_or(usize::MAX), "command")),
            "something still uses it: see which settings files name it, and whether all programs were restarted since",
        ),
        Err(NotCounted::Untold) => Check::skipped(REPLACED, subject, "it does not tell cmd_get and cmd_set"),
        Err(NotCounted::Anew) => Check::skipped(REPLACED, subject, "it was restarted, or counts anew"),
    }
}
