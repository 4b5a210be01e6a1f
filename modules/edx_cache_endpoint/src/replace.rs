//! Which of the servers that stand in the files now are to be replaced.

use std::net::IpAddr;

use edx_layout::{Endpoint, EndpointError, Host, ThisHost};

use crate::service::Service;

/// One item of the option `replace`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pattern {
    /// `local`: a server on this host, see [`ThisHost::is_local`].
    Local,
    /// `all`: every server.
    All,
    /// `10.0.0.0/8`: every address of a network. Names are not resolved.
    Network {
        /// The network's address, its host part zero.
        address: IpAddr,
        /// How many leading bits count.
        prefix: u8,
    },
    /// `localhost`: a host, on any port.
    Host(Host),
    /// `localhost:11211`: one server.
    Endpoint(Endpoint),
}

/// Why an item of `replace` cannot be used.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum PatternError {
    /// Neither a word nor an endpoint.
    #[error(transparent)]
    Endpoint(#[from] EndpointError),
    /// A network that is none.
    #[error("\"{0}\" is not a network: write an address and the number of leading bits, as in 10.0.0.0/8")]
    Network(String),
}

impl Pattern {
    /// Reads one item, which means servers of `service`.
    pub fn read(text: &str, service: Service) -> Result<Self, PatternError> {
        match text {
            "local" => return Ok(Self::Local),
            "all" => return Ok(Self::All),
            _ => {}
        }
        if let Some((address, prefix)) =
            text.split_once('/').filter(|(address, _)| !address.is_empty() && *address != "unix:" && !is_url(text))
        {
            return network(address, prefix).ok_or_else(|| PatternError::Network(text.to_owned()));
        }
        Ok(match service.endpoint(text)? {
            Endpoint::Tcp { host, .. } if !names_port(text, &host) => Self::Host(host),
            endpoint => Self::Endpoint(endpoint),
        })
    }
}

/// Whether a user and password may stand in it; those of endpoints know how to refuse it.
fn is_url(text: &str) -> bool {
    text.contains("://") || text.contains('@')
}

fn names_port(text: &str, host: &Host) -> bool {
    let bare = text.strip_prefix("inet6:").or_else(|| text.strip_prefix("inet:")).unwrap_or(text);
    match host {
        Host::Address(IpAddr::V6(_)) => bare.contains("]:"),
        _ => bare.contains(':'),
    }
}

fn network(address: &str, prefix: &str) -> Option<Pattern> {
    let address: IpAddr = address.parse().ok()?;
    let prefix: u8 = prefix.parse().ok()?;
    let fits = prefix <= if address.is_ipv4() { 32 } else { 128 };
    (fits && masked(address, prefix) == address).then_some(Pattern::Network { address, prefix })
}

fn masked(address: IpAddr, prefix: u8) -> IpAddr {
    match address {
        IpAddr::V4(v4) => {
            let mask = u32::MAX.checked_shl(32 - u32::from(prefix)).unwrap_or(0);
            IpAddr::V4((v4.to_bits() & mask).into())
        }
        IpAddr::V6(v6) => {
            let mask = u128::MAX.checked_shl(128 - u32::from(prefix)).unwrap_or(0);
            IpAddr::V6((v6.to_bits() & mask).into())
        }
    }
}

impl Pattern {
    /// Whether `endpoint`, as seen from `here`, is meant.
    pub fn matches(&self, endpoint: &Endpoint, here: &ThisHost) -> bool {
        match self {
            Self::Local => here.is_local(endpoint),
            Self::All => true,
            Self::Network { address, prefix } => match endpoint {
                Endpoint::Tcp { host: Host::Address(has), .. } => {
                    let has = has.to_canonical();
                    has.is_ipv4() == address.is_ipv4() && masked(has, *prefix) == *address
                }
                _ => false,
            },
            Self::Host(host) => matches!(endpoint, Endpoint::Tcp { host: has, .. } if has == host),
            Self::Endpoint(wanted) => wanted == endpoint,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, endpoint: &str) -> bool {
        let here = ThisHost { addresses: vec!["172.31.5.1".parse().unwrap()], name: None };
        Pattern::read(pattern, Service::Memcached).unwrap().matches(&endpoint.parse().unwrap(), &here)
    }

    #[test]
    fn local_means_this_host() {
        for local in ["localhost:11211", "127.0.0.2", "[::1]:11211", "memcache", "172.31.5.1:11211", "unix:/run/m.sock"]
        {
            assert!(matches("local", local), "{local}");
        }
        assert!(!matches("local", "172.31.5.10:11211"));
    }

    #[test]
    fn a_host_without_port_means_every_port() {
        assert!(matches("localhost", "localhost:11212"));
        assert!(matches("fd00::1", "[fd00::1]:11212"));
        assert!(matches("localhost:11211", "localhost"));
        assert!(!matches("localhost:11211", "localhost:11212"));
        assert!(!matches("[fd00::1]:11211", "[fd00::1]:11212"));
        assert!(!matches("localhost", "127.0.0.1:11211"));
        assert!(matches("/run/m.sock", "unix:/run/m.sock"));
    }

    #[test]
    fn a_network_means_its_addresses() {
        assert!(matches("10.0.0.0/8", "10.200.1.1:11211"));
        assert!(!matches("10.0.0.0/8", "11.0.0.1:11211"));
        assert!(!matches("10.0.0.0/8", "cache:11211"));
        assert!(matches("0.0.0.0/0", "8.8.8.8:11211"));
        assert!(!matches("0.0.0.0/0", "[fd00::1]:11211"));
        assert!(matches("fd00::/8", "[fd00::1]:11211"));
        assert!(matches("10.0.0.1/32", "10.0.0.1"));
        assert!(matches("all", "8.8.8.8:11211"));
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
            assert_eq!(Pattern::read(text, Service::Memcached).unwrap_err().to_string(), message);
        }
    }
}
