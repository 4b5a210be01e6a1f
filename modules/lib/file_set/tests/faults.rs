//! Three files and a new one, replaced together while every system call in turn fails or kills the process.

#![allow(
    clippy::expect_used,
    clippy::needless_pass_by_value,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test that cannot go on should say where"
)]

mod strace;

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::Command;

use strace::{Fault, at_every_call, is_usable, strays};

const FILES: [&str; 3] = ["a.yml", "b.yml", "c.yml"];

fn example() -> PathBuf {
    // target/debug/deps/faults-... beside target/debug/examples/replace
    let tests = std::env::current_exe().unwrap();
    let path = tests.ancestors().nth(2).unwrap().join("examples/replace");
    if !path.exists() {
        // `cargo test` builds examples, `cargo test --test faults` does not.
        let built =
            Command::new(env!("CARGO")).args(["build", "-q", "-p", "file_set", "--example", "replace"]).status();
        assert!(built.unwrap().success() && path.exists(), "{} is missing", path.display());
    }
    path
}

fn set_the_stage(folder: &Path) {
    for entry in fs::read_dir(folder).unwrap() {
        fs::remove_file(entry.unwrap().path()).unwrap();
    }
    for (nth, name) in FILES.iter().enumerate() {
        let path = folder.join(name);
        fs::write(&path, format!("before {name}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(if nth == 0 { 0o640 } else { 0o600 })).unwrap();
        // Only root may give files away.
        let _ = std::os::unix::fs::chown(&path, Some(1000), Some(1001));
    }
}

/// Content, owner, group and mode of each file, with `before` and `wanted` taken for the same.
fn states(folder: &Path) -> Vec<String> {
    FILES
        .iter()
        .map(|name| {
            let content = fs::read_to_string(folder.join(name)).unwrap();
            let found = fs::metadata(folder.join(name)).unwrap();
            let content = content.strip_suffix(&format!(" {name}\n")).unwrap_or("half");
            format!("{content} {:o} {} {}", found.mode() & 0o7777, found.uid(), found.gid())
        })
        .collect()
}

#[test]
fn every_file_is_as_before_or_as_wanted_whatever_happens() {
    if !is_usable() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    set_the_stage(at);
    let before = states(at);
    let wanted: Vec<String> = before.iter().map(|state| state.replace("before", "wanted")).collect();
    let arguments = [at.as_os_str().to_owned(), "one".into()];
    let (mut killed, mut failed) = (0, 0);
    let runs = at_every_call(&example(), &arguments, b"", &|| set_the_stage(at), &mut |run| {
        killed += usize::from(run.killed);
        failed += usize::from(!run.killed && !run.output.status.success());
        let now = states(at);
        let shown = String::from_utf8_lossy(&run.output.stdout).into_owned();
        for (place, state) in now.iter().enumerate() {
            assert!(*state == before[place] || *state == wanted[place], "{}: {now:?}\n{shown}", run.what);
        }
        let made = fs::read_to_string(at.join("new.yml"));
        assert!(made.as_ref().is_err() || made.as_ref().unwrap() == "wanted", "{}: {made:?}", run.what);
        // A process that lived on leaves all or none, unless it says which files it could not put back.
        if !run.killed && run.output.status.success() {
            assert_eq!(now, wanted, "{}", run.what);
        } else if !run.killed && matches!(run.fault, Fault::Once(_)) {
            assert_eq!(now, before, "{}\n{shown}", run.what);
            assert!(made.is_err(), "{}\n{shown}", run.what);
        } else if !run.killed && now != before {
            assert!(shown.contains("could not be put back"), "{}\n{shown}", run.what);
        }

        let next = Command::new(example()).args(&arguments[..1]).arg("two").output().unwrap();
        assert!(next.status.success(), "{}: {}", run.what, String::from_utf8_lossy(&next.stdout));
        assert_eq!(states(at), wanted, "{}", run.what);
        assert_eq!(strays(at), Vec::<PathBuf>::new(), "{}", run.what);
        assert_eq!(fs::metadata(at.join("new.yml")).unwrap().mode() & 0o7777, 0o640);
    });
    println!("{runs} runs with faults: {killed} killed, {failed} failed");
    assert!(killed * 5 > runs && failed * 5 > runs, "the faults did not arrive");
}
