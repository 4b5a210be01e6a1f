//! Real daemons, each of its test's own, on loopback and in a temporary folder.

use std::fs::{self, File};
use std::net::{Ipv4Addr, SocketAddrV4, TcpListener, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};
use tempfile::TempDir;

/// Until a daemon takes connections. An Erlang takes its time on a busy machine.
const START: Duration = Duration::from_secs(120);

pub struct Daemon {
    processes: Vec<Child>,
    pub port: u16,
    pub folder: TempDir,
}

impl Drop for Daemon {
    fn drop(&mut self) {
        for process in self.processes.iter_mut().rev() {
            // What a script started goes with it: each is the first of a group.
            if let Some(group) = i32::try_from(process.id()).ok().and_then(Pid::from_raw) {
                let _ = kill_process_group(group, Signal::KILL);
            }
            let _ = process.wait();
        }
    }
}

pub fn free_port() -> u16 {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port()
}

/// Whether a program is there; else says that the test is skipped.
pub fn is_installed(program: &str) -> bool {
    let is_installed = Path::new(program).exists();
    if !is_installed {
        println!("skipped: {program} is not installed");
    }
    is_installed
}

/// A place of loopback that nothing listens on.
pub fn free_place() -> SocketAddrV4 {
    SocketAddrV4::new(Ipv4Addr::LOCALHOST, free_port())
}

/// Starts it, and waits until it takes connections.
pub fn start(folder: TempDir, at: SocketAddrV4, mut before: Vec<Child>, command: &mut Command) -> Daemon {
    let log = File::create(folder.path().join("log")).unwrap();
    command.stdin(Stdio::null()).stderr(log.try_clone().unwrap()).stdout(log).process_group(0);
    before.push(command.spawn().unwrap());
    let mut daemon = Daemon { processes: before, port: at.port(), folder };
    let end = Instant::now() + START;
    while TcpStream::connect(at).is_err() {
        let is_over = daemon.processes.last_mut().unwrap().try_wait().unwrap().is_some() || Instant::now() > end;
        assert!(!is_over, "it does not start: {}", fs::read_to_string(daemon.folder.path().join("log")).unwrap());
        thread::sleep(Duration::from_millis(50));
    }
    daemon
}

pub fn redis(arguments: &[&str]) -> Option<Daemon> {
    redis_at(free_place(), arguments)
}

pub fn redis_at(at: SocketAddrV4, arguments: &[&str]) -> Option<Daemon> {
    let program = "/usr/bin/redis-server";
    is_installed(program).then(|| {
        let mut command = Command::new(program);
        command.args(["--port", &at.port().to_string(), "--bind", &at.ip().to_string(), "--save", ""]).args(arguments);
        start(tempfile::tempdir().unwrap(), at, Vec::new(), &mut command)
    })
}

/// Redis with TLS and nothing else, by a certificate made for it.
pub fn redis_with_tls() -> Option<Daemon> {
    let (program, openssl) = ("/usr/bin/redis-server", "/usr/bin/openssl");
    if !is_installed(program) || !is_installed(openssl) {
        return None;
    }
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (key, certificate) = (file("key"), file("certificate"));
    let made = Command::new(openssl)
        .args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"])
        .args(["-keyout", &key, "-out", &certificate])
        .output()
        .unwrap();
    assert!(made.status.success(), "{made:?}");
    let at = free_place();
    let mut command = Command::new(program);
    command.args(["--port", "0", "--tls-port", &at.port().to_string(), "--bind", "127.0.0.1", "--save", ""]).args([
        "--tls-cert-file",
        &certificate,
        "--tls-key-file",
        &key,
        "--tls-auth-clients",
        "no",
    ]);
    Some(start(folder, at, Vec::new(), &mut command))
}

pub fn memcached(arguments: &[&str]) -> Option<Daemon> {
    memcached_at(free_place(), arguments)
}

pub fn memcached_at(at: SocketAddrV4, arguments: &[&str]) -> Option<Daemon> {
    let program = "/usr/bin/memcached";
    is_installed(program).then(|| {
        let (address, port) = (at.ip().to_string(), at.port().to_string());
        let mut command = Command::new(program);
        command.args(["-u", "nobody", "-l", &address, "-U", "0", "-p", &port]).args(arguments);
        start(tempfile::tempdir().unwrap(), at, Vec::new(), &mut command)
    })
}

