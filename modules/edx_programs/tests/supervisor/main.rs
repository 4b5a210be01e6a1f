//! The module against a real supervisord.
//!
//! It is the one on the PATH; `EDXOPS_SUPERVISOR` names others, for example one of version 3 and one of
//! version 4, and each test then runs with each.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test says why it cannot go on, or was skipped")]

mod host;
mod start;
mod stop;

use std::process::Command;
use std::time::{Duration, SystemTime};

use ansible_protocol::{Value, json};
use host::{BUSY_WORKER, Host, Program, program, with_each_supervisor};

const WEB: [Program; 3] = [program("program:lms"), program("program:cms"), program("program:ecommerce")];

/// A group of two workers; the second one has a task to finish.
const WORKERS: [Program; 4] = [
    program("program:lms"),
    Program { section: "program:idle_1", script: host::SLEEPER, settings: "" },
    Program { section: "program:busy_1", script: BUSY_WORKER, settings: "stopwaitsecs=432000" },
    Program { section: "group:edxapp_worker", script: "", settings: "programs=idle_1,busy_1" },
];

fn warnings(result: &Value) -> Vec<String> {
    let warnings = result.get("warnings").and_then(Value::as_array).cloned().unwrap_or_default();
    warnings.iter().map(|warning| warning.as_str().unwrap().to_owned()).collect()
}

#[test]
fn programs_older_than_their_settings_restart_and_no_others() {
    with_each_supervisor(|bin| {
        let host = Host::start(bin, &WEB);
        let arguments = json!({"programs": ["lms", "cms", "ecommerce"]});
        let before = ["lms", "cms", "ecommerce"].map(|name| host.pid(name));

        let nothing_to_do = host.succeeds(arguments.clone());
        assert_eq!(
            nothing_to_do,
            json!({
                "changed": false, "restarted": [], "started": [], "already_current": ["lms", "cms", "ecommerce"],
                "absent": [], "pending": [], "reasons": {},
                "status": {"lms": "RUNNING", "cms": "RUNNING", "ecommerce": "RUNNING"},
            })
        );

        host.write_settings("lms");
        host.write_settings("ecommerce");
        let result = host.succeeds(arguments.clone());
        assert_eq!(result["changed"], json!(true));
        assert_eq!(result["restarted"], json!(["lms", "ecommerce"]));
        assert_eq!(result["already_current"], json!(["cms"]));
        assert_eq!(result["status"], json!({"lms": "RUNNING", "cms": "RUNNING", "ecommerce": "RUNNING"}));
        let reason = host.masked(result["reasons"]["lms"].as_str().unwrap());
        assert!(reason.starts_with("HOST/edx/etc/lms.yml was written at "), "{reason}");
        assert!(reason.contains(", after lms started at "), "{reason}");
        let after = ["lms", "cms", "ecommerce"].map(|name| host.pid(name));
        assert_ne!(after[0], before[0]);
        assert_eq!(after[1], before[1]);
        assert_ne!(after[2], before[2]);

        let second = host.succeeds(arguments);
        assert_eq!(second["changed"], json!(false));
        assert_eq!(second["restarted"], json!([]));
        assert_eq!(host.pid("lms"), after[0]);
    });
}

#[test]
fn check_mode_predicts_the_restarts_and_does_none() {
    with_each_supervisor(|bin| {
        let host = Host::start(bin, &WORKERS);
        host.write_settings("lms");
        let before = [host.pid("lms"), host.pid("edxapp_worker:idle_1")];
        let arguments = json!({"programs": ["lms", "edxapp_worker:*"], "worker_timeout": 0});

        let mut check = arguments.clone();
        check["_ansible_check_mode"] = json!(true);
        check["_ansible_diff"] = json!(true);
        let predicted = host.succeeds(check);
        assert_eq!(predicted["changed"], json!(true));
        assert_eq!(predicted["restarted"], json!(["lms", "edxapp_worker:busy_1", "edxapp_worker:idle_1"]));
        assert_eq!(predicted["pending"], json!([]));
        let diff = host.masked(predicted["diff"][0]["prepared"].as_str().unwrap());
        let lines: Vec<_> = diff.lines().collect();
        assert!(lines[0].starts_with("-lms: runs since "), "{diff}");
        assert!(lines[1].starts_with("+lms: restarted (HOST/edx/etc/lms.yml was written at "), "{diff}");
        assert_eq!(lines.len(), 6, "{diff}");
        assert_eq!([host.pid("lms"), host.pid("edxapp_worker:idle_1")], before);
        assert!(!host.log().exists());

        let real = host.succeeds(arguments);
        assert_eq!(real["restarted"], predicted["restarted"]);
        assert_eq!(real["reasons"], predicted["reasons"]);
    });
}

