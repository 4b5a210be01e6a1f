//! The checks of a broker, each in both directions: against a real Redis, and with just that fault.

#![allow(missing_docs, clippy::unwrap_used, clippy::panic, clippy::print_stdout)]

mod common;
#[path = "../../lib/redis/tests/common/daemon.rs"]
mod daemon;

use std::thread;
use std::time::Duration;

use ansible_protocol::{Value, json};
use common::verify;
use daemon::{free_port, redis};

/// Every check of one broker, in reading order.
const NAMES: [&str; 8] = [
    "redis.reachable",
    "redis.round_trip",
    "redis.persistence",
    "redis.eviction",
    "redis.memory",
    "redis.connections",
    "redis.queues",
    "redis.workers",
];

const APPEND_ONLY: [&str; 2] = ["--appendonly", "yes"];

#[test]
fn a_good_broker_passes_every_check() {
    let Some(server) = redis(&APPEND_ONLY) else { return };
    let run = verify(&json!({"redis": server.endpoint()}));
    let names: Vec<&str> = run.checks().iter().map(|check| check["name"].as_str().unwrap()).collect();
    assert_eq!(names, NAMES);
    run.assert_only(&[], &[]);
    assert_eq!(run.result["msg"], "8 checks passed");
    assert_eq!(run.seen("redis.persistence"), ("ok", "every change goes to its append-only file"));
    assert_eq!(run.seen("redis.eviction"), ("ok", "none: it refuses what does not fit (noeviction)"));
    assert_eq!(run.seen("redis.queues"), ("ok", "no task waits"));
    assert_eq!(run.seen("redis.workers"), ("ok", "no worker is connected"));
    assert_eq!(server.keys(), [""; 0], "the round trip leaves nothing behind");
}

#[test]
fn what_the_broker_said_is_in_the_result_as_fields() {
    let Some(server) = redis(&["--maxmemory", "100mb"]) else { return };
    server.queue("edx.lms.core.default", ["a".to_owned(), "b".to_owned()]);
    server.say("HSET unacked tag task");
    let run = verify(&json!({"redis": [server.endpoint()]}));
    let told = &run.result["redis"][0];
    assert_eq!(told["endpoint"], server.endpoint());
    assert_eq!(told["reachable"], json!(true));
    assert_eq!(told["info"]["maxmemory"], "104857600");
    assert_eq!(told["queues"], json!({"edx.lms.core.default": 2}));
    assert_eq!(told["held"], json!(1));
    assert_eq!(told["workers"], json!({}));
    assert_eq!(run.seen("redis.queues"), ("ok", "2 in edx.lms.core.default, 1 in the hands of workers"));
}

#[test]
fn each_fault_of_a_broker_is_found_alone() {
    for (arguments, name, status, seen) in [
        (
            &[][..],
            "redis.persistence",
            "warning",
            "it has no append-only file, so tasks that were queued since its last snapshot are lost when it ends",
        ),
        (
            &["--appendonly", "yes", "--maxmemory", "100mb", "--maxmemory-policy", "allkeys-lru"],
            "redis.eviction",
            "warning",
            "when its memory is full it throws keys away (allkeys-lru), whole queues among them",
        ),
    ] {
        let Some(server) = redis(arguments) else { return };
        let run = verify(&json!({"redis": server.endpoint()}));
        assert_eq!(run.seen(name), (status, seen));
        assert_eq!(run.with("ok").len(), NAMES.len() - 1, "{}", run.result);
    }
}

#[test]
fn a_broker_that_threw_queues_away_fails() {
    let Some(server) = redis(&["--appendonly", "yes", "--maxmemory", "3mb", "--maxmemory-policy", "allkeys-lru"])
    else {
        return;
    };
    for number in 0..2000 {
        server.say(&format!("SET key{number} {}", "x".repeat(2000)));
    }
    let run = verify(&json!({"redis": server.endpoint()}));
    let (status, seen) = run.seen("redis.eviction");
    assert_eq!(status, "failed");
    assert!(
        seen.ends_with("keys were thrown away to make room (allkeys-lru); whole queues may be among them"),
        "{seen}"
    );
}

#[test]
fn whoever_is_not_let_in_is_told_why() {
    let Some(server) = redis(&["--requirepass", "not guessed"]) else { return };
    let at = server.endpoint();
    let about = |options: Value| {
        let run = verify(&options);
        assert_eq!(run.with("skipped").len(), NAMES.len() - 1);
        let (status, seen, advice) = run.about("redis.reachable", &at);
        assert_eq!(status, "failed");
        format!("{seen} -> {advice}")
    };
    assert_eq!(
        about(json!({"redis": at})),
        format!("Redis {at} asks for a password: give it -> give its password (redis_password)")
    );
    assert_eq!(
        about(json!({"redis": at, "redis_password": "guessed"})),
        format!("Redis {at} does not accept the password: correct it -> give its password (redis_password)")
    );
    let run = verify(&json!({"redis": at, "redis_password": "not guessed"}));
    assert_eq!(run.seen("redis.round_trip").0, "ok");
    assert!(!run.result.to_string().contains("not guessed"));
}

