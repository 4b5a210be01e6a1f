//! MySQL: a real MariaDB where it is installed, and the first packets of others as they are documented.

#![allow(missing_docs, clippy::unwrap_used)]

mod common;

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};

use common::daemon::mariadb;
use common::scripted::{server, speaking, wait};
use common::{TIME, greet, greet_by_tls, told};
use edx_layout::Layer;

/// A packet with its header.
fn packet(number: u8, content: &[u8]) -> Vec<u8> {
    [&u32::try_from(content.len()).unwrap().to_le_bytes()[..3], &[number], content].concat()
}

/// A server's first packet.
fn hello(version: &str, capabilities: u32, plugin: &str) -> Vec<u8> {
    let capabilities = capabilities.to_le_bytes();
    let content = [
        &[10],
        version.as_bytes(),
        b"\0\x05\0\0\0saltsalt\0",
        &capabilities[..2],
        &[33, 2, 0],
        &capabilities[2..],
        &[21],
        &[0; 10],
        b"saltsaltsalt\0",
        plugin.as_bytes(),
        &[0],
    ]
    .concat();
    packet(0, &content)
}

fn refusal(number: u8, code: u16, words: &str) -> Vec<u8> {
    packet(number, &[&[0xff], &code.to_le_bytes()[..], words.as_bytes()].concat())
}

/// With plugins, and TLS.
const ALL: u32 = 0x0008_8a00;
const NO_TLS: u32 = 0x0008_8200;

/// A server of this first packet, which turns everybody's login down.
fn mysql(hello: Vec<u8>) -> u16 {
    server(move |mut stream| {
        stream.write_all(&hello).unwrap();
        let _ = stream.read(&mut [0; 4096]).unwrap();
        stream.write_all(&refusal(2, 1045, "#28000Access denied for user ''@'localhost'")).unwrap();
        wait(stream);
    })
}

#[test]
fn a_mariadb_tells_its_version_without_the_prefix_and_that_it_asks_for_a_password() {
    let Some(daemon) = mariadb(&[]) else { return };
    daemon.sql("CREATE USER 'edxapp001'@'%' IDENTIFIED BY 'secret'");
    let greeting = greet(Layer::MySql, daemon.port).unwrap();
    let version = greeting.version.unwrap();
    assert_eq!(daemon.sql("SELECT SUBSTRING_INDEX(VERSION(), '-MariaDB', 1)").trim_end(), version);
    assert_eq!(greeting.said, format!("MariaDB {version}, asks for a password, offers no TLS"));
    assert_eq!(greeting.asks_for_password, Some(true));

    let fault = greet_by_tls(Layer::MySql, daemon.port).unwrap_err();
    assert_eq!(fault.told(TIME), "the platform speaks TLS to it, and this MySQL server does not");
}

/// Only handshakes that broke off block a host. `host_cache` leaves 127.0.0.1 out; the counter does not.
#[test]
fn asking_a_mariadb_breaks_off_no_handshake() {
    let Some(daemon) = mariadb(&[]) else { return };
    daemon.sql("CREATE USER 'edxapp001'@'%' IDENTIFIED BY 'secret'");
    let counter = || daemon.sql("SHOW GLOBAL STATUS LIKE 'Aborted_connects_preauth'");
    let before = counter();
    for _ in 0..3 {
        greet(Layer::MySql, daemon.port).unwrap();
    }
    assert_eq!(counter(), before);
    // Without the login of nobody it counts.
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, daemon.port)).unwrap();
    let _ = stream.read(&mut [0; 4096]).unwrap();
    drop(stream);
    let end = std::time::Instant::now() + TIME;
    while counter() == before {
        assert!(std::time::Instant::now() < end, "the counter does not count");
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
}

#[test]
fn a_mariadb_with_an_anonymous_user_asks_for_no_password() {
    let Some(daemon) = mariadb(&[]) else { return };
    daemon.sql("CREATE USER ''@'%'");
    assert_eq!(greet(Layer::MySql, daemon.port).unwrap().asks_for_password, Some(false));
}

#[test]
fn a_mariadb_where_no_user_may_come_from_this_host() {
    let Some(daemon) = mariadb(&[]) else { return };
    let fault = greet(Layer::MySql, daemon.port).unwrap_err();
    assert_eq!(
        fault.told(TIME),
        "MySQL turns this client away: Host '127.0.0.1' is not allowed to connect to this MariaDB server (error 1130)"
    );
    assert_eq!(
        fault.advice(),
        "no user may come from this host: create the platform's users for its address ('edxapp001'@'172.31.%'), with the \
         same rights"
    );
}

