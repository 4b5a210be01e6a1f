//! A port that speaks another protocol is told by its name, for each layer.

#![allow(missing_docs, clippy::unwrap_used)]

mod common;

use std::time::Duration;

use common::daemon::{mariadb, memcached, redis};
use common::scripted::{answering, leaving, silent, speaking};
use common::{TIME, greet, greet_by_tls, told};
use edx_layout::Layer;

/// The layers whose client speaks first.
const SPEAKING: [Layer; 4] = [Layer::MongoDb, Layer::Memcached, Layer::Redis, Layer::RabbitMq];
const ALL: [Layer; 5] = [Layer::MySql, Layer::MongoDb, Layer::Memcached, Layer::Redis, Layer::RabbitMq];

fn named(layer: Layer) -> &'static str {
    if layer == Layer::RabbitMq { "AMQP 0-9-1" } else { layer.title() }
}

#[test]
fn a_redis_is_recognised_by_the_clients_of_others() {
    let Some(daemon) = redis(&[]) else { return };
    for layer in SPEAKING.into_iter().filter(|layer| *layer != Layer::Redis) {
        // Redis waits for the end of a line after words that are no text; it is asked beside then.
        let said = if layer == Layer::Memcached {
            // Its words, with the command's name, differ from version to version.
            let told = told(layer, daemon.port, TIME);
            assert!(told.starts_with("the port speaks Redis (\"-ERR unknown command"), "{told}");
            continue;
        } else {
            "+PONG"
        };
        let told = told(layer, daemon.port, Duration::from_secs(8));
        assert_eq!(told, format!("the port speaks Redis ({said:?}), not {}", named(layer)));
    }
}

#[test]
fn a_memcached_is_recognised_by_the_clients_of_others() {
    let Some(daemon) = memcached(&[]) else { return };
    for layer in SPEAKING.into_iter().filter(|layer| *layer != Layer::Memcached) {
        let told = told(layer, daemon.port, Duration::from_secs(8));
        assert_eq!(told, format!("the port speaks memcached (\"ERROR\"), not {}", named(layer)));
    }
}

#[test]
fn a_mysql_is_recognised_by_the_clients_of_others_whether_it_lets_them_in_or_not() {
    let Some(daemon) = mariadb(&[]) else { return };
    for _ in 0..2 {
        for layer in SPEAKING {
            assert_eq!(told(layer, daemon.port, TIME), format!("the port speaks MySQL, not {}", named(layer)));
        }
        daemon.sql("CREATE USER IF NOT EXISTS 'edxapp001'@'%' IDENTIFIED BY 'secret'");
    }
}

#[test]
fn an_http_server_is_recognised() {
    for layer in SPEAKING {
        let port = leaving("HTTP/1.1 400 Bad Request\r\nServer: nginx\r\n\r\n<html>");
        assert_eq!(
            told(layer, port, TIME),
            format!("the port speaks HTTP (\"HTTP/1.1 400 Bad Request\"), not {}", named(layer))
        );
    }
}

#[test]
fn an_ssh_server_is_recognised_by_all() {
    for layer in ALL {
        let fault = greet(layer, speaking("SSH-2.0-OpenSSH_9.2p1\r\n")).unwrap_err();
        assert_eq!(fault.told(TIME), format!("the port speaks SSH (\"SSH-2.0-OpenSSH_9.2p1\"), not {}", named(layer)));
        assert_eq!(fault.advice(), "check the host and the port: another program listens there");
    }
}

#[test]
fn a_mail_server_is_recognised_by_all() {
    for layer in ALL {
        let port = speaking("220 mail ESMTP\r\n");
        assert_eq!(
            told(layer, port, TIME),
            format!("the port speaks SMTP or FTP (\"220 mail ESMTP\"), not {}", named(layer))
        );
    }
}

/// OpenSSL's alert to what is no TLS.
#[test]
fn a_tls_server_that_says_so_is_recognised() {
    for layer in SPEAKING {
        let port = answering(b"\x15\x03\x01\x00\x02\x02\x46".to_vec());
        assert_eq!(told(layer, port, TIME), format!("the port speaks TLS, not {}", named(layer)));
    }
}

#[test]
fn a_mongodb_is_recognised_by_others() {
    let reply = [&b"\x29\0\0\0\x4d\0\0\0\0\0\0\0\x01\0\0\0"[..], &[0; 25]].concat();
    for layer in [Layer::Memcached, Layer::Redis, Layer::RabbitMq] {
        assert_eq!(
            told(layer, answering(reply.clone()), TIME),
            format!("the port speaks MongoDB, not {}", named(layer))
        );
    }
}

#[test]
fn with_tls_in_the_settings_others_are_recognised_as_well() {
    let told = |port| greet_by_tls(Layer::Redis, port).unwrap_err().told(TIME);
    assert_eq!(
        told(leaving("HTTP/1.1 400 Bad Request\r\n\r\n")),
        "the port speaks HTTP (\"HTTP/1.1 400 Bad Request\"), not Redis"
    );
    assert_eq!(told(speaking("nothing known")), "the answer is not Redis's (TLS does not begin with \"nothi\")");
    assert_eq!(told(leaving("")), "the connection was closed without an answer");
}

#[test]
fn a_server_that_waits_for_other_words_than_mysql_has_is_silent() {
    let fault = common::greet_within(Layer::MySql, silent(), Duration::from_millis(300)).unwrap_err();
    assert_eq!(fault.told(Duration::from_millis(300)), "no greeting within 300ms, and a MySQL server speaks first");
    assert_eq!(
        fault.advice(),
        "check that the port is its own; a server that looks up its clients' names in vain is late too: skip_name_resolve \
         turns that off"
    );
}
