//! What a task asks for, with types.

use std::path::PathBuf;
use std::time::Duration;

use ansible_protocol::Arguments;

use crate::error::Error;
use crate::names::Pattern;

/// A week: longer than supervisor's own `stopwaitsecs` for a worker, five days.
const LONGEST: i64 = 604_800;

/// The option `state`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Restart what started before its settings were last written.
    Current,
    /// Restart all.
    Restarted,
    /// Only look.
    Running,
    /// Stop all.
    Stopped,
    /// Start those that do not run.
    Started,
}

impl Mode {
    /// As a task writes it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Current => "current",
            Self::Restarted => "restarted",
            Self::Running => "running",
            Self::Stopped => "stopped",
            Self::Started => "started",
        }
    }

    /// What keeps the options that ask for more from going with it.
    const fn allows(self) -> &'static str {
        match self {
            Self::Running => "only looks and changes nothing",
            Self::Stopped => "only stops programs",
            Self::Started => "only starts programs",
            Self::Current | Self::Restarted => "restarts programs",
        }
    }
}

/// All options.
#[derive(Debug, Clone)]
pub struct Options {
    /// The programs to look after, in the order given.
    pub programs: Vec<Pattern>,
    /// What is asked of them.
    pub mode: Mode,
    /// Those of them, or further ones, to restart in any case.
    pub restart: Vec<Pattern>,
    /// Whether to start those that do not run.
    pub start_stopped: bool,
    /// Whether a program that supervisor does not know is a failure.
    pub strict: bool,
    /// The folder with the settings files.
    pub path: PathBuf,
    /// The program that speaks to supervisor.
    pub supervisorctl: PathBuf,
    /// How long restarted programs may take to run.
    pub timeout: Duration,
    /// How long to wait for restarted workers.
    pub worker_timeout: Duration,
    /// Where the workers' restarts write what supervisor says.
    pub worker_log: PathBuf,
}

impl Options {
    /// From a task's arguments.
    pub fn from_arguments(arguments: &Arguments) -> Result<Self, Error> {
        let patterns = |option: &'static str| -> Result<Vec<Pattern>, Error> {
            let names = arguments.strings(option).unwrap_or_default();
            let patterns = names.into_iter().map(|name| Pattern::parse(name, option)).collect::<Result<Vec<_>, _>>()?;
            Ok(patterns.into_iter().filter(|pattern| of_kind(pattern, arguments.str("kind"))).collect())
        };
        let path = |option: &str| PathBuf::from(arguments.str(option).unwrap_or_default());
        let mode = match arguments.str("state") {
            Some("restarted") => Mode::Restarted,
            Some("running") => Mode::Running,
            Some("stopped") => Mode::Stopped,
            Some("started") => Mode::Started,
            _ => Mode::Current,
        };
        let options = Self {
            programs: patterns("programs")?,
            mode,
            restart: patterns("restart")?,
            start_stopped: arguments.bool("start_stopped"),
            strict: arguments.bool("strict"),
            path: path("path"),
            supervisorctl: path("supervisorctl"),
            timeout: seconds("timeout", arguments, 1)?,
            worker_timeout: seconds("worker_timeout", arguments, 0)?,
            worker_log: path("worker_log"),
        };
        let refused: &[_] = match mode {
            Mode::Current | Mode::Restarted => &[],
            Mode::Started => &[("restart", !options.restart.is_empty())],
            Mode::Running | Mode::Stopped => {
                &[("restart", !options.restart.is_empty()), ("start_stopped", options.start_stopped)]
            }
        };
        match refused.iter().find(|(_, given)| *given) {
            Some((option, _)) => Err(Error::Contradicts { state: mode.name(), allows: mode.allows(), option }),
            None => Ok(options),
        }
    }

    /// Whether programs that do not run are to be started.
    pub(crate) fn starts(&self) -> bool {
        self.start_stopped || self.mode == Mode::Started
    }
}

fn of_kind(pattern: &Pattern, kind: Option<&str>) -> bool {
    match kind {
        Some("workers") => pattern.is_worker(),
        Some("others") => !pattern.is_worker(),
        _ => true,
    }
}

fn seconds(option: &'static str, arguments: &Arguments, least: i64) -> Result<Duration, Error> {
    let value = arguments.int(option).unwrap_or(least);
    match u64::try_from(value) {
        Ok(seconds) if (least..=LONGEST).contains(&value) => Ok(Duration::from_secs(seconds)),
        _ => Err(Error::Seconds { option, value, least, most: LONGEST }),
    }
}
