//! Servers that are slow, silent, endless, lying or no memcached at all end in a clear error.

#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout)]

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use memcached::{Client, Endpoint, Error};

const SHORT: Duration = Duration::from_millis(300);
const LONG: Duration = Duration::from_secs(60);

/// A server on loopback that reads one request and then does what it likes.
fn server(behave: impl FnOnce(TcpStream) + Send + 'static) -> Endpoint {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = Endpoint::from(listener.local_addr().unwrap());
    thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = [0; 1024];
        if stream.read(&mut request).is_ok() {
            behave(stream);
        }
    });
    endpoint
}

fn answering(answer: &'static [u8]) -> Endpoint {
    server(move |mut stream| stream.write_all(answer).unwrap())
}

/// Writes `part` until the client has gone.
fn endless(part: &'static [u8]) -> Endpoint {
    server(move |mut stream| while stream.write_all(part).is_ok() {})
}

fn client(endpoint: &Endpoint, timeout: Duration) -> Client {
    Client::connect(endpoint, timeout).unwrap()
}

#[test]
fn a_silent_server() {
    let endpoint = server(|stream| {
        thread::sleep(LONG);
        drop(stream);
    });
    let error = client(&endpoint, SHORT).version().unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "{endpoint}: no answer to version within 300ms; check the network, the firewall, and that this is memcached"
        )
    );
}

#[test]
fn a_server_that_drips_byte_by_byte_cannot_stretch_the_deadline() {
    let endpoint = server(|mut stream| {
        while stream.write_all(b"S").is_ok() {
            thread::sleep(Duration::from_millis(20));
        }
    });
    let error = client(&endpoint, SHORT).stats().unwrap_err();
    assert!(matches!(error, Error::Timeout { .. }), "{error}");
}

#[test]
fn a_server_that_sends_statistics_without_end() {
    let endpoint = endless(b"STAT a 1\r\n");
    assert_eq!(
        client(&endpoint, LONG).stats().unwrap_err().to_string(),
        format!(
            "{endpoint}: the answer to stats is not memcached's (more than 4096 statistics); check that this port is memcached's"
        )
    );
}

#[test]
fn a_server_that_sends_a_line_without_end() {
    let endpoint = endless(&[b'x'; 1000]);
    assert_eq!(
        client(&endpoint, LONG).version().unwrap_err().to_string(),
        format!(
            "{endpoint}: the answer to version is not memcached's (a line of more than 8192 bytes); check that this port is memcached's"
        )
    );
}

#[test]
fn a_server_that_is_no_memcached() {
    let endpoint = answering(b"HTTP/1.1 400 Bad \x1b[31mRequest\r\n\r\n");
    assert_eq!(
        client(&endpoint, LONG).settings().unwrap_err().to_string(),
        format!(
            "{endpoint}: the answer to stats settings is not memcached's (\"HTTP/1.1 400 Bad \u{fffd}[31mRequest\"); check that this port is memcached's"
        )
    );
}

#[test]
fn a_server_that_hangs_up() {
    let endpoint = server(drop);
    assert_eq!(
        client(&endpoint, LONG).version().unwrap_err().to_string(),
        format!(
            "{endpoint}: the connection was closed during version; memcached may be restarting, or out of connections"
        )
    );
}

#[test]
fn a_server_that_ends_in_the_middle_of_an_answer() {
    let endpoint = answering(b"STAT pid 1\r\nSTAT upt");
    let error = client(&endpoint, LONG).stats().unwrap_err();
    assert!(matches!(error, Error::Closed { .. }), "{error}");
}

#[test]
fn a_server_that_does_not_tell_its_connections() {
    for answer in [&b"ERROR\r\n"[..], b"END\r\n"] {
        let endpoint = answering(answer);
        assert_eq!(
            client(&endpoint, LONG).connections().unwrap_err().to_string(),
            format!(
                "{endpoint}: the server does not answer stats conns; an old memcached, or a managed one, may not know it"
            )
        );
    }
}

#[test]
fn connections_that_cannot_be_true() {
    for (answer, detail) in [
        (&b"STAT pid 1\r\nEND\r\n"[..], "STAT pid 1"),
        (b"STAT 1:addr\r\nEND\r\n", "STAT 1:addr"),
        (b"STAT -1:addr x\r\nEND\r\n", "STAT -1:addr x"),
        (b"VERSION 1\r\n", "VERSION 1"),
    ] {
        let endpoint = answering(answer);
        assert_eq!(
            client(&endpoint, LONG).connections().unwrap_err().to_string(),
            format!(
                "{endpoint}: the answer to stats conns is not memcached's ({detail:?}); check that this port is memcached's"
            )
        );
    }
}

