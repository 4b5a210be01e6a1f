//! What the host has.

use std::fs;
use std::fs::OpenOptions;
use std::net::SocketAddr;
use std::path::Path;

use file_set::Attributes;
use host::{ConfigFile, DropIn, Here, Package, Process, State};

use crate::daemon::{Daemon, Keyring};
use crate::{Error, Goal, texts};

/// The host's state, as far as a task is about it.
#[derive(Debug)]
pub(crate) struct Observed {
    pub package: Package,
    /// The packaged redis.conf.
    pub config: ConfigFile,
    /// The module's own file.
    pub settings: ConfigFile,
    /// Whether that has the owner, group and mode of one with a password in it.
    pub settings_is_safe: bool,
    /// None without systemd.
    pub drop_in: Option<DropIn>,
    pub sysctl: ConfigFile,
    pub overcommit: Overcommit,
    pub service: State,
    /// The daemon that answers where the wanted one should; or why none does.
    pub daemon: Result<Daemon, String>,
    pub keyring: Keyring,
}

/// The kernel's `vm.overcommit_memory`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Overcommit {
    /// It grants what a fork asks for.
    On,
    /// It may refuse.
    Off,
    /// It may refuse, and is not to be set from here, as in a container.
    Fixed,
}

impl Observed {
    /// Whether a daemon answers that is the service's.
    pub fn own_daemon(&self) -> Option<&Daemon> {
        let is_own = |daemon: &&Daemon| match (daemon.pid, self.service.process) {
            (None, _) | (_, Process::Unknown) => true,
            (Some(_), Process::None) => false,
            (Some(pid), Process::Id(main)) => pid == main,
        };
        self.daemon.as_ref().ok().filter(is_own)
    }
}

pub(crate) fn observe(here: &Here, goal: &Goal) -> Result<Observed, Error> {
    let config = ConfigFile::read(&goal.config_file)?;
    let settings = ConfigFile::read(&goal.settings_file)?;
    let keyring = Keyring::new(
        goal.running().map(|running| &running.settings),
        [settings.bytes.as_deref(), config.bytes.as_deref()],
    );
    Ok(Observed {
        package: here.package("redis-server")?,
        settings_is_safe: is_safe(&goal.settings_file, &goal.group),
        drop_in: here.drop_in(texts::DROP_IN)?,
        sysctl: ConfigFile::read(Path::new(texts::SYSCTL_FILE))?,
        overcommit: overcommit(),
        service: here.service().state()?,
        daemon: ask(&keyring, goal.local()),
        config,
        settings,
        keyring,
    })
}

fn ask(keyring: &Keyring, at: SocketAddr) -> Result<Daemon, String> {
    Daemon::ask(keyring, at).map_err(|error| error.to_string())
}

/// Owner, group and mode of a file that Redis reads and nobody else.
pub(crate) fn attributes(group: &str) -> Result<Attributes, file_set::Error> {
    Ok(Attributes { user: Some(0), group: Some(file_set::group_id(group)?), mode: Some(0o640) })
}

fn is_safe(path: &Path, group: &str) -> bool {
    let wanted = attributes(group);
    fs::metadata(path).is_ok_and(|file| wanted.is_ok_and(|wanted| wanted.are_those_of(&file)))
}

fn overcommit() -> Overcommit {
    let value = fs::read_to_string(texts::OVERCOMMIT).unwrap_or_default();
    if value.trim() == "1" {
        return Overcommit::On;
    }
    let opened = OpenOptions::new().write(true).open(texts::OVERCOMMIT);
    if opened.is_ok() { Overcommit::Off } else { Overcommit::Fixed }
}
