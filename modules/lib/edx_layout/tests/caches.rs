//! Which mappings of a settings file are memcached caches.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::path::Path;

use edx_layout::{Location, find_caches};
use lossless_yaml::Document;

/// Each cache as `path (line): servers`.
fn caches(yaml: &str) -> Vec<String> {
    let doc = Document::parse(yaml).unwrap();
    find_caches(&doc)
        .iter()
        .map(|cache| {
            let servers = match &cache.location {
                Location::Missing => "missing".to_owned(),
                Location::Text { servers, .. } => format!("text {servers:?}"),
                Location::List { servers, .. } => format!("list {servers:?}"),
                Location::Other { .. } => "other".to_owned(),
            };
            format!("{} ({}): {servers}", cache.path, cache.line)
        })
        .collect()
}

#[test]
fn each_backend_of_memcached_counts_and_no_other() {
    assert_eq!(
        caches(
            "CACHES:
  a: {BACKEND: django.core.cache.backends.memcached.MemcachedCache, LOCATION: ['localhost:11211']}
  b: {BACKEND: django.core.cache.backends.memcached.PyMemcacheCache, LOCATION: ['localhost:11211']}
  c: {BACKEND: django.core.cache.backends.memcached.PyLibMCCache, LOCATION: /run/m.sock}
  d: {BACKEND: django_pylibmc.memcached.PyLibMCCache, LOCATION: memcache}
  e: {BACKEND: django.core.cache.backends.locmem.LocMemCache, LOCATION: edx_location_mem_cache}
  f: {BACKEND: django_redis.cache.RedisCache, LOCATION: 'redis://localhost:6379/0'}
"
        ),
        [
            "CACHES.a (2): list [\"localhost:11211\"]",
            "CACHES.b (3): list [\"localhost:11211\"]",
            "CACHES.c (4): text [\"/run/m.sock\"]",
            "CACHES.d (5): text [\"memcache\"]",
        ]
    );
}

#[test]
fn a_string_is_split_as_django_does() {
    assert_eq!(
        caches("CACHES: {default: {BACKEND: x.memcached.Y, LOCATION: 'a:1;b:2, c:3'}}"),
        ["CACHES.default (1): text [\"a:1\", \"b:2\", \"c:3\"]"]
    );
}

#[test]
fn locations_that_django_cannot_use_are_told_apart() {
    assert_eq!(
        caches(
            "CACHES:
  none: {BACKEND: x.memcached.Y}
  null_: {BACKEND: x.memcached.Y, LOCATION: null}
  empty: {BACKEND: x.memcached.Y, LOCATION: []}
  number: {BACKEND: x.memcached.Y, LOCATION: 11211}
  mixed: {BACKEND: x.memcached.Y, LOCATION: [a, 1]}
"
        ),
        [
            "CACHES.none (2): missing",
            "CACHES.null_ (3): missing",
            "CACHES.empty (4): missing",
            "CACHES.number (5): other",
            "CACHES.mixed (6): other",
        ]
    );
}

#[test]
fn caches_elsewhere_count_when_they_have_a_location() {
    assert_eq!(
        caches(
            "PLUGIN:
  CACHES:
    default:
      BACKEND: x.memcached.Y
      LOCATION:
      - a:1
OTHER: {BACKEND: x.memcached.Y, LOCATION: b}
TEMPLATE: {BACKEND: x.memcached.Y}
"
        ),
        ["PLUGIN.CACHES.default (6): list [\"a:1\"]", "OTHER (7): text [\"b\"]"]
    );
}

#[test]
fn aliases_and_merges_are_followed() {
    assert_eq!(
        caches(
            "base: &base {BACKEND: x.memcached.Y}
CACHES:
  default: &default
    <<: *base
    LOCATION: [a]
  celery: *default
"
        ),
        ["CACHES.default (5): list [\"a\"]", "CACHES.celery (5): list [\"a\"]"]
    );
}

#[test]
fn what_was_found_is_what_server_vars_needs() {
    let doc = Document::parse("CACHES: {default: {BACKEND: x.memcached.Y, LOCATION: [a, b]}}").unwrap();
    let observed = find_caches(&doc)[0].observed(Path::new("/edx/etc/insights.yml")).unwrap();
    assert_eq!(observed.key_path, "CACHES.default");
    assert_eq!(observed.servers, ["a", "b"]);
}
