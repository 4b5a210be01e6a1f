//! One Redis server as a settings file writes it.

use std::fmt;
use std::net::IpAddr;

use super::percent;
use crate::data::url::{self, Url};
use crate::endpoint::{DEFAULT_REDIS_PORT, Endpoint, Host, host_and_port};

/// What stands for a user and password.
const MASK: &str = "********";

/// A Redis server as it is written: a URL, or for some caches `host`, `host:port` and `host:port:database`.
///
/// Its `Debug` text has no user and password.
#[derive(Clone)]
pub struct RedisServer<'a> {
    /// As written; none where there is no `scheme://`.
    scheme: Option<&'a str>,
    /// What stands before the `@`.
    user_info: Option<&'a str>,
    host: Host,
    /// As written; none where it is the default.
    port: Option<u16>,
    /// Path and query of a URL, or `:database`.
    rest: &'a str,
}

/// The user and password that a place shall have; what is none stays as it is.
#[derive(Clone, Copy, Default)]
pub struct Credentials<'a> {
    /// The user; empty for none.
    pub user: Option<&'a str>,
    /// The password; empty for none.
    pub password: Option<&'a str>,
}

/// Why a place cannot name the server that it shall name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CannotHold {
    /// It is no URL.
    #[error(
        "it is no URL, so that it has no room for a user and password; write it by hand as redis://:password@host:port/database"
    )]
    NoUrl,
    /// They stand where this library does not write.
    #[error(
        "its user or password stands in the query of its URL (after ?); move it before the host by hand, as in redis://user:password@host"
    )]
    InQuery,
    /// They belong into the other of two files.
    #[error(
        "LMS and Studio take its user and password from {0}, which is not written here; set CELERY_BROKER_USER and CELERY_BROKER_PASSWORD there by hand and leave username and password out"
    )]
    OtherFile(&'static str),
}

/// Why a text names no server. It may be shown: it repeats nothing of the text.
pub(super) const EMPTY_HOST: &str = "it names no host";

impl<'a> RedisServer<'a> {
    /// Reads one URL of Redis, or without a scheme `host[:port[:database]]`. The error says why that cannot be done,
    /// without repeating the text; it is [`EMPTY_HOST`] where a URL has no host.
    pub(super) fn read(text: &'a str) -> Result<Self, String> {
        let (scheme, user_info, authority, rest) = match url::scheme(text) {
            Some(scheme) => {
                let url = Url::read(text)?;
                (Some(scheme), url.user_info, url.authority, url.rest)
            }
            None if text.contains('@') => return Err("it has a user or a password in it, but no scheme://".to_owned()),
            None => {
                let (server, database) = without_database(text);
                (None, None, server, database)
            }
        };
        let is_host_missing = authority.is_empty() || authority.starts_with(':') && !authority.starts_with("::");
        if is_host_missing {
            return Err(EMPTY_HOST.to_owned());
        }
        // The reader's own words repeat parts of the text, which may be a password that lacks its host.
        let (host, port) = host_and_port(authority).map_err(|_| "its host or port cannot be read".to_owned())?;
        Ok(Self { scheme, user_info, host, port, rest })
    }

    /// A server that is named by its host alone.
    pub(super) fn of_host(text: &'a str) -> Result<Self, String> {
        if text.contains('@') || text.contains('/') {
            return Err("it is more than a host and a port".to_owned());
        }
        let (host, port) = host_and_port(text)?;
        Ok(Self { scheme: None, user_info: None, host, port, rest: "" })
    }

    /// Where clients connect to.
    pub fn endpoint(&self) -> Endpoint {
        Endpoint::Tcp { host: self.host.clone(), port: self.port.unwrap_or(DEFAULT_REDIS_PORT) }
    }

    /// The scheme in lower case; none where it is no URL.
    pub(super) fn scheme(&self) -> Option<String> {
        self.scheme.map(str::to_ascii_lowercase)
    }

    /// User and password as written.
    fn user_and_password(&self) -> (&'a str, Option<&'a str>) {
        let user_info = self.user_info.unwrap_or_default();
        user_info.split_once(':').map_or((user_info, None), |(user, password)| (user, Some(password)))
    }

