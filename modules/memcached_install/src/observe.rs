//! What the host has.

use std::time::Duration;

use host::{ConfigFile, DropIn, Here, Package, Process, State};
use memcached::{Client, Endpoint, RunningSettings};

use crate::{Error, Goal, boot};

/// How long a daemon on this very host may take for an answer.
const PATIENCE: Duration = Duration::from_secs(2);

/// The host's state, as far as a task is about it.
#[derive(Debug, Clone)]
pub(crate) struct Observed {
    /// memcached first.
    pub packages: Vec<Package>,
    pub config: ConfigFile,
    /// What systemd waits for; `None` without systemd.
    pub drop_in: Option<DropIn>,
    pub service: State,
    /// The daemon that answers where the wanted one should; or why none does.
    pub daemon: Result<Daemon, String>,
}

/// What a daemon says of itself.
#[derive(Debug, Clone)]
pub(crate) struct Daemon {
    pub version: Option<String>,
    pub pid: Option<u64>,
    pub settings: RunningSettings,
}

impl Daemon {
    pub fn ask(endpoint: &Endpoint) -> Result<Self, memcached::Error> {
        let mut client = Client::connect(endpoint, PATIENCE)?;
        let stats = client.stats()?;
        Ok(Self { version: stats.version, pid: stats.pid, settings: client.settings()? })
    }

    /// Whether this is another process than the service's; unknown counts as no.
    pub fn is_other_than(&self, service: &State) -> bool {
        match (self.pid, service.process) {
            (None, _) | (_, Process::Unknown) => false,
            (Some(_), Process::None) => true,
            (Some(pid), Process::Id(main)) => pid != main,
        }
    }
}

pub(crate) fn observe(host: &Here, goal: &Goal) -> Result<Observed, Error> {
    let packages = goal.packages().into_iter().map(|name| host.package(name)).collect::<Result<_, _>>()?;
    let daemon = match goal.running() {
        Some(running) => Daemon::ask(&running.local).map_err(|error| error.to_string()),
        None => Err("not asked".to_owned()),
    };
    Ok(Observed {
        packages,
        drop_in: host.drop_in(boot::NAME)?,
        config: ConfigFile::read(&goal.config_file)?,
        service: host.service().state()?,
        daemon,
    })
}
