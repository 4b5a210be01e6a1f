//! `state: stopped`.

use std::path::Path;

use ansible_protocol::{Value, json};

use crate::host::{self, BUSY_WORKER, Host, Program, program, with_each_supervisor, workers};

/// Ends at once, each time that supervisor starts it.
const CRASHER: &str = "exit 1";

/// Works for a moment, again and again.
const SHORT_LIVED: &str = "sleep 0.05";

fn group_of_workers(bin: &Path, group: &str) -> Host {
    Host::start(bin, &workers(group))
}

#[test]
fn programs_stop_as_check_mode_predicts_and_the_second_run_finds_them_stopped() {
    // Version 3 exits with 0 whatever happens.
    for exit in ["", "; exit 0"] {
        with_each_supervisor(|bin| {
            let programs = [
                program("program:sa_lms"),
                Program { section: "program:sa_worker", script: host::SLEEPER, settings: "" },
                program("program:sa_off"),
                Program { section: "program:sa_once", script: "sleep 2", settings: "autorestart=false" },
                Program { section: "program:sa_bad", script: CRASHER, settings: "startretries=0" },
            ];
            let host = Host::start(bin, &programs);
            host.wait_for("sa_once", "EXITED");
            host.ctl(&["stop", "sa_off"]);
            let root = host.path("supervisord.conf");
            host.use_supervisorctl(&format!("{}/supervisorctl -c {} $*{exit}", bin.display(), root.display()));
            let names = ["sa_lms", "sa_worker", "sa_off", "sa_once", "sa_bad", "sa_none"];
            let arguments = json!({"programs": names, "state": "stopped", "_ansible_diff": true});

            let mut check = arguments.clone();
            check["_ansible_check_mode"] = json!(true);
            let mut predicted = host.succeeds(check);
            assert_eq!(host.state("sa_lms"), "RUNNING");
            let done = host.succeeds(arguments.clone());
            let states = |runs: &str| json!({"sa_lms": runs, "sa_worker": runs, "sa_off": "STOPPED", "sa_once": "EXITED", "sa_bad": "FATAL"});
            assert_eq!(predicted["status"], states("RUNNING"));
            assert_eq!(done["status"], states("STOPPED"));
            predicted["status"] = done["status"].clone();
            assert_eq!(predicted, done);
            assert_eq!(
                done["diff"][0]["prepared"],
                json!("-sa_lms: RUNNING\n+sa_lms: STOPPED\n-sa_worker: RUNNING\n+sa_worker: STOPPED\n")
            );
            assert_eq!(done["changed"], json!(true));
            assert_eq!(done["stopped"], json!(["sa_lms", "sa_worker"]));
            assert_eq!(done["was_running"], json!(["sa_lms", "sa_worker"]));
            assert_eq!(done["already_stopped"], json!(["sa_off", "sa_once", "sa_bad"]));

            let again = host.succeeds(arguments);
            assert_eq!(
                again,
                json!({
                    "changed": false, "restarted": [], "started": [], "already_current": [], "absent": ["sa_none"],
                    "pending": [], "reasons": {}, "status": states("STOPPED"), "stopped": [],
                    "already_stopped": names[..5], "was_running": [],
                })
            );
        });
    }
}

#[test]
fn kind_narrows_the_programs_to_workers_or_to_the_others() {
    with_each_supervisor(|bin| {
        let mut programs = workers("sb_worker");
        programs.push(program("program:sb_lms"));
        let host = Host::start(bin, &programs);
        host.finish_tasks();
        let programs = json!(["sb_lms", "sb_worker:*", "sb_forum", "sb_workers:*"]);
        let workers = host.succeeds(json!({"programs": programs, "kind": "workers", "state": "stopped"}));
        assert_eq!(workers["stopped"], json!(["sb_worker:sb_worker_busy", "sb_worker:sb_worker_idle"]));
        assert_eq!(workers["absent"], json!(["sb_workers:*"]));
        assert_eq!(
            workers["status"],
            json!({"sb_worker:sb_worker_busy": "STOPPED", "sb_worker:sb_worker_idle": "STOPPED"})
        );
        assert_eq!(host.state("sb_lms"), "RUNNING");

        let others = host.succeeds(json!({"programs": programs, "kind": "others", "state": "stopped"}));
        assert_eq!(others["stopped"], json!(["sb_lms"]));
        assert_eq!(others["absent"], json!(["sb_forum"]));
        assert_eq!(others["status"], json!({"sb_lms": "STOPPED"}));
    });
}

