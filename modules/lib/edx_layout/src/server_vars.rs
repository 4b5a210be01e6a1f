//! The role variables that reproduce, on the next upgrade, the memcached
//! servers and the brokers that stand in the settings files now.

mod data;
mod redis;

use std::fmt;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use crate::address::ThisHost;
use crate::endpoint::Endpoint;
use crate::record::WhyNot;
use crate::release::Release;
use crate::service::{EDXAPP_CACHES, MemcachedVariable, SERVICES, Service, is_json, service_of};

pub use data::data_server_vars;
pub use redis::{Password, redis_server_vars};

/// The variable that every service of the `edx_django_service` role shares.
const SHARED: &str = "edx_django_service_memcache";
const EDXAPP: &str = "EDXAPP_MEMCACHE";
const COURSE_STRUCTURE: &str = "EDXAPP_CACHE_COURSE_STRUCTURE_MEMCACHE";
const COURSE_STRUCTURE_CACHE: &str = "course_structure_cache";
/// The switch of the native playbook (Juniper on) that installs the local
/// memcached; without effect in Hawthorn and Ironwood, which look for
/// `localhost` in `EDXAPP_MEMCACHE` instead.
const SWITCH: &str = "EDXAPP_ENABLE_MEMCACHE";

/// A memcached cache as it stands in a settings file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObservedCache {
    /// The settings file; its name tells the service.
    pub file: PathBuf,
    /// The cache's key path, such as `CACHES.default`.
    pub key_path: String,
    /// Its servers, each as written in the file.
    pub servers: Vec<String>,
}

/// What server-vars.yml has to say about memcached, or about Redis.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ServerVars {
    /// Variable names with their values, each in the shape its role needs.
    pub vars: Map<String, Value>,
    /// Variables that must not be set (or may as well not be), because the
    /// role default is what stands in the files.
    pub at_default: Vec<String>,
    /// What no variable can reproduce.
    pub unexpressed: Vec<Unexpressed>,
}

impl ServerVars {
    fn set(&mut self, variable: &str, value: impl Into<Value>) {
        self.vars.insert(variable.to_owned(), value.into());
    }

    fn leave(&mut self, variable: &str) {
        if !self.at_default.iter().any(|known| known == variable) {
            self.at_default.push(variable.to_owned());
        }
    }

    /// A text, unless it is what the role has by default.
    fn set_unless(&mut self, variable: &str, value: impl Into<String>, default: &str) {
        let value = value.into();
        if value == default { self.leave(variable) } else { self.set(variable, value) }
    }
}

/// A cache or broker whose servers the next upgrade will not reproduce.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unexpressed {
    /// The settings file.
    pub file: PathBuf,
    /// The cache's key path.
    pub key_path: String,
    /// Why no variable can say it, and what can be done.
    pub reason: UnexpressedReason,
}

/// Why no variable reproduces a cache's servers.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnexpressedReason {
    /// `EDXAPP_MEMCACHE` feeds several caches that now have different servers.
    #[error(
        "EDXAPP_MEMCACHE feeds every cache of lms.yml and studio.yml, but {other} has other servers; give them the same ones"
    )]
    EdxappDiffers {
        /// File name and key path of the cache it disagrees with.
        other: String,
    },
    /// The course structure caches of LMS and Studio differ.
    #[error(
        "EDXAPP_CACHE_COURSE_STRUCTURE_MEMCACHE feeds lms.yml and studio.yml alike, but {other} has other servers; give them the same ones"
    )]
    CourseStructureDiffers {
        /// File name and key path of the cache it disagrees with.
        other: String,
    },
    /// The shared variable would also change services that have other servers.
    #[error(
        "only edx_django_service_memcache reaches it, and that would also give its servers to {}; give them all the same servers",
        .others.join(", ")
    )]
    SharedDiffers {
        /// The names of the files with other servers.
        others: Vec<String>,
    },
    /// A cache that the service's role does not render.
    #[error("the role of this service renders no such {0}, so no variable reaches it")]
    NotRendered(&'static str),
    /// Only a variable that holds all caches reaches it.
    #[error("only {variable} reaches it, which takes the whole CACHES mapping; set it by hand")]
    WholeMapping {
        /// That variable.
        variable: &'static str,
    },
    /// One variable feeds two brokers that differ.
    #[error(
        "{variable} and those of its user and password feed {other} as well, which differs; give both the same server, user and password"
    )]
    BrokerDiffers {
        /// The variable of the server.
        variable: &'static str,
        /// File name and key path of the broker it disagrees with.
        other: String,
    },
    /// A user without a password, which no result may show.
    #[error(
        "it has a user and no password, and that user may be the password; give `password`, or write the variable of this service by hand"
    )]
    UserAlone,
    /// Its URL has a password in it that nobody gave.
    #[error(
        "only {variable} reaches it, which takes the whole URL with its password; give `password`, also where it stays the same"
    )]
    PasswordKept {
        /// That variable.
        variable: &'static str,
    },
    /// A server that is none, which the next upgrade must not be told.
    #[error("its LOCATION names a server that is not understood; correct it")]
    NotUnderstood,
    /// A setting of another kind of data.
    #[error(transparent)]
    Record(WhyNot),
    /// A file of a service that this library does not know.
    #[error("no service of a native installation is known to have this file")]
    UnknownService,
}

