//! What is refused, with file, line and reason, and no file changed.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test stops at the first surprise, and says what it skips"
)]

mod common;

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::Command;

use ansible_protocol::{Value, json};
use common::{Host, LMS, REMOTE};

/// The message of a run on a native host with one more file.
fn refused_with(name: &str, content: &str) -> String {
    Host::native().with(name, content).refuse(json!({"endpoints": [REMOTE]}))
}

fn refused_endpoints(endpoints: &[&str]) -> String {
    Host::native().refuse(json!({"endpoints": endpoints}))
}

#[test]
fn endpoints_that_are_none() {
    assert_eq!(
        refused_endpoints(&["172.31.5.10:0"]),
        "endpoints: \"172.31.5.10:0\" is not a memcached endpoint: \"0\" is not a port (1 to 65535)"
    );
    assert_eq!(
        refused_endpoints(&["10.0.0.1", "10.0.0.1:11211"]),
        "endpoints: 10.0.0.1:11211 is named twice; each server holds its own share of the keys, so name it once"
    );
    assert_eq!(
        refused_endpoints(&[]),
        "endpoints is empty: name at least one server, as in 172.31.5.10:11211, or leave the option out to have the caches only reported"
    );
    assert_eq!(
        refused_endpoints(&["0.0.0.0:11211"]),
        "endpoints: 0.0.0.0:11211 cannot be an endpoint: it means every address, not one host"
    );
}

#[test]
fn public_endpoints_without_the_operators_word() {
    assert_eq!(
        refused_endpoints(&["8.8.8.8:11211"]),
        "endpoints: 8.8.8.8:11211 is a public address: memcached has no password that Open edX can use; give a private address, or set allow_public if a firewall protects it"
    );
    let host = Host::native();
    let result = host.succeed(json!({"endpoints": ["8.8.8.8:11211"], "allow_public": true}));
    assert_eq!(result["endpoints_after"], json!(["8.8.8.8:11211"]));
}

#[test]
fn a_pattern_that_is_none() {
    assert_eq!(
        Host::native().refuse(json!({"endpoints": [REMOTE], "replace": ["10.0.0.0/99"]})),
        "replace: \"10.0.0.0/99\" is not a network: write an address and the number of leading bits, as in 10.0.0.0/8"
    );
    assert_eq!(
        Host::native().refuse(json!({"endpoints": [REMOTE], "replace": []})),
        "replace is empty, so no server would be replaced; leave the option out to replace the local ones"
    );
}

#[test]
fn a_file_that_is_not_valid_yaml() {
    assert_eq!(
        refused_with("studio.yml", "A: 1\nB: [1, 2\nC: 3\n"),
        "ROOT/edx/etc/studio.yml: line 3, column 2: not valid YAML: did not find expected ',' or ']' (while parsing a flow sequence, which began on line 2); no file was changed"
    );
}

#[test]
fn a_file_with_a_key_twice() {
    assert_eq!(
        refused_with("studio.yml", "CACHES: {}\nA: 1\nCACHES: {}\n"),
        "ROOT/edx/etc/studio.yml: line 3: key `CACHES` stands a second time (first on line 1); remove one of the two; no file was changed"
    );
}

#[test]
fn a_file_with_two_documents() {
    assert_eq!(
        refused_with("studio.yml", "A: 1\n---\nB: 2\n"),
        "ROOT/edx/etc/studio.yml: line 2: a second YAML document begins here; only a file with one document can be edited; no file was changed"
    );
}

#[test]
fn a_location_behind_an_alias() {
    assert_eq!(
        refused_with(
            "studio.yml",
            "servers: &servers [localhost:11211]\nCACHES:\n  default: {BACKEND: x.memcached.Y, LOCATION: *servers}\n"
        ),
        "ROOT/edx/etc/studio.yml: line 3: `CACHES.default.LOCATION` is the alias `*servers` of the value on line 1; an edit would have to change that value, too: write the value out in place of the alias; no file was changed"
    );
}

#[test]
fn a_cache_that_an_alias_repeats() {
    assert_eq!(
        refused_with(
            "studio.yml",
            "CACHES:\n  default: &default {BACKEND: x.memcached.Y, LOCATION: [localhost:11211]}\nOTHER: *default\n"
        ),
        "ROOT/edx/etc/studio.yml: line 2: `CACHES.default.LOCATION[0]` belongs to the anchor `&default` (line 2), which line 3 uses again; an edit would change both: write the value out in place of the alias; no file was changed"
    );
}

#[test]
fn a_location_that_comes_from_a_merge() {
    let message = refused_with(
        "studio.yml",
        "base: &base {LOCATION: [localhost:11211]}\nCACHES:\n  default: {<<: *base, BACKEND: x.memcached.Y}\n",
    );
    assert_eq!(
        message,
        "ROOT/edx/etc/studio.yml: line 3: `CACHES.default.LOCATION` comes from a merge (`<<`) on this line; write the key out in its own mapping first; no file was changed"
    );
}

