//! What becomes of a cache, by its location and the wish.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use super::*;
use lossless_yaml::Document;
use rewiring::{Given, Pattern};

fn wish(endpoints: &[&str], replace: &[&str]) -> Wish {
    Wish {
        endpoints: endpoints.iter().map(|text| text.parse().unwrap()).collect(),
        replace: replace.iter().map(|text| Pattern::read(text, &Memcached).unwrap()).collect(),
        given: Given::default(),
    }
}

type Verdict = Result<Vec<Edit>, Kept>;

fn verdict(location: &str, wish: &Wish) -> Verdict {
    verdict_of("x.memcached.MemcachedCache", location, wish)
}

fn verdict_of(backend: &str, location: &str, wish: &Wish) -> Verdict {
    let yaml = format!("CACHES: {{default: {{BACKEND: {backend}, {location}}}}}");
    let doc = Document::parse(yaml).unwrap();
    judge(&find_caches(&doc)[0], wish, &ThisHost::default())
}

/// The servers that it is set to, from a string or a list.
fn set(verdict: &Verdict) -> Vec<String> {
    match verdict.as_deref() {
        Ok([Edit::Set { value: Value::String(text), .. }]) => vec![text.clone()],
        Ok([Edit::Set { value, .. }]) => {
            value.as_array().unwrap().iter().map(|item| item.as_str().unwrap().to_owned()).collect()
        }
        other => panic!("{other:?}"),
    }
}

fn kept(verdict: &Verdict) -> String {
    match verdict {
        Err(kept) => kept.to_string(),
        Ok(edits) => panic!("{edits:?}"),
    }
}

#[test]
fn local_servers_are_replaced() {
    let wish = wish(&["172.31.5.10:11211"], &["local"]);
    for location in ["[memcache]", "['localhost:11211']", "'127.0.0.1:11211'", "[localhost, memcache]", "unix:/m"] {
        assert_eq!(set(&verdict(&format!("LOCATION: {location}"), &wish)), ["172.31.5.10:11211"], "{location}");
    }
}

#[test]
fn a_cache_at_its_place_is_met_however_it_is_written() {
    let wish = wish(&["172.31.5.10:11211"], &["local"]);
    for location in ["['172.31.5.10:11211']", "172.31.5.10", "['inet:172.31.5.10:11211']"] {
        assert_eq!(verdict(&format!("LOCATION: {location}"), &wish), Ok(Vec::new()), "{location}");
    }
}

#[test]
fn other_servers_stay() {
    let wish = wish(&["172.31.5.10:11211"], &["local"]);
    let foreign = verdict("LOCATION: ['172.31.5.20:11211']", &wish);
    assert_eq!(
        kept(&foreign),
        "its servers are not among those to replace (172.31.5.20:11211); name them in `replace` if they are to go"
    );
    let mixed = verdict("LOCATION: ['localhost:11211', '172.31.5.20:11211']", &wish);
    assert_eq!(
        kept(&mixed),
        "of its servers only some are to be replaced, so the list was left alone; name 172.31.5.20:11211 in `replace`, too, if the whole list is to go"
    );
    assert!(matches!(&foreign, Err(kept) if !kept.is_worrying()));
    assert!(matches!(&mixed, Err(kept) if kept.is_worrying()));
}

#[test]
fn a_second_server_can_be_added_and_taken_away() {
    let two = wish(&["172.31.5.10:11211", "172.31.5.11:11211"], &["local"]);
    let both = ["172.31.5.10:11211", "172.31.5.11:11211"];
    assert_eq!(set(&verdict("LOCATION: ['172.31.5.10:11211']", &two)), both);
    assert_eq!(set(&verdict("LOCATION: ['172.31.5.11:11211', '172.31.5.10:11211']", &two)), both);
    let one = wish(&["172.31.5.10:11211"], &["172.31.5.11:11211"]);
    assert_eq!(set(&verdict("LOCATION: ['172.31.5.10:11211', '172.31.5.11:11211']", &one)), ["172.31.5.10:11211"]);
}

