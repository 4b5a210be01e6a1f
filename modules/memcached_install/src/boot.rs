//! What systemd has to wait for before it starts memcached at boot.
//!
//! The package's unit is ordered after `network.target`, which does not mean that addresses are
//! there. memcached ends at once when it cannot bind one, and systemd gives up after five attempts
//! within ten seconds, which such attempts take less than one of: on a host with DHCP the cache would
//! be gone after a reboot. A drop-in beside the package's unit waits for the addresses, and lets the
//! attempts be far enough apart that systemd never gives up.

/// The name of the drop-in.
pub(crate) const NAME: &str = "memcached_install";

/// The drop-in, whole.
pub(crate) const TEXT: &str = "\
# Written by memcached_install. memcached listens on an address that is there only once the
# network is up, and ends when it is not there yet.
[Unit]
Wants=network-online.target
After=network-online.target

[Service]
RestartSec=3
";
