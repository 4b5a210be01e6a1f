//! The checks of cache servers, each in both directions: against a real memcached, and with just that fault.

#![allow(missing_docs, clippy::unwrap_used, clippy::panic, clippy::print_stdout)]

mod common;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use ansible_protocol::{Value, json};
use common::daemon::{free_port, memcached, memcached_on};
use common::fake::{Act, between, dripping, http, silent};
use common::{command, verify};

/// Every check of one server, in reading order.
const NAMES: [&str; 12] = [
    "memcached.address",
    "memcached.reachable",
    "memcached.version",
    "memcached.round_trip",
    "memcached.stats",
    "memcached.evictions",
    "memcached.refused_connections",
    "memcached.connections",
    "memcached.memory",
    "memcached.settings",
    "memcached.udp",
    "memcached.listening",
];

#[test]
fn a_good_server_passes_every_check() {
    let Some(daemon) = memcached(&["-m", "96", "-c", "200"]) else { return };
    let run = verify(&json!({"memcached": daemon.endpoint()}));

    let names: Vec<&str> = run.checks().iter().map(|check| check["name"].as_str().unwrap()).collect();
    assert_eq!(names, NAMES);
    run.assert_only(&[], &[]);
    assert_eq!(run.result["msg"], "12 checks passed");
    assert_eq!(run.result["summary"], json!({"ok": 12, "warning": 0, "failed": 0, "skipped": 0}));
    assert_eq!(run.result.get("warnings"), None);
    assert_eq!(run.seen("memcached.address"), ("ok", "127.0.0.1 is on this host"));
    assert_eq!(run.seen("memcached.evictions"), ("ok", "none"));
    assert_eq!(run.seen("memcached.settings"), ("ok", "96 MB of memory, 200 connections"));
    assert_eq!(run.seen("memcached.listening"), ("ok", "on 127.0.0.1"));
}

#[test]
fn what_the_server_said_is_in_the_result_as_fields() {
    let Some(daemon) = memcached(&["-m", "96", "-c", "200"]) else { return };
    let run = verify(&json!({"memcached": [daemon.endpoint()]}));

    let server = &run.result["memcached"][0];
    assert_eq!(server["endpoint"], daemon.endpoint());
    assert_eq!(server["addresses"], json!(["127.0.0.1"]));
    assert_eq!(server["version"], server["stats"]["version"]);
    for step in ["connect", "write", "read", "delete"] {
        assert!(server["latency_ms"][step].is_f64(), "{server}");
    }
    assert_eq!(server["stats"]["limit_maxbytes"], json!(96 * 1024 * 1024));
    assert_eq!(server["stats"]["curr_items"], json!(0), "the round trip leaves nothing behind");
    assert_eq!(server["settings"]["maxconns"], json!(200));
    assert_eq!(server["settings"]["udpport"], json!(0));
    assert_eq!(server["settings"]["inter"], "127.0.0.1");
}

#[test]
fn what_a_verification_adds_to_the_counters_is_in_the_result() {
    let Some(daemon) = memcached(&[]) else { return };
    let counters = || json!({"cmd_get": daemon.stat("cmd_get"), "cmd_set": daemon.stat("cmd_set")});
    assert_eq!(counters(), json!({"cmd_get": 0, "cmd_set": 0}));
    let run = verify(&json!({"memcached": daemon.endpoint()}));
    assert_eq!(run.result["memcached"][0]["own_commands"], counters());
    for counter in ["cmd_get", "cmd_set"] {
        let after = &run.result["memcached"][0]["stats"][counter];
        assert_eq!(after, &counters()[counter], "the statistics are read after the round trip");
    }
}

#[test]
fn a_unix_socket_is_a_server_like_any_other() {
    let folder = tempfile::tempdir().unwrap();
    // memcached runs as another user, who makes the socket.
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o777);
    std::fs::set_permissions(folder.path(), mode).unwrap();
    let socket = folder.path().join("m.sock");
    let Some(_daemon) = socket_daemon(&socket) else { return };
    let run = verify(&json!({"memcached": socket}));
    run.assert_only(&[], &[]);
    assert_eq!(run.seen("memcached.address"), ("ok", "a unix socket of this host"));
    assert_eq!(run.seen("memcached.listening"), ("ok", "on a unix socket only"));
}

