//! The variables that reproduce what four releases of Open edX render, before and after a move.

#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use edx_layout::{
    DataSetting, ExpectedRecord, Layer, RecordState, Release, Snapshot, ThisHost, expected_record, judge_record,
};
use lossless_yaml::Document;

const RELEASES: [Release; 4] = [Release::Ironwood, Release::Koa, Release::Maple, Release::Quince];

/// The folder of a release's renderings; none, with a message, where this checkout stands alone.
fn rendering(release: Release) -> Option<PathBuf> {
    let shared = std::env::var_os("EDXOPS_SHARED")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../../shared"), PathBuf::from);
    let folder = shared.join("edx-etc").join(release.name());
    if folder.is_dir() {
        return Some(folder);
    }
    println!("skipped: {} is not there", folder.display());
    None
}

/// The settings of one rendering: `""`, `-remote` or `-s3`.
fn settings(release: Release, variant: &str) -> Option<Vec<DataSetting>> {
    let folder = rendering(release)?;
    let mut files = Vec::new();
    for part in ["etc", "app/edxapp", "app/certs", "app/forum"] {
        let (top, rest) = part.split_once('/').unwrap_or((part, ""));
        let Ok(entries) = fs::read_dir(folder.join(format!("{top}{variant}")).join(rest)) else { continue };
        for entry in entries.map(|entry| entry.unwrap()).filter(|entry| entry.path().is_file()) {
            let path = Path::new("/edx").join(part).join(entry.file_name());
            files.push((path, Ok(fs::read(entry.path()).unwrap())));
        }
    }
    files.sort();
    let findings = Snapshot::of_files("/edx/etc", files, here(), Some(release)).findings();
    assert_eq!(findings.unreadable, []);
    Some(findings.settings)
}

/// The host that the renderings were made for.
fn here() -> ThisHost {
    ThisHost { addresses: vec!["172.31.5.1".parse().unwrap()], name: Some("app".to_owned()) }
}

fn variables(release: Release, file: &str) -> String {
    fs::read_to_string(rendering(release).unwrap().join(file)).unwrap()
}

/// What is said of the variables, by state: `NAME` for those that agree, a sentence for the others.
#[derive(Default)]
struct Judged {
    agree: Vec<String>,
    others: Vec<String>,
    states: BTreeSet<&'static str>,
}

fn judge(expected: &ExpectedRecord, text: &str) -> Judged {
    let document = Document::parse(text).unwrap();
    let findings = judge_record(expected, Some(document.root()), &here());
    let mut judged = Judged::default();
    for finding in &findings {
        judged.states.insert(match finding.state {
            RecordState::Agrees => "agrees",
            RecordState::Missing { .. } => "missing",
            RecordState::Differs => "differs",
            RecordState::Unknown(_) => "unknown",
        });
        if finding.state == RecordState::Agrees {
            judged.agree.push(finding.variable.to_owned());
        } else {
            judged.others.push(finding.to_string());
        }
        for shown in [finding.to_string(), format!("{finding:?}")] {
            assert!(!shown.contains("pw-"), "a secret is shown: {shown}");
        }
    }
    judged
}

fn expected(release: Release, found: &[DataSetting]) -> ExpectedRecord {
    let record = expected_record(Some(release), found, &here());
    assert!(!format!("{record:?}").contains("pw-"));
    record
}

fn of_layers(found: Vec<DataSetting>, layers: &[Layer]) -> Vec<DataSetting> {
    found.into_iter().filter(|setting| layers.contains(&setting.layer)).collect()
}

/// The text without the variable, its list or mapping included.
fn without(text: &str, name: &str) -> String {
    let mut inside = false;
    let mut out = String::new();
    for line in text.lines() {
        if !line.starts_with(' ') {
            inside = line.starts_with(&format!("{name}:"));
        }
        if !inside {
            out.push_str(line);
            out.push('\n');
        }
    }
    assert_ne!(out, text, "{name} is not there");
    out
}

#[test]
fn a_moved_platform_agrees_with_the_variables_of_its_move() {
    for release in RELEASES {
        let Some(found) = settings(release, "-remote") else { return };
        let record = expected(release, &found);
        assert_eq!(record.unrecordable, [], "{release:?}");
        let judged = judge(&record, &variables(release, "server-vars.yml"));
        assert_eq!(judged.others, Vec::<String>::new(), "{release:?}");
        for variable in record.needed() {
            assert!(judged.agree.iter().any(|name| name == variable.name), "{release:?} {variable}");
        }
    }
}

