//! The files that Open edX reads: where their caches point.

mod caches;
mod checks;

use std::fs;
use std::net::IpAddr;
use std::path::Path;

use ansible_protocol::{Value, json};
use edx_layout::{Endpoint, Findings, OUTSIDE_FILES, Release, Snapshot, ThisHost};

use crate::check::{Check, Verification};
use crate::options::Options;
pub use caches::{Cache, Server};
pub use checks::READABLE;

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

/// Reads the files of this host, or tells why there are none.
pub fn snapshot(options: &Options) -> Result<Snapshot, Box<Check>> {
    let mut snapshot = match &options.path {
        Some(folder) => {
            Snapshot::read(folder, &options.files).map_err(|error| Box::new(checks::no_folder(folder, &error)))?
        }
        None => Snapshot::read_files(&options.files),
    };
    snapshot.here = this_host();
    Ok(snapshot)
}

/// Judges where the caches in the files point. `findings` are filled with all else that they say, where that is wanted:
/// each file is parsed once.
pub fn verify(snapshot: &Snapshot, wanted: &[Endpoint], mut findings: Option<&mut Findings>) -> (Files, Verification) {
    let mut checks = Vec::new();
    let mut files = Files { release: snapshot.release, here: snapshot.here.clone(), ..Files::default() };
    let mut read = 0;
    for file in &snapshot.files {
        let opened = file.open();
        if let Some(findings) = &mut findings {
            findings.look_at(snapshot, &opened);
        }
        if !may_have_caches(&file.path) {
            continue;
        }
        match opened.document() {
            Ok(document) => {
                let caches = caches::read(&file.path, document);
                read += 1;
                checks.extend(checks::judge(&file.path, &caches, &files, wanted));
                files.caches.extend(caches);
            }
            Err(error) => checks.push(checks::unreadable(&file.path, &error)),
        }
    }
    // All of one kind together: a person reads down a column, and a piece of advice stands once.
    checks.sort_by_key(checks::rank);
    files.complete = !checks.iter().any(|check| check.name == checks::READABLE);
    if read > 0 {
        let first = || snapshot.files.first().map(|file| file.path.clone());
        let place = Some(&snapshot.folder).filter(|folder| !folder.as_os_str().is_empty()).cloned().or_else(first);
        checks.insert(0, checks::overview(&place.unwrap_or_default(), read, &files));
    }
    let mut verification = Verification { checks, ..Verification::default() };
    verification.facts.insert("caches".to_owned(), files.caches.iter().map(fact).collect());
    if let Some(release) = files.release {
        verification.facts.insert("release".to_owned(), release.name().into());
    }
    (files, verification)
}

/// Where the server's own addresses are not known.
pub fn without_addresses(here: &ThisHost) -> Option<Check> {
    let advice = "see why the list of its interfaces cannot be read: an address in the files may be this server's own";
    here.addresses.is_empty().then(|| Check::failed(READABLE, "this server", "its own addresses are not known", advice))
}

/// Files besides those with caches that could not be read; the others have been told.
pub fn others_unreadable(findings: &Findings, told: &[Check]) -> Vec<Check> {
    let is_told = |path: &Path| {
        let subject = path.display().to_string();
        told.iter().any(|check| check.name == READABLE && check.subject == subject)
    };
    let others = findings.unreadable.iter().filter(|(path, _)| !is_told(path));
    others.map(|(path, error)| checks::unreadable(path, error)).collect()
}

/// The caches of LMS and Studio stand in the first of their two JSON files; what else is read besides the folder has none.
fn may_have_caches(path: &Path) -> bool {
    !OUTSIDE_FILES.iter().any(|outside| path.ends_with(outside) && !outside.ends_with(".env.json"))
}

fn fact(cache: &Cache) -> Value {
    json!({
        "file": cache.file.display().to_string(), "key": cache.location, "line": cache.line,
        "endpoints": cache.servers.iter().map(Server::shown).collect::<Vec<_>>(),
    })
}

/// Best effort: without the list of interfaces only loopback addresses are known to be this host's.
pub fn this_host() -> ThisHost {
    let interfaces = if_addrs::get_if_addrs().unwrap_or_default();
    let addresses: Vec<IpAddr> = interfaces.iter().map(if_addrs::Interface::ip).collect();
    let name = fs::read_to_string(Path::new("/proc/sys/kernel/hostname")).unwrap_or_default();
    ThisHost { addresses, name: Some(name.trim().to_owned()).filter(|name| !name.is_empty()) }
}
