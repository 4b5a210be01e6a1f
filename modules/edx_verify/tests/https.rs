//! A platform that is asked with TLS, by Ansible's options.

#![allow(missing_docs, clippy::unwrap_used)]

mod common;
#[path = "../../lib/http/tests/common/mod.rs"]
mod tls;

use ansible_protocol::json;
use common::web::well;
use common::{command, verify, verify_by};
use tls::certificates::Authority;
use tls::server_with;

const HEARTBEAT: &str = "platform.heartbeat";

#[test]
fn a_platform_behind_tls_is_asked_where_its_certificate_is_accepted() {
    let authority = Authority::new();
    let answers = json!({"answers": {"/heartbeat": well()}});
    let lms = server_with(&authority.certificate("DNS:localhost"), &answers);
    let url = lms.url("/heartbeat").to_string();
    for options in [
        json!({"heartbeats": [url], "ca_path": authority.own.path}),
        json!({"heartbeats": [url], "validate_certs": false}),
    ] {
        let run = verify(&options);
        assert_eq!(run.about(HEARTBEAT, &url), ("ok", "well: modulestore, sql", ""));
    }

    let run = verify_by(
        command().env("SSL_CERT_FILE", Authority::new().own.path),
        &json!({"heartbeats": [url], "heartbeat_timeout": 0.9}),
    );
    assert_eq!(
        run.about(HEARTBEAT, &url),
        (
            "failed",
            "the certificate is not accepted: no known authority has issued it",
            "where it comes from an authority of your own, give that one's certificate with ca_path; otherwise see whether \
             the server sends the whole chain (ssl_certificate in nginx)"
        )
    );
}

#[test]
fn what_this_host_trusts_is_trusted() {
    let authority = Authority::new();
    let lms = server_with(&authority.certificate("DNS:localhost"), &json!({"answers": {"/heartbeat": well()}}));
    let url = lms.url("/heartbeat").to_string();
    let run = verify_by(command().env("SSL_CERT_FILE", &authority.own.path), &json!({"heartbeats": [url]}));
    assert_eq!(run.about(HEARTBEAT, &url), ("ok", "well: modulestore, sql", ""));
}

#[test]
fn a_host_that_knows_no_authority_is_told_how_to_get_some() {
    let authority = Authority::new();
    let lms = server_with(&authority.certificate("DNS:localhost"), &json!({"answers": {"/heartbeat": well()}}));
    let url = lms.url("/heartbeat").to_string();
    let without = || {
        let mut command = command();
        command.env("SSL_CERT_FILE", "/no/such/file");
        command
    };
    let run = verify_by(&mut without(), &json!({"heartbeats": [url], "heartbeat_timeout": 0.9}));
    assert_eq!(
        run.about(HEARTBEAT, &url),
        (
            "failed",
            "no certificate can be checked: this host knows no authority (in /no/such/file)",
            "install the package ca-certificates, or give the certificate of the server's authority with ca_path"
        )
    );
    for options in [
        json!({"heartbeats": [url], "ca_path": authority.own.path}),
        json!({"heartbeats": [url], "validate_certs": false}),
    ] {
        let run = verify_by(&mut without(), &options);
        assert_eq!(run.about(HEARTBEAT, &url), ("ok", "well: modulestore, sql", ""));
    }
}

#[test]
fn a_port_that_waits_for_plain_http_ends_with_the_time() {
    let lms = common::web::always("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
    let url = lms.url("/heartbeat").replace("http://", "https://");
    let run = verify(&json!({"heartbeats": [url], "heartbeat_timeout": 0.4}));
    assert_eq!(run.about(HEARTBEAT, &url).1, "the TLS handshake was not over within 400ms");
}