#[test]
fn what_is_not_understood_stays_even_with_all() {
    let wish = wish(&["172.31.5.10:11211"], &["all"]);
    for (location, message) in [
        ("KEY_PREFIX: x", "it has no LOCATION; add one by hand if the platform uses this cache"),
        ("LOCATION: 11211", "its LOCATION is neither a string nor a list of strings; correct it by hand"),
        (
            "LOCATION: ['user:pw@10.0.0.1:11211']",
            "\"...@10.0.0.1:11211\" is not a memcached endpoint: memcached endpoints have no user or password; correct it by hand",
        ),
    ] {
        assert_eq!(kept(&verdict(location, &wish)), message);
    }
    assert_eq!(set(&verdict("LOCATION: 8.8.8.8", &wish)), ["172.31.5.10:11211"]);
}

#[test]
fn an_ipv6_server_is_written_for_the_backend() {
    let wish = wish(&["[fd00::1]:11211"], &["local"]);
    let location = "LOCATION: [memcache]";
    assert_eq!(set(&verdict_of("x.MemcachedCache", location, &wish)), ["inet6:[fd00::1]:11211"]);
    assert_eq!(set(&verdict_of("x.PyMemcacheCache", location, &wish)), ["[fd00::1]:11211"]);
}

fn is_meant(pattern: &str, endpoint: &str) -> bool {
    let here = ThisHost { addresses: vec!["172.31.5.1".parse().unwrap()], name: None };
    Pattern::read(pattern, &Memcached).unwrap().matches(&endpoint.parse().unwrap(), &here)
}

#[test]
fn local_means_this_host() {
    for local in ["localhost:11211", "127.0.0.2", "[::1]:11211", "memcache", "172.31.5.1:11211", "unix:/run/m.sock"] {
        assert!(is_meant("local", local), "{local}");
    }
    assert!(!is_meant("local", "172.31.5.10:11211"));
}

#[test]
fn a_host_without_port_means_every_port() {
    assert!(is_meant("localhost", "localhost:11212"));
    assert!(is_meant("fd00::1", "[fd00::1]:11212"));
    assert!(is_meant("localhost:11211", "localhost"));
    assert!(!is_meant("localhost:11211", "localhost:11212"));
    assert!(!is_meant("[fd00::1]:11211", "[fd00::1]:11212"));
    assert!(!is_meant("localhost", "127.0.0.1:11211"));
    assert!(is_meant("/run/m.sock", "unix:/run/m.sock"));
}

#[test]
fn a_network_means_its_addresses() {
    assert!(is_meant("10.0.0.0/8", "10.200.1.1:11211"));
    assert!(!is_meant("10.0.0.0/8", "11.0.0.1:11211"));
    assert!(!is_meant("10.0.0.0/8", "cache:11211"));
    assert!(is_meant("0.0.0.0/0", "8.8.8.8:11211"));
    assert!(!is_meant("0.0.0.0/0", "[fd00::1]:11211"));
    assert!(is_meant("fd00::/8", "[fd00::1]:11211"));
    assert!(is_meant("10.0.0.1/32", "10.0.0.1"));
    assert!(is_meant("all", "8.8.8.8:11211"));
}

#[test]
fn what_is_neither_is_named() {
    for (text, message) in [
        (
            "10.0.0.1/8",
            "\"10.0.0.1/8\" is not a network: write an address and the number of leading bits, as in 10.0.0.0/8",
        ),
        (
            "10.0.0.0/33",
            "\"10.0.0.0/33\" is not a network: write an address and the number of leading bits, as in 10.0.0.0/8",
        ),
        ("a b", "\"a b\" is not a memcached endpoint: the character ' ' is not allowed"),
        ("u:pw@h/8", "\"...@h/8\" is not a memcached endpoint: memcached endpoints have no user or password"),
    ] {
        assert_eq!(Pattern::read(text, &Memcached).unwrap_err().to_string(), message);
    }
}
