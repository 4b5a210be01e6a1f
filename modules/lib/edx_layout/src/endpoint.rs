//! One memcached server, as Django's `LOCATION` names it.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use crate::data::Layer;

/// The port that every memcached client assumes where none is given.
pub const DEFAULT_MEMCACHED_PORT: u16 = 11211;

/// The port that every Redis client assumes where none is given.
pub const DEFAULT_REDIS_PORT: u16 = 6379;

/// The host name that the roles of most Open edX services have as default.
///
/// It is rendered without a port, and nothing on a native host resolves it.
pub const EDX_DEFAULT_NAME: &str = "memcache";

/// One memcached server.
///
/// Two endpoints are equal when clients would connect to the same place:
/// `memcache` equals `memcache:11211`, `inet:10.0.0.1` equals `10.0.0.1:11211`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Endpoint {
    /// A TCP address.
    Tcp {
        /// Where to connect to.
        host: Host,
        /// The port, 1 to 65535.
        port: u16,
    },
    /// A Unix socket: its absolute path.
    Unix(String),
}

/// The host part of an [`Endpoint`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Host {
    /// A host name, in lower case, without the final dot.
    Name(String),
    /// An address.
    Address(IpAddr),
}

/// Why a text is no endpoint.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
#[error("\"{text}\" is not a {service} endpoint: {reason}")]
pub struct EndpointError {
    /// The text, without what stands before an `@`: it may be a password.
    text: String,
    /// The service that was to be reached there.
    service: &'static str,
    reason: String,
}

impl EndpointError {
    /// Why, which may repeat parts of the text.
    pub(crate) fn reason(&self) -> &str {
        &self.reason
    }
}

/// The Python library behind a Django cache backend.
///
/// They disagree about how an IPv6 address and a socket are written; an
/// address and port are the same to all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Client {
    /// python-memcached (`MemcachedCache`): `inet6:[::1]:11211`, `unix:/path`.
    PythonMemcached,
    /// pymemcache (`PyMemcacheCache`): `[::1]:11211`, `unix:/path`.
    Pymemcache,
    /// pylibmc (`PyLibMCCache`): `[::1]:11211`, `/path`.
    Pylibmc,
    /// Another one: written as for pymemcache.
    Other,
}

impl Client {
    /// The client that a Django `BACKEND` (a dotted path) uses.
    pub fn of_backend(backend: &str) -> Self {
        match backend.rsplit('.').next().unwrap_or(backend) {
            "MemcachedCache" => Self::PythonMemcached,
            "PyMemcacheCache" => Self::Pymemcache,
            "PyLibMCCache" => Self::Pylibmc,
            _ => Self::Other,
        }
    }
}

impl Endpoint {
    /// The text that `client` understands.
    pub fn written_for(&self, client: Client) -> String {
        match self {
            Self::Tcp { host: Host::Address(IpAddr::V6(address)), port } if client == Client::PythonMemcached => {
                format!("inet6:[{address}]:{port}")
            }
            Self::Unix(path) if client == Client::Pylibmc => path.clone(),
            _ => self.to_string(),
        }
    }

    /// Reads a Redis server: `host`, `host:port`, `[v6]`, `[v6]:port` or a bare IPv6 address. Without a port it is
    /// [`DEFAULT_REDIS_PORT`].
    pub fn of_redis(text: &str) -> Result<Self, EndpointError> {
        redis(text).map_err(|reason| EndpointError { text: redacted(text), service: "Redis", reason })
    }

    /// Reads a server of `layer`, which is MySQL or MongoDB, in the same forms, or a Unix socket as the settings have it.
    /// Without a port it is the layer's own.
    pub fn of_data(layer: Layer, text: &str) -> Result<Self, EndpointError> {
        data(layer, text).map_err(|reason| EndpointError { text: redacted(text), service: layer.title(), reason })
    }

    /// The TCP port; none for a Unix socket.
    pub fn port(&self) -> Option<u16> {
        match self {
            Self::Tcp { port, .. } => Some(*port),
            Self::Unix(_) => None,
        }
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp { host, port } => match host {
                Host::Address(IpAddr::V6(address)) => write!(f, "[{address}]:{port}"),
                Host::Address(address) => write!(f, "{address}:{port}"),
                Host::Name(name) => write!(f, "{name}:{port}"),
            },
            Self::Unix(path) => write!(f, "unix:{path}"),
        }
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::Address(address) => address.fmt(f),
        }
    }
}

impl FromStr for Endpoint {
    type Err = EndpointError;

    /// Reads `host`, `host:port`, `[v6]`, `[v6]:port`, a bare IPv6 address,
    /// `unix:/path` and `/path`, each TCP form also after `inet:` or `inet6:`.
    /// Without a port it is [`DEFAULT_MEMCACHED_PORT`].
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        parse(text).map_err(|reason| EndpointError { text: redacted(text), service: "memcached", reason })
    }
}

/// `text` without what stands before an `@`, which may be a password.
pub fn redacted(text: &str) -> String {
    match text.rsplit_once('@') {
        Some((_, rest)) => format!("...@{rest}"),
        None => text.to_owned(),
    }
}

fn parse(text: &str) -> Result<Endpoint, String> {
    if text.trim().is_empty() {
        return Err("it is empty; write host:port, as in 172.31.5.10:11211".to_owned());
    }
    if let Some((scheme, _)) = text.split_once("://") {
        return Err(format!("memcached endpoints have no scheme; leave out {scheme}://"));
    }
    if let Some(odd) = text.chars().find(|c| c.is_whitespace() || c.is_control() || ",;@\"'`$\\{}#|&<>*?!".contains(*c))
    {
        return Err(match odd {
            ',' | ';' => "it names several servers; give each as its own list item".to_owned(),
            '@' => "memcached endpoints have no user or password".to_owned(),
            _ => format!("the character {odd:?} is not allowed"),
        });
    }
    if let Some(path) = text.strip_prefix("unix:") {
        return socket(path);
    }
    if text.starts_with('/') {
        return socket(text);
    }
    let bare = text.strip_prefix("inet6:").or_else(|| text.strip_prefix("inet:")).unwrap_or(text);
    tcp(bare)
}

