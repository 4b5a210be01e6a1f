//! Edits, each with the file before and the file after, byte for byte.

#![allow(
    clippy::expect_used,
    clippy::needless_pass_by_value,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test that cannot go on should say where"
)]

use lossless_yaml::{Document, Edit, EmitOptions, Error, KeyPath, Reader, merge_edits, unified_hunks};
use serde_json::{Value, json};

fn path(text: &str) -> KeyPath {
    text.parse().unwrap()
}

fn set(at: &str, value: Value) -> Edit {
    Edit::Set { path: path(at), value }
}

fn remove(at: &str) -> Edit {
    Edit::Remove { path: path(at) }
}

fn plan_for(reader: Reader, before: &str, edits: &[Edit]) -> Result<String, Error> {
    let doc = Document::parse(before).unwrap();
    doc.plan(edits, &EmitOptions { reader }).map(|edited| String::from_utf8(edited.bytes).unwrap())
}

fn plan(before: &str, edits: &[Edit]) -> Result<String, Error> {
    plan_for(Reader::Plain, before, edits)
}

#[track_caller]
fn becomes(before: &str, edits: &[Edit], after: &str) {
    match plan(before, edits) {
        Ok(text) => assert_eq!(text, after),
        Err(error) => panic!("{error}"),
    }
}

#[track_caller]
fn refused(before: &str, edits: &[Edit], message: &str) {
    match plan(before, edits) {
        Ok(text) => panic!("not refused, but:\n{text}"),
        Err(error) => assert_eq!(error.to_string(), message),
    }
}

#[test]
fn a_scalar_keeps_its_quotes() {
    becomes("a: x # c\nb: y\n", &[set("a", json!("z"))], "a: z # c\nb: y\n");
    becomes("a: 'x'\n", &[set("a", json!("it's"))], "a: 'it''s'\n");
    becomes("a: \"x\"\n", &[set("a", json!("z\"y"))], "a: \"z\\\"y\"\n");
    becomes("a: x\n", &[set("a", json!("172.31.5.10:11211"))], "a: 172.31.5.10:11211\n");
}

#[test]
fn a_string_stays_a_string() {
    for word in [
        "yes",
        "No",
        "on",
        "null",
        "~",
        "",
        "12",
        "0777",
        "1_000",
        "10:30:00",
        "1.5",
        "2020-01-01",
        "<<",
        "=",
        "0o7",
        "1e5",
        "y",
        "- a",
        "a: b",
        "a #b",
        "#x",
        "&a",
        "*a",
        "!x",
        "%x",
        "@x",
        "`x",
        "? x",
        "a:",
        " a",
        "a ",
        "---",
        "...",
        "[a]",
        "{a}",
        "'",
        "\"x",
    ] {
        let text =
            plan("a: x\nb: 'x'\nc: \"x\"\n", &[set("a", json!(word)), set("b", json!(word)), set("c", json!(word))])
                .unwrap();
        let doc = Document::parse(text).unwrap();
        for key in ["a", "b", "c"] {
            assert!(doc.root().get(key).unwrap().equals(&json!(word), Reader::Plain), "{key}: {word}");
        }
    }
    becomes("a: x\n", &[set("a", json!("yes"))], "a: 'yes'\n");
    becomes("a: x\n", &[set("a", json!("two\nlines\u{7}"))], "a: \"two\\nlines\\u0007\"\n");
}

#[test]
fn other_types_are_written_bare() {
    becomes("a: 'x'\n", &[set("a", json!(3306))], "a: 3306\n");
    becomes("a: 'x'\n", &[set("a", json!(false))], "a: false\n");
    becomes("a: 'x'\n", &[set("a", Value::Null)], "a: null\n");
    becomes("a: x\n", &[set("a", json!(1e22))], "a: 1.0e+22\n");
    becomes("a: x\n", &[set("a", json!(1.0))], "a: 1.0\n");
    becomes("a:\nb: 1\n", &[set("a", json!("x"))], "a: x\nb: 1\n");
    becomes("a: # note\nb: 1\n", &[set("a", json!("x"))], "a: x # note\nb: 1\n");
}

