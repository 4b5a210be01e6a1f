//! Texts at which libyaml-safer 0.3 stumbles are refused or read like any other: a release build aborts at a panic.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use lossless_yaml::{Document, Error};
use proptest::prelude::*;

fn problem(text: &str) -> (usize, usize, String) {
    match Document::parse(text) {
        Err(Error::Syntax { line, column, problem }) => (line, column, problem),
        other => panic!("{text:?}: {other:?}"),
    }
}

#[test]
fn a_tag_before_a_comma_is_refused() {
    for (text, line, column) in [
        ("[!,", 1, 2),
        ("a: 1\nb: [!t, 2]\n", 2, 5),
        ("b: {é: !!str, c: 2}\n", 1, 8),
        ("- 'Hello!, [!you, there]'\n- [1, !<tag:x>, 2]\n", 2, 7),
        ("[!a!b,]", 1, 2),
        ("[&a !t, 1]", 1, 5),
        ("[&a 1, *a !t, 1]", 1, 11),
        ("\u{feff}[!t, 1]", 1, 2),
        ("[\"a\"!t, 1]", 1, 5),
        ("[a !x, 'it: [', !t, 1]", 1, 17),
        ("a: !t,\n", 1, 4),
    ] {
        assert_eq!(problem(text), (line, column, "a tag needs a space behind it".to_owned()), "{text:?}");
    }
    assert_eq!(
        Document::parse("a: 1\nb: [!t, 2]\n").unwrap_err().to_string(),
        "line 2, column 5: not valid YAML: a tag needs a space behind it"
    );
}

#[test]
fn a_mark_and_a_comma_in_a_text_are_no_tag() {
    for text in [
        "a: 'Hello [!you, there]'\n",
        "a: \"!x, y\"\n",
        "a: b !x, y\n",
        "[a !x, 'it: [', \"!\"]\n",
        "# !x, y\na: 1\n",
        "a: |\n  [!x, y]\n",
        "a: >\n  !x, y",
        "a: !<tag:x,2000:y> 1\n",
        "a: [!<tag:x,2000:y> 1, 2]\n",
        "a: !t [1, 2]\n",
    ] {
        assert!(Document::parse(text).is_ok(), "{text:?}: {:?}", Document::parse(text));
    }
}

#[test]
fn a_line_may_end_in_any_of_yaml_s_line_breaks_behind_a_tag() {
    for line_break in ["\n", "\r", "\r\n", "\u{85}", "\u{2028}", "\u{2029}", "\n\u{feff}", " # c\u{2028}"] {
        for props in ["!!str", "&a", "&a !!str"] {
            let doc = Document::parse(format!("{props} {line_break}'x'")).unwrap();
            assert_eq!(doc.root().text(), Some("x"), "{props} {line_break:?}");
        }
    }
}

#[test]
fn work_grows_linearly_with_marks() {
    for piece in ["!", "!<", "!-", "'!x,'\n- ", "!x, "] {
        let _ = Document::parse(format!("- {}", piece.repeat(200_000)));
    }
}

fn pieces() -> impl Strategy<Value = String> {
    let pieces = [
        "a",
        "b: ",
        "- ",
        "? ",
        ": ",
        ":",
        "\n",
        "\n  ",
        " ",
        "\t",
        "'",
        "\"",
        "[",
        "]",
        "{",
        "}",
        ",",
        "!",
        "!!",
        "!t ",
        "!t,",
        "!<x>",
        "!<x>,",
        "!a!b",
        "%20",
        "%C3%A9",
        "%FF",
        "&a ",
        "*a",
        "|",
        "|\n  x\n",
        "|+\n",
        "|0\n",
        ">-",
        "#",
        "# c\n",
        "---\n",
        "...\n",
        "%YAML 1.1\n",
        "%YAML 99999999999.1\n",
        "%TAG ! tag:x,2000:\n",
        "\\",
        "\\x4",
        "\\\n",
        "\\UFFFFFFFF",
        "\\ud800",
        "\r",
        "\r\n",
        "\u{85}",
        "\u{2028}",
        "\u{2029}",
        "\u{feff}",
        "é",
        "😀",
        "\0",
        "\u{7f}",
        "1_0",
        "<<: ",
        "~",
        "=",
        "@",
        "`",
        "--",
        "..",
        "!%41 ",
        "!%FF ",
    ];
    prop::collection::vec(prop::sample::select(pieces.to_vec()), 0..16).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 20_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_read_or_refused(text in pieces()) {
        let _ = Document::parse(text).map(|doc| doc.root().to_json());
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = Document::parse(bytes).map(|doc| doc.root().to_json());
    }
}
