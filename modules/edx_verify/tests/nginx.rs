//! Heartbeats asked for through a real nginx: a healthy platform behind it, and all that nginx says in its place.

#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

#[path = "../../lib/http/tests/common/certificates.rs"]
#[allow(dead_code, reason = "a part of it is used")]
mod certificates;
mod common;

use std::fs;
use std::io::Write;
use std::net::TcpListener;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use ansible_protocol::json;
use certificates::Authority;
use common::daemon::free_port;
use common::nginx::{HEARTBEAT as LOCATION, Nginx, Settings, nginx, own_address};
use common::tree::{Tree, any_memcached};
use common::web::{Web, always, heartbeat, json_page, mute, raw, raw_on, well};
use common::{Run, command, verify, verify_by};

const HEARTBEAT: &str = "platform.heartbeat";

const NOT_THE_PROGRAM: &str = "ask the program itself, behind nginx: LMS at http://127.0.0.1:8000/heartbeat, Studio at port 8010; while \
                               /edx/var/nginx/server-static/maintenance_heartbeat.txt exists, nginx answers in their place";
const BEHIND: &str = "nginx answers, and the program behind it does not: see whether it runs (/edx/bin/supervisorctl status), and its \
                      log in /edx/var/log/supervisor";
const WELL: (&str, &str, &str) = ("ok", "well: modulestore, sql", "");

/// With plain HTTP, in front of what listens on this port.
fn before(platform: u16, server: &str) -> Option<Nginx> {
    nginx(&Settings { platform, host: own_address(), certificate: None, server })
}

/// With plain HTTP and TLS, by a certificate of this authority.
fn before_by_tls(platform: &Web, authority: &Authority, server: &str) -> Option<Nginx> {
    let host = own_address();
    let certificate = authority.certificate(&format!("IP:{host}"));
    let certificate = Some((certificate.path.as_path(), certificate.key.as_path()));
    nginx(&Settings { platform: platform.port(), host, certificate, server })
}

/// Asks once.
fn ask(url: &str) -> Run {
    verify(&json!({"heartbeats": [url], "heartbeat_timeout": 0.5}))
}

#[track_caller]
fn assert_well(url: &str) {
    assert_eq!(verify(&json!({"heartbeats": [url]})).about(HEARTBEAT, url), WELL);
}

#[track_caller]
fn assert_failed(url: &str, seen: &str, advice: &str) {
    assert_eq!(ask(url).about(HEARTBEAT, url), ("failed", seen, advice));
}

#[test]
fn a_healthy_platform_behind_nginx_passes() {
    let lms = always(well());
    let Some(nginx) = before(lms.port(), LOCATION) else { return };
    assert_well(&nginx.http());
    assert_eq!(lms.requests().len(), 1, "it is the platform that was asked");
}

#[test]
fn a_platform_that_is_not_well_is_told_so_through_nginx() {
    let lms = always(heartbeat(&[("modulestore", true, "OK"), ("sql", false, "fail")]));
    let Some(nginx) = before(lms.port(), LOCATION) else { return };
    let advice = "the program runs, and something that it needs does not: see whether MySQL can be reached where its settings \
                  file says, and its log in /edx/var/log/supervisor";
    assert_failed(&nginx.http(), "status 503, not well: sql (fail)", advice);
}

#[test]
fn a_healthy_platform_behind_nginx_with_tls_passes_where_its_authority_is_known() {
    let (lms, authority) = (always(well()), Authority::new());
    let Some(nginx) = before_by_tls(&lms, &authority, LOCATION) else { return };
    let url = nginx.https();
    let run = verify(&json!({"heartbeats": [url], "ca_path": authority.own.path}));
    assert_eq!(run.about(HEARTBEAT, &url), WELL);

    let run = verify_by(
        command().env("SSL_CERT_FILE", Authority::new().own.path),
        &json!({"heartbeats": [url], "heartbeat_timeout": 0.5}),
    );
    let advice = "where it comes from an authority of your own, give that one's certificate with ca_path; otherwise see whether \
                  the server sends the whole chain (ssl_certificate in nginx)";
    let seen = "the certificate is not accepted: no known authority has issued it";
    assert_eq!(run.about(HEARTBEAT, &url), ("failed", seen, advice));
    assert_eq!(lms.requests().len(), 1, "and nothing was asked for then");
}

#[test]
fn the_static_heartbeat_of_nginx_fails_while_its_file_is_there() {
    let lms = always(well());
    let Some(nginx) = before(lms.port(), LOCATION) else { return };
    let (file, url) = (nginx.file("maintenance_heartbeat.txt"), nginx.http());
    for (text, what) in [("OK\n", "text that is not JSON"), ("", "an empty body")] {
        fs::write(&file, text).unwrap();
        assert_failed(&url, &format!("status 200, but no heartbeat: {what}"), NOT_THE_PROGRAM);
    }
    assert_eq!(lms.requests(), [""; 0], "the platform, well as it is, was not asked");

    fs::remove_file(&file).unwrap();
    assert_well(&url);
}