fn data(layer: Layer, text: &str) -> Result<Endpoint, String> {
    let usual = layer.default_port().unwrap_or_default();
    if text.trim().is_empty() {
        return Err(format!("it is empty; write host:port, as in 172.31.5.12:{usual}"));
    }
    if let Some(path) = text.strip_prefix("unix:") {
        return socket(path);
    }
    if text.contains('@') {
        return Err("user and password stay as each file has them; give host:port alone".to_owned());
    }
    if let Some((scheme, _)) = text.split_once("://") {
        return Err(format!(
            "scheme and database stay as each file has them; leave out {scheme}:// and give host:port"
        ));
    }
    if let Some(odd) = text.chars().find(|c| !c.is_ascii_alphanumeric() && !":[].-_".contains(*c)) {
        return Err(match odd {
            ',' | ';' => "it names several servers; give each as its own list item".to_owned(),
            _ => format!("the character {odd:?} is not allowed"),
        });
    }
    let (host, port) = host_and_port(text)?;
    Ok(Endpoint::Tcp { host, port: port.unwrap_or(usual) })
}

fn redis(text: &str) -> Result<Endpoint, String> {
    if text.trim().is_empty() {
        return Err("it is empty; write host:port, as in 172.31.5.11:6379".to_owned());
    }
    if text.starts_with('/') || text.starts_with("unix:") || text.contains("+socket:") {
        return Err(
            "a Unix socket is on this host, and of Open edX's brokers only a whole URL could name one; give host:port"
                .to_owned(),
        );
    }
    if text.contains('@') {
        return Err("user and password are options of their own; give host:port alone".to_owned());
    }
    if let Some((scheme, _)) = text.split_once("://") {
        return Err(format!(
            "scheme and database stay as each file has them; leave out {scheme}:// and give host:port"
        ));
    }
    if let Some(odd) = text.chars().find(|c| !c.is_ascii_alphanumeric() && !":[].-_".contains(*c)) {
        return Err(match odd {
            ',' | ';' => "it names several servers; a Redis is one".to_owned(),
            _ => format!("the character {odd:?} is not allowed"),
        });
    }
    let (host, port) = host_and_port(text)?;
    Ok(Endpoint::Tcp { host, port: port.unwrap_or(DEFAULT_REDIS_PORT) })
}

fn socket(path: &str) -> Result<Endpoint, String> {
    if !path.starts_with('/') {
        return Err("the path of a Unix socket starts with /".to_owned());
    }
    // sun_path holds 108 bytes with the final NUL (unix(7)).
    if path.len() > 107 {
        return Err("the path of a Unix socket has at most 107 bytes".to_owned());
    }
    Ok(Endpoint::Unix(path.to_owned()))
}

fn tcp(text: &str) -> Result<Endpoint, String> {
    let (host, port) = host_and_port(text)?;
    Ok(Endpoint::Tcp { host, port: port.unwrap_or(DEFAULT_MEMCACHED_PORT) })
}

/// Reads `host`, `host:port`, `[v6]`, `[v6]:port` and a bare IPv6 address.
pub(crate) fn host_and_port(text: &str) -> Result<(Host, Option<u16>), String> {
    if let Some(inner) = text.strip_prefix('[') {
        let (address, rest) = inner.split_once(']').ok_or("the bracket [ is not closed; write [address]:port")?;
        let port = match rest {
            "" => None,
            _ => Some(port(rest.strip_prefix(':').ok_or("after ] only :port may follow")?)?),
        };
        return Ok((Host::Address(ipv6(address)?.into()), port));
    }
    match text.split_once(':') {
        None => Ok((host(text)?, None)),
        Some((_, rest)) if rest.contains(':') => Ok((Host::Address(ipv6(text)?.into()), None)),
        Some((name, number)) => Ok((host(name)?, Some(port(number)?))),
    }
}

fn ipv6(text: &str) -> Result<Ipv6Addr, String> {
    text.parse().map_err(|_| format!("\"{text}\" is not an IPv6 address; with a port it is written [address]:port"))
}

fn port(text: &str) -> Result<u16, String> {
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    match text.parse::<u16>() {
        Ok(number) if digits && number > 0 => Ok(number),
        _ => Err(format!("\"{text}\" is not a port (1 to 65535)")),
    }
}

fn host(text: &str) -> Result<Host, String> {
    if text.is_empty() {
        return Err("the host before the port is missing".to_owned());
    }
    if let Ok(address) = text.parse::<Ipv4Addr>() {
        return Ok(Host::Address(address.into()));
    }
    let name = text.strip_suffix('.').unwrap_or(text);
    let last = name.rsplit('.').next().unwrap_or(name);
    // Resolvers take a name that ends in a number for an address, in notations
    // (octal, fewer than four parts) that nobody means here.
    if last.bytes().all(|b| b.is_ascii_digit()) {
        return Err(format!("\"{text}\" is not an IPv4 address (four numbers from 0 to 255, without leading zeros)"));
    }
    if name.len() > 253 {
        return Err("a host name has at most 253 characters".to_owned());
    }
    for label in name.split('.') {
        let fits = (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
        if !fits {
            return Err(format!(
                "\"{text}\" is not a host name: each part between dots has 1 to 63 letters, digits, - or _, and no - at either end"
            ));
        }
    }
    Ok(Host::Name(name.to_ascii_lowercase()))
}