/// With a socket memcached opens no port at all.
fn socket_daemon(socket: &std::path::Path) -> Option<Kill> {
    if !std::path::Path::new("/usr/bin/memcached").exists() {
        println!("skipped: /usr/bin/memcached is not installed");
        return None;
    }
    let child = std::process::Command::new("/usr/bin/memcached")
        .args(["-u", "nobody", "-a", "0777", "-s"])
        .arg(socket)
        .spawn()
        .unwrap();
    let child = Kill(child);
    while std::os::unix::net::UnixStream::connect(socket).is_err() {
        thread::sleep(Duration::from_millis(20));
    }
    Some(child)
}

struct Kill(std::process::Child);

impl Drop for Kill {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn the_result_is_the_same_in_check_mode() {
    let Some(daemon) = memcached(&[]) else { return };
    let options = json!({"memcached": daemon.endpoint(), "_ansible_check_mode": true});
    verify(&options).assert_only(&[], &[]);
    assert_eq!(daemon.stat("cmd_set"), 1, "the round trip is made in check mode, too: it changes nothing that stays");
}

#[test]
fn a_daemon_of_another_test_is_not_taken_for_the_own_one() {
    let Some(daemon) = memcached(&[]) else { return };
    assert!(memcached_on(daemon.port, &[]).is_none());
    assert!(daemon.stat("pid") > 0, "the first one is still there");
}

#[test]
fn nothing_listening_is_told_with_what_to_do() {
    let endpoint = format!("127.0.0.1:{}", free_port());
    let run = verify(&json!({"memcached": endpoint}));
    run.assert_only(&[&format!("memcached.reachable {endpoint}")], &[]);
    assert_eq!(run.with("skipped").len(), 10, "all that comes after it");
    assert_eq!(
        run.result["msg"],
        format!(
            "1 of 12 checks failed: memcached.reachable ({endpoint}). First: memcached.reachable ({endpoint}): cannot \
             connect: Connection refused (os error 111); check that memcached runs there, that it listens on this \
             address, and that no firewall is in between"
        )
    );
    assert_eq!(run.result["memcached"], json!([{"endpoint": endpoint, "addresses": ["127.0.0.1"]}]));
}

#[test]
fn a_public_address_is_refused_without_connecting_to_it() {
    // 203.0.113.0/24 is set aside for documentation (RFC 5737), and public by every other rule.
    let run = verify(&json!({"memcached": "203.0.113.9"}));
    run.assert_only(&["memcached.address 203.0.113.9:11211"], &[]);
    assert_eq!(run.seen("memcached.address"), ("failed", "203.0.113.9 is a public address; it was not connected to"));
    assert_eq!(run.seen("memcached.reachable"), ("skipped", "not tried, since an earlier step failed"));
}

#[test]
fn an_address_that_no_host_has_is_refused() {
    let run = verify(&json!({"memcached": ["0.0.0.0"]}));
    run.assert_only(&["memcached.address 0.0.0.0:11211"], &[]);
    assert_eq!(run.seen("memcached.address"), ("failed", "0.0.0.0: it means every address, not one host"));
}

#[test]
fn a_server_that_never_answers_ends_within_the_time() {
    let server = silent();
    let run = verify(&json!({"memcached": server.endpoint(), "timeout": 0.5}));
    run.assert_only(&[&format!("memcached.version {}", server.endpoint())], &[]);
    assert_eq!(run.seen("memcached.version"), ("failed", "no whole answer within 500ms"));
}

#[test]
fn a_server_that_drips_bytes_ends_within_the_time() {
    let server = dripping();
    let run = verify(&json!({"memcached": server.endpoint(), "timeout": 0.5}));
    run.assert_only(&[&format!("memcached.version {}", server.endpoint())], &[]);
    assert_eq!(run.seen("memcached.version"), ("failed", "no whole answer within 500ms"));
}

#[test]
fn another_protocol_on_the_port_is_recognised() {
    let server = http();
    let run = verify(&json!({"memcached": server.endpoint()}));
    run.assert_only(&[&format!("memcached.version {}", server.endpoint())], &[]);
    assert_eq!(
        run.seen("memcached.version"),
        ("failed", "the answer to version is not memcached's (\"HTTP/1.1 400 Bad Request\")")
    );
}

#[test]
fn endless_statistics_end_in_a_failed_check_and_the_rest_is_still_known() {
    let Some(daemon) = memcached(&[]) else { return };
    let server = between(daemon.port, |command| match command {
        "stats" => Act::Endless("STAT evictions 0\r\n"),
        _ => Act::Pass(&[]),
    });
    let run = verify(&json!({"memcached": server.endpoint()}));
    run.assert_only(&[&format!("memcached.stats {}", server.endpoint())], &[]);
    assert_eq!(
        run.seen("memcached.stats"),
        ("failed", "the answer to stats is not memcached's (more than 4096 statistics)")
    );
    assert_eq!(run.seen("memcached.round_trip").0, "ok");
    assert_eq!(run.seen("memcached.udp").0, "ok");
    assert_eq!(run.seen("memcached.memory"), ("skipped", "the statistics are not known"));
}

#[test]
fn an_endless_line_is_read_within_bounded_memory() {
    let Some(daemon) = memcached(&[]) else { return };
    let server = between(daemon.port, |command| match command {
        "stats settings" => Act::Endless("STAT x xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"),
        _ => Act::Pass(&[]),
    });
    // 400 MB of address space; an endless line on loopback would fill that in a second.
    let output = assert_cmd::Command::new("sh")
        .args(["-c", "ulimit -v 400000; exec \"$0\" -"])
        .arg(assert_cmd::cargo::cargo_bin!("edx_verify"))
        .write_stdin(json!({"memcached": server.endpoint()}).to_string())
        .output()
        .unwrap();
    let result: Value = serde_json::from_slice(&output.stdout).unwrap();
    let failed: Vec<&Value> =
        result["checks"].as_array().unwrap().iter().filter(|check| check["status"] == "failed").collect();
    assert_eq!(failed.len(), 1, "{result}");
    assert_eq!(failed[0]["name"], "memcached.settings");
    assert_eq!(failed[0]["seen"], "the answer to stats settings is not memcached's (a line of more than 8192 bytes)");
}

#[test]
fn a_cache_that_keeps_nothing_fails_the_round_trip() {
    let Some(daemon) = memcached(&[]) else { return };
    let server = between(daemon.port, |command| match command {
        set if set.starts_with("set ") => Act::Answer("STORED\r\n"),
        _ => Act::Pass(&[]),
    });
    let run = verify(&json!({"memcached": server.endpoint()}));
    run.assert_only(&[&format!("memcached.round_trip {}", server.endpoint())], &[]);
    assert_eq!(run.seen("memcached.round_trip"), ("failed", "a value just stored was not there"));
}

#[test]
fn a_cache_that_cannot_store_says_so_in_its_own_words() {
    let Some(daemon) = memcached(&[]) else { return };
    let server = between(daemon.port, |command| match command {
        set if set.starts_with("set ") => Act::Answer("SERVER_ERROR out of memory storing object\r\n"),
        _ => Act::Pass(&[]),
    });
    let run = verify(&json!({"memcached": server.endpoint()}));
    run.assert_only(&[&format!("memcached.round_trip {}", server.endpoint())], &[]);
    assert_eq!(
        run.seen("memcached.round_trip"),
        ("failed", "set failed, the server says: SERVER_ERROR out of memory storing object")
    );
}

#[test]
fn open_udp_is_a_warning() {
    let port = free_port().to_string();
    let Some(daemon) = memcached(&["-U", &port]) else { return };
    let run = verify(&json!({"memcached": daemon.endpoint()}));
    run.assert_only(&[], &[&format!("memcached.udp {}", daemon.endpoint())]);
    assert_eq!(run.seen("memcached.udp"), ("warning", format!("open on port {port}").as_str()));
    assert_eq!(
        run.result["warnings"],
        json!([format!(
            "memcached.udp ({}): open on port {port}; anybody can use it to flood others with answers sent to a forged \
             address: start memcached with -U 0",
            daemon.endpoint()
        )])
    );
    assert_eq!(run.result["msg"], "11 checks passed, 1 warning");
}

#[test]
fn evictions_are_a_warning_unless_they_are_as_rare_as_allowed() {
    let Some(daemon) = memcached(&["-m", "4"]) else { return };
    daemon.fill(100, 200_000);
    let evictions = daemon.stat("evictions");
    let run = verify(&json!({"memcached": daemon.endpoint(), "memory_percent": 100}));
    run.assert_only(&[], &[&format!("memcached.evictions {}", daemon.endpoint())]);
    let (_, seen) = run.seen("memcached.evictions");
    assert!(seen.starts_with(&format!("{evictions} in ")) && seen.ends_with(" an hour"), "{seen}");

    let run = verify(&json!({"memcached": daemon.endpoint(), "memory_percent": 100, "evictions_per_hour": 1e9}));
    run.assert_only(&[], &[]);
}

#[test]
fn memory_that_is_nearly_full_is_a_warning() {
    let Some(daemon) = memcached(&["-m", "64"]) else { return };
    daemon.fill(200, 100_000);
    let run = verify(&json!({"memcached": daemon.endpoint(), "memory_percent": 25}));
    run.assert_only(&[], &[&format!("memcached.memory {}", daemon.endpoint())]);
    assert_eq!(run.seen("memcached.memory"), ("warning", "19 MB of 64 MB hold items (29 %)"));
    verify(&json!({"memcached": daemon.endpoint(), "memory_percent": 30})).assert_only(&[], &[]);
}

#[test]
fn connections_near_the_limit_are_a_warning() {
    // 20 of the 60 are memcached's own.
    let Some(daemon) = memcached(&["-c", "60", "-t", "4"]) else { return };
    let held: Vec<TcpStream> = (0..34).map(|_| answered(daemon.connect())).collect();
    let run = verify(&json!({"memcached": daemon.endpoint()}));
    run.assert_only(&[], &[&format!("memcached.connections {}", daemon.endpoint())]);
    let (_, seen) = run.seen("memcached.connections");
    assert!(seen.contains(" of 40 in use ("), "{seen}");
    drop(held);
}

/// Once memcached has answered, the connection counts.
fn answered(mut stream: TcpStream) -> TcpStream {
    stream.write_all(b"version\r\n").unwrap();
    let mut answer = [0; 64];
    assert!(stream.read(&mut answer).unwrap() > 0);
    stream
}

#[test]
fn refused_connections_are_a_warning_and_a_failure_while_it_lasts() {
    let Some(daemon) = memcached(&["-c", "60"]) else { return };
    let mut held = Vec::new();
    loop {
        let mut stream = daemon.connect();
        // It may have been refused, and closed, before this is sent.
        let _ = stream.write_all(b"version\r\n");
        let mut answer = [0; 64];
        match stream.read(&mut answer) {
            Ok(count) if answer[..count].starts_with(b"VERSION") => held.push(stream),
            _ => break,
        }
    }
    let run = verify(&json!({"memcached": daemon.endpoint()}));
    run.assert_only(&[&format!("memcached.version {}", daemon.endpoint())], &[]);
    assert_eq!(
        run.seen("memcached.version"),
        ("failed", "memcached refused the connection, all of its connections are in use")
    );

    held.truncate(5);
    settle(|| daemon.try_stat("curr_connections").is_some_and(|count| count < 10));
    let rejected = daemon.stat("rejected_connections");
    let run = verify(&json!({"memcached": daemon.endpoint()}));
    run.assert_only(&[], &[&format!("memcached.refused_connections {}", daemon.endpoint())]);
    assert_eq!(
        run.seen("memcached.refused_connections").1,
        format!("all connections were in use: {rejected} refused, accepting stopped 0 times")
    );
}

#[test]
fn a_daemon_that_stops_accepting_is_told_from_its_counter() {
    let Some(daemon) = memcached(&["-c", "60", "-o", "no_maxconns_fast"]) else { return };
    let address = ([127, 0, 0, 1], daemon.port).into();
    let mut held = vec![daemon.connect()];
    // The first is served, and can ask; the last ones find nobody who accepts them.
    while ask(&held[0], "listen_disabled_num") == 0 {
        held.extend(TcpStream::connect_timeout(&address, Duration::from_millis(50)).ok());
    }
    drop(held);
    settle(|| daemon.try_stat("curr_connections").is_some_and(|count| count < 10));
    let run = verify(&json!({"memcached": daemon.endpoint()}));
    run.assert_only(&[], &[&format!("memcached.refused_connections {}", daemon.endpoint())]);
    let (_, seen) = run.seen("memcached.refused_connections");
    assert!(seen.starts_with("all connections were in use: 0 refused, accepting stopped "), "{seen}");
}

/// A number in the statistics, over a connection that is there already.
fn ask(mut stream: &TcpStream, name: &str) -> u64 {
    stream.write_all(b"stats\r\n").unwrap();
    let mut number = None;
    for line in BufReader::new(stream).lines().map(Result::unwrap) {
        if line == "END" {
            break;
        }
        number = line.strip_prefix(&format!("STAT {name} ")).map_or(number, |text| text.parse().ok());
    }
    number.unwrap()
}

fn settle(is_settled: impl Fn() -> bool) {
    for _ in 0..500 {
        if is_settled() {
            return;
        }
        thread::sleep(Duration::from_millis(20));
    }
    panic!("it never settled");
}

#[test]
fn a_server_on_every_address_of_its_host_is_a_warning() {
    let Some(daemon) = memcached(&[]) else { return };
    let seen_as = |act: fn(&str) -> Act| {
        let server = between(daemon.port, act);
        let run = verify(&json!({"memcached": server.endpoint()}));
        run.assert_only(&[], &[&format!("memcached.listening {}", server.endpoint())]);
        run.seen("memcached.listening").1.to_owned()
    };
    assert_eq!(seen_as(|_| Act::Pass(&[("STAT inter 127.0.0.1", "STAT inter NULL")])), "on every address of its host");
    assert_eq!(
        seen_as(|_| Act::Pass(&[("STAT inter 127.0.0.1", "STAT inter 0.0.0.0")])),
        "on every address of its host"
    );
    assert_eq!(
        seen_as(|_| Act::Pass(&[("STAT inter 127.0.0.1", "STAT inter 127.0.0.1,[::]:11211")])),
        "on every address of its host"
    );
    assert_eq!(
        seen_as(|_| Act::Pass(&[("STAT inter 127.0.0.1", "STAT inter 10.0.0.5:11211,203.0.113.9:11211")])),
        "on the public address 203.0.113.9"
    );
}

#[test]
fn several_private_addresses_to_listen_on_are_fine() {
    let Some(daemon) = memcached(&[]) else { return };
    let server = between(daemon.port, |_| {
        Act::Pass(&[("STAT inter 127.0.0.1", "STAT inter 10.0.0.5,127.0.0.1,[fd00::5]:11211")])
    });
    let run = verify(&json!({"memcached": server.endpoint()}));
    run.assert_only(&[], &[]);
    assert_eq!(run.seen("memcached.listening"), ("ok", "on 10.0.0.5, 127.0.0.1, [fd00::5]:11211"));
}

#[test]
fn a_managed_server_that_does_not_tell_its_settings_is_a_warning() {
    let Some(daemon) = memcached(&[]) else { return };
    let server = between(daemon.port, |command| match command {
        "stats settings" => Act::Answer("ERROR\r\n"),
        _ => Act::Pass(&[]),
    });
    let run = verify(&json!({"memcached": server.endpoint()}));
    run.assert_only(&[], &[&format!("memcached.settings {}", server.endpoint())]);
    assert_eq!(run.seen("memcached.settings"), ("warning", "the server does not tell its settings: ERROR"));
    assert_eq!(run.seen("memcached.udp"), ("skipped", "the running settings are not known"));
}

#[test]
fn somebody_elses_use_is_activity() {
    let Some(daemon) = memcached(&[]) else { return };
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            while !stop.load(Ordering::Relaxed) {
                daemon.fill(1, 10);
                thread::sleep(Duration::from_millis(5));
            }
        });
        let options = json!({"memcached": daemon.endpoint(), "activity_seconds": 0.5, "expect_activity": true});
        let run = verify(&options);
        stop.store(true, Ordering::Relaxed);
        run.assert_only(&[], &[]);
        let activity = &run.result["memcached"][0]["activity"];
        assert!(activity["cmd_set"].as_u64().unwrap() > 0, "{activity}");
        assert_eq!(activity["cmd_get"], json!(0));
    });
}

