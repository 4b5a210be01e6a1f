//! Certificates, and servers to ask.

#![allow(dead_code, missing_docs, clippy::unwrap_used, reason = "each test uses a part of it")]

pub mod certificates;

use std::io::{BufRead, BufReader};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use certificates::Certificate;
use http::{Answer, Client, Fault, Tls, TlsSettings, Url};
use net::Direct;
use serde_json::{Value, json};

pub const LIMIT: usize = 100_000;
pub const AGENT: &str = "a test";

/// A web server in another process.
pub struct Server {
    child: Child,
    pub port: u16,
    scheme: &'static str,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// One that speaks TLS, with this certificate; `more` are settings of `server.py`.
pub fn server_with(certificate: &Certificate, more: &Value) -> Server {
    let mut settings = json!({"certificate": certificate.path, "key": certificate.key});
    settings.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    start(&settings, "https")
}

pub fn server(certificate: &Certificate) -> Server {
    server_with(certificate, &json!({}))
}

/// One that speaks plain HTTP, and answers these targets so.
pub fn plain_server(answers: &Value) -> Server {
    start(&json!({"plain": true, "answers": answers}), "http")
}

fn start(settings: &Value, scheme: &'static str) -> Server {
    let mut child = Command::new("python3")
        .args(["-Wignore", "-c", include_str!("server.py"), &settings.to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    Server { child, port: line.trim().parse().unwrap(), scheme }
}

impl Server {
    /// A page of it, by the name of this host.
    pub fn url(&self, target: &str) -> Url {
        self.url_of("localhost", target)
    }

    pub fn url_of(&self, host: &str, target: &str) -> Url {
        Url::parse(&format!("{}://{host}:{}{target}", self.scheme, self.port)).unwrap()
    }

    pub fn target(&self) -> net::Target {
        net::Target::tcp("127.0.0.1", self.port)
    }
}

/// A listener whose every connection is given to `serve`.
pub fn listener(serve: impl Fn(TcpStream) + Send + Sync + 'static) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || listener.incoming().flatten().for_each(serve));
    port
}

pub fn trusting(certificate: &Certificate) -> Tls {
    Tls::new(&TlsSettings { ca_path: Some(certificate.path.clone()), ..TlsSettings::default() }).unwrap()
}

pub fn soon() -> Instant {
    Instant::now() + Duration::from_secs(60)
}

pub fn get(tls: &Tls, url: &Url) -> Result<Answer, Fault> {
    Client::new(&Direct, tls, AGENT).get(url, soon(), LIMIT)
}

/// What the server saw of a request.
pub fn seen(answer: &Answer) -> Value {
    assert_eq!(answer.status, 200);
    serde_json::from_slice(&answer.body).unwrap()
}

/// What is said of a request without an answer.
pub fn told(tls: &Tls, url: &Url) -> String {
    get(tls, url).unwrap_err().told(Duration::from_secs(20))
}
