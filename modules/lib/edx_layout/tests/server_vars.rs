//! What server-vars.yml has to say for given settings files.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::path::PathBuf;

use edx_layout::{EDXAPP_CACHES, ObservedCache, Release, ThisHost, server_vars};
use serde_json::{Value, json};

const LOCAL: &str = "localhost:11211";
const REMOTE: &str = "172.31.5.10:11211";
const OTHER: &str = "172.31.5.20:11211";

fn cache(file: &str, name: &str, servers: &[&str]) -> ObservedCache {
    ObservedCache {
        file: PathBuf::from(file),
        key_path: format!("CACHES.{name}"),
        servers: servers.iter().map(|s| (*s).to_owned()).collect(),
    }
}

/// The seven caches of LMS or Studio, all at `server`.
fn edxapp(file: &str, server: &str) -> Vec<ObservedCache> {
    EDXAPP_CACHES.iter().map(|name| cache(file, name, &[server])).collect()
}

fn vars(observed: &[ObservedCache]) -> Value {
    Value::Object(server_vars(Some(Release::Maple), observed, &ThisHost::default()).vars)
}

fn unexpressed(observed: &[ObservedCache]) -> Vec<String> {
    server_vars(Some(Release::Maple), observed, &ThisHost::default())
        .unexpressed
        .iter()
        .map(ToString::to_string)
        .collect()
}

#[test]
fn defaults_need_no_variable() {
    let mut observed = edxapp("lms.yml", LOCAL);
    observed.extend(edxapp("studio.yml", LOCAL));
    observed.push(cache("discovery.yml", "default", &["memcache"]));
    observed.push(cache("analytics_api.yml", "default", &["memcache"]));
    observed.push(cache("insights.yml", "default", &["127.0.0.1:11211"]));
    let found = server_vars(Some(Release::Maple), &observed, &ThisHost::default());
    assert_eq!(Value::Object(found.vars), json!({}));
    assert_eq!(
        found.at_default,
        [
            "edx_django_service_memcache",
            "EDXAPP_MEMCACHE",
            "EDXAPP_CACHE_COURSE_STRUCTURE_MEMCACHE",
            "DISCOVERY_MEMCACHE",
            "INSIGHTS_MEMCACHE",
            "EDXAPP_ENABLE_MEMCACHE"
        ]
    );
    assert!(found.unexpressed.is_empty());
}

#[test]
fn a_full_move_sets_each_variable_and_the_switch() {
    let mut observed = edxapp("lms.yml", REMOTE);
    observed.extend(edxapp("studio.yml", REMOTE));
    observed.push(cache("ecommerce.yml", "default", &[REMOTE]));
    observed.push(cache("analytics_api.yml", "default", &[REMOTE]));
    assert_eq!(
        vars(&observed),
        json!({
            "edx_django_service_memcache": [REMOTE],
            "EDXAPP_MEMCACHE": [REMOTE],
            "ECOMMERCE_MEMCACHE": [REMOTE],
            "EDXAPP_ENABLE_MEMCACHE": false,
        })
    );
    assert!(unexpressed(&observed).is_empty());
}

#[test]
fn the_switch_stays_on_while_one_service_is_local() {
    let mut observed = edxapp("lms.yml", REMOTE);
    observed.push(cache("insights.yml", "default", &["127.0.0.1:11211"]));
    assert_eq!(vars(&observed), json!({ "EDXAPP_MEMCACHE": [REMOTE] }));
}

#[test]
fn several_servers_keep_their_order() {
    assert_eq!(
        vars(&[cache("insights.yml", "default", &[OTHER, REMOTE])]),
        json!({ "INSIGHTS_MEMCACHE": [OTHER, REMOTE], "EDXAPP_ENABLE_MEMCACHE": false })
    );
}

#[test]
fn a_course_structure_cache_of_its_own_has_its_own_variable() {
    let mut observed = edxapp("lms.yml", REMOTE);
    observed[2] = cache("lms.yml", "course_structure_cache", &[OTHER]);
    assert_eq!(
        vars(&observed),
        json!({
            "EDXAPP_MEMCACHE": [REMOTE],
            "EDXAPP_CACHE_COURSE_STRUCTURE_MEMCACHE": [OTHER],
            "EDXAPP_ENABLE_MEMCACHE": false,
        })
    );
    // Left at its default while the others moved, it would follow them.
    observed[2] = cache("lms.yml", "course_structure_cache", &[LOCAL]);
    assert_eq!(
        vars(&observed),
        json!({
            "EDXAPP_MEMCACHE": [REMOTE],
            "EDXAPP_CACHE_COURSE_STRUCTURE_MEMCACHE": [LOCAL],
        })
    );
}