#[test]
fn what_is_equal_to_pyyaml_is_not_touched() {
    let before = "a: no\nb: 0777\nc: 1_000\nd: 10:30:00\ne: 'x'\nf: ~\ng: [1, \"b\"]\n";
    let edits = [
        set("a", json!(false)),
        set("b", json!(511)),
        set("c", json!(1000)),
        set("d", json!(37800)),
        set("e", json!("x")),
        set("f", Value::Null),
        set("g", json!([1, "b"])),
    ];
    let edited = Document::parse(before).unwrap().plan(&edits, &EmitOptions::default()).unwrap();
    assert_eq!((edited.changed(), edited.bytes.as_slice()), (false, before.as_bytes()));
}

#[test]
fn a_list_is_replaced_item_by_item() {
    let before = "CACHES:\n    default:\n        LOCATION:\n        # the first\n        - localhost:11211 # here\n        # the end\n        KEY_PREFIX: x\n";
    becomes(
        before,
        &[set("CACHES.default.LOCATION", json!(["10.0.0.1:11211", "10.0.0.2:11211"]))],
        "CACHES:\n    default:\n        LOCATION:\n        # the first\n        - 10.0.0.1:11211 # here\n        # the end\n        - 10.0.0.2:11211\n        KEY_PREFIX: x\n",
    );
    becomes("a:\n- x\n# note\n- y\n- z # gone\nb: 1\n", &[set("a", json!(["x"]))], "a:\n- x\n# note\nb: 1\n");
    becomes("a:\n- x # c\n# note\nb: 1\n", &[set("a", json!([]))], "a: []\n# note\nb: 1\n");
    becomes("a: []\nb: 1\n", &[set("a", json!(["x", "y"]))], "a:\n- x\n- y\nb: 1\n");
    becomes("a: [\"x\"]   # c\n", &[set("a", json!(["y", "z"]))], "a: [\"y\", \"z\"]   # c\n");
    becomes("a: [x, y, z]\n", &[set("a", json!(["x"]))], "a: [x]\n");
    becomes("z:\n  - 1\na: x\n", &[set("a", json!(["x"]))], "z:\n  - 1\na:\n  - x\n");
}

#[test]
fn a_list_of_mappings_follows_its_layout() {
    becomes(
        "V:\n-   NAME: a\n-   NAME: b\n    OPTIONS:\n        min: 2\n",
        &[set("V", json!([{"NAME": "a"}, {"NAME": "b", "OPTIONS": {"min": 2}}, {"NAME": "c", "OPTIONS": {"max": 3}}]))],
        "V:\n-   NAME: a\n-   NAME: b\n    OPTIONS:\n        min: 2\n-   NAME: c\n    OPTIONS:\n        max: 3\n",
    );
    becomes("V:\n- a: 1\n  b: 2\n", &[remove("V[0].a")], "V:\n- b: 2\n");
    becomes("V:\n- b: 2\n  c: 3\n", &[set("V[0].a", json!(1))], "V:\n- a: 1\n  b: 2\n  c: 3\n");
    becomes("V:\n- a: 1 # x\n  # note\n  b: 2\n", &[remove("V[0].a")], "V:\n- \n  # note\n  b: 2\n");
    becomes("V:\n- a: 1\n- a: 2\n", &[remove("V[0]")], "V:\n- a: 2\n");
}

#[test]
fn a_new_key_in_a_sorted_mapping_is_put_in_its_place() {
    becomes("A: 1\n# about c\nC: 3\n", &[set("B", json!(2))], "A: 1\nB: 2\n# about c\nC: 3\n");
    becomes("B: 1\nC: 3\n", &[set("A", json!("x"))], "A: x\nB: 1\nC: 3\n");
    becomes("A: 1\nB: 3", &[set("D", json!(4)), set("C", json!("x"))], "A: 1\nB: 3\nC: x\nD: 4\n");
    becomes("{a: 1, c: 3}\n", &[set("b", json!(2))], "{a: 1, b: 2, c: 3}\n");
}