#[test]
fn a_link_that_leaves_the_folder() {
    let host = Host::native().with("/edx/app/studio.yml", "A: 1\n");
    symlink("../app/studio.yml", host.path("studio.yml")).unwrap();
    assert_eq!(
        host.refuse(json!({"endpoints": [REMOTE]})),
        "ROOT/edx/etc/studio.yml: it is a symbolic link to ROOT/edx/app/studio.yml, outside of ROOT/edx/etc; name that file in `files` if it is the one to edit; no file was changed"
    );
}

#[test]
fn several_problems_are_told_at_once() {
    let host = Host::native().with("a.yml", "A: [\n").with("b.yml", "A: 1\nA: 2\n");
    assert_eq!(
        host.refuse(json!({"endpoints": [REMOTE]})),
        "ROOT/edx/etc/a.yml: line 2, column 1: not valid YAML: did not find expected node content (while parsing a flow node, which began on line 2); ROOT/edx/etc/b.yml: line 2: key `A` stands a second time (first on line 1); remove one of the two; no file was changed"
    );
}

/// The message of a run as a user who is not root; none where this cannot be
/// done.
fn refused_as_nobody(host: &Host, check: bool) -> Option<String> {
    let folder = host.etc();
    let mut command = Command::new("setpriv");
    command.args(["--reuid=65534", "--regid=65534", "--clear-groups", env!("CARGO_BIN_EXE_edx_cache_endpoint")]);
    command.args(["--json", "--endpoint", REMOTE, "--path"]).arg(&folder);
    let output = command.args(check.then_some("--check")).output().ok()?;
    let Ok(result) = serde_json::from_slice::<Value>(&output.stdout) else {
        println!("skipped: another user cannot run this: {}", String::from_utf8_lossy(&output.stderr));
        return None;
    };
    assert_eq!((&result["failed"], &result["changed"]), (&json!(true), &json!(false)), "{result:#}");
    Some(result["msg"].as_str().unwrap().replace(&host.0.path().display().to_string(), "ROOT"))
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn a_file_that_cannot_be_read() {
    let host = Host::native();
    set_mode(host.0.path(), 0o755);
    set_mode(&host.path("lms.yml"), 0o600);
    let Some(message) = refused_as_nobody(&host, true) else { return };
    assert_eq!(message, "ROOT/edx/etc/lms.yml: cannot read it: Permission denied (os error 13); no file was changed");
}

#[test]
fn a_folder_that_cannot_be_written() {
    let host = Host::native();
    set_mode(host.0.path(), 0o755);
    for check in [true, false] {
        let Some(message) = refused_as_nobody(&host, check) else { return };
        assert!(message.starts_with("ROOT/edx/etc"), "{check}: {message}");
        assert!(
            message.contains("no permission to write") || message.contains("Permission denied"),
            "{check}: {message}"
        );
    }
    assert_eq!(host.read("lms.yml"), LMS);
}

#[test]
fn files_that_are_none() {
    let host = Host::native();
    assert!(Command::new("mkfifo").arg(host.path("pipe.yml")).status().unwrap().success());
    assert_eq!(
        host.refuse(json!({"endpoints": [REMOTE], "files": ["pipe.yml", "gone.yml"]})),
        "ROOT/edx/etc/pipe.yml: it is not a regular file; ROOT/edx/etc/gone.yml: it cannot be read: No such file or directory (os error 2); no file was changed"
    );
    let result = host.point(REMOTE);
    assert_eq!(result["warnings"], json!(["ROOT/edx/etc/pipe.yml: it is not a regular file, so it was left alone"]));
}

#[test]
fn a_folder_that_is_none() {
    let host = Host::new();
    assert_eq!(
        host.refuse(json!({"endpoints": [REMOTE]})),
        "path: ROOT/edx/etc holds no settings file (*.yml); a native Open edX has its settings in /edx/etc"
    );
    fs::remove_dir(host.etc()).unwrap();
    assert_eq!(
        host.refuse(json!({})),
        "path: ROOT/edx/etc cannot be read (No such file or directory (os error 2)); a native Open edX has its settings in /edx/etc"
    );
}

#[test]
fn options_that_contradict_each_other() {
    let message = Host::native().refuse(json!({"endpoints": [REMOTE], "restore": "latest"}));
    assert!(message.contains("endpoints") && message.contains("restore"), "{message}");
    let message = Host::native().refuse(json!({"endpoints": [REMOTE], "service": "rabbitmq"}));
    assert!(message.contains("memcached") && message.contains("redis"), "{message}");
}
