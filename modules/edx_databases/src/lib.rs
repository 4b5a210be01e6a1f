//! Brings the databases of a native Open edX from one MySQL server to another, and proves that they are the same.
//!
//! Every state goes one way: the task's options ([`Goal`]) → what both servers say of themselves ([`facts`],
//! [`picture`]) → a plan → the servers' own programs carry it out → another look. Check mode ends with the plan.

mod accounts;
mod admit;
mod checksum;
mod compare;
mod copy;
mod error;
mod facts;
mod freeze;
mod goal;
mod marker;
mod picture;
mod platform;
mod preflight;
mod progress;
mod replica;
mod servers;
mod spec;

use ansible_protocol::{Failure, Outcome, Request};

pub use error::Error;
pub use goal::{Goal, State};
pub use spec::{PAGE, SPEC};

use crate::servers::Servers;

/// The module: from the task's options to its result.
///
/// # Errors
///
/// What is wrong with the options or the servers; `changed` says whether something had been done before.
pub fn run(request: &Request) -> Result<Outcome, Failure> {
    work(request).map_err(|error| {
        let changed = error.leaves_changes();
        Failure::from(error).changed(changed)
    })
}

fn work(request: &Request) -> Result<Outcome, Error> {
    let goal = Goal::from_options(&request.options)?;
    let servers = Servers::new(&goal)?;
    match goal.state {
        State::Reported => preflight::run(&goal, &servers),
        State::Copied => copy::run(&goal, &servers, request.check),
        State::Replicated => replica::run(&goal, &servers, request.check),
        State::Detached => replica::detach(&goal, &servers, request.check),
        State::Compared => compare::run(&goal, &servers),
        State::Granted => accounts::run(&goal, &servers, request.check),
        State::Admitted => admit::run(&goal, &servers),
        State::Frozen => freeze::run(&goal, &servers, true, request.check),
        State::Thawed => freeze::run(&goal, &servers, false, request.check),
    }
}
