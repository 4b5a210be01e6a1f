//! What the module refuses to start with.

#![allow(missing_docs, clippy::unwrap_used)]

mod common;

use ansible_protocol::{Value, json};
use common::verify;

#[test]
fn options_that_make_no_sense_are_refused_with_a_sentence() {
    for (options, message) in [
        (
            json!({}),
            "one of these options is required: memcached, redis, redis_replaced, path, files, heartbeats, lms_url, exposure, statuses",
        ),
        (
            json!({"memcached": []}),
            "nothing to verify: give the cache servers in 'memcached', the broker in 'redis', the folder in 'path', 'files', the platform's own \
             addresses in 'heartbeats' or 'lms_url', or public addresses in 'exposure'",
        ),
        (
            json!({"memcached": ["redis://10.0.0.5"]}),
            "memcached: \"redis://10.0.0.5\" is not a memcached endpoint: memcached endpoints have no scheme; leave out \
             redis://",
        ),
        (
            json!({"memcached": ["127.0.0.1"], "server_vars": "/x"}),
            "'server_vars' is compared with the files that Open edX reads: give their folder in 'path', as in /edx/etc",
        ),
        (
            json!({"memcached": ["127.0.0.1"], "expect_activity": true}),
            "'expect_activity' needs cache servers in 'memcached' and an 'activity_seconds' above 0",
        ),
        (
            json!({"heartbeats": []}),
            "nothing to verify: give the cache servers in 'memcached', the broker in 'redis', the folder in 'path', 'files', the platform's own \
             addresses in 'heartbeats' or 'lms_url', or public addresses in 'exposure'",
        ),
        (
            json!({"heartbeats": ["ftp://lms.example.org/heartbeat"]}),
            "heartbeats: \"ftp://lms.example.org/heartbeat\" cannot be asked: this module speaks http:// and https:// \
             only, not ftp://",
        ),
        (
            json!({"heartbeats": ["https://lms.example.org/heartbeat"], "ca_path": "/no/such/file"}),
            "ca_path: /no/such/file: No such file or directory (os error 2)",
        ),
        (
            json!({"heartbeats": ["https://lms.example.org/heartbeat"], "ca_path": "/etc/passwd"}),
            "ca_path: /etc/passwd holds no certificate: a PEM file is expected, in which each begins with \
             -----BEGIN CERTIFICATE-----",
        ),
        (
            json!({"heartbeats": ["http://staff:pw-never-shown@127.0.0.1:8000/heartbeat"]}),
            "heartbeats: \"http://***@127.0.0.1:8000/heartbeat\" holds a user or a password, which this module does not \
             send: leave them out",
        ),
        (
            json!({"memcached": ["127.0.0.1"], "traffic": ["127.0.0.1:8000/login"]}),
            "traffic: \"127.0.0.1:8000/login\" is not an address of a page: write it in full, as in \
             http://127.0.0.1:8000/heartbeat",
        ),
        (
            json!({"heartbeats": ["http://127.0.0.1:99999/heartbeat"]}),
            "heartbeats: \"http://127.0.0.1:99999/heartbeat\" names no host and port that can be connected to, as \
             127.0.0.1:8000 does",
        ),
        (
            json!({"path": "/edx/etc", "traffic": ["http://127.0.0.1:8000/login"]}),
            "'traffic' is judged by what the cache servers that the platform should use say: give them in \
             'memcached'",
        ),
        (
            json!({"heartbeats": ["http://127.0.0.1:8000/heartbeat"], "heartbeat_timeout": 0}),
            "option 'heartbeat_timeout' must be 0.1 to 3600 seconds",
        ),
        (json!({"memcached": ["127.0.0.1"], "timeout": 0}), "option 'timeout' must be 0.1 to 3600 seconds"),
        (
            json!({"memcached": ["127.0.0.1"], "activity_seconds": -1}),
            "option 'activity_seconds' must be 0 to 3600 seconds",
        ),
        (json!({"memcached": ["127.0.0.1"], "memory_percent": 101}), "option 'memory_percent' must be 1 to 100"),
        (
            json!({"memcached": ["127.0.0.1"], "connections_percent": 0}),
            "option 'connections_percent' must be 1 to 100",
        ),
        (
            json!({"memcached": ["127.0.0.1"], "evictions_per_hour": -1}),
            "option 'evictions_per_hour' must be 0 or more",
        ),
        (
            json!({"path": "/edx/etc", "release": "ficus"}),
            "option 'release' must be one of: hawthorn, ironwood, juniper, koa, lilac, maple, nutmeg, olive, palm, quince",
        ),
    ] {
        assert_refused(&options, message);
    }
}

