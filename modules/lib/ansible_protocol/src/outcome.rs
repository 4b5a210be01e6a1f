//! What a module has to say when it ends.

use serde_json::{Map, Value};

/// A difference, shown by Ansible when it runs with `--diff`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diff {
    text: String,
}

impl Diff {
    /// A difference that is already text, hunks only; Ansible prints it as it is. The caller has
    /// masked the secrets in it.
    pub fn prepared(text: impl Into<String>) -> Self {
        Self { text: text.into() }
    }
}

/// What both ways of ending carry.
#[derive(Debug, Clone, Default)]
pub(crate) struct Report {
    pub(crate) fields: Map<String, Value>,
    pub(crate) warnings: Vec<String>,
    pub(crate) diffs: Vec<Diff>,
    pub(crate) text: Option<String>,
}

macro_rules! report_builders {
    () => {
        /// Adds a key to the result. `changed`, `failed`, `warnings`, `diff` and `rc` are the
        /// protocol's own: Ansible would read a non-zero `rc` as a failure.
        #[must_use]
        pub fn field(mut self, name: &str, value: impl Into<Value>) -> Self {
            debug_assert!(!["changed", "failed", "warnings", "diff", "rc"].contains(&name), "{name} is not a field");
            self.report.fields.insert(name.to_owned(), value.into());
            self
        }

        /// Adds a warning, which Ansible shows in purple and repeats nowhere.
        #[must_use]
        pub fn warn(mut self, warning: impl Into<String>) -> Self {
            self.report.warnings.push(warning.into());
            self
        }

        /// Adds warnings.
        #[must_use]
        pub fn warn_all(mut self, warnings: impl IntoIterator<Item = String>) -> Self {
            self.report.warnings.extend(warnings);
            self
        }

        /// Adds a difference; it is shown only where the run asked for differences.
        #[must_use]
        pub fn diff(mut self, diff: Diff) -> Self {
            self.report.diffs.push(diff);
            self
        }

        /// What a person at a terminal reads instead of the fields.
        #[must_use]
        pub fn text(mut self, text: impl Into<String>) -> Self {
            self.report.text = Some(text.into());
            self
        }
    };
}

/// A module that did, or in check mode would do, what was asked.
#[derive(Debug, Clone)]
pub struct Outcome {
    pub(crate) changed: bool,
    pub(crate) report: Box<Report>,
}

impl Outcome {
    /// Nothing had to change.
    pub fn unchanged() -> Self {
        Self::new(false)
    }

    /// With `changed` as given.
    pub fn new(changed: bool) -> Self {
        Self { changed, report: Box::default() }
    }

    /// A sentence for the operator.
    #[must_use]
    pub fn msg(self, msg: impl Into<String>) -> Self {
        self.field("msg", msg.into())
    }

    report_builders!();
}

/// A module that could not.
#[derive(Debug, Clone)]
pub struct Failure {
    pub(crate) msg: String,
    pub(crate) changed: bool,
    pub(crate) report: Box<Report>,
}

impl Failure {
    /// What is wrong, where, and what to do.
    pub fn new(msg: impl Into<String>) -> Self {
        Self { msg: msg.into(), changed: false, report: Box::default() }
    }

    /// Says that something had changed before the failure and stays changed.
    #[must_use]
    pub fn changed(mut self, changed: bool) -> Self {
        self.changed = changed;
        self
    }

    report_builders!();
}

impl<E: std::error::Error> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::new(error.to_string())
    }
}

impl Diff {
    pub(crate) fn into_text(self) -> String {
        self.text
    }
}
