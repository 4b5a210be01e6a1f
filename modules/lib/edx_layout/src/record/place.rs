//! A server as a variable or a setting names it.

use crate::address::ThisHost;
use crate::data::Layer;
use crate::endpoint::{Endpoint, Host, host_and_port};

/// A server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Name or address.
    pub host: Host,
    /// The port, where it is written.
    pub port: Option<u16>,
    /// The port that the scheme of its URL stands for, as another one than the layer's.
    scheme_port: Option<u16>,
}

impl Place {
    pub fn new(host: &Host, port: Option<u16>) -> Self {
        let host = match host {
            Host::Name(name) => Host::Name(name.trim_end_matches('.').to_ascii_lowercase()),
            Host::Address(address) => Host::Address(address.to_canonical()),
        };
        Self { host, port, scheme_port: None }
    }

    /// The servers of text such as `host`, `host:port`, the path of a socket, several with commas, or a URL; none
    /// where it is something else. Of a URL, user and password are passed over.
    pub fn all_of(text: &str) -> Option<Vec<Self>> {
        let (scheme, rest) = text.split_once("://").map_or((None, text), |(scheme, rest)| (Some(scheme), rest));
        let rest = rest.rsplit_once('@').map_or(rest, |(_, rest)| rest);
        let servers = match scheme {
            Some(_) => rest.split(['/', '?', '#']).next().unwrap_or_default(),
            None => rest,
        };
        let scheme_port = match scheme {
            Some("http") => Some(80),
            Some("https") => Some(443),
            _ => None,
        };
        let servers = servers.split(',').map(str::trim).filter(|server| !server.is_empty());
        servers.map(|server| Some(Self { scheme_port, ..Self::of(server)? })).collect()
    }

    fn of(text: &str) -> Option<Self> {
        if text.starts_with('/') {
            return Some(Self::new(&Host::Name("localhost".to_owned()), None));
        }
        let (host, port) = host_and_port(text).ok()?;
        Some(Self::new(&host, port))
    }

    pub fn is_local(&self, here: &ThisHost) -> bool {
        here.is_local(&Endpoint::Tcp { host: self.host.clone(), port: 0 })
    }

    /// Whether its port, or the one that is meant where none is written, is `port`.
    pub fn has_port(&self, port: u16, layer: Layer) -> bool {
        match self.port {
            Some(own) => own == port,
            None => self.scheme_port == Some(port) || layer.default_port() == Some(port),
        }
    }

    /// `host`, or `host:port` where the port is another one than the layer's.
    pub fn shown(&self, layer: Layer) -> String {
        match (&self.host, self.port.filter(|port| layer.default_port() != Some(*port))) {
            (host, None) => host.to_string(),
            (Host::Address(std::net::IpAddr::V6(address)), Some(port)) => format!("[{address}]:{port}"),
            (host, Some(port)) => format!("{host}:{port}"),
        }
    }
}

/// The servers with commas between them.
pub fn listed(places: &[Place], layer: Layer) -> String {
    places.iter().map(|place| place.shown(layer)).collect::<Vec<_>>().join(",")
}

/// Whether both name the same hosts, in any order.
pub fn same_hosts(some: &[Place], others: &[Place]) -> bool {
    some.len() == others.len()
        && some.iter().all(|place| others.iter().any(|other| other.host == place.host))
        && others.iter().all(|place| some.iter().any(|other| other.host == place.host))
}
