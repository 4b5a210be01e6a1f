//! The module as Ansible runs it: arguments as JSON on standard input, one JSON object back.

#![allow(
    clippy::expect_used,
    clippy::needless_pass_by_value,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test that cannot go on should say where"
)]

mod host;

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};

use host::{Host, ok, refused, run, text};
use serde_json::{Value, json};

const LMS: &str = "# rendered\nCACHES:\n    default:\n        LOCATION:\n        - localhost:11211   # here\n        TIMEOUT: '300'\nEMAIL_HOST: localhost\nEMAIL_HOST_PASSWORD: hunter2\n";

#[test]
fn settings_are_merged_and_everything_else_stays() {
    let (host, path) = Host::with("etc/lms.yml", LMS);
    let arguments = json!({"path": path, "settings": {"CACHES": {"default": {"LOCATION": ["10.0.0.5:11211"]}}, "EMAIL_PORT": 25}, "remove": ["EMAIL_HOST_PASSWORD"], "_ansible_diff": true});
    let result = ok(arguments.clone());
    assert_eq!(result["changed"], true);
    assert_eq!(result["changed_keys"], json!(["CACHES.default.LOCATION[0]", "EMAIL_HOST_PASSWORD", "EMAIL_PORT"]));
    assert_eq!(
        text(&path),
        "# rendered\nCACHES:\n    default:\n        LOCATION:\n        - 10.0.0.5:11211   # here\n        TIMEOUT: '300'\nEMAIL_HOST: localhost\nEMAIL_PORT: 25\n"
    );
    let diff = result["diff"].to_string();
    assert!(
        diff.contains("-EMAIL_HOST_PASSWORD: ********") && diff.contains("+        - 10.0.0.5:11211   # here"),
        "{diff}"
    );
    assert!(!result.to_string().contains("hunter2"));

    let before = fs::metadata(&path).unwrap();
    let again = ok(arguments);
    let after = fs::metadata(&path).unwrap();
    assert_eq!((&again["changed"], &again["changed_keys"]), (&json!(false), &json!([])));
    assert_eq!((before.ino(), before.mtime_nsec()), (after.ino(), after.mtime_nsec()));
    drop(host);
}

#[test]
fn check_mode_says_what_the_run_says_and_changes_nothing() {
    let (host, path) = Host::with("server-vars.yml", "A: 1\n");
    let mut arguments = json!({"path": path, "settings": {"B": "{{ x }}"}, "backup": "before", "mode": "0600", "_ansible_diff": true, "_ansible_check_mode": true});
    let predicted = ok(arguments.clone());
    assert_eq!((text(&path).as_str(), host.names()), ("A: 1\n", vec!["server-vars.yml".to_owned()]));
    arguments["_ansible_check_mode"] = json!(false);
    assert_eq!(ok(arguments), predicted);
    assert_eq!(text(&path), "A: 1\nB: !unsafe '{{ x }}'\n");
    assert_eq!(host.names(), ["server-vars.yml", "server-vars.yml.before~"]);
    assert_eq!(fs::metadata(&path).unwrap().mode() & 0o7777, 0o600);
}

#[test]
fn a_missing_file_is_made_only_when_told() {
    let host = Host::new();
    let path = host.path("server-vars.yml");
    assert_eq!(
        refused(json!({"path": path, "settings": {"A": 1}})),
        format!("{}: there is no such file; with create: true it is made", path.display())
    );
    let result = ok(
        json!({"path": path, "settings": {"A": "yes"}, "create": true, "header": "By edxops.\nSee README.", "backup": "first"}),
    );
    assert_eq!((&result["created"], &result["changed"]), (&json!(true), &json!(true)));
    assert_eq!(text(&path), "---\n# By edxops.\n# See README.\nA: 'yes'\n");
    assert_eq!(fs::metadata(&path).unwrap().mode() & 0o7777, 0o640);
    assert_eq!(host.names(), ["server-vars.yml", "server-vars.yml.first.absent~"]);

    let result = ok(json!({"path": path, "settings": {"A": "yes"}, "restore": "first"}));
    assert_eq!(result["msg"], format!("{} is removed, since it did not exist before", path.display()));
    assert!(!path.exists());
}

