//! Settings that say where data is, in every shape that they can have.

#![allow(missing_docs, clippy::unwrap_used)]

use std::path::Path;

use edx_layout::{DataAddress, DataPlace, DataSetting, Layer, Release, cache_key_prefixes, find_data};

fn find_in(path: &str, content: &str, release: Option<Release>) -> Vec<DataSetting> {
    let found = find_data(Path::new(path), content.as_bytes(), release).unwrap();
    let text = format!("{found:?}");
    assert!(!text.contains("pw-"), "a secret is shown: {text}");
    found
}

fn find(content: &str) -> Vec<DataSetting> {
    find_in("/edx/etc/lms.yml", content, None)
}

/// `mysql DATABASES.default.HOST: 10.0.0.5 -> 10.0.0.5:3306`.
fn told(setting: &DataSetting) -> String {
    let places: Vec<String> =
        setting.places.iter().map(|place| format!("{} -> {}", place.shown, address(place))).collect();
    format!("{} {}: {}", setting.layer.name(), setting.key, places.join(" | "))
}

fn address(place: &DataPlace) -> String {
    match &place.address {
        DataAddress::Server { host, port, tls } => format!("{host}:{port}{}", if *tls { " tls" } else { "" }),
        DataAddress::Socket(path) => format!("socket {}", path.display()),
        DataAddress::Folder(path) => format!("folder {}", path.display()),
        DataAddress::ObjectStore { endpoint, bucket } => {
            format!("bucket {bucket} at {}", endpoint.as_deref().unwrap_or("AWS"))
        }
        DataAddress::Unknown(why) => format!("unknown: {why}"),
    }
}

fn assert_found(content: &str, expected: &[&str]) {
    assert_eq!(find(content).iter().map(told).collect::<Vec<_>>(), expected, "{content}");
}

fn database(settings: &str, expected: &str) {
    let content = format!("DATABASES: {{default: {{{settings}}}}}");
    assert_found(&content, &[&format!("mysql DATABASES.default.HOST: {expected}")]);
}

#[test]
fn mysql_has_its_port_as_a_text_or_a_number() {
    database("HOST: 10.0.0.5", "10.0.0.5 -> 10.0.0.5:3306");
    database("HOST: db.example.com, PORT: '3307'", "db.example.com -> db.example.com:3307");
    database("HOST: 10.0.0.5, PORT: 3307", "10.0.0.5 -> 10.0.0.5:3307");
    database("HOST: 10.0.0.5, PORT: ''", "10.0.0.5 -> 10.0.0.5:3306");
    database("HOST: 'fd00::5', PORT: 3307", "fd00::5 -> fd00::5:3307");
    database("HOST: 10.0.0.5, OPTIONS: {ssl: {ca: /etc/ca.pem}}", "10.0.0.5 -> 10.0.0.5:3306 tls");
}

#[test]
fn mysql_without_a_host_is_the_socket_of_this_server() {
    for settings in ["HOST: ''", "HOST: null", "NAME: edxapp"] {
        database(settings, "/var/run/mysqld/mysqld.sock -> socket /var/run/mysqld/mysqld.sock");
    }
    database("HOST: /run/my.sock", "/run/my.sock -> socket /run/my.sock");
    database("HOST: localhost, OPTIONS: {unix_socket: /run/my.sock}", "/run/my.sock -> socket /run/my.sock");
}

#[test]
fn a_database_that_cannot_be_understood_says_why() {
    database("HOST: 12", "... -> unknown: it is not a text");
    database("HOST: [10.0.0.5]", "... -> unknown: it is not a text");
    database("HOST: !vault abc", "... -> unknown: it is not a text");
    database("HOST: 10.0.0.5, PORT: 70000", "... -> unknown: its PORT is not a port (1 to 65535)");
    database("HOST: 10.0.0.5, PORT: many", "... -> unknown: its PORT is not a port (1 to 65535)");
    database("HOST: '10.0.0.5:3306'", "10.0.0.5:3306 -> unknown: it has a port in it, which belongs into PORT");
    database("HOST: 'me:pw-x@db'", "...@db -> unknown: it has a user or a password in it, where only a host belongs");
    database(
        "HOST: 10.0.0.5, ENGINE: django.db.backends.sqlite3",
        "... -> unknown: its ENGINE is django.db.backends.sqlite3, which is not MySQL",
    );
}

#[test]
fn a_database_may_take_its_host_from_elsewhere_in_the_file() {
    assert_found(
        "x: &db {HOST: 10.0.0.5, PORT: 3307}\nDATABASES:\n  default: {<<: *db}\n  replica: *db\n",
        &[
            "mysql DATABASES.default.HOST: 10.0.0.5 -> 10.0.0.5:3307",
            "mysql DATABASES.replica.HOST: 10.0.0.5 -> 10.0.0.5:3307",
        ],
    );
}

