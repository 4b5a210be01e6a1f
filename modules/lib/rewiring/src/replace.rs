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
    pub fn read(text: &str, service: &dyn Service) -> Result<Self, PatternError> {
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
