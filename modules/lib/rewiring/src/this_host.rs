//! What this host is known by.

use edx_layout::{Endpoint, ThisHost, own_address_towards};

/// The addresses that this host comes from when it connects to `endpoints`, each once, as its routing table has it.
/// Nothing is sent.
pub fn client_addresses(endpoints: &[Endpoint]) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for endpoint in endpoints {
        let Endpoint::Tcp { host, port } = endpoint else { continue };
        let address = own_address_towards(&host.to_string(), *port).map(|own| own.to_string());
        found.extend(address.filter(|address| !found.contains(address)));
    }
    found
}

/// This host's addresses and name, as far as the system tells them.
pub fn this_host() -> ThisHost {
    let addresses = if_addrs::get_if_addrs().unwrap_or_default().iter().map(if_addrs::Interface::ip).collect();
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").ok();
    let name = name.map(|name| name.trim().to_owned()).filter(|name| !name.is_empty());
    ThisHost { addresses, name }
}
