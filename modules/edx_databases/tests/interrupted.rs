//! A copy that is killed at any moment, with whatever takes part in it, ends right when it is run again.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod common;

use std::process::{Child, Command};
use std::thread;
use std::time::Duration;

use ansible_protocol::{Value, json};
use common::{Move, is_installed, large_table, programs};

/// A platform with tables that take a while.
fn large() -> Move {
    let host = Move::new();
    host.source.load(&large_table("edxapp.large", 6000));
    host.source
        .load("CREATE TABLE xqueue.large LIKE edxapp.large; INSERT INTO xqueue.large SELECT * FROM edxapp.large;");
    host.freeze();
    host.grant();
    host
}

/// Waits until it is at work.
fn under_way(host: &Move) {
    for _ in 0..2000 {
        if host.destination.ask("SELECT COUNT(*) FROM information_schema.TABLES WHERE TABLE_NAME = 'large'") != "0" {
            return;
        }
        thread::sleep(Duration::from_millis(5));
    }
    panic!("the copy does not begin");
}

fn result(child: Child) -> Value {
    let output = child.wait_with_output().unwrap();
    serde_json::from_slice(&output.stdout).unwrap()
}

fn ends_right(host: &Move) {
    assert_eq!(host.succeed(json!({"state": "copied"}))["changed"], json!(true));
    assert_eq!(host.succeed(json!({"state": "compared"}))["equal"], json!(true));
}

#[test]
fn the_module_is_killed() {
    if !is_installed() {
        return;
    }
    let host = large();
    for pause in [0, 20, 60, 150] {
        let mut child = host.start(json!({"state": "copied"}));
        under_way(&host);
        thread::sleep(Duration::from_millis(pause));
        child.kill().unwrap();
        child.wait().unwrap();
        // What it left is not taken for a copy by anybody.
        assert_eq!(host.destination.ask("SELECT DISTINCT phase FROM edxops_move.moved"), "copying", "{pause}");
        thread::sleep(Duration::from_millis(200));
        host.destination.ask("DROP DATABASE edxapp; DROP DATABASE xqueue; CREATE DATABASE xqueue");
    }
    ends_right(&host);
}

#[test]
fn a_dump_or_a_client_is_killed() {
    if !is_installed() {
        return;
    }
    for (program, said) in [(programs().dump, "dumping "), (&format!("{} --defaults", programs().client), "loading ")] {
        let host = large();
        let child = host.start(json!({"state": "copied"}));
        under_way(&host);
        // Those that load come after the two that ask.
        let killed = Command::new("pkill").args(["-9", "-P", &child.id().to_string(), "-f", program]).status().unwrap();
        assert!(killed.success());
        let result = result(child);
        let message = result["msg"].as_str().unwrap();
        assert_eq!((&result["failed"], &result["changed"]), (&json!(true), &json!(true)), "{result}");
        assert!(message.starts_with(said) && message.contains("ended by signal 9"), "{message}");
        assert!(message.ends_with("run the same again, which starts it anew"), "{message}");
        ends_right(&host);
    }
}

#[test]
fn the_destination_dies() {
    if !is_installed() {
        return;
    }
    let mut host = large();
    let child = host.start(json!({"state": "copied"}));
    under_way(&host);
    host.destination.kill();
    let result = result(child);
    let message = result["msg"].as_str().unwrap();
    assert!(message.starts_with("loading "), "{message}");
    host.destination.run();
    ends_right(&host);
}

#[test]
fn the_source_dies() {
    if !is_installed() {
        return;
    }
    let mut host = large();
    let child = host.start(json!({"state": "copied"}));
    under_way(&host);
    host.source.kill();
    let result = result(child);
    let message = result["msg"].as_str().unwrap();
    assert!(message.starts_with("dumping ") && message.contains("Lost connection"), "{message}");
    host.source.run();
    // It is read-only by its configuration file, which this server of the test's own does not read.
    host.freeze();
    ends_right(&host);
}

#[test]
fn a_network_that_swallows_everything_ends_the_copy() {
    if !is_installed() {
        return;
    }
    let host = large();
    let child = host.start(json!({"state": "copied", "stall_timeout": 2, "timeout": 2}));
    under_way(&host);
    // A server that is stopped answers as little as one behind a dead network.
    let stopped = host.destination.signal("STOP");
    let result = result(child);
    host.destination.signal("CONT");
    assert!(stopped);
    let message = result["msg"].as_str().unwrap();
    assert!(
        message.contains("nothing has moved for 2 s; see whether both servers answer, and the network between them"),
        "{message}"
    );
    ends_right(&host);
}
