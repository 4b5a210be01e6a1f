//! What server-vars.yml has to say for given brokers.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::path::PathBuf;

use edx_layout::{BrokerForm, ObservedBroker, Password, Release, ServerVars, ThisHost, redis_server_vars};
use serde_json::{Value, json};

const REMOTE: &str = "172.31.5.11";
const SECRET: &str = "<secret:password|urlencode>";

fn broker(file: &str, host: &str) -> ObservedBroker {
    let (key_path, form) = match file {
        "ecommerce.yml" | "ecomworker.yml" => ("BROKER_URL", BrokerForm::Url),
        "discovery.yml" => ("CELERY_BROKER_URL", BrokerForm::Url),
        _ => ("CELERY_BROKER_HOSTNAME", BrokerForm::Host),
    };
    ObservedBroker {
        file: PathBuf::from(file),
        key_path: key_path.to_owned(),
        form,
        transport: "redis".to_owned(),
        host: host.to_owned(),
        port: 6379,
        user: String::new(),
        has_password: false,
        database: None,
    }
}

fn with_password(broker: ObservedBroker) -> ObservedBroker {
    ObservedBroker { has_password: true, ..broker }
}

fn here() -> ThisHost {
    ThisHost { addresses: vec!["172.31.5.1".parse().unwrap()], ..ThisHost::default() }
}

fn of(observed: &[ObservedBroker], password: Password) -> ServerVars {
    redis_server_vars(Some(Release::Maple), observed, password, &here())
}

fn vars(observed: &[ObservedBroker]) -> Value {
    Value::Object(of(observed, Password::AtHand).vars)
}

fn unexpressed(observed: &[ObservedBroker], password: Password) -> Vec<String> {
    of(observed, password).unexpressed.iter().map(ToString::to_string).collect()
}

#[test]
fn defaults_need_no_variable() {
    let found = of(
        &[
            broker("lms.yml", "localhost"),
            broker("studio.yml", "localhost"),
            broker("ecomworker.yml", "127.0.0.1"),
            broker("discovery.yml", "127.0.0.1"),
        ],
        Password::AtHand,
    );
    // Not even then: the role's own password, celery, is none that a Redis has.
    assert_eq!(Value::Object(found.vars), json!({"ECOMMERCE_WORKER_BROKER_PASSWORD": ""}));
    assert_eq!(
        found.at_default,
        [
            "EDXAPP_REDIS_HOSTNAME",
            "EDXAPP_CELERY_USER",
            "EDXAPP_CELERY_PASSWORD",
            "ECOMMERCE_WORKER_BROKER_HOST",
            "ECOMMERCE_WORKER_BROKER_PORT",
            "ECOMMERCE_WORKER_BROKER_USERNAME",
            "DISCOVERY_CELERY_BROKER_URL",
            "SANDBOX_ENABLE_REDIS",
        ]
    );
}

#[test]
fn ecommerce_is_on_the_hosts_own_address_by_default() {
    assert_eq!(vars(&[broker("ecommerce.yml", "172.31.5.1")]), json!({"ECOMMERCE_BROKER_PASSWORD": ""}));
    let loopback = vars(&[broker("ecommerce.yml", "127.0.0.1")]);
    assert_eq!(loopback, json!({"ECOMMERCE_BROKER_HOST": "127.0.0.1", "ECOMMERCE_BROKER_PASSWORD": ""}));
}

#[test]
fn a_full_move_sets_each_variable_and_the_switch() {
    let files = ["lms.yml", "studio.yml", "ecommerce.yml", "ecomworker.yml", "discovery.yml", "registrar.yml"];
    let observed: Vec<_> = files.iter().map(|file| with_password(broker(file, REMOTE))).collect();
    assert_eq!(
        vars(&observed),
        json!({
            "EDXAPP_REDIS_HOSTNAME": REMOTE,
            "EDXAPP_CELERY_PASSWORD": SECRET,
            "ECOMMERCE_BROKER_HOST": REMOTE,
            "ECOMMERCE_BROKER_PASSWORD": SECRET,
            "ECOMMERCE_WORKER_BROKER_HOST": REMOTE,
            "ECOMMERCE_WORKER_BROKER_PASSWORD": SECRET,
            "DISCOVERY_CELERY_BROKER_URL": format!("redis://:{SECRET}@{REMOTE}:6379/"),
            "REGISTRAR_CELERY_BROKER_HOSTNAME": REMOTE,
            "REGISTRAR_CELERY_BROKER_PASSWORD": SECRET,
            "SANDBOX_ENABLE_REDIS": false,
        })
    );
    assert!(unexpressed(&observed, Password::AtHand).is_empty());
}

