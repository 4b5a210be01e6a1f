//! Servers that are slow, silent, endless, or something else: each ends in a clear word, in time and within bounds.

#![allow(missing_docs, clippy::unwrap_used)]

mod common;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use common::certificates::Authority;
use common::{AGENT, LIMIT, get, listener, plain_server, seen, server, server_with, told, trusting};
use http::{Client, Tls, Url};
use net::Direct;
use serde_json::json;

const SHORT: Duration = Duration::from_millis(400);
const IS_IT_THE_PORT: &str = "check the port: nginx, or the load balancer, speaks HTTPS on 443";
const MAY_BE_PLAIN: &str = "check the port: one that speaks plain HTTP may wait, or close the connection, like this; otherwise see the log of \
                            nginx, or of the load balancer";

/// What is said within a short time.
fn told_soon(tls: &Tls, url: &Url) -> String {
    let start = Instant::now();
    let fault = Client::new(&Direct, tls, AGENT).get(url, start + SHORT, LIMIT).unwrap_err();
    assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
    fault.told(SHORT)
}

fn on(port: u16) -> Url {
    Url::parse(&format!("https://127.0.0.1:{port}/")).unwrap()
}

/// A listener that hears the first word, and says this.
fn saying(said: impl Into<Vec<u8>>) -> Url {
    let said = said.into();
    on(listener(move |mut stream: TcpStream| {
        let _ = stream.read(&mut [0; 4096]);
        let _ = stream.write_all(&said);
    }))
}

