//! Points the caches of a native Open edX at memcached servers, or its task queue at a Redis. The engine is `rewiring`;
//! here is how caches and brokers stand in the files.

mod clock;
mod memcached;
mod redis;
mod spec;

pub use memcached::Memcached;
pub use redis::Redis;
pub use spec::{PAGE, SPEC};

use ansible_protocol::{Failure, Outcome, Request};

/// The module's body.
///
/// # Errors
///
/// See [`rewiring::run`].
pub fn run(request: &Request) -> Result<Outcome, Failure> {
    rewiring::run(request, &[&Memcached, &Redis])
}
