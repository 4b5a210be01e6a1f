//! What was seen of several servers, put together as the playbook does it: `status` of each run, in one list.

#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

mod common;

use ansible_protocol::{Value, json};
use common::tree::Tree;
use common::{Run, verify};

const READY: &str = "readiness.second_application_server";

/// The status of an application server, from a real run that connects to nobody.
fn status(tree: &Tree, host: &str) -> Value {
    let run = tree.verify(&json!({"connect": false, "host_name": host}));
    assert_eq!(run.result["status"]["host"], json!(host));
    run.result["status"].clone()
}

/// With all of its data on itself.
fn local(host: &str) -> Value {
    let tree = Tree::new("localhost:11211").mysql("localhost:3306").mongodb("localhost:27017");
    status(&tree.redis("localhost:6379").folder("/edx/var"), host)
}

/// With all of its data elsewhere.
fn moved() -> Tree {
    let mut tree = Tree::new("172.31.5.10:11211").mysql("172.31.5.20:3306").mongodb("172.31.5.21:27017");
    tree = tree.redis("172.31.5.11:6379").search("172.31.5.22:9200");
    tree.store("172.31.5.23:9000", "uploads")
}

/// As if each server elsewhere had been asked, and had answered.
fn answering(mut status: Value) -> Value {
    for layer in status["layers"].as_array_mut().unwrap() {
        for endpoint in layer["endpoints"].as_array_mut().unwrap() {
            endpoint["answers"] = json!(true);
        }
    }
    status
}

fn combined(statuses: &[Value], others: &Value) -> Run {
    let mut options = json!({"statuses": statuses});
    for (name, value) in others.as_object().unwrap() {
        options[name] = value.clone();
    }
    let run = verify(&options);
    assert!(!run.result.to_string().contains("pw-"), "a secret is shown: {}", run.result);
    run
}

