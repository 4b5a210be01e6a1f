//! The report for a terminal: ASCII, no colours, no line wider than asked.

use std::fmt::Write as _;

use edx_layout::Layer;

use crate::how::How;
use crate::plan::Plan;
use crate::readiness::{Remark, capital};
use crate::report::Report;
use crate::stages::{Mark, Stage};
use crate::status::{EndpointStatus, Finding, HostStatus, LayerStatus, Place, Scope};
use crate::words::{counted, terminal};
use crate::wrap::wrapped;

/// Narrower than this the tables are not readable.
const NARROWEST: usize = 72;
/// Wider than this the lines are not.
const WIDEST: usize = 120;
/// Settings beyond so many are counted.
const SETTINGS: usize = 4;

/// The report as text of that width, which is held between 72 and 120.
pub fn text(report: &Report, width: usize) -> String {
    let mut page = Page { width: width.clamp(NARROWEST, WIDEST), text: String::new() };
    page.top(report);
    for host in &report.hosts {
        page.host(host);
    }
    page.remarks("WHAT IS IN THE WAY", &report.readiness.blockers, true);
    page.remarks("ALSO", &report.readiness.warnings, false);
    page.stages(&report.stages);
    page.next(report);
    if let Some(plan) = &report.plan {
        page.plan(plan);
    }
    page.text
}

/// A plan alone, as text of that width.
pub fn plan_text(plan: &Plan, width: usize) -> String {
    let mut page = Page { width: width.clamp(NARROWEST, WIDEST), text: String::new() };
    page.plan(plan);
    page.text.trim_start().to_owned()
}

struct Page {
    width: usize,
    text: String,
}

impl Page {
    /// A line of it, without spaces at its end.
    fn line(&mut self, line: &str) {
        self.text.push_str(line.trim_end());
        self.text.push('\n');
    }

    /// A paragraph: `first` stands before its first line, and the others begin below its end.
    fn paragraph(&mut self, first: &str, text: &str) {
        let indent = first.chars().count();
        for (index, line) in wrapped(&terminal(text), self.width - indent).iter().enumerate() {
            if index == 0 {
                self.line(&format!("{first}{line}"));
            } else {
                self.line(&format!("{:indent$}{line}", ""));
            }
        }
    }

    /// One after the other, as many in a line as have room: a setting is not torn apart.
    fn items(&mut self, indent: usize, items: &[String]) {
        let room = self.width - indent;
        let mut line = String::new();
        for item in items.iter().map(|item| terminal(item)) {
            if !line.is_empty() && line.chars().count() + 1 + item.chars().count() > room {
                self.lines(indent, &line);
                line.clear();
            }
            line.push_str(if line.is_empty() { "" } else { " " });
            line.push_str(&item);
        }
        self.lines(indent, &line);
    }

    fn lines(&mut self, indent: usize, text: &str) {
        for line in wrapped(text, self.width - indent) {
            self.line(&format!("{:indent$}{line}", ""));
        }
    }

    fn heading(&mut self, heading: &str) {
        self.line("");
        self.line(heading);
    }

    /// Cells side by side, each wrapped in its own width.
    fn row(&mut self, cells: &[(usize, &str)]) {
        let columns: Vec<Vec<String>> = cells.iter().map(|(width, cell)| wrapped(&terminal(cell), *width)).collect();
        let height = columns.iter().map(Vec::len).max().unwrap_or_default();
        for index in 0..height {
            let mut line = String::from("  ");
            for ((width, _), column) in cells.iter().zip(&columns) {
                let cell = column.get(index).map_or("", String::as_str);
                // Writing to a String does not fail.
                let _ = write!(line, "{cell:width$}  ");
            }
            self.line(&line);
        }
    }

