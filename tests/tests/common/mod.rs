//! The modules' binaries, and PyYAML.

#![allow(dead_code, clippy::unwrap_used, clippy::print_stdout, reason = "each test file uses a part of it")]

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use serde_json::Value;

/// The folder of binaries beside this test's own.
///
/// Cargo names a test only the binaries of its own package, and builds those of others under `cargo test --workspace`
/// alone. So they are built here, which does nothing where they are up to date.
fn binaries() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| {
        let test = std::env::current_exe().unwrap();
        let profile = test.ancestors().nth(2).unwrap();
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(["build", "--quiet", "--locked", "--target-dir"]).arg(profile.parent().unwrap());
        if profile.ends_with("release") {
            cargo.arg("--release");
        }
        let built = cargo
            .args(["--package=edx_cache_endpoint", "--package=edx_settings", "--package=edx_verify"])
            .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap())
            .status()
            .unwrap();
        assert!(built.success(), "the modules do not build");
        profile.to_owned()
    })
}

/// One run of a module as Ansible's runner does it; its result.
pub fn module(name: &str, options: &Value) -> Value {
    let mut child = Command::new(binaries().join(name))
        .arg("-")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(options.to_string().as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{name}");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// A run that has to succeed.
pub fn succeed(name: &str, options: &Value) -> Value {
    let result = module(name, options);
    assert_eq!(result.get("failed"), None, "{name}: {result:#}");
    result
}

/// Runs a Python script of this folder with some arguments; what it prints, as JSON.
pub fn python(python: &Path, script: &str, arguments: &[&Path]) -> Value {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/common").join(script);
    let output = Command::new(python).arg(script).args(arguments).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// A Python with PyYAML: that of the environment, where it has one.
pub fn python_with_yaml() -> Option<PathBuf> {
    let found = ["python3", "/usr/bin/python3"].into_iter().find(|python| has_yaml(Path::new(python)));
    if found.is_none() {
        println!("skipped: no python3 with PyYAML");
    }
    found.map(PathBuf::from)
}

/// Whether this Python can import PyYAML.
pub fn has_yaml(python: &Path) -> bool {
    let probe = Command::new(python).args(["-c", "import yaml"]).stderr(Stdio::null()).status();
    probe.is_ok_and(|status| status.success())
}
