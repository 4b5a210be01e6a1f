//! A cache or a broker in a document, and the values by which it names its servers.

use edx_layout::{BrokerEntry, CacheEntry, Endpoint, ValueKind};
use lossless_yaml::{KeyPath, Node};

/// What names servers of the service.
#[derive(Debug, Clone)]
pub enum Entry<'a> {
    /// A cache on memcached.
    Cache(CacheEntry<'a>),
    /// A broker, or a cache, on Redis.
    Broker(BrokerEntry<'a>),
}

/// A value that a run may set.
#[derive(Debug, Clone)]
pub struct Spot<'a> {
    /// Its key path.
    pub path: KeyPath,
    /// It; none where it is not there.
    pub node: Option<Node<'a>>,
    /// What may be shown of it.
    pub kind: SpotKind,
}

/// What kind of value that is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpotKind {
    /// The LOCATION of a cache on memcached.
    Location,
    /// One of a broker's.
    Broker(ValueKind),
}

impl<'a> Entry<'a> {
    /// Its key path.
    pub fn path(&self) -> &KeyPath {
        match self {
            Self::Cache(cache) => &cache.path,
            Self::Broker(broker) => &broker.path,
        }
    }

    /// Its line.
    pub fn line(&self) -> usize {
        match self {
            Self::Cache(cache) => cache.line,
            Self::Broker(broker) => broker.line,
        }
    }

    /// The values that a run may set.
    pub fn spots(&self) -> Vec<Spot<'a>> {
        match self {
            Self::Cache(cache) => {
                vec![Spot { path: cache.location_path(), node: cache.location.node(), kind: SpotKind::Location }]
            }
            Self::Broker(broker) => broker
                .values()
                .into_iter()
                .map(|value| Spot { path: value.path, node: value.node, kind: SpotKind::Broker(value.kind) })
                .collect(),
        }
    }

    /// Its servers, as written (of a URL only the host and port) and as understood; without those that are not
    /// understood.
    pub fn servers(&self) -> Vec<(String, Endpoint)> {
        match self {
            Self::Cache(cache) => {
                let read = |text: &&str| Some(((*text).to_owned(), text.parse().ok()?));
                cache.location.servers().iter().filter_map(read).collect()
            }
            Self::Broker(broker) => {
                let servers = broker.redis().map(|redis| redis.servers.as_slice()).unwrap_or_default();
                servers.iter().map(|server| (server.written(), server.endpoint())).collect()
            }
        }
    }
}

/// Where the bytes of every value that is there start and end, each once, in the order of the file.
pub fn spans(entries: &[Entry<'_>]) -> Vec<(usize, usize)> {
    let nodes = entries.iter().flat_map(Entry::spots).filter_map(|spot| spot.node);
    let mut spans: Vec<_> = nodes.map(|node| node.follow().span()).map(|span| (span.start, span.end)).collect();
    spans.sort_unstable();
    spans.dedup();
    spans
}
