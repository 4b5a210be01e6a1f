//! What listens on a port and is no SSH server, or not a good one.

#![allow(missing_docs, clippy::unwrap_used)]

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use ssh::{Connection, Hop, Settings};
use sshd::Lab;

const TIME: Duration = Duration::from_secs(2);
/// Generous, for a machine that is busy.
const SOON: Duration = Duration::from_secs(20);

fn settings() -> Settings {
    Settings {
        known_hosts: vec![],
        identities: vec!["/nowhere/id".into()],
        use_agent: false,
        agent: None,
        timeout: TIME,
    }
}

fn hop(port: u16) -> Hop {
    Hop { user: Some("ops".to_owned()), host: "127.0.0.1".to_owned(), port }
}

fn server(serve: impl Fn(TcpStream) + Send + 'static) -> Hop {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for stream in listener.incoming() {
            serve(stream.unwrap());
        }
    });
    hop(port)
}

/// What is said of it, without the host's name.
fn said_of(hop: Hop) -> String {
    let start = Instant::now();
    let prefix = format!("ssh {hop}: ");
    let error = Connection::open(&[hop], &settings()).unwrap_err().to_string();
    assert!(start.elapsed() < SOON);
    error.strip_prefix(&prefix).unwrap().to_owned()
}

/// Until the other side hangs up.
fn drip(mut stream: TcpStream, piece: &[u8], pause: Duration) {
    while stream.write_all(piece).is_ok() {
        thread::sleep(pause);
    }
}

const SLOWLY: Duration = Duration::from_millis(100);

#[test]
fn a_server_that_says_nothing_is_given_up() {
    assert_eq!(said_of(server(|mut stream| drop(stream.read_to_end(&mut Vec::new())))), "no answer within 2s");
}

#[test]
fn a_greeting_that_drips_is_given_up() {
    let hop = server(|mut stream| {
        for byte in b"SSH-2.0-".iter().chain([b'x'; 200].iter()) {
            if stream.write_all(&[*byte]).is_err() {
                return;
            }
            thread::sleep(SLOWLY);
        }
    });
    assert_eq!(said_of(hop), "the handshake did not end within 2s");
}

#[test]
fn a_handshake_that_drips_is_given_up() {
    let hop = server(|mut stream| {
        stream.write_all(b"SSH-2.0-slow\r\n\0\0\x10\0\x04\x14").unwrap();
        drip(stream, b"\0", SLOWLY);
    });
    assert_eq!(said_of(hop), "the handshake did not end within 2s");
}

#[test]
fn a_server_that_speaks_without_an_end_is_given_up() {
    // Packets that mean nothing: each is read and forgotten, and there is always another one.
    let ignore = b"\0\0\0\x0c\x06\x02\0\0\0\0\0\0\0\0\0\0";
    let hop = server(move |mut stream| {
        stream.write_all(b"SSH-2.0-chatty\r\n").unwrap();
        drip(stream, &ignore.repeat(1000), Duration::ZERO);
    });
    let said = said_of(hop);
    assert!(said.starts_with("no common ground: ") || said == "the handshake did not end within 2s", "{said}");
}

#[test]
fn lines_that_are_no_greeting_are_shown() {
    for (words, shown) in [
        ("220 mail ready\r\n", "220 mail ready"),
        ("Exceeded MaxStartups\r\n", "Exceeded MaxStartups"),
        ("\x15\x03\x01\0\x02\x02\x46\n", "\u{fffd}\u{fffd}\u{fffd}\u{fffd}\u{fffd}\u{fffd}F"),
    ] {
        let hop = server(move |stream| drip(stream, words.as_bytes(), Duration::ZERO));
        assert_eq!(said_of(hop), format!("no SSH server answers there: its first words are {shown:?}"));
    }
}

#[test]
fn a_web_server_is_told_as_none() {
    let hop = server(|mut stream| {
        let mut request = Vec::new();
        while !request.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte).unwrap();
            request.push(byte[0]);
        }
        stream.write_all(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n").unwrap();
    });
    assert_eq!(said_of(hop), "no SSH server answers there: its first words are \"HTTP/1.1 400 Bad Request\"");
}

#[test]
fn a_server_that_hangs_up_at_once_is_told() {
    let said = said_of(server(drop));
    assert_eq!(said, "the connection was closed before an SSH server said a word: is this the right port?");
}

#[test]
fn a_port_where_nothing_listens_is_told() {
    assert_eq!(said_of(hop(1)), "cannot connect: Connection refused (os error 111)");
}

#[test]
fn an_alias_that_is_no_name_gets_a_hint() {
    let alias = Hop { user: None, host: "web.invalid".to_owned(), port: 22 };
    let said = said_of(alias);
    assert!(said.starts_with("this host does not resolve the name: "), "{said}");
    let hint = ". An alias of ~/.ssh/config is not known here: give the host's own name or address";
    assert!(said.ends_with(hint), "{said}");
}

#[test]
fn a_silent_server_behind_a_host_is_given_up_and_named() {
    let Some(lab) = Lab::new() else { return };
    let sshd = lab.sshd("bastion", &["ed25519"], "");
    lab.know(&sshd);
    let settings = Settings { known_hosts: vec![lab.known_hosts()], identities: vec![lab.file("id")], ..settings() };
    let bastion = Hop { user: Some(sshd::user()), host: "127.0.0.1".to_owned(), port: sshd.port };
    let silent = server(|mut stream| drop(stream.read_to_end(&mut Vec::new())));
    let error = Connection::open(&[bastion.clone(), silent.clone()], &settings).unwrap_err().to_string();
    assert_eq!(error, format!("ssh {silent}: no answer within 2s"));
    let error = Connection::open(&[bastion.clone(), hop(1)], &settings).unwrap_err().to_string();
    let expected = format!(
        "ssh ops@127.0.0.1:1: cannot connect: from {bastion}: nothing listens at 127.0.0.1:1, or there is no way to it, \
         or its name is not known there"
    );
    assert_eq!(error, expected);
}

#[test]
fn no_hosts_are_no_way() {
    assert_eq!(Connection::open(&[], &settings()).unwrap_err().to_string(), "no host to log in to was given");
}
