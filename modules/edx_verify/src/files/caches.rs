//! The caches on memcached of one file, on their own once the file is closed.

use std::path::{Path, PathBuf};

use edx_layout::{CacheEntry, Endpoint, EndpointError, Location, ObservedCache, find_caches, redacted};
use lossless_yaml::Document;

/// A cache whose backend is memcached.
#[derive(Debug)]
pub struct Cache {
    /// The file that it stands in.
    pub file: PathBuf,
    /// The key path of its LOCATION, such as `CACHES.default.LOCATION`.
    pub location: String,
    /// The line of its LOCATION, or of the cache where it has none.
    pub line: usize,
    /// Its servers, in the file's order; none where LOCATION is missing or of a type that Django cannot use.
    pub servers: Vec<Server>,
    /// What the variables of the next upgrade are compared with; none without servers.
    pub observed: Option<ObservedCache>,
}

/// One server of a cache.
#[derive(Debug)]
pub struct Server {
    /// Its key path, such as `CACHES.default.LOCATION[0]`.
    pub key: String,
    /// Where it leads.
    pub endpoint: Result<Endpoint, EndpointError>,
    text: String,
}

impl Server {
    /// The text as written, without what could be a password.
    pub fn shown(&self) -> String {
        redacted(&self.text)
    }
}

/// Every cache on memcached in `file`, in the file's order.
pub fn read(file: &Path, document: &Document) -> Vec<Cache> {
    find_caches(document).iter().map(|entry| cache(file, entry)).collect()
}

fn cache(file: &Path, entry: &CacheEntry<'_>) -> Cache {
    let location = entry.location_path();
    let is_list = matches!(entry.location, Location::List { .. });
    let server = |(index, text): (usize, &&str)| Server {
        key: if is_list { location.index(index).to_string() } else { location.to_string() },
        endpoint: text.parse(),
        text: (*text).to_owned(),
    };
    Cache {
        file: file.to_owned(),
        location: location.to_string(),
        line: entry.line,
        servers: entry.location.servers().iter().enumerate().map(server).collect(),
        observed: entry.observed(file),
    }
}
