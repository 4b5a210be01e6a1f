//! What keeps a verification from starting. What it finds is a check, not an error.

use edx_layout::{EndpointError, UnknownRelease};
use http::{TlsError, UrlError};
use thiserror::Error;

/// Why nothing was looked at.
#[derive(Debug, Error)]
pub enum Error {
    /// An endpoint that cannot be read.
    #[error("memcached: {0}")]
    Endpoint(EndpointError),
    /// An address of a page that cannot be asked.
    #[error("{option}: {error}")]
    Url {
        /// The option.
        option: &'static str,
        /// Why.
        error: UrlError,
    },
    /// A file of authorities that cannot be used.
    #[error("ca_path: {0}")]
    Authorities(TlsError),
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
    #[error(
        "nothing to verify: give the cache servers in 'memcached', the folder in 'path', 'files', or the platform's own \
         addresses in 'heartbeats' or 'lms_url'"
    )]
    Nothing,
    /// There is nothing to compare the variables with.
    #[error(
        "'server_vars' is compared with the files that Open edX reads: give their folder in 'path', as in /edx/etc"
    )]
    ServerVarsAlone,
    /// Pages are to be asked for, and nothing is counted.
    #[error(
        "'traffic' is judged by the counters of the cache servers that the platform should use: give them in 'memcached'"
    )]
    TrafficAlone,
    /// A login of which a part is missing.
    #[error("to sign in, 'lms_url', 'login_user' and 'login_password' are needed together: give {}", missing.join(" and "))]
    LoginPartly {
        /// The options that are missing.
        missing: Vec<&'static str>,
    },
    /// There is no login that this would be a part of.
    #[error("'{option}' is a part of the login: give 'lms_url', 'login_user' and 'login_password' too")]
    WithoutLogin {
        /// The option.
        option: &'static str,
    },
    /// An address with more than a server in it.
    #[error("{option}: give scheme and host only, as in https://courses.example.org, without {extra:?}")]
    NotARoot {
        /// The option.
        option: &'static str,
        /// What is too much.
        extra: String,
    },
    /// An application server that cannot be read.
    #[error("app_servers: {text:?} is no server, such as 172.31.5.1, 172.31.5.1:8000 or http://172.31.5.1:80")]
    AppServer {
        /// What was given.
        text: String,
    },
    /// Activity is expected, and nothing looks for it.
    #[error("'expect_activity' needs cache servers in 'memcached' and an 'activity_seconds' above 0")]
    NoInterval,
}