#[test]
fn the_verification_itself_is_no_activity() {
    let Some(daemon) = memcached(&[]) else { return };
    // The same daemon under two names: the round trip of the one must not look like use of the other.
    let names = [daemon.endpoint(), format!("localhost:{}", daemon.port)];
    let run = verify(&json!({"memcached": names, "activity_seconds": 0.3}));
    let expected: Vec<String> = names.iter().map(|name| format!("memcached.activity {name}")).collect();
    run.assert_only(&[], &[&expected[0], &expected[1]]);
    for server in run.result["memcached"].as_array().unwrap() {
        assert_eq!((&server["activity"]["cmd_get"], &server["activity"]["cmd_set"]), (&json!(0), &json!(0)));
    }

    let run = verify(&json!({"memcached": names[0], "activity_seconds": 0.1, "expect_activity": true}));
    run.assert_only(&[&expected[0]], &[]);
    let advice = run.check("memcached.activity")["advice"].as_str().unwrap();
    assert!(advice.starts_with("nobody used the cache: open a page of the platform while this runs"), "{advice}");
}

#[test]
fn many_servers_are_reported_in_the_order_given() {
    let Some(daemon) = memcached(&[]) else { return };
    let servers: Vec<_> = (0..40).map(|_| silent()).collect();
    let mut endpoints: Vec<String> = servers.iter().map(common::fake::Fake::endpoint).collect();
    endpoints.push(daemon.endpoint());
    let run = verify(&json!({"memcached": endpoints, "timeout": 0.5}));
    let seen: Vec<&str> =
        run.result["memcached"].as_array().unwrap().iter().map(|server| server["endpoint"].as_str().unwrap()).collect();
    assert_eq!(seen, endpoints);
    assert_eq!(run.with("failed").len(), 40);
    let message = run.result["msg"].as_str().unwrap();
    let expected = "40 of 492 checks failed: 40 memcached.version. First: memcached.version (";
    assert!(message.starts_with(expected), "{message}");
    assert!(run.with("ok").contains(&format!("memcached.listening {}", daemon.endpoint())));
}

