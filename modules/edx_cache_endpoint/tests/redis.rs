//! Celery's brokers are pointed at a Redis, and back.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod common;

use std::fs;

use ansible_protocol::{Value, json};
use common::{Host, strings};

const REDIS: &str = "172.31.5.11";
const PASSWORD: &str = "p@ss:w/rd #\"'%{{";
const ENCODED: &str = "p%40ss%3Aw%2Frd%20%23%22%27%25%7B%7B";

/// What Celery of LMS has to know, and a cache that is none of its business.
const LMS: &str = "CACHES:
    default:
        BACKEND: django.core.cache.backends.memcached.MemcachedCache
        LOCATION:
        - localhost:11211
CELERY_BROKER_HOSTNAME: localhost
CELERY_BROKER_PASSWORD: old-redis-secret
CELERY_BROKER_TRANSPORT: redis
CELERY_BROKER_USER: ''
CELERY_BROKER_VHOST: ''
SECRET_KEY: lms-key-secret
";

const DISCOVERY: &str = "---
# This file is managed; see the handbook.
CELERY_BROKER_URL: redis://:@127.0.0.1:6379/
CELERY_RESULT_BACKEND: django-cache
";

const ECOMWORKER: &str = "BROKER_URL: redis://:old-redis-secret@127.0.0.1:6379\n";

/// A service that has been given a transport, but no broker.
const REGISTRAR: &str = "CELERY_BROKER_HOSTNAME: ''
CELERY_BROKER_PASSWORD: ''
CELERY_BROKER_TRANSPORT: redis
CELERY_BROKER_USER: ''
";

fn host() -> Host {
    Host::new()
        .with("lms.yml", LMS)
        .with("discovery.yml", DISCOVERY)
        .with("ecomworker.yml", ECOMWORKER)
        .with("registrar.yml", REGISTRAR)
}

fn redis(mut options: Value) -> Value {
    options["service"] = "redis".into();
    options
}

fn point(host: &Host, options: Value) -> Value {
    let mut options = redis(options);
    options["endpoints"] = json!([REDIS]);
    host.succeed(options)
}

/// The files after a move without a password.
fn moved(content: &str) -> String {
    content.replace("HOSTNAME: localhost", "HOSTNAME: 172.31.5.11").replace("@127.0.0.1:", "@172.31.5.11:")
}

/// The values of a result's `changes`, of all files.
fn changes(result: &Value) -> Vec<(String, Value, Value)> {
    let files = result["files"].as_array().unwrap();
    let all = files.iter().flat_map(|file| file["changes"].as_array().unwrap());
    all.map(|change| (change["path"].as_str().unwrap().to_owned(), change["before"].clone(), change["after"].clone()))
        .collect()
}

#[test]
fn each_broker_is_set_and_nothing_else() {
    let host = host();
    let result = point(&host, json!({}));
    for (name, content) in [("lms.yml", LMS), ("discovery.yml", DISCOVERY), ("ecomworker.yml", ECOMWORKER)] {
        assert_eq!(host.read(name), moved(content));
    }
    assert_eq!(host.read("registrar.yml"), REGISTRAR);
    assert_eq!(
        changes(&result),
        [
            ("CELERY_BROKER_URL".to_owned(), json!("redis://:@127.0.0.1:6379/"), json!("redis://:@172.31.5.11:6379/")),
            (
                "BROKER_URL".to_owned(),
                json!("redis://********@127.0.0.1:6379"),
                json!("redis://********@172.31.5.11:6379")
            ),
            ("CELERY_BROKER_HOSTNAME".to_owned(), json!("localhost"), json!("172.31.5.11")),
        ]
    );
    assert_eq!(result["endpoints_before"], json!(["127.0.0.1:6379", "localhost:6379"]));
    assert_eq!(result["endpoints_after"], json!(["172.31.5.11:6379"]));
    assert_eq!(result["endpoints_local"], json!(["127.0.0.1:6379", "localhost:6379"]));
    assert_eq!(result["services"], json!(["discovery", "ecomworker", "lms"]));
    assert_eq!(result["programs"], json!(["discovery", "ecomworker", "lms", "edxapp_worker:*"]));
    assert_eq!(result["msg"], json!("3 broker settings in 3 files of 3"));
    assert_eq!(result["caches"], json!([]));
    assert_eq!(
        result["brokers"][0],
        json!({
            "file": "ROOT/edx/etc/discovery.yml", "key_path": "CELERY_BROKER_URL", "line": 3, "form": "url",
            "transport": "redis", "host": "172.31.5.11", "port": 6379, "user": "", "has_password": false,
            "database": null,
        })
    );
    assert_eq!(result["brokers"][2]["has_password"], json!(true));
    assert_eq!(result.get("warnings"), None, "{result:#}");
}

