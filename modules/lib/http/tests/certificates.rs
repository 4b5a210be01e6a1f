//! Who a server has to be, and what is said of one that is not.

#![allow(missing_docs, clippy::unwrap_used)]

mod common;

use std::fs;

use common::certificates::Authority;
use common::{get, seen, server, server_with, told, trusting};
use http::{Tls, TlsSettings, Url};
use serde_json::json;

const ADVICE_ON_ITS_OWN: &str = "where it comes from an authority of your own, give that one's certificate with ca_path; otherwise see whether \
                                 the server sends the whole chain (ssl_certificate in nginx)";

/// What a program trusts that brings the public authorities along, whatever host it runs on.
fn public() -> Tls {
    Tls::default().and_public(webpki_roots::TLS_SERVER_ROOTS)
}

fn anybody() -> Tls {
    Tls::new(&TlsSettings { validate_certs: false, ca_path: None }).unwrap()
}

fn advice(tls: &Tls, url: &Url) -> &'static str {
    get(tls, url).unwrap_err().advice(url)
}

#[test]
fn a_server_is_trusted_whose_authority_was_given() {
    let authority = Authority::new();
    let server = server(&authority.certificate("DNS:localhost,IP:127.0.0.1"));
    let tls = trusting(&authority.own);
    let said = seen(&get(&tls, &server.url("/x?y")).unwrap());
    assert_eq!(said["target"], "/x?y");
    assert_eq!(said["version"], "TLSv1.3");
    assert_eq!(said["name"], "localhost", "a server of several names has to know which one was asked for");
    assert_eq!(said["headers"]["Host"], format!("localhost:{}", server.port));

    let said = seen(&get(&tls, &server.url_of("127.0.0.1", "/")).unwrap());
    assert_eq!(said["name"], json!(null), "an address is no name");
}

#[test]
fn a_server_whose_authority_is_unknown_is_not_trusted() {
    let authority = Authority::new();
    let server = server(&authority.certificate("DNS:localhost"));
    for tls in [public(), trusting(&Authority::new().own)] {
        let url = server.url("/");
        assert_eq!(told(&tls, &url), "the certificate is not accepted: no known authority has issued it");
        assert_eq!(advice(&tls, &url), ADVICE_ON_ITS_OWN);
    }
}

#[test]
fn an_authority_that_was_made_anew_is_not_taken_for_the_old_one() {
    let (old, new) = (Authority::named("ours"), Authority::named("ours"));
    let server = server(&new.certificate("DNS:localhost"));
    assert_eq!(
        told(&trusting(&old.own), &server.url("/")),
        "the certificate is not accepted: an authority of the same name is known, but has not issued it"
    );
    assert_eq!(
        advice(&trusting(&old.own), &server.url("/")),
        "the authority may have been made anew under its old name: give its present certificate with ca_path"
    );
}

#[test]
fn a_certificate_that_is_not_of_today_is_told_with_its_day() {
    let authority = Authority::new();
    let tls = trusting(&authority.own);
    let old = server(&authority.certificate_between("DNS:localhost", "20200101000000Z", "20210331120000Z"));
    assert_eq!(told(&tls, &old.url("/")), "the certificate is not accepted: it has expired, on 2021-03-31");
    assert_eq!(
        advice(&tls, &old.url("/")),
        "renew it, and reload the server; if it is not over yet, check this host's clock"
    );
    let new = server(&authority.certificate_between("DNS:localhost", "20980101000000Z", "20990331120000Z"));
    assert_eq!(told(&tls, &new.url("/")), "the certificate is not accepted: it is not valid before 2098-01-01");
    assert_eq!(advice(&tls, &new.url("/")), "check this host's clock");
}

#[test]
fn a_certificate_for_another_name_is_told_with_its_names() {
    let authority = Authority::new();
    let tls = trusting(&authority.own);
    let other = server(&authority.certificate("DNS:lms.example.org,DNS:*.example.org,IP:10.0.0.5"));
    assert_eq!(
        told(&tls, &other.url("/")),
        "the certificate is not accepted: it is not for localhost, but for lms.example.org, *.example.org, 10.0.0.5"
    );
    assert_eq!(
        told(&tls, &other.url_of("127.0.0.1", "/")),
        "the certificate is not accepted: it is not for 127.0.0.1, but for lms.example.org, *.example.org, 10.0.0.5"
    );
    assert_eq!(
        advice(&tls, &other.url("/")),
        "ask for a name that it has, give the server one for this name, or see whether the name leads to the right server"
    );
    let many: Vec<String> = (0..20).map(|number| format!("DNS:a{number}.example.org")).collect();
    let many = server(&authority.certificate(&many.join(",")));
    assert_eq!(
        told(&tls, &many.url("/")),
        "the certificate is not accepted: it is not for localhost, but for a0.example.org, a1.example.org, \
         a2.example.org, a3.example.org, a4.example.org, a5.example.org, and 14 more"
    );
    // Its subject says localhost, which has not counted for years.
    let nameless = server(&authority.certificate(""));
    assert_eq!(
        told(&tls, &nameless.url("/")),
        "the certificate is not accepted: it is not for localhost, and names no host at all"
    );
}