#[test]
fn a_new_key_elsewhere_is_put_last() {
    becomes("B: 1\nA: 3\n", &[set("C", json!(2))], "B: 1\nA: 3\nC: 2\n");
    becomes("B: 1\nA: 3\n# D: 4\n\n# end\n", &[set("C", json!(2))], "B: 1\nA: 3\n# D: 4\nC: 2\n\n# end\n");
    becomes(
        "x:\n  b: 1\n  a: 2\ny: 1\n",
        &[set("x.c", json!({"d": [1]}))],
        "x:\n  b: 1\n  a: 2\n  c:\n    d:\n    - 1\ny: 1\n",
    );
    becomes("B: 1\r\nA: 3\r\n", &[set("C", json!(2))], "B: 1\r\nA: 3\r\nC: 2\r\n");
    becomes("\u{feff}B: 1\nA: 3\n", &[set("B", json!(2)), set("C", json!(2))], "\u{feff}B: 2\nA: 3\nC: 2\n");
    becomes("\u{feff}B: 1\nC: 3\n", &[set("A", json!(2))], "\u{feff}A: 2\nB: 1\nC: 3\n");
    becomes("b: 1\na: |\n  text\n\n...\n", &[set("c", json!(2))], "b: 1\na: |\n  text\nc: 2\n\n...\n");
}

#[test]
fn nested_mappings_are_made() {
    becomes("a: 1\n", &[set("x.y.z", json!(1)), set("x.y.w", json!(2))], "a: 1\nx:\n  y:\n    z: 1\n    w: 2\n");
    becomes("a:\nb: 1\n", &[set("a.c", json!(1))], "a:\n  c: 1\nb: 1\n");
    becomes("a: {}\nb: 1\n", &[set("a.c", json!(1))], "a:\n  c: 1\nb: 1\n");
    becomes("a: null # c\nb: 1\n", &[set("a.c", json!(1))], "a: # c\n  c: 1\nb: 1\n");
}

#[test]
fn an_empty_file_is_filled() {
    for (before, after) in [
        ("", "A: 1\n"),
        ("# note\n", "# note\nA: 1\n"),
        ("# note", "# note\nA: 1\n"),
        ("---\n", "---\nA: 1\n"),
        ("---", "---\nA: 1\n"),
        ("--- # c\n...\n", "--- # c\nA: 1\n...\n"),
        ("null\n", "A: 1\n"),
        ("{}\n", "A: 1\n"),
        ("--- {}\n", "--- \nA: 1\n"),
        ("---\n{}\n", "---\nA: 1\n"),
    ] {
        becomes(before, &[set("A", json!(1))], after);
    }
    assert_eq!(
        plan_for(Reader::Json, "{}\n", &[set("A", json!({"b": "c"}))]).unwrap(),
        "{\n    \"A\": {\n        \"b\": \"c\"\n    }\n}\n"
    );
}

#[test]
fn removal_takes_the_lines_of_the_entry_only() {
    becomes(
        "a: 1\n# about b\nb:\n- x # c\n- y\n# about c\nc: 3\n",
        &[remove("b")],
        "a: 1\n# about b\n# about c\nc: 3\n",
    );
    becomes("a: 1\n", &[remove("a")], "{}\n");
    becomes("x:\n  a: 1\n  # note\n  b: 2\ny: 1\n", &[remove("x.a"), remove("x.b")], "x: {}\n  # note\ny: 1\n");
    becomes("a: 1\n", &[remove("b"), remove("c.d")], "a: 1\n");
    becomes("{a: 1, b: 2, c: 3}\n", &[remove("b")], "{a: 1, c: 3}\n");
    becomes("{a: 1, b: 2, c: 3}\n", &[remove("c"), remove("b")], "{a: 1}\n");
    becomes("{a: 1, b: 2, c: 3}\n", &[remove("a"), remove("b")], "{c: 3}\n");
    becomes("x: {a: 1}\n", &[remove("x.a")], "x: {}\n");
    becomes("? a\n: 1\n? b\n: 2\n", &[remove("a")], "? b\n: 2\n");
}

