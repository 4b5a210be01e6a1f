//! The client against the real daemon, which each test starts for itself on loopback.
//! Where memcached is not installed the tests are skipped with a message.

#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout)]

use std::net::{IpAddr, SocketAddrV4, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use memcached::conf::Document;
use memcached::{Client, Connection, Endpoint, Error, ExtraOption, Settings, compare};
use net::{Dial, Fault, Socket, Target};
use rustix::net::{AddressFamily, SocketType};

const WAIT: Duration = Duration::from_secs(10);

struct Daemon {
    process: Child,
    endpoint: Endpoint,
}

impl Daemon {
    /// Starts memcached with these arguments; waits until it answers. None where it is missing.
    fn start(arguments: &[&str], endpoint: Endpoint) -> Option<Self> {
        let program = "/usr/bin/memcached";
        if !Path::new(program).exists() {
            println!("skipped: {program} is not installed");
            return None;
        }
        let process =
            Command::new(program).args(["-u", "nobody"]).args(arguments).stderr(Stdio::null()).spawn().unwrap();
        let daemon = Self { process, endpoint };
        for _ in 0..200 {
            if Client::connect(&daemon.endpoint, WAIT).is_ok() {
                return Some(daemon);
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("memcached {arguments:?} does not answer");
    }

    /// On 127.0.0.1 and a free port.
    fn on_loopback(arguments: &[&str]) -> Option<Self> {
        let port = free_port();
        let number = port.to_string();
        let mut all = vec!["-l", "127.0.0.1", "-U", "0", "-p", &number];
        all.extend(arguments);
        Self::start(&all, Endpoint::tcp("127.0.0.1", port))
    }

    fn client(&self) -> Client {
        Client::connect(&self.endpoint, WAIT).unwrap()
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

#[test]
fn the_daemons_version_stats_and_settings_are_read() {
    let Some(daemon) = Daemon::on_loopback(&["-m", "96", "-c", "200", "-t", "2", "-I", "2m"]) else {
        return;
    };
    let mut client = daemon.client();
    let version = client.version().unwrap();
    assert!(version.starts_with("1."), "{version}");

    let stats = client.stats().unwrap();
    assert_eq!(stats.version, Some(version));
    assert_eq!(stats.pid, Some(daemon.process.id().into()));
    assert_eq!(stats.limit_maxbytes, Some(96 * 1024 * 1024));
    assert_eq!(stats.max_connections, Some(200));
    assert_eq!(stats.evictions, Some(0));
    assert_eq!(stats.listen_disabled_num, Some(0));
    assert!(stats.curr_connections.is_some_and(|count| count >= 1));
    assert!(stats.other.contains_key("rusage_user"));

    let settings = client.settings().unwrap();
    assert_eq!(settings.maxbytes, Some(96 * 1024 * 1024));
    assert_eq!(settings.maxconns, Some(200));
    assert_eq!(settings.num_threads, Some(2));
    assert_eq!(settings.item_size_max, Some(2 * 1024 * 1024));
    assert_eq!(settings.udpport, Some(0));
    assert_eq!(settings.inter.as_deref(), Some("127.0.0.1"));
    assert_eq!(settings.flush_enabled, Some(true));
    assert_eq!(settings.domain_socket.as_deref(), Some("NULL"));
}

#[test]
fn values_are_written_read_and_deleted() {
    let Some(daemon) = Daemon::on_loopback(&[]) else {
        return;
    };
    let mut client = daemon.client();
    assert_eq!(client.get("k").unwrap(), None);
    client.set("k", b"two\r\nlines\0", 60).unwrap();
    assert_eq!(client.get("k").unwrap().unwrap(), b"two\r\nlines\0");
    assert!(client.delete("k").unwrap());
    assert!(!client.delete("k").unwrap());
    assert_eq!(
        client.get("two words").unwrap_err().to_string(),
        "\"two words\" is no memcached key; 1 to 250 bytes without spaces and control characters"
    );
}

#[test]
fn a_round_trip_leaves_nothing_behind_and_moves_the_counters() {
    let Some(daemon) = Daemon::on_loopback(&[]) else {
        return;
    };
    let mut client = daemon.client();
    client.round_trip("test").unwrap();
    let stats = client.stats().unwrap();
    assert_eq!(stats.curr_items, Some(0));
    assert_eq!(stats.cmd_set, Some(1));
    assert_eq!(stats.get_hits, Some(1));
}

#[test]
fn a_value_over_the_largest_item_is_the_servers_error_and_the_connection_goes_on() {
    let Some(daemon) = Daemon::on_loopback(&["-I", "512k"]) else {
        return;
    };
    let mut client = daemon.client();
    assert_eq!(
        client.set("k", &vec![0; 600 * 1024], 60).unwrap_err().to_string(),
        format!("{}: set failed, the server says: SERVER_ERROR object too large for cache", daemon.endpoint)
    );
    client.version().unwrap();
}

#[test]
fn a_daemon_out_of_connections_is_named_as_such() {
    let Some(daemon) = Daemon::on_loopback(&["-c", "44"]) else {
        return;
    };
    let mut held = Vec::new();
    let refused = loop {
        let mut client = daemon.client();
        match client.version() {
            Ok(_) => held.push(client),
            Err(error) => break error,
        }
        assert!(held.len() <= 44, "more connections than -c allows");
    };
    assert!(matches!(refused, Error::TooManyConnections { .. }), "{refused}");
    assert_eq!(
        refused.to_string(),
        format!(
            "{}: memcached refused the connection, all of its connections are in use; raise max_connections (-c)",
            daemon.endpoint
        )
    );
}

#[test]
fn a_unix_socket_serves_as_well() {
    let folder = tempfile::tempdir().unwrap();
    // The daemon is another user.
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o777);
    std::fs::set_permissions(folder.path(), mode).unwrap();
    let path = folder.path().join("memcached.sock");
    let endpoint = Endpoint::Unix(path.clone());
    let arguments = ["-a", "0777", "-s", path.to_str().unwrap()];
    let Some(daemon) = Daemon::start(&arguments, endpoint) else {
        return;
    };
    let mut client = daemon.client();
    client.round_trip("test").unwrap();
    let settings = client.settings().unwrap();
    assert_eq!(settings.domain_socket.as_deref(), path.to_str());
}

/// Connects from this address of the host.
#[derive(Debug)]
struct From([u8; 4]);

impl Dial for From {
    fn resolve(&self, _: &str, _: Instant) -> Result<Option<Vec<IpAddr>>, Fault> {
        Ok(None)
    }

    fn connect(&self, target: &Target, _: Instant) -> Result<Socket, Fault> {
        let failed = |errno: rustix::io::Errno| Fault::Connect(errno.into());
        let target: SocketAddrV4 = target.to_string().parse().unwrap();
        let socket = rustix::net::socket(AddressFamily::INET, SocketType::STREAM, None).map_err(failed)?;
        rustix::net::bind(&socket, &SocketAddrV4::new(self.0.into(), 0)).map_err(failed)?;
        rustix::net::connect(&socket, &target).map_err(failed)?;
        Ok(Socket::Tcp(TcpStream::from(socket)))
    }
}

#[test]
fn the_daemons_clients_are_told_with_their_addresses() {
    let Some(daemon) = Daemon::on_loopback(&[]) else {
        return;
    };
    let mut others = [[127, 0, 0, 2], [127, 0, 0, 3]].map(|address| {
        let mut client = Client::dial(&From(address), &daemon.endpoint, WAIT).unwrap();
        client.version().unwrap();
        client
    });
    let found = daemon.client().connections().unwrap();
    let at = |address: [u8; 4]| -> Vec<&Connection> {
        found.iter().filter(|found| found.address() == Some(address.into())).collect()
    };
    for address in [[127, 0, 0, 2], [127, 0, 0, 3]] {
        let [connection] = at(address)[..] else { panic!("{found:?}") };
        assert!(connection.peer.starts_with(&format!("tcp:{}:", IpAddr::from(address))), "{connection:?}");
        assert!(connection.state.starts_with("conn_"), "{connection:?}");
        assert!(connection.seconds_since_last_command.is_some_and(|seconds| seconds < 60), "{connection:?}");
    }
    // The asker; the start's connection may not have been noticed as gone.
    assert!(!at([127, 0, 0, 1]).is_empty(), "{found:?}");
    assert!(found.iter().all(|connection| connection.state != "conn_listening"), "{found:?}");
    others[0].version().unwrap();
}

#[test]
fn a_file_that_was_written_here_starts_a_daemon_that_runs_as_asked() {
    let port = free_port();
    let wanted = Settings {
        listen: vec!["127.0.0.1".parse().unwrap(), "127.0.0.2".parse().unwrap()],
        port,
        memory_mb: 100,
        max_connections: 300,
        threads: 2,
        max_item_size: "2m".parse().unwrap(),
        user: "nobody".to_owned(),
        extra: ["-F", "-X", "-M", "-C", "-A", "-R 40", "-b 512", "-n 72"]
            .map(|text| ExtraOption::parse(text).unwrap())
            .to_vec(),
    };
    wanted.validate(64).unwrap();
    let document = Document::fresh(&wanted).unwrap();
    let text = String::from_utf8(document.bytes().to_vec()).unwrap();
    let arguments: Vec<&str> =
        text.lines().filter(|line| line.starts_with('-')).flat_map(|line| line.split(' ')).collect();
    let Some(daemon) = Daemon::start(&arguments, Endpoint::tcp("127.0.0.2", port)) else {
        return;
    };
    let running = daemon.client().settings().unwrap();
    assert_eq!(compare(&wanted, &running), []);
    let asked_less = Settings { memory_mb: 64, ..wanted };
    let found = compare(&asked_less, &running);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].to_string(), "memory_mb: wanted 64, running 100");
}

/// What [`Settings::validate`] lets pass at its edges, the daemon starts with.
#[test]
fn the_daemon_takes_the_edges_of_what_is_allowed() {
    for (threads, connections) in [("1", "26"), ("4", "44"), ("16", "116"), ("64", "404")] {
        let arguments = ["-t", threads, "-c", connections, "-m", "2", "-I", "1m"];
        let Some(daemon) = Daemon::on_loopback(&arguments) else {
            return;
        };
        daemon.client().version().unwrap();
    }
}
