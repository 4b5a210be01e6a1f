//! memcached as Debian and Ubuntu package it: `/etc/memcached.conf` as a document, and the text
//! protocol as a client.
//!
//! - [`Settings`]: what a daemon should run with; checked by [`Settings::validate`].
//! - [`conf::Document`]: the configuration file; [`conf::Document::apply`] sets the managed options
//!   and leaves every other line as it is.
//! - [`Client`]: talks to a daemon over TCP or a unix socket, from here or elsewhere ([`net::Dial`]), each call with a
//!   deadline.
//! - [`Stats`], [`RunningSettings`]: what the daemon says of itself, in typed fields.
//! - [`compare()`]: where the running daemon differs from what was asked.
//!
//! The facts about the daemon were seen with 1.6.18 (Debian 12); those about its start scripts
//! are from that package's `systemd-memcached-wrapper` and `start-memcached`.

mod client;
mod compare;
pub mod conf;
mod connections;
mod endpoint;
mod error;
mod option;
mod settings;
mod stats;

pub use client::{Client, RoundTrip};
pub use compare::{Mismatch, compare};
pub use connections::Connection;
pub use endpoint::Endpoint;
pub use error::Error;
pub use option::ExtraOption;
pub use settings::{DEFAULT_PORT, ItemSize, Settings, parse_listen_address};
pub use stats::{RunningSettings, Stats, Value};
