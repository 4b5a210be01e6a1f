//! Caches of Django: on memcached, and on Redis.

use std::path::PathBuf;

use super::find::{File, Place};
use super::{DataAddress, DataPlace, DataSetting, Layer, broker, text, value};
use crate::caches::{CacheEntry, Location, find_caches};
use crate::endpoint::{Endpoint, redacted};

/// Every cache on memcached.
pub fn find(file: &File<'_>) -> Vec<DataSetting> {
    let caches = find_caches(file.doc);
    caches
        .iter()
        .map(|cache| file.setting(Layer::Memcached, &cache.location_path(), cache.line, places(cache)))
        .collect()
}

fn places(cache: &CacheEntry<'_>) -> Vec<DataPlace> {
    match &cache.location {
        Location::Missing => vec![text::unknown("it has no LOCATION")],
        Location::Other { .. } => vec![text::unknown("it is neither a text nor a list of texts")],
        Location::Text { servers, .. } | Location::List { servers, .. } => {
            servers.iter().map(|server| place(server)).collect()
        }
    }
}

fn place(server: &str) -> DataPlace {
    let address = match server.parse() {
        Ok(Endpoint::Tcp { host, port }) => DataAddress::Server { host, port, tls: false },
        Ok(Endpoint::Unix(path)) => DataAddress::Socket(PathBuf::from(path)),
        // The parser's own words repeat parts of the text, which may be a password.
        Err(_) if server.contains('@') => DataAddress::Unknown("memcached has no user or password".to_owned()),
        Err(error) => DataAddress::Unknown(error.reason().to_owned()),
    };
    DataPlace { shown: redacted(server), address }
}

/// A cache on Redis, of Django 4 or of django-redis. No role renders one; an operator may have added it.
pub fn find_redis(file: &File<'_>, cache: Place<'_, '_>, found: &mut Vec<DataSetting>) {
    let backend = value::text_or_none(cache.get("BACKEND")).unwrap_or_default();
    if !backend.to_ascii_lowercase().contains("redis") {
        return;
    }
    // As for memcached, what has no LOCATION outside of CACHES is taken for a template.
    let places = match cache.get("LOCATION") {
        Some(location) => value::texts(location).into_iter().flat_map(redis).collect(),
        None if cache.is_in("CACHES") => vec![text::unknown("it has no LOCATION")],
        None => return,
    };
    found.push(file.setting(Layer::Redis, &cache.key("LOCATION"), cache.line_of("LOCATION"), places));
}

fn redis(location: Result<&str, String>) -> Vec<DataPlace> {
    match location {
        Ok(location) => broker::urls(location, &[';', ',']).into_iter().map(|(_, place)| place).collect(),
        Err(why) => vec![text::unknown(why)],
    }
}