#[test]
fn a_mysql_of_each_kind() {
    for (version, said) in [
        ("5.7.44-log", "MySQL 5.7.44-log, asks for a password, offers TLS"),
        ("8.0.35", "MySQL 8.0.35, asks for a password, offers TLS"),
        ("5.5.5-10.3.8-MariaDB-log", "MariaDB 10.3.8, asks for a password, offers TLS"),
        ("11.4.2-MariaDB", "MariaDB 11.4.2, asks for a password, offers TLS"),
    ] {
        assert_eq!(greet(Layer::MySql, mysql(hello(version, ALL, "caching_sha2_password"))).unwrap().said, said);
    }
    assert_eq!(
        greet(Layer::MySql, mysql(hello("5.6.51", NO_TLS, "mysql_native_password"))).unwrap().said,
        "MySQL 5.6.51, asks for a password, offers no TLS"
    );
    assert_eq!(
        greet_by_tls(Layer::MySql, mysql(hello("8.0.35", ALL, "caching_sha2_password"))).unwrap().said,
        "MySQL 8.0.35, asks for a password, offers TLS"
    );
}

#[test]
fn a_server_that_would_like_another_way_to_log_in_gets_no_password_either() {
    let port = server(|mut stream| {
        stream.write_all(&hello("8.0.35", ALL, "caching_sha2_password")).unwrap();
        let _ = stream.read(&mut [0; 4096]).unwrap();
        stream.write_all(&packet(2, b"\xfemysql_native_password\0saltsaltsaltsaltsalt\0")).unwrap();
        let mut answer = [0; 64];
        let count = stream.read(&mut answer).unwrap();
        let code = if answer[..count] == [0, 0, 0, 3] { 1045 } else { 1047 };
        stream.write_all(&refusal(4, code, "#28000Access denied")).unwrap();
        wait(stream);
    });
    assert_eq!(greet(Layer::MySql, port).unwrap().asks_for_password, Some(true));
}

/// A proxy or a managed service may hang up on nobody.
#[test]
fn the_greeting_counts_although_the_server_hangs_up_on_the_login() {
    let port = server(|mut stream| {
        stream.write_all(&hello("8.0.35", ALL, "")).unwrap();
        let _ = stream.read(&mut [0; 4096]);
    });
    let greeting = greet(Layer::MySql, port).unwrap();
    assert_eq!(greeting.said, "MySQL 8.0.35, offers TLS");
    assert_eq!(greeting.asks_for_password, None);
}

#[test]
fn a_host_that_was_blocked_and_other_ways_to_be_turned_away() {
    for (code, words, advice) in [
        (
            1129,
            "Host 'app' is blocked because of many connection errors",
            "too many connections of this host broke off: run FLUSH HOSTS on the server (mysqladmin flush-hosts), raise \
             max_connect_errors, and find out what broke them off",
        ),
        (
            1040,
            "Too many connections",
            "raise max_connections of the server, or find out who holds the connections (SHOW PROCESSLIST)",
        ),
        (1053, "Server shutdown in progress", "the server is shutting down: try again in a while"),
        (1234, "Something new", "see the server's error log"),
    ] {
        let fault = greet(Layer::MySql, speaking(refusal(0, code, words))).unwrap_err();
        assert_eq!(fault.told(TIME), format!("MySQL turns this client away: {words} (error {code})"));
        assert_eq!(fault.advice(), advice);
    }
    // Some send the state as well.
    let fault = greet(Layer::MySql, speaking(refusal(0, 1040, "#08004Too many connections"))).unwrap_err();
    assert_eq!(fault.told(TIME), "MySQL turns this client away: Too many connections (error 1040)");
}

#[test]
fn packets_that_cannot_be_true() {
    for (words, detail) in [
        (b"\xff\xff\xff\0\x0a".to_vec(), "the answer is not MySQL's (a packet of 16777215 bytes)"),
        (b"\0\0\0\0".to_vec(), "the answer is not MySQL's (a packet of 0 bytes)"),
        (packet(0, b"\x09old"), "the answer is not MySQL's (protocol Some(9))"),
        (packet(0, b"\x0a8.0.35"), "the answer is not MySQL's (protocol Some(10))"),
        (packet(0, b"\x0a8.0.35\0cut"), "the answer is not MySQL's (protocol Some(10))"),
        (packet(0, b"\xff\x01"), "the answer is not MySQL's (protocol Some(255))"),
    ] {
        assert_eq!(told(Layer::MySql, speaking(words), TIME), detail);
    }
}
