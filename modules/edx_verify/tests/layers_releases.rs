//! Where each layer of four releases of Open edX is, as they render it themselves: fresh, moved, and with S3.

#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout)]

mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ansible_protocol::{Value, json};
use common::loopback::{Loopback, look};
use edx_layout::{Release, Snapshot, ThisHost};

const VARS: &str = "/edx/app/edx_ansible/server-vars.yml";

/// The renderings; none, with a message, where this checkout stands alone.
fn renderings() -> Option<PathBuf> {
    let shared = std::env::var_os("EDXOPS_SHARED")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"), PathBuf::from);
    let folder = shared.join("edx-etc");
    if folder.is_dir() {
        return Some(folder);
    }
    println!("skipped: {} is not there", folder.display());
    None
}

/// One rendering as a snapshot of the server that it was made for, with these variables of the next upgrade.
fn snapshot(rendering: &Path, variant: &str, vars: Vec<u8>, release: Release) -> Snapshot {
    let mut files = vec![(PathBuf::from(VARS), Ok(vars))];
    for part in ["etc", "app/edxapp", "app/certs", "app/forum"] {
        let (top, rest) = part.split_once('/').unwrap_or((part, ""));
        let Ok(entries) = fs::read_dir(rendering.join(format!("{top}{variant}")).join(rest)) else { continue };
        for entry in entries.map(|entry| entry.unwrap()).filter(|entry| entry.path().is_file()) {
            let path = Path::new("/edx").join(part).join(entry.file_name());
            files.push((path, Ok(fs::read(entry.path()).unwrap())));
        }
    }
    files.sort();
    let here = ThisHost { addresses: vec!["172.31.5.1".parse().unwrap()], name: Some("app".to_owned()) };
    Snapshot::of_files("/edx/etc", files, here, Some(release))
}

/// The result of a look at it that connects to nobody.
fn judged(release: &str, variant: &str, vars: &str) -> Option<Value> {
    let rendering = renderings()?.join(release);
    let vars = if vars.is_empty() { b"{}\n".to_vec() } else { fs::read(rendering.join(vars)).unwrap() };
    let snapshot = snapshot(&rendering, variant, vars, release.parse().unwrap());
    let from = Arc::new(Loopback::default());
    let options = json!({
        "path": "/edx/etc", "server_vars": VARS, "release": release, "layers": true, "connect": false, "host_name": "app",
    });
    let result = look(&options, &from, Some(snapshot)).to_json();
    assert_eq!(from.asked(), [""; 0], "{release}{variant}: nobody is connected to");
    let text = result.to_string();
    assert!(!text.contains("pw-") && !text.contains("sekrit"), "{release}{variant}: a secret is shown");
    assert_eq!(result["status"]["is_complete"], json!(true), "{release}{variant}");
    Some(result)
}

/// The place of each layer, with a `+` where that is recorded and a `!` where the next upgrade would undo it.
fn places(result: &Value) -> Vec<String> {
    let layers = result["status"]["layers"].as_array().unwrap();
    let place = |layer: &Value| {
        let mark = layer["is_recorded"].as_bool().map_or("", |is_recorded| if is_recorded { "+" } else { "!" });
        format!("{}{mark}", layer["place"].as_str().unwrap())
    };
    assert_eq!(
        layers.iter().map(|layer| layer["layer"].as_str().unwrap()).collect::<Vec<_>>(),
        ["mysql", "mongodb", "memcached", "redis", "rabbitmq", "elasticsearch", "files"]
    );
    layers.iter().map(place).collect()
}

/// The names of the checks that ended so, each once.
fn names(result: &Value, status: &str) -> Vec<String> {
    let checks = result["checks"].as_array().unwrap().iter().filter(|check| check["status"] == status);
    let mut names: Vec<String> = checks.map(|check| check["name"].as_str().unwrap().to_owned()).collect();
    names.dedup();
    names
}

const QUEUES: [(&str, [&str; 2]); 4] = [
    ("ironwood", ["unused", "local"]),
    ("koa", ["local", "unused"]),
    ("maple", ["local", "unused"]),
    ("quince", ["local", "unused"]),
];

