//! One user at one browser: a cookie jar, and a time by which all is over.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use http::{Answer, Client, Jar, Request, Scheme, Url};

use super::AppServer;
use crate::platform::page::{MAX_PAGE, Unwell, shown};

/// What is shorter is no secret, and would be found in innocent words.
const SHORTEST_SECRET: usize = 8;
const MOST_SECRETS: usize = 200;

/// A browser with a jar of its own.
pub struct Browser<'a> {
    jar: Arc<Jar>,
    client: Client<'a>,
    /// The same without cookies.
    stranger: Client<'a>,
    deadline: Instant,
    time: Duration,
    /// What was seen of cookies.
    seen: Rc<RefCell<Seen>>,
}

/// What was seen of cookies, all the way.
#[derive(Default)]
struct Seen {
    /// Those that were given and cannot be sent back.
    lost: Vec<LostCookie>,
    /// The names of the others.
    kept: Vec<String>,
    /// What each was worth, so that it can be kept out of every text.
    values: Vec<String>,
}

/// A cookie that a browser throws away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LostCookie {
    /// Its name.
    pub name: String,
    /// Why.
    pub why: Loss,
}

/// Why a browser throws a cookie away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Loss {
    /// It is for HTTPS only, and was given over HTTP.
    Secure,
    /// It is for another domain.
    Domain(String),
}

impl<'a> Browser<'a> {
    /// A browser that nobody has used, for so long.
    pub fn new(client: &Client<'a>, time: Duration) -> Self {
        let jar = Arc::new(Jar::new());
        Self {
            client: client.clone().with_jar(Arc::clone(&jar)),
            jar,
            stranger: client.clone(),
            deadline: Instant::now() + time,
            time,
            seen: Rc::default(),
        }
    }

    /// The same browser with another time, for what has to be done even when the time is over.
    pub fn for_another(&self, time: Duration) -> Self {
        Self {
            jar: Arc::clone(&self.jar),
            client: self.client.clone(),
            stranger: self.stranger.clone(),
            deadline: Instant::now() + time,
            time,
            seen: Rc::clone(&self.seen),
        }
    }

    /// The same browser with its share of the time that is left, where so many want one: what one does not answer must not
    /// be told of the next.
    pub fn for_share(&self, of: usize) -> Self {
        let left = self.deadline.saturating_duration_since(Instant::now());
        let share = left / u32::try_from(of.max(1)).unwrap_or(u32::MAX);
        // Rounded, since it is told.
        self.for_another(Duration::from_millis(u64::try_from(share.as_millis()).unwrap_or(u64::MAX)))
    }

    /// The answer to a request without the jar's cookies.
    pub fn send_as_stranger(&self, request: &Request) -> Result<Answer, Unwell> {
        self.send(&self.stranger, request)
    }

    /// The page; no redirect is followed.
    pub fn get(&self, url: &Url) -> Result<Answer, Unwell> {
        self.send(&self.client, &Request::get(url))
    }

    /// The same from one application server, with the cookies of now. What it makes of them changes nothing here: one that
    /// does not know a session takes its cookie away.
    pub fn get_from(&self, server: &AppServer, url: &Url) -> Result<Answer, Unwell> {
        let client = self.stranger.clone();
        let client = if server.is_plain {
            client.connecting_in_place_of_balancer(url, server.target.clone())
        } else {
            client.connecting_to(url, server.target.clone())
        };
        self.send(&client, &Request::get(url).header("Cookie", &self.cookies(url)))
    }

    /// Sends a request.
    pub fn post(&self, request: &Request) -> Result<Answer, Unwell> {
        self.send(&self.client, request)
    }

    /// Why a cookie whose name has `part` in it did not stay, where one did not.
    pub fn lost(&self, part: &str, url: &Url) -> Option<Unwell> {
        let seen = self.seen.borrow();
        seen.lost.iter().rev().find(|cookie| cookie.name.contains(part)).map(|cookie| told(cookie, url))
    }

    /// Whether a cookie whose name has `part` in it was kept.
    pub fn has_cookie(&self, part: &str) -> bool {
        self.seen.borrow().kept.iter().any(|name| name.contains(part))
    }

