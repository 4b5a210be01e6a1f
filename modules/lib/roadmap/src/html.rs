//! The report as one page that needs nothing else: no script, no font, no picture from elsewhere.

use askama::Template;

use crate::how::How;
use crate::report::Report;
use crate::stages::{Mark, Stage};
use crate::status::{EndpointStatus, HostStatus, LayerStatus, Place};
use crate::topology::{Topology, topologies};
use crate::words::visible;
use crate::{readiness, text as table, words};

/// The report as a page.
///
/// All that came from a file or a server is escaped by the template, and what cannot be seen of it is spelled out.
pub fn html(report: &Report) -> String {
    let page = Page { report, pictures: topologies(&report.hosts) };
    // It writes to a String and formats numbers and texts: there is nothing in it that fails.
    visible(&page.render().unwrap_or_default())
}

#[derive(Template)]
#[template(path = "report.html", whitespace = "minimize")]
struct Page<'a> {
    report: &'a Report,
    pictures: [Topology; 2],
}

impl Page<'_> {
    fn headline(&self) -> String {
        let several = self.report.hosts.len() > 1;
        match (self.report.readiness.ready, several) {
            (true, true) => "all application servers share all data.".to_owned(),
            (true, false) => "a second application server may be added.".to_owned(),
            (false, true) => format!("{} of several application servers.", self.in_the_way()),
            (false, false) => format!("{} of a second application server.", self.in_the_way()),
        }
    }

    fn in_the_way(&self) -> String {
        let text = self.report.in_the_way();
        format!("{} the way", text.trim_end_matches(" the way").to_lowercase())
    }

    fn passed(&self) -> usize {
        self.report.hosts.iter().map(|host| host.passed).sum()
    }

    fn findings(&self) -> usize {
        self.report.hosts.iter().map(|host| host.findings.len()).sum()
    }

    fn about(host: &HostStatus) -> String {
        let mut known: Vec<&str> = host.name.as_deref().filter(|name| *name != host.host).into_iter().collect();
        known.extend(host.addresses.iter().filter(|address| **address != host.host).map(String::as_str));
        known.extend(host.release.as_deref());
        known.join(", ")
    }

    fn layers(host: &HostStatus) -> impl Iterator<Item = &LayerStatus> {
        host.layers.iter().filter(|layer| layer.place != Place::Unused)
    }

    fn stage_class(stage: &Stage) -> &'static str {
        match stage.mark {
            Mark::Done => "done",
            Mark::HalfDone => "half",
            Mark::Open => "open",
            Mark::Unknown => "unknown",
        }
    }

    fn place_class(layer: &LayerStatus) -> &'static str {
        match layer.place {
            Place::Remote | Place::Unused => "good",
            Place::Local | Place::Mixed | Place::Unknown => "warn",
        }
    }

    fn place(layer: &LayerStatus) -> &'static str {
        table::place(layer.place)
    }

    fn answers(endpoint: &EndpointStatus) -> &'static str {
        table::answers(endpoint.answers)
    }

    fn answers_class(endpoint: &EndpointStatus) -> &'static str {
        class(endpoint.answers)
    }

    fn recorded_class(layer: &LayerStatus) -> &'static str {
        class(layer.is_recorded)
    }

    fn is_public(layer: &LayerStatus, endpoint: &EndpointStatus) -> bool {
        table::is_public(layer, endpoint)
    }

    fn title(layer: &LayerStatus) -> &'static str {
        readiness::capital(layer.layer)
    }

    fn passed_of(host: &HostStatus) -> String {
        words::counted(host.passed, "check")
    }

    fn findings_of(host: &HostStatus) -> String {
        words::counted(host.findings.len(), "thing")
    }
}

const fn class(answer: Option<bool>) -> &'static str {
    match answer {
        Some(true) => "good",
        Some(false) => "bad",
        None => "none",
    }
}
