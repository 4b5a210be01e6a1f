//! Three platforms: one as it was installed, one half way, one at the end; and two that are hard to show.

#![allow(dead_code, reason = "each test file uses a part")]

use edx_layout::Layer;
use roadmap::{CacheKeyPrefix, EndpointStatus, Finding, HostStatus, LayerStatus, Place, Scope};

/// An endpoint that answers.
pub fn endpoint(endpoint: &str, scope: Scope, settings: &[&str]) -> EndpointStatus {
    EndpointStatus {
        endpoint: endpoint.to_owned(),
        scope,
        answers: Some(true),
        told: String::new(),
        settings: settings.iter().map(|&setting| setting.to_owned()).collect(),
    }
}

/// A folder, which nobody asks, or a bucket, which is asked whether it is there.
pub fn store(name: &str, scope: Scope, settings: &[&str]) -> EndpointStatus {
    EndpointStatus { answers: (scope != Scope::Local).then_some(true), ..endpoint(name, scope, settings) }
}

/// A layer that nothing uses.
pub fn unused(layer: Layer) -> LayerStatus {
    LayerStatus { layer, place: Place::Unused, endpoints: Vec::new(), is_recorded: None }
}

/// A layer.
pub fn layer(layer: Layer, place: Place, endpoints: Vec<EndpointStatus>, is_recorded: Option<bool>) -> LayerStatus {
    LayerStatus { layer, place, endpoints, is_recorded }
}

fn prefix(cache: &str, prefix: &str) -> CacheKeyPrefix {
    CacheKeyPrefix { file: "lms.yml".to_owned(), cache: format!("CACHES.{cache}"), prefix: prefix.to_owned() }
}

const DATABASES: [&str; 4] = [
    "lms.yml DATABASES.default.HOST",
    "lms.yml DATABASES.read_replica.HOST",
    "studio.yml DATABASES.default.HOST",
    "xqueue.yml DATABASES.default.HOST",
];
const STORES: [&str; 3] =
    ["lms.yml CONTENTSTORE.DOC_STORE_CONFIG.host", "lms.yml DOC_STORE_CONFIG.host", "studio.yml DOC_STORE_CONFIG.host"];
const CACHES: [&str; 2] = ["lms.yml CACHES.default.LOCATION", "studio.yml CACHES.default.LOCATION"];
const BROKERS: [&str; 2] = ["lms.yml CELERY_BROKER_HOSTNAME", "studio.yml CELERY_BROKER_HOSTNAME"];
const INDEXES: [&str; 1] = ["lms.yml ELASTIC_SEARCH_CONFIG[0].host"];
const UPLOADS: [&str; 2] = ["lms.yml MEDIA_ROOT", "lms.yml GRADES_DOWNLOAD.ROOT_PATH"];

/// As the native installation leaves it: all on one server.
pub fn fresh() -> Vec<HostStatus> {
    let local = |which, name: &str, settings: &[&str]| {
        layer(which, Place::Local, vec![endpoint(name, Scope::Local, settings)], Some(true))
    };
    vec![HostStatus {
        host: "app1".to_owned(),
        name: Some("ip-10-0-1-10".to_owned()),
        addresses: vec!["10.0.1.10".to_owned()],
        release: Some("maple".to_owned()),
        layers: vec![
            local(Layer::MySql, "localhost:3306", &DATABASES),
            local(Layer::MongoDb, "localhost:27017", &STORES),
            local(Layer::Memcached, "localhost:11211", &CACHES),
            local(Layer::Redis, "localhost:6379", &BROKERS),
            unused(Layer::RabbitMq),
            local(Layer::Elasticsearch, "localhost:9200", &INDEXES),
            layer(
                Layer::Files,
                Place::Local,
                vec![
                    store("/edx/var/edxapp/media", Scope::Local, &UPLOADS[..1]),
                    store("/edx/var/edxapp/grades", Scope::Local, &UPLOADS[1..]),
                ],
                None,
            ),
        ],
        prefixes: vec![prefix("configuration", "ip-10-0-1-10"), prefix("default", "default")],
        findings: Vec::new(),
        passed: 31,
        is_complete: true,
    }]
}

