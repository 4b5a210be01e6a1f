//! Caches are pointed at other servers.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod common;

use std::fs;
use std::os::unix::fs::symlink;
use std::process::Command;

use ansible_protocol::json;
use common::{DISCOVERY, Host, LMS, LOCAL, REMOTE, strings};

#[test]
fn each_location_is_set_and_nothing_else() {
    let host = Host::native();
    let result = host.point(REMOTE);
    assert_eq!(host.read("lms.yml"), LMS.replace(LOCAL, REMOTE));
    assert_eq!(host.read("discovery.yml"), DISCOVERY.replace("memcache\n", "172.31.5.10:11211\n"));
    assert_eq!(result["changed"], json!(true));
    assert_eq!(
        result["files"],
        json!([
            {
                "path": "ROOT/edx/etc/discovery.yml",
                "changed": true,
                "changes": [
                    {"path": "CACHES.default.LOCATION[0]", "line": 9, "before": "memcache", "after": REMOTE},
                ],
            },
            {
                "path": "ROOT/edx/etc/lms.yml",
                "changed": true,
                "changes": [
                    {"path": "CACHES.celery.LOCATION[0]", "line": 8, "before": LOCAL, "after": REMOTE},
                    {"path": "CACHES.default.LOCATION[0]", "line": 13, "before": LOCAL, "after": REMOTE},
                ],
            },
        ])
    );
    assert_eq!(result["endpoints_before"], json!(["memcache", LOCAL]));
    assert_eq!(result["endpoints_after"], json!([REMOTE]));
    assert_eq!(result["services"], json!(["discovery", "lms"]));
    assert_eq!(result["msg"], json!("3 cache locations in 2 files of 2"));
    assert_eq!(result.get("warnings"), None, "{result:#}");
}

#[test]
fn a_second_run_touches_nothing() {
    let host = Host::native();
    host.point(REMOTE);
    let before = host.snapshot();
    let result = host.point(REMOTE);
    assert_eq!(result["changed"], json!(false));
    assert_eq!(result["programs"], json!([]));
    assert_eq!(result["affected_programs"], json!(["discovery", "lms", "edxapp_worker:*"]));
    assert_eq!(result["server_vars"]["EDXAPP_MEMCACHE"], json!([REMOTE]));
    assert_eq!(host.snapshot(), before);
}

#[test]
fn check_mode_predicts_and_changes_nothing() {
    let host = Host::native();
    let before = host.snapshot();
    let predicted = host.succeed(json!({"endpoints": [REMOTE], "_ansible_check_mode": true, "_ansible_diff": true}));
    assert_eq!(host.snapshot(), before);
    let real = host.succeed(json!({"endpoints": [REMOTE], "_ansible_diff": true}));
    assert_eq!(predicted, real);
}

#[test]
fn a_run_without_endpoints_only_reports() {
    let host = Host::native();
    let before = host.snapshot();
    let result = host.succeed(json!({}));
    assert_eq!(result["changed"], json!(false));
    assert_eq!(result["endpoints_before"], json!(["memcache", LOCAL]));
    assert_eq!(
        result["caches"][0],
        json!({
            "file": "ROOT/edx/etc/discovery.yml",
            "key_path": "CACHES.default",
            "line": 9,
            "backend": "django.core.cache.backends.memcached.MemcachedCache",
            "location": ["memcache"],
        })
    );
    assert_eq!(result["server_vars"], json!({}));
    assert_eq!(host.snapshot(), before);
}

#[test]
fn the_diff_shows_values_without_their_neighbours() {
    let host = Host::new().with(
        "insights.yml",
        "CACHES: {default: {BACKEND: x.memcached.Y, LOCATION: 'localhost:11211', PASSWORD: hidden}} # hidden\n",
    );
    let result = host.succeed(json!({"endpoints": [REMOTE], "_ansible_diff": true}));
    assert_eq!(
        result["diff"],
        json!([{
            "prepared": "--- ROOT/edx/etc/insights.yml\n+++ ROOT/edx/etc/insights.yml\n@@ line 1 @@\n-CACHES.default.LOCATION: localhost:11211\n+CACHES.default.LOCATION: 172.31.5.10:11211\n"
        }])
    );
    assert_eq!(
        host.read("insights.yml"),
        "CACHES: {default: {BACKEND: x.memcached.Y, LOCATION: '172.31.5.10:11211', PASSWORD: hidden}} # hidden\n"
    );
}

