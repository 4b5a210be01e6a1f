//! Finds and replaces values in YAML as PyYAML reads it, byte-exact elsewhere.
//!
//! The grammar and the positions are libyaml's, the types PyYAML's (YAML 1.1), and every edited text is read again by
//! an independent parser before anybody may write it.

mod append;
mod check;
mod diff;
mod document;
mod edit;
mod emit;
mod entries;
mod error;
mod lines;
mod parse;
mod path;
mod plan;
mod replace;
mod resolve;
mod second_opinion;
mod secret;
mod tags;
mod verify;
mod wishes;

pub use document::{Document, Entries, Items, Kind, MAX_DEPTH, Node, Reader, Style, is_template};
pub use edit::{Change, ChangeKind, Edit, Edited, EmitOptions, merge_edits, unified_hunks};
pub use error::Error;
pub use path::{KeyPath, Segment};
pub use resolve::Resolved;
pub use secret::{MASK, looks_secret, mask_url_passwords};
