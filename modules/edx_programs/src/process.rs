//! What `/proc` knows: when a process started, and whether somebody is restarting a program.

use std::fs;
use std::path::Path;
use std::time::{Duration, SystemTime};

use rustix::time::{ClockId, clock_gettime};

use crate::command::START_ONCE_STOPPED;
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

    /// Whether it still does anything: it is the same process, and has not ended unnoticed by its parent.
    pub(crate) fn is_alive(&self) -> bool {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.pid)).unwrap_or_default();
        let state = stat.rsplit_once(')').and_then(|(_, after_name)| after_name.split_whitespace().next());
        start_ticks(&stat) == Some(self.ticks) && !matches!(state, None | Some("Z" | "X"))
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

/// The commands that run on this host and will start programs: `supervisorctl restart`, which has stopped
/// or is about to stop the programs it names, `supervisorctl start`, and this module's own start of a
/// program that has yet to stop.
#[derive(Debug, Clone, Default)]
pub struct Restarts {
    clients: Vec<Restart>,
}

#[derive(Debug, Clone)]
struct Restart {
    process: Process,
    /// Whether it starts programs at once: a moment later there is nothing to see of it.
    is_brief: bool,
    /// What it names.
    words: Vec<String>,
}

impl Restarts {
    /// Looks through the processes of this host.
    pub fn in_progress() -> Self {
        let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
        let namespace = |process: &Path| fs::read_link(process.join("ns/pid")).ok();
        let own = namespace(Path::new("/proc/self"));
        let client = |entry: fs::DirEntry| {
            let pid = entry.file_name().to_str()?.parse().ok()?;
            // A container's supervisor is another one, though its programs may have the same names.
            if namespace(&entry.path()).is_some_and(|namespace| own.as_ref().is_some_and(|own| *own != namespace)) {
                return None;
            }
            let command = fs::read(entry.path().join("cmdline")).ok()?;
            Restart::parse(Process::of(pid)?, &String::from_utf8_lossy(&command))
        };
        Self { clients: processes.filter_map(client).collect() }
    }

    /// The process that restarts `program`, by its own name or by its group's, or waits to start it.
    pub fn of(&self, program: &Program) -> Option<i32> {
        self.meaning(program).find(|client| !client.is_brief).map(|client| client.process.pid)
    }

    /// The processes that restart or start `program` and nothing else: the wrapper, sudo, Python.
    pub fn of_it_alone(&self, program: &Program) -> Vec<Process> {
        self.meaning(program).filter(|client| client.is_of_alone(program)).map(|client| client.process).collect()
    }

    /// A process that restarts or starts `program` together with others.
    pub fn with_others(&self, program: &Program) -> Option<i32> {
        self.meaning(program).find(|client| !client.is_of_alone(program)).map(|client| client.process.pid)
    }

    fn meaning(&self, program: &Program) -> impl Iterator<Item = &Restart> {
        self.clients.iter().filter(|client| client.means(program))
    }
}

impl Restart {
    /// From a command line; `None` for every other command.
    fn parse(process: Process, command: &str) -> Option<Self> {
        let mut words = command.split('\0');
        words.find(|word| word.ends_with("supervisorctl"))?;
        let verb = words.find(|word| ["restart", "start", START_ONCE_STOPPED].contains(word))?;
        let words = words.filter(|word| !word.is_empty()).map(str::to_owned).collect();
        Some(Self { process, is_brief: verb == "start", words })
    }

    fn means(&self, program: &Program) -> bool {
        self.words.iter().any(|word| {
            *word == program.name
                || word == "all"
                || word.split_once(':').is_some_and(|(name, rest)| name == program.group() && ["", "*"].contains(&rest))
        })
    }

    fn is_of_alone(&self, program: &Program) -> bool {
        self.words.iter().all(|word| *word == program.name)
    }
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
        assert!(own.is_alive());
        assert!(!Process { ticks: own.ticks + 1, ..own }.is_alive());
    }

    #[test]
    fn there_is_no_process_0() {
        assert_eq!(Process::of(0), None);
    }

    fn restarts(command: &str) -> Restarts {
        let client = Process { pid: 7, ticks: 0 };
        Restarts { clients: Restart::parse(client, command).into_iter().collect() }
    }

    #[test]
    fn a_restart_is_known_by_its_command() {
        let program = parse_status("w:slow_1 STOPPING").remove(0);
        for (command, expected) in [
            ("/bin/sh\0/edx/bin/supervisorctl\0restart\0w:slow_1\0", Some(7)),
            ("python3\0/x/bin/supervisorctl\0-c\0/x/supervisord.conf\0restart\0lms\0w:*\0", Some(7)),
            ("/usr/bin/supervisorctl\0restart\0all\0", Some(7)),
            ("sh\0-c\0while :; do\0/edx/bin/supervisorctl\0start-once-stopped\0w:slow_1\0", Some(7)),
            ("/bin/sh\0/edx/bin/supervisorctl\0restart\0w:other\0", None),
            ("/bin/sh\0/edx/bin/supervisorctl\0start\0w:slow_1\0", None),
            ("/bin/sh\0/edx/bin/supervisorctl\0stop\0w:slow_1\0", None),
            ("vi\0restart\0w:slow_1\0", None),
            ("", None),
        ] {
            assert_eq!(restarts(command).of(&program), expected, "{command}");
        }
    }

    #[test]
    fn what_starts_one_program_is_told_from_what_starts_several() {
        let program = parse_status("w:slow_1 STOPPING").remove(0);
        for (words, alone, others) in [
            ("restart\0w:slow_1", 1, None),
            ("start\0w:slow_1", 1, None),
            ("start-once-stopped\0w:slow_1", 1, None),
            ("restart\0w:slow_1\0lms", 0, Some(7)),
            ("start\0w:", 0, Some(7)),
            ("restart\0all", 0, Some(7)),
            ("restart\0lms", 0, None),
            ("stop\0w:slow_1", 0, None),
        ] {
            let restarts = restarts(&format!("/bin/sh\0/edx/bin/supervisorctl\0{words}\0"));
            assert_eq!(restarts.of_it_alone(&program).len(), alone, "{words}");
            assert_eq!(restarts.with_others(&program), others, "{words}");
        }
    }
}
