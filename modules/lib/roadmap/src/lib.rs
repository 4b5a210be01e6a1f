//! From what was seen of each application server to what an operator asks: what is still on it, what keeps a second
//! one from being added, what to do next, and which servers so many users take.

mod status;

pub use status::{CacheKeyPrefix, EndpointStatus, Finding, HostStatus, LayerStatus, Place, Scope};
