//! What `migrate_memcached.yml` does on an application server, on what four releases of Open edX really render: the
//! caches are pointed at another host, what the next upgrade needs is recorded, and the agreement of both is verified.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test stops at the first surprise, and says what it skips"
)]

mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use common::{python, python_with_yaml, succeed};
use serde_json::{Map, Value, json};
use tempfile::TempDir;

/// The cache host of the reference renderings; no test connects to it.
const CACHE: &str = "172.31.5.10:11211";

/// Which settings file makes which variable of server-vars.yml necessary, as `../shared/facts/open-edx.md` has it.
const VARIABLES: [(&str, &str); 12] = [
    ("lms.yml", "EDXAPP_MEMCACHE"),
    ("lms.yml", "EDXAPP_ENABLE_MEMCACHE"),
    ("analytics_api.yml", "edx_django_service_memcache"),
    ("commerce_coordinator.yml", "COMMERCE_COORDINATOR_MEMCACHE"),
    ("credentials.yml", "CREDENTIALS_MEMCACHE"),
    ("designer.yml", "DESIGNER_MEMCACHE"),
    ("discovery.yml", "DISCOVERY_MEMCACHE"),
    ("ecommerce.yml", "ECOMMERCE_MEMCACHE"),
    ("enterprise_catalog.yml", "ENTERPRISE_CATALOG_MEMCACHE"),
    ("insights.yml", "INSIGHTS_MEMCACHE"),
    ("license_manager.yml", "LICENSE_MANAGER_MEMCACHE"),
    ("registrar.yml", "REGISTRAR_MEMCACHE"),
];

/// A server-vars.yml as an operator keeps one.
const HAND_WRITTEN: &str = "# Ask Kim before touching this.
EDXAPP_PLATFORM_NAME:   'Our Campus'   # as on the posters

EDXAPP_FEATURES: {ENABLE_X: yes,   ENABLE_Y: no}
# EDXAPP_MEMCACHE: [\"10.0.0.1:11211\"]
EDXAPP_LMS_BASE: !unsafe 'a {{ b }}'
  # the end, indented
";

/// The rendered releases; none where this machine does not have them.
fn releases() -> Vec<PathBuf> {
    let shared = std::env::var_os("EDXOPS_SHARED")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared"), PathBuf::from);
    let folder = shared.join("edx-etc");
    if !folder.is_dir() {
        println!("skipped: {} is not here", folder.display());
        return Vec::new();
    }
    let mut releases: Vec<PathBuf> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    releases.sort();
    assert_eq!(releases.len(), 4, "{}", folder.display());
    releases
}

/// An application server of a release, below a folder of its own.
struct Server {
    root: TempDir,
    release: PathBuf,
}

impl Server {
    fn new(release: &Path) -> Self {
        let server = Self { root: tempfile::tempdir().unwrap(), release: release.to_owned() };
        copy(&release.join("etc"), &server.etc());
        let app = server.root.path().join("edx/app/edxapp");
        if release.join("app/edxapp").is_dir() {
            copy(&release.join("app/edxapp"), &app);
        }
        let core = app.join("edx-platform/openedx/core");
        fs::create_dir_all(&core).unwrap();
        let name = release.file_name().unwrap().to_str().unwrap();
        fs::write(core.join("release.py"), format!("RELEASE_LINE = \"{name}\"\n")).unwrap();
        fs::create_dir_all(server.server_vars().parent().unwrap()).unwrap();
        server
    }

    fn etc(&self) -> PathBuf {
        self.root.path().join("edx/etc")
    }

    fn server_vars(&self) -> PathBuf {
        self.root.path().join("edx/app/edx_ansible/server-vars.yml")
    }

    /// Points the caches at the cache host; what the next upgrade needs to know.
    fn point(&self) -> Value {
        let result = succeed("edx_cache_endpoint", &json!({"path": self.etc(), "endpoints": [CACHE]}));
        assert_eq!(result["unexpressed"], json!([]), "{}", self.release.display());
        result["server_vars"].clone()
    }

    fn record(&self, settings: &Value) -> Value {
        let options = json!({"path": self.server_vars(), "settings": settings, "create": true, "reader": "ansible"});
        succeed("edx_settings", &options)
    }

