//! What `edx_settings` writes is what PyYAML and Ansible read, whatever a string looks like.
//!
//! Ansible is that on the PATH, or those of the folders that `EDXOPS_ANSIBLE_PLAYBOOKS` names (`/some/venv/bin`, several with a
//! colon between them); PyYAML is the one of the same environment.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test stops at the first surprise, and says what it skips"
)]

mod common;

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use common::{has_yaml, python, python_with_yaml, succeed};
use serde_json::{Map, Value, json};

/// Strings that one reader or another takes for something else when they stand there without quotes.
const STRINGS: &[&str] = &[
    // YAML 1.1's words.
    "yes",
    "Yes",
    "YES",
    "no",
    "No",
    "on",
    "On",
    "off",
    "OFF",
    "y",
    "Y",
    "n",
    "N",
    "true",
    "True",
    "false",
    "FALSE",
    "null",
    "Null",
    "NULL",
    "~",
    "",
    "none",
    "None",
    "=",
    "<<",
    "<",
    ">",
    // Numbers of either version.
    "0",
    "-0",
    "1",
    "+1",
    "-1",
    "0777",
    "0o777",
    "0x1F",
    "0b101",
    "08",
    "09",
    "1_000",
    "_1",
    "1__0",
    "10:30:00",
    "190:20:30",
    "1:60",
    "10:30:00.5",
    "1e3",
    "1E3",
    "1e+3",
    "1.0e+3",
    "1.0e3",
    "1.",
    ".5",
    ".5e1",
    "-.5",
    "1.2.3",
    ".inf",
    "-.inf",
    "+.Inf",
    ".INF",
    ".nan",
    ".NaN",
    "inf",
    "nan",
    "NaN",
    "Infinity",
    "1_000.5",
    "12345678901234567890",
    "123456789012345678901234567890",
    "0.1",
    ".",
    "..",
    "...",
    "-",
    "--",
    "---",
    "--- a",
    "+",
    "0x",
    "0b",
    "1,5",
    "2001-12-14",
    "2001-1-1",
    "2001-12-14t21:59:43.10-05:00",
    "2001-12-14 21:59:43.10 -5",
    "2001-99-99",
    "11:22",
    "172.31.5.10:11211",
    "::1",
    "[::1]:11211",
    // What Ansible takes for a template.
    "{{ x }}",
    "a {{ lookup('env', 'HOME') }} b",
    "{% x %}",
    "{%",
    "{#",
    "{# a #}",
    "{{",
    "}}",
    "{{ '{{' }}",
    "#}",
    "{{ x }",
    "{ {x} }",
    "'{{ a }}'",
    "\"{{ a }}\"",
    "!unsafe {{ a }}",
    "\n{{ a }}\n",
    "{{ a }}: b # c",
    // Spaces, colons, hashes and indicators.
    " ",
    "  ",
    " a",
    "a ",
    " a ",
    "a: b",
    "a:",
    ":a",
    ": a",
    ":",
    "a:b",
    "a #b",
    "#a",
    "a#b",
    "# a",
    "- a",
    "-a",
    "? a",
    "?",
    "?a",
    "!a",
    "!!str a",
    "!unsafe a",
    "!vault |",
    "&a",
    "&a b",
    "*a",
    "@a",
    "`a",
    "%a",
    "|",
    "|-",
    ">-",
    "> a",
    "[",
    "[a",
    "[a]",
    "]",
    "{",
    "{a}",
    "{a: b}",
    "}",
    ",",
    ", a",
    "a, b",
    "a]",
    "a}",
    "'",
    "''",
    "'a'",
    "'a",
    "a'b",
    "\"",
    "\"a\"",
    "\"a",
    "a\"b",
    "\\",
    "\\n",
    "a\\",
    "a\\\"b",
    "key: 'value'",
    "a: [b, c]",
    "a\t",
    "\ta",
    "a\tb",
    "a:\tb",
    "a\t#b",
    "[1, 2]",
    "{'a': 1}",
    "['a']",
    "(1, 2)",
    "None ",
    "b'a'",
    // Lines.
    "\n",
    "\n\n",
    "a\n",
    "\na",
    "a\nb",
    "a\nb\n",
    "a\n\nb\n\n",
    " a\n b",
    "a\n  b\n c",
    "a\r\nb",
    "a\rb",
    "\r",
    "# a\n# b",
    "---\na",
    "a\n---\nb",
    "a\n...\n",
    "- a\n- b\n",
    "a: |\n  b\n",
    "\t\n",
    " \n ",
    "a \nb",
    "-----BEGIN PRIVATE KEY-----\nMIIE+/==\n-----END PRIVATE KEY-----\n",
    // Characters.
    "é",
    "e\u{301}",
    "日本語",
    "😀",
    "👩\u{200d}💻",
    "مرحبا",
    "\u{202e}abc",
    "שלום: x",
    "a\u{a0}b",
    "\u{a0}",
    "\u{feff}a",
    "a\u{feff}",
    "\u{85}",
    "a\u{85}b",
    "\u{2028}",
    "a\u{2029}b",
    "\u{200b}",
    "\u{e000}",
    "\u{fffd}",
    "\u{10ffff}",
    "\u{1f600}: # x",
    "\0",
    "a\0b",
    "\u{1}",
    "\u{7}",
    "\u{8}",
    "\u{b}",
    "\u{c}",
    "\u{1b}[31m",
    "\u{1f}",
    "\u{7f}",
    "\u{80}",
    "\u{9f}",
    "\u{fffe}",
    "\u{ffff}",
    "\u{ad}",
    // As settings have them.
    "C:\\new\\table",
    "https://a:p%40ss@b/c?d=e&f=g#h",
    "pa$$w0rd!, [it's] \"so\": #1",
    "^(?P<a>[^/]+)\\.b$",
    "50%",
    "@every 1h",
    "0 3 * * *",
    "* * * * *",
    "1.10",
    "v1.0",
    "1.0.0",
    "007",
    "+44 1",
    "12e",
    "0e",
    "e3",
    "1e",
    "0.0.0.0",
    "a=b",
    "<a@b.c>",
    "~/.ssh",
];

