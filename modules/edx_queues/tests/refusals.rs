//! What a run refuses, and that it changes nothing then.

#![allow(missing_docs, clippy::unwrap_used)]

mod servers;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use ansible_protocol::{Value, json};
use servers::daemon::free_port;
use servers::{Run, at, carry, numbered, redis};

const QUEUE: &str = "edx.lms.core.default";

#[test]
fn a_wrong_argument_is_refused_with_a_sentence() {
    let both = |more: Value| {
        let mut options = json!({"source": "127.0.0.1", "destination": "127.0.0.2"});
        options.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        options
    };
    for (options, message) in [
        (json!({}), "option 'source' is required"),
        (json!({"source": "127.0.0.1"}), "option 'destination' is required for `state: carried`"),
        (json!({"source": "127.0.0.1", "state": "returned"}), "option 'destination' is required for `state: returned`"),
        (
            both(json!({"state": "drained"})),
            "`state: drained` waits until the source's own workers have taken all tasks, and carries none: leave \
             'destination' out",
        ),
        (
            both(json!({"source": "redis://127.0.0.1"})),
            "option 'source': \"redis://127.0.0.1\" is not a Redis endpoint: scheme and database stay as each file has \
             them; leave out redis:// and give host:port",
        ),
        (
            both(json!({"destination": "user:secret@127.0.0.1"})),
            "option 'destination': \"...@127.0.0.1\" is not a Redis endpoint: user and password are options of their own; \
             give host:port alone",
        ),
        (
            both(json!({"destination": "8.8.8.8:6379"})),
            "option 'destination': 8.8.8.8:6379 is a public address: Redis sends tasks and its password as they are; give \
             a private address, or set allow_public if a firewall protects it",
        ),
        (
            both(json!({"source_username": "celery"})),
            "option 'source_username' is given without 'source_password': Redis knows no user without a password",
        ),
        (
            both(json!({"databases": ["0", "celery"]})),
            "option 'databases': \"celery\" is no number of a Redis database; those are 0, 1, 2 …",
        ),
        (both(json!({"timeout": 0})), "option 'timeout' is 0: give whole seconds, from 1 to 86400"),
        (
            both(json!({"drain_timeout": 604_801})),
            "option 'drain_timeout' is 604801: give whole seconds, from 1 to 604800",
        ),
    ] {
        assert_eq!(Run::of(options).refused(), message);
    }
}

#[test]
fn a_server_that_is_not_there_is_named_with_its_role() {
    let Some(source) = redis(&[]) else { return };
    let nobody = format!("127.0.0.1:{}", free_port());
    let refused = carry(&source, &source).with("destination", nobody.as_str()).refused();
    assert_eq!(refused, format!("destination: Redis {nobody}: cannot connect: Connection refused (os error 111)"));
    let refused = carry(&source, &source).with("source", nobody.as_str()).refused();
    assert_eq!(refused, format!("source: Redis {nobody}: cannot connect: Connection refused (os error 111)"));
}

#[test]
fn one_server_is_not_both() {
    let Some(source) = redis(&[]) else { return };
    let refused = carry(&source, &source).with("destination", format!("localhost:{}", source.port)).refused();
    let from = source.endpoint();
    let begins = format!("source {from} and destination localhost:{} are the same Redis (run_id ", source.port);
    assert!(refused.starts_with(&begins), "{refused}");
}

#[test]
fn workers_at_the_source_are_named() {
    let (Some(source), Some(destination)) = (redis(&[]), redis(&[])) else { return };
    source.queue(QUEUE, numbered(3));
    let mut worker = source.client();
    let waiting = thread::spawn(move || worker.call(&[b"BRPOP", b"another queue", b"2"]));
    thread::sleep(Duration::from_millis(300));
    let refused = carry(&source, &destination).refused();
    let begins = format!("source {} still has Celery workers connected (127.0.0.1:", source.endpoint());
    assert!(refused.starts_with(&begins), "{refused}");
    assert_eq!(source.tasks(QUEUE), numbered(3));
    waiting.join().unwrap().unwrap();
    carry(&source, &destination).ok();
}

#[test]
fn a_replica_and_a_clusters_node_are_refused() {
    let (Some(source), Some(destination)) = (redis(&[]), redis(&[])) else { return };
    destination.say(&format!("REPLICAOF 127.0.0.1 {}", source.port));
    assert_eq!(
        carry(&source, &destination).refused(),
        format!("destination {} is a replica of {}: give that server", destination.endpoint(), source.endpoint())
    );
    let Some(node) = redis(&["--cluster-enabled", "yes"]) else { return };
    assert_eq!(
        carry(&source, &node).refused(),
        format!(
            "destination {} is a node of a Redis Cluster, which Celery cannot use as a broker: give a Redis that is none",
            node.endpoint()
        )
    );
}

