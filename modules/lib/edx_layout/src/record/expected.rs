//! What the variables have to say.

use std::fmt;
use std::path::PathBuf;

use serde_json::{Value, json};

use super::place::Place;
use super::table::{Row, Shape};
use crate::data::Layer;

/// What the variables of the next upgrade have to say so that it reproduces the settings.
#[derive(Clone, Debug, Default)]
pub struct ExpectedRecord {
    /// The variables, those that must be set and those that may be.
    pub variables: Vec<ExpectedVariable>,
    /// What no variable can say.
    pub unrecordable: Vec<Unrecordable>,
}

impl ExpectedRecord {
    /// The variables that must be set.
    pub fn needed(&self) -> impl Iterator<Item = &ExpectedVariable> {
        self.variables.iter().filter(|variable| variable.needed)
    }
}

/// A variable, or a member of one that is a mapping.
#[derive(Clone, Debug)]
pub struct ExpectedVariable {
    /// The kind of data.
    pub layer: Layer,
    /// The variable to write.
    pub name: &'static str,
    /// The member's path in it, such as `options.bucket`; empty for the variable itself.
    pub member: &'static str,
    /// What it has to say.
    pub value: ExpectedValue,
    /// Whether it must be set. One that need not be must say nothing else, if it is set.
    pub needed: bool,
    /// The settings that it is to reproduce; none where a service has such a setting and does not use it.
    pub settings: Vec<SettingAt>,
    /// What the next upgrade renders where neither it nor one that it follows is set.
    pub default: String,
    pub(super) source: Source,
    pub(super) places: Vec<Place>,
    /// Whether the variable that it follows has been judged with the same value.
    pub(super) follows_judged: bool,
}

/// Where a variable comes from.
#[derive(Clone, Copy, Debug)]
pub(super) enum Source {
    /// A row of the table, seen as this shape.
    Row(&'static Row, Shape),
    /// A switch of the native playbook.
    Switch,
}

/// A variable's value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExpectedValue {
    /// Its default, or anything else that leads to this host.
    Default,
    /// A string.
    Str(String),
    /// A list of strings.
    List(Vec<String>),
    /// A number.
    Int(u16),
    /// True or false.
    Bool(bool),
    /// A URL that leads to this `host:port`; its user and password are not known here.
    Url(String),
    /// A class that keeps files in an object store.
    ObjectStore,
}

/// Where a setting stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingAt {
    /// The file.
    pub file: PathBuf,
    /// Its key path.
    pub key: String,
    /// Its line.
    pub line: usize,
}

/// A setting that the next upgrade will not reproduce, whatever the variables say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unrecordable {
    /// The kind of data.
    pub layer: Layer,
    /// The setting.
    pub setting: SettingAt,
    /// Why, and what can be done.
    pub reason: WhyNot,
}

/// Why no variable can say a setting.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WhyNot {
    /// A file of no service of the table.
    #[error("no service of a native installation is known to have this file")]
    UnknownService,
    /// No role renders it.
    #[error("no variable is known that it is rendered from")]
    NoVariable,
    /// Only the host can be chosen.
    #[error("its role writes port {default} whatever the variables say, not {port}")]
    Port {
        /// The port in the file.
        port: u16,
        /// The one that the role writes.
        default: u16,
    },
    /// The settings of one variable disagree.
    #[error("{variable} feeds it and {other} alike, but they differ; give them the same value")]
    Differs {
        /// The variable.
        variable: &'static str,
        /// File name and key of the setting it disagrees with.
        other: String,
    },
    /// More hosts, or more ports, than the variable can hold.
    #[error("{variable} takes only {takes}")]
    TooMuch {
        /// The variable.
        variable: &'static str,
        /// What it can hold.
        takes: &'static str,
    },
    /// What the file says is not understood.
    #[error("it cannot be told where it leads: {0}")]
    NotUnderstood(String),
}

impl fmt::Display for SettingAt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.file.display(), self.key)
    }
}

impl fmt::Display for Unrecordable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.setting, self.reason)
    }
}

impl fmt::Display for ExpectedValue {
    /// As it is written in server-vars.yml, where that is known in full.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let literal: Value = match self {
            Self::Default => return f.write_str("its default"),
            Self::Url(servers) => return write!(f, "a URL that leads to {servers}"),
            Self::ObjectStore => return f.write_str("a class that keeps files in an object store"),
            Self::Str(text) => json!(text),
            Self::List(items) => json!(items),
            Self::Int(number) => json!(number),
            Self::Bool(word) => json!(word),
        };
        literal.fmt(f)
    }
}

impl ExpectedVariable {
    /// The variable with the member's path.
    pub fn path(&self) -> String {
        if self.member.is_empty() { self.name.to_owned() } else { format!("{}.{}", self.name, self.member) }
    }

    /// The variables that win over it.
    pub(super) fn beaten_by(&self) -> &'static [&'static str] {
        match self.source {
            Source::Row(row, _) => row.beaten_by,
            Source::Switch => &[],
        }
    }
}

impl fmt::Display for ExpectedVariable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path(), self.value)
    }
}
