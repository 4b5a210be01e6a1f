//! A platform's databases go to another server, with all that is in them.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod common;

use ansible_protocol::json;
use common::{Move, is_installed, strings};

const DATABASES: [&str; 3] = ["edxapp", "edxapp_csmh", "xqueue"];

#[test]
fn everything_arrives_as_it_was() {
    if !is_installed() {
        return;
    }
    let host = Move::new();
    host.freeze();
    host.grant();
    let predicted = host.succeed(json!({"state": "copied", "_ansible_check_mode": true}));
    assert_eq!(
        (&predicted["changed"], &predicted["msg"]),
        (&json!(true), &json!("3 databases with 10 tables to copy"))
    );
    assert_eq!(host.destination.ask("SHOW DATABASES LIKE 'edx%'"), "");
    let copied = host.copy();
    assert_eq!(copied["changed"], json!(true));
    assert_eq!(copied["databases"], json!(DATABASES));
    assert_eq!(copied["replaced"], json!([]));
    let (before, after) = (host.source.dump(&DATABASES), host.destination.dump(&DATABASES));
    for (before, after) in std::iter::zip(before.lines(), after.lines()) {
        assert_eq!(before, after);
    }
    assert_eq!(before.lines().count(), after.lines().count());

    let compared = host.succeed(json!({"state": "compared"}));
    assert_eq!(compared["equal"], json!(true));
    assert_eq!(compared["rows"], json!(1320));
    assert_eq!(compared["msg"], json!("the same on both: 3 databases, 10 tables, 1320 rows each by its checksum"));
    // A second run finds it done.
    let again = host.copy();
    assert_eq!(
        (&again["changed"], &again["msg"]),
        (&json!(false), &json!("3 databases with 10 tables were copied before"))
    );
    // Unless the source was written to since.
    host.succeed(json!({"state": "thawed"}));
    host.source.ask("DELETE FROM edxapp.blobs WHERE flag = 1");
    host.freeze();
    let anew = host.copy();
    assert_eq!(anew["replaced"], json!(DATABASES));
    host.succeed(json!({"state": "compared"}));
}

#[test]
fn a_source_that_takes_writes_is_not_copied() {
    if !is_installed() {
        return;
    }
    let host = Move::new();
    assert_eq!(
        host.refuse(json!({"state": "copied"})),
        "SOURCE takes writes, so that what is written meanwhile would be lost: stop the platform and make it read-only first (state: frozen), or set live for a rehearsal"
    );
    let frozen = host.freeze();
    assert_eq!(strings(&frozen["actions"]), ["write ROOT/conf.d/read-only.cnf", "make SOURCE read-only"]);
    assert_eq!(host.source.ask("SELECT @@read_only"), "1");
    assert_eq!(host.freeze()["changed"], json!(false));
    let thawed = host.succeed(json!({"state": "thawed"}));
    assert_eq!(strings(&thawed["actions"]), ["remove ROOT/conf.d/read-only.cnf", "make SOURCE writable"]);
    assert_eq!(host.source.ask("SELECT @@read_only"), "0");
    host.grant();
    host.succeed(json!({"state": "copied", "live": true}));
}

