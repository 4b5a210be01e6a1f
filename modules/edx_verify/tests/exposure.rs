//! That no data port answers: real servers on the ports that they have, each on an address of loopback of its own.

#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

mod common;

use std::net::{SocketAddrV4, UdpSocket};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use ansible_protocol::json;
use common::daemons::{is_installed, mariadb_at, memcached_at, redis_at};
use common::loopback::{self, Loopback};
use common::platform::host;
use common::{Run, verify};

const CLOSE_IT: &str = "let the firewall (the security group) admit this port from the application servers only, and let the server \
                        listen on its private address";

/// Looks at one address of loopback.
fn look(address: &str) -> Run {
    verify(&json!({"exposure": [address], "timeout": 5}))
}

fn at(address: &str, port: u16) -> SocketAddrV4 {
    format!("{address}:{port}").parse().unwrap()
}

/// That exactly this port is open, and what was said.
#[track_caller]
fn assert_open<'a>(run: &'a Run, address: &str, port: u16) -> &'a str {
    let subject = format!("{address}:{port}");
    run.assert_only(&[&format!("exposure.port {subject}")], &[]);
    let (_, seen, advice) = run.about("exposure.port", &subject);
    assert_eq!(advice, CLOSE_IT);
    let (status, rest, _) = run.about("exposure.port", address);
    assert_eq!(status, "ok");
    assert!(rest.starts_with("10 data ports closed: ") && !rest.contains(&format!(" {port},")), "{rest}");
    seen
}

#[test]
fn where_every_port_is_closed_one_check_lists_them() {
    let address = host();
    let run = look(&address);
    run.assert_only(&[], &[]);
    let seen = "11 data ports closed: 3306, 33060, 27017, 11211, 6379, 26379, 5672, 15672, 4369, 9200, 9300";
    assert_eq!(run.about("exposure.port", &address), ("ok", seen, ""));
    assert_eq!(run.checks().len(), 1);
}

#[test]
fn an_open_redis_is_told_with_what_it_says() {
    let address = host();
    let Some(redis) = redis_at(at(&address, 6379), &["--requirepass", "pw-redis"]) else { return };
    let run = look(&address);
    let seen = "Redis is open to where this looks from: Redis, asks for a password answers";
    assert_eq!(assert_open(&run, &address, 6379), seen);
    drop(redis);
    look(&address).assert_only(&[], &[]);
}

#[test]
fn an_open_mysql_is_told_whether_it_lets_anybody_in_or_not() {
    let address = host();
    let Some(mysql) = mariadb_at(at(&address, 3306), &[]) else { return };
    let run = look(&address);
    let seen = assert_open(&run, &address, 3306);
    assert!(
        seen.starts_with(
            "MySQL is open to where this looks from: it takes connections (MySQL turns this client away: Host '"
        ),
        "{seen}"
    );
    mysql.sql("CREATE USER 'edxapp001'@'%' IDENTIFIED BY 'pw-mysql'");
    let run = look(&address);
    let seen = assert_open(&run, &address, 3306);
    assert!(
        seen.starts_with("MySQL is open to where this looks from: MariaDB ") && seen.ends_with(" answers"),
        "{seen}"
    );
}

#[test]
fn an_open_memcached_is_told_by_tcp() {
    let address = host();
    let Some(_memcached) = memcached_at(at(&address, 11211), &[]) else { return };
    let run = look(&address);
    let seen = assert_open(&run, &address, 11211);
    assert!(seen.starts_with("memcached is open to where this looks from: memcached 1."), "{seen}");
    assert!(seen.ends_with(", asks for no password answers"), "{seen}");
}

struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_memcached_that_answers_on_udp_alone_is_open_too() {
    let program = "/usr/bin/memcached";
    if !is_installed(program) {
        return;
    }
    let address = host();
    let arguments = ["-u", "nobody", "-l", &address, "-p", "0", "-U", "11211"];
    let _memcached = Killed(Command::new(program).args(arguments).stderr(Stdio::null()).spawn().unwrap());
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_read_timeout(Some(Duration::from_millis(100))).unwrap();
    let end = Instant::now() + Duration::from_secs(20);
    loop {
        socket.send_to(b"\0\0\0\0\0\x01\0\0version\r\n", at(&address, 11211)).unwrap();
        if socket.recv(&mut [0; 64]).is_ok() {
            break;
        }
        assert!(Instant::now() < end, "it does not start");
    }
    let run = look(&address);
    let seen = "memcached is open to where this looks from: it answers on UDP, which attackers use against others";
    assert_eq!(assert_open(&run, &address, 11211), seen);
}