#[test]
fn strings_stay_strings_and_lists_lists() {
    let host = Host::new().with(
        "insights.yml",
        "CACHES:
  semicolons: {BACKEND: x.memcached.Y, LOCATION: 'localhost:11211;127.0.0.1:11212'}
  commas: {BACKEND: x.memcached.Y, LOCATION: \"localhost:11211,127.0.0.1:11212\"}
  one: {BACKEND: x.memcached.Y, LOCATION: localhost}
  flow: {BACKEND: x.memcached.Y, LOCATION: [localhost]}
  block:
    BACKEND: x.memcached.Y
    LOCATION:
    - localhost   # the old one
    KEY_PREFIX: b
",
    );
    host.succeed(json!({"endpoints": ["10.0.0.1:11211", "10.0.0.2:11211"]}));
    assert_eq!(
        host.read("insights.yml"),
        "CACHES:
  semicolons: {BACKEND: x.memcached.Y, LOCATION: '10.0.0.1:11211;10.0.0.2:11211'}
  commas: {BACKEND: x.memcached.Y, LOCATION: \"10.0.0.1:11211,10.0.0.2:11211\"}
  one: {BACKEND: x.memcached.Y, LOCATION: '10.0.0.1:11211;10.0.0.2:11211'}
  flow: {BACKEND: x.memcached.Y, LOCATION: ['10.0.0.1:11211', '10.0.0.2:11211']}
  block:
    BACKEND: x.memcached.Y
    LOCATION:
    - 10.0.0.1:11211   # the old one
    - 10.0.0.2:11211
    KEY_PREFIX: b
"
    );
}

#[test]
fn other_backends_and_other_servers_stay() {
    let settings = "CACHES:
  local: {BACKEND: django.core.cache.backends.locmem.LocMemCache, LOCATION: 'localhost:11211x'}
  redis: {BACKEND: django_redis.cache.RedisCache, LOCATION: 'redis://localhost:6379/0'}
  other: {BACKEND: x.memcached.Y, LOCATION: ['172.31.5.20:11211']}
  mixed: {BACKEND: x.memcached.Y, LOCATION: ['localhost:11211', '172.31.5.20:11211']}
  none: {BACKEND: x.memcached.Y}
";
    let host = Host::new().with("insights.yml", settings);
    let result = host.point(REMOTE);
    assert_eq!(result["changed"], json!(false));
    assert_eq!(host.read("insights.yml"), settings);
    assert_eq!(
        result["kept"][0],
        json!({
            "file": "ROOT/edx/etc/insights.yml",
            "key_path": "CACHES.other",
            "line": 4,
            "reason": "its servers are not among those to replace (172.31.5.20:11211); name them in `replace` if they are to go",
        })
    );
    assert_eq!(
        strings(&result["warnings"]),
        [
            "ROOT/edx/etc/insights.yml:5: CACHES.mixed: of its servers only some are to be replaced, so the list was left alone; name 172.31.5.20:11211 in `replace`, too, if the whole list is to go",
            "ROOT/edx/etc/insights.yml:6: CACHES.none: it has no LOCATION; add one by hand if the platform uses this cache",
            "1 cache stays on 172.31.5.20:11211: name it in replace to move it",
            "the next upgrade will change these servers: ROOT/edx/etc/insights.yml: CACHES.other: the role of this service renders no such cache, so no variable reaches it",
        ]
    );
}

#[test]
fn replace_says_which_servers_go() {
    let host = Host::new().with(
        "insights.yml",
        "CACHES:
  a: {BACKEND: x.memcached.Y, LOCATION: ['172.31.5.20:11211']}
  b: {BACKEND: x.memcached.Y, LOCATION: ['localhost:11211']}
",
    );
    let result = host.succeed(json!({"endpoints": [REMOTE], "replace": ["172.31.5.20"]}));
    assert_eq!(result["endpoints_after"], json!([REMOTE, LOCAL]));
    assert_eq!(strings(&result["kept"][0]["key_path"].as_str().into_iter().collect()), ["CACHES.b"]);
}

#[test]
fn caches_that_stay_on_other_servers_are_never_silent() {
    let host = Host::new().with(
        "insights.yml",
        "CACHES:
  a: {BACKEND: x.memcached.Y, LOCATION: ['10.0.1.5:11211']}
  b: {BACKEND: x.memcached.Y, LOCATION: ['10.0.1.5:11211']}
  c: {BACKEND: x.memcached.Y, LOCATION: ['10.0.1.6:11211', '10.0.1.7:11211']}
  d: {BACKEND: x.memcached.Y, LOCATION: '10.0.1.7:11211;10.0.1.6:11211'}
  e: {BACKEND: x.memcached.Y, LOCATION: ['10.0.1.8:11211', '10.0.1.9:11211']}
  f: {BACKEND: x.memcached.Y, LOCATION: ['10.0.1.8:11211']}
",
    );
    let stay = |options| {
        let result = host.succeed(options);
        let warnings = strings(&result["warnings"]).into_iter().filter(|warning| warning.contains(" in replace "));
        warnings.map(str::to_owned).collect::<Vec<_>>()
    };
    assert!(stay(json!({})).is_empty(), "a report wishes for nothing");
    // The last number of the old server is mistyped.
    assert_eq!(
        stay(json!({"endpoints": [REMOTE], "replace": ["10.0.1.50:11211"]})),
        [
            "2 caches stay on 10.0.1.5:11211: name it in replace to move them",
            "2 caches stay on 10.0.1.6:11211, 10.0.1.7:11211: name them in replace to move them",
            "1 cache stays on 10.0.1.8:11211, 10.0.1.9:11211: name them in replace to move it",
            "1 cache stays on 10.0.1.8:11211: name it in replace to move it",
        ]
    );
    assert!(stay(json!({"endpoints": [REMOTE], "replace": ["10.0.1.0/24"]})).is_empty());
}

#[test]
fn the_text_ends_with_what_to_restart() {
    let host = Host::native().with_release("maple");
    let last_line = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_edx_cache_endpoint"));
        let output = command.arg("--path").arg(host.etc()).args(arguments).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        let shown = String::from_utf8(output.stdout).unwrap();
        // The very last line is the message, as for every module.
        shown.lines().rev().nth(1).unwrap().to_owned()
    };
    let programs = "discovery, discovery_workers:*, lms, edxapp_worker:*";
    let move_them = ["--endpoint", REMOTE, "--backup", "before"];
    assert_eq!(last_line(&[&move_them[..], &["--check"]].concat()), format!("to restart: {programs}"));
    assert_eq!(last_line(&move_them), format!("restart: {programs}"));
    assert!(!last_line(&move_them).contains("restart"), "nothing changed any more");
    assert_eq!(last_line(&["--restore", "before"]), format!("restart: {programs}"));
}

#[test]
fn all_files_or_the_files_named() {
    let host = Host::native().with("/elsewhere/copy.txt", DISCOVERY);
    let elsewhere = host.path("/elsewhere/copy.txt").display().to_string();
    let result = host.succeed(json!({"endpoints": [REMOTE], "files": ["discovery.yml", elsewhere]}));
    assert_eq!(host.read("lms.yml"), LMS);
    assert!(host.read("discovery.yml").contains(REMOTE));
    assert!(host.read("/elsewhere/copy.txt").contains(REMOTE));
    assert_eq!(result["services"], json!(["discovery"]));
    // lms.yml still uses the local memcached, so the switch that installs it stays on.
    assert_eq!(result["server_vars"], json!({"DISCOVERY_MEMCACHE": [REMOTE]}));
}

#[test]
fn a_link_within_the_folder_stays_a_link() {
    let host = Host::native();
    fs::rename(host.path("lms.yml"), host.path("lms-real.yml")).unwrap();
    symlink("lms-real.yml", host.path("lms.yml")).unwrap();
    host.point(REMOTE);
    assert_eq!(fs::read_link(host.path("lms.yml")).unwrap().to_str(), Some("lms-real.yml"));
    assert_eq!(host.read("lms.yml"), LMS.replace(LOCAL, REMOTE));
}

#[test]
fn what_a_link_leads_to_is_no_other_place() {
    let host = Host::native().with("notes.txt", "cache: localhost:11211\n");
    fs::rename(host.path("lms.yml"), host.path("lms.real")).unwrap();
    symlink("lms.real", host.path("lms.yml")).unwrap();
    let result = host.point(REMOTE);
    assert_eq!(host.read("lms.real"), LMS.replace(LOCAL, REMOTE));
    let notes = "ROOT/edx/etc/notes.txt:1: \"11211\" stands here outside of a cache's LOCATION, so it was left alone; change it by hand if it means the old memcached";
    let mut places = strings(&result["warnings"]);
    places.retain(|warning| warning.contains("stands here"));
    assert_eq!(places, [notes]);
}

#[test]
fn programs_are_those_that_read_a_changed_file() {
    let host = Host::native().with_release("maple");
    let result = host.succeed(json!({"endpoints": [REMOTE], "replace": ["memcache"]}));
    assert_eq!(result["release"], json!("maple"));
    assert_eq!(result["programs"], json!(["discovery", "discovery_workers:*"]));
    assert_eq!(result["affected_programs"], json!(["discovery", "discovery_workers:*", "lms", "edxapp_worker:*"]));
    let host = Host::native().with("/edx/app/supervisor/conf.d/lms.conf", "[program:lms]\n");
    assert_eq!(host.point(REMOTE)["programs"], json!(["lms"]));
}

#[test]
fn ironwood_has_its_caches_in_json_files() {
    let json_file = "{
    \"CACHES\": {
        \"default\": {
            \"BACKEND\": \"django.core.cache.backends.memcached.MemcachedCache\", 
            \"LOCATION\": [
                \"localhost:11211\"
            ]
        }
    }, 
    \"SITE_NAME\": \"localhost\"
}
";
    let host = Host::native().with_release("ironwood").with("/edx/app/edxapp/lms.env.json", json_file);
    let result = host.point(REMOTE);
    assert_eq!(host.read("/edx/app/edxapp/lms.env.json"), json_file.replace(LOCAL, REMOTE));
    assert_eq!(host.read("lms.yml"), LMS.replace(LOCAL, REMOTE));
    // lms.yml alone would restart nothing: Ironwood does not read it.
    assert_eq!(result["programs"], json!(["discovery", "lms", "edxapp_worker:*"]));
}

