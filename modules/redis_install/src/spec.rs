//! The declaration of the module: its options and its page.

use ansible_protocol::{Default, Kind, ModuleSpec, OptionSpec, PageSpec, ReturnSpec};

/// The declaration of `redis_install`.
pub static SPEC: ModuleSpec = ModuleSpec {
    name: "redis_install",
    short_description: "Installs Redis on a host, as the broker of Celery's tasks",
    description: &[
        "Installs redis-server from the package archives of Debian or Ubuntu, configures it so that queued tasks survive a restart and are never thrown away, and keeps its service enabled and running.",
        "The settings are in a file of the module's own, which the last line of redis.conf includes; the rest of redis.conf stays as the package has it.",
        "Afterwards the running daemon is asked for its settings with C(CONFIG GET). What can be set while it runs is set, for anything else it is restarted, and a setting that it does not take is a failure that names it.",
        "The append-only file is turned on while Redis runs, before it is ever restarted with it, since Redis would start empty otherwise.",
        "When Redis ran before and does not come up as asked, the earlier files are put back and it is started with them.",
    ],
    options: &[
        OptionSpec::new(
            "state",
            Kind::Str,
            &[
                "With V(latest) the package is brought to the newest version that apt knows of.",
                "With V(absent) the package is removed. It is refused while Redis holds keys, which may be queued tasks, unless O(force).",
            ],
        )
        .choices(&["present", "latest", "absent"])
        .default(Default::Str("present")),
        OptionSpec::new(
            "purge",
            Kind::Bool,
            &["With O(state=absent), remove the configuration as well, and the data."],
        )
        .default(Default::Bool(false)),
        OptionSpec::new("force", Kind::Bool, &["With O(state=absent), remove it also while it holds keys."])
            .default(Default::Bool(false)),
        OptionSpec::new(
            "listen",
            Kind::StrList,
            &[
                "The addresses of this host to listen on, IPv4 or IPv6, without a port; loopback is added.",
                "Where it is left out or empty, the private IPv4 address of the interface with the default route, else the only private address. A host with none or several of them is an error that lists them.",
                "Every address of the host (V(0.0.0.0), V(::)) or a public one is used only when named here.",
            ],
        ),
        OptionSpec::new("port", Kind::Int, &["The TCP port."]).default(Default::Int(6379)),
        OptionSpec::new(
            "password",
            Kind::Str,
            &["The password that Open edX logs in with, of any characters. Unset or empty means none, with a warning."],
        )
        .secret(),
        OptionSpec::new(
            "username",
            Kind::Str,
            &[
                "The ACL user that has the password, in the place of the default user, who is turned off (Redis 6 and later). Unset means the default user.",
            ],
        ),
        OptionSpec::new(
            "memory_mb",
            Kind::Raw,
            &["The memory for queued tasks in megabytes, or a share of the machine's memory such as V(25%)."],
        )
        .default(Default::Int(512)),
        OptionSpec::new(
            "maxmemory_policy",
            Kind::Str,
            &["What Redis does when that is full. A broker refuses new tasks (V(noeviction)); any other policy of Redis (V(allkeys-lru) and so on) throws queued ones away."],
        )
        .default(Default::Str("noeviction")),
        OptionSpec::new(
            "maxclients",
            Kind::Int,
            &["The connections at one time, of all application servers together. The service's limit of open files follows it."],
        )
        .default(Default::Int(10_000)),
        OptionSpec::new(
            "appendonly",
            Kind::Bool,
            &["Whether to write each change to a file, so that queued tasks survive a restart and a power failure."],
        )
        .default(Default::Bool(true)),
        OptionSpec::new("appendfsync", Kind::Str, &["When that file is synced to the disk."])
            .choices(&["always", "everysec", "no"])
            .default(Default::Str("everysec")),
        OptionSpec::new(
            "extra",
            Kind::Dict,
            &[
                "Further directives of redis.conf with their arguments as they stand there, such as V({\"tcp-keepalive\": 60}).",
                "Directives that another option sets are refused here. A change here restarts Redis.",
            ],
        ),
        OptionSpec::new(
            "overcommit_memory",
            Kind::Bool,
            &["Whether to set the kernel's C(vm.overcommit_memory) to 1, now and for the next boot. Where it cannot be set, as in a container, there is a warning."],
        )
        .default(Default::Bool(true)),
        OptionSpec::new("config_file", Kind::Path, &["The configuration file that the service reads."])
            .default(Default::Str("/etc/redis/redis.conf")),
        OptionSpec::new("settings_file", Kind::Path, &["The module's own file, which the former includes."])
            .default(Default::Str("/etc/redis/redis_install.conf")),
        OptionSpec::new("group", Kind::Str, &["The group that Redis runs as, which may read that file (mode 0640)."])
            .default(Default::Str("redis")),
        OptionSpec::new("service", Kind::Str, &["The name of the service."]).default(Default::Str("redis-server")),
        OptionSpec::new("timeout", Kind::Int, &["The seconds to wait for the daemon to answer after a change."])
            .default(Default::Int(60)),
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

/// What only the page of `redis_install` shows.
pub static PAGE: PageSpec = PageSpec {
    notes: &[
        "Redis does not encrypt: its listening address and the firewall are its security, and the password is for who gets that far.",
        "Protected mode stays on. It matters only where there is no password: then Redis answers on loopback alone, unless it is bound to other addresses by name, as here.",
        "Works with systemd, and with C(service) and C(update-rc.d) where there is none.",
    ],
    examples: "\
- name: Redis on the private address and loopback
  edxops.scaling.redis_install:
    password: '{{ redis_password }}'

- name: Redis with an address, a user and further directives named
  edxops.scaling.redis_install:
    listen: [10.0.0.5]
    username: celery
    password: '{{ redis_password }}'
    memory_mb: 25%
    extra: {tcp-keepalive: 60}

- name: No Redis on this host any more, nor its data
  edxops.scaling.redis_install:
    state: absent
    purge: true",
    returns: &[
        ReturnSpec {
            name: "actions",
            kind: "list",
            returned: "always",
            description: "What was done, or would be in check mode, in order.",
            sample: "[install redis-server, write /etc/redis/redis_install.conf]",
        },
        ReturnSpec {
            name: "endpoints",
            kind: "list",
            returned: "unless O(state=absent)",
            description: "Where other hosts reach it.",
            sample: "['10.0.0.5:6379']",
        },
        ReturnSpec {
            name: "package",
            kind: "dict",
            returned: "success",
            description: "The package's version, null where it is not installed.",
            sample: "{redis-server: '5:7.0.15-1~deb12u1'}",
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
            name: "config_file",
            kind: "str",
            returned: "success",
            description: "The configuration file that the service reads.",
            sample: "/etc/redis/redis.conf",
        },
        ReturnSpec {
            name: "settings_file",
            kind: "str",
            returned: "success",
            description: "The module's own file.",
            sample: "/etc/redis/redis_install.conf",
        },
        ReturnSpec {
            name: "version",
            kind: "str",
            returned: "when the daemon was asked",
            description: "The version of the running daemon.",
            sample: "7.0.15",
        },
        ReturnSpec {
            name: "settings",
            kind: "dict",
            returned: "when the daemon was asked",
            description: "What the running daemon says of the directives that options set.",
            sample: "{bind: '10.0.0.5 127.0.0.1', maxmemory: '536870912', appendonly: 'yes'}",
        },
        ReturnSpec {
            name: "mismatches",
            kind: "list",
            returned: "when the daemon does not run as asked",
            description: "Each setting that it did not take: setting, wanted, running.",
            sample: "[{setting: maxclients, wanted: '10000', running: '4064'}]",
        },
    ],
};
