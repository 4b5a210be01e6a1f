//! The declaration of the module: its options and its page.

use ansible_protocol::{Default, Kind, ModuleSpec, OptionSpec, PageSpec, ReturnSpec};

/// The declaration of `memcached_install`.
pub static SPEC: ModuleSpec = ModuleSpec {
    name: "memcached_install",
    short_description: "Installs and configures memcached on a host",
    description: &[
        "Installs memcached from the package archives of Debian or Ubuntu, sets its configuration file and keeps its \
         service enabled and running.",
        "The configuration file is edited as a document - the options below are set, every other line stays, comments \
         included. It is written before the package is first installed, so that memcached never listens with the \
         package's own settings.",
        "Afterwards the running daemon is asked for its settings. One that still runs older ones is restarted, and an \
         option that it does not take is a failure that names it.",
        "When memcached ran before and does not come up as asked with the new configuration file, the earlier file is \
         put back and the daemon started with it.",
        "Under systemd, an address that comes with the network makes a drop-in necessary, which lets memcached wait for it \
         at boot. It is written below /etc/systemd/system, and removed when it is not needed any more.",
        "UDP is always turned off, and so is a unix socket, which would turn the network off.",
    ],
    options: &[
        OptionSpec::new(
            "state",
            Kind::Str,
            &[
                "With V(latest) the package is brought to the newest version that apt knows of.",
                "With V(absent) the package is removed.",
            ],
        )
        .default(Default::Str("present"))
        .choices(&["present", "latest", "absent"]),
        OptionSpec::new(
            "purge",
            Kind::Bool,
            &["With O(state=absent), remove the configuration file as well."],
        )
        .default(Default::Bool(false)),
        OptionSpec::new(
            "listen",
            Kind::StrList,
            &[
                "The addresses of this host to listen on, IPv4 or IPv6, without a port.",
                "Where it is left out or empty - loopback, and the private IPv4 address of the interface with the default \
                 route, else the only private address. A host with none or several of them is an error that lists them.",
                "Every address of the host (V(0.0.0.0), V(::)) or a public one is used only when named here.",
            ],
        )
        .aliases(&["listen_ip"]),
        OptionSpec::new("port", Kind::Int, &["The TCP port."]).default(Default::Int(11211)),
        OptionSpec::new(
            "memory_mb",
            Kind::Raw,
            &[
                "The memory for cached items in megabytes, or a share of the machine's memory such as V(50%).",
                "memcached needs some more for itself and its connections.",
            ],
        )
        .default(Default::Int(64))
        .aliases(&["memory_limit"]),
        OptionSpec::new(
            "max_connections",
            Kind::Int,
            &[
                "The connections at one time, of all application servers together.",
                "At least 20 and 6 for each of the O(threads), since memcached counts its own open files.",
            ],
        )
        .default(Default::Int(1024))
        .aliases(&["connections"]),
        OptionSpec::new("threads", Kind::Int, &["The worker threads, 1 to 64."]).default(Default::Int(4)),
        OptionSpec::new(
            "max_item_size",
            Kind::Str,
            &["The largest item, as memcached writes it - a multiple of 512k up to 1g, and at most half of the memory."],
        )
        .default(Default::Str("1m")),
        OptionSpec::new(
            "extra",
            Kind::Raw,
            &[
                "Further options of memcached, as a list such as V([\"-F\", \"-R 40\"]), or as a dict such as V({\"-F\": true, \
                 \"-R\": 40}) where V(false) leaves an option alone.",
                "Options that another key sets are refused here, and so are those that would keep Open edX from using the \
                 cache.",
                "An option that is taken out of this list later stays in the file.",
            ],
        ),
        OptionSpec::new("user", Kind::Str, &["The user that memcached runs as."]).default(Default::Str("memcache")),
        OptionSpec::new("config_file", Kind::Path, &["The configuration file that the service reads."])
            .default(Default::Str("/etc/memcached.conf")),
        OptionSpec::new(
            "backup",
            Kind::Bool,
            &["Keep a copy of the configuration file, with the time in its name, before it changes."],
        )
        .default(Default::Bool(false)),
        OptionSpec::new("service", Kind::Str, &["The name of the service."]).default(Default::Str("memcached")),
        OptionSpec::new(
            "tools",
            Kind::Bool,
            &["Install libmemcached-tools too (memcstat, memcping and others); with O(state=absent), remove them."],
        )
        .default(Default::Bool(false)),
        OptionSpec::new("timeout", Kind::Int, &["The seconds to wait for the daemon to answer after a change."])
            .default(Default::Int(30)),
        OptionSpec::new(
            "lock_timeout",
            Kind::Int,
            &["The seconds to wait while another program, such as unattended-upgrades, installs packages."],
        )
        .default(Default::Int(300)),
    ],
    mutually_exclusive: &[],
    required_one_of: &[],
};