impl fmt::Display for Unexpressed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}: {}", self.file.display(), self.key_path, self.reason)
    }
}

/// Computes the memcached variables for server-vars.yml from the caches that
/// stand in a host's settings files.
///
/// Each variable whose caches differ from the role default is in `vars`, in
/// the order of a reference server-vars.yml. Of LMS and Studio's two records,
/// only the one that `release` reads counts (the YAML one where the release is
/// unknown and both exist). The switch that keeps the local memcached away is
/// among them once no cache uses a memcached on `here`.
pub fn server_vars(release: Option<Release>, observed: &[ObservedCache], here: &ThisHost) -> ServerVars {
    let is_read = |cache: &&ObservedCache| !is_other_record(&cache.file, release, observed.iter().map(|c| &*c.file));
    let caches: Vec<Cache<'_>> = observed.iter().filter(is_read).map(Cache::new).collect();
    let mut found = ServerVars::default();
    add_shared(&caches, &mut found);
    add_edxapp(&caches, &mut found);
    for service in SERVICES {
        add_own(service, &caches, &mut found);
    }
    for cache in &caches {
        add_unreachable(cache, here, &mut found);
    }
    if !caches.is_empty() {
        if caches.iter().any(|cache| cache.may_be_local(here)) {
            found.at_default.push(SWITCH.to_owned());
        } else {
            found.vars.insert(SWITCH.to_owned(), Value::Bool(false));
        }
    }
    found
}

/// An observed cache with what its place says about it.
struct Cache<'a> {
    observed: &'a ObservedCache,
    service: Option<&'static Service>,
    /// The name under the root's `CACHES`; none for a cache elsewhere.
    name: Option<&'a str>,
    servers: Vec<Server>,
}

/// A server, compared by where it leads where that can be told.
#[derive(PartialEq)]
enum Server {
    Endpoint(Endpoint),
    Text(String),
}

impl Server {
    fn read(text: &str) -> Self {
        text.parse().map_or_else(|_| Self::Text(text.to_owned()), Self::Endpoint)
    }
}

impl<'a> Cache<'a> {
    fn new(observed: &'a ObservedCache) -> Self {
        let name = observed.key_path.strip_prefix("CACHES.").filter(|name| !name.contains('.'));
        Self {
            observed,
            service: service_of(&observed.file),
            name,
            servers: observed.servers.iter().map(|s| Server::read(s)).collect(),
        }
    }

    fn is_default(&self) -> bool {
        let default = self.service.map_or(&[][..], |s| s.memcached_default);
        self.servers.len() == default.len()
            && std::iter::zip(&self.servers, default).all(|(has, text)| *has == Server::read(text))
    }

    fn may_be_local(&self, here: &ThisHost) -> bool {
        self.servers.iter().any(|server| match server {
            Server::Endpoint(endpoint) => here.is_local(endpoint),
            Server::Text(_) => true,
        })
    }

    fn variable(&self) -> MemcachedVariable {
        self.service.map_or(MemcachedVariable::None, |service| service.memcached)
    }

    /// Sets `variable` to this cache's servers. What is not understood is
    /// reported instead: it may be anything, a password included.
    fn express(&self, variable: &str, found: &mut ServerVars) {
        if self.servers.iter().any(|server| matches!(server, Server::Text(_))) {
            found.unexpressed.push(self.unexpressed(UnexpressedReason::NotUnderstood));
            return;
        }
        let value = self.observed.servers.iter().cloned().collect();
        found.vars.insert(variable.to_owned(), value);
    }

    fn file_name(&self) -> String {
        let name = self.observed.file.file_name().unwrap_or_default();
        name.to_string_lossy().into_owned()
    }

    fn shown(&self) -> String {
        format!("{} {}", self.file_name(), self.observed.key_path)
    }

    fn unexpressed(&self, reason: UnexpressedReason) -> Unexpressed {
        Unexpressed { file: self.observed.file.clone(), key_path: self.observed.key_path.clone(), reason }
    }
}

