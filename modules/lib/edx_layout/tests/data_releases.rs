//! What is found in the files that four releases of Open edX render themselves.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test stops at the first surprise, and says what it skips"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use edx_layout::{CacheKeyPrefix, DataAddress, DataSetting, Findings, Host, Layer, Release, Scope, Snapshot, ThisHost};
use serde_json::Value;
use tempfile::TempDir;

const RELEASES: [Release; 4] = [Release::Ironwood, Release::Koa, Release::Maple, Release::Quince];
/// Those that the remote rendering moved.
const MOVED: [Layer; 5] = [Layer::MySql, Layer::MongoDb, Layer::Memcached, Layer::Redis, Layer::RabbitMq];

/// The rendered files, or nothing where this machine does not have them.
fn rendered() -> Option<PathBuf> {
    let shared = std::env::var_os("EDXOPS_SHARED")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../../shared"), PathBuf::from);
    let folder = shared.join("edx-etc");
    if folder.is_dir() {
        return Some(folder);
    }
    println!("skipped: {} is not here", folder.display());
    None
}

/// One rendering as it stands on a server.
struct Server {
    root: TempDir,
    findings: Findings,
}

impl Server {
    fn new(rendered: &Path, release: Release, variant: &str) -> Self {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir(root.path().join("edx")).unwrap();
        for name in ["etc", "app"] {
            let from = rendered.join(release.name()).join(format!("{name}{variant}"));
            let to = root.path().join("edx").join(name);
            assert!(Command::new("cp").arg("-r").arg(from).arg(to).status().unwrap().success());
        }
        // The copies are as read-only as the originals, and the folder has to be removed again.
        assert!(Command::new("chmod").args(["-R", "u+w"]).arg(root.path()).status().unwrap().success());
        let mut snapshot = Snapshot::read(&root.path().join("edx/etc"), &[]).unwrap();
        snapshot.release = Some(release);
        let findings = snapshot.findings();
        assert_eq!(findings.unreadable, [], "{release}");
        for text in [format!("{findings:?}"), format!("{snapshot:?}")] {
            assert!(!text.contains("pw-") && !text.contains("sekrit"), "a secret of {release} is shown: {text}");
        }
        Self { root, findings }
    }

    /// `lms.yml`, `app/edxapp/lms.env.json`.
    fn name(&self, setting: &DataSetting) -> String {
        let file = setting.file.strip_prefix(self.root.path().join("edx")).unwrap();
        file.strip_prefix("etc").unwrap_or(file).display().to_string()
    }

    fn of(&self, layers: &[Layer]) -> impl Iterator<Item = &DataSetting> {
        self.findings.settings.iter().filter(|setting| layers.contains(&setting.layer))
    }
}

/// The host that the machine which rendered them has.
fn machine() -> ThisHost {
    ThisHost { addresses: vec!["172.31.5.1".parse().unwrap()], name: Some("edxhost".to_owned()) }
}

#[test]
fn every_data_setting_of_a_fresh_install_is_found_and_local() {
    let Some(rendered) = rendered() else { return };
    // MySQL, MongoDB, memcached, Redis, RabbitMQ, Elasticsearch, files; those that the release reads.
    let expected = [
        (Release::Ironwood, [14, 11, 19, 0, 4, 7, 21]),
        (Release::Koa, [19, 11, 23, 4, 0, 8, 20]),
        (Release::Maple, [20, 11, 24, 5, 0, 8, 20]),
        (Release::Quince, [21, 11, 25, 5, 0, 10, 21]),
    ];
    for (release, expected) in expected {
        let server = Server::new(&rendered, release, "");
        let counts = Layer::ALL.map(|layer| server.of(&[layer]).filter(|setting| setting.is_read).count());
        assert_eq!(counts, expected, "{release}");
        for setting in &server.findings.settings {
            assert_eq!(setting.places.len(), 1, "{release} {setting:?}");
            assert_eq!(machine().place(&setting.places[0].address, &[]), Scope::Local, "{release} {setting:?}");
        }
    }
}

