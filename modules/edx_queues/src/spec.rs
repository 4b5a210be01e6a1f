//! What the module declares about itself.

use ansible_protocol::{Default, Kind, ModuleSpec, OptionSpec, PageSpec, ReturnSpec};

/// Options, results and examples, as `ansible-doc edx_queues` shows them.
pub static SPEC: ModuleSpec = ModuleSpec {
    name: "edx_queues",
    short_description: "Brings Celery's queued tasks from one Redis to another",
    description: &[
        "Carries the queues of Open edX's Celery workers, and whatever else is in the broker's databases, from one Redis to another, in order and with the time to live of each key, so that no task is lost and none is there twice.",
        "A run that was killed, at whatever point, is finished by running it again; until then nothing is lost, and a task is at one of the two or on its way, never at both.",
        "What the destination has already stays: its tasks are newer than those that come, and run after them.",
        "Also waits until a broker's own workers have taken all tasks, and says what is queued where.",
    ],
    options: &[
        OptionSpec::new("source", Kind::Str, &["The Redis that has the tasks, as host:port; without a port it is 6379."])
            .required(),
        OptionSpec::new("source_username", Kind::Str, &["The ACL user there (Redis 6 and later)."]),
        OptionSpec::new("source_password", Kind::Str, &["The password there."]).secret(),
        OptionSpec::new(
            "destination",
            Kind::Str,
            &[
                "The Redis that is to have them, as host:port. Write it the same way each time: a move that was interrupted is told by it.",
            ],
        ),
        OptionSpec::new("destination_username", Kind::Str, &["The ACL user there (Redis 6 and later)."]),
        OptionSpec::new("destination_password", Kind::Str, &["The password there."]).secret(),
        OptionSpec::new(
            "state",
            Kind::Str,
            &[
                "C(carried) brings all keys from O(source) to O(destination). It refuses while workers are connected to O(source), since a task in their hands could run twice.",
                "C(drained) waits until the workers of O(source) have taken all tasks.",
                "C(paused) tells the workers of O(source), by Celery's own remote control, to take no more tasks, and waits until none waits for any. One that is stopped while it waits may take one more and lose it; so pause them first. They take tasks again when they are restarted.",
                "C(returned) puts back what an interrupted run had taken out of the source's queues and not handed over.",
                "C(reported) changes nothing and says what is queued.",
            ],
        )
        .choices(&["carried", "drained", "paused", "returned", "reported"])
        .default(Default::Str("carried")),
        OptionSpec::new(
            "databases",
            Kind::StrList,
            &[
                "The numbers of the databases that are the broker's. Unset means all that hold keys.",
                "Name them where this Redis is also something else's cache or store.",
            ],
        ),
        OptionSpec::new("allow_public", Kind::Bool, &["Whether servers with public addresses are accepted."])
            .default(Default::Bool(false)),
        OptionSpec::new("timeout", Kind::Int, &["Seconds within which a server must give one answer."])
            .default(Default::Int(30)),
        OptionSpec::new("drain_timeout", Kind::Int, &["Seconds to wait for O(state=drained)."]).default(Default::Int(600)),
    ],
    mutually_exclusive: &[],
    required_one_of: &[],
};

/// What only the page of `edx_queues` shows.
pub static PAGE: PageSpec = PageSpec {
    notes: &[
        "Pause the workers (O(state=paused)) and stop them first (M(edxops.scaling.edx_programs) with C(state=stopped) and C(kind=workers)), point the producers to the new Redis and restart them, carry the queues, then start the workers.",
        "While a move is under way its tasks are under names that start with C(edxops.queues:carry:) on the source. On the destination a note of a few bytes stays for an hour.",
        "A server with an append-only file is given two seconds to write it before anything is deleted at the other one; one with snapshots makes a snapshot.",
    ],
    examples: "\
- name: Bring the queued tasks to the new Redis
  edxops.scaling.edx_queues:
    source: 127.0.0.1:6379
    destination: 172.31.5.11:6379
    destination_password: '{{ redis_password }}'

- name: Let the workers take no more tasks, so that they can be stopped without losing one
  edxops.scaling.edx_queues:
    source: 127.0.0.1:6379
    state: paused

- name: Wait until the workers have taken what is queued
  edxops.scaling.edx_queues:
    source: 127.0.0.1:6379
    state: drained
    drain_timeout: 1800

- name: Look what is queued
  edxops.scaling.edx_queues:
    source: 127.0.0.1:6379
    state: reported",
    returns: &[
        ReturnSpec {
            name: "carried",
            kind: "int",
            returned: "with O(state=carried)",
            description: "The tasks that were carried, or would be in check mode.",
            sample: "10000",
        },
        ReturnSpec {
            name: "keys",
            kind: "int",
            returned: "with O(state=carried)",
            description: "The keys that were carried: queues, and what Celery notes about them.",
            sample: "7",
        },
        ReturnSpec {
            name: "resumed",
            kind: "bool",
            returned: "with O(state=carried)",
            description: "Whether an earlier run had been interrupted, and this one went on with it.",
            sample: "false",
        },
        ReturnSpec {
            name: "databases",
            kind: "list",
            returned: "with O(state=carried) and O(state=drained)",
            description: "Database by database the queues with their tasks, all tasks, and those that workers hold without having acknowledged them.",
            sample: "[{database: 0, queues: {edx.lms.core.default: 10000}, tasks: 10000, held: 0, keys: 7}]",
        },
        ReturnSpec {
            name: "workers",
            kind: "int",
            returned: "with O(state=paused)",
            description: "The workers that were told to take no more tasks.",
            sample: "5",
        },
        ReturnSpec {
            name: "answers",
            kind: "int",
            returned: "with O(state=paused)",
            description: "Those of them that said that they do so.",
            sample: "5",
        },
        ReturnSpec {
            name: "returned",
            kind: "int",
            returned: "with O(state=returned)",
            description: "The tasks that are back in the source's queues. In check mode those that an earlier run had handed over and not yet deleted are among them.",
            sample: "0",
        },
        ReturnSpec {
            name: "handed_over",
            kind: "int",
            returned: "with O(state=returned)",
            description: "The tasks that had reached the destination, where they stay.",
            sample: "0",
        },
        ReturnSpec {
            name: "source",
            kind: "dict",
            returned: "with O(state=reported)",
            description: "What is queued at the source, and the addresses of the workers connected to it.",
            sample: "{tasks: 12, held: 0, workers: ['127.0.0.1:40114'], databases: []}",
        },
        ReturnSpec {
            name: "destination",
            kind: "dict",
            returned: "with O(state=reported) and a destination",
            description: "The same of the destination.",
            sample: "{tasks: 0, held: 0, workers: [], databases: []}",
        },
    ],
};
