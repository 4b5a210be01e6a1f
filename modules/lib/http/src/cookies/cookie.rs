//! One cookie.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use edx_layout::Host;

use super::date;
use crate::{Scheme, Url};

/// The longest name and value together, as browsers have it.
const LONGEST: usize = 4096;
/// The longest domain and path.
const LONGEST_ATTRIBUTE: usize = 1024;

pub struct Cookie {
    pub name: String,
    pub value: String,
    pub path: String,
    domain: String,
    /// Whether it is for the host of the domain only, and not for those below it.
    is_host_only: bool,
    is_secure: bool,
    /// Until then; where there is nothing, as long as its jar.
    until: Option<SystemTime>,
}

impl Cookie {
    /// Reads what `url` gave; none where that is no cookie, or none that it may give.
    pub fn read(url: &Url, header: &str, now: SystemTime) -> Option<Self> {
        let mut parts = header.split(';');
        let (name, value) = parts.next()?.split_once('=')?;
        let (name, value) = (name.trim(), value.trim());
        let is_odd = header.bytes().any(|byte| byte.is_ascii_control() && byte != b'\t');
        if name.is_empty() || is_odd || name.len() + value.len() > LONGEST {
            return None;
        }
        let host = url.host().to_string();
        let mut cookie = Self {
            name: name.to_owned(),
            value: value.to_owned(),
            path: folder(url.path()).to_owned(),
            domain: host.clone(),
            is_host_only: true,
            is_secure: false,
            until: None,
        };
        let (mut age, mut expires) = (None, None);
        for part in parts {
            let (key, value) = part.split_once('=').unwrap_or((part, ""));
            let value = value.trim();
            if value.len() > LONGEST_ATTRIBUTE {
                continue;
            }
            match key.trim().to_ascii_lowercase().as_str() {
                "domain" => {
                    let domain = value.strip_prefix('.').unwrap_or(value).to_ascii_lowercase();
                    (cookie.domain, cookie.is_host_only) = domain_for(url.host(), domain)?;
                }
                "path" if value.starts_with('/') => value.clone_into(&mut cookie.path),
                "path" => folder(url.path()).clone_into(&mut cookie.path),
                "secure" => cookie.is_secure = true,
                "max-age" => age = until(value, now).or(age),
                "expires" => expires = date::read(value).or(expires),
                _ => {}
            }
        }
        cookie.until = age.or(expires);
        // What was said in plain text could be anybody's word.
        (!cookie.is_secure || url.scheme() == Scheme::Https).then_some(cookie)
    }

    /// Whether one takes the other's place.
    pub fn is_same(&self, other: &Self) -> bool {
        (&self.name, &self.domain, &self.path) == (&other.name, &other.domain, &other.path)
    }

    pub fn is_over(&self, now: SystemTime) -> bool {
        self.until.is_some_and(|until| until <= now)
    }

    pub fn is_for(&self, url: &Url, now: SystemTime) -> bool {
        let host = url.host().to_string();
        let is_host = if self.is_host_only { host == self.domain } else { is_within(&host, &self.domain) };
        is_host
            && is_below(url.path(), &self.path)
            && (!self.is_secure || url.scheme() == Scheme::Https)
            && !self.is_over(now)
    }
}

/// The domain of a cookie that `host` gives for `domain`, and whether it is for that host only; none where it may not.
fn domain_for(host: &Host, domain: String) -> Option<(String, bool)> {
    let own = host.to_string();
    if domain.is_empty() || domain == own && matches!(host, Host::Address(_)) {
        return Some((own, true));
    }
    let may = match host {
        Host::Address(_) => false,
        // One without a dot is a whole country's, or `localhost`.
        Host::Name(_) => domain == own || domain.contains('.') && is_within(&own, &domain),
    };
    may.then_some((domain, false))
}

fn is_within(host: &str, domain: &str) -> bool {
    host.strip_suffix(domain).is_some_and(|above| above.is_empty() || above.ends_with('.'))
}

fn is_below(path: &str, folder: &str) -> bool {
    path.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || folder.ends_with('/') || rest.starts_with('/'))
}

/// The folder of a page, without its last slash.
fn folder(path: &str) -> &str {
    match path.rsplit_once('/') {
        Some((folder, _)) if !folder.is_empty() => folder,
        _ => "/",
    }
}

/// When so many seconds are over; none where that is no number.
fn until(seconds: &str, now: SystemTime) -> Option<SystemTime> {
    let digits = seconds.strip_prefix('-').unwrap_or(seconds);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    if seconds.starts_with('-') {
        return Some(UNIX_EPOCH);
    }
    // A number that is too large is a long time.
    let seconds = seconds.parse().unwrap_or(u32::MAX);
    now.checked_add(Duration::from_secs(seconds.into()))
}
