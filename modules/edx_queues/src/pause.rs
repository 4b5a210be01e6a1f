//! Tells the source's workers to take no more tasks.
//!
//! A worker that is stopped while it waits for tasks leaves its `BRPOP` behind, which takes one more, and that one is
//! lost with the connection (seen with Celery 5.2.6; older and newer ones close it the same way). One that was told to
//! cancel its consumers puts what such a `BRPOP` still brings back into its queue.

use std::thread;
use std::time::{Duration, Instant};

use redis::json_string;

use crate::error::Error;
use crate::server::Server;

/// kombu lets a `BRPOP` wait for a second.
const WAITING: Duration = Duration::from_secs(5);

/// Who was told.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Paused {
    /// The workers that are connected.
    pub workers: u64,
    /// Those that said of every queue that they take nothing from it any more.
    pub answers: u64,
}

/// Tells them, database by database, and waits until none waits for tasks any more.
pub fn pause(source: &mut Server, databases: &[u32], time: Duration) -> Result<Paused, Error> {
    let mut paused = Paused::default();
    for &number in databases {
        source.select(number)?;
        let failed = |error| Error::Redis { role: source.role, source: error };
        if !source.client.has_workers().map_err(failed)? {
            continue;
        }
        let (mut workers, mut answers) = (0, u64::MAX);
        for queue in source.client.bound_queues().map_err(failed)? {
            let arguments = format!("{{\"queue\":{}}}", json_string(&queue));
            let called = source.client.call_workers(number, "cancel_consumer", &arguments, time).map_err(failed)?;
            workers = called.workers;
            answers = answers.min(called.answers);
        }
        paused.workers += workers;
        paused.answers += answers.min(workers);
    }
    if paused.workers > 0 {
        settle(source)?;
    }
    Ok(paused)
}

/// Waits until the last `BRPOP` of every worker has ended.
fn settle(source: &mut Server) -> Result<(), Error> {
    let end = Instant::now() + WAITING;
    loop {
        let connections = source.client.connections().map_err(|error| source.failed(error))?;
        let is_waiting = connections
            .is_none_or(|all| all.iter().any(|connection| connection.takes_tasks() && connection.is_blocked));
        if !is_waiting || Instant::now() >= end {
            return Ok(());
        }
        thread::sleep(Duration::from_millis(50));
    }
}
