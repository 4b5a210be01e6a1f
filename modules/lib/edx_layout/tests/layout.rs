//! Releases, services and the programs that a change restarts.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::fs;
use std::path::{Path, PathBuf};

use edx_layout::{Release, SERVICES, configured_programs, programs_to_restart, root_of, service_of};

fn files(names: &[&str]) -> Vec<PathBuf> {
    names.iter().map(PathBuf::from).collect()
}

#[test]
fn releases_are_ordered() {
    assert!(Release::Hawthorn < Release::Ironwood);
    assert!(Release::Palm < Release::Quince);
    assert!(Release::ALL.is_sorted());
    assert_eq!("Maple".parse(), Ok(Release::Maple));
    assert_eq!("hawthorn.2".parse(), Ok(Release::Hawthorn));
    assert_eq!(
        "redwood".parse::<Release>().unwrap_err().to_string(),
        "\"redwood\" is not a release of Open edX with a native installation; these are: hawthorn, ironwood, juniper, koa, lilac, maple, nutmeg, olive, palm, quince"
    );
}

#[test]
fn the_release_is_read_from_the_checkout() {
    let root = tempfile::tempdir().unwrap();
    assert_eq!(Release::detect(root.path()), None);

    let folder = root.path().join("edx/app/edxapp/edx-platform/openedx/core");
    fs::create_dir_all(&folder).unwrap();
    for (source, release) in [
        ("\"\"\"docs\"\"\"\nRELEASE_LINE = \"maple\"\n", Some(Release::Maple)),
        ("RELEASE_LINE='koa'  # comment\n", Some(Release::Koa)),
        ("RELEASE_LINE = \"master\"\n", None),
        ("OTHER = \"maple\"\n", None),
    ] {
        fs::write(folder.join("release.py"), source).unwrap();
        assert_eq!(Release::detect(root.path()), release, "{source}");
    }
}

#[test]
fn a_file_name_tells_the_service() {
    let name = |file: &str| service_of(Path::new(file)).map(|service| service.name);
    assert_eq!(name("/edx/etc/lms.yml"), Some("lms"));
    assert_eq!(name("/edx/app/edxapp/cms.env.json"), Some("studio"));
    assert_eq!(name("/edx/etc/enterprise_catalog.yml"), Some("enterprise_catalog"));
    assert_eq!(name("/edx/etc/revisions.yml"), None);
    assert_eq!(name("/edx/etc/lms.txt"), None);
    assert_eq!(name("/edx/app/forum/forum_env"), Some("forum"));
    assert_eq!(name("/edx/etc/forum.yml"), None);
    assert_eq!(SERVICES.len(), 18);
}

#[test]
fn the_root_is_what_edx_etc_hangs_below() {
    assert_eq!(root_of(Path::new("/edx/etc")), Some(PathBuf::from("/")));
    assert_eq!(root_of(Path::new("/srv/copy/edx/etc")), Some(PathBuf::from("/srv/copy")));
    assert_eq!(root_of(Path::new("/etc")), None);
    assert_eq!(root_of(Path::new("/srv/etc")), None);
}

#[test]
fn programs_are_named_once_each() {
    assert_eq!(
        programs_to_restart(
            &files(&["lms.yml", "studio.yml", "ecomworker.yml", "xqueue.yml", "revisions.yml"]),
            Some(Release::Maple),
            None
        ),
        ["lms", "edxapp_worker:*", "cms", "ecomworker", "xqueue", "xqueue_consumer"]
    );
}

#[test]
fn files_that_a_release_does_not_read_restart_nothing() {
    let yaml = files(&["lms.yml"]);
    let json = files(&["cms.env.json"]);
    for release in [Release::Hawthorn, Release::Ironwood] {
        assert!(programs_to_restart(&yaml, Some(release), None).is_empty());
        assert_eq!(programs_to_restart(&json, Some(release), None), ["cms", "edxapp_worker:*"]);
    }
    for release in [Release::Juniper, Release::Quince] {
        assert!(programs_to_restart(&json, Some(release), None).is_empty());
        assert_eq!(programs_to_restart(&yaml, Some(release), None), ["lms", "edxapp_worker:*"]);
    }
    assert_eq!(programs_to_restart(&json, None, None), ["cms", "edxapp_worker:*"]);
}

#[test]
fn discovery_has_workers_since_lilac() {
    let discovery = files(&["discovery.yml"]);
    assert_eq!(programs_to_restart(&discovery, Some(Release::Koa), None), ["discovery"]);
    assert_eq!(programs_to_restart(&discovery, Some(Release::Lilac), None), ["discovery", "discovery_workers:*"]);
}

#[test]
fn only_programs_that_supervisor_has_are_named() {
    let root = tempfile::tempdir().unwrap();
    assert_eq!(configured_programs(root.path()), None);

    let folder = root.path().join("edx/app/supervisor/conf.d");
    fs::create_dir_all(&folder).unwrap();
    assert_eq!(configured_programs(root.path()), None);

    fs::write(folder.join("lms.conf"), "[program:lms]\ncommand=/x\n").unwrap();
    fs::write(folder.join("catalog.conf"), "[program:enterprise_catalog]\n[group:enterprise_catalog_workers]\n")
        .unwrap();
    fs::write(folder.join("notes.txt"), "[program:cms]\n").unwrap();
    let configured = configured_programs(root.path()).unwrap();
    assert_eq!(
        programs_to_restart(&files(&["lms.yml", "studio.yml", "enterprise_catalog.yml"]), None, Some(&configured)),
        ["lms", "enterprise_catalog", "enterprise_catalog_workers:*"]
    );
}
