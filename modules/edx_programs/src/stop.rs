//! Stopping what was planned: every program is told at the same time, and then awaited.

use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::apply::{Applied, LONG_POLL, wait_for_an_end, words_about};
use crate::command::{Client, GRACE, Supervisorctl, TICK};
use crate::error::Error;
use crate::names::is_worker;
use crate::observe::{Observation, Observed, POLL};
use crate::options::Options;
use crate::plan::{Action, Plan};
use crate::process::Process;
use crate::status::{Program, State};
use crate::verdict::SIGHTINGS;

/// How often a program is told to stop that supervisor still shows at work.
const TRIES: u32 = 3;

/// How it stands with one program.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Verdict {
    /// It has stopped.
    Rests,
    /// It may be at rest, or about to start again.
    Perhaps,
    /// Supervisor has told it to stop.
    Stops,
    /// A client is about to tell supervisor.
    Told,
    /// It will not stop, and why.
    Failed(String),
}

/// A program that is to stop.
struct Stopping<'a> {
    observed: &'a Observed,
    client: Option<Client>,
    told: u32,
    at_rest: u32,
    verdict: Verdict,
    begun: Instant,
    limit: Duration,
}

/// Carries out a `plan` of stops. What it had done when something went wrong is in the result as well.
pub(crate) fn stop(options: &Options, observation: &Observation, plan: &Plan) -> Applied {
    let mut applied = Applied::default();
    applied.error = carry_out(options, observation, plan, &mut applied).err();
    applied
}

fn carry_out(options: &Options, observation: &Observation, plan: &Plan, applied: &mut Applied) -> Result<(), Error> {
    for (observed, (name, action)) in observation.programs.iter().zip(&plan.steps) {
        if *action == Action::Stop && !observed.clients.is_empty() {
            end(name, &observed.clients)?;
            applied.touched.push(name.clone());
        }
    }
    let mut programs: Vec<_> = observation.programs.iter().map(|observed| Stopping::new(options, observed)).collect();
    let watched = watch(options, &observation.supervisorctl, &mut programs, applied);
    for program in &mut programs {
        if watched.is_ok() {
            program.conclude(options, applied);
        }
        program.dismiss();
    }
    watched
}

/// Ends what would start `program` again.
fn end(program: &str, clients: &[Process]) -> Result<(), Error> {
    for signal in [Signal::TERM, Signal::KILL] {
        for client in clients.iter().filter(|client| client.is_alive()) {
            // Gone already is what was wanted, and what may not be ended is found alive below.
            let _ = Pid::from_raw(client.pid).map(|pid| kill_process(pid, signal));
        }
        let deadline = Instant::now() + GRACE;
        while clients.iter().any(Process::is_alive) && Instant::now() < deadline {
            sleep(TICK);
        }
    }
    match clients.iter().find(|client| client.is_alive()) {
        Some(client) => Err(Error::StaysAlive { program: program.to_owned(), pid: client.pid }),
        None => Ok(()),
    }
}

fn watch(
    options: &Options,
    supervisorctl: &Supervisorctl,
    programs: &mut [Stopping],
    applied: &mut Applied,
) -> Result<(), Error> {
    let mut pause = POLL;
    loop {
        // Before the status: a client that ended in between has had its effect on it.
        let at_work: Vec<_> = programs.iter_mut().map(Stopping::is_at_work).collect();
        let all = supervisorctl.status()?;
        for (program, at_work) in programs.iter_mut().zip(at_work) {
            program.see(&all, at_work);
            if program.verdict == Verdict::Told && !at_work {
                program.tell(supervisorctl)?;
                if !applied.touched.iter().any(|touched| touched == program.name()) {
                    applied.touched.push(program.name().to_owned());
                }
            }
        }
        applied.status = all;
        let Some(left) = programs.iter().filter_map(|program| program.left(options)).max() else { return Ok(()) };
        // What stops may take days, and each look is a start of Python; what is told or at rest does not.
        let is_brief = |program: &Stopping| matches!(program.verdict, Verdict::Told | Verdict::Perhaps);
        pause = if programs.iter().any(is_brief) { POLL } else { (pause * 2).min(LONG_POLL) };
        let deadline = Instant::now() + pause.min(left);
        let clients = programs.len();
        wait_for_an_end(clients, deadline, &mut |index| programs.get_mut(index).is_some_and(Stopping::is_at_work));
        if !programs.iter_mut().any(Stopping::is_at_work) {
            sleep(deadline.saturating_duration_since(Instant::now()));
        }
    }
}

