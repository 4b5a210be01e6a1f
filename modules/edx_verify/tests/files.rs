//! The checks of the files that Open edX reads, each in both directions.

#![allow(missing_docs, clippy::unwrap_used)]

mod common;

use std::os::unix::fs::{PermissionsExt, symlink};

use ansible_protocol::json;
use common::server::{NEW, Server};

#[test]
fn a_moved_server_passes_with_a_check_for_each_file() {
    let server = Server::moved();
    let run = server.verify_files();
    run.assert_only(&[], &[]);
    let etc = |name: &str| format!("edx_etc.no_local_cache {}", server.shown(&format!("edx/etc/{name}.yml")));
    let mut expected = vec![format!("edx_etc.readable {}", server.shown("edx/etc"))];
    expected.extend(["analytics_api", "discovery", "ecommerce", "insights", "lms", "studio"].map(etc));
    assert_eq!(run.with("ok"), expected, "xqueue.yml has no cache");
    assert_eq!(run.seen("edx_etc.readable").1, "7 files read, 10 caches on memcached, release maple");
    assert_eq!(run.result["release"], "maple");
    assert_eq!(
        run.result["caches"][0],
        json!({"file": server.path("edx/etc/analytics_api.yml"), "key": "CACHES.default.LOCATION", "line": 8,
               "endpoints": [NEW]})
    );
}

#[test]
fn a_file_left_on_localhost_is_named_with_its_key_path() {
    let server = Server::moved();
    server.replace("edx/etc/ecommerce.yml", NEW, "localhost:11211");
    let run = server.verify_files();
    run.assert_only(&[&format!("edx_etc.no_local_cache {}", server.shown("edx/etc/ecommerce.yml"))], &[]);
    let failed = run.checks().iter().find(|check| check["status"] == "failed").unwrap();
    assert_eq!(failed["seen"], "still on this host: localhost:11211 at CACHES.default.LOCATION[0]");
    assert_eq!(failed["advice"], "point it at the cache server with edx_cache_endpoint, and restart its service");
}

#[test]
fn every_way_to_name_this_host_is_local() {
    for local in [
        "memcache",
        "memcache:11211",
        "LOCALHOST",
        "127.0.0.1:11311",
        "127.8.9.10",
        "\"[::1]:11211\"",
        "inet6:[::1]:11211",
        "unix:/run/memcached.sock",
        "/run/memcached.sock",
        "ip6-localhost:11211",
        "0.0.0.0:11211",
    ] {
        let server = Server::moved();
        server.replace("edx/etc/discovery.yml", NEW, local);
        server
            .verify_files()
            .assert_only(&[&format!("edx_etc.no_local_cache {}", server.shown("edx/etc/discovery.yml"))], &[]);
    }
}

#[test]
fn the_default_name_of_edx_is_not_said_to_be_this_host() {
    let seen = |server: &Server| {
        let run = server.verify_files();
        let failed = run.checks().iter().find(|check| check["status"] == "failed").unwrap().clone();
        assert_eq!(failed["advice"], "point it at the cache server with edx_cache_endpoint, and restart its service");
        failed["seen"].as_str().unwrap().to_owned()
    };
    let server = Server::moved();
    server.replace("edx/etc/ecommerce.yml", NEW, "memcache");
    assert_eq!(
        seen(&server),
        "memcache (edX's default name, which nothing on a native install resolves) at CACHES.default.LOCATION[0]"
    );
    let server = Server::moved();
    server.write(
        "edx/etc/ecommerce.yml",
        "CACHES:\n  default:\n    BACKEND: django.core.cache.backends.memcached.MemcachedCache\n    LOCATION: \
         [memcache:11211, localhost:11211]\n",
    );
    assert_eq!(
        seen(&server),
        "still on this host: localhost:11211 at CACHES.default.LOCATION[1]; memcache:11211 (edX's default name, which \
         nothing on a native install resolves) at CACHES.default.LOCATION[0]"
    );
}

#[test]
fn caches_in_the_same_file_are_told_together() {
    let server = Server::moved();
    server.replace("edx/etc/lms.yml", NEW, "localhost:11211");
    let run = server.verify_files();
    let failed = run.checks().iter().find(|check| check["status"] == "failed").unwrap();
    assert_eq!(
        failed["seen"],
        "still on this host: localhost:11211 at CACHES.course_structure_cache.LOCATION[0], CACHES.default.LOCATION[0], \
         CACHES.general.LOCATION[0]"
    );
}

