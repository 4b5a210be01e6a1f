//! The platform's heartbeats: what a healthy one says, and everything that may answer in its place.

#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

mod common;

use std::io::Write;
use std::net::TcpListener;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use ansible_protocol::json;
use common::daemon::free_port;
use common::web::{Web, always, endless, heartbeat, json_page, mute, page, raw, raw_on, redirect, web, well};
use common::{Run, command, verify, verify_by};

const HEARTBEAT: &str = "platform.heartbeat";

const NOT_THE_PROGRAM: &str = "ask the program itself, behind nginx: LMS at http://127.0.0.1:8000/heartbeat, Studio at port 8010; while \
                               /edx/var/nginx/server-static/maintenance_heartbeat.txt exists, nginx answers in their place";
const LOG: &str =
    "see the program's log in /edx/var/log/supervisor, and whether it stays up (/edx/bin/supervisorctl status)";
const IS_IT_UP: &str = "see whether the program runs (/edx/bin/supervisorctl status), whether it listens on this address and port, and its \
                        log in /edx/var/log/supervisor";
const WHAT_KEEPS_IT: &str = "see the program's log in /edx/var/log/supervisor: it may still be starting, or wait for a database or another \
                             server that does not answer";
const IS_IT_THE_PORT: &str = "check the port: LMS listens on 8000 and Studio on 8010, with plain HTTP, behind nginx";

/// Asks each server once or, while the time lasts, twice; what was seen and the advice, in the same order.
fn ask(servers: &[Web]) -> Vec<(String, String)> {
    let urls: Vec<String> = servers.iter().map(|server| server.url("/heartbeat")).collect();
    let run = verify(&json!({"heartbeats": urls, "heartbeat_timeout": 0.4}));
    urls.iter()
        .map(|url| {
            let (status, seen, advice) = run.about(HEARTBEAT, url);
            assert_eq!(status, "failed", "{seen}");
            (seen.to_owned(), advice.to_owned())
        })
        .collect()
}

/// Sees what a check says of each of these servers.
#[track_caller]
fn assert_seen(cases: Vec<(Web, &str, &str)>) {
    let expected: Vec<(String, String)> =
        cases.iter().map(|(_, seen, advice)| ((*seen).to_owned(), (*advice).to_owned())).collect();
    let servers: Vec<Web> = cases.into_iter().map(|(server, ..)| server).collect();
    for (seen, expected) in ask(&servers).into_iter().zip(expected) {
        assert_eq!(seen, expected);
    }
}

#[test]
fn a_healthy_platform_passes() {
    let lms = always(well());
    let url = lms.url("/heartbeat");
    let run = verify(&json!({"heartbeats": [url]}));
    assert_eq!(run.about(HEARTBEAT, &url), ("ok", "well: modulestore, sql", ""));
    assert_eq!(run.result["msg"], "1 check passed");
    let keys: Vec<&String> = run.result.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["changed", "msg", "checks", "summary"], "nothing is said of what was not asked for");
}

#[test]
fn a_platform_is_asked_as_any_client_asks_and_who_asks_is_said() {
    let lms = always(heartbeat(&[("modulestore", true, "OK"), ("sql", true, "OK"), ("celery", true, "OK")]));
    verify(&json!({"heartbeats": lms.url("/heartbeat?extended")}));
    let host = lms.url("").replace("http://", "");
    assert_eq!(
        lms.requests(),
        [format!(
            "GET /heartbeat?extended HTTP/1.1\r\nHost: {host}\r\nUser-Agent: edxops-edx_verify/{}\r\nAccept: \
             */*\r\nAccept-Encoding: identity\r\nConnection: close\r\n\r\n",
            env!("CARGO_PKG_VERSION")
        )]
    );
}

#[test]
fn every_form_of_a_body_is_read() {
    let body = r#"{"sql": {"status": true, "message": "OK"}, "modulestore": {"status": true, "message": "OK"}}"#;
    for answer in [
        format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len()),
        format!("HTTP/1.0 200 OK\r\n\r\n{body}"),
        format!(
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{}\r\n{:x};a=b\r\n{}\r\n0\r\nTrailer: x\r\n\r\n",
            &body[..5],
            body.len() - 5,
            &body[5..]
        ),
        format!("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200\r\n\r\n{body}"),
    ] {
        let lms = always(answer.clone());
        let run = verify(&json!({"heartbeats": lms.url("/heartbeat")}));
        assert_eq!(run.seen(HEARTBEAT), ("ok", "well: sql, modulestore"), "{answer}");
    }
}