#[test]
fn a_json_file_stays_json() {
    let before = "{\n    \"CACHES\": {\n        \"default\": {\n            \"LOCATION\": [\n                \"localhost:11211\"\n            ], \n            \"N\": 1\n        }\n    }, \n    \"E\": {}\n}\n";
    let edits = [
        set("CACHES.default.LOCATION", json!(["a", "b"])),
        set("E.x", json!("yes")),
        set("CACHES.default.O", json!({"p": [null, true]})),
    ];
    let after = plan(before, &edits).unwrap();
    assert_eq!(
        after,
        "{\n    \"CACHES\": {\n        \"default\": {\n            \"LOCATION\": [\n                \"a\", \n                \"b\"\n            ], \n            \"N\": 1, \n            \"O\": {\n                \"p\": [\n                    null,\n                    true\n                ]\n            }\n        }\n    }, \n    \"E\": {\n        \"x\": \"yes\"\n    }\n}\n"
    );
    serde_json::from_str::<Value>(&after).unwrap();
}

#[test]
fn ansible_does_not_template_what_is_written_for_it() {
    let text = plan_for(
        Reader::Ansible,
        "a: x\nl: [x]\n",
        &[set("a", json!("{{ b }}")), set("l", json!(["{% c %}", "d"])), set("n", json!("{#"))],
    );
    assert_eq!(text.unwrap(), "a: !unsafe '{{ b }}'\nl: [!unsafe '{% c %}', d]\nn: !unsafe '{#'\n");
    let same = "a: !unsafe '{{ b }}'\n";
    assert_eq!(plan_for(Reader::Ansible, same, &[set("a", json!("{{ b }}"))]).unwrap(), same);
    assert_eq!(plan("a: x\n", &[set("a", json!("{{ b }}"))]).unwrap(), "a: '{{ b }}'\n");
}

#[test]
fn shared_values_are_refused() {
    let before = "base: &b\n  x: 1\nuse: *b\nown:\n  <<: *b\n  y: 2\n";
    refused(
        before,
        &[set("use.x", json!(2))],
        "line 3: `use` is the alias `*b` of the value on line 1; an edit would have to change that value, too: write the value out in place of the alias",
    );
    refused(
        before,
        &[set("base.x", json!(2))],
        "line 1: `base.x` belongs to the anchor `&b` (line 1), which line 3 uses again; an edit would change both: write the value out in place of the alias",
    );
    refused(
        before,
        &[set("own.x", json!(2))],
        "line 5: `own.x` comes from a merge (`<<`) on this line; write the key out in its own mapping first",
    );
    becomes(before, &[set("own.x", json!(1)), set("use.x", json!(1)), set("base.x", json!(1))], before);
    becomes(before, &[set("own.y", json!(3))], "base: &b\n  x: 1\nuse: *b\nown:\n  <<: *b\n  y: 3\n");
    refused(
        before,
        &[remove("base")],
        "line 1: `base` belongs to the anchor `&b` (line 1), which line 3 uses again; an edit would change both: write the value out in place of the alias",
    );
}

#[test]
fn paths_that_lead_nowhere_are_refused() {
    refused("a: x\n", &[set("a.b", json!(1))], "line 1: `a.b` cannot be reached: `a` is a single value");
    refused("a: [x]\n", &[set("a.b", json!(1))], "line 1: `a.b` cannot be reached: `a` is a list, not a mapping");
    refused("a:\n  b: 1\n", &[set("a[0]", json!(1))], "line 2: `a[0]` cannot be reached: `a` is a mapping, not a list");
    refused("a: [x]\n", &[set("a[3]", json!(1))], "line 1: `a[3]` does not exist: the list has 1 items");
    refused("a: x\n", &[set("a", json!(1)), set("a", json!(2))], "`a` is to be changed by two edits at once");
    refused(
        "1: x\n'1': y\n",
        &[set("1", json!("z"))],
        "line 2: `1` may also mean the key on line 1; rename one of them",
    );
}

