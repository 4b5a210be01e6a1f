//! Looking: which of the programs asked for exist, how they are, and whether their process is older
//! than their settings. Changes nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::thread::sleep;
use std::time::{Duration, Instant, SystemTime};

use crate::command::Supervisorctl;
use crate::error::Error;
use crate::names::{Pattern, is_worker};
use crate::options::{Mode, Options};
use crate::process::{Process, Restarts};
use crate::settings::{Settings, SettingsFile};
use crate::status::{Program, State};
use crate::verdict::SIGHTINGS;

/// How often supervisor is asked. It looks at its programs once a second itself.
pub(crate) const POLL: Duration = Duration::from_millis(500);

/// A program of this host, as it was found.
#[derive(Debug, Clone)]
pub struct Observed {
    /// What supervisor says of it.
    pub program: Program,
    /// Its process, where it runs.
    pub process: Option<Process>,
    /// Whether the task wants it restarted in any case.
    pub named: bool,
    /// The `supervisorctl restart` that is at work on it already.
    pub restarting: Option<i32>,
    /// The processes that restart or start it, where they do so with no other program.
    pub clients: Vec<Process>,
    /// When its process started, and the file that was last written since then.
    pub stale: Option<(SystemTime, SettingsFile)>,
    /// What the times of its files leave open.
    pub doubts: Vec<String>,
}

/// All that was found.
#[derive(Debug, Clone)]
pub struct Observation {
    /// The programs asked for that this host has, each once, in the order asked for.
    pub programs: Vec<Observed>,
    /// What was asked for and is unknown to supervisor.
    pub absent: Vec<String>,
    /// How to speak to supervisor.
    pub supervisorctl: Supervisorctl,
}

/// How often supervisor has to name the same process that is not there, until it is believed to speak of another host's.
const LOOKS: u32 = 5;

/// The processes of programs that supervisor says run, as they were just after it said so.
#[derive(Debug, Default)]
struct Running {
    processes: BTreeMap<String, Process>,
    /// The process that is not there, and how often it was named.
    gone: BTreeMap<String, (i32, u32)>,
    /// Programs of which one process after the other is gone before it is looked at: they end and are started again all
    /// the time, on this host.
    restless: BTreeSet<String>,
}

impl Running {
    fn look(&mut self, programs: &[&Program]) {
        self.processes.clear();
        for program in programs {
            let (State::Running, Some(pid)) = (program.state, program.pid) else { continue };
            let name = &program.name;
            if let Some(process) = Process::of(pid) {
                self.processes.insert(name.clone(), process);
                continue;
            }
            let (before, times) = self.gone.entry(name.clone()).or_insert((pid, 0));
            if *before == pid {
                *times += 1;
            } else {
                self.restless.insert(name.clone());
            }
        }
    }

    /// Whether its process is not there, and may have ended since supervisor was asked.
    fn is_unclear(&self, program: &Program) -> bool {
        self.is_missing(program) && self.gone.get(&program.name).is_none_or(|(_, times)| *times < LOOKS)
    }

    fn is_missing(&self, program: &Program) -> bool {
        program.state == State::Running
            && program.pid.is_some()
            && !self.processes.contains_key(&program.name)
            && !self.restless.contains(&program.name)
    }
}

/// Looks. A program that is starting, or stopping without being a worker, is waited for, up to the
/// timeout: in a moment there will be more to say about it.
pub fn observe(options: &Options) -> Result<Observation, Error> {
    let supervisorctl = Supervisorctl { path: options.supervisorctl.clone(), limit: options.timeout };
    if options.programs.is_empty() && options.restart.is_empty() {
        // A list that a playbook computed may be empty, on a host that has no supervisor.
        return Ok(Observation { programs: Vec::new(), absent: Vec::new(), supervisorctl });
    }
    let deadline = Instant::now() + options.timeout;
    let mut looks = 0;
    let mut running = Running::default();
    loop {
        let all = supervisorctl.status()?;
        let (chosen, absent) = select(options, &all)?;
        running.look(&chosen);
        let restarts = Restarts::in_progress();
        looks += 1;
        let in_motion = |program: &&Program| match program.state {
            _ if options.mode == Mode::Stopped => is_unclear(program, &restarts, &running, looks),
            State::Starting => true,
            State::Stopping => !is_worker(&program.name),
            // Its restart has not begun, or it is the first of several to be done with it.
            State::Running if restarts.of(program).is_some() => true,
            // It ended since supervisor was asked; or it never was on this host.
            State::Running => running.is_unclear(program),
            _ => false,
        };
        if chosen.iter().any(in_motion) && Instant::now() + POLL < deadline {
            sleep(POLL);
            continue;
        }
        let settings = match options.mode {
            Mode::Current => Settings::read(&options.path, &names_of(&all))?,
            Mode::Restarted | Mode::Running | Mode::Stopped | Mode::Started => Settings::default(),
        };
        refuse(options.mode, &chosen, &restarts)?;
        let programs = chosen
            .into_iter()
            .map(|program| look_at(program, options, &settings, (&restarts, &running)))
            .collect::<Result<_, _>>()?;
        return Ok(Observation { programs, absent, supervisorctl });
    }
}