fn page(status: u16, body: &str) -> String {
    format!("HTTP/1.1 {status} Status\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

#[test]
fn a_port_that_speaks_plain_http_is_recognised() {
    let url = saying(b"HTTP/1.1 400 Bad Request\r\n\r\n");
    assert_eq!(told(&Tls::default(), &url), "the port speaks plain HTTP, not TLS");
    assert_eq!(
        get(&Tls::default(), &url).unwrap_err().advice(&url),
        "ask for http:// there, or check the port: nginx, or the load balancer, speaks HTTPS on 443"
    );
}

#[test]
fn a_port_that_speaks_tls_is_recognised_where_plain_http_was_asked_for() {
    for said in [
        // An alert: a record that it cannot read.
        "\x15\x03\x03\0\x02\x02\x46".to_owned(),
        // nginx, and Apache.
        page(400, "<center>The plain HTTP request was sent to HTTPS port</center>"),
        page(400, "Reason: You're speaking plain HTTP to an SSL-enabled server port.<br />"),
    ] {
        let url = Url::parse(&saying(said).to_string().replace("https", "http")).unwrap();
        assert_eq!(told(&Tls::default(), &url), "the port speaks TLS, not plain HTTP");
    }
    let url = Url::parse(&saying(page(400, "Bad Request")).to_string().replace("https", "http")).unwrap();
    assert_eq!(get(&Tls::default(), &url).unwrap().status, 400, "another one is an answer");
}

#[test]
fn another_protocol_on_the_port_is_recognised() {
    for (said, expected) in [
        (&b"SSH-2.0-OpenSSH_9.2\r\n"[..], "the answer is not TLS (\"SSH-2.0-OpenSSH_9.2\")"),
        (b"\x15\x02\x00", "the answer is not TLS (\"\\u{15}\\u{2}\\0\")"),
        (b"", "the connection was closed in the TLS handshake"),
        (b"\x16\x03\x03\x00", "the connection was closed in the TLS handshake"),
        (
            b"\x16\x03\x03\x00\x04abcd",
            "the server's TLS is not valid (received corrupt message of type HandshakePayloadTooLarge)",
        ),
    ] {
        let url = saying(said);
        let fault = get(&Tls::default(), &url).unwrap_err();
        assert_eq!(fault.told(SHORT), expected);
        assert!([IS_IT_THE_PORT, MAY_BE_PLAIN].contains(&fault.advice(&url)));
    }
}

#[test]
fn a_server_that_says_nothing_in_the_handshake_ends_with_the_time() {
    let kept = listener(|mut stream| {
        thread::spawn(move || stream.read_to_end(&mut Vec::new()));
    });
    assert_eq!(told_soon(&Tls::default(), &on(kept)), "the TLS handshake was not over within 400ms");
    let fault = Client::new(&Direct, &Tls::default(), AGENT).get(&on(kept), Instant::now() + SHORT, LIMIT).unwrap_err();
    assert!(fault.is_out_of_time());
    assert_eq!(fault.advice(&on(kept)), MAY_BE_PLAIN);

    // A record that never ends.
    let dripping = listener(|mut stream| {
        thread::spawn(move || {
            let _ = stream.write_all(b"\x16\x03\x03\x40\x00\x02\x00\x3f\xfc");
            while stream.write_all(b"\x03").is_ok() {
                thread::sleep(Duration::from_millis(10));
            }
        });
    });
    assert_eq!(told_soon(&Tls::default(), &on(dripping)), "the TLS handshake was not over within 400ms");
}

#[test]
fn a_server_that_breaks_the_connection_in_the_handshake_is_told() {
    let reset = listener(|stream| {
        // What was sent is not read: the kernel answers the close with a reset.
        stream.peek(&mut [0]).unwrap();
    });
    assert_eq!(
        told(&Tls::default(), &on(reset)),
        "the connection broke in the TLS handshake: Connection reset by peer (os error 104)"
    );
}

#[test]
fn a_server_that_is_too_old_is_told() {
    let authority = Authority::new();
    let certificate = authority.certificate("DNS:localhost");
    let old = server_with(&certificate, &json!({"version": "1.1"}));
    let fault = get(&trusting(&authority.own), &old.url("/")).unwrap_err();
    assert_eq!(fault.told(SHORT), "the server does not speak TLS 1.2 or newer");
    assert_eq!(fault.advice(&old.url("/")), "let it speak TLS 1.2 or newer (ssl_protocols in nginx)");

    let older = server_with(&certificate, &json!({"version": "1.2"}));
    assert_eq!(seen(&get(&trusting(&authority.own), &older.url("/")).unwrap())["version"], "TLSv1.2");
}

#[test]
fn a_server_that_wants_a_certificate_of_the_client_is_told() {
    let authority = Authority::new();
    let certificate = authority.certificate("DNS:localhost");
    for (version, alert) in [(json!(null), "CertificateRequired"), (json!("1.2"), "HandshakeFailure")] {
        let server = server_with(&certificate, &json!({"wants_certificate": true, "version": version}));
        assert_eq!(
            told(&trusting(&authority.own), &server.url("/")),
            format!("the server ended the TLS handshake: {alert}")
        );
    }
}

#[test]
fn with_tls_too_every_answer_ends_in_time() {
    let authority = Authority::new();
    let tls = trusting(&authority.own);
    let server = server(&authority.certificate("DNS:localhost"));
    for (target, expected) in [("/silent", "no answer within 400ms"), ("/drip", "no whole answer within 400ms")] {
        assert_eq!(told_soon(&tls, &server.url(target)), expected, "{target}");
    }
}

#[test]
fn with_tls_too_endless_answers_are_read_within_bounds() {
    let authority = Authority::new();
    let tls = trusting(&authority.own);
    let server = server(&authority.certificate("DNS:localhost"));
    for target in ["/endless-body", "/endless-length"] {
        let answer = get(&tls, &server.url(target)).unwrap();
        assert_eq!((answer.body.len(), answer.is_whole), (LIMIT, false), "{target}");
    }
    let expected = "the answer is not valid HTTP (more than 16384 bytes of headers)";
    let fewer = "the answer is not valid HTTP (too many headers)";
    let said = told(&tls, &server.url("/endless-headers"));
    assert!([expected, fewer].contains(&said.as_str()), "{said}");
}

#[test]
fn with_tls_too_an_answer_that_breaks_off_is_not_taken_for_a_whole_one() {
    let authority = Authority::new();
    let tls = trusting(&authority.own);
    for version in [json!(null), json!("1.2")] {
        let server = server_with(&authority.certificate("DNS:localhost"), &json!({"version": version}));
        for (target, expected) in [
            ("/closed", "the connection was closed without an answer"),
            ("/half", "the connection was closed in the middle of the answer"),
            // Anybody on the way could have cut it there.
            ("/cut", "the connection was closed in the middle of the answer"),
            ("/reset", "the connection broke: Connection reset by peer (os error 104)"),
        ] {
            assert_eq!(told(&tls, &server.url(target)), expected, "{target} {version}");
        }
        let answer = get(&tls, &server.url("/until-close")).unwrap();
        assert_eq!((answer.body.as_slice(), answer.is_whole), (&b"x"[..], true));
    }
}

#[test]
fn a_server_that_is_not_there_is_told_with_what_to_do() {
    // Nobody listens there any more.
    let port = plain_server(&json!({})).port;
    let fault = get(&Tls::default(), &on(port)).unwrap_err();
    assert_eq!(fault.told(SHORT), "cannot connect: Connection refused (os error 111)");
    assert_eq!(
        fault.advice(&on(port)),
        "see whether nginx, or the load balancer, runs and listens on this address and port, and whether a firewall is in \
         between"
    );
}
