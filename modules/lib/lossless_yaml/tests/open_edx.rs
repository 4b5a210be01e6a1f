//! The files that four releases of Open edX really render.

#![allow(
    clippy::expect_used,
    clippy::needless_pass_by_value,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test that cannot go on should say where"
)]

mod oracle;

use lossless_yaml::{Document, EmitOptions, MAX_DEPTH, Reader, merge_edits};
use oracle::{canonical, pyyaml, typed};
use serde_json::json;
use std::path::{Path, PathBuf};

fn settings_files() -> Vec<PathBuf> {
    let shared = std::env::var_os("EDXOPS_SHARED")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../../shared"), PathBuf::from);
    let mut folders = vec![shared.join("edx-etc")];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(&folder) else { continue };
        for entry in entries {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "yml" || extension == "json") {
                files.push(path);
            }
        }
    }
    if files.is_empty() {
        println!("skipped: no rendered files of Open edX in {}", shared.display());
    }
    files.sort();
    files
}

#[test]
fn rendered_files_read_as_pyyaml_reads_them() {
    let files = settings_files();
    let texts: Vec<String> = files.iter().map(|path| std::fs::read_to_string(path).unwrap()).collect();
    let Some(answers) = pyyaml(&texts) else { return };
    for ((path, text), answer) in files.iter().zip(&texts).zip(answers) {
        let doc = Document::parse(text.as_str()).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        assert_eq!(typed(&doc), canonical(answer.unwrap()), "{}", path.display());
    }
}

#[test]
fn what_is_wished_for_already_changes_no_byte() {
    for path in settings_files() {
        let bytes = std::fs::read(&path).unwrap();
        let doc = Document::parse(bytes.as_slice()).unwrap();
        let all = doc.root().to_json();
        let Some(settings) = all.as_object() else { continue };
        assert_eq!(merge_edits(&doc, settings, Reader::Plain), [], "{}", path.display());
        let edits = vec![lossless_yaml::Edit::Set { path: lossless_yaml::KeyPath::root(), value: all.clone() }];
        let edited = doc.plan(&edits, &EmitOptions::default()).unwrap();
        assert_eq!(edited.bytes, bytes, "{}", path.display());
    }
}

#[test]
fn every_list_of_rendered_files_can_be_emptied_and_filled_again() {
    for path in settings_files() {
        let bytes = std::fs::read(&path).unwrap();
        let doc = Document::parse(bytes.as_slice()).unwrap();
        let mut edits = Vec::new();
        doc.walk(&mut |path, node| {
            let inside = |edit: &lossless_yaml::Edit| edit.path().contains(path);
            if node.kind() == lossless_yaml::Kind::Sequence && !edits.iter().any(inside) {
                edits.push(lossless_yaml::Edit::Set { path: path.clone(), value: json!(["new", "yes", 3]) });
            }
        });
        let edited =
            doc.plan(&edits, &EmitOptions::default()).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let again = Document::parse(edited.bytes).unwrap();
        for edit in &edits {
            assert!(again.get(edit.path()).unwrap().equals(&json!(["new", "yes", 3]), Reader::Plain));
        }
    }
}

#[test]
fn deep_nesting_is_refused_not_a_crash() {
    for (open, close) in [("[", "]"), ("{a: ", "}"), ("- ", "")] {
        let text = format!("{}x{}\n", open.repeat(100_000), close.repeat(100_000));
        let error = Document::parse(text).unwrap_err().to_string();
        assert_eq!(error, format!("line 1: nested more than {MAX_DEPTH} levels deep"));
    }
}