#[test]
fn connections_without_end_are_not_kept() {
    // Each is another than the one before it.
    let endpoint = endless(b"STAT 1:addr tcp:10.0.0.1:1\r\nSTAT 2:addr tcp:10.0.0.2:1\r\n");
    let error = client(&endpoint, LONG).connections().unwrap_err();
    assert!(matches!(error, Error::NotMemcached { .. }), "{error}");
    // All lines of one: there is nothing to keep, and the time ends it.
    let endpoint = endless(b"STAT 1:addr tcp:10.0.0.1:1\r\n");
    let error = client(&endpoint, SHORT).connections().unwrap_err();
    assert!(matches!(error, Error::Timeout { .. }), "{error}");
}

/// Another way than this host's own.
#[derive(Debug)]
struct Nowhere;

impl net::Dial for Nowhere {
    fn resolve(&self, _: &str, _: std::time::Instant) -> Result<Option<Vec<std::net::IpAddr>>, net::Fault> {
        Ok(None)
    }

    fn connect(&self, _: &net::Target, _: std::time::Instant) -> Result<net::Socket, net::Fault> {
        Err(net::Fault::Way("ssh to 172.31.5.10: Permission denied".to_owned()))
    }
}

#[test]
fn a_way_that_does_not_work_is_told_as_it_is() {
    let endpoint = Endpoint::tcp("10.0.0.5", 11211);
    assert_eq!(
        Client::dial(&Nowhere, &endpoint, LONG).unwrap_err().to_string(),
        "10.0.0.5:11211: ssh to 172.31.5.10: Permission denied"
    );
}

#[test]
fn values_that_cannot_be_true() {
    for answer in [
        &b"VALUE other 0 1\r\nx\r\nEND\r\n"[..],
        b"VALUE k 0 99999999999\r\n",
        b"VALUE k 0 -1\r\n",
        b"VALUE k 0 18446744073709551615\r\n",
        b"VALUE k\r\n",
        b"VALUE k 0 1\r\nxyz\r\nEND\r\n",
        b"VALUE k 0 1\r\nx\r\nSTORED\r\n",
    ] {
        let endpoint = answering(answer);
        let error = client(&endpoint, LONG).get("k").unwrap_err();
        assert!(matches!(error, Error::NotMemcached { .. }), "{error}");
    }
}

#[test]
fn a_server_that_needs_a_login_says_so_in_the_error() {
    let endpoint = answering(b"CLIENT_ERROR unauthenticated\r\n");
    assert_eq!(
        client(&endpoint, LONG).stats().unwrap_err().to_string(),
        format!("{endpoint}: stats failed, the server says: CLIENT_ERROR unauthenticated")
    );
}

#[test]
fn a_cache_that_forgets_at_once() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = Endpoint::from(listener.local_addr().unwrap());
    thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        for answer in [&b"STORED\r\n"[..], b"END\r\n"] {
            let _ = stream.read(&mut [0; 1024]).unwrap();
            stream.write_all(answer).unwrap();
        }
    });
    assert_eq!(
        client(&endpoint, LONG).round_trip("test").unwrap_err().to_string(),
        format!("{endpoint}: a value just stored was not there; the cache does not keep what is written to it")
    );
}

#[test]
fn after_a_broken_answer_the_connection_is_not_used_again() {
    let endpoint = answering(b"nonsense\r\nVERSION 1.6.18\r\n");
    let mut client = client(&endpoint, LONG);
    client.version().unwrap_err();
    let error = client.version().unwrap_err();
    assert!(matches!(error, Error::Closed { .. }), "{error}");
}

#[test]
fn nobody_there() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = Endpoint::from(listener.local_addr().unwrap());
    drop(listener);
    assert_eq!(
        Client::connect(&endpoint, LONG).unwrap_err().to_string(),
        format!(
            "{endpoint}: cannot connect (Connection refused (os error 111)); check that memcached runs there, that it listens on this address, and that no firewall is in between"
        )
    );
    let missing = Endpoint::Unix("/nonexistent/memcached.sock".into());
    assert_eq!(
        Client::connect(&missing, LONG).unwrap_err().to_string(),
        "/nonexistent/memcached.sock: cannot connect (No such file or directory (os error 2)); check that memcached runs there, that it listens on this address, and that no firewall is in between"
    );
}

/// Connecting would wait without end where the server's backlog is full.
#[test]
fn a_unix_socket_whose_server_never_accepts_ends_in_time() {
    use rustix::net::{AddressFamily, SocketAddrUnix, SocketType};
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("s");
    let listener = rustix::net::socket(AddressFamily::UNIX, SocketType::STREAM, None).unwrap();
    rustix::net::bind(&listener, &SocketAddrUnix::new(&path).unwrap()).unwrap();
    rustix::net::listen(&listener, 0).unwrap();
    let _waiting = std::os::unix::net::UnixStream::connect(&path).unwrap();
    let endpoint = Endpoint::Unix(path);
    assert_eq!(
        Client::connect(&endpoint, SHORT).unwrap_err().to_string(),
        format!(
            "{endpoint}: no answer to connect within 300ms; check the network, the firewall, and that this is memcached"
        )
    );
}
