//! Whether a program that was restarted or started runs by now.

use crate::observe::Observed;
use crate::process::Process;
use crate::status::{Program, State};

/// How many times in a row a program must be seen at rest before that counts as its end. Supervisor
/// shows `EXITED` or `STOPPED` for up to a second before it starts a program again.
pub(crate) const SIGHTINGS: u32 = 4;

/// How it stands with one program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It runs, as a new process.
    Runs,
    /// It may yet run.
    OnItsWay,
    /// It will not run by itself.
    Failed,
}

/// A program that is being restarted or started.
#[derive(Debug)]
pub(crate) struct Watched<'a> {
    /// How it was before.
    pub(crate) before: &'a Observed,
    /// How it was seen last; `None` when supervisor does not know it any more.
    pub(crate) now: Option<Program>,
    /// What follows from that.
    pub(crate) verdict: Verdict,
    at_rest: u32,
}

impl<'a> Watched<'a> {
    pub(crate) fn new(before: &'a Observed) -> Self {
        Self { before, now: Some(before.program.clone()), verdict: Verdict::OnItsWay, at_rest: 0 }
    }

    pub(crate) fn name(&self) -> &'a str {
        &self.before.program.name
    }

    /// Takes in what supervisor shows now. While `at_work`, a client of supervisor's has yet to do
    /// something about the program.
    pub(crate) fn see(&mut self, all: &[Program], at_work: bool) {
        self.now = all.iter().find(|program| program.name == self.name()).cloned();
        let verdict = match &self.now {
            None => Verdict::Failed,
            Some(now) => match now.state {
                State::Running if self.is_a_new_process(now) => Verdict::Runs,
                // It ended after supervisor was asked.
                State::Running if now.pid.is_some_and(|pid| Process::of(pid).is_none()) => Verdict::OnItsWay,
                State::Starting | State::Backoff | State::Stopping => {
                    self.at_rest = 0;
                    Verdict::OnItsWay
                }
                _ if at_work => Verdict::OnItsWay,
                State::Fatal => Verdict::Failed,
                _ => {
                    self.at_rest += 1;
                    if self.at_rest < SIGHTINGS { Verdict::OnItsWay } else { Verdict::Failed }
                }
            },
        };
        self.verdict = verdict;
    }

    fn is_a_new_process(&self, now: &Program) -> bool {
        let process = now.pid.and_then(Process::of);
        process.is_some() && process != self.before.process
    }

    /// Whether nothing has happened to it: the same process, or the same rest.
    pub(crate) fn is_as_before(&self) -> bool {
        let Some(now) = &self.now else { return false };
        match (self.before.process, now.pid) {
            (Some(before), Some(pid)) => before.pid == pid && Process::of(pid) == Some(before),
            (None, None) => self.before.program.state == now.state,
            _ => false,
        }
    }

    /// What became of it, for the operator.
    pub(crate) fn described(&self) -> String {
        let was = self.before.program.state;
        match &self.now {
            None => format!("was {was}, is unknown to supervisor now"),
            Some(now) => match now.pid {
                Some(pid) if self.is_as_before() => format!("was {was}, still runs as the same process {pid}"),
                _ => format!("was {was}, is {}", now.described()),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::status::parse_status;

    fn own_pid() -> i32 {
        i32::try_from(std::process::id()).unwrap()
    }

    fn seen(line: &str) -> Observed {
        let program = parse_status(line).remove(0);
        let process = program.pid.and_then(Process::of);
        Observed {
            program,
            process,
            named: false,
            restarting: None,
            clients: Vec::new(),
            stale: None,
            doubts: Vec::new(),
        }
    }

    #[test]
    fn a_program_runs_again_when_its_process_is_another() {
        let before = seen(&format!("lms RUNNING pid {}, uptime 0:00:05", own_pid()));
        let mut watched = Watched::new(&before);
        watched.see(&parse_status("lms RUNNING pid 1, uptime 0:00:01"), false);
        assert_eq!(watched.verdict, Verdict::Runs);
    }

    #[test]
    fn a_process_that_ended_since_supervisor_was_asked_is_no_new_one() {
        let before = seen(&format!("lms RUNNING pid {}, uptime 0:00:05", own_pid()));
        let mut watched = Watched::new(&before);
        watched.see(&parse_status("lms RUNNING pid 99999999, uptime 0:00:05"), false);
        assert_eq!(watched.verdict, Verdict::OnItsWay);
    }

    #[test]
    fn the_same_process_is_no_restart_however_long_one_looks() {
        let line = format!("lms RUNNING pid {}, uptime 0:00:05", own_pid());
        let before = seen(&line);
        let mut watched = Watched::new(&before);
        for _ in 0..SIGHTINGS {
            assert_eq!(watched.verdict, Verdict::OnItsWay);
            watched.see(&parse_status(&line), false);
        }
        assert_eq!(watched.verdict, Verdict::Failed);
        assert_eq!(watched.described(), format!("was RUNNING, still runs as the same process {}", own_pid()));
    }

    #[test]
    fn a_program_that_is_tried_again_may_yet_run() {
        let before = seen("lms FATAL Exited too quickly (process log may have details)");
        let mut watched = Watched::new(&before);
        for (line, verdict) in [
            ("lms BACKOFF Exited too quickly (process log may have details)", Verdict::OnItsWay),
            ("lms STARTING", Verdict::OnItsWay),
            ("lms EXITED Nov 22 03:27 AM", Verdict::OnItsWay),
            ("lms RUNNING pid 1, uptime 0:00:01", Verdict::Runs),
            ("lms FATAL Exited too quickly (process log may have details)", Verdict::Failed),
            ("cms RUNNING pid 1, uptime 0:00:01", Verdict::Failed),
        ] {
            watched.see(&parse_status(line), false);
            assert_eq!(watched.verdict, verdict, "{line}");
        }
        assert_eq!(watched.described(), "was FATAL, is unknown to supervisor now");
    }

    #[test]
    fn a_stopped_worker_whose_client_is_at_work_will_be_started() {
        let before = seen("w:a RUNNING pid 1, uptime 0:00:05");
        let mut watched = Watched::new(&before);
        for _ in 0..2 * SIGHTINGS {
            watched.see(&parse_status("w:a STOPPED Nov 22 03:27 AM"), true);
        }
        assert_eq!(watched.verdict, Verdict::OnItsWay);
    }
}
