//! The module's declaration.

use ansible_protocol::{Default, Kind, ModuleSpec, OptionSpec, PageSpec, ReturnSpec};

/// The module `edx_cache_endpoint`.
pub static SPEC: ModuleSpec = ModuleSpec {
    name: "edx_cache_endpoint",
    short_description: "Point the caches or the task queue of a native Open edX at other servers",
    description: &[
        "Finds every cache with a memcached backend in the settings files of a native Open edX and sets its LOCATION to the servers given; or, with service redis, every Celery broker and every cache on Redis. Every other byte of the files stays as it is.",
        "A memcached cache is a mapping with a BACKEND that is a memcached one (MemcachedCache, PyMemcacheCache, PyLibMCCache and others), under CACHES or anywhere else in a file. A LOCATION that is a string stays a string, a list stays a list. A LOCATION is set when each of its servers is either one of endpoints or one that replace means; a list of which only a part is to be replaced is left alone, with a warning.",
        "A broker is a CELERY_BROKER_HOSTNAME whose CELERY_BROKER_TRANSPORT is redis or rediss, or the URL of a Redis under BROKER_URL, CELERY_BROKER_URL, broker_url or a result backend, anywhere in a file; so is a cache with a Redis backend. Scheme, user, password, database and query of a URL stay as they are unless username or password is given. A broker that a service leaves empty is not configured, and stays so. What a Unix socket or Sentinel leads to is left alone, with a warning.",
        "Up to Juniper Celery's tasks travel through RabbitMQ, which is left alone: an error where every broker is one.",
        "All files are checked before the first is written, and they change together or not at all. With neither endpoints nor restore the module only reports.",
    ],
    options: &[
        OptionSpec::new(
            "path",
            Kind::Path,
            &[
                "The folder with the settings files (*.yml). Where it is the edx/etc of a root, the files lms.env.json and cms.env.json in edx/app/edxapp, which LMS and Studio read up to Ironwood, are edited with it.",
            ],
        )
        .default(Default::Str("/edx/etc")),
        OptionSpec::new(
            "files",
            Kind::PathList,
            &[
                "The settings files to look at in place of all files of path, YAML or JSON. A relative path is taken from path. The other files of path then only count for server_vars; they are not searched for mentions of the old server.",
            ],
        ),
        OptionSpec::new("service", Kind::Str, &["The kind of server: memcached for caches, redis for Celery's tasks."])
            .choices(&["memcached", "redis"])
            .default(Default::Str("memcached")),
        OptionSpec::new(
            "endpoints",
            Kind::StrList,
            &[
                "The servers, in order: host:port, an address or name (port 11211), [IPv6 address]:port, unix:/path. Every application server must name them in the same order.",
                "Redis takes exactly one (port 6379), and no Unix socket.",
                "They must be private: an address of a private network, or a name that resolves only to such.",
                "Each is written as the cache's backend reads it; they differ for IPv6 addresses and sockets.",
            ],
        )
        .aliases(&["endpoint"]),
        OptionSpec::new(
            "username",
            Kind::Str,
            &[
                "With service redis, the user that Redis asks for (an ACL user, from Redis 6 on). Empty for none; where the option is left out, the users that stand in the files stay.",
            ],
        ),
        OptionSpec::new(
            "password",
            Kind::Str,
            &[
                "With service redis, the password. Empty for none; where the option is left out, the passwords that stand in the files stay.",
                "It is percent-encoded in URLs, and in CELERY_BROKER_PASSWORD, which LMS, Studio and the other services put into a URL as it stands.",
            ],
        )
        .secret(),
        OptionSpec::new(
            "replace",
            Kind::StrList,
            &[
                "Which servers are replaced: a host (any port), host:port, a network such as 10.0.0.0/8, or the words local and all.",
                "local means a server on this host: localhost, 127.0.0.0/8, ::1, this host's own addresses and name, a Unix socket, and memcache, the default name of the Open edX roles. Where others are given, name local too if it is still meant.",
            ],
        )
        .default(Default::List(&["local"])),
        OptionSpec::new(
            "allow_public",
            Kind::Bool,
            &["Accept public addresses. memcached has no password that Open edX can use, and Redis sends its own as it is, so a firewall has to protect them."],
        )
        .default(Default::Bool(false)),
        OptionSpec::new(
            "backup",
            Kind::Raw,
            &[
                "Whether to keep a copy of each file that changes, beside it. A string is the label under which restore finds it again; with true the label is the time.",
            ],
        )
        .default(Default::Bool(false)),
        OptionSpec::new(
            "restore",
            Kind::Str,
            &[
                "Bring back the backup with this label, or the newest one with the word latest, or the newest one whose label begins as in memcached-*. A file that differs from its backup only in cache locations (with service redis, in broker settings) becomes what it was, byte for byte; where other things changed since, only those are put back, with a warning. What belongs to the other service is never touched.",
            ],
        ),
        OptionSpec::new(
            "release",
            Kind::Str,
            &["The release of Open edX, where it cannot be read from the edx-platform checkout below the same root."],
        )
        .choices(&["hawthorn", "ironwood", "juniper", "koa", "lilac", "maple", "nutmeg", "olive", "palm", "quince"]),
    ],
    mutually_exclusive: &[&["endpoints", "restore"]],
    required_one_of: &[],
};

