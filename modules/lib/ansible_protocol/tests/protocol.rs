//! What Ansible, and a person, see of a module built on this crate.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should say where")]

use std::path::PathBuf;

use ansible_protocol::{Value, json};
use assert_cmd::Command;

fn greet() -> Command {
    // Cargo builds the examples of a package before its tests, two folders beside them.
    let mut path: PathBuf = std::env::current_exe().unwrap();
    path.pop();
    path.pop();
    Command::new(path.join("examples/greet"))
}

/// Runs as Ansible does and returns the one object on standard output.
fn module(arguments: &Value) -> Value {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), arguments.to_string()).unwrap();
    let output = greet().arg(file.path()).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    let stdout = String::from_utf8(output.stdout).unwrap();
    assert_eq!(stdout.lines().count(), 1, "one line: {stdout}");
    let object: Value = serde_json::from_str(&stdout).unwrap();
    let failed = object.get("failed") == Some(&json!(true));
    assert_eq!(output.status.code(), Some(i32::from(failed)));
    object
}

fn refusal(arguments: &Value) -> String {
    let object = module(arguments);
    assert_eq!(object["failed"], json!(true), "{object}");
    object["msg"].as_str().unwrap().to_owned()
}

#[test]
fn the_arguments_file_that_ansible_writes_is_understood() {
    let object = module(&json!({
        "name": "World", "_ansible_check_mode": false, "_ansible_diff": false, "_ansible_no_log": false,
        "_ansible_verbosity": 3, "_ansible_something_from_the_future": {"a": [1]},
    }));
    assert_eq!(
        object,
        json!({"changed": true, "greeting": "Hello World", "loud": false, "guests": [], "password_was": "",
               "warnings": ["the password is unset"]})
    );
}

#[test]
fn arguments_also_come_on_standard_input_and_in_an_envelope() {
    let arguments = json!({"ANSIBLE_MODULE_ARGS": {"who": "World", "_ansible_check_mode": true}}).to_string();
    let output = greet().arg("-").write_stdin(arguments).output().unwrap();
    let object: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(object["changed"], json!(false));
    assert_eq!(object["greeting"], json!("Hello World"));
}

#[test]
fn values_are_converted_as_ansible_converts_them() {
    let object = module(&json!({"name": 7, "times": "2", "loud": "Yes", "guests": "Ann, Bob"}));
    assert_eq!(object["greeting"], json!("Hello 7Hello 7"));
    assert_eq!(object["loud"], json!(true));
    assert_eq!(object["guests"], json!(["Ann", "Bob"]));
}

#[test]
fn null_means_not_given() {
    assert_eq!(module(&json!({"name": "World", "times": null}))["greeting"], json!("Hello World"));
}

#[test]
fn a_wrong_argument_is_refused_with_a_sentence() {
    let known = "name, times, loud, guests, manner, password, details, max_length";
    for (arguments, message) in [
        (
            json!({"name": "x", "tims": 1}),
            format!("greet has no option 'tims', did you mean 'times'?; its options are: {known}"),
        ),
        (json!({"name": "x", "qqqqqqqq": 1}), format!("greet has no option 'qqqqqqqq'; its options are: {known}")),
        (json!({}), "option 'name' is required".to_owned()),
        (
            json!({"name": "a", "who": "b"}),
            "option 'name' was given twice, as 'name' and as 'who'; keep one".to_owned(),
        ),
        (json!({"name": "x", "times": "often"}), "option 'times' must be a whole number, not a string".to_owned()),
        (
            json!({"name": "x", "loud": "maybe"}),
            "option 'loud' must be a bool (true or false), not a string".to_owned(),
        ),
        (json!({"name": ["x"]}), "option 'name' must be a string, not a list".to_owned()),
        (json!({"name": "x", "guests": ["a", {}]}), "option 'guests[1]' must be a string, not a dict".to_owned()),
        (json!({"name": "x", "manner": "rude"}), "option 'manner' must be one of: kind, short".to_owned()),
        (
            json!({"name": "x", "guests": ["a"], "details": {}}),
            "these options exclude each other, give one: guests, details".to_owned(),
        ),
    ] {
        assert_eq!(refusal(&arguments), message);
    }
}

#[test]
fn arguments_that_are_no_json_object_are_refused() {
    for (input, message) in [
        ("[1]", "the arguments are not a JSON object"),
        (
            "{\"password\": \"hunter2\",,}",
            "the arguments are not JSON (line 1, column 24); this program is an Ansible module: give it the path of a \
             JSON file, or - and JSON on standard input, or see --help",
        ),
    ] {
        let output = greet().arg("-").write_stdin(input).output().unwrap();
        let object: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(object, json!({"failed": true, "changed": false, "msg": message}));
    }
    let output = greet().arg("/nonexistent/arguments").output().unwrap();
    let object: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        object["msg"],
        json!("the arguments file /nonexistent/arguments cannot be read: No such file or directory (os error 2)")
    );
}

#[test]
fn a_secret_appears_nowhere_in_a_result() {
    let arguments = json!({"name": "World", "password": "hunter2", "_ansible_diff": true, "_ansible_verbosity": 4});
    let object = module(&arguments);
    assert!(!object.to_string().contains("hunter2"), "{object}");
    assert_eq!(object["diff"], json!([{"prepared": "-silence\n+Hello World ********\n"}]));
    assert_eq!(refusal(&json!({"name": "nobody", "password": "hunter2"})), "nobody to greet, with ********");
}

#[test]
fn a_difference_is_left_out_unless_asked_for() {
    assert_eq!(module(&json!({"name": "World"})).get("diff"), None);
}

#[test]
fn a_panic_still_ends_in_one_object_without_its_own_message() {
    let object = module(&json!({"name": "panic"}));
    let msg = object["msg"].as_str().unwrap();
    let start = format!("greet {} stopped on an internal error at ", env!("CARGO_PKG_VERSION"));
    assert!(msg.starts_with(&start), "{msg}");
    assert!(!msg.contains("secret"), "{msg}");
}

#[test]
fn a_person_gives_flags_and_reads_text() {
    let output =
        greet().args(["--name", "World", "--times=2", "--loud", "--guests", "Ann,Bob", "--diff"]).output().unwrap();
    assert_eq!(
        String::from_utf8(output.stdout).unwrap(),
        "-silence\n+Hello World \n\ngreeting: Hello WorldHello World\nloud: true\nguests: [\"Ann\",\"Bob\"]\n\
         password_was: \nwarning: the password is unset\ngreet: changed\n"
    );
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn a_person_can_have_the_json_and_keep_a_secret_out_of_the_process_list() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "hunter2\n").unwrap();
    let output = greet()
        .args(["--name", "nobody", "--json", "--max-length", "3", "--password"])
        .arg(format!("@{}", file.path().display()))
        .output()
        .unwrap();
    let object: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(object["msg"], json!("nobody to greet, with ********"));
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn a_wrong_flag_is_a_usage_error() {
    let output = greet().args(["--name", "World", "--tims", "2"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(stderr.contains("a similar argument exists: '--times'"), "{stderr}");
}