fn documents(settings: &str, expected: &str) {
    let content = format!("DOC_STORE_CONFIG: {{{settings}}}");
    assert_found(&content, &[&format!("mongodb DOC_STORE_CONFIG.host: {expected}")]);
}

#[test]
fn mongodb_has_one_host_or_several_in_a_text_or_a_list() {
    documents("host: 10.0.0.5", "10.0.0.5 -> 10.0.0.5:27017");
    documents("host: 10.0.0.5, port: 27018", "10.0.0.5 -> 10.0.0.5:27018");
    documents("host: 10.0.0.5, ssl: true", "10.0.0.5 -> 10.0.0.5:27017 tls");
    documents("host: 'one, two:27018', port: 27019", "one -> one:27019 | two:27018 -> two:27018");
    documents("host: [one, 'two:27018']", "one -> one:27017 | two:27018 -> two:27018");
    documents("host: [one, 2]", "one -> one:27017 | ... -> unknown: it is not a text");
    documents("host: /tmp/mongodb-27017.sock", "/tmp/mongodb-27017.sock -> socket /tmp/mongodb-27017.sock");
    documents(
        "host: 'mongodb://me:pw-x@one,two:27018/db'",
        "mongodb://one -> one:27017 | mongodb://two:27018 -> two:27018",
    );
}

#[test]
fn a_mongodb_that_cannot_be_understood_says_why() {
    documents("host: null", "... -> unknown: it is empty");
    documents("host: 5", "... -> unknown: it is not a text");
    documents("host: one, port: 0", "... -> unknown: its port is not a port (1 to 65535)");
    documents(
        "host: 'a b'",
        "a b -> unknown: \"a b\" is not a host name: each part between dots has 1 to 63 letters, digits, - or _, and no - at either end",
    );
}

#[test]
fn the_stores_of_lms_are_found_wherever_they_are_nested() {
    assert_found(
        "CONTENTSTORE:\n  OPTIONS: {host: 10.0.0.1}\n  DOC_STORE_CONFIG: {host: 10.0.0.2}\n\
         MODULESTORE: {default: {OPTIONS: {stores: [{DOC_STORE_CONFIG: {host: 10.0.0.3}}]}}}\n\
         OTHER: {OPTIONS: {host: 10.0.0.4}}\nPLUGIN: {deep: {DOC_STORE_CONFIG: {host: 10.0.0.5}}}\n",
        &[
            "mongodb CONTENTSTORE.OPTIONS.host: 10.0.0.1 -> 10.0.0.1:27017",
            "mongodb CONTENTSTORE.DOC_STORE_CONFIG.host: 10.0.0.2 -> 10.0.0.2:27017",
            "mongodb MODULESTORE.default.OPTIONS.stores[0].DOC_STORE_CONFIG.host: 10.0.0.3 -> 10.0.0.3:27017",
            "mongodb PLUGIN.deep.DOC_STORE_CONFIG.host: 10.0.0.5 -> 10.0.0.5:27017",
        ],
    );
}

#[test]
fn memcached_caches_keep_their_servers_text() {
    assert_found(
        "CACHES:\n  a: {BACKEND: x.MemcachedCache, LOCATION: ['10.0.0.5:11211', memcache, 'unix:/run/m.sock']}\n\
         \x20 b: {BACKEND: x.MemcachedCache, LOCATION: '10.0.0.5;me:pw-x@10.0.0.6'}\n\
         \x20 c: {BACKEND: x.MemcachedCache}\n  d: {BACKEND: x.MemcachedCache, LOCATION: 5}\n\
         \x20 e: {BACKEND: x.LocMemCache}\n",
        &[
            "memcached CACHES.a.LOCATION: 10.0.0.5:11211 -> 10.0.0.5:11211 | memcache -> memcache:11211 | \
             unix:/run/m.sock -> socket /run/m.sock",
            "memcached CACHES.b.LOCATION: 10.0.0.5 -> 10.0.0.5:11211 | \
             ...@10.0.0.6 -> unknown: memcached has no user or password",
            "memcached CACHES.c.LOCATION: ... -> unknown: it has no LOCATION",
            "memcached CACHES.d.LOCATION: ... -> unknown: it is neither a text nor a list of texts",
        ],
    );
}

