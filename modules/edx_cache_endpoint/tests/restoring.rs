//! A move is taken back.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod common;

use std::fs;

use ansible_protocol::{Value, json};
use common::{DISCOVERY, Host, LMS, LOCAL, REMOTE, strings};

/// A native host after a move that kept a backup under `label`.
fn moved(label: &str) -> Host {
    let host = Host::native();
    host.succeed(json!({"endpoints": [REMOTE], "backup": label}));
    host
}

fn restore(host: &Host, label: &str) -> Value {
    host.succeed(json!({"restore": label}))
}

#[test]
fn a_backup_is_named_for_its_label() {
    let host = Host::native();
    let result = host.succeed(json!({"endpoints": [REMOTE], "backup": "before"}));
    assert_eq!(result["backup"], json!("before"));
    let files = strings(&result["backup_files"]);
    assert_eq!(files.len(), 2);
    for (file, content) in std::iter::zip(files, [DISCOVERY, LMS]) {
        assert_eq!(host.read(file.strip_prefix("ROOT").unwrap()), content);
    }
}

#[test]
fn without_backup_there_is_none() {
    let host = Host::native();
    let result = host.point(REMOTE);
    assert_eq!((&result["backup"], &result["backup_files"]), (&json!(null), &json!([])));
    assert_eq!(fs::read_dir(host.etc()).unwrap().count(), 2);
    // Nothing changed, so there is nothing to keep.
    let result = host.succeed(json!({"endpoints": [REMOTE], "backup": "again"}));
    assert_eq!((&result["backup"], &result["backup_files"]), (&json!(null), &json!([])));
    assert_eq!(fs::read_dir(host.etc()).unwrap().count(), 2);
}

#[test]
fn files_come_back_byte_for_byte() {
    let host = moved("before");
    let predicted = host.succeed(json!({"restore": "before", "_ansible_check_mode": true}));
    assert_eq!(host.read("lms.yml"), LMS.replace(LOCAL, REMOTE));
    let result = restore(&host, "before");
    assert_eq!(result, predicted);
    assert_eq!(host.read("lms.yml"), LMS);
    assert_eq!(host.read("discovery.yml"), DISCOVERY);
    assert_eq!(result["changed"], json!(true));
    assert_eq!(result["programs"], json!(["discovery", "lms", "edxapp_worker:*"]));
    assert_eq!(result["endpoints_after"], json!(["memcache", LOCAL]));
    assert_eq!(result["server_vars"], json!({}));
    assert_eq!(
        result["server_vars_default"],
        json!(["EDXAPP_MEMCACHE", "DISCOVERY_MEMCACHE", "EDXAPP_ENABLE_MEMCACHE"])
    );
    assert_eq!(
        result["files"][0]["changes"],
        json!([{"path": "CACHES.default.LOCATION[0]", "line": 9, "before": REMOTE, "after": "memcache"}])
    );
    assert_eq!(result["backup"], json!("before"));
}

#[test]
fn a_second_restore_changes_nothing() {
    let host = moved("before");
    restore(&host, "before");
    let before = host.snapshot();
    for label in ["before", "latest"] {
        let result = restore(&host, label);
        assert_eq!(result["changed"], json!(false), "{label}");
        assert_eq!(result["programs"], json!([]));
        assert_eq!(host.snapshot(), before);
    }
}

#[test]
fn a_list_that_grew_comes_back_as_it_was() {
    let host = Host::native();
    host.succeed(json!({"endpoints": ["10.0.0.1", "10.0.0.2"], "backup": "before"}));
    assert!(host.read("lms.yml").contains("        - 10.0.0.1:11211\n        - 10.0.0.2:11211\n"));
    let result = restore(&host, "before");
    assert_eq!(result.get("warnings"), None, "{result:#}");
    assert_eq!(host.read("lms.yml"), LMS);
}

