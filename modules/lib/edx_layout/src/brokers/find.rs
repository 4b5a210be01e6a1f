//! Finds the places that name a broker.

use std::path::Path;

use lossless_yaml::{Document, KeyPath, Kind, Node, Resolved};

use super::BrokerForm;
use super::entry::{Broker, BrokerEntry, RedisBroker, Slot};
use super::server::{EMPTY_HOST, RedisServer};
use crate::data::Layer;
use crate::data::broker::{HOSTNAME, RESULTS, URLS, is_none, is_socket, names_a_broker, transport_of};
use crate::data::find::Place;
use crate::data::{url, value};
use crate::release::Release;
use crate::service;

const TRANSPORT: &str = "CELERY_BROKER_TRANSPORT";
const USER: &str = "CELERY_BROKER_USER";
const PASSWORD: &str = "CELERY_BROKER_PASSWORD";
const VHOST: &str = "CELERY_BROKER_VHOST";

const SOCKET: &str = "it leads to a Unix socket of this host; write redis://host:port/database by hand";
const NO_URL: &str = "it is no URL; write redis://host:port/database by hand";
const NO_TEXT: &str = "it is not a text; correct it by hand";

/// Every place in `doc`, the content of `file`, that names a broker of Celery or a cache on Redis, in the order of
/// their lines.
///
/// They are `CELERY_BROKER_HOSTNAME`, the URLs of brokers and result backends, and the `LOCATION` of caches whose
/// `BACKEND` has `redis` in it, in the file's mapping or in any below. What a service leaves empty (no host, a URL
/// without one, neither host nor transport) means that nothing is used, and is left out. So are queues in a database
/// or in a process's memory.
pub fn find_brokers<'a>(file: &Path, doc: &'a Document, release: Option<Release>) -> Vec<BrokerEntry<'a>> {
    let mut found =
        Finder { is_read: service::is_read(file, release), other_file: other_file(file), found: Vec::new() };
    doc.walk(&mut |path, node| {
        let mapping = node.follow();
        if mapping.kind() == Kind::Mapping {
            found.look(Place { path, mapping, line: node.line() });
        }
    });
    let mut found = found.found;
    found.sort_by_key(|entry| entry.line);
    found
}

/// The other one of LMS's or Studio's two JSON files, which has user and password.
fn other_file(file: &Path) -> Option<&'static str> {
    match file.file_name()?.to_str()? {
        "lms.env.json" => Some("lms.auth.json"),
        "cms.env.json" => Some("cms.auth.json"),
        _ => None,
    }
}

struct Finder<'a> {
    is_read: bool,
    other_file: Option<&'static str>,
    found: Vec<BrokerEntry<'a>>,
}

impl<'a> Finder<'a> {
    fn look(&mut self, settings: Place<'_, 'a>) {
        self.hostname(settings);
        for key in URLS.into_iter().chain(RESULTS) {
            if let Some(node) = settings.get(key) {
                self.url(settings.key(key), node, RESULTS.contains(&key));
            }
        }
        let backend = value::text_or_none(settings.get("BACKEND")).unwrap_or_default();
        if backend.to_ascii_lowercase().contains("redis") {
            self.cache(settings);
        }
    }

    fn add(&mut self, path: KeyPath, form: BrokerForm, node: Node<'a>, broker: Broker<'a>) {
        let (is_read, other_file) = (self.is_read, self.other_file);
        self.found.push(BrokerEntry { path, form, line: node.line(), is_read, other_file, broker });
    }

    fn hostname(&mut self, settings: Place<'_, 'a>) {
        let Some(node) = settings.get(HOSTNAME) else { return };
        let transport = value::text_or_none(settings.get(TRANSPORT)).unwrap_or_default().to_ascii_lowercase();
        let broker = match value::text(Some(node)) {
            Ok(None) => return,
            Ok(Some(_)) if is_none(&transport) => return,
            Ok(Some(_)) if transport.is_empty() => Broker::NoTransport,
            Err(_) => Broker::Other(NO_TEXT.to_owned()),
            Ok(Some(host)) => match not_redis(&transport) {
                Some(other) => other,
                None => RedisServer::of_host(host).map_or_else(
                    |why| Broker::Other(format!("{why}; correct it by hand")),
                    |server| {
                        let slot =
                            |key| Some(Slot { path: settings.key(key), node: settings.get(key), is_in_url: true });
                        Broker::Redis(RedisBroker {
                            transport,
                            servers: vec![server],
                            node,
                            user: slot(USER),
                            password: slot(PASSWORD),
                            database: value::text_or_none(settings.get(VHOST)).map(str::to_owned),
                        })
                    },
                ),
            },
        };
        self.add(settings.key(HOSTNAME), BrokerForm::Host, node, broker);
    }

