//! What a run brings over, and what it says about it.

#![allow(missing_docs, clippy::unwrap_used)]

mod servers;

use ansible_protocol::json;
use redis::Reply;
use servers::{at, carry, numbered, redis};

const QUEUE: &str = "edx.lms.core.default";

#[test]
fn ten_thousand_tasks_come_in_their_order_and_the_source_is_empty() {
    let (Some(source), Some(destination)) = (redis(&[]), redis(&[])) else { return };
    source.queue(QUEUE, numbered(10_000));
    let result = carry(&source, &destination).ok();
    let (from, to) = (source.endpoint(), destination.endpoint());
    assert_eq!(result["msg"], format!("10000 tasks carried from {from} to {to}"));
    assert_eq!(result["changed"], json!(true));
    assert_eq!(
        result["databases"],
        json!([{"database": 0, "queues": {QUEUE: 10_000}, "tasks": 10_000, "held": 0, "keys": 1}])
    );
    assert_eq!(destination.tasks(QUEUE), numbered(10_000));
    assert_eq!(source.keys(), [""; 0]);
    assert_eq!(destination.keys(), [QUEUE]);

    let again = carry(&source, &destination).ok();
    assert_eq!(again["changed"], json!(false));
    assert_eq!(again["msg"], format!("{from} holds nothing: all is at {to}"));
}

#[test]
fn check_mode_says_the_same_and_changes_nothing() {
    let (Some(source), Some(destination)) = (redis(&[]), redis(&[])) else { return };
    source.queue(QUEUE, numbered(20));
    source.say("SADD _kombu.binding.celery a b");
    let predicted = carry(&source, &destination).check().ok();
    assert_eq!(source.keys(), ["_kombu.binding.celery", QUEUE]);
    assert_eq!(destination.keys(), [""; 0]);
    let mut real = carry(&source, &destination).ok();
    // In memory only, which is seen when they are told to keep what they have.
    real.as_object_mut().unwrap().remove("warnings");
    assert_eq!(predicted, real);
}

#[test]
fn tasks_that_wait_at_the_destination_are_newer() {
    let (Some(source), Some(destination)) = (redis(&[]), redis(&[])) else { return };
    for (older, newer) in [(3, 500), (500, 3)] {
        let tasks = numbered(older + newer);
        source.queue(QUEUE, tasks[..older].iter().cloned());
        destination.queue(QUEUE, tasks[older..].iter().cloned());
        carry(&source, &destination).ok();
        assert_eq!(destination.tasks(QUEUE), tasks);
        destination.say("FLUSHALL");
    }
}

#[test]
fn every_type_is_carried_with_its_time_to_live_and_merged_with_what_is_there() {
    let (Some(source), Some(destination)) = (redis(&[]), redis(&[])) else { return };
    for words in [
        "SADD _kombu.binding.celery a b",
        "HSET unacked tag1 task1 tag2 task2",
        "ZADD unacked_index 5 tag1 7.25 tag2",
        "SET unacked_mutex held PX 600000",
        "SET lock old",
        "XADD stream 1-1 field value",
        "RPUSH reply answer",
        "PEXPIRE reply 500000",
    ] {
        source.say(words);
    }
    for words in
        ["SADD _kombu.binding.celery b c", "HSET unacked tag2 newer", "ZADD unacked_index 3 tag1", "SET lock new"]
    {
        destination.say(words);
    }
    let mut large = source.client();
    for number in 0..5000 {
        let (field, member) = (format!("field{number}"), format!("member{number}"));
        large.call(&[b"HSET", b"large hash", field.as_bytes(), b"value"]).unwrap();
        large.call(&[b"SADD", b"large set", member.as_bytes()]).unwrap();
    }
    let result = carry(&source, &destination).ok();
    assert_eq!(result["databases"][0]["held"], json!(2));

    let bulk = |text: &str| Reply::Bulk(text.as_bytes().to_vec());
    assert_eq!(destination.say("SCARD _kombu.binding.celery"), Reply::Integer(3));
    assert_eq!(destination.say("HGET unacked tag1"), bulk("task1"));
    assert_eq!(destination.say("HGET unacked tag2"), bulk("newer"));
    assert_eq!(destination.say("ZSCORE unacked_index tag1"), bulk("5"));
    assert_eq!(destination.say("ZSCORE unacked_index tag2"), bulk("7.25"));
    assert_eq!(destination.say("GET lock"), bulk("new"));
    assert_eq!(destination.say("XLEN stream"), Reply::Integer(1));
    let mut client = destination.client();
    assert_eq!(client.call(&[b"HLEN", b"large hash"]).unwrap(), Reply::Integer(5000));
    assert_eq!(client.call(&[b"SCARD", b"large set"]).unwrap(), Reply::Integer(5000));
    for (key, most) in [("unacked_mutex", 600_000), ("reply", 500_000)] {
        let Reply::Integer(left) = destination.say(&format!("PTTL {key}")) else { panic!() };
        assert!((most - 60_000..=most).contains(&left), "{key}: {left}");
    }
    assert_eq!(destination.say("TTL unacked_index"), Reply::Integer(-1));
    assert_eq!(source.keys(), [""; 0]);
}

