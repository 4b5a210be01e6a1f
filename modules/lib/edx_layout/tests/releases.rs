//! The library's tables against what four releases of Open edX really render.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test stops at the first surprise, and says what it skips"
)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use edx_layout::{MemcachedVariable, ObservedCache, Release, ThisHost, find_caches, server_vars, service_of};
use lossless_yaml::Document;
use serde_json::{Map, Value};

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

fn document(path: &Path) -> Document {
    Document::parse(fs::read(path).unwrap()).unwrap()
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> =
        fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

fn observe(release: &Path, variant: &str) -> Vec<ObservedCache> {
    let mut observed = Vec::new();
    for folder in [format!("etc{variant}"), format!("app{variant}/edxapp")] {
        for file in files(&release.join(folder)) {
            let doc = document(&file);
            observed.extend(find_caches(&doc).iter().filter_map(|cache| cache.observed(&file)));
        }
    }
    observed
}

/// The reference's memcached variables for the services that have a file.
fn reference(release: &Path, observed: &[ObservedCache]) -> Map<String, Value> {
    let present: BTreeSet<&str> = observed
        .iter()
        .filter_map(|cache| match service_of(&cache.file)?.memcached {
            MemcachedVariable::Edxapp => Some("EDXAPP_MEMCACHE"),
            MemcachedVariable::Own(variable) => Some(variable),
            MemcachedVariable::Shared => Some("edx_django_service_memcache"),
            _ => None,
        })
        .chain(["EDXAPP_ENABLE_MEMCACHE"])
        .collect();
    let Value::Object(all) = document(&release.join("server-vars.yml")).root().to_json() else {
        panic!("server-vars.yml is a mapping");
    };
    all.into_iter().filter(|(name, _)| present.contains(name.as_str())).collect()
}

#[test]
fn a_moved_release_yields_its_reference_server_vars() {
    let Some(rendered) = rendered() else { return };
    for release in files(&rendered) {
        let name = release.file_name().unwrap().to_str().unwrap().parse::<Release>().unwrap();
        let observed = observe(&release, "-remote");
        let found = server_vars(Some(name), &observed, &ThisHost::default());
        assert_eq!(found.vars, reference(&release, &observed), "{name}");
        assert!(found.vars.len() >= 6, "{name}: {:?}", found.vars);
        assert!(found.unexpressed.is_empty(), "{name}: {:?}", found.unexpressed);
        assert!(found.at_default.iter().eq(["EDXAPP_CACHE_COURSE_STRUCTURE_MEMCACHE"]), "{name}");
    }
}

#[test]
fn a_release_as_installed_needs_no_variable() {
    let Some(rendered) = rendered() else { return };
    for release in files(&rendered) {
        let name = release.file_name().unwrap().to_str().unwrap().parse::<Release>().unwrap();
        let found = server_vars(Some(name), &observe(&release, ""), &ThisHost::default());
        assert!(found.vars.is_empty(), "{name}: {:?}", found.vars);
        assert!(found.unexpressed.is_empty(), "{name}");
    }
}