#[test]
fn programs_named_in_restart_restart_though_they_are_current() {
    with_each_supervisor(|bin| {
        let host = Host::start(bin, &WEB);
        let arguments = json!({"programs": ["cms"], "restart": ["lms"]});
        let before = [host.pid("lms"), host.pid("cms")];
        let result = host.succeeds(arguments);
        assert_eq!(result["restarted"], json!(["lms"]));
        assert_eq!(result["reasons"], json!({"lms": "the task asks for it"}));
        assert_eq!(result["already_current"], json!(["cms"]));
        assert_ne!(host.pid("lms"), before[0]);
        assert_eq!(host.pid("cms"), before[1]);
    });
}

#[test]
fn a_program_that_somebody_stopped_stays_stopped() {
    with_each_supervisor(|bin| {
        let host = Host::start(bin, &WEB);
        host.ctl(&["stop", "cms"]);
        host.write_settings("studio");
        for state in ["current", "restarted"] {
            let result = host.succeeds(json!({"programs": ["lms", "cms"], "restart": ["cms"], "state": state}));
            assert_eq!(result["started"], json!([]));
            assert_eq!(result["status"], json!({"lms": "RUNNING", "cms": "STOPPED"}));
            let warnings = warnings(&result);
            assert_eq!(warnings.len(), 1, "{warnings:?}");
            assert!(warnings[0].starts_with("cms is STOPPED ("), "{warnings:?}");
            assert!(warnings[0].ends_with("): it is left so; `start_stopped: true` would start it"), "{warnings:?}");
        }

        let result = host.succeeds(json!({"programs": ["lms", "cms"], "start_stopped": true}));
        assert_eq!(result["started"], json!(["cms"]));
        assert_eq!(result["reasons"], json!({"cms": "it was STOPPED"}));
        assert_eq!(host.state("cms"), "RUNNING");
        assert_eq!(host.succeeds(json!({"programs": ["lms", "cms"], "start_stopped": true}))["changed"], json!(false));
    });
}

/// Starts when the file `good` is there, like a program with settings that it can use.
const NEEDS_GOOD_SETTINGS: &str =
    "[ -e \"$ROOT/good\" ] || exit 1; while kill -0 $PPID 2>/dev/null; do sleep 0.1; done";

#[test]
fn a_program_that_does_not_come_back_is_a_failure_that_says_all_there_is_to_say() {
    with_each_supervisor(|bin| {
        let programs = [
            program("program:lms"),
            Program { section: "program:cms", script: NEEDS_GOOD_SETTINGS, settings: "startretries=1" },
            Program { section: "program:idle_1", script: host::SLEEPER, settings: "" },
            Program { section: "group:edxapp_worker", script: "", settings: "programs=idle_1" },
        ];
        let host = Host::without_supervisord(bin, &programs);
        std::fs::write(host.path("good"), "").unwrap();
        let host = host.up();
        std::fs::remove_file(host.path("good")).unwrap();
        let worker = host.pid("edxapp_worker:idle_1");

        let programs = json!(["lms", "cms", "edxapp_worker:*"]);
        let (msg, result) = host.fails(json!({"programs": programs, "state": "restarted"}));
        assert_eq!(
            msg,
            "1 of the 3 programs that were to restart do not run as they should. cms: was RUNNING, is FATAL (Exited too \
             quickly (process log may have details)); supervisor said \"ERROR (spawn error)\"; its log: \
             HOST/bin-supervisorctl tail cms stderr. Not restarted, because of that: edxapp_worker:idle_1. Read their \
             logs, correct what is named there, and run this again"
        );
        assert_eq!(result["changed"], json!(true));
        assert_eq!(result["restarted"], json!(["lms", "cms"]));
        assert_eq!(result["status"]["lms"], json!("RUNNING"));
        assert_eq!(result["status"]["cms"], json!("FATAL"));
        assert_eq!(host.pid("edxapp_worker:idle_1"), worker);

        // What a rescue does: with the old settings in place, the same call brings it back.
        std::fs::write(host.path("good"), "").unwrap();
        let result = host.succeeds(json!({"programs": ["cms"], "restart": ["cms"]}));
        assert_eq!(result["started"], json!(["cms"]));
        assert_eq!(host.state("cms"), "RUNNING");
    });
}

