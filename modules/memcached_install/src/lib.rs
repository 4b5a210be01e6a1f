//! Installs and configures memcached on a host.
//!
//! One way through: the task's options become a [`Goal`]; what the host has is observed; both make
//! a plan, a value with ordered steps; the steps are carried out; and the running daemon is asked
//! what it runs with. Check mode ends with the plan.

mod apply;
mod boot;
mod error;
mod goal;
mod memory;
mod observe;
mod plan;
mod report;
mod spec;

use ansible_protocol::{Failure, Outcome, Request};

pub use error::Error;
pub use goal::Goal;
pub use spec::{PAGE, SPEC};

/// The module: from the task's options to its result.
pub fn run(request: &Request) -> Result<Outcome, Failure> {
    let goal = Goal::from_options(&request.options)?;
    let host = host::Here::new(&goal.service, goal.lock_timeout);
    // Check mode writes nothing, not even a lock.
    let lock = (!request.check).then(|| host::lock_config(&goal.config_file, goal.lock_timeout)).transpose()?;
    let before = observe::observe(&host, &goal)?;
    let plan = plan::plan(&goal, &before)?;
    let Some(lock) = lock else {
        plan.probe()?;
        return Ok(report::predicted(&goal, &before, &plan));
    };
    match apply::apply(&lock, &host, &goal, &before, &plan) {
        Ok(applied) => {
            let after = observe::observe(&host, &goal)?;
            Ok(report::done(&goal, &before, &after, &plan, applied))
        }
        Err(failed) => Err(report::failed(&goal, &before, &plan, &failed)),
    }
}