    /// The header that tells `url` the cookies of now, for a request that must not lose them with an answer in between.
    pub fn cookies(&self, url: &Url) -> String {
        let seen = self.seen.borrow();
        let pairs = seen.kept.iter().filter_map(|name| Some(format!("{name}={}", self.jar.value(url, name)?)));
        pairs.collect::<Vec<_>>().join("; ")
    }

    /// A text without what any cookie is worth: a server may repeat it anywhere.
    pub fn masked(&self, text: &str) -> String {
        let seen = self.seen.borrow();
        // The longer ones first, so that none hides a part of another.
        let mut values: Vec<&str> = seen.values.iter().map(String::as_str).collect();
        values.sort_unstable_by_key(|value| std::cmp::Reverse(value.len()));
        values.into_iter().fold(text.to_owned(), |text, value| text.replace(value, "***"))
    }

    /// Keeps this out of every text, too.
    pub fn keep_secret(&self, value: &str) {
        let mut seen = self.seen.borrow_mut();
        if value.len() >= SHORTEST_SECRET
            && seen.values.len() < MOST_SECRETS
            && !seen.values.iter().any(|own| own == value)
        {
            seen.values.push(value.to_owned());
        }
    }

    fn send(&self, client: &Client<'_>, request: &Request) -> Result<Answer, Unwell> {
        match client.send(request, self.deadline, MAX_PAGE) {
            Ok(mut answer) => {
                // Before anything of it is cut off: half a secret would not be found again.
                if let Ok(text) = std::str::from_utf8(&answer.body) {
                    answer.body = self.masked(text).into_bytes();
                }
                answer.headers("set-cookie").for_each(|header| self.note(&request.url, header));
                Ok(answer)
            }
            Err(fault) => {
                let seen = format!("{}: {}", request.url.path(), fault.told(self.time));
                Err(Unwell::new(seen, fault.advice(&request.url)))
            }
        }
    }

    /// Notes what becomes of a cookie.
    fn note(&self, url: &Url, header: &str) {
        let Some((name, value)) = header.split(';').next().and_then(|pair| pair.split_once('=')) else { return };
        let (name, value) = (name.trim(), value.trim().trim_matches('"'));
        if value.is_empty() {
            return;
        }
        self.keep_secret(value);
        let mut seen = self.seen.borrow_mut();
        match loss(url, header) {
            Some(why) => seen.lost.push(LostCookie { name: name.to_owned(), why }),
            None if seen.kept.len() < MOST_SECRETS && !seen.kept.iter().any(|own| own == name) => {
                seen.kept.push(name.to_owned());
            }
            None => {}
        }
    }
}

/// Another page of the same server.
pub fn at(server: &Url, path: &str) -> Url {
    server.join(path).unwrap_or_else(|_| server.clone())
}

/// Why a browser does not keep the cookie of this header, where it does not.
fn loss(url: &Url, header: &str) -> Option<Loss> {
    let host = url.host().to_string().to_ascii_lowercase();
    for attribute in header.split(';').skip(1).map(str::trim) {
        let (key, value) = attribute.split_once('=').unwrap_or((attribute, ""));
        if key.eq_ignore_ascii_case("secure") && url.scheme() == Scheme::Http {
            return Some(Loss::Secure);
        }
        let domain = value.trim().trim_start_matches('.').to_ascii_lowercase();
        let is_own = host == domain || host.ends_with(&format!(".{domain}"));
        if key.eq_ignore_ascii_case("domain") && !domain.is_empty() && !is_own {
            return Some(Loss::Domain(domain));
        }
    }
    None
}

fn told(LostCookie { name, why }: &LostCookie, url: &Url) -> Unwell {
    match why {
        Loss::Secure => Unwell::new(
            format!("the cookie {} is marked Secure, and over http:// no browser sends it back", shown(name)),
            "give the https:// address that browsers use, or set SESSION_COOKIE_SECURE and CSRF_COOKIE_SECURE to false in \
             lms.yml and studio.yml where there is no HTTPS",
        ),
        Loss::Domain(domain) => Unwell::new(
            format!("the cookie {} is for {}, and {} is not in it", shown(name), shown(domain), url.host()),
            "give the address that browsers use, or correct SESSION_COOKIE_DOMAIN in lms.yml and studio.yml",
        ),
    }
}
