//! What these tests share: asking, real daemons on loopback, and servers that do as they are told.

#![allow(dead_code, missing_docs, clippy::unwrap_used, clippy::print_stdout, reason = "each test uses a part of it")]

pub mod daemon;
pub mod mongod;
pub mod scripted;

use std::net::Ipv4Addr;
use std::time::{Duration, Instant};

use edx_layout::Layer;
use greeting::{Fault, Greeting};
use net::{Direct, Target};

/// Enough on a busy machine; nothing that goes well takes it.
pub const TIME: Duration = Duration::from_secs(20);

pub fn greet(layer: Layer, port: u16) -> Result<Greeting, Fault> {
    greet_within(layer, port, TIME)
}

pub fn greet_within(layer: Layer, port: u16, time: Duration) -> Result<Greeting, Fault> {
    greeting::greet(&Direct, layer, &Target::tcp(Ipv4Addr::LOCALHOST, port), false, Instant::now() + time)
}

pub fn greet_by_tls(layer: Layer, port: u16) -> Result<Greeting, Fault> {
    greeting::greet(&Direct, layer, &Target::tcp(Ipv4Addr::LOCALHOST, port), true, Instant::now() + TIME)
}

/// The line for people.
pub fn said(layer: Layer, port: u16) -> String {
    greet(layer, port).unwrap().said
}

/// What a fault tells, in so much time.
pub fn told(layer: Layer, port: u16, time: Duration) -> String {
    greet_within(layer, port, time).unwrap_err().told(time)
}
