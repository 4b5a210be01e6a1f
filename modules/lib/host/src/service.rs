//! The daemon's service, under systemd or the init scripts before it.

use std::fs;
use std::path::PathBuf;

use crate::Error;
use crate::programs::{Ended, Programs};

/// What keeps services on this host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manager {
    /// systemd.
    Systemd,
    /// `service` and `update-rc.d`.
    InitScripts,
}

impl Manager {
    /// `systemctl is-system-running` says `offline` where systemd is installed but does not run.
    pub fn of_this_host(programs: &Programs) -> Self {
        let states = ["initializing", "starting", "running", "degraded", "maintenance", "stopping"];
        match programs.run("systemctl", &["is-system-running"]) {
            Ok(ended) if states.contains(&ended.stdout.trim()) => Self::Systemd,
            _ => Self::InitScripts,
        }
    }
}

/// A service's state.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct State {
    /// Whether it can be started.
    pub definition: Definition,
    /// Whether it runs.
    pub activity: Activity,
    /// Whether it starts with the host.
    pub enabled: bool,
    /// Its main process.
    pub process: Process,
}

/// The service's main process.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Process {
    /// Init scripts do not tell.
    #[default]
    Unknown,
    /// There is none.
    None,
    /// Its number.
    Id(u64),
}

/// Whether the manager knows how to start it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Definition {
    /// It does not.
    #[default]
    Missing,
    /// Somebody forbade to start it.
    Masked,
    /// It does.
    There,
}

/// Whether a service runs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Activity {
    /// It does not.
    #[default]
    Stopped,
    /// Running, or about to be started again after it ended.
    Running,
    /// systemd gave up on it.
    Failed,
}

/// A service of this host.
#[derive(Debug)]
pub struct Service<'a> {
    programs: &'a Programs,
    manager: Manager,
    name: &'a str,
}

impl<'a> Service<'a> {
    /// The one of this name.
    pub fn new(programs: &'a Programs, manager: Manager, name: &'a str) -> Self {
        Self { programs, manager, name }
    }

    /// How it is.
    pub fn state(&self) -> Result<State, Error> {
        match self.manager {
            Manager::Systemd => {
                let properties = "LoadState,ActiveState,UnitFileState,MainPID";
                let ended = self.programs.run("systemctl", &["show", "-p", properties, self.name])?;
                if !ended.success {
                    return Err(ended.error("; check that systemd answers on this host"));
                }
                Ok(parse_properties(&ended.stdout))
            }
            Manager::InitScripts => {
                let script = fs::exists(format!("/etc/init.d/{}", self.name)).unwrap_or(false);
                let runs = self.programs.run("service", &[self.name, "status"])?.success;
                Ok(State {
                    definition: if script { Definition::There } else { Definition::Missing },
                    activity: if runs { Activity::Running } else { Activity::Stopped },
                    enabled: starts_at_boot(self.name),
                    process: Process::Unknown,
                })
            }
        }
    }

    /// systemd's folder for the units of the administrator; none without systemd.
    pub fn unit_folder(&self) -> Result<Option<PathBuf>, Error> {
        if self.manager != Manager::Systemd {
            return Ok(None);
        }
        let ended = self.programs.run("systemctl", &["show", "-p", "UnitPath"])?;
        let paths = ended.stdout.trim().strip_prefix("UnitPath=").unwrap_or_default();
        Ok(paths.split(' ').find(|path| path.ends_with("/etc/systemd/system")).map(PathBuf::from))
    }

    /// Makes the manager read its units again.
    pub fn reload_units(&self) -> Result<(), Error> {
        match self.manager {
            Manager::Systemd => done(&self.programs.run("systemctl", &["daemon-reload"])?),
            Manager::InitScripts => Ok(()),
        }
    }

    /// Lets it start with the host.
    pub fn enable(&self) -> Result<(), Error> {
        let ended = match self.manager {
            Manager::Systemd => self.programs.run("systemctl", &["enable", self.name])?,
            Manager::InitScripts => self.programs.run("update-rc.d", &[self.name, "defaults"])?,
        };
        done(&ended)
    }

    /// Starts it.
    pub fn start(&self) -> Result<(), Error> {
        self.act("start")
    }

