//! What the module declares about itself.

use ansible_protocol::{Default, Kind, ModuleSpec, OptionSpec, PageSpec, ReturnSpec};

/// Options, results and examples, as `ansible-doc edx_programs` shows them.
pub static SPEC: ModuleSpec = ModuleSpec {
    name: "edx_programs",
    short_description: "Makes Open edX's programs run with their present settings files",
    description: &[
        "Restarts, through supervisor, those of Open edX's programs that started before one of their settings files was last written, and waits until they run.",
        "A program that somebody stopped stays stopped, unless the task says otherwise.",
        "Programs outside a Celery worker group restart first, all at the same time, so that they are down no longer than the slowest of them takes. Only when all of them run do the workers follow, each with a supervisorctl of its own that goes on after the module has ended, since a worker finishes its tasks before it stops.",
        "Also stops programs, Celery workers gracefully, and starts them again, for the time in which a queue of tasks moves.",
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
                "What is wanted of the programs: current, restarted, running, stopped or started.",
                "C(current) restarts those that started before a settings file they read was last written.",
                "C(restarted) restarts all of them. One that ended by itself or could not start is started; one that somebody stopped is so only with O(start_stopped).",
                "C(running) changes nothing, and fails when one of them does not run.",
                "C(stopped) stops all of them with supervisor's own stop, which lets a Celery worker finish the tasks it has, and waits until they have stopped. It fails when one of them has not in time; that one goes on stopping by itself, and to run the module again joins the wait. A C(supervisorctl restart) or C(start) of one of them from earlier that is still at work is ended.",
                "C(started) starts those that do not run, also those that somebody stopped, and leaves the others alone. One that is stopping starts as soon as it has stopped.",
            ],
        )
        .choices(&["current", "restarted", "running", "stopped", "started"])
        .default(Default::Str("current")),
        OptionSpec::new(
            "kind",
            Kind::Str,
            &[
                "Which of O(programs) and O(restart) are meant: all, workers or others.",
                "C(workers) are the programs of Celery workers, told by their name or their group's; C(others) are those that are none. What is left out is not looked at, and is in no list of the result.",
            ],
        )
        .choices(&["all", "workers", "others"])
        .default(Default::Str("all")),
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
            &["Whether to start programs that do not run. Without it they are left as they are, with a warning. One that is stopping starts as soon as it has stopped."],
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
                "Seconds within which the restarted or started programs must run, and those that are no workers must have stopped.",
                "Also the seconds within which C(supervisorctl status) must answer.",
            ],
        )
        .default(Default::Int(120)),
        OptionSpec::new(
            "worker_timeout",
            Kind::Int,
            &[
                "Seconds to wait for the workers that restart or stop, and for programs that start once they have stopped; those that still finish their tasks go on by themselves.",
                "They are listed as C(pending), with a warning; with O(state=stopped) it is a failure.",
            ],
        )
        .default(Default::Int(60)),
        OptionSpec::new(
            "worker_log",
            Kind::Path,
            &["The file to which the restarts and starts that go on by themselves add what supervisor says."],
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
        "In check mode O(state=stopped) takes it that all programs will have stopped in time.",
    ],
    examples: "\
- name: Check that the platform runs
  edxops.scaling.edx_programs:
    programs: [lms, cms, 'edxapp_worker:*']
    state: running

- name: Make the platform use its present settings
  edxops.scaling.edx_programs:
    programs: [lms, cms, 'edxapp_worker:*', ecommerce, discovery]

- name: Let the workers finish their tasks, and stop
  edxops.scaling.edx_programs:
    programs: [lms, cms, 'edxapp_worker:*', ecomworker]
    kind: workers
    state: stopped
    worker_timeout: 3600
  register: workers

- name: Start those that ran
  edxops.scaling.edx_programs:
    programs: '{{ workers.was_running }}'
    state: started",
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
            description: "The programs that have yet to stop before they start again, from this run or an earlier one; with O(state=stopped) those that have yet to stop.",
            sample: "['edxapp_worker:lms_default_1']",
        },
        ReturnSpec {
            name: "stopped",
            kind: "list",
            returned: "with O(state=stopped)",
            description: "The programs that this run stopped, or would in check mode; those in pending among them.",
            sample: "['edxapp_worker:lms_default_1']",
        },
        ReturnSpec {
            name: "already_stopped",
            kind: "list",
            returned: "with O(state=stopped)",
            description: "The programs that did not run, or were stopping already and have stopped.",
            sample: "[ecomworker]",
        },
        ReturnSpec {
            name: "was_running",
            kind: "list",
            returned: "with O(state=stopped)",
            description: "The programs that ran before, or were being started or restarted: those to start afterwards. A run that finds them stopped or stopping does not list them, so keep the list of the first run, or of one in check mode before it.",
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