#[test]
fn a_maintenance_page_fails_with_either_status() {
    let lms = always(well());
    for (server, seen) in [
        (
            "location /heartbeat { if (-f $document_root/maintenance.html) { return 503; } try_files /none @lms; }
             error_page 503 /maintenance.html;",
            "status 503: an HTML page, \"Back soon\"",
        ),
        (
            "location /heartbeat { try_files /maintenance.html @lms; }",
            "status 200, but no heartbeat: an HTML page, \"Back soon\"",
        ),
    ] {
        let Some(nginx) = before(lms.port(), server) else { return };
        let page = nginx.file("maintenance.html");
        fs::write(&page, "<!doctype html><title>Back soon</title><p>We are updating.").unwrap();
        assert_failed(&nginx.http(), seen, NOT_THE_PROGRAM);
        fs::remove_file(&page).unwrap();
        assert_well(&nginx.http());
    }
}

#[test]
fn nginx_without_the_program_behind_it_fails_until_that_runs() {
    let port = free_port();
    let Some(nginx) = before(port, LOCATION) else { return };
    let url = nginx.http();
    assert_failed(&url, "status 502: an HTML page, \"502 Bad Gateway\"", BEHIND);

    thread::spawn(move || {
        thread::sleep(Duration::from_millis(700));
        raw_on(&TcpListener::bind(("127.0.0.1", port)).unwrap(), |_, mut stream| {
            let _ = stream.write_all(well().as_bytes());
        })
    });
    let run = verify(&json!({"heartbeats": [url], "heartbeat_timeout": 20}));
    let (status, seen) = run.seen(HEARTBEAT);
    assert_eq!(status, "ok");
    assert!(seen.starts_with("well: modulestore, sql, after "), "{seen}");
    assert!(seen.ends_with(" s (at first: status 502: an HTML page, \"502 Bad Gateway\")"), "{seen}");
}

#[test]
fn a_page_of_ones_own_for_a_bad_gateway_is_still_one() {
    let server = format!("{LOCATION} error_page 502 504 /server-error.html;");
    let Some(nginx) = before(free_port(), &server) else { return };
    fs::write(nginx.file("server-error.html"), "<title>Something went wrong</title>").unwrap();
    assert_failed(&nginx.http(), "status 502: an HTML page, \"Something went wrong\"", BEHIND);
}

#[test]
fn a_program_that_is_too_slow_for_nginx_fails() {
    let lms = mute();
    let Some(nginx) = before(lms.port(), LOCATION) else { return };
    let url = nginx.http();
    let run = verify(&json!({"heartbeats": [url], "heartbeat_timeout": 3}));
    let (status, seen, advice) = run.about(HEARTBEAT, &url);
    assert_eq!((status, advice), ("failed", BEHIND));
    // On a slow machine the second time is cut off.
    let seen = seen.strip_suffix("; asked again, it did not answer before 3s were over").unwrap_or(seen);
    assert_eq!(seen, "status 504: an HTML page, \"504 Gateway Time-out\"");

    // Before nginx gives up.
    let advice = "see the program's log in /edx/var/log/supervisor: it may still be starting, or wait for a database or another \
                  server that does not answer";
    assert_failed(&url, "no answer within 500ms", advice);
}

#[test]
fn a_program_that_was_too_slow_once_passes() {
    let asked = AtomicUsize::new(0);
    let lms = raw(move |_, mut stream| {
        if asked.fetch_add(1, Ordering::Relaxed) == 0 {
            thread::sleep(Duration::from_secs(5));
        }
        let _ = stream.write_all(well().as_bytes());
    });
    let Some(nginx) = before(lms.port(), LOCATION) else { return };
    let run = verify(&json!({"heartbeats": [nginx.http()], "heartbeat_timeout": 20}));
    let (status, seen) = run.seen(HEARTBEAT);
    assert_eq!(status, "ok");
    assert!(seen.ends_with(" s (at first: status 504: an HTML page, \"504 Gateway Time-out\")"), "{seen}");
}

#[test]
fn a_program_that_closes_without_a_word_is_a_bad_gateway() {
    let lms = always("");
    let Some(nginx) = before(lms.port(), LOCATION) else { return };
    assert_failed(&nginx.http(), "status 502: an HTML page, \"502 Bad Gateway\"", BEHIND);
}