#[test]
fn only_the_files_of_lms_and_studio_in_ironwood_and_the_reports_of_the_shop_are_not_read() {
    let Some(rendered) = rendered() else { return };
    for release in RELEASES {
        let server = Server::new(&rendered, release, "");
        let unread = server.findings.settings.iter().filter(|setting| !setting.is_read);
        let unread: BTreeSet<String> = unread
            .map(|setting| match release {
                Release::Ironwood => server.name(setting),
                _ => format!("{} {}", server.name(setting), setting.key),
            })
            .collect();
        let expected: &[&str] = match release {
            Release::Ironwood => &["lms.yml", "studio.yml"],
            _ => &["lms.yml FINANCIAL_REPORTS.STORAGE_TYPE", "studio.yml FINANCIAL_REPORTS.STORAGE_TYPE"],
        };
        assert_eq!(unread, expected.iter().map(ToString::to_string).collect(), "{release}");
    }
}

/// File and key path of every setting that the move changed, with the address of its new server.
fn changed(rendered: &Path, release: Release) -> BTreeMap<(String, String), String> {
    let text = fs::read(rendered.join(release.name()).join("diff-remote.json")).unwrap();
    let rows: Vec<[Value; 4]> = serde_json::from_slice(&text).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let row = |[file, key, _, new]: &[Value; 4]| {
        let key = text(key).replace("line:export ", "").replace("LOCATION[0]", "LOCATION");
        let new = text(new);
        let host = new[new.find("172.31.5.").unwrap()..].split([':', '/']).next().unwrap().to_owned();
        ((text(file), key), host)
    };
    rows.iter().map(row).collect()
}

#[test]
fn after_the_move_every_changed_setting_is_found_with_its_new_server_and_no_other() {
    let Some(rendered) = rendered() else { return };
    for release in RELEASES {
        let server = Server::new(&rendered, release, "-remote");
        let found: BTreeMap<(String, String), String> = server
            .of(&MOVED)
            .map(|setting| {
                let [place] = setting.places.as_slice() else { panic!("{release} {setting:?}") };
                let DataAddress::Server { host: Host::Address(host), port, tls: false } = &place.address else {
                    panic!("{release} {setting:?}")
                };
                assert_eq!(Some(*port), setting.layer.default_port(), "{release} {setting:?}");
                assert_eq!(machine().place(&place.address, &[]), Scope::Private);
                ((server.name(setting), setting.key.clone()), host.to_string())
            })
            .collect();
        assert_eq!(found, changed(&rendered, release), "{release}");
    }
}

#[test]
fn each_layer_went_to_a_server_of_its_own() {
    let Some(rendered) = rendered() else { return };
    for release in RELEASES {
        let server = Server::new(&rendered, release, "-remote");
        let queue = if release < Release::Koa { Layer::RabbitMq } else { Layer::Redis };
        for (layer, host) in [
            (Layer::Memcached, "172.31.5.10"),
            (queue, "172.31.5.11"),
            (Layer::MySql, "172.31.5.12"),
            (Layer::MongoDb, "172.31.5.13"),
        ] {
            let host = Host::Address(host.parse().unwrap());
            let layers = [layer];
            let mut places = server.of(&layers).flat_map(|setting| &setting.places);
            assert!(
                places.all(|place| matches!(&place.address, DataAddress::Server { host: found, .. } if *found == host)),
                "{release} {layer}"
            );
        }
    }
}

