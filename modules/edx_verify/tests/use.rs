//! Who uses which cache while the platform is asked for pages: real memcacheds, and a platform that uses them from an
//! address of its own.

#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

mod common;

use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, SocketAddrV4, TcpStream};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use ansible_protocol::{Value, json};
use common::daemon::{Daemon, free_port, memcached, memcached_on};
use common::fake::{Act, between};
use common::verify;
use common::web::{Web, always, web, well};
use rustix::net::{AddressFamily, SocketType};

const CLIENTS: &str = "memcached.clients";
const CONNS: &str = "stats conns";
const REPLACED: &str = "memcached.replaced";

/// An application server; loopback has many addresses.
const APP1: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);
const APP2: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 3);

/// A connection from this address to a cache.
fn connect(from: Ipv4Addr, port: u16) -> TcpStream {
    let socket = rustix::net::socket(AddressFamily::INET, SocketType::STREAM, None).unwrap();
    rustix::net::bind(&socket, &SocketAddrV4::new(from, 0)).unwrap();
    rustix::net::connect(&socket, &SocketAddrV4::new(Ipv4Addr::LOCALHOST, port)).unwrap();
    TcpStream::from(socket)
}

/// Reads a session, as each page does.
fn read_session(mut stream: &TcpStream) {
    stream.write_all(b"get session\r\n").unwrap();
    let mut line = String::new();
    BufReader::new(stream).read_line(&mut line).unwrap();
    assert_eq!(line, "END\r\n");
}

/// A platform that hangs up at the end of each page, as Django does.
fn hanging_up(from: Ipv4Addr, port: u16) -> Web {
    web(move |_| {
        read_session(&connect(from, port));
        well()
    })
}

/// A platform that keeps its connection.
fn persistent(from: Ipv4Addr, port: u16) -> Web {
    let connection = Mutex::new(connect(from, port));
    web(move |_| {
        read_session(&connection.lock().unwrap());
        well()
    })
}

fn options(cache: &Daemon, pages: &[&Web], others: &Value) -> Value {
    let pages: Vec<String> = pages.iter().map(|platform| platform.url("/login")).collect();
    let mut options = json!({"memcached": [cache.endpoint()], "traffic": pages});
    for (name, value) in others.as_object().unwrap() {
        options[name] = value.clone();
    }
    options
}

#[test]
fn a_client_that_keeps_its_connection_is_seen() {
    let Some(cache) = memcached(&[]) else { return };
    let platform = persistent(APP1, cache.port);
    let run = verify(&options(&cache, &[&platform], &json!({"memcached_clients": ["127.0.0.2"]})));
    run.assert_only(&[], &[]);
    let seen = format!("1 connection to {}", cache.endpoint());
    assert_eq!(run.about(CLIENTS, "127.0.0.2"), ("ok", seen.as_str(), ""));
}

#[test]
fn a_client_that_hangs_up_after_each_page_is_seen_as_pages_are_asked_for_again() {
    let Some(cache) = memcached(&[]) else { return };
    let platform = hanging_up(APP1, cache.port);
    let run = verify(&options(&cache, &[&platform], &json!({"memcached_clients": ["127.0.0.2"]})));
    run.assert_only(&[], &[]);
    let (status, seen, _) = run.about(CLIENTS, "127.0.0.2");
    assert_eq!(status, "ok");
    assert!(seen.ends_with(&format!(" to {}", cache.endpoint())), "{seen}");
}

#[test]
fn a_client_that_uses_another_cache_fails_and_the_others_pass() {
    let (Some(cache), Some(other)) = (memcached(&[]), memcached(&[])) else { return };
    let (one, two) = (persistent(APP1, cache.port), persistent(APP2, other.port));
    let clients = json!({"memcached_clients": ["127.0.0.2", "127.0.0.3"], "timeout": 1});
    let run = verify(&options(&cache, &[&one, &two], &clients));
    run.assert_only(&[&format!("{CLIENTS} 127.0.0.3")], &[]);
    let seen = format!("no connection from it to {} was seen, but from 127.0.0.2", cache.endpoint());
    let advice = "see whether its settings files point there, whether it was restarted since, and whether pages of it were asked for";
    assert_eq!(run.about(CLIENTS, "127.0.0.3"), ("failed", seen.as_str(), advice));
}

