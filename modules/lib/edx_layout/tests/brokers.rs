//! Celery's brokers and the caches on Redis: how they are found, and how they name another server.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::path::Path;

use edx_layout::{
    Broker, BrokerEntry, BrokerForm, CannotHold, Credentials, Endpoint, ObservedBroker, Release, find_brokers,
};
use lossless_yaml::{Document, EmitOptions};

const HOST: &str = "CELERY_BROKER_HOSTNAME: localhost
CELERY_BROKER_PASSWORD: old
CELERY_BROKER_TRANSPORT: redis
CELERY_BROKER_USER: ''
CELERY_BROKER_VHOST: ''
";

/// The places found in a file of LMS.
fn with<T>(yaml: &str, look: impl FnOnce(&[BrokerEntry<'_>]) -> T) -> T {
    let doc = Document::parse(yaml).unwrap();
    look(&find_brokers(Path::new("/edx/etc/lms.yml"), &doc, None))
}

/// What such a place is, in one word and the servers as they may be shown.
fn kinds(yaml: &str) -> Vec<String> {
    with(yaml, |found| {
        let kind = |entry: &BrokerEntry<'_>| match &entry.broker {
            Broker::Redis(redis) => {
                let servers: Vec<_> = redis.servers.iter().map(edx_layout::RedisServer::shown).collect();
                format!("{} {}", entry.path, servers.join(" "))
            }
            Broker::RabbitMq => format!("{} RabbitMQ", entry.path),
            Broker::NoTransport => format!("{} no transport", entry.path),
            Broker::Other(why) => format!("{}: {why}", entry.path),
        };
        found.iter().map(kind).collect()
    })
}

fn observed(yaml: &str) -> Vec<ObservedBroker> {
    with(yaml, |found| found.iter().flat_map(|entry| entry.observed(Path::new("/edx/etc/lms.yml"))).collect())
}

/// The file after each of its places was pointed at `endpoint`.
fn pointed(yaml: &str, endpoint: &str, wished: Credentials<'_>) -> Result<String, CannotHold> {
    let doc = Document::parse(yaml).unwrap();
    let endpoint = Endpoint::of_redis(endpoint).unwrap();
    let mut edits = Vec::new();
    for entry in find_brokers(Path::new("/edx/etc/lms.yml"), &doc, None) {
        edits.extend(entry.point(&endpoint, wished)?);
    }
    Ok(String::from_utf8(doc.plan(&edits, &EmitOptions::default()).unwrap().bytes).unwrap())
}

fn with_password(password: &str) -> Credentials<'_> {
    Credentials { user: None, password: Some(password) }
}

/// A URL after it was pointed at `endpoint`.
fn url(text: &str, endpoint: &str, wished: Credentials<'_>) -> String {
    let after = pointed(&format!("BROKER_URL: \"{text}\"\n"), endpoint, wished).unwrap();
    let doc = Document::parse(after).unwrap();
    doc.root().get("BROKER_URL").unwrap().text().unwrap().to_owned()
}

#[test]
fn each_form_is_found() {
    assert_eq!(kinds(HOST), ["CELERY_BROKER_HOSTNAME localhost"]);
    assert_eq!(
        kinds(
            "BROKER_URL: redis://:pw@10.0.0.1:6379\nCELERY_BROKER_URL: rediss://h/0\nA: {broker_url: 'redis://:@h/'}\n"
        ),
        ["BROKER_URL redis://********@10.0.0.1:6379", "CELERY_BROKER_URL rediss://h/0", "A.broker_url redis://:@h/"]
    );
    assert_eq!(
        kinds("CELERY_RESULT_BACKEND: redis://h\nRESULT_BACKEND: django-cache\n"),
        ["CELERY_RESULT_BACKEND redis://h"]
    );
    assert_eq!(
        kinds("CACHES: {a: {BACKEND: django_redis.cache.RedisCache, LOCATION: ['redis://a/1', 'redis://b/1']}}"),
        ["CACHES.a.LOCATION redis://a/1 redis://b/1"]
    );
    assert_eq!(
        kinds("CACHES: {a: {BACKEND: redis_cache.RedisCache, LOCATION: 'h:6379:2'}}"),
        ["CACHES.a.LOCATION h:6379:2"]
    );
}