impl<'a> Stopping<'a> {
    fn new(options: &Options, observed: &'a Observed) -> Self {
        let limit = if is_worker(&observed.program.name) { options.worker_timeout } else { options.timeout };
        // One that was found at rest was looked at for long enough.
        let at_rest = if observed.program.state == State::Exited { SIGHTINGS } else { 0 };
        Self { observed, client: None, told: 0, at_rest, verdict: Verdict::Told, begun: Instant::now(), limit }
    }

    fn name(&self) -> &'a str {
        &self.observed.program.name
    }

    /// An end that cannot be seen counts as an end: the status then decides.
    fn is_at_work(&mut self) -> bool {
        self.client.as_mut().is_some_and(|client| matches!(client.ended(), Ok(None)))
    }

    /// Supervisor needs no client to go on stopping.
    fn dismiss(&mut self) {
        if self.is_at_work()
            && let Some(client) = &mut self.client
        {
            client.kill();
        }
    }

    /// Takes in what supervisor shows now. While `at_work`, supervisor may have yet to hear of the stop.
    fn see(&mut self, all: &[Program], at_work: bool) {
        let Some(now) = all.iter().find(|program| program.name == self.name()) else {
            self.verdict = Verdict::Failed("is unknown to supervisor now".to_owned());
            return;
        };
        let at_rest = if now.state == State::Exited { self.at_rest + 1 } else { 0 };
        self.at_rest = at_rest;
        self.verdict = match now.state {
            State::Exited if at_rest < SIGHTINGS => Verdict::Perhaps,
            State::Stopped | State::Fatal | State::Exited => Verdict::Rests,
            State::Stopping => Verdict::Stops,
            State::Unknown => Verdict::Failed(format!("is {}", now.described())),
            State::Running | State::Starting | State::Backoff if at_work || self.told < TRIES => Verdict::Told,
            State::Running | State::Starting | State::Backoff => {
                let said = self.said().map(|said| format!("; supervisor said \"{said}\"")).unwrap_or_default();
                Verdict::Failed(format!("is {} after it was told to stop {TRIES} times{said}", now.described()))
            }
        };
    }

    fn tell(&mut self, supervisorctl: &Supervisorctl) -> Result<(), Error> {
        self.told += 1;
        self.client = Some(supervisorctl.spawn(&["stop", self.name()])?);
        Ok(())
    }

    fn said(&mut self) -> Option<String> {
        let name = self.name();
        let answer = self.client.as_mut()?.wait_until(Instant::now()).ok()?;
        words_about(name, &[name], &answer.words)
    }

    /// How long it is to be awaited still. That supervisor hears of the stop is awaited even where its end
    /// is not.
    fn left(&self, options: &Options) -> Option<Duration> {
        let limit = match self.verdict {
            Verdict::Rests | Verdict::Failed(_) => return None,
            Verdict::Stops => self.limit,
            Verdict::Told | Verdict::Perhaps => self.limit.max(options.timeout),
        };
        Some(limit.saturating_sub(self.begun.elapsed())).filter(|left| !left.is_zero())
    }

    fn conclude(&mut self, options: &Options, applied: &mut Applied) {
        let name = self.name();
        let at_work = self.is_at_work();
        match &self.verdict {
            Verdict::Rests => {}
            Verdict::Stops => applied.pending.push(name.to_owned()),
            // It may start again, and nobody would know.
            Verdict::Perhaps => applied.failures.push((name.to_owned(), "ends and starts again by itself".to_owned())),
            Verdict::Told => {
                let command = format!("{} stop {name}", options.supervisorctl.display());
                let seconds = self.limit.max(options.timeout).as_secs();
                let text = if at_work {
                    format!("still runs; `{command}` did nothing within {seconds} s and was ended")
                } else {
                    format!("still runs after {seconds} s, though told to stop with `{command}`")
                };
                applied.failures.push((name.to_owned(), text));
            }
            Verdict::Failed(text) => applied.failures.push((name.to_owned(), text.clone())),
        }
    }
}
