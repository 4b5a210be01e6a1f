//! Edits of generated files, judged by PyYAML itself.

#![allow(
    clippy::expect_used,
    clippy::format_push_string,
    clippy::needless_pass_by_value,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test that cannot go on should say where"
)]

mod oracle;

use lossless_yaml::{Document, Edit, EmitOptions, Error, KeyPath, Kind, Reader, Segment};
use oracle::{canonical, pyyaml};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::{Value, json};

/// A generated value: how it is written, and what is in it.
#[derive(Debug, Clone)]
enum Tree {
    Scalar(String),
    Seq { flow: bool, items: Vec<Tree> },
    Map { flow: bool, entries: Vec<(String, Tree)> },
}

fn scalar() -> impl Strategy<Value = Tree> {
    let own = prop::sample::select(vec![
        "x",
        "1",
        "yes",
        "'q'",
        "\"d\"",
        "0777",
        "1.5",
        "2020-01-01",
        "host:11211",
        "a b",
        "'it''s'",
        "\"\\n\"",
        "~",
        "!unsafe '{{ x }}'",
        "10:30:00",
        "é",
        "|\n text\n",
        ">-\n text\n more\n",
        "\"a # b\"",
        "'a: b'",
        "a\u{1f600}",
        "",
    ]);
    own.prop_map(|text| Tree::Scalar(text.to_owned()))
}

fn key() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["A", "B", "C", "D", "E", "a", "b", "'q k'", "\"d.k\"", "k-1", "LOCATION", "1", "Z_z"])
        .prop_map(ToOwned::to_owned)
}

fn tree() -> impl Strategy<Value = Tree> {
    scalar().prop_recursive(4, 24, 5, |inner| {
        prop_oneof![
            (any::<bool>(), prop::collection::vec(inner.clone(), 0..4))
                .prop_map(|(flow, items)| Tree::Seq { flow, items }),
            (any::<bool>(), prop::collection::btree_map(key(), inner, 0..5), any::<bool>()).prop_map(
                |(flow, map, reverse)| {
                    let mut entries: Vec<_> = map.into_iter().collect();
                    if reverse {
                        entries.reverse();
                    }
                    Tree::Map { flow, entries }
                }
            ),
        ]
    })
}

/// How the file is laid out.
#[derive(Debug, Clone)]
struct Look {
    step: usize,
    list: usize,
    comments: u64,
    multi_line_flow: bool,
    crlf: bool,
    end: usize,
}

fn look() -> impl Strategy<Value = Look> {
    (1..5_usize, 0..3_usize, any::<u64>(), any::<bool>(), any::<bool>(), 0..4_usize).prop_map(
        |(step, list, comments, multi_line_flow, crlf, end)| Look { step, list, comments, multi_line_flow, crlf, end },
    )
}

struct Writer<'l> {
    look: &'l Look,
    out: String,
    dice: u64,
}

impl Writer<'_> {
    fn chance(&mut self) -> bool {
        self.dice = self.dice.rotate_left(7).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.dice.is_multiple_of(4)
    }

    fn line_end(&mut self) {
        if self.chance() {
            self.out.push_str(" # note, 'x");
        }
        self.out.push('\n');
        if self.chance() {
            self.out.push_str("# a comment: line\n");
        }
        if self.chance() {
            self.out.push('\n');
        }
    }

    /// Behind a colon or dash at `column`.
    fn value(&mut self, tree: &Tree, column: usize, in_seq: bool) {
        match tree {
            Tree::Scalar(text) if text.contains('\n') => {
                let (head, body) = text.split_once('\n').unwrap();
                self.out.push_str(&format!(" {head}\n"));
                for line in body.lines() {
                    self.out.push_str(&format!("{}{line}\n", " ".repeat(column + 1)));
                }
            }
            Tree::Seq { flow: false, items } if !items.is_empty() => {
                let below = if in_seq { column + 2 } else { column + self.look.list };
                if in_seq && self.chance() {
                    self.out.push(' ');
                    self.seq(items, below, true);
                } else {
                    self.line_end();
                    self.seq(items, below, false);
                }
            }
            Tree::Map { flow: false, entries } if !entries.is_empty() => {
                let below = column + self.look.step.max(if in_seq { 2 } else { 1 });
                if in_seq {
                    self.out.push_str(&" ".repeat(below - column - 1));
                    self.map(entries, below, true);
                } else {
                    self.line_end();
                    self.map(entries, below, false);
                }
            }
            other => {
                let text = self.flow(other, column + 1);
                if !text.is_empty() {
                    self.out.push_str(&format!(" {text}"));
                }
                self.line_end();
            }
        }
    }

    fn seq(&mut self, items: &[Tree], column: usize, mut inline: bool) {
        for item in items {
            if !std::mem::take(&mut inline) {
                self.out.push_str(&" ".repeat(column));
            }
            self.out.push('-');
            self.value(item, column, true);
        }
    }

    fn map(&mut self, entries: &[(String, Tree)], column: usize, mut inline: bool) {
        for (key, value) in entries {
            if !std::mem::take(&mut inline) {
                self.out.push_str(&" ".repeat(column));
            }
            self.out.push_str(&format!("{key}:"));
            self.value(value, column, false);
        }
    }

    fn flow(&mut self, tree: &Tree, column: usize) -> String {
        let (open, close, parts): (_, _, Vec<String>) = match tree {
            Tree::Scalar(text) if text.contains('\n') => return "'text'".to_owned(),
            Tree::Scalar(text) => return text.clone(),
            Tree::Seq { items, .. } => {
                let parts = items
                    .iter()
                    .map(|item| self.flow(item, column + 2))
                    .map(|text| if text.is_empty() { "~".to_owned() } else { text });
                ('[', ']', parts.collect())
            }
            Tree::Map { entries, .. } => (
                '{',
                '}',
                entries.iter().map(|(key, value)| format!("{key}: {}", self.flow(value, column + 2))).collect(),
            ),
        };
        let pad = " ".repeat(column + 2);
        if self.look.multi_line_flow && !parts.is_empty() {
            let trailing = if self.chance() { "," } else { "" };
            format!("{open}\n{pad}{}{trailing}\n{}{close}", parts.join(&format!(",\n{pad}")), " ".repeat(column))
        } else {
            format!("{open}{}{close}", parts.join(", "))
        }
    }
}