#[test]
fn a_second_run_touches_nothing() {
    let host = host();
    let options = json!({"password": PASSWORD, "username": "celery"});
    point(&host, options.clone());
    let before = host.snapshot();
    for options in [options, json!({})] {
        let result = point(&host, options);
        assert_eq!(result["changed"], json!(false));
        assert_eq!(result["msg"], json!("3 Redis brokers in 3 files, none to change"));
        assert_eq!(host.snapshot(), before);
    }
}

#[test]
fn check_mode_predicts_and_changes_nothing() {
    let host = host();
    let before = host.snapshot();
    let predicted = point(&host, json!({"password": PASSWORD, "_ansible_check_mode": true, "_ansible_diff": true}));
    assert_eq!(host.snapshot(), before);
    assert_eq!(point(&host, json!({"password": PASSWORD, "_ansible_diff": true})), predicted);
}

#[test]
fn a_password_is_written_where_it_is_read_and_shown_nowhere() {
    let host = host();
    let options = json!({"password": PASSWORD, "backup": "before", "_ansible_diff": true, "_ansible_verbosity": 4});
    let result = point(&host, options);
    assert_eq!(host.read("lms.yml"), moved(LMS).replace("old-redis-secret", ENCODED));
    assert_eq!(host.read("discovery.yml"), moved(DISCOVERY).replace(":@", &format!(":{ENCODED}@")));
    assert_eq!(host.read("ecomworker.yml"), moved(ECOMWORKER).replace("old-redis-secret", ENCODED));
    let hunk = "@@ line 7 @@\n-CELERY_BROKER_PASSWORD: ********\n+CELERY_BROKER_PASSWORD: ******** (another user or password)\n";
    assert!(result["diff"].to_string().contains(&json!(hunk).to_string()[1..60]), "{}", result["diff"]);
    let back = host.succeed(redis(json!({"restore": "before", "_ansible_diff": true, "_ansible_verbosity": 4})));
    for said in [result.to_string(), back.to_string()] {
        assert!(!said.contains("old-redis") && !said.contains("p@ss") && !said.contains("p%40"), "{said}");
    }
    assert_eq!(host.read("lms.yml"), LMS);
}

#[test]
fn a_user_that_may_be_a_password_is_not_shown() {
    let host = Host::new().with("ecommerce.yml", "BROKER_URL: redis://pass-word@127.0.0.1:6379/0\n");
    let result = point(&host, json!({"_ansible_diff": true}));
    assert_eq!(host.read("ecommerce.yml"), "BROKER_URL: redis://pass-word@172.31.5.11:6379/0\n");
    assert_eq!(result["brokers"][0]["user"], json!("********"));
    assert!(!result.to_string().contains("pass-word"), "{result}");
    assert_eq!(
        result["unexpressed"][0]["reason"],
        json!(
            "it has a user and no password, and that user may be the password; give `password`, or write the variable of \
             this service by hand"
        )
    );
}

#[test]
fn only_the_password_may_change() {
    let host = host();
    point(&host, json!({}));
    let result = point(&host, json!({"password": "new"}));
    let masked = |url: &str| json!(format!("redis://{url}"));
    assert_eq!(
        changes(&result),
        [
            ("CELERY_BROKER_URL".to_owned(), masked(":@172.31.5.11:6379/"), masked("********@172.31.5.11:6379/")),
            ("BROKER_URL".to_owned(), masked("********@172.31.5.11:6379"), masked("********@172.31.5.11:6379")),
            ("CELERY_BROKER_PASSWORD".to_owned(), json!("********"), json!("********")),
        ]
    );
    let result = point(&host, json!({"password": ""}));
    assert_eq!(host.read("discovery.yml"), moved(DISCOVERY));
    assert!(host.read("lms.yml").contains("CELERY_BROKER_PASSWORD: ''\n"), "{}", host.read("lms.yml"));
    assert_eq!(result["brokers"][2]["has_password"], json!(false));
}

#[test]
fn this_hosts_own_address_is_local() {
    let addresses = if_addrs::get_if_addrs().unwrap();
    let Some(own) = addresses.iter().map(if_addrs::Interface::ip).find(|ip| ip.is_ipv4() && !ip.is_loopback()) else {
        return;
    };
    let host = Host::new().with("ecommerce.yml", &format!("BROKER_URL: redis://:@{own}:6379\n"));
    point(&host, json!({}));
    assert_eq!(host.read("ecommerce.yml"), "BROKER_URL: redis://:@172.31.5.11:6379\n");
}

