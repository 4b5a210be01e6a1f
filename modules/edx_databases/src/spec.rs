//! The declaration of the module: its options and its page.

use ansible_protocol::{Default, Kind, ModuleSpec, OptionSpec, PageSpec, ReturnSpec};

/// The declaration of `edx_databases`.
pub static SPEC: ModuleSpec = ModuleSpec {
    name: "edx_databases",
    short_description: "Brings the databases of a native Open edX from one MySQL server to another",
    description: &[
        "Copies the databases of one MySQL or MariaDB server to another one, with their tables, views, triggers, routines and events, byte for byte and in the character sets that they have, and proves that both are the same.",
        "The servers' own dump and client programs do it, several at once. A dump goes into the other server as it comes, so nothing of it lands on a disk.",
        "A copy that was interrupted, wherever, is started anew by the next run; a note in the database C(edxops_move) on the destination tells which databases an unfinished copy has left there. Any other database of that name stays, and the run is refused.",
        "Accounts and what they may do are carried over for the application servers' addresses.",
        "Runs where the source can be reached as its administrator, so mostly on the server that has it.",
    ],
    options: &[
        OptionSpec::new(
            "state",
            Kind::Str,
            &[
                "C(reported) changes nothing: what both servers are, how much is to move, and what would be in the way (C(problems)).",
                "C(frozen) makes the source read-only, now and after a restart. C(thawed) takes that back.",
                "C(copied) brings the databases to the destination. It is refused while the source takes writes, unless O(live).",
                "C(replicated) brings them over while the source goes on taking writes, and lets the destination follow it from there, by the source's binary log. It needs C(log_bin) with rows or mixed, and tables of InnoDB alone.",
                "C(detached) waits until the destination has all that the source has, which has to be frozen, and ends the following.",
                "C(compared) fails where anything differs: definitions, numbers of rows, a checksum of every row, the next automatic numbers.",
                "C(granted) creates the accounts of the databases on the destination, for O(hosts). Do it before the copy, as views need the accounts that they run as, and after it, for what is granted on a table or routine.",
                "C(admitted) logs in as the platform does, from this host: with every account of the settings files, where they point, and fails where one does not get in or may not use its database. Neither O(source) nor O(destination) is asked.",
            ],
        )
        .choices(&["reported", "frozen", "thawed", "copied", "replicated", "detached", "compared", "granted", "admitted"])
        .default(Default::Str("reported")),
        OptionSpec::new(
            "source",
            Kind::Str,
            &["The server that has the databases: C(unix:/path) of a socket of this host, or host:port (port 3306)."],
        )
        .default(Default::Str("unix:/var/run/mysqld/mysqld.sock")),
        OptionSpec::new("source_username", Kind::Str, &["Its administrator."]).default(Default::Str("root")),
        OptionSpec::new(
            "source_password",
            Kind::Str,
            &["The password there. Left out where the server knows the operating system's root, as in Debian and Ubuntu."],
        )
        .secret(),
        OptionSpec::new(
            "source_ca_cert",
            Kind::Path,
            &["The authority that has signed its certificate, on this host. With it TLS is a must, and the certificate has to be the host's."],
        ),
        OptionSpec::new("destination", Kind::Str, &["The server that is to have them, in the same forms."]),
        OptionSpec::new("destination_username", Kind::Str, &["Its administrator."]).default(Default::Str("root")),
        OptionSpec::new("destination_password", Kind::Str, &["The password there."]).secret(),
        OptionSpec::new("destination_ca_cert", Kind::Path, &["As O(source_ca_cert), of the destination."]),
        OptionSpec::new("allow_public", Kind::Bool, &["Whether servers with public addresses are accepted."])
            .default(Default::Bool(false)),
        OptionSpec::new(
            "databases",
            Kind::StrList,
            &["Which databases. Unset means all that are not the server's own."],
        ),
        OptionSpec::new(
            "path",
            Kind::Path,
            &["The folder with Open edX's settings files, which tell which accounts are the platform's."],
        )
        .default(Default::Str("/edx/etc")),
        OptionSpec::new(
            "hosts",
            Kind::StrList,
            &["With O(state=granted), the addresses from which the application servers come. An account that came from this host gets one for each of them; one of another host keeps it. Any host (C(%)) only where it is named here."],
        ),
        OptionSpec::new("parallel", Kind::Int, &["How many tables are copied or summed up at once."])
            .default(Default::Int(4)),
        OptionSpec::new("compress", Kind::Bool, &["Whether what goes to the destination is compressed on the way."])
            .default(Default::Bool(true)),
        OptionSpec::new(
            "live",
            Kind::Bool,
            &["Copy though the source takes writes: a rehearsal that shows how long it takes, not a move."],
        )
        .default(Default::Bool(false)),
        OptionSpec::new(
            "replication_source",
            Kind::Str,
            &[
                "With O(state=replicated), where the destination reaches the source, as host:port.",
                "Left out, it is the address by which this host reaches O(destination), which has to be another one. A source that listens on loopback alone, as the packages have it, is lent O(replication_port) there by systemd's C(systemd-socket-proxyd), for the destination alone, until C(detached).",
            ],
        ),
        OptionSpec::new(
            "replication_username",
            Kind::Str,
            &["The account on the source by which the destination follows it; it is made, and removed by C(detached)."],
        )
        .default(Default::Str("edx_replica")),
        OptionSpec::new("replication_password", Kind::Str, &["Its password, of at least 12 characters."]).secret(),
        OptionSpec::new(
            "replication_client",
            Kind::Str,
            &["The address that the destination comes from at the source. Unset means the host of O(destination)."],
        ),
        OptionSpec::new("replication_port", Kind::Int, &["The port that such a source is lent."]).default(Default::Int(33_306)),
        OptionSpec::new(
            "replace",
            Kind::Bool,
            &["Drop databases of the same name on the destination that no unfinished copy has left there."],
        )
        .default(Default::Bool(false)),
        OptionSpec::new(
            "adapt",
            Kind::Bool,
            &["Copy to a destination of an older release as well, as on the way back from a later one, and raise its C(max_allowed_packet), until it is restarted, where it is less than the source's, in the place of refusing to copy."],
        )
        .default(Default::Bool(false)),
        OptionSpec::new("depth", Kind::Str, &["How much O(state=compared) looks at."])
            .choices(&["schema", "count", "checksum"])
            .default(Default::Str("checksum")),
        OptionSpec::new(
            "may_differ",
            Kind::Bool,
            &["With O(state=compared) and O(state=admitted), differences and logins that fail are reported and are no failure."],
        )
        .default(Default::Bool(false)),
        OptionSpec::new("timeout", Kind::Int, &["Seconds within which a server must answer a question that takes it no time."])
            .default(Default::Int(60)),
        OptionSpec::new("stall_timeout", Kind::Int, &["Seconds after which a copy has failed in which nothing moves."])
            .default(Default::Int(600)),
        OptionSpec::new(
            "read_only_file",
            Kind::Path,
            &["The file that keeps the source read-only after a restart."],
        )
        .default(Default::Str("/etc/mysql/conf.d/zz-edxops-read-only.cnf")),
        OptionSpec::new(
            "progress_file",
            Kind::Path,
            &["A file that has one line while it copies: how much, and how fast. It is gone afterwards."],
        )
        .default(Default::Str("/run/edx_databases.progress")),
    ],
    mutually_exclusive: &[],
    required_one_of: &[],
};

