//! An entry at one moment, without its document.

use ansible_protocol::Value;

use crate::entry::{Entry, Spot};

/// An entry at one moment.
#[derive(Debug, Clone)]
pub struct State {
    /// Where it stands in its file, such as `CACHES.default`.
    pub key_path: String,
    /// Its values; that which names the servers is the first.
    pub values: Vec<Spot>,
    /// Its servers, fit to be shown. None where they are missing or unusable.
    pub servers: Vec<String>,
    /// What the result says of it.
    pub reports: Vec<Value>,
}

impl State {
    /// What stands where its servers are named.
    pub fn shown(&self) -> Value {
        self.values.first().map(|value| value.shown.clone()).unwrap_or_default()
    }
}

/// What an entry of a file says, for each entry.
pub fn states(entries: &[Entry<'_>]) -> Vec<State> {
    let state = |entry: &Entry<'_>| State {
        key_path: entry.path.to_string(),
        values: entry.spots.clone(),
        servers: entry.shown.clone(),
        reports: entry.reports.clone(),
    };
    entries.iter().map(state).collect()
}