#[test]
fn a_worker_that_finishes_its_task_first_is_pending_and_the_next_run_joins_the_wait() {
    with_each_supervisor(|bin| {
        let host = group_of_workers(bin, "sc_worker");
        host.list_calls();
        let (busy, idle) = ("sc_worker:sc_worker_busy", "sc_worker:sc_worker_idle");
        let arguments =
            |seconds: u32| json!({"programs": ["sc_worker:*"], "state": "stopped", "worker_timeout": seconds});

        let (msg, result) = host.fails(arguments(5));
        assert_eq!(
            msg,
            "1 of 2 programs have not stopped. sc_worker:sc_worker_busy: is STOPPING still after 5 s, since a Celery worker \
             finishes its tasks first. What is STOPPING goes on stopping by itself, and is not started again: wait \
             (`HOST/bin-supervisorctl status` shows how far it is) and run this again, which joins the wait; to wait longer \
             at once, raise 'worker_timeout'"
        );
        assert_eq!(result["changed"], json!(true));
        assert_eq!(result["stopped"], json!([busy, idle]));
        assert_eq!(result["was_running"], json!([busy, idle]));
        assert_eq!(result["pending"], json!([busy]));
        assert_eq!(result["already_stopped"], json!([]));
        assert_eq!(result["failures"], json!({}));
        assert_eq!(result["status"], json!({busy: "STOPPING", idle: "STOPPED"}));

        let (_, joined) = host.fails(arguments(0));
        assert_eq!(joined["changed"], json!(false));
        assert_eq!(joined["pending"], json!([busy]));
        assert_eq!(joined["already_stopped"], json!([idle]));

        let done = std::thread::scope(|scope| {
            let run = scope.spawn(|| host.succeeds(arguments(600)));
            host.finish_tasks();
            run.join().unwrap()
        });
        assert_eq!(done["changed"], json!(false));
        assert_eq!(done["stopped"], json!([]));
        assert_eq!(done["was_running"], json!([]));
        assert_eq!(done["pending"], json!([]));
        assert_eq!(done["already_stopped"], json!([busy, idle]));
        assert_eq!(done["status"], json!({busy: "STOPPED", idle: "STOPPED"}));

        let calls = host.calls();
        let mut calls: Vec<_> = calls.lines().collect();
        calls.sort_unstable();
        assert_eq!(calls, ["stop sc_worker:sc_worker_busy", "stop sc_worker:sc_worker_idle"]);
    });
}

#[test]
fn workers_are_told_to_stop_though_their_end_is_not_awaited() {
    with_each_supervisor(|bin| {
        let host = group_of_workers(bin, "sd_worker");
        let (_, result) =
            host.fails(json!({"programs": ["sd_worker:sd_worker_busy"], "state": "stopped", "worker_timeout": 0}));
        assert_eq!(result["pending"], json!(["sd_worker:sd_worker_busy"]));
        assert_eq!(host.state("sd_worker:sd_worker_busy"), "STOPPING");
    });
}

#[test]
fn a_run_that_was_killed_in_the_middle_is_taken_up_by_the_next() {
    with_each_supervisor(|bin| {
        let host = group_of_workers(bin, "se_worker");
        let arguments = json!({"programs": ["se_worker:*"], "state": "stopped", "worker_timeout": 600});
        host.is_killed(arguments.clone(), || host.wait_for("se_worker:se_worker_busy", "STOPPING"));
        host.finish_tasks();
        let result = host.succeeds(arguments.clone());
        let names = json!(["se_worker:se_worker_busy", "se_worker:se_worker_idle"]);
        let all = |key: &str| result[key].as_array().unwrap().clone();
        let mut seen = [all("stopped"), all("already_stopped")].concat();
        seen.sort_by_key(Value::to_string);
        assert_eq!(Value::from(seen), names);
        let again = host.succeeds(arguments);
        assert_eq!(again["changed"], json!(false));
        assert_eq!(again["already_stopped"], names);
    });
}

