//! The files that Open edX reads: where their caches point.

mod caches;
mod checks;

use std::fs;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use ansible_protocol::{Value, json};
use edx_layout::{Listing, RefusedReason, Release, ThisHost, root_of};

use crate::check::{Check, Verification};
use crate::options::Options;
pub use caches::{Cache, Server};

/// What stands in the files.
#[derive(Debug, Default)]
pub struct Files {
    /// Every cache on memcached.
    pub caches: Vec<Cache>,
    /// The release that the files are of, where known.
    pub release: Option<Release>,
    /// This host, so that an endpoint can be told to be its own.
    pub here: ThisHost,
    /// Whether every file could be read, so that nothing is missing from `caches`.
    pub complete: bool,
}

/// Reads the files, and judges where their caches point.
pub fn verify(options: &Options) -> (Files, Verification) {
    let mut checks = Vec::new();
    let mut files = Files { release: release(options), here: this_host(), ..Files::default() };
    let listed = list(options, &mut checks);
    let mut read = 0;
    for file in &listed {
        match caches::read(file) {
            Ok(caches) => {
                read += 1;
                checks.extend(checks::judge(file, &caches, &files, &options.memcached));
                files.caches.extend(caches);
            }
            Err(error) => checks.push(checks::unreadable(file, &error)),
        }
    }
    // All of one kind together: a person reads down a column, and a piece of advice stands once.
    checks.sort_by_key(checks::rank);
    files.complete = !checks.iter().any(|check| check.name == checks::READABLE);
    if read > 0 {
        let place = options.path.as_ref().or(listed.first()).cloned().unwrap_or_default();
        checks.insert(0, checks::overview(&place, read, &files));
    }
    let mut verification = Verification { checks, ..Verification::default() };
    verification.facts.insert("caches".to_owned(), files.caches.iter().map(fact).collect());
    if let Some(release) = files.release {
        verification.facts.insert("release".to_owned(), release.name().into());
    }
    (files, verification)
}

fn release(options: &Options) -> Option<Release> {
    options.release.or_else(|| Release::detect(&root_of(options.path.as_deref()?)?))
}

fn fact(cache: &Cache) -> Value {
    json!({
        "file": cache.file.display().to_string(), "key": cache.location, "line": cache.line,
        "endpoints": cache.servers.iter().map(Server::shown).collect::<Vec<_>>(),
    })
}

/// The files to look at, each once.
fn list(options: &Options, checks: &mut Vec<Check>) -> Vec<PathBuf> {
    let mut listing = Listing::default();
    if let Some(folder) = &options.path {
        match Listing::of(folder) {
            Ok(found) => listing = found,
            Err(error) => checks.push(checks::no_folder(folder, &error)),
        }
    }
    for file in &options.files {
        listing.add_named(file);
    }
    let mut files = listing.settings;
    for refused in listing.refused {
        match refused.reason {
            // That is no place for an edit, but it is what Open edX reads.
            RefusedReason::LeavesFolder { .. } => files.push(refused.path),
            reason => checks.push(checks::unreadable(&refused.path, &reason.into())),
        }
    }
    files
}

/// Best effort: without the list of interfaces only loopback addresses are known to be this host's.
fn this_host() -> ThisHost {
    let interfaces = if_addrs::get_if_addrs().unwrap_or_default();
    let addresses: Vec<IpAddr> = interfaces.iter().map(if_addrs::Interface::ip).collect();
    let name = fs::read_to_string(Path::new("/proc/sys/kernel/hostname")).unwrap_or_default();
    ThisHost { addresses, name: Some(name.trim().to_owned()).filter(|name| !name.is_empty()) }
}