#[test]
fn a_port_a_user_and_a_database_are_said_where_each_role_takes_them() {
    let odd = |file: &str| ObservedBroker {
        port: 6380,
        user: "open edx".to_owned(),
        ..with_password(broker(file, "fd00::11"))
    };
    let in_database = ObservedBroker { database: Some("3".to_owned()), ..odd("ecomworker.yml") };
    let discovery = ObservedBroker { database: Some("2".to_owned()), ..odd("discovery.yml") };
    assert_eq!(
        vars(&[odd("lms.yml"), odd("ecommerce.yml"), in_database, discovery]),
        json!({
            "EDXAPP_REDIS_HOSTNAME": "[fd00::11]:6380",
            "EDXAPP_CELERY_USER": "open%20edx",
            "EDXAPP_CELERY_PASSWORD": SECRET,
            "ECOMMERCE_BROKER_HOST": "[fd00::11]",
            "ECOMMERCE_BROKER_PORT": 6380,
            "ECOMMERCE_BROKER_USERNAME": "open%20edx",
            "ECOMMERCE_BROKER_PASSWORD": SECRET,
            "ECOMMERCE_WORKER_BROKER_URL": format!("redis://open%20edx:{SECRET}@[fd00::11]:6380/3"),
            "DISCOVERY_CELERY_BROKER_URL": format!("redis://open%20edx:{SECRET}@[fd00::11]:6380/2"),
            "SANDBOX_ENABLE_REDIS": false,
        })
    );
}

#[test]
fn a_password_that_stays_is_not_said_and_a_whole_url_cannot_be() {
    let observed = [with_password(broker("lms.yml", REMOTE)), with_password(broker("discovery.yml", REMOTE))];
    let found = of(&observed, Password::Kept);
    assert_eq!(Value::Object(found.vars), json!({"EDXAPP_REDIS_HOSTNAME": REMOTE, "SANDBOX_ENABLE_REDIS": false}));
    assert_eq!(
        unexpressed(&observed, Password::Kept),
        [
            "discovery.yml: CELERY_BROKER_URL: only DISCOVERY_CELERY_BROKER_URL reaches it, which takes the whole URL with \
          its password; give `password`, also where it stays the same"
        ]
    );
}

#[test]
fn lms_and_studio_have_one_variable() {
    let observed = [broker("lms.yml", REMOTE), broker("studio.yml", "172.31.5.12")];
    assert_eq!(vars(&observed), json!({"SANDBOX_ENABLE_REDIS": false}));
    assert_eq!(
        unexpressed(&observed, Password::AtHand),
        [
            "lms.yml: CELERY_BROKER_HOSTNAME: EDXAPP_REDIS_HOSTNAME and those of its user and password feed studio.yml \
             CELERY_BROKER_HOSTNAME as well, which differs; give both the same server, user and password",
            "studio.yml: CELERY_BROKER_HOSTNAME: EDXAPP_REDIS_HOSTNAME and those of its user and password feed lms.yml \
             CELERY_BROKER_HOSTNAME as well, which differs; give both the same server, user and password",
        ]
    );
}

#[test]
fn what_no_role_renders_is_named_once_it_has_moved() {
    let cache = |file: &str, host: &str| ObservedBroker {
        key_path: "CACHES.default.LOCATION".to_owned(),
        form: BrokerForm::Cache,
        ..broker(file, host)
    };
    let observed = [cache("lms.yml", REMOTE), cache("studio.yml", "localhost"), broker("wiki.yml", REMOTE)];
    assert_eq!(
        unexpressed(&observed, Password::AtHand),
        [
            "lms.yml: CACHES.default.LOCATION: the role of this service renders no such cache, so no variable reaches it",
            "wiki.yml: CELERY_BROKER_HOSTNAME: no service of a native installation is known to have this file",
        ]
    );
    assert_eq!(vars(&observed), json!({}), "one is local still, so the next upgrade has to keep the local Redis");
}
