//! The kinds of data that a platform keeps, and the settings that say where each of them is.

pub(crate) mod broker;
mod entry;
mod files;
pub(crate) mod find;
mod memcached;
mod mongodb;
mod mysql;
mod search;
mod shell;
mod text;
pub(crate) mod url;
pub(crate) mod value;

use std::fmt;
use std::path::PathBuf;

use crate::endpoint::Host;
pub use entry::{DataEntry, DataKeys, find_databases, find_stores};
pub(crate) use find::{File, find_in};
pub use find::{find_data, is_shell};
pub use mysql::SOCKET as MYSQL_SOCKET;
pub use shell::{ShellFile, StoreUrl};

/// A kind of data, with the server that keeps it.
///
/// The order is the one in which they should leave the application server: MySQL pays at once, MongoDB is the
/// largest, and the others are needed only for a second application server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Layer {
    /// Users, grades, courses' outlines.
    MySql,
    /// The module store, uploaded course files, discussions.
    MongoDb,
    /// Caches, sessions among them.
    Memcached,
    /// The task queue, from Koa on.
    Redis,
    /// The task queue up to Juniper.
    RabbitMq,
    /// The search index.
    Elasticsearch,
    /// Uploaded files and reports, on a disk or in an object store.
    Files,
}

impl Layer {
    /// Every layer, in the order in which they should move.
    pub const ALL: [Self; 7] =
        [Self::MySql, Self::MongoDb, Self::Memcached, Self::Redis, Self::RabbitMq, Self::Elasticsearch, Self::Files];

    /// The name in options, results and names of checks: lower case, one word.
    pub const fn name(self) -> &'static str {
        match self {
            Self::MySql => "mysql",
            Self::MongoDb => "mongodb",
            Self::Memcached => "memcached",
            Self::Redis => "redis",
            Self::RabbitMq => "rabbitmq",
            Self::Elasticsearch => "elasticsearch",
            Self::Files => "files",
        }
    }

    /// The name that people write.
    pub const fn title(self) -> &'static str {
        match self {
            Self::MySql => "MySQL",
            Self::MongoDb => "MongoDB",
            Self::Memcached => "memcached",
            Self::Redis => "Redis",
            Self::RabbitMq => "RabbitMQ",
            Self::Elasticsearch => "Elasticsearch",
            Self::Files => "files",
        }
    }

    /// The TCP port where none is written; none for files.
    pub const fn default_port(self) -> Option<u16> {
        match self {
            Self::MySql => Some(3306),
            Self::MongoDb => Some(27017),
            Self::Memcached => Some(11211),
            Self::Redis => Some(6379),
            Self::RabbitMq => Some(5672),
            Self::Elasticsearch => Some(9200),
            Self::Files => None,
        }
    }

    /// The layer of that [`Layer::name`].
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|layer| layer.name() == name)
    }
}

impl fmt::Display for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.title())
    }
}

/// A setting that says where data is: one value of one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataSetting {
    /// The kind of data.
    pub layer: Layer,
    /// The file that it stands in.
    pub file: PathBuf,
    /// Its key path, such as `DATABASES.default.HOST`, or the variable of a file of shell variables.
    pub key: String,
    /// Its line.
    pub line: usize,
    /// Whether the release reads this setting, and the file that it stands in; true where the release is not known.
    pub is_read: bool,
    /// Where it leads.
    pub places: Vec<DataPlace>,
}

/// One place that a setting names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataPlace {
    /// The text as it stands there, without user and password: fit to be shown.
    pub shown: String,
    /// Where that is.
    pub address: DataAddress,
}

/// Where data is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DataAddress {
    /// A server.
    Server {
        /// Name or address.
        host: Host,
        /// TCP port.
        port: u16,
        /// Whether the client speaks TLS to it.
        tls: bool,
    },
    /// A unix socket of this host.
    Socket(PathBuf),
    /// A folder of this host, as it is written; empty where the service's own default applies.
    Folder(PathBuf),
    /// An object store: its endpoint (none for AWS's own) and bucket.
    ObjectStore {
        /// `https://…`, where another one than AWS's own is set.
        endpoint: Option<String>,
        /// The bucket's name.
        bucket: String,
    },
    /// It cannot be told: why.
    Unknown(String),
}

impl DataAddress {
    /// The host of a server, or of an object store that is not AWS's own.
    pub fn host(&self) -> Option<Host> {
        match self {
            Self::Server { host, .. } => Some(host.clone()),
            _ => self.store_host(),
        }
    }

    /// The host of an object store that is not AWS's own.
    pub(crate) fn store_host(&self) -> Option<Host> {
        let Self::ObjectStore { endpoint: Some(endpoint), .. } = self else { return None };
        let url = url::Url::read(endpoint).ok()?;
        crate::endpoint::host_and_port(url.authority).ok().map(|(host, _)| host)
    }
}