    /// A second run of the record: nothing changes, and the file is not even touched.
    fn record_again(&self, settings: &Value) {
        let before = self.identity();
        assert_eq!(self.record(settings)["changed"], json!(false), "{}", self.release.display());
        assert_eq!(self.identity(), before, "{}", self.release.display());
    }

    fn identity(&self) -> (SystemTime, Vec<u8>) {
        (fs::metadata(self.server_vars()).unwrap().modified().unwrap(), fs::read(self.server_vars()).unwrap())
    }

    /// What the reference for this release says about the services that are on this server.
    fn wanted(&self, python_with_yaml: &Path) -> Map<String, Value> {
        let mut reference = python(python_with_yaml, "read.py", &[&self.release.join("server-vars.yml")]);
        let reference = reference.as_object_mut().unwrap();
        let present = VARIABLES.iter().filter(|(file, _)| self.etc().join(file).exists());
        present.map(|(_, variable)| ((*variable).to_owned(), reference.remove(*variable).unwrap())).collect()
    }

    /// Every check of the agreement of the settings files with server-vars.yml.
    fn verify(&self) {
        let options = json!({"path": self.etc(), "server_vars": self.server_vars()});
        let result = succeed("edx_verify", &options);
        let checks = result["checks"].as_array().unwrap();
        let agreement: Vec<&Value> =
            checks.iter().filter(|check| check["name"].as_str().unwrap().starts_with("server_vars.")).collect();
        assert!(agreement.len() >= 7, "{result:#}");
        for check in agreement {
            assert_eq!(check["status"], "ok", "{}: {check:#}", self.release.display());
        }
        assert_eq!(result["summary"]["failed"], json!(0), "{result:#}");
        assert_eq!(result["summary"]["warning"], json!(0), "{result:#}");
    }
}

/// Copies the files of a folder, which may be read-only.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let file = entry.unwrap().path();
        fs::write(to.join(file.file_name().unwrap()), fs::read(&file).unwrap()).unwrap();
    }
}

#[test]
fn a_new_file_holds_what_the_reference_has_for_the_services_present_and_no_more() {
    let Some(with_yaml) = python_with_yaml() else { return };
    for release in releases() {
        let server = Server::new(&release);
        let settings = server.point();
        let result = server.record(&settings);
        assert_eq!((&result["changed"], &result["created"]), (&json!(true), &json!(true)));
        let recorded = python(&with_yaml, "read.py", &[&server.server_vars()]);
        assert_eq!(recorded, Value::Object(server.wanted(&with_yaml)), "{}", release.display());
        server.record_again(&settings);
        server.verify();
    }
}

#[test]
fn a_hand_written_file_stays_byte_for_byte_and_gains_no_more_than_that() {
    let Some(with_yaml) = python_with_yaml() else { return };
    for release in releases() {
        let server = Server::new(&release);
        fs::write(server.server_vars(), HAND_WRITTEN).unwrap();
        let mut wanted = python(&with_yaml, "read.py", &[&server.server_vars()]);
        wanted.as_object_mut().unwrap().extend(server.wanted(&with_yaml));
        let settings = server.point();
        let result = server.record(&settings);
        assert_eq!((&result["changed"], &result["created"]), (&json!(true), &json!(false)));

        let after = fs::read_to_string(server.server_vars()).unwrap();
        let own: Vec<&str> = after.lines().filter(|line| HAND_WRITTEN.lines().any(|own| own == *line)).collect();
        assert_eq!(own, HAND_WRITTEN.lines().collect::<Vec<_>>(), "{after}");
        let added = HAND_WRITTEN.len() + added_lines(&after).iter().map(|line| line.len() + 1).sum::<usize>();
        assert_eq!(after.len(), added, "nothing but whole lines is new: {after}");
        assert_eq!(python(&with_yaml, "read.py", &[&server.server_vars()]), wanted, "{}", release.display());
        server.record_again(&settings);
        server.verify();
    }
}

fn added_lines(after: &str) -> Vec<&str> {
    after.lines().filter(|line| !HAND_WRITTEN.lines().any(|own| own == *line)).collect()
}

#[test]
fn a_file_that_has_the_values_already_is_not_touched() {
    for release in releases() {
        let server = Server::new(&release);
        let reference = fs::read(release.join("server-vars.yml")).unwrap();
        fs::write(server.server_vars(), &reference).unwrap();
        server.record_again(&server.point());
        assert_eq!(fs::read(server.server_vars()).unwrap(), reference);
    }
}
