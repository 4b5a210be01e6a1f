//! That no data port of a public address answers.

use std::io;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

use edx_layout::{Layer, ThisHost};
use net::{Fault, Stage, Target, Wire};

use crate::check::{Check, Verification, counted};
use crate::greet::{self, Greeted, Way};
use crate::side_by_side::side_by_side;

const EXPOSURE: &str = "exposure.port";
const ADDRESS: &str = "exposure.address";

/// So many ports are tried together.
const TOGETHER: usize = 64;

/// A port that must not be reached from outside of the private network, and what listens there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct DataPort {
    /// TCP port.
    number: u16,
    /// The layer whose server answers there; none where only a connection is tried.
    layer: Option<Layer>,
    /// What it is for.
    title: &'static str,
}

/// The ports of every data server that a native install has, of its clustering and of its management.
const DATA_PORTS: [DataPort; 11] = [
    DataPort { number: 3306, layer: Some(Layer::MySql), title: "MySQL" },
    DataPort { number: 33060, layer: None, title: "MySQL's X protocol" },
    DataPort { number: 27017, layer: Some(Layer::MongoDb), title: "MongoDB" },
    DataPort { number: 11211, layer: Some(Layer::Memcached), title: "memcached" },
    DataPort { number: 6379, layer: Some(Layer::Redis), title: "Redis" },
    DataPort { number: 26379, layer: Some(Layer::Redis), title: "Redis Sentinel" },
    DataPort { number: 5672, layer: Some(Layer::RabbitMq), title: "RabbitMQ" },
    DataPort { number: 15672, layer: None, title: "RabbitMQ's management" },
    DataPort { number: 4369, layer: None, title: "Erlang's port mapper (RabbitMQ)" },
    DataPort { number: 9200, layer: Some(Layer::Elasticsearch), title: "Elasticsearch" },
    DataPort { number: 9300, layer: None, title: "Elasticsearch's nodes" },
];

/// What was seen of one port.
enum Seen {
    /// Somebody refused, or nobody answered: how.
    Closed,
    /// A connection was taken, and what was said on it.
    Open(String),
    /// Nothing that was seen tells whether it is open.
    Untold(String),
}

/// Tries every data port of every address. `time` is what each may take.
pub fn verify(addresses: &[String], here: &ThisHost, time: Duration, way: Way<'_>) -> Verification {
    let checks = addresses.iter().flat_map(|address| of_address(address, here, time, way)).collect();
    Verification { checks, ..Verification::default() }
}

fn of_address(address: &str, here: &ThisHost, time: Duration, way: Way<'_>) -> Vec<Check> {
    let mut checks = Vec::new();
    if address.parse::<IpAddr>().is_ok_and(|address| !address.is_loopback() && here.addresses.contains(&address)) {
        checks.push(Check::warning(
            ADDRESS,
            address,
            "it is an address of this host itself, to which no firewall in front of it applies",
            "look from outside of the private network: with the command edx_verify, or with delegate_to",
        ));
    }
    let seen = side_by_side(&DATA_PORTS, TOGETHER, |port| look(address, *port, time, way));
    let mut closed = Vec::new();
    let mut untold: Option<(String, Vec<String>)> = None;
    for (port, seen) in DATA_PORTS.iter().zip(seen) {
        match seen {
            Seen::Closed => closed.push(port.number.to_string()),
            Seen::Open(said) => checks.push(Check::failed(
                EXPOSURE,
                Target::tcp(address, port.number).to_string(),
                format!("{} is open to where this looks from: {said}", port.title),
                "let the firewall (the security group) admit this port from the application servers only, and let the \
                 server listen on its private address",
            )),
            Seen::Untold(why) => untold.get_or_insert_with(|| (why, Vec::new())).1.push(port.number.to_string()),
        }
    }
    if let Some((why, ports)) = untold {
        checks.push(Check::warning(
            EXPOSURE,
            address,
            format!("cannot be told for {}: {why}", ports.join(", ")),
            "look from a host that has a route to this address",
        ));
    }
    if !closed.is_empty() {
        let seen = format!("{} closed: {}", counted(closed.len(), "data port"), closed.join(", "));
        checks.push(Check::ok(EXPOSURE, address, seen));
    }
    checks
}

fn look(address: &str, port: DataPort, time: Duration, way: Way<'_>) -> Seen {
    let target = Target::tcp(address, port.number);
    let deadline = Instant::now() + time;
    let seen = match Wire::connect(way.dial, &target, deadline) {
        Ok(wire) => {
            drop(wire);
            Seen::Open(said(way, port.layer, &target, time))
        }
        Err(fault) => closed(&fault, time),
    };
    match seen {
        Seen::Closed
            if way.dial.is_here()
                && port.layer == Some(Layer::Memcached)
                && answers_on_udp(address, port.number, time) =>
        {
            Seen::Open("it answers on UDP, which attackers use against others".to_owned())
        }
        seen => seen,
    }
}

fn said(way: Way<'_>, layer: Option<Layer>, target: &Target, time: Duration) -> String {
    let Some(layer) = layer else { return "it takes connections".to_owned() };
    match greet::ask(way, layer, target, false, time) {
        Greeted::Answers { said, .. } => format!("{said} answers"),
        Greeted::Not { seen, .. } | Greeted::Untold(seen) => format!("it takes connections ({seen})"),
    }
}

/// A refusal and silence are what a firewall makes of a port. A route that is missing says nothing of it.
fn closed(fault: &Fault, time: Duration) -> Seen {
    match fault {
        Fault::OutOfTime(Stage::Connection) => Seen::Closed,
        Fault::Connect(error) if error.kind() == io::ErrorKind::ConnectionRefused => Seen::Closed,
        // What packet filters make of it with --reject-with.
        Fault::Connect(error) if error.kind() == io::ErrorKind::PermissionDenied => Seen::Closed,
        fault => Seen::Untold(fault.told(time)),
    }
}

/// Whether memcached answers `version` on UDP, as it did by default before 1.5.6.
fn answers_on_udp(address: &str, port: u16, time: Duration) -> bool {
    // A name is looked up by the connection before this; only addresses are asked here.
    let Ok(address) = address.parse::<IpAddr>() else { return false };
    let any = if address.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" };
    let ask = || -> io::Result<usize> {
        let socket = UdpSocket::bind(any)?;
        socket.connect(SocketAddr::new(address, port))?;
        socket.set_read_timeout(Some(time.min(Duration::from_secs(1))))?;
        // Request 0, datagram 0 of 1 (memcached's protocol.txt, "UDP protocol").
        socket.send(b"\0\0\0\0\0\x01\0\0version\r\n")?;
        socket.recv(&mut [0; 64])
    };
    ask().is_ok_and(|length| length > 8)
}
