//! Whether the platform uses its caches: pages of it are asked for, and a real memcached counts.

#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

mod common;

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use ansible_protocol::json;
use common::daemon::{Daemon, free_port, memcached, memcached_on};
use common::fake::{Act, between};
use common::verify;
use common::web::{Web, always, endless, heartbeat, mute, page, raw, redirect, web, well};

const USE: &str = "memcached.use";

const NOT_USED: &str = "the platform does not use this cache: was LMS restarted since its settings files changed, and does it read these \
                        files?";

/// LMS with its cache on this port: each page but `/static` stores one item there.
fn lms(port: u16) -> Web {
    web(move |target| {
        if target != "/static" {
            store(port);
        }
        if target == "/heartbeat" { well() } else { page(200, "text/html", "<title>Sign in</title>") }
    })
}

/// One write and, since nothing else tells that it was done, no read.
fn store(port: u16) {
    use std::io::{Read, Write};
    let mut stream = std::net::TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.write_all(b"set page 0 0 1\r\n1\r\nquit\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert_eq!(answer, "STORED\r\n");
}

fn urls(lms: &Web, targets: &[&str]) -> Vec<String> {
    targets.iter().map(|target| lms.url(target)).collect()
}

#[test]
fn a_platform_that_uses_its_cache_passes() {
    let Some(daemon) = memcached(&[]) else { return };
    let (endpoint, lms) = (daemon.endpoint(), lms(daemon.port));
    let pages = urls(&lms, &["/login", "/static", "/csrf/api/v1/token"]);
    let run = verify(&json!({"memcached": endpoint, "traffic": pages}));
    run.assert_only(&[], &[]);
    let seen = format!(
        "while the platform answered 3 requests, 2 commands besides those of this verification reached {endpoint}"
    );
    assert_eq!(run.about(USE, &endpoint), ("ok", seen.as_str(), ""));
    assert_eq!(run.result["use"], json!({"requests": 3, "commands": 2}));
    assert_eq!(run.result["msg"], "13 checks passed");
    assert_eq!(run.checks().last().unwrap()["name"], USE, "it stands last, as it is done last");
    let asked: Vec<String> =
        lms.requests().iter().map(|request| request.split(' ').nth(1).unwrap().to_owned()).collect();
    assert_eq!(asked, ["/login", "/static", "/csrf/api/v1/token"], "one after the other");
}

#[test]
fn a_platform_that_uses_another_cache_fails_though_this_run_itself_used_it() {
    let Some(daemon) = memcached(&[]) else { return };
    let Some(old) = memcached(&[]) else { return };
    let (endpoint, lms) = (daemon.endpoint(), lms(old.port));
    let run = verify(&json!({"memcached": endpoint, "traffic": [lms.url("/login")]}));
    run.assert_only(&[&format!("{USE} {endpoint}")], &[]);
    let seen =
        format!("while the platform answered 1 request, nothing but this verification asked {endpoint} for anything");
    assert_eq!(run.about(USE, &endpoint), ("failed", seen.as_str(), NOT_USED));
    assert_eq!(run.result["use"], json!({"requests": 1, "commands": 0}));
    assert_eq!((daemon.stat("cmd_set"), old.stat("cmd_set")), (1, 1), "the round trip, and the page");
}

#[test]
fn pages_are_asked_for_when_all_other_conversation_is_over() {
    let Some(daemon) = memcached(&[]) else { return };
    let port = daemon.port;
    let seen = Arc::new(Mutex::new(Vec::new()));
    let counted = Arc::clone(&seen);
    let lms = web(move |target| {
        let stat = |name| Daemon::read(port, name).unwrap();
        counted.lock().unwrap().push((target.to_owned(), stat("cmd_get"), stat("cmd_set")));
        store(port);
        well()
    });
    let options = json!({
        "memcached": [daemon.endpoint(), format!("localhost:{port}")], "activity_seconds": 0.2,
        "heartbeats": [lms.url("/heartbeat")], "traffic": [lms.url("/login")],
    });
    let run = verify(&options);
    // A round trip is one write and two reads, and there were two; the heartbeat stored an item, too.
    let expected = [("/heartbeat".to_owned(), 4, 2), ("/login".to_owned(), 4, 3)];
    assert_eq!(*seen.lock().unwrap(), expected);
    assert_eq!(run.result["use"], json!({"requests": 1, "commands": 1}));
}

#[test]
fn the_servers_are_counted_together_and_each_once() {
    let (Some(one), Some(two), Some(idle)) = (memcached(&[]), memcached(&[]), memcached(&[])) else { return };
    let (first, second) = (one.port, two.port);
    let lms = web(move |_| {
        store(first);
        store(second);
        store(second);
        well()
    });
    let servers = [one.endpoint(), two.endpoint(), format!("localhost:{first}"), idle.endpoint()];
    let run = verify(&json!({"memcached": servers, "traffic": [lms.url("/login")]}));
    let names = servers.join(", ");
    let seen =
        format!("while the platform answered 1 request, 3 commands besides those of this verification reached {names}");
    assert_eq!(run.about(USE, &names), ("ok", seen.as_str(), ""));
}

#[test]
fn every_answer_of_a_working_platform_counts_and_no_other() {
    let Some(daemon) = memcached(&[]) else { return };
    let endpoint = daemon.endpoint();
    let elsewhere = always(well());
    let target = elsewhere.url("/");
    for status in [200, 204, 301, 302, 304, 401, 403, 404, 405, 429] {
        let (port, target) = (daemon.port, target.clone());
        let lms = web(move |_| {
            store(port);
            if status / 100 == 3 { redirect(status, &target) } else { page(status, "text/html", "") }
        });
        let run = verify(&json!({"memcached": endpoint, "traffic": [lms.url("/")]}));
        assert_eq!(run.result["use"], json!({"requests": 1, "commands": 1}), "{status}");
        run.assert_only(&[], &[]);
    }
    assert_eq!(elsewhere.requests(), [""; 0], "no redirect is followed");

    let log =
        "see the program's log in /edx/var/log/supervisor, and whether it stays up (/edx/bin/supervisorctl status)";
    let allowed_hosts = "the platform refuses the request: see whether its ALLOWED_HOSTS have the host of this address, and its \
                         log in /edx/var/log/supervisor";
    for (status, advice) in [(400, allowed_hosts), (500, log), (502, log), (503, log), (599, log)] {
        let port = daemon.port;
        let lms = web(move |_| {
            store(port);
            page(status, "text/html", "")
        });
        let run = verify(&json!({"memcached": endpoint, "traffic": [lms.url("/")]}));
        let seen = format!("{} was answered with status {status}", lms.url("/"));
        assert_eq!(run.about(USE, &endpoint), ("failed", seen.as_str(), advice));
        assert_eq!(run.result["use"], json!({"requests": 0, "commands": 1}));
    }
}

#[test]
fn a_page_without_an_answer_fails_within_its_time_though_others_used_the_cache() {
    let Some(daemon) = memcached(&[]) else { return };
    let (endpoint, lms) = (daemon.endpoint(), lms(daemon.port));
    let dead = format!("http://127.0.0.1:{}/login", free_port());
    let run = verify(&json!({"memcached": endpoint, "traffic": [dead, lms.url("/login")]}));
    let advice = "see whether the program runs (/edx/bin/supervisorctl status), whether it listens on this address and port, \
                  and its log in /edx/var/log/supervisor";
    let seen = format!("{dead}: cannot connect: Connection refused (os error 111)");
    assert_eq!(run.about(USE, &endpoint), ("failed", seen.as_str(), advice));
    assert_eq!(run.result["use"], json!({"requests": 1, "commands": 1}));

    let pause = Duration::from_millis(10);
    let (mute, dripping) = (mute(), endless("HTTP/1.1 200 OK\r\n\r\n", " ", pause));
    let start = Instant::now();
    let pages = [mute.url("/"), dripping.url("/"), lms.url("/login")];
    let run = verify(&json!({"memcached": endpoint, "traffic": pages, "timeout": 0.5}));
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
    let seen = format!("{}: no answer within 500ms (and 1 more without an answer)", mute.url("/"));
    assert_eq!(run.about(USE, &endpoint).1, seen);
    assert_eq!(run.result["use"], json!({"requests": 1, "commands": 1}));

    let run = verify(&json!({"memcached": endpoint, "traffic": [dripping.url("/")], "timeout": 0.5}));
    assert_eq!(run.about(USE, &endpoint).1, format!("{}: no whole answer within 500ms", dripping.url("/")));
}

#[test]
fn a_page_of_any_size_is_an_answer() {
    let Some(daemon) = memcached(&[]) else { return };
    let port = daemon.port;
    let large = "x".repeat(3_000_000);
    let lms = web(move |_| {
        store(port);
        page(200, "text/html", &large)
    });
    let run = verify(&json!({"memcached": daemon.endpoint(), "traffic": [lms.url("/login")]}));
    run.assert_only(&[], &[]);
}

#[test]
fn nothing_is_asked_of_the_platform_when_its_cache_cannot_be_counted() {
    let lms = always(well());
    let dead = format!("127.0.0.1:{}", free_port());
    let run = verify(&json!({"memcached": dead, "traffic": [lms.url("/login")]}));
    run.assert_only(&[&format!("memcached.reachable {dead}")], &[]);
    assert_eq!(run.about(USE, &dead), ("skipped", "not tried, since an earlier step failed", ""));
    assert_eq!(lms.requests(), [""; 0]);
    assert_eq!(run.result.get("use"), None);
}

#[test]
fn a_server_that_does_not_tell_its_counters_fails() {
    let Some(daemon) = memcached(&[]) else { return };
    let server = between(daemon.port, |_| Act::Pass(&[("STAT cmd_set ", "STAT not_cmd_set ")]));
    let lms = lms(daemon.port);
    let run = verify(&json!({"memcached": server.endpoint(), "traffic": [lms.url("/login")]}));
    let advice = "check that this is memcached's port, and that no proxy is in between";
    let seen = "the server does not tell cmd_get and cmd_set";
    assert_eq!(run.about(USE, &server.endpoint()), ("failed", seen, advice));
    assert_eq!(run.result["use"], json!({"requests": 1}));
}

#[test]
fn a_server_that_counts_anew_fails() {
    let Some(daemon) = memcached(&[]) else { return };
    let (port, endpoint) = (daemon.port, daemon.endpoint());
    let seen = "memcached was restarted, or its counters were set back, between the two readings";
    let advice = "verify again, and see its log for why it was restarted";

    let reset = web(move |_| {
        use std::io::{Read, Write};
        let mut stream = std::net::TcpStream::connect(("127.0.0.1", port)).unwrap();
        stream.write_all(b"stats reset\r\nquit\r\n").unwrap();
        stream.read_to_end(&mut Vec::new()).unwrap();
        well()
    });
    let run = verify(&json!({"memcached": endpoint, "traffic": [reset.url("/login")]}));
    assert_eq!(run.about(USE, &endpoint), ("failed", seen, advice));
    assert_eq!(run.result["use"], json!({"requests": 1}));

    // Not the web server's own, which outlives the test and would leave a memcached behind.
    let daemon = Arc::new(Mutex::new(Some(daemon)));
    let shared = Arc::clone(&daemon);
    let restart = raw(move |_, mut stream| {
        use std::io::Write;
        let mut daemon = shared.lock().unwrap();
        *daemon = None;
        *daemon = memcached_on(port, &[]);
        // More than it counted before.
        for _ in 0..9 {
            store(port);
        }
        let _ = stream.write_all(well().as_bytes());
    });
    let run = verify(&json!({"memcached": endpoint, "traffic": [restart.url("/login")]}));
    drop(daemon.lock().unwrap().take());
    assert_eq!(run.about(USE, &endpoint), ("failed", seen, advice));
}

#[test]
fn a_cache_that_dies_meanwhile_is_told() {
    let Some(daemon) = memcached(&[]) else { return };
    let endpoint = daemon.endpoint();
    let daemon = Mutex::new(Some(daemon));
    let lms = web(move |_| {
        daemon.lock().unwrap().take();
        well()
    });
    let run = verify(&json!({"memcached": endpoint, "traffic": [lms.url("/login")]}));
    run.assert_only(&[&format!("{USE} {endpoint}")], &[]);
    assert_eq!(run.about(USE, &endpoint).1, "cannot connect: Connection refused (os error 111)");
}

#[test]
fn a_dead_cache_behind_a_healthy_heartbeat_is_caught() {
    let Some(daemon) = memcached(&[]) else { return };
    // As with edx-platform, whose heartbeat does not look at the cache, and whose pages then break.
    let lms = web(|target| match target {
        "/heartbeat" => heartbeat(&[("modulestore", true, "OK"), ("sql", true, "OK")]),
        _ => page(500, "text/html", "<h1>Server Error (500)</h1>"),
    });
    let options = json!({
        "memcached": daemon.endpoint(), "heartbeats": [lms.url("/heartbeat")], "traffic": [lms.url("/login")],
    });
    let run = verify(&options);
    assert_eq!(run.seen("platform.heartbeat").0, "ok");
    run.assert_only(&[&format!("{USE} {}", daemon.endpoint())], &[]);
}

#[test]
fn somebody_elses_use_before_does_not_count() {
    let Some(daemon) = memcached(&[]) else { return };
    daemon.fill(50, 10);
    let lms = always(well());
    let run = verify(&json!({"memcached": daemon.endpoint(), "traffic": [lms.url("/login")]}));
    assert_eq!(run.result["use"], json!({"requests": 1, "commands": 0}));
}
