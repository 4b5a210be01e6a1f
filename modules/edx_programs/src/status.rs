//! What `supervisorctl status` prints.

use crate::names::group_of;

/// A program's state, in supervisor's own words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Somebody stopped it, or it was never started.
    Stopped,
    /// Started less than `startsecs` ago.
    Starting,
    /// Runs.
    Running,
    /// Ended too soon after its start; supervisor will try again.
    Backoff,
    /// Was told to stop and has not ended yet.
    Stopping,
    /// Ended by itself.
    Exited,
    /// Could not be started; supervisor has given up.
    Fatal,
    /// Supervisor does not know.
    Unknown,
}

impl State {
    const ALL: [Self; 8] = [
        Self::Stopped,
        Self::Starting,
        Self::Running,
        Self::Backoff,
        Self::Stopping,
        Self::Exited,
        Self::Fatal,
        Self::Unknown,
    ];

    /// As supervisor writes it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Stopped => "STOPPED",
            Self::Starting => "STARTING",
            Self::Running => "RUNNING",
            Self::Backoff => "BACKOFF",
            Self::Stopping => "STOPPING",
            Self::Exited => "EXITED",
            Self::Fatal => "FATAL",
            Self::Unknown => "UNKNOWN",
        }
    }
}

impl std::fmt::Display for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// One line of `supervisorctl status`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Program {
    /// `lms`, or `edxapp_worker:lms_default_1`.
    pub name: String,
    /// Its state.
    pub state: State,
    /// Its process, while it is `RUNNING`; supervisor shows it in no other state.
    pub pid: Option<i32>,
    /// The rest of the line, for example `Exited too quickly (process log may have details)`.
    pub words: String,
}

impl Program {
    /// The state, with supervisor's words where they say more than a pid and a time.
    pub fn described(&self) -> String {
        if self.words.is_empty() || self.state == State::Running {
            self.state.to_string()
        } else {
            format!("{} ({})", self.state, self.words)
        }
    }

    /// What stands before the colon of the name.
    pub fn group(&self) -> &str {
        group_of(&self.name)
    }
}

/// Every line that is a program's. Others are passed over: warnings of Python, and messages.
pub fn parse_status(output: &str) -> Vec<Program> {
    output.lines().filter_map(parse_line).collect()
}

fn parse_line(line: &str) -> Option<Program> {
    let (name, rest) = line.split_once(char::is_whitespace)?;
    let rest = rest.trim();
    let (word, words) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
    let state = State::ALL.into_iter().find(|state| state.name() == word)?;
    let words = words.trim().to_owned();
    let pid = words.strip_prefix("pid ").and_then(|rest| rest.split(',').next()).and_then(|pid| pid.parse().ok());
    (!name.is_empty()).then(|| Program { name: name.to_owned(), state, pid, words })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Printed by supervisor 3.4.0 under Python 2.7, and letter by letter the same by 4.2.5.
    const RECORDED: &str = "\
bad                              BACKOFF   Exited too quickly (process log may have details)
edxapp_worker:lms_default_1      STOPPING  
lms                              RUNNING   pid 29507, uptime 1 day, 0:00:12
nocmd                            FATAL     can't find command '/no/such'
off                              STOPPED   Not started
once                             EXITED    Nov 22 03:27 AM
cms                              STARTING  
";

    #[test]
    fn every_state_is_read_with_its_words() {
        let seen: Vec<_> = parse_status(RECORDED)
            .into_iter()
            .map(|program| (program.name.clone(), program.described(), program.pid))
            .collect();
        let line = |name: &str, described: &str, pid| (name.to_owned(), described.to_owned(), pid);
        assert_eq!(
            seen,
            [
                line("bad", "BACKOFF (Exited too quickly (process log may have details))", None),
                line("edxapp_worker:lms_default_1", "STOPPING", None),
                line("lms", "RUNNING", Some(29507)),
                line("nocmd", "FATAL (can't find command '/no/such')", None),
                line("off", "STOPPED (Not started)", None),
                line("once", "EXITED (Nov 22 03:27 AM)", None),
                line("cms", "STARTING", None),
            ]
        );
    }

    #[test]
    fn a_long_name_and_a_warning_of_python_do_no_harm() {
        let output = "/usr/lib/python3/dist-packages/supervisor/options.py:13: UserWarning: pkg_resources is deprecated\n  \
                      import pkg_resources\n\
                      discovery_workers:discovery.default_1 RUNNING   pid 7, uptime 0:00:05\n";
        let programs = parse_status(output);
        assert_eq!(programs.len(), 1);
        assert_eq!(programs[0].name, "discovery_workers:discovery.default_1");
        assert_eq!(programs[0].group(), "discovery_workers");
        assert_eq!(programs[0].pid, Some(7));
    }

    #[test]
    fn messages_are_no_programs() {
        for output in [
            "unix:///edx/var/supervisor/supervisor.sock no such file\n",
            "unix:///edx/var/supervisor/supervisor.sock refused connection\n",
            "sudo: unknown user www-data\n",
            "error: <class 'PermissionError'>, [Errno 13] Permission denied: file: /usr/lib/socket.py line: 1\n",
            "",
        ] {
            assert_eq!(parse_status(output), [], "{output}");
        }
    }
}
