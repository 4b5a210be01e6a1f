//! For tests only: real SSH servers and agents on 127.0.0.1, with keys and files of their own.
//!
//! Nothing of the machine's own SSH is read or written, but for `/run/sshd`, without which sshd does not start as root.

#![allow(clippy::unwrap_used, clippy::missing_panics_doc, clippy::print_stdout)]

use std::fmt::Write as _;
use std::fs;
use std::io::Read;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

const SSHD: &str = "/usr/sbin/sshd";
const PATIENCE: Duration = Duration::from_secs(20);

/// A folder with keys, and a file of known hosts.
#[derive(Debug)]
pub struct Lab {
    folder: TempDir,
}

impl Lab {
    /// None, with a message, where there is no sshd.
    pub fn new() -> Option<Self> {
        if !Path::new(SSHD).exists() {
            println!("skipped: {SSHD} is not installed");
            return None;
        }
        if rustix::process::geteuid().is_root() {
            fs::create_dir_all("/run/sshd").unwrap();
        }
        let lab = Self { folder: TempDir::new().unwrap() };
        lab.key("id", "ed25519", "");
        Some(lab)
    }

    /// A file of the folder.
    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Makes a pair of keys; `kind` is `ed25519`, `ecdsa` or `rsa`.
    pub fn key(&self, name: &str, kind: &str, passphrase: &str) -> PathBuf {
        let file = self.file(name);
        let _ = fs::remove_file(&file);
        keygen(&["-q", "-t", kind, "-N", passphrase, "-C", name, "-f", file.to_str().unwrap()]);
        file
    }

    /// A server that lets the key `id` in, and shows host keys of these kinds.
    pub fn sshd(&self, name: &str, kinds: &[&str], extra: &str) -> Sshd {
        let host_keys = kinds.iter().map(|kind| self.key(&format!("{name}_host_{kind}"), kind, "")).collect();
        fs::copy(self.file("id.pub"), self.file(&format!("{name}_authorized"))).unwrap();
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port();
        let mut sshd = Sshd {
            port,
            host_keys,
            authorized_keys: self.file(&format!("{name}_authorized")),
            config: self.file(&format!("{name}_config")),
            log: self.file(&format!("{name}_log")),
            process: None,
        };
        sshd.configure(extra);
        sshd.start();
        sshd
    }

    /// The file of known hosts.
    pub fn known_hosts(&self) -> PathBuf {
        self.file("known_hosts")
    }

    /// Adds a server's keys to the known ones.
    pub fn know(&self, sshd: &Sshd) {
        let mut text = fs::read_to_string(self.known_hosts()).unwrap_or_default();
        text.push_str(&sshd.known_lines());
        fs::write(self.known_hosts(), text).unwrap();
    }

    /// Hashes the names in the file of known hosts, as `HashKnownHosts` has it.
    pub fn hash_known_hosts(&self) {
        keygen(&["-H", "-f", self.known_hosts().to_str().unwrap()]);
    }

    /// Starts an agent that has no key.
    pub fn agent(&self) -> Agent {
        let socket = self.file("agent");
        let process = Command::new("ssh-agent").args(["-D", "-a"]).arg(&socket).stdout(Stdio::null()).spawn().unwrap();
        let agent = Agent { socket, process };
        until("the agent's socket is there", || agent.socket.exists());
        agent
    }
}

/// The name of whoever runs the tests.
pub fn user() -> String {
    let output = Command::new("id").arg("-un").output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// A key's fingerprint, as `ssh-keygen` shows it.
pub fn fingerprint(key: &Path) -> String {
    let output = Command::new("ssh-keygen").arg("-lf").arg(key.with_extension("pub")).output().unwrap();
    String::from_utf8(output.stdout).unwrap().split(' ').nth(1).unwrap().to_owned()
}

fn keygen(arguments: &[&str]) {
    assert!(
        Command::new("ssh-keygen")
            .args(arguments)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .unwrap()
            .success()
    );
}

fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < end, "not in time: {what}");
        thread::sleep(Duration::from_millis(20));
    }
}

/// A real sshd, which ends with this value, together with all its connections.
#[derive(Debug)]
pub struct Sshd {
    /// Where it listens on 127.0.0.1.
    pub port: u16,
    /// Its private keys.
    pub host_keys: Vec<PathBuf>,
    /// Who may log in.
    pub authorized_keys: PathBuf,
    config: PathBuf,
    log: PathBuf,
    process: Option<Child>,
}