/// What only the page of `edx_databases` shows.
pub static PAGE: PageSpec = PageSpec {
    notes: &[
        "Stop what writes to the databases first (M(edxops.scaling.edx_programs) with C(state=stopped)).",
        "Passwords reach the programs through a file in memory: they are in no command line and on no disk.",
        "A view, trigger, routine or event runs as its definer. The account of each definer is carried over with the host that it has.",
        "Floating-point columns are compared by the text that each server makes of them, which may differ between MySQL and MariaDB.",
    ],
    examples: "\
- name: Look at both servers, and what would be in the way
  edxops.scaling.edx_databases:
    destination: 172.31.5.12
    destination_username: edx_move
    destination_password: '{{ move_password }}'

- name: Let nothing write to the old server any more
  edxops.scaling.edx_databases:
    state: frozen

- name: Bring the databases over
  edxops.scaling.edx_databases:
    state: copied
    destination: 172.31.5.12
    destination_username: edx_move
    destination_password: '{{ move_password }}'

- name: Prove that they are the same
  edxops.scaling.edx_databases:
    state: compared
    destination: 172.31.5.12
    destination_username: edx_move
    destination_password: '{{ move_password }}'

- name: Let the application servers in
  edxops.scaling.edx_databases:
    state: granted
    destination: 172.31.5.12
    destination_username: edx_move
    destination_password: '{{ move_password }}'
    hosts: [172.31.5.1, 172.31.5.2]",
    returns: &[
        ReturnSpec {
            name: "databases",
            kind: "list",
            returned: "with O(state=reported), O(state=copied) and O(state=compared)",
            description: "The databases that it is about.",
            sample: "[edxapp, edxapp_csmh, xqueue]",
        },
        ReturnSpec {
            name: "bytes",
            kind: "int",
            returned: "with O(state=reported) and O(state=copied)",
            description: "How much is in them, as the server estimates.",
            sample: "52428800",
        },
        ReturnSpec {
            name: "estimated_seconds",
            kind: "int",
            returned: "with O(state=reported)",
            description: "How long a copy takes at most on a small server, going by that.",
            sample: "17",
        },
        ReturnSpec {
            name: "problems",
            kind: "list",
            returned: "with O(state=reported) and O(state=admitted)",
            description: "What has to be mended before a move, or which logins fail and why.",
            sample: "[]",
        },
        ReturnSpec {
            name: "source",
            kind: "dict",
            returned: "with O(state=reported)",
            description: "The server: version, flavour, character set, size of packets, whether it is read-only and has binary logs, its databases, and what an earlier move copied to it.",
            sample: "{version: 5.7.44, flavour: MySQL, read_only: false}",
        },
        ReturnSpec {
            name: "followable",
            kind: "bool",
            returned: "with O(state=reported)",
            description: "Whether the source can be followed by its binary log.",
            sample: "true",
        },
        ReturnSpec {
            name: "destination",
            kind: "dict",
            returned: "with O(state=reported) and O(destination)",
            description: "The same of the other, and what was copied to it.",
            sample: "{version: 8.0.39, flavour: MySQL, moved: [{name: edxapp, phase: copied}]}",
        },
        ReturnSpec {
            name: "dump_bytes",
            kind: "int",
            returned: "when something was copied",
            description: "How large the dumps were.",
            sample: "61203283",
        },
        ReturnSpec {
            name: "seconds",
            kind: "float",
            returned: "with O(state=copied)",
            description: "How long it took.",
            sample: "12.4",
        },
        ReturnSpec {
            name: "locked_seconds",
            kind: "float",
            returned: "when something was copied with O(state=replicated)",
            description: "For how long the source took no writes, so that all dumps begin at one moment.",
            sample: "0.2",
        },
        ReturnSpec {
            name: "behind_seconds",
            kind: "int",
            returned: "with O(state=replicated)",
            description: "How far the destination is behind, as it says itself; null where it does not.",
            sample: "0",
        },
        ReturnSpec {
            name: "replaced",
            kind: "list",
            returned: "with O(state=copied)",
            description: "The databases of the destination that were dropped for it.",
            sample: "[]",
        },
        ReturnSpec {
            name: "equal",
            kind: "bool",
            returned: "with O(state=compared)",
            description: "Whether both are the same.",
            sample: "true",
        },
        ReturnSpec {
            name: "differences",
            kind: "list",
            returned: "with O(state=compared)",
            description: "What differs, at most 50 lines.",
            sample: "['table `edxapp`.`auth_user` has 7 rows on the source and 8 on the destination']",
        },
        ReturnSpec {
            name: "differing_tables",
            kind: "list",
            returned: "with O(state=compared)",
            description: "The tables whose rows differ: table, source_rows, destination_rows.",
            sample: "[]",
        },
        ReturnSpec {
            name: "tables",
            kind: "int",
            returned: "with O(state=compared)",
            description: "How many tables there are.",
            sample: "612",
        },
        ReturnSpec {
            name: "rows",
            kind: "int",
            returned: "with O(state=compared)",
            description: "How many rows they have.",
            sample: "1830211",
        },
        ReturnSpec {
            name: "accounts",
            kind: "list",
            returned: "with O(state=granted)",
            description: "The accounts that the destination has for the databases.",
            sample: "[edxapp001@172.31.5.1, xqueue001@172.31.5.1]",
        },
        ReturnSpec {
            name: "actions",
            kind: "list",
            returned: "with O(state=granted), O(state=frozen) and O(state=thawed)",
            description: "What was done, or would be in check mode, in order.",
            sample: "[create the account edxapp001@172.31.5.1]",
        },
        ReturnSpec {
            name: "deferred",
            kind: "list",
            returned: "with O(state=granted)",
            description: "What can be granted only once the table, view or routine is on the destination: run it again after the copy.",
            sample: "[grant 'analyst@10.9.8.7 SELECT on `edxapp`.`graded`']",
        },
        ReturnSpec {
            name: "logins",
            kind: "list",
            returned: "with O(state=admitted)",
            description: "Each login that was tried: user, server, database, and how many tables it sees.",
            sample: "[{user: edxapp001, server: '172.31.5.12:3306', database: edxapp, tables: 610}]",
        },
        ReturnSpec {
            name: "denied",
            kind: "list",
            returned: "with O(state=admitted)",
            description: "The logins that failed; only with O(may_differ) are there any.",
            sample: "[reports001 in reports]",
        },
        ReturnSpec {
            name: "read_only",
            kind: "bool",
            returned: "with O(state=frozen) and O(state=thawed)",
            description: "Whether the source is read-only now.",
            sample: "true",
        },
    ],
};
