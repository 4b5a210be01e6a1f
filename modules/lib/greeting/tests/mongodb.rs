//! MongoDB. There is no server in the archives, so here are scripted ones, which answer as MongoDB's documentation of
//! its wire protocol and of `isMaster`, `buildInfo` and `count` has it. None of this was seen with a real one.

#![allow(missing_docs, clippy::unwrap_used)]

mod common;

use std::io::Write;

use common::mongod::{REPLY, answer, array, bool, document, double, element, int, mongod, question, text};
use common::scripted::{answering, server};
use common::{TIME, greet, told};
use edx_layout::Layer;

#[test]
fn the_servers_of_every_release_tell_their_version() {
    for (wire_version, version) in [(4, "3.2.16"), (6, "3.6.17"), (7, "4.0.22"), (9, "4.4.29"), (21, "7.0.5")] {
        let greeting = greet(Layer::MongoDb, mongod(wire_version, version, false, Vec::new())).unwrap();
        assert_eq!(greeting.said, format!("MongoDB {version}, asks for no password"));
        assert_eq!(greeting.warnings, []);
        let greeting = greet(Layer::MongoDb, mongod(wire_version, version, true, Vec::new())).unwrap();
        assert_eq!(greeting.said, format!("MongoDB {version}, asks for a password"));
    }
}

/// A proxy may know nothing but the greeting.
#[test]
fn where_no_version_is_told_the_wire_version_stands_for_a_release() {
    let port = server(|mut stream| {
        let (number, ..) = question(&mut stream).unwrap();
        let said = document(&[int("maxWireVersion", 7), double("ok", 1.0)]);
        stream.write_all(&answer(number, REPLY, &said)).unwrap();
    });
    let greeting = greet(Layer::MongoDb, port).unwrap();
    assert_eq!((greeting.said.as_str(), greeting.asks_for_password), ("MongoDB 4.0", None));
}

fn member(hosts: &[&str], is_primary: bool) -> u16 {
    // Later ones tell both, and this one is the truth.
    let primary = bool("isWritablePrimary", is_primary);
    mongod(9, "4.4.29", true, vec![text("setName", "rs0"), primary, array("hosts", hosts), text("me", hosts[0])])
}

#[test]
fn a_member_of_a_replica_set() {
    let greeting = greet(Layer::MongoDb, member(&["172.31.5.13:27017", "172.31.5.14:27017"], true)).unwrap();
    assert_eq!(greeting.said, "MongoDB 4.4.29, asks for a password, primary of the replica set rs0");
    assert_eq!(greeting.warnings, []);
    assert_eq!(
        greet(Layer::MongoDb, member(&["172.31.5.13:27017"], false)).unwrap().said,
        "MongoDB 4.4.29, asks for a password, not the primary of the replica set rs0"
    );
}

#[test]
fn members_that_call_themselves_by_a_loopback_address_are_warned_of() {
    for host in ["127.0.0.1:27017", "localhost:27017", "LOCALHOST", "[::1]:27017", "127.0.1.1:27018"] {
        let greeting = greet(Layer::MongoDb, member(&[host, "172.31.5.14:27017"], true)).unwrap();
        let [warning] = &greeting.warnings[..] else { panic!("{host}: {:?}", greeting.warnings) };
        assert_eq!(warning.told, format!("members of the replica set rs0 call themselves {host}"));
        assert_eq!(
            warning.advice,
            "a client on another host that looks for the set's members would look for them on itself: give the members \
             addresses that the platform reaches (rs.reconfig), or set no replicaSet in its settings"
        );
    }
}

/// What is announced in the header of the first answer, or in its document.
#[test]
fn lengths_that_cannot_be_true() {
    let with_length = |length: i32, document: &[u8]| {
        let mut words = answer(i32::from_le_bytes(*b"\r\n\r\n"), REPLY, document);
        words[..4].copy_from_slice(&length.to_le_bytes());
        words
    };
    let strange = |words: Vec<u8>| told(Layer::MongoDb, answering(words), TIME);
    let fine = document(&[int("maxWireVersion", 7)]);
    for length in [i32::MAX, i32::MIN, -1, 0, 16, 1_000_000] {
        let expected = format!("the answer is not MongoDB's (an answer of {length} bytes)");
        assert_eq!(strange(with_length(length, &fine)), expected);
    }
    let without_document = "the answer is not MongoDB's (an answer without a document)";
    for (place, length) in [(36, i32::MAX), (36, -1), (36, 0), (36, 4), (36, 6)] {
        let mut words = with_length(36 + i32::try_from(fine.len()).unwrap(), &fine);
        words[place..place + 4].copy_from_slice(&length.to_le_bytes());
        assert_eq!(strange(words), without_document);
    }
    assert_eq!(strange(with_length(20, &[])), without_document);
}

#[test]
fn a_document_whose_elements_cannot_be_true_tells_nothing() {
    for broken in [
        element(2, "x", &i32::MAX.to_le_bytes()),
        element(2, "x", &(-1_i32).to_le_bytes()),
        element(2, "x", &0_i32.to_le_bytes()),
        element(4, "x", &[5, 0, 0, 0, 1]),
        element(5, "x", &i32::MAX.to_le_bytes()),
        element(0x0f, "x", &i32::MAX.to_le_bytes()),
        element(0x42, "x", &[]),
        vec![2, b'x'],
    ] {
        let words = answer(i32::from_le_bytes(*b"\r\n\r\n"), REPLY, &document(&[broken]));
        assert_eq!(
            told(Layer::MongoDb, answering(words), TIME),
            "the answer is not MongoDB's (isMaster tells no wire version)"
        );
    }
}

#[test]
fn an_answer_to_something_else() {
    let words = answer(5, REPLY, &document(&[int("maxWireVersion", 7)]));
    assert_eq!(
        told(Layer::MongoDb, answering(words), TIME),
        "the answer is not MongoDB's (no answer to what was asked)"
    );
}

#[test]
fn elements_of_every_type_are_passed_over() {
    let all = [
        element(1, "a", &[0; 8]),
        element(3, "b", &document(&[])),
        element(5, "c", &[2, 0, 0, 0, 0, 1, 2]),
        element(6, "d", &[]),
        element(7, "e", &[0; 12]),
        element(9, "f", &[0; 8]),
        element(0x0a, "g", &[]),
        element(0x0b, "h", b"x\0i\0"),
        element(0x0c, "i", &[&[2, 0, 0, 0, b'x', 0][..], &[0; 12]].concat()),
        element(0x0d, "j", &[2, 0, 0, 0, b'x', 0]),
        element(0x0f, "k", &[&[15, 0, 0, 0, 2, 0, 0, 0, b'x', 0][..], &document(&[])].concat()),
        element(0x11, "l", &[0; 8]),
        element(0x12, "m", &[0; 8]),
        element(0x13, "n", &[0; 16]),
        element(0xff, "o", &[]),
    ];
    let port = server(move |mut stream| {
        let (number, ..) = question(&mut stream).unwrap();
        let said = document(&[all.concat(), int("maxWireVersion", 6)]);
        stream.write_all(&answer(number, REPLY, &said)).unwrap();
    });
    assert_eq!(greet(Layer::MongoDb, port).unwrap().said, "MongoDB 3.6");
}
