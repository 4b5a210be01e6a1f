//! Finds Celery's brokers, and Django's caches, on Redis in a settings file.

mod entry;
mod find;
mod percent;
mod point;
mod server;

use std::path::PathBuf;

pub use entry::{Broker, BrokerEntry, BrokerValue, RedisBroker, ValueKind};
pub use find::find_brokers;
pub use percent::encode as percent_encoded;
pub use server::{CannotHold, Credentials, RedisServer};

/// How a place names its server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BrokerForm {
    /// `CELERY_BROKER_HOSTNAME` with its siblings, from which the platform puts a URL together.
    Host,
    /// A whole URL, as in `BROKER_URL` and `CELERY_BROKER_URL`.
    Url,
    /// A cache with a Redis backend.
    Cache,
    /// `SINGLE_BEAT_REDIS_SERVER` in supervisor's `workers.conf`.
    Supervisor,
}

impl BrokerForm {
    /// Its word in results.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Host => "host",
            Self::Url => "url",
            Self::Cache => "cache",
            Self::Supervisor => "supervisor",
        }
    }
}

/// One place in a settings file that names a Celery broker or Redis cache (a key like `CELERY_BROKER_HOSTNAME` with its
/// siblings, or a whole URL). It holds no password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObservedBroker {
    /// The settings file; its name tells the service.
    pub file: PathBuf,
    /// The key path of the value that names the server, such as `CELERY_BROKER_HOSTNAME`, `BROKER_URL` or
    /// `CACHES.default.LOCATION`.
    pub key_path: String,
    /// How it names it.
    pub form: BrokerForm,
    /// Celery's transport, in lower case: `redis`, `rediss`.
    pub transport: String,
    /// A host name in lower case, or an address without brackets.
    pub host: String,
    /// TCP port, 6379 where none is written.
    pub port: u16,
    /// The user, percent-encoding taken off; empty where none is written.
    pub user: String,
    /// Whether a password is written.
    pub has_password: bool,
    /// The database (or Celery's virtual host) as written, without the slash before it; none where it is not.
    pub database: Option<String>,
}