#[test]
fn each_database_comes_to_the_same_number_and_the_named_ones_only() {
    let (Some(source), Some(destination)) = (redis(&[]), redis(&[])) else { return };
    for database in [b"0", b"3", b"9"] {
        let mut client = source.client();
        client.call(&[b"SELECT", database]).unwrap();
        client.call(&[b"LPUSH", b"celery", b"task"]).unwrap();
    }
    let result = carry(&source, &destination).with("databases", json!([0, "3"])).ok();
    assert_eq!(result["carried"], json!(2));
    let keyspace = destination.client().info("keyspace").unwrap();
    // Database 0 and 3 each with the queue and the note that goes by itself.
    assert_eq!(keyspace.keys().collect::<Vec<_>>(), [(0, 2), (3, 2)]);
    assert_eq!(source.client().info("keyspace").unwrap().keys().collect::<Vec<_>>(), [(9, 1)]);
}

#[test]
fn passwords_of_both_are_used_and_shown_nowhere() {
    let (one, other) = ("p@ss w:rd/#%\"ö", "other secret");
    let (Some(source), Some(destination)) = (redis(&["--requirepass", one]), redis(&["--requirepass", other])) else {
        return;
    };
    source.queue(QUEUE, numbered(3));
    let result = carry(&source, &destination).with("_ansible_verbosity", 3).ok();
    assert!(!result.to_string().contains("secret") && !result.to_string().contains("w:rd"), "{result}");
    assert_eq!(destination.tasks(QUEUE), numbered(3));
    let wrong = carry(&source, &destination).with("destination_password", "guessed").refused();
    let to = destination.endpoint();
    assert_eq!(wrong, format!("destination: Redis {to} does not accept the password: correct it"));
}

#[test]
fn a_large_task_and_many_small_ones_go_in_pieces() {
    let (Some(source), Some(destination)) = (redis(&[]), redis(&[])) else { return };
    let tasks = vec!["a".repeat(20_000_000), "b".repeat(3), "c".repeat(5_000_000)];
    source.queue(QUEUE, tasks.clone());
    carry(&source, &destination).ok();
    assert!(destination.tasks(QUEUE) == tasks);
}

#[test]
fn what_is_queued_is_reported_with_the_workers() {
    let (Some(source), Some(destination)) = (redis(&[]), redis(&[])) else { return };
    source.queue(QUEUE, numbered(4));
    source.say("HSET unacked tag task");
    source.say("RPUSH 0b3c.reply.celery.pidbox answer");
    let result = carry(&source, &destination).with("state", "reported").ok();
    let (from, to) = (source.endpoint(), destination.endpoint());
    assert_eq!(result["msg"], format!("{from} has 4 tasks queued; {to} has 0 tasks queued"));
    assert_eq!(result["source"]["databases"][0]["queues"], json!({QUEUE: 4}));
    assert_eq!(result["source"]["held"], json!(1));
    assert_eq!(result["source"]["workers"], json!([]));
    assert_eq!(result["changed"], json!(false));
}

#[test]
fn draining_waits_for_the_sources_own_workers() {
    let Some(source) = redis(&[]) else { return };
    source.queue(QUEUE, numbered(3));
    let from = source.endpoint();
    assert_eq!(
        at(&source, "drained").with("drain_timeout", 1).refused(),
        format!(
            "source {from} still has tasks after 1 s: 3 in {QUEUE} (database 0); no worker is connected there: start them, \
             or carry the tasks over (`state: carried`)"
        )
    );
    let mut worker = source.client();
    let taking = std::thread::spawn(move || {
        for _ in 0..3 {
            std::thread::sleep(std::time::Duration::from_millis(300));
            worker.call(&[b"BRPOP", QUEUE.as_bytes(), b"5"]).unwrap();
        }
    });
    assert_eq!(at(&source, "drained").with("drain_timeout", 60).ok()["msg"], format!("{from} has no task left"));
    taking.join().unwrap();
}

#[test]
fn what_was_carried_survives_the_end_of_either_server() {
    for keeps in [&["--appendonly", "yes"][..], &["--save", "3600 1"]] {
        let (Some(mut source), Some(mut destination)) = (redis(keeps), redis(keeps)) else { return };
        source.queue(QUEUE, numbered(100));
        assert!(carry(&source, &destination).ok().get("warnings").is_none());
        source.crash();
        destination.crash();
        assert_eq!(source.keys(), [""; 0]);
        assert_eq!(destination.tasks(QUEUE), numbered(100));
    }
}
