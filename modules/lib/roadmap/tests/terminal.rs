//! The report on a terminal. The three platforms of `common` give three roadmaps; `EDXOPS_BLESS=1` writes them anew.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod common;

use std::fs;
use std::path::PathBuf;

use roadmap::{HostStatus, Report, plan, text};

const AT: &str = "2026-11-25 22:30 UTC";

fn check(name: &str, report: &Report) {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/expected").join(name);
    let shown = text(report, 100);
    if std::env::var_os("EDXOPS_BLESS").is_some() {
        fs::write(&file, &shown).unwrap();
    }
    assert_eq!(shown, fs::read_to_string(&file).unwrap(), "{}", file.display());
}

#[test]
fn a_fresh_platform() {
    check("fresh.txt", &Report::new(common::fresh(), None, AT));
}

#[test]
fn a_platform_half_way() {
    check("half.txt", &Report::new(common::half(), None, AT));
}

#[test]
fn a_platform_at_the_end() {
    check("moved.txt", &Report::new(common::moved(), None, AT));
}

#[test]
fn with_a_plan() {
    let hosts = common::fresh();
    let plan = plan(5_000, true, &hosts);
    check("plan.txt", &Report::new(hosts, Some(plan), AT));
}

fn all() -> [Vec<HostStatus>; 6] {
    [common::fresh(), common::half(), common::moved(), common::crowd(), common::hostile(), Vec::new()]
}

#[test]
fn no_line_is_wider_than_asked() {
    for hosts in all() {
        for (asked, width) in [(0, 72), (72, 72), (80, 80), (100, 100), (120, 120), (10_000, 120)] {
            let plan = plan(5_000, true, &hosts);
            let shown = text(&Report::new(hosts.clone(), Some(plan), AT), asked);
            let command = |line: &&str| line.contains("ansible-playbook");
            for line in shown.lines().filter(|line| !command(line)) {
                assert!(line.chars().count() <= width, "{width}: {line}");
                assert_eq!(line.trim_end(), line);
            }
        }
    }
}

#[test]
fn nothing_from_outside_moves_the_cursor() {
    let shown = text(&Report::new(common::hostile(), None, "now\u{1b}[2J\r"), 100);
    assert!(shown.chars().all(|character| character == '\n' || matches!(character, ' '..='~')));
    assert!(shown.contains("\\u{1b}[31m\\r\\n\\u{202e}\\u{0}"), "{shown}");
    assert!(shown.starts_with("Open edX platform, looked at now\\u{1b}[2J\\r\n"), "{shown}");
}

#[test]
fn it_is_ascii() {
    for hosts in all() {
        assert!(text(&Report::new(hosts, None, AT), 100).is_ascii());
    }
}

#[test]
fn letters_of_other_scripts_are_kept() {
    let mut hosts = common::fresh();
    "Hörsaal №1 学校".clone_into(&mut hosts[0].host);
    assert!(text(&Report::new(hosts, None, AT), 100).contains("Hörsaal \\u{2116}1 学校 ("));
}