#[test]
fn a_fresh_install_has_every_layer_on_it_and_nothing_is_wrong() {
    for (release, [redis, rabbitmq]) in QUEUES {
        let Some(result) = judged(release, "", "") else { return };
        assert_eq!(places(&result), ["local", "local", "local", redis, rabbitmq, "local", "local"], "{release}");
        assert_eq!((names(&result, "failed"), names(&result, "warning")), (vec![], vec![]), "{release}");
        assert_eq!(result["readiness"]["ready"], json!(false), "{release}");
        assert_eq!(result["next_step"]["what"], "Move MySQL to a server of its own", "{release}");
        assert_eq!(result["next_step"]["layers"], json!(["mysql"]), "{release}");
    }
}

#[test]
fn what_moved_is_elsewhere_and_recorded() {
    for (release, queue) in QUEUES {
        let [redis, rabbitmq] = queue.map(|place| if place == "local" { "remote+" } else { "unused" });
        let Some(result) = judged(release, "-remote", "server-vars.yml") else { return };
        let expected = ["remote+", "remote+", "remote+", redis, rabbitmq, "local", "local"];
        assert_eq!(places(&result), expected, "{release}");
        assert_eq!((names(&result, "failed"), names(&result, "warning")), (vec![], vec![]), "{release}");
        assert_eq!(result["readiness"]["ready"], json!(false), "{release}");
        assert_eq!(result["next_step"]["what"], "Move Elasticsearch to a server of its own", "{release}");
    }
}

#[test]
fn what_moved_and_is_not_recorded_is_to_be_recorded_first() {
    for (release, queue) in QUEUES {
        let [redis, rabbitmq] = queue.map(|place| if place == "local" { "remote!" } else { "unused" });
        let Some(result) = judged(release, "-remote", "") else { return };
        let expected = ["remote!", "remote!", "remote!", redis, rabbitmq, "local", "local"];
        assert_eq!(places(&result), expected, "{release}");
        let queue = if release == "ironwood" { "rabbitmq.recorded" } else { "redis.recorded" };
        let failed = names(&result, "failed");
        for name in ["mysql.recorded", "mongodb.recorded", queue, "server_vars.variable"] {
            assert!(failed.iter().any(|failed| failed == name), "{release}: {name} in {failed:?}");
        }
        let what = "Record where MySQL went, in server-vars.yml of app";
        assert_eq!(result["next_step"]["what"], what, "{release}");
    }
}

#[test]
fn with_s3_the_files_are_elsewhere_but_for_the_certificates_of_older_releases() {
    for (release, [redis, rabbitmq]) in QUEUES {
        let Some(result) = judged(release, "-s3", "server-vars-s3.yml") else { return };
        let has_certs = ["ironwood", "koa"].contains(&release);
        let files = if has_certs { "mixed+" } else { "remote+" };
        assert_eq!(places(&result), ["local", "local", "local", redis, rabbitmq, "local", files], "{release}");
        assert_eq!(names(&result, "failed"), [""; 0], "{release}");
        let warnings: &[&str] = if has_certs { &["files.place"] } else { &[] };
        assert_eq!(names(&result, "warning"), warnings, "{release}");
        let next = if has_certs { "Finish the move of files" } else { "Move MySQL to a server of its own" };
        assert_eq!(result["next_step"]["what"], next, "{release}");
        if has_certs {
            let checks = result["checks"].as_array().unwrap();
            let place = checks.iter().find(|check| check["name"] == "files.place").unwrap()["seen"].as_str().unwrap();
            let here =
                "partly on this server: /edx/var/certs/www-data at env.json CERT_WEB_ROOT; partly elsewhere: oracle-";
            assert!(place.starts_with(here), "{place}");
        }
    }
}

#[test]
fn ironwood_is_judged_by_its_json_files() {
    let Some(result) = judged("ironwood", "-remote", "server-vars.yml") else { return };
    let layers = result["status"]["layers"].as_array().unwrap();
    let settings: Vec<&str> = layers
        .iter()
        .flat_map(|layer| layer["endpoints"].as_array().unwrap())
        .flat_map(|endpoint| endpoint["settings"].as_array().unwrap())
        .map(|setting| setting.as_str().unwrap())
        .collect();
    assert!(settings.contains(&"lms.auth.json DATABASES.default.HOST"), "{settings:?}");
    assert!(settings.contains(&"cms.env.json CACHES.default.LOCATION"), "{settings:?}");
    assert!(!settings.iter().any(|setting| setting.starts_with("lms.yml") || setting.starts_with("studio.yml")));
}
