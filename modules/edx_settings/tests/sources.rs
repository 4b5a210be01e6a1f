//! Settings from files on the host: which are taken, what becomes of references, and how to undo it.

#![allow(
    clippy::expect_used,
    clippy::needless_pass_by_value,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test that cannot go on should say where"
)]

mod host;

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use host::{Host, ok, refused, text};
use serde_json::{Value, json};

const LEFT: &str =
    "these hold templates that Ansible resolves only when a play runs, and that fail where a variable is undefined: ";

/// What a vars file becomes in an empty server-vars.yml, and the warnings.
#[track_caller]
fn merged(source: &str) -> (String, Value) {
    let host = Host::new();
    let path = host.write("server-vars.yml", "---\n");
    let source = host.write("config.yml", source);
    let result = ok(json!({"path": path, "sources": [source], "_ansible_diff": true}));
    assert_eq!(ok(json!({"path": path, "sources": [source]}))["changed"], false);
    (text(&path), result["warnings"].clone())
}

#[track_caller]
fn becomes(source: &str, wanted: &str) {
    assert_eq!(merged(source), (wanted.to_owned(), Value::Null), "{source}");
}

#[track_caller]
fn stays(source: &str, names: &str) {
    assert_eq!(merged(source), (format!("---\n{source}"), json!([format!("{LEFT}{names}")])), "{source}");
}

#[test]
fn sources_come_first_and_their_values_are_never_shown() {
    let host = Host::new();
    let play = host.write(
        "native.yml",
        "- hosts: all\n  vars:\n    migrate_db: 'yes'\n    EDXAPP_LMS_BASE: \"play\"\n    EDXAPP_NAME: '{{ EDXAPP_LMS_BASE }}'   # note\n    EDXAPP_URL: 'https://{{ EDXAPP_LMS_BASE | lower }}'\n  roles: [x]\n",
    );
    let config = host.write("config.yml", "EDXAPP_LMS_BASE: lms.example.com\nEDX_PLATFORM_VERSION: x\nOWN: other\n");
    let passwords = host.write(
        "my-passwords.yml",
        "MYSQL_PASS: 'topsecret1'\nUSERS: {ping: topsecret2}\nVAULT: !vault |\n  $ANSIBLE_VAULT;1.1;AES256\n  3132\nREF: '{{ MYSQL_PASS }}'\n",
    );
    let missing = host.path("none.yml");
    let path = host.write("server-vars.yml", "# mine\nOWN: 1\n");
    let arguments = json!({
        "path": path, "sources": [play, config, passwords, missing], "optional_sources": [missing], "settings": {"EDXAPP_MEMCACHE": ["10.0.0.5:11211"]}, "_ansible_diff": true, "_ansible_verbosity": 4,
    });
    let result = ok(arguments.clone());
    assert_eq!(
        text(&path),
        "# mine\nOWN: 1\nEDXAPP_LMS_BASE: lms.example.com\nEDXAPP_URL: 'https://{{ EDXAPP_LMS_BASE | lower }}'\nMYSQL_PASS: 'topsecret1'\nUSERS: {ping: topsecret2}\nVAULT: !vault |\n  $ANSIBLE_VAULT;1.1;AES256\n  3132\nEDXAPP_NAME: lms.example.com\nREF: topsecret1\nEDXAPP_MEMCACHE:\n- 10.0.0.5:11211\n"
    );
    assert_eq!(result["kept_keys"], json!(["OWN"]));
    assert_eq!(
        result["warnings"],
        json!([
            format!("{}: there is no such file, so nothing was merged from it", missing.display()),
            format!("OWN differs from {} (line 3); the file's own value was kept", config.display()),
            "these hold templates that Ansible resolves only when a play runs, and that fail where a variable is undefined: EDXAPP_URL",
        ])
    );
    assert!(!result.to_string().contains("topsecret") && !result.to_string().contains("3132"), "{result:#}");
    assert_eq!(ok(arguments)["changed"], false);
}

#[test]
fn sources_are_not_for_files_that_pyyaml_reads() {
    let (_host, path) = Host::with("etc/lms.yml", "A: 1\n");
    assert_eq!(
        refused(json!({"path": path, "sources": ["/x.yml"]})),
        format!(
            "sources are for a file that Ansible reads; {} is read by PyYAML (give reader: ansible if it is not)",
            path.display()
        )
    );
}

