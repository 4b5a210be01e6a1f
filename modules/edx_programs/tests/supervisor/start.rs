//! `state: started`, and the start of programs that have yet to stop.

use ansible_protocol::json;

use crate::host::{self, BUSY_WORKER, Host, Program, program, with_each_supervisor, workers};
use crate::{NEEDS_GOOD_SETTINGS, warnings};

/// Tells a worker to stop without waiting for it, as a move that was killed leaves it.
fn begin_to_stop(host: &Host, name: &str) {
    let stop = json!({"programs": [name], "state": "stopped", "timeout": 600, "worker_timeout": 600});
    host.is_killed(stop, || host.wait_for(name, "STOPPING"));
}

#[test]
fn what_does_not_run_is_started_and_what_runs_is_left_alone() {
    with_each_supervisor(|bin| {
        let programs = [
            program("program:ta_lms"),
            program("program:ta_cms"),
            Program { section: "program:ta_worker", script: host::SLEEPER, settings: "" },
        ];
        let host = Host::start(bin, &programs);
        host.ctl(&["stop", "ta_cms", "ta_worker"]);
        let pid = host.pid("ta_lms");
        let arguments = json!({"programs": ["ta_lms", "ta_cms", "ta_worker"], "state": "started"});
        let mut check = arguments.clone();
        check["_ansible_check_mode"] = json!(true);
        let mut predicted = host.succeeds(check);
        assert_eq!(host.state("ta_cms"), "STOPPED");

        let done = host.succeeds(arguments.clone());
        predicted["status"] = done["status"].clone();
        assert_eq!(predicted, done);
        assert_eq!(
            done,
            json!({
                "changed": true, "restarted": [], "started": ["ta_cms", "ta_worker"], "already_current": ["ta_lms"],
                "absent": [], "pending": [], "reasons": {"ta_cms": "it was STOPPED", "ta_worker": "it was STOPPED"},
                "status": {"ta_lms": "RUNNING", "ta_cms": "RUNNING", "ta_worker": "RUNNING"},
            })
        );
        assert_eq!(host.pid("ta_lms"), pid);
        let again = host.succeeds(arguments);
        assert_eq!(again["changed"], json!(false));
        assert_eq!(again["already_current"], json!(["ta_lms", "ta_cms", "ta_worker"]));
    });
}

#[test]
fn the_programs_that_were_running_are_those_that_start_again() {
    with_each_supervisor(|bin| {
        let mut programs = workers("tb_worker");
        programs.push(Program { section: "program:tb_worker_off", script: host::SLEEPER, settings: "autostart=false" });
        let host = Host::start(bin, &programs);
        host.finish_tasks();
        let stopped =
            host.succeeds(json!({"programs": ["tb_worker:*", "tb_worker_off"], "kind": "workers", "state": "stopped"}));
        assert_eq!(stopped["already_stopped"], json!(["tb_worker_off"]));
        let started = host.succeeds(json!({"programs": stopped["was_running"], "state": "started"}));
        assert_eq!(started["started"], stopped["was_running"]);
        assert_eq!(host.state("tb_worker_off"), "STOPPED");
        assert_eq!(host.state("tb_worker:tb_worker_busy"), "RUNNING");
    });
}

#[test]
fn a_worker_that_is_stopping_starts_as_soon_as_it_has_stopped() {
    with_each_supervisor(|bin| {
        for (group, state) in [("tc_worker", "started"), ("td_worker", "current"), ("te_worker", "restarted")] {
            let host = Host::start(bin, &workers(group));
            let busy = format!("{group}:{group}_busy");
            begin_to_stop(&host, &busy);
            let arguments = |seconds: u32| {
                json!({
                    "programs": [busy], "state": state, "start_stopped": state != "started", "worker_timeout": seconds,
                })
            };
            let mut check = arguments(2);
            check["_ansible_check_mode"] = json!(true);
            check["_ansible_diff"] = json!(true);
            let predicted = host.succeeds(check);
            assert_eq!(predicted["changed"], json!(true));
            assert_eq!(predicted["started"], json!([busy]));
            assert_eq!(
                predicted["diff"][0]["prepared"],
                json!(format!("-{busy}: is stopping\n+{busy}: started (it was STOPPING)\n"))
            );

            let result = host.succeeds(arguments(2));
            assert_eq!(result["changed"], json!(true));
            assert_eq!(result["started"], json!([busy]));
            assert_eq!(result["reasons"], json!({&busy: "it was STOPPING"}));
            assert_eq!(result["pending"], json!([busy]));
            assert_eq!(result["status"], json!({&busy: "STOPPING"}));
            let warning = warnings(&result).concat();
            assert!(warning.starts_with(&format!("still restarting: {busy}. ")), "{warning}");

            let again = host.succeeds(arguments(2));
            assert_eq!(again["changed"], json!(false));
            assert_eq!(again["pending"], json!([busy]));

            host.finish_tasks();
            host.wait_for(&busy, "RUNNING");
            if state != "restarted" {
                let done = host.succeeds(arguments(60));
                assert_eq!(done["changed"], json!(false));
                assert_eq!(done["already_current"], json!([busy]));
            }
            let log = std::fs::read_to_string(host.log()).unwrap();
            assert!(log.contains("_busy: started\n"), "{log}");
        }
    });
}