#[test]
fn what_is_left_empty_is_no_broker() {
    for yaml in [
        "CELERY_BROKER_HOSTNAME: ''\nCELERY_BROKER_TRANSPORT: redis\n",
        "CELERY_BROKER_HOSTNAME:\nCELERY_BROKER_TRANSPORT: redis\n",
        "CELERY_BROKER_HOSTNAME: ''\nCELERY_BROKER_TRANSPORT: ''\n",
        "BROKER_URL: ''\n",
        "BROKER_URL: 'redis://:@'\n",
        "BROKER_URL: 'redis://:@:6379/'\n",
        "BROKER_URL: 'redis://:pw@/0'\n",
        "BROKER_URL: 'django://'\n",
        "CACHES: {a: {BACKEND: x.RedisCache, LOCATION: ''}}",
        "CACHES: {a: {BACKEND: x.RedisCache, LOCATION: []}}",
        "CACHES: {a: {BACKEND: x.RedisCache}}",
        "CACHES: {a: {BACKEND: x.MemcachedCache, LOCATION: 'redis://h'}}",
    ] {
        assert!(kinds(yaml).is_empty(), "{yaml}: {:?}", kinds(yaml));
    }
}

#[test]
fn what_is_not_redis_is_named() {
    assert_eq!(kinds(&HOST.replace("redis", "amqp")), ["CELERY_BROKER_HOSTNAME RabbitMQ"]);
    assert_eq!(kinds(&HOST.replace("redis", "''")), ["CELERY_BROKER_HOSTNAME no transport"]);
    assert_eq!(kinds("BROKER_URL: amqp://celery:pw@127.0.0.1:5672\n"), ["BROKER_URL RabbitMQ"]);
    for (yaml, why) in [
        ("BROKER_URL: 'sentinel://h:26379'", "Sentinel tells its clients which server to take"),
        ("BROKER_URL: 'redis+socket:///run/r.sock'", "it leads to a Unix socket of this host"),
        ("CACHES: {a: {BACKEND: x.Redis, LOCATION: /run/r.sock}}", "it leads to a Unix socket of this host"),
        ("CACHES: {a: {BACKEND: x.Redis, LOCATION: 'unix:///run/r.sock?db=1'}}", "it leads to a Unix socket"),
        ("BROKER_URL: localhost:6379", "it is no URL"),
        ("BROKER_URL: 'sqs://key:secret@'", "its transport is not one that is known here"),
        ("BROKER_URL: [redis://h]", "it is not a text"),
        ("BROKER_URL: 'redis://:p/w@h'", "it has an @ after a /"),
        ("BROKER_URL: 'redis://secret:secret'", "its host or port cannot be read"),
        ("CACHES: {a: {BACKEND: x.Redis, LOCATION: [1]}}", "it is neither a text nor a list of texts"),
        ("CACHES: {a: {BACKEND: x.Redis, LOCATION: ':secret@h:6379'}}", "it has a user or a password in it"),
        ("{CELERY_BROKER_HOSTNAME: 'u:secret@h', CELERY_BROKER_TRANSPORT: redis}", "it is more than a host and a port"),
    ] {
        let found = kinds(yaml);
        assert!(found.len() == 1 && found[0].contains(why), "{yaml}: {found:?}");
        assert!(!found[0].contains("secret"), "{found:?}");
    }
}

#[test]
fn what_is_observed_has_no_password() {
    let yaml = format!("{}BROKER_URL: redis://us%40er:pw@[fd00::1]/3\n", HOST.replace("VHOST: ''", "VHOST: '1'"));
    let found = observed(&yaml);
    let host = ObservedBroker {
        file: "/edx/etc/lms.yml".into(),
        key_path: "CELERY_BROKER_HOSTNAME".to_owned(),
        form: BrokerForm::Host,
        transport: "redis".to_owned(),
        host: "localhost".to_owned(),
        port: 6379,
        user: String::new(),
        has_password: true,
        database: Some("1".to_owned()),
    };
    let url = ObservedBroker {
        key_path: "BROKER_URL".to_owned(),
        form: BrokerForm::Url,
        host: "fd00::1".to_owned(),
        user: "us@er".to_owned(),
        database: Some("3".to_owned()),
        ..host.clone()
    };
    assert_eq!(found, [host, url]);
}

#[test]
fn a_file_that_the_release_does_not_read_is_marked() {
    let doc = Document::parse(HOST).unwrap();
    let is_read = |release| find_brokers(Path::new("/edx/etc/lms.yml"), &doc, Some(release))[0].is_read;
    assert_eq!((is_read(Release::Ironwood), is_read(Release::Koa)), (false, true));
}