#[test]
fn each_difference_is_told() {
    if !is_installed() {
        return;
    }
    let host = Move::new();
    host.freeze();
    host.copy();
    for (sql, undo, told) in [
        (
            "UPDATE edxapp.auth_user SET email = 'x' WHERE id = 1",
            "UPDATE edxapp.auth_user SET email = 'staff@example.org' WHERE id = 1",
            "table `edxapp`.`auth_user` has other rows on the destination",
        ),
        (
            "UPDATE edxapp.course_overviews_courseoverview SET facebook_url = NULL WHERE effort = 0",
            "UPDATE edxapp.course_overviews_courseoverview SET facebook_url = 'NULL' WHERE effort = 0",
            "table `edxapp`.`course_overviews_courseoverview` has other rows on the destination",
        ),
        (
            "DELETE FROM xqueue.queue_submission WHERE id = 2",
            "INSERT INTO xqueue.queue_submission VALUES (2, '')",
            "table `xqueue`.`queue_submission` has 2 rows on the source and 1 on the destination",
        ),
        (
            "ALTER TABLE edxapp.blobs MODIFY kind ENUM('a', 'b''c', 'd')",
            "ALTER TABLE edxapp.blobs MODIFY kind ENUM('a', 'b''c')",
            "column `edxapp`.`blobs`.`kind` is ",
        ),
        (
            "ALTER TABLE edxapp.courseware_studentmodule DROP KEY grade",
            "ALTER TABLE edxapp.courseware_studentmodule ADD KEY grade (grade)",
            "index `edxapp`.`courseware_studentmodule.grade` is missing on the destination",
        ),
        (
            "ALTER TABLE edxapp.a_child DROP FOREIGN KEY a_child_parent",
            "ALTER TABLE edxapp.a_child ADD CONSTRAINT a_child_parent FOREIGN KEY (parent) REFERENCES edxapp.auth_user (id) ON UPDATE CASCADE ON DELETE SET NULL",
            "foreign key `edxapp`.`a_child.a_child_parent` is missing on the destination",
        ),
        (
            "ALTER DATABASE xqueue CHARACTER SET utf8mb3",
            "ALTER DATABASE xqueue CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci",
            "database `xqueue` is ",
        ),
        (
            "DROP PROCEDURE edxapp.tidy",
            "CREATE PROCEDURE edxapp.tidy() SELECT 1",
            "routine `edxapp`.`procedure tidy` is missing on the destination",
        ),
    ] {
        host.destination.ask(sql);
        let result = host.succeed(json!({"state": "compared", "may_differ": true}));
        assert_eq!(result["equal"], json!(false), "{sql}");
        let differences = strings(&result["differences"]);
        assert!(differences.iter().any(|line| line.starts_with(told)), "{sql}: {differences:?}");
        let message = host.refuse(json!({"state": "compared"}));
        assert!(message.starts_with("SOURCE (source) and DESTINATION (destination) differ: "), "{message}");
        host.destination.ask(undo);
    }
    // The last one was not undone as it was.
    let left = host.succeed(json!({"state": "compared", "may_differ": true}));
    assert_eq!(strings(&left["differences"]).len(), 1, "{left:#}");
}

#[test]
fn databases_that_are_in_use_there_stay() {
    if !is_installed() {
        return;
    }
    let host = Move::new();
    host.freeze();
    host.grant();
    host.destination.ask("CREATE DATABASE xqueue; CREATE TABLE xqueue.theirs (id INT)");
    // An empty one is in nobody's way.
    host.destination.ask("CREATE DATABASE edxapp");
    assert_eq!(
        host.refuse(json!({"state": "copied"})),
        "DESTINATION has xqueue already, with tables in it, and no unfinished move has put it there. Nothing was changed. If it may go, drop it there by hand, or set replace"
    );
    assert_eq!(host.destination.ask("SHOW TABLES IN xqueue"), "theirs");
    let result = host.succeed(json!({"state": "copied", "replace": true}));
    assert_eq!(result["replaced"], json!(["edxapp", "xqueue"]));
    host.succeed(json!({"state": "compared"}));
}

#[test]
fn what_would_not_fit_is_told_before() {
    if !is_installed() {
        return;
    }
    let host = Move::with(&[], &["--max-allowed-packet=4M", "--lower-case-table-names=1"]);
    let report = host.succeed(json!({}));
    assert_eq!(report["databases"], json!(DATABASES));
    let problems = strings(&report["problems"]);
    assert_eq!(
        problems,
        [
            "max_allowed_packet is 4194304 on the destination, less than the source's 16777216: raise it there (edx_mysql_max_allowed_packet_mb)",
            "lower_case_table_names is 1 on the destination and 0 on the source: it has to be the same, and can be set only before the server's first start",
        ]
    );
    assert_eq!(
        strings(&report["warnings"]),
        [
            "1 tables are of the engine MyISAM, such as edxapp.legacy_log: they are copied, and are consistent only because the platform stands still; ALTER TABLE ... ENGINE=InnoDB makes them safe in a crash"
        ]
    );
    host.freeze();
    host.grant();
    assert_eq!(host.refuse(json!({"state": "copied"})), problems.join("; "));
    // What can be changed while it runs is, where that is wished.
    assert_eq!(host.refuse(json!({"state": "copied", "adapt": true})), problems[1]);
    assert_eq!(
        host.refuse(json!({"databases": ["edxapp", "nosuch"]})),
        "SOURCE has no database nosuch; it has edxapp, edxapp_csmh, xqueue"
    );
}

#[test]
fn definers_come_first() {
    if !is_installed() {
        return;
    }
    let host = Move::new();
    host.freeze();
    assert_eq!(
        host.refuse(json!({"state": "copied"})),
        "views, triggers, routines or events run as edxapp001@localhost, which is no account of the destination: carry the accounts over first (state: granted)"
    );
}
