//! What this host is known by.

use edx_layout::ThisHost;

/// This host's addresses and name, as far as the system tells them.
pub fn this_host() -> ThisHost {
    let addresses = if_addrs::get_if_addrs().unwrap_or_default().iter().map(if_addrs::Interface::ip).collect();
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").ok();
    let name = name.map(|name| name.trim().to_owned()).filter(|name| !name.is_empty());
    ThisHost { addresses, name }
}
