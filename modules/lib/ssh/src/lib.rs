//! Connections made from the far end of SSH, through as many hosts as it takes.
//!
//! A [`Connection`] leads to the last [`Hop`] of a chain. It is a [`net::Dial`]: what it connects to is reached
//! from that host, and it runs commands there. Host keys are checked against `known_hosts` before anything else is
//! said, logins are made with keys only, and each step ends in time.
//!
//! `~/.ssh/config` is not read: a hop is a host's own name or address.

mod base64;
mod claim;
mod connection;
mod error;
mod hop;
mod key_file;
mod known_hosts;
mod lanes;
mod line;
mod login;
mod output;
mod pump;
mod relay;
mod run;
mod settings;
mod start;
mod worker;

pub use connection::Connection;
pub use error::{Error, Step};
pub use hop::Hop;
pub use output::Output;
pub use settings::Settings;
