//! The variables with which the next upgrade renders what stands in the files.

use edx_layout::{Release, ServerVars, ThisHost, server_vars};

use crate::service::Service;
use crate::settings::Seen;

/// The variables for server-vars.yml.
pub fn variables(service: Service, release: Option<Release>, seen: &Seen, here: &ThisHost) -> ServerVars {
    match service {
        Service::Memcached => server_vars(release, &seen.caches, here),
        Service::Redis => ServerVars::default(),
    }
}