    fn top(&mut self, report: &Report) {
        self.paragraph("", &format!("Open edX platform, looked at {}", report.generated_at));
        self.line("");
        let verdict = report.verdict().to_uppercase();
        self.paragraph("", &format!("{} {verdict}. {}.", report.question(), report.in_the_way()));
        self.paragraph("Next: ", &format!("{}.", report.next.what));
    }

    fn host(&mut self, host: &HostStatus) {
        self.line("");
        let mut known: Vec<&str> = host.name.as_deref().filter(|name| *name != host.host).into_iter().collect();
        known.extend(host.addresses.iter().filter(|address| **address != host.host).map(String::as_str));
        known.extend(host.release.as_deref());
        let known = if known.is_empty() { String::new() } else { format!(" ({})", known.join(", ")) };
        self.paragraph("", &format!("{}{known}", host.host));
        let endpoints = self.width - 49;
        self.row(&[(13, "LAYER"), (11, "WHERE"), (endpoints, "ENDPOINT"), (7, "ANSWERS"), (8, "RECORDED")]);
        for layer in host.layers.iter().filter(|layer| layer.place != Place::Unused) {
            self.layer(layer, endpoints);
        }
        if !host.is_complete {
            self.paragraph("  ", "Not every file could be read.");
        }
        let found = match host.findings.len() {
            0 => "nothing to look at".to_owned(),
            count => format!("{} to look at:", counted(count, "thing")),
        };
        self.paragraph("  ", &format!("{} passed, {found}", counted(host.passed, "check")));
        for finding in &host.findings {
            self.finding(finding);
        }
    }

    fn layer(&mut self, layer: &LayerStatus, width: usize) {
        let recorded = recorded(layer);
        if layer.endpoints.is_empty() {
            self.row(&[(13, capital(layer.layer)), (11, place(layer.place)), (width, "-"), (7, "-"), (8, recorded)]);
        }
        for (index, endpoint) in layer.endpoints.iter().enumerate() {
            let (title, is_where, recorded) =
                if index == 0 { (capital(layer.layer), place(layer.place), recorded) } else { ("", "", "") };
            let public = if is_public(layer, endpoint) { " (public)" } else { "" };
            let shown = format!("{}{public}", endpoint.endpoint);
            let answers = answers(endpoint.answers);
            self.row(&[(13, title), (11, is_where), (width, &shown), (7, answers), (8, recorded)]);
        }
    }

    fn finding(&mut self, finding: &Finding) {
        self.paragraph("  ! ", &format!("{} {}: {}", finding.status, finding.name, finding.subject));
        self.paragraph("    seen: ", &finding.seen);
        if !finding.advice.is_empty() {
            self.paragraph("    do:   ", &finding.advice);
        }
    }

    fn remarks(&mut self, heading: &str, remarks: &[Remark], is_numbered: bool) {
        if remarks.is_empty() {
            return;
        }
        self.heading(heading);
        for (index, remark) in remarks.iter().enumerate() {
            let mark = if is_numbered { format!("{:3}. ", index + 1) } else { "   - ".to_owned() };
            self.paragraph(&mark, &remark.says);
            if !remark.settings.is_empty() {
                self.items(5, &some(&remark.settings));
            }
        }
    }

    fn stages(&mut self, stages: &[Stage]) {
        self.heading("ROADMAP");
        for (index, stage) in stages.iter().enumerate() {
            let next = if stage.is_next { "  <- next" } else { "" };
            let mark = match stage.mark {
                Mark::Done => "[x]",
                Mark::HalfDone => "[~]",
                Mark::Open => "[ ]",
                Mark::Unknown => "[?]",
            };
            self.line(&format!("  {mark} {}. {:40} {}{next}", index + 1, stage.title, word(stage)));
        }
    }

    fn next(&mut self, report: &Report) {
        self.heading("NEXT STEP");
        self.paragraph("  ", &format!("{}.", report.next.what));
        self.paragraph("  Why: ", &report.next.why);
        for (index, how) in report.next.how.iter().enumerate() {
            let mark = format!("{:3}. ", index + 1);
            match how {
                How::Hand(text) => self.paragraph(&mark, text),
                // A command stays in one line, so that it can be copied.
                How::Command(command) => self.line(&format!("{mark}{}", terminal(command))),
            }
        }
    }

