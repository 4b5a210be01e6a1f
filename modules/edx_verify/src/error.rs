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
        "nothing to verify: give the cache servers in 'memcached', the folder in 'path', 'files', the platform's own \
         addresses in 'heartbeats', or public addresses in 'exposure'"
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
    /// Activity is expected, and nothing looks for it.
    #[error("'expect_activity' needs cache servers in 'memcached' and an 'activity_seconds' above 0")]
    NoInterval,
    /// The layers are those of a settings folder.
    #[error("'layers' looks at the servers that the files of Open edX name: give their folder in 'path', as in /edx/etc")]
    LayersAlone,
    /// What is expected of the layers is expected of nothing.
    #[error("'expect_remote' and 'expect_ready' are about the data layers: set 'layers' to true")]
    ExpectsLayers,
    /// A layer that does not exist.
    #[error("expect_remote: \"{0}\" is no data layer; these are: mysql, mongodb, memcached, redis, rabbitmq, elasticsearch, files")]
    Layer(String),
    /// No address.
    #[error("exposure: \"{0}\" is not an address or a name: give it without a port, as in 203.0.113.5")]
    Address(String),
    /// What was to be put together.
    #[error("statuses: {0}")]
    Statuses(roadmap::Error),
    /// Nothing to put together.
    #[error("'statuses' holds what edx_verify with 'layers' found of each application server, and 'unseen' names the others: both are \
             empty")]
    NothingToCombine,
    /// Options that put something together.
    #[error("{0} is for putting together what was seen of several servers: give 'statuses'")]
    CombinesNothing(&'static str),
}
