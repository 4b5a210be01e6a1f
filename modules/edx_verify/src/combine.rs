//! Puts together what was seen of the application servers: what is in the way, the next step, the plan, the report.

use std::time::SystemTime;

use ansible_protocol::{Arguments, Map, Value, json};
use edx_layout::Layer;
use roadmap::{HostStatus, How, LayerStatus, Place, Plan, Remark, Report, Step};

use crate::check::{Check, Verification};
use crate::error::Error;

/// How wide a line of the report may be.
const WIDTH: usize = 112;

/// What to put together.
#[derive(Debug, Clone)]
pub struct Combine {
    /// The application servers.
    pub hosts: Vec<HostStatus>,
    /// Make a plan for so many.
    pub active_users: Option<u64>,
    /// Whether courses have code graders.
    pub grades_code: bool,
    /// Whether the report is wanted as a page, too.
    pub as_page: bool,
}

impl Combine {
    /// None where nothing is to be put together.
    pub fn from_arguments(arguments: &Arguments) -> Result<Option<Self>, Error> {
        let unseen = arguments.strings("unseen").unwrap_or_default();
        let active_users = arguments
            .int("active_users")
            .map(|users| {
                u64::try_from(users)
                    .map_err(|_| Error::Range { option: "active_users", allowed: "a number of people".to_owned() })
            })
            .transpose()?;
        let Some(statuses) = arguments.raw("statuses") else {
            let has = |option: &'static str, is_given: bool| if is_given { Some(option) } else { None };
            let lonely = has("'unseen'", !unseen.is_empty()).or(has("'active_users'", active_users.is_some()));
            return lonely.map_or(Ok(None), |option| Err(Error::CombinesNothing(option)));
        };
        let mut hosts = HostStatus::list_from_json(statuses).map_err(Error::Statuses)?;
        for host in unseen {
            if hosts.iter().any(|known| known.host == host) {
                return Err(Error::UnseenTwice(host.to_owned()));
            }
            hosts.push(Unseen::new(host, "it could not be reached, or was left out (--limit)").status);
        }
        // A plan needs nothing to begin with.
        if hosts.is_empty() && active_users.is_none() {
            return Err(Error::NothingToCombine);
        }
        Ok(Some(Self {
            hosts,
            active_users,
            grades_code: arguments.bool("grades_code"),
            as_page: arguments.str("report") == Some("html"),
        }))
    }

    /// Nothing is looked at for it.
    pub fn verify(&self, expect_ready: bool) -> Verification {
        let report = self.report();
        let mut facts = facts(&report);
        facts.insert("report_text".to_owned(), roadmap::text(&report, WIDTH).into());
        if self.as_page {
            facts.insert("report_html".to_owned(), roadmap::html(&report).into());
        }
        let checks = expect_ready.then(|| ready(&report)).into_iter().collect();
        Verification { checks, facts, ..Verification::default() }
    }

    /// The report.
    pub fn report(&self) -> Report {
        let plan = self.active_users.map(|users| roadmap::plan(users, self.grades_code, &self.hosts));
        Report::new(self.hosts.clone(), plan, humantime::format_rfc3339_seconds(SystemTime::now()).to_string())
    }
}

/// A server that could not be looked at.
pub struct Unseen {
    /// What is known of it: nothing, and that something is missing.
    pub status: HostStatus,
    /// The same as a check.
    pub check: Check,
}

impl Unseen {
    /// With the reason.
    pub fn new(host: &str, why: &str) -> Self {
        let check = Check::failed(
            roadmap::UNREACHED,
            host,
            why,
            "see why, and look again: without it nothing is known of this server",
        );
        let nothing = |layer| LayerStatus { layer, place: Place::Unused, endpoints: Vec::new(), is_recorded: None };
        let seen = Verification { checks: vec![check.clone()], ..Verification::default() };
        let status = HostStatus {
            host: host.to_owned(),
            layers: Layer::ALL.map(nothing).into(),
            findings: seen.findings(),
            ..HostStatus::default()
        };
        Self { status, check }
    }
}

/// Whether a second application server may be added, as a check.
pub fn ready(report: &Report) -> Check {
    const READY: &str = "readiness.second_application_server";
    let subject = report.hosts.iter().map(|host| host.host.as_str()).collect::<Vec<_>>().join(", ");
    if report.readiness.ready {
        return Check::ok(READY, subject, "nothing is in the way of a second application server");
    }
    let blockers: Vec<&str> = report.readiness.blockers.iter().map(|blocker| blocker.says.as_str()).collect();
    Check::failed(READY, subject, blockers.join(" "), report.next.what.clone())
}

/// What the report is made of, for a program.
pub fn facts(report: &Report) -> Map<String, Value> {
    let mut facts = Map::new();
    let readiness = &report.readiness;
    facts.insert(
        "readiness".to_owned(),
        json!({
            "ready": readiness.ready,
            "blockers": readiness.blockers.iter().map(remark).collect::<Vec<_>>(),
            "warnings": readiness.warnings.iter().map(remark).collect::<Vec<_>>(),
        }),
    );
    facts.insert("next_step".to_owned(), step(&report.next));
    if let Some(made) = &report.plan {
        facts.insert("plan".to_owned(), plan_fact(made));
    }
    facts
}

fn remark(remark: &Remark) -> Value {
    json!({
        "host": remark.host, "layer": remark.layer.map(Layer::name), "says": remark.says, "settings": remark.settings,
    })
}

fn step(step: &Step) -> Value {
    let how = step.how.iter().map(|how| match how {
        How::Command(text) => json!({"command": text}),
        How::Hand(text) => json!({"by_hand": text}),
    });
    json!({
        "what": step.what, "why": step.why, "how": how.collect::<Vec<_>>(),
        "layers": step.layers.iter().map(|layer| layer.name()).collect::<Vec<_>>(),
    })
}

/// A plan, for a program.
pub fn plan_fact(plan: &Plan) -> Value {
    let servers = plan.servers.iter().map(|server| {
        json!({
            "role": server.role, "count": server.count, "why": server.why,
            "sizes": server.sizes.iter().map(|size| size.name).collect::<Vec<_>>(),
        })
    });
    let ports = plan.ports.iter().map(|port| json!({"server": port.server, "ports": port.ports, "from": port.from}));
    let rules = plan.rules.iter().map(|rule| json!({"about": rule.about, "says": rule.says}));
    json!({
        "active_users": plan.active_users, "grades_code": plan.grades_code, "layout": plan.layout,
        "servers": servers.collect::<Vec<_>>(), "ports": ports.collect::<Vec<_>>(), "rules": rules.collect::<Vec<_>>(),
        "unknown": plan.unknown, "differences": plan.differences, "next": plan.next,
    })
}
