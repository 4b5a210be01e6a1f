//! Doing what was planned: first the programs that restart at once, and when they run the workers.

use std::fmt::Write as _;
use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::command::{Client, Supervisorctl, one_line, read_from};
use crate::error::Error;
use crate::observe::{Observation, Observed, POLL};
use crate::options::Options;
use crate::plan::Plan;
use crate::status::{Program, State};
use crate::verdict::{Verdict, Watched};

/// How long a client may be at work before supervisor is asked how its program is.
pub(crate) const LONG_POLL: Duration = Duration::from_secs(3);

/// How often to look whether a client has ended.
const TICK: Duration = Duration::from_millis(50);

/// What was done, and what came of it.
#[derive(Debug, Default)]
pub(crate) struct Applied {
    /// Programs that supervisor was told to restart, start or stop.
    pub(crate) touched: Vec<String>,
    /// Programs that do not run as they should, with what is wrong.
    pub(crate) failures: Vec<(String, String)>,
    /// Programs that have yet to stop: workers that finish their tasks, most of them.
    pub(crate) pending: Vec<String>,
    /// What supervisor showed at the end.
    pub(crate) status: Vec<Program>,
    /// What ended the work early.
    pub(crate) error: Option<Error>,
}

/// Carries out `plan`. What it had done when something went wrong is in the result as well.
pub(crate) fn apply(options: &Options, observation: &Observation, plan: &Plan) -> Applied {
    let mut applied = Applied::default();
    let done = Work { options, observation, applied: &mut applied }.carry_out(plan);
    applied.error = done.err();
    applied
}

struct Work<'a> {
    options: &'a Options,
    observation: &'a Observation,
    applied: &'a mut Applied,
}

/// What workers need that is best known to be there before anything is stopped.
struct Background {
    setsid: PathBuf,
    log: File,
}

