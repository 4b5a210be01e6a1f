//! A host on the way.

use std::fmt;
use std::process::Command;
use std::str::FromStr;

use crate::Error;

/// A host that is logged in to.
///
/// Text form: `[user@]host[:port]`, `ssh://[user@]host[:port]`; an IPv6 address stands in brackets where a port
/// follows.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Hop {
    /// Whose account; the name of whoever runs this, where there is none.
    pub user: Option<String>,
    /// Name or address (an IPv6 address without brackets).
    pub host: String,
    /// TCP port.
    pub port: u16,
}

impl Hop {
    /// The port where SSH listens.
    pub const PORT: u16 = 22;

    /// The account's name, said or not.
    pub(crate) fn login(&self) -> Result<String, Error> {
        if let Some(user) = &self.user {
            return Ok(user.clone());
        }
        let named = |variable| std::env::var(variable).ok().filter(|name| !name.is_empty());
        named("USER")
            .or_else(|| named("LOGNAME"))
            .or_else(whoami)
            .ok_or_else(|| Error::NoUser { hop: self.to_string() })
    }
}

fn whoami() -> Option<String> {
    let output = Command::new("id").arg("-un").output().ok().filter(|output| output.status.success())?;
    Some(String::from_utf8(output.stdout).ok()?.trim().to_owned()).filter(|name| !name.is_empty())
}

impl fmt::Display for Hop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(user) = &self.user {
            write!(f, "{user}@")?;
        }
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

impl FromStr for Hop {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let wrong = |reason| Error::Hop { reason };
        let rest = text.strip_prefix("ssh://").map_or(text, |rest| rest.strip_suffix('/').unwrap_or(rest));
        let (user, place) = match rest.rsplit_once('@') {
            Some((user, place)) => (Some(user), place),
            None => (None, rest),
        };
        if user.is_some_and(|user| user.contains(':')) {
            return Err(wrong("no password can be given here: logins are made with keys"));
        }
        if user.is_some_and(|user| !is_plain(user)) {
            return Err(wrong("the user's name is empty, or holds what a name does not"));
        }
        let (host, port) = split(place).ok_or_else(|| wrong("it is [user@]host[:port]"))?;
        let port = match port {
            None => Self::PORT,
            Some(port) => match port.parse::<u16>() {
                Ok(port) if port > 0 && port.to_string().len() == port_digits(place) => port,
                _ => return Err(wrong("the port is a number from 1 to 65535")),
            },
        };
        // A host that begins with a dash would be an option, where a person copies it into a command.
        if !is_plain(host) || host.starts_with('-') {
            return Err(wrong("the host is empty, or holds what neither a name nor an address does"));
        }
        Ok(Self { user: user.map(str::to_owned), host: host.to_owned(), port })
    }
}

fn port_digits(place: &str) -> usize {
    place.rsplit_once(':').map_or(0, |(_, port)| port.len())
}

/// The host, and the port where there is one.
fn split(place: &str) -> Option<(&str, Option<&str>)> {
    if let Some(rest) = place.strip_prefix('[') {
        let (host, after) = rest.split_once(']')?;
        host.parse::<std::net::Ipv6Addr>().ok()?;
        return if after.is_empty() { Some((host, None)) } else { Some((host, Some(after.strip_prefix(':')?))) };
    }
    match place.split_once(':') {
        None => Some((place, None)),
        Some((host, port)) if !port.contains(':') => Some((host, Some(port))),
        Some(_) => place.parse::<std::net::Ipv6Addr>().ok().map(|_| (place, None)),
    }
}

/// Names and addresses only: the text goes into messages and to servers.
fn is_plain(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || ".-_:+%".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hop(user: Option<&str>, host: &str, port: u16) -> Hop {
        Hop { user: user.map(str::to_owned), host: host.to_owned(), port }
    }

    #[test]
    fn a_hop_is_read_from_its_forms() {
        for (text, expected) in [
            ("web", hop(None, "web", 22)),
            ("ops@web.example", hop(Some("ops"), "web.example", 22)),
            ("ops@10.0.0.5:2222", hop(Some("ops"), "10.0.0.5", 2222)),
            ("ssh://ops@web:2222", hop(Some("ops"), "web", 2222)),
            ("ssh://web/", hop(None, "web", 22)),
            ("[fd00::1]:2222", hop(None, "fd00::1", 2222)),
            ("ops@fd00::1", hop(Some("ops"), "fd00::1", 22)),
        ] {
            assert_eq!(text.parse::<Hop>().unwrap(), expected, "{text}");
            assert_eq!(expected.to_string().parse::<Hop>().unwrap(), expected);
        }
    }

    #[test]
    fn what_is_no_hop_is_told_without_repeating_a_password() {
        for (text, reason) in [
            ("", "the host is empty, or holds what neither a name nor an address does"),
            ("@web", "the user's name is empty, or holds what a name does not"),
            ("ops:s3cret@web", "no password can be given here: logins are made with keys"),
            ("web:", "the port is a number from 1 to 65535"),
            ("web:0", "the port is a number from 1 to 65535"),
            ("web:+22", "the port is a number from 1 to 65535"),
            ("web:70000", "the port is a number from 1 to 65535"),
            ("a:b:c", "it is [user@]host[:port]"),
            ("[web]:22", "it is [user@]host[:port]"),
            ("-oProxyCommand", "the host is empty, or holds what neither a name nor an address does"),
            ("web host", "the host is empty, or holds what neither a name nor an address does"),
        ] {
            let error = text.parse::<Hop>().unwrap_err().to_string();
            assert_eq!(error, format!("not a host to log in to: {reason}"), "{text}");
        }
    }
}