#[test]
fn what_is_no_server_at_all_is_not_taken_for_a_moved_one() {
    let server = Server::moved();
    server.replace("edx/etc/insights.yml", NEW, "http://user:pw-x@172.31.5.10");
    let run = server.verify_files();
    run.assert_only(&[&format!("edx_etc.no_local_cache {}", server.shown("edx/etc/insights.yml"))], &[]);
}

#[test]
fn every_cache_points_at_a_given_server() {
    // A documentation address (RFC 5737): public, so the module does not connect to it.
    let given = "203.0.113.9:11211";
    let server = Server::moved();
    for name in ["lms", "studio", "ecommerce", "discovery", "analytics_api", "insights"] {
        server.replace(&format!("edx/etc/{name}.yml"), NEW, given);
    }
    let address = format!("memcached.address {given}");
    let run = server.verify_with(&json!({"memcached": given}));
    run.assert_only(&[&address], &[]);
    assert_eq!(run.with("ok").iter().filter(|name| name.starts_with("edx_etc.cache_endpoint ")).count(), 6);

    // The same servers under other names and in another order are the same servers.
    server.replace("edx/etc/insights.yml", given, "203.0.113.9");
    server.verify_with(&json!({"memcached": given})).assert_only(&[&address], &[]);

    server.replace("edx/etc/lms.yml", given, "203.0.113.7:11211");
    let run = server.verify_with(&json!({"memcached": given}));
    let check = format!("edx_etc.cache_endpoint {}", server.shown("edx/etc/lms.yml"));
    run.assert_only(&[&address, &check], &[]);
    let failed =
        run.checks().iter().find(|check| check["name"] == "edx_etc.cache_endpoint" && check["status"] == "failed");
    assert_eq!(
        failed.unwrap()["seen"],
        "elsewhere: 203.0.113.7:11211 at CACHES.course_structure_cache.LOCATION[0], CACHES.default.LOCATION[0], \
         CACHES.general.LOCATION[0]"
    );
}

#[test]
fn a_cache_without_servers_points_nowhere() {
    let server = Server::empty();
    server.write(
        "edx/etc/lms.yml",
        "CACHES:\n  default:\n    BACKEND: django.core.cache.backends.memcached.PyMemcacheCache\n",
    );
    let run = server.verify_with(&json!({"memcached": "203.0.113.9"}));
    let check = format!("edx_etc.cache_endpoint {}", server.shown("edx/etc/lms.yml"));
    run.assert_only(&["memcached.address 203.0.113.9:11211", &check], &[]);
    assert_eq!(run.seen("edx_etc.cache_endpoint").1, "elsewhere: CACHES.default.LOCATION (missing, or not servers)");
}

#[test]
fn a_file_that_is_local_altogether_fails_once() {
    let server = Server::fresh();
    let run = server.verify_with(&json!({"memcached": "203.0.113.9"}));
    assert_eq!(run.with("failed").len(), 7, "the address, and each of six files");
    assert_eq!(
        run.with("skipped").iter().filter(|name| name.starts_with("edx_etc.cache_endpoint ")).count(),
        6,
        "{}",
        run.result
    );
}

#[test]
fn ironwoods_json_is_what_its_lms_reads() {
    let server = Server::moved();
    let json = |endpoint: &str| {
        json!({"CACHES": {"default": {"BACKEND": "django.core.cache.backends.memcached.MemcachedCache",
                                      "LOCATION": [endpoint]}}, "PASSWORD": "pw-x"})
        .to_string()
    };
    server.write("edx/app/edxapp/lms.env.json", &json("localhost:11211"));
    server.write("edx/app/edxapp/cms.env.json", &json(NEW));
    let lms = format!("edx_etc.no_local_cache {}", server.shown("edx/app/edxapp/lms.env.json"));
    server.verify_with(&json!({"release": "ironwood"})).assert_only(&[&lms], &[]);

    // Later releases have left the file behind.
    let run = server.verify_with(&json!({"release": "koa"}));
    run.assert_only(&[], &[&lms]);
    let warning = run.checks().iter().find(|check| check["status"] == "warning").unwrap();
    assert_eq!(warning["advice"], "koa does not read this file; move it all the same, so that nobody is misled");
}

