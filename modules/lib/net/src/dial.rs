//! Where to connect to, and from where.

use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Instant;

use crate::{Fault, Socket};

/// Where a server listens.
///
/// Text form: `host:port`, `[IPv6]:port`, `/path/of/socket`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Target {
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

impl Target {
    /// A host (an IPv6 address without brackets) and a port.
    pub fn tcp(host: impl fmt::Display, port: u16) -> Self {
        Self::Tcp { host: host.to_string(), port }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp { host, port } if host.contains(':') => write!(f, "[{host}]:{port}"),
            Self::Tcp { host, port } => write!(f, "{host}:{port}"),
            Self::Unix(path) => write!(f, "{}", path.display()),
        }
    }
}

/// Makes connections from some place in the network.
pub trait Dial: fmt::Debug + Send + Sync {
    /// The addresses that `name` has there; none where only whoever connects gets to know them.
    fn resolve(&self, name: &str, deadline: Instant) -> Result<Option<Vec<IpAddr>>, Fault>;

    /// A connection to `target`, by `deadline`.
    fn connect(&self, target: &Target, deadline: Instant) -> Result<Socket, Fault>;

    /// Whether that place is this host.
    fn is_here(&self) -> bool {
        false
    }
}
