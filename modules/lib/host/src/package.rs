//! Packages, by dpkg and apt.

use std::thread;
use std::time::{Duration, Instant};

use crate::Error;
use crate::programs::{Ended, Programs};

/// What dpkg and apt know of a package.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Package {
    /// Its name.
    pub name: &'static str,
    /// The version, when it is wholly installed.
    pub installed: Option<String>,
    /// Something of it is there: half installed, or removed with its configuration left.
    pub remains: bool,
    /// The version that apt would install.
    pub candidate: Option<String>,
}

impl Package {
    /// Asks dpkg and apt.
    pub fn observe(programs: &Programs, name: &'static str) -> Result<Self, Error> {
        let dpkg = programs.run("dpkg-query", &["-W", "-f", "${db:Status-Status} ${Version}\\n", name])?;
        let policy = programs.run("apt-cache", &["policy", name])?;
        let (status, version) = dpkg.stdout.trim().split_once(' ').unwrap_or((dpkg.stdout.trim(), ""));
        Ok(Self {
            name,
            installed: (status == "installed").then(|| version.to_owned()),
            remains: !matches!(status, "" | "not-installed" | "installed"),
            candidate: candidate(&policy.stdout),
        })
    }
}

fn candidate(policy: &str) -> Option<String> {
    let version = policy.lines().find_map(|line| line.trim().strip_prefix("Candidate:"))?.trim();
    (version != "(none)").then(|| version.to_owned())
}

/// apt-get, patient with others that hold its locks.
#[derive(Debug)]
pub struct Apt<'a> {
    programs: &'a Programs,
    lock_timeout: Duration,
}

impl<'a> Apt<'a> {
    /// Waits for so many seconds for others.
    pub fn new(programs: &'a Programs, lock_timeout: u64) -> Self {
        Self { programs, lock_timeout: Duration::from_secs(lock_timeout) }
    }

    /// Reads the package lists anew.
    pub fn update(&self) -> Result<(), Error> {
        self.run(&["update"])
    }

    /// Installs packages, or brings them to their newest version.
    pub fn install(&self, packages: &[&str]) -> Result<(), Error> {
        let mut arguments = vec!["install", "--no-install-recommends"];
        arguments.extend(packages);
        let ended = self.patiently(&arguments)?;
        // The archives moved on since the lists were read.
        let outdated = ["Unable to fetch some archives", "404  Not Found"];
        if !ended.success && outdated.iter().any(|text| ended.says(text)) {
            self.update()?;
            return self.run(&arguments);
        }
        finished(&ended)
    }

    /// Removes packages, with their configuration where `purge`.
    pub fn remove(&self, packages: &[&str], purge: bool) -> Result<(), Error> {
        let mut arguments = vec![if purge { "purge" } else { "remove" }];
        arguments.extend(packages);
        self.run(&arguments)
    }

    fn run(&self, arguments: &[&str]) -> Result<(), Error> {
        finished(&self.patiently(arguments)?)
    }

    /// apt waits for dpkg's lock by itself, but not for that of its lists, and older ones for none.
    fn patiently(&self, arguments: &[&str]) -> Result<Ended, Error> {
        let deadline = Instant::now() + self.lock_timeout;
        loop {
            let left = deadline.saturating_duration_since(Instant::now()).as_secs();
            let lock = format!("DPkg::Lock::Timeout={left}");
            // A configuration file that is there is kept: it was written for this installation.
            let mut all = vec!["-y", "-q", "-o", lock.as_str(), "-o", "Dpkg::Options::=--force-confold"];
            all.extend(arguments);
            let ended = self.programs.run("apt-get", &all)?;
            if ended.success || left == 0 || !ended.says("Could not get lock") {
                return Ok(ended);
            }
            thread::sleep(Duration::from_secs(1));
        }
    }
}

fn finished(ended: &Ended) -> Result<(), Error> {
    if ended.success {
        return Ok(());
    }
    let advice = [
        (
            "Unable to locate package",
            "; apt's sources do not have the package: check /etc/apt/sources.list and sources.list.d",
        ),
        (
            "has no installation candidate",
            "; apt's sources do not have the package: check /etc/apt/sources.list and sources.list.d",
        ),
        ("dpkg was interrupted", "; run dpkg --configure -a, and then the task again"),
        ("Could not get lock", "; another program installs packages: wait for it, or raise lock_timeout"),
        ("No space left on device", "; make room, and run the task again"),
        ("Permission denied", "; run the task as root (become: true)"),
        ("Temporary failure resolving", "; the host reaches no package archive: check its network and DNS"),
        ("Unable to fetch", "; the host reaches no package archive: check its network, and apt's sources"),
        ("Failed to fetch", "; the host reaches no package archive: check its network, and apt's sources"),
    ]
    .iter()
    .find(|(sign, _)| ended.says(sign))
    .map_or("; run the command on the host to see all that it says", |(_, advice)| advice);
    Err(ended.error(advice))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_candidate_is_what_apt_would_install() {
        let policy = "memcached:\n  Installed: (none)\n  Candidate: 1.6.18-1+deb12u1\n  Version table:\n";
        assert_eq!(candidate(policy).as_deref(), Some("1.6.18-1+deb12u1"));
        assert_eq!(candidate("memcached:\n  Installed: (none)\n  Candidate: (none)\n"), None);
        assert_eq!(candidate(""), None);
    }
}
