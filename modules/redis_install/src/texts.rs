//! The other files that the module writes, whole.

/// The drop-in's name.
pub const DROP_IN: &str = "redis_install";

/// Open files of Redis that are no clients (its own estimate, `CONFIG_MIN_RESERVED_FDS`, is 32), and some to spare.
const SPARE_FILES: u64 = 1024;

/// As many open files as Debian's and Ubuntu's own unit allows.
const PACKAGED_FILES: u64 = 65_535;

/// What is added to the package's unit. The network has to be there before a daemon that listens on one of its
/// addresses: Redis ends when it cannot bind, and systemd gives up after five attempts that take less than a second.
pub fn drop_in(maxclients: u64, needs_network: bool) -> String {
    let mut text = String::from("# Written by redis_install.\n");
    if needs_network {
        text.push_str("[Unit]\nWants=network-online.target\nAfter=network-online.target\n\n");
    }
    let files = PACKAGED_FILES.max(maxclients + SPARE_FILES);
    text.push_str("[Service]\nRestartSec=3\nLimitNOFILE=");
    text.push_str(&files.to_string());
    text.push('\n');
    text
}

/// Where the kernel's settings are kept over a reboot.
pub const SYSCTL_FILE: &str = "/etc/sysctl.d/60-redis_install.conf";

/// Redis forks to write a snapshot or to rewrite its append-only file; without this the kernel refuses that when half of
/// the memory is used.
pub const SYSCTL: &str = "# Written by redis_install.\nvm.overcommit_memory = 1\n";

/// The setting that the kernel uses now.
pub const OVERCOMMIT: &str = "/proc/sys/vm/overcommit_memory";