/// What only the page of `memcached_install` shows.
pub static PAGE: PageSpec = PageSpec {
    notes: &[
        "memcached asks nobody for a password, and the clients of Open edX could not give one. Its listening addresses and \
         the firewall are its security.",
        "The start script of Debian and Ubuntu hands every line of the configuration file to a shell that runs as root. \
         Values with a character that a shell interprets are refused, and so is a file that has such a line already.",
        "Of an option that stands in the file several times the first is set, the others become comments.",
        "Works with systemd, and with C(service) and C(update-rc.d) where there is none.",
    ],
    examples: r#"- name: memcached on the private address and loopback, with half of the machine's memory
  edxops.scaling.memcached_install:
    memory_mb: "50%"

- name: memcached with addresses and further options named
  edxops.scaling.memcached_install:
    listen: [10.0.0.5, 127.0.0.1]
    memory_mb: 2048
    max_connections: 4096
    max_item_size: 2m
    extra: ["-F", "-o no_hashexpand"]
    tools: true

- name: No memcached on this host any more, nor its configuration
  edxops.scaling.memcached_install:
    state: absent
    purge: true
"#,
    returns: &[
        ReturnSpec {
            name: "actions",
            kind: "list",
            returned: "always",
            description: "What was done, in order; in check mode what would be.",
            sample: r#"["write /etc/memcached.conf", "install memcached", "enable the service memcached", "start the service memcached"]"#,
        },
        ReturnSpec {
            name: "endpoints",
            kind: "list",
            returned: "unless state is absent",
            description: "What application servers should use, as host:port.",
            sample: r#"["10.0.0.5:11211"]"#,
        },
        ReturnSpec {
            name: "version",
            kind: "str",
            returned: "when the daemon answers",
            description: "The running daemon's version.",
            sample: r#""1.6.18""#,
        },
        ReturnSpec {
            name: "settings",
            kind: "dict",
            returned: "when the daemon answers",
            description: "What the running daemon says it runs with, under memcached's own names.",
            sample: r#"{"maxbytes": 2147483648, "maxconns": 1024, "tcpport": 11211, "udpport": 0, "inter": "127.0.0.1,10.0.0.5"}"#,
        },
        ReturnSpec {
            name: "package",
            kind: "dict",
            returned: "always",
            description: "The installed version of each package that was looked at, null where it is not installed; in \
                          check mode the version that would be.",
            sample: r#"{"memcached": "1.6.18-1+deb12u1"}"#,
        },
        ReturnSpec {
            name: "installed",
            kind: "bool",
            returned: "always",
            description: "Whether this run installed or upgraded a package.",
            sample: "true",
        },
        ReturnSpec {
            name: "restarted",
            kind: "bool",
            returned: "always",
            description: "Whether a running daemon was restarted, which empties the cache.",
            sample: "false",
        },
        ReturnSpec {
            name: "config_file",
            kind: "str",
            returned: "always",
            description: "The configuration file.",
            sample: r#""/etc/memcached.conf""#,
        },
        ReturnSpec {
            name: "backup_file",
            kind: "str",
            returned: "when the file changed and backup is true",
            description: "The copy of the earlier configuration file.",
            sample: r#""/etc/memcached.conf.20240501T120000Z~""#,
        },
        ReturnSpec {
            name: "mismatches",
            kind: "list",
            returned: "when the daemon did not take an option",
            description: "Each such option, with what was wanted and what the daemon runs with.",
            sample: r#"[{"setting": "memory_mb", "wanted": "512", "running": "64"}]"#,
        },
    ],
};
