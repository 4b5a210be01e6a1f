//! One place that names a broker or a Redis cache, as it stands in a document.

use std::path::Path;

use lossless_yaml::{KeyPath, Node, Resolved};

use super::percent;
use super::server::RedisServer;
use super::{BrokerForm, ObservedBroker};
use crate::endpoint::Endpoint;

/// A place in a settings file that names a Celery broker, or a cache with a Redis backend.
#[derive(Debug, Clone)]
pub struct BrokerEntry<'a> {
    /// The value that names the server, such as `CELERY_BROKER_HOSTNAME` or `CACHES.default.LOCATION`.
    pub path: KeyPath,
    /// How it names it.
    pub form: BrokerForm,
    /// The line of that value.
    pub line: usize,
    /// Whether the release reads this file; true where the release is not known.
    pub is_read: bool,
    /// The file that has its user and password, where that is another one.
    pub(super) other_file: Option<&'static str>,
    /// What it names.
    pub broker: Broker<'a>,
}

/// What such a place names.
#[derive(Debug, Clone)]
pub enum Broker<'a> {
    /// Redis.
    Redis(RedisBroker<'a>),
    /// RabbitMQ, through which Celery's tasks travel up to Juniper.
    RabbitMq,
    /// A host, but no transport: the service builds a URL without a scheme and so has no broker.
    NoTransport,
    /// Something else: what, in words that repeat nothing of the value.
    Other(String),
}

/// A place that names Redis.
#[derive(Debug, Clone)]
pub struct RedisBroker<'a> {
    /// `redis` or `rediss`.
    pub transport: String,
    /// The servers, of which clients take another one when the first fails; never empty.
    pub servers: Vec<RedisServer<'a>>,
    /// The value that names them: a text, or of a cache a list.
    pub node: Node<'a>,
    /// Where the user has a setting of its own, beside those in URLs.
    pub user: Option<Slot<'a>>,
    /// The same for the password.
    pub password: Option<Slot<'a>>,
    /// `CELERY_BROKER_VHOST`; none where URLs have the database.
    pub database: Option<String>,
}

/// A setting for user or password.
#[derive(Debug, Clone)]
pub struct Slot<'a> {
    /// Its key path.
    pub path: KeyPath,
    /// Its value; none where it is not there.
    pub node: Option<Node<'a>>,
    /// Whether the platform puts it into a URL as it stands, so that it has to be percent-encoded.
    pub is_in_url: bool,
}

/// What kind of text a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueKind {
    /// A host or a user.
    Plain,
    /// A server or several, which may have a user and password in them.
    Servers,
    /// A password.
    Password,
}

/// One value by which a place names its server, or what it says there.
#[derive(Debug, Clone)]
pub struct BrokerValue<'a> {
    /// Its key path.
    pub path: KeyPath,
    /// It; none where it is not there, but may come to be.
    pub node: Option<Node<'a>>,
    /// What kind of text it is.
    pub kind: ValueKind,
}

impl<'a> Slot<'a> {
    /// Its text as it stands; empty where there is none, or null.
    pub(super) fn text(&self) -> &'a str {
        self.node.filter(|_| !self.is_null()).and_then(|node| node.follow().text()).unwrap_or_default()
    }

    /// Whether null stands there, which the platform would write as `None` into a URL.
    pub(super) fn is_null(&self) -> bool {
        self.node.is_some_and(|node| node.resolved() == Resolved::Null)
    }

    /// What it means.
    fn meaning(&self) -> String {
        if self.is_in_url { percent::decode(self.text()) } else { self.text().to_owned() }
    }
}

impl RedisBroker<'_> {
    /// Where clients connect to.
    pub fn endpoints(&self) -> Vec<Endpoint> {
        self.servers.iter().map(RedisServer::endpoint).collect()
    }
}

impl<'a> BrokerEntry<'a> {
    /// Its Redis; none where it names something else.
    pub fn redis(&self) -> Option<&RedisBroker<'a>> {
        match &self.broker {
            Broker::Redis(redis) => Some(redis),
            Broker::RabbitMq | Broker::NoTransport | Broker::Other(_) => None,
        }
    }

    /// Every value that [`BrokerEntry::point`] may set; none where it names no Redis.
    pub fn values(&self) -> Vec<BrokerValue<'a>> {
        let Some(redis) = self.redis() else { return Vec::new() };
        let kind = if self.form == BrokerForm::Host { ValueKind::Plain } else { ValueKind::Servers };
        let mut values = vec![BrokerValue { path: self.path.clone(), node: Some(redis.node), kind }];
        for (slot, kind) in [(&redis.user, ValueKind::Plain), (&redis.password, ValueKind::Password)] {
            values.extend(slot.iter().map(|slot| BrokerValue { path: slot.path.clone(), node: slot.node, kind }));
        }
        values
    }

    /// What the variables of the next upgrade have to say of it, for each of its servers; none where it names no
    /// Redis.
    pub fn observed(&self, file: &Path) -> Vec<ObservedBroker> {
        let Some(redis) = self.redis() else { return Vec::new() };
        let of = |server: &RedisServer<'_>| {
            let (host, port) = match server.endpoint() {
                Endpoint::Tcp { host, port } => (host.to_string(), port),
                Endpoint::Unix(path) => (path, 0),
            };
            let of_slot = redis.user.as_ref().map(Slot::meaning).filter(|user| !user.is_empty());
            ObservedBroker {
                file: file.to_path_buf(),
                key_path: self.path.to_string(),
                form: self.form,
                transport: redis.transport.clone(),
                host,
                port,
                user: of_slot.unwrap_or_else(|| server.user()),
                has_password: server.has_password()
                    || redis.password.as_ref().is_some_and(|slot| !slot.text().is_empty()),
                database: redis.database.clone().or_else(|| server.database().map(str::to_owned)),
            }
        };
        redis.servers.iter().map(of).collect()
    }
}
