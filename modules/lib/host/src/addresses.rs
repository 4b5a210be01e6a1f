//! Which of the host's addresses a daemon listens on, and which others should use.

use std::fs;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use crate::Error;
use edx_layout::{AddressClass, classify};

/// Interfaces of containers and virtual machines on this host: nobody else reaches their addresses.
const INNER_INTERFACES: [&str; 7] = ["docker", "podman", "br-", "virbr", "lxcbr", "cni", "veth"];

/// An address of an interface.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interface {
    /// Its name, such as `eth0`.
    pub name: String,
    /// One of its addresses.
    pub address: IpAddr,
}

/// The host's addresses, and the interface of its default route.
#[derive(Debug, Clone, Default)]
pub struct Network {
    /// Every address.
    pub interfaces: Vec<Interface>,
    /// The name of the interface.
    pub default_route: Option<String>,
}

impl Network {
    /// As the system tells it.
    pub fn of_this_host() -> Result<Self, Error> {
        let found = if_addrs::get_if_addrs()
            .map_err(|source| Error::System { what: "the list of this host's addresses", source })?;
        let interfaces = found.into_iter().map(|found| Interface { address: found.ip(), name: found.name }).collect();
        // Without the file there is no IPv4, and so no default route.
        let routes = fs::read_to_string("/proc/net/route").unwrap_or_default();
        Ok(Self { interfaces, default_route: default_route(&routes) })
    }

    /// The private IPv4 address of the interface with the default route; else the only private one.
    pub fn private_address(&self) -> Result<IpAddr, Error> {
        let private = |interface: &&Interface| match interface.address {
            IpAddr::V4(v4) => !v4.is_link_local() && classify(interface.address) == AddressClass::Private,
            IpAddr::V6(_) => false,
        };
        let all: Vec<&Interface> = self.interfaces.iter().filter(private).collect();
        let on_default_route = |interface: &&&Interface| Some(&interface.name) == self.default_route.as_ref();
        let outer = |interface: &&&Interface| !INNER_INTERFACES.iter().any(|prefix| interface.name.starts_with(prefix));
        let mut candidates: Vec<&Interface> = all.iter().filter(on_default_route).copied().collect();
        if candidates.is_empty() {
            candidates = all.iter().filter(outer).copied().collect();
        }
        match candidates[..] {
            [only] => Ok(only.address),
            [] => Err(Error::NoPrivateAddress { addresses: shown(&self.interfaces) }),
            _ => Err(Error::SeveralPrivateAddresses { candidates: shown(candidates) }),
        }
    }

    /// Refuses an address that the host does not have.
    pub fn require_own(&self, address: IpAddr) -> Result<(), Error> {
        let is_loopback_v4 = matches!(address, IpAddr::V4(v4) if v4.is_loopback());
        let own = || self.interfaces.iter().any(|interface| interface.address == address);
        if address.is_unspecified() || is_loopback_v4 || own() {
            return Ok(());
        }
        Err(Error::NotOurAddress { address: address.to_string(), addresses: shown(&self.interfaces) })
    }

    /// The endpoints that other hosts use: every address listened on that is not loopback; where
    /// there is none, what there is.
    pub fn endpoints(&self, listen: &[IpAddr], port: u16) -> Vec<String> {
        let reachable = |address: &&IpAddr| !address.is_loopback();
        let mut addresses: Vec<IpAddr> = if listen.iter().any(IpAddr::is_unspecified) {
            match self.private_address() {
                Ok(address) => vec![address],
                Err(_) => self.interfaces.iter().map(|interface| interface.address).collect(),
            }
        } else {
            listen.to_vec()
        };
        if addresses.iter().any(|address| reachable(&address)) {
            addresses.retain(|address| reachable(&address));
        }
        addresses.into_iter().map(|address| SocketAddr::from((address, port)).to_string()).collect()
    }
}

/// Loopback and a private address need no word; anything else lets strangers in. `caution` is what the daemon does not
/// do against them.
pub fn listen_warning(address: IpAddr, caution: &str) -> Option<String> {
    if address.is_unspecified() {
        return Some(format!(
            "listen: {address} is every address of this host, public ones too; {caution}, so a \
             firewall must let only the application servers reach it"
        ));
    }
    (classify(address) == AddressClass::Public).then(|| {
        format!(
            "listen: {address} is a public address; {caution}, so a firewall must let only the \
             application servers reach it"
        )
    })
}

/// Where to ask the daemon from this host: loopback if it listens there, else its first address.
pub fn local_endpoint(listen: &[IpAddr], port: u16) -> SocketAddr {
    let preferred = listen.iter().find(|address| address.is_loopback()).or(listen.first());
    let address = match preferred.copied() {
        Some(IpAddr::V6(v6)) if v6.is_unspecified() => IpAddr::from(std::net::Ipv6Addr::LOCALHOST),
        Some(address) if !address.is_unspecified() => address,
        _ => IpAddr::from(Ipv4Addr::LOCALHOST),
    };
    SocketAddr::from((address, port))
}

/// The interface of the default route with the lowest metric, from `/proc/net/route`.
fn default_route(table: &str) -> Option<String> {
    table
        .lines()
        .skip(1)
        .filter_map(|line| {
            let columns: Vec<&str> = line.split_whitespace().collect();
            let [interface, destination, _, _, _, _, metric, mask, ..] = columns[..] else { return None };
            let everywhere = destination == "00000000" && mask == "00000000";
            everywhere.then(|| (metric.parse::<u32>().unwrap_or(u32::MAX), interface.to_owned()))
        })
        .min()
        .map(|(_, interface)| interface)
}