#[test]
fn nginx_that_sends_everybody_to_https_is_not_followed_and_passes_there() {
    let (lms, authority) = (always(well()), Authority::new());
    let server = format!("if ($scheme = http) {{ return 301 https://$host:8443$request_uri; }} {LOCATION}");
    let Some(nginx) = before_by_tls(&lms, &authority, &server) else { return };
    let seen = format!("status 301, a redirect to {}, which is not followed", nginx.https());
    assert_failed(&nginx.http(), &seen, NOT_THE_PROGRAM);
    assert_eq!(lms.requests(), [""; 0]);

    let run = verify(&json!({"heartbeats": [nginx.https()], "ca_path": authority.own.path}));
    assert_eq!(run.about(HEARTBEAT, &nginx.https()), WELL);
}

#[test]
fn plain_http_on_the_port_for_tls_and_tls_on_the_port_for_plain_http() {
    let (lms, authority) = (always(well()), Authority::new());
    let Some(nginx) = before_by_tls(&lms, &authority, LOCATION) else { return };
    let [plain, tls] = nginx.crossed();
    assert_failed(
        &plain,
        "the port speaks TLS, not plain HTTP",
        "ask for https:// there, or check the port: LMS listens on 8000 and Studio on 8010, with plain HTTP, behind nginx",
    );
    assert_failed(
        &tls,
        "the port speaks plain HTTP, not TLS",
        "ask for http:// there, or check the port: nginx, or the load balancer, speaks HTTPS on 443",
    );
    assert_eq!(lms.requests(), [""; 0]);
    assert_well(&nginx.http());
}

/// Sees what the look at all layers says of the one that the settings take to be at a port of nginx.
#[track_caller]
fn assert_layer(tree: &Tree, name: &str, subject: &str, seen: &str, advice: &str) {
    let run = tree.verify(&json!({"timeout": 1}));
    run.assert_only(&[&format!("{name} {subject}")], &[]);
    assert_eq!(run.about(name, subject), ("failed", seen, advice));
}

#[test]
fn a_data_server_that_is_a_port_of_nginx_is_told_as_what_it_is() {
    const ANOTHER_PROGRAM: &str = "check the host and the port: another program listens there";
    let (lms, authority) = (always(well()), Authority::new());
    let Some(nginx) = before_by_tls(&lms, &authority, LOCATION) else { return };
    let (plain, tls) = nginx.places();
    let memcached = any_memcached();
    let new = || Tree::new(&memcached);
    // It waits for its client's first word, and so does a client of MySQL.
    let advice = "check that the port is its own; a server that looks up its clients' names in vain is late too: \
                  skip_name_resolve turns that off";
    let seen = "no greeting within 1s, and a MySQL server speaks first";
    for place in [&plain, &tls] {
        assert_layer(&new().mysql(place), "mysql.answers", place, seen, advice);
    }

    let http = "the port speaks HTTP (\"HTTP/1.1 400 Bad Request\")";
    for place in [&plain, &tls] {
        assert_layer(&new().redis(place), "redis.answers", place, &format!("{http}, not Redis"), ANOTHER_PROGRAM);
    }
    let mut with_tls = new().redis(&plain);
    with_tls.edxapp["CELERY_BROKER_USE_SSL"] = json!(true);
    assert_layer(&with_tls, "redis.answers", &plain, &format!("{http}, not Redis"), ANOTHER_PROGRAM);
    assert_eq!(lms.requests(), [""; 0]);
}

#[test]
fn a_search_index_behind_nginx_passes_where_the_settings_have_tls_as_it_has() {
    let (authority, server) = (Authority::new(), "location / { try_files /none @lms; }");
    let index = always(json_page(200, &json!({"cluster_name": "edx", "version": {"number": "7.17.9"}})));
    let Some(nginx) = before_by_tls(&index, &authority, server) else { return };
    let name = "elasticsearch.answers";
    let (plain, tls) = nginx.places();
    let memcached = any_memcached();
    let tree = |place: &str, has_tls: bool| {
        let mut tree = Tree::new(&memcached).search(place);
        tree.forum_env.clear();
        tree.edxapp["ELASTIC_SEARCH_CONFIG"][0]["use_ssl"] = json!(has_tls);
        tree
    };
    assert_layer(
        &tree(&tls, false),
        name,
        &tls,
        "the port speaks TLS, not Elasticsearch's HTTP",
        "turn on TLS in the platform's settings for this server, or give its port without TLS",
    );
    assert_layer(
        &tree(&plain, true),
        name,
        &plain,
        "the platform speaks TLS to it, and this Elasticsearch server does not",
        "turn on TLS in the server and give its port for it, or turn TLS off in the platform's settings",
    );
    assert_eq!(index.requests(), [""; 0]);
    for (place, has_tls) in [(&plain, false), (&tls, true)] {
        let run = tree(place, has_tls).verify(&json!({"ca_path": authority.own.path}));
        assert_eq!(run.about(name, place), ("ok", "Elasticsearch 7.17.9, asks for no password", ""));
    }
}