#[test]
fn a_program_that_supervisor_keeps_trying_to_start_is_stopped_for_good() {
    with_each_supervisor(|bin| {
        let bad =
            Program { section: "program:sf_bad", script: CRASHER, settings: "autostart=false\nstartretries=1000" };
        let host = Host::start(bin, &[bad]);
        host.ctl(&["start", "sf_bad"]);
        host.wait_for("sf_bad", "BACKOFF");
        let arguments = json!({"programs": ["sf_bad"], "state": "stopped"});
        let result = host.succeeds(arguments.clone());
        assert_eq!(result["stopped"], json!(["sf_bad"]));
        assert_eq!(result["was_running"], json!(["sf_bad"]));
        assert_eq!(result["status"], json!({"sf_bad": "STOPPED"}));
        assert_eq!(host.succeeds(arguments)["changed"], json!(false));
    });
}

#[test]
fn a_program_that_ends_and_is_started_again_by_supervisor_is_stopped_for_good() {
    with_each_supervisor(|bin| {
        let settings = "autorestart=true\nstartsecs=0";
        let host = Host::start(bin, &[Program { section: "program:sg_short", script: SHORT_LIVED, settings }]);
        let arguments = json!({"programs": ["sg_short"], "state": "stopped"});
        let result = host.succeeds(arguments.clone());
        assert_eq!(result["status"], json!({"sg_short": "STOPPED"}));
        assert_eq!(host.succeeds(arguments)["changed"], json!(false));
    });
}

#[test]
fn a_restart_from_earlier_that_would_start_a_worker_again_is_ended() {
    with_each_supervisor(|bin| {
        let host = group_of_workers(bin, "sh_worker");
        let busy = "sh_worker:sh_worker_busy";
        let restart = json!({"programs": [busy], "state": "restarted", "worker_timeout": 5});
        assert_eq!(host.succeeds(restart)["pending"], json!([busy]));
        assert_ne!(Host::processes_with("restart sh_worker:sh_worker_busy"), [""; 0]);

        let arguments = json!({"programs": [busy], "state": "stopped", "worker_timeout": 0});
        let (_, result) = host.fails(arguments.clone());
        assert_eq!(result["changed"], json!(true));
        assert_eq!(result["was_running"], json!([busy]));
        assert_eq!(result["pending"], json!([busy]));
        assert_eq!(Host::processes_with("restart sh_worker:sh_worker_busy"), [""; 0]);
        host.finish_tasks();
        host.wait_for(busy, "STOPPED");
        let again = host.succeeds(arguments);
        assert_eq!(again["changed"], json!(false));
        assert_eq!(again["already_stopped"], json!([busy]));
    });
}

#[test]
fn a_restart_of_several_programs_that_is_under_way_is_not_ended() {
    with_each_supervisor(|bin| {
        let host = group_of_workers(bin, "si_worker");
        let busy = "si_worker:si_worker_busy";
        std::thread::scope(|scope| {
            scope.spawn(|| host.ctl(&["restart", "si_worker:*"]));
            host.wait_for(busy, "STOPPING");
            let (msg, result) = host.fails(json!({"programs": [busy], "state": "stopped", "timeout": 2}));
            assert!(msg.starts_with("si_worker:si_worker_busy is being restarted by process "), "{msg}");
            let (_, advice) = msg.split_once(", together").unwrap();
            let pid: String =
                advice.split("ps -fp ").nth(1).unwrap().chars().take_while(char::is_ascii_digit).collect();
            assert_eq!(
                advice.replace(&pid, "PID"),
                " with other programs, and would run again after it was stopped; nothing was stopped: wait until that \
                 process has ended (ps -fp PID), and run this again"
            );
            assert_eq!(result["changed"], json!(false));
            host.finish_tasks();
        });
        host.wait_for(busy, "RUNNING");
        host.wait_for("si_worker:si_worker_idle", "RUNNING");
        assert_eq!(host.succeeds(json!({"programs": [busy], "state": "stopped"}))["stopped"], json!([busy]));
    });
}