fn shown<'a>(interfaces: impl IntoIterator<Item = &'a Interface>) -> String {
    let list: Vec<String> =
        interfaces.into_iter().map(|interface| format!("{} on {}", interface.address, interface.name)).collect();
    list.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROUTES: &str = "\
Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT
eth1\t00000000\t0101000A\t0003\t0\t0\t200\t00000000\t0\t0\t0
eth0\t00000000\t0100000A\t0003\t0\t0\t100\t00000000\t0\t0\t0
eth2\t0000000A\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0
";

    fn network(addresses: &[(&str, &str)], default_route: &str) -> Network {
        Network {
            interfaces: addresses
                .iter()
                .map(|(name, address)| Interface { name: (*name).to_owned(), address: address.parse().unwrap() })
                .collect(),
            default_route: Some(default_route.to_owned()),
        }
    }

    #[test]
    fn the_default_route_with_the_lowest_metric_counts() {
        assert_eq!(default_route(ROUTES).as_deref(), Some("eth0"));
        assert_eq!(default_route(""), None);
    }

    #[test]
    fn the_private_address_on_the_default_route_is_chosen() {
        let network =
            network(&[("lo", "127.0.0.1"), ("eth0", "10.0.0.5"), ("eth0", "fd00::5"), ("eth1", "192.168.1.5")], "eth0");
        assert_eq!(network.private_address().unwrap().to_string(), "10.0.0.5");
    }

    #[test]
    fn else_the_only_private_address_is_chosen() {
        let network = network(
            &[
                ("lo", "127.0.0.1"),
                ("eth0", "198.51.100.7"),
                ("eth1", "10.0.0.5"),
                ("eth2", "169.254.3.4"),
                ("docker0", "172.17.0.1"),
            ],
            "eth0",
        );
        assert_eq!(network.private_address().unwrap().to_string(), "10.0.0.5");
    }

    #[test]
    fn without_a_private_address_all_addresses_are_told() {
        let network = network(&[("lo", "127.0.0.1"), ("eth0", "198.51.100.7"), ("docker0", "172.17.0.1")], "eth0");
        assert_eq!(
            network.private_address().unwrap_err().to_string(),
            "this host has no private IPv4 address to listen on (its addresses: 127.0.0.1 on lo, 198.51.100.7 on eth0, \
             172.17.0.1 on docker0); name the addresses in listen, and mind who can reach them"
        );
    }

    #[test]
    fn several_private_addresses_are_told_as_candidates() {
        let network = network(&[("eth0", "198.51.100.7"), ("eth1", "10.0.0.5"), ("eth2", "10.1.0.5")], "eth0");
        assert_eq!(
            network.private_address().unwrap_err().to_string(),
            "this host has several private addresses, and none is plainly the one to listen on (10.0.0.5 on eth1, \
             10.1.0.5 on eth2); name it in listen"
        );
    }

    #[test]
    fn an_address_of_another_host_is_refused() {
        let network = network(&[("lo", "127.0.0.1"), ("eth0", "10.0.0.5")], "eth0");
        for own in ["10.0.0.5", "127.0.0.9", "0.0.0.0", "::"] {
            network.require_own(own.parse().unwrap()).unwrap();
        }
        assert_eq!(
            network.require_own("10.0.0.6".parse().unwrap()).unwrap_err().to_string(),
            "listen: 10.0.0.6 is no address of this host, the daemon would not start with it; its addresses: 127.0.0.1 on \
             lo, 10.0.0.5 on eth0"
        );
    }

    #[test]
    fn others_are_told_the_addresses_that_they_can_reach() {
        let network = network(&[("lo", "127.0.0.1"), ("eth0", "10.0.0.5")], "eth0");
        let endpoints = |listen: &[&str]| {
            let listen: Vec<IpAddr> = listen.iter().map(|address| address.parse().unwrap()).collect();
            network.endpoints(&listen, 11211)
        };
        assert_eq!(endpoints(&["10.0.0.5", "127.0.0.1"]), ["10.0.0.5:11211"]);
        assert_eq!(endpoints(&["127.0.0.1"]), ["127.0.0.1:11211"]);
        assert_eq!(endpoints(&["0.0.0.0"]), ["10.0.0.5:11211"]);
        assert_eq!(endpoints(&["fd00::5"]), ["[fd00::5]:11211"]);
    }

    #[test]
    fn the_daemon_is_asked_on_loopback_where_it_listens_there() {
        for (listen, endpoint) in [
            (&["10.0.0.5", "127.0.0.1"][..], "127.0.0.1:1"),
            (&["10.0.0.5"], "10.0.0.5:1"),
            (&["0.0.0.0"], "127.0.0.1:1"),
            (&["::"], "[::1]:1"),
        ] {
            let listen: Vec<IpAddr> = listen.iter().map(|address| address.parse().unwrap()).collect();
            assert_eq!(local_endpoint(&listen, 1).to_string(), endpoint);
        }
    }

    #[test]
    fn open_addresses_are_warned_of() {
        assert_eq!(listen_warning("127.0.0.1".parse().unwrap(), "it asks for no password"), None);
        assert_eq!(listen_warning("10.0.0.5".parse().unwrap(), "it asks for no password"), None);
        assert_eq!(
            listen_warning("0.0.0.0".parse().unwrap(), "it asks for no password").unwrap(),
            "listen: 0.0.0.0 is every address of this host, public ones too; it asks for no password, so a \
             firewall must let only the application servers reach it"
        );
        assert_eq!(
            listen_warning("198.51.100.7".parse().unwrap(), "it asks for no password").unwrap(),
            "listen: 198.51.100.7 is a public address; it asks for no password, so a firewall must let only the \
             application servers reach it"
        );
    }
}
