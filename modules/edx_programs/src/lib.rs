//! Makes Open edX's programs run with what stands in their settings files now.
//!
//! A program reads its settings once, when it starts. So a program is current when its process
//! started after every file it reads was last written; one that is not is restarted through
//! supervisor, and then looked at until it runs as a new process. What `supervisorctl` says and with
//! which exit status is reported, never trusted: version 3 exits with 0 whatever happens, and version
//! 4 reports a program as failed that comes up at its second try.
//!
//! Celery workers finish their tasks before they stop, which may take days (their `stopwaitsecs` is
//! five days). `supervisorctl restart` stops and then starts from the client's side, so a client that
//! is killed in between leaves them stopped. Each worker therefore gets a client of its own, in a
//! session of its own, that outlives this module; one worker with a long task keeps no other from
//! coming back.
//!
//! To stop a program is supervisor's own work once it was told to, so a client that is killed does no
//! harm there: the module, run again, finds the program `STOPPING` and joins the wait. What does do harm
//! is a restart from earlier that is still at work, for it would start the worker again in the middle of
//! what it was stopped for; it is ended first. Nor does supervisor start a program that is `STOPPING`,
//! so such a start waits for its end, in a session of its own as well.

mod apply;
mod command;
mod error;
mod names;
mod observe;
mod options;
mod plan;
mod process;
mod report;
mod settings;
mod spec;
mod status;
mod stop;
mod stop_report;
mod verdict;

pub use command::{Answer, Ended, Supervisorctl};
pub use error::Error;
pub use names::{Pattern, is_worker};
pub use observe::{Observation, Observed, observe};
pub use options::{Mode, Options};
pub use plan::{Action, Plan, Reason};
pub use process::{Process, Restarts};
pub use settings::{Settings, SettingsFile};
pub use spec::{PAGE, SPEC};
pub use status::{Program, State, parse_status};

use ansible_protocol::{Failure, Outcome, Request};

/// The module's body.
pub fn run(request: &Request) -> Result<Outcome, Failure> {
    let options = Options::from_arguments(&request.options)?;
    let observation = observe(&options)?;
    if options.mode == Mode::Running {
        return report::preflight(&options, &observation);
    }
    let plan = Plan::decide(&options, &observation);
    if options.mode == Mode::Stopped {
        if request.check || !(plan.changes_anything() || plan.awaits_a_stop()) {
            return Ok(stop_report::predicted(&observation, &plan));
        }
        let applied = stop::stop(&options, &observation, &plan);
        return stop_report::finished(&options, &observation, &plan, applied);
    }
    if request.check || !plan.changes_anything() {
        return Ok(report::predicted(&options, &observation, &plan));
    }
    let applied = apply::apply(&options, &observation, &plan);
    report::finished(&options, &observation, &plan, applied)
}
