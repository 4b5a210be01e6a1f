//! The pages in the repository are those that the declarations give, and the example names every variable.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should say where")]

use edx_layout::{MemcachedVariable, SERVICES};

#[test]
fn every_page_is_up_to_date() {
    for (path, page) in docgen::pages() {
        let written = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(written == page, "{} is out of date: run `make docs`", path.display());
    }
}

#[test]
fn the_example_explains_every_variable_that_the_project_may_write() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../server-vars.example.yml");
    let example = std::fs::read_to_string(path).unwrap();
    let own = SERVICES.iter().filter_map(|service| match service.memcached {
        MemcachedVariable::Own(name) | MemcachedVariable::WholeMapping(name) => Some(name),
        _ => None,
    });
    let shared = [
        "EDXAPP_MEMCACHE",
        "EDXAPP_CACHE_COURSE_STRUCTURE_MEMCACHE",
        "EDXAPP_ENABLE_MEMCACHE",
        "edx_django_service_memcache",
    ];
    for name in own.chain(shared) {
        assert!(example.contains(name), "server-vars.example.yml does not explain {name}");
    }
}