#[test]
fn what_else_changed_since_is_kept_and_named() {
    let host = moved("before");
    let edited =
        host.read("lms.yml").replace("HOST: localhost", "HOST: 172.31.5.12").replace("XQUEUE", "NEW: 1\nXQUEUE");
    host.put("lms.yml", &edited);
    let result = restore(&host, "before");
    assert_eq!(host.read("lms.yml"), edited.replace(REMOTE, LOCAL));
    assert_eq!(host.read("discovery.yml"), DISCOVERY);
    assert_eq!(
        strings(&result["warnings"]),
        [
            "ROOT/edx/etc/lms.yml: other things than cache locations changed since the backup (DATABASES.default.HOST, NEW); they were kept, and only the cache locations were put back"
        ]
    );
    assert!(!result.to_string().contains("secret"));
    assert_eq!(restore(&host, "before")["changed"], json!(false));
}

#[test]
fn comments_that_changed_since_are_kept() {
    let host = moved("before");
    let edited = format!("# hand-written\n{}", host.read("discovery.yml"));
    host.put("discovery.yml", &edited);
    let result = restore(&host, "before");
    assert_eq!(host.read("discovery.yml"), edited.replace(REMOTE, "memcache"));
    assert_eq!(
        strings(&result["warnings"]),
        [
            "ROOT/edx/etc/discovery.yml: other things than cache locations changed since the backup (its comments or layout); they were kept, and only the cache locations were put back"
        ]
    );
}

#[test]
fn caches_that_came_or_went_since_are_named() {
    let host = moved("before");
    let edited = host.read("lms.yml").replace("    celery:", "    session:");
    host.put("lms.yml", &edited);
    let result = restore(&host, "before");
    assert_eq!(host.read("lms.yml"), edited.replacen(REMOTE, "\0", 1).replace(REMOTE, LOCAL).replace('\0', REMOTE));
    assert_eq!(
        strings(&result["warnings"])[1..3],
        [
            "ROOT/edx/etc/lms.yml:8: CACHES.session is not in the backup, so it was left alone; see where it should point",
            "ROOT/edx/etc/lms.yml: CACHES.celery was a memcached cache in the backup and is none any more; nothing was put back there",
        ]
    );
}

#[test]
fn a_label_that_no_backup_has() {
    let host = moved("before");
    let message = host.refuse(json!({"restore": "after"}));
    assert_eq!(message, "restore: no settings file in ROOT/edx/etc has a backup called \"after\"; there is: before");
    let host = Host::native();
    let message = host.refuse(json!({"restore": "latest"}));
    assert_eq!(message, "restore: no settings file in ROOT/edx/etc has a backup");
}

#[test]
fn a_pattern_means_the_newest_that_fits() {
    let host = moved("memcached-20260101T000000Z");
    host.succeed(json!({"endpoints": ["10.0.0.9"], "replace": ["all"], "backup": "memcached-20260201T000000Z"}));
    host.succeed(json!({"endpoints": ["10.0.0.10"], "replace": ["all"], "backup": "other"}));
    let result = restore(&host, "memcached-*");
    assert_eq!(result["backup"], json!("memcached-20260201T000000Z"));
    assert_eq!(result["endpoints_after"], json!([REMOTE]));
    let result = restore(&host, "latest");
    assert_eq!(result["backup"], json!("other"));
    assert_eq!(result["endpoints_after"], json!(["10.0.0.9:11211"]));
}

#[test]
fn each_file_gets_its_own_newest_backup() {
    let host = moved("memcached-20261122T010000Z");
    // An upgrade renders one file anew, and a second move brings it along.
    fs::write(host.etc().join("discovery.yml"), DISCOVERY).unwrap();
    host.succeed(json!({"endpoints": [REMOTE], "backup": "memcached-20261122T020000Z"}));
    let result = restore(&host, "memcached-*");
    assert_eq!((host.read("lms.yml"), host.read("discovery.yml")), (LMS.to_owned(), DISCOVERY.to_owned()));
    assert_eq!(result["backup"], json!("memcached-20261122T010000Z"), "as before that run everything is again");
}
