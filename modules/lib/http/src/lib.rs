//! Asks a web server for pages as a browser does, within a time and a size that the server cannot stretch.
//!
//! Only what looking at a platform takes: GET and POST over HTTP and HTTPS, each request on a connection of its own,
//! cookies where a [`Jar`] is given, and redirects where they are asked to be followed. No proxy of the environment is
//! used, and nothing is kept beyond the process. Connections come from a [`net::Dial`], so from wherever that makes them.

mod answer;
mod client;
mod connection;
mod cookies;
mod fault;
mod follow;
mod request;
mod tls;
mod url;

pub use answer::Answer;
pub use client::Client;
pub use cookies::Jar;
pub use fault::{CertificateFault, Fault, TlsFault};
pub use follow::{Followed, Hop, Lost, LostFault};
pub use request::{Method, Request};
pub use tls::{Tls, TlsError, TlsSettings};
pub use url::{Scheme, Url, UrlError, masked};