/// Whether `file` is the record of LMS or Studio that the platform ignores, JSON or YAML, where `all` have the other one.
fn is_other_record<'a>(file: &Path, release: Option<Release>, mut all: impl Iterator<Item = &'a Path>) -> bool {
    let Some(service) = service_of(file).filter(|s| s.memcached == MemcachedVariable::Edxapp) else {
        return false;
    };
    let json_is_read = release.is_some_and(Release::reads_edxapp_json);
    is_json(file) != json_is_read
        && all.any(|other| is_json(other) == json_is_read && service_of(other).is_some_and(|s| s.name == service.name))
}

fn add_shared(caches: &[Cache<'_>], found: &mut ServerVars) {
    let members: Vec<&Cache<'_>> = caches
        .iter()
        .filter(|c| c.name == Some("default") && c.service.is_some_and(|s| s.edx_django_service))
        .collect();
    let reached_by_it = |c: &&&Cache<'_>| c.variable() == MemcachedVariable::Shared;
    let moved: Vec<_> = members.iter().filter(reached_by_it).filter(|c| !c.is_default()).collect();
    let Some(first) = moved.first() else {
        if members.iter().any(|c| reached_by_it(&c)) {
            found.at_default.push(SHARED.to_owned());
        }
        return;
    };
    // Given as an extra var it beats each service's own variable, so it can
    // only be used while all of them agree.
    if members.iter().all(|c| c.servers == first.servers) {
        first.express(SHARED, found);
        return;
    }
    for cache in &moved {
        let others = members.iter().filter(|c| c.servers != cache.servers).map(|c| c.file_name()).collect();
        found.unexpressed.push(cache.unexpressed(UnexpressedReason::SharedDiffers { others }));
    }
}

fn add_edxapp(caches: &[Cache<'_>], found: &mut ServerVars) {
    let rendered = |c: &&Cache<'_>| {
        c.variable() == MemcachedVariable::Edxapp && c.name.is_some_and(|name| EDXAPP_CACHES.contains(&name))
    };
    let (structure, general): (Vec<_>, Vec<_>) =
        caches.iter().filter(rendered).partition(|c| c.name == Some(COURSE_STRUCTURE_CACHE));

    let mut base = None;
    if let Some(first) = general.first() {
        match general.iter().find(|c| c.servers != first.servers) {
            Some(other) => {
                found.unexpressed.push(other.unexpressed(UnexpressedReason::EdxappDiffers { other: first.shown() }));
            }
            None if first.is_default() => found.at_default.push(EDXAPP.to_owned()),
            None => first.express(EDXAPP, found),
        }
        base = Some(first);
    }
    if let Some(first) = structure.first() {
        if let Some(other) = structure.iter().find(|c| c.servers != first.servers) {
            found
                .unexpressed
                .push(other.unexpressed(UnexpressedReason::CourseStructureDiffers { other: first.shown() }));
            return;
        }
        // Its default is whatever EDXAPP_MEMCACHE says.
        let follows = base.map_or_else(|| first.is_default(), |b| b.servers == first.servers);
        if follows {
            found.at_default.push(COURSE_STRUCTURE.to_owned());
        } else {
            first.express(COURSE_STRUCTURE, found);
        }
    }
}

fn add_own(service: &'static Service, caches: &[Cache<'_>], found: &mut ServerVars) {
    let MemcachedVariable::Own(variable) = service.memcached else {
        return;
    };
    let cache = caches.iter().find(|c| c.name == Some("default") && c.service.is_some_and(|s| s.name == service.name));
    match cache {
        Some(cache) if cache.is_default() => found.at_default.push(variable.to_owned()),
        Some(cache) => cache.express(variable, found),
        None => {}
    }
}

/// Reports a cache that no role renders, once it has been moved: as long as it
/// is local, it is whatever the operator made it.
fn add_unreachable(cache: &Cache<'_>, here: &ThisHost, found: &mut ServerVars) {
    let reached = match cache.variable() {
        MemcachedVariable::Edxapp => cache.name.is_some_and(|name| EDXAPP_CACHES.contains(&name)),
        MemcachedVariable::Own(_) | MemcachedVariable::Shared => cache.name == Some("default"),
        MemcachedVariable::WholeMapping(_) | MemcachedVariable::None => false,
    };
    if reached || cache.may_be_local(here) {
        return;
    }
    let reason = match (cache.service, cache.variable()) {
        (None, _) => UnexpressedReason::UnknownService,
        (_, MemcachedVariable::WholeMapping(variable)) if cache.name.is_some() => {
            UnexpressedReason::WholeMapping { variable }
        }
        _ => UnexpressedReason::NotRendered("cache"),
    };
    found.unexpressed.push(cache.unexpressed(reason));
}
