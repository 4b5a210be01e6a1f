//! The options about Redis.

use std::time::Duration;

use ansible_protocol::Arguments;
use edx_layout::Endpoint;
use redis::{Credentials, Secret};

use crate::error::Error;

/// The brokers to look at, and those that were replaced.
#[derive(Debug, Clone, Default)]
pub struct Brokers {
    /// The brokers, each once.
    pub servers: Vec<Endpoint>,
    /// Who to be there.
    pub credentials: Credentials,
    /// So many workers have to answer; 0 to call none.
    pub workers: u64,
    /// They are called again until this is over.
    pub patience: Duration,
    /// Brokers that nobody may use any more.
    pub replaced: Vec<Endpoint>,
    /// Who to be there.
    pub replaced_credentials: Credentials,
}

impl Brokers {
    /// Whether there is nothing to look at.
    pub fn is_empty(&self) -> bool {
        self.servers.is_empty() && self.replaced.is_empty()
    }

    /// From the arguments of a run.
    pub fn from_arguments(arguments: &Arguments, patience: Duration) -> Result<Self, Error> {
        let workers = arguments.int("redis_workers").unwrap_or(0);
        Ok(Self {
            servers: super::endpoints(arguments, "redis", Endpoint::of_redis)?,
            credentials: credentials(arguments, "redis_username", "redis_password"),
            workers: u64::try_from(workers)
                .map_err(|_| Error::Range { option: "redis_workers", allowed: "0 or more".to_owned() })?,
            patience,
            replaced: super::endpoints(arguments, "redis_replaced", Endpoint::of_redis)?,
            replaced_credentials: credentials(arguments, "redis_replaced_username", "redis_replaced_password"),
        })
    }
}

fn credentials(arguments: &Arguments, username: &str, password: &str) -> Credentials {
    let text = |option: &str| arguments.str(option).filter(|text| !text.is_empty()).map(str::to_owned);
    Credentials { username: text(username), password: Secret::new(text(password).unwrap_or_default()) }
}
