//! Databases and stores of one host, what changes in its files and what stays.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod common;

use ansible_protocol::json;
use common::{FORUM, FORUM_ENV, Host, LMS, MONGO, MYSQL, XQUEUE, strings};

#[test]
fn every_database_is_set_and_nothing_else() {
    let host = Host::native();
    let result = host.point("mysql", MYSQL);
    assert_eq!(host.read("lms.yml"), LMS.replace("        HOST: localhost", &format!("        HOST: {MYSQL}")));
    assert_eq!(host.read("xqueue.yml"), XQUEUE.replace("HOST: localhost", &format!("HOST: {MYSQL}")));
    assert_eq!(host.read(FORUM_ENV), FORUM);
    assert_eq!(result["msg"], json!("3 database settings in 2 files of 2"));
    assert_eq!(result["programs"], json!(["lms", "edxapp_worker:*", "xqueue", "xqueue_consumer"]));
    assert_eq!(result["endpoints_before"], json!(["localhost:3306"]));
    assert_eq!(result["endpoints_after"], json!([format!("{MYSQL}:3306")]));
    assert_eq!(result["endpoints_local"], json!(["localhost:3306"]));
    assert_eq!(result["stores"], json!([]));
    assert_eq!(
        result["databases"][2],
        json!({"file": "ROOT/edx/etc/xqueue.yml", "key_path": "DATABASES.default.HOST", "line": 4, "host": MYSQL, "port": 3306, "socket": null})
    );
}

#[test]
fn every_store_is_set_forums_url_included() {
    let host = Host::native();
    let result = host.point("mongodb", MONGO);
    let text = host.read("lms.yml");
    assert_eq!(text.matches(&format!("host: {MONGO}")).count(), 2, "{text}");
    assert!(text.contains(&format!("host:\n                    - {MONGO}\n")), "a list stays a list: {text}");
    assert_eq!(text.matches("HOST: localhost").count(), 2, "{text}");
    let url = format!("mongodb://cs_comments_service:forum-secret@{MONGO}:27017/cs_comments_service");
    assert_eq!(host.line(FORUM_ENV, 2), format!("export MONGOHQ_URL=\"{url}\""));
    assert_eq!(host.read(FORUM_ENV).replace(&format!("{MONGO}:27017"), "localhost:27017"), FORUM);
    assert_eq!(result["programs"], json!(["lms", "edxapp_worker:*", "forum"]));
    assert_eq!(result["msg"], json!("4 store settings in 2 files of 2"));
    assert!(!result.to_string().contains("secret"), "{result}");
    host.succeed(json!({"service": "mongodb", "restore": "latest"}));
    assert_eq!(host.read(FORUM_ENV), FORUM);
    assert_eq!(host.read("lms.yml"), LMS);
}

#[test]
fn a_replica_set_is_written_as_each_place_takes_it() {
    let host = Host::native().with("studio.yml", LMS);
    host.succeed(json!({"service": "mongodb", "endpoints": [MONGO, "172.31.5.14"]}));
    let text = host.read("studio.yml");
    assert!(text.contains("    OPTIONS:\n        host: 172.31.5.13,172.31.5.14\n        port: 27017\n"), "{text}");
    assert!(text.contains("- 172.31.5.13\n                    - 172.31.5.14\n"), "{text}");
    assert!(host.line(FORUM_ENV, 2).contains("@172.31.5.13:27017,172.31.5.14:27017/cs_comments_service\""));

    host.succeed(
        json!({"service": "mongodb", "endpoints": [MONGO, "172.31.5.14:27018"], "replace": ["172.31.5.0/24"]}),
    );
    let text = host.read("studio.yml");
    assert!(text.contains("        host: 172.31.5.13:27017,172.31.5.14:27018\n        port: 27017\n"), "{text}");
}

#[test]
fn a_port_keeps_its_type_and_is_made_where_it_has_to_be() {
    let host = Host::native().with("notes.yml", "DATABASES:\n    default:\n        HOST: localhost\n");
    host.point("mysql", "172.31.5.12:3307");
    assert!(host.read("lms.yml").contains("        PORT: '3307'\n"));
    assert!(host.read("xqueue.yml").contains("PORT: 3307}"));
    assert!(host.read("notes.yml").contains("        HOST: 172.31.5.12\n        PORT: '3307'\n"));
    host.succeed(json!({"restore": "latest"}));
    assert_eq!(host.read("notes.yml"), "DATABASES:\n    default:\n        HOST: localhost\n");
    assert_eq!(host.read("xqueue.yml"), XQUEUE);
}

#[test]
fn a_socket_is_a_local_server() {
    for database in ["NAME: edxapp", "HOST: ''", "{HOST: localhost, OPTIONS: {unix_socket: /run/mysqld/mysqld.sock}}"] {
        let before = if database.starts_with('{') {
            format!("DATABASES:\n    default: {database}\n")
        } else {
            format!("DATABASES:\n    default:\n        {database}\n")
        };
        let host = Host::new().with("lms.yml", &before);
        host.point("mysql", MYSQL);
        assert_eq!(host.read("lms.yml").matches(MYSQL).count(), 1, "{}", host.read("lms.yml"));
        host.succeed(json!({"restore": "latest"}));
        assert_eq!(host.read("lms.yml"), before);
    }
}

