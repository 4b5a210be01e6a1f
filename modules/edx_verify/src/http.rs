//! Asks a web server for one page, within a time and a size that the server cannot stretch.
//!
//! Only what looking at a platform takes: GET over plain HTTP, each request on a connection of its own. No redirect
//! is followed, no proxy of the environment is used, nothing is kept.

mod answer;
mod fault;
mod url;
mod wire;

use std::time::Instant;

pub use answer::Answer;
pub use fault::Fault;
pub use url::{Url, UrlError, masked};
use wire::Wire;

/// Who asks, as a server's log shows it.
const AGENT: &str = concat!("edxops-edx_verify/", env!("CARGO_PKG_VERSION"));

/// The answer to a request for `url`, of whose body at most `limit` bytes are read. Ends by `deadline`, whatever the
/// server does.
pub fn get(url: &Url, deadline: Instant, limit: usize) -> Result<Answer, Fault> {
    let mut wire = Wire::connect(url, deadline)?;
    let request = format!(
        "GET {} HTTP/1.1\r\nHost: {}\r\nUser-Agent: {AGENT}\r\nAccept: */*\r\nAccept-Encoding: identity\r\nConnection: \
         close\r\n\r\n",
        url.target(),
        url.authority()
    );
    wire.send(request.as_bytes())?;
    answer::read(&mut wire, limit)
}