#[test]
fn a_program_whose_command_is_gone_is_a_failure_in_supervisors_words() {
    with_each_supervisor(|bin| {
        let host = Host::start(bin, &WEB);
        std::fs::remove_file(host.path("program1")).unwrap();
        let (msg, _) = host.fails(json!({"programs": ["lms", "cms"], "state": "restarted"}));
        assert!(msg.contains(" cms: was RUNNING, is STOPPED ("), "{msg}");
        assert!(
            msg.ends_with(
                "); supervisor said \"ERROR (no such file)\"; its log: HOST/bin-supervisorctl tail cms stderr; it stays down \
                 until `HOST/bin-supervisorctl start cms`. Read their logs, correct what is named there, and run this again"
            ),
            "{msg}"
        );
    });
}

#[test]
fn a_worker_that_finishes_its_task_first_restarts_after_the_module_has_ended() {
    with_each_supervisor(|bin| {
        let host = Host::start(bin, &WORKERS);
        host.write_settings("lms");
        let arguments = json!({"programs": ["lms", "edxapp_worker:*"], "worker_timeout": 8});

        let result = host.succeeds(arguments.clone());
        assert_eq!(result["restarted"], json!(["lms", "edxapp_worker:busy_1", "edxapp_worker:idle_1"]));
        assert_eq!(result["pending"], json!(["edxapp_worker:busy_1"]));
        assert_eq!(
            result["status"],
            json!({"lms": "RUNNING", "edxapp_worker:busy_1": "STOPPING", "edxapp_worker:idle_1": "RUNNING"})
        );
        let going_on = "still restarting: edxapp_worker:busy_1. A Celery worker finishes its tasks before it stops; its \
                        restart goes on by itself. `HOST/bin-supervisorctl status` shows how far it is, HOST/workers.log \
                        what supervisor said. Leave the `supervisorctl restart` and `start-once-stopped` processes alone: \
                        they start the programs again";
        assert_eq!(warnings(&result).iter().map(|text| host.masked(text)).collect::<Vec<_>>(), [going_on]);

        let again = host.succeeds(arguments.clone());
        assert_eq!(again["changed"], json!(false));
        assert_eq!(again["restarted"], json!([]));
        assert_eq!(again["pending"], json!(["edxapp_worker:busy_1"]));
        assert_eq!(warnings(&again).iter().map(|text| host.masked(text)).collect::<Vec<_>>(), [going_on]);

        host.finish_tasks();
        host.wait_for("edxapp_worker:busy_1", "RUNNING");
        let done = host.succeeds(arguments);
        assert_eq!(done["changed"], json!(false));
        assert_eq!(done["pending"], json!([]));
        assert_eq!(done["already_current"], json!(["lms", "edxapp_worker:busy_1", "edxapp_worker:idle_1"]));
        let log = std::fs::read_to_string(host.log()).unwrap();
        assert!(log.contains("busy_1: stopped\n") && log.contains("busy_1: started\n"), "{log}");
    });
}