#[test]
fn a_certificate_that_stands_behind_itself_is_trusted_where_it_was_given() {
    let authority = Authority::new();
    let own = authority.self_signed("DNS:localhost");
    let server = server(&own);
    assert_eq!(told(&public(), &server.url("/")), "the certificate is not accepted: it is signed by itself only");
    assert_eq!(
        advice(&public(), &server.url("/")),
        "where that is as it should be, give this certificate with ca_path"
    );
    assert_eq!(get(&trusting(&own), &server.url("/")).unwrap().status, 200);
    assert_eq!(
        told(&trusting(&own), &server.url_of("127.0.0.1", "/")),
        "the certificate is not accepted: it is not for 127.0.0.1, but for localhost"
    );
    let another = authority.self_signed("DNS:localhost");
    assert_eq!(
        told(&trusting(&another), &server.url("/")),
        "the certificate is not accepted: it is signed by itself only"
    );
}

#[test]
fn any_certificate_is_accepted_only_where_the_operator_said_so() {
    let authority = Authority::new();
    let tls = anybody();
    for certificate in [
        authority.certificate("DNS:lms.example.org"),
        authority.certificate(""),
        authority.certificate_between("DNS:localhost", "20200101000000Z", "20210331120000Z"),
        authority.self_signed("DNS:localhost"),
    ] {
        assert_eq!(get(&tls, &server(&certificate).url("/")).unwrap().status, 200);
        let older = server_with(&certificate, &json!({"version": "1.2"}));
        assert_eq!(get(&tls, &older.url("/")).unwrap().status, 200);
    }
}

#[test]
fn several_authorities_may_be_in_one_file_with_whatever_else_is_there() {
    let (one, other) = (Authority::new(), Authority::new());
    let pem = |authority: &Authority| fs::read_to_string(&authority.own.path).unwrap();
    let key = fs::read_to_string(&one.own.key).unwrap();
    let path = one.file("both.pem", &format!("# Ours\n{}\nOthers\n{key}{}", pem(&other), pem(&one)));
    let tls = Tls::new(&TlsSettings { ca_path: Some(path), ..TlsSettings::default() }).unwrap();
    for authority in [&one, &other] {
        let server = server(&authority.certificate("DNS:localhost"));
        assert_eq!(get(&tls, &server.url("/")).unwrap().status, 200);
    }
}

#[test]
fn a_file_without_authorities_is_refused_before_anything_is_asked() {
    let authority = Authority::new();
    let refused = |path: &std::path::Path| {
        let settings = TlsSettings { ca_path: Some(path.to_owned()), ..TlsSettings::default() };
        let error = Tls::new(&settings).unwrap_err().to_string();
        error.replace(path.to_str().unwrap(), "FILE")
    };
    let none =
        "FILE holds no certificate: a PEM file is expected, in which each begins with -----BEGIN CERTIFICATE-----";
    assert_eq!(refused(&authority.file("empty", "")), none);
    assert_eq!(refused(&authority.own.key), none);
    let broken = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";
    assert_eq!(
        refused(&authority.file("broken", broken)),
        "FILE: certificate 1 in it is broken (TrailingData(SignedData))"
    );
    let good = fs::read_to_string(&authority.own.path).unwrap();
    let refusal = refused(&authority.file("open", &format!("{good}-----BEGIN CERTIFICATE-----\nMIIB\n")));
    assert!(refusal.starts_with("FILE: certificate 2 in it is broken ("), "{refusal}");
    assert_eq!(
        refused(&authority.file("large", &"x".repeat(4_000_001))),
        "FILE is larger than 4 MB: give a file with the certificates of the authorities only"
    );
    assert_eq!(refused(std::path::Path::new("/dev/zero")), "FILE: it is no file");
    assert_eq!(refused(std::path::Path::new("/no/such/file")), "FILE: No such file or directory (os error 2)");
    assert_eq!(refused(std::path::Path::new("/")), "FILE: it is no file");
}
