//! The declaration of the module: its options and its page.

use ansible_protocol::{Default, Kind, ModuleSpec, OptionSpec, PageSpec, ReturnSpec};

/// The declaration of `edx_verify`.
pub static SPEC: ModuleSpec = ModuleSpec {
    name: "edx_verify",
    short_description: "Verifies that an Open edX server uses its data servers",
    description: &[
        "Looks at what runs and at what is written down, and says of each thing whether it is as it should be, what was \
         seen, and what to do about it.",
        "Only what is asked for is looked at - cache servers with 'memcached', the broker of Celery's tasks with \
         'redis', the files that Open edX reads with \
         'path', every data server that they name with 'layers', what the next upgrade will make of them with \
         'server_vars', the platform's health with 'heartbeats', whether somebody can sign in with 'lms_url', whether the \
         platform uses the cache servers meanwhile and with 'traffic', and whether the internet reaches the data with \
         'exposure'.",
        "Fails when a check fails; the result then still holds every check. Never changes anything on the host. On a \
         cache it writes one small item under a name of its own, reads it and deletes it; a login makes a session, and ends it.",
    ],
    options: &[
        OptionSpec::new(
            "memcached",
            Kind::StrList,
            &[
                "The cache servers, as host:port (the port is 11211 where it is left out), [IPv6 address]:port or the path \
                 of a unix socket.",
                "With 'path', every cache in the files has to be one of them.",
            ],
        ),
        OptionSpec::new(
            "redis",
            Kind::StrList,
            &["The Redis that is the broker of Celery's tasks, as host:port (the port is 6379 where it is left out)."],
        ),
        OptionSpec::new("redis_username", Kind::Str, &["The ACL user there (Redis 6 and later)."]),
        OptionSpec::new("redis_password", Kind::Str, &["The password there."]).secret(),
        OptionSpec::new(
            "redis_workers",
            Kind::Int,
            &[
                "So many Celery workers have to answer when they are called through 'redis', by Celery's own remote \
                 control; 0 calls none. They are called again for 'heartbeat_timeout', as one that starts takes its time.",
            ],
        )
        .default(Default::Int(0)),
        OptionSpec::new(
            "redis_replaced",
            Kind::StrList,
            &["Redis servers that no worker and no program may use any more, and where no task may be left."],
        ),
        OptionSpec::new("redis_replaced_username", Kind::Str, &["The ACL user there."]),
        OptionSpec::new("redis_replaced_password", Kind::Str, &["The password there."]).secret(),
        OptionSpec::new(
            "path",
            Kind::Path,
            &[
                "The folder of the files that Open edX reads, /edx/etc.",
                "Where the folder is edx/etc below some root, the JSON files of LMS and Studio (Hawthorn and Ironwood) \
                 are looked for in edx/app/edxapp below the same root.",
            ],
        ),
        OptionSpec::new("files", Kind::PathList, &["Further files to look at, besides those in the folder."]),
        OptionSpec::new(
            "server_vars",
            Kind::Path,
            &[
                "The variables that the next upgrade gets, /edx/app/edx_ansible/server-vars.yml; needs the folder or files \
               too.",
            ],
        ),
        OptionSpec::new(
            "release",
            Kind::Str,
            &["The release of Open edX; found in the edx-platform checkout where it is left out."],
        )
        .choices(&["hawthorn", "ironwood", "juniper", "koa", "lilac", "maple", "nutmeg", "olive", "palm", "quince"]),
        OptionSpec::new(
            "heartbeats",
            Kind::StrList,
            &[
                "The addresses of the platform's heartbeats, such as http://127.0.0.1:8000/heartbeat (LMS) and \
                 http://127.0.0.1:8010/heartbeat (Studio); with ?extended the platform looks at more.",
                "Each has to answer as a healthy platform does - status 200, and JSON that says of every part of it that it \
                 is well, modulestore and sql among them (with ?extended celery, too). A maintenance page, a redirect or any \
                 other page is none.",
                "http:// and https:// can be asked. Behind nginx the programs themselves speak http://.",
            ],
        ),
        OptionSpec::new(
            "heartbeat_timeout",
            Kind::Float,
            &["The seconds within which all heartbeats have to be healthy. Until then they are asked again, since a \
               platform that was restarted needs a while."],
        )
        .default(Default::Float(10.0)),
        OptionSpec::new(
            "traffic",
            Kind::StrList,
            &[
                "Pages of the platform, as http:// or https:// addresses, that are asked for one after the other between two readings \
                 of the counters of all cache servers; needs 'memcached'.",
                "Pages that read their settings or a session from the cache are best, such as \
                 http://127.0.0.1:8000/login. Every status but 400 and those from 500 on is an answer, and redirects are \
                 not followed.",
            ],
        ),
        OptionSpec::new(
            "lms_url",
            Kind::Str,
            &[
                "The address of the LMS, as browsers use it (https://courses.example.org), at which to sign in as \
                 'login_user'.",
                "The login is that of a browser - a token, the form, and then who is signed in, at a second request. The \
                 password is sent once, since Open edX locks accounts after a few failures, and never to an address that is \
                 not there. In the end the session is ended.",
            ],
        ),
        OptionSpec::new(
            "studio_url",
            Kind::Str,
            &[
                "The address of Studio, as browsers use it, at which to be signed in too - with the session of the LMS (up to \
                 Lilac), or by OAuth (from Maple on).",
            ],
        ),
        OptionSpec::new(
            "login_user",
            Kind::Str,
            &["The email address of the user who signs in. Releases that know /api/user/v2 take a user's name, too."],
        ),
        OptionSpec::new("login_password", Kind::Str, &["The password of that user."]).secret(),
        OptionSpec::new(
            "app_servers",
            Kind::StrList,
            &[
                "The application servers, as host or host:port (the port of 'lms_url' where it is left out), to each of which \
                 the session is shown. They are asked in place of the host of 'lms_url', in the same words and, with https://, \
                 for the same certificate.",
                "Where a load balancer ends TLS, write http://host[:port] (the port is 80 where it is left out); then they are \
                 told so with X-Forwarded-Proto.",
            ],
        ),
        OptionSpec::new("login_timeout", Kind::Float, &["The seconds that all of the login may take."])
            .default(Default::Float(30.0)),
        OptionSpec::new(
            "validate_certs",
            Kind::Bool,
            &["Whether a server that is asked with https:// has to prove who it is; leave it on, except for a trial."],
        )
        .default(Default::Bool(true)),
        OptionSpec::new(
            "ca_path",
            Kind::Path,
            &[
                "A PEM file with the certificates of further authorities to trust, such as one of your own, besides those \
                 that this host trusts (the package ca-certificates, or the file that SSL_CERT_FILE names).",
            ],
        ),
        OptionSpec::new(
            "memcached_replaced",
            Kind::StrList,
            &[
                "Caches that nobody may use any more, written as those in 'memcached'; while the platform is asked for \
                 something, nothing may reach them. One that does not answer is as well.",
            ],
        ),
        OptionSpec::new(
            "memcached_clients",
            Kind::StrList,
            &[
                "Addresses of application servers that have to have connections to the cache servers while the platform is \
                 asked for something; self is this server.",
                "Django hangs up at the end of each page, so give pages of each of them in 'traffic', or a login.",
            ],
        ),
        OptionSpec::new(
            "activity_seconds",
            Kind::Float,
            &["Read the counters of each cache server twice, this many seconds apart, and say what others did in \
                 between; 0 leaves it out."],
        )
        .default(Default::Float(0.0)),
        OptionSpec::new(
            "expect_activity",
            Kind::Bool,
            &["Whether a cache server that nobody used in that time is a failure; otherwise it is a warning."],
        )
        .default(Default::Bool(false)),
        OptionSpec::new(
            "timeout",
            Kind::Float,
            &["The seconds that all the conversation with one cache server may take together, not counting the time \
               between the two readings; and those that each page of 'traffic' may take."],
        )
        .default(Default::Float(10.0)),
        OptionSpec::new(
            "allow_public",
            Kind::Bool,
            &["Accept cache servers with a public address, which only a firewall then protects."],
        )
        .default(Default::Bool(false)),
        OptionSpec::new("connections_percent", Kind::Int, &["Warn when so much of the allowed connections is in use."])
            .default(Default::Int(80)),
        OptionSpec::new("memory_percent", Kind::Int, &["Warn when so much of the memory for items is in use."])
            .default(Default::Int(90)),
        OptionSpec::new(
            "evictions_per_hour",
            Kind::Float,
            &["Warn when a cache server threw out more live items per hour than this, on average since its start; 0 \
               warns at the first."],
        )
        .default(Default::Float(0.0)),
        OptionSpec::new(
            "layers",
            Kind::Bool,
            &[
                "Look at every data layer that the files name - MySQL, MongoDB, memcached, Redis, RabbitMQ, Elasticsearch and \
                 file storage; needs 'path'.",
                "Of each it says where its data is (on this server, elsewhere, or both), whether an address is private, and \
                 whether the server answers with its own protocol's greeting, for which no credentials are needed; with \
                 'server_vars' also whether the next upgrade keeps it.",
                "The result then has 'status', 'readiness' and 'next_step'. That data is still on this server is no \
                 failure, unless 'expect_remote' says so.",
            ],
        )
        .default(Default::Bool(false)),
        OptionSpec::new("connect", Kind::Bool, &["Whether 'layers' connects to the servers; otherwise it only reads files."])
            .default(Default::Bool(true)),
        OptionSpec::new(
            "expect_remote",
            Kind::StrList,
            &["The layers that have to have left this server - mysql, mongodb, memcached, redis, rabbitmq, elasticsearch, \
               files; needs 'layers'."],
        ),
        OptionSpec::new(
            "expect_ready",
            Kind::Bool,
            &["Fail while a second application server may not be added; needs 'layers' or 'statuses'."],
        )
        .default(Default::Bool(false)),
        OptionSpec::new(
            "host_name",
            Kind::Str,
            &["What the server is called in the result and the report; its own host name where it is left out."],
        ),
        OptionSpec::new(
            "exposure",
            Kind::StrList,
            &[
                "Public addresses, or names, on which no port of a data server may answer - MySQL, MongoDB, memcached (TCP and \
                 UDP), Redis, RabbitMQ and Elasticsearch, with their clustering and management.",
                "Only a look from outside of the private network tells; so delegate the task.",
            ],
        ),
        OptionSpec::new(
            "statuses",
            Kind::Raw,
            &[
                "What this module said in 'status' of each application server, as a list; nothing is looked at then, and the \
                 result tells where the platform as a whole stands.",
            ],
        ),
        OptionSpec::new(
            "unseen",
            Kind::StrList,
            &["Application servers that could not be looked at, for the report; needs 'statuses'."],
        ),
        OptionSpec::new(
            "active_users",
            Kind::Int,
            &["Make a plan for so many active users; needs 'statuses', which may be empty."],
        ),
        OptionSpec::new("grades_code", Kind::Bool, &["Whether courses have code graders, for the plan."])
            .default(Default::Bool(false)),
        OptionSpec::new(
            "report",
            Kind::Str,
            &["With 'statuses' - whether the report is wanted as text only, or as an HTML page too."],
        )
        .choices(&["text", "html"])
        .default(Default::Str("text")),
    ],
    mutually_exclusive: &[],
    required_one_of: &[&["memcached", "redis", "redis_replaced", "path", "files", "heartbeats", "lms_url", "exposure", "statuses"]],
};