#[test]
fn a_file_that_others_added_to_is_not_removed() {
    let host = Host::new();
    let path = host.path("server-vars.yml");
    ok(json!({"path": path, "settings": {"A": {"B": 1}}, "create": true, "backup": "first"}));
    fs::write(&path, text(&path) + "MINE: 2\n").unwrap();
    let result = ok(json!({"path": path, "settings": {"A": {"B": 1}}, "restore": "latest"}));
    assert_eq!(text(&path), "---\nMINE: 2\n");
    assert_eq!(
        result["warnings"],
        json!([format!(
            "{}: other things changed since the backup and were kept: MINE; only the keys of settings were put back",
            path.display()
        )])
    );
}

#[test]
fn mode_is_corrected_and_reported() {
    let (_host, path) = Host::with("a.yml", "A: 1\n");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o666)).unwrap();
    let result = ok(json!({"path": path, "settings": {"A": 1}, "mode": "0640", "backup": true}));
    assert_eq!((&result["changed"], &result["changed_attributes"]), (&json!(true), &json!(["mode"])));
    assert_eq!(result["backup_file"], Value::Null);
    assert_eq!(fs::metadata(&path).unwrap().mode() & 0o7777, 0o640);
    assert_eq!(ok(json!({"path": path, "settings": {"A": 1}, "mode": "640"}))["changed"], false);
    assert_eq!(
        refused(json!({"path": path, "mode": "u=rw"})),
        "the mode 'u=rw' is not an octal number from 0 to 7777, such as 0640"
    );
}

#[test]
fn a_backup_comes_back_byte_for_byte() {
    let before = "B: 'x' # kept\nA: [1,  2]\n";
    let (_host, path) = Host::with("server-vars.yml", before);
    let settings = json!({"A": [3], "C": {"D": "e"}});
    ok(json!({"path": path, "settings": settings, "backup": "move-1", "mode": "0600"}));
    assert_ne!(text(&path), before);
    let result = ok(json!({"path": path, "settings": settings, "restore": "move-*"}));
    assert_eq!((&result["changed"], &result["backup"]), (&json!(true), &json!("move-1")));
    assert_eq!(text(&path), before);
    assert_eq!(fs::metadata(&path).unwrap().mode() & 0o7777, 0o644);
    assert_eq!(ok(json!({"path": path, "settings": settings, "restore": "move-1"}))["changed"], false);
}

#[test]
fn what_changed_since_the_backup_is_kept() {
    let (_host, path) = Host::with("server-vars.yml", "A: 1\nT: \"{{ x }}\"\nU: !unsafe '{{ y }}'\n");
    let settings = json!({"A": 2, "T": "t", "U": "u", "N": {"M": 1}});
    ok(json!({"path": path, "settings": settings, "backup": "one"}));
    fs::write(&path, text(&path).replace("A: 2", "A: 2 # mine") + "OWN: x\n").unwrap();
    let result = ok(json!({"path": path, "settings": settings, "restore": "one"}));
    assert_eq!(text(&path), "A: 1 # mine\nT: \"{{ x }}\"\nU: !unsafe '{{ y }}'\nOWN: x\n");
    assert_eq!(
        result["warnings"],
        json!([format!(
            "{}: other things changed since the backup and were kept: OWN; only the keys of settings were put back",
            path.display()
        )])
    );
}

#[test]
fn without_settings_a_file_that_differs_from_the_backup_is_refused() {
    let before = "A: 1\nCACHES: {x: 1, y: 2}\nGONE: 3\n";
    let (_host, path) = Host::with("server-vars.yml", before);
    ok(json!({"path": path, "settings": {"A": 2}, "backup": "one"}));
    let now = "A: 2\nCACHES: {x: 3, y: 4}\nOWN: x\n";
    fs::write(&path, now).unwrap();
    for arguments in [
        json!({"path": path, "restore": "one"}),
        json!({"path": path, "restore": "*", "settings": {}}),
        json!({"path": path, "restore": "latest", "_ansible_check_mode": true}),
    ] {
        let result = run(arguments);
        assert_eq!((&result["failed"], &result["changed"]), (&json!(true), &json!(false)));
        assert_eq!(
            result["msg"],
            format!(
                "{}: other things changed since the backup \"one\": A, CACHES, OWN, GONE; nothing was changed: give the \
                 settings of the run that made the backup, then their keys are put back",
                path.display()
            )
        );
        assert_eq!(text(&path), now);
    }
    // What it says to do helps.
    assert_eq!(ok(json!({"path": path, "settings": {"A": 2}, "restore": "one"}))["changed"], true);
    assert_eq!(text(&path), now.replace("A: 2", "A: 1"));

    fs::write(&path, format!("# mine\n{before}")).unwrap();
    assert_eq!(
        refused(json!({"path": path, "restore": "one"})),
        format!(
            "{}: other things changed since the backup \"one\": comments or layout; nothing was changed: give the \
             settings of the run that made the backup, then their keys are put back",
            path.display()
        )
    );
}

