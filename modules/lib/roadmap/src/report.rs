//! All that is said of a platform at one time.

use crate::plan::Plan;
use crate::readiness::{Readiness, readiness};
use crate::stages::Stage;
use crate::status::HostStatus;
use crate::step::{Step, roadmap};
use crate::words::counted;

/// What a page or a terminal shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The application servers.
    pub hosts: Vec<HostStatus>,
    /// May a second one be added?
    pub readiness: Readiness,
    /// The roadmap, and how far it is.
    pub stages: Vec<Stage>,
    /// The next step.
    pub next: Step,
    /// The servers that so many users take, where that was asked.
    pub plan: Option<Plan>,
    /// When the servers were looked at, as it is to be shown.
    pub generated_at: String,
}

impl Report {
    /// Judges the servers.
    pub fn new(hosts: Vec<HostStatus>, plan: Option<Plan>, generated_at: impl Into<String>) -> Self {
        let readiness = readiness(&hosts);
        let (stages, next) = roadmap(&hosts, &readiness);
        Self { hosts, readiness, stages, next, plan, generated_at: generated_at.into() }
    }

    /// Yes or no.
    pub(crate) fn verdict(&self) -> &'static str {
        if self.readiness.ready { "Yes" } else { "No" }
    }

    /// The question that the verdict answers.
    pub(crate) fn question(&self) -> &'static str {
        if self.hosts.len() > 1 {
            "May there be several application servers?"
        } else {
            "May a second application server be added?"
        }
    }

    /// `7 things are in the way`.
    pub(crate) fn in_the_way(&self) -> String {
        match self.readiness.blockers.len() {
            0 => "Nothing is in the way".to_owned(),
            1 => "1 thing is in the way".to_owned(),
            count => format!("{} are in the way", counted(count, "thing")),
        }
    }
}