#[test]
fn other_places_that_name_the_old_server_are_warned_of() {
    let host = Host::native()
        .with("insights.yml", "# memcached was on 11211\nPLUGIN:\n  url: tcp://localhost:11211/secret-path\n")
        .with("nginx/upstream.conf", "server {\n  memcached_pass localhost:11211;\n}\n")
        .with("lms.yml.20220101~", LMS);
    let result = host.point(REMOTE);
    assert_eq!(
        strings(&result["warnings"]),
        [
            "ROOT/edx/etc/insights.yml:1: \"11211\" stands here outside of a cache's LOCATION, so it was left alone; change it by hand if it means the old memcached",
            "ROOT/edx/etc/insights.yml:3: PLUGIN.url: \"11211\" stands here outside of a cache's LOCATION, so it was left alone; change it by hand if it means the old memcached",
            "ROOT/edx/etc/nginx/upstream.conf:2: \"11211\" stands here outside of a cache's LOCATION, so it was left alone; change it by hand if it means the old memcached",
        ]
    );
    assert_eq!(host.point(REMOTE)["warnings"], result["warnings"], "the second run says it again");
}

#[test]
fn what_no_variable_can_say_is_reported() {
    let host = Host::native()
        .with("analytics_api.yml", "CACHES: {default: {BACKEND: x.memcached.Y, LOCATION: ['172.31.5.20:11211']}}\n");
    let result = host.point(REMOTE);
    assert_eq!(
        result["server_vars"],
        json!({"EDXAPP_MEMCACHE": [REMOTE], "DISCOVERY_MEMCACHE": [REMOTE], "EDXAPP_ENABLE_MEMCACHE": false})
    );
    assert_eq!(
        result["unexpressed"],
        json!([{
            "file": "ROOT/edx/etc/analytics_api.yml",
            "key_path": "CACHES.default",
            "reason": "only edx_django_service_memcache reaches it, and that would also give its servers to discovery.yml; give them all the same servers",
        }])
    );
    assert_eq!(
        strings(&result["warnings"]),
        [
            "1 cache stays on 172.31.5.20:11211: name it in replace to move it",
            "the next upgrade will change these servers: ROOT/edx/etc/analytics_api.yml: CACHES.default: only edx_django_service_memcache reaches it, and that would also give its servers to discovery.yml; give them all the same servers"
        ]
    );
}

