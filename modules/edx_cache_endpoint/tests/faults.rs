//! What the system may do to a run: refuse a call, kill it, or have left
//! something of an earlier one. Faults are injected into the real binary with
//! strace.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test stops at the first surprise, and says what it skips"
)]

mod common;

use std::fs;
use std::process::{Command, Output};

use ansible_protocol::{Value, json};
use common::{DISCOVERY, Host, LMS, LOCAL, REMOTE};

const BINARY: &str = env!("CARGO_BIN_EXE_edx_cache_endpoint");

/// The host's settings files, by name.
fn contents(host: &Host) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = fs::read_dir(host.etc())
        .unwrap()
        .map(|entry| entry.unwrap())
        .map(|entry| (entry.file_name().into_string().unwrap(), fs::read_to_string(entry.path()).unwrap()))
        .collect();
    found.sort();
    found
}

fn before() -> Vec<(String, String)> {
    vec![("discovery.yml".to_owned(), DISCOVERY.to_owned()), ("lms.yml".to_owned(), LMS.to_owned())]
}

/// Runs the module under `strace` with a fault; none without strace.
fn run_with_fault(host: &Host, inject: &str, check: bool) -> Option<Output> {
    let options = tempfile::NamedTempFile::new().unwrap();
    let path = host.etc().display().to_string();
    let arguments = json!({"path": path, "endpoints": [REMOTE], "_ansible_check_mode": check});
    fs::write(options.path(), arguments.to_string()).unwrap();
    let output = Command::new("strace")
        .args(["-f", "-qq", "-o", "/dev/null", "-e", &format!("inject={inject}")])
        .arg(BINARY)
        .arg(options.path())
        .output();
    match output {
        Ok(output) => Some(output),
        Err(error) => {
            println!("skipped: strace cannot be run: {error}");
            None
        }
    }
}

fn result(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn a_second_file_that_cannot_be_replaced_leaves_both_as_they_were() {
    let host = Host::native();
    let Some(output) = run_with_fault(&host, "rename,renameat,renameat2:error=EIO:when=2", false) else { return };
    let result = result(&output);
    assert_eq!((&result["failed"], &result["changed"]), (&json!(true), &json!(false)), "{result:#}");
    let message = result["msg"].as_str().unwrap();
    assert!(message.contains("lms.yml: cannot replace this file: Input/output error (os error 5)"), "{message}");
    assert!(message.contains("discovery.yml"), "{message}");
    assert_eq!(contents(&host), before());
    assert_eq!(host.point(REMOTE)["changed"], json!(true));
    assert_eq!(host.read("lms.yml"), LMS.replace(LOCAL, REMOTE));
}

#[test]
fn a_full_disk_leaves_every_file_as_it_was() {
    let host = Host::native();
    // Standard output is written to as well, but only after the files.
    let Some(output) = run_with_fault(&host, "write:error=ENOSPC:when=1", false) else { return };
    let message = result(&output)["msg"].as_str().unwrap().to_owned();
    assert!(message.contains("No space left on device (os error 28); no file was changed"), "{message}");
    assert_eq!(contents(&host), before());
}

#[test]
fn a_killed_run_leaves_whole_files_and_the_next_one_ends_right() {
    for call in ["fsync", "rename,renameat,renameat2", "link,linkat"] {
        for when in 1..=4 {
            let host = Host::native();
            let Some(_) = run_with_fault(&host, &format!("{call}:signal=KILL:when={when}"), false) else { return };
            for (name, content) in before() {
                let now = host.read(&name);
                let wanted = content.replace(LOCAL, REMOTE).replace("- memcache\n", &format!("- {REMOTE}\n"));
                assert!(now == content || now == wanted, "{call} {when}: {name}");
            }
            host.point(REMOTE);
            assert_eq!(host.read("lms.yml"), LMS.replace(LOCAL, REMOTE));
            assert_eq!(contents(&host).len(), 2, "{call} {when}: nothing is left over");
        }
    }
}

#[test]
fn what_an_interrupted_run_left_is_cleared_away() {
    let host = Host::native().with(".lms.yml.edxops-0123456789abcdef", "localhost:11211\n");
    let result = host.succeed(json!({"endpoints": [REMOTE], "_ansible_check_mode": true}));
    assert_eq!(result.get("warnings"), None, "check mode neither removes nor mentions it");
    let result = host.point(REMOTE);
    assert_eq!(result.get("warnings"), None);
    assert_eq!(contents(&host).len(), 2);
}

#[test]
fn check_mode_predicts_that_writing_is_refused() {
    let host = Host::native();
    let folder = host.etc().display().to_string();
    let script = format!(
        "mount --bind '{folder}' '{folder}' && mount -o remount,ro,bind '{folder}' && exec '{BINARY}' --json \
         --path '{folder}' --endpoint {REMOTE} $CHECK"
    );
    for check in ["--check", ""] {
        let output = Command::new("unshare").args(["-m", "sh", "-c", &script]).env("CHECK", check).output().unwrap();
        let Ok(result) = serde_json::from_slice::<Value>(&output.stdout) else {
            println!("skipped: no read-only mount here: {}", String::from_utf8_lossy(&output.stderr));
            return;
        };
        assert_eq!(
            result["msg"].as_str().unwrap().split(';').next(),
            Some(format!("{folder}: the file system is read-only").as_str()),
            "{check}"
        );
    }
    assert_eq!(contents(&host), before());
}

#[test]
fn a_person_reads_what_moves_from_where_to_where() {
    let host = Host::native();
    let output = Command::new(BINARY)
        .args(["--path", host.etc().to_str().unwrap(), "--endpoint", REMOTE, "--check"])
        .output()
        .unwrap();
    let root = host.0.path().display().to_string();
    assert_eq!(
        String::from_utf8(output.stdout).unwrap().replace(&root, "ROOT"),
        "ROOT/edx/etc/discovery.yml
  CACHES.default: [\"memcache\"] -> [\"172.31.5.10:11211\"]
ROOT/edx/etc/lms.yml
  CACHES.celery: [\"localhost:11211\"] -> [\"172.31.5.10:11211\"]
  CACHES.default: [\"localhost:11211\"] -> [\"172.31.5.10:11211\"]
for server-vars.yml:
  EDXAPP_MEMCACHE: [\"172.31.5.10:11211\"]
  DISCOVERY_MEMCACHE: [\"172.31.5.10:11211\"]
  EDXAPP_ENABLE_MEMCACHE: false
to restart: discovery, lms, edxapp_worker:*
edx_cache_endpoint: changed: 3 cache locations in 2 files of 2
"
    );
    assert_eq!(contents(&host), before());
}