impl Work<'_> {
    fn carry_out(&mut self, plan: &Plan) -> Result<(), Error> {
        let mut workers = plan.restarted_in_time();
        let stopping = plan.started_in_time();
        let background = if workers.is_empty() && stopping.is_empty() {
            None
        } else {
            Some(Background::prepare(&self.options.worker_log)?)
        };
        let mut seen_last = self.at_once(&plan.restarted_at_once(), &plan.started_at_once())?;
        if let Some(background) = background {
            if !self.applied.failures.is_empty() {
                workers.clear();
            }
            if !workers.is_empty() || !stopping.is_empty() {
                seen_last = Some(self.in_time(&workers, &stopping, &background)?);
            }
        }
        self.look_again(seen_last)
    }

    fn supervisorctl(&self) -> &Supervisorctl {
        &self.observation.supervisorctl
    }

    fn watched<'a>(observation: &'a Observation, names: &[&str]) -> Vec<Watched<'a>> {
        let find = |name: &&str| observation.programs.iter().find(|observed| observed.program.name == **name);
        names.iter().filter_map(find).map(Watched::new).collect()
    }

    /// One client for each program, all at once, and then until all run. A single client would stop and
    /// start one program after the other, and so make the downtime of all of them their sum.
    /// Gives back what supervisor showed last, if it was asked.
    fn at_once(&mut self, restarted: &[&str], started: &[&str]) -> Result<Option<Vec<Program>>, Error> {
        if restarted.is_empty() && started.is_empty() {
            return Ok(None);
        }
        let deadline = Instant::now() + self.options.timeout;
        let mut clients = Vec::new();
        for (verb, names) in [("restart", restarted), ("start", started)] {
            for name in names {
                self.applied.touched.push((*name).to_owned());
                clients.push(self.supervisorctl().spawn(&[verb, name])?);
            }
        }
        let answers = clients.iter_mut().map(|client| client.wait_until(deadline)).collect::<Result<Vec<_>, _>>()?;
        let names: Vec<&str> = restarted.iter().chain(started).copied().collect();
        let mut watched = Self::watched(self.observation, &names);
        let still_runs = |index: usize| answers.get(index).is_some_and(|answer| answer.still_runs().is_some());
        let all = watch(self.supervisorctl(), &mut watched, deadline, still_runs)?;
        for ((program, client), answer) in watched.iter_mut().zip(&mut clients).zip(&answers) {
            if program.verdict == Verdict::Runs {
                continue;
            }
            let note = match answer.still_runs() {
                None => None,
                Some(pid) => {
                    // Ending the clients before it took a while, in which this one may have stopped its program.
                    program.see(&self.supervisorctl().status()?, true);
                    Some(self.out_of_time(client, pid, program))
                }
            };
            let late = (program.verdict == Verdict::OnItsWay)
                .then(|| note.unwrap_or_else(|| format!("did not run within {} s", self.options.timeout.as_secs())));
            self.fail(program, words_about(program.name(), &[program.name()], &answer.words), late);
        }
        Ok(Some(all))
    }

    /// A client that has not ended in time is ended only if it has done nothing: once it has stopped
    /// its program, it alone will start that again.
    fn out_of_time(&self, client: &mut Client, pid: u32, program: &Watched) -> String {
        let seconds = self.options.timeout.as_secs();
        if program.is_as_before() {
            client.kill();
            return format!("`{}` did nothing within {seconds} s and was ended", client.command());
        }
        format!("`{}` is at work on it still after {seconds} s, and goes on as process {pid}", client.command())
    }

    /// One client for each worker, so that none waits for the tasks of another; and for each program that
    /// is `stopping` a start that waits for its end. Gives back what supervisor showed last.
    fn in_time(&mut self, workers: &[&str], stopping: &[&str], background: &Background) -> Result<Vec<Program>, Error> {
        let deadline = Instant::now() + self.options.worker_timeout;
        let log_start = background.log.metadata().map(|metadata| metadata.len()).unwrap_or_default();
        let mut clients = Vec::new();
        for name in workers {
            clients.push(self.supervisorctl().spawn_detached(
                &background.setsid,
                &["restart", name],
                &background.log,
            )?);
            self.applied.touched.push((*name).to_owned());
        }
        for name in stopping {
            clients.push(self.supervisorctl().spawn_start_once_stopped(&background.setsid, name, &background.log)?);
            self.applied.touched.push((*name).to_owned());
        }
        let names: Vec<&str> = workers.iter().chain(stopping).copied().collect();
        let mut watched = Self::watched(self.observation, &names);
        // An end that cannot be seen counts as an end: the status then decides.
        let mut at_work =
            |index: usize| clients.get_mut(index).is_some_and(|client: &mut Client| matches!(client.ended(), Ok(None)));
        let mut all = watch(self.supervisorctl(), &mut watched, deadline, &mut at_work)?;
        let ended_late = |(index, program): (usize, &Watched)| program.verdict == Verdict::OnItsWay && !at_work(index);
        if watched.iter().enumerate().any(ended_late) {
            // The client of one ended after the last look, so there is something new to see.
            all = watch(self.supervisorctl(), &mut watched, deadline, &mut at_work)?;
        }
        let words = read_from(&background.log, log_start).unwrap_or_default();
        for (index, program) in watched.iter().enumerate() {
            match program.verdict {
                Verdict::Runs => {}
                Verdict::OnItsWay if at_work(index) => self.applied.pending.push(program.name().to_owned()),
                Verdict::OnItsWay => {
                    let late = format!("did not run within {} s", self.options.worker_timeout.as_secs());
                    self.fail(program, words_about(program.name(), &names, &words), Some(late));
                }
                Verdict::Failed => self.fail(program, words_about(program.name(), &names, &words), None),
            }
        }
        Ok(all)
    }

    fn fail(&mut self, program: &Watched, words: Option<String>, late: Option<String>) {
        let name = program.name();
        let mut text = program.described();
        if let Some(words) = words {
            let _ = write!(text, "; supervisor said \"{words}\"");
        }
        if let Some(late) = late {
            let _ = write!(text, "; {late}");
        }
        let supervisorctl = self.options.supervisorctl.display();
        let _ = write!(text, "; its log: {supervisorctl} tail {name} stderr");
        if program.now.as_ref().is_some_and(|now| now.state == State::Stopped) {
            // To the next run it looks like one that an operator stopped.
            let _ = write!(text, "; it stays down until `{supervisorctl} start {name}`");
        }
        self.applied.failures.push((name.to_owned(), text));
    }

    /// The last word has supervisor's status after everything: a program that came up may have gone down
    /// while others restarted.
    fn look_again(&mut self, seen_last: Option<Vec<Program>>) -> Result<(), Error> {
        let all = seen_last.map_or_else(|| self.supervisorctl().status(), Ok)?;
        let is_settled = |observed: &&Observed| {
            let name = &observed.program.name;
            self.applied.touched.contains(name)
                && !self.applied.pending.contains(name)
                && !self.applied.failures.iter().any(|(failed, _)| failed == name)
        };
        let settled: Vec<_> = self.observation.programs.iter().filter(is_settled).collect();
        for observed in settled {
            let mut program = Watched::new(observed);
            program.see(&all, false);
            if program.verdict != Verdict::Runs {
                self.fail(&program, None, Some("ran for a moment".to_owned()));
            }
        }
        self.applied.status = all;
        Ok(())
    }
}

