//! Redis, the real one where it is installed.

#![allow(missing_docs, clippy::unwrap_used)]

mod common;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::thread;
use std::time::Duration;

use common::daemon::{redis, redis_with_tls};
use common::scripted::answering;
use common::{TIME, greet, greet_by_tls, said, told};
use edx_layout::Layer;
use greeting::Fault;

#[test]
fn it_tells_its_version_and_that_it_asks_for_no_password() {
    let Some(daemon) = redis(&[]) else { return };
    let greeting = greet(Layer::Redis, daemon.port).unwrap();
    let version = greeting.version.unwrap();
    assert!(version.split('.').count() == 3 && version.split('.').all(|part| part.parse::<u32>().is_ok()), "{version}");
    assert_eq!(greeting.said, format!("Redis {version}, asks for no password"));
    assert_eq!(greeting.asks_for_password, Some(false));
}

#[test]
fn with_a_password_it_tells_no_version() {
    let Some(daemon) = redis(&["--requirepass", "secret"]) else { return };
    let greeting = greet(Layer::Redis, daemon.port).unwrap();
    assert_eq!(greeting.said, "Redis, asks for a password");
    assert_eq!((greeting.version, greeting.asks_for_password), (None, Some(true)));
}

#[test]
fn a_version_that_it_keeps_for_itself_is_none() {
    let Some(daemon) = redis(&["--rename-command", "INFO", ""]) else { return };
    assert_eq!(said(Layer::Redis, daemon.port), "Redis, asks for no password");
}

#[test]
fn all_of_its_connections_in_use() {
    let Some(daemon) = redis(&["--maxclients", "1"]) else { return };
    let _held = held_connection(daemon.port);
    let fault = greet(Layer::Redis, daemon.port).unwrap_err();
    assert_eq!(fault.told(TIME), "Redis turns this client away: ERR max number of clients reached");
    assert_eq!(fault.advice(), "raise maxclients in redis.conf, or find out who holds the connections (CLIENT LIST)");
}

/// The one connection that the server takes. What waited for its start may not have been noticed as gone yet, and then
/// this one is what is turned away: it is tried until it is answered.
fn held_connection(port: u16) -> TcpStream {
    for _ in 0..200 {
        let mut socket = TcpStream::connect(("127.0.0.1", port)).unwrap();
        let mut answer = [0; 7];
        if socket.write_all(b"PING\r\n").and_then(|()| socket.read_exact(&mut answer)).is_ok()
            && answer == *b"+PONG\r\n"
        {
            return socket;
        }
        thread::sleep(Duration::from_millis(25));
    }
    panic!("Redis on port {port} took no connection in 5 s");
}

/// The words of 7.0; on loopback the real one never says them.
#[test]
fn protected_mode() {
    let port = answering(
        "-DENIED Redis is running in protected mode because protected mode is enabled and no password is set for the \
         default user. In this mode connections are only accepted from the loopback interface.\r\n",
    );
    let fault = greet(Layer::Redis, port).unwrap_err();
    assert_eq!(
        fault.told(TIME),
        "Redis turns this client away: DENIED Redis is running in protected mode because protected mode is enabled and no \
         password is set f"
    );
    assert_eq!(
        fault.advice(),
        "Redis is in protected mode: it listens for other hosts, and has no password. Set requirepass in redis.conf (and \
         the password in the platform's settings), and bind it to a private address"
    );
}

#[test]
fn other_ways_to_turn_a_client_away_each_have_their_advice() {
    for (answer, advice) in [
        (
            "-LOADING Redis is loading the dataset in memory\r\n",
            "Redis reads its data from the disk: try again in a while",
        ),
        (
            "-MISCONF Redis is configured to save RDB snapshots\r\n",
            "Redis cannot save its data to the disk, and so takes no more: see its log and the space on its disk",
        ),
        (
            "-MASTERDOWN Link with MASTER is down\r\n",
            "this Redis is a replica without its master: give the master's address",
        ),
        ("-ERR something new\r\n", "see the server's log, and its users' rights (ACL LIST)"),
    ] {
        let fault = greet(Layer::Redis, answering(answer)).unwrap_err();
        assert_eq!(fault.told(TIME), format!("Redis turns this client away: {}", &answer[1..].trim_end()));
        assert_eq!(fault.advice(), advice);
    }
}

#[test]
fn an_answer_to_info_that_cannot_be_true() {
    for (length, detail) in [
        ("2147483647", "the answer is not Redis's (INFO announces \"2147483647\" bytes)"),
        ("-5", "the answer is not Redis's (INFO announces \"-5\" bytes)"),
        ("18446744073709551616", "the answer is not Redis's (INFO announces \"18446744073709551616\" bytes)"),
    ] {
        assert_eq!(told(Layer::Redis, answering(format!("+PONG\r\n${length}\r\n")), TIME), detail);
    }
}

#[test]
fn valkey_is_called_by_its_name() {
    let info = "# Server\r\nredis_version:7.2.4\r\nserver_name:valkey\r\nvalkey_version:8.0.1\r\n";
    let port = answering(format!("+PONG\r\n${}\r\n{info}\r\n", info.len()));
    assert_eq!(said(Layer::Redis, port), "Valkey 8.0.1, asks for no password");
}

#[test]
fn with_tls_on_the_port_and_not_in_the_settings() {
    let Some(daemon) = redis_with_tls() else { return };
    let fault = greet(Layer::Redis, daemon.port).unwrap_err();
    assert_eq!(fault.told(TIME), "the port speaks TLS, not Redis");
    assert_eq!(fault.advice(), "turn on TLS in the platform's settings for this server, or give its port without TLS");
}

#[test]
fn with_tls_on_the_port_and_in_the_settings() {
    let Some(daemon) = redis_with_tls() else { return };
    assert_eq!(greet_by_tls(Layer::Redis, daemon.port).unwrap().said, "TLS, behind which Redis was not asked");
}

#[test]
fn with_tls_in_the_settings_and_not_on_the_port() {
    let Some(daemon) = redis(&[]) else { return };
    let fault = greet_by_tls(Layer::Redis, daemon.port).unwrap_err();
    assert!(matches!(fault, Fault::NoTls(Layer::Redis)), "{fault:?}");
    assert_eq!(fault.told(TIME), "the platform speaks TLS to it, and this Redis server does not");
}
