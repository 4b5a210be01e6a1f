//! Connections through real SSH servers, one behind the other.

#![allow(missing_docs, clippy::unwrap_used)]

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4, TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::thread;
use std::time::{Duration, Instant};

use net::{Dial, Fault, Socket, Target};
use rustix::net::{AddressFamily, SocketType};
use ssh::{Connection, Hop, Settings};
use sshd::{Lab, Sshd};

const TIME: Duration = Duration::from_secs(20);

fn by() -> Instant {
    Instant::now() + TIME
}

fn settings(lab: &Lab) -> Settings {
    Settings {
        known_hosts: vec![lab.known_hosts()],
        identities: vec![lab.file("id")],
        use_agent: false,
        agent: None,
        timeout: TIME,
    }
}

fn hop(sshd: &Sshd) -> Hop {
    Hop { user: Some(sshd::user()), host: "127.0.0.1".to_owned(), port: sshd.port }
}

/// So many servers, all known.
fn chain(lab: &Lab, count: usize) -> Vec<Sshd> {
    (0..count)
        .map(|at| {
            let sshd = lab.sshd(&format!("hop{at}"), &["ed25519"], "LogLevel DEBUG1");
            lab.know(&sshd);
            sshd
        })
        .collect()
}

fn open(lab: &Lab, servers: &[Sshd]) -> Connection {
    Connection::open(&servers.iter().map(hop).collect::<Vec<_>>(), &settings(lab)).unwrap()
}

/// A server that says everything back, and hangs up when it was told all.
fn echo() -> Target {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            thread::spawn(move || std::io::copy(&mut stream.try_clone().unwrap(), &mut stream));
        }
    });
    Target::tcp("127.0.0.1", port)
}

fn unix(socket: Socket) -> std::os::unix::net::UnixStream {
    match socket {
        Socket::Unix(stream) => stream,
        Socket::Tcp(_) => panic!("it is no near end"),
    }
}

/// Sends so many bytes and reads them back at the same time.
fn to_and_fro(connection: &Connection, target: &Target, count: usize, seed: usize) {
    let mut stream = unix(connection.connect(target, by()).unwrap());
    let bytes: Vec<u8> = (0..count).map(|at| u8::try_from((at * 31 + at / 251 + seed) % 256).unwrap()).collect();
    let mut writer = stream.try_clone().unwrap();
    let sent = bytes.clone();
    let writing = thread::spawn(move || {
        writer.write_all(&sent).unwrap();
        writer.shutdown(std::net::Shutdown::Write).unwrap();
    });
    let mut back = Vec::new();
    stream.read_to_end(&mut back).unwrap();
    writing.join().unwrap();
    assert!(back == bytes, "{} of {count} bytes came back", back.len());
}

#[test]
fn much_goes_both_ways_over_several_channels_at_once_through_one_two_and_three_hosts() {
    let Some(lab) = Lab::new() else { return };
    let servers = chain(&lab, 3);
    let target = echo();
    for count in 1..=3 {
        let connection = open(&lab, &servers[..count]);
        thread::scope(|scope| {
            for seed in 0..4 {
                let (connection, target) = (&connection, &target);
                scope.spawn(move || to_and_fro(connection, target, 3_000_000 + seed * 1001, seed));
            }
        });
        assert_eq!(connection.fault(), None);
    }
}

#[test]
fn a_command_gets_its_input_and_its_words_and_status_come_back() {
    let Some(lab) = Lab::new() else { return };
    let servers = chain(&lab, 2);
    let connection = open(&lab, &servers);
    let output = connection.run("cat; echo oops >&2; exit 3", b"hello", by(), 1000).unwrap();
    assert_eq!((output.status, output.signal), (Some(3), None));
    assert_eq!((output.stdout, output.stderr), (b"hello".to_vec(), b"oops\n".to_vec()));

    let output = connection.run("true", b"", by(), 0).unwrap();
    assert_eq!((output.status, output.stdout, output.stderr), (Some(0), vec![], vec![]));

    let much = vec![7; 3_000_000];
    assert_eq!(connection.run("cat", &much, by(), much.len()).unwrap().stdout, much);
    assert_eq!(connection.run("true", &much, by(), 0).unwrap().status, Some(0));
    assert_eq!(connection.run("exec >&- 2>&-; sleep 0.3; exit 5", b"", by(), 0).unwrap().status, Some(5));

    let output = connection.run("kill -9 $$", b"", by(), 1000).unwrap();
    assert_eq!((output.status, output.signal.as_deref()), (None, Some("KILL")));
}

