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

/// What stands between `NAME = r'''` and `'''` of a page, as YAML reads it.
fn section(page: &str, name: &str) -> serde_json::Value {
    let (_, rest) = page.split_once(&format!("{name} = r'''\n")).unwrap();
    serde_yaml::from_str(rest.split_once("'''").unwrap().0).unwrap()
}

#[test]
fn texts_read_as_declared_though_their_lines_are_broken() {
    for ((spec, declared), (_, page)) in docgen::modules().into_iter().zip(docgen::pages()) {
        let documentation = section(&page, "DOCUMENTATION");
        assert_eq!(documentation["description"], serde_json::json!(spec.description));
        assert_eq!(documentation["short_description"], spec.short_description);
        if !declared.notes.is_empty() {
            assert_eq!(documentation["notes"], serde_json::json!(declared.notes));
        }
        let returns = section(&page, "RETURN");
        for entry in declared.returns {
            let shown = &returns[entry.name];
            assert_eq!(shown["description"], entry.description);
            assert_eq!(shown["sample"], serde_yaml::from_str::<serde_json::Value>(entry.sample).unwrap());
        }
        // ansible-test's pep8 stops at 160.
        let longest = page.lines().max_by_key(|line| line.chars().count()).unwrap();
        assert!(longest.chars().count() <= 160, "{longest}");
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