#[test]
fn a_host_is_written_alone_where_its_port_is_the_default() {
    let none = Credentials::default();
    let host = |endpoint| pointed(HOST, endpoint, none).unwrap().lines().next().unwrap().to_owned();
    assert_eq!(host("172.31.5.11"), "CELERY_BROKER_HOSTNAME: 172.31.5.11");
    assert_eq!(host("172.31.5.11:6380"), "CELERY_BROKER_HOSTNAME: 172.31.5.11:6380");
    assert_eq!(host("fd00::1"), "CELERY_BROKER_HOSTNAME: '[fd00::1]'");
    assert_eq!(host("[fd00::1]:6380"), "CELERY_BROKER_HOSTNAME: '[fd00::1]:6380'");
    assert_eq!(pointed(HOST, "localhost", none).unwrap(), HOST);
}

#[test]
fn user_and_password_beside_a_host_are_written_for_the_url_that_the_platform_builds() {
    let wished = Credentials { user: Some("celery"), password: Some("p@ss:w/rd #%") };
    assert_eq!(
        pointed(HOST, "10.0.0.5", wished).unwrap(),
        "CELERY_BROKER_HOSTNAME: 10.0.0.5
CELERY_BROKER_PASSWORD: p%40ss%3Aw%2Frd%20%23%25
CELERY_BROKER_TRANSPORT: redis
CELERY_BROKER_USER: 'celery'
CELERY_BROKER_VHOST: ''
"
    );
    let none = Credentials { user: Some(""), password: Some("") };
    assert!(pointed(HOST, "10.0.0.5", none).unwrap().contains("CELERY_BROKER_PASSWORD: ''\n"));
    let bare = "CELERY_BROKER_HOSTNAME: localhost\nCELERY_BROKER_TRANSPORT: redis\n";
    assert_eq!(pointed(bare, "localhost", none).unwrap(), bare, "nothing to take away");
    assert!(pointed(bare, "localhost", wished).unwrap().contains("\nCELERY_BROKER_USER: celery\n"));
}

#[test]
fn a_password_may_be_a_number_or_null() {
    let with = |password: &str| HOST.replace("PASSWORD: old", &format!("PASSWORD: {password}"));
    let has_password = |password: &str| observed(&with(password))[0].has_password;
    assert_eq!((has_password("12345"), has_password("null"), has_password("")), (true, false, false));
    assert_eq!(pointed(&with("12345"), "localhost", with_password("12345")), Ok(with("12345")));
    assert_eq!(pointed(&with("old"), "localhost", with_password("12345")), Ok(with("'12345'")));
    assert_eq!(pointed(&with("null"), "localhost", with_password("")), Ok(with("''")));
}

#[test]
fn a_url_keeps_its_shape() {
    let none = Credentials::default();
    for (before, after) in [
        ("redis://:pw@127.0.0.1:6379", "redis://:pw@10.0.0.5:6379"),
        ("redis://:@127.0.0.1:6379/", "redis://:@10.0.0.5:6379/"),
        ("redis://localhost", "redis://10.0.0.5"),
        ("redis://localhost/0", "redis://10.0.0.5/0"),
        ("REDISS://u:p%40@h:6380/2?ssl_cert_reqs=none#x", "REDISS://u:p%40@10.0.0.5:6379/2?ssl_cert_reqs=none#x"),
        ("redis://u@h", "redis://u@10.0.0.5"),
        ("redis://a:6379/0;redis://b:6379/0", "redis://10.0.0.5:6379/0"),
    ] {
        assert_eq!(url(before, "10.0.0.5", none), after);
    }
    assert_eq!(url("redis://localhost", "10.0.0.5:6380", none), "redis://10.0.0.5:6380");
    assert_eq!(url("redis://localhost/1", "fd00::1", none), "redis://[fd00::1]/1");
}

