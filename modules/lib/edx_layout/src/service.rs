//! The services of a native Open edX and the settings files they read.

use std::path::{Path, PathBuf};

use crate::release::Release;

/// How a role variable reaches a service's memcached servers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MemcachedVariable {
    /// `EDXAPP_MEMCACHE` for LMS and Studio together, and
    /// `EDXAPP_CACHE_COURSE_STRUCTURE_MEMCACHE` for one of their caches.
    Edxapp,
    /// A variable of the service's own, for `CACHES.default`.
    Own(&'static str),
    /// Only `edx_django_service_memcache`, which every service of the
    /// `edx_django_service` role shares.
    Shared,
    /// `XQUEUE_CACHES`, the whole mapping of caches; there is none by default.
    WholeMapping(&'static str),
    /// The service's role renders no cache.
    None,
}

/// A service of a native installation.
#[derive(Debug)]
pub struct Service {
    /// The name of its file in `/edx/etc`, without `.yml`.
    pub name: &'static str,
    /// The variable for its memcached servers.
    pub memcached: MemcachedVariable,
    /// The servers its role renders where no variable is set.
    pub memcached_default: &'static [&'static str],
    /// Whether the `edx_django_service` role renders it, so that
    /// `edx_django_service_memcache` given as an extra var beats its own.
    pub edx_django_service: bool,
    /// The supervisor programs that every native host with it has.
    programs: &'static [&'static str],
    /// Programs that only some hosts have, or only from some release on.
    worker_programs: &'static [(&'static str, Release)],
}

/// The caches of LMS and Studio that their role renders, in every release.
pub const EDXAPP_CACHES: [&str; 7] = [
    "celery",
    "configuration",
    "course_structure_cache",
    "default",
    "general",
    "mongo_metadata_inheritance",
    "staticfiles",
];

const fn ida(
    name: &'static str,
    memcached: MemcachedVariable,
    programs: &'static [&'static str],
    worker_programs: &'static [(&'static str, Release)],
) -> Service {
    Service { name, memcached, memcached_default: &["memcache"], edx_django_service: true, programs, worker_programs }
}