/// Every value to be written: each string by itself, and what JSON has besides.
fn values() -> Vec<Value> {
    let mut values: Vec<Value> = STRINGS.iter().map(|text| json!(text)).collect();
    values.extend([
        json!("long ".repeat(2000)),
        json!("x".repeat(5000)),
        json!(format!("{}: {{{{ y }}}}", "z ".repeat(400))),
    ]);
    values.extend([
        json!(null),
        json!(true),
        json!(false),
        json!([]),
        json!({}),
        json!([[]]),
        json!([{}]),
        json!({"a": {}}),
    ]);
    values.extend([json!(0), json!(-1), json!(i64::MIN), json!(i64::MAX), json!(u64::MAX), json!(0o777)]);
    values.extend(
        [0.0, -0.0, 1.0, 0.1, -1.5, 1e3, 1e15, 1e16, 1e21, 1e100, 1.5e-9, 5e-324, f64::MAX].map(|number| json!(number)),
    );
    values.push(json!([1, 1.0, "1", true, "true", null, "null", [["a"], [], {"b": [{"c": "{{ d }}"}]}]]));
    values.push(json!({"list": [{"a": 1, "b": ["yes", "no"]}, "x"], "deep": {"er": {"est": ["", " ", "\n"]}}}));
    values
}

/// All of them as items, as values, as keys, and as items of lists of lists.
fn settings() -> Value {
    let values = values();
    let by_name = |values: &[Value]| -> Map<String, Value> {
        values.iter().enumerate().map(|(at, value)| (format!("v{at}"), value.clone())).collect()
    };
    let keys: Map<String, Value> = STRINGS.iter().enumerate().map(|(at, key)| ((*key).to_owned(), json!(at))).collect();
    let nested: Vec<Value> = values.iter().map(|value| json!([value, {"k": value}])).collect();
    json!({"tricky": {"map": by_name(&values), "list": values, "nested": nested, "keys": keys}})
}

/// The folders with an `ansible`, and a Python with PyYAML for each.
fn ansibles() -> Vec<PathBuf> {
    let folders = match std::env::var_os("EDXOPS_ANSIBLE_PLAYBOOKS") {
        Some(folders) => std::env::split_paths(&folders).collect(),
        None => std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default())
            .filter(|folder| folder.join("ansible").is_file())
            .take(1)
            .collect::<Vec<_>>(),
    };
    if folders.is_empty() {
        println!("skipped: there is no ansible on the PATH");
    }
    folders
}

/// Each Python with PyYAML that is to agree.
fn pythons() -> Vec<PathBuf> {
    let beside = ansibles().into_iter().map(|folder| folder.join("python")).filter(|python| has_yaml(python));
    beside.chain(python_with_yaml()).collect()
}

