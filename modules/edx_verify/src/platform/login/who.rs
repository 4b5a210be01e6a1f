//! Who is signed in: asked with the session, of each server; and the session's end.

use std::time::Duration;

use super::browser::{Browser, at};
use super::odd::odd;
use super::sign_in::{SignedIn, username};
use super::{AppServer, LoginOptions};
use crate::platform::page::{self, Unwell};
use http::{Answer, Request};

const ME: &str = "/api/user/v1/me";
const LOGOUT: &str = "/logout";

/// Signing out has to happen even when the time is over.
const TIME_TO_LEAVE: Duration = Duration::from_secs(5);

const NOT_KEPT: &str = "the session was lost on the way to the cache or in it: look at CACHES.default in lms.yml (a BACKEND that keeps \
                        nothing, or OPTIONS.ignore_exc, which hides every error of a cache), at SESSION_ENGINE, and at the \
                        cache server's memory and evictions";
const NOT_SHARED: &str = "every application server needs the same CACHES.default (servers, KEY_PREFIX, VERSION, KEY_FUNCTION), \
                          SESSION_ENGINE, SESSION_COOKIE_NAME and SECRET_KEY in lms.yml: compare this server's with the first's, \
                          and see whether it reaches the cache and was restarted since";

/// The user whom the LMS knows by the session.
pub fn known(browser: &Browser<'_>, options: &LoginOptions, _: &SignedIn) -> Result<(String, String), Unwell> {
    let answer = browser.get(&at(&options.lms, ME))?;
    match judge(&answer, options)? {
        Some(user) => Ok((user.clone(), format!("signed in as {user}, at a second request"))),
        None => Err(browser.lost("session", &options.lms).unwrap_or_else(|| {
            Unwell::new(
                format!("the login was accepted, and {ME} answered with status {} all the same", answer.status),
                NOT_KEPT,
            )
        })),
    }
}

/// Whether an application server knows the same session.
pub fn known_by(
    browser: &Browser<'_>,
    options: &LoginOptions,
    server: &AppServer,
    user: &str,
) -> Result<((), String), Unwell> {
    let answer = browser.get_from(server, &at(&options.lms, ME))?;
    match judge(&answer, options)? {
        Some(other) if other == user => Ok(((), format!("knows the session of {user}"))),
        Some(other) => Err(Unwell::new(format!("takes the session of {user} for that of {other}"), NOT_SHARED)),
        None => Err(Unwell::new(
            format!("does not know the session of {user}: {ME} answered with status {}", answer.status),
            NOT_SHARED,
        )),
    }
}

/// The user's name; none where nobody is signed in.
fn judge(answer: &Answer, options: &LoginOptions) -> Result<Option<String>, Unwell> {
    let json = page::json(answer);
    match (answer.status, json.as_ref().and_then(username)) {
        (200, Some(user)) if !options.user.contains('@') && user != options.user => Err(Unwell::new(
            format!("signed in as {user}, not as {}", options.user),
            "something between here and the LMS answers with another user's page: see whether a cache in nginx, or in the load \
             balancer, keeps pages of users",
        )),
        (200, Some(user)) => Ok(Some(user)),
        (401 | 403, _) => Ok(None),
        // To the login page.
        (302, _) if answer.location.as_deref().is_some_and(|to| to.contains("/login")) => Ok(None),
        _ => Err(odd(ME, answer)),
    }
}

/// Ends the session, and sees whether it has ended.
pub fn sign_out(browser: &Browser<'_>, options: &LoginOptions) -> Result<String, Unwell> {
    let browser = browser.for_another(TIME_TO_LEAVE.min(options.timeout));
    let left =
        |seen: String| Unwell::new(seen, "the session ends by itself (SESSION_COOKIE_AGE, two weeks by default)");
    let me = at(&options.lms, ME);
    // The answer takes the session's cookie away, so that nothing but the cookie itself tells whether it still opens.
    let again = Request::get(&me).header("Cookie", &browser.cookies(&me));
    browser.get(&at(&options.lms, LOGOUT)).map_err(|unwell| left(unwell.seen))?;
    let answer = browser.send_as_stranger(&again).map_err(|unwell| left(unwell.seen))?;
    match judge(&answer, options) {
        Ok(None) => Ok("the session was ended".to_owned()),
        _ => Err(left(format!("{LOGOUT} did not end the session"))),
    }
}
