//! How memcached servers are written, and which of them a cache may use.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::io;
use std::net::IpAddr;

use edx_layout::{AddressClass, Client, Endpoint, Layer, TargetError, ThisHost, check_target, classify, redacted};

fn endpoint(text: &str) -> Endpoint {
    text.parse().unwrap_or_else(|error| panic!("{error}"))
}

fn refusal(text: &str) -> String {
    text.parse::<Endpoint>().unwrap_err().to_string()
}

#[test]
fn every_form_is_understood() {
    for (text, shown) in [
        ("172.31.5.10:11211", "172.31.5.10:11211"),
        ("172.31.5.10", "172.31.5.10:11211"),
        ("memcache", "memcache:11211"),
        ("Cache.Example.Internal.:11212", "cache.example.internal:11212"),
        ("cache_1:11211", "cache_1:11211"),
        ("inet:10.0.0.1", "10.0.0.1:11211"),
        ("[fd00::1]:11212", "[fd00::1]:11212"),
        ("[fd00::1]", "[fd00::1]:11211"),
        ("fd00::1", "[fd00::1]:11211"),
        ("inet6:[fd00::1]:11211", "[fd00::1]:11211"),
        ("unix:/run/memcached.sock", "unix:/run/memcached.sock"),
        ("/run/memcached.sock", "unix:/run/memcached.sock"),
    ] {
        assert_eq!(endpoint(text).to_string(), shown, "{text}");
        assert_eq!(endpoint(shown), endpoint(text), "{text}");
    }
}

#[test]
fn ipv6_and_sockets_are_written_as_each_python_client_reads_them() {
    let v6 = endpoint("[fd00::1]:11211");
    let socket = endpoint("unix:/run/memcached.sock");
    for (backend, v6_text, socket_text) in [
        ("django.core.cache.backends.memcached.MemcachedCache", "inet6:[fd00::1]:11211", "unix:/run/memcached.sock"),
        ("django.core.cache.backends.memcached.PyMemcacheCache", "[fd00::1]:11211", "unix:/run/memcached.sock"),
        ("django.core.cache.backends.memcached.PyLibMCCache", "[fd00::1]:11211", "/run/memcached.sock"),
    ] {
        let client = Client::of_backend(backend);
        assert_eq!(v6.written_for(client), v6_text, "{backend}");
        assert_eq!(socket.written_for(client), socket_text, "{backend}");
    }
    assert_eq!(endpoint("172.31.5.10").written_for(Client::PythonMemcached), "172.31.5.10:11211");
}

#[test]
fn what_is_malformed_is_named() {
    for (text, message) in [
        ("", "\"\" is not a memcached endpoint: it is empty; write host:port, as in 172.31.5.10:11211"),
        (
            "redis://10.0.0.1:6379",
            "\"redis://10.0.0.1:6379\" is not a memcached endpoint: memcached endpoints have no scheme; leave out redis://",
        ),
        ("10.0.0.1:0", "\"10.0.0.1:0\" is not a memcached endpoint: \"0\" is not a port (1 to 65535)"),
        ("10.0.0.1:65536", "\"10.0.0.1:65536\" is not a memcached endpoint: \"65536\" is not a port (1 to 65535)"),
        ("10.0.0.1:+80", "\"10.0.0.1:+80\" is not a memcached endpoint: \"+80\" is not a port (1 to 65535)"),
        ("10.0.0.1:", "\"10.0.0.1:\" is not a memcached endpoint: \"\" is not a port (1 to 65535)"),
        (":11211", "\":11211\" is not a memcached endpoint: the host before the port is missing"),
        (
            "10.0.0.256",
            "\"10.0.0.256\" is not a memcached endpoint: \"10.0.0.256\" is not an IPv4 address (four numbers from 0 to 255, without leading zeros)",
        ),
        (
            "10.0.0.01",
            "\"10.0.0.01\" is not a memcached endpoint: \"10.0.0.01\" is not an IPv4 address (four numbers from 0 to 255, without leading zeros)",
        ),
        (
            "10.1:11211",
            "\"10.1:11211\" is not a memcached endpoint: \"10.1\" is not an IPv4 address (four numbers from 0 to 255, without leading zeros)",
        ),
        (
            "fd00::1:11211",
            "\"fd00::1:11211\" is not a memcached endpoint: \"fd00::1:11211\" is not an IPv6 address; with a port it is written [address]:port",
        ),
        ("[fd00::1", "\"[fd00::1\" is not a memcached endpoint: the bracket [ is not closed; write [address]:port"),
        ("[fd00::1]11211", "\"[fd00::1]11211\" is not a memcached endpoint: after ] only :port may follow"),
        (
            "10.0.0.1:11211,10.0.0.2:11211",
            "\"10.0.0.1:11211,10.0.0.2:11211\" is not a memcached endpoint: it names several servers; give each as its own list item",
        ),
        ("cache 1", "\"cache 1\" is not a memcached endpoint: the character ' ' is not allowed"),
        ("{{ host }}:11211", "\"{{ host }}:11211\" is not a memcached endpoint: the character '{' is not allowed"),
        ("unix:run/m.sock", "\"unix:run/m.sock\" is not a memcached endpoint: the path of a Unix socket starts with /"),
        (
            "-cache",
            "\"-cache\" is not a memcached endpoint: \"-cache\" is not a host name: each part between dots has 1 to 63 letters, digits, - or _, and no - at either end",
        ),
        (
            "cache..internal",
            "\"cache..internal\" is not a memcached endpoint: \"cache..internal\" is not a host name: each part between dots has 1 to 63 letters, digits, - or _, and no - at either end",
        ),
    ] {
        assert_eq!(refusal(text), message);
    }
}