/// Whether it cannot be said yet how to stop `program`. One that is starting or stopping is no riddle.
fn is_unclear(program: &Program, restarts: &Restarts, running: &Running, looks: u32) -> bool {
    match program.state {
        _ if restarts.with_others(program).is_some() => true,
        State::Running => running.is_unclear(program),
        // For a moment, where supervisor is to start it whenever it ends.
        State::Exited => looks < SIGHTINGS,
        _ => false,
    }
}

/// What has to be told before anything is stopped or started.
fn refuse(mode: Mode, chosen: &[&Program], restarts: &Restarts) -> Result<(), Error> {
    if !matches!(mode, Mode::Stopped | Mode::Started) {
        return Ok(());
    }
    for program in chosen {
        if program.state == State::Unknown {
            return Err(Error::StateUnknown { program: program.name.clone() });
        }
        if mode == Mode::Stopped
            && let Some(pid) = restarts.with_others(program)
        {
            return Err(Error::RestartUnderWay { program: program.name.clone(), pid });
        }
    }
    Ok(())
}

/// The names of programs outside groups, and of groups, as `edx_layout` names them.
fn names_of(all: &[Program]) -> BTreeSet<String> {
    all.iter().map(|program| program.group().to_owned()).collect()
}

fn select<'a>(options: &Options, all: &'a [Program]) -> Result<(Vec<&'a Program>, Vec<String>), Error> {
    let mut chosen: Vec<&Program> = Vec::new();
    let mut absent: Vec<String> = Vec::new();
    for pattern in options.programs.iter().chain(&options.restart) {
        let mut known = false;
        for program in all.iter().filter(|program| pattern.names(&program.name)) {
            known = true;
            if !chosen.iter().any(|other| other.name == program.name) {
                chosen.push(program);
            }
        }
        if !known {
            refuse_group(pattern, all)?;
            let name = pattern.to_string();
            if !absent.contains(&name) {
                absent.push(name);
            }
        }
    }
    if options.strict && !absent.is_empty() {
        let known = all.iter().map(|program| program.name.as_str()).collect::<Vec<_>>().join(", ");
        return Err(Error::Absent { absent: absent.join(", "), known });
    }
    Ok((chosen, absent))
}

/// `edxapp_worker` for `edxapp_worker:*` would otherwise pass for a program that this host lacks.
fn refuse_group(pattern: &Pattern, all: &[Program]) -> Result<(), Error> {
    let Pattern::Program(name) = pattern else { return Ok(()) };
    let members: Vec<_> =
        all.iter().filter(|program| program.group() == name).map(|program| program.name.as_str()).collect();
    if members.is_empty() {
        return Ok(());
    }
    Err(Error::IsGroup { name: name.clone(), members: members.join(", ") })
}

fn look_at(
    program: &Program,
    options: &Options,
    settings: &Settings,
    (restarts, running): (&Restarts, &Running),
) -> Result<Observed, Error> {
    let process = running.processes.get(&program.name).copied();
    let mut observed = Observed {
        program: program.clone(),
        process,
        named: options.mode == Mode::Restarted || options.restart.iter().any(|pattern| pattern.names(&program.name)),
        restarting: restarts.of(program),
        clients: restarts.of_it_alone(program),
        stale: None,
        doubts: Vec::new(),
    };
    match (process, program.pid) {
        (Some(process), _) => compare(&mut observed, process.started(), settings),
        (None, Some(pid)) if running.is_missing(program) => {
            return Err(Error::NoProcess { program: program.name.clone(), pid });
        }
        _ => {}
    }
    Ok(observed)
}

fn compare(observed: &mut Observed, started: SystemTime, settings: &Settings) {
    let name = &observed.program.name;
    let now = SystemTime::now();
    let (in_future, written): (Vec<_>, Vec<_>) = settings.of(name).partition(|file| file.written > now);
    let newest = written.iter().max_by_key(|file| file.written).filter(|file| file.written > started);
    observed.stale = newest.map(|file| (started, (**file).clone()));
    for file in in_future {
        observed.doubts.push(format!(
            "{} carries a time of last writing that is yet to come ({}), so it cannot tell whether {name} runs with \
             it: set it right with `touch {}`",
            file.path.display(),
            time(file.written),
            file.path.display()
        ));
    }
    if observed.stale.is_none() && !observed.named {
        for file in written.iter().filter(|file| file.changed > started) {
            observed.doubts.push(format!(
                "{} was put in its place, or got another mode or owner, at {}, after {name} started at {}, though it \
                 was last written before: where its content is new to {name}, restart it (`restart: [{name}]`)",
                file.path.display(),
                time(file.changed),
                time(started)
            ));
        }
    }
}

/// A time for a person: UTC, whole seconds.
pub(crate) fn time(time: SystemTime) -> String {
    humantime::format_rfc3339_seconds(time).to_string()
}