/// What only the page of `edx_cache_endpoint` shows.
pub static PAGE: PageSpec = PageSpec {
    notes: &[
        "The programs named in the result have to be restarted before the change has any effect. Sessions are kept in memcached, so everybody has to log in again when it moves.",
        "Queued tasks stay in the old Redis; the module moves no data.",
        "Passwords never appear in the result.",
        "The next upgrade renders the files again. Put server_vars into server-vars.yml, or it brings the old servers back.",
    ],
    examples: r#"- name: See where the caches point
  edxops.scaling.edx_cache_endpoint:
  register: caches

- name: Move them to a server of their own
  edxops.scaling.edx_cache_endpoint:
    endpoints:
      - 172.31.5.10:11211
    backup: before-memcached-move

- name: From one server to two
  edxops.scaling.edx_cache_endpoint:
    endpoints: [172.31.5.10:11211, 172.31.5.11:11211]

- name: From a server to another one
  edxops.scaling.edx_cache_endpoint:
    endpoints: [172.31.5.12:11211]
    replace: [172.31.5.10, 172.31.5.11]

- name: Move the task queue
  edxops.scaling.edx_cache_endpoint:
    service: redis
    endpoints: [172.31.5.11]
    password: "{{ redis_password }}"
    backup: before-redis-move

- name: Take it back
  edxops.scaling.edx_cache_endpoint:
    restore: before-memcached-move"#,
    returns: &[
        ReturnSpec {
            name: "files",
            kind: "list",
            returned: "success",
            description: "Each file with memcached caches, or with Redis brokers: path, changed, and changes (path is the key path; line, before and after). A password is masked, so that before and after are the same where only it changes.",
            sample: r#"[{"path": "/edx/etc/insights.yml", "changed": true, "changes": [{"path": "CACHES.default.LOCATION[0]", "line": 11, "before": "127.0.0.1:11211", "after": "172.31.5.10:11211"}]}]"#,
        },
        ReturnSpec {
            name: "caches",
            kind: "list",
            returned: "success",
            description: "Every memcached cache as it is after the run: file, key_path, line, backend, location. Empty with service redis.",
            sample: r#"[{"file": "/edx/etc/insights.yml", "key_path": "CACHES.default", "line": 11, "backend": "django.core.cache.backends.memcached.MemcachedCache", "location": ["172.31.5.10:11211"]}]"#,
        },
        ReturnSpec {
            name: "brokers",
            kind: "list",
            returned: "success",
            description: "Every Redis broker, and cache on Redis, as it is after the run: file, key_path (of the value that names the server), line, form (host, url or cache), transport, host, port, user (masked where a URL has one without a password: it may be meant as one), has_password, database (null where it is left to the client). One for each server where several are named. Empty with service memcached.",
            sample: r#"[{"file": "/edx/etc/lms.yml", "key_path": "CELERY_BROKER_HOSTNAME", "line": 105, "form": "host", "transport": "redis", "host": "172.31.5.11", "port": 6379, "user": "", "has_password": true, "database": null}]"#,
        },
        ReturnSpec {
            name: "kept",
            kind: "list",
            returned: "success",
            description: "The caches or brokers that were left alone though they do not point at endpoints, also those on RabbitMQ: file, key_path, line, reason. A warning for each set of other servers says how many stay there.",
            sample: "[]",
        },
        ReturnSpec {
            name: "endpoints_before",
            kind: "list",
            returned: "success",
            description: "The servers that stood in the files before the run: of memcached as written there, of Redis as host:port.",
            sample: r#"["localhost:11211", "memcache"]"#,
        },
        ReturnSpec {
            name: "endpoints_after",
            kind: "list",
            returned: "success",
            description: "The servers that stand in the files after the run.",
            sample: r#"["172.31.5.10:11211"]"#,
        },
        ReturnSpec {
            name: "endpoints_local",
            kind: "list",
            returned: "success",
            description: "Those of both lists that are this host itself, by whichever of its names and addresses.",
            sample: r#"["localhost:11211", "memcache"]"#,
        },
        ReturnSpec {
            name: "client_addresses",
            kind: "list",
            returned: "success",
            description: "The addresses that this host comes from when it connects to endpoints: for firewalls and accounts. Nothing is sent for it. Empty without endpoints.",
            sample: r#"["172.31.5.1"]"#,
        },
        ReturnSpec {
            name: "services",
            kind: "list",
            returned: "success",
            description: "The Open edX services with such caches, or brokers.",
            sample: r#"["ecommerce", "lms", "studio"]"#,
        },
        ReturnSpec {
            name: "programs",
            kind: "list",
            returned: "success",
            description: "The supervisor programs that read the files that changed. They have to be restarted. A group is written name:*.",
            sample: r#"["lms", "edxapp_worker:*", "cms"]"#,
        },
        ReturnSpec {
            name: "affected_programs",
            kind: "list",
            returned: "success",
            description: "The supervisor programs that read any file with such caches, or brokers.",
            sample: r#"["ecommerce", "lms", "edxapp_worker:*", "cms"]"#,
        },
        ReturnSpec {
            name: "server_vars",
            kind: "dict",
            returned: "success",
            description: "The variables for server-vars.yml with which the next upgrade renders what stands in the files after the run.",
            sample: r#"{"EDXAPP_MEMCACHE": ["172.31.5.10:11211"], "EDXAPP_ENABLE_MEMCACHE": false}"#,
        },
        ReturnSpec {
            name: "server_vars_default",
            kind: "list",
            returned: "success",
            description: "Variables that server-vars.yml should not have, since the default of their role is what stands in the files.",
            sample: r#"["INSIGHTS_MEMCACHE"]"#,
        },
        ReturnSpec {
            name: "unexpressed",
            kind: "list",
            returned: "success",
            description: "Caches or brokers that no variable reproduces, so that the next upgrade changes them: file, key_path, reason.",
            sample: "[]",
        },
        ReturnSpec {
            name: "release",
            kind: "str",
            returned: "success",
            description: "The release of Open edX; null where it is not known.",
            sample: "\"maple\"",
        },
        ReturnSpec {
            name: "backup",
            kind: "str",
            returned: "success",
            description: "The label of the backup that was made, or restored; null without one.",
            sample: "\"before-memcached-move\"",
        },
        ReturnSpec {
            name: "backup_files",
            kind: "list",
            returned: "success",
            description: "The paths of that backup.",
            sample: r#"["/edx/etc/insights.yml.before-memcached-move~"]"#,
        },
    ],
};
