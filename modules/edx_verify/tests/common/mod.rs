//! What the tests of this module share: the module itself, its results, and servers to look at.

#![allow(dead_code, clippy::unwrap_used, clippy::print_stdout, reason = "each test uses a part of it")]

pub mod daemon;
#[path = "../../../lib/greeting/tests/common/daemon.rs"]
pub mod daemons;
pub mod fake;
pub mod loopback;
#[path = "../../../lib/greeting/tests/common/mongod.rs"]
pub mod mongod;
pub mod nginx;
pub mod platform;
#[path = "../../../lib/greeting/tests/common/scripted.rs"]
pub mod scripted;
pub mod server;
pub mod tree;
pub mod web;

use ansible_protocol::{Value, json};
use assert_cmd::Command;

/// The module's own binary.
pub fn command() -> Command {
    Command::new(assert_cmd::cargo::cargo_bin!("edx_verify"))
}

/// One run as Ansible's runner does it.
pub struct Run {
    /// The one object on standard output.
    pub result: Value,
}

/// Runs the module with these options, and sees to it that its result has the form of every result.
pub fn verify(options: &Value) -> Run {
    verify_by(&mut command(), options)
}

/// The same with a command that a test prepared.
pub fn verify_by(command: &mut Command, options: &Value) -> Run {
    let output = command.arg("-").write_stdin(options.to_string()).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    let result: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(result["changed"], json!(false), "it never changes anything");
    let failed = result.get("failed") == Some(&json!(true));
    assert_eq!(output.status.code(), Some(i32::from(failed)));
    if let Some(checks) = result["checks"].as_array() {
        for status in ["ok", "warning", "failed", "skipped"] {
            let count = checks.iter().filter(|check| check["status"] == status).count();
            assert_eq!(result["summary"][status], json!(count));
        }
        assert_eq!(failed, result["summary"]["failed"] != json!(0));
        for check in checks {
            let has_advice = check["advice"] != json!("");
            assert_eq!(has_advice, ["warning", "failed"].contains(&check["status"].as_str().unwrap()), "{check}");
        }
    }
    Run { result }
}

impl Run {
    /// The checks that ended so, as `name subject`.
    pub fn with(&self, status: &str) -> Vec<String> {
        self.checks()
            .iter()
            .filter(|check| check["status"] == status)
            .map(|check| format!("{} {}", check["name"].as_str().unwrap(), check["subject"].as_str().unwrap()))
            .collect()
    }

    /// Every check.
    pub fn checks(&self) -> &[Value] {
        self.result["checks"].as_array().unwrap_or_else(|| panic!("no checks: {}", self.result))
    }

    /// The only check of this name.
    pub fn check(&self, name: &str) -> &Value {
        let found: Vec<&Value> = self.checks().iter().filter(|check| check["name"] == name).collect();
        assert_eq!(found.len(), 1, "{name} in {}", self.result);
        found[0]
    }

    /// The status, what was seen and the advice of the only check of this name and subject.
    pub fn about(&self, name: &str, subject: &str) -> (&str, &str, &str) {
        let mut found = self.checks().iter().filter(|check| check["name"] == name && check["subject"] == subject);
        let check = found.next().unwrap_or_else(|| panic!("no {name} {subject} in {}", self.result));
        assert_eq!(found.next(), None);
        let text = |key: &str| check[key].as_str().unwrap();
        (text("status"), text("seen"), text("advice"))
    }

    /// The status of the only check of this name, and what was seen.
    pub fn seen(&self, name: &str) -> (&str, &str) {
        let check = self.check(name);
        (check["status"].as_str().unwrap(), check["seen"].as_str().unwrap())
    }

    /// That exactly these checks, as `name subject`, failed or warned; everything else is ok or was skipped.
    #[track_caller]
    pub fn assert_only(&self, failed: &[&str], warnings: &[&str]) {
        assert_eq!((self.with("failed"), self.with("warning")), (owned(failed), owned(warnings)), "{}", self.result);
    }
}

fn owned(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}