#[test]
fn half_a_login_is_refused_with_a_sentence() {
    for (options, message) in [
        (
            json!({"lms_url": "https://courses.example.org"}),
            "to sign in, 'lms_url', 'login_user' and 'login_password' are needed together: give login_user and login_password",
        ),
        (
            json!({"lms_url": "https://courses.example.org", "login_user": "a@b.c", "login_password": ""}),
            "to sign in, 'lms_url', 'login_user' and 'login_password' are needed together: give login_password",
        ),
        (
            json!({"memcached": ["127.0.0.1"], "login_user": "a@b.c", "login_password": "pw-never-shown"}),
            "to sign in, 'lms_url', 'login_user' and 'login_password' are needed together: give lms_url",
        ),
        (
            json!({"memcached": ["127.0.0.1"], "studio_url": "https://studio.example.org"}),
            "'studio_url' is a part of the login: give 'lms_url', 'login_user' and 'login_password' too",
        ),
        (
            json!({"memcached": ["127.0.0.1"], "app_servers": ["10.0.0.5"]}),
            "'app_servers' is a part of the login: give 'lms_url', 'login_user' and 'login_password' too",
        ),
        (
            with_login(&json!({"lms_url": "courses.example.org"})),
            "lms_url: \"courses.example.org\" is not an address of a page: write it in full, as in \
             http://127.0.0.1:8000/heartbeat",
        ),
        (
            with_login(&json!({"lms_url": "https://courses.example.org/login?next=a"})),
            "lms_url: give scheme and host only, as in https://courses.example.org, without \"/login\"",
        ),
        (
            with_login(&json!({"studio_url": "https://studio.example.org/home"})),
            "studio_url: give scheme and host only, as in https://courses.example.org, without \"/home\"",
        ),
        (
            with_login(&json!({"app_servers": ["10.0.0.5", "http://10.0.0.6/a"]})),
            "app_servers: \"http://10.0.0.6/a\" is no server, such as 172.31.5.1, 172.31.5.1:8000 or http://172.31.5.1:80",
        ),
        (
            with_login(&json!({"app_servers": ["a@pw-never-shown@10.0.0.6"]})),
            "app_servers: \"***@10.0.0.6\" is no server, such as 172.31.5.1, 172.31.5.1:8000 or http://172.31.5.1:80",
        ),
        (with_login(&json!({"login_timeout": 0})), "option 'login_timeout' must be 0.1 to 3600 seconds"),
    ] {
        assert_refused(&options, message);
    }
}

#[track_caller]
fn assert_refused(options: &Value, message: &str) {
    let run = verify(options);
    assert_eq!(run.result["failed"], json!(true));
    assert_eq!(run.result["msg"], message);
    assert_eq!(run.result.get("checks"), None);
}

/// A whole login, with other values for some options.
fn with_login(others: &Value) -> Value {
    let mut options = json!({
        "lms_url": "http://127.0.0.1:1", "login_user": "a@b.c", "login_password": "pw-never-shown", "login_timeout": 1,
    });
    for (name, value) in others.as_object().unwrap() {
        options[name] = value.clone();
    }
    options
}
