//! The module while every system call of its write in turn fails or kills it.

#![allow(
    clippy::expect_used,
    clippy::needless_pass_by_value,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test that cannot go on should say where"
)]

#[path = "../../lib/file_set/tests/strace/mod.rs"]
mod strace;

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use strace::{at_every_call, is_usable, strays};

const BEFORE: &str = "# mine\nEDXAPP_MEMCACHE: ['localhost:11211']\nEDXAPP_MYSQL_PASSWORD: hunter2\n";
const WANTED: &str = "# mine\nEDXAPP_MEMCACHE: ['10.0.0.5:11211']\nEDXAPP_MYSQL_PASSWORD: hunter2\nNEW: hunter3\n";

fn set_the_stage(path: &Path, exists: bool) {
    for entry in fs::read_dir(path.parent().unwrap()).unwrap() {
        fs::remove_file(entry.unwrap().path()).unwrap();
    }
    if exists {
        fs::write(path, BEFORE).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o640)).unwrap();
        // Only root may give files away.
        let _ = std::os::unix::fs::chown(path, Some(1000), Some(1001));
    }
}

fn state(path: &Path) -> Option<(String, u32, u32, u32)> {
    let content = fs::read_to_string(path).ok()?;
    let found = fs::metadata(path).unwrap();
    Some((content, found.mode() & 0o7777, found.uid(), found.gid()))
}

fn module(arguments: &Value) -> Value {
    let mut command = assert_cmd::Command::cargo_bin("edx_settings").unwrap();
    let output = command.arg("-").write_stdin(arguments.to_string()).output().unwrap();
    serde_json::from_slice(&output.stdout).unwrap()
}

fn survives(exists: bool) {
    if !is_usable() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("server-vars.yml");
    let settings = json!({"EDXAPP_MEMCACHE": ["10.0.0.5:11211"], "NEW": "hunter3"});
    let mut arguments = json!({"path": path, "settings": settings, "backup": "one", "create": true, "mode": "0640"});
    set_the_stage(&path, exists);
    let before = state(&path);
    assert_eq!(module(&arguments)["changed"], true);
    let wanted = state(&path);
    if exists {
        assert_eq!(wanted.as_ref().unwrap().0, WANTED);
    }

    let input = arguments.to_string().into_bytes();
    arguments["backup"] = json!("two");
    let program = assert_cmd::cargo::cargo_bin("edx_settings");
    let (mut killed, mut failed) = (0, 0);
    let runs = at_every_call(&program, &["-".into()], &input, &|| set_the_stage(&path, exists), &mut |run| {
        let now = state(&path);
        let shown = String::from_utf8_lossy(&run.output.stdout).into_owned();
        assert!(now == before || now == wanted, "{}: {now:?}\n{shown}", run.what);
        assert!(
            !shown.contains("hunter") && !String::from_utf8_lossy(&run.output.stderr).contains("hunter"),
            "{}",
            run.what
        );
        if run.killed {
            killed += 1;
        } else if let Ok(result) = serde_json::from_str::<Value>(&shown) {
            let has_failed = result["failed"] == true;
            failed += usize::from(has_failed);
            let is_changed = !has_failed || result["changed"] == true;
            assert_eq!(&now, if is_changed { &wanted } else { &before }, "{}\n{shown}", run.what);
        }

        let next = module(&arguments);
        assert_eq!(next["failed"], Value::Null, "{}: {next:#}", run.what);
        assert_eq!(state(&path), wanted, "{}", run.what);
        assert_eq!(strays(folder.path()), Vec::<PathBuf>::new(), "{}", run.what);
        // Whatever backup there is holds what was before.
        for label in ["one", "two"] {
            let backup = folder.path().join(format!("server-vars.yml.{label}~"));
            if exists && backup.exists() {
                assert_eq!(state(&backup), before, "{}", run.what);
            }
        }
    });
    println!("{runs} runs with faults: {killed} killed, {failed} failed");
    assert!(killed * 5 > runs && failed * 8 > runs, "the faults did not arrive");
}

#[test]
fn a_file_is_as_before_or_as_wanted_whatever_happens() {
    survives(true);
}

#[test]
fn a_new_file_is_there_or_not_whatever_happens() {
    survives(false);
}