#[test]
fn a_part_that_is_not_well_is_named_with_its_message_and_where_to_look() {
    let needs = |what: &str| {
        format!(
            "the program runs, and something that it needs does not: see whether {what} can be reached where its settings \
             file says, and its log in /edx/var/log/supervisor"
        )
    };
    let (mongodb, both, memcached) =
        (needs("MongoDB"), needs("MySQL and the workers and their broker"), needs("memcached"));
    assert_seen(vec![
        (
            always(heartbeat(&[("mongo", false, "Heartbeat failure for mongo"), ("sql", true, "OK")])),
            "status 503, not well: mongo (Heartbeat failure for mongo)",
            &mongodb,
        ),
        (
            always(heartbeat(&[("modulestore", true, "OK"), ("sql", false, "fail"), ("celery", false, "")])),
            "status 503, not well: sql (fail), celery",
            &both,
        ),
        (
            always(heartbeat(&[("cache_get", false, "fail")]).replace("503", "200")),
            "status 200, not well: cache_get (fail)",
            &memcached,
        ),
        (always(heartbeat(&[("own", false, "fail")])), "status 503, not well: own (fail)", LOG),
    ]);
}

#[test]
fn a_heartbeat_that_leaves_out_what_every_lms_and_studio_looks_at_is_not_a_pass() {
    assert_seen(vec![
        (
            always(heartbeat(&[("sql", true, "OK")])),
            "status 200, and it calls well sql, but says nothing of modulestore",
            NOT_THE_PROGRAM,
        ),
        (
            always(heartbeat(&[("database", true, "OK")])),
            "status 200, and it calls well database, but says nothing of modulestore and sql",
            NOT_THE_PROGRAM,
        ),
        // A program of another kind.
        (
            always(json_page(200, &json!({"status": true}))),
            "status 200, but no heartbeat: JSON with other keys: status",
            NOT_THE_PROGRAM,
        ),
    ]);
}

#[test]
fn an_extended_heartbeat_looks_at_celery_too() {
    let parts = [("modulestore", true, "OK"), ("sql", true, "OK"), ("celery", true, "OK")];
    let (short, long) = (always(heartbeat(&parts[..2])), always(heartbeat(&parts)));
    let urls = [
        short.url("/heartbeat"),
        short.url("/heartbeat?extended"),
        long.url("/heartbeat?extended"),
        short.url("/heartbeat?a&extended=1"),
        short.url("/heartbeat?not_extended"),
    ];
    let run = verify(&json!({"heartbeats": urls, "heartbeat_timeout": 0.1}));
    let seen = "status 200, and it calls well modulestore, sql, but says nothing of celery";
    assert_eq!(run.about(HEARTBEAT, &urls[0]), ("ok", "well: modulestore, sql", ""));
    assert_eq!(run.about(HEARTBEAT, &urls[1]), ("failed", seen, NOT_THE_PROGRAM));
    assert_eq!(run.about(HEARTBEAT, &urls[2]), ("ok", "well: modulestore, sql, celery", ""));
    assert_eq!(run.about(HEARTBEAT, &urls[3]), ("failed", seen, NOT_THE_PROGRAM));
    assert_eq!(run.about(HEARTBEAT, &urls[4]), ("ok", "well: modulestore, sql", ""));
}

#[test]
fn a_page_that_is_no_heartbeat_is_not_a_pass() {
    let title = "<!doctype html><HTML><Title>\nDown for Maintenance </TITLE>";
    assert_seen(vec![
        (
            always(page(200, "text/html", title)),
            "status 200, but no heartbeat: an HTML page, \"Down for Maintenance\"",
            NOT_THE_PROGRAM,
        ),
        (always(page(200, "text/html", "<p>hello")), "status 200, but no heartbeat: an HTML page", NOT_THE_PROGRAM),
        // nginx, with its static file.
        (always(page(200, "text/plain", "OK")), "status 200, but no heartbeat: text that is not JSON", NOT_THE_PROGRAM),
        (always(page(200, "text/plain", "")), "status 200, but no heartbeat: an empty body", NOT_THE_PROGRAM),
        (always(page(204, "text/plain", "")), "status 204, but no heartbeat: an empty body", NOT_THE_PROGRAM),
        (always(json_page(200, &json!({}))), "status 200, but no heartbeat: an empty JSON object", NOT_THE_PROGRAM),
        (
            always(json_page(200, &json!({"status": true, "message": "OK"}))),
            "status 200, but no heartbeat: JSON with other keys: status, message",
            NOT_THE_PROGRAM,
        ),
        (
            always(json_page(200, &json!({"sql": {"status": true}, "build": "1.2"}))),
            "status 200, but no heartbeat: JSON with other keys: sql, build",
            NOT_THE_PROGRAM,
        ),
        (
            always(json_page(200, &json!({"sql": {"status": "true"}}))),
            "status 200, but no heartbeat: JSON with other keys: sql",
            NOT_THE_PROGRAM,
        ),
        (
            always(json_page(200, &json!(["sql"]))),
            "status 200, but no heartbeat: JSON, but not an object",
            NOT_THE_PROGRAM,
        ),
    ]);
}