#[test]
fn without_settings_a_file_that_is_the_backup_is_as_wanted() {
    let (_host, path) = Host::with("server-vars.yml", "A: 1\n");
    ok(json!({"path": path, "settings": {"A": 2}, "backup": "one"}));
    ok(json!({"path": path, "settings": {"A": 2}, "restore": "one"}));
    for settings in [Value::Null, json!({})] {
        let result = ok(json!({"path": path, "settings": settings, "restore": "one"}));
        assert_eq!((&result["changed"], &result["warnings"]), (&json!(false), &Value::Null));
        assert_eq!(result["msg"], format!("{} is as wanted", path.display()));
    }
    fs::remove_file(&path).unwrap();
    assert_eq!(ok(json!({"path": path, "restore": "one"}))["changed"], true, "a file that went comes back");
    assert_eq!(text(&path), "A: 1\n");
}

#[test]
fn without_settings_a_file_that_the_run_had_made_is_not_guessed_at() {
    let host = Host::new();
    let path = host.path("server-vars.yml");
    ok(json!({"path": path, "settings": {"A": 1}, "create": true, "backup": "first"}));
    assert_eq!(
        refused(json!({"path": path, "restore": "first"})),
        format!(
            "{}: other things changed since the backup \"first\": A; nothing was changed: give the settings of the run \
             that made the backup, then their keys are put back",
            path.display()
        )
    );
    assert_eq!(text(&path), "---\nA: 1\n");
    ok(json!({"path": path, "settings": {"A": 1}, "restore": "first"}));
    assert_eq!(ok(json!({"path": path, "restore": "first"}))["changed"], false, "there is still none");
}

#[test]
fn a_backup_that_is_not_there_is_named() {
    let (_host, path) = Host::with("a.yml", "A: 1\n");
    assert_eq!(
        refused(json!({"path": path, "restore": "x"})),
        format!("{}: there is no backup called \"x\"; it has none at all", path.display())
    );
    ok(json!({"path": path, "settings": {"A": 2}, "backup": "one"}));
    assert_eq!(
        refused(json!({"path": path, "restore": "x"})),
        format!("{}: there is no backup called \"x\"; there is: one", path.display())
    );
    for check in [true, false] {
        assert!(
            refused(json!({"path": path, "settings": {"A": 3}, "backup": "one", "_ansible_check_mode": check}))
                .starts_with(&format!("{}.one~: this backup exists already; give another label", path.display()))
        );
    }
    assert_eq!(text(&path), "A: 2\n");
}

#[test]
fn what_cannot_be_edited_is_refused_with_file_line_and_reason() {
    let host = Host::new();
    let cases = [
        (
            "A: 1\nA: 2\n",
            json!({"A": 3}),
            "line 2: key `A` stands a second time (first on line 1); remove one of the two",
        ),
        (
            "A: 1\n---\nB: 2\n",
            json!({"A": 3}),
            "line 2: a second YAML document begins here; only a file with one document can be edited",
        ),
        (
            "A: &a [1]\nB: *a\n",
            json!({"A": [2]}),
            "line 1: `A[0]` belongs to the anchor `&a` (line 1), which line 2 uses again; an edit would change both: write the value out in place of the alias",
        ),
        (
            "A: [1\n",
            json!({"A": 3}),
            "line 2, column 1: not valid YAML: did not find expected ',' or ']' (while parsing a flow sequence, which began on line 1)",
        ),
        ("- a\n", json!({"A": 3}), "line 1: `A` cannot be reached: `(root)` is a list, not a mapping"),
    ];
    for (before, settings, reason) in cases {
        let path = host.write("a.yml", before);
        assert_eq!(
            refused(json!({"path": path, "settings": settings})),
            format!("{}: {reason}; the file was not changed", path.display())
        );
        assert_eq!(text(&path), before);
    }
    let path = host.write("a.yml", "A: 1\n");
    assert_eq!(
        refused(json!({"path": path})),
        "there is nothing to do: give settings, remove, sources, restore, or owner, group or mode"
    );
    assert_eq!(
        refused(json!({"path": path, "settings": {"A": {"B": 1}}, "remove": ["A.B"]})),
        "`A.B` is in settings and in remove; leave it out of one of them"
    );
    assert_eq!(
        refused(json!({"path": path, "remove": ["A..B"]})),
        "remove: `A..B` is not a key path (a key is empty); write for example CACHES.default.LOCATION[0], and quote a key with a dot: a.\"b.c\""
    );
}