#[test]
fn merge_edits_gives_only_what_differs() {
    let doc = Document::parse("a: no\nb:\n  c: 1\n  d: [x]\ne: '3306'\n").unwrap();
    let wanted = json!({"a": false, "b": {"c": 1, "d": ["x", "y"], "n": null}, "e": 3306, "f": {"g": 1}});
    let edits = merge_edits(&doc, wanted.as_object().unwrap(), Reader::Plain);
    assert_eq!(
        edits,
        [set("b.d", json!(["x", "y"])), set("b.n", Value::Null), set("e", json!(3306)), set("f", json!({"g": 1}))]
    );
    let text = plan("a: no\nb:\n  c: 1\n  d: [x]\ne: '3306'\n", &edits).unwrap();
    assert_eq!(text, "a: no\nb:\n  c: 1\n  d: [x, y]\n  n: null\ne: 3306\nf:\n  g: 1\n");
}

#[test]
fn the_diff_shows_the_touched_lines_and_no_secret() {
    let before =
        "DB:\n  HOST: a\n  PASSWORD: hunter2\nURL: redis://:hunter3@a:1/ # x\nL: {PASSWORD: hunter4, a: 1}\nM:\n- 1\n";
    let edits = [
        set("DB.PASSWORD", json!("hunter5")),
        set("URL", json!("redis://:hunter6@b:1/")),
        set("L.a", json!(2)),
        set("M", json!([1, 2])),
        set("Z.TOKEN", json!(["hunter7"])),
    ];
    let edited = Document::parse(before).unwrap().plan(&edits, &EmitOptions::default()).unwrap();
    assert_eq!(
        unified_hunks("/etc/x.yml", &edited.changes),
        "--- /etc/x.yml\n+++ /etc/x.yml\n@@ line 3: DB.PASSWORD @@\n-  PASSWORD: ********\n+  PASSWORD: ********\n@@ line 4: URL @@\n-URL: redis://:********@a:1/ # x\n+URL: redis://:********@b:1/ # x\n@@ line 5: L.a @@\n-L: {PASSWORD: ********, a: 1}\n+L: {PASSWORD: ********, a: 2}\n@@ line 8: M[1] @@\n+- 2\n@@ line 8: Z @@\n+Z:\n+  TOKEN:\n+  - ********\n"
    );
}

#[test]
fn entries_of_other_files_are_copied_as_they_are_written() {
    let play = "- hosts: all\n  vars:\n    A: 'x' # note\n    V: !vault |\n      $ANSIBLE_VAULT;1.1;AES256\n      3132\n    # more\n    L:\n      - a\n      - b: \"c\n        d\"\n  tasks: []\n";
    let source = Document::parse(play).unwrap();
    let vars = source.get(&path("[0].vars")).unwrap();
    let entries: Vec<_> = vars.entries().collect();
    let copied = "A: 'x' # note\nV: !vault |\n  $ANSIBLE_VAULT;1.1;AES256\n  3132\nL:\n  - a\n  - b: \"c\n    d\"\n";
    for (before, after) in [
        ("Z: 1\n", format!("Z: 1\n{copied}")),
        ("Z: 1", format!("Z: 1\n{copied}")),
        ("", copied.to_owned()),
        ("---\n# head\n", format!("---\n# head\n{copied}")),
        ("---\n{}\n", format!("---\n{copied}")),
    ] {
        let edited = Document::parse(before).unwrap().append_entries(&entries).unwrap();
        assert_eq!(String::from_utf8(edited.bytes).unwrap(), after);
        assert_eq!(edited.changes[0].after_lines, ["A: ********"]);
    }
    let anchored = Document::parse("a: &x 1\n").unwrap();
    let entries: Vec<_> = anchored.root().entries().collect();
    let error = Document::parse("b: 1\n").unwrap().append_entries(&entries).unwrap_err();
    assert_eq!(
        error.to_string(),
        "line 1: `a` cannot be edited: it has an anchor or alias, which cannot be copied into another file; write its value out"
    );
}
