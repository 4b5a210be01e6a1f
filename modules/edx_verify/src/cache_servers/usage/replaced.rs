//! That nobody uses the caches that were replaced any more.

use std::sync::Arc;
use std::time::Instant;

use edx_layout::Endpoint;
use net::Dial;

use super::super::TOGETHER;
use super::super::probe::{self, Reading, Step};
use super::{NotCounted, commands};
use crate::check::{Check, counted};
use crate::options::Probe;
use crate::side_by_side::side_by_side;

const REPLACED: &str = "memcached.replaced";

/// The caches, and what they had counted at first; none where they did not answer.
pub struct Replaced<'a> {
    caches: Vec<(&'a Endpoint, Option<Reading>)>,
}

impl<'a> Replaced<'a> {
    /// Reads their counters.
    pub fn before(caches: &'a [Endpoint], dial: &Arc<dyn Dial>, probe: &Probe) -> Self {
        let readings = side_by_side(caches, TOGETHER, |cache| read(cache, dial, probe));
        Self { caches: caches.iter().zip(readings).collect() }
    }

    /// Reads them again. A check for each.
    pub fn after(self, dial: &Arc<dyn Dial>, probe: &Probe) -> Vec<Check> {
        side_by_side(&self.caches, TOGETHER, |(cache, before)| judge(cache, before.as_ref(), read(cache, dial, probe)))
    }
}

/// A cache that was replaced may be gone, which is as well.
fn read(cache: &Endpoint, dial: &Arc<dyn Dial>, looking: &Probe) -> Option<Reading> {
    let address = probe::locate(&**dial, cache, Instant::now() + looking.timeout)?;
    match probe::read(dial, cache, &address, looking.timeout) {
        Step::Seen(reading) => Some(reading),
        _ => None,
    }
}

fn judge(cache: &Endpoint, before: Option<&Reading>, after: Option<Reading>) -> Check {
    let subject = cache.to_string();
    let (Some(before), Some(after)) = (before, after) else {
        return Check::ok(REPLACED, subject, "it does not answer, so nobody uses it");
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