#[test]
fn nobody_there_and_a_public_address_are_told_apart() {
    let nobody = format!("127.0.0.1:{}", free_port());
    let run = verify(&json!({"redis": nobody}));
    assert_eq!(
        run.about("redis.reachable", &nobody),
        (
            "failed",
            format!("Redis {nobody}: cannot connect: Connection refused (os error 111)").as_str(),
            "check that Redis runs there, that it listens on this address, and that no firewall is in between"
        )
    );
    let run = verify(&json!({"redis": "8.8.8.8"}));
    assert_eq!(run.seen("redis.reachable").1, "8.8.8.8 is a public address; it was not connected to");
}

#[test]
fn workers_that_are_connected_are_counted_and_called() {
    let Some(server) = redis(&APPEND_ONLY) else { return };
    // What a Celery worker has in its broker: a binding, a subscription, and a connection that waits for tasks. One that
    // answers is in the Molecule scenario migrate_redis.
    server.say("SADD _kombu.binding.celery.pidbox worker");
    let mut taker = server.client();
    let waiting = thread::spawn(move || taker.call(&[b"BRPOP", b"celery", b"4"]));
    thread::sleep(Duration::from_millis(300));
    let run = verify(&json!({"redis": server.endpoint()}));
    assert_eq!(run.seen("redis.workers"), ("ok", "workers are connected from 127.0.0.1"));
    assert_eq!(run.result["redis"][0]["workers"], json!({"127.0.0.1": 1}));

    let run = verify(&json!({"redis": server.endpoint(), "redis_workers": 1, "timeout": 1, "heartbeat_timeout": 1}));
    assert_eq!(
        run.seen("redis.workers"),
        ("failed", "workers are connected from 127.0.0.1; 0 of at least 1 answered a call through it")
    );
    assert_eq!(server.keys(), ["_kombu.binding.celery.pidbox"], "the call leaves nothing behind");
    waiting.join().unwrap().unwrap();
}

#[test]
fn one_that_was_replaced_must_have_neither_users_nor_tasks() {
    let (Some(server), Some(old)) = (redis(&APPEND_ONLY), redis(&["--requirepass", "older password"])) else { return };
    let options = json!({
        "redis": server.endpoint(), "redis_replaced": old.endpoint(), "redis_replaced_password": "older password",
    });
    assert_eq!(verify(&options).seen("redis.replaced"), ("ok", "nobody uses it, and no task is left there"));

    old.queue("celery", ["task".to_owned()]);
    assert_eq!(verify(&options).seen("redis.replaced"), ("failed", "1 task left there, which nobody takes"));

    let mut worker = old.client();
    let waiting = thread::spawn(move || worker.call(&[b"BRPOP", b"another", b"2"]));
    thread::sleep(Duration::from_millis(300));
    let run = verify(&options);
    let (status, seen) = run.seen("redis.replaced");
    assert!(status == "failed" && seen.starts_with("still used from 127.0.0.1:"), "{seen}");
    waiting.join().unwrap().unwrap();

    let gone = json!({"redis": server.endpoint(), "redis_replaced": format!("127.0.0.1:{}", free_port())});
    assert_eq!(verify(&gone).seen("redis.replaced"), ("ok", "nobody listens there, so nobody uses it"));
}

#[test]
fn a_wrong_argument_is_refused_with_a_sentence() {
    for (options, message) in [
        (
            json!({"redis": "redis://127.0.0.1"}),
            "redis: \"redis://127.0.0.1\" is not a Redis endpoint: scheme and database stay as each file has them; \
             leave out redis:// and give host:port",
        ),
        (json!({"redis": "127.0.0.1", "redis_workers": -1}), "option 'redis_workers' must be 0 or more"),
    ] {
        assert_eq!(verify(&options).result["msg"], message);
    }
}

#[test]
fn extended_heartbeats_have_to_queue_a_task_here() {
    let Some(server) = redis(&APPEND_ONLY) else { return };
    let healthy = r#"{"modulestore": {"status": true, "message": "OK"}, "sql": {"status": true, "message": "OK"}, "celery": {"status": true, "message": "OK"}}"#;
    let page = move |queues_here: bool, server: &daemon::Daemon| {
        let mut client = server.client();
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        thread::spawn(move || {
            use std::io::{Read, Write};
            for mut stream in listener.incoming().map_while(Result::ok) {
                let _ = stream.read(&mut [0; 4096]);
                if queues_here {
                    client.call(&[b"LPUSH", b"edx.lms.core.high", b"task"]).unwrap();
                }
                let length = healthy.len();
                let head =
                    format!("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n");
                let _ = stream.write_all((head + healthy).as_bytes());
            }
        });
        format!("http://127.0.0.1:{port}/heartbeat?extended")
    };
    // What somebody had queued before counts for nothing.
    server.queue("edx.lms.core.default", ["earlier".to_owned()]);
    let run = verify(&json!({"redis": server.endpoint(), "heartbeats": page(true, &server)}));
    assert_eq!(run.seen("redis.use"), ("ok", "while 1 extended heartbeat answered, 1 were queued here"));
    let run = verify(&json!({"redis": server.endpoint(), "heartbeats": page(false, &server)}));
    assert_eq!(run.seen("redis.use"), ("failed", "while 1 extended heartbeat answered, no task was queued here"));
}