#[test]
fn a_redis_elsewhere_stays_unless_it_is_named() {
    let host = Host::new().with("ecommerce.yml", "BROKER_URL: redis://:pw@10.0.0.9:6379\n");
    let result = point(&host, json!({}));
    assert_eq!(result["changed"], json!(false));
    assert_eq!(
        result["kept"],
        json!([{
            "file": "ROOT/edx/etc/ecommerce.yml", "key_path": "BROKER_URL", "line": 1,
            "reason": "its servers are not among those to replace (10.0.0.9:6379); name them in `replace` if they are to go",
        }])
    );
    assert_eq!(strings(&result["warnings"]), ["1 broker stays on 10.0.0.9:6379: name it in replace to move it"]);
    point(&host, json!({"replace": ["10.0.0.0/8"]}));
    assert_eq!(host.read("ecommerce.yml"), "BROKER_URL: redis://:pw@172.31.5.11:6379\n");
}

#[test]
fn rabbitmq_is_said_clearly_and_left_alone() {
    let rabbit = LMS.replace("TRANSPORT: redis", "TRANSPORT: amqp");
    let url = "BROKER_URL: amqp://celery:pw-secret@127.0.0.1:5672\n";
    let host = Host::new().with("lms.yml", &rabbit).with("ecommerce.yml", url);
    let message = host.refuse(redis(json!({"endpoints": [REDIS]})));
    assert_eq!(
        message,
        "every Celery broker in ROOT/edx/etc is RabbitMQ. Up to Juniper Celery's tasks travel through RabbitMQ, which this module leaves alone; from Koa on they travel through Redis, so upgrade first. No file was changed"
    );
    let why = "it is RabbitMQ, through which Celery's tasks travel up to Juniper; this module leaves it alone";
    let result = host.succeed(redis(json!({})));
    let reasons: Vec<_> = result["kept"].as_array().unwrap().iter().map(|kept| kept["reason"].as_str()).collect();
    assert_eq!(reasons, [Some(why), Some(why)]);

    let host = Host::new().with("lms.yml", LMS).with("ecommerce.yml", url);
    let result = point(&host, json!({}));
    assert_eq!((host.read("lms.yml"), host.read("ecommerce.yml")), (moved(LMS), url.to_owned()));
    assert_eq!(strings(&result["warnings"]), [format!("ROOT/edx/etc/ecommerce.yml:1: BROKER_URL: {why}")]);
    assert_eq!(result["endpoints_before"], json!(["localhost:6379"]));
}

#[test]
fn the_record_that_is_not_read_does_not_make_a_release_use_redis() {
    let rabbit = json!({"CELERY_BROKER_HOSTNAME": "localhost", "CELERY_BROKER_TRANSPORT": "amqp"}).to_string();
    let host = Host::new().with("lms.yml", LMS).with("/edx/app/edxapp/lms.env.json", &rabbit).with_release("ironwood");
    assert!(host.refuse(redis(json!({"endpoints": [REDIS]}))).contains("RabbitMQ"));
}

#[test]
fn what_cannot_be_replaced_is_named() {
    let host = Host::new()
        .with("a.yml", "BROKER_URL: sentinel://:secret@10.0.0.1:26379\n")
        .with("b.yml", "CELERY_BROKER_HOSTNAME: localhost\nCELERY_BROKER_TRANSPORT: ''\n")
        .with("c.yml", "CACHES: {x: {BACKEND: django_redis.cache.RedisCache, LOCATION: 'h:6379:1'}}\n")
        .with("d.yml", "BROKER_URL: redis+socket:///run/redis.sock\n");
    let before = host.snapshot();
    let result = point(&host, json!({"replace": ["all"], "password": "new"}));
    assert_eq!(host.snapshot(), before);
    assert_eq!(
        strings(&result["warnings"]),
        [
            "ROOT/edx/etc/a.yml:1: BROKER_URL: Sentinel tells its clients which server to take; change what Sentinel says, or this by hand",
            "ROOT/edx/etc/c.yml:1: CACHES.x.LOCATION: it is no URL, so that it has no room for a user and password; write it by hand as redis://:password@host:port/database",
            "ROOT/edx/etc/d.yml:1: BROKER_URL: it leads to a Unix socket of this host; write redis://host:port/database by hand",
            "the next upgrade will change these servers: ROOT/edx/etc/c.yml: CACHES.x.LOCATION: no service of a native installation is known to have this file",
        ]
    );
    assert_eq!(
        result["kept"][1]["reason"],
        json!("there is no CELERY_BROKER_TRANSPORT beside it, so that its service has no broker")
    );
}