/// Whoever is just being answered has another state than whoever waits.
#[test]
fn a_client_that_was_there_at_first_and_is_busy_at_every_later_look_is_seen() {
    static LOOKS: AtomicUsize = AtomicUsize::new(0);
    let Some(cache) = memcached(&[]) else { return };
    let go_between = between(cache.port, |command| match command {
        CONNS if LOOKS.fetch_add(1, Ordering::SeqCst) == 0 => {
            Act::Answer("STAT 26:addr tcp:127.0.0.2:40312\r\nSTAT 26:state conn_read\r\nEND\r\n")
        }
        CONNS => Act::Answer("STAT 26:addr tcp:127.0.0.2:40312\r\nSTAT 26:state conn_parse_cmd\r\nEND\r\n"),
        _ => Act::Pass(&[]),
    });
    let platform = hanging_up(APP2, cache.port);
    let run = verify(&json!({
        "memcached": [go_between.endpoint()], "traffic": [platform.url("/login")], "memcached_clients": ["127.0.0.2"],
        "timeout": 2,
    }));
    run.assert_only(&[], &[]);
    assert!(LOOKS.load(Ordering::SeqCst) > 1);
}

/// A conversation that ended just before may still be in the server's list.
#[test]
fn a_connection_that_was_on_its_way_out_at_the_first_look_is_no_client() {
    static LOOKS: AtomicUsize = AtomicUsize::new(0);
    let Some(cache) = memcached(&[]) else { return };
    let go_between = between(cache.port, |command| match command {
        CONNS if LOOKS.fetch_add(1, Ordering::SeqCst) == 0 => {
            Act::Answer("STAT 26:addr tcp:127.0.0.1:40312\r\nSTAT 26:state conn_read\r\nEND\r\n")
        }
        CONNS => Act::Answer("STAT 27:addr tcp:127.0.0.1:40313\r\nSTAT 27:state conn_parse_cmd\r\nEND\r\n"),
        _ => Act::Pass(&[]),
    });
    let run = verify(&json!({"memcached": [go_between.endpoint()], "memcached_clients": ["self"]}));
    run.assert_only(&[&format!("{CLIENTS} this server")], &[]);
}

#[test]
fn two_caches_are_watched_together() {
    let (Some(cache), Some(other)) = (memcached(&[]), memcached(&[])) else { return };
    let (one, two) = (persistent(APP1, cache.port), hanging_up(APP2, other.port));
    let run = verify(&json!({
        "memcached": [cache.endpoint(), other.endpoint()], "traffic": [one.url("/login"), two.url("/login")],
        "memcached_clients": ["127.0.0.2", "127.0.0.3"],
    }));
    run.assert_only(&[], &[]);
}

#[test]
fn this_server_is_seen_by_its_own_address_and_never_by_this_verification() {
    let Some(cache) = memcached(&[]) else { return };
    // The module itself looks from 127.0.0.1; the platform of another server from elsewhere.
    let other = persistent(APP1, cache.port);
    for _ in 0..5 {
        let run = verify(&options(&cache, &[&other], &json!({"memcached_clients": ["self"], "timeout": 0.5})));
        run.assert_only(&[&format!("{CLIENTS} this server")], &[]);
    }
    let run = verify(&json!({"memcached": [cache.endpoint()], "memcached_clients": ["self"], "timeout": 0.5}));
    run.assert_only(&[&format!("{CLIENTS} this server")], &[]);

    for platform in [persistent(Ipv4Addr::LOCALHOST, cache.port), hanging_up(Ipv4Addr::LOCALHOST, cache.port)] {
        let run = verify(&options(&cache, &[&platform], &json!({"memcached_clients": ["self"]})));
        run.assert_only(&[], &[]);
        assert_eq!(run.about(CLIENTS, "this server").0, "ok");
    }
}

#[test]
fn a_memcached_that_does_not_tell_its_connections_says_nothing_of_clients() {
    let Some(cache) = memcached(&[]) else { return };
    let unknown = "the server does not answer stats conns; an old memcached, or a managed one, may not know it";
    let late = "no answer to stats conns within 1s; check the network, the firewall, and that this is memcached";
    let acts: [fn(&str) -> Act; 3] = [
        |command| if command == CONNS { Act::Answer("ERROR\r\n") } else { Act::Pass(&[]) },
        |command| if command == CONNS { Act::Answer("END\r\n") } else { Act::Pass(&[]) },
        |command| if command == CONNS { Act::Endless("STAT 1:state idle\r\n") } else { Act::Pass(&[]) },
    ];
    for (act, why) in acts.into_iter().zip([unknown, unknown, late]) {
        let go_between = between(cache.port, act);
        let platform = persistent(APP1, cache.port);
        let run = verify(&json!({
            "memcached": [go_between.endpoint()], "traffic": [platform.url("/login")],
            "memcached_clients": ["127.0.0.2"], "timeout": 1,
        }));
        run.assert_only(&[], &[]);
        let seen = format!("{}: {why}", go_between.endpoint());
        assert_eq!(run.about(CLIENTS, "127.0.0.2"), ("skipped", seen.as_str(), ""));
    }
}