#[test]
fn a_program_that_is_stopping_is_awaited_and_started() {
    with_each_supervisor(|bin| {
        let slow = Program { section: "program:tf_lms", script: BUSY_WORKER, settings: "stopwaitsecs=1000" };
        let mut programs = workers("tf_worker");
        programs.push(slow);
        let host = Host::start(bin, &programs);
        for name in ["tf_lms", "tf_worker:tf_worker_busy"] {
            begin_to_stop(&host, name);
        }
        let arguments =
            json!({"programs": ["tf_lms", "tf_worker:tf_worker_busy"], "state": "started", "worker_timeout": 600});
        let result = std::thread::scope(|scope| {
            let run = scope.spawn(|| host.succeeds(arguments));
            host.finish_tasks();
            run.join().unwrap()
        });
        assert_eq!(result["started"], json!(["tf_lms", "tf_worker:tf_worker_busy"]));
        assert_eq!(result["pending"], json!([]));
        assert_eq!(result["status"], json!({"tf_lms": "RUNNING", "tf_worker:tf_worker_busy": "RUNNING"}));
    });
}

#[test]
fn a_worker_starts_though_the_module_is_killed_while_it_waits() {
    with_each_supervisor(|bin| {
        let host = Host::start(bin, &workers("tg_worker"));
        let busy = "tg_worker:tg_worker_busy";
        begin_to_stop(&host, busy);
        let waits = || Host::wait_for_shell("start-once-stopped tg_worker:tg_worker_busy");
        host.is_killed(json!({"programs": [busy], "state": "started", "worker_timeout": 600}), waits);
        host.finish_tasks();
        host.wait_for(busy, "RUNNING");
    });
}

#[test]
fn a_stop_ends_the_start_that_waits() {
    with_each_supervisor(|bin| {
        let host = Host::start(bin, &workers("th_worker"));
        let busy = "th_worker:th_worker_busy";
        begin_to_stop(&host, busy);
        let started = host.succeeds(json!({"programs": [busy], "state": "started", "worker_timeout": 0}));
        assert_eq!(started["pending"], json!([busy]));
        let stop = json!({"programs": [busy], "state": "stopped", "worker_timeout": 0});
        let (_, result) = host.fails(stop.clone());
        assert_eq!(result["was_running"], json!([busy]));
        assert_eq!(Host::processes_with("start-once-stopped th_worker:th_worker_busy"), [""; 0]);
        host.finish_tasks();
        host.wait_for(busy, "STOPPED");
        assert_eq!(host.succeeds(stop)["changed"], json!(false));
    });
}

#[test]
fn a_program_that_supervisor_keeps_trying_to_start_is_started_anew() {
    with_each_supervisor(|bin| {
        let settings = "autostart=false\nstartretries=1000";
        let host = Host::start(bin, &[Program { section: "program:ti_cms", script: NEEDS_GOOD_SETTINGS, settings }]);
        host.ctl(&["start", "ti_cms"]);
        host.wait_for("ti_cms", "BACKOFF");
        std::fs::write(host.path("good"), "").unwrap();
        let result = host.succeeds(json!({"programs": ["ti_cms"], "state": "started"}));
        assert_eq!(result["status"], json!({"ti_cms": "RUNNING"}));
        assert_eq!(host.succeeds(json!({"programs": ["ti_cms"], "state": "started"}))["changed"], json!(false));
    });
}

#[test]
fn a_program_that_does_not_start_is_a_failure() {
    with_each_supervisor(|bin| {
        let settings = "autostart=false\nstartretries=0";
        let host = Host::start(bin, &[Program { section: "program:tj_cms", script: NEEDS_GOOD_SETTINGS, settings }]);
        let (msg, result) = host.fails(json!({"programs": ["tj_cms"], "state": "started"}));
        assert_eq!(
            msg,
            "1 of the 1 programs that were to start do not run as they should. tj_cms: was STOPPED, is FATAL (Exited too \
             quickly (process log may have details)); supervisor said \"ERROR (spawn error)\"; its log: \
             HOST/bin-supervisorctl tail tj_cms stderr. Read their logs, correct what is named there, and run this again"
        );
        assert_eq!(result["status"], json!({"tj_cms": "FATAL"}));
    });
}
