//! Why the module could not do its work.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

/// Everything that ends the module before it can say how the programs are.
#[derive(Debug, Error)]
pub enum Error {
    /// A list holds something that is no name.
    #[error(
        "option '{option}': \"{name}\" is no name of a program: give names as `supervisorctl status` shows them \
         (lms), and GROUP:* for all programs of a group (edxapp_worker:*)"
    )]
    Name {
        /// The list.
        option: &'static str,
        /// What stands there.
        name: String,
    },
    /// A group was named as if it were a program.
    #[error(
        "\"{name}\" is a group of supervisor's, not a program: write \"{name}:*\" for all its programs ({members})"
    )]
    IsGroup {
        /// The group.
        name: String,
        /// Its programs, with commas.
        members: String,
    },
    /// `strict`, and supervisor lacks a program.
    #[error("supervisor has no {absent}; its programs are: {known}; correct the names, or leave `strict` out")]
    Absent {
        /// Those it lacks, with commas.
        absent: String,
        /// Those it has, with commas.
        known: String,
    },
    /// A number of seconds is out of range.
    #[error("option '{option}' is {value}: give whole seconds, from {least} to {most}")]
    Seconds {
        /// The option.
        option: &'static str,
        /// What was given.
        value: i64,
        /// The smallest that is allowed.
        least: i64,
        /// The largest that is allowed.
        most: i64,
    },
    /// A state together with an option that asks for more than it does.
    #[error("`state: {state}` {allows}: leave '{option}' out, or choose another state")]
    Contradicts {
        /// The state.
        state: &'static str,
        /// What it does.
        allows: &'static str,
        /// The option.
        option: &'static str,
    },
    /// Somebody restarts a program that is to be stopped, together with others.
    #[error(
        "{program} is being restarted by process {pid}, together with other programs, and would run again after it was \
         stopped; nothing was stopped: wait until that process has ended (ps -fp {pid}), and run this again"
    )]
    RestartUnderWay {
        /// The program.
        program: String,
        /// The process.
        pid: i32,
    },
    /// Supervisor has lost track of a program that is to be stopped or started.
    #[error(
        "supervisor says that {program} is UNKNOWN, and will neither stop nor start it; nothing was changed: look at its \
         process by hand, and restart supervisor"
    )]
    StateUnknown {
        /// The program.
        program: String,
    },
    /// A process that would start a program again does not end.
    #[error(
        "process {pid}, which would start {program} again, does not end: end it by hand (kill -9 {pid}), and run this again"
    )]
    StaysAlive {
        /// The program.
        program: String,
        /// The process.
        pid: i32,
    },
    /// There is no `supervisorctl`.
    #[error(
        "{} cannot be run: {source}; name this host's supervisorctl with the option 'supervisorctl'",
        path.display()
    )]
    NoSupervisorctl {
        /// Where it should be.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// There is no `setsid`, which keeps a worker's restart going after this module ended.
    #[error("setsid is not on the PATH: install the package util-linux; nothing was restarted")]
    NoSetsid,
    /// The operating system refused.
    #[error("`{command}` cannot be run: {source}")]
    Run {
        /// As it would be typed.
        command: String,
        /// Why.
        source: io::Error,
    },
    /// `supervisorctl status` did not end.
    #[error(
        "`{command}` did not answer within {seconds} s and was ended{}; look whether supervisord is alive \
         (systemctl status supervisor), and run it by hand",
        said(words)
    )]
    Hangs {
        /// As it would be typed.
        command: String,
        /// How long it was given.
        seconds: u64,
        /// What it printed until then.
        words: String,
    },
    /// `supervisorctl status` showed no programs.
    #[error("`{command}` shows no programs{}{}; {}", said(words), exit(*code), advice(words))]
    NoStatus {
        /// As it would be typed.
        command: String,
        /// What it printed, on one line.
        words: String,
        /// Its exit status; none after a signal.
        code: Option<i32>,
    },
    /// The folder with the settings files cannot be read.
    #[error(
        "{} cannot be read: {source}; name the folder with Open edX's settings files with the option 'path'",
        path.display()
    )]
    Settings {
        /// The folder or file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The log of the workers' restarts cannot be written.
    #[error("{} cannot be written: {source}; nothing was restarted; name another file with 'worker_log'", path.display())]
    Log {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Supervisor names a process that is not there.
    #[error(
        "supervisor says that {program} runs as process {pid}, but this host has no such process: run this module where \
         supervisord itself runs, as root"
    )]
    NoProcess {
        /// The program.
        program: String,
        /// The process.
        pid: i32,
    },
}

fn said(words: &str) -> String {
    let words = crate::command::one_line(words);
    if words.is_empty() { String::new() } else { format!(": \"{words}\"") }
}

fn exit(code: Option<i32>) -> String {
    match code {
        // Version 3 has no other, and to name it would read as if all were well.
        Some(0) => String::new(),
        Some(code) => format!(" (exit status {code})"),
        None => " (ended by a signal)".to_owned(),
    }
}

fn advice(words: &str) -> &'static str {
    if words.contains("no such file") || words.contains("refused connection") {
        "supervisord is not running: start it (systemctl start supervisor)"
    } else if words.contains("Permission denied") || words.contains("requires authentication") {
        "this user may not speak to supervisord: run the task as root (become: true)"
    } else {
        "run it by hand, and correct what it names"
    }
}