    /// The user, percent-encoding taken off; empty where there is none.
    pub fn user(&self) -> String {
        percent::decode(self.user_and_password().0)
    }

    /// Whether a password is written, also in the query.
    pub fn has_password(&self) -> bool {
        self.user_and_password().1.is_some_and(|password| !password.is_empty()) || self.query_has(&["password"])
    }

    /// The database; none where it is left to the client.
    pub fn database(&self) -> Option<&'a str> {
        let path = self.rest.split(['?', '#']).next().unwrap_or_default();
        let database = path.trim_start_matches(['/', ':']);
        (!database.is_empty()).then_some(database)
    }

    fn query_has(&self, names: &[&str]) -> bool {
        let query = self.rest.split_once('?').map_or("", |(_, query)| query);
        query.split('&').any(|part| names.contains(&part.split('=').next().unwrap_or_default()))
    }

    /// The same with another server, and with the user and password wished for. A port that is the default is written
    /// where one stands now.
    pub(super) fn at(&self, endpoint: &Endpoint, wished: Credentials<'_>) -> Result<String, CannotHold> {
        let Some(scheme) = self.scheme else {
            if [wished.user, wished.password].into_iter().flatten().any(|text| !text.is_empty()) {
                return Err(CannotHold::NoUrl);
            }
            let keeps_port = self.port.is_some() || !self.rest.is_empty();
            return Ok(format!("{}{}", in_url(endpoint, keeps_port), self.rest));
        };
        let is_wished = wished.user.is_some() || wished.password.is_some();
        if is_wished && self.query_has(&["username", "password"]) {
            return Err(CannotHold::InQuery);
        }
        let (user, password) = self.user_and_password();
        let new_user = wished.user.map_or_else(|| user.to_owned(), |wished| percent::written(wished, user));
        let present = password.unwrap_or_default();
        let new = wished.password.map_or_else(|| present.to_owned(), |wished| percent::written(wished, present));
        let new_password = if password.is_some() || !new.is_empty() { format!(":{new}") } else { String::new() };
        let is_nothing = new_user.is_empty() && new_password.is_empty();
        let at = if self.user_info.is_none() && is_nothing { "" } else { "@" };
        let server = in_url(endpoint, self.port.is_some());
        Ok(format!("{scheme}://{new_user}{new_password}{at}{server}{}", self.rest))
    }

    /// Host and port as they are written.
    pub fn written(&self) -> String {
        in_url(&self.endpoint(), self.port.is_some())
    }

    /// It as it may be shown.
    pub fn shown(&self) -> String {
        let server = self.written();
        let Some(scheme) = self.scheme else { return format!("{server}{}", self.rest) };
        let user_info = match self.user_info {
            None => "",
            Some("") => "@",
            Some(":") => ":@",
            Some(_) => &format!("{MASK}@"),
        };
        let (path, query) = match self.rest.find(['?', '#']) {
            Some(at) => (&self.rest[..at], "?..."),
            None => (self.rest, ""),
        };
        format!("{scheme}://{user_info}{server}{path}{query}")
    }
}

impl fmt::Debug for RedisServer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown())
    }
}

/// Neither is shown.
impl fmt::Debug for Credentials<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_given = |given: Option<&str>| if given.is_some() { "given" } else { "as it is" };
        write!(f, "user {}, password {}", is_given(self.user), is_given(self.password))
    }
}

/// `endpoint` as a URL has it. The default port is left out unless `with_port`.
pub(super) fn in_url(endpoint: &Endpoint, with_port: bool) -> String {
    match endpoint {
        Endpoint::Tcp { host, port } if !with_port && *port == DEFAULT_REDIS_PORT => match host {
            Host::Address(IpAddr::V6(address)) => format!("[{address}]"),
            host => host.to_string(),
        },
        endpoint => endpoint.to_string(),
    }
}

/// `host:port` and `:database` of `host:port:database`.
fn without_database(text: &str) -> (&str, &str) {
    let is_database = |at: &usize| {
        let number = &text[at + 1..];
        !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()) && text[..*at].matches(':').count() == 1
    };
    text.rfind(':').filter(is_database).map_or((text, ""), |at| text.split_at(at))
}