impl Background {
    fn prepare(log: &Path) -> Result<Self, Error> {
        let setsid = which::which("setsid").map_err(|_| Error::NoSetsid)?;
        let file = OpenOptions::new()
            .create(true)
            .append(true)
            .read(true)
            .open(log)
            .map_err(|source| Error::Log { path: log.to_owned(), source })?;
        Ok(Self { setsid, log: file })
    }
}

/// Asks supervisor until every program runs or has failed, or until `deadline`; at least once. Gives back
/// what it showed last.
fn watch(
    supervisorctl: &Supervisorctl,
    watched: &mut [Watched],
    deadline: Instant,
    mut at_work: impl FnMut(usize) -> bool,
) -> Result<Vec<Program>, Error> {
    loop {
        wait_for_an_end(watched.len(), deadline, &mut at_work);
        // Before the status: a client that ended in between has had its effect on it.
        let clients: Vec<_> = (0..watched.len()).map(&mut at_work).collect();
        let all = supervisorctl.status()?;
        for (program, at_work) in watched.iter_mut().zip(&clients) {
            program.see(&all, *at_work);
        }
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() || watched.iter().all(|program| program.verdict != Verdict::OnItsWay) {
            return Ok(all);
        }
        if !clients.contains(&true) {
            sleep(POLL.min(left.max(Duration::from_millis(1))));
        }
    }
}

/// While clients are at work there is little to ask supervisor, and each time costs a start of Python: waits until one of
/// them ends, for a while.
pub(crate) fn wait_for_an_end(clients: usize, deadline: Instant, at_work: &mut impl FnMut(usize) -> bool) {
    let deadline = deadline.min(Instant::now() + LONG_POLL);
    let before = (0..clients).filter(|index| at_work(*index)).count();
    while before > 0 && Instant::now() < deadline && (0..clients).filter(|index| at_work(*index)).count() == before {
        sleep(TICK);
    }
}

/// What supervisor said about `name`: its own errors, or else what it said about no program at all.
pub(crate) fn words_about(name: &str, names: &[&str], words: &str) -> Option<String> {
    fn about<'a>(line: &'a str, name: &str) -> Option<&'a str> {
        line.strip_prefix(name)?.strip_prefix(": ")
    }
    let own = words.lines().filter_map(|line| about(line, name)).rfind(|said| said.starts_with("ERROR"));
    if let Some(said) = own {
        return Some(said.to_owned());
    }
    let is_general = |line: &&str| !names.iter().any(|name| about(line, name).is_some());
    let general = one_line(&words.lines().filter(is_general).collect::<Vec<_>>().join("\n"));
    (!general.is_empty()).then_some(general)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Printed by supervisor 3.4.0 and, but for the exit status, by 4.2.5.
    const RECORDED: &str = "lms: stopped\nbad: ERROR (not running)\nlms: started\nbad: ERROR (spawn error)\nnix: ERROR (no such process)\n";

    #[test]
    fn the_last_error_about_a_program_is_what_supervisor_said() {
        let names = ["lms", "bad", "nix"];
        assert_eq!(words_about("bad", &names, RECORDED).as_deref(), Some("ERROR (spawn error)"));
        assert_eq!(words_about("nix", &names, RECORDED).as_deref(), Some("ERROR (no such process)"));
        assert_eq!(words_about("lms", &names, RECORDED), None);
    }

    #[test]
    fn what_was_said_about_no_program_concerns_all() {
        let words = "lms: stopped\nerror: <class 'ConnectionResetError'>, [Errno 104] Connection reset by peer\n";
        assert_eq!(
            words_about("lms", &["lms"], words).as_deref(),
            Some("error: <class 'ConnectionResetError'>, [Errno 104] Connection reset by peer")
        );
    }
}
