//! The report as a page, without a browser; `tests/report` of the project looks at it in one.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod common;

use roadmap::{Report, html, plan};

const AT: &str = "2026-11-25 22:30 UTC";

fn page(hosts: Vec<roadmap::HostStatus>) -> String {
    let plan = plan(5_000, true, &hosts);
    html(&Report::new(hosts, Some(plan), AT))
}

/// What stands between each of these and the next tag.
fn texts<'a>(page: &'a str, tag: &str) -> Vec<&'a str> {
    page.split(tag).skip(1).map(|rest| rest.split('<').next().unwrap()).collect()
}

#[test]
fn each_platform_has_its_verdict() {
    assert_eq!(texts(&page(common::fresh()), "<h1>"), ["No: 7 things are in the way of a second application server."]);
    assert_eq!(texts(&page(common::half()), "<h1>"), ["No: 5 things are in the way of a second application server."]);
    assert_eq!(texts(&page(common::moved()), "<h1>"), ["Yes: all application servers share all data."]);
    assert_eq!(texts(&page(common::moved()[..1].to_vec()), "<h1>"), ["Yes: a second application server may be added."]);
    let mut one = common::moved();
    one.truncate(1);
    one[0].is_complete = false;
    assert_eq!(texts(&page(one), "<h1>"), ["No: 1 thing is in the way of a second application server."]);
}

#[test]
fn each_platform_has_its_roadmap() {
    let states =
        |hosts| texts(&page(hosts), "<span class=\"state\">").iter().map(|it| (*it).to_owned()).collect::<Vec<_>>();
    assert_eq!(states(common::fresh()), ["to do, next", "later", "later", "later", "later", "later"]);
    assert_eq!(states(common::half()), ["done", "half done, next", "half done", "later", "later", "later"]);
    assert_eq!(states(common::moved()), ["done"; 6]);
}

#[test]
fn every_remark_and_finding_is_on_it() {
    let hosts = common::half();
    let report = Report::new(hosts.clone(), None, AT);
    let page = html(&report);
    let escaped = |text: &str| text.replace('&', "&#38;").replace('\'', "&#39;");
    for remark in &report.readiness.blockers {
        assert!(page.contains(&escaped(&remark.says)), "{}", remark.says);
    }
    for finding in &hosts[0].findings {
        assert!(page.contains(&finding.seen) && page.contains(&finding.advice), "{}", finding.name);
    }
}

#[test]
fn nothing_from_outside_is_markup() {
    let page = page(common::hostile());
    assert!(!page.contains("<script"));
    assert!(!page.contains("&\"'"), "an ampersand and quotes as they came");
    assert!(page.contains("&#60;script&#62;alert(1)&#60;/script&#62;&#38;&#34;&#39;`\\u{1b}[31m\\r\n\\u{202e}\\u{0}"));
    assert!(page.chars().all(|character| character == '\n' || !character.is_control()));
    assert!(!page.contains('\u{202e}'));
}

#[test]
fn nothing_is_fetched_and_nothing_is_run() {
    for hosts in [common::fresh(), common::half(), common::moved(), common::crowd(), Vec::new()] {
        let page = page(hosts);
        assert!(page.contains("content=\"default-src 'none'; style-src 'unsafe-inline'\""));
        for word in ["<script", "<link", "<img", "src=", "url(", "@import", "http://", "https://", "javascript:"] {
            assert!(!page.contains(word), "{word}");
        }
        let tags = page.split('<').skip(1).map(|rest| rest.split('>').next().unwrap());
        let run: Vec<_> = tags.filter(|tag| tag.contains(" on")).collect();
        assert_eq!(run, [] as [&str; 0]);
    }
}

#[test]
fn a_page_of_eight_servers_stays_small() {
    assert!(page(common::crowd()).len() < 200_000);
}

#[test]
fn layers_that_nothing_uses_are_not_drawn() {
    assert!(!page(common::moved()).contains("RabbitMQ"));
}
