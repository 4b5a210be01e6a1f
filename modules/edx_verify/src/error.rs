//! What keeps a verification from starting. What it finds is a check, not an error.

use edx_layout::{EndpointError, UnknownRelease};
use http::{TlsError, UrlError};
use thiserror::Error;

/// Why nothing was looked at.
#[derive(Debug, Error)]
pub enum Error {
    /// An endpoint that cannot be read.
    #[error("{option}: {error}")]
    Endpoint {
        /// The option.
        option: &'static str,
        /// Why.
        error: EndpointError,
    },
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
        "nothing to verify: give the cache servers in 'memcached', the broker in 'redis', the folder in 'path', 'files', the platform's own \
         addresses in 'heartbeats' or 'lms_url', or public addresses in 'exposure'"
    )]
    Nothing,
    /// There is nothing to compare the variables with.
    #[error(
        "'server_vars' is compared with the files that Open edX reads: give their folder in 'path', as in /edx/etc"
    )]
    ServerVarsAlone,
    /// Something is watched by the cache servers' counters, and there are none.
    #[error("'{0}' is judged by what the cache servers that the platform should use say: give them in 'memcached'")]
    NoCaches(&'static str),
    /// Nobody's address.
    #[error("memcached_clients: \"{0}\" is no address; write one, as 172.31.5.1, or self for this server")]
    CacheClient(String),
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
    /// The layers are those of a settings folder.
    #[error(
        "'layers' looks at the servers that the files of Open edX name: give their folder in 'path', as in /edx/etc"
    )]
    LayersAlone,
    /// What is expected of the layers is expected of nothing.
    #[error("'expect_remote' and 'expect_ready' are about the data layers: set 'layers' to true")]
    ExpectsLayers,
    /// A layer that does not exist.
    #[error(
        "expect_remote: \"{0}\" is no data layer; these are: mysql, mongodb, memcached, redis, rabbitmq, elasticsearch, files"
    )]
    Layer(String),
    /// No address.
    #[error("exposure: \"{0}\" is not an address or a name: give it without a port, as in 203.0.113.5")]
    Address(String),
    /// What was to be put together.
    #[error("statuses: {0}")]
    Statuses(roadmap::Error),
    /// A server that is there already.
    #[error("unseen: \"{0}\" is named a second time, or is among the 'statuses'")]
    UnseenTwice(String),
    /// Nothing to put together.
    #[error(
        "'statuses' holds what edx_verify with 'layers' found of each application server, and 'unseen' names the others: both are \
             empty"
    )]
    NothingToCombine,
    /// Options that put something together.
    #[error("{0} is for putting together what was seen of several servers: give 'statuses'")]
    CombinesNothing(&'static str),
}
