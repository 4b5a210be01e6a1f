//! Redis, as the broker of Open edX's task queues: its protocol as a client, and what it says of itself.
//!
//! The protocol is RESP2, which every Redis since 1.2 and Valkey speak. Everything that a server sends is bounded, in
//! size and in time; passwords are sent and kept nowhere else, and never a part of an error.

mod client;
mod clients;
pub mod conf;
mod credentials;
mod error;
mod info;
mod keys;
mod remote_control;
mod reply;

pub use client::{Client, RoundTrip};
pub use clients::Connection;
pub use credentials::{Credentials, Secret};
pub use error::Error;
pub use info::Info;
pub use keys::{Key, Keys, Kind};
pub use remote_control::{Called, json_string};
pub use reply::Reply;

/// The port on which Redis listens unless told otherwise.
pub const PORT: u16 = 6379;
