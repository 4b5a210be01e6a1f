//! What the tests of the command share: the command itself, SSH servers of their own, an application server's files.

#![allow(dead_code, clippy::unwrap_used, clippy::print_stdout, reason = "each test uses a part of it")]

use std::fmt::Write as _;
use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::Duration;

use serde_json::Value;
use sshd::{Lab, Sshd};
use tempfile::TempDir;

/// What stands in every file, and must be seen nowhere.
pub const SECRET: &str = "pw-never-shown";

/// The command's binary.
pub fn binary() -> PathBuf {
    assert_cmd::cargo::cargo_bin!("edx_verify_command").to_owned()
}

/// The command without anything of whoever runs the tests.
pub fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(binary());
    command.args(arguments).stdin(Stdio::null()).env_remove("SSH_AUTH_SOCK").env_remove("EDX_VERIFY_LOGIN_PASSWORD");
    command.env("HOME", "/nonexistent");
    command
}

/// How a run ended, and what it said. No secret is in it.
#[derive(Debug)]
pub struct Run {
    pub status: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Run {
    pub fn of(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).unwrap();
        let run = Self { status: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) };
        assert!(!format!("{run:?}").contains(SECRET), "a secret is shown: {run:?}");
        run
    }

    /// The one JSON object that it printed, and nothing else.
    pub fn json(&self) -> Value {
        assert_eq!(self.stderr, "");
        let object: Value = serde_json::from_str(&self.stdout).unwrap();
        assert!(object.is_object() && self.stdout.ends_with("}\n"), "{}", self.stdout);
        object
    }

    /// That it said only this, and to standard error.
    #[track_caller]
    pub fn assert_refused(&self, status: i32, words: &str) {
        let seen = (self.status, self.stdout.as_str(), self.stderr.as_str());
        assert_eq!(seen, (Some(status), "", format!("edx_verify: {words}\n").as_str()));
    }
}

/// Runs the command.
pub fn run(arguments: &[&str]) -> Run {
    Run::of(command(arguments).output().unwrap())
}

/// Runs the command with the keys and known hosts of a lab.
pub fn run_in(lab: &Lab, arguments: &[&str]) -> Run {
    run_for(lab, "30", arguments)
}

/// The same with so many seconds.
pub fn run_for(lab: &Lab, seconds: &str, arguments: &[&str]) -> Run {
    Run::of(command_in(lab, arguments).args(["--timeout", seconds]).output().unwrap())
}

/// The command with the keys and known hosts of a lab.
pub fn command_in(lab: &Lab, arguments: &[&str]) -> Command {
    let mut command = command(arguments);
    command.arg("--identity").arg(lab.file("id")).arg("--known-hosts").arg(lab.known_hosts());
    command
}

/// An SSH server that the lab knows.
pub fn known(lab: &Lab, name: &str, extra: &str) -> Sshd {
    let sshd = lab.sshd(name, &["ed25519"], extra);
    lab.know(&sshd);
    sshd
}

/// As `--via` and `--app-server` take it.
pub fn hop(sshd: &Sshd) -> String {
    format!("{}@127.0.0.1:{}", sshd::user(), sshd.port)
}

/// A port that nothing listens on.
pub fn free_port(address: &str) -> u16 {
    TcpListener::bind((address, 0)).unwrap().local_addr().unwrap().port()
}

/// A daemon of this test's own, which ends with it.
pub struct Daemon {
    process: Child,
    /// Where it listens, as address:port.
    pub endpoint: String,
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A memcached on this address; none, with a message, where it is not installed.
pub fn memcached(address: &str) -> Option<Daemon> {
    memcached_on(address, free_port(address))
}

/// A memcached on this address and port; none, with a message, where it is not installed.
pub fn memcached_on(address: &str, port: u16) -> Option<Daemon> {
    let text = port.to_string();
    daemon("/usr/bin/memcached", address, port, &["-u", "nobody", "-U", "0", "-l", address, "-p", &text])
}

/// A Redis on this address; none, with a message, where it is not installed.
pub fn redis(address: &str) -> Option<Daemon> {
    let port = free_port(address);
    let text = port.to_string();
    let arguments = ["--bind", address, "--port", &text, "--save", "", "--appendonly", "no"];
    daemon("/usr/bin/redis-server", address, port, &arguments)
}

fn daemon(program: &str, address: &str, port: u16, arguments: &[&str]) -> Option<Daemon> {
    if !Path::new(program).exists() {
        println!("skipped: {program} is not installed");
        return None;
    }
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let process = command.spawn().unwrap();
    let daemon = Daemon { process, endpoint: format!("{address}:{port}") };
    for _ in 0..500 {
        if TcpStream::connect((address, port)).is_ok() {
            return Some(daemon);
        }
        thread::sleep(Duration::from_millis(20));
    }
    panic!("{program} does not listen on {}", daemon.endpoint);
}

/// The files of an application server, below a root of their own.
pub struct Files {
    root: TempDir,
}

impl Files {
    /// LMS and Studio whose cache and queue are at these.
    pub fn new(memcached: &str, redis: &str) -> Self {
        let files = Self { root: tempfile::tempdir().unwrap() };
        for folder in ["edx/etc", "edx/app/edx_ansible", "edx/app/forum"] {
            fs::create_dir_all(files.path(folder)).unwrap();
        }
        for name in ["lms", "studio"] {
            files.write(&format!("edx/etc/{name}.yml"), &edxapp(memcached, redis));
        }
        files.write("edx/app/forum/forum_env", "export MONGOHQ_URL=\"mongodb://forum:pw-never-shown@127.0.0.1:9/x\"\n");
        files.write(
            "edx/app/edx_ansible/server-vars.yml",
            &format!("---\nEDXAPP_ENABLE_MEMCACHE: false\nEDXAPP_MEMCACHE: [\"{memcached}\"]\nEDXAPP_KEY: {SECRET}\n"),
        );
        files
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    pub fn shown(&self, name: &str) -> String {
        self.path(name).display().to_string()
    }

    pub fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    /// `status` of this tree.
    pub fn status(&self, more: &[&str]) -> Vec<String> {
        let vars = self.shown("edx/app/edx_ansible/server-vars.yml");
        let mut arguments: Vec<String> =
            ["status", "--path", &self.shown("edx/etc"), "--server-vars", &vars, "--release", "maple"]
                .map(str::to_owned)
                .into();
        arguments.extend(more.iter().map(|word| (*word).to_owned()));
        arguments
    }

    /// Everything that is below the root.
    pub fn listing(&self) -> String {
        let output = Command::new("find").arg(self.root.path()).args(["-printf", "%p %T@ %C@\n"]).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    }
}

fn edxapp(memcached: &str, redis: &str) -> String {
    let mut text = "CACHES:\n".to_owned();
    for name in ["default", "general"] {
        let _ = write!(
            text,
            "    {name}:\n        BACKEND: django.core.cache.backends.memcached.MemcachedCache\n        KEY_PREFIX: \
             {name}\n        LOCATION:\n        - {memcached}\n"
        );
    }
    let _ = write!(
        text,
        "DATABASES:\n    default:\n        ENGINE: django.db.backends.mysql\n        HOST: 127.0.0.1\n        \
         PASSWORD: {SECRET}\n        PORT: '9'\nCELERY_BROKER_TRANSPORT: redis\nCELERY_BROKER_HOSTNAME: {redis}\n\
         CELERY_BROKER_PASSWORD: {SECRET}\n"
    );
    text
}

/// Text by reference, as arguments are passed on.
pub fn words(owned: &[String]) -> Vec<&str> {
    owned.iter().map(String::as_str).collect()
}
