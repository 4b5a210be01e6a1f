//! Studio: with the LMS's own session (up to Lilac), or by OAuth, by way of the LMS and back (from Maple on).

use super::browser::{Browser, at};
use super::odd::{NOT_THE_PLATFORM, odd};
use crate::platform::page::{Unwell, shown};
use crate::platform::{ALLOWED_HOSTS, LOG};
use http::{Answer, Request, Url, masked};

const HOME: &str = "/home";
const AUTHORIZE: &str = "/oauth2/authorize";
const COMPLETE: &str = "/complete/edx-oauth2";

/// A login by OAuth takes six redirects; more than this is a circle.
const MOST_REDIRECTS: usize = 15;

const NOT_SHARED: &str = "up to Lilac, Studio takes the LMS's session: both need the same CACHES.default, SESSION_ENGINE, \
                          SESSION_COOKIE_NAME and SECRET_KEY in lms.yml and studio.yml, and a SESSION_COOKIE_DOMAIN above both \
                          hosts; restart LMS and Studio after a change";
const NOT_KNOWN_TO_AUTHORIZE: &str = "the LMS that answers here does not know the session that it gave a moment ago: see whether \
                                      Studio's SOCIAL_AUTH_EDX_OAUTH2_PUBLIC_URL_ROOT is the address in lms_url, and whether \
                                      all application servers share CACHES.default";
const ONE_HOST: &str = "LMS and Studio are on one host here, and cookies know no ports: one's session takes the place of the other's. Give \
                        the two names that browsers use, or let them have different SESSION_COOKIE_NAMEs";
const UNKNOWN_CLIENT: &str = "Studio's SOCIAL_AUTH_EDX_OAUTH2_KEY (studio.yml) is no OAuth application of this LMS: see \
                              /admin/oauth2_provider/application/ there, and whether both use the same database";
const CALLBACK: &str = "Studio asks the LMS from server to server now: see whether SOCIAL_AUTH_EDX_OAUTH2_URL_ROOT in studio.yml \
                        leads from there to the LMS, and SOCIAL_AUTH_EDX_OAUTH2_SECRET is that of the LMS's application, and \
                        Studio's log in /edx/var/log/supervisor";
const STATE: &str = "Studio compares with what it kept in its own session: see whether CACHES.default in studio.yml keeps \
                     anything, and whether all Studio servers share it";

/// One page on the way.
struct Hop {
    url: Url,
    /// `LMS /oauth2/authorize`.
    label: String,
    is_studio: bool,
}

/// Goes to Studio's first page, with the LMS's session, and whereto that leads.
pub fn sign_in(browser: &Browser<'_>, lms: &Url, studio: &Url) -> Result<((), String), Unwell> {
    let home = at(studio, HOME);
    let stranger = browser.send_as_stranger(&Request::get(&home))?;
    if stranger.status == 200 {
        let Unwell { seen, .. } = odd(HOME, &stranger);
        return Err(Unwell::new(format!("{seen}, to somebody who is not signed in"), NOT_THE_PLATFORM));
    }
    let mut way: Vec<Hop> = Vec::new();
    let mut url = home;
    loop {
        let hop = hop(url, lms, studio).map_err(|host| elsewhere(&host, &way, studio))?;
        if let Some(unwell) = login_page(&hop, &way, lms.host() == studio.host()) {
            return Err(unwell);
        }
        if way.len() > MOST_REDIRECTS {
            return Err(circle(&way));
        }
        let answer = browser.get(&hop.url).map_err(|unwell| named(&hop, &unwell))?;
        let location = answer.location.as_deref().filter(|_| (300..400).contains(&answer.status));
        let Some(location) = location else { return end(&hop, &answer, &way, studio) };
        url = hop.url.join(location).map_err(|error| {
            Unwell::new(format!("{} sends to what cannot be asked: {error}", hop.label), NOT_THE_PLATFORM)
        })?;
        way.push(hop);
    }
}

/// Whose page it is; the host where it is neither the LMS's nor Studio's.
fn hop(url: Url, lms: &Url, studio: &Url) -> Result<Hop, String> {
    let is_studio = url.has_origin_of(studio);
    let who = match (is_studio, url.has_origin_of(lms)) {
        (true, _) => "Studio",
        (false, true) => "LMS",
        (false, false) => return Err(masked(&url.shown())),
    };
    Ok(Hop { label: format!("{who} {}", shown(url.path())), is_studio, url })
}

impl Hop {
    fn is_at(&self, path: &str) -> bool {
        self.url.path().trim_end_matches('/') == path
    }

    fn is_studio_at(&self, path: &str) -> bool {
        self.is_studio && self.is_at(path)
    }
}

/// Whether Studio has sent to the LMS's OAuth.
fn is_oauth(way: &[Hop]) -> bool {
    way.iter().any(|hop| hop.is_at(AUTHORIZE))
}