#[test]
fn with_s3_every_file_setting_is_an_object_store_but_that_of_certificates() {
    let Some(rendered) = rendered() else { return };
    let of_lms = [
        ("DEFAULT_FILE_STORAGE", "oracle-media"),
        ("DJFS.type", "oracle-xblock"),
        ("FILE_UPLOAD_STORAGE_BUCKET_NAME", "oracle-uploads"),
        ("FINANCIAL_REPORTS.STORAGE_TYPE", "oracle-finance"),
        ("GRADES_DOWNLOAD.STORAGE_CLASS", "oracle-grades"),
        ("PROFILE_IMAGE_BACKEND.class", "oracle-profile"),
        ("VIDEO_IMAGE_SETTINGS.STORAGE_CLASS", "oracle-media"),
        ("VIDEO_TRANSCRIPTS_SETTINGS.STORAGE_CLASS", "oracle-media"),
        ("VIDEO_UPLOAD_PIPELINE.BUCKET", "oracle-video"),
    ];
    let of_studio = of_lms.into_iter().filter(|(key, _)| *key != "PROFILE_IMAGE_BACKEND.class");
    let of_studio = of_studio.chain([("COURSE_IMPORT_EXPORT_BUCKET", "oracle-import-export")]);
    let of_studio: BTreeSet<(&str, &str)> = of_studio.collect();
    for release in RELEASES {
        let server = Server::new(&rendered, release, "-s3");
        let mut stores: BTreeMap<String, BTreeSet<(&str, &str)>> = BTreeMap::new();
        let mut others = Vec::new();
        for setting in server.of(&[Layer::Files]) {
            match &setting.places[0].address {
                DataAddress::ObjectStore { endpoint: None, bucket } => {
                    let variant = server.name(setting).replace(".env.json", "").replace(".auth.json", "");
                    stores.entry(variant).or_default().insert((&setting.key, bucket));
                }
                other => others.push((server.name(setting), other.clone())),
            }
        }
        // The rendering leaves the certs service alone, which ended with Lilac.
        let certs = ("app/certs/env.json".to_owned(), DataAddress::Folder("/edx/var/certs/www-data".into()));
        assert_eq!(others, if release <= Release::Lilac { vec![certs] } else { vec![] }, "{release}");
        assert_eq!(stores["lms.yml"], BTreeSet::from(of_lms), "{release}");
        assert_eq!(stores["studio.yml"], of_studio, "{release}");
        assert_eq!(stores["xqueue.yml"], BTreeSet::from([("DEFAULT_FILE_STORAGE", "oracle-xqueue")]), "{release}");
        let media = ("MEDIA_STORAGE_BACKEND.DEFAULT_FILE_STORAGE", "oracle-ida");
        let reports = ("REPORT_DOWNLOAD_BACKEND.DEFAULT_FILE_STORAGE", "oracle-reports");
        assert_eq!(stores["analytics_api.yml"], BTreeSet::from([media, reports]), "{release}");
        assert_eq!(stores["ecommerce.yml"], BTreeSet::from([media]), "{release}");
        if release == Release::Ironwood {
            // Bucket and class stand in different files.
            assert_eq!(stores["app/edxapp/lms"], BTreeSet::from(of_lms));
            assert_eq!(stores["app/edxapp/cms"], of_studio);
        }
    }
}

#[test]
fn two_caches_of_lms_and_studio_have_the_name_of_the_host_in_their_prefix() {
    let Some(rendered) = rendered() else { return };
    for release in RELEASES {
        let server = Server::new(&rendered, release, "");
        let prefixes = &server.findings.prefixes;
        let with_host: BTreeSet<(&str, &str)> = prefixes
            .iter()
            .filter(|prefix| prefix.prefix.contains("edxhost"))
            .map(|CacheKeyPrefix { cache, prefix, .. }| (cache.as_str(), prefix.as_str()))
            .collect();
        let expected = [("CACHES.configuration", "edxhost"), ("CACHES.staticfiles", "edxhost_general")];
        assert_eq!(with_host, BTreeSet::from(expected), "{release}");
        assert!(prefixes.iter().all(|prefix| !prefix.prefix.is_empty()), "{release}");
        assert_eq!(prefixes.len(), server.of(&[Layer::Memcached]).count(), "{release}");
    }
}