#[test]
fn the_variables_of_a_move_are_these() {
    let Some(found) = settings(Release::Maple, "-remote") else { return };
    let record = expected(Release::Maple, &found);
    let mut needed: Vec<String> = record.needed().map(ToString::to_string).collect();
    needed.sort();
    assert_eq!(
        needed,
        [
            r#"ANALYTICS_API_DEFAULT_HOST: "172.31.5.12""#,
            r#"ANALYTICS_API_REPORTS_HOST: "172.31.5.12""#,
            r#"BLOCKSTORE_DATABASE_HOST: "172.31.5.12""#,
            r#"CREDENTIALS_MYSQL_HOST: "172.31.5.12""#,
            r#"DESIGNER_MYSQL_HOST: "172.31.5.12""#,
            "DISCOVERY_CELERY_BROKER_URL: a URL that leads to 172.31.5.11:6379",
            r#"DISCOVERY_MYSQL: "172.31.5.12""#,
            r#"DISCOVERY_MYSQL_REPLICA_HOST: "172.31.5.12""#,
            r#"ECOMMERCE_BROKER_HOST: "172.31.5.11""#,
            r#"ECOMMERCE_DATABASE_HOST: "172.31.5.12""#,
            r#"ECOMMERCE_WORKER_BROKER_HOST: "172.31.5.11""#,
            r#"EDXAPP_MONGO_HOSTS: "172.31.5.13""#,
            r#"EDXAPP_MYSQL_HOST: "172.31.5.12""#,
            r#"EDXAPP_REDIS_HOSTNAME: "172.31.5.11""#,
            r#"EDX_NOTES_API_MYSQL_HOST: "172.31.5.12""#,
            r#"ENTERPRISE_CATALOG_CELERY_BROKER_HOSTNAME: "172.31.5.11""#,
            r#"ENTERPRISE_CATALOG_MYSQL_HOST: "172.31.5.12""#,
            r#"FORUM_MONGO_HOSTS: ["172.31.5.13"]"#,
            r#"INSIGHTS_DATABASE_HOST: "172.31.5.12""#,
            r#"LICENSE_MANAGER_CELERY_BROKER_HOSTNAME: "172.31.5.11""#,
            r#"LICENSE_MANAGER_MYSQL_HOST: "172.31.5.12""#,
            r#"REGISTRAR_CELERY_BROKER_HOSTNAME: "172.31.5.11""#,
            r#"REGISTRAR_MYSQL_HOST: "172.31.5.12""#,
            "SANDBOX_ENABLE_REDIS: false",
            r#"XQUEUE_MYSQL_HOST: "172.31.5.12""#,
        ]
    );
}

#[test]
fn without_variables_everything_that_moved_is_missing() {
    for release in RELEASES {
        let Some(found) = settings(release, "-remote") else { return };
        let record = expected(release, &found);
        let judged = judge(&record, "---\n");
        assert_eq!(judged.states, BTreeSet::from(["missing"]), "{release:?}");
        assert_eq!(judged.others.len(), record.needed().count());
        assert_eq!(judge_record(&record, None, &here()).len(), judged.others.len());
    }
}

#[test]
fn each_variable_that_is_taken_out_is_noticed() {
    for (variant, file) in [("-remote", "server-vars.yml"), ("-s3", "server-vars-s3.yml")] {
        for release in RELEASES {
            let Some(found) = settings(release, variant) else { return };
            let record = expected(release, &found);
            let text = variables(release, file);
            let needed: BTreeSet<&str> = record.needed().map(|variable| variable.name).collect();
            assert!(needed.len() > 10, "{release:?} {needed:?}");
            // The shared variable says the same and beats these two.
            let beaten = ["DISCOVERY_MEDIA_STORAGE_BACKEND", "CREDENTIALS_MEDIA_STORAGE_BACKEND"];
            for name in needed.into_iter().filter(|name| text.contains(name) && !beaten.contains(name)) {
                let judged = judge(&record, &without(&text, name));
                let told = format!("{name}: not set");
                assert!(judged.others.iter().any(|other| other.starts_with(&told)), "{release:?} {name}");
            }
        }
    }
}

#[test]
fn a_fresh_platform_needs_no_variables() {
    for release in RELEASES {
        let Some(found) = settings(release, "") else { return };
        let record = expected(release, &found);
        assert_eq!(record.needed().map(ToString::to_string).collect::<Vec<_>>(), Vec::<String>::new());
        assert_eq!(record.unrecordable, []);
        assert_eq!(judge_record(&record, None, &here()).len(), 0);
    }
}

#[test]
fn a_fresh_platform_differs_from_the_variables_of_a_move() {
    for (variant, file) in [("-remote", "server-vars.yml"), ("-s3", "server-vars-s3.yml")] {
        for release in RELEASES {
            let Some(found) = settings(release, "") else { return };
            let judged = judge(&expected(release, &found), &variables(release, file));
            let told = judged.others.join("\n");
            let moved = expected(release, &settings(release, variant).unwrap());
            // A bucket that nothing uses moves nothing, and one variable beats all of the services' own.
            let is_told = |path: &str| {
                path.to_ascii_lowercase().contains("bucket")
                    || path.ends_with("_MEDIA_STORAGE_BACKEND.DEFAULT_FILE_STORAGE")
                    || judged.others.iter().any(|other| other.starts_with(path.split('.').next().unwrap()))
            };
            for variable in moved.needed() {
                assert!(is_told(&variable.path()), "{release:?} {variable}\n{told}");
            }
            assert_eq!(variant == "-s3", told.contains("edx_django_service_media_storage_backend: "));
            assert!(!judged.states.contains("missing") && !judged.states.contains("unknown"));
        }
    }
}

#[test]
fn files_in_an_object_store_agree_with_their_variables() {
    for release in RELEASES {
        let Some(found) = settings(release, "-s3") else { return };
        let record = expected(release, &of_layers(found, &[Layer::Files]));
        assert_eq!(record.unrecordable, []);
        let judged = judge(&record, &variables(release, "server-vars-s3.yml"));
        assert_eq!(judged.others, Vec::<String>::new(), "{release:?}");
        for name in ["EDXAPP_DEFAULT_FILE_STORAGE", "EDXAPP_AWS_STORAGE_BUCKET_NAME", "EDXAPP_GRADE_STORAGE_KWARGS"] {
            assert!(judged.agree.iter().any(|agrees| agrees == name), "{release:?} {name}");
        }
    }
}
