//! Accounts go over with what they may do, for the application servers' addresses.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod common;

use ansible_protocol::json;
use common::{Move, is_installed, strings};

#[test]
fn the_platforms_accounts_come_from_its_servers_only() {
    if !is_installed() {
        return;
    }
    let host = Move::new();
    host.freeze();
    let options = json!({"state": "granted", "hosts": ["127.0.0.1", "10.0.1.4"]});
    let mut predict = options.clone();
    predict["_ansible_check_mode"] = true.into();
    let predicted = host.succeed(predict);
    assert_eq!(host.destination.ask("SELECT COUNT(*) FROM mysql.user WHERE user LIKE '%001' OR user = 'analyst'"), "0");
    let first = host.succeed(options.clone());
    assert_eq!(predicted["actions"], first["actions"]);
    assert_eq!(
        strings(&first["accounts"]),
        [
            "analyst@10.9.8.7",
            "edxapp001@127.0.0.1",
            "edxapp001@10.0.1.4",
            // It is whom a view runs as.
            "edxapp001@localhost",
            "edxapp_cmsh001@127.0.0.1",
            "edxapp_cmsh001@10.0.1.4",
            "migrate@127.0.0.1",
            "migrate@10.0.1.4",
            "xqueue001@127.0.0.1",
            "xqueue001@10.0.1.4",
        ]
    );
    assert_eq!(strings(&first["deferred"]).len(), 3, "{first:#}");
    host.succeed(json!({"state": "copied"}));
    let second = host.succeed(options.clone());
    assert_eq!(
        strings(&second["actions"]),
        [
            "grant analyst@10.9.8.7 EXECUTE on PROCEDURE `edxapp`.`tidy`",
            "grant analyst@10.9.8.7 SELECT (`id`), SELECT (`username`), UPDATE (`email`) on `edxapp`.`auth_user` WITH GRANT OPTION",
            "grant analyst@10.9.8.7 SELECT on `edxapp`.`graded`",
        ]
    );
    assert_eq!(second["deferred"], json!([]));
    assert_eq!(host.succeed(options)["changed"], json!(false));

    let grants = |server: &common::Server, account: &str| server.ask(&format!("SHOW GRANTS FOR {account}"));
    for (there, here) in [
        ("edxapp001@10.0.1.4", "edxapp001@localhost"),
        ("edxapp001@localhost", "edxapp001@localhost"),
        ("migrate@127.0.0.1", "migrate@localhost"),
        ("xqueue001@127.0.0.1", "xqueue001@localhost"),
        ("analyst@10.9.8.7", "analyst@10.9.8.7"),
    ] {
        let shown = |account: &str| account.replace('@', "`@`");
        let now = grants(&host.destination, there).replace(&shown(there), &shown(here));
        assert_eq!(now, grants(&host.source, here), "{there}");
    }
    assert_eq!(
        host.destination.lets_in("edxapp001", "pw-edxapp", "SELECT COUNT(*) FROM edxapp.graded").unwrap(),
        "503"
    );
    assert_eq!(
        host.destination.lets_in("xqueue001", "pw-x'q\\u", "SELECT COUNT(*) FROM xqueue.queue_submission").unwrap(),
        "2"
    );
    assert!(host.destination.lets_in("xqueue001", "pw-x'q\\u", "SELECT COUNT(*) FROM edxapp.auth_user").is_err());
    assert_eq!(host.destination.ask("SELECT COUNT(*) FROM mysql.user WHERE host = '%' OR user = 'stranger'"), "0");
}

#[test]
fn a_password_that_has_changed_goes_over_again() {
    if !is_installed() {
        return;
    }
    let host = Move::new();
    host.grant();
    assert_eq!(strings(&host.grant()["actions"]), [""; 0]);
    host.source.ask("ALTER USER xqueue001@localhost IDENTIFIED BY 'pw-new'");
    let result = host.grant();
    assert_eq!(strings(&result["actions"]), ["set the password of xqueue001@127.0.0.1"]);
    host.destination.lets_in("xqueue001", "pw-new", "SELECT 1").unwrap();
}

#[test]
fn an_account_without_a_password_and_one_that_is_missing_are_told() {
    if !is_installed() {
        return;
    }
    let host = Move::new();
    host.source.load("ALTER USER migrate@localhost IDENTIFIED BY ''; DROP USER xqueue001@localhost;");
    let result = host.grant();
    assert_eq!(
        strings(&result["warnings"]),
        [
            "the account migrate@localhost has no password, so it was not carried over; give it one on the source",
            "the settings files log in to xqueue as xqueue001, and the source has no such account",
        ]
    );
}

#[test]
fn the_platforms_own_logins_are_tried_where_its_files_point() {
    if !is_installed() {
        return;
    }
    let host = Move::new();
    host.freeze();
    host.copy();
    // The files as they are after a rewiring.
    for file in ["lms.yml", "xqueue.yml"] {
        let path = host.folder.path().join("edx/etc").join(file);
        let text = std::fs::read_to_string(&path).unwrap();
        let place = format!("HOST: 127.0.0.1, PORT: '{}'", host.destination.port);
        std::fs::write(&path, text.replace("HOST: localhost", &place)).unwrap();
    }
    let result = host.succeed(json!({"state": "admitted"}));
    assert_eq!(result["msg"], json!("3 accounts get in and find their tables"));
    assert_eq!(
        result["logins"][0],
        json!({"user": "edxapp001", "server": "DESTINATION", "database": "edxapp", "tables": 11})
    );
    host.destination.load("DROP USER edxapp_cmsh001@127.0.0.1; REVOKE ALL ON xqueue.* FROM xqueue001@127.0.0.1;");
    let message = host.refuse(json!({"state": "admitted"}));
    assert!(
        message.starts_with(
            "edxapp_cmsh001 does not get in to edxapp_csmh: DESTINATION: ERROR 1045 (28000): Access denied for user"
        ),
        "{message}"
    );
    assert!(
        message
            .contains("; xqueue001 does not get in to xqueue: DESTINATION: ERROR 1044 (42000): Access denied for user"),
        "{message}"
    );
    let told = host.succeed(json!({"state": "admitted", "may_differ": true}));
    assert_eq!(strings(&told["denied"]), ["edxapp_cmsh001 in edxapp_csmh", "xqueue001 in xqueue"]);
    assert_eq!(told["msg"], json!(message));
    // One that has no tables yet is no problem.
    host.destination
        .load("DROP DATABASE xqueue; CREATE DATABASE xqueue; GRANT SELECT ON xqueue.* TO xqueue001@127.0.0.1;");
    let told = host.succeed(json!({"state": "admitted", "may_differ": true}));
    assert_eq!(strings(&told["denied"]), ["edxapp_cmsh001 in edxapp_csmh"]);
}
