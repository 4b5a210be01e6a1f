//! Who asks.

use std::sync::Arc;
use std::time::Instant;

use net::{Dial, Target, Wire};

use crate::connection::Connection;
use crate::tls::Session;
use crate::{Answer, Fault, Jar, Request, Scheme, Tls, Url, answer};

/// Asks for pages. A copy shares its jar with it.
#[derive(Debug, Clone)]
pub struct Client<'a> {
    dial: &'a dyn Dial,
    tls: &'a Tls,
    agent: &'a str,
    jar: Option<Arc<Jar>>,
    elsewhere: Vec<Elsewhere>,
}

/// Where to connect to for the pages of one server.
#[derive(Debug, Clone)]
struct Elsewhere {
    server: Url,
    target: Target,
    /// Whether TLS ended before that.
    is_behind_tls: bool,
}

impl<'a> Client<'a> {
    /// One that connects by `dial`, and that a server's log shows as `agent`. It keeps no cookies.
    pub fn new(dial: &'a dyn Dial, tls: &'a Tls, agent: &'a str) -> Self {
        Self { dial, tls, agent, jar: None, elsewhere: Vec::new() }
    }

    /// The same, with cookies: it sends what is in the jar, and puts there what servers give.
    #[must_use]
    pub fn with_jar(mut self, jar: Arc<Jar>) -> Self {
        self.jar = Some(jar);
        self
    }

    /// The same, connecting to `target` for every page that is on the server of `url`: as `curl --connect-to` does. What
    /// is said to the server, and the name that its certificate has to be for, stay those of the page.
    #[must_use]
    pub fn connecting_to(mut self, url: &Url, target: Target) -> Self {
        self.elsewhere.push(Elsewhere { server: url.clone(), target, is_behind_tls: false });
        self
    }

    /// The same, where a load balancer speaks TLS in place of `target`: what it would pass on is said to `target` in plain
    /// text, cookies for TLS among it, and `X-Forwarded-Proto`, so that the platform knows.
    #[must_use]
    pub fn connecting_in_place_of_balancer(mut self, url: &Url, target: Target) -> Self {
        self.elsewhere.push(Elsewhere { server: url.clone(), target, is_behind_tls: true });
        self
    }

    /// The answer to a request for `url`, of whose body at most `limit` bytes are read. Ends by `deadline`, whatever the
    /// server does.
    pub fn get(&self, url: &Url, deadline: Instant, limit: usize) -> Result<Answer, Fault> {
        self.send(&Request::get(url), deadline, limit)
    }

    /// The answer to a request, in the same way. No redirect is followed.
    pub fn send(&self, request: &Request, deadline: Instant, limit: usize) -> Result<Answer, Fault> {
        let cookies = self.jar.as_ref().and_then(|jar| jar.header(&request.url));
        let elsewhere = self.elsewhere.iter().find(|elsewhere| elsewhere.server.has_origin_of(&request.url));
        let forwarded = elsewhere.filter(|elsewhere| elsewhere.is_behind_tls).map(|_| request.url.scheme());
        let written = request.written(self.agent, cookies.as_deref(), forwarded)?;
        let mut connection = self.connect(&request.url, elsewhere, deadline)?;
        connection.send(&written)?;
        let answer = answer::read(&mut connection, limit)?;
        if matches!(connection, Connection::Plain(_)) && answer.wants_tls() {
            return Err(Fault::Tls);
        }
        if let Some(jar) = &self.jar {
            answer.headers("set-cookie").for_each(|header| jar.take(&request.url, header));
        }
        Ok(answer)
    }

    fn connect(&self, url: &Url, elsewhere: Option<&Elsewhere>, deadline: Instant) -> Result<Connection, Fault> {
        let own = Target::tcp(url.host(), url.port());
        let wire = Wire::connect(self.dial, elsewhere.map_or(&own, |elsewhere| &elsewhere.target), deadline)?;
        match url.scheme() {
            _ if elsewhere.is_some_and(|elsewhere| elsewhere.is_behind_tls) => Ok(Connection::Plain(wire)),
            Scheme::Http => Ok(Connection::Plain(wire)),
            Scheme::Https => Session::start(wire, self.tls, &url.host().to_string())
                .map(|session| Connection::Tls(Box::new(session))),
        }
    }
}