#[test]
fn a_cache_on_redis_is_redis() {
    assert_found(
        "CACHES:\n  a: {BACKEND: django_redis.cache.RedisCache, LOCATION: 'redis://:pw-x@10.0.0.5:6379/1'}\n\
         \x20 b: {BACKEND: django.core.cache.backends.redis.RedisCache, LOCATION: [rediss://one, redis://two]}\n\
         \x20 c: {BACKEND: redis_cache.RedisCache, LOCATION: '10.0.0.5:6380:1'}\n\
         \x20 d: {BACKEND: redis_cache.RedisCache, LOCATION: 'unix://:pw-x@/run/redis.sock?db=1'}\n\
         \x20 e: {BACKEND: redis_cache.RedisCache, LOCATION: /run/redis.sock}\n\
         \x20 f: {BACKEND: redis_cache.RedisCache}\n",
        &[
            "redis CACHES.a.LOCATION: redis://10.0.0.5:6379 -> 10.0.0.5:6379",
            "redis CACHES.b.LOCATION: rediss://one -> one:6379 tls | redis://two -> two:6379",
            "redis CACHES.c.LOCATION: 10.0.0.5:6380 -> 10.0.0.5:6380",
            "redis CACHES.d.LOCATION: unix:///run/redis.sock -> socket /run/redis.sock",
            "redis CACHES.e.LOCATION: /run/redis.sock -> socket /run/redis.sock",
            "redis CACHES.f.LOCATION: ... -> unknown: it has no LOCATION",
        ],
    );
}

#[test]
fn the_transport_tells_the_queues_layer_and_port() {
    let queue = |settings: &str| {
        find(&format!("CELERY_BROKER_HOSTNAME: 10.0.0.5\n{settings}\n")).iter().map(told).collect::<Vec<_>>()
    };
    let redis = "redis CELERY_BROKER_HOSTNAME: 10.0.0.5 -> 10.0.0.5:6379";
    assert_eq!(queue("CELERY_BROKER_TRANSPORT: redis"), [redis]);
    assert_eq!(queue("CELERY_BROKER_TRANSPORT: amqp"), ["rabbitmq CELERY_BROKER_HOSTNAME: 10.0.0.5 -> 10.0.0.5:5672"]);
    assert_eq!(queue("CELERY_BROKER_TRANSPORT: rediss"), [format!("{redis} tls")]);
    assert_eq!(queue("CELERY_BROKER_TRANSPORT: redis\nCELERY_BROKER_USE_SSL: true"), [format!("{redis} tls")]);
    assert_eq!(queue("CELERY_BROKER_USE_SSL: {ssl_cert_reqs: 0}"), [format!("{redis} tls")]);
    assert_eq!(queue("CELERY_BROKER_TRANSPORT: memory"), Vec::<String>::new());
}

#[test]
fn without_a_transport_the_release_tells_the_queues_layer() {
    let layer = |release| find_in("/edx/etc/registrar.yml", "CELERY_BROKER_HOSTNAME: mq\n", release)[0].layer;
    assert_eq!(layer(Some(Release::Juniper)), Layer::RabbitMq);
    assert_eq!(layer(Some(Release::Koa)), Layer::Redis);
    assert_eq!(layer(None), Layer::Redis);
}

#[test]
fn the_hostname_of_the_queue_may_have_a_port_and_may_be_empty() {
    assert_found(
        "CELERY_BROKER_HOSTNAME: '10.0.0.5:6380'",
        &["redis CELERY_BROKER_HOSTNAME: 10.0.0.5:6380 -> 10.0.0.5:6380"],
    );
    assert_found("CELERY_BROKER_HOSTNAME: ''\nCELERY_BROKER_TRANSPORT: redis\n", &[]);
    assert_found("CELERY_BROKER_TRANSPORT: redis\n", &[]);
    assert_found("CELERY_BROKER_HOSTNAME: true", &["redis CELERY_BROKER_HOSTNAME: ... -> unknown: it is not a text"]);
}

fn broker(url: &str, expected: &str) {
    let expected: Vec<String> = expected.lines().map(|line| line.replace(" = ", " BROKER_URL: ")).collect();
    let found: Vec<String> = find(&format!("BROKER_URL: \"{url}\"")).iter().map(told).collect();
    assert_eq!(found, expected, "{url}");
}

#[test]
fn the_url_of_a_broker_tells_layer_port_and_tls() {
    broker("redis://:pw-x@10.0.0.5:6380/0", "redis = redis://10.0.0.5:6380 -> 10.0.0.5:6380");
    broker("rediss://10.0.0.5/0", "redis = rediss://10.0.0.5 -> 10.0.0.5:6379 tls");
    broker("redis://[fd00::5]:6380", "redis = redis://[fd00::5]:6380 -> fd00::5:6380");
    broker("amqp://celery:pw-x@10.0.0.5//", "rabbitmq = amqp://10.0.0.5 -> 10.0.0.5:5672");
    broker("pyamqp://10.0.0.5:5673", "rabbitmq = pyamqp://10.0.0.5:5673 -> 10.0.0.5:5673");
    broker("amqps://10.0.0.5", "rabbitmq = amqps://10.0.0.5 -> 10.0.0.5:5671 tls");
    broker("redis:///0", "redis = redis://localhost -> localhost:6379");
    broker("redis+socket:///run/redis.sock", "redis = redis+socket:///run/redis.sock -> socket /run/redis.sock");
    broker("redis://:@127.0.0.1:6379/", "redis = redis://127.0.0.1:6379 -> 127.0.0.1:6379");
}