fn says(run: &Run, kind: &str) -> Vec<String> {
    let remarks = run.result["readiness"][kind].as_array().unwrap();
    remarks.iter().map(|remark| remark["says"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn one_server_with_its_data_on_it_is_not_ready_and_the_next_step_is_mysql() {
    let run = combined(&[local("app1")], &json!({}));
    run.assert_only(&[], &[]);
    assert_eq!(run.result["readiness"]["ready"], json!(false));
    assert_eq!(run.result["next_step"]["what"], "Move MySQL to a server of its own");
    assert_eq!(
        says(&run, "blockers"),
        [
            "MySQL is on app1 itself (localhost).",
            "MongoDB is on app1 itself (localhost).",
            "memcached is on app1 itself (localhost:11211).",
            "Redis is on app1 itself (localhost:6379).",
            "Files are on app1 itself (/edx/var).",
        ]
    );
    let text = run.result["report_text"].as_str().unwrap();
    assert!(text.contains("May a second application server be added? NO. 5 things are in the way."), "{text}");
    assert!(text.contains("Move MySQL to a server of its own"), "{text}");
    assert!(text.lines().all(|line| line.chars().count() <= 112), "{text}");
    assert_eq!(run.result.get("plan"), None);
    assert_eq!(run.result.get("report_html"), None);
    assert_eq!(run.result.get("status"), None, "that is of one server");
}

#[test]
fn two_servers_that_share_everything_are_ready() {
    let tree = moved();
    let [one, other] = ["app1", "app2"].map(|host| status(&tree, host));
    let run = combined(&[answering(one.clone()), answering(other)], &json!({"expect_ready": true}));
    run.assert_only(&[], &[]);
    let seen = "nothing is in the way of a second application server";
    assert_eq!(run.about(READY, "app1, app2"), ("ok", seen, ""));
    assert_eq!(run.result["readiness"]["ready"], json!(true));
    assert_eq!(says(&run, "blockers"), [""; 0]);

    // What nobody asked is not known to be there.
    let run = combined(&[one], &json!({}));
    assert_eq!(run.result["readiness"]["ready"], json!(false));
    let says = says(&run, "blockers");
    assert!(says.contains(&"MySQL at 172.31.5.20 was not asked from app1 whether it answers.".to_owned()), "{says:?}");
}

#[test]
fn where_readiness_is_expected_what_is_in_the_way_fails_with_the_next_step_as_advice() {
    let (tree, other) = (moved(), moved().redis("172.31.5.12:6379"));
    let statuses = [answering(status(&tree, "app1")), answering(status(&other, "app2"))];
    combined(&statuses, &json!({})).assert_only(&[], &[]);
    let run = combined(&statuses, &json!({"expect_ready": true}));
    run.assert_only(&[&format!("{READY} app1, app2")], &[]);
    let (_, seen, advice) = run.about(READY, "app1, app2");
    assert_eq!(
        seen,
        "Redis: the application servers use different ones: app1 uses 172.31.5.11:6379; app2 uses 172.31.5.12:6379."
    );
    assert_eq!(json!(advice), run.result["next_step"]["what"]);

    // A single server is judged the same way in its own run.
    let run = Tree::new("localhost:11211")
        .mysql("localhost:3306")
        .mongodb("localhost:27017")
        .verify(&json!({"connect": false, "expect_ready": true, "host_name": "app1"}));
    run.assert_only(&[&format!("{READY} app1")], &[]);
    assert_eq!(
        run.about(READY, "app1").1,
        "MySQL is on app1 itself (localhost). MongoDB is on app1 itself (localhost). memcached is on app1 itself \
         (localhost:11211)."
    );
}

#[test]
fn a_server_that_could_not_be_looked_at_is_in_the_way() {
    let tree = moved();
    let status = answering(status(&tree, "app1"));
    let run = combined(&[status], &json!({"unseen": ["app2"], "expect_ready": true}));
    run.assert_only(&[&format!("{READY} app1, app2")], &[]);
    let seen = "app2 could not be looked at, so it cannot be said what is on it: it could not be reached, or was left out \
                (--limit).";
    assert_eq!(run.about(READY, "app1, app2").1, seen);
    let text = run.result["report_text"].as_str().unwrap();
    assert!(text.contains("host.reachable") || text.contains("it could not be reached"), "{text}");

    let run = combined(&[], &json!({"unseen": ["app1"]}));
    assert_eq!(run.result["readiness"]["ready"], json!(false));
}

#[test]
fn a_plan_is_made_for_so_many_users_and_for_nobody_without_them() {
    let run = combined(&[local("app1")], &json!({"active_users": 4000}));
    let plan = &run.result["plan"];
    assert_eq!((&plan["active_users"], &plan["grades_code"]), (&json!(4000), &json!(false)));
    assert!(!plan["servers"].as_array().unwrap().is_empty());
    let run = combined(&[local("app1")], &json!({"active_users": 4000, "grades_code": true}));
    assert_eq!(run.result["plan"]["grades_code"], json!(true));
}

#[test]
fn the_report_is_a_page_where_that_is_wanted() {
    let run = combined(&[local("<b>app1</b>")], &json!({"report": "html"}));
    let page = run.result["report_html"].as_str().unwrap();
    assert!(page.to_lowercase().starts_with("<!doctype html>"), "{page}");
    assert!(page.contains("Move MySQL to a server of its own") && !page.contains("<b>app1"), "{page}");
    for from_elsewhere in ["http://", "src=", "<script", "@import"] {
        assert!(!page.contains(from_elsewhere), "{from_elsewhere}");
    }
    assert!(run.result["report_text"].is_string());
}

#[test]
fn what_is_no_status_is_refused_and_says_where() {
    let good = local("app1");
    let with = |key: &str, value: Value| {
        let mut status = good.clone();
        status[key] = value;
        status
    };
    let mut without_host = good.clone();
    without_host.as_object_mut().unwrap().remove("host");
    let mut without_files = good.clone();
    without_files["layers"].as_array_mut().unwrap().pop();
    let mut odd_place = good.clone();
    odd_place["layers"][0]["place"] = json!("moon");
    let mut twice = good.clone();
    let first = twice["layers"][0].clone();
    twice["layers"][1] = first;
    let many = vec![good.clone(); 101];
    for (statuses, message) in [
        (json!("app1"), "hosts is a text, and has to be a list".to_owned()),
        (json!({"app1": good}), "hosts is a mapping, and has to be a list".to_owned()),
        (json!([null]), "hosts[0] is null, and has to be a mapping".to_owned()),
        (json!([good, good]), "hosts[1].host says app1 a second time".to_owned()),
        (json!([without_host]), "hosts[0].host is missing: this is not a status that edx_verify made".to_owned()),
        (
            json!([with("passed", json!(-1))]),
            "hosts[0].passed is a number, and has to be a whole number from 0 on".to_owned(),
        ),
        (
            json!([with("is_complete", json!("yes"))]),
            "hosts[0].is_complete is a text, and has to be true or false".to_owned(),
        ),
        (
            json!([without_files]),
            "hosts[0].layers says nothing of files: each layer has to be there, unused ones as well".to_owned(),
        ),
        (
            json!([odd_place]),
            "hosts[0].layers[0].place is \"moon\", and has to be one of unused, local, mixed, remote, unknown"
                .to_owned(),
        ),
        (json!([twice]), "hosts[0].layers[1].layer says mysql a second time".to_owned()),
        (
            json!([with("host", json!("x".repeat(9000)))]),
            "hosts[0].host has 9000 bytes; at most 8192 are read".to_owned(),
        ),
        (json!(many), "hosts has 101 items; at most 100 are read".to_owned()),
    ] {
        let run = verify(&json!({"statuses": statuses}));
        assert_eq!(run.result["msg"], json!(format!("statuses: {message}")));
        assert_eq!(run.result["failed"], json!(true));
    }
}

#[test]
fn a_server_cannot_be_seen_and_unseen_nor_unseen_twice() {
    let message = "unseen: \"app1\" is named a second time, or is among the 'statuses'";
    let run = verify(&json!({"statuses": [local("app1")], "unseen": ["app2", "app1"]}));
    assert_eq!(run.result["msg"], json!(message));
    let run = verify(&json!({"statuses": [], "unseen": ["app1", "app1"]}));
    assert_eq!(run.result["msg"], json!(message));
}

#[test]
fn a_plan_needs_no_servers_to_begin_with() {
    let run = combined(&[], &json!({"active_users": 4000}));
    assert_eq!(run.result["plan"]["active_users"], json!(4000));
    assert_eq!(says(&run, "blockers"), ["No application server was looked at."]);
}

#[test]
fn options_that_put_together_or_expect_nothing_are_refused() {
    for (options, message) in [
        (
            json!({"statuses": []}),
            "'statuses' holds what edx_verify with 'layers' found of each application server, and 'unseen' names the others: both \
             are empty",
        ),
        (
            json!({"path": "/nonexistent", "unseen": ["app2"]}),
            "'unseen' is for putting together what was seen of several servers: give 'statuses'",
        ),
        (
            json!({"path": "/nonexistent", "active_users": 100}),
            "'active_users' is for putting together what was seen of several servers: give 'statuses'",
        ),
        (
            json!({"statuses": [], "unseen": ["app1"], "active_users": -1}),
            "option 'active_users' must be a number of people",
        ),
        (
            json!({"heartbeats": ["http://127.0.0.1:1/"], "layers": true}),
            "'layers' looks at the servers that the files of Open edX name: give their folder in 'path', as in /edx/etc",
        ),
        (
            json!({"path": "/nonexistent", "expect_remote": ["mysql"]}),
            "'expect_remote' and 'expect_ready' are about the data layers: set 'layers' to true",
        ),
        (
            json!({"path": "/nonexistent", "expect_ready": true}),
            "'expect_remote' and 'expect_ready' are about the data layers: set 'layers' to true",
        ),
        (
            json!({"path": "/nonexistent", "layers": true, "expect_remote": ["postgres"]}),
            "expect_remote: \"postgres\" is no data layer; these are: mysql, mongodb, memcached, redis, rabbitmq, \
             elasticsearch, files",
        ),
        (json!({"statuses": [], "unseen": ["app1"], "report": "pdf"}), "option 'report' must be one of: text, html"),
    ] {
        assert_eq!(verify(&options).result["msg"], json!(message));
    }
}