#[test]
fn a_person_reads_a_table_and_gets_an_exit_status() {
    let Some(daemon) = memcached(&[]) else { return };
    let dead = format!("127.0.0.1:{}", free_port());
    let output = command().args(["--memcached", &daemon.endpoint(), "--memcached", &dead]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let endpoint = daemon.endpoint();
    let column = dead.len().max(endpoint.len());
    assert_eq!(
        lines[0],
        format!("ok       memcached.address              {endpoint:column$}  127.0.0.1 is on this host")
    );
    assert_eq!(
        lines[12..16],
        [
            format!("ok       memcached.address              {dead:column$}  127.0.0.1 is on this host"),
            format!(
                "failed   memcached.reachable            {dead:column$}  cannot connect: Connection refused (os error 111)"
            ),
            "         check that memcached runs there, that it listens on this address, and that no firewall is in between"
                .to_owned(),
            format!(
                "skipped  memcached.version              {dead:column$}  not tried, since an earlier step failed (and 9 \
                 more)"
            ),
        ]
    );
    assert!(lines[16].starts_with("edx_verify: failed: 1 of 24 checks failed: "), "{text}");
    assert_eq!(lines.len(), 17);

    let output = command().args(["--memcached", &daemon.endpoint(), "--json"]).output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    let object: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(object["summary"]["ok"], json!(12));
}
