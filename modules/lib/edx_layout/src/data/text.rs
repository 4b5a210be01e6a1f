//! Servers as text, without a scheme.

use std::path::PathBuf;

use super::{DataAddress, DataPlace};
use crate::endpoint::{host_and_port, redacted};

/// `host`, `host:port` or the path of a socket, at `port` where it has none of its own.
pub fn server(text: &str, port: u16, tls: bool) -> DataPlace {
    DataPlace { shown: redacted(text), address: address(text, port, tls) }
}

fn address(text: &str, port: u16, tls: bool) -> DataAddress {
    if text.contains('@') {
        return DataAddress::Unknown("it has a user or a password in it, where only a host belongs".to_owned());
    }
    if text.starts_with('/') {
        return DataAddress::Socket(PathBuf::from(text));
    }
    match host_and_port(text) {
        Ok((host, own)) => DataAddress::Server { host, port: own.unwrap_or(port), tls },
        Err(why) => DataAddress::Unknown(why),
    }
}

/// A place that is not known, of which nothing can be shown.
pub fn unknown(why: impl Into<String>) -> DataPlace {
    DataPlace { shown: "...".to_owned(), address: DataAddress::Unknown(why.into()) }
}