#[test]
fn lms_and_studio_cannot_be_told_apart() {
    let mut observed = edxapp("/edx/etc/lms.yml", REMOTE);
    observed.extend(edxapp("/edx/etc/studio.yml", LOCAL));
    assert_eq!(vars(&observed), json!({}));
    assert_eq!(
        unexpressed(&observed),
        [
            "/edx/etc/studio.yml: CACHES.celery: EDXAPP_MEMCACHE feeds every cache of lms.yml and studio.yml, but lms.yml CACHES.celery has other servers; give them the same ones",
            "/edx/etc/studio.yml: CACHES.course_structure_cache: EDXAPP_CACHE_COURSE_STRUCTURE_MEMCACHE feeds lms.yml and studio.yml alike, but lms.yml CACHES.course_structure_cache has other servers; give them the same ones",
        ]
    );
}

#[test]
fn the_shared_variable_needs_all_its_services_to_agree() {
    let observed = [
        cache("/edx/etc/analytics_api.yml", "default", &[REMOTE]),
        cache("/edx/etc/discovery.yml", "default", &["memcache"]),
        cache("/edx/etc/ecommerce.yml", "default", &[OTHER]),
        cache("/edx/etc/insights.yml", "default", &[REMOTE]),
    ];
    assert_eq!(vars(&observed), json!({ "ECOMMERCE_MEMCACHE": [OTHER], "INSIGHTS_MEMCACHE": [REMOTE] }));
    assert_eq!(
        unexpressed(&observed),
        [
            "/edx/etc/analytics_api.yml: CACHES.default: only edx_django_service_memcache reaches it, and that would also give its servers to discovery.yml, ecommerce.yml; give them all the same servers"
        ]
    );
}

#[test]
fn the_shared_variable_is_left_out_where_no_service_needs_it() {
    assert_eq!(
        vars(&[cache("ecommerce.yml", "default", &[REMOTE]), cache("analytics_api.yml", "default", &["memcache"]),]),
        json!({ "ECOMMERCE_MEMCACHE": [REMOTE] })
    );
}

#[test]
fn ironwood_counts_what_it_reads() {
    let mut observed = edxapp("/edx/etc/lms.yml", LOCAL);
    observed.extend(edxapp("/edx/app/edxapp/lms.env.json", REMOTE));
    let found = server_vars(Some(Release::Ironwood), &observed, &ThisHost::default());
    assert_eq!(Value::Object(found.vars), json!({ "EDXAPP_MEMCACHE": [REMOTE], "EDXAPP_ENABLE_MEMCACHE": false }));
    // Juniper reads the YAML file and ignores what it left in the JSON one.
    let found = server_vars(Some(Release::Juniper), &observed, &ThisHost::default());
    assert_eq!(Value::Object(found.vars), json!({}));
    // With only one record at hand, that one counts.
    let found = server_vars(Some(Release::Ironwood), &observed[..7], &ThisHost::default());
    assert_eq!(Value::Object(found.vars), json!({}));
    assert!(found.at_default.contains(&"EDXAPP_MEMCACHE".to_owned()));
}

#[test]
fn caches_that_no_role_renders_are_reported_once_they_moved() {
    let elsewhere = ObservedCache { key_path: "PLUGIN.CACHE".to_owned(), ..cache("/edx/etc/lms.yml", "x", &[REMOTE]) };
    assert_eq!(
        unexpressed(&[
            cache("/edx/etc/lms.yml", "mine", &[REMOTE]),
            cache("/edx/etc/lms.yml", "mine_too", &[LOCAL]),
            elsewhere,
            cache("/edx/etc/xqueue.yml", "default", &[REMOTE]),
            cache("/edx/etc/forum.yml", "default", &[REMOTE]),
        ]),
        [
            "/edx/etc/lms.yml: CACHES.mine: the role of this service renders no such cache, so no variable reaches it",
            "/edx/etc/lms.yml: PLUGIN.CACHE: the role of this service renders no such cache, so no variable reaches it",
            "/edx/etc/xqueue.yml: CACHES.default: only XQUEUE_CACHES reaches it, which takes the whole CACHES mapping; set it by hand",
            "/edx/etc/forum.yml: CACHES.default: no service of a native installation is known to have this file",
        ]
    );
}

#[test]
fn an_address_of_this_host_keeps_the_switch_on() {
    let here = ThisHost { addresses: vec!["172.31.5.10".parse().unwrap()], name: None };
    let found = server_vars(None, &[cache("insights.yml", "default", &[REMOTE])], &here);
    assert_eq!(Value::Object(found.vars), json!({ "INSIGHTS_MEMCACHE": [REMOTE] }));
}

#[test]
fn what_is_no_server_does_not_reach_the_next_upgrade() {
    let observed = [cache("/edx/etc/insights.yml", "default", &["user:pw@10.0.0.1:11211"])];
    assert_eq!(vars(&observed), json!({}));
    assert_eq!(
        unexpressed(&observed),
        ["/edx/etc/insights.yml: CACHES.default: its LOCATION names a server that is not understood; correct it"]
    );
}
