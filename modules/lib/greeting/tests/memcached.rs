//! memcached, the real one where it is installed.

#![allow(missing_docs, clippy::unwrap_used)]

mod common;

use common::daemon::memcached;
use common::scripted::answering;
use common::{TIME, greet};
use edx_layout::Layer;

#[test]
fn it_tells_its_version() {
    let Some(daemon) = memcached(&[]) else { return };
    let greeting = greet(Layer::Memcached, daemon.port).unwrap();
    let version = greeting.version.unwrap();
    assert!(version.starts_with("1."), "{version}");
    assert_eq!(greeting.said, format!("memcached {version}, asks for no password"));
}

#[test]
fn it_turns_a_client_away() {
    for (words, advice) in [
        (
            "ERROR Too many open connections",
            "raise max_connections (-c) of memcached, or find out who holds the connections (stats conns)",
        ),
        ("CLIENT_ERROR unauthenticated", "run memcached without authentication (-Y, -S): Open edX cannot log in to it"),
    ] {
        let fault = greet(Layer::Memcached, answering(format!("{words}\r\n"))).unwrap_err();
        assert_eq!(fault.told(TIME), format!("memcached turns this client away: {words}"));
        assert_eq!(fault.advice(), advice);
    }
}

#[test]
fn an_answer_of_nobody_known() {
    let fault = greet(Layer::Memcached, answering("hello\x1b[31m\r\n")).unwrap_err();
    assert_eq!(fault.told(TIME), "the answer is not memcached's (\"hello\u{fffd}[31m\")");
}
