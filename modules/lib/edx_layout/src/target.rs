//! Whether a cache or broker may be pointed at an endpoint.

use std::io;
use std::net::{IpAddr, ToSocketAddrs};

use crate::address::{AddressClass, classify};
use crate::data::Layer;
use crate::endpoint::{Endpoint, Host};

/// Why an endpoint must not be used.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum TargetError {
    /// No single host has this address.
    #[error("{endpoint} cannot be an endpoint: {reason}")]
    Unusable {
        /// The endpoint as given.
        endpoint: String,
        /// What the address is.
        reason: &'static str,
    },
    /// An address that the internet can reach.
    #[error(
        "{endpoint} is a public address: {why}; give a private address, or set allow_public if a firewall protects it"
    )]
    Public {
        /// The endpoint as given.
        endpoint: String,
        /// Why that is no place for this kind of server.
        why: &'static str,
    },
    /// A name with a public address among those it resolves to.
    #[error(
        "{endpoint} resolves to {address}, a public address: {why}; give a name with private addresses only, or set allow_public if a firewall protects it"
    )]
    ResolvesToPublic {
        /// The endpoint as given.
        endpoint: String,
        /// The first public address of that name.
        address: IpAddr,
        /// Why that is no place for this kind of server.
        why: &'static str,
    },
    /// A name with an address that no single host has.
    #[error("{endpoint} resolves to {address}, which cannot be an endpoint: {reason}")]
    ResolvesToUnusable {
        /// The endpoint as given.
        endpoint: String,
        /// The address.
        address: IpAddr,
        /// What the address is.
        reason: &'static str,
    },
    /// A name that this host cannot resolve.
    #[error(
        "{endpoint} cannot be used: this host does not resolve the name \"{name}\"; the platform could not either. Check DNS and /etc/hosts, or give an address"
    )]
    Unresolvable {
        /// The endpoint as given.
        endpoint: String,
        /// Its host name.
        name: String,
    },
}

const MEMCACHED: &str = "memcached has no password that Open edX can use";
const DATA: &str = "every grade and every name crosses the network as it is, unless TLS is set up in each file";
const REDIS: &str = "Redis sends tasks and its password as they are";

/// The addresses of `name`, from this host's resolver (`/etc/hosts`, DNS).
pub fn resolve(name: &str) -> io::Result<Vec<IpAddr>> {
    let found = (name, 0u16).to_socket_addrs()?;
    Ok(found.map(|address| address.ip()).collect())
}

/// Accepts `endpoint` when it is private: a private or loopback address, a
/// name that `resolve` maps only to such, or a Unix socket. `allow_public`
/// lets public addresses pass, and nothing else; a name has to resolve in any
/// case. `layer` is what is reached there.
pub fn check_target(
    endpoint: &Endpoint,
    layer: Layer,
    allow_public: bool,
    resolve: impl Fn(&str) -> io::Result<Vec<IpAddr>>,
) -> Result<(), TargetError> {
    let why = match layer {
        Layer::Redis => REDIS,
        Layer::MySql | Layer::MongoDb => DATA,
        _ => MEMCACHED,
    };
    let Endpoint::Tcp { host, .. } = endpoint else {
        return Ok(());
    };
    let shown = endpoint.to_string();
    match host {
        Host::Address(address) => match classify(*address) {
            AddressClass::Unusable(reason) => Err(TargetError::Unusable { endpoint: shown, reason }),
            AddressClass::Public if !allow_public => Err(TargetError::Public { endpoint: shown, why }),
            _ => Ok(()),
        },
        Host::Name(name) => {
            let addresses = resolve(name).unwrap_or_default();
            if addresses.is_empty() {
                return Err(TargetError::Unresolvable { endpoint: shown, name: name.clone() });
            }
            for address in addresses {
                match classify(address) {
                    AddressClass::Unusable(reason) => {
                        return Err(TargetError::ResolvesToUnusable { endpoint: shown, address, reason });
                    }
                    AddressClass::Public if !allow_public => {
                        return Err(TargetError::ResolvesToPublic { endpoint: shown, address, why });
                    }
                    _ => {}
                }
            }
            Ok(())
        }
    }
}
