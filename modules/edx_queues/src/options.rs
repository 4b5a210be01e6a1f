//! What a task asks for, with types.

use std::time::Duration;

use ansible_protocol::Arguments;
use edx_layout::{Endpoint, Layer, check_target, resolve};
use net::Target;
use redis::{Credentials, Secret};

use crate::error::Error;

/// A day: the longest that a call may take.
const DAY: i64 = 86_400;
/// A week: longer than supervisor waits for a worker, five days.
const WEEK: i64 = 604_800;

/// The option `state`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// All of the source's queues are at the destination.
    Carried,
    /// The source's workers have taken all tasks.
    Drained,
    /// The source's workers take no more tasks.
    Paused,
    /// What an interrupted run has not handed over is at the source again.
    Returned,
    /// Only look.
    Reported,
}

impl State {
    /// As a task writes it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Carried => "carried",
            Self::Drained => "drained",
            Self::Paused => "paused",
            Self::Returned => "returned",
            Self::Reported => "reported",
        }
    }
}

/// A server and who the module is there.
#[derive(Debug, Clone)]
pub struct Place {
    /// `source` or `destination`.
    pub role: &'static str,
    /// Where it is.
    pub target: Target,
    /// User and password.
    pub credentials: Credentials,
}

/// All options.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where the tasks are.
    pub source: Place,
    /// Where they go.
    pub destination: Option<Place>,
    /// What is asked.
    pub state: State,
    /// The databases; none for all that hold keys.
    pub databases: Option<Vec<u32>>,
    /// How long a server may take for one answer.
    pub timeout: Duration,
    /// How long the workers may take for all tasks.
    pub drain_timeout: Duration,
}

impl Options {
    /// From a task's arguments.
    pub fn from_arguments(arguments: &Arguments) -> Result<Self, Error> {
        let state = match arguments.str("state") {
            Some("drained") => State::Drained,
            Some("paused") => State::Paused,
            Some("returned") => State::Returned,
            Some("reported") => State::Reported,
            _ => State::Carried,
        };
        let source = place("source", arguments)?.ok_or(Error::Missing { option: "source", state: state.name() })?;
        let destination = place("destination", arguments)?;
        match (state, &destination) {
            (State::Carried | State::Returned, None) => {
                return Err(Error::Missing { option: "destination", state: state.name() });
            }
            (State::Drained | State::Paused, Some(_)) => {
                let does = match state {
                    State::Paused => "only tells the source's own workers to take no more tasks",
                    _ => "waits until the source's own workers have taken all tasks, and carries none",
                };
                return Err(Error::Needless { option: "destination", state: state.name(), does });
            }
            _ => {}
        }
        Ok(Self {
            source,
            destination,
            state,
            databases: databases(arguments)?,
            timeout: seconds("timeout", arguments, DAY)?,
            drain_timeout: seconds("drain_timeout", arguments, WEEK)?,
        })
    }
}

fn place(role: &'static str, arguments: &Arguments) -> Result<Option<Place>, Error> {
    let text = |suffix: &str| {
        let option = format!("{role}{suffix}");
        arguments.str(&option).filter(|text| !text.is_empty()).map(str::to_owned)
    };
    let (username, password) = (text("_username"), text("_password"));
    if username.is_some() && password.is_none() {
        return Err(Error::UserWithoutPassword(role));
    }
    let Some(given) = arguments.str(role) else { return Ok(None) };
    let endpoint = Endpoint::of_redis(given).map_err(|source| Error::Endpoint { option: role, source })?;
    check_target(&endpoint, Layer::Redis, arguments.bool("allow_public"), resolve)
        .map_err(|source| Error::Target { option: role, source })?;
    let target = match endpoint {
        Endpoint::Tcp { host, port } => Target::tcp(host, port),
        Endpoint::Unix(path) => Target::Unix(path.into()),
    };
    let password = Secret::new(password.unwrap_or_default());
    Ok(Some(Place { role, target, credentials: Credentials { username, password } }))
}

fn databases(arguments: &Arguments) -> Result<Option<Vec<u32>>, Error> {
    let Some(given) = arguments.strings("databases") else { return Ok(None) };
    let mut numbers = given
        .iter()
        .map(|text| text.parse().map_err(|_| Error::Database((*text).to_owned())))
        .collect::<Result<Vec<_>, _>>()?;
    numbers.sort_unstable();
    numbers.dedup();
    Ok((!numbers.is_empty()).then_some(numbers))
}

fn seconds(option: &'static str, arguments: &Arguments, most: i64) -> Result<Duration, Error> {
    let value = arguments.int(option).unwrap_or(1);
    match u64::try_from(value) {
        Ok(seconds) if (1..=most).contains(&value) => Ok(Duration::from_secs(seconds)),
        _ => Err(Error::Seconds { option, value, most }),
    }
}