#[test]
fn a_source_that_is_not_there_is_refused() {
    let (host, path) = Host::with("server-vars.yml", "OWN: 1\n");
    let there = host.write("native.yml", "- vars: {A: 1}\n");
    let missing = host.path("config.yml");
    for check in [true, false] {
        assert_eq!(
            refused(
                json!({"path": path, "sources": [there, missing], "settings": {"B": 2}, "_ansible_check_mode": check})
            ),
            format!(
                "sources: {}: there is no such file; nothing was changed: correct sources, or name it in optional_sources as well if it may be missing",
                missing.display()
            )
        );
    }
    assert_eq!(text(&path), "OWN: 1\n");
}

#[test]
fn a_reference_that_is_the_whole_value_keeps_the_type() {
    becomes(
        "PORT: 0600\nON: yes\nNAMES: [a, 'b', 3]\nUSERS: {ping: pong}\nTEXT: '80'\n\
         P: '{{ PORT }}'\nO: '{{ON}}'\nN: '{{ NAMES }}'\nU: '{{ USERS }}'\nT: '{{ TEXT }}'\n",
        "---\nPORT: 0600\nON: yes\nNAMES: [a, 'b', 3]\nUSERS: {ping: pong}\nTEXT: '80'\n\
         P: 384\nO: true\nN:\n- a\n- b\n- 3\nU:\n  ping: pong\nT: '80'\n",
    );
}

#[test]
fn a_reference_within_text_becomes_text_as_python_writes_it() {
    becomes(
        "HOST: lms.example.com\nPORT: 19010\nON: yes\nURL: \"http://{{ HOST }}:{{ PORT }}/\"\nFLAG: on={{ ON }}\nBLOCK: >\n  at {{ HOST }}\n",
        "---\nHOST: lms.example.com\nPORT: 19010\nON: yes\nURL: http://lms.example.com:19010/\nFLAG: on=True\nBLOCK: \"at lms.example.com\\n\"\n",
    );
}

#[test]
fn references_in_lists_and_mappings_are_resolved_and_the_rest_kept() {
    becomes(
        "HOST: h\nPORT: 80\nLIST: [\n  \"{{ HOST }}:{{ PORT }}\",   # first\n  other,\n  '0600', 1.5, ~,\n]\nDEEP:\n  - values:\n      PORT: \"{{ PORT }}\"\n      'no': x\n",
        "---\nDEEP:\n- values:\n    PORT: 80\n    'no': x\nHOST: h\nLIST:\n- h:80\n- other\n- '0600'\n- 1.5\n- null\nPORT: 80\n",
    );
}

#[test]
fn references_lead_from_the_play_to_the_operators_files_to_settings() {
    let host = Host::new();
    let play = host.write(
        "native.yml",
        "- vars:\n    MFE: '{{ LMS }}:{{ PORT }}'\n    PORT: 1\n    ACCOUNT: 'http://{{ MFE }}/{{ PATH }}/{{ OWN }}'\n",
    );
    let config = host.write("config.yml", "LMS: lms\nPATH: wrong\nOWN: wrong\nPORT: 2\n");
    let path = host.write("server-vars.yml", "OWN: mine\n");
    ok(json!({"path": path, "sources": [play, config], "settings": {"PATH": "a"}}));
    assert_eq!(text(&path), "OWN: mine\nPORT: 2\nLMS: lms\nMFE: lms:2\nACCOUNT: http://lms:2/a/mine\nPATH: a\n");
}

#[test]
fn what_only_ansible_can_resolve_stays_a_template() {
    for (source, names) in [
        ("A: x\nB: \"{{ A | upper }}\"\n", "B"),
        ("A: x\nB: \"{{ A }}{{ A.b }}\"\n", "B"),
        ("A: x\nB: [\"{{ A }}\", \"{{ UNKNOWN }}\"]\n", "B"),
        ("A: x\nB: \"{% if A %}{{ A }}{% endif %}\"\n", "B"),
        ("A: x\nB: \"{# {{ A }} #}\"\n", "B"),
        ("A: x\nB: \"{{ A }\"\n", "B"),
        ("A: x\nB: \"{{- A }}\"\n", "B"),
        ("true: x\nB: \"{{ true }}\"\n", "B"),
        // A circle, and what leads into it.
        ("A: \"{{ B }}\"\nB: \"b{{ A }}\"\nC: \"c{{ A }}\"\n", "A, B, C"),
        ("A: \"{{ A }}\"\n", "A"),
        // Ansible would make a list, a mapping, a truth value of them.
        ("A: '[1]'\nB: \"{{ A }}\"\n", "B"),
        ("A: x\nB: \"[{{ A }}]\"\n", "B"),
        ("A: Tr\nB: \"{{ A }}ue\"\n", "B"),
        // Dates, numbers with a fraction, null and collections have no text of their own.
        ("A: 2020-01-01\nB: \"{{ A }}\"\n", "B"),
        ("A: 1.50\nB: \"v{{ A }}\"\n", "B"),
        ("A: ~\nB: \"v{{ A }}\"\n", "B"),
        ("A: [1]\nB: \"v{{ A }}\"\n", "B"),
        // How the line breaks at the end add up is Ansible's own affair.
        ("A: |\n  x\nB: |\n  {{ A }}\n", "B"),
        ("A: 1\nB: |\n  {{ A }}\n", "B"),
    ] {
        stays(source, names);
    }
}