    fn plan(&mut self, plan: &Plan) {
        self.heading("PLAN");
        self.paragraph("  ", &plan.layout);
        self.servers(plan);
        self.line("");
        let from = self.width - 46;
        self.row(&[(24, "PORTS OF"), (16, "PORTS"), (from, "OPEN TO")]);
        for rule in &plan.ports {
            self.row(&[(24, &rule.server), (16, &rule.ports), (from, &rule.from)]);
        }
        self.line("");
        for rule in &plan.rules {
            self.paragraph("  - ", &format!("{}: {}", rule.about, rule.says));
        }
        for unknown in &plan.unknown {
            self.paragraph("  ! ", unknown);
        }
        // A plan alone is made without a look at any server.
        if plan.next.is_empty() {
            return;
        }
        self.line("");
        self.paragraph("  ", "Otherwise today:");
        if plan.differences.is_empty() {
            self.paragraph("  - ", "nothing.");
        }
        for difference in &plan.differences {
            self.paragraph("  - ", difference);
        }
        self.paragraph("  Next on the way there: ", &plan.next);
    }
}

impl Page {
    /// The reasons stand beside the sizes where there is room, otherwise below.
    fn servers(&mut self, plan: &Plan) {
        let beside = self.width.saturating_sub(66);
        if beside < 30 {
            let size = self.width - 39;
            self.row(&[(27, "SERVER"), (5, "COUNT"), (size, "SIZE")]);
            for server in &plan.servers {
                self.row(&[(27, &server.role), (5, &server.count.to_string()), (size, &server.size())]);
                self.paragraph("    ", &server.why);
            }
            return;
        }
        self.row(&[(27, "SERVER"), (5, "COUNT"), (25, "SIZE"), (beside, "WHY")]);
        for server in &plan.servers {
            let count = server.count.to_string();
            self.row(&[(27, &server.role), (5, &count), (25, &server.size()), (beside, &server.why)]);
        }
    }
}

/// What a place is called in a table.
pub(crate) const fn place(place: Place) -> &'static str {
    match place {
        Place::Unused => "not used",
        Place::Local => "this server",
        Place::Mixed => "in between",
        Place::Remote => "elsewhere",
        Place::Unknown => "unknown",
    }
}

/// Whether a server answers, in a table.
pub(crate) const fn answers(answers: Option<bool>) -> &'static str {
    match answers {
        Some(true) => "yes",
        Some(false) => "NO",
        None => "-",
    }
}

/// Whether the next upgrade knows, in a table.
pub(crate) const fn recorded(layer: &LayerStatus) -> &'static str {
    answers(layer.is_recorded)
}

/// How far a stage is: what is open and not the next step comes later.
pub(crate) fn word(stage: &Stage) -> &'static str {
    match (stage.mark, stage.is_next) {
        (Mark::Open, false) => "later",
        (mark, _) => mark.word(),
    }
}

/// Whether the internet reaches what should be inside; a bucket is reached that way, and guarded by keys.
pub(crate) fn is_public(layer: &LayerStatus, endpoint: &EndpointStatus) -> bool {
    endpoint.scope == Scope::Public && layer.layer != Layer::Files
}

/// The first settings, and how many more: what each of them is followed by stands with it.
pub(crate) fn some(settings: &[String]) -> Vec<String> {
    let more = settings.len().saturating_sub(SETTINGS);
    let shown = &settings[..settings.len() - more];
    let mut some: Vec<String> = shown.iter().map(|setting| format!("{setting},")).collect();
    match some.last_mut() {
        Some(last) if more == 0 => {
            last.pop();
        }
        _ => some.push(format!("and {more} more")),
    }
    some
}
