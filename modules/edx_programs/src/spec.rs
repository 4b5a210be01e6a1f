//! What the module declares about itself.

use ansible_protocol::{Default, Kind, ModuleSpec, OptionSpec, PageSpec, ReturnSpec};

/// Options, results and examples, as `ansible-doc edx_programs` shows them.
pub static SPEC: ModuleSpec = ModuleSpec {
    name: "edx_programs",
    short_description: "Makes Open edX's programs run with their present settings files",
    description: &[
        "Restarts, through supervisor, those of Open edX's programs that started before one of their settings files was last written, and waits until they run.",
        "A program that somebody stopped stays stopped.",
        "Programs outside a Celery worker group restart first, all at the same time, so that they are down no longer than the slowest of them takes. Only when all of them run do the workers follow, each with a supervisorctl of its own that goes on after the module has ended, since a worker finishes its tasks before it stops.",
    ],
    options: &[
        OptionSpec::new(
            "programs",
            Kind::StrList,
            &[
                "The programs, by the names that supervisorctl status shows, and GROUP:* for all of a group.",
                "Those that this host's supervisor does not know are left out and listed in the result as C(absent).",
            ],
        )
        .required(),
        OptionSpec::new(
            "state",
            Kind::Str,
            &[
                "What is wanted of the programs: current, restarted or running.",
                "C(current) restarts those that started before a settings file they read was last written.",
                "C(restarted) restarts all of them. One that ended by itself or could not start is started; one that somebody stopped is so only with O(start_stopped).",
                "C(running) changes nothing, and fails when one of them does not run.",
            ],
        )
        .choices(&["current", "restarted", "running"])
        .default(Default::Str("current")),
        OptionSpec::new(
            "restart",
            Kind::StrList,
            &[
                "Programs to restart in any case, for example because check mode predicts that a file of theirs would change.",
                "They need not be in O(programs).",
            ],
        ),
        OptionSpec::new(
            "start_stopped",
            Kind::Bool,
            &["Whether to start programs that do not run. Without it they are left as they are, with a warning."],
        )
        .default(Default::Bool(false)),
        OptionSpec::new("strict", Kind::Bool, &["Whether a program that supervisor does not know is a failure."])
            .default(Default::Bool(false)),
        OptionSpec::new("path", Kind::Path, &["The folder with Open edX's settings files."])
            .default(Default::Str("/edx/etc")),
        OptionSpec::new("supervisorctl", Kind::Path, &["The host's supervisorctl."])
            .default(Default::Str("/edx/bin/supervisorctl")),
        OptionSpec::new(
            "timeout",
            Kind::Int,
            &[
                "Seconds within which the restarted programs must run.",
                "Also the seconds within which C(supervisorctl status) must answer.",
            ],
        )
        .default(Default::Int(120)),
        OptionSpec::new(
            "worker_timeout",
            Kind::Int,
            &[
                "Seconds to wait for the restarted workers; the restart of those that still finish their tasks goes on by itself.",
                "They are listed as C(pending), with a warning.",
            ],
        )
        .default(Default::Int(60)),
        OptionSpec::new(
            "worker_log",
            Kind::Path,
            &["The file to which the workers' restarts add what supervisor says."],
        )
        .default(Default::Str("/var/log/edx_programs.log")),
    ],
    mutually_exclusive: &[],
    required_one_of: &[],
};

/// What only the page of `edx_programs` shows.
pub static PAGE: PageSpec = PageSpec {
    notes: &[
        "The settings files a program reads are those of its service, as Open edX's own roles start it.",
        "A program counts as current when its process started after the modification time of each of them. A file that was moved or copied into place with an old modification time is pointed out in a warning.",
    ],
    examples: "\
- name: Check that the platform runs
  edxops.scaling.edx_programs:
    programs: [lms, cms, 'edxapp_worker:*']
    state: running

- name: Make the platform use its present settings
  edxops.scaling.edx_programs:
    programs: [lms, cms, 'edxapp_worker:*', ecommerce, discovery]",
    returns: &[
        ReturnSpec {
            name: "restarted",
            kind: "list",
            returned: "always",
            description: "The programs that were restarted, or would be in check mode; those in pending among them where this run restarts them.",
            sample: "[lms, cms]",
        },
        ReturnSpec {
            name: "started",
            kind: "list",
            returned: "always",
            description: "The programs that did not run and were started.",
            sample: "[]",
        },
        ReturnSpec {
            name: "already_current",
            kind: "list",
            returned: "always",
            description: "The programs that run and were left alone.",
            sample: "[ecommerce]",
        },
        ReturnSpec {
            name: "absent",
            kind: "list",
            returned: "always",
            description: "What was given and is unknown to this host's supervisor.",
            sample: "[discovery]",
        },
        ReturnSpec {
            name: "pending",
            kind: "list",
            returned: "always",
            description: "The programs that have yet to stop before they start again, from this run or an earlier one.",
            sample: "['edxapp_worker:lms_default_1']",
        },
        ReturnSpec {
            name: "reasons",
            kind: "dict",
            returned: "always",
            description: "Why each program was restarted or started.",
            sample: "{lms: '/edx/etc/lms.yml was written at 2026-11-22T03:10:00Z, after lms started at 2026-11-20T08:00:00Z'}",
        },
        ReturnSpec {
            name: "status",
            kind: "dict",
            returned: "always",
            description: "The state of each program, in supervisor's words.",
            sample: "{lms: RUNNING, cms: RUNNING}",
        },
        ReturnSpec {
            name: "failures",
            kind: "dict",
            returned: "failure",
            description: "What is wrong with each program that does not run as it should.",
            sample: "{cms: 'was RUNNING, is FATAL (Exited too quickly (process log may have details))'}",
        },
    ],
};
