//! What keeps a second application server from being added.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod common;

use common::{endpoint, layer};
use edx_layout::Layer;
use roadmap::{CacheKeyPrefix, HostStatus, Kind, Place, Remark, Scope, readiness};

fn says(remarks: &[Remark]) -> Vec<&str> {
    remarks.iter().map(|remark| remark.says.as_str()).collect()
}

fn blockers(hosts: &[HostStatus]) -> Vec<String> {
    let readiness = readiness(hosts);
    assert_eq!(readiness.ready, readiness.blockers.is_empty());
    readiness.blockers.into_iter().map(|blocker| blocker.says).collect()
}

fn warnings(hosts: &[HostStatus]) -> Vec<String> {
    let readiness = readiness(hosts);
    assert!(readiness.ready, "{:?}", says(&readiness.blockers));
    readiness.warnings.into_iter().map(|warning| warning.says).collect()
}

#[test]
fn a_fresh_server_holds_everything() {
    assert_eq!(
        blockers(&common::fresh()),
        [
            "MySQL is on app1 itself (localhost:3306).",
            "MongoDB is on app1 itself (localhost:27017).",
            "memcached is on app1 itself (localhost:11211).",
            "Redis is on app1 itself (localhost:6379).",
            "Elasticsearch is on app1 itself, and its index with it (localhost:9200).",
            "Files are on app1 itself (/edx/var/edxapp/media and /edx/var/edxapp/grades).",
            "CACHES.configuration of app1 has the key prefix ip-10-0-1-10, which is this server's own name: \
             another server would not share this cache.",
        ]
    );
}

#[test]
fn each_blocker_names_the_settings_that_say_so() {
    let readiness = readiness(&common::half());
    let settings: Vec<_> = readiness.blockers.iter().map(|blocker| blocker.settings.join(", ")).collect();
    assert_eq!(
        settings,
        [
            "studio.yml DOC_STORE_CONFIG.host",
            "lms.yml CELERY_BROKER_HOSTNAME, studio.yml CELERY_BROKER_HOSTNAME",
            "lms.yml ELASTIC_SEARCH_CONFIG[0].host",
            "lms.yml MEDIA_ROOT, lms.yml GRADES_DOWNLOAD.ROOT_PATH",
            "lms.yml CACHES.configuration.KEY_PREFIX",
        ]
    );
    assert_eq!(
        says(&readiness.blockers)[0],
        "MongoDB: some on app1 itself (localhost:27017), some elsewhere (10.0.1.22:27017)."
    );
}

#[test]
fn servers_that_share_everything_are_ready() {
    assert_eq!(warnings(&common::moved()), [] as [&str; 0]);
    assert_eq!(warnings(&common::moved()[..1]), [] as [&str; 0]);
}

#[test]
fn rabbitmq_counts_only_where_it_is_used() {
    let mut hosts = common::moved();
    hosts[1].layers[4] =
        layer(Layer::RabbitMq, Place::Local, vec![endpoint("127.0.0.1:5672", Scope::Local, &[])], None);
    assert_eq!(blockers(&hosts), ["RabbitMQ is on app2 itself (127.0.0.1:5672)."]);
}

#[test]
fn nothing_seen_is_not_ready() {
    assert_eq!(blockers(&[]), ["No application server was looked at."]);
    let mut hosts = common::moved();
    hosts[0].layers = Layer::ALL.map(common::unused).to_vec();
    assert_eq!(blockers(&hosts), ["Nothing of Open edX was found on app1: is it an application server?"]);
}

#[test]
fn a_file_that_could_not_be_read_may_hold_anything() {
    let mut hosts = common::moved();
    hosts[1].is_complete = false;
    assert_eq!(blockers(&hosts), ["Not every file of app2 could be read, so it cannot be said what else is on it."]);
}

#[test]
fn a_place_that_cannot_be_told_is_not_ready() {
    let mut hosts = common::moved();
    hosts[0].layers[0].place = Place::Unknown;
    hosts[0].layers[0].endpoints = vec![endpoint("mysql.nowhere:3306", Scope::Unknown, &["lms.yml DATABASES"])];
    assert_eq!(blockers(&hosts), ["MySQL: it cannot be told where app1 keeps it (mysql.nowhere:3306)."]);
}

#[test]
fn a_move_that_the_next_upgrade_undoes_is_not_ready() {
    let mut hosts = common::moved();
    hosts[0].layers[2].is_recorded = Some(false);
    assert_eq!(
        blockers(&hosts),
        [
            "memcached: server-vars.yml of app1 does not say where it has moved to, so the next upgrade would undo the move."
        ]
    );
}

#[test]
fn a_server_that_does_not_answer_is_not_ready() {
    let mut hosts = common::moved();
    hosts[1].layers[3].endpoints[0].answers = Some(false);
    "connection refused.".clone_into(&mut hosts[1].layers[3].endpoints[0].told);
    assert_eq!(blockers(&hosts), ["Redis at 10.0.1.23:6379 does not answer app2: connection refused."]);
}

