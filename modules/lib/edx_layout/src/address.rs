//! Whether an address is this host's, private or public.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, UdpSocket};

use crate::data::DataAddress;
use crate::endpoint::{EDX_DEFAULT_NAME, Endpoint, Host};

/// What kind of network an address belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AddressClass {
    /// 127.0.0.0/8 and `::1`.
    Loopback,
    /// RFC 1918, 100.64.0.0/10 (RFC 6598), link-local, `fc00::/7` (RFC 4193).
    Private,
    /// Everything else that a client can connect to.
    Public,
    /// No single host: unspecified, multicast, broadcast, reserved.
    Unusable(&'static str),
}

/// The class of `address`. An IPv4 address mapped into IPv6 counts as itself.
pub fn classify(address: IpAddr) -> AddressClass {
    match address {
        IpAddr::V4(address) => classify_v4(address),
        IpAddr::V6(address) => match address.to_ipv4_mapped() {
            Some(mapped) => classify_v4(mapped),
            None => classify_v6(address),
        },
    }
}

fn classify_v4(address: Ipv4Addr) -> AddressClass {
    let [a, b, ..] = address.octets();
    if address.is_loopback() {
        AddressClass::Loopback
    } else if address.is_unspecified() {
        AddressClass::Unusable("it means every address, not one host")
    } else if address.is_broadcast() {
        AddressClass::Unusable("it is the broadcast address")
    } else if address.is_multicast() {
        AddressClass::Unusable("it is a multicast address")
    } else if a == 0 || a >= 240 {
        AddressClass::Unusable("it is a reserved address")
    } else if address.is_private() || address.is_link_local() || (a == 100 && (64..128).contains(&b)) {
        AddressClass::Private
    } else {
        AddressClass::Public
    }
}

fn classify_v6(address: Ipv6Addr) -> AddressClass {
    if address.is_loopback() {
        AddressClass::Loopback
    } else if address.is_unspecified() {
        AddressClass::Unusable("it means every address, not one host")
    } else if address.is_multicast() {
        AddressClass::Unusable("it is a multicast address")
    } else if address.is_unique_local() || address.is_unicast_link_local() {
        AddressClass::Private
    } else {
        AddressClass::Public
    }
}

/// Whose a place is, and who reaches it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// This server's own.
    Local,
    /// Another server, on a private address.
    Private,
    /// Another server, on an address that the internet reaches.
    Public,
    /// It cannot be told, as of a name that is not resolved.
    Unknown,
}

impl Scope {
    /// Every one.
    pub const ALL: [Self; 4] = [Self::Local, Self::Private, Self::Public, Self::Unknown];

    /// Its word in JSON.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::Private => "private",
            Self::Public => "public",
            Self::Unknown => "unknown",
        }
    }
}

/// What this host is known by, so that an endpoint can be told to be its own.
#[derive(Clone, Debug, Default)]
pub struct ThisHost {
    /// The addresses of its interfaces.
    pub addresses: Vec<IpAddr>,
    /// Its host name, where known.
    pub name: Option<String>,
}

impl ThisHost {
    /// Whether `endpoint` is a memcached on this host.
    ///
    /// So are loopback addresses and names, the unspecified address (a client
    /// that connects to it reaches its own host), this host's own addresses
    /// and name, a Unix socket, and edX's default name [`EDX_DEFAULT_NAME`].
    pub fn is_local(&self, endpoint: &Endpoint) -> bool {
        match endpoint {
            Endpoint::Unix(_) => true,
            Endpoint::Tcp { host, .. } => match host {
                Host::Address(address) => {
                    let address = address.to_canonical();
                    address.is_loopback()
                        || address.is_unspecified()
                        || self.addresses.iter().any(|own| own.to_canonical() == address)
                }
                Host::Name(name) => name == EDX_DEFAULT_NAME || loopback_name(name) || self.is_own_name(name),
            },
        }
    }

    /// Whose `address` is. `resolved` are the addresses that its name leads to; none where they are not known.
    ///
    /// Of several addresses one of this host's own makes it local, as clients may take that one; otherwise a
    /// public one makes it public. An object store without an endpoint is AWS's, which is public.
    pub fn place(&self, address: &DataAddress, resolved: &[IpAddr]) -> Scope {
        match address {
            DataAddress::Socket(_) | DataAddress::Folder(_) => Scope::Local,
            DataAddress::Server { host, .. } => self.place_of_host(host, resolved),
            DataAddress::ObjectStore { endpoint: None, .. } => Scope::Public,
            DataAddress::ObjectStore { endpoint: Some(_), .. } => {
                address.store_host().map_or(Scope::Unknown, |host| self.place_of_host(&host, resolved))
            }
            DataAddress::Unknown(_) => Scope::Unknown,
        }
    }

    fn place_of_host(&self, host: &Host, resolved: &[IpAddr]) -> Scope {
        if self.is_local(&Endpoint::Tcp { host: host.clone(), port: 0 }) {
            return Scope::Local;
        }
        let of_name = |address: &IpAddr| self.place_of_host(&Host::Address(*address), &[]);
        match host {
            Host::Address(address) => match classify(*address) {
                AddressClass::Loopback => Scope::Local,
                AddressClass::Private => Scope::Private,
                AddressClass::Public => Scope::Public,
                AddressClass::Unusable(_) => Scope::Unknown,
            },
            Host::Name(_) => {
                let found: Vec<Scope> = resolved.iter().map(of_name).collect();
                let by_weight = [Scope::Unknown, Scope::Local, Scope::Public, Scope::Private];
                by_weight.into_iter().find(|scope| found.contains(scope)).unwrap_or(Scope::Unknown)
            }
        }
    }

    fn is_own_name(&self, name: &str) -> bool {
        self.name.as_deref().is_some_and(|own| own.eq_ignore_ascii_case(name))
    }
}

/// The address that this host comes from when it connects to `host`, as its routing table has it. Nothing is sent.
pub fn own_address_towards(host: &str, port: u16) -> Option<IpAddr> {
    let from = |any: &str| {
        let socket = UdpSocket::bind((any, 0)).ok()?;
        socket.connect((host, port)).ok()?;
        Some(socket.local_addr().ok()?.ip())
    };
    from("0.0.0.0").or_else(|| from("::"))
}

/// The names that Debian's /etc/hosts gives to loopback addresses, and
/// `*.localhost` (RFC 6761).
fn loopback_name(name: &str) -> bool {
    matches!(
        name,
        "localhost" | "localhost.localdomain" | "localhost4" | "localhost6" | "ip6-localhost" | "ip6-loopback"
    ) || name.ends_with(".localhost")
}
