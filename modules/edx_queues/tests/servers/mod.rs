//! Real Redis servers on loopback, and runs of the module against them.

#![allow(dead_code, clippy::unwrap_used, clippy::print_stdout, reason = "a test that cannot go on should say where")]

#[path = "../../../lib/redis/tests/common/daemon.rs"]
pub mod daemon;
pub mod proxy;

use std::process::{Child, Command, Stdio};

use ansible_protocol::{Value, json};

pub use daemon::{Daemon, redis};

/// So many tasks, each with a number and some weight.
pub fn numbered(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("{{\"id\": {number}, \"body\": \"{}\"}}", "x".repeat(number % 300))).collect()
}

/// A run of the module.
pub struct Run(Value);

/// From one server to another.
pub fn carry(source: &Daemon, destination: &Daemon) -> Run {
    Run(json!({
        "source": source.endpoint(), "source_password": source.password,
        "destination": destination.endpoint(), "destination_password": destination.password,
    }))
}

/// With a source only.
pub fn at(source: &Daemon, state: &str) -> Run {
    Run(json!({"source": source.endpoint(), "source_password": source.password, "state": state}))
}

impl Run {
    pub fn of(options: Value) -> Self {
        Self(options)
    }

    pub fn with(mut self, option: &str, value: impl Into<Value>) -> Self {
        self.0[option] = value.into();
        self
    }

    pub fn check(self) -> Self {
        self.with("_ansible_check_mode", true)
    }

    pub fn result(&self) -> Value {
        let mut command = assert_cmd::Command::cargo_bin("edx_queues").unwrap();
        let output = command.arg("-").write_stdin(self.0.to_string()).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        text.parse().unwrap_or_else(|_| panic!("no JSON: {text:?} {:?}", output.stderr))
    }

    pub fn ok(&self) -> Value {
        let result = self.result();
        assert_ne!(result["failed"], json!(true), "{result}");
        result
    }

    pub fn refused(&self) -> String {
        let result = self.result();
        assert_eq!(result["failed"], json!(true), "{result}");
        result["msg"].as_str().unwrap().to_owned()
    }

    /// Starts it and leaves it to itself.
    pub fn start(&self) -> Child {
        let mut command = Command::new(assert_cmd::cargo::cargo_bin("edx_queues"));
        let mut process = command.arg("-").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        std::io::Write::write_all(&mut process.stdin.take().unwrap(), self.0.to_string().as_bytes()).unwrap();
        process
    }
}
