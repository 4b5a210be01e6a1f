//! RabbitMQ: the real one where it is installed, and frames that none would send.

#![allow(missing_docs, clippy::unwrap_used)]

mod common;

use common::daemon::rabbitmq;
use common::scripted::{answering, leaving};
use common::{TIME, greet, said, told};
use edx_layout::Layer;

fn frame(method: &[u8]) -> Vec<u8> {
    [&[1, 0, 0][..], &u32::try_from(method.len()).unwrap().to_be_bytes(), method, &[0xce]].concat()
}

fn long(text: &[u8]) -> Vec<u8> {
    [&u32::try_from(text.len()).unwrap().to_be_bytes()[..], text].concat()
}

/// `Connection.Start` with these properties.
fn start(properties: &[u8], mechanisms: &[u8]) -> Vec<u8> {
    [&[0, 10, 0, 10, 0, 9][..], &long(properties), &long(mechanisms), &long(b"en_US")].concat()
}

/// One server for all that takes the real one, since it starts slowly.
#[test]
fn it_tells_its_version_and_asks_for_a_password_and_is_recognised_by_clients_of_others() {
    let Some(daemon) = rabbitmq() else { return };
    let greeting = greet(Layer::RabbitMq, daemon.port).unwrap();
    let version = greeting.version.unwrap();
    assert!(version.starts_with("3.") || version.starts_with("4."), "{version}");
    assert_eq!(greeting.said, format!("RabbitMQ {version}, asks for a password"));
    for layer in [Layer::Redis, Layer::Memcached, Layer::MongoDb] {
        assert_eq!(told(layer, daemon.port, TIME), format!("the port speaks AMQP, not {layer}"));
    }
}

#[test]
fn properties_of_every_type_are_passed_over() {
    let properties = [
        &b"\x01aF\0\0\0\x04\x01xt\x01"[..],
        b"\x01bA\0\0\0\x02t\x01",
        b"\x01cI\0\0\0\x01\x01dl\0\0\0\0\0\0\0\x01\x01eV\x01fD\0\0\0\0\0\x01gs\0\x01\x01ht\x01",
        b"\x07productS\0\0\0\x08RabbitMQ\x07versionS\0\0\0\x056.6.6",
    ]
    .concat();
    assert_eq!(
        said(Layer::RabbitMq, answering(frame(&start(&properties, b"PLAIN AMQPLAIN")))),
        "RabbitMQ 6.6.6, asks for a password"
    );
    assert_eq!(
        said(Layer::RabbitMq, answering(frame(&start(b"", b"PLAIN ANONYMOUS")))),
        "an AMQP server, asks for no password"
    );
}

#[test]
fn a_server_of_another_amqp() {
    let told = told(Layer::RabbitMq, leaving("AMQP\0\u{1}\0\0"), TIME);
    assert_eq!(told, "the answer is not RabbitMQ's (it wants AMQP 0-1-0-0, not 0-9-1)");
}

#[test]
fn frames_that_cannot_be_true() {
    let mut unended = frame(&start(b"", b"PLAIN"));
    *unended.last_mut().unwrap() = 0;
    for (words, detail) in [
        (b"\x01\0\0\xff\xff\xff\xff\0\x0a\0\x0a".to_vec(), "a frame of 4294967295 bytes"),
        (b"\x08\0\0\0\0\0\0\xce".to_vec(), "no frame of a method"),
        (b"AMQX\0\0\x09\x01".to_vec(), "\"AMQX\u{fffd}\u{fffd}\u{fffd}\u{fffd}\""),
        (unended, "no Connection.Start"),
        (frame(b""), "no Connection.Start"),
        (frame(b"\0\x0a\0\x0b\0\x09"), "no Connection.Start"),
        (frame(&start(b"\x07product", b"PLAIN")), "no Connection.Start"),
        (frame(&start(b"\x07productS\xff\xff\xff\xff", b"PLAIN")), "no Connection.Start"),
        (frame(&start(b"\x07product?", b"PLAIN")), "no Connection.Start"),
        (frame(b"\0\x0a\0\x0a\0\x09\xff\xff\xff\xff"), "no Connection.Start"),
    ] {
        assert_eq!(
            told(Layer::RabbitMq, answering(words), TIME),
            format!("the answer is not RabbitMQ's ({})", detail.replace('\\', ""))
        );
    }
}
