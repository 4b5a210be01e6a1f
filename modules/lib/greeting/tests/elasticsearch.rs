//! Elasticsearch: answers of HTTP as each release and its forks give them.

#![allow(missing_docs, clippy::unwrap_used)]

mod common;

use common::{TIME, greet};
use edx_layout::Layer;
use greeting::{Fault, elasticsearch};

fn said(status: u16, body: &str) -> String {
    match elasticsearch(status, body.as_bytes()) {
        Ok(greeting) => greeting.said,
        Err(fault) => fault.told(TIME),
    }
}

#[test]
fn each_release_tells_its_number() {
    let old = r#"{"status": 200, "name": "x", "version": {"number": "1.5.2"}, "tagline": "You Know, for Search"}"#;
    assert_eq!(said(200, old), "Elasticsearch 1.5.2, asks for no password");
    let new =
        r#"{"cluster_name": "elasticsearch", "version": {"number": "7.10.2"}, "tagline": "You Know, for Search"}"#;
    assert_eq!(said(200, new), "Elasticsearch 7.10.2, asks for no password");
    let fork =
        r#"{"cluster_name": "x", "version": {"distribution": "opensearch", "number": "2.11.0"}, "tagline": "x"}"#;
    assert_eq!(said(200, fork), "OpenSearch 2.11.0, asks for no password");
}

#[test]
fn a_password_is_asked_for() {
    let own =
        r#"{"error": {"type": "security_exception", "reason": "missing authentication credentials"}, "status": 401}"#;
    assert_eq!(said(401, own), "Elasticsearch, asks for a password");
    assert_eq!(said(401, "Unauthorized"), "an HTTP server, asks for a password");
    assert_eq!(elasticsearch(401, b"").unwrap().asks_for_password, Some(true));
}

#[test]
fn it_turns_a_client_away() {
    for (status, advice) in [
        (403, "let the platform's hosts in: see the access policy, or the proxy before it"),
        (503, "it may be starting or overloaded: see its log, and its health (/_cluster/health)"),
        (429, "it may be starting or overloaded: see its log, and its health (/_cluster/health)"),
    ] {
        let fault = elasticsearch(status, b"{}").unwrap_err();
        assert_eq!(fault.told(TIME), format!("Elasticsearch turns this client away: HTTP status {status}"));
        assert_eq!(fault.advice(), advice);
    }
}

#[test]
fn pages_of_others() {
    for (status, body, first) in [
        (200, "<html>\n<body>nginx</body>", "status 200: <html>"),
        (
            404,
            r#"{"version": {"number": "1"}, "tagline": "x"}"#,
            r#"status 404: {"version": {"number": "1"}, "tagline": "x"}"#,
        ),
        (200, r#"{"version": {"number": "1"}}"#, r#"status 200: {"version": {"number": "1"}}"#),
        (200, r#"{"version": "1", "tagline": "x"}"#, r#"status 200: {"version": "1", "tagline": "x"}"#),
        (302, "", "status 302: "),
    ] {
        assert_eq!(said(status, body), format!("the port speaks HTTP ({first:?}), not Elasticsearch's HTTP"));
    }
    let deep = "[".repeat(100_000);
    assert!(said(200, &deep).starts_with("the port speaks HTTP (\"status 200: [["));
}

#[test]
fn without_http_neither_it_nor_files_are_asked() {
    for layer in [Layer::Elasticsearch, Layer::Files] {
        let fault = greet(layer, 9).unwrap_err();
        assert!(matches!(fault, Fault::NotAsked(found) if found == layer), "{fault:?}");
    }
}