#[test]
fn a_worker_that_an_operator_is_stopping_is_left_to_stop() {
    with_each_supervisor(|bin| {
        let host = Host::start(bin, &WORKERS);
        std::thread::scope(|scope| {
            scope.spawn(|| host.ctl(&["stop", "edxapp_worker:busy_1"]));
            host.wait_for("edxapp_worker:busy_1", "STOPPING");
            let result = host.succeeds(json!({"programs": ["edxapp_worker:*"]}));
            assert_eq!(result["changed"], json!(false));
            assert_eq!(
                warnings(&result).iter().map(|text| host.masked(text)).collect::<Vec<_>>(),
                ["edxapp_worker:busy_1 is STOPPING: it will be STOPPED, and nothing waits to start it again: \
                  `HOST/bin-supervisorctl start edxapp_worker:busy_1` then does"]
            );
            host.finish_tasks();
        });
    });
}

#[test]
fn a_stopped_worker_stays_stopped_while_the_rest_of_its_group_restarts() {
    with_each_supervisor(|bin| {
        let host = Host::start(bin, &WORKERS);
        host.finish_tasks();
        host.ctl(&["stop", "edxapp_worker:idle_1"]);
        let result = host.succeeds(json!({"programs": ["edxapp_worker:*"], "state": "restarted"}));
        assert_eq!(result["restarted"], json!(["edxapp_worker:busy_1"]));
        assert_eq!(result["status"], json!({"edxapp_worker:busy_1": "RUNNING", "edxapp_worker:idle_1": "STOPPED"}));
    });
}

#[test]
fn a_worker_that_does_not_come_back_is_a_failure() {
    with_each_supervisor(|bin| {
        let programs = [
            Program { section: "program:idle_1", script: host::SLEEPER, settings: "" },
            Program { section: "group:edxapp_worker", script: "", settings: "programs=idle_1" },
        ];
        let host = Host::start(bin, &programs);
        std::fs::remove_file(host.path("program0")).unwrap();
        let (msg, result) = host.fails(json!({"programs": ["edxapp_worker:*"], "state": "restarted"}));
        assert!(msg.contains(" edxapp_worker:idle_1: was RUNNING, is STOPPED ("), "{msg}");
        assert!(msg.contains("); supervisor said \"ERROR (no such file)\"; its log: "), "{msg}");
        assert_eq!(result["pending"], json!([]));
    });
}

#[test]
fn workers_are_not_touched_when_their_log_cannot_be_written() {
    with_each_supervisor(|bin| {
        let host = Host::start(bin, &WORKERS);
        let before = host.pid("lms");
        let (msg, result) = host.fails(json!({
            "programs": ["lms", "edxapp_worker:*"], "state": "restarted", "worker_log": host.path("no/such/folder"),
        }));
        assert_eq!(
            msg,
            "HOST/no/such/folder cannot be written: No such file or directory (os error 2); nothing was restarted; name \
             another file with 'worker_log'"
        );
        assert_eq!(result["changed"], json!(false));
        assert_eq!(host.pid("lms"), before);
    });
}

#[test]
fn state_running_fails_for_what_does_not_run_and_changes_nothing() {
    with_each_supervisor(|bin| {
        let host = Host::start(bin, &WEB);
        host.write_settings("lms");
        let pid = host.pid("lms");
        let programs = json!(["lms", "cms", "ecommerce"]);
        let well = host.succeeds(json!({"programs": programs, "state": "running"}));
        assert_eq!(well["changed"], json!(false));
        assert_eq!(well["already_current"], programs);

        host.ctl(&["stop", "cms"]);
        let (msg, result) = host.fails(json!({"programs": programs, "state": "running"}));
        assert!(msg.starts_with("1 of 3 programs do not run. cms: is STOPPED ("), "{msg}");
        assert!(
            msg.ends_with(
                "); its log: HOST/bin-supervisorctl tail cms stderr. Start them, or leave out those that are not meant to run"
            ),
            "{msg}"
        );
        assert_eq!(result["changed"], json!(false));
        assert_eq!(host.pid("lms"), pid);
        assert_eq!(host.state("cms"), "STOPPED");
    });
}

