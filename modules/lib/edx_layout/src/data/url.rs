//! URLs of servers. What is made of one to be shown never has the user and password in it.

use std::path::PathBuf;

use super::{DataAddress, DataPlace};
use crate::endpoint::host_and_port;

/// A URL in its parts. It has no `Debug` text, as a password may be in it.
#[derive(Clone)]
pub struct Url<'a> {
    /// In lower case; empty where there is none.
    pub scheme: String,
    /// User and password as they are written; none where there is no `@`.
    pub user_info: Option<&'a str>,
    /// The host or hosts, with their ports.
    pub authority: &'a str,
    /// Path, query and fragment.
    pub rest: &'a str,
}

/// Why a text is no URL.
const NO_SCHEME: &str = "it has no scheme://";
const AMBIGUOUS: &str = "it has an @ after a /, ? or #, so that its password cannot be told from its host: write these \
                         characters of a password as %40, %2F, %3F and %23";
/// Whatever stands there may be a password that lacks its host, so it is not repeated.
const UNREADABLE: &str = "its host or port cannot be read";

impl<'a> Url<'a> {
    /// Reads `scheme://[user[:password]@]host[:port][,...][/path][?query]`.
    pub fn read(text: &'a str) -> Result<Self, &'static str> {
        let (scheme, rest) = split_scheme(text).ok_or(NO_SCHEME)?;
        Self::after_scheme(scheme, rest)
    }

    /// The same, also where the scheme is missing.
    pub fn read_bare(text: &'a str) -> Result<Self, &'static str> {
        let (scheme, rest) = split_scheme(text).unwrap_or(("", text));
        Self::after_scheme(scheme, rest)
    }

    fn after_scheme(scheme: &str, rest: &'a str) -> Result<Self, &'static str> {
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, rest) = rest.split_at(end);
        if rest.contains('@') {
            return Err(AMBIGUOUS);
        }
        let (user_info, authority) = match authority.rsplit_once('@') {
            Some((user_info, hosts)) => (Some(user_info), hosts),
            None => (None, authority),
        };
        Ok(Self { scheme: scheme.to_ascii_lowercase(), user_info, authority, rest })
    }

    /// The path, without query.
    pub fn path(&self) -> &'a str {
        self.rest.split(['?', '#']).next().unwrap_or_default()
    }

    /// Whether the query has `name=true`.
    pub fn asks_for(&self, name: &str) -> bool {
        let query = self.rest.split_once('?').map_or("", |(_, query)| query);
        query.split('&').any(|part| {
            part.split_once('=').is_some_and(|(key, value)| key == name && value.eq_ignore_ascii_case("true"))
        })
    }

    /// The same with another host.
    pub fn at(self, authority: &'a str) -> Self {
        Self { authority, ..self }
    }

    /// The servers that it names, at `port` where they have none of their own.
    pub fn servers(&self, port: u16, tls: bool) -> Vec<DataPlace> {
        self.authority.split([',', ';']).map(|server| self.server(server.trim(), port, tls)).collect()
    }

    fn server(&self, server: &str, port: u16, tls: bool) -> DataPlace {
        match host_and_port(server) {
            Ok((host, own)) => {
                let shown = format!("{}{server}", self.prefix());
                DataPlace { shown, address: DataAddress::Server { host, port: own.unwrap_or(port), tls } }
            }
            Err(_) => self.unknown(UNREADABLE),
        }
    }

    /// The unix socket at its path.
    pub fn socket(&self, path: String) -> DataPlace {
        DataPlace { shown: format!("{}{path}", self.prefix()), address: DataAddress::Socket(PathBuf::from(path)) }
    }

    /// It, where it cannot be told where it leads.
    pub fn unknown(&self, why: impl Into<String>) -> DataPlace {
        DataPlace { shown: format!("{}...", self.prefix()), address: DataAddress::Unknown(why.into()) }
    }

    fn prefix(&self) -> String {
        if self.scheme.is_empty() { String::new() } else { format!("{}://", self.scheme) }
    }
}

/// A text that is no URL, of which no more than the scheme is fit to be shown.
pub fn unreadable(text: &str, why: &'static str) -> DataPlace {
    let shown = split_scheme(text).map_or_else(|| "...".to_owned(), |(scheme, _)| format!("{scheme}://..."));
    DataPlace { shown, address: DataAddress::Unknown(why.to_owned()) }
}

/// The scheme of a URL.
pub fn scheme(text: &str) -> Option<&str> {
    split_scheme(text).map(|(scheme, _)| scheme)
}

fn split_scheme(text: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = text.split_once("://")?;
    let fits = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c));
    fits.then_some((scheme, rest))
}

/// The items of a list in one text.
///
/// A separator may stand in a password, too, so in a text with an `@` only one before a scheme counts.
pub fn split_list<'a>(text: &'a str, separators: &[char]) -> Vec<&'a str> {
    let has_user = text.contains('@');
    let mut items = Vec::new();
    let mut from = 0;
    for (at, separator) in text.char_indices().filter(|(_, c)| separators.contains(c)) {
        let next = text[at + separator.len_utf8()..].trim_start_matches(|c: char| separators.contains(&c) || c == ' ');
        if !has_user || next.is_empty() || scheme(next).is_some() {
            items.push(text[from..at].trim());
            from = at + separator.len_utf8();
        }
    }
    items.push(text[from..].trim());
    items.retain(|item| !item.is_empty());
    items
}