#[test]
fn one_text_may_name_several_brokers() {
    let two = "redis = redis://one:6379 -> one:6379 | redis://two:6379 -> two:6379";
    broker("redis://one:6379/0;redis://two:6379/0", two);
    broker("redis://:pw-x@one:6379/0;;redis://:pw-y@two:6379/0", two);
    broker("redis://:pw-x;z@one:6379/0;;redis://:pw-y@two:6379/0;", two);
    broker(
        "sentinel://one;sentinel://two:26380",
        "redis = sentinel://one -> one:26379 | sentinel://two:26380 -> two:26380",
    );
    broker("redis://one;amqp://two", "redis = redis://one -> one:6379\nrabbitmq = amqp://two -> two:5672");
}

#[test]
fn queues_in_the_database_or_in_memory_are_none() {
    for url in ["django://", "memory://", "filesystem://", ""] {
        broker(url, "");
    }
}

#[test]
fn a_password_is_never_shown_however_it_is_written() {
    let ambiguous = "it has an @ after a /, ? or #, so that its password cannot be told from its host: write these \
                     characters of a password as %40, %2F, %3F and %23";
    broker("redis://:pw-%40%2F@10.0.0.5", "redis = redis://10.0.0.5 -> 10.0.0.5:6379");
    broker("redis://:pw-@b@10.0.0.5", "redis = redis://10.0.0.5 -> 10.0.0.5:6379");
    broker("redis://me:a/pw-@b@10.0.0.5", &format!("redis = redis://... -> unknown: {ambiguous}"));
    broker("redis://:a@pw-/c@10.0.0.5", &format!("redis = redis://... -> unknown: {ambiguous}"));
    broker("redis://:a#pw-@10.0.0.5", &format!("redis = redis://... -> unknown: {ambiguous}"));
    broker("redis://:pw-forgot-the-host", "redis = redis://... -> unknown: its host or port cannot be read");
    broker("redis://10.0.0.5/0?password=pw-x", "redis = redis://10.0.0.5 -> 10.0.0.5:6379");
    broker("kafka://me:pw-x@10.0.0.5", "redis = kafka://... -> unknown: kafka is no transport that is known here");
    broker(
        "me:pw-x@10.0.0.5",
        "redis = ...@10.0.0.5 -> unknown: it has a user or a password in it, where only a host belongs",
    );
}

#[test]
fn results_are_found_only_where_they_are_kept_by_a_broker() {
    assert_found("CELERY_RESULT_BACKEND: django-cache", &[]);
    assert_found("CELERY_RESULT_BACKEND: 'db+mysql://me:pw-x@host'", &[]);
    assert_found(
        "CELERY_RESULT_BACKEND: redis://10.0.0.5",
        &["redis CELERY_RESULT_BACKEND: redis://10.0.0.5 -> 10.0.0.5:6379"],
    );
}

#[test]
fn search_engines_are_found_in_each_shape_that_a_release_has() {
    assert_found(
        "ELASTIC_SEARCH_CONFIG:\n- {host: 10.0.0.1, port: 9201, use_ssl: true}\n- {host: 10.0.0.2}\n\
         OPEN_SEARCH_CONFIG: [{host: 10.0.0.3, port: '9202'}]\n\
         ELASTICSEARCH_URL: 10.0.0.4:9200\nELASTICSEARCH_CLUSTER_URL: http://me:pw-x@10.0.0.5:9200/\n\
         ELASTICSEARCH_LEARNERS_HOST: https://search.example.com\n\
         ELASTICSEARCH_DSL: {default: {hosts: ['10.0.0.6', 'https://10.0.0.7', {host: 10.0.0.8}]}}\n\
         HAYSTACK_CONNECTIONS: {default: {URL: 'http://10.0.0.9:9200/'}}\n\
         DISCOVERY_OPENSEARCH_HOST: 10.0.0.10\nDISCOVERY_OPENSEARCH_PORT: 9202\nDISCOVERY_OPENSEARCH_USE_SSL: false\n",
        &[
            "elasticsearch ELASTIC_SEARCH_CONFIG[0].host: 10.0.0.1 -> 10.0.0.1:9201 tls",
            "elasticsearch ELASTIC_SEARCH_CONFIG[1].host: 10.0.0.2 -> 10.0.0.2:9200",
            "elasticsearch OPEN_SEARCH_CONFIG[0].host: 10.0.0.3 -> 10.0.0.3:9202",
            "elasticsearch ELASTICSEARCH_URL: 10.0.0.4:9200 -> 10.0.0.4:9200",
            "elasticsearch ELASTICSEARCH_CLUSTER_URL: http://10.0.0.5:9200 -> 10.0.0.5:9200",
            "elasticsearch ELASTICSEARCH_LEARNERS_HOST: https://search.example.com -> search.example.com:443 tls",
            "elasticsearch ELASTICSEARCH_DSL.default.hosts: 10.0.0.6 -> 10.0.0.6:9200 | \
             https://10.0.0.7 -> 10.0.0.7:443 tls | 10.0.0.8 -> 10.0.0.8:9200",
            "elasticsearch HAYSTACK_CONNECTIONS.default.URL: http://10.0.0.9:9200 -> 10.0.0.9:9200",
            "elasticsearch DISCOVERY_OPENSEARCH_HOST: 10.0.0.10 -> 10.0.0.10:9202",
        ],
    );
}