#[test]
fn a_cache_on_redis_moves_with_the_brokers() {
    let cache = "CACHES:
  default:
    BACKEND: django_redis.cache.RedisCache
    LOCATION:
    - redis://127.0.0.1:6379/1
    OPTIONS:
      PASSWORD: old-secret
";
    let host = Host::new().with("lms.yml", cache);
    let result = point(&host, json!({"password": PASSWORD, "backup": "before", "_ansible_diff": true}));
    assert!(!result.to_string().contains("secret") && !result.to_string().contains("p@ss"), "{result}");
    assert_eq!(
        changes(&result)[0],
        (
            "CACHES.default.LOCATION[0]".to_owned(),
            json!("redis://127.0.0.1:6379/1"),
            json!("redis://172.31.5.11:6379/1")
        )
    );
    assert!(host.read("lms.yml").contains("    - redis://172.31.5.11:6379/1\n"), "{}", host.read("lms.yml"));
    host.succeed(redis(json!({"restore": "before"})));
    assert_eq!(host.read("lms.yml"), cache);
}

#[test]
fn the_old_redis_elsewhere_is_named() {
    let text = format!(
        "{LMS}FLOWER: 'redis://localhost:6379'\nOTHER: oldredis\nMONGO: 'oldredis:27017'\nDATABASES: {{default: {{ENGINE: django.db.backends.mysql, HOST: oldredis}}}}\n"
    );
    let host = Host::new()
        .with("lms.yml", &text.replace("HOSTNAME: localhost", "HOSTNAME: oldredis"))
        .with("notes.txt", "redis is on 172.31.5.11:6379, not 6379\n");
    let result = point(&host, json!({"replace": ["oldredis"]}));
    let left = |text: &str, place: &str| {
        format!(
            "ROOT/edx/etc/{place}: \"{text}\" stands here outside of a broker's settings, so it was left alone; change it by hand if it means the old Redis"
        )
    };
    assert_eq!(
        strings(&result["warnings"]),
        [left("6379", "lms.yml:12: FLOWER"), left("oldredis", "lms.yml:13: OTHER"), left("6379", "notes.txt:1")]
    );
}

#[test]
fn the_lock_of_celerys_clock_is_named() {
    let workers = "/edx/app/supervisor/conf.available.d/workers.conf";
    let text = "[program:beat]\nenvironment=SINGLE_BEAT_REDIS_SERVER=redis://:old-secret@127.0.0.1:6379/0,PORT=1\n";
    let host = host().with(workers, text);
    for _ in ["a first run", "a second run"] {
        let result = point(&host, json!({}));
        assert_eq!(
            strings(&result["warnings"]),
            [
                "ROOT/edx/app/supervisor/conf.available.d/workers.conf:2: SINGLE_BEAT_REDIS_SERVER: Celery's clock keeps its lock on redis://127.0.0.1:6379, and this file is supervisor's, so it was left alone; change it by hand, then run supervisorctl update"
            ]
        );
    }
    assert_eq!(host.read(workers), text);
    host.put(workers, &text.replace("127.0.0.1", REDIS));
    assert_eq!(point(&host, json!({})).get("warnings"), None);
}

#[test]
fn options_that_do_not_fit() {
    let host = host();
    for (options, message) in [
        (
            json!({"endpoints": ["10.0.0.1", "10.0.0.2"], "service": "redis"}),
            "endpoints: Redis takes exactly one server, not 2; every task has to be in the same queue, whoever sends it. Give the address of the primary, or of the service in front of it",
        ),
        (
            json!({"endpoints": [], "service": "redis"}),
            "endpoints is empty: name at least one server, as in 172.31.5.10:6379, or leave the option out to have the brokers only reported",
        ),
        (
            json!({"endpoints": ["unix:/run/redis.sock"], "service": "redis"}),
            "endpoints: \"unix:/run/redis.sock\" is not a Redis endpoint: a Unix socket is on this host, and of Open edX's brokers only a whole URL could name one; give host:port",
        ),
        (
            json!({"endpoints": ["redis://:pw@10.0.0.1"], "service": "redis"}),
            "endpoints: \"...@10.0.0.1\" is not a Redis endpoint: user and password are options of their own; give host:port alone",
        ),
        (
            json!({"endpoints": ["8.8.8.8"], "service": "redis"}),
            "endpoints: 8.8.8.8:6379 is a public address: Redis sends tasks and its password as they are; give a private address, or set allow_public if a firewall protects it",
        ),
        (
            json!({"endpoints": [REDIS], "replace": ["redis://:pw@10.0.0.1/0"], "service": "redis"}),
            "replace: \"...@10.0.0.1/0\" is not a Redis endpoint: user and password are options of their own; give host:port alone",
        ),
        (
            json!({"endpoints": ["10.0.0.1"], "password": "pw-4711"}),
            "password: memcached has no user or password that Open edX can use; leave it out, or say service: redis",
        ),
        (
            json!({"endpoints": ["10.0.0.1"], "username": ""}),
            "username: memcached has no user or password that Open edX can use; leave it out, or say service: redis",
        ),
        (
            json!({"restore": "latest", "password": "pw-4711", "service": "redis"}),
            "password: it is written together with endpoints, and restore brings back what stood; give endpoints, or leave it out",
        ),
    ] {
        assert_eq!(host.refuse(options), message);
    }
    host.succeed(redis(json!({"endpoints": ["8.8.8.8"], "allow_public": true})));
    assert!(host.read("lms.yml").contains("CELERY_BROKER_HOSTNAME: 8.8.8.8\n"));
}

