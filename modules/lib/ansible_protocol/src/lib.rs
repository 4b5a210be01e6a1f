//! Ansible's JSON module protocol: arguments in, result out.
//!
//! A module declares its options once, as a [`ModuleSpec`]. That declaration checks the JSON that
//! Ansible sends, builds the command line that a person uses, and is the source of the page that
//! `ansible-doc` shows. The module's body is one function from a [`Request`] to an [`Outcome`] or a
//! [`Failure`]; [`main_with`] does the rest, down to the one JSON object on standard output.
//!
//! Sources: Ansible's developer guide on binary modules, and what ansible 2.8 to ansible-core 2.21
//! were seen to do with one (exit codes ignored, a non-zero `rc` key read as a failure).

mod ansible_doc;
mod arguments;
mod command_line;
mod error;
mod outcome;
mod request;
mod run;
mod secrets;
mod spec;

pub use ansible_doc::ansible_doc_page;
pub use arguments::Arguments;
pub use error::ArgumentError;
pub use outcome::{Diff, Failure, Outcome};
pub use request::Request;
pub use run::main_with;
pub use secrets::MASK;
pub use spec::{Default, Kind, ModuleSpec, OptionSpec, PageSpec, ReturnSpec};

/// Re-exported so that a module needs no second copy to build its results.
pub use serde_json::{Map, Value, json};