/// What is wrong where a way leads to a page on which to sign in once more.
fn login_page(hop: &Hop, way: &[Hop], is_one_host: bool) -> Option<Unwell> {
    let last = way.last()?;
    if !hop.is_studio && (hop.is_at("/login") || hop.is_at("/signin")) {
        let seen = format!("{} sends to {}: it does not know the session", last.label, hop.label);
        let advice = match (is_oauth(way), is_one_host) {
            (false, _) => NOT_SHARED,
            (true, false) => NOT_KNOWN_TO_AUTHORIZE,
            (true, true) => ONE_HOST,
        };
        return Some(Unwell::new(seen, advice));
    }
    let is_back = hop.is_studio && (hop.is_at("/login") || hop.is_at("/login/edx-oauth2") || hop.is_at("/signin"));
    if is_back && way.iter().any(|hop| hop.is_studio_at(COMPLETE)) {
        let seen = format!("{} sends to {} again, after the LMS had said who it is", last.label, hop.label);
        let advice = if last.is_studio_at(COMPLETE) { CALLBACK } else { STATE };
        return Some(Unwell::new(seen, advice));
    }
    None
}

fn elsewhere(host: &str, way: &[Hop], studio: &Url) -> Unwell {
    let from = way.last().map_or("Studio", |hop| hop.label.as_str());
    let advice = match way.last() {
        Some(hop) if hop.is_at(AUTHORIZE) => {
            format!("the address to come back to has to be {studio}complete/edx-oauth2/: give studio_url as browsers use it")
        }
        _ => "see LMS_ROOT_URL and SOCIAL_AUTH_EDX_OAUTH2_PUBLIC_URL_ROOT in studio.yml, or give lms_url and studio_url as \
              browsers use them"
            .to_owned(),
    };
    Unwell::new(format!("{from} sends to {}, which is neither lms_url nor studio_url", shown(host)), advice)
}

fn circle(way: &[Hop]) -> Unwell {
    let last: Vec<&str> = way.iter().rev().take(3).rev().map(|hop| hop.label.as_str()).collect();
    Unwell::new(
        format!("more than {MOST_REDIRECTS} redirects, the last ones {}", last.join(", ")),
        "see where they lead to: a load balancer that speaks TLS has to say so to nginx (X-Forwarded-Proto), or the platform \
         sends everybody to https:// without end",
    )
}

fn named(hop: &Hop, unwell: &Unwell) -> Unwell {
    let owner = if hop.is_studio { "Studio" } else { "LMS" };
    Unwell::new(format!("{owner} {}", unwell.seen), unwell.advice.clone())
}

/// The page on which the way ends.
fn end(hop: &Hop, answer: &Answer, way: &[Hop], studio: &Url) -> Result<((), String), Unwell> {
    if answer.status == 200 && hop.is_studio_at(HOME) {
        let seen = if is_oauth(way) {
            format!("signed in by OAuth, over {} redirects", way.len())
        } else {
            "signed in with the LMS's own session".to_owned()
        };
        return Ok(((), seen));
    }
    let status = answer.status;
    let answered = format!("{} answered with status {status}", hop.label);
    if hop.is_at(AUTHORIZE) && !hop.is_studio {
        return Err(authorize(&answered, answer, studio));
    }
    if hop.is_studio_at(COMPLETE) {
        return Err(match status {
            400 | 401 | 403 => Unwell::new(answered, format!("{STATE}; or: {CALLBACK}")),
            _ => Unwell::new(answered, CALLBACK),
        });
    }
    if status == 200 {
        return Err(Unwell::new(format!("ended at {}, not at Studio {HOME}", hop.label), NOT_SHARED));
    }
    Err(named(hop, &odd(hop.url.path(), answer)))
}

/// What the LMS says of Studio's question. Its page has the words of django-oauth-toolkit.
fn authorize(answered: &str, answer: &Answer, studio: &Url) -> Unwell {
    let words = String::from_utf8_lossy(&answer.body).to_lowercase();
    let has = |parts: &[&str]| parts.iter().any(|part| words.contains(part));
    match answer.status {
        400 | 401 if has(&["invalid_client", "client_id"]) => {
            Unwell::new(format!("{answered}, unknown client"), UNKNOWN_CLIENT)
        }
        400 | 401 if has(&["redirect uri", "redirect_uri"]) => Unwell::new(
            format!("{answered}, another redirect URI"),
            format!(
                "the LMS's OAuth application for Studio has to have {studio}complete/edx-oauth2/ among its redirect URIs; where \
                 Studio asks for http:// behind HTTPS, what ends TLS has to set X-Forwarded-Proto"
            ),
        ),
        400 => Unwell::new(answered, ALLOWED_HOSTS),
        200 => Unwell::new(
            format!("{answered}: it asks for consent, or is a maintenance page"),
            "the LMS's OAuth application for Studio has to skip authorization (/admin/oauth2_provider/application/)",
        ),
        _ => Unwell::new(answered, LOG),
    }
}
