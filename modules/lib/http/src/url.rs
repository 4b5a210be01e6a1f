//! The addresses of pages.

mod reference;

use std::fmt;

use edx_layout::{Endpoint, Host};
use thiserror::Error;

/// How a server is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// In plain text.
    Http,
    /// With TLS.
    Https,
}

impl Scheme {
    fn port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }
}

impl fmt::Display for Scheme {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Http => "http",
            Self::Https => "https",
        })
    }
}

/// The address of a page, `http://` or `https://`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Url {
    scheme: Scheme,
    host: Host,
    port: u16,
    /// As it was given, which is what the server is told in `Host`.
    authority: String,
    /// Path and query.
    target: String,
}

/// Why a text is no address that can be asked.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("\"{shown}\" {reason}")]
pub struct UrlError {
    /// The text, without what may be a password.
    shown: String,
    reason: String,
}

impl Url {
    /// Reads `http[s]://host[:port][/path][?query]`.
    pub fn parse(text: &str) -> Result<Self, UrlError> {
        parse(text).map_err(|reason| UrlError { shown: masked(text), reason })
    }

    /// The address that a redirect from this one to `reference` means: a whole one, `//host/path`, `/path`, `?query`, or
    /// one relative to this page (RFC 3986, 5.2). What follows a `#` is left out, as browsers do.
    pub fn join(&self, reference: &str) -> Result<Self, UrlError> {
        reference::join(self, reference).map_err(|reason| UrlError { shown: without_query(&masked(reference)), reason })
    }

    /// How the server is spoken to.
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// Where it leads.
    pub fn host(&self) -> &Host {
        &self.host
    }

    /// The port; 80, or 443 with TLS, where none was given.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Host and port, as they were given.
    pub fn authority(&self) -> &str {
        &self.authority
    }

    /// Path and query, never empty.
    pub fn target(&self) -> &str {
        &self.target
    }

    /// The path alone.
    pub fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }

    /// Whether both are of the same server, spoken to in the same way.
    pub fn has_origin_of(&self, other: &Self) -> bool {
        (self.scheme, &self.host, self.port) == (other.scheme, &other.host, other.port)
    }

    /// The address without its query, which may hold a token.
    pub fn shown(&self) -> String {
        format!("{}://{}{}", self.scheme, self.authority, self.path())
    }
}

impl fmt::Display for Url {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}://{}{}", self.scheme, self.authority, self.target)
    }
}

/// A text that may be an address, without what stands before an `@`: that may be a password.
pub fn masked(text: &str) -> String {
    let Some((before, after)) = text.rsplit_once('@') else { return text.to_owned() };
    let scheme = before.split_once("://").map(|(scheme, _)| format!("{scheme}://")).unwrap_or_default();
    format!("{scheme}***@{after}")
}

fn without_query(text: &str) -> String {
    text.split('?').next().unwrap_or_default().to_owned()
}

fn parse(text: &str) -> Result<Url, String> {
    let Some((scheme, rest)) = text.split_once("://") else {
        return Err("is not an address of a page: write it in full, as in http://127.0.0.1:8000/heartbeat".to_owned());
    };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, target) = rest.split_at(end);
    if authority.contains('@') {
        return Err("holds a user or a password, which this module does not send: leave them out".to_owned());
    }
    let scheme = match scheme.to_ascii_lowercase().as_str() {
        "http" => Scheme::Http,
        "https" => Scheme::Https,
        _ => return Err(format!("cannot be asked: this module speaks http:// and https:// only, not {scheme}://")),
    };
    if let Some(odd) = text.chars().find(|character| !character.is_ascii_graphic()) {
        return Err(format!("holds the character {odd:?}: write it percent-encoded"));
    }
    if target.contains('#') {
        return Err("holds a #, and what follows it is never sent to a server: leave it out".to_owned());
    }
    let Some((host, port)) = host_and_port(authority, scheme.port()) else {
        return Err("names no host and port that can be connected to, as 127.0.0.1:8000 does".to_owned());
    };
    let target = if target.starts_with('/') { target.to_owned() } else { format!("/{target}") };
    Ok(Url { scheme, host, port, authority: authority.to_owned(), target })
}

/// Host and port are written as in the endpoint of a cache, which has further forms and another port by default.
fn host_and_port(authority: &str, default: u16) -> Option<(Host, u16)> {
    let default = default.to_string();
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, port),
        _ => (authority, default.as_str()),
    };
    let is_address_in_brackets = host.starts_with('[') && host.ends_with(']');
    if host.contains(':') && !is_address_in_brackets {
        return None;
    }
    match format!("{host}:{port}").parse() {
        Ok(Endpoint::Tcp { host, port: read }) if port.parse() == Ok(read) => Some((host, read)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_a_host_a_port_and_what_is_asked_for() {
        for (text, host, port, target) in [
            ("http://127.0.0.1:8000/heartbeat", "127.0.0.1", 8000, "/heartbeat"),
            ("http://localhost/heartbeat?extended", "localhost", 80, "/heartbeat?extended"),
            ("HTTP://lms.example.org", "lms.example.org", 80, "/"),
            ("https://lms.example.org", "lms.example.org", 443, "/"),
            ("https://lms.example.org:18443/a", "lms.example.org", 18443, "/a"),
            ("https://[::1]/", "::1", 443, "/"),
            ("http://[::1]:8010/", "::1", 8010, "/"),
            ("http://[fd00::5]?a=b", "fd00::5", 80, "/?a=b"),
            ("http://10.0.0.5/u/@someone", "10.0.0.5", 80, "/u/@someone"),
        ] {
            let url = Url::parse(text).unwrap();
            assert_eq!((url.host().to_string().as_str(), url.port(), url.target()), (host, port, target), "{text}");
        }
        assert_eq!(Url::parse("http://[::1]:8010").unwrap().to_string(), "http://[::1]:8010/");
    }

    #[test]
    fn what_can_not_be_asked_is_refused() {
        for text in [
            "http://",
            "http:///heartbeat",
            "http://:8000/",
            "http://host:0/",
            "http://host:65536/",
            "http://host:/",
            "http://::1/",
            "http://::1:8000/",
            "http://[::1/",
            "http://[::1]8000/",
            "http://inet:10.0.0.1/",
            "http://unix:/run/lms.sock",
            "http://a b/",
            "http://host/a b",
            "http://host/\r\nX-Other: header",
            "http://host/ä",
            "http://host/a#b",
            "127.0.0.1:8000/heartbeat",
            "ftp://host/",
            "",
        ] {
            assert!(Url::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_password_is_refused_and_never_shown() {
        for text in [
            "http://staff:pw-never-shown@host/heartbeat",
            "https://staff:pw-never-shown@host/heartbeat",
            "https://staff:one/pw-never-shown@host/heartbeat",
            "http://staff:pw-never-shown/@host/heartbeat",
            "staff:pw-never-shown@host/heartbeat",
            "http://a@pw-never-shown@host",
        ] {
            let error = Url::parse(text).unwrap_err().to_string();
            assert!(!error.contains("pw-"), "{error}");
        }
    }
}