#[test]
fn a_search_engine_that_cannot_be_understood_says_why() {
    assert_found("ELASTICSEARCH_URL: ''\nDISCOVERY_OPENSEARCH_HOST: null\n", &[]);
    assert_found("ELASTICSEARCH_URL: 5", &["elasticsearch ELASTICSEARCH_URL: ... -> unknown: it is not a text"]);
    assert_found(
        "ELASTICSEARCH_URL: ftp://one",
        &["elasticsearch ELASTICSEARCH_URL: ftp://... -> unknown: it is neither http nor https"],
    );
    assert_found(
        "ELASTICSEARCH_DSL: {default: {hosts: []}}",
        &["elasticsearch ELASTICSEARCH_DSL.default.hosts: ... -> unknown: it is neither a text nor a list of texts"],
    );
    assert_found(
        "ELASTIC_SEARCH_CONFIG: [{port: 9200}, {host: one, port: x}, 5]",
        &[
            "elasticsearch ELASTIC_SEARCH_CONFIG[0].host: ... -> unknown: it has no host",
            "elasticsearch ELASTIC_SEARCH_CONFIG[1].host: ... -> unknown: its port is not a port (1 to 65535)",
            "elasticsearch ELASTIC_SEARCH_CONFIG[2].host: ... -> unknown: it has no host",
        ],
    );
}

fn forum(content: &str) -> Vec<String> {
    find_in("/edx/app/forum/forum_env", content, None).iter().map(told).collect()
}

#[test]
fn forum_has_its_servers_in_shell_variables() {
    assert_eq!(
        forum(
            "# export MONGOHQ_URL=\"mongodb://old\"\n\
             export MONGOHQ_URL=\"mongodb://me:pw-x@10.0.0.5:27017,10.0.0.6:27018/cs?ssl=true\"\n\
             export SEARCH_SERVER='http://10.0.0.7:9200'\n  SEARCH_SERVER_ES7=10.0.0.8 # here\n\
             export SEARCH_SERVER_OS12=\"\"\nexport API_KEY=\"pw-y\"\n"
        ),
        [
            "mongodb MONGOHQ_URL: mongodb://10.0.0.5:27017 -> 10.0.0.5:27017 tls | \
             mongodb://10.0.0.6:27018 -> 10.0.0.6:27018 tls",
            "elasticsearch SEARCH_SERVER: http://10.0.0.7:9200 -> 10.0.0.7:9200",
            "elasticsearch SEARCH_SERVER_ES7: 10.0.0.8 -> 10.0.0.8:9200",
        ]
    );
}

#[test]
fn of_two_assignments_of_a_shell_the_last_counts() {
    let found = find_in("forum_env", "MONGOHQ_URL=mongodb://a\nexport MONGOHQ_URL=mongodb://b\n", None);
    assert_eq!(found.iter().map(told).collect::<Vec<_>>(), ["mongodb MONGOHQ_URL: mongodb://b -> b:27017"]);
    assert_eq!(found[0].line, 2);
}

