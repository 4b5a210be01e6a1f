//! A status goes through Ansible's variables and comes back as it was, or with a clear word on what is wrong with it.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod common;

use roadmap::HostStatus;
use serde_json::{Value, json};

fn status() -> Value {
    common::half()[0].to_json()
}

fn fault(value: &Value) -> String {
    HostStatus::from_json(value).unwrap_err().to_string()
}

/// The status with one value replaced, by its JSON pointer.
fn with(pointer: &str, value: Value) -> Value {
    let mut status = status();
    *status.pointer_mut(pointer).unwrap() = value;
    status
}

fn without(pointer: &str, key: &str) -> Value {
    let mut status = status();
    status.pointer_mut(pointer).unwrap().as_object_mut().unwrap().shift_remove(key).unwrap();
    status
}

#[test]
fn every_status_comes_back_as_it_was() {
    for host in [common::fresh(), common::half(), common::moved(), common::crowd()].concat() {
        let through_text: Value = serde_json::from_str(&host.to_json().to_string()).unwrap();
        assert_eq!(HostStatus::from_json(&through_text).unwrap(), host);
    }
}

#[test]
fn enums_are_lower_case_words() {
    let status = status();
    assert_eq!(status["layers"][1]["layer"], "mongodb");
    assert_eq!(status["layers"][1]["place"], "mixed");
    assert_eq!(status["layers"][1]["endpoints"][0]["scope"], "private");
}

#[test]
fn what_may_be_unknown_may_be_missing_or_null() {
    for (pointer, key) in
        [("", "name"), ("", "release"), ("/layers/0", "is_recorded"), ("/layers/0/endpoints/0", "answers")]
    {
        assert!(HostStatus::from_json(&without(pointer, key)).is_ok());
        assert!(HostStatus::from_json(&with(&format!("{pointer}/{key}"), Value::Null)).is_ok());
    }
}

#[test]
fn keys_of_a_later_release_are_passed_over() {
    let mut status = status();
    status["colour"] = json!("green");
    assert_eq!(HostStatus::from_json(&status).unwrap(), common::half()[0]);
}

#[test]
fn a_missing_key_is_named() {
    assert_eq!(
        fault(&without("/layers/1/endpoints/0", "scope")),
        "layers[1].endpoints[0].scope is missing: this is not a status that edx_verify made"
    );
    assert_eq!(fault(&json!({})), "host is missing: this is not a status that edx_verify made");
}

#[test]
fn a_value_of_another_kind_is_named() {
    assert_eq!(fault(&json!([])), "the status is a list, and has to be a mapping");
    assert_eq!(fault(&with("/host", json!(5))), "host is a number, and has to be a text");
    assert_eq!(fault(&with("/passed", json!(-1))), "passed is a number, and has to be a whole number from 0 on");
    assert_eq!(fault(&with("/is_complete", json!("yes"))), "is_complete is a text, and has to be true or false");
    assert_eq!(
        fault(&with("/layers/0/endpoints/0/settings/1", Value::Null)),
        "layers[0].endpoints[0].settings[1] is null, and has to be a text"
    );
}

#[test]
fn a_word_that_is_none_is_named_with_those_that_are() {
    assert_eq!(
        fault(&with("/layers/0/place", json!("Local"))),
        "layers[0].place is \"Local\", and has to be one of unused, local, mixed, remote, unknown"
    );
    assert_eq!(
        fault(&with("/findings/0/status", json!("ok"))),
        "findings[0].status is \"ok\", and has to be one of failed, warning"
    );
}

#[test]
fn each_layer_is_there_once() {
    assert_eq!(fault(&with("/layers/2/layer", json!("mysql"))), "layers[2].layer says mysql a second time");
    let mut status = status();
    status["layers"].as_array_mut().unwrap().pop();
    assert_eq!(fault(&status), "layers says nothing of files: each layer has to be there, unused ones as well");
}

#[test]
fn sizes_are_bounded() {
    assert_eq!(fault(&with("/addresses", json!(vec![""; 1001]))), "addresses has 1001 items; at most 1000 are read");
    assert_eq!(fault(&with("/host", json!("x".repeat(8193)))), "host has 8193 bytes; at most 8192 are read");
    let many = Value::from(vec![status(); 101]);
    assert_eq!(HostStatus::list_from_json(&many).unwrap_err().to_string(), "hosts has 101 items; at most 100 are read");
}

#[test]
fn several_hosts_have_several_names() {
    let hosts = common::moved();
    let list: Value = hosts.iter().map(HostStatus::to_json).collect();
    assert_eq!(HostStatus::list_from_json(&list).unwrap(), hosts);
    let twice = Value::from(vec![status(), status()]);
    assert_eq!(HostStatus::list_from_json(&twice).unwrap_err().to_string(), "hosts[1].host says app1 a second time");
    let broken = Value::from(vec![status(), with("/layers/3/place", json!(1))]);
    assert_eq!(
        HostStatus::list_from_json(&broken).unwrap_err().to_string(),
        "hosts[1].layers[3].place is a number, and has to be a text"
    );
}