#[test]
fn a_url_takes_user_and_password() {
    for (before, after) in [
        ("redis://:@127.0.0.1:6379/", "redis://:p%40ss@127.0.0.1:6379/"),
        ("redis://127.0.0.1", "redis://:p%40ss@127.0.0.1"),
        ("redis://u@127.0.0.1", "redis://u:p%40ss@127.0.0.1"),
        ("redis://u:old@127.0.0.1/1?a=b", "redis://u:p%40ss@127.0.0.1/1?a=b"),
        ("redis://:p%40ss@127.0.0.1", "redis://:p%40ss@127.0.0.1"),
    ] {
        assert_eq!(url(before, "127.0.0.1", with_password("p@ss")), after);
    }
    assert_eq!(url("redis://u:old@h:6379", "h", with_password("")), "redis://u:@h:6379");
    assert_eq!(url("redis://h", "h", with_password("")), "redis://h");
    let both = Credentials { user: Some("x y"), password: Some("") };
    assert_eq!(url("redis://h", "h", both), "redis://x%20y@h");
    assert_eq!(url("redis://:pw@h", "h", both), "redis://x%20y:@h");
}

#[test]
fn a_cache_has_its_password_where_it_had_it() {
    let cache = |location: &str, options: &str| {
        format!("CACHES:\n  a:\n    BACKEND: django_redis.cache.RedisCache\n    LOCATION: {location}\n{options}")
    };
    let point = |location: &str, options: &str| pointed(&cache(location, options), "10.0.0.5", with_password("n@w"));
    assert_eq!(point("redis://h:6379/1", ""), Ok(cache("redis://:n%40w@10.0.0.5:6379/1", "")));
    for key in ["PASSWORD", "password"] {
        let options = |password: &str| format!("    OPTIONS:\n      {key}: {password}\n");
        assert_eq!(point("redis://h:6379/1", &options("old")), Ok(cache("redis://10.0.0.5:6379/1", &options("n@w"))));
        assert_eq!(
            point("redis://:old@h:6379/1", &options("old")),
            Ok(cache("redis://:n%40w@10.0.0.5:6379/1", &options("n@w"))),
            "redis-py takes that of the URL"
        );
    }
    assert_eq!(point("h:6379:1", ""), Err(CannotHold::NoUrl));
    let options = |password: &str| format!("    OPTIONS: {{PASSWORD: {password}}}\n");
    assert_eq!(point("h:6379:1", &options("old")), Ok(cache("10.0.0.5:6379:1", &options("n@w"))));
    assert_eq!(point("redis://h/1?password=old", ""), Err(CannotHold::InQuery));
    assert_eq!(
        pointed(&cache("[redis://a/1, redis://b/1]", ""), "10.0.0.5", Credentials::default()),
        Ok(cache("['redis://10.0.0.5/1']", "")),
    );
}

#[test]
fn the_password_of_json_files_stands_in_the_other_one() {
    let doc =
        Document::parse("{\"CELERY_BROKER_HOSTNAME\": \"localhost\", \"CELERY_BROKER_TRANSPORT\": \"redis\"}").unwrap();
    let found = find_brokers(Path::new("/edx/app/edxapp/lms.env.json"), &doc, None);
    let endpoint = Endpoint::of_redis("10.0.0.5").unwrap();
    assert_eq!(found[0].point(&endpoint, Credentials::default()).map(|edits| edits.len()), Ok(1));
    assert_eq!(found[0].point(&endpoint, with_password("pw")), Err(CannotHold::OtherFile("lms.auth.json")));
}

#[test]
fn an_endpoint_of_redis_is_a_host_and_a_port() {
    for (text, shown) in [
        ("172.31.5.11", "172.31.5.11:6379"),
        ("Redis.internal:6380", "redis.internal:6380"),
        ("fd00::1", "[fd00::1]:6379"),
        ("[fd00::1]:6380", "[fd00::1]:6380"),
    ] {
        assert_eq!(Endpoint::of_redis(text).unwrap().to_string(), shown);
    }
    for (text, reason) in [
        ("", "it is empty; write host:port, as in 172.31.5.11:6379"),
        (
            "unix:/run/redis.sock",
            "a Unix socket is on this host, and of Open edX's brokers only a whole URL could name one; give host:port",
        ),
        ("redis://h/0", "scheme and database stay as each file has them; leave out redis:// and give host:port"),
        ("a,b", "it names several servers; a Redis is one"),
        ("h:0", "\"0\" is not a port (1 to 65535)"),
    ] {
        let message = Endpoint::of_redis(text).unwrap_err().to_string();
        assert_eq!(message, format!("\"{text}\" is not a Redis endpoint: {reason}"));
    }
    assert_eq!(
        Endpoint::of_redis(":secret@h").unwrap_err().to_string(),
        "\"...@h\" is not a Redis endpoint: user and password are options of their own; give host:port alone"
    );
}