#[test]
fn a_restore_of_one_service_never_touches_the_other() {
    let host = host();
    let memcached = |options: Value| host.succeed(options);
    point(&host, json!({"password": PASSWORD, "backup": "redis-1"}));
    memcached(json!({"endpoints": ["172.31.5.10"], "backup": "memcached-1"}));
    let both = host.read("lms.yml");

    let result = host.succeed(redis(json!({"restore": "redis-1"})));
    assert_eq!(host.read("lms.yml"), LMS.replace("localhost:11211", "172.31.5.10:11211"));
    assert_eq!(
        strings(&result["warnings"]),
        [
            "ROOT/edx/etc/lms.yml: other things than broker settings changed since the backup (CACHES.default.LOCATION[0]); they were kept, and only the broker settings were put back"
        ]
    );
    assert_eq!(host.read("discovery.yml"), DISCOVERY);
    assert_eq!(host.succeed(redis(json!({"restore": "redis-1"})))["changed"], json!(false));

    host.put("lms.yml", &both);
    memcached(json!({"restore": "memcached-1"}));
    assert_eq!(host.read("lms.yml"), moved(LMS).replace("old-redis-secret", ENCODED), "the Redis of then and now");
    host.succeed(redis(json!({"restore": "redis-1"})));
    assert_eq!(host.read("lms.yml"), LMS);
    let again = memcached(json!({"restore": "redis-1"}));
    assert_eq!(again["changed"], json!(false), "its caches are where they were");
}

#[test]
fn a_memcached_restore_from_a_backup_of_redis_brings_back_no_broker() {
    let host = host();
    memcached_and_redis(&host);
    host.succeed(json!({"restore": "redis-1"}));
    let caches_back = moved(LMS);
    assert_eq!(host.read("lms.yml"), caches_back);
    assert_eq!(host.read("discovery.yml"), moved(DISCOVERY));
}

/// Redis moves first, so that its backup has the old caches, too.
fn memcached_and_redis(host: &Host) {
    point(host, json!({"backup": "redis-1"}));
    host.succeed(json!({"endpoints": ["172.31.5.10"]}));
}

#[test]
fn a_setting_that_the_move_had_to_make_is_gone_again() {
    let bare = "CELERY_BROKER_HOSTNAME: localhost\nCELERY_BROKER_TRANSPORT: redis\nX: 1\n";
    let host = Host::new().with("registrar.yml", bare);
    let result = point(&host, json!({"password": "new", "backup": "before"}));
    assert!(host.read("registrar.yml").contains("CELERY_BROKER_PASSWORD: new\n"));
    assert_eq!(changes(&result)[1], ("CELERY_BROKER_PASSWORD".to_owned(), json!(null), json!("********")));
    let result = host.succeed(redis(json!({"restore": "before"})));
    assert_eq!(host.read("registrar.yml"), bare);
    assert_eq!(result.get("warnings"), None);
}

#[test]
fn what_else_changed_since_is_kept_and_named() {
    let host = host();
    point(&host, json!({"password": PASSWORD, "backup": "before"}));
    let edited = host.read("lms.yml").replace("lms-key-secret", "new-key-secret");
    host.put("lms.yml", &edited);
    let result = host.succeed(redis(json!({"restore": "before"})));
    assert_eq!(host.read("lms.yml"), LMS.replace("lms-key-secret", "new-key-secret"));
    assert!(!result.to_string().contains("-secret"), "{result}");
    assert_eq!(fs::read_to_string(host.path("discovery.yml")).unwrap(), DISCOVERY);
}
