//! A host's files, and the module as Ansible runs it on them.

#![allow(dead_code, reason = "each test uses what it needs")]

use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

pub struct Host {
    folder: TempDir,
}

impl Host {
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    pub fn with(name: &str, text: &str) -> (Self, PathBuf) {
        let host = Self::new();
        let path = host.write(name, text);
        (host, path)
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path
    }

    pub fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.folder.path()).unwrap();
        let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

pub fn run(arguments: Value) -> Value {
    let output = assert_cmd::Command::cargo_bin("edx_settings")
        .unwrap()
        .arg("-")
        .write_stdin(arguments.to_string())
        .output()
        .unwrap();
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stdout)))
}

#[track_caller]
pub fn ok(arguments: Value) -> Value {
    let result = run(arguments);
    assert_eq!(result["failed"], Value::Null, "{result:#}");
    result
}

#[track_caller]
pub fn refused(arguments: Value) -> String {
    let result = run(arguments);
    assert_eq!(result["failed"], true, "{result:#}");
    result["msg"].as_str().unwrap().to_owned()
}

pub fn text(path: &Path) -> String {
    fs::read_to_string(path).unwrap()
}