#[test]
fn a_command_that_says_too_much_or_does_not_end_is_given_up_and_the_connection_lives() {
    let Some(lab) = Lab::new() else { return };
    let servers = chain(&lab, 1);
    let connection = open(&lab, &servers);
    let name = hop(&servers[0]);
    for command in ["yes", "yes >&2"] {
        let error = connection.run(command, b"", by(), 100_000).unwrap_err();
        assert_eq!(error.to_string(), format!("ssh {name}: the command said more than 100000 bytes, and was given up"));
    }
    let time = Duration::from_millis(1500);
    for command in ["sleep 60", "while sleep 0.1; do echo .; done"] {
        let error = connection.run(command, b"", Instant::now() + time, 1000).unwrap_err().to_string();
        assert!(
            error.starts_with(&format!("ssh {name}: the command did not end within ")) && error.ends_with('s'),
            "{error}"
        );
    }
    assert_eq!(connection.run("echo still", b"", by(), 100).unwrap().stdout, b"still\n");
}

#[test]
fn a_server_that_never_ends_fills_no_memory_while_nobody_reads() {
    let Some(lab) = Lab::new() else { return };
    let servers = chain(&lab, 2);
    let connection = open(&lab, &servers);
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let target = Target::tcp("127.0.0.1", listener.local_addr().unwrap().port());
    let (sent, count) = std::sync::mpsc::channel();
    thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        stream.set_write_timeout(Some(Duration::from_secs(2))).unwrap();
        let mut total = 0usize;
        // It is written until nothing more is taken for a while.
        while let Ok(written) = stream.write(&[1; 16384]) {
            total += written;
            if total > 200_000_000 {
                break;
            }
        }
        sent.send(total).unwrap();
    });
    let mut stream = unix(connection.connect(&target, by()).unwrap());
    let total = count.recv_timeout(Duration::from_secs(60)).unwrap();
    assert!(total < 50_000_000, "{total} bytes were taken while nobody read");
    // The others are served meanwhile.
    to_and_fro(&connection, &echo(), 100_000, 0);
    let mut read = Vec::new();
    stream.read_to_end(&mut read).unwrap();
    assert_eq!(read.len(), total);
}

#[test]
fn whoever_drops_a_socket_ends_the_connection_behind_it() {
    let Some(lab) = Lab::new() else { return };
    let servers = chain(&lab, 2);
    let connection = open(&lab, &servers);
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let target = Target::tcp("127.0.0.1", listener.local_addr().unwrap().port());
    let mut near = connection.connect(&target, by()).unwrap();
    let (mut stream, _) = listener.accept().unwrap();
    near.write_all(b"last words").unwrap();
    drop(near);
    stream.set_read_timeout(Some(TIME)).unwrap();
    let mut said = String::new();
    stream.read_to_string(&mut said).unwrap();
    assert_eq!(said, "last words");
}