#[test]
fn programs_that_this_host_lacks_are_absent_and_with_strict_a_failure() {
    with_each_supervisor(|bin| {
        let host = Host::start(bin, &WEB);
        let programs = json!(["lms", "forum", "discovery_workers:*", "forum"]);
        let result = host.succeeds(json!({"programs": programs, "restart": ["xqueue"]}));
        assert_eq!(result["absent"], json!(["forum", "discovery_workers:*", "xqueue"]));
        assert_eq!(result["status"], json!({"lms": "RUNNING"}));

        let (msg, _) = host.fails(json!({"programs": programs, "strict": true}));
        assert_eq!(
            msg,
            "supervisor has no forum, discovery_workers:*; its programs are: cms, ecommerce, lms; correct the names, or \
             leave `strict` out"
        );
    });
}

#[test]
fn a_group_named_like_a_program_is_pointed_out() {
    with_each_supervisor(|bin| {
        let host = Host::start(bin, &WORKERS);
        let (msg, _) = host.fails(json!({"programs": ["edxapp_worker"]}));
        assert_eq!(
            msg,
            "\"edxapp_worker\" is a group of supervisor's, not a program: write \"edxapp_worker:*\" for all its programs \
             (edxapp_worker:busy_1, edxapp_worker:idle_1)"
        );
    });
}

#[test]
fn a_file_put_in_place_with_an_old_time_is_pointed_out() {
    with_each_supervisor(|bin| {
        let host = Host::start(bin, &WEB);
        // As `cp -p lms.yml.backup lms.yml` does.
        host.write_settings("lms");
        host.date_settings("lms", 7200);
        let result = host.succeeds(json!({"programs": ["lms"]}));
        assert_eq!(result["changed"], json!(false));
        let warnings = warnings(&result);
        assert_eq!(warnings.len(), 1, "{warnings:?}");
        let warning = host.masked(&warnings[0]);
        assert!(
            warning.starts_with("HOST/edx/etc/lms.yml was put in its place, or got another mode or owner, at "),
            "{warning}"
        );
        assert!(warning.ends_with("where its content is new to lms, restart it (`restart: [lms]`)"), "{warning}");
    });
}

#[test]
fn a_file_from_the_future_does_not_restart_a_program_over_and_over() {
    with_each_supervisor(|bin| {
        let host = Host::start(bin, &WEB);
        host.date_settings_at("lms", SystemTime::UNIX_EPOCH + Duration::from_secs(4_102_444_800));
        let result = host.succeeds(json!({"programs": ["lms"]}));
        assert_eq!(result["changed"], json!(false));
        assert_eq!(
            warnings(&result).iter().map(|text| host.masked(text)).collect::<Vec<_>>(),
            [
                "HOST/edx/etc/lms.yml carries a time of last writing that is yet to come (2100-01-01T00:00:00Z), so it cannot \
              tell whether lms runs with it: set it right with `touch HOST/edx/etc/lms.yml`"
            ]
        );
    });
}

#[test]
fn a_supervisor_that_does_not_run_is_told_from_one_without_programs() {
    with_each_supervisor(|bin| {
        let version_3 = bin_is_version_3(bin);
        let host = Host::without_supervisord(bin, &WEB);
        let (msg, result) = host.fails(json!({"programs": ["lms"]}));
        let exit = if version_3 { "" } else { " (exit status 4)" };
        assert_eq!(
            msg,
            format!(
                "`HOST/bin-supervisorctl status` shows no programs: \"unix://HOST/sock no such file\"{exit}; supervisord is \
                 not running: start it (systemctl start supervisor)"
            )
        );
        assert_eq!(result["changed"], json!(false));

        drop(std::os::unix::net::UnixListener::bind(host.path("sock")).unwrap());
        let (msg, _) = host.fails(json!({"programs": ["lms"]}));
        assert_eq!(
            msg,
            format!(
                "`HOST/bin-supervisorctl status` shows no programs: \"unix://HOST/sock refused connection\"{exit}; \
                 supervisord is not running: start it (systemctl start supervisor)"
            )
        );
    });
}

fn bin_is_version_3(bin: &std::path::Path) -> bool {
    let output = Command::new(bin.join("supervisord")).arg("--version").output().unwrap();
    output.stdout.starts_with(b"3.")
}