#[test]
fn a_destination_without_room_is_refused_before_anything_moves() {
    let (Some(source), Some(destination)) = (redis(&[]), redis(&[])) else { return };
    source.queue(QUEUE, numbered(10_000));
    destination.say("CONFIG SET maxmemory 2mb");
    let refused = carry(&source, &destination).refused();
    let begins = format!("destination {} has ", destination.endpoint());
    assert!(refused.starts_with(&begins) && refused.contains(" bytes left of its maxmemory 2097152, "), "{refused}");
    assert_eq!(source.tasks(QUEUE).len(), 10_000);

    destination.say("CONFIG SET maxmemory 500mb");
    destination.say("CONFIG SET maxmemory-policy allkeys-lru");
    let result = carry(&source, &destination).ok();
    assert_eq!(
        result["warnings"][0],
        format!(
            "destination {} has maxmemory_policy allkeys-lru: when its memory is full it throws queues away; set noeviction",
            destination.endpoint()
        )
    );
}

#[test]
fn a_store_of_something_else_is_not_taken_for_a_broker() {
    let (Some(source), Some(destination)) = (redis(&[]), redis(&[])) else { return };
    let mut client = source.client();
    client.call(&[b"EVAL", b"for i = 1, 100001 do redis.call('SET', 'key' .. i, 'x') end", b"0"]).unwrap();
    assert_eq!(
        carry(&source, &destination).refused(),
        format!(
            "{} has 100001 keys in database 0, more than the 100000 that are carried: a broker has one key a queue, so this \
             is something else's data; name the broker's own in 'databases'",
            source.endpoint()
        )
    );
}

#[test]
fn a_key_of_another_type_in_the_way_stops_the_hand_over_as_a_whole() {
    let (Some(source), Some(destination)) = (redis(&[]), redis(&[])) else { return };
    source.queue(QUEUE, numbered(5));
    source.say("SET taken a");
    destination.say("LPUSH taken b");
    let result = carry(&source, &destination).result();
    assert_eq!(
        result["msg"],
        format!(
            "key taken of database 0 is a string, but {} already has a list of that name: nothing was handed over; rename or \
             delete that one, and run again. 0 tasks are carried; the others are at {} or on their way: run again, or take \
             back what is on its way with `state: returned`",
            destination.endpoint(),
            source.endpoint()
        )
    );
    assert_eq!(result["changed"], json!(true));
    assert!(destination.tasks(QUEUE).is_empty());
    assert_eq!(carry(&source, &destination).with("state", "returned").ok()["returned"], json!(5));
    assert_eq!(source.tasks(QUEUE), numbered(5));
    assert_eq!(destination.keys(), ["taken"]);

    destination.say("RENAME taken aside");
    carry(&source, &destination).ok();
    assert_eq!(destination.keys(), ["aside", QUEUE, "taken"]);
}

#[test]
fn a_note_that_is_not_this_modules_is_left_alone() {
    let (Some(source), Some(destination)) = (redis(&[]), redis(&[])) else { return };
    source.say("SET edxops.queues:round nonsense");
    for run in
        [carry(&source, &destination), carry(&source, &destination).with("state", "returned"), at(&source, "reported")]
    {
        assert_eq!(
            run.refused(),
            format!(
                "key edxops.queues:round in database 0 of {} is not as this module writes it: look at it, and delete it if no \
                 move is under way",
                source.endpoint()
            )
        );
    }
}

#[test]
fn producers_that_do_not_stop_are_pointed_out() {
    let (Some(source), Some(destination)) = (redis(&[]), redis(&[])) else { return };
    source.queue(QUEUE, ["first".to_owned()]);
    let mut producer = source.client();
    let is_over = Arc::new(AtomicBool::new(false));
    let end = Arc::clone(&is_over);
    let adding = thread::spawn(move || {
        let mut tasks = 0;
        while !end.load(Ordering::SeqCst) && tasks < 1_000_000 {
            producer.call(&[b"LPUSH", QUEUE.as_bytes(), format!("task {tasks}").as_bytes()]).unwrap();
            tasks += 1;
        }
        tasks
    });
    let refused = carry(&source, &destination).refused();
    is_over.store(true, Ordering::SeqCst);
    let (from, to) = (source.endpoint(), destination.endpoint());
    let begins = format!(
        "database 0 of {from} still gets keys after 8 rounds: programs still use it; point them to {to} and restart them"
    );
    assert!(refused.starts_with(&begins), "{refused}");
    let all = adding.join().unwrap();
    carry(&source, &destination).ok();
    assert_eq!(destination.tasks(QUEUE).len(), all + 1);
}
