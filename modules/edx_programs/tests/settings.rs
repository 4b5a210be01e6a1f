//! Which settings files a program reads. Needs no supervisor.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should say where")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::time::{Duration, SystemTime};

use edx_programs::Settings;

const RELEASE: &str = "edx/app/edxapp/edx-platform/openedx/core/release.py";

fn root_with(files: &[&str], release: Option<&str>) -> tempfile::TempDir {
    let root = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &str| {
        let path = root.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    for path in files {
        write(path, "{}\n");
    }
    if let Some(release) = release {
        write(RELEASE, &format!("RELEASE_LINE = \"{release}\"\n"));
    }
    root
}

fn read_by(root: &Path, program: &str) -> Vec<String> {
    let programs: BTreeSet<_> =
        ["lms", "cms", "edxapp_worker", "discovery", "discovery_workers", "forum"].map(str::to_owned).into();
    let settings = Settings::read(&root.join("edx/etc"), &programs).unwrap();
    let files = settings.of(program).map(|file| file.path.strip_prefix(root).unwrap().display().to_string());
    files.collect()
}

const FILES: [&str; 8] = [
    "edx/etc/lms.yml",
    "edx/etc/studio.yml",
    "edx/etc/discovery.yml",
    "edx/etc/revisions.yml",
    "edx/etc/lms.yml.2026-11-20.bak",
    "edx/etc/lms.yml~",
    "edx/app/edxapp/lms.env.json",
    "edx/app/edxapp/lms.auth.json",
];

#[test]
fn each_program_reads_the_files_of_its_service_and_no_backups() {
    let root = root_with(&FILES, Some("maple"));
    for (program, files) in [
        ("lms", &["edx/etc/lms.yml"][..]),
        ("cms", &["edx/etc/studio.yml"]),
        ("edxapp_worker:lms_default_1", &["edx/etc/lms.yml", "edx/etc/studio.yml"]),
        ("discovery", &["edx/etc/discovery.yml"]),
        ("discovery_workers:discovery.default_1", &["edx/etc/discovery.yml"]),
        ("forum", &[]),
    ] {
        assert_eq!(read_by(root.path(), program), files, "{program}");
    }
}

#[test]
fn up_to_ironwood_lms_reads_its_json_files() {
    let root = root_with(&FILES, Some("ironwood"));
    assert_eq!(read_by(root.path(), "lms"), ["edx/app/edxapp/lms.auth.json", "edx/app/edxapp/lms.env.json"]);
}

#[test]
fn a_symbolic_link_counts_with_the_time_of_what_it_leads_to() {
    let root = root_with(&["edx/etc/real.txt"], None);
    let (file, link) = (root.path().join("edx/etc/real.txt"), root.path().join("edx/etc/lms.yml"));
    let hour_ago = SystemTime::now() - Duration::from_secs(3600);
    fs::File::options().append(true).open(&file).unwrap().set_modified(hour_ago).unwrap();
    std::os::unix::fs::symlink(&file, link).unwrap();
    let settings = Settings::read(&root.path().join("edx/etc"), &BTreeSet::from(["lms".to_owned()])).unwrap();
    let found = settings.of("lms").next().unwrap();
    assert_eq!(found.written, hour_ago);
    assert!(found.changed > hour_ago, "nothing sets the time of the last change back");
}
