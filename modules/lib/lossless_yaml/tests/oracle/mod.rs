//! PyYAML itself, asked about many texts at once.
#![allow(dead_code)]

use lossless_yaml::{Document, Kind, Node, Resolved};
use serde_json::{Value, json};
use std::io::Write;
use std::process::{Command, Stdio};

/// What PyYAML reads in each text, with types: `Ok(["int", "511"])`, or its error. None without PyYAML.
pub fn pyyaml(texts: &[String]) -> Option<Vec<Result<Value, String>>> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/oracle/oracle.py");
    let pythons = [concat!(env!("CARGO_MANIFEST_DIR"), "/../../../.venv/bin/python3"), "python3"];
    let has_yaml = |python: &&&str| {
        let probe = Command::new(python).args(["-c", "import yaml"]).stderr(Stdio::null()).status();
        probe.is_ok_and(|status| status.success())
    };
    let Some(python) = pythons.iter().find(has_yaml) else {
        println!("skipped: no python3 with PyYAML");
        return None;
    };
    let mut child =
        Command::new(python).arg(script).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("python starts");
    let input = serde_json::to_vec(texts).unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let writer = std::thread::spawn(move || stdin.write_all(&input));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    let answers: Vec<Value> = serde_json::from_slice(&output.stdout).expect("the oracle answers in JSON");
    Some(
        answers
            .into_iter()
            .map(|answer| match answer.get("ok") {
                Some(value) => Ok(value.clone()),
                None => Err(answer["error"].as_str().unwrap().to_owned()),
            })
            .collect(),
    )
}

/// The same form from this crate.
pub fn typed(doc: &Document) -> Value {
    canonical(typed_node(doc.root()))
}

/// Order of keys does not count.
pub fn canonical(value: Value) -> Value {
    match value {
        Value::Array(items) if items.first() == Some(&json!("map")) => {
            let mut entries: Vec<Value> = items[1].as_array().unwrap().iter().cloned().map(canonical).collect();
            entries.sort_by_key(ToString::to_string);
            json!(["map", entries])
        }
        Value::Array(items) => Value::Array(items.into_iter().map(canonical).collect()),
        other => other,
    }
}

fn typed_node(node: Node<'_>) -> Value {
    let node = node.follow();
    match node.resolved() {
        Resolved::Null => json!(["null"]),
        Resolved::Bool(value) => json!(["bool", value]),
        Resolved::Int(value) => json!(["int", value.to_string()]),
        Resolved::BigInt(text) => json!(["int", text.replace('_', "")]),
        Resolved::Float(value) => json!(["float", python_g(value)]),
        Resolved::Str(text) => json!(["str", text]),
        Resolved::Timestamp(_) => json!(["date"]),
        Resolved::Binary(_) => json!(["bytes"]),
        Resolved::Tagged(tag, text) => json!(["tagged", tag, text]),
        _ if node.kind() == Kind::Sequence => {
            json!(["seq", node.items().map(typed_node).collect::<Vec<_>>()])
        }
        _ => {
            let mut entries: Vec<(Value, Value)> = Vec::new();
            let mut put = |key: Value, value: Value| match entries.iter_mut().find(|(have, _)| *have == key) {
                Some(entry) => entry.1 = value,
                None => entries.push((key, value)),
            };
            for (_, merged) in node.entries().filter(|(key, _)| key.is_merge()) {
                let merged = merged.follow();
                let mut sources: Vec<_> =
                    if merged.kind() == Kind::Sequence { merged.items().collect() } else { vec![merged] };
                sources.reverse();
                for source in sources {
                    for entry in typed_node(source)[1].as_array().unwrap() {
                        put(entry[0].clone(), entry[1].clone());
                    }
                }
            }
            for (key, value) in node.entries().filter(|(key, _)| !key.is_merge()) {
                put(typed_node(key), typed_node(value));
            }
            json!(["map", entries.into_iter().map(|(key, value)| json!([key, value])).collect::<Vec<_>>()])
        }
    }
}

/// `'%.12g' % value` of Python.
fn python_g(value: f64) -> String {
    if value.is_nan() {
        return "nan".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "inf" } else { "-inf" }.to_owned();
    }
    let text = format!("{value:.11e}");
    let (mantissa, exponent) = text.split_once('e').unwrap();
    let exponent: i32 = exponent.parse().unwrap();
    let trim = |text: &str| {
        if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text.to_owned() }
    };
    if (-4..12).contains(&exponent) {
        trim(&format!("{value:.*}", usize::try_from(11 - exponent).unwrap()))
    } else {
        let sign = if exponent < 0 { '-' } else { '+' };
        format!("{}e{sign}{:02}", trim(mantissa), exponent.abs())
    }
}
