//! What a run is about: the caches on memcached, or Celery's brokers on Redis. The words for each.

use edx_layout::{DEFAULT_MEMCACHED_PORT, DEFAULT_REDIS_PORT, EDX_DEFAULT_NAME, Endpoint, EndpointError, Layer};

/// The option `service`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Service {
    /// Every cache with a memcached backend.
    #[default]
    Memcached,
    /// Every broker, and every cache with a Redis backend.
    Redis,
}

impl Service {
    /// The service of that name; memcached where there is none.
    pub fn named(name: Option<&str>) -> Self {
        if name == Some("redis") { Self::Redis } else { Self::Memcached }
    }

    /// The kind of data.
    pub fn layer(self) -> Layer {
        match self {
            Self::Memcached => Layer::Memcached,
            Self::Redis => Layer::Redis,
        }
    }

    /// Reads one of its servers.
    pub fn endpoint(self, text: &str) -> Result<Endpoint, EndpointError> {
        match self {
            Self::Memcached => text.parse(),
            Self::Redis => Endpoint::of_redis(text),
        }
    }

    /// Its usual port.
    pub fn port(self) -> u16 {
        match self {
            Self::Memcached => DEFAULT_MEMCACHED_PORT,
            Self::Redis => DEFAULT_REDIS_PORT,
        }
    }

    /// The host name by which the roles mean it, and nothing else.
    pub fn name(self) -> Option<&'static str> {
        match self {
            Self::Memcached => Some(EDX_DEFAULT_NAME),
            Self::Redis => None,
        }
    }

    /// What names a server of it: `cache`.
    pub fn user(self) -> &'static str {
        match self {
            Self::Memcached => "cache",
            Self::Redis => "broker",
        }
    }

    /// The same in full: `memcached cache`.
    pub fn user_in_full(self) -> &'static str {
        match self {
            Self::Memcached => "memcached cache",
            Self::Redis => "Redis broker",
        }
    }

    /// The values that are set, several of them: `cache locations`.
    pub fn values(self) -> &'static str {
        match self {
            Self::Memcached => "cache locations",
            Self::Redis => "broker settings",
        }
    }

    /// Where such a value stands.
    pub fn place(self) -> &'static str {
        match self {
            Self::Memcached => "a cache's LOCATION",
            Self::Redis => "a broker's settings",
        }
    }
}