fn written(tree: &Tree, look: &Look) -> String {
    let mut writer = Writer { look, out: String::new(), dice: look.comments | 1 };
    match tree {
        Tree::Map { flow: false, entries } if !entries.is_empty() => writer.map(entries, 0, false),
        Tree::Seq { flow: false, items } if !items.is_empty() => writer.seq(items, 0, false),
        other => {
            let text = writer.flow(other, 0);
            writer.out.push_str(&format!("{text}\n"));
        }
    }
    let mut text = writer.out;
    match look.end {
        1 => text.truncate(text.trim_end().len()),
        2 => text.push_str("...\n"),
        3 => text.insert_str(0, "---\n# head\n\n"),
        _ => {}
    }
    if look.crlf { text.replace('\n', "\r\n") } else { text }
}

fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        prop::sample::select(vec![
            "x",
            "yes",
            "",
            "it's",
            "a: b",
            "a #b",
            "10.0.0.1:11211",
            "0777",
            "two\nlines",
            "\u{e9}",
            "{{ x }}",
            "- a",
            "null",
            "é\u{2028}",
            "1e5",
            "-",
            "a\"b\\c",
            " x",
            "#",
            "[x]",
            "123",
            "a, b",
            "{x",
            "\t",
            "tab\there",
            "\u{1f600}"
        ])
        .prop_map(|text| json!(text)),
        any::<bool>().prop_map(|value| json!(value)),
        Just(Value::Null),
        any::<i64>().prop_map(|value| json!(value)),
        (-1e6..1e6_f64).prop_map(|value| json!(value)),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(|items| json!(items)),
            prop::collection::btree_map("[A-Ea-c]{1,2}", inner, 0..4).prop_map(|map| json!(map)),
        ]
    })
}

fn typed_json(value: &Value) -> Value {
    match value {
        Value::Null => json!(["null"]),
        Value::Bool(value) => json!(["bool", value]),
        Value::Number(number) if number.is_f64() => {
            let text = format!("a: {:?}", number.as_f64().unwrap());
            let _ = text;
            json!(["float", number.as_f64().unwrap()])
        }
        Value::Number(number) => json!(["int", number.to_string()]),
        Value::String(text) => json!(["str", text]),
        Value::Array(items) => json!(["seq", items.iter().map(typed_json).collect::<Vec<_>>()]),
        Value::Object(map) => {
            json!(["map", map.iter().map(|(key, value)| json!([["str", key], typed_json(value)])).collect::<Vec<_>>()])
        }
    }
}

/// Floats by value, keys in any order.
fn comparable(value: Value) -> Value {
    fn floats(value: Value) -> Value {
        match value {
            Value::Array(items) if items.len() == 2 && items[0] == json!("float") => {
                let number =
                    items[1].as_f64().or_else(|| items[1].as_str().and_then(|text| text.parse().ok())).unwrap();
                json!(["float", format!("{number:.6e}")])
            }
            Value::Array(items) => Value::Array(items.into_iter().map(floats).collect()),
            other => other,
        }
    }
    canonical(floats(value))
}

/// What PyYAML should read after the edit, from what it read before.
fn apply(typed: &mut Value, path: &[Segment], wanted: Option<&Value>) {
    let Some((first, rest)) = path.split_first() else {
        *typed = typed_json(wanted.unwrap());
        return;
    };
    if typed[0] == json!("null") {
        if wanted.is_none() {
            return;
        }
        *typed = json!(["map", []]);
    }
    let parts = typed[1].as_array_mut().unwrap();
    match first {
        Segment::Key(key) => {
            let at = parts.iter().position(|part| part[0] == json!(["str", key]) || part[0][1] == json!(key));
            match (at, wanted) {
                (Some(at), None) if rest.is_empty() => {
                    parts.remove(at);
                }
                (Some(at), _) => apply(&mut parts[at][1], rest, wanted),
                (None, None) => {}
                (None, Some(_)) => {
                    let mut value = json!(["null"]);
                    apply(&mut value, rest, wanted);
                    parts.push(json!([["str", key], value]));
                }
            }
        }
        Segment::Index(index) if rest.is_empty() && wanted.is_none() => {
            parts.remove(*index);
        }
        Segment::Index(index) => apply(&mut parts[*index], rest, wanted),
    }
}

