//! Finds Django's memcached caches in a settings file.

use std::path::{Path, PathBuf};

use lossless_yaml::{Document, Error, KeyPath, Kind, Node, Resolved};

use crate::release::Release;
use crate::server_vars::ObservedCache;
use crate::service::is_read;

/// A cache whose backend is memcached, in a settings file.
#[derive(Debug, Clone)]
pub struct CacheEntry<'a> {
    /// Where the cache stands, such as `CACHES.default`.
    pub path: KeyPath,
    /// Its `BACKEND`, a dotted path.
    pub backend: &'a str,
    /// The line of its `LOCATION`, or of the cache where that is missing.
    pub line: usize,
    /// Its servers.
    pub location: Location<'a>,
}

/// The value of `LOCATION`.
#[derive(Debug, Clone)]
pub enum Location<'a> {
    /// There is none.
    Missing,
    /// A string, which Django splits at `;` and `,`.
    Text {
        /// The string.
        node: Node<'a>,
        /// Its parts.
        servers: Vec<&'a str>,
    },
    /// A list of strings.
    List {
        /// The list.
        node: Node<'a>,
        /// Its items.
        servers: Vec<&'a str>,
    },
    /// Something else, which Django could not use.
    Other {
        /// The value.
        node: Node<'a>,
    },
}

impl<'a> Location<'a> {
    /// The servers as written; none where `LOCATION` is missing or unusable.
    pub fn servers(&self) -> &[&'a str] {
        match self {
            Self::Text { servers, .. } | Self::List { servers, .. } => servers,
            Self::Missing | Self::Other { .. } => &[],
        }
    }

    /// The value's node.
    pub fn node(&self) -> Option<Node<'a>> {
        match self {
            Self::Text { node, .. } | Self::List { node, .. } | Self::Other { node } => Some(*node),
            Self::Missing => None,
        }
    }
}

impl CacheEntry<'_> {
    /// The key path of its `LOCATION`.
    pub fn location_path(&self) -> KeyPath {
        self.path.key("LOCATION")
    }

    /// What [`server_vars`](crate::server_vars) has to know of it; none
    /// without servers.
    pub fn observed(&self, file: &Path) -> Option<ObservedCache> {
        let servers = self.location.servers();
        (!servers.is_empty()).then(|| ObservedCache {
            file: file.to_path_buf(),
            key_path: self.path.to_string(),
            servers: servers.iter().map(|server| (*server).to_owned()).collect(),
        })
    }
}

/// Every memcached cache in `doc`, in the order of the file.
///
/// A cache is a mapping whose `BACKEND` is a dotted path with `memcache` in it
/// (Django's `MemcachedCache`, `PyMemcacheCache`, `PyLibMCCache`, and the
/// backends of django-pylibmc and others), under `CACHES` or anywhere else: a
/// plugin's own cache stops working with the old server like any other. A
/// mapping elsewhere without a `LOCATION` is taken for a template of caches
/// and left out. Aliases and `<<` are followed, so that a cache which takes its
/// backend from elsewhere is found too.
pub fn find_caches(doc: &Document) -> Vec<CacheEntry<'_>> {
    let mut found = Vec::new();
    doc.walk(&mut |path, node| {
        let mapping = node.follow();
        if mapping.kind() != Kind::Mapping {
            return;
        }
        let Some(Resolved::Str(backend)) = mapping.get("BACKEND").map(Node::resolved) else {
            return;
        };
        if !is_memcached(backend) {
            return;
        }
        let location = mapping.get("LOCATION").map_or(Location::Missing, read_location);
        let in_caches = || path.parent().is_some_and(|parent| parent.last_key() == Some("CACHES"));
        if location.node().is_none() && !in_caches() {
            return;
        }
        let line = location.node().map_or(node.line(), Node::line);
        found.push(CacheEntry { path: path.clone(), backend, line, location });
    });
    found
}

/// Whether a `BACKEND` is a memcached one. Django's `LocMemCache`, the cache in
/// a process's own memory, has the same letters in its name.
fn is_memcached(backend: &str) -> bool {
    let backend = backend.to_ascii_lowercase();
    backend.match_indices("memcache").any(|(at, _)| !backend[..at].ends_with("loc"))
}

fn read_location(node: Node<'_>) -> Location<'_> {
    match node.resolved() {
        Resolved::Null => Location::Missing,
        Resolved::Str(text) if text.trim().is_empty() => Location::Missing,
        Resolved::Str(text) => Location::Text { node, servers: text.split([';', ',']).map(str::trim).collect() },
        Resolved::Sequence => {
            let items = node.follow().items().map(|item| match item.resolved() {
                Resolved::Str(text) => Some(text),
                _ => None,
            });
            match items.collect::<Option<Vec<_>>>() {
                Some(servers) if servers.is_empty() => Location::Missing,
                Some(servers) => Location::List { node, servers },
                None => Location::Other { node },
            }
        }
        _ => Location::Other { node },
    }
}

/// The prefix of the keys of one cache on memcached.
///
/// Two application servers share a cache only where these agree. Native installations put the host's name into those
/// of `staticfiles` and `configuration`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CacheKeyPrefix {
    /// The settings file.
    pub file: PathBuf,
    /// The cache, such as `CACHES.staticfiles`.
    pub cache: String,
    /// The line of the prefix, or of the cache where it has none.
    pub line: usize,
    /// Whether the release reads the file.
    pub is_read: bool,
    /// Its `KEY_PREFIX`; empty, as Django takes it, where there is none.
    pub prefix: String,
}

/// The prefix of each cache on memcached in a settings file, in the order of the file.
pub fn cache_key_prefixes(path: &Path, content: &[u8], release: Option<Release>) -> Result<Vec<CacheKeyPrefix>, Error> {
    Ok(prefixes(path, &Document::parse(content)?, release))
}

/// The same in a file that was read already.
pub(crate) fn prefixes(path: &Path, doc: &Document, release: Option<Release>) -> Vec<CacheKeyPrefix> {
    let read = |entry: CacheEntry<'_>| {
        let node = doc.get(&entry.path.key("KEY_PREFIX"));
        CacheKeyPrefix {
            file: path.to_path_buf(),
            cache: entry.path.to_string(),
            line: node.map_or(entry.line, Node::line),
            is_read: is_read(path, release),
            prefix: node.map(|node| node.follow().text().unwrap_or_default()).unwrap_or_default().to_owned(),
        }
    };
    find_caches(doc).into_iter().map(read).collect()
}
