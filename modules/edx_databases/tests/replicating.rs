//! The destination follows a source that goes on taking writes, and has every one of them when it is let go.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod common;

use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use ansible_protocol::{Value, json};
use common::{Move, is_installed, large_table, programs};

/// A platform with a binary log, all of its tables of `InnoDB`.
fn logging() -> Move {
    let host = Move::with(&["--log-bin=binlog", "--binlog-format=MIXED", "--server-id=1"], &["--server-id=1"]);
    host.source.load(
        "USE edxapp; ALTER TABLE edxapp.legacy_log ENGINE=InnoDB; CREATE TABLE edxapp.writes (number INT NOT NULL PRIMARY KEY) ENGINE=InnoDB;",
    );
    host.source.load(&large_table("edxapp.large", 3000));
    host
}

fn options(host: &Move, state: &str) -> Value {
    json!({
        "state": state,
        "replication_source": format!("127.0.0.1:{}", host.source.port),
        "replication_password": "not-guessed-by-you",
    })
}

/// Writes one row after the other until it is stopped; the last of them is acknowledged.
struct Writer {
    child: std::process::Child,
}

impl Writer {
    fn start(host: &Move) -> Self {
        let script = format!(
            "n=0; while true; do n=$((n + 1)); echo \"INSERT INTO edxapp.writes VALUES ($n); INSERT INTO edxapp.auth_user (username, email) VALUES ('w$n', '');\"; sleep 0.01; done | {} --no-defaults --user=root --socket={} --unbuffered",
            programs().client,
            host.source.socket().display()
        );
        let child =
            Command::new("bash").args(["-c", &script]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        Self { child }
    }

    fn stop(mut self) {
        let _ = Command::new("pkill").args(["-P", &self.child.id().to_string()]).status();
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn every_write_comes_over_while_the_source_goes_on() {
    if !is_installed() {
        return;
    }
    let host = logging();
    host.grant();
    let writer = Writer::start(&host);
    let mut predict = options(&host, "replicated");
    predict["_ansible_check_mode"] = true.into();
    assert_eq!(host.succeed(predict)["msg"], json!("3 databases to copy and to follow"));
    let result = host.succeed(options(&host, "replicated"));
    assert_eq!(result["changed"], json!(true));
    assert!(result["locked_seconds"].as_f64().unwrap() < 5.0, "{result:#}");
    let again = host.succeed(options(&host, "replicated"));
    assert_eq!((&again["changed"], &again["msg"]), (&json!(false), &json!("the destination follows the source")));
    // Every row is compared as of one moment, though new ones come all the time.
    for _ in 0..5 {
        let compared = host.succeed(json!({"state": "compared"}));
        assert_eq!(compared["equal"], json!(true), "{compared:#}");
    }

    let message = host.refuse(json!({"state": "detached"}));
    assert!(message.starts_with("SOURCE takes writes"), "{message}");
    thread::sleep(Duration::from_millis(300));
    writer.stop();
    host.freeze();
    let detached = host.succeed(json!({"state": "detached"}));
    assert_eq!(detached["changed"], json!(true));
    host.succeed(json!({"state": "compared"}));
    let written = "SELECT COUNT(*), MAX(number) FROM edxapp.writes";
    assert_eq!(host.destination.ask(written), host.source.ask(written));
    assert_ne!(host.source.ask("SELECT COUNT(*) FROM edxapp.writes"), "0");
    assert_eq!(host.source.ask("SELECT COUNT(*) FROM mysql.user WHERE user = 'edx_replica'"), "0");
    assert_eq!(host.succeed(json!({"state": "detached"}))["changed"], json!(false));
}

#[test]
fn a_run_that_was_killed_starts_anew() {
    if !is_installed() {
        return;
    }
    let host = logging();
    host.grant();
    let writer = Writer::start(&host);
    for pause in [30, 120, 400] {
        let mut child = host.start(options(&host, "replicated"));
        thread::sleep(Duration::from_millis(pause));
        child.kill().unwrap();
        child.wait().unwrap();
        thread::sleep(Duration::from_millis(200));
    }
    // No lock is left behind.
    host.source.ask("INSERT INTO xqueue.queue_submission (body) VALUES ('after')");
    host.succeed(options(&host, "replicated"));
    writer.stop();
    host.freeze();
    host.succeed(json!({"state": "detached"}));
    host.succeed(json!({"state": "compared"}));
}

#[test]
fn what_cannot_be_followed_is_told_before() {
    if !is_installed() {
        return;
    }
    let host = Move::with(&["--skip-log-bin"], &[]);
    host.grant();
    assert_eq!(
        host.refuse(options(&host, "replicated")),
        "the source has no binary log: set log_bin there and restart it, or stop the platform and copy (state: copied); edxapp.legacy_log cannot be copied as of one moment while the source goes on, as only InnoDB can: ALTER TABLE ... ENGINE=InnoDB, or stop the platform and copy (state: copied)"
    );
    assert_eq!(
        host.refuse(json!({"state": "replicated", "replication_source": "10.0.0.1", "replication_password": "short"})),
        "replication_password: give one of at least 12 characters, without quotes, backslashes and line ends"
    );
}

#[test]
fn a_destination_that_cannot_reach_the_source_is_told() {
    if !is_installed() {
        return;
    }
    let host = logging();
    host.grant();
    let mut options = options(&host, "replicated");
    options["replication_source"] = format!("127.0.0.1:{}", common::free_port()).into();
    options["timeout"] = 10.into();
    let message = host.refuse(options);
    assert!(message.starts_with("DESTINATION does not follow the source: "), "{message}");
    assert!(message.ends_with("run the same again, which starts it anew"), "{message}");
}
