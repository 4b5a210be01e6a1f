//! The variables with which the next upgrade renders what stands in the files.

use edx_layout::{Password, Release, ServerVars, ThisHost, redis_server_vars, server_vars};

use crate::service::Service;
use crate::settings::Seen;

/// The variables for server-vars.yml.
pub fn variables(
    service: Service,
    release: Option<Release>,
    seen: &Seen,
    password: Password,
    here: &ThisHost,
) -> ServerVars {
    match service {
        Service::Memcached => server_vars(release, &seen.caches, here),
        Service::Redis => redis_server_vars(release, &seen.brokers, password, here),
    }
}