#[test]
fn application_servers_use_the_same_servers() {
    let mut hosts = common::moved();
    "10.0.1.99:3306".clone_into(&mut hosts[1].layers[0].endpoints[0].endpoint);
    assert_eq!(
        blockers(&hosts),
        ["MySQL: the application servers use different ones: app1 uses 10.0.1.21:3306; app2 uses 10.0.1.99:3306."]
    );
}

#[test]
fn neither_order_nor_case_of_endpoints_makes_them_different() {
    let mut hosts = common::moved();
    let two = |first: &str, second: &str| [first, second].map(|name| endpoint(name, Scope::Private, &[])).to_vec();
    hosts[0].layers[2].endpoints = two("cache-a:11211", "cache-b:11211");
    hosts[1].layers[2].endpoints = two("Cache-B:11211", "cache-a:11211");
    assert_eq!(blockers(&hosts), [] as [&str; 0]);
}

#[test]
fn data_on_another_application_server_has_not_moved() {
    let mut hosts = common::moved();
    for host in &mut hosts {
        "10.0.1.10:3306".clone_into(&mut host.layers[0].endpoints[0].endpoint);
    }
    assert_eq!(blockers(&hosts), ["MySQL of app2 is on app1, which is an application server: 10.0.1.10:3306."]);
}

#[test]
fn a_prefix_counts_as_the_servers_own_only_as_a_word() {
    let prefix = |prefix: &str| {
        let mut hosts = common::moved();
        hosts.truncate(1);
        hosts[0].name = Some("edx.campus.example".to_owned());
        hosts[0].prefixes = vec![CacheKeyPrefix {
            file: "lms.yml".to_owned(),
            cache: "CACHES.staticfiles".to_owned(),
            prefix: prefix.to_owned(),
        }];
        readiness(&hosts).ready
    };
    assert!(!prefix("edx_general"));
    assert!(!prefix("EDX"));
    assert!(prefix("edxapp_general"));
    assert!(prefix("general"));
    assert!(prefix(""));
}

#[test]
fn prefixes_that_differ_do_not_share() {
    let mut hosts = common::moved();
    "green".clone_into(&mut hosts[1].prefixes[1].prefix);
    assert_eq!(
        blockers(&hosts),
        ["CACHES.default of lms.yml has different key prefixes, so it is not shared: \
          app1 has \"default\" and app2 has \"green\"."]
    );
}

#[test]
fn servers_own_prefixes_are_named_once_each() {
    let mut hosts = common::moved();
    for host in &mut hosts {
        host.prefixes[0].prefix = host.name.clone().unwrap();
    }
    let kinds: Vec<_> = readiness(&hosts).blockers.iter().map(|it| (it.kind, it.host.clone())).collect();
    assert_eq!(kinds, [(Kind::Prefix, Some("app1".to_owned())), (Kind::Prefix, Some("app2".to_owned()))]);
}

#[test]
fn a_public_address_is_shared_all_the_same() {
    let mut hosts = common::moved();
    hosts[0].layers[0].endpoints[0].scope = Scope::Public;
    assert_eq!(
        warnings(&hosts),
        ["MySQL of app1 is at 10.0.1.21:3306, an address that the internet reaches: use its internal address, \
          and close the port."]
    );
}

#[test]
fn a_server_that_nobody_asked_is_in_the_way() {
    let mut hosts = common::moved();
    hosts[1].layers[1].endpoints[0].answers = None;
    assert_eq!(blockers(&hosts), ["MongoDB at 10.0.1.22:27017 was not asked from app2 whether it answers."]);
}

#[test]
fn a_record_that_nobody_looked_at_is_a_warning() {
    let mut hosts = common::moved();
    hosts[0].layers[0].is_recorded = None;
    assert_eq!(
        warnings(&hosts),
        ["MySQL: it is not known whether server-vars.yml of app1 keeps it where it is at the next upgrade."]
    );
}

#[test]
fn an_open_edx_without_mysql_is_one_whose_files_are_not_all_there() {
    let mut hosts = common::moved();
    hosts[0].layers[0] = common::unused(edx_layout::Layer::MySql);
    assert_eq!(blockers(&hosts), ["No setting of MySQL was found on app1: are these all the files of LMS?"]);
}

#[test]
fn a_server_that_was_not_reached_is_in_the_way() {
    let mut hosts = common::moved();
    hosts[1] = roadmap::HostStatus {
        host: "app2".to_owned(),
        findings: vec![roadmap::Finding {
            name: roadmap::UNREACHED.to_owned(),
            subject: "app2".to_owned(),
            status: "failed".to_owned(),
            seen: "no route to it".to_owned(),
            advice: "see why".to_owned(),
        }],
        ..roadmap::HostStatus::default()
    };
    assert_eq!(blockers(&hosts), ["app2 could not be looked at, so it cannot be said what is on it: no route to it."]);
    assert_eq!(roadmap::next_step(&hosts).what, "Look at app2");
}

#[test]
fn variables_that_would_move_a_layer_are_a_warning() {
    let mut hosts = common::fresh();
    hosts[0].layers[0].is_recorded = Some(false);
    assert_eq!(
        says(&readiness(&hosts).warnings),
        ["MySQL: server-vars.yml of app1 says another place than the platform uses; the next upgrade would go there."]
    );
}
