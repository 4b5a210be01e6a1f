//! A move that is killed, at any step, and what comes after it.

#![allow(missing_docs, clippy::unwrap_used)]

mod servers;

use std::collections::HashSet;

use ansible_protocol::json;
use servers::proxy::{Kill, Proxies};
use servers::{Daemon, Run, at, carry, numbered, redis};

const QUEUE: &str = "edx.lms.core.default";
const OTHER: &str = "edx.cms.core.low";

fn fill(source: &Daemon, destination: &Daemon, count: usize) {
    let tasks = numbered(count + 2);
    source.queue(QUEUE, tasks[..count].iter().cloned());
    source.queue(OTHER, ["studio".to_owned()]);
    source.say("SADD _kombu.binding.celery a b");
    source.say("SET lock held PX 600000");
    source.say("ZADD unacked_index 5 tag1");
    source.say("HSET unacked tag1 task1");
    destination.queue(QUEUE, tasks[count..].iter().cloned());
}

/// The tasks that some worker could take now, wherever.
fn in_reach(source: &Daemon, destination: &Daemon) -> Vec<String> {
    [source, destination].iter().flat_map(|server| [server.tasks(QUEUE), server.tasks(OTHER)]).flatten().collect()
}

fn assert_none_twice(tasks: &[String], kill: Kill) {
    let different: HashSet<_> = tasks.iter().collect();
    assert_eq!(different.len(), tasks.len(), "{kill:?}: a task is there twice");
}

fn assert_all_arrived(source: &Daemon, destination: &Daemon, count: usize, kill: Kill) {
    assert!(destination.tasks(QUEUE) == numbered(count + 2), "{kill:?}: {} tasks", destination.tasks(QUEUE).len());
    assert_eq!(destination.tasks(OTHER), ["studio"], "{kill:?}");
    assert_eq!(source.keys(), [""; 0], "{kill:?}");
    let keys = ["_kombu.binding.celery", OTHER, QUEUE, "lock", "unacked", "unacked_index"];
    assert_eq!(destination.keys(), keys, "{kill:?}");
}

/// Through the proxies, whose addresses differ from run to run while the destination is told by its name.
fn through(proxies: &Proxies, state: &str) -> Run {
    let run = json!({"source": proxies.source, "destination": proxies.destination, "state": state});
    Run::of(run)
}

/// Kills a run at each step in turn, until one comes to its end; `then` looks at what is left each time.
fn at_each_step(count: usize, every: usize, mut then: impl FnMut(&Daemon, &Daemon, &Proxies, Kill)) {
    let (Some(source), Some(destination)) = (redis(&[]), redis(&[])) else { return };
    let mut ended = [false, false];
    let mut killed = 0;
    for step in (0..10_000).step_by(every) {
        for (way, kill) in [Kill::Before(step), Kill::After(step)].into_iter().enumerate() {
            if ended[way] {
                continue;
            }
            source.say("FLUSHALL");
            destination.say("FLUSHALL");
            fill(&source, &destination, count);
            let proxies = Proxies::new(&source, &destination, kill);
            ended[way] = proxies.run(&through(&proxies, "carried"));
            killed += usize::from(!ended[way]);
            assert_none_twice(&in_reach(&source, &destination), kill);
            then(&source, &destination, &proxies, kill);
        }
        if ended == [true, true] {
            assert!(killed > 20, "only {killed} kills");
            return;
        }
    }
    panic!("a run never came to its end");
}

#[test]
fn killed_at_any_step_and_run_again_none_is_lost_and_none_is_twice() {
    at_each_step(1500, 1, |source, destination, proxies, kill| {
        through(proxies, "carried").ok();
        assert_all_arrived(source, destination, 1500, kill);
    });
}

#[test]
fn ten_thousand_tasks_killed_and_run_again() {
    at_each_step(10_000, 3, |source, destination, proxies, kill| {
        through(proxies, "carried").ok();
        assert_all_arrived(source, destination, 10_000, kill);
    });
}

#[test]
fn killed_at_any_step_and_taken_back_each_task_is_at_one_of_the_two() {
    at_each_step(1500, 1, |source, destination, proxies, kill| {
        let result = through(proxies, "returned").ok();
        let tasks = in_reach(source, destination);
        assert_none_twice(&tasks, kill);
        assert_eq!(tasks.len(), 1500 + 2 + 1, "{kill:?}: {result}");
        assert!(!source.keys().iter().any(|key| key.starts_with("edxops.")), "{kill:?}: {:?}", source.keys());
        assert!(!destination.keys().iter().any(|key| key.starts_with("edxops.")), "{kill:?}: {:?}", destination.keys());
        // The order holds at either.
        let all = numbered(1502);
        if source.tasks(QUEUE).is_empty() {
            assert!(destination.tasks(QUEUE) == all, "{kill:?}");
        } else {
            assert!(source.tasks(QUEUE) == all[..1500], "{kill:?}");
            assert!(destination.tasks(QUEUE) == all[1500..], "{kill:?}");
        }
        assert_eq!(through(proxies, "returned").ok()["changed"], json!(false), "{kill:?}");
        // And a later move has all of them.
        through(proxies, "carried").ok();
        assert_all_arrived(source, destination, 1500, kill);
    });
}

