//! Where a server is and who asks.

use std::fmt;
use std::path::PathBuf;

/// Where a server is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A Unix socket of this host.
    Socket(PathBuf),
    /// A host and a port.
    Tcp {
        /// Name or address.
        host: String,
        /// The port.
        port: u16,
    },
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Socket(path) => write!(f, "{}", path.display()),
            Self::Tcp { host, port } if host.contains(':') => write!(f, "[{host}]:{port}"),
            Self::Tcp { host, port } => write!(f, "{host}:{port}"),
        }
    }
}

/// A text that is never shown.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Hides a text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("********")
    }
}

/// How to get in.
#[derive(Clone, Debug)]
pub struct Login {
    /// Where.
    pub place: Place,
    /// The user.
    pub user: String,
    /// Its password; none for a login by the operating system's user.
    pub password: Option<Secret>,
    /// The authority that has signed the server's certificate. With it TLS is a must, and the certificate has to be
    /// the host's.
    pub ca_cert: Option<PathBuf>,
}