const fn uncached(name: &'static str, programs: &'static [&'static str]) -> Service {
    Service {
        name,
        memcached: MemcachedVariable::None,
        memcached_default: &[],
        edx_django_service: false,
        programs,
        worker_programs: &[],
    }
}

/// The one service whose settings are a file of shell variables, and in no `/edx/etc`.
const FORUM: &str = "forum";

/// Every service that a native playbook of Hawthorn to Quince can install.
pub const SERVICES: &[Service] = &[
    Service {
        name: "lms",
        memcached: MemcachedVariable::Edxapp,
        memcached_default: &["localhost:11211"],
        edx_django_service: false,
        programs: &["lms", "edxapp_worker:*"],
        worker_programs: &[],
    },
    Service {
        name: "studio",
        memcached: MemcachedVariable::Edxapp,
        memcached_default: &["localhost:11211"],
        edx_django_service: false,
        programs: &["cms", "edxapp_worker:*"],
        worker_programs: &[],
    },
    Service {
        name: "ecommerce",
        memcached: MemcachedVariable::Own("ECOMMERCE_MEMCACHE"),
        memcached_default: &["localhost:11211"],
        edx_django_service: true,
        programs: &["ecommerce"],
        worker_programs: &[],
    },
    uncached("ecomworker", &["ecomworker"]),
    ida(
        "discovery",
        MemcachedVariable::Own("DISCOVERY_MEMCACHE"),
        &["discovery"],
        &[("discovery_workers:*", Release::Lilac)],
    ),
    ida(
        "credentials",
        MemcachedVariable::Own("CREDENTIALS_MEMCACHE"),
        &["credentials"],
        &[("credentials_workers:*", Release::Hawthorn)],
    ),
    Service {
        name: "insights",
        memcached: MemcachedVariable::Own("INSIGHTS_MEMCACHE"),
        memcached_default: &["127.0.0.1:11211"],
        edx_django_service: false,
        programs: &["insights"],
        worker_programs: &[],
    },
    ida(
        "registrar",
        MemcachedVariable::Own("REGISTRAR_MEMCACHE"),
        &["registrar"],
        &[("registrar_workers:*", Release::Juniper)],
    ),
    ida(
        "designer",
        MemcachedVariable::Own("DESIGNER_MEMCACHE"),
        &["designer"],
        &[("designer_workers:*", Release::Juniper)],
    ),
    ida(
        "enterprise_catalog",
        MemcachedVariable::Own("ENTERPRISE_CATALOG_MEMCACHE"),
        &["enterprise_catalog"],
        &[("enterprise_catalog_workers:*", Release::Juniper)],
    ),
    ida(
        "license_manager",
        MemcachedVariable::Own("LICENSE_MANAGER_MEMCACHE"),
        &["license_manager"],
        &[("license_manager_workers:*", Release::Maple)],
    ),
    ida(
        "commerce_coordinator",
        MemcachedVariable::Own("COMMERCE_COORDINATOR_MEMCACHE"),
        &["commerce_coordinator"],
        &[("commerce_coordinator_workers:*", Release::Olive)],
    ),
    ida("journals", MemcachedVariable::Own("JOURNALS_MEMCACHE"), &["journals"], &[]),
    ida("analytics_api", MemcachedVariable::Shared, &["analytics_api"], &[]),
    ida("blockstore", MemcachedVariable::Shared, &["blockstore"], &[("blockstore_workers:*", Release::Juniper)]),
    Service {
        name: "xqueue",
        memcached: MemcachedVariable::WholeMapping("XQUEUE_CACHES"),
        memcached_default: &[],
        edx_django_service: false,
        programs: &["xqueue", "xqueue_consumer"],
        worker_programs: &[],
    },
    uncached("edx_notes_api", &["edx_notes_api"]),
    uncached(FORUM, &["forum"]),
];

impl Service {
    /// The service called `name`.
    pub fn named(name: &str) -> Option<&'static Self> {
        SERVICES.iter().find(|service| service.name == name)
    }

    /// The programs that read this service's settings, each with whether
    /// every host has it (`true`) or only some do (`false`).
    pub(crate) fn programs(&self, release: Option<Release>) -> impl Iterator<Item = (&'static str, bool)> {
        let always = self.programs.iter().map(|name| (*name, true));
        let workers =
            self.worker_programs.iter().filter(move |(_, since)| release.is_none_or(|release| release >= *since)).map(
                move |(name, _)| {
                    // The discovery workers belong to every installation since Lilac;
                    // those of the others depend on how their own playbook was run.
                    (*name, *name == "discovery_workers:*" && release.is_some())
                },
            );
        always.chain(workers)
    }
}

/// The service whose settings `file` holds, told by its name: `lms.yml`,
/// `studio.yml`, and `lms.env.json`, `cms.auth.json` and so on, and `forum_env`.
pub fn service_of(file: &Path) -> Option<&'static Service> {
    let name = file.file_name()?.to_str()?;
    let service = match name {
        "lms.env.json" | "lms.auth.json" => "lms",
        "cms.env.json" | "cms.auth.json" => "studio",
        "forum_env" => return Service::named(FORUM),
        _ => name.strip_suffix(".yml").or_else(|| name.strip_suffix(".yaml"))?,
    };
    Service::named(service).filter(|service| service.name != FORUM)
}

/// Whether `release` reads `file`. Of the two records that LMS and Studio
/// have, JSON and YAML, it reads one; without a release both may be read.
pub(crate) fn is_read(file: &Path, release: Option<Release>) -> bool {
    let Some(release) = release else {
        return true;
    };
    match service_of(file) {
        Some(service) if service.memcached == MemcachedVariable::Edxapp => is_json(file) == release.reads_edxapp_json(),
        _ => true,
    }
}

/// Whether `file` is one of the JSON files of LMS and Studio.
pub(crate) fn is_json(file: &Path) -> bool {
    file.extension().is_some_and(|extension| extension == "json")
}

/// The root of the file system that `folder` is the `edx/etc` of: `/` for
/// `/edx/etc`, `/srv/copy` for `/srv/copy/edx/etc`, none for other folders.
pub fn root_of(folder: &Path) -> Option<PathBuf> {
    let edx = folder.parent()?;
    let named = folder.file_name()? == "etc" && edx.file_name()? == "edx";
    named.then(|| edx.parent().map(Path::to_path_buf))?
}