#[test]
fn the_taking_back_may_be_killed_as_well() {
    let (Some(source), Some(destination)) = (redis(&[]), redis(&[])) else { return };
    for step in 0..1000 {
        source.say("FLUSHALL");
        destination.say("FLUSHALL");
        fill(&source, &destination, 300);
        // Into the middle of the copying.
        let first = Proxies::new(&source, &destination, Kill::After(24));
        assert!(!first.run(&through(&first, "carried")));
        assert!(source.tasks(QUEUE).is_empty(), "it was killed before it staged anything");
        let kill = Kill::After(step);
        let second = Proxies::new(&source, &destination, kill);
        let run =
            |state: &str| Run::of(json!({"source": second.source, "destination": second.destination, "state": state}));
        // The destination has another port now: a round is told by it.
        rename_destination(&source, &first.destination, &second.destination);
        let ended = second.run(&run("returned"));
        assert_none_twice(&in_reach(&source, &destination), kill);
        run("returned").ok();
        assert!(source.tasks(QUEUE) == numbered(302)[..300], "{kill:?}");
        assert!(destination.tasks(QUEUE) == numbered(302)[300..], "{kill:?}");
        if ended {
            assert!(step > 8, "it ended after {step} steps");
            return;
        }
    }
    panic!("the taking back never came to its end");
}

fn rename_destination(source: &Daemon, from: &str, to: &str) {
    let redis::Reply::Bulk(note) = source.say("GET edxops.queues:round") else { panic!("no round") };
    let note = String::from_utf8(note).unwrap().replace(from, to);
    source.client().call(&[b"SET", b"edxops.queues:round", note.as_bytes()]).unwrap();
}

#[test]
fn runs_at_the_same_time_do_no_harm() {
    let (Some(source), Some(destination)) = (redis(&[]), redis(&[])) else { return };
    for _ in 0..10 {
        source.say("FLUSHALL");
        destination.say("FLUSHALL");
        fill(&source, &destination, 3000);
        let all: Vec<_> = (0..4).map(|_| carry(&source, &destination).start()).collect();
        for process in all {
            let output = process.wait_with_output().unwrap();
            let text = String::from_utf8(output.stdout).unwrap();
            assert!(!text.contains("\"failed\":true"), "{text}");
        }
        assert_all_arrived(&source, &destination, 3000, Kill::Before(0));
    }
}

#[test]
fn an_interrupted_move_is_finished_to_where_it_was_going() {
    let (Some(source), Some(destination), Some(elsewhere)) = (redis(&[]), redis(&[]), redis(&[])) else { return };
    fill(&source, &destination, 100);
    let proxies = Proxies::new(&source, &destination, Kill::After(24));
    assert!(!proxies.run(&through(&proxies, "carried")));
    let (from, to) = (source.endpoint(), &proxies.destination);
    assert_eq!(
        carry(&source, &elsewhere).refused(),
        format!(
            "database 0 of {from} is under way to {to} by an earlier run that was interrupted: finish that one \
             (`destination: {to}`), or take it back (`state: returned` with that destination)"
        )
    );
    assert_eq!(
        carry(&elsewhere, &source).refused(),
        format!(
            "database 0 of destination {from} is itself under way to {to} by an earlier run that was interrupted: finish \
             that one first (`source: {from}`, `destination: {to}`), or take it back (`state: returned`)"
        )
    );
    let reported = at(&source, "reported").ok();
    assert_eq!(reported["source"]["databases"][0]["under_way_to"], json!(to));
    assert_eq!(through(&proxies, "carried").ok()["resumed"], json!(true));
    assert_all_arrived(&source, &destination, 100, Kill::After(24));
}

#[test]
fn what_was_only_staged_comes_back_without_the_destination() {
    let (Some(source), Some(destination)) = (redis(&[]), redis(&[])) else { return };
    for step in 0..100 {
        source.say("FLUSHALL");
        destination.say("FLUSHALL");
        fill(&source, &destination, 100);
        let proxies = Proxies::new(&source, &destination, Kill::After(step));
        assert!(!proxies.run(&through(&proxies, "carried")), "it never staged");
        let redis::Reply::Bulk(note) = source.say("GET edxops.queues:round") else { continue };
        let note = String::from_utf8(note).unwrap();
        if !note.starts_with("staging") || source.tasks(QUEUE).len() == 100 {
            continue;
        }
        let gone = format!("127.0.0.1:{}", servers::daemon::free_port());
        rename_destination(&source, &proxies.destination, &gone);
        let result = at(&source, "returned").with("destination", gone).ok();
        assert_eq!(result["returned"], json!(101));
        assert!(source.tasks(QUEUE) == numbered(102)[..100]);
        return;
    }
    panic!("no kill came between staging and carrying");
}
