//! Waits until the source's own workers have taken all tasks.

use std::thread;
use std::time::{Duration, Instant};

use crate::error::Error;
use crate::options::Options;
use crate::report;
use crate::server::Server;
use crate::survey::{Database, survey};

/// Between two looks.
const PAUSE: Duration = Duration::from_millis(500);

/// Waits, and answers whether there was anything to wait for. A task that a worker has acknowledged is none of the
/// queue's any more: it ends before the worker stops.
pub fn drain(source: &mut Server, options: &Options) -> Result<Vec<Database>, Error> {
    let end = Instant::now() + options.drain_timeout;
    loop {
        let found = survey(source, options.databases.as_deref())?;
        if found.iter().all(|database| database.tasks() + database.held() == 0) {
            return Ok(found);
        }
        if Instant::now() + PAUSE > end {
            let why = match source.workers()? {
                Some(workers) if workers.is_empty() => {
                    "; no worker is connected there: start them, or carry the tasks over (`state: carried`)"
                }
                _ => "; raise drain_timeout, or stop the workers and carry the tasks over (`state: carried`)",
            };
            let left = report::told(&found);
            return Err(Error::NotDrained {
                server: source.name.clone(),
                seconds: options.drain_timeout.as_secs(),
                left,
                why,
            });
        }
        thread::sleep(PAUSE);
    }
}
