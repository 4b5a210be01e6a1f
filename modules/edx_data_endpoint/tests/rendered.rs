//! What four releases of Open edX really render, with their default servers of data, and with remote ones.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test stops at the first surprise, and says what it skips"
)]

mod common;

use std::fs;
use std::path::{Path, PathBuf};

use ansible_protocol::{Map, Value, json};
use common::{Host, MONGO, MYSQL};
use lossless_yaml::Document;

/// The rendered releases; none where this machine does not have them.
fn releases() -> Vec<PathBuf> {
    let shared = std::env::var_os("EDXOPS_SHARED")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"), PathBuf::from);
    let folder = shared.join("edx-etc");
    if !folder.is_dir() {
        println!("skipped: {} is not here", folder.display());
        return Vec::new();
    }
    files(&folder).into_iter().filter(|path| path.is_dir()).collect()
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

/// A file of the host, and its rendering with remote servers.
struct Installed {
    place: String,
    before: String,
    remote: String,
}

/// A host with the files of a release, forum's and Ironwood's JSON included.
fn host(release: &Path) -> (Host, Vec<Installed>) {
    let host = Host::new().with_release(name(release));
    let mut installed = Vec::new();
    for (from, to, remote) in [
        ("etc", "/edx/etc", "etc-remote"),
        ("app/edxapp", "/edx/app/edxapp", "app-remote/edxapp"),
        ("app/forum", "/edx/app/forum", "app-remote/forum"),
    ] {
        for file in files(&release.join(from)) {
            let place = format!("{to}/{}", name(&file));
            let before = fs::read_to_string(&file).unwrap();
            host.put(&place, &before);
            let remote = fs::read_to_string(release.join(remote).join(name(&file))).unwrap();
            installed.push(Installed { place, before, remote });
        }
    }
    (host, installed)
}

/// The lines of a file, those with the remote server in the place of the old.
fn expected(file: &Installed, server: &str) -> String {
    assert_eq!(file.before.lines().count(), file.remote.lines().count());
    let lines = std::iter::zip(file.before.split_inclusive('\n'), file.remote.split_inclusive('\n'));
    lines.map(|(line, remote)| if remote.contains(server) { remote } else { line }).collect()
}

/// Each service, its server in the remote renderings, and how many settings a release has of it at least.
const SERVICES: [(&str, &str, usize); 2] = [("mysql", MYSQL, 12), ("mongodb", MONGO, 11)];

#[test]
fn each_file_gets_exactly_the_servers_that_open_edx_renders() {
    for release in releases() {
        for (service, server, least) in SERVICES {
            let (host, installed) = host(&release);
            let options = json!({"service": service, "endpoints": [server], "_ansible_diff": true});
            let mut predict = options.clone();
            predict["_ansible_check_mode"] = true.into();
            let before = host.snapshot();
            let predicted = host.succeed(predict);
            assert_eq!(host.snapshot(), before);
            let result = host.succeed(options.clone());
            assert_eq!(predicted, result, "{}", release.display());
            let mut set = 0;
            for file in &installed {
                let wanted = expected(file, server);
                set += wanted.matches(server).count();
                assert_eq!(host.read(&file.place), wanted, "{} {}", release.display(), file.place);
            }
            assert!(set >= least, "{} {service}: {set}", release.display());
            assert_eq!(result["kept"], json!([]), "{}", release.display());
            assert_eq!(result["unexpressed"], json!([]), "{}", release.display());
            assert_eq!(result.get("warnings"), None, "{}", release.display());
            assert!(!result.to_string().contains("pw-"), "{result}");

            let moved = host.snapshot();
            assert_eq!(host.succeed(options)["changed"], json!(false), "{}", release.display());
            assert_eq!(host.snapshot(), moved);
        }
    }
}

#[test]
fn both_moves_come_back_one_by_one() {
    for release in releases() {
        let (host, installed) = host(&release);
        for (service, server, _) in SERVICES {
            host.point(service, server);
        }
        host.succeed(json!({"service": "mysql", "restore": "before-mysql"}));
        for file in &installed {
            assert_eq!(host.read(&file.place), expected(file, MONGO), "{} {}", release.display(), file.place);
        }
        host.succeed(json!({"service": "mongodb", "restore": "before-*"}));
        for file in &installed {
            assert_eq!(host.read(&file.place), file.before, "{} {}", release.display(), file.place);
        }
    }
}

#[test]
fn server_vars_are_those_of_the_reference() {
    for release in releases() {
        let reference = Document::parse(fs::read(release.join("server-vars.yml")).unwrap()).unwrap();
        let Value::Object(reference) = reference.root().to_json() else { panic!("a mapping") };
        for (service, server, _) in SERVICES {
            let (host, installed) = host(&release);
            let result = host.point(service, server);
            let has = |variable: &str| {
                let start = variable.split("_MYSQL").next().unwrap().split("_DATABASE").next().unwrap();
                let start = start.split("_MONGO").next().unwrap().split("_DEFAULT").next().unwrap();
                let start = start.split("_REPORTS").next().unwrap().to_lowercase();
                let file = match start.as_str() {
                    "edxapp" => "/edx/etc/lms.yml".to_owned(),
                    "forum" => common::FORUM_ENV.to_owned(),
                    other => format!("/edx/etc/{other}.yml"),
                };
                installed.iter().any(|installed| installed.place == file)
            };
            // The reference is one for all releases; this variable is new in Juniper.
            let is_in_release =
                |variable: &str| variable != "DISCOVERY_MYSQL_REPLICA_HOST" || name(&release) != "ironwood";
            let names_it = |value: &Value| *value == json!(server) || *value == json!([server]);
            let wanted: Map<String, Value> = reference
                .clone()
                .into_iter()
                .filter(|(variable, value)| names_it(value) && has(variable) && is_in_release(variable))
                .collect();
            assert!(wanted.len() >= 2, "{} {service}: {wanted:?}", release.display());
            assert_eq!(result["server_vars"], Value::Object(wanted), "{} {service}", release.display());
        }
    }
}

#[test]
fn a_port_of_its_own_reaches_every_file_and_keeps_its_type() {
    for release in releases() {
        for (service, server, usual) in [("mysql", MYSQL, "3306"), ("mongodb", MONGO, "27017")] {
            let (host, installed) = host(&release);
            let result = host.point(service, &format!("{server}:4000"));
            for file in &installed {
                let text = host.read(&file.place);
                let changed = text.lines().count();
                assert_eq!(changed, file.before.lines().count(), "{} {}", release.display(), file.place);
                for (line, before) in std::iter::zip(text.lines(), file.before.lines()).filter(|(a, b)| a != b) {
                    let back = line.replace(server, "localhost").replace("4000", usual);
                    assert!(back == before || back.replace("localhost", "127.0.0.1") == before, "{line} was {before}");
                }
            }
            // Some roles write the usual port whatever the variables say.
            let is_told = result["unexpressed"].as_array().unwrap().iter().all(|left| {
                left["reason"].as_str().unwrap().starts_with(&format!("its role writes port {usual} whatever"))
            });
            assert!(is_told, "{}", result["unexpressed"]);
            host.succeed(json!({"service": service, "restore": "latest"}));
            for file in &installed {
                assert_eq!(host.read(&file.place), file.before, "{} {}", release.display(), file.place);
            }
        }
    }
}
