//! What one check is, and what all of them say together.

use std::fmt;
use std::time::Duration;

use ansible_protocol::{Map, Value, json};
use roadmap::{Finding, HostStatus};

/// How a check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// As it should be.
    Ok,
    /// It works, and somebody should look at it.
    Warning,
    /// It does not work, or will not after the next upgrade.
    Failed,
    /// It could not be looked at, because something before it was missing.
    Skipped,
}

impl Status {
    /// The word in the result and in the table.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.word())
    }
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// A stable name, `layer.property`, that a playbook can select by.
    pub name: &'static str,
    /// The endpoint, file or variable that it is about.
    pub subject: String,
    /// How it ended.
    pub status: Status,
    /// What was seen, in one line.
    pub seen: String,
    /// What to do, where there is something to do.
    pub advice: Option<String>,
}

impl Check {
    /// As it should be.
    pub fn ok(name: &'static str, subject: impl AsRef<str>, seen: impl AsRef<str>) -> Self {
        Self::new(name, subject.as_ref(), Status::Ok, seen.as_ref(), None)
    }

    /// It could not be looked at; `seen` says why.
    pub fn skipped(name: &'static str, subject: impl AsRef<str>, seen: impl AsRef<str>) -> Self {
        Self::new(name, subject.as_ref(), Status::Skipped, seen.as_ref(), None)
    }

    /// It works, and somebody should look at it.
    pub fn warning(
        name: &'static str,
        subject: impl AsRef<str>,
        seen: impl AsRef<str>,
        advice: impl AsRef<str>,
    ) -> Self {
        Self::new(name, subject.as_ref(), Status::Warning, seen.as_ref(), Some(advice.as_ref()))
    }

    /// It does not work.
    pub fn failed(
        name: &'static str,
        subject: impl AsRef<str>,
        seen: impl AsRef<str>,
        advice: impl AsRef<str>,
    ) -> Self {
        Self::new(name, subject.as_ref(), Status::Failed, seen.as_ref(), Some(advice.as_ref()))
    }

    fn new(name: &'static str, subject: &str, status: Status, seen: &str, advice: Option<&str>) -> Self {
        Self { name, subject: printable(subject), status, seen: printable(seen), advice: advice.map(printable) }
    }

    fn to_finding(&self) -> Finding {
        Finding {
            name: self.name.to_owned(),
            subject: self.subject.clone(),
            status: self.status.word().to_owned(),
            seen: self.seen.clone(),
            advice: self.advice.clone().unwrap_or_default(),
        }
    }

    fn to_json(&self) -> Value {
        json!({
            "name": self.name, "subject": self.subject, "status": self.status.word(), "seen": self.seen,
            "advice": self.advice.as_deref().unwrap_or_default(),
        })
    }
}

/// What a server or a file says goes to a terminal: nothing in it may move the cursor or start a line.
fn printable(text: &str) -> String {
    text.chars()
        .flat_map(
            |character| if character.is_control() { character.escape_default().collect() } else { vec![character] },
        )
        .collect()
}

/// A time to a hundredth of a millisecond.
pub(crate) fn shown(time: Duration) -> String {
    format!("{:.2} ms", time.as_secs_f64() * 1000.0)
}

/// `1 check`, `2 checks`.
pub(crate) fn counted(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

/// Everything that one run saw.
#[derive(Debug, Clone, Default)]
pub struct Verification {
    /// In the order in which a person should read them.
    pub checks: Vec<Check>,
    /// Further keys of the result, such as `memcached`.
    pub facts: Map<String, Value>,
    /// Where the application server stands, where its layers were looked at.
    pub status: Option<HostStatus>,
}

impl Verification {
    /// How many checks ended so.
    pub fn count(&self, status: Status) -> usize {
        self.with(status).count()
    }

    /// The checks that ended so.
    pub fn with(&self, status: Status) -> impl Iterator<Item = &Check> {
        self.checks.iter().filter(move |check| check.status == status)
    }

    /// The checks, as the result lists them.
    pub fn checks_json(&self) -> Value {
        self.checks.iter().map(Check::to_json).collect()
    }

    /// The number of checks by status.
    pub fn summary_json(&self) -> Value {
        let statuses = [Status::Ok, Status::Warning, Status::Failed, Status::Skipped];
        statuses.into_iter().map(|status| (status.word().to_owned(), Value::from(self.count(status)))).collect()
    }

    /// What did not pass, as the roadmap tells it.
    pub fn findings(&self) -> Vec<Finding> {
        let is_finding = |check: &&Check| matches!(check.status, Status::Failed | Status::Warning);
        self.checks.iter().filter(is_finding).map(Check::to_finding).collect()
    }

    /// Adds what another part saw.
    pub fn extend(&mut self, other: Self) {
        self.checks.extend(other.checks);
        self.facts.extend(other.facts);
        self.status = other.status.or_else(|| self.status.take());
    }

    /// Whether a check failed.
    pub fn has_failed(&self) -> bool {
        self.count(Status::Failed) > 0
    }
}
