//! What will be done, decided from what was observed. Pure.

use std::time::SystemTime;

use crate::names::is_worker;
use crate::observe::{Observation, Observed, time};
use crate::options::{Mode, Options};
use crate::settings::SettingsFile;
use crate::status::State;

/// Why a program is restarted or started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// The task names it.
    Asked,
    /// A file was written after it started.
    Stale {
        /// The start of its process.
        started: SystemTime,
        /// The file.
        file: SettingsFile,
    },
    /// It does not run, and the task wants such programs started.
    NotRunning(State),
}

/// What is done about one program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// It runs and is current.
    Keep,
    /// Stop and start.
    Restart(Reason),
    /// Start.
    Start(Reason),
    /// Start as soon as it has stopped; that may take as long as a worker's tasks.
    StartOnceStopped(Reason),
    /// A restart from earlier is at work on it, by this process.
    Wait(i32),
    /// Stop, and end what would start it again.
    Stop,
    /// It is stopping already.
    AwaitStop,
    /// It does not run, as is wanted.
    Rest,
    /// It does not run, and is left so.
    Leave,
}

/// One action for each observed program, in the same order.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The program's name and what is done about it.
    pub steps: Vec<(String, Action)>,
}

impl Plan {
    /// Decides.
    pub fn decide(options: &Options, observation: &Observation) -> Self {
        let step = |observed: &Observed| (observed.program.name.clone(), decide(options, observed));
        Self { steps: observation.programs.iter().map(step).collect() }
    }

    /// Whether there is anything to do.
    pub fn changes_anything(&self) -> bool {
        self.steps.iter().any(|(_, action)| {
            matches!(action, Action::Restart(_) | Action::Start(_) | Action::StartOnceStopped(_) | Action::Stop)
        })
    }

    /// Whether there is something to wait for that is under way already.
    pub(crate) fn awaits_a_stop(&self) -> bool {
        self.steps.iter().any(|(_, action)| *action == Action::AwaitStop)
    }

    /// Programs to start.
    pub fn started(&self) -> Vec<&str> {
        self.names(|action| matches!(action, Action::Start(_) | Action::StartOnceStopped(_)))
    }

    /// Programs to start now, waiting for each.
    pub(crate) fn started_at_once(&self) -> Vec<&str> {
        self.names(|action| matches!(action, Action::Start(_)))
    }

    /// Programs that have yet to stop before they start.
    pub(crate) fn started_in_time(&self) -> Vec<&str> {
        self.names(|action| matches!(action, Action::StartOnceStopped(_)))
    }

    /// Programs to stop.
    pub fn stopped(&self) -> Vec<&str> {
        self.names(|action| *action == Action::Stop)
    }

    /// Programs to restart.
    pub fn restarted(&self) -> Vec<&str> {
        self.names(|action| matches!(action, Action::Restart(_)))
    }

    /// Programs to restart now, waiting for each.
    pub(crate) fn restarted_at_once(&self) -> Vec<&str> {
        self.restarted().into_iter().filter(|name| !is_worker(name)).collect()
    }

    /// Programs whose restart may take days.
    pub(crate) fn restarted_in_time(&self) -> Vec<&str> {
        self.restarted().into_iter().filter(|name| is_worker(name)).collect()
    }

    /// The names of those whose action is `wanted`.
    pub(crate) fn names(&self, wanted: impl Fn(&Action) -> bool) -> Vec<&str> {
        self.steps.iter().filter(|(_, action)| wanted(action)).map(|(name, _)| name.as_str()).collect()
    }
}

fn decide(options: &Options, observed: &Observed) -> Action {
    if options.mode == Mode::Stopped {
        return decide_stop(observed);
    }
    if let Some(client) = observed.restarting {
        return Action::Wait(client);
    }
    let state = observed.program.state;
    match state {
        // For one that supervisor keeps trying, `start` would be refused as "already started".
        State::Running | State::Starting | State::Backoff if observed.named => Action::Restart(Reason::Asked),
        State::Running => match &observed.stale {
            Some((started, file)) => Action::Restart(Reason::Stale { started: *started, file: file.clone() }),
            None => Action::Keep,
        },
        // Supervisor is at it, and the task wants nothing more.
        State::Starting if options.mode == Mode::Started => Action::Leave,
        State::Starting | State::Backoff if options.starts() => Action::Restart(Reason::NotRunning(state)),
        // Nobody stopped these; in a rescue they must come back with the old settings.
        State::Exited | State::Fatal if observed.named => Action::Start(Reason::Asked),
        State::Exited | State::Fatal | State::Stopped if options.starts() => Action::Start(Reason::NotRunning(state)),
        State::Stopping if options.starts() => Action::StartOnceStopped(Reason::NotRunning(state)),
        _ => Action::Leave,
    }
}

fn decide_stop(observed: &Observed) -> Action {
    match observed.program.state {
        _ if !observed.clients.is_empty() => Action::Stop,
        State::Running | State::Starting | State::Backoff => Action::Stop,
        State::Stopping => Action::AwaitStop,
        State::Stopped | State::Exited | State::Fatal | State::Unknown => Action::Rest,
    }
}