#[test]
fn a_port_that_takes_connections_and_says_nothing_is_open() {
    let address = host();
    let listener = std::net::TcpListener::bind(at(&address, 9300)).unwrap();
    let run = look(&address);
    let seen = "Elasticsearch's nodes is open to where this looks from: it takes connections";
    assert_eq!(assert_open(&run, &address, 9300), seen);
    drop(listener);

    let listener = std::net::TcpListener::bind(at(&address, 27017)).unwrap();
    let run = verify(&json!({"exposure": [address], "timeout": 0.5}));
    let seen = "MongoDB is open to where this looks from: it takes connections (no answer within 500ms)";
    assert_eq!(assert_open(&run, &address, 27017), seen);
    drop(listener);
}

#[test]
fn each_open_port_of_each_address_is_a_check_of_its_own() {
    let (one, two) = (host(), host());
    let Some(_redis) = redis_at(at(&one, 6379), &[]) else { return };
    let Some(_sentinel) = redis_at(at(&one, 26379), &[]) else { return };
    let Some(_memcached) = memcached_at(at(&two, 11211), &[]) else { return };
    let run = verify(&json!({"exposure": [one, two], "timeout": 5}));
    run.assert_only(
        &[
            &format!("exposure.port {one}:6379"),
            &format!("exposure.port {one}:26379"),
            &format!("exposure.port {two}:11211"),
        ],
        &[],
    );
    assert!(run.about("exposure.port", &one).1.starts_with("9 data ports closed: "));
}

#[test]
fn a_name_is_looked_at_and_nothing_but_what_it_leads_to() {
    let address = host();
    let Some(_redis) = redis_at(at(&address, 6379), &[]) else { return };
    let from = Arc::new(Loopback::with("data.example.org", &address));
    let run = loopback::run(&json!({"exposure": ["data.example.org"]}), &from);
    assert_open(&run, "data.example.org", 6379);
    let others: Vec<String> =
        from.asked().into_iter().filter(|asked| !asked.starts_with("data.example.org:")).collect();
    assert_eq!(others, [""; 0]);
}

#[test]
fn a_name_that_nothing_resolves_tells_nothing() {
    let run = loopback::run(&json!({"exposure": ["data.example.org"]}), &Arc::new(Loopback::default()));
    run.assert_only(&[], &["exposure.port data.example.org"]);
    let seen = "cannot be told for 3306, 33060, 27017, 11211, 6379, 26379, 5672, 15672, 4369, 9200, 9300: this host does not resolve \
                the name: Name or service not known";
    let advice = "look from a host that has a route to this address";
    assert_eq!(run.about("exposure.port", "data.example.org"), ("warning", seen, advice));
}

#[test]
fn an_address_of_the_host_itself_proves_nothing() {
    let own = "203.0.113.5";
    let here = edx_layout::ThisHost { addresses: vec![own.parse().unwrap()], name: None };
    let snapshot = edx_layout::Snapshot::of_files("/edx/etc", Vec::new(), here, None);
    let from = Arc::new(Loopback { refusing: vec![own], is_elsewhere: true, ..Loopback::default() });
    let options = json!({"exposure": [own], "path": "/edx/etc"});
    let run = Run { result: loopback::look(&options, &from, Some(snapshot)).to_json() };
    let seen = "it is an address of this host itself, to which no firewall in front of it applies";
    let advice = "look from outside of the private network: with the command edx_verify, or with delegate_to";
    assert_eq!(run.about("exposure.address", own), ("warning", seen, advice));

    let other = edx_layout::Snapshot::of_files("/edx/etc", Vec::new(), edx_layout::ThisHost::default(), None);
    let run = Run { result: loopback::look(&options, &from, Some(other)).to_json() };
    assert!(run.checks().iter().all(|check| check["name"] != "exposure.address"), "{}", run.result);
}

#[test]
fn what_is_no_bare_address_is_refused() {
    for text in ["127.0.0.1:6379", "http://127.0.0.1", "127.0.0.1/8", "", "[::1]:6379", "a b"] {
        let run = verify(&json!({"exposure": [text]}));
        let message =
            format!("exposure: \"{text}\" is not an address or a name: give it without a port, as in 203.0.113.5");
        assert_eq!(run.result["msg"], json!(message));
    }
}
