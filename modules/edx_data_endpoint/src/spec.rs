//! The module's declaration.

use ansible_protocol::{Default, Kind, ModuleSpec, OptionSpec, PageSpec, ReturnSpec};

/// The module `edx_data_endpoint`.
pub static SPEC: ModuleSpec = ModuleSpec {
    name: "edx_data_endpoint",
    short_description: "Point the databases or the document stores of a native Open edX at other servers",
    description: &[
        "Finds every MySQL database in the settings files of a native Open edX and sets its HOST and PORT; or, with service mongodb, host and port of every store in MongoDB. Every other byte of the files stays as it is. No data is moved.",
        "A database is a mapping under DATABASES with a MySQL ENGINE (or none), anywhere in a file: those of LMS and Studio with their read replica and the history of student modules (CSMH), and those of every other service.",
        "A store is a DOC_STORE_CONFIG at any depth (on its own, in CONTENTSTORE and in each store of MODULESTORE), the OPTIONS of CONTENTSTORE, and the MONGOHQ_URL in edx/app/forum/forum_env, the only place where forum's MongoDB is named. A host that is a text stays a text, a list a list; of a URL only the hosts change.",
        "A port keeps its type, and is written where it has to be another one than the usual.",
        "All files are checked before the first is written, and they change together or not at all. With neither endpoints nor restore the module only reports.",
    ],
    options: &[
        OptionSpec::new(
            "path",
            Kind::Path,
            &[
                "The folder with the settings files (*.yml). Where it is the edx/etc of a root, the JSON files of LMS and Studio in edx/app/edxapp, which they read up to Ironwood, and forum's edx/app/forum/forum_env are edited with it.",
            ],
        )
        .default(Default::Str("/edx/etc")),
        OptionSpec::new(
            "files",
            Kind::PathList,
            &[
                "The settings files to look at in place of all files of path: YAML, JSON, or a forum_env. A relative path is taken from path. The other files of path then only count for server_vars; they are not searched for mentions of the old server.",
            ],
        ),
        OptionSpec::new("service", Kind::Str, &["The kind of server."])
            .choices(&["mysql", "mongodb"])
            .default(Default::Str("mysql")),
        OptionSpec::new(
            "endpoints",
            Kind::StrList,
            &[
                "The servers: host:port, an address or name (port 3306 or 27017), [IPv6 address]:port.",
                "MySQL takes exactly one; of MongoDB every member of a replica set can be named.",
                "They must be private: an address of a private network, or a name that resolves only to such.",
            ],
        )
        .aliases(&["endpoint"]),
        OptionSpec::new(
            "replace",
            Kind::StrList,
            &[
                "Which servers are replaced: a host (any port), host:port, a network such as 10.0.0.0/8, or the words local and all.",
                "local means a server on this host: localhost, 127.0.0.0/8, ::1, this host's own addresses and name, a Unix socket. Where others are given, name local too if it is still meant.",
            ],
        )
        .default(Default::List(&["local"])),
        OptionSpec::new(
            "allow_public",
            Kind::Bool,
            &["Accept public addresses. Open edX speaks to both kinds of servers without TLS unless it is configured in each file, so a firewall has to protect them."],
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
                "Bring back the backup with this label, or the newest one with the word latest, or the newest one whose label begins as in mysql-*. A file that differs from its backup only in database settings (with service mongodb, in store settings) becomes what it was, byte for byte; where other things changed since, only those are put back, with a warning. What belongs to the other service is never touched.",
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

/// What only the page of `edx_data_endpoint` shows.
pub static PAGE: PageSpec = PageSpec {
    notes: &[
        "The programs named in the result have to be restarted before the change has any effect.",
        "The module moves no data. See edx_databases for MySQL; of MongoDB this collection moves none.",
        "Users, passwords and the names of databases stay as they are, and appear nowhere in the result.",
        "A client that is told the name of a replica set asks its members for their addresses. Where replicaSet or MONGOID_REPLICA_SET is set, the members' own addresses have to be reachable, too.",
        "The next upgrade renders the files again. Put server_vars into server-vars.yml, or it brings the old servers back.",
    ],
    examples: r"- name: See where the databases are
  edxops.scaling.edx_data_endpoint:
  register: databases

- name: Point them to a server of their own, to which the data has been moved
  edxops.scaling.edx_data_endpoint:
    endpoints: [172.31.5.12]
    backup: before-mysql-move

- name: Only the read replica of LMS and Studio
  edxops.scaling.edx_data_endpoint:
    files: [lms.yml, studio.yml]
    endpoints: [172.31.5.14]
    replace: [172.31.5.22]

- name: Point module store, content store and forum to another MongoDB
  edxops.scaling.edx_data_endpoint:
    service: mongodb
    endpoints: [172.31.5.13]

- name: Take it back
  edxops.scaling.edx_data_endpoint:
    restore: before-mysql-move",
    returns: &[
        ReturnSpec {
            name: "files",
            kind: "list",
            returned: "success",
            description: "Each file with databases, or with stores: path, changed, and changes (path is the key path; line, before and after).",
            sample: r#"[{"path": "/edx/etc/xqueue.yml", "changed": true, "changes": [{"path": "DATABASES.default.HOST", "line": 9, "before": "localhost", "after": "172.31.5.12"}]}]"#,
        },
        ReturnSpec {
            name: "databases",
            kind: "list",
            returned: "success",
            description: "Every MySQL database as it is after the run: file, key_path and line of its HOST, host, port, socket. Empty with service mongodb.",
            sample: r#"[{"file": "/edx/etc/xqueue.yml", "key_path": "DATABASES.default.HOST", "line": 9, "host": "172.31.5.12", "port": 3306, "socket": null}]"#,
        },
        ReturnSpec {
            name: "stores",
            kind: "list",
            returned: "success",
            description: "The same for every store in MongoDB, once for each host. Empty with service mysql.",
            sample: r#"[{"file": "/edx/app/forum/forum_env", "key_path": "MONGOHQ_URL", "line": 4, "host": "172.31.5.13", "port": 27017, "socket": null}]"#,
        },
        ReturnSpec {
            name: "kept",
            kind: "list",
            returned: "success",
            description: "The databases or stores that were left alone though they do not point at endpoints: file, key_path, line, reason. A warning for each set of other servers says how many stay there.",
            sample: "[]",
        },
        ReturnSpec {
            name: "endpoints_before",
            kind: "list",
            returned: "success",
            description: "The servers that stood in the files before the run, as host:port, or the path of a Unix socket after unix:.",
            sample: r#"["localhost:3306"]"#,
        },
        ReturnSpec {
            name: "endpoints_after",
            kind: "list",
            returned: "success",
            description: "The servers that stand in the files after the run.",
            sample: r#"["172.31.5.12:3306"]"#,
        },
        ReturnSpec {
            name: "endpoints_local",
            kind: "list",
            returned: "success",
            description: "Those of both lists that are this host itself, by whichever of its names and addresses.",
            sample: r#"["localhost:3306"]"#,
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
            description: "The Open edX services with such databases, or stores.",
            sample: r#"["lms", "studio", "xqueue"]"#,
        },
        ReturnSpec {
            name: "programs",
            kind: "list",
            returned: "success",
            description: "The supervisor programs that read the files that changed. They have to be restarted. A group is written name:*.",
            sample: r#"["lms", "edxapp_worker:*", "cms", "xqueue", "xqueue_consumer"]"#,
        },
        ReturnSpec {
            name: "affected_programs",
            kind: "list",
            returned: "success",
            description: "The supervisor programs that read any file with such databases, or stores.",
            sample: r#"["lms", "edxapp_worker:*", "cms", "xqueue", "xqueue_consumer"]"#,
        },
        ReturnSpec {
            name: "server_vars",
            kind: "dict",
            returned: "success",
            description: "The variables for server-vars.yml with which the next upgrade renders what stands in the files after the run.",
            sample: r#"{"EDXAPP_MYSQL_HOST": "172.31.5.12", "XQUEUE_MYSQL_HOST": "172.31.5.12"}"#,
        },
        ReturnSpec {
            name: "server_vars_default",
            kind: "list",
            returned: "success",
            description: "Variables that server-vars.yml should not have, or need not, since the default of their role is what stands in the files.",
            sample: r#"["EDXAPP_MYSQL_PORT"]"#,
        },
        ReturnSpec {
            name: "unexpressed",
            kind: "list",
            returned: "success",
            description: "Databases or stores that no variable reproduces, so that the next upgrade changes them: file, key_path, reason.",
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
            sample: "\"before-mysql-move\"",
        },
        ReturnSpec {
            name: "backup_files",
            kind: "list",
            returned: "success",
            description: "The paths of that backup.",
            sample: r#"["/edx/etc/xqueue.yml.before-mysql-move~"]"#,
        },
    ],
};