/// MariaDB with a new, empty data folder, whose users come from `localhost` alone.
pub fn mariadb(arguments: &[&str]) -> Option<Daemon> {
    mariadb_at(free_place(), arguments)
}

pub fn mariadb_at(at: SocketAddrV4, arguments: &[&str]) -> Option<Daemon> {
    let (program, install) = ("/usr/sbin/mariadbd", "/usr/bin/mariadb-install-db");
    if !is_installed(program) || !is_installed(install) {
        return None;
    }
    let folder = tempfile::tempdir().unwrap();
    // A MariaDB that starts clears its folder for temporary tables, those of others in it included.
    let temporary = folder.path().to_owned();
    let data = format!("--datadir={}", folder.path().join("data").display());
    // Only root may, and has to, name itself.
    let user: &[&str] = if rustix::process::geteuid().is_root() { &["--user=root"] } else { &[] };
    let made = Command::new(install)
        .args(["--no-defaults", "--skip-test-db", &data])
        .args(user)
        .env("TMPDIR", &temporary)
        .output()
        .unwrap();
    assert!(made.status.success(), "{made:?}");
    let mut command = Command::new(program);
    command
        .env("TMPDIR", &temporary)
        .args(["--no-defaults", &data, "--skip-name-resolve", "--skip-log-bin"])
        .args([format!("--bind-address={}", at.ip()), format!("--port={}", at.port())])
        .arg(format!("--socket={}", folder.path().join("socket").display()))
        .args(user)
        .args(arguments);
    Some(start(folder, at, Vec::new(), &mut command))
}

impl Daemon {
    /// What MariaDB answers to its own root.
    pub fn sql(&self, statement: &str) -> String {
        let asked = Command::new("/usr/bin/mariadb")
            .args(["--no-defaults", "--batch", "--skip-column-names", "--execute", statement, "--socket"])
            .arg(self.folder.path().join("socket"))
            .output()
            .unwrap();
        assert!(asked.status.success(), "{asked:?}");
        String::from_utf8(asked.stdout).unwrap()
    }
}

/// RabbitMQ, and an epmd of its own, so that nothing of it outlives the test.
pub fn rabbitmq() -> Option<Daemon> {
    let (program, epmd) = ("/usr/lib/rabbitmq/bin/rabbitmq-server", "/usr/bin/epmd");
    if !is_installed(program) || !is_installed(epmd) {
        return None;
    }
    let folder = tempfile::tempdir().unwrap();
    let names = free_place();
    let port = names.port().to_string();
    let epmd = Command::new(epmd).args(["-port", &port, "-address", "127.0.0.1"]).process_group(0).spawn().unwrap();
    // Where there is none yet, RabbitMQ starts one that stays.
    let end = Instant::now() + START;
    while TcpStream::connect(names).is_err() {
        assert!(Instant::now() < end, "epmd does not start");
        thread::sleep(Duration::from_millis(50));
    }
    let plugins = folder.path().join("plugins");
    fs::write(&plugins, "[].\n").unwrap();
    let at = free_place();
    let mut command = Command::new(program);
    command
        // Where Mnesia writes its core, if it is killed at the wrong moment.
        .current_dir(folder.path())
        .env("HOME", folder.path())
        .env("ERL_EPMD_PORT", &port)
        .env("ERL_EPMD_ADDRESS", "127.0.0.1")
        .env("RABBITMQ_CONF_ENV_FILE", "/dev/null")
        .env("RABBITMQ_NODENAME", "edxops-test@localhost")
        .env("RABBITMQ_NODE_IP_ADDRESS", "127.0.0.1")
        .env("RABBITMQ_NODE_PORT", at.port().to_string())
        .env("RABBITMQ_DIST_PORT", free_port().to_string())
        .env("RABBITMQ_MNESIA_BASE", folder.path())
        .env("RABBITMQ_LOG_BASE", folder.path())
        .env("RABBITMQ_ENABLED_PLUGINS_FILE", &plugins)
        .env("RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS", "-kernel inet_dist_use_interface {127,0,0,1}");
    Some(start(folder, at, vec![epmd], &mut command))
}