    /// Ends it, where it runs, and starts it.
    pub fn restart(&self) -> Result<(), Error> {
        self.act("restart")
    }

    fn act(&self, action: &str) -> Result<(), Error> {
        let ended = match self.manager {
            Manager::Systemd => {
                // systemd refuses to start what failed too often, until told to forget it;
                let forget = || self.programs.run("systemctl", &["reset-failed", self.name]);
                if self.state()?.activity == Activity::Failed {
                    forget()?;
                }
                let ended = self.programs.run("systemctl", &[action, self.name])?;
                // and what was started too often within seconds, as by one task after the other.
                if !ended.success && ended.stderr.contains("too often") {
                    forget()?;
                    self.programs.run("systemctl", &[action, self.name])?
                } else {
                    ended
                }
            }
            Manager::InitScripts => self.programs.run("service", &[self.name, action])?,
        };
        done(&ended)
    }

    /// The service's last words as a clause of a message; empty where nobody keeps them.
    pub fn last_words(&self) -> String {
        let arguments = ["-u", self.name, "-n", "5", "--no-pager", "-q", "-o", "cat"];
        let journal = (self.manager == Manager::Systemd && self.programs.find("journalctl").is_some())
            .then(|| self.programs.run("journalctl", &arguments).ok())
            .flatten();
        let lines: Vec<String> = journal
            .map(|ended| {
                ended.stdout.lines().map(|line| line.trim().to_owned()).filter(|line| !line.is_empty()).collect()
            })
            .unwrap_or_default();
        if lines.is_empty() { String::new() } else { format!("; its service says: {}", lines.join(" / ")) }
    }
}

fn parse_properties(text: &str) -> State {
    let value = |name: &str| {
        text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('=')).unwrap_or_default().trim().to_owned()
    };
    State {
        definition: match value("LoadState").as_str() {
            "masked" => Definition::Masked,
            "not-found" | "" => Definition::Missing,
            _ => Definition::There,
        },
        activity: match value("ActiveState").as_str() {
            "active" | "reloading" | "activating" => Activity::Running,
            "failed" => Activity::Failed,
            _ => Activity::Stopped,
        },
        enabled: matches!(value("UnitFileState").as_str(), "enabled" | "static" | "alias" | "indirect" | "generated"),
        process: match value("MainPID").parse() {
            Ok(0) => Process::None,
            Ok(pid) => Process::Id(pid),
            Err(_) => Process::Unknown,
        },
    }
}

fn starts_at_boot(service: &str) -> bool {
    ["2", "3", "4", "5"].iter().any(|level| {
        fs::read_dir(format!("/etc/rc{level}.d")).is_ok_and(|entries| {
            entries.flatten().any(|entry| {
                let name = entry.file_name();
                let name = name.to_string_lossy();
                name.starts_with('S') && name.get(3..) == Some(service)
            })
        })
    })
}

fn done(ended: &Ended) -> Result<(), Error> {
    if ended.success { Ok(()) } else { Err(ended.error("; look at the service's status and journal on the host")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_running_service_is_read() {
        let text = "LoadState=loaded\nActiveState=active\nUnitFileState=enabled\nMainPID=812\n";
        assert_eq!(
            parse_properties(text),
            State {
                definition: Definition::There,
                activity: Activity::Running,
                enabled: true,
                process: Process::Id(812)
            }
        );
    }

    #[test]
    fn services_that_do_not_run_are_read() {
        let read = |load: &str, active: &str, file: &str| {
            parse_properties(&format!("LoadState={load}\nActiveState={active}\nUnitFileState={file}\nMainPID=0\n"))
        };
        let state = |definition, activity| State { definition, activity, process: Process::None, enabled: false };
        assert_eq!(read("not-found", "inactive", ""), state(Definition::Missing, Activity::Stopped));
        assert_eq!(read("loaded", "failed", "disabled"), state(Definition::There, Activity::Failed));
        assert_eq!(read("masked", "inactive", "masked"), state(Definition::Masked, Activity::Stopped));
        assert_eq!(read("loaded", "activating", "disabled"), state(Definition::There, Activity::Running));
    }
}
