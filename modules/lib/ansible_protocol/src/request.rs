//! What one run was asked to do.

use serde_json::{Map, Value};

use crate::arguments::Arguments;
use crate::error::ArgumentError;
use crate::spec::ModuleSpec;

/// The options, and how Ansible wants the run done.
#[derive(Debug, Clone)]
pub struct Request {
    /// The module's options.
    pub options: Arguments,
    /// Change nothing, and report what a real run would.
    pub check: bool,
    /// Show differences. The protocol leaves them out of the result where this is false.
    pub diff: bool,
    /// The number of `-v`.
    pub verbosity: u64,
}

impl Request {
    /// From the JSON object that Ansible (or a person's command line) gives.
    pub fn from_json(spec: &'static ModuleSpec, given: &Map<String, Value>) -> Result<Self, ArgumentError> {
        let flag = |name: &str| given.get(name).and_then(Value::as_bool).unwrap_or(false);
        Ok(Self {
            options: Arguments::check(spec, given)?,
            check: flag("_ansible_check_mode"),
            diff: flag("_ansible_diff"),
            verbosity: given.get("_ansible_verbosity").and_then(Value::as_u64).unwrap_or(0),
        })
    }
}