#[test]
fn another_status_is_told_with_what_came_with_it() {
    assert_seen(vec![
        (always(json_page(503, &json!({"error": "no such table"}))), "status 503: no such table", LOG),
        (
            always(page(503, "text/html", "<title>Maintenance</title>")),
            "status 503: an HTML page, \"Maintenance\"",
            NOT_THE_PROGRAM,
        ),
        (
            always(page(502, "text/html", "<title>502 Bad Gateway</title>")),
            "status 502: an HTML page, \"502 Bad Gateway\"",
            "nginx answers, and the program behind it does not: see whether it runs (/edx/bin/supervisorctl status), and \
             its log in /edx/var/log/supervisor",
        ),
        (always(page(500, "text/html", "<h1>Server Error")), "status 500: an HTML page", LOG),
        (
            always(page(400, "text/html", "<h1>Bad Request")),
            "status 400: an HTML page",
            "the platform refuses the request: see whether its ALLOWED_HOSTS have the host of this address, and its log in \
             /edx/var/log/supervisor",
        ),
        (always(page(401, "text/html", "")), "status 401, access denied", NOT_THE_PROGRAM),
        (always(page(404, "text/html", "")), "status 404, it knows no such page", NOT_THE_PROGRAM),
        (always(well().replace("200", "500")), "status 500, though it calls all well: modulestore, sql", LOG),
    ]);
}

#[test]
fn a_redirect_is_not_followed_and_shows_no_secret() {
    let other = always(well());
    assert_seen(vec![
        (
            always(redirect(301, &other.url("/heartbeat"))),
            &format!("status 301, a redirect to {}, which is not followed", other.url("/heartbeat")),
            NOT_THE_PROGRAM,
        ),
        (
            always(redirect(302, "https://staff:pw-never-shown@lms/login?next=pw-never-shown")),
            "status 302, a redirect to https://***@lms/login, which is not followed",
            NOT_THE_PROGRAM,
        ),
        (always(page(304, "text/html", "")), "status 304, a redirect, which is not followed", NOT_THE_PROGRAM),
    ]);
    assert_eq!(other.requests(), [""; 0]);
}

#[test]
fn a_server_that_is_not_there_is_told_with_what_to_do() {
    let url = format!("http://127.0.0.1:{}/heartbeat", free_port());
    let run = verify(&json!({"heartbeats": [url], "heartbeat_timeout": 0.1}));
    assert_eq!(run.about(HEARTBEAT, &url), ("failed", "cannot connect: Connection refused (os error 111)", IS_IT_UP));
}

#[test]
fn another_protocol_on_the_port_is_recognised() {
    assert_seen(vec![
        (always("SSH-2.0-OpenSSH_9.2\r\n"), "the answer is not HTTP (\"SSH-2.0-OpenSSH_9.2\")", IS_IT_THE_PORT),
        (always("ERROR\r\nERROR\r\n"), "the answer is not HTTP (\"ERROR\")", IS_IT_THE_PORT),
        (always("HTTP"), "the answer is not HTTP (\"HTTP\")", IS_IT_THE_PORT),
        // A TLS server's alert: a record that it cannot read.
        (
            always([0x15, 3, 3, 0, 2, 2, 70]),
            "the port speaks TLS, not plain HTTP",
            &format!("ask for https:// there, or {IS_IT_THE_PORT}"),
        ),
        (
            always("HTTP/1.1 200 OK\r\nno header\r\n\r\n"),
            "the answer is not valid HTTP (invalid header name)",
            IS_IT_THE_PORT,
        ),
        (
            always("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}"),
            "the answer is not valid HTTP (the length of the body is not known)",
            IS_IT_THE_PORT,
        ),
        (
            always("HTTP/1.1 200 OK\r\nContent-Length: -2\r\n\r\n{}"),
            "the answer is not valid HTTP (the length of the body is not known)",
            IS_IT_THE_PORT,
        ),
        (
            always("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n"),
            "the answer is not valid HTTP (an unknown transfer encoding)",
            IS_IT_THE_PORT,
        ),
        (
            always("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}}\r\n0\r\n\r\n"),
            "the answer is not valid HTTP (a chunk is longer than it says)",
            IS_IT_THE_PORT,
        ),
        (
            always("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxx\r\n"),
            "the answer is not valid HTTP (the size of a chunk)",
            IS_IT_THE_PORT,
        ),
    ]);
}

