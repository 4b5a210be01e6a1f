//! Installs Redis on a host and configures it as the broker of Celery's tasks.
//!
//! One way through: the task's options become a [`Goal`]; what the host has is observed; both make a plan, a value
//! with ordered steps; the steps are carried out; and the running daemon is asked what it runs with. Check mode ends
//! with the plan.
//!
//! The settings are in a file of the module's own, which the packaged redis.conf includes by its last line: the
//! packaged file stays as it is otherwise, and what the module asks for has the last word.

mod apply;
mod daemon;
mod error;
mod goal;
mod observe;
mod plan;
mod report;
mod settings;
mod spec;
mod texts;

use ansible_protocol::{Failure, Outcome, Request};

pub use error::Error;
pub use goal::Goal;
pub use spec::{PAGE, SPEC};

/// The module: from the task's options to its result.
pub fn run(request: &Request) -> Result<Outcome, Failure> {
    let goal = Goal::from_options(&request.options)?;
    let here = host::Here::new(&goal.service, goal.lock_timeout);
    let before = observe::observe(&here, &goal)?;
    let plan = plan::plan(&goal, &before)?;
    if request.check || plan.steps.is_empty() {
        return Ok(report::outcome(&goal, &before, &plan));
    }
    match apply::apply(&here, &goal, &before, &plan) {
        Ok(()) => {
            let after = observe::observe(&here, &goal)?;
            Ok(report::done(&goal, &before, &after, &plan))
        }
        Err(failed) => Err(report::failed(&goal, &plan, &failed)),
    }
}