#[test]
fn a_database_on_another_server_stays_unless_it_is_named() {
    let lms = LMS.replacen("HOST: localhost\n        PORT", "HOST: replica.example\n        PORT", 1);
    let host = Host::new().with("lms.yml", &lms);
    let result = host.point("mysql", MYSQL);
    assert!(host.read("lms.yml").contains("HOST: replica.example"));
    assert_eq!(
        strings(&result["warnings"]),
        ["1 database stays on replica.example:3306: name it in replace to move it"]
    );
    host.succeed(json!({"endpoints": ["172.31.5.14"], "replace": ["replica.example"]}));
    assert!(host.read("lms.yml").contains("HOST: 172.31.5.14\n        PORT"));
    assert!(host.read("lms.yml").contains(&format!("HOST: {MYSQL}")));
}

#[test]
fn other_databases_than_mysql_are_left_alone_with_a_word() {
    let lite = "DATABASES:\n    default: {ENGINE: django.db.backends.sqlite3, HOST: localhost}\n";
    let host = Host::new().with("lms.yml", lite);
    let result = host.point("mysql", MYSQL);
    assert_eq!(host.read("lms.yml"), lite);
    assert_eq!(
        strings(&result["warnings"])[0],
        "ROOT/edx/etc/lms.yml:2: DATABASES.default: it cannot be told where it leads: its ENGINE is django.db.backends.sqlite3, which is not MySQL; correct it by hand"
    );
}

#[test]
fn a_url_of_forum_that_cannot_be_changed_stays() {
    for (value, why) in [
        (
            "\"mongodb+srv://u:forum-secret@cluster.example/db\"",
            "its servers are looked up in DNS (mongodb+srv), so the name there decides; change it by hand",
        ),
        (
            "\"mongodb://$USER:forum-secret@localhost/db\"",
            "it cannot be told where it leads: the shell computes it; correct it by hand",
        ),
        ("mongodb://u:forum\\-secret@localhost/db", "its value has quotes or backslashes in it; change it by hand"),
    ] {
        let forum = format!("export MONGOHQ_URL={value}\n");
        let host = Host::new().with("xqueue.yml", XQUEUE).with(FORUM_ENV, &forum);
        let result = host.succeed(json!({"service": "mongodb", "endpoints": [MONGO], "replace": ["all"]}));
        assert_eq!(host.read(FORUM_ENV), forum);
        assert_eq!(result["kept"][0]["reason"], json!(why));
        assert!(!result.to_string().contains("secret"), "{result}");
    }
}

#[test]
fn an_operators_other_edit_of_forum_is_kept_by_a_restore() {
    let host = Host::native();
    host.point("mongodb", MONGO);
    let edited = host.read(FORUM_ENV).replace("9200", "9201");
    host.put(FORUM_ENV, &edited);
    let result = host.succeed(json!({"service": "mongodb", "restore": "before-mongodb"}));
    assert_eq!(host.read(FORUM_ENV), FORUM.replace("9200", "9201"));
    assert_eq!(
        strings(&result["warnings"])[0],
        "ROOT/edx/app/forum/forum_env: other things than store settings changed since the backup (SEARCH_SERVER); they were kept, and only the store settings were put back"
    );
}

#[test]
fn what_no_server_is_is_refused_before_anything_changes() {
    let host = Host::native();
    for (options, message) in [
        (
            json!({"endpoints": []}),
            "endpoints is empty: name at least one server, as in 172.31.5.12:3306, or leave the option out to have the databases only reported",
        ),
        (
            json!({"endpoints": ["172.31.5.12", "172.31.5.13"]}),
            "endpoints: MySQL takes exactly one server, not 2; HOST holds one. Give the address of the primary, or of the service in front of it; for a read replica run the module again with `files` and `replace`",
        ),
        (
            json!({"endpoints": ["8.8.8.8"]}),
            "endpoints: 8.8.8.8:3306 is a public address: every grade and every name crosses the network as it is, unless TLS is set up in each file; give a private address, or set allow_public if a firewall protects it",
        ),
        (
            json!({"service": "mongodb", "endpoints": ["mongodb://10.0.0.1"]}),
            "endpoints: \"mongodb://10.0.0.1\" is not a MongoDB endpoint: scheme and database stay as each file has them; leave out mongodb:// and give host:port",
        ),
        (
            json!({"endpoints": ["root:secret@10.0.0.1"]}),
            "endpoints: \"...@10.0.0.1\" is not a MySQL endpoint: user and password stay as each file has them; give host:port alone",
        ),
        (
            json!({"service": "mongodb", "endpoints": [MONGO, MONGO]}),
            "endpoints: 172.31.5.13:27017 is named twice; name each member of a replica set once",
        ),
    ] {
        assert_eq!(host.refuse(options), message);
    }
}

#[test]
fn a_broken_file_keeps_all_of_them_as_they_are() {
    let host = Host::native().with("studio.yml", "DATABASES: [\n");
    let message = host.refuse(json!({"endpoints": [MYSQL]}));
    assert!(message.starts_with("ROOT/edx/etc/studio.yml: line 2"), "{message}");
    assert!(message.ends_with("; no file was changed"), "{message}");
}
