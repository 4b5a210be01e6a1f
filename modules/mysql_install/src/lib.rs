//! Installs MySQL or MariaDB on a host and configures it for the databases of a native Open edX.
//!
//! One way through: the task's options become a [`Goal`]; what the host has is observed; both make a plan, a value
//! with ordered steps; the steps are carried out; and the running server is asked what it runs with. Check mode ends
//! with the plan.
//!
//! The settings are in a file of the module's own, which the server reads last; the packaged files stay as they are.

mod apply;
mod distribution;
mod error;
mod goal;
mod observe;
mod plan;
mod report;
mod settings;
mod spec;

use ansible_protocol::{Failure, Outcome, Request};

pub use error::Error;
pub use goal::Goal;
pub use spec::{PAGE, SPEC};

/// The module: from the task's options to its result.
///
/// # Errors
///
/// What is wrong with the options or the host; `changed` says whether something had been done before.
pub fn run(request: &Request) -> Result<Outcome, Failure> {
    let goal = Goal::from_options(&request.options)?;
    let here = observe::Place::find(&goal)?;
    let before = observe::observe(&here, &goal)?;
    let plan = plan::plan(&goal, &here, &before)?;
    if request.check || plan.steps.is_empty() {
        return Ok(report::outcome(&goal, &here, &before, &plan));
    }
    match apply::apply(&here, &goal, &before, &plan) {
        Ok(()) => {
            let after = observe::observe(&here, &goal)?;
            Ok(report::done(&goal, &here, &before, &after, &plan))
        }
        Err(failed) => Err(report::failed(&goal, &plan, &failed)),
    }
}
