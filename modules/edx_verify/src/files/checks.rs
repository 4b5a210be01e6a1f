//! Judges where the caches of one file point.

use std::path::Path;

use edx_layout::{
    EDX_DEFAULT_NAME, Endpoint, FileError, FolderError, Host, MemcachedVariable, Release, ThisHost, service_of,
};

use super::Files;
use super::caches::{Cache, Server};
use crate::check::{Check, counted};

/// Whether the files could be read.
pub const READABLE: &str = "edx_etc.readable";
const NO_LOCAL_CACHE: &str = "edx_etc.no_local_cache";
const CACHE_ENDPOINT: &str = "edx_etc.cache_endpoint";

/// The place of a check among those of the files.
pub fn rank(check: &Check) -> usize {
    [READABLE, NO_LOCAL_CACHE, CACHE_ENDPOINT].iter().position(|name| *name == check.name).unwrap_or(usize::MAX)
}

/// How many files and caches there are to judge.
pub fn overview(place: &Path, read: usize, files: &Files) -> Check {
    let subject = place.display().to_string();
    let release = files.release.map_or_else(|| "release unknown".to_owned(), |release| format!("release {release}"));
    let (read, caches) = (counted(read, "file"), counted(files.caches.len(), "cache"));
    let seen = format!("{read} read, {caches} on memcached, {release}");
    if files.caches.is_empty() {
        return Check::failed(
            READABLE,
            subject,
            seen,
            "a native Open edX has caches on memcached in lms.yml and studio.yml: check that this is its folder (/edx/etc)",
        );
    }
    Check::ok(READABLE, subject, seen)
}

/// A folder that cannot be used.
pub fn no_folder(folder: &Path, error: &FolderError) -> Check {
    let advice = "check that this host has a native Open edX, and run as root (become: true)";
    Check::failed(READABLE, folder.display().to_string(), error.to_string(), advice)
}

/// A file that cannot be used.
pub fn unreadable(file: &Path, error: &FileError) -> Check {
    let advice = match error {
        FileError::Unread(_) => "check where it leads; the files belong to several users, so run as root",
        FileError::Yaml(_) => "its service may fail at it when it next starts: correct the file, or restore a backup",
    };
    Check::failed(READABLE, file.display().to_string(), error.to_string(), advice)
}

/// The checks of one file; none where it has no cache on memcached.
pub fn judge(file: &Path, caches: &[Cache], files: &Files, wanted: &[Endpoint]) -> Vec<Check> {
    if caches.is_empty() {
        return Vec::new();
    }
    let servers = caches.iter().flat_map(|cache| &cache.servers);
    let (left, moved): (Vec<&Server>, Vec<&Server>) =
        servers.partition(|server| is_left_on(&files.here, server, wanted));
    let mut checks = vec![no_local(file, caches.len(), &left, files.release)];
    if !wanted.is_empty() {
        checks.push(points_at(file, caches, &moved, wanted));
    }
    checks
}

/// Whether a server is a memcached of this host, or cannot be told not to be. An address of the host's own that the operator names as
/// the cache server is not one that was forgotten; a loopback address always is, since it would be another
/// server on another host.
fn is_left_on(here: &ThisHost, server: &Server, wanted: &[Endpoint]) -> bool {
    let is_loopback = |endpoint| ThisHost::default().is_local(endpoint);
    let Ok(endpoint) = &server.endpoint else { return true };
    here.is_local(endpoint) && (is_loopback(endpoint) || !wanted.contains(endpoint))
}

fn no_local(file: &Path, caches: usize, left: &[&Server], release: Option<Release>) -> Check {
    let subject = file.display().to_string();
    if left.is_empty() {
        return Check::ok(NO_LOCAL_CACHE, subject, format!("{}, none on this host", counted(caches, "cache")));
    }
    let seen = still_there(left);
    if let Some(release) = release.filter(|release| !is_read(file, *release)) {
        let advice = format!("{release} does not read this file; move it all the same, so that nobody is misled");
        return Check::warning(NO_LOCAL_CACHE, subject, seen, advice);
    }
    let advice = "point it at the cache server with edx_cache_endpoint, and restart its service";
    Check::failed(NO_LOCAL_CACHE, subject, seen, advice)
}

/// A name that nothing resolves is not a server on this host.
fn still_there(left: &[&Server]) -> String {
    let (unresolved, local): (Vec<&Server>, Vec<&Server>) = left.iter().copied().partition(
        |server| matches!(&server.endpoint, Ok(Endpoint::Tcp { host: Host::Name(name), .. }) if name == EDX_DEFAULT_NAME),
    );
    let mut parts = Vec::new();
    if !local.is_empty() {
        parts.push(format!("still on this host: {}", places(&local)));
    }
    if !unresolved.is_empty() {
        parts.push(places_of(&unresolved, |server| {
            format!("{} (edX's default name, which nothing on a native install resolves)", server.shown())
        }));
    }
    parts.join("; ")
}

/// LMS and Studio have a record in JSON and one in YAML, and a release reads one of them.
fn is_read(file: &Path, release: Release) -> bool {
    let is_json = file.extension().is_some_and(|extension| extension == "json");
    let is_edxapp = service_of(file).is_some_and(|service| service.memcached == MemcachedVariable::Edxapp);
    !is_edxapp || is_json == release.reads_edxapp_json()
}

/// What is left on this host fails another check, and counts for nothing here.
fn points_at(file: &Path, caches: &[Cache], moved: &[&Server], wanted: &[Endpoint]) -> Check {
    let subject = file.display().to_string();
    let names = wanted.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let is_wanted = |server: &&&Server| server.endpoint.as_ref().is_ok_and(|endpoint| wanted.contains(endpoint));
    let elsewhere: Vec<&Server> = moved.iter().filter(|server| !is_wanted(server)).copied().collect();
    let nowhere = caches.iter().filter(|cache| cache.servers.is_empty());
    let mut wrong: Vec<String> = nowhere.map(|cache| format!("{} (missing, or not servers)", cache.location)).collect();
    if !elsewhere.is_empty() {
        wrong.push(places(&elsewhere));
    }
    if !wrong.is_empty() {
        let advice = format!(
            "it should be {names}: name what stands there in 'replace' of edx_cache_endpoint, or verify with it"
        );
        return Check::failed(CACHE_ENDPOINT, subject, format!("elsewhere: {}", wrong.join(", ")), advice);
    }
    if moved.is_empty() {
        return Check::skipped(CACHE_ENDPOINT, subject, "none of its caches has moved");
    }
    Check::ok(CACHE_ENDPOINT, subject, format!("points at {names}"))
}

/// What stands there with the key paths, those of the same value together.
fn places(servers: &[&Server]) -> String {
    places_of(servers, |server| match &server.endpoint {
        Ok(_) => server.shown(),
        Err(error) => error.to_string(),
    })
}

fn places_of(servers: &[&Server], told: impl Fn(&Server) -> String) -> String {
    let mut groups: Vec<(String, Vec<&str>)> = Vec::new();
    for server in servers {
        let value = told(server);
        match groups.iter_mut().find(|(known, _)| *known == value) {
            Some((_, keys)) => keys.push(&server.key),
            None => groups.push((value, vec![&server.key])),
        }
    }
    let shown = |(value, keys): &(String, Vec<&str>)| format!("{value} at {}", keys.join(", "));
    groups.iter().map(shown).collect::<Vec<_>>().join("; ")
}
