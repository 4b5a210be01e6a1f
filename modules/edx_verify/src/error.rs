//! What keeps a verification from starting. What it finds is a check, not an error.

use edx_layout::{EndpointError, UnknownRelease};
use thiserror::Error;

/// Why nothing was looked at.
#[derive(Debug, Error)]
pub enum Error {
    /// An endpoint that cannot be read.
    #[error("memcached: {0}")]
    Endpoint(EndpointError),
    /// A release that does not exist.
    #[error("release: {0}")]
    Release(UnknownRelease),
    /// A number out of its range.
    #[error("option '{option}' must be {allowed}")]
    Range {
        /// The option.
        option: &'static str,
        /// What is allowed.
        allowed: String,
    },
    /// Only empty lists were given.
    #[error("nothing to verify: give the cache servers in 'memcached', the folder in 'path', or 'files'")]
    Nothing,
    /// There is nothing to compare the variables with.
    #[error(
        "'server_vars' is compared with the files that Open edX reads: give their folder in 'path', as in /edx/etc"
    )]
    ServerVarsAlone,
    /// Activity is expected, and nothing looks for it.
    #[error("'expect_activity' needs cache servers in 'memcached' and an 'activity_seconds' above 0")]
    NoInterval,
}