/// memcached and MySQL are elsewhere, MongoDB is in between.
pub fn half() -> Vec<HostStatus> {
    let mut hosts = fresh();
    let app = &mut hosts[0];
    app.layers[0] =
        layer(Layer::MySql, Place::Remote, vec![endpoint("10.0.1.21:3306", Scope::Private, &DATABASES)], Some(true));
    app.layers[1] = layer(
        Layer::MongoDb,
        Place::Mixed,
        vec![
            endpoint("10.0.1.22:27017", Scope::Private, &STORES[..2]),
            endpoint("localhost:27017", Scope::Local, &STORES[2..]),
        ],
        Some(true),
    );
    app.layers[2] =
        layer(Layer::Memcached, Place::Remote, vec![endpoint("10.0.1.23:11211", Scope::Private, &CACHES)], Some(true));
    app.findings = vec![
        Finding {
            name: "mongodb.agree".to_owned(),
            subject: "studio.yml DOC_STORE_CONFIG.host".to_owned(),
            status: "failed".to_owned(),
            seen: "localhost, while lms.yml says 10.0.1.22".to_owned(),
            advice: "finish the move of MongoDB: courses that Studio changes now do not reach the LMS".to_owned(),
        },
        Finding {
            name: "memcached.memory".to_owned(),
            subject: "10.0.1.23:11211".to_owned(),
            status: "warning".to_owned(),
            seen: "1203 items were thrown out to make room since it started".to_owned(),
            advice: "give memcached more memory (edx_memcached_memory_mb)".to_owned(),
        },
    ];
    app.passed = 46;
    hosts
}

/// All is elsewhere, and there are two application servers.
pub fn moved() -> Vec<HostStatus> {
    let remote = |which, name: &str, settings: &[&str]| {
        layer(which, Place::Remote, vec![endpoint(name, Scope::Private, settings)], Some(true))
    };
    let server = |number: u8| HostStatus {
        host: format!("app{number}"),
        name: Some(format!("ip-10-0-1-1{}", number - 1)),
        addresses: vec![format!("10.0.1.1{}", number - 1)],
        release: Some("maple".to_owned()),
        layers: vec![
            remote(Layer::MySql, "10.0.1.21:3306", &DATABASES),
            remote(Layer::MongoDb, "10.0.1.22:27017", &STORES),
            remote(Layer::Memcached, "10.0.1.23:11211", &CACHES),
            remote(Layer::Redis, "10.0.1.23:6379", &BROKERS),
            unused(Layer::RabbitMq),
            remote(Layer::Elasticsearch, "10.0.1.24:9200", &INDEXES),
            layer(Layer::Files, Place::Remote, vec![store("s3://campus-uploads", Scope::Public, &UPLOADS)], Some(true)),
        ],
        prefixes: vec![prefix("configuration", "configuration"), prefix("default", "default")],
        findings: Vec::new(),
        passed: 52,
        is_complete: true,
    };
    vec![server(1), server(2)]
}

/// Eight application servers and many data servers, one of which is silent and one public.
pub fn crowd() -> Vec<HostStatus> {
    let mut hosts: Vec<HostStatus> = (1..=8)
        .map(|number| HostStatus {
            host: format!("application-server-{number}.campus.example"),
            name: Some(format!("ip-10-0-1-1{number}")),
            addresses: vec![format!("10.0.1.1{number}")],
            ..moved().remove(0)
        })
        .collect();
    for host in &mut hosts {
        let caches = [23, 25, 26].map(|last| endpoint(&format!("10.0.1.{last}:11211"), Scope::Private, &CACHES));
        host.layers[2].endpoints = caches.to_vec();
        let silent = endpoint("mongodb-primary.eu-central-1.documents.example:27017", Scope::Unknown, &STORES);
        host.layers[1].endpoints =
            vec![EndpointStatus { answers: Some(false), told: "connection refused".to_owned(), ..silent }];
        host.layers[0].endpoints[0].scope = Scope::Public;
        "203.0.113.21:3306".clone_into(&mut host.layers[0].endpoints[0].endpoint);
    }
    hosts[3].layers[3] =
        layer(Layer::Redis, Place::Local, vec![endpoint("localhost:6379", Scope::Local, &BROKERS)], Some(true));
    hosts
}

/// Everything that text from outside may try.
pub fn hostile() -> Vec<HostStatus> {
    let evil = "<script>alert(1)</script>&\"'`\u{1b}[31m\r\n\u{202e}\0{{ x }}{% y %}";
    let mut hosts = fresh();
    let app = &mut hosts[0];
    evil.clone_into(&mut app.host);
    app.name = Some(evil.to_owned());
    app.addresses = vec![evil.to_owned()];
    app.release = Some(evil.to_owned());
    for layer in &mut app.layers {
        layer.place = if layer.layer == Layer::RabbitMq { Place::Unused } else { Place::Mixed };
        layer.endpoints = vec![EndpointStatus {
            endpoint: format!("{evil}{}", "x".repeat(300)),
            scope: Scope::Public,
            answers: Some(false),
            told: evil.to_owned(),
            settings: vec![evil.to_owned(); 3],
        }];
    }
    app.prefixes = vec![CacheKeyPrefix { file: evil.to_owned(), cache: evil.to_owned(), prefix: evil.to_owned() }];
    app.findings = vec![Finding {
        name: evil.to_owned(),
        subject: evil.to_owned(),
        status: evil.to_owned(),
        seen: evil.to_owned(),
        advice: evil.to_owned(),
    }];
    hosts
}