#[test]
fn vault_blocks_and_unsafe_strings_are_never_taken_apart() {
    stays("A: x\nV: !vault |\n  $ANSIBLE_VAULT;1.1;AES256\n  3132\nB: \"{{ V }}\"\n", "B");
    stays("A: x\nV:\n  - !vault |\n    $ANSIBLE_VAULT;1.1;AES256\n    3132\n  - \"{{ A }}\"\n", "V");
    stays("A: x\nL: [!unsafe '{{ A }}', \"{{ A }}\"]\n", "L");
    becomes("A: x\nU: !unsafe '{{ A }}'\n", "---\nA: x\nU: !unsafe '{{ A }}'\n");
    becomes("U: !unsafe '{{ A }}'\nB: '{{ U }}'\n", "---\nU: !unsafe '{{ A }}'\nB: !unsafe '{{ A }}'\n");
    stays("U: !unsafe '{{ A }}'\nB: 'b {{ U }}'\n", "B");
}

#[test]
fn references_that_double_and_double_end() {
    let mut source = format!("A0: {}\n", "x".repeat(1000));
    for at in 1..16 {
        let _ = writeln!(source, "A{at}: \"{{{{ A{0} }}}}{{{{ A{0} }}}}\"", at - 1);
    }
    let host = Host::new();
    let path = host.write("server-vars.yml", "---\n");
    let source = host.write("config.yml", &source);
    let result = ok(json!({"path": path, "sources": [source]}));
    let warning = result["warnings"][0].as_str().unwrap();
    assert!(warning.starts_with(LEFT) && warning.ends_with("A15"), "{warning}");
    assert!(text(&path).len() < 8_000_000);
}

#[test]
fn settings_go_into_a_mapping_with_references() {
    let host = Host::new();
    let path = host.write("server-vars.yml", "---\n");
    let source = host.write("config.yml", "A: x\nM: {one: '{{ A }}', two: 2}\n");
    let arguments = json!({"path": path, "sources": [source], "settings": {"M": {"two": 3}}});
    ok(arguments.clone());
    assert_eq!(text(&path), "---\nA: x\nM:\n  one: x\n  two: 3\n");
    assert_eq!(ok(arguments)["changed"], false);
}

const SECRETS: &str = "REDIS_PASSWORD: topsecret1\nSTORE: {auth: 'x:{{ REDIS_PASSWORD }}', list: ['{{ REDIS_PASSWORD }}', '{{ NOBODY }}']}\nURL: 'redis://:{{ REDIS_PASSWORD }}@h'\n";

#[test]
fn values_of_references_are_never_shown() {
    let host = Host::new();
    let path = host.write("server-vars.yml", "URL: other\n");
    let source = host.write("my-passwords.yml", SECRETS);
    let arguments = json!({"path": path, "sources": [source], "_ansible_diff": true, "_ansible_verbosity": 4});
    let result = ok(arguments);
    assert_eq!(
        result["warnings"],
        json!([
            format!("URL differs from {} (line 3); the file's own value was kept", source.display()),
            format!("{LEFT}STORE"),
        ])
    );
    assert!(!result.to_string().contains("topsecret"), "{result:#}");
    fs::write(&path, "OWN: 1\n").unwrap();
    fs::write(&source, SECRETS.replace(", '{{ NOBODY }}'", "")).unwrap();
    let result = ok(json!({"path": path, "sources": [source], "_ansible_diff": true, "_ansible_verbosity": 4}));
    assert_eq!(
        text(&path),
        "OWN: 1\nREDIS_PASSWORD: topsecret1\nSTORE:\n  auth: x:topsecret1\n  list:\n  - topsecret1\nURL: redis://:topsecret1@h\n"
    );
    assert!(!result.to_string().contains("topsecret"), "{result:#}");
}

