//! The client against the real daemon, which each test starts for itself on loopback.
//! Where Redis is not installed the tests are skipped with a message.

#![allow(missing_docs, clippy::unwrap_used)]

#[path = "common/daemon.rs"]
mod daemon;

use std::time::Duration;

use daemon::{free_port, redis as start};
use net::Target;
use redis::{Client, Credentials, Keys, Kind, Reply, Secret};

const WAIT: Duration = Duration::from_secs(10);

#[test]
fn what_is_written_is_read_and_deleted() {
    let Some(server) = start(&[]) else { return };
    let mut client = server.client();
    client.round_trip("a name of its own").unwrap();
    assert_eq!(client.call(&[b"DBSIZE"]).unwrap(), Reply::Integer(0));
    assert_eq!(client.info("server").unwrap().version().unwrap().0, "Redis");
    assert_eq!(client.config("maxmemory-policy").unwrap()["maxmemory-policy"], "noeviction");
}

#[test]
fn every_way_of_not_being_let_in_has_its_own_words() {
    let (Some(open), Some(closed)) = (start(&[]), start(&["--requirepass", "p@ss \"w\\ö"])) else { return };
    let connect = |port: u16, credentials: &Credentials| {
        Client::connect(&Target::tcp("127.0.0.1", port), credentials, WAIT).unwrap_err().to_string()
    };
    let (at_open, at_closed) = (open.endpoint(), closed.endpoint());
    assert_eq!(connect(closed.port, &Credentials::none()), format!("Redis {at_closed} asks for a password: give it"));
    assert_eq!(
        connect(closed.port, &Credentials::password("guessed")),
        format!("Redis {at_closed} does not accept the password: correct it")
    );
    let celery = Credentials { username: Some("celery".to_owned()), password: Secret::new("guessed") };
    assert_eq!(
        connect(closed.port, &celery),
        format!("Redis {at_closed} does not accept the password of user celery: correct it")
    );
    assert_eq!(
        connect(open.port, &Credentials::password("needless")),
        format!(
            "Redis {at_open} has no password, but one was given: set requirepass there, or leave the password away"
        )
    );
    let nobody = free_port();
    assert_eq!(
        connect(nobody, &Credentials::none()),
        format!("Redis 127.0.0.1:{nobody}: cannot connect: Connection refused (os error 111)")
    );
    closed.client().round_trip("name").unwrap();
}

#[test]
fn a_refusal_leaves_the_connection_usable() {
    let Some(server) = start(&[]) else { return };
    let mut client = server.client();
    client.call(&[b"SET", b"text", b"a"]).unwrap();
    let refused = client.call(&[b"LPUSH", b"text", b"b"]).unwrap_err();
    assert!(refused.is_refusal());
    assert_eq!(
        refused.to_string(),
        format!(
            "Redis {} answers \"WRONGTYPE Operation against a key holding the wrong kind of value\" to LPUSH",
            server.endpoint()
        )
    );
    assert_eq!(client.call(&[b"GET", b"text"]).unwrap(), Reply::Bulk(b"a".to_vec()));
}

#[test]
fn keys_are_told_with_their_kind_and_length() {
    let Some(server) = start(&[]) else { return };
    for words in ["LPUSH celery a b c", "HSET unacked tag task", "SET lock x", "LPUSH 0.reply.celery.pidbox answer"] {
        server.say(words);
    }
    let Keys::All(keys) = server.client().keys(10, &|name| name != b"lock").unwrap() else { panic!() };
    let told: Vec<_> =
        keys.iter().map(|key| (String::from_utf8_lossy(&key.name), &key.kind, key.tasks(), key.held())).collect();
    assert_eq!(
        told,
        [
            ("0.reply.celery.pidbox".into(), &Kind::List, 0, 0),
            ("celery".into(), &Kind::List, 3, 0),
            ("unacked".into(), &Kind::Hash, 0, 1),
        ]
    );
    assert_eq!(server.client().keys(3, &|_| true).unwrap(), Keys::TooMany(4));
}

#[test]
fn who_waits_for_tasks_is_listed() {
    let Some(server) = start(&[]) else { return };
    let mut worker = server.client();
    let waiting = std::thread::spawn(move || worker.call(&[b"BRPOP", b"celery", b"2"]));
    std::thread::sleep(Duration::from_millis(300));
    let connections = server.client().connections().unwrap().unwrap();
    assert_eq!(connections.iter().filter(|connection| connection.takes_tasks()).count(), 1);
    assert_eq!(waiting.join().unwrap().unwrap(), Reply::Nil);
}

#[test]
fn many_answers_and_long_ones_are_taken() {
    let Some(server) = start(&[]) else { return };
    let mut client = server.client();
    let long = vec![b'x'; 3_000_000];
    client.call(&[b"RPUSH", b"list", &long, b"short", b"\r\n$-1\r\n"]).unwrap();
    let Reply::Array(items) = client.call(&[b"LRANGE", b"list", b"0", b"-1"]).unwrap() else { panic!() };
    assert_eq!(items[0], Reply::Bulk(long));
    assert_eq!(items[2], Reply::Bulk(b"\r\n$-1\r\n".to_vec()));
    client.hold(1000);
    let refused = client.call(&[b"LRANGE", b"list", b"0", b"-1"]).unwrap_err().to_string();
    assert!(refused.contains("in answer to LRANGE"), "{refused}");
    assert!(client.call(&[b"PING"]).is_err(), "the rest of the answer is still to come");
}
