//! Prints a report of an example platform, for the tests that look at it in a browser, and for you.
//!
//!     cargo run -p roadmap --example report -- fresh|half|moved|crowd|hostile|none [--text|--json] [USERS]

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "it is a program that a person runs, not a module")]

#[path = "../tests/common/mod.rs"]
mod common;

use std::process::ExitCode;

use roadmap::{HostStatus, Report, html, plan, text};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let hosts = match arguments.first().map(String::as_str) {
        Some("fresh") => common::fresh(),
        Some("half") => common::half(),
        Some("moved") => common::moved(),
        Some("crowd") => common::crowd(),
        Some("hostile") => common::hostile(),
        Some("none") => Vec::new(),
        _ => {
            eprintln!("usage: report fresh|half|moved|crowd|hostile|none [--text|--json] [ACTIVE_USERS]");
            return ExitCode::FAILURE;
        }
    };
    let users = arguments.iter().find_map(|argument| argument.parse().ok());
    let plan = users.map(|users| plan(users, true, &hosts));
    let has = |flag: &str| arguments.iter().any(|argument| argument == flag);
    if has("--json") {
        let hosts: Vec<_> = hosts.iter().map(HostStatus::to_json).collect();
        println!("{}", serde_json::Value::from(hosts));
        return ExitCode::SUCCESS;
    }
    let report = Report::new(hosts, plan, "2026-11-25 22:30 UTC");
    print!("{}", if has("--text") { text(&report, 100) } else { html(&report) });
    ExitCode::SUCCESS
}