/// A file as a run with sources left it, and the arguments that take it back.
fn completed() -> (Host, PathBuf, PathBuf, Value) {
    let host = Host::new();
    let path = host.write("server-vars.yml", "# mine\nOWN: 1   # kept\nCACHE: [a]\n");
    let source = host.write("config.yml", "A: x\nB: '{{ A }}y'\n");
    let arguments = json!({"path": path, "sources": [source], "settings": {"CACHE": ["b"]}, "backup": "move"});
    ok(arguments);
    assert_eq!(text(&path), "# mine\nOWN: 1   # kept\nCACHE: [b]\nA: x\nB: xy\n");
    let back = json!({"path": path, "sources": [source], "settings": {"CACHE": ["b"]}, "restore": "move"});
    (host, path, source, back)
}

#[test]
fn a_run_with_sources_is_taken_back_byte_for_byte() {
    let (_host, path, _, back) = completed();
    let result = ok(back.clone());
    assert_eq!((text(&path).as_str(), &result["warnings"]), ("# mine\nOWN: 1   # kept\nCACHE: [a]\n", &Value::Null));
    assert_eq!(ok(back)["changed"], false);
}

#[test]
fn a_run_without_sources_is_taken_back_byte_for_byte_though_sources_are_given() {
    // Put back key by key, the list would have one blank less.
    let before = "CACHE: [a,  c]\n";
    let (host, path) = Host::with("server-vars.yml", before);
    let source = host.write("config.yml", "A: x\n");
    ok(json!({"path": path, "settings": {"CACHE": ["b"], "N": 1}, "backup": "move"}));
    let back = json!({"path": path, "sources": [source], "settings": {"CACHE": ["b"], "N": 1}, "restore": "move"});
    assert_eq!(ok(back)["warnings"], Value::Null);
    assert_eq!(text(&path), before);
}

#[test]
fn a_source_that_changed_or_went_since_does_not_keep_a_run_from_being_taken_back() {
    let kept = |path: &PathBuf, names: &str| {
        format!(
            "{}: other things changed since the backup and were kept: {names}; only the keys of settings were put back",
            path.display()
        )
    };
    let (_host, path, source, back) = completed();
    fs::write(&source, "A: z\n").unwrap();
    assert_eq!(ok(back)["warnings"], json!([kept(&path, "A, B")]));
    assert_eq!(text(&path), "# mine\nOWN: 1   # kept\nCACHE: [a]\nA: x\nB: xy\n");

    let (_host, path, source, back) = completed();
    fs::remove_file(&source).unwrap();
    let result = ok(back);
    let unread = format!("{}: there is no such file, so what was merged from it is not recognized", source.display());
    assert_eq!(result["warnings"], json!([kept(&path, "A, B"), unread]));
    assert_eq!(text(&path), "# mine\nOWN: 1   # kept\nCACHE: [a]\nA: x\nB: xy\n");
}

#[test]
fn what_an_operator_added_to_a_completed_file_stays() {
    let (_host, path, _, back) = completed();
    fs::write(&path, text(&path) + "ADDED: 1\n").unwrap();
    ok(back);
    assert_eq!(text(&path), "# mine\nOWN: 1   # kept\nCACHE: [a]\nA: x\nB: xy\nADDED: 1\n");
}

#[test]
fn a_file_that_a_run_with_sources_made_is_removed() {
    let host = Host::new();
    let path = host.path("server-vars.yml");
    let source = host.write("config.yml", "A: x\nB: ['{{ A }}y']\n");
    let settings = json!({"CACHE": ["b"]});
    ok(json!({"path": path, "sources": [source], "settings": settings, "create": true, "backup": "move"}));
    ok(json!({"path": path, "sources": [source], "settings": settings, "restore": "move"}));
    assert!(!path.exists());
}

#[test]
fn a_run_with_sources_alone_is_taken_back_without_settings() {
    let host = Host::new();
    let path = host.write("server-vars.yml", "OWN: 1\n");
    let source = host.write("config.yml", "A: x\n");
    ok(json!({"path": path, "sources": [source], "backup": "move"}));
    assert_eq!(text(&path), "OWN: 1\nA: x\n");
    let back = json!({"path": path, "sources": [source], "restore": "move"});
    assert_eq!(ok(back)["warnings"], Value::Null);
    assert_eq!(text(&path), "OWN: 1\n");
}