/// What only the page of `edx_verify` shows.
pub static PAGE: PageSpec = PageSpec {
    notes: &[
        "Works in check mode as it does otherwise.",
        "Reading the counters is not counted as use, and neither is this run's own round trip; a verification of the same \
         cache server that runs elsewhere at the same time is.",
        "A data server on a public address is not connected to unless 'allow_public' is set. An object store is asked all the \
         same, without credentials, whether its bucket is there; 'connect' turns that off, too.",
        "No proxy of the environment is used. 'login_user' and 'login_password' are sent to 'lms_url' only, in a form; \
         without these options no user or password is sent to the platform. Cookies and the password are never shown.",
        "Only what concerns an endpoint is shown of a file; the values of all other keys never are.",
    ],
    examples: "
- name: The cache answers, and everything on this server points at it
  edxops.scaling.edx_verify:
    memcached: [172.31.5.10:11211]
    path: /edx/etc
    server_vars: /edx/app/edx_ansible/server-vars.yml

- name: Somebody uses the cache
  edxops.scaling.edx_verify:
    memcached: 172.31.5.10
    activity_seconds: 30
    expect_activity: true

- name: LMS and Studio are up and well, within 20 seconds
  edxops.scaling.edx_verify:
    heartbeats: ['http://127.0.0.1:8000/heartbeat', 'http://127.0.0.1:8010/heartbeat']
    heartbeat_timeout: 20

- name: LMS uses this cache, and no other
  edxops.scaling.edx_verify:
    memcached: 172.31.5.10
    path: /edx/etc
    traffic: ['http://127.0.0.1:8000/login', 'http://127.0.0.1:8000/csrf/api/v1/token']

- name: Somebody can sign in, and both application servers and Studio know the session
  edxops.scaling.edx_verify:
    lms_url: https://courses.example.org
    studio_url: https://studio.courses.example.org
    login_user: staff@example.org
    login_password: '{{ staff_password }}'
    app_servers: [172.31.5.1, 172.31.5.2]",
    returns: &[
        ReturnSpec {
            name: "checks",
            kind: "list",
            returned: "always",
            description: "Every check, in reading order - name, subject (endpoint, file or variable), status (ok, warning, \
                          failed, skipped), seen, and advice, which is empty where there is nothing to do.",
            sample: r#"[{"name": "memcached.round_trip", "subject": "172.31.5.10:11211", "status": "ok", "seen": "written, read and deleted in 0.6 ms", "advice": ""}]"#,
        },
        ReturnSpec {
            name: "summary",
            kind: "dict",
            returned: "always",
            description: "The number of checks by status.",
            sample: r#"{"ok": 12, "warning": 1, "failed": 0, "skipped": 0}"#,
        },
        ReturnSpec {
            name: "redis",
            kind: "list",
            returned: "when brokers are given",
            description: "What each broker said - endpoint, reachable, version, info (fields of INFO), queues (the tasks in each; \
                          null where there are too many keys to look at), held (tasks that workers have not acknowledged), \
                          workers (connections that wait for tasks or for remote control, by host).",
            sample: r#"[{"endpoint": "172.31.5.11:6379", "reachable": true, "version": "Redis 7.0.15", "info": {"aof_enabled": "1"}, "queues": {"edx.lms.core.default": 12}, "held": 0, "workers": {"172.31.5.20": 4}}]"#,
        },
        ReturnSpec {
            name: "memcached",
            kind: "list",
            returned: "when cache servers are given",
            description: "What each cache server said - endpoint, addresses, version, latency_ms (connect, write, read, \
                          delete), stats (read after the round trip) and settings as the server gave them, own_commands (what \
                          the round trip added to cmd_get and cmd_set), activity (the changes in its seconds). Keys that could not be learned are left \
                          out.",
            sample: r#"[{"endpoint": "172.31.5.10:11211", "addresses": ["172.31.5.10"], "version": "1.6.18", "latency_ms": {"connect": 0.3, "write": 0.2, "read": 0.2, "delete": 0.2}, "own_commands": {"cmd_get": 2, "cmd_set": 1}, "stats": {"uptime": 86400}, "settings": {"inter": "172.31.5.10"}}]"#,
        },
        ReturnSpec {
            name: "use",
            kind: "dict",
            returned: "when pages are given in 'traffic' and the counters of every cache server could be read",
            description: "How many pages were answered, and how many commands (cmd_get and cmd_set) besides those of this \
                          verification reached the cache servers meanwhile, all servers together. The commands are left out \
                          where a server was restarted in between.",
            sample: r#"{"requests": 2, "commands": 3}"#,
        },
        ReturnSpec {
            name: "status",
            kind: "dict",
            returned: "with 'layers', when the folder could be read",
            description: "Where this server stands - host, release, layers (each with its place - unused, local, mixed, remote or \
                          unknown - its endpoints and is_recorded), the prefixes of the caches' keys, and findings (the checks \
                          that failed or warned).",
            sample: r#"{"host": "app1", "release": "maple", "layers": [{"layer": "mysql", "place": "local", "endpoints": [{"endpoint": "localhost:3306", "scope": "local", "answers": true, "told": "MariaDB 10.11.6", "settings": ["lms.yml DATABASES.default.HOST"]}], "is_recorded": null}], "passed": 40, "is_complete": true}"#,
        },
        ReturnSpec {
            name: "readiness",
            kind: "dict",
            returned: "with 'layers' or 'statuses'",
            description: "Whether a second application server may be added (ready), what is in the way (blockers), and what should \
                          be looked at (warnings).",
            sample: r#"{"ready": false, "blockers": [{"host": "app1", "layer": "mysql", "says": "MySQL is on app1.", "settings": ["lms.yml DATABASES.default.HOST"]}], "warnings": []}"#,
        },
        ReturnSpec {
            name: "next_step",
            kind: "dict",
            returned: "with 'layers' or 'statuses'",
            description: "The next step in the recommended order - what, why and how.",
            sample: r#"{"what": "Move MySQL to a server of its own", "layers": ["mysql"]}"#,
        },
        ReturnSpec {
            name: "plan",
            kind: "dict",
            returned: "with 'statuses' and 'active_users'",
            description: "The servers that so many active users take, by role, count and size, and the rules that go with them.",
            sample: r#"{"active_users": 4000, "servers": [{"role": "application server", "count": 1, "sizes": ["t2.xlarge"]}]}"#,
        },
        ReturnSpec {
            name: "report_text",
            kind: "str",
            returned: "with 'statuses'",
            description: "The report for a terminal.",
            sample: r#""May a second application server be added? No""#,
        },
        ReturnSpec {
            name: "report_html",
            kind: "str",
            returned: "with 'statuses' and report=html",
            description: "The report as one HTML page that loads nothing from elsewhere.",
            sample: r#""<!doctype html>""#,
        },
        ReturnSpec {
            name: "caches",
            kind: "list",
            returned: "when a folder or files are given",
            description: "Every cache on memcached in the files - file, key, line and its endpoints.",
            sample: r#"[{"file": "/edx/etc/lms.yml", "key": "CACHES.default.LOCATION", "line": 61, "endpoints": ["172.31.5.10:11211"]}]"#,
        },
        ReturnSpec {
            name: "release",
            kind: "str",
            returned: "when a folder or files are given and the release is known",
            description: "The release of Open edX that the files are of.",
            sample: r#""maple""#,
        },
    ],
};