#[test]
fn a_supervisor_that_dies_in_the_middle_is_told_with_what_was_under_way() {
    with_each_supervisor(|bin| {
        let host = Host::start(bin, &WEB);
        let root = host.path("").display().to_string();
        host.use_supervisorctl(&format!(
            "case $1 in restart) kill $(cat {root}supervisord.pid); while [ -e {root}sock ]; do sleep 0.1; done;; esac\n\
             {}/supervisorctl -c {root}supervisord.conf $*",
            bin.display()
        ));
        let (msg, result) = host.fails(json!({"programs": ["lms", "cms"], "state": "restarted"}));
        assert!(
            msg.starts_with(
                "while lms, cms restarted: `HOST/bin-supervisorctl status` shows no programs: \"unix://HOST/sock no such \
                 file\""
            ),
            "{msg}"
        );
        assert_eq!(result["changed"], json!(true));
        assert_eq!(result["restarted"], json!(["lms", "cms"]));
    });
}

#[test]
fn a_supervisorctl_that_hangs_is_ended_with_all_that_it_started() {
    with_each_supervisor(|bin| {
        let host = Host::without_supervisord(bin, &[]);
        let mark = host.path("still-there");
        host.use_supervisorctl(&format!("echo 'waiting for a lock'; (sleep 30; touch {}) & wait", mark.display()));
        let (msg, _) = host.fails(json!({"programs": ["lms"], "timeout": 1}));
        assert_eq!(
            msg,
            "`HOST/bin-supervisorctl status` did not answer within 1 s and was ended: \"waiting for a lock\"; look whether \
             supervisord is alive (systemctl status supervisor), and run it by hand"
        );
        let stand_in = host.supervisorctl().display().to_string();
        let left = || {
            let processes = std::fs::read_dir("/proc").unwrap().flatten();
            let commands = processes.filter_map(|entry| std::fs::read(entry.path().join("cmdline")).ok());
            commands.filter(|command| String::from_utf8_lossy(command).contains(&stand_in)).count()
        };
        // A killed process is gone soon, not at once; one that was not killed stays for half a minute.
        for _ in 0..100 {
            if left() == 0 {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        panic!("the shell of the stand-in still runs");
    });
}

#[test]
fn a_restart_that_hangs_before_it_did_anything_is_ended() {
    with_each_supervisor(|bin| {
        let host = Host::start(bin, &WEB);
        let root = host.path("").display().to_string();
        host.use_supervisorctl(&format!(
            "case $1 in restart) sleep 1000;; *) {}/supervisorctl -c {root}supervisord.conf $*;; esac",
            bin.display()
        ));
        let pid = host.pid("lms");
        let (msg, _) = host.fails(json!({"programs": ["lms"], "state": "restarted", "timeout": 3}));
        assert_eq!(
            msg,
            format!(
                "1 of the 1 programs that were to restart do not run as they should. lms: was RUNNING, still runs as the \
                 same process {pid}; `HOST/bin-supervisorctl restart lms` did nothing within 3 s and was ended; its log: \
                 HOST/bin-supervisorctl tail lms stderr. Read their logs, correct what is named there, and run this again"
            )
        );
        assert_eq!(host.pid("lms"), pid);
    });
}

#[test]
fn a_restart_that_is_slow_to_stop_a_program_goes_on_and_brings_it_back() {
    with_each_supervisor(|bin| {
        let slow = Program { section: "program:lms", script: BUSY_WORKER, settings: "stopwaitsecs=1000" };
        let host = Host::start(bin, &[slow, program("program:cms")]);
        let (msg, result) = host.fails(json!({"programs": ["cms", "lms"], "state": "restarted", "timeout": 3}));
        assert!(
            msg.starts_with(
                "1 of the 2 programs that were to restart do not run as they should. lms: was RUNNING, is STOPPING; \
                 `HOST/bin-supervisorctl restart lms` is at work on it still after 3 s, and goes on as process "
            ),
            "{msg}"
        );
        assert_eq!(result["status"], json!({"cms": "RUNNING", "lms": "STOPPING"}));
        // Its client was left alive, since nobody else would start lms again.
        host.finish_tasks();
        host.wait_for("lms", "RUNNING");
        host.wait_for("cms", "RUNNING");
    });
}

#[test]
fn a_success_that_is_none_is_not_believed() {
    with_each_supervisor(|bin| {
        let host = Host::start(bin, &WEB);
        let root = host.path("").display().to_string();
        host.use_supervisorctl(&format!(
            "case $1 in restart) echo 'lms: stopped'; echo 'lms: started';; *) {}/supervisorctl -c {root}supervisord.conf \
             $*;; esac",
            bin.display()
        ));
        let pid = host.pid("lms");
        let (msg, _) = host.fails(json!({"programs": ["lms"], "state": "restarted"}));
        assert_eq!(
            msg,
            format!(
                "1 of the 1 programs that were to restart do not run as they should. lms: was RUNNING, still runs as the \
                 same process {pid}; its log: HOST/bin-supervisorctl tail lms stderr. Read their logs, correct what is \
                 named there, and run this again"
            )
        );
    });
}

#[test]
fn programs_restart_all_at_once() {
    with_each_supervisor(|bin| {
        let host = Host::start(bin, &WEB);
        host.list_calls();
        host.succeeds(json!({"programs": ["lms", "ecommerce", "cms"], "state": "restarted"}));
        let calls = host.calls();
        let mut calls: Vec<_> = calls.lines().collect();
        calls.sort_unstable();
        assert_eq!(calls, ["restart cms", "restart ecommerce", "restart lms"]);

        assert_eq!(host.state("cms"), "RUNNING");
    });
}

/// Ends, when told to, only once the two others have been told to as well.
const STOPS_WITH_THE_OTHERS: &str = "trap 'touch \"$ROOT/told-$SUPERVISOR_PROCESS_NAME\"; \
     until [ -e \"$ROOT/told-lms\" ] && [ -e \"$ROOT/told-cms\" ] && [ -e \"$ROOT/told-ecommerce\" ]; do sleep 0.1; done; \
     exit' TERM; while kill -0 $PPID 2>/dev/null; do sleep 0.1; done";

#[test]
fn no_program_waits_for_another_ones_restart() {
    with_each_supervisor(|bin| {
        let programs = ["program:lms", "program:cms", "program:ecommerce"].map(|section| Program {
            section,
            script: STOPS_WITH_THE_OTHERS,
            settings: "stopwaitsecs=1000",
        });
        let host = Host::start(bin, &programs);
        let result =
            host.succeeds(json!({"programs": ["lms", "cms", "ecommerce"], "state": "restarted", "timeout": 60}));
        assert_eq!(result["restarted"], json!(["lms", "cms", "ecommerce"]));
    });
}

#[test]
fn each_worker_is_restarted_by_a_call_of_its_own() {
    with_each_supervisor(|bin| {
        let host = Host::start(bin, &WORKERS);
        host.finish_tasks();
        host.list_calls();
        host.succeeds(json!({"programs": ["lms", "edxapp_worker:*"], "state": "restarted"}));
        let calls = host.calls();
        let mut calls: Vec<_> = calls.lines().collect();
        // Those of the workers begin at the same time.
        calls[1..].sort_unstable();
        assert_eq!(calls, ["restart lms", "restart edxapp_worker:busy_1", "restart edxapp_worker:idle_1"]);
    });
}

#[test]
fn workers_come_back_though_the_module_is_killed_with_all_its_process_group() {
    with_each_supervisor(|bin| {
        let host = Host::start(bin, &WORKERS);
        let arguments = json!({"programs": ["edxapp_worker:busy_1"], "state": "restarted", "worker_timeout": 600});
        let before = host.pid("edxapp_worker:busy_1");
        host.is_killed(arguments, || host.wait_for("edxapp_worker:busy_1", "STOPPING"));

        host.finish_tasks();
        host.wait_for("edxapp_worker:busy_1", "RUNNING");
        assert_ne!(host.pid("edxapp_worker:busy_1"), before);
    });
}
