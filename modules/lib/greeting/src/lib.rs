//! What a data server says of itself to somebody without credentials.
//!
//! [`greet`] has a short conversation in the server's own protocol and tells the product, its version and whether
//! it asks for a password; or why there is no such conversation, another protocol on the port included. All of it
//! ends by one deadline and holds little memory, whatever the server does.
//!
//! Elasticsearch speaks HTTP, for which others have a client: [`elasticsearch`] judges the answer to `GET /`.

mod bson;
mod elasticsearch;
mod fault;
mod memcached;
mod mongodb;
mod mysql;
mod rabbitmq;
mod redis;
mod spoken;
mod talk;
mod tls;

use std::time::Instant;

use edx_layout::Layer;
use net::{Dial, Target};

pub use elasticsearch::elasticsearch;
pub use fault::Fault;
pub use spoken::Spoken;
use talk::Talk;

/// What a server said of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Greeting {
    /// All of it in one line for people, such as `Redis 7.0.15, asks for a password`.
    pub said: String,
    /// The version, where it tells.
    pub version: Option<String>,
    /// Whether it wants a password, where that was seen.
    pub asks_for_password: Option<bool>,
    /// What will be in the way later, although it answers.
    pub warnings: Vec<Warning>,
}

/// Something that will be in the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// What was seen.
    pub told: String,
    /// What to do about it.
    pub advice: &'static str,
}

impl Greeting {
    /// Of a product, with what else is said of it.
    fn of(product: &str, version: Option<String>, asks_for_password: Option<bool>, more: &[String]) -> Self {
        let mut said = product.to_owned();
        if let Some(version) = &version {
            said.push(' ');
            said.push_str(version);
        }
        let password = match asks_for_password {
            Some(true) => Some("asks for a password"),
            Some(false) => Some("asks for no password"),
            None => None,
        };
        for part in password.into_iter().chain(more.iter().map(String::as_str)) {
            said.push_str(", ");
            said.push_str(part);
        }
        Self { said, version, asks_for_password, warnings: Vec::new() }
    }
}

/// Asks the server of a layer for its greeting, by `deadline`.
///
/// With `tls` the platform speaks TLS to it. MySQL then has to offer that; of the others, whose TLS comes before any
/// word, only that the port speaks TLS is told. Files have no server, and Elasticsearch is asked over HTTP: these
/// end in [`Fault::NotAsked`].
pub fn greet(dial: &dyn Dial, layer: Layer, target: &Target, tls: bool, deadline: Instant) -> Result<Greeting, Fault> {
    let open = || Talk::open(dial, layer, target, deadline);
    let ask = match layer {
        Layer::MySql => return mysql::greet(open()?, tls),
        Layer::MongoDb => mongodb::greet,
        Layer::Memcached => memcached::greet,
        Layer::Redis => redis::greet,
        Layer::RabbitMq => rabbitmq::greet,
        Layer::Elasticsearch | Layer::Files => return Err(Fault::NotAsked(layer)),
    };
    if tls {
        return tls::greet(open()?);
    }
    match ask(open()?) {
        // What waits for TLS hangs up on anything else, mostly without a word.
        Err(Fault::Closed) if open().is_ok_and(tls::answers) => {
            Err(Fault::OtherProtocol { layer, spoken: Spoken::Tls, said: String::new() })
        }
        greeted => greeted,
    }
}
