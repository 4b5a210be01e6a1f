//! Faults at every system call of a write, injected by the real strace.
#![allow(dead_code, reason = "each test uses its part")]

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::Write;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// What a write does, under the names of either C library and architecture.
const CALLS: &[&str] = &[
    "open",
    "openat",
    "read",
    "write",
    "fsync",
    "fdatasync",
    "fchown",
    "fchownat",
    "chown",
    "fchmod",
    "fchmodat",
    "chmod",
    "fsetxattr",
    "fgetxattr",
    "flistxattr",
    "rename",
    "renameat",
    "renameat2",
    "link",
    "linkat",
    "unlink",
    "unlinkat",
    "close",
    "flock",
    "getdents64",
    "faccessat",
    "faccessat2",
    "statx",
    "newfstatat",
    "fstat",
    "lseek",
];

/// What happens at a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The call fails once.
    Once(&'static str),
    /// The call fails from then on.
    Always(&'static str),
    /// The process is killed there.
    Kill,
}

/// A run with a fault.
pub struct Run {
    /// `rename: Once("EIO") at 2`
    pub what: String,
    pub fault: Fault,
    pub killed: bool,
    pub output: Output,
}

/// Whether strace is there and may trace.
pub fn is_usable() -> bool {
    let probe = Command::new("strace").args(["-o", "/dev/null", "true"]).stderr(Stdio::null()).status();
    let usable = probe.is_ok_and(|status| status.success());
    if !usable {
        println!("skipped: strace is missing or may not trace here");
    }
    usable
}

fn traced(rules: &[String], log: &Path, program: &Path, arguments: &[OsString], input: &[u8]) -> Output {
    let mut command = Command::new("strace");
    command.args(["-f", "-qq", "-o"]).arg(log).args(rules).arg("--").arg(program).args(arguments);
    // cargo's library path would make the loader open many files that are not there.
    command.env_remove("LD_LIBRARY_PATH");
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // A process that is killed early does not read it all.
    let _ = child.stdin.take().unwrap().write_all(input);
    child.wait_with_output().unwrap()
}

/// Runs a program once for each system call of each kind and each fault. `before` sets the stage anew, `check` looks
/// at what came of it. Returns the count of runs.
pub fn at_every_call(
    program: &Path,
    arguments: &[OsString],
    input: &[u8],
    before: &dyn Fn(),
    check: &mut dyn FnMut(&Run),
) -> usize {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    before();
    let healthy = traced(&[], &log, program, arguments, input);
    assert!(healthy.status.success(), "{}", String::from_utf8_lossy(&healthy.stdout));
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for line in std::fs::read_to_string(&log).unwrap().lines() {
        let call = line.split_whitespace().nth(1).and_then(|text| text.split('(').next()).unwrap_or_default();
        if let Some(call) = CALLS.iter().find(|known| **known == call) {
            *counts.entry(call).or_default() += 1;
        }
    }
    let mut runs = 0;
    for (call, count) in counts {
        for nth in 1..=count {
            for fault in [Fault::Once("EIO"), Fault::Once("ENOSPC"), Fault::Always("ENOSPC"), Fault::Kill] {
                let rule = match fault {
                    Fault::Once(error) => format!("inject={call}:error={error}:when={nth}"),
                    Fault::Always(error) => format!("inject={call}:error={error}:when={nth}+"),
                    Fault::Kill => format!("inject={call}:signal=KILL:when={nth}"),
                };
                before();
                let rules = ["-e".to_owned(), format!("trace={call}"), "-e".to_owned(), rule];
                let output = traced(&rules, &log, program, arguments, input);
                let killed = output.status.signal() == Some(9) || output.status.code() == Some(137);
                runs += 1;
                check(&Run { what: format!("{call}: {fault:?} at {nth}"), fault, killed, output });
            }
        }
    }
    runs
}

/// The names of a folder that begin with a dot or belong to a run at work.
pub fn strays(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.filter(|path| path.to_string_lossy().contains(".edxops-")).collect()
}
