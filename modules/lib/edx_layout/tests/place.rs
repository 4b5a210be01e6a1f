//! Whose a place is, and who reaches it.

#![allow(missing_docs, clippy::unwrap_used)]

use std::net::IpAddr;

use edx_layout::{DataAddress, Host, Scope, ThisHost};

fn here() -> ThisHost {
    ThisHost { addresses: vec!["172.31.5.1".parse().unwrap()], name: Some("edxhost".to_owned()) }
}

fn server(host: &str, resolved: &[&str]) -> Scope {
    let host = host.parse().map_or_else(|_| Host::Name(host.to_owned()), Host::Address);
    let resolved: Vec<IpAddr> = resolved.iter().map(|address| address.parse().unwrap()).collect();
    here().place(&DataAddress::Server { host, port: 3306, tls: false }, &resolved)
}

fn store(endpoint: Option<&str>) -> Scope {
    here().place(&DataAddress::ObjectStore { endpoint: endpoint.map(str::to_owned), bucket: "b".to_owned() }, &[])
}

#[test]
fn loopback_and_own_addresses_and_names_are_local() {
    for host in ["127.0.0.1", "::1", "172.31.5.1", "0.0.0.0", "::ffff:172.31.5.1", "localhost", "EDXHOST", "memcache"] {
        assert_eq!(server(host, &[]), Scope::Local, "{host}");
    }
}

#[test]
fn other_addresses_are_private_or_public() {
    for (host, scope) in [
        ("172.31.5.2", Scope::Private),
        ("100.64.0.1", Scope::Private),
        ("fd00::1", Scope::Private),
        ("8.8.8.8", Scope::Public),
        ("2001:db8::1", Scope::Public),
        ("255.255.255.255", Scope::Unknown),
        ("224.0.0.1", Scope::Unknown),
    ] {
        assert_eq!(server(host, &[]), scope, "{host}");
    }
}

#[test]
fn a_name_is_what_it_resolves_to() {
    for (resolved, scope) in [
        (&[][..], Scope::Unknown),
        (&["10.0.0.5"][..], Scope::Private),
        (&["8.8.8.8"][..], Scope::Public),
        (&["127.0.1.1"][..], Scope::Local),
        (&["172.31.5.1"][..], Scope::Local),
        (&["10.0.0.5", "8.8.8.8"][..], Scope::Public),
        (&["10.0.0.5", "::1"][..], Scope::Local),
        (&["8.8.8.8", "127.0.0.1"][..], Scope::Local),
        (&["10.0.0.5", "224.0.0.1"][..], Scope::Unknown),
    ] {
        assert_eq!(server("db.example.com", resolved), scope, "{resolved:?}");
    }
}

#[test]
fn addresses_resolved_count_for_names_only() {
    assert_eq!(server("10.0.0.5", &["8.8.8.8"]), Scope::Private);
    assert_eq!(server("localhost", &["8.8.8.8"]), Scope::Local);
}

#[test]
fn sockets_and_folders_are_local() {
    assert_eq!(here().place(&DataAddress::Socket("/run/mysqld.sock".into()), &[]), Scope::Local);
    assert_eq!(here().place(&DataAddress::Folder("/edx/var".into()), &[]), Scope::Local);
    assert_eq!(here().place(&DataAddress::Unknown("why".to_owned()), &[]), Scope::Unknown);
}

#[test]
fn an_object_store_is_where_its_endpoint_is_and_awss_is_public() {
    assert_eq!(store(None), Scope::Public);
    assert_eq!(store(Some("http://127.0.0.1:9000")), Scope::Local);
    assert_eq!(store(Some("http://10.0.0.5:9000")), Scope::Private);
    assert_eq!(store(Some("https://[2001:db8::1]")), Scope::Public);
    assert_eq!(store(Some("https://s3.example.com")), Scope::Unknown);
    assert_eq!(store(Some("s3.example.com")), Scope::Unknown);
}