#[test]
fn a_program_that_is_slow_to_stop_is_pending_too() {
    with_each_supervisor(|bin| {
        let slow = Program { section: "program:sj_lms", script: BUSY_WORKER, settings: "stopwaitsecs=1000" };
        let host = Host::start(bin, &[slow]);
        let (msg, result) = host.fails(json!({"programs": ["sj_lms"], "state": "stopped", "timeout": 3}));
        assert_eq!(
            msg,
            "1 of 1 programs have not stopped. sj_lms: is STOPPING still after 3 s. What is STOPPING goes on stopping by \
             itself, and is not started again: wait (`HOST/bin-supervisorctl status` shows how far it is) and run this \
             again, which joins the wait; to wait longer at once, raise 'timeout'"
        );
        assert_eq!(result["pending"], json!(["sj_lms"]));
    });
}

#[test]
fn a_stop_that_hangs_before_supervisor_hears_of_it_is_ended() {
    with_each_supervisor(|bin| {
        let host = Host::start(bin, &[program("program:sk_lms")]);
        host.stand_in("stop) sleep 1000");
        let pid = host.pid("sk_lms");
        let (msg, result) = host.fails(json!({"programs": ["sk_lms"], "state": "stopped", "timeout": 3}));
        assert_eq!(
            msg,
            "1 of 1 programs have not stopped. sk_lms: still runs; `HOST/bin-supervisorctl stop sk_lms` did nothing within \
             3 s and was ended. Correct what keeps the others from stopping, and run this again"
        );
        assert_eq!(result["pending"], json!([]));
        assert_eq!(host.pid("sk_lms"), pid);
        assert_eq!(Host::processes_with("stop sk_lms"), [""; 0]);
    });
}

#[test]
fn a_stop_that_is_none_is_not_believed() {
    with_each_supervisor(|bin| {
        let host = Host::start(bin, &[program("program:sl_lms")]);
        host.stand_in("stop) echo 'sl_lms: ERROR (no such process)'");
        let (msg, _) = host.fails(json!({"programs": ["sl_lms"], "state": "stopped"}));
        assert_eq!(
            msg,
            "1 of 1 programs have not stopped. sl_lms: is RUNNING after it was told to stop 3 times; supervisor said \"ERROR \
             (no such process)\". Correct what keeps the others from stopping, and run this again"
        );
    });
}

#[test]
fn a_supervisor_that_dies_while_programs_stop_is_told_with_what_was_under_way() {
    with_each_supervisor(|bin| {
        let host = Host::start(bin, &[program("program:sm_lms")]);
        let root = host.path("").display().to_string();
        host.stand_in(&format!("stop) kill $(cat {root}supervisord.pid); while [ -e {root}sock ]; do sleep 0.1; done"));
        let (msg, result) = host.fails(json!({"programs": ["sm_lms"], "state": "stopped"}));
        // What supervisorctl says next depends on how far supervisord has come with its end.
        assert!(
            msg.starts_with("while sm_lms stopped: `HOST/bin-supervisorctl status` shows no programs: \""),
            "{msg}"
        );
        assert_eq!(result["changed"], json!(true));
        assert_eq!(result["was_running"], json!(["sm_lms"]));
    });
}

#[test]
fn a_program_that_supervisor_has_lost_track_of_is_told_before_anything_is_stopped() {
    with_each_supervisor(|bin| {
        let host = Host::start(bin, &[program("program:sn_lms")]);
        host.stand_in("status) echo 'sn_cms UNKNOWN'; echo 'sn_lms RUNNING pid 1, uptime 0:00:05'");
        for state in ["stopped", "started"] {
            let (msg, _) = host.fails(json!({"programs": ["sn_lms", "sn_cms"], "state": state}));
            assert_eq!(
                msg,
                "supervisor says that sn_cms is UNKNOWN, and will neither stop nor start it; nothing was changed: look at its \
                 process by hand, and restart supervisor"
            );
        }
        assert_eq!(host.state("sn_lms"), "RUNNING");
    });
}