#[test]
fn clients_need_caches_and_have_addresses() {
    for (options, message) in [
        (
            json!({"memcached_clients": ["127.0.0.2"], "heartbeats": ["http://127.0.0.1:1/"]}),
            "'memcached_clients' is judged by what the cache servers that the platform should use say: give them in 'memcached'",
        ),
        (
            json!({"memcached": ["127.0.0.1"], "memcached_clients": ["app1"]}),
            "memcached_clients: \"app1\" is no address; write one, as 172.31.5.1, or self for this server",
        ),
        (
            json!({"memcached_replaced": ["127.0.0.1"], "heartbeats": ["http://127.0.0.1:1/"]}),
            "'memcached_replaced' is judged by what the cache servers that the platform should use say: give them in 'memcached'",
        ),
    ] {
        assert_eq!(verify(&options).result["msg"], json!(message));
    }
}

#[test]
fn a_replaced_cache_that_nobody_uses_passes_and_so_does_one_that_is_gone() {
    let (Some(cache), Some(old)) = (memcached(&[]), memcached(&[])) else { return };
    let platform = hanging_up(APP1, cache.port);
    let run = verify(&options(&cache, &[&platform], &json!({"memcached_replaced": [old.endpoint()]})));
    run.assert_only(&[], &[]);
    assert_eq!(run.about(REPLACED, &old.endpoint()), ("ok", "nobody asked it for anything meanwhile", ""));

    let gone = format!("127.0.0.1:{}", free_port());
    let run = verify(&options(&cache, &[&platform], &json!({"memcached_replaced": [gone]})));
    run.assert_only(&[], &[]);
    assert_eq!(run.about(REPLACED, &gone), ("ok", "nobody listens there, so nobody uses it", ""));
}

#[test]
fn a_replaced_cache_that_a_page_still_uses_fails() {
    let (Some(cache), Some(old)) = (memcached(&[]), memcached(&[])) else { return };
    let (new, forgotten) = (hanging_up(APP1, cache.port), hanging_up(APP1, old.port));
    let run = verify(&options(&cache, &[&new, &forgotten], &json!({"memcached_replaced": [old.endpoint()]})));
    run.assert_only(&[&format!("{REPLACED} {}", old.endpoint())], &[]);
    let advice =
        "something still uses it: see which settings files name it, and whether all programs were restarted since";
    assert_eq!(run.about(REPLACED, &old.endpoint()), ("failed", "1 command reached it meanwhile", advice));
}

#[test]
fn a_replaced_cache_that_counts_anew_or_does_not_count_says_nothing() {
    let (Some(cache), Some(old)) = (memcached(&[]), memcached(&[])) else { return };
    let port = cache.port;
    let untold = between(old.port, |_| Act::Pass(&[("STAT cmd_get ", "STAT not_cmd_get ")]));
    let platform = hanging_up(APP1, port);
    let run = verify(&options(&cache, &[&platform], &json!({"memcached_replaced": [untold.endpoint()]})));
    run.assert_only(&[], &[]);
    let seen = "it does not tell cmd_get and cmd_set";
    assert_eq!(run.about(REPLACED, &untold.endpoint()), ("skipped", seen, ""));

    let (old_port, endpoint) = (old.port, old.endpoint());
    let old = std::sync::Arc::new(Mutex::new(Some(old)));
    let shared = std::sync::Arc::clone(&old);
    let restarting = web(move |_| {
        read_session(&connect(APP1, port));
        let mut old = shared.lock().unwrap();
        *old = None;
        *old = memcached_on(old_port, &[]);
        well()
    });
    let run = verify(&options(&cache, &[&restarting], &json!({"memcached_replaced": [endpoint]})));
    drop(old.lock().unwrap().take());
    run.assert_only(&[], &[]);
    assert_eq!(run.about(REPLACED, &endpoint), ("skipped", "it was restarted, or counts anew", ""));
}

#[test]
fn a_replaced_cache_is_watched_while_a_platform_is_asked_that_does_not_answer() {
    let (Some(cache), Some(old)) = (memcached(&[]), memcached(&[])) else { return };
    let broken = always("HTTP/1.1 500 Status\r\nContent-Length: 0\r\n\r\n");
    let run = verify(&options(&cache, &[&broken], &json!({"memcached_replaced": [old.endpoint()]})));
    run.assert_only(&[&format!("memcached.use {}", cache.endpoint())], &[]);
    assert_eq!(run.about(REPLACED, &old.endpoint()).0, "ok");
}
