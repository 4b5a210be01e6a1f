//! Telling workers to take no more tasks. The worker here does what a Celery worker does in its broker, as far as it is
//! about calls; real ones are in the Molecule scenarios `migrate_redis` and `migrate_redis_failure`.

#![allow(missing_docs, clippy::unwrap_used)]

mod servers;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use ansible_protocol::json;
use servers::{Daemon, at, redis};

/// Listens to calls, answers so many of them, and gives back what it was called with.
fn worker(server: &Daemon, answers: usize) -> JoinHandle<Vec<String>> {
    let mut stream = TcpStream::connect(("127.0.0.1", server.port)).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(3))).unwrap();
    stream.write_all(b"SUBSCRIBE /0.celery.pidbox\r\n").unwrap();
    let mut client = server.client();
    let listening = thread::spawn(move || {
        let (mut calls, mut piece) = (Vec::new(), [0; 4096]);
        while let Ok(count @ 1..) = stream.read(&mut piece) {
            let text = String::from_utf8_lossy(&piece[..count]).into_owned();
            let Some((_, rest)) = text.split_once("\\\"routing_key\\\":\\\"") else { continue };
            let name = rest.split('\\').next().unwrap();
            let (_, arguments) = text.split_once("\\\"arguments\\\":").unwrap();
            calls.push(arguments.split(",\\\"destination").next().unwrap().replace('\\', ""));
            if calls.len() <= answers {
                client.call(&[b"LPUSH", format!("{name}.reply.celery.pidbox").as_bytes(), b"ok"]).unwrap();
            }
        }
        calls
    });
    // It has to have subscribed.
    thread::sleep(Duration::from_millis(200));
    listening
}

fn bindings(server: &Daemon) {
    let between = "\u{6}\u{16}";
    for queue in ["edx.lms.core.default", "edx.lms.core.high"] {
        server.say(&format!("SADD _kombu.binding.{queue} {queue}{between}{between}{queue}"));
    }
    server.say(&format!("SADD _kombu.binding.celery.pidbox {between}{between}celery@lms.celery.pidbox"));
}

#[test]
fn each_queue_is_cancelled_at_every_worker_and_nothing_stays_behind() {
    let Some(server) = redis(&[]) else { return };
    bindings(&server);
    let before = server.keys();
    let worker = worker(&server, 2);
    let result = at(&server, "paused").ok();
    assert_eq!(
        result["msg"],
        format!("1 of 1 workers of {} take no more tasks, until they are restarted", server.endpoint())
    );
    assert_eq!((&result["changed"], &result["workers"], &result["answers"]), (&json!(true), &json!(1), &json!(1)));
    assert_eq!(server.keys(), before);
    assert_eq!(worker.join().unwrap(), [r#"{"queue":"edx.lms.core.default"}"#, r#"{"queue":"edx.lms.core.high"}"#]);
}

#[test]
fn a_worker_that_does_not_answer_is_warned_of() {
    let Some(server) = redis(&[]) else { return };
    bindings(&server);
    let worker = worker(&server, 1);
    let result = at(&server, "paused").with("timeout", 1).ok();
    let says = format!("0 of 1 workers of {} have said that they take no more tasks", server.endpoint());
    assert_eq!(result["msg"], says);
    assert_eq!(
        result["warnings"],
        json!([format!(
            "{says}; one that is stopped while it waits for tasks may lose one: see whether it hangs (celery inspect ping)"
        )])
    );
    worker.join().unwrap();
}

#[test]
fn without_workers_nothing_changes_and_check_mode_calls_nobody() {
    let Some(server) = redis(&[]) else { return };
    assert_eq!(at(&server, "paused").ok()["changed"], json!(false));
    bindings(&server);
    assert_eq!(at(&server, "paused").ok()["changed"], json!(false));
    let worker = worker(&server, 0);
    assert_eq!(at(&server, "paused").check().ok()["changed"], json!(true));
    assert_eq!(worker.join().unwrap(), [""; 0]);
}