#[test]
fn an_answer_that_breaks_off_is_not_taken_for_a_whole_one() {
    let whole = well();
    assert_seen(vec![
        (always(""), "the connection was closed without an answer", WHAT_KEEPS_IT),
        (always("HTTP/1.1 200 OK\r\n"), "the connection was closed in the middle of the answer", WHAT_KEEPS_IT),
        (
            always(&whole.as_bytes()[..whole.len() - 1]),
            "the connection was closed in the middle of the answer",
            WHAT_KEEPS_IT,
        ),
        (
            always("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n"),
            "the connection was closed in the middle of the answer",
            WHAT_KEEPS_IT,
        ),
    ]);
}

#[test]
fn silence_and_dripping_end_within_the_time() {
    let pause = Duration::from_millis(10);
    let start = Instant::now();
    assert_seen(vec![
        (mute(), "no answer within 400ms", WHAT_KEEPS_IT),
        (endless("", "\r\n", pause), "no whole answer within 400ms", WHAT_KEEPS_IT),
        (endless("HTTP/1.1 200 ", "O", pause), "no whole answer within 400ms", WHAT_KEEPS_IT),
        (endless("HTTP/1.1 200 OK\r\n", "A: b\r\n", pause), "no whole answer within 400ms", WHAT_KEEPS_IT),
        (
            endless("HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n{", " ", pause),
            "no whole answer within 400ms",
            WHAT_KEEPS_IT,
        ),
        (endless("HTTP/1.1 200 OK\r\n\r\n{", " ", pause), "no whole answer within 400ms", WHAT_KEEPS_IT),
        (
            endless("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "1\r\n \r\n", pause),
            "no whole answer within 400ms",
            WHAT_KEEPS_IT,
        ),
        (
            endless("HTTP/1.1 100 Continue\r\n\r\n", "HTTP/1.1 100 Continue\r\n\r\n", pause),
            "no whole answer within 400ms",
            WHAT_KEEPS_IT,
        ),
    ]);
    let took = start.elapsed();
    assert!(took < Duration::from_millis(1500), "{took:?}");
}

#[test]
fn endless_answers_are_read_within_bounded_memory() {
    let large = "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx";
    let cases = [
        ("HTTP/1.1 200 ", "the answer is not valid HTTP (more than 16384 bytes of headers)"),
        ("HTTP/1.1 200 OK\r\nA: ", "the answer is not valid HTTP (more than 16384 bytes of headers)"),
        ("HTTP/1.1 200 OK\r\n\r\n", "status 200, but no heartbeat: a body of more than 65536 bytes"),
        (
            "HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551615\r\n\r\n",
            "status 200, but no heartbeat: a body of more than 65536 bytes",
        ),
        (
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFF\r\n",
            "status 200, but no heartbeat: a body of more than 65536 bytes",
        ),
        (
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;",
            "the answer is not valid HTTP (the size of a chunk)",
        ),
    ];
    let servers: Vec<Web> = cases.iter().map(|(start, _)| endless(start, large, Duration::ZERO)).collect();
    let urls: Vec<String> = servers.iter().map(|server| server.url("/heartbeat")).collect();
    // 400 MB of address space; endless answers on loopback would fill that in a second.
    let mut limited = assert_cmd::Command::new("sh");
    limited.args(["-c", "ulimit -v 400000; exec \"$0\" -"]).arg(assert_cmd::cargo::cargo_bin!("edx_verify"));
    let output = limited.write_stdin(json!({"heartbeats": urls, "heartbeat_timeout": 2}).to_string()).output().unwrap();
    let run = Run { result: serde_json::from_slice(&output.stdout).unwrap() };
    for (url, (_, seen)) in urls.iter().zip(cases) {
        assert_eq!(run.about(HEARTBEAT, url).1, seen);
    }
}

#[test]
fn what_a_server_says_is_shown_in_part_and_cannot_write_on_the_terminal() {
    let names: Vec<String> = (0..9).map(|number| format!("part{number}")).collect();
    let parts: Vec<(&str, bool, &str)> = names.iter().map(|name| (name.as_str(), false, "")).collect();
    let long = "x".repeat(5000);
    let shown = "x".repeat(200);
    assert_seen(vec![
        (always(heartbeat(&parts)), "status 503, not well: part0, part1, part2, part3, part4, part5 and 3 more", LOG),
        (
            always(heartbeat(&[("own", false, &format!("\x1b[2J{long}"))])),
            &format!("status 503, not well: own (\\u{{1b}}[2J{}...)", &shown[4..]),
            LOG,
        ),
    ]);
}

#[test]
fn a_platform_that_was_just_restarted_is_asked_again() {
    let port = free_port();
    let url = format!("http://127.0.0.1:{port}/heartbeat");
    thread::spawn(move || {
        thread::sleep(Duration::from_millis(700));
        let listener = TcpListener::bind(("127.0.0.1", port)).unwrap();
        let asked = AtomicUsize::new(0);
        raw_on(&listener, move |_, mut stream| {
            let first = asked.fetch_add(1, Ordering::Relaxed) == 0;
            let answer = if first { heartbeat(&[("sql", false, "starting")]) } else { well() };
            let _ = stream.write_all(answer.as_bytes());
        })
    });
    let run = verify(&json!({"heartbeats": [url], "heartbeat_timeout": 10}));
    let (status, seen) = run.seen(HEARTBEAT);
    assert_eq!(status, "ok");
    let seconds = seen.strip_prefix("well: modulestore, sql, after ").unwrap();
    let seconds = seconds.strip_suffix(" s (at first: cannot connect: Connection refused (os error 111))").unwrap();
    assert!((1.5..8.0).contains(&seconds.parse::<f64>().unwrap()), "{seen}");
}

#[test]
fn what_was_wrong_before_the_last_silence_is_what_is_told() {
    let asked = AtomicUsize::new(0);
    let lms = raw(move |_, mut stream| {
        if asked.fetch_add(1, Ordering::Relaxed) == 0 {
            let _ = stream.write_all(heartbeat(&[("own", false, "fail")]).as_bytes());
        } else {
            thread::sleep(Duration::from_secs(5));
        }
    });
    let run = verify(&json!({"heartbeats": lms.url("/heartbeat"), "heartbeat_timeout": 1}));
    assert_eq!(
        run.about(HEARTBEAT, &lms.url("/heartbeat")),
        ("failed", "status 503, not well: own (fail); asked again, it did not answer before 1s were over", LOG)
    );
}

#[test]
fn several_are_asked_at_the_same_time_and_told_in_the_order_given() {
    let servers: Vec<Web> = (0..40).map(|number| if number == 20 { always(well()) } else { mute() }).collect();
    let mut urls: Vec<String> = servers.iter().map(|server| server.url("/heartbeat")).collect();
    urls.push(urls[20].clone());
    let start = Instant::now();
    let run = verify(&json!({"heartbeats": urls, "heartbeat_timeout": 0.5}));
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
    let subjects: Vec<&str> = run.checks().iter().map(|check| check["subject"].as_str().unwrap()).collect();
    assert_eq!(subjects, urls[..40], "each once");
    assert_eq!(run.with("ok"), [format!("{HEARTBEAT} {}", urls[20])]);
}

#[test]
fn no_proxy_of_the_environment_is_used() {
    let (lms, proxy) = (always(well()), always(well()));
    let mut command = command();
    for name in ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"] {
        command.env(name, proxy.url(""));
    }
    verify_by(&mut command, &json!({"heartbeats": lms.url("/heartbeat")})).assert_only(&[], &[]);
    assert_eq!((lms.requests().len(), proxy.requests().len()), (1, 0));
}

#[test]
fn heartbeats_are_asked_in_check_mode_too() {
    let lms = always(heartbeat(&[("sql", false, "fail")]));
    let options = json!({"heartbeats": lms.url("/heartbeat"), "heartbeat_timeout": 0.1, "_ansible_check_mode": true});
    let run = verify(&options);
    run.assert_only(&[&format!("{HEARTBEAT} {}", lms.url("/heartbeat"))], &[]);
}

#[test]
fn a_name_is_looked_up() {
    let lms = web(|_| well());
    let url = lms.url("/heartbeat").replace("127.0.0.1", "localhost");
    let run = verify(&json!({"heartbeats": [url]}));
    assert_eq!(run.about(HEARTBEAT, &url), ("ok", "well: modulestore, sql", ""));
}