    fn url(&mut self, path: KeyPath, node: Node<'a>, is_result: bool) {
        let broker = match value::text(Some(node)) {
            Ok(None) => return,
            Ok(Some(text)) if is_result && !names_a_broker(text) => return,
            Ok(Some(text)) => {
                let servers = url::split_list(text, &[';']);
                let is_bare = servers.iter().any(|server| url::scheme(server).is_none());
                match if is_bare { Some(Broker::Other(NO_URL.to_owned())) } else { of_texts(node, servers) } {
                    Some(broker) => broker,
                    None => return,
                }
            }
            Err(_) => Broker::Other(NO_TEXT.to_owned()),
        };
        self.add(path, BrokerForm::Url, node, broker);
    }

    /// As for memcached, what has no LOCATION outside of CACHES is taken for a template; in it, Django takes a Redis
    /// without one for a mistake.
    fn cache(&mut self, cache: Place<'_, 'a>) {
        let Some(node) = cache.get("LOCATION") else { return };
        let is_empty = match node.resolved() {
            Resolved::Null => true,
            Resolved::Str(text) => text.trim().is_empty(),
            _ => false,
        };
        if is_empty {
            return;
        }
        let broker = match value::texts(node).into_iter().collect::<Result<Vec<_>, _>>() {
            Err(_) => Broker::Other("it is neither a text nor a list of texts; correct it by hand".to_owned()),
            Ok(texts) => {
                let servers = texts.iter().flat_map(|text| url::split_list(text, &[';', ','])).collect();
                let Some(mut broker) = of_texts(node, servers) else { return };
                if let Broker::Redis(redis) = &mut broker {
                    redis.user = option(cache, ["USERNAME", "username"]);
                    redis.password = option(cache, ["PASSWORD", "password"]);
                }
                broker
            }
        };
        self.add(cache.key("LOCATION"), BrokerForm::Cache, node, broker);
    }
}

/// A setting among a cache's OPTIONS: in capitals as django-redis has it, in small letters as Django 4 gives it on to
/// redis-py.
fn option<'a>(cache: Place<'_, 'a>, keys: [&str; 2]) -> Option<Slot<'a>> {
    let options = cache.get("OPTIONS")?.follow();
    let node = |key| options.get(key);
    let key = keys.into_iter().find(|key| node(key).is_some())?;
    Some(Slot { path: cache.key("OPTIONS").key(key), node: node(key), is_in_url: false })
}

/// What a transport leads to, if that is not a Redis at an address.
fn not_redis<'a>(transport: &str) -> Option<Broker<'a>> {
    match transport_of(transport) {
        _ if is_socket(transport) => Some(Broker::Other(SOCKET.to_owned())),
        Some((Layer::RabbitMq, ..)) => Some(Broker::RabbitMq),
        Some(_) if transport == "sentinel" => Some(Broker::Other(
            "Sentinel tells its clients which server to take; change what Sentinel says, or this by hand".to_owned(),
        )),
        Some(_) => None,
        None => {
            Some(Broker::Other("its transport is not one that is known here; see whether it means Redis".to_owned()))
        }
    }
}

/// What the servers of a value are; none where nothing is used.
fn of_texts<'a>(node: Node<'a>, texts: Vec<&'a str>) -> Option<Broker<'a>> {
    for scheme in texts.iter().filter_map(|text| url::scheme(text)).map(str::to_ascii_lowercase) {
        if is_none(&scheme) {
            return None;
        }
        if let Some(other) = not_redis(&scheme) {
            return Some(other);
        }
    }
    if texts.iter().any(|text| text.starts_with('/')) {
        return Some(Broker::Other(SOCKET.to_owned()));
    }
    let servers = match texts.into_iter().map(RedisServer::read).collect::<Result<Vec<_>, _>>() {
        Ok(servers) => servers,
        Err(why) if why == EMPTY_HOST => return None,
        Err(why) => return Some(Broker::Other(format!("{why}; correct it by hand"))),
    };
    let transport = servers.first()?.scheme().unwrap_or_else(|| "redis".to_owned());
    Some(Broker::Redis(RedisBroker { transport, servers, node, user: None, password: None, database: None }))
}
