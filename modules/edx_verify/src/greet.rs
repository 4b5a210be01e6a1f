//! Asks a data server of any layer what it is.

use std::time::{Duration, Instant};

use edx_layout::{Layer, MYSQL_SOCKET};
use greeting::{Fault, Greeting, Spoken};
use http::{Client, Tls, TlsFault, Url};
use net::{Dial, Target};

use crate::AGENT;

/// What an Elasticsearch says of itself has a few hundred bytes, and so has what a store says to a stranger.
const MAX_BODY: usize = 64 * 1024;

/// The name for which MySQL's clients take the socket.
pub const LOCALHOST: &str = "localhost";

/// How to ask.
#[derive(Debug, Clone, Copy)]
pub struct Way<'a> {
    /// Makes the connections.
    pub dial: &'a dyn Dial,
    /// What is trusted.
    pub tls: &'a Tls,
}

impl<'a> Way<'a> {
    /// Asks web servers, without cookies.
    pub fn web(self) -> Client<'a> {
        Client::new(self.dial, self.tls, AGENT)
    }
}

/// What came of it.
#[derive(Debug, Clone)]
pub enum Greeted {
    /// It is such a server.
    Answers {
        /// What it said of itself.
        said: String,
        /// What will be in the way later, each with what to do.
        warnings: Vec<(String, &'static str)>,
    },
    /// It could not be asked, which says nothing of it: why.
    Untold(String),
    /// It is none, or does not answer.
    Not {
        /// What was seen.
        seen: String,
        /// What to do.
        advice: String,
    },
}

impl Greeted {
    fn not(seen: impl Into<String>, advice: impl Into<String>) -> Self {
        Self::Not { seen: seen.into(), advice: advice.into() }
    }

    fn of(greeting: Result<Greeting, Fault>, time: Duration) -> Self {
        match greeting {
            Ok(greeting) => Self::Answers {
                said: greeting.said,
                warnings: greeting.warnings.into_iter().map(|warning| (warning.told, warning.advice)).collect(),
            },
            Err(Fault::Net(net::Fault::Way(why))) => Self::Untold(why),
            Err(fault) => Self::not(fault.told(time), fault.advice()),
        }
    }
}

/// Asks a server. `tls` says whether the platform speaks TLS to it.
pub fn ask(way: Way<'_>, layer: Layer, target: &Target, tls: bool, time: Duration) -> Greeted {
    let deadline = Instant::now() + time;
    if layer == Layer::Elasticsearch {
        return search(way, target, tls, deadline, time);
    }
    Greeted::of(greeting::greet(way.dial, layer, target, tls, deadline), time)
}

/// Asks the MySQL that a client finds at `localhost`. Its library takes the socket then, whatever the port; where
/// nobody listens there, what the port says is all there is to know.
pub fn ask_own_mysql(way: Way<'_>, port: u16, tls: bool, time: Duration) -> Greeted {
    let deadline = Instant::now() + time;
    let ask = |target: &Target| greeting::greet(way.dial, Layer::MySql, target, tls, deadline);
    let greeting = match ask(&Target::Unix(MYSQL_SOCKET.into())) {
        Err(Fault::Net(net::Fault::Connect(_))) => ask(&Target::tcp(LOCALHOST, port)),
        greeting => greeting,
    };
    Greeted::of(greeting, time)
}

fn search(way: Way<'_>, target: &Target, tls: bool, deadline: Instant, time: Duration) -> Greeted {
    let scheme = if tls { "https" } else { "http" };
    let url = match Url::parse(&format!("{scheme}://{target}/")) {
        Ok(url) => url,
        Err(error) => return Greeted::not(error.to_string(), "correct the host in the settings"),
    };
    match way.web().get(&url, deadline, MAX_BODY) {
        Ok(answer) => Greeted::of(greeting::elasticsearch(answer.status, &answer.body), time),
        Err(http::Fault::Tls) => {
            let fault = Fault::OtherProtocol { layer: Layer::Elasticsearch, spoken: Spoken::Tls, said: String::new() };
            Greeted::of(Err(fault), time)
        }
        Err(http::Fault::NoTls(TlsFault::PlainHttp)) => Greeted::of(Err(Fault::NoTls(Layer::Elasticsearch)), time),
        Err(http::Fault::Net(net::Fault::Way(why))) => Greeted::Untold(why),
        Err(fault) => Greeted::not(
            fault.told(time),
            "check that Elasticsearch runs there, that it listens on this address and port, and that no firewall is in between",
        ),
    }
}

/// Asks an object store for a bucket, without credentials: it says whether there is one, and lets nobody in.
pub fn store(way: Way<'_>, endpoint: Option<&str>, bucket: &str, time: Duration) -> Greeted {
    let page = match endpoint {
        Some(endpoint) => format!("{}/{bucket}?max-keys=0", endpoint.trim_end_matches('/')),
        // A certificate for *.s3.amazonaws.com is none for a.b.s3.amazonaws.com.
        None if bucket.contains('.') => format!("https://s3.amazonaws.com/{bucket}?max-keys=0"),
        None => format!("https://{bucket}.s3.amazonaws.com/?max-keys=0"),
    };
    let Ok(url) = Url::parse(&page) else {
        return Greeted::not(format!("no store has a bucket \"{bucket}\""), "give the bucket's name in the settings");
    };
    let answer = match way.web().get(&url, Instant::now() + time, MAX_BODY) {
        Ok(answer) => answer,
        Err(http::Fault::Net(net::Fault::Way(why))) => return Greeted::Untold(why),
        Err(fault) => {
            let advice = "check the store's address, the route to it (a VPC endpoint, a NAT), and its certificate";
            return Greeted::not(fault.told(time), advice);
        }
    };
    let body = String::from_utf8_lossy(&answer.body);
    let is_store = ["<Error>", "<ListBucketResult"].iter().any(|word| body.contains(word))
        || answer.headers("x-amz-request-id").next().is_some();
    match answer.status {
        status if !is_store => {
            Greeted::not(format!("status {status}, and not in an S3 store's words"), "check the store's address")
        }
        404 => Greeted::not("an S3 store, in which there is no such bucket", "create the bucket, or correct its name"),
        status if status >= 500 => {
            Greeted::not(format!("an S3 store, out of order (status {status})"), "try again later")
        }
        200..=299 => Greeted::Answers {
            said: "an S3 store, the bucket is there".to_owned(),
            warnings: vec![(
                "everybody may list what is in it".to_owned(),
                "close the bucket to strangers: what learners upload is in it",
            )],
        },
        // 301 and 307 lead to the region of a bucket that there is.
        _ => Greeted::Answers { said: "an S3 store, the bucket is there".to_owned(), warnings: Vec::new() },
    }
}