impl Reason {
    /// For the operator, of the program `name`.
    pub fn described(&self, name: &str) -> String {
        match self {
            Self::Asked => "the task asks for it".to_owned(),
            Self::Stale { started, file } => format!(
                "{} was written at {}, after {name} started at {}",
                file.path.display(),
                time(file.written),
                time(*started)
            ),
            Self::NotRunning(state) => format!("it was {state}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::names::Pattern;
    use crate::process::Process;
    use crate::status::parse_status;
    use std::path::PathBuf;
    use std::time::Duration;

    fn observed(state: State, named: bool) -> Observed {
        let program = parse_status(&format!("lms {state}")).remove(0);
        Observed {
            program,
            process: None,
            named,
            restarting: None,
            clients: Vec::new(),
            stale: None,
            doubts: Vec::new(),
        }
    }

    fn options(start_stopped: bool) -> Options {
        Options {
            programs: vec![Pattern::Program("lms".into())],
            mode: Mode::Current,
            restart: Vec::new(),
            start_stopped,
            strict: false,
            path: PathBuf::new(),
            supervisorctl: PathBuf::new(),
            timeout: Duration::ZERO,
            worker_timeout: Duration::ZERO,
            worker_log: PathBuf::new(),
        }
    }

    #[test]
    fn what_is_done_follows_from_the_state_and_from_what_the_task_wants() {
        use State::{Backoff, Exited, Fatal, Running, Starting, Stopped, Stopping, Unknown};
        let asked_restart = || Action::Restart(Reason::Asked);
        let asked_start = || Action::Start(Reason::Asked);
        let restart = |state| Action::Restart(Reason::NotRunning(state));
        let start = |state| Action::Start(Reason::NotRunning(state));
        let start_later = || Action::StartOnceStopped(Reason::NotRunning(Stopping));
        // The state; then: nothing said, start_stopped, named for a restart, both.
        for (state, actions) in [
            (Running, [Action::Keep, Action::Keep, asked_restart(), asked_restart()]),
            (Starting, [Action::Leave, restart(Starting), asked_restart(), asked_restart()]),
            (Backoff, [Action::Leave, restart(Backoff), asked_restart(), asked_restart()]),
            (Exited, [Action::Leave, start(Exited), asked_start(), asked_start()]),
            (Fatal, [Action::Leave, start(Fatal), asked_start(), asked_start()]),
            (Stopped, [Action::Leave, start(Stopped), Action::Leave, start(Stopped)]),
            (Stopping, [Action::Leave, start_later(), Action::Leave, start_later()]),
            (Unknown, [Action::Leave, Action::Leave, Action::Leave, Action::Leave]),
        ] {
            let decided = [(false, false), (true, false), (false, true), (true, true)]
                .map(|(start_stopped, named)| decide(&options(start_stopped), &observed(state, named)));
            assert_eq!(decided, actions, "{state}");
        }
    }

    #[test]
    fn what_runs_or_is_about_to_run_again_is_stopped_and_what_is_stopping_is_awaited() {
        use State::{Backoff, Exited, Fatal, Running, Starting, Stopped, Stopping};
        let options = Options { mode: Mode::Stopped, ..options(false) };
        for (state, action) in [
            (Running, Action::Stop),
            (Starting, Action::Stop),
            (Backoff, Action::Stop),
            (Stopping, Action::AwaitStop),
            (Stopped, Action::Rest),
            (Exited, Action::Rest),
            (Fatal, Action::Rest),
        ] {
            assert_eq!(decide(&options, &observed(state, false)), action, "{state}");
        }
        for state in [Running, Stopping, Stopped] {
            let client = Process::of(1).unwrap();
            let restarting = Observed { clients: vec![client], ..observed(state, false) };
            assert_eq!(decide(&options, &restarting), Action::Stop, "{state}");
        }
    }

    #[test]
    fn what_does_not_run_is_started_and_what_is_stopping_as_soon_as_it_has_stopped() {
        use State::{Backoff, Exited, Fatal, Running, Starting, Stopped, Stopping};
        let options = Options { mode: Mode::Started, ..options(false) };
        for (state, action) in [
            (Running, Action::Keep),
            (Starting, Action::Leave),
            (Backoff, Action::Restart(Reason::NotRunning(Backoff))),
            (Stopping, Action::StartOnceStopped(Reason::NotRunning(Stopping))),
            (Stopped, Action::Start(Reason::NotRunning(Stopped))),
            (Exited, Action::Start(Reason::NotRunning(Exited))),
            (Fatal, Action::Start(Reason::NotRunning(Fatal))),
        ] {
            assert_eq!(decide(&options, &observed(state, false)), action, "{state}");
        }
    }

    #[test]
    fn a_restart_that_is_under_way_is_waited_for_and_not_disturbed() {
        let mut stopping = observed(State::Stopping, true);
        stopping.restarting = Some(7);
        assert_eq!(decide(&options(true), &stopping), Action::Wait(7));
    }
}