impl Sshd {
    /// Its lines for a file of known hosts.
    pub fn known_lines(&self) -> String {
        let mut lines = String::new();
        for key in &self.host_keys {
            let public = fs::read_to_string(key.with_extension("pub")).unwrap();
            writeln!(lines, "[127.0.0.1]:{} {}", self.port, public.trim()).unwrap();
        }
        lines
    }

    /// What it wrote to its log.
    pub fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Starts it again, with keys of its own that are new.
    pub fn change_keys(&mut self) {
        self.kill();
        for key in &self.host_keys {
            let name = key.file_name().unwrap().to_str().unwrap();
            let kind = name.rsplit('_').next().unwrap();
            fs::remove_file(key).unwrap();
            keygen(&["-q", "-t", kind, "-N", "", "-C", name, "-f", key.to_str().unwrap()]);
        }
        self.start();
    }

    /// Stops it, and every process that serves a connection: they stay, and do nothing.
    pub fn pause(&self) {
        let Some(process) = &self.process else { return };
        for process in descendants(process.id()).into_iter().chain([process.id()]) {
            if let Some(pid) = i32::try_from(process).ok().and_then(Pid::from_raw) {
                kill_process(pid, Signal::STOP).unwrap();
            }
        }
    }

    /// Kills it, and every process that serves a connection.
    pub fn kill(&mut self) {
        let Some(mut process) = self.process.take() else { return };
        for child in descendants(process.id()) {
            if let Some(pid) = i32::try_from(child).ok().and_then(Pid::from_raw) {
                // It may have ended by itself.
                let _ = kill_process(pid, Signal::KILL);
            }
        }
        let _ = process.kill();
        let _ = process.wait();
    }

    fn configure(&self, extra: &str) {
        let mut text = format!(
            "{extra}\nListenAddress 127.0.0.1\nPort {}\nPidFile none\nAuthorizedKeysFile {}\nStrictModes no\nUsePAM no\n\
             PasswordAuthentication no\nKbdInteractiveAuthentication no\nPermitRootLogin yes\nUseDNS no\n\
             LogLevel VERBOSE\n",
            self.port,
            self.authorized_keys.display()
        );
        for key in &self.host_keys {
            writeln!(text, "HostKey {}", key.display()).unwrap();
        }
        fs::write(&self.config, text).unwrap();
    }

    fn start(&mut self) {
        let mut command = Command::new(SSHD);
        command.arg("-D").arg("-f").arg(&self.config).arg("-E").arg(&self.log).stdin(Stdio::null());
        self.process = Some(command.spawn().unwrap());
        until("sshd answers", || {
            let Ok(mut stream) = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)) else { return false };
            stream.set_read_timeout(Some(PATIENCE)).unwrap();
            stream.read_exact(&mut [0; 4]).is_ok()
        });
    }
}

impl Drop for Sshd {
    fn drop(&mut self) {
        self.kill();
    }
}

/// The processes below one.
fn descendants(process: u32) -> Vec<u32> {
    let mut found = Vec::new();
    for task in fs::read_dir(format!("/proc/{process}/task")).into_iter().flatten().flatten() {
        let children = fs::read_to_string(task.path().join("children")).unwrap_or_default();
        for child in children.split_whitespace().filter_map(|child| child.parse().ok()) {
            found.push(child);
            found.extend(descendants(child));
        }
    }
    found
}

/// A real agent.
#[derive(Debug)]
pub struct Agent {
    /// Its socket.
    pub socket: PathBuf,
    process: Child,
}

impl Agent {
    /// Gives it a key, whose passphrase is this.
    pub fn add(&self, key: &Path, passphrase: &str) {
        let ask = key.with_extension("ask");
        fs::write(&ask, format!("#!/bin/sh\necho '{passphrase}'\n")).unwrap();
        fs::set_permissions(&ask, std::os::unix::fs::PermissionsExt::from_mode(0o700)).unwrap();
        let mut command = Command::new("ssh-add");
        command.arg(key).env("SSH_AUTH_SOCK", &self.socket).env("SSH_ASKPASS", &ask);
        command.env("SSH_ASKPASS_REQUIRE", "force").env("DISPLAY", ":0").stdin(Stdio::null()).stderr(Stdio::null());
        assert!(command.status().unwrap().success());
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