#[test]
fn a_json_file_stays_json() {
    let (_host, path) = Host::with("lms.env.json", "{\n    \"A\": \"b\"\n}\n");
    ok(json!({"path": path, "settings": {"B": {"c": "{{ x }}"}}}));
    assert_eq!(text(&path), "{\n    \"A\": \"b\",\n    \"B\": {\n        \"c\": \"{{ x }}\"\n    }\n}\n");
}

#[test]
fn a_link_within_the_folder_is_followed_and_stays() {
    let (host, path) = Host::with("real.yml", "A: 1\n");
    let link = host.path("link.yml");
    std::os::unix::fs::symlink("real.yml", &link).unwrap();
    assert_eq!(ok(json!({"path": link, "settings": {"A": 2}}))["path"], json!(path));
    assert_eq!(text(&path), "A: 2\n");
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
}

#[test]
fn a_person_uses_flags() {
    let (_host, path) = Host::with("a.yml", "A: 1\n");
    let output = assert_cmd::Command::cargo_bin("edx_settings")
        .unwrap()
        .args(["--path", path.to_str().unwrap(), "--settings", "{\"A\": 2}", "--check", "--diff"])
        .output()
        .unwrap();
    let shown = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success() && shown.contains("@@ line 1: A @@\n-A: 1\n+A: 2\n"), "{shown}");
    assert_eq!(text(&path), "A: 1\n");
}

#[test]
fn secrets_are_written_and_shown_nowhere() {
    const PASSWORD: &str = "p@ss:w/rd #\"'%{{x";
    const ENCODED: &str = "p%40ss%3Aw%2Frd%20%23%22%27%25%7B%7Bx";
    let (host, path) =
        Host::with("server-vars.yml", "A: 1\nDISCOVERY_CELERY_BROKER_URL: redis://:old-one@10.0.0.1:6379/\n");
    let mut arguments = json!({
        "path": path, "backup": "before", "_ansible_diff": true, "_ansible_verbosity": 4, "_ansible_check_mode": true,
        "settings": {
            "DISCOVERY_CELERY_BROKER_URL": "redis://:<secret:password|urlencode>@10.0.0.11:6379/",
            "EDXAPP_CELERY_PASSWORD": "<secret:password|urlencode>",
            "REDIS_PASSWORD": "<secret:password>",
        },
        "secrets": {"password": PASSWORD},
    });
    let predicted = run(arguments.clone());
    arguments["_ansible_check_mode"] = json!(false);
    let result = ok(arguments.clone());
    assert_eq!(result, predicted);
    assert_eq!(
        text(&path),
        format!(
            "A: 1\nDISCOVERY_CELERY_BROKER_URL: redis://:{ENCODED}@10.0.0.11:6379/\nEDXAPP_CELERY_PASSWORD: {ENCODED}\n\
             REDIS_PASSWORD: !unsafe 'p@ss:w/rd #\"''%{{{{x'\n"
        )
    );
    for hidden in ["p@ss", ENCODED, "p%40", "old-one", "secret:password"] {
        assert!(!result.to_string().contains(hidden), "{hidden}: {result:#}");
    }
    assert_eq!(ok(arguments.clone())["changed"], false);

    arguments["backup"] = json!(false);
    arguments["restore"] = json!("before");
    let back = ok(arguments);
    assert_eq!(text(&path), "A: 1\nDISCOVERY_CELERY_BROKER_URL: redis://:old-one@10.0.0.1:6379/\n");
    assert!(!back.to_string().contains("p%40"), "{back:#}");
    drop(host);
}

#[test]
fn a_secret_that_was_not_given_changes_nothing() {
    let (host, path) = Host::with("server-vars.yml", "A: 1\n");
    assert_eq!(
        refused(json!({"path": path, "settings": {"B": "<secret:password>"}, "backup": true})),
        "settings: B holds the secret \"password\", which was not given: give it in secrets, or leave B out"
    );
    assert_eq!((text(&path).as_str(), host.names()), ("A: 1\n", vec!["server-vars.yml".to_owned()]));
}
