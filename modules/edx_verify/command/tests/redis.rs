//! `edx_verify redis`: a broker, and where its password comes from.

#![allow(missing_docs, clippy::unwrap_used)]

mod common;
#[path = "../../../lib/redis/tests/common/daemon.rs"]
mod daemon;

use common::{binary, run};

const SECRET: &str = "p@ss \"w\\ord";

#[test]
fn a_broker_is_looked_at_with_the_password_of_a_file_or_of_the_environment() {
    let Some(server) = daemon::redis(&["--requirepass", SECRET, "--appendonly", "yes"]) else { return };
    let at = server.endpoint();
    let refused = run(&["redis", &at]);
    assert_eq!(refused.status, Some(1));
    assert!(refused.stdout.contains(&format!("Redis {at} asks for a password: give it")), "{}", refused.stdout);

    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("password");
    std::fs::write(&file, format!("{SECRET}\n")).unwrap();
    let from_file = run(&["redis", &at, "--password-file", file.to_str().unwrap()]);
    let from_environment = std::process::Command::new(binary())
        .args(["redis", &at])
        .env("EDX_VERIFY_REDIS_PASSWORD", SECRET)
        .output()
        .unwrap();
    for (status, shown) in [
        (from_file.status, from_file.stdout),
        (from_environment.status.code(), String::from_utf8(from_environment.stdout).unwrap()),
    ] {
        assert_eq!(status, Some(0), "{shown}");
        assert!(shown.ends_with("8 checks passed\n") && !shown.contains(SECRET), "{shown}");
    }

    let none = run(&["redis", &at, "--password-file", "/nope"]);
    assert_eq!(none.status, Some(3));
}