#[test]
fn what_only_the_shell_knows_is_unknown() {
    for value in ["\"mongodb://$HOST/cs\"", "`hostname`", "\"not closed"] {
        let expected = ["mongodb MONGOHQ_URL: ... -> unknown: the shell computes it"];
        assert_eq!(forum(&format!("export MONGOHQ_URL={value}\n")), expected, "{value}");
    }
    assert_eq!(forum("MONGOHQ_URL='mongodb://a/$x'"), ["mongodb MONGOHQ_URL: mongodb://a -> a:27017"]);
    assert_eq!(forum(r#"MONGOHQ_URL="mongodb://u:pw-\$@a""#), ["mongodb MONGOHQ_URL: mongodb://a -> a:27017"]);
}

#[test]
fn mongodb_has_other_urls() {
    assert_eq!(
        forum("MONGOHQ_URL=mongodb+srv://me:pw-x@cluster.example.com/cs"),
        ["mongodb MONGOHQ_URL: mongodb+srv://cluster.example.com -> cluster.example.com:27017 tls"]
    );
    assert_eq!(
        forum("MONGOHQ_URL=mongodb://me:pw-x@%2Ftmp%2Fmongodb-27017.sock/cs"),
        ["mongodb MONGOHQ_URL: mongodb:///tmp/mongodb-27017.sock -> socket /tmp/mongodb-27017.sock"]
    );
    assert_eq!(
        forum("MONGOHQ_URL=http://me:pw-x@a"),
        ["mongodb MONGOHQ_URL: http://... -> unknown: it is not a URL of MongoDB"]
    );
    assert_eq!(forum("MONGOHQ_URL=localhost"), ["mongodb MONGOHQ_URL: ... -> unknown: it has no scheme://"]);
}

#[test]
fn the_lock_of_celerys_clock_is_in_supervisors_file() {
    let content = "[program:beat]\n; environment=SINGLE_BEAT_REDIS_SERVER=redis://old\n\
                   environment=PORT=1,SINGLE_BEAT_REDIS_SERVER=redis://:pw-%%41@10.0.0.5:6379/1,LANG=en\n\
                   environment=SINGLE_BEAT_REDIS_SERVER=\"redis://10.0.0.6\"\n";
    let find = |release| find_in("/edx/app/supervisor/conf.available.d/workers.conf", content, release);
    let found = find(None);
    assert_eq!(
        found.iter().map(told).collect::<Vec<_>>(),
        [
            "redis SINGLE_BEAT_REDIS_SERVER: redis://10.0.0.5:6379 -> 10.0.0.5:6379",
            "redis SINGLE_BEAT_REDIS_SERVER: redis://10.0.0.6 -> 10.0.0.6:6379",
        ]
    );
    assert_eq!((found[0].line, found[1].line), (3, 4));
    assert_eq!(find(Some(Release::Koa)).len(), 2);
    assert_eq!(find(Some(Release::Juniper)).len(), 0);
}

const DISK: &str = "django.core.files.storage.FileSystemStorage";
const S3: &str = "storages.backends.s3boto3.S3Boto3Storage";

#[test]
fn the_default_storage_is_a_folder_or_a_bucket() {
    assert_found(
        &format!("DEFAULT_FILE_STORAGE: {DISK}\nMEDIA_ROOT: /edx/var/media"),
        &["files DEFAULT_FILE_STORAGE: /edx/var/media -> folder /edx/var/media"],
    );
    assert_found(
        &format!("DEFAULT_FILE_STORAGE: {DISK}"),
        &[&format!("files DEFAULT_FILE_STORAGE: {DISK} -> folder ")],
    );
    assert_found(
        &format!("DEFAULT_FILE_STORAGE: {S3}\nAWS_STORAGE_BUCKET_NAME: media"),
        &["files DEFAULT_FILE_STORAGE: media -> bucket media at AWS"],
    );
    assert_found(
        &format!(
            "DEFAULT_FILE_STORAGE: {S3}\nAWS_STORAGE_BUCKET_NAME: media\nAWS_S3_ENDPOINT_URL: http://me:pw-x@s3.example.com:9000/x"
        ),
        &["files DEFAULT_FILE_STORAGE: media -> bucket media at http://s3.example.com:9000"],
    );
    assert_found(
        &format!("DEFAULT_FILE_STORAGE: {S3}\nAWS_STORAGE_BUCKET_NAME: media\nAWS_S3_HOST: s3.example.com"),
        &["files DEFAULT_FILE_STORAGE: media -> bucket media at https://s3.example.com"],
    );
}

#[test]
fn a_storage_that_cannot_be_understood_says_why() {
    let no_bucket = "it keeps files in an object store, but no setting names the bucket";
    assert_found(
        &format!("DEFAULT_FILE_STORAGE: {S3}\nAWS_STORAGE_BUCKET_NAME: 'SET-ME-PLEASE (ex. bucket-name)'"),
        &[&format!("files DEFAULT_FILE_STORAGE: {S3} -> unknown: {no_bucket}")],
    );
    assert_found(
        "DEFAULT_FILE_STORAGE: my.OwnStorage",
        &["files DEFAULT_FILE_STORAGE: my.OwnStorage -> unknown: it is not known where this class keeps files"],
    );
    assert_found("DEFAULT_FILE_STORAGE: 5", &["files DEFAULT_FILE_STORAGE: ... -> unknown: it is not a text"]);
    assert_found(
        &format!("DEFAULT_FILE_STORAGE: {S3}\nAWS_STORAGE_BUCKET_NAME: media\nAWS_S3_ENDPOINT_URL: s3.example.com"),
        &["files DEFAULT_FILE_STORAGE: ... -> unknown: it has no scheme://"],
    );
}

#[test]
fn other_services_have_their_storage_in_a_mapping() {
    assert_found(
        &format!(
            "MEDIA_STORAGE_BACKEND: {{DEFAULT_FILE_STORAGE: {DISK}, MEDIA_ROOT: /edx/var/ecommerce/media}}\n\
             REPORT_DOWNLOAD_BACKEND: {{DEFAULT_FILE_STORAGE: {S3}, AWS_STORAGE_BUCKET_NAME: reports}}\n\
             STATICFILES_STORAGE: {S3}\n"
        ),
        &[
            "files MEDIA_STORAGE_BACKEND.DEFAULT_FILE_STORAGE: /edx/var/ecommerce/media -> folder /edx/var/ecommerce/media",
            "files REPORT_DOWNLOAD_BACKEND.DEFAULT_FILE_STORAGE: reports -> bucket reports at AWS",
        ],
    );
    assert_found(
        &format!("DEFAULT_FILE_STORAGE: {S3}\nUPLOAD_BUCKET: xqueue"),
        &["files DEFAULT_FILE_STORAGE: xqueue -> bucket xqueue at AWS"],
    );
    assert_found("MEDIA_STORAGE_BACKEND: ''\n", &[]);
}

#[test]
fn reports_have_a_class_or_the_older_type() {
    let grades = |settings: &str, expected: &str| {
        assert_found(&format!("GRADES_DOWNLOAD: {{{settings}}}"), &[&format!("files GRADES_DOWNLOAD.{expected}")]);
    };
    grades(
        &format!("STORAGE_CLASS: {DISK}, STORAGE_KWARGS: {{location: /tmp/g}}, STORAGE_TYPE: ''"),
        "STORAGE_CLASS: /tmp/g -> folder /tmp/g",
    );
    grades(&format!("STORAGE_CLASS: {S3}, STORAGE_KWARGS: {{bucket_name: g}}"), "STORAGE_CLASS: g -> bucket g at AWS");
    grades("STORAGE_TYPE: localfs, ROOT_PATH: /tmp/g", "STORAGE_TYPE: /tmp/g -> folder /tmp/g");
    grades("STORAGE_TYPE: S3, BUCKET: g, ROOT_PATH: x", "STORAGE_TYPE: g -> bucket g at AWS");
}

#[test]
fn without_a_class_of_their_own_videos_take_the_default_one() {
    assert_found(
        &format!(
            "DEFAULT_FILE_STORAGE: {S3}\nAWS_STORAGE_BUCKET_NAME: media\nVIDEO_IMAGE_SETTINGS: {{STORAGE_KWARGS: {{location: v}}}}\n\
             VIDEO_TRANSCRIPTS_SETTINGS: {{STORAGE_CLASS: {DISK}, STORAGE_KWARGS: {{location: /t}}}}\n"
        ),
        &[
            "files DEFAULT_FILE_STORAGE: media -> bucket media at AWS",
            "files VIDEO_IMAGE_SETTINGS.STORAGE_CLASS: media -> bucket media at AWS",
            "files VIDEO_TRANSCRIPTS_SETTINGS.STORAGE_CLASS: /t -> folder /t",
        ],
    );
    assert_found(
        "VIDEO_IMAGE_SETTINGS: {STORAGE_KWARGS: {location: /v}}",
        &["files VIDEO_IMAGE_SETTINGS.STORAGE_CLASS: /v -> folder /v"],
    );
}

#[test]
fn images_of_profiles_and_files_of_xblocks_have_their_own_words() {
    assert_found(
        "PROFILE_IMAGE_BACKEND: {class: openedx.core.storage.OverwriteStorage, options: {location: /p}}\n\
         DJFS: {type: osfs, directory_root: /d}\n",
        &["files PROFILE_IMAGE_BACKEND.class: /p -> folder /p", "files DJFS.type: /d -> folder /d"],
    );
    assert_found("DJFS: {type: s3fs, bucket: x}", &["files DJFS.type: x -> bucket x at AWS"]);
    assert_found("DJFS: {type: tmpfs}", &["files DJFS.type: tmpfs -> unknown: its type is neither osfs nor s3fs"]);
}

#[test]
fn the_storage_of_block_structures_counts_only_where_it_is_set() {
    assert_found("BLOCK_STRUCTURES_SETTINGS: {PRUNING_ACTIVE: false}", &[]);
    assert_found(
        &format!("BLOCK_STRUCTURES_SETTINGS: {{STORAGE_CLASS: {S3}, STORAGE_KWARGS: {{bucket: b}}}}"),
        &["files BLOCK_STRUCTURES_SETTINGS.STORAGE_CLASS: b -> bucket b at AWS"],
    );
}

#[test]
fn buckets_without_a_class_are_on_s3_and_count_only_where_they_are_named() {
    assert_found(
        "COURSE_IMPORT_EXPORT_BUCKET: ie\nFILE_UPLOAD_STORAGE_BUCKET_NAME: up\nVIDEO_UPLOAD_PIPELINE: {BUCKET: vid}\n",
        &[
            "files COURSE_IMPORT_EXPORT_BUCKET: ie -> bucket ie at AWS",
            "files FILE_UPLOAD_STORAGE_BUCKET_NAME: up -> bucket up at AWS",
            "files VIDEO_UPLOAD_PIPELINE.BUCKET: vid -> bucket vid at AWS",
        ],
    );
    assert_found(
        "COURSE_IMPORT_EXPORT_BUCKET: ''\nFILE_UPLOAD_STORAGE_BUCKET_NAME: SET-ME-PLEASE (ex. bucket-name)\n\
         VIDEO_UPLOAD_PIPELINE: {BUCKET: ''}\n",
        &[],
    );
    assert_found(
        &format!("COURSE_IMPORT_EXPORT_STORAGE: {DISK}\nMEDIA_ROOT: /m\n"),
        &["files COURSE_IMPORT_EXPORT_STORAGE: /m -> folder /m"],
    );
}

#[test]
fn what_students_hand_in_may_be_in_a_folder() {
    assert_found(
        "ORA2_FILEUPLOAD_BACKEND: filesystem\nORA2_FILEUPLOAD_ROOT: /o\nFILE_UPLOAD_STORAGE_BUCKET_NAME: up\n",
        &["files ORA2_FILEUPLOAD_BACKEND: /o -> folder /o"],
    );
    assert_found(
        "ORA2_FILEUPLOAD_BACKEND: django\nMEDIA_ROOT: /m\n",
        &["files ORA2_FILEUPLOAD_BACKEND: /m -> folder /m"],
    );
    assert_found(
        "ORA2_FILEUPLOAD_BACKEND: swift\n",
        &["files ORA2_FILEUPLOAD_BACKEND: swift -> unknown: it is not known where this backend keeps files"],
    );
}

#[test]
fn certificates_as_pdf_are_in_a_folder_a_bucket_or_both() {
    let file = "/edx/app/certs/env.json";
    let content = r#"{"COPY_TO_WEB_ROOT": true, "CERT_WEB_ROOT": "/w", "S3_UPLOAD": true, "CERT_BUCKET": "c"}"#;
    let found = find_in(file, content, Some(Release::Lilac));
    let told: Vec<String> = found.iter().map(told).collect();
    assert_eq!(told, ["files CERT_BUCKET: c -> bucket c at AWS", "files CERT_WEB_ROOT: /w -> folder /w"]);
    assert!(found.iter().all(|setting| setting.is_read));
    assert!(find_in(file, content, Some(Release::Maple)).iter().all(|setting| !setting.is_read));
    let off = r#"{"COPY_TO_WEB_ROOT": false, "CERT_WEB_ROOT": "/w", "S3_UPLOAD": false, "CERT_BUCKET": "c"}"#;
    assert_eq!(find_in(file, off, None), []);
}

#[test]
fn up_to_ironwood_lms_reads_its_json_files_and_later_its_yaml_file() {
    let is_read = |file: &str, release| find_in(file, "{\"BROKER_URL\": \"redis://a\"}", Some(release))[0].is_read;
    for (file, reads) in
        [("/edx/etc/lms.yml", false), ("/edx/app/edxapp/cms.auth.json", true), ("/edx/etc/ecommerce.yml", true)]
    {
        assert_eq!(is_read(file, Release::Ironwood), reads, "{file}");
    }
    assert!(is_read("/edx/etc/lms.yml", Release::Juniper));
    assert!(!is_read("/edx/app/edxapp/cms.auth.json", Release::Juniper));
}

#[test]
fn the_lines_are_those_of_the_values_and_in_order() {
    let found = find("BROKER_URL: redis://a\n\nDATABASES:\n  default:\n    NAME: x\n  b:\n    HOST: 10.0.0.5\n");
    let lines: Vec<(&str, usize)> = found.iter().map(|setting| (setting.key.as_str(), setting.line)).collect();
    assert_eq!(lines, [("BROKER_URL", 1), ("DATABASES.default.HOST", 5), ("DATABASES.b.HOST", 7)]);
}

#[test]
fn a_file_without_settings_has_none_and_one_that_is_no_yaml_is_an_error() {
    for content in ["", "- a\n", "text\n", "DATABASES: []\nDOC_STORE_CONFIG: x\nCACHES: 5\nGRADES_DOWNLOAD: null\n"] {
        assert_eq!(find(content), [], "{content}");
    }
    assert!(find_data(Path::new("a.yml"), b"a: [", None).is_err());
    assert!(find_data(Path::new("a.yml"), &[0xff, 0xfe, 0x00], None).is_err());
    assert_eq!(find_data(Path::new("forum_env"), &[0xff, 0xfe, 0x00], None), Ok(vec![]));
}

#[test]
fn the_prefixes_of_caches_are_those_of_memcached() {
    let content = b"CACHES:\n  a: {BACKEND: x.MemcachedCache, KEY_PREFIX: host_general, LOCATION: b}\n\
                    \x20 c: {BACKEND: x.MemcachedCache, LOCATION: b}\n  d: {BACKEND: x.RedisCache, KEY_PREFIX: e}\n";
    let prefixes = cache_key_prefixes(Path::new("/edx/etc/lms.yml"), content, Some(Release::Ironwood)).unwrap();
    let told: Vec<_> = prefixes.iter().map(|p| (p.cache.as_str(), p.prefix.as_str(), p.line, p.is_read)).collect();
    assert_eq!(told, [("CACHES.a", "host_general", 2, false), ("CACHES.c", "", 3, false)]);
}