#[test]
fn an_address_of_this_host_is_a_local_one() {
    let interfaces = if_addrs::get_if_addrs().unwrap();
    for interface in interfaces.iter().filter(|interface| interface.ip().is_ipv4()) {
        let settings =
            format!("CACHES: {{default: {{BACKEND: x.memcached.Y, LOCATION: '{}:11211'}}}}\n", interface.ip());
        let host = Host::new().with("insights.yml", &settings);
        assert_eq!(host.point(REMOTE)["endpoints_after"], json!([REMOTE]), "{settings}");
    }
}

#[test]
fn ipv6_and_sockets_are_written_for_each_backend() {
    let host = Host::new().with(
        "insights.yml",
        "CACHES:
  a: {BACKEND: django.core.cache.backends.memcached.MemcachedCache, LOCATION: [memcache]}
  b: {BACKEND: django.core.cache.backends.memcached.PyMemcacheCache, LOCATION: [memcache]}
",
    );
    host.point("[fd00::1]:11211");
    let written = host.read("insights.yml");
    assert!(written.contains("MemcachedCache, LOCATION: ['inet6:[fd00::1]:11211']"), "{written}");
    assert!(written.contains("PyMemcacheCache, LOCATION: ['[fd00::1]:11211']"), "{written}");
    assert_eq!(host.point("[fd00::1]:11211")["changed"], json!(false));
}
