//! What the module refuses before it speaks to supervisor. Needs no supervisor.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should say where")]

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;

use ansible_protocol::{Value, json};

fn refusal(arguments: &Value) -> String {
    let mut command = assert_cmd::Command::cargo_bin("edx_programs").unwrap();
    let output = command.arg("-").write_stdin(arguments.to_string()).output().unwrap();
    let result: Value = String::from_utf8(output.stdout).unwrap().parse().unwrap();
    assert_eq!(result["failed"], json!(true), "{result}");
    assert_eq!(result["changed"], json!(false), "{result}");
    result["msg"].as_str().unwrap().to_owned()
}

#[test]
fn a_wrong_argument_is_refused_with_a_sentence() {
    for (arguments, message) in [
        (json!({}), "option 'programs' is required"),
        (
            json!({"programs": ["lms; reboot"]}),
            "option 'programs': \"lms; reboot\" is no name of a program: give names as `supervisorctl status` shows them \
             (lms), and GROUP:* for all programs of a group (edxapp_worker:*)",
        ),
        (
            json!({"programs": ["lms"], "restart": ["all"]}),
            "option 'restart': \"all\" is no name of a program: give names as `supervisorctl status` shows them (lms), and \
             GROUP:* for all programs of a group (edxapp_worker:*)",
        ),
        (json!({"programs": ["lms"], "timeout": 0}), "option 'timeout' is 0: give whole seconds, from 1 to 604800"),
        (
            json!({"programs": ["lms"], "worker_timeout": -1}),
            "option 'worker_timeout' is -1: give whole seconds, from 0 to 604800",
        ),
        (
            json!({"programs": ["lms"], "state": "running", "restart": ["lms"]}),
            "`state: running` only looks and changes nothing: leave 'restart' out, or choose another state",
        ),
        (
            json!({"programs": ["lms"], "state": "running", "start_stopped": true}),
            "`state: running` only looks and changes nothing: leave 'start_stopped' out, or choose another state",
        ),
        (
            json!({"programs": ["lms"], "state": "stopped", "restart": ["lms"]}),
            "`state: stopped` only stops programs: leave 'restart' out, or choose another state",
        ),
        (
            json!({"programs": ["lms"], "state": "stopped", "start_stopped": true}),
            "`state: stopped` only stops programs: leave 'start_stopped' out, or choose another state",
        ),
        (
            json!({"programs": ["lms"], "state": "started", "restart": ["lms"]}),
            "`state: started` only starts programs: leave 'restart' out, or choose another state",
        ),
        (
            json!({"programs": ["lms"], "state": "halted"}),
            "option 'state' must be one of: current, restarted, running, stopped, started",
        ),
        (json!({"programs": ["lms"], "kind": "worker"}), "option 'kind' must be one of: all, workers, others"),
        (
            json!({"programs": ["lms"], "supervisorctl": "/no/such/supervisorctl"}),
            "/no/such/supervisorctl cannot be run: No such file or directory (os error 2); name this host's supervisorctl \
             with the option 'supervisorctl'",
        ),
    ] {
        assert_eq!(refusal(&arguments), message);
    }
}

/// Stands in for a supervisorctl that fails before it reaches supervisor.
fn refusal_of_stand_in(script: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("supervisorctl");
    std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
    std::fs::set_permissions(&path, Permissions::from_mode(0o755)).unwrap();
    let msg = refusal(&json!({"programs": ["lms"], "supervisorctl": path, "state": "running"}));
    msg.replace(&folder.path().display().to_string(), "HOST")
}

#[test]
fn what_keeps_supervisorctl_from_reaching_supervisor_is_told_in_its_words() {
    assert_eq!(
        refusal_of_stand_in("echo 'sudo: unknown user www-data' >&2; exit 1"),
        "`HOST/supervisorctl status` shows no programs: \"sudo: unknown user www-data\" (exit status 1); run it by hand, and \
         correct what it names"
    );
    assert_eq!(
        refusal_of_stand_in("echo \"error: <class 'PermissionError'>, [Errno 13] Permission denied\"; exit 1"),
        "`HOST/supervisorctl status` shows no programs: \"error: <class 'PermissionError'>, [Errno 13] Permission denied\" \
         (exit status 1); this user may not speak to supervisord: run the task as root (become: true)"
    );
    assert_eq!(
        refusal_of_stand_in("kill -9 $$"),
        "`HOST/supervisorctl status` shows no programs (ended by a signal); run it by hand, and correct what it names"
    );
}

#[test]
fn a_supervisor_whose_processes_are_elsewhere_is_told() {
    assert_eq!(
        refusal_of_stand_in("echo 'lms   RUNNING   pid 99999999, uptime 0:00:05'"),
        "supervisor says that lms runs as process 99999999, but this host has no such process: run this module where \
         supervisord itself runs, as root"
    );
}

#[test]
fn settings_that_cannot_be_read_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("supervisorctl");
    std::fs::write(&path, "#!/bin/sh\n").unwrap();
    std::fs::set_permissions(&path, Permissions::from_mode(0o755)).unwrap();
    assert_eq!(
        refusal(&json!({"programs": ["lms"], "supervisorctl": path, "path": "/no/such/etc"})),
        "/no/such/etc cannot be read: No such file or directory (os error 2); name the folder with Open edX's settings files \
         with the option 'path'"
    );
}

#[test]
fn nothing_asked_for_is_nothing_to_do_even_without_a_supervisor() {
    let nothing = json!({"changed": false, "restarted": [], "started": [], "already_current": [], "absent": [],
                         "pending": [], "reasons": {}, "status": {}});
    for state in ["current", "restarted", "running", "started", "stopped"] {
        let mut expected = nothing.clone();
        if state == "stopped" {
            for list in ["stopped", "already_stopped", "was_running"] {
                expected[list] = json!([]);
            }
        }
        for (programs, kind) in [(json!([]), "all"), (json!(["lms"]), "workers"), (json!(["ecomworker"]), "others")] {
            let arguments = json!({
                "programs": programs, "kind": kind, "state": state, "supervisorctl": "/no/such/supervisorctl",
            });
            let mut command = assert_cmd::Command::cargo_bin("edx_programs").unwrap();
            let output = command.arg("-").write_stdin(arguments.to_string()).output().unwrap();
            let result: Value = String::from_utf8(output.stdout).unwrap().parse().unwrap();
            assert_eq!(result, expected, "{arguments}");
        }
    }
}
