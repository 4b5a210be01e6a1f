//! What four releases of Open edX really render, with their default caches and
//! brokers, and with remote ones.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test stops at the first surprise, and says what it skips"
)]

mod common;

use std::fs;
use std::path::{Path, PathBuf};

use ansible_protocol::{Map, Value, json};
use common::{Host, REMOTE, module};
use lossless_yaml::Document;

/// Of the remote renderings.
const REDIS: &str = "172.31.5.11";

/// The rendered releases; none where this machine does not have them.
fn releases() -> Vec<PathBuf> {
    let shared = std::env::var_os("EDXOPS_SHARED")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"), PathBuf::from);
    let folder = shared.join("edx-etc");
    if !folder.is_dir() {
        println!("skipped: {} is not here", folder.display());
        return Vec::new();
    }
    files(&folder)
}

fn name(path: &Path) -> &str {
    path.file_name().unwrap().to_str().unwrap()
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> =
        fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

/// A host with the files of a release, and of each its rendering with remote
/// servers.
fn host(release: &Path) -> (Host, Vec<(String, PathBuf)>) {
    let host = Host::new().with_release(name(release));
    let mut installed = Vec::new();
    for (from, to, remote) in
        [("etc", "/edx/etc", "etc-remote"), ("app/edxapp", "/edx/app/edxapp", "app-remote/edxapp")]
    {
        for file in files(&release.join(from)) {
            let place = format!("{to}/{}", name(&file));
            host.put(&place, &fs::read_to_string(&file).unwrap());
            installed.push((place, release.join(remote).join(name(&file))));
        }
    }
    (host, installed)
}

/// The lines of `text`, those of the remote server in the place of the old.
fn expected(text: &str, remote: &str) -> String {
    with_lines(text, remote, |line| line.contains(REMOTE))
}

/// The same for Redis. A service that has no broker gets none, though `remote` was rendered with one for it.
fn expected_redis(text: &str, remote: &str) -> String {
    let has_none = text.contains("\nCELERY_BROKER_HOSTNAME: ''\n");
    with_lines(text, remote, |line| line.contains(REDIS) && !has_none)
}

fn with_lines(text: &str, remote: &str, is_set: impl Fn(&str) -> bool) -> String {
    assert_eq!(text.lines().count(), remote.lines().count());
    let lines = std::iter::zip(text.split_inclusive('\n'), remote.split_inclusive('\n'));
    lines.map(|(line, remote)| if is_set(remote) { remote } else { line }).collect()
}

/// The Redis of the remote renderings. This machine has not the address that ecommerce's role renders, so it is named.
fn to_redis() -> Value {
    json!({
        "service": "redis", "endpoints": [REDIS], "password": "pw-REDIS_PASSWORD", "replace": ["local", "172.31.5.1"],
        "backup": "before", "_ansible_diff": true,
    })
}

/// The releases whose tasks travel through Redis.
fn with_redis() -> Vec<PathBuf> {
    releases().into_iter().filter(|release| name(release) != "ironwood").collect()
}

#[test]
fn each_file_gets_exactly_the_caches_that_open_edx_renders() {
    for release in releases() {
        let (host, installed) = host(&release);
        let before: Vec<String> = installed.iter().map(|(place, _)| host.read(place)).collect();
        let result = host.point(REMOTE);
        assert_eq!(result["changed"], json!(true));
        let mut set = 0;
        for ((place, remote), before) in std::iter::zip(&installed, &before) {
            let remote = fs::read_to_string(remote).unwrap();
            let wanted = expected(before, &remote);
            set += wanted.matches(REMOTE).count();
            assert_eq!(host.read(place), wanted, "{} {place}", release.display());
        }
        assert!(set >= 19, "{}: {set}", release.display());
        assert_eq!(result["endpoints_after"], json!([REMOTE]), "{}", release.display());
        assert_eq!(result["release"], json!(name(&release)));
        assert_eq!(result.get("warnings"), None, "{}", release.display());
    }
}

#[test]
fn a_second_run_touches_no_file() {
    for release in releases() {
        let (host, _) = host(&release);
        host.point(REMOTE);
        let before = host.snapshot();
        assert_eq!(host.point(REMOTE)["changed"], json!(false));
        assert_eq!(host.snapshot(), before);
    }
}

#[test]
fn check_mode_predicts_the_run() {
    for release in releases() {
        let (host, _) = host(&release);
        let before = host.snapshot();
        let predicted =
            host.succeed(json!({"endpoints": [REMOTE], "_ansible_check_mode": true, "_ansible_diff": true}));
        assert_eq!(host.snapshot(), before);
        assert_eq!(predicted, host.succeed(json!({"endpoints": [REMOTE], "_ansible_diff": true})));
    }
}

#[test]
fn server_vars_are_those_of_the_reference() {
    for release in releases() {
        let (host, installed) = host(&release);
        let result = host.point(REMOTE);
        let reference = Document::parse(fs::read(release.join("server-vars.yml")).unwrap()).unwrap();
        let Value::Object(reference) = reference.root().to_json() else { panic!("a mapping") };
        let present = |variable: &str| {
            let service = variable.trim_end_matches("_MEMCACHE").to_ascii_lowercase();
            let has = |service: &str| installed.iter().any(|(place, _)| place == &format!("/edx/etc/{service}.yml"));
            match variable {
                "edx_django_service_memcache" => has("analytics_api"),
                "EDXAPP_ENABLE_MEMCACHE" => true,
                "EDXAPP_MEMCACHE" => has("lms"),
                _ => variable.ends_with("_MEMCACHE") && has(&service),
            }
        };
        let wanted: Map<String, Value> = reference.into_iter().filter(|(variable, _)| present(variable)).collect();
        assert!(wanted.len() >= 7);
        assert_eq!(result["server_vars"], Value::Object(wanted), "{}", release.display());
        assert_eq!(result["unexpressed"], json!([]));
    }
}

#[test]
fn each_file_gets_exactly_the_brokers_that_open_edx_renders() {
    for release in with_redis() {
        let (host, installed) = host(&release);
        let before: Vec<String> = installed.iter().map(|(place, _)| host.read(place)).collect();
        let mut predict = to_redis();
        predict["_ansible_check_mode"] = true.into();
        let predicted = host.succeed(predict);
        let result = host.succeed(to_redis());
        assert_eq!(predicted, result, "{}", release.display());
        let mut set = 0;
        for ((place, remote), before) in std::iter::zip(&installed, &before) {
            let wanted = expected_redis(before, &fs::read_to_string(remote).unwrap());
            set += wanted.matches(REDIS).count();
            assert_eq!(host.read(place), wanted, "{} {place}", release.display());
        }
        // LMS, Studio, ecommerce and its worker; from Lilac on discovery.
        assert_eq!(set, if name(&release) == "koa" { 4 } else { 5 }, "{}", release.display());
        assert_eq!(result["endpoints_after"], json!(["172.31.5.11:6379"]), "{}", release.display());
        assert_eq!(result["brokers"].as_array().unwrap().len(), set);
        assert_eq!(result.get("warnings"), None, "{}", release.display());
        assert!(!result.to_string().contains("pw-"), "{result}");

        let moved = host.snapshot();
        assert_eq!(host.succeed(to_redis())["changed"], json!(false), "{}", release.display());
        assert_eq!(host.snapshot(), moved);

        host.succeed(json!({"service": "redis", "restore": "before"}));
        for ((place, _), before) in std::iter::zip(&installed, &before) {
            assert_eq!(&host.read(place), before, "{} {place}", release.display());
        }
    }
}

#[test]
fn ironwoods_tasks_travel_through_rabbitmq() {
    for release in releases().into_iter().filter(|release| name(release) == "ironwood") {
        let (host, _) = host(&release);
        let message = host.refuse(to_redis());
        assert!(message.starts_with("every Celery broker in ROOT/edx/etc is RabbitMQ."), "{message}");
        let result = host.succeed(json!({"service": "redis"}));
        assert_eq!((&result["changed"], &result["brokers"]), (&json!(false), &json!([])));
        assert!(
            result["kept"].as_array().unwrap().iter().all(|kept| kept["reason"].as_str().unwrap().contains("RabbitMQ"))
        );
    }
}

#[test]
fn passwords_appear_nowhere() {
    for release in releases() {
        let (host, installed) = host(&release);
        let path = host.etc().display().to_string();
        let options = |check: bool, endpoint: &str| {
            json!({
                "path": path, "endpoints": [endpoint], "backup": true,
                "_ansible_check_mode": check, "_ansible_diff": true, "_ansible_verbosity": 4,
            })
        };
        let mut said = String::new();
        let mut hear = |options: &Value| {
            let output = module(options);
            said.push_str(&String::from_utf8(output.stdout).unwrap());
            said.push_str(&String::from_utf8(output.stderr).unwrap());
        };
        hear(&options(true, REMOTE));
        hear(&options(false, REMOTE));
        hear(&json!({"path": path, "restore": "latest", "_ansible_diff": true, "_ansible_verbosity": 4}));
        // Broken in the middle of its secrets.
        for (place, _) in &installed {
            let text = host.read(place);
            host.put(place, &text.replacen("pw-", "\n\t]: pw-", 1));
        }
        hear(&options(false, REMOTE));
        assert!(said.contains("not valid YAML"), "{said}");
        assert!(!said.contains("pw-"), "{}", release.display());
    }
}

#[test]
fn server_vars_for_redis_are_those_of_the_reference() {
    const PASSWORD: &str = "<secret:password|urlencode>";
    for release in with_redis() {
        let (host, installed) = host(&release);
        let result = host.succeed(to_redis());
        let text = fs::read_to_string(release.join("server-vars.yml")).unwrap();
        // It names the password, which it takes from another file together with the variables that hold it alone.
        let reference = Document::parse(text.replace("{{ REDIS_PASSWORD }}", PASSWORD)).unwrap().root().to_json();
        let said = result["server_vars"].as_object().unwrap();
        for (variable, value) in said {
            let wanted = if variable.ends_with("_PASSWORD") { json!(PASSWORD) } else { reference[variable].clone() };
            assert_eq!(*value, wanted, "{} {variable}", release.display());
        }
        let has = |file: &str| installed.iter().any(|(place, _)| place.ends_with(file));
        for (variable, is_said) in [
            ("EDXAPP_REDIS_HOSTNAME", true),
            ("EDXAPP_CELERY_PASSWORD", true),
            ("ECOMMERCE_BROKER_HOST", has("/ecommerce.yml")),
            ("ECOMMERCE_WORKER_BROKER_HOST", has("/ecomworker.yml")),
            ("DISCOVERY_CELERY_BROKER_URL", has("/discovery.yml") && name(&release) != "koa"),
            ("SANDBOX_ENABLE_REDIS", true),
        ] {
            assert_eq!(said.contains_key(variable), is_said, "{} {variable}", release.display());
        }
    }
}
