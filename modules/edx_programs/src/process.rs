//! What `/proc` knows: when a process started, and whether somebody is restarting a program.

use std::fs;
use std::time::{Duration, SystemTime};

use rustix::time::{ClockId, clock_gettime};

use crate::status::Program;

/// A process, told from a later one that got the same number by its start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Process {
    /// Its number.
    pub pid: i32,
    /// Clock ticks between the machine's start and its own.
    ticks: u64,
}

impl Process {
    /// The process `pid`, or `None` where there is none (any more).
    pub fn of(pid: i32) -> Option<Self> {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        Some(Self { pid, ticks: start_ticks(&stat)? })
    }

    /// When it started, to a hundredth of a second, by the clock as it is now.
    pub fn started(&self) -> SystemTime {
        // CLOCK_BOOTTIME rather than /proc/uptime or btime: containers are shown altered ones.
        let now = clock_gettime(ClockId::Boottime);
        let since_boot = Duration::new(now.tv_sec.unsigned_abs(), u32::try_from(now.tv_nsec).unwrap_or(0));
        let per_second = rustix::param::clock_ticks_per_second();
        let started = Duration::from_millis(self.ticks.saturating_mul(1000) / per_second);
        SystemTime::now() - since_boot.saturating_sub(started)
    }
}

/// Field 22 of `/proc/PID/stat` (proc(5)). The second field is the program's name in parentheses and
/// may hold spaces and parentheses itself.
fn start_ticks(stat: &str) -> Option<u64> {
    let (_, after_name) = stat.rsplit_once(')')?;
    after_name.split_whitespace().nth(22 - 3)?.parse().ok()
}

/// The `supervisorctl restart` commands that run on this host: each has stopped, or is about to stop,
/// the programs it names, and will start them again.
#[derive(Debug, Clone, Default)]
pub struct Restarts {
    clients: Vec<(i32, Vec<String>)>,
}

impl Restarts {
    /// Looks through the processes of this host.
    pub fn in_progress() -> Self {
        let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
        let client = |entry: fs::DirEntry| {
            let pid = entry.file_name().to_str()?.parse().ok()?;
            let command = fs::read(entry.path().join("cmdline")).ok()?;
            Some((pid, restarted(&String::from_utf8_lossy(&command))?))
        };
        Self { clients: processes.filter_map(client).collect() }
    }

    /// The process that restarts `program`, by its own name or by its group's.
    pub fn of(&self, program: &Program) -> Option<i32> {
        let group = program.group();
        let is_meant = |word: &String| {
            *word == program.name
                || word == "all"
                || word.split_once(':').is_some_and(|(name, rest)| name == group && ["", "*"].contains(&rest))
        };
        self.clients.iter().find(|(_, words)| words.iter().any(is_meant)).map(|(pid, _)| *pid)
    }
}

/// What a `supervisorctl restart` restarts, from its command line; `None` for every other command.
fn restarted(command: &str) -> Option<Vec<String>> {
    let mut words = command.split('\0');
    words.find(|word| word.ends_with("supervisorctl"))?;
    words.find(|word| *word == "restart")?;
    Some(words.filter(|word| !word.is_empty()).map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::status::parse_status;

    #[test]
    fn a_programs_name_may_hold_anything() {
        let stat = "42 (a) R (b) S 1 42 42 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 187272 1000 200";
        assert_eq!(start_ticks(stat), Some(187_272));
    }

    #[test]
    fn a_process_started_between_its_parents_start_and_now() {
        let own = Process::of(i32::try_from(std::process::id()).unwrap()).unwrap();
        assert!(own.started() <= SystemTime::now());
        let first = Process::of(1).unwrap();
        assert!(first.started() <= own.started());
    }

    #[test]
    fn there_is_no_process_0() {
        assert_eq!(Process::of(0), None);
    }

    #[test]
    fn a_restart_is_known_by_its_command() {
        let program = parse_status("w:slow_1 STOPPING").remove(0);
        for (command, expected) in [
            ("/bin/sh\0/edx/bin/supervisorctl\0restart\0w:slow_1\0", Some(7)),
            ("python3\0/x/bin/supervisorctl\0-c\0/x/supervisord.conf\0restart\0lms\0w:*\0", Some(7)),
            ("/usr/bin/supervisorctl\0restart\0all\0", Some(7)),
            ("/bin/sh\0/edx/bin/supervisorctl\0restart\0w:other\0", None),
            ("/bin/sh\0/edx/bin/supervisorctl\0stop\0w:slow_1\0", None),
            ("vi\0restart\0w:slow_1\0", None),
            ("", None),
        ] {
            let restarts = Restarts { clients: restarted(command).into_iter().map(|words| (7, words)).collect() };
            assert_eq!(restarts.of(&program), expected, "{command}");
        }
    }
}
