//! The declaration of the module: its options and its page.

use ansible_protocol::{Default, Kind, ModuleSpec, OptionSpec, PageSpec, ReturnSpec};

/// The declaration of `mysql_install`.
pub static SPEC: ModuleSpec = ModuleSpec {
    name: "mysql_install",
    short_description: "Installs MySQL or MariaDB on a host, for the databases of Open edX",
    description: &[
        "Installs the server from the package archives of Debian or Ubuntu, configures it for a machine of its own, and keeps its service enabled and running.",
        "The settings are in a file of the module's own, which the server reads last; the packaged files stay as they are.",
        "Afterwards the running server is asked for its variables, and one that it did not take is a failure that names it. A server that ran before and does not come up as asked gets its earlier file back, and is started with it.",
        "It asks the server as root, whom Debian and Ubuntu let in through the socket.",
    ],
    options: &[
        OptionSpec::new(
            "state",
            Kind::Str,
            &[
                "With V(latest) the package is brought to the newest version that apt knows of.",
                "With V(absent) the package is removed. It is refused while the server has databases, unless O(force).",
            ],
        )
        .choices(&["present", "latest", "absent"])
        .default(Default::Str("present")),
        OptionSpec::new(
            "flavour",
            Kind::Str,
            &["Which server. With V(auto) the one that is there; else MySQL where the archives have it, as Ubuntu's, and MariaDB where they have not, as Debian's."],
        )
        .choices(&["auto", "mysql", "mariadb"])
        .default(Default::Str("auto")),
        OptionSpec::new(
            "purge",
            Kind::Bool,
            &["With O(state=absent), remove the configuration as well, and the data."],
        )
        .default(Default::Bool(false)),
        OptionSpec::new("force", Kind::Bool, &["With O(state=absent), remove it also while it has databases."])
            .default(Default::Bool(false)),
        OptionSpec::new(
            "listen",
            Kind::StrList,
            &[
                "The addresses of this host to listen on, IPv4 or IPv6, without a port; loopback is added where the server takes several (MySQL 8, MariaDB 10.11).",
                "Where it is left out or empty, the private IPv4 address of the interface with the default route, else the only private address. A host with none or several of them is an error that lists them.",
                "Every address of the host (V(0.0.0.0), V(::)) or a public one is used only when named here.",
            ],
        ),
        OptionSpec::new("port", Kind::Int, &["The TCP port."]).default(Default::Int(3306)),
        OptionSpec::new(
            "memory_mb",
            Kind::Raw,
            &["The buffer pool of InnoDB in megabytes, or a share of the machine's memory such as V(60%). It is brought down to a multiple of 128 MB."],
        )
        .default(Default::Str("60%")),
        OptionSpec::new(
            "max_allowed_packet_mb",
            Kind::Int,
            &["The largest statement or row, in megabytes. At least as on the server that the data comes from."],
        )
        .default(Default::Int(64)),
        OptionSpec::new(
            "max_connections",
            Kind::Int,
            &["The connections at one time, of all application servers together."],
        )
        .default(Default::Int(500)),
        OptionSpec::new(
            "character_set",
            Kind::Str,
            &["The character set of new databases, such as V(utf8mb3) or V(utf8mb4). Unset means the package's own."],
        ),
        OptionSpec::new("collation", Kind::Str, &["Their collation."]),
        OptionSpec::new(
            "sql_mode",
            Kind::Str,
            &["The server's C(sql_mode), such as that of the server that the data comes from. Modes that this release does not know any more are left out. Unset means the package's own."],
        ),
        OptionSpec::new(
            "extra",
            Kind::Dict,
            &["Further variables of the server, such as V({\"log_bin\": \"binlog\"}). Those that another option sets are refused here."],
        ),
        OptionSpec::new(
            "time_zones",
            Kind::Bool,
            &["Whether to load the system's time zones, which C(CONVERT_TZ) needs."],
        )
        .default(Default::Bool(true)),
        OptionSpec::new(
            "admin_username",
            Kind::Str,
            &["An account with all rights that may come from O(admin_hosts), and from nowhere else, such as for the time of a move."],
        ),
        OptionSpec::new("admin_password", Kind::Str, &["Its password, of at least 12 characters; set anew by each run."])
            .secret(),
        OptionSpec::new(
            "admin_hosts",
            Kind::StrList,
            &["The addresses that it may come from. Empty removes the account."],
        ),
        OptionSpec::new("login_unix_socket", Kind::Path, &["Where root asks the server."])
            .default(Default::Str("/var/run/mysqld/mysqld.sock")),
        OptionSpec::new("login_password", Kind::Str, &["The password of root there, where it needs one."]).secret(),
        OptionSpec::new("timeout", Kind::Int, &["The seconds to wait for the server to answer after a change."])
            .default(Default::Int(120)),
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

/// What only the page of `mysql_install` shows.
pub static PAGE: PageSpec = PageSpec {
    notes: &[
        "The listening address, the firewall and the accounts are its security: give accounts for single addresses, never for any host.",
        "Works with systemd, and with C(service) and C(update-rc.d) where there is none.",
    ],
    examples: "\
- name: A server on the private address
  edxops.scaling.mysql_install:
    character_set: utf8mb3
    collation: utf8mb3_general_ci

- name: The same, with an administrator for a move from the application server
  edxops.scaling.mysql_install:
    admin_username: edx_move
    admin_password: '{{ move_password }}'
    admin_hosts: [172.31.5.1]

- name: Without that one again
  edxops.scaling.mysql_install:
    admin_username: edx_move
    admin_hosts: []",
    returns: &[
        ReturnSpec {
            name: "actions",
            kind: "list",
            returned: "always",
            description: "What was done, or would be in check mode, in order.",
            sample: "[install mariadb-server, write /etc/mysql/mariadb.conf.d/zz-mysql_install.cnf]",
        },
        ReturnSpec {
            name: "endpoints",
            kind: "list",
            returned: "unless O(state=absent)",
            description: "Where other hosts reach it.",
            sample: "['10.0.0.5:3306']",
        },
        ReturnSpec {
            name: "flavour",
            kind: "str",
            returned: "success",
            description: "Which server: mysql or mariadb.",
            sample: "mariadb",
        },
        ReturnSpec {
            name: "package",
            kind: "dict",
            returned: "success",
            description: "The package's version, null where it is not installed.",
            sample: "{mariadb-server: '1:10.11.6-0+deb12u1'}",
        },
        ReturnSpec {
            name: "service",
            kind: "str",
            returned: "success",
            description: "The name of the service.",
            sample: "mariadb",
        },
        ReturnSpec {
            name: "installed",
            kind: "bool",
            returned: "success",
            description: "Whether the package was installed or brought to a newer version.",
            sample: "true",
        },
        ReturnSpec {
            name: "restarted",
            kind: "bool",
            returned: "success",
            description: "Whether the service was restarted.",
            sample: "true",
        },
        ReturnSpec {
            name: "settings_file",
            kind: "str",
            returned: "success",
            description: "The module's own file.",
            sample: "/etc/mysql/mariadb.conf.d/zz-mysql_install.cnf",
        },
        ReturnSpec {
            name: "version",
            kind: "str",
            returned: "when the server was asked",
            description: "The version of the running server.",
            sample: "10.11.6-MariaDB-0+deb12u1",
        },
        ReturnSpec {
            name: "settings",
            kind: "dict",
            returned: "when the server was asked",
            description: "What the running server says of the variables that options set.",
            sample: "{bind_address: '10.0.0.5,127.0.0.1', max_connections: '500'}",
        },
        ReturnSpec {
            name: "databases",
            kind: "list",
            returned: "when the server was asked",
            description: "Its databases, without its own.",
            sample: "[edxapp]",
        },
        ReturnSpec {
            name: "time_zones",
            kind: "bool",
            returned: "when the server was asked",
            description: "Whether it knows time zones by name.",
            sample: "true",
        },
        ReturnSpec {
            name: "free_bytes",
            kind: "int",
            returned: "when the server was asked",
            description: "What is free where its data is.",
            sample: "53687091200",
        },
        ReturnSpec {
            name: "mismatches",
            kind: "list",
            returned: "when the server does not run as asked",
            description: "Each setting that it did not take: setting, wanted, running.",
            sample: "[{setting: max_connections, wanted: '500', running: '214'}]",
        },
    ],
};
