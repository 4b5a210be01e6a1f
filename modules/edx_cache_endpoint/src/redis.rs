//! Every broker, and every cache with a Redis backend.

use std::path::Path;

use ansible_protocol::{Value, json};
use edx_layout::{
    Broker, BrokerEntry, BrokerForm, BrokerValue, DEFAULT_REDIS_PORT, Endpoint, EndpointError, Layer, ObservedBroker,
    RedisServer, Release, ServerVars, ThisHost, ValueKind, find_brokers, redis_server_vars,
};
use lossless_yaml::{Edit, MASK, Node};
use rewiring::{Content, Entry, Error, Facts, Found, Kept, KeptEntry, Service, Spot, Wish, Words};

use crate::clock;

/// The service Redis.
#[derive(Clone, Copy, Debug)]
pub struct Redis;

static WORDS: Words = Words {
    name: "redis",
    layer: Layer::Redis,
    port: DEFAULT_REDIS_PORT,
    role_name: None,
    example: "172.31.5.10:6379",
    user: "broker",
    user_in_full: "Redis broker",
    values: "broker settings",
    place: "a broker's settings",
    field: "brokers",
    shares_hosts: true,
    no_login: "",
    once: "each server holds its own share of the keys, so name it once",
};

impl Service for Redis {
    fn words(&self) -> &'static Words {
        &WORDS
    }

    fn endpoint(&self, text: &str) -> Result<Endpoint, EndpointError> {
        Endpoint::of_redis(text)
    }

    fn find<'a>(&self, path: &Path, content: &'a Content, release: Option<Release>) -> Found<'a> {
        let mut found = Found::default();
        for broker in brokers(path, content, release) {
            if broker.redis().is_some() {
                found.entries.push(entry(path, broker));
            } else {
                let why = aside(&broker.broker);
                found.aside.push(KeptEntry { key_path: broker.path.to_string(), line: broker.line, why });
            }
        }
        found
    }

    fn variables(&self, files: &[(&Path, &Content)], facts: &Facts<'_>) -> ServerVars {
        let observed = |(path, content): &(&Path, &Content)| -> Vec<_> {
            let found = brokers(path, content, facts.release);
            let redis = found.iter().filter(|broker| broker.redis().is_some());
            redis.flat_map(|broker| broker.observed(path)).collect()
        };
        let observed: Vec<_> = files.iter().flat_map(observed).collect();
        redis_server_vars(facts.release, &observed, facts.password, facts.here)
    }

    fn check_count(&self, endpoints: usize) -> Result<(), Error> {
        let why = "every task has to be in the same queue, whoever sends it. Give the address of the primary, or of the service in front of it";
        if endpoints > 1 { Err(Error::OneServer { title: "Redis", given: endpoints, why }) } else { Ok(()) }
    }

    fn takes_login(&self) -> bool {
        true
    }

    /// Whether Celery's tasks travel through RabbitMQ, and none of what the release reads is on Redis.
    fn refuse(&self, files: &[(&Path, &Content)], folder: &Path, release: Option<Release>) -> Result<(), Error> {
        let found: Vec<_> = files.iter().flat_map(|(path, content)| brokers(path, content, release)).collect();
        let mut read = found.iter().filter(|broker| broker.is_read);
        let is_on_redis = found.iter().any(|broker| broker.is_read && broker.redis().is_some());
        if is_on_redis || !read.any(|broker| matches!(broker.broker, Broker::RabbitMq)) {
            return Ok(());
        }
        Err(Error::Nothing(format!(
            "every Celery broker in {} is RabbitMQ. Up to Juniper Celery's tasks travel through RabbitMQ, which this module leaves alone; from Koa on they travel through Redis, so upgrade first",
            folder.display()
        )))
    }

    fn warnings(&self, root: &Path, release: Option<Release>, wish: &Wish, here: &ThisHost) -> Vec<String> {
        clock::warnings(root, release, wish, here)
    }
}

fn brokers<'a>(path: &Path, content: &'a Content, release: Option<Release>) -> Vec<BrokerEntry<'a>> {
    content.yaml().map(|doc| find_brokers(path, doc, release)).unwrap_or_default()
}

fn entry<'a>(file: &Path, broker: BrokerEntry<'a>) -> Entry<'a> {
    let redis = broker.redis().map(|redis| redis.servers.as_slice()).unwrap_or_default();
    let servers: Vec<_> = redis.iter().map(|server| (server.written(), server.endpoint())).collect();
    let spot = |value: BrokerValue<'a>| {
        let shown = shown(redis, &value);
        Spot::of_node(value.path, value.node, broker.line, shown).that_may_be_new()
    };
    Entry {
        path: broker.path.clone(),
        line: broker.line,
        shown: servers.iter().map(|(_, endpoint)| endpoint.to_string()).collect(),
        servers,
        spots: broker.values().into_iter().map(spot).collect(),
        reports: broker.observed(file).iter().map(|observed| report(broker.line, observed)).collect(),
        judge: Box::new(move |wish, here| judge(&broker, wish, here)),
    }
}

fn shown(servers: &[RedisServer<'_>], value: &BrokerValue<'_>) -> Value {
    let Some(node) = value.node.map(Node::follow) else { return Value::Null };
    match value.kind {
        ValueKind::Servers => {
            let shown: Vec<String> = servers.iter().map(RedisServer::shown).collect();
            if node.text().is_some() { shown.join(";").into() } else { shown.into() }
        }
        ValueKind::Password if node.text() != Some("") => MASK.into(),
        ValueKind::Plain | ValueKind::Password => node.to_json(),
    }
}

fn report(line: usize, observed: &ObservedBroker) -> Value {
    // redis://word@host has a user; whoever wrote it may have meant a password.
    let may_be_password = observed.form != BrokerForm::Host && !observed.has_password && !observed.user.is_empty();
    let user = if may_be_password { MASK } else { &observed.user };
    json!({
        "file": observed.file.display().to_string(),
        "key_path": observed.key_path,
        "line": line,
        "form": observed.form.word(),
        "transport": observed.transport,
        "host": observed.host,
        "port": observed.port,
        "user": user,
        "has_password": observed.has_password,
        "database": observed.database,
    })
}

/// Judges one broker, or cache on Redis: the edits after which it is as wished, or why it stays as it is.
fn judge(entry: &BrokerEntry<'_>, wish: &Wish, here: &ThisHost) -> Result<Vec<Edit>, Kept> {
    let redis = match &entry.broker {
        Broker::Redis(redis) => redis,
        other => return Err(aside(other)),
    };
    let Some(endpoint) = wish.endpoints.first() else { return Ok(Vec::new()) };
    let servers = redis.endpoints();
    wish.allows(servers.iter().map(|server| (server.to_string(), server)), here)?;
    entry.point(endpoint, wish.given.credentials()).map_err(|why| Kept::Worrying(why.to_string()))
}

/// Why a broker that is not Redis stays as it is.
fn aside(broker: &Broker<'_>) -> Kept {
    match broker {
        Broker::Redis(_) | Broker::NoTransport => {
            Kept::Unused("there is no CELERY_BROKER_TRANSPORT beside it, so that its service has no broker")
        }
        Broker::RabbitMq => Kept::Worrying(
            "it is RabbitMQ, through which Celery's tasks travel up to Juniper; this module leaves it alone".to_owned(),
        ),
        Broker::Other(why) => Kept::Worrying(why.clone()),
    }
}
