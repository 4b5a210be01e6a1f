//! A cache or a broker at one moment, without its document.

use std::path::Path;

use ansible_protocol::Value;
use edx_layout::{BrokerEntry, CacheEntry, Location, ObservedBroker, ValueKind, redacted};
use lossless_yaml::{MASK, Node};

use crate::entry::{Entry, Spot, SpotKind};

/// A cache or a broker at one moment.
#[derive(Debug, Clone)]
pub struct State {
    /// Where it stands in its file, such as `CACHES.default`.
    pub key_path: String,
    /// The line of the value that names its servers.
    pub line: usize,
    /// Its values; that which names the servers is the first.
    pub values: Vec<StateValue>,
    /// Its servers, fit to be shown: of a cache as written, of a broker host and port. None where they are missing or
    /// unusable.
    pub servers: Vec<String>,
    /// What it is.
    pub what: What,
}

/// What a [`State`] is of.
#[derive(Debug, Clone)]
pub enum What {
    /// A cache on memcached, with its backend.
    Cache(String),
    /// A broker, or a cache, on Redis, for each of its servers.
    Broker(Vec<ObservedBroker>),
}

/// One of its values.
#[derive(Clone)]
pub struct StateValue {
    /// Its key path.
    pub key_path: String,
    /// Its line, or that of the entry where it is not there.
    pub line: usize,
    /// The lines of the items of a list.
    pub item_lines: Vec<usize>,
    /// As it may be shown: a list as a list, a string as a string, null where it is missing or unusable.
    pub shown: Value,
    /// As it stands, which may be a password.
    raw: Value,
}

impl std::fmt::Debug for StateValue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.key_path, self.shown)
    }
}

impl StateValue {
    /// Whether it is a list.
    pub fn is_list(&self) -> bool {
        !self.item_lines.is_empty()
    }

    /// Whether another value stands there.
    pub fn differs(&self, other: &Self) -> bool {
        self.raw != other.raw
    }

    /// Whether another item stands there in two lists of one length.
    pub fn item_differs(&self, other: &Self, index: usize) -> bool {
        self.raw.get(index) != other.raw.get(index)
    }
}

impl State {
    /// What an entry of `file` says.
    pub fn of(file: &Path, entry: &Entry<'_>) -> Self {
        let shown = |spot: &Spot<'_>| match entry {
            Entry::Cache(cache) => location(cache),
            Entry::Broker(broker) => of_broker(broker, spot),
        };
        let values = entry.spots().iter().map(|spot| value(spot, entry.line(), shown(spot))).collect();
        let (servers, what) = match entry {
            Entry::Cache(cache) => (
                cache.location.servers().iter().map(|server| redacted(server)).collect(),
                What::Cache(cache.backend.to_owned()),
            ),
            Entry::Broker(broker) => (
                entry.servers().iter().map(|(_, endpoint)| endpoint.to_string()).collect(),
                What::Broker(broker.observed(file)),
            ),
        };
        Self { key_path: entry.path().to_string(), line: entry.line(), values, servers, what }
    }

    /// What stands where its servers are named.
    pub fn shown(&self) -> Value {
        self.values.first().map(|value| value.shown.clone()).unwrap_or_default()
    }
}

fn value(spot: &Spot<'_>, line: usize, shown: Value) -> StateValue {
    let node = spot.node.map(Node::follow);
    let item_lines = node.filter(|_| shown.is_array()).map(|node| node.items().map(Node::line).collect());
    StateValue {
        key_path: spot.path.to_string(),
        line: spot.node.map_or(line, Node::line),
        item_lines: item_lines.unwrap_or_default(),
        shown,
        raw: node.map(Node::to_json).unwrap_or_default(),
    }
}

fn location(cache: &CacheEntry<'_>) -> Value {
    match &cache.location {
        Location::Text { node, .. } => node.follow().text().map(redacted).into(),
        Location::List { servers, .. } => servers.iter().map(|server| redacted(server)).collect(),
        Location::Missing | Location::Other { .. } => Value::Null,
    }
}

fn of_broker(broker: &BrokerEntry<'_>, spot: &Spot<'_>) -> Value {
    let Some(node) = spot.node.map(Node::follow) else { return Value::Null };
    match spot.kind {
        SpotKind::Broker(ValueKind::Servers) => {
            let servers = broker.redis().map(|redis| redis.servers.as_slice()).unwrap_or_default();
            let shown: Vec<String> = servers.iter().map(edx_layout::RedisServer::shown).collect();
            if node.text().is_some() { shown.join(";").into() } else { shown.into() }
        }
        SpotKind::Broker(ValueKind::Password) if node.text() != Some("") => MASK.into(),
        SpotKind::Broker(_) | SpotKind::Location => node.to_json(),
    }
}

/// What an entry of `file` says, for each entry.
pub fn states(file: &Path, entries: &[Entry<'_>]) -> Vec<State> {
    entries.iter().map(|entry| State::of(file, entry)).collect()
}