/// What Ansible has in the variable `tricky` of a file of variables, once it has templated it.
fn ansible(folder: &Path, file: &Path) -> Value {
    let home = tempfile::tempdir().unwrap();
    let output = Command::new(folder.join("ansible"))
        .args(["localhost", "-i", "localhost,", "-c", "local", "-m", "debug", "-a", "var=tricky", "-e"])
        .arg(format!("@{}", file.display()))
        .current_dir(home.path())
        .env_clear()
        .env("PATH", std::env::join_paths([folder, Path::new("/usr/bin"), Path::new("/bin")]).unwrap())
        .env("HOME", home.path())
        .env("LC_ALL", "C.UTF-8")
        .env("ANSIBLE_NOCOLOR", "1")
        .output()
        .unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    let result = said.split_once("localhost | SUCCESS => ").map(|(_, result)| result);
    let Some(result) = result else {
        panic!("{}: {said}{}", folder.display(), String::from_utf8_lossy(&output.stderr))
    };
    let mut result: Value = serde_json::from_str(result).unwrap();
    result["tricky"].take()
}

/// Names each place where `have` is not `want`.
fn compare(who: &str, path: &str, want: &Value, have: &Value, differences: &mut String) {
    match (want, have) {
        (Value::Object(want), Value::Object(have)) if want.keys().all(|key| have.contains_key(key)) => {
            assert_eq!(want.len(), have.len(), "{who} {path}");
            for (key, want) in want {
                compare(who, &format!("{path}.{key}"), want, &have[key], differences);
            }
        }
        (Value::Array(want), Value::Array(have)) if want.len() == have.len() => {
            for (at, (want, have)) in want.iter().zip(have).enumerate() {
                compare(who, &format!("{path}[{at}]"), want, have, differences);
            }
        }
        _ if want == have => {}
        _ => {
            let _ = writeln!(differences, "{who}: {path}: wanted {want}, has {have}");
        }
    }
}

fn all_agree(file: &Path, settings: &Value, for_ansible: bool) {
    let mut differences = String::new();
    for with_yaml in pythons() {
        let read = python(&with_yaml, "read.py", &[file]);
        compare(&with_yaml.display().to_string(), "", settings, &read, &mut differences);
    }
    if for_ansible {
        for folder in ansibles() {
            compare(
                &folder.display().to_string(),
                "tricky",
                &settings["tricky"],
                &ansible(&folder, file),
                &mut differences,
            );
        }
    }
    assert_eq!(differences, "");
}

/// Writes the settings; a second run has nothing to do.
fn write(file: &Path, reader: &str, settings: &Value) {
    let options = json!({"path": file, "settings": settings, "create": true, "reader": reader});
    assert_eq!(succeed("edx_settings", &options)["changed"], json!(true));
    assert_eq!(succeed("edx_settings", &options)["changed"], json!(false));
}

#[test]
fn a_new_file_of_variables_reads_as_asked() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("server-vars.yml");
    write(&file, "ansible", &settings());
    all_agree(&file, &settings(), true);
}

#[test]
fn a_new_settings_file_reads_as_asked() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("lms.yml");
    write(&file, "pyyaml", &settings());
    all_agree(&file, &settings(), false);
}

#[test]
fn values_that_take_the_place_of_others_read_as_asked() {
    let folder = tempfile::tempdir().unwrap();
    let values = values();
    let old = ["old", "'old'", "\"old\"", "|\n        old\n        older", "[old]", "{old: 1}", ""];
    let mut block = "# By hand.\ntricky:\n    map:\n".to_owned();
    let mut flow = "---\ntricky: {map: {".to_owned();
    for at in 0..values.len() {
        writeln!(block, "      v{at}: {}", old[at % old.len()]).unwrap();
        write!(flow, "v{at}: {}, ", ["old", "'old'", "\"old\"", "[old]"][at % 4]).unwrap();
    }
    flow.push_str("}}\n");
    let by_name: Map<String, Value> =
        values.into_iter().enumerate().map(|(at, value)| (format!("v{at}"), value)).collect();
    let mut wanted = json!({"tricky": {"map": by_name}});
    for (name, text) in [("block.yml", block), ("flow.yml", flow)] {
        let file = folder.path().join(name);
        fs::write(&file, text).unwrap();
        write(&file, "ansible", &wanted);
        // A mapping is merged into a mapping.
        if name == "block.yml" {
            for (at, value) in wanted["tricky"]["map"].as_object_mut().unwrap().values_mut().enumerate() {
                if let (5, Value::Object(map)) = (at % old.len(), value) {
                    map.insert("old".to_owned(), json!(1));
                }
            }
        }
        all_agree(&file, &wanted, true);
        if name == "block.yml" {
            for value in wanted["tricky"]["map"].as_object_mut().unwrap().values_mut() {
                value.as_object_mut().map(|map| map.remove("old"));
            }
        }
    }
}
