//! Runs the system's programs.

use std::ffi::OsString;
use std::io::Read;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use crate::Error;

/// Where the programs of a system are, should the caller's PATH leave folders out, as that of an
/// ordinary user does.
const FOLDERS: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// The programs of this host.
#[derive(Debug)]
pub struct Programs {
    path: OsString,
}

/// How a program ended, and what it said.
#[derive(Debug)]
pub struct Ended {
    /// Whether it ended with status 0.
    pub success: bool,
    /// What it printed.
    pub stdout: String,
    /// What it complained of.
    pub stderr: String,
    command: String,
}

impl Programs {
    /// On the caller's PATH and where a system has them.
    pub fn of_this_host() -> Self {
        let mut path = std::env::var_os("PATH").unwrap_or_default();
        if !path.is_empty() {
            path.push(":");
        }
        path.push(FOLDERS);
        Self { path }
    }

    /// Where a program is.
    pub fn find(&self, name: &str) -> Option<PathBuf> {
        which::which_in(name, Some(&self.path), "/").ok()
    }

    /// Runs a program to its end, without input, in English.
    pub fn run(&self, name: &str, arguments: &[&str]) -> Result<Ended, Error> {
        let program = self.find(name).ok_or_else(|| Error::NoProgram { program: name.to_owned() })?;
        let failed = |source| Error::Start { program: name.to_owned(), source };
        let mut child = Command::new(program)
            .args(arguments)
            .env("PATH", &self.path)
            .env("LC_ALL", "C")
            .env("DEBIAN_FRONTEND", "noninteractive")
            .env("APT_LISTCHANGES_FRONTEND", "none")
            // needrestart would restart other services after an installation.
            .env("NEEDRESTART_MODE", "l")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(failed)?;
        let stdout = collect(child.stdout.take());
        let stderr = collect(child.stderr.take());
        let status = child.wait().map_err(failed)?;
        Ok(Ended {
            success: status.success(),
            stdout: gathered(&stdout),
            stderr: gathered(&stderr),
            command: std::iter::once(name).chain(arguments.iter().copied()).collect::<Vec<_>>().join(" "),
        })
    }
}

impl Ended {
    /// The program's failure as an error with the last lines that it said.
    pub fn error(&self, advice: &'static str) -> Error {
        let lines: Vec<&str> =
            self.stdout.lines().chain(self.stderr.lines()).map(str::trim_end).filter(|line| !line.is_empty()).collect();
        let errors: Vec<&str> = lines.iter().filter(|line| line.starts_with("E: ")).copied().collect();
        let told = if errors.is_empty() { &lines[lines.len().saturating_sub(6)..] } else { &errors };
        let said = if told.is_empty() { "it said nothing".to_owned() } else { told.join(" / ") };
        Error::Program { command: self.command.clone(), said, advice }
    }

    /// Whether it said this.
    pub fn says(&self, text: &str) -> bool {
        self.stdout.contains(text) || self.stderr.contains(text)
    }
}

/// Reads on a thread of its own. A daemon that the program started may hold the other end for as
/// long as it lives, so the end of the program is what counts, not the end of its output.
fn collect(source: Option<impl Read + Send + 'static>) -> mpsc::Receiver<Vec<u8>> {
    let (sender, receiver) = mpsc::channel();
    if let Some(mut source) = source {
        thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(count @ 1..) = source.read(&mut buffer) {
                if sender.send(buffer[..count].to_vec()).is_err() {
                    return;
                }
            }
        });
    }
    receiver
}

fn gathered(pieces: &mpsc::Receiver<Vec<u8>>) -> String {
    let mut bytes = Vec::new();
    while let Ok(piece) = pieces.recv_timeout(Duration::from_millis(200)) {
        bytes.extend(piece);
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sh(script: &str) -> Ended {
        Programs::of_this_host().run("sh", &["-c", script]).unwrap()
    }

    #[test]
    fn a_program_that_is_not_there_is_named() {
        assert_eq!(
            Programs::of_this_host().run("no-such-program", &[]).unwrap_err().to_string(),
            "no-such-program is not on this host, which has to be a Debian or Ubuntu"
        );
    }

    #[test]
    fn a_failure_carries_the_last_lines_and_errors_of_apt_before_all() {
        let ended = sh("for i in 1 2 3 4 5 6 7 8; do echo line $i; done; exit 3");
        assert!(!ended.success);
        assert!(
            ended
                .error("; look")
                .to_string()
                .ends_with("failed: line 3 / line 4 / line 5 / line 6 / line 7 / line 8; look")
        );
        assert!(
            sh("echo Reading; echo 'E: broken' >&2; echo more >&2; exit 1")
                .error("")
                .to_string()
                .ends_with("failed: E: broken")
        );
        assert!(sh("exit 1").error("").to_string().ends_with("failed: it said nothing"));
    }

    #[test]
    fn a_daemon_that_keeps_the_output_open_is_not_waited_for() {
        let ended = sh("echo started; sleep 30 & echo $! ");
        assert!(ended.says("started"));
        let pid = ended.stdout.lines().last().unwrap().to_owned();
        Command::new("kill").arg(pid).status().unwrap();
    }
}