#[test]
fn with_the_last_handle_everything_closes() {
    let Some(lab) = Lab::new() else { return };
    let servers = chain(&lab, 3);
    let connection = open(&lab, &servers);
    let mut near = connection.connect(&echo(), by()).unwrap();
    near.set_timeout(TIME).unwrap();
    let other = connection.clone();
    drop(connection);
    near.write_all(b"x").unwrap();
    near.read_exact(&mut [0]).unwrap();
    drop(other);
    assert_eq!(near.read(&mut [0]).unwrap(), 0);
    let end = by();
    while servers
        .iter()
        .any(|server| !server.log().contains("disconnect") && !server.log().contains("Connection closed"))
    {
        assert!(Instant::now() < end, "a session stays");
        thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn a_server_killed_in_the_middle_of_a_transfer_is_told_of() {
    let Some(lab) = Lab::new() else { return };
    for victim in [0, 1] {
        let mut servers = chain(&lab, 2);
        let connection = open(&lab, &servers);
        let mut near = connection.connect(&echo(), by()).unwrap();
        near.set_timeout(TIME).unwrap();
        near.write_all(&[1; 10_000]).unwrap();
        near.read_exact(&mut [0; 10_000]).unwrap();
        servers[victim].kill();
        let mut rest = Vec::new();
        let _ = near.read_to_end(&mut rest);
        let fault = connection.fault().unwrap();
        let names = servers.iter().map(|server| format!("ssh {}: the connection broke: ", hop(server)));
        assert!(names.into_iter().any(|name| fault.starts_with(&name)), "{fault}");
        let told = connection.connect(&echo(), by()).unwrap_err().told(TIME);
        assert!(told.starts_with(&format!("from {}: the connection broke: ", hop(&servers[1]))), "{told}");
        let error = connection.run("true", b"", by(), 10).unwrap_err().to_string();
        assert!(error.starts_with(&format!("ssh {}: the connection broke: ", hop(&servers[1]))), "{error}");
    }
}

#[test]
fn what_the_last_host_does_not_reach_is_told_from_there() {
    let Some(lab) = Lab::new() else { return };
    let servers = chain(&lab, 2);
    let connection = open(&lab, &servers);
    let from = hop(&servers[1]);
    let closed = Target::tcp("127.0.0.1", 1);
    let fault = connection.connect(&closed, by()).unwrap_err();
    assert!(matches!(fault, Fault::Connect(_)));
    assert_eq!(
        fault.told(TIME),
        format!(
            "cannot connect: from {from}: nothing listens at 127.0.0.1:1, or there is no way to it, or its name is not \
             known there"
        )
    );
    let told = connection.connect(&Target::Unix("/run/db.sock".into()), by()).unwrap_err().told(TIME);
    assert_eq!(told, format!("from {from}: the unix socket /run/db.sock cannot be reached through SSH"));
    assert!(connection.resolve("localhost", by()).unwrap().is_none());
    to_and_fro(&connection, &echo(), 1000, 0);
}

/// A port where nothing answers: whoever connects waits.
fn black_hole() -> (OwnedFd, Vec<TcpStream>, Target) {
    let socket = rustix::net::socket(AddressFamily::INET, SocketType::STREAM, None).unwrap();
    rustix::net::bind(&socket, &SocketAddrV4::new(Ipv4Addr::LOCALHOST, 0)).unwrap();
    rustix::net::listen(&socket, 0).unwrap();
    let address = SocketAddr::try_from(rustix::net::getsockname(&socket).unwrap()).unwrap();
    // One is taken in for whoever would accept it, and the next are not.
    let full = (0..3).map_while(|_| TcpStream::connect_timeout(&address, Duration::from_millis(200)).ok()).collect();
    (socket, full, Target::tcp(address.ip(), address.port()))
}

#[test]
fn a_target_that_does_not_answer_keeps_no_other_from_being_reached() {
    let Some(lab) = Lab::new() else { return };
    let servers = chain(&lab, 2);
    let connection = open(&lab, &servers);
    let holes: Vec<_> = (0..3).map(|_| black_hole()).collect();
    let (near, time) = (echo(), Duration::from_secs(8));
    thread::scope(|scope| {
        for (_, _, target) in &holes {
            let connection = &connection;
            scope.spawn(move || {
                let fault = connection.connect(target, Instant::now() + time).unwrap_err();
                assert_eq!(fault.told(time), "no connection within 8s");
            });
        }
        thread::sleep(Duration::from_millis(500));
        let start = Instant::now();
        connection.connect(&near, start + time).unwrap();
        assert_eq!(connection.run("echo in", b"", start + time, 10).unwrap().stdout, b"in\n");
    });
    // Those channels are still waited for by the host, though not by us.
    to_and_fro(&connection, &near, 100_000, 0);
    assert_eq!(connection.fault(), None);
}

fn not_tried(last: &Sshd, target: &Target) -> String {
    format!(
        "from {}: {target} was not tried: the session was busy with other connections; give it more time, or ask for \
         less at once",
        hop(last)
    )
}

#[test]
fn what_nobody_had_the_time_to_try_is_told_as_such_and_not_as_silent() {
    let Some(lab) = Lab::new() else { return };
    let servers = chain(&lab, 2);
    let connection = open(&lab, &servers);
    let time = Duration::from_secs(4);
    // More than there are ever sessions.
    let holes: Vec<_> = (0..9).map(|_| black_hole()).collect();
    let deadline = Instant::now() + time;
    let told: Vec<(&Target, String)> = thread::scope(|scope| {
        let connect = |target| {
            let connection = &connection;
            scope.spawn(move || (target, connection.connect(target, deadline).unwrap_err().told(time)))
        };
        let threads: Vec<_> = holes.iter().map(|(_, _, target)| connect(target)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let log = servers[1].log();
    for (target, told) in &told {
        let Target::Tcp { host, port } = target else { unreachable!() };
        // The host's own log tells whether it was asked to go there.
        let is_tried = log.contains(&format!("target {host} port {port}"));
        let words = if is_tried { "no connection within 4s".to_owned() } else { not_tried(&servers[1], target) };
        assert_eq!(*told, words);
    }
    let count = |words: &str| told.iter().filter(|(_, told)| told.contains(words)).count();
    assert!(count("no connection within 4s") >= 1 && count("was not tried") >= 3, "{told:?}");
    assert_eq!(connection.fault(), None);
}

#[test]
fn a_host_that_falls_silent_is_waited_for_no_longer_than_asked() {
    let Some(lab) = Lab::new() else { return };
    let servers = chain(&lab, 2);
    let connection = open(&lab, &servers);
    servers[1].pause();
    let (near, time) = (echo(), Duration::from_secs(1));
    let start = Instant::now();
    let told = |words: &str| {
        let fault = connection.connect(&near, Instant::now() + time).unwrap_err();
        assert_eq!(fault.told(time), words);
    };
    // The second one waits behind the first, which the host never answers.
    for words in ["no connection within 1s", &not_tried(&servers[1], &near)] {
        told(words);
        let error = connection.run("true", b"", Instant::now() + time, 10).unwrap_err().to_string();
        assert!(error.starts_with(&format!("ssh {}: the command did not end within ", hop(&servers[1]))), "{error}");
    }
    assert!(start.elapsed() < TIME);
}

#[test]
fn a_host_that_does_not_forward_is_told_as_such() {
    let Some(lab) = Lab::new() else { return };
    let sshd = lab.sshd("bastion", &["ed25519"], "AllowTcpForwarding no");
    lab.know(&sshd);
    let connection = open(&lab, std::slice::from_ref(&sshd));
    let said = |port| {
        format!(
            "from {}: its sshd does not forward to 127.0.0.1:{port} (administratively prohibited): AllowTcpForwarding \
             and PermitOpen in its sshd_config say what it does",
            hop(&sshd)
        )
    };
    let Target::Tcp { port, .. } = echo() else { unreachable!() };
    let fault = connection.connect(&Target::tcp("127.0.0.1", port), by()).unwrap_err();
    assert_eq!(fault.told(TIME), said(port));
    let inner = lab.sshd("inner", &["ed25519"], "");
    let error = Connection::open(&[hop(&sshd), hop(&inner)], &settings(&lab)).unwrap_err().to_string();
    assert_eq!(error, format!("ssh {}: {}", hop(&inner), said(inner.port)));
}