#[test]
fn the_release_is_found_in_the_checkout() {
    let server = Server::moved();
    let folder = "edx/app/edxapp/edx-platform/openedx/core";
    std::fs::create_dir_all(server.path(folder)).unwrap();
    server.write(&format!("{folder}/release.py"), "RELEASE_LINE = \"nutmeg\"\n");
    let run = server.verify_with(&json!({"release": null}));
    assert_eq!(run.seen("edx_etc.readable").1, "7 files read, 10 caches on memcached, release nutmeg");
}

#[test]
fn a_file_that_is_not_valid_yaml_is_named_with_its_line_and_the_others_are_still_looked_at() {
    let server = Server::moved();
    server.write("edx/etc/discovery.yml", "CACHES:\n  default: [\nPASSWORD: pw-x\n");
    let run = server.verify();
    let check = format!("edx_etc.readable {}", server.shown("edx/etc/discovery.yml"));
    run.assert_only(&[&check], &[]);
    let failed = run.checks().iter().find(|check| check["status"] == "failed").unwrap();
    assert!(failed["seen"].as_str().unwrap().starts_with("line 4, column 1: not valid YAML: "), "{failed}");
    assert_eq!(
        run.with("skipped"),
        [format!("server_vars.file {}", server.shown("edx/app/edx_ansible/server-vars.yml"))]
    );
    assert!(run.with("ok").contains(&"server_vars.variable EDXAPP_MEMCACHE".to_owned()));
}

#[test]
fn a_folder_without_an_open_edx_is_a_failure() {
    let server = Server::empty();
    let run = server.verify_files();
    run.assert_only(&[&format!("edx_etc.readable {}", server.shown("edx/etc"))], &[]);
    assert_eq!(
        run.seen("edx_etc.readable").1,
        format!(
            "{} holds no settings file (*.yml); a native Open edX has its settings in /edx/etc",
            server.shown("edx/etc")
        )
    );

    server.write("edx/etc/other.yml", "a: 1\n");
    let run = server.verify_files();
    assert_eq!(run.seen("edx_etc.readable"), ("failed", "1 file read, 0 caches on memcached, release maple"));

    let run = common::verify(&json!({"path": server.path("nothing")}));
    assert_eq!(run.with("failed").len(), 1);
}

#[test]
fn a_link_to_elsewhere_is_read_as_open_edx_reads_it() {
    let server = Server::moved();
    server.write("edx/app/ecommerce.yml", &std::fs::read_to_string(server.path("edx/etc/ecommerce.yml")).unwrap());
    server.replace("edx/app/ecommerce.yml", NEW, "localhost");
    std::fs::remove_file(server.path("edx/etc/ecommerce.yml")).unwrap();
    symlink("../app/ecommerce.yml", server.path("edx/etc/ecommerce.yml")).unwrap();
    server
        .verify_files()
        .assert_only(&[&format!("edx_etc.no_local_cache {}", server.shown("edx/etc/ecommerce.yml"))], &[]);

    std::fs::remove_file(server.path("edx/app/ecommerce.yml")).unwrap();
    let run = server.verify_files();
    run.assert_only(&[&format!("edx_etc.readable {}", server.shown("edx/etc/ecommerce.yml"))], &[]);
}

#[test]
fn files_can_be_named_one_by_one() {
    let server = Server::fresh();
    let run = common::verify(&json!({"files": [server.path("edx/etc/lms.yml")]}));
    run.assert_only(&[&format!("edx_etc.no_local_cache {}", server.shown("edx/etc/lms.yml"))], &[]);
}

#[test]
fn no_file_is_written() {
    let server = Server::moved();
    std::fs::set_permissions(server.path("edx/etc"), PermissionsExt::from_mode(0o555)).unwrap();
    let before = listing(&server);
    server.verify();
    assert_eq!(listing(&server), before);
}

fn listing(server: &Server) -> Vec<(std::path::PathBuf, std::time::SystemTime)> {
    let mut files: Vec<_> = std::fs::read_dir(server.path("edx/etc"))
        .unwrap()
        .map(|entry| entry.unwrap())
        .map(|entry| (entry.path(), entry.metadata().unwrap().modified().unwrap()))
        .collect();
    files.sort();
    files
}
