//! Every cache with a memcached backend.

use std::path::Path;

use ansible_protocol::{Value, json};
use edx_layout::{
    CacheEntry, Client, DEFAULT_MEMCACHED_PORT, EDX_DEFAULT_NAME, Endpoint, EndpointError, Layer, Location, Release,
    ServerVars, ThisHost, find_caches, redacted, server_vars,
};
use lossless_yaml::Edit;
use rewiring::{Content, Entry, Facts, Found, Kept, Service, Spot, Wish, Words};

/// The service memcached.
#[derive(Clone, Copy, Debug)]
pub struct Memcached;

static WORDS: Words = Words {
    name: "memcached",
    layer: Layer::Memcached,
    port: DEFAULT_MEMCACHED_PORT,
    role_name: Some(EDX_DEFAULT_NAME),
    example: "172.31.5.10:11211",
    user: "cache",
    user_in_full: "memcached cache",
    values: "cache locations",
    place: "a cache's LOCATION",
    field: "caches",
    shares_hosts: false,
    no_login: "memcached has no user or password that Open edX can use; leave it out, or say service: redis",
    once: "each server holds its own share of the keys, so name it once",
};

/// Why a cache stays whatever its servers are.
#[derive(Debug, thiserror::Error)]
enum Unusable {
    #[error("it has no LOCATION; add one by hand if the platform uses this cache")]
    NoLocation,
    #[error("its LOCATION is neither a string nor a list of strings; correct it by hand")]
    NotServers,
    #[error("{0}; correct it by hand")]
    NotUnderstood(EndpointError),
}

impl Service for Memcached {
    fn words(&self) -> &'static Words {
        &WORDS
    }

    fn endpoint(&self, text: &str) -> Result<Endpoint, EndpointError> {
        text.parse()
    }

    fn find<'a>(&self, path: &Path, content: &'a Content, _release: Option<Release>) -> Found<'a> {
        let caches = content.yaml().map(find_caches).unwrap_or_default();
        Found { entries: caches.into_iter().map(|cache| entry(path, cache)).collect(), aside: Vec::new() }
    }

    fn variables(&self, files: &[(&Path, &Content)], facts: &Facts<'_>) -> ServerVars {
        let caches = |(path, content): &(&Path, &Content)| -> Vec<_> {
            let found = content.yaml().map(find_caches).unwrap_or_default();
            found.iter().filter_map(|cache| cache.observed(path)).collect()
        };
        server_vars(facts.release, &files.iter().flat_map(caches).collect::<Vec<_>>(), facts.here)
    }
}

fn entry<'a>(file: &Path, cache: CacheEntry<'a>) -> Entry<'a> {
    let location = shown(&cache);
    let read = |text: &&str| Some(((*text).to_owned(), text.parse().ok()?));
    let report = json!({
        "file": file.display().to_string(),
        "key_path": cache.path.to_string(),
        "line": cache.line,
        "backend": cache.backend,
        "location": location,
    });
    Entry {
        path: cache.path.clone(),
        line: cache.line,
        servers: cache.location.servers().iter().filter_map(read).collect(),
        shown: cache.location.servers().iter().map(|server| redacted(server)).collect(),
        spots: vec![Spot::of_node(cache.location_path(), cache.location.node(), cache.line, location)],
        reports: vec![report],
        judge: Box::new(move |wish, here| judge(&cache, wish, here)),
    }
}

fn shown(cache: &CacheEntry<'_>) -> Value {
    match &cache.location {
        Location::Text { node, .. } => node.follow().text().map(redacted).into(),
        Location::List { servers, .. } => servers.iter().map(|server| redacted(server)).collect(),
        Location::Missing | Location::Other { .. } => Value::Null,
    }
}

/// Judges one cache. The order of a list decides which server holds which key, so that a list stays whole.
fn judge(cache: &CacheEntry<'_>, wish: &Wish, here: &ThisHost) -> Result<Vec<Edit>, Kept> {
    let unusable = |why: Unusable| Kept::Worrying(why.to_string());
    let texts = match &cache.location {
        Location::Missing => return Err(unusable(Unusable::NoLocation)),
        Location::Other { .. } => return Err(unusable(Unusable::NotServers)),
        Location::Text { servers, .. } | Location::List { servers, .. } => servers,
    };
    let servers = texts.iter().map(|text| text.parse()).collect::<Result<Vec<Endpoint>, _>>();
    let servers = servers.map_err(|error| unusable(Unusable::NotUnderstood(error)))?;
    if servers == wish.endpoints {
        return Ok(Vec::new());
    }
    wish.allows(std::iter::zip(texts.iter().map(|text| redacted(text)), &servers), here)?;
    let client = Client::of_backend(cache.backend);
    let servers = wish.endpoints.iter().map(|endpoint| endpoint.written_for(client)).collect();
    Ok(vec![Edit::Set { path: cache.location_path(), value: value(cache, servers) }])
}

/// A string stays a string, with the separator that it has; a list a list.
fn value(cache: &CacheEntry<'_>, servers: Vec<String>) -> Value {
    match &cache.location {
        Location::Text { node, .. } => {
            let comma = node.follow().text().is_some_and(|text| text.contains(',') && !text.contains(';'));
            servers.join(if comma { "," } else { ";" }).into()
        }
        _ => servers.into(),
    }
}

#[cfg(test)]
mod tests;
