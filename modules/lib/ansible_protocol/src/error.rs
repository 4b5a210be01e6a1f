//! What can be wrong with the arguments of a module.

use std::path::PathBuf;

use thiserror::Error;

/// Why a module's arguments were refused. No message repeats a value: it may be a secret.
#[derive(Debug, Error)]
pub enum ArgumentError {
    /// The file that Ansible named could not be read.
    #[error("the arguments file {} cannot be read: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The arguments are not JSON.
    #[error(
        "the arguments are not JSON (line {line}, column {column}); this program is an Ansible module: \
         give it the path of a JSON file, or - and JSON on standard input, or see --help"
    )]
    NotJson {
        /// Counted from 1.
        line: usize,
        /// Counted from 1.
        column: usize,
    },
    /// The arguments are JSON, but no object.
    #[error("the arguments are not a JSON object")]
    NotAnObject,
    /// No option has this name.
    #[error("{module} has no option '{option}'{}; its options are: {known}",
        nearest.as_ref().map(|name| format!(", did you mean '{name}'?")).unwrap_or_default())]
    Unknown {
        /// The module.
        module: &'static str,
        /// What was given.
        option: String,
        /// The option with the most similar name, if any is close.
        nearest: Option<&'static str>,
        /// All names, with commas.
        known: String,
    },
    /// An option came twice, under two of its names.
    #[error("option '{option}' was given twice, as '{first}' and as '{second}'; keep one")]
    Twice {
        /// The option's own name.
        option: &'static str,
        /// One of the names used.
        first: String,
        /// The other.
        second: String,
    },
    /// A required option is missing.
    #[error("option '{option}' is required")]
    Missing {
        /// The option.
        option: &'static str,
    },
    /// None of a group is there.
    #[error("one of these options is required: {}", options.join(", "))]
    OneOf {
        /// The group.
        options: &'static [&'static str],
    },
    /// More than one of a group is there.
    #[error("these options exclude each other, give one: {}", options.join(", "))]
    Exclusive {
        /// Those given.
        options: Vec<&'static str>,
    },
    /// A value has the wrong type.
    #[error("option '{option}' must be {expected}, not {found}")]
    Type {
        /// The option, with an index for an element of a list.
        option: String,
        /// The type in words.
        expected: &'static str,
        /// The JSON type that was found.
        found: &'static str,
    },
    /// A value is none of the choices.
    #[error("option '{option}' must be one of: {}", choices.join(", "))]
    Choice {
        /// The option.
        option: &'static str,
        /// What is allowed.
        choices: &'static [&'static str],
    },
}