#[test]
fn a_password_before_an_at_sign_is_not_repeated() {
    assert_eq!(
        refusal("user:hunter2@10.0.0.1:11211"),
        "\"...@10.0.0.1:11211\" is not a memcached endpoint: memcached endpoints have no user or password"
    );
    assert_eq!(redacted("user:hunter2@10.0.0.1"), "...@10.0.0.1");
    assert_eq!(redacted("10.0.0.1"), "10.0.0.1");
}

#[test]
fn addresses_are_classed_by_who_can_reach_them() {
    for (address, class) in [
        ("127.0.0.1", AddressClass::Loopback),
        ("127.8.9.10", AddressClass::Loopback),
        ("::1", AddressClass::Loopback),
        ("::ffff:127.0.0.1", AddressClass::Loopback),
        ("10.1.2.3", AddressClass::Private),
        ("172.16.0.1", AddressClass::Private),
        ("172.31.255.1", AddressClass::Private),
        ("192.168.1.1", AddressClass::Private),
        ("100.64.0.1", AddressClass::Private),
        ("100.127.0.1", AddressClass::Private),
        ("169.254.1.1", AddressClass::Private),
        ("fd12::1", AddressClass::Private),
        ("fe80::1", AddressClass::Private),
        ("172.32.0.1", AddressClass::Public),
        ("100.128.0.1", AddressClass::Public),
        ("8.8.8.8", AddressClass::Public),
        ("::ffff:8.8.8.8", AddressClass::Public),
        ("2001:db8::1", AddressClass::Public),
        ("0.0.0.0", AddressClass::Unusable("it means every address, not one host")),
        ("::", AddressClass::Unusable("it means every address, not one host")),
        ("255.255.255.255", AddressClass::Unusable("it is the broadcast address")),
        ("224.0.0.1", AddressClass::Unusable("it is a multicast address")),
        ("ff02::1", AddressClass::Unusable("it is a multicast address")),
        ("240.0.0.1", AddressClass::Unusable("it is a reserved address")),
    ] {
        assert_eq!(classify(address.parse().unwrap()), class, "{address}");
    }
}

#[test]
fn a_memcached_on_this_host_is_told_from_another() {
    let here = ThisHost {
        addresses: vec!["172.31.5.1".parse().unwrap(), "fd00::5".parse().unwrap()],
        name: Some("app1".to_owned()),
    };
    for local in [
        "localhost:11211",
        "LOCALHOST",
        "127.0.0.1:11211",
        "127.0.1.1",
        "[::1]:11211",
        "0.0.0.0:11211",
        "memcache",
        "memcache:11211",
        "172.31.5.1:11211",
        "[fd00::5]:11211",
        "app1:11211",
        "unix:/run/memcached.sock",
    ] {
        assert!(here.is_local(&endpoint(local)), "{local}");
    }
    for other in ["172.31.5.10:11211", "cache1:11211", "memcached:11211"] {
        assert!(!here.is_local(&endpoint(other)), "{other}");
    }
}

/// A resolver with fixed answers; tests ask no name server.
fn names(name: &str) -> io::Result<Vec<IpAddr>> {
    let addresses: &[&str] = match name {
        "cache.internal" => &["10.0.0.5", "fd00::5"],
        "half.internal" => &["10.0.0.5", "8.8.8.8"],
        "wrong.internal" => &["0.0.0.0"],
        _ => return Err(io::Error::other("no such name")),
    };
    Ok(addresses.iter().map(|a| a.parse().unwrap()).collect())
}

#[test]
fn private_targets_pass() {
    for text in ["172.31.5.10:11211", "127.0.0.1", "[fd00::1]:11211", "cache.internal", "unix:/run/memcached.sock"] {
        assert_eq!(check_target(&endpoint(text), Layer::Memcached, false, names), Ok(()), "{text}");
    }
}

#[test]
fn public_targets_need_the_operators_word() {
    for (text, message) in [
        (
            "8.8.8.8:11211",
            "8.8.8.8:11211 is a public address: memcached has no password that Open edX can use; give a private address, or set allow_public if a firewall protects it",
        ),
        (
            "half.internal",
            "half.internal:11211 resolves to 8.8.8.8, a public address: memcached has no password that Open edX can use; give a name with private addresses only, or set allow_public if a firewall protects it",
        ),
    ] {
        let error = check_target(&endpoint(text), Layer::Memcached, false, names).unwrap_err();
        assert_eq!(error.to_string(), message);
        assert_eq!(check_target(&endpoint(text), Layer::Memcached, true, names), Ok(()));
    }
}

#[test]
fn what_no_client_can_reach_is_refused_in_any_case() {
    let message = |text| check_target(&endpoint(text), Layer::Memcached, true, names).unwrap_err().to_string();
    assert_eq!(message("0.0.0.0:11211"), "0.0.0.0:11211 cannot be an endpoint: it means every address, not one host");
    assert_eq!(
        message("wrong.internal"),
        "wrong.internal:11211 resolves to 0.0.0.0, which cannot be an endpoint: it means every address, not one host"
    );
    assert_eq!(
        message("nowhere.internal"),
        "nowhere.internal:11211 cannot be used: this host does not resolve the name \"nowhere.internal\"; the platform could not either. Check DNS and /etc/hosts, or give an address"
    );
    assert!(matches!(
        check_target(&endpoint("nowhere.internal"), Layer::Memcached, false, names),
        Err(TargetError::Unresolvable { .. })
    ));
}
