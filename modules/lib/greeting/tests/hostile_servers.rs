//! Servers that are silent, dripping, endless or gone end in a clear fault, in time.

#![allow(missing_docs, clippy::unwrap_used)]

mod common;

use std::net::{Ipv4Addr, TcpListener};
use std::time::{Duration, Instant};

use common::scripted::{dripping, endless, leaving, resetting, silent};
use common::{TIME, greet, told};
use edx_layout::Layer;

const SHORT: Duration = Duration::from_millis(800);
const SPEAKING: [Layer; 4] = [Layer::MongoDb, Layer::Memcached, Layer::Redis, Layer::RabbitMq];
const ALL: [Layer; 5] = [Layer::MySql, Layer::MongoDb, Layer::Memcached, Layer::Redis, Layer::RabbitMq];

#[test]
fn a_silent_server() {
    for layer in SPEAKING {
        assert_eq!(told(layer, silent(), SHORT), "no answer within 800ms");
    }
}

#[test]
fn a_server_that_drips_cannot_stretch_the_deadline() {
    let words: [(Layer, &[u8]); 5] = [
        (Layer::MySql, b"\x50\0\0\0\x0a8.0.35\0saltsaltsalt"),
        (Layer::MongoDb, b"\x50\0\0\0\x01\0\0\0\r\n\r\n\x01\0\0\0saltsaltsaltsalt"),
        (Layer::Memcached, b"VERSION 1.6.18.18.18.18.18.18.18"),
        (Layer::Redis, b"+PONGPONGPONGPONGPONGPONG"),
        (Layer::RabbitMq, b"\x01\0\0\0\0\x01\x50\0\x0a\0\x0a\0\x09\0\0\0\0"),
    ];
    for (layer, words) in words {
        let start = Instant::now();
        assert_eq!(told(layer, dripping(words), SHORT), "no whole answer within 800ms");
        // Far more than the time, far less than the dripping.
        assert!(start.elapsed() < SHORT * 4, "{layer} took {:?}", start.elapsed());
    }
}

#[test]
fn a_server_that_speaks_without_end() {
    for (layer, detail) in [
        (Layer::MySql, "a packet of 7895160 bytes"),
        (Layer::MongoDb, "an answer of 2021161080 bytes"),
        (Layer::Memcached, "a line of more than 4096 bytes"),
        (Layer::Redis, "a line of more than 4096 bytes"),
        (Layer::RabbitMq, "no frame of a method"),
    ] {
        let expected = format!("the answer is not {layer}'s ({detail})");
        assert_eq!(told(layer, endless([b'x'; 1000]), TIME), expected);
    }
}

#[test]
fn a_server_that_hangs_up_or_resets() {
    for layer in SPEAKING {
        assert_eq!(told(layer, leaving(""), TIME), "the connection was closed without an answer");
        assert_eq!(told(layer, resetting(), TIME), "the connection was closed without an answer");
    }
}

#[test]
fn a_server_that_hangs_up_in_the_middle() {
    for (layer, words) in [
        (Layer::MySql, &b"\x50\0\0\0\x0a8.0"[..]),
        (Layer::MongoDb, b"\x50\0\0\0"),
        (Layer::Memcached, b"VERSIO"),
        (Layer::Redis, b"+PO"),
        (Layer::RabbitMq, b"\x01\0\0\0"),
    ] {
        // MySQL's speaks first; the other waits for words, so that they are not left unread.
        let port = if layer == Layer::MySql {
            common::scripted::server(move |mut stream| std::io::Write::write_all(&mut stream, words).unwrap())
        } else {
            leaving(words)
        };
        assert_eq!(told(layer, port, TIME), "the connection was closed in the middle of the greeting");
    }
}

#[test]
fn nobody_there() {
    let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port();
    for layer in ALL {
        let fault = greet(layer, port).unwrap_err();
        assert_eq!(fault.told(TIME), "cannot connect: Connection refused (os error 111)");
        assert_eq!(
            fault.advice(),
            "check that the server runs there, that it listens on this address and port, and that no firewall is in between"
        );
    }
}