struct Case {
    before: String,
    edit: Edit,
    after: String,
}

/// The file before with the reported lines exchanged must be the file after: nothing else was touched.
fn untouched_lines_are_identical(case: &Case, edited: &lossless_yaml::Edited) {
    let lines = |text: &str| text.split('\n').map(|line| line.trim_end_matches('\r').to_owned()).collect::<Vec<_>>();
    let (before, after) = (lines(&case.before), lines(&case.after));
    let mut built: Vec<String> = Vec::new();
    let mut at = 0;
    let mut hunks: Vec<_> = Vec::new();
    for change in &edited.changes {
        let hunk = (change.line, &change.before_lines, &change.after_lines);
        if hunks.last() != Some(&hunk) {
            hunks.push(hunk);
        }
    }
    for (line, gone, new) in hunks {
        assert!(at < line, "hunks overlap: {:?}\n{}\n{:#?}", case.edit, case.before, edited.changes);
        built.extend_from_slice(&before[at..line - 1]);
        built.extend(new.iter().cloned());
        at = line - 1 + gone.len();
        assert_eq!(&before[line - 1..at], gone.as_slice(), "{:?}\n{}", case.edit, case.before);
    }
    built.extend_from_slice(&before[at..]);
    let joined = |lines: &[String]| lines.join("\n").trim_end().to_owned();
    assert_eq!(joined(&built), joined(&after), "{:?}\n{}", case.edit, case.before);
}

#[test]
fn an_edit_of_a_generated_file_changes_exactly_what_was_asked() {
    let count = std::env::var("LOSSLESS_YAML_CASES").ok().and_then(|count| count.parse().ok()).unwrap_or(1500);
    let mut runner = TestRunner::new_with_rng(Config::default(), TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]));
    let strategy = (tree(), look(), json_value(), any::<u64>(), any::<bool>());
    let (mut cases, mut refusals, mut unreadable) = (Vec::new(), 0, 0);
    for _ in 0..count {
        let (tree, look, value, pick, delete) = strategy.new_tree(&mut runner).unwrap().current();
        let before = written(&tree, &look);
        let Ok(doc) = Document::parse(before.as_str()) else {
            unreadable += 1;
            continue;
        };
        let mut places: Vec<KeyPath> = Vec::new();
        doc.walk(&mut |path, node| {
            places.push(path.clone());
            if node.kind() == Kind::Mapping || node.is_empty() && node.kind() == Kind::Scalar {
                places.push(path.key("NEW"));
                places.push(path.key("Bb"));
            }
        });
        let path = places[usize::try_from(pick % places.len() as u64).unwrap()].clone();
        let edit = if delete && !path.is_root() { Edit::Remove { path } } else { Edit::Set { path, value } };
        match doc.plan(std::slice::from_ref(&edit), &EmitOptions { reader: Reader::Plain }) {
            Ok(edited) => {
                let after = String::from_utf8(edited.bytes.clone()).unwrap();
                let case = Case { before, edit, after };
                if edited.changed() {
                    untouched_lines_are_identical(&case, &edited);
                } else {
                    assert_eq!(case.before, case.after);
                }
                cases.push(case);
            }
            Err(Error::Unverified { path, reason }) => panic!("{edit:?}\n{path}: {reason}\n{before}"),
            Err(Error::Unreadable { .. } | Error::NotReachable { .. } | Error::Unsupported { .. }) => refusals += 1,
            Err(error) => panic!("{edit:?}\n{error}\n{before}"),
        }
    }
    let texts: Vec<String> = cases.iter().flat_map(|case| [case.before.clone(), case.after.clone()]).collect();
    let Some(answers) = pyyaml(&texts) else { return };
    for (case, answers) in cases.iter().zip(answers.chunks(2)) {
        let context = || format!("{:?}\n--- before\n{}\n--- after\n{}", case.edit, case.before, case.after);
        let mut wanted = answers[0].clone().unwrap_or_else(|error| panic!("{error}\n{}", context()));
        let got = answers[1].clone().unwrap_or_else(|error| panic!("{error}\n{}", context()));
        let value = match &case.edit {
            Edit::Set { value, .. } => Some(value),
            Edit::Remove { .. } => None,
        };
        if case.before != case.after || value.is_some() {
            apply(&mut wanted, case.edit.path().segments(), value);
        }
        assert_eq!(comparable(wanted), comparable(got), "{}", context());
    }
    println!("{} edits checked, {refusals} refused, {unreadable} files unreadable", cases.len());
    assert!(cases.len() > count * 3 / 4, "too few edits were possible: {} of {count}", cases.len());
}
