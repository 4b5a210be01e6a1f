use std::fmt;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::str::FromStr;

use net::Target;

use crate::Error;

/// Where a memcached answers.
///
/// Text form, both ways: `host:port`, `[IPv6]:port`, `/path/of/socket` (`unix:/path` is read too).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Endpoint {
    /// A host (address or name; an IPv6 address without brackets) and a TCP port.
    Tcp {
        /// Address or name.
        host: String,
        /// TCP port, 1 to 65535.
        port: u16,
    },
    /// A unix socket's absolute path.
    Unix(PathBuf),
}

impl Endpoint {
    /// An endpoint of `host` (an IPv6 address without brackets) and `port`.
    pub fn tcp(host: impl Into<String>, port: u16) -> Self {
        Self::Tcp { host: host.into(), port }
    }
}

impl From<SocketAddr> for Endpoint {
    fn from(address: SocketAddr) -> Self {
        Self::tcp(address.ip().to_string(), address.port())
    }
}

impl From<(IpAddr, u16)> for Endpoint {
    fn from((address, port): (IpAddr, u16)) -> Self {
        Self::tcp(address.to_string(), port)
    }
}

impl From<&Endpoint> for Target {
    fn from(endpoint: &Endpoint) -> Self {
        match endpoint {
            Endpoint::Tcp { host, port } => Self::tcp(host, *port),
            Endpoint::Unix(path) => Self::Unix(path.clone()),
        }
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp { host, port } if host.contains(':') => write!(f, "[{host}]:{port}"),
            Self::Tcp { host, port } => write!(f, "{host}:{port}"),
            Self::Unix(path) => write!(f, "{}", path.display()),
        }
    }
}

impl FromStr for Endpoint {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let malformed = || Error::Endpoint { text: text.to_owned() };
        let path = text.strip_prefix("unix:").unwrap_or(text);
        if path.starts_with('/') {
            return Ok(Self::Unix(PathBuf::from(path)));
        }
        let (host, port) = text.rsplit_once(':').ok_or_else(malformed)?;
        let port: u16 = port.parse().map_err(|_| malformed())?;
        let host = match host.strip_prefix('[').and_then(|h| h.strip_suffix(']')) {
            Some(inner) => {
                inner.parse::<Ipv6Addr>().map_err(|_| malformed())?;
                inner
            }
            None => host,
        };
        let bracketed = text.starts_with('[');
        let odd = |c: char| c.is_whitespace() || c.is_control() || "/[]".contains(c);
        if port == 0 || host.is_empty() || host.contains(odd) || (host.contains(':') && !bracketed) {
            return Err(malformed());
        }
        Ok(Self::tcp(host, port))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoints_are_read_and_shown_alike() {
        for text in ["10.0.0.5:11211", "[::1]:11211", "cache.internal:1", "/run/m.sock"] {
            assert_eq!(text.parse::<Endpoint>().unwrap().to_string(), text);
        }
        assert_eq!("unix:/run/m.sock".parse::<Endpoint>().unwrap(), Endpoint::Unix("/run/m.sock".into()));
    }

    #[test]
    fn a_malformed_endpoint_says_what_to_write() {
        for text in ["10.0.0.5", "10.0.0.5:", ":11211", "a b:1", "h:0", "h:65536", "::1:11211", "[x]:1", ""] {
            assert_eq!(
                text.parse::<Endpoint>().unwrap_err().to_string(),
                format!(
                    "{text:?} is not an endpoint; write host:port, [IPv6 address]:port, or the absolute path of a unix socket"
                )
            );
        }
    }
}
