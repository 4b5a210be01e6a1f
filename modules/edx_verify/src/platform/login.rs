//! A login as a browser does it: a form's token, one try with the password, who is signed in, the same session shown
//! to each application server, and Studio.
//!
//! A login's 200 proves little: the session is in the cache, and whether it was kept there shows only when somebody
//! asks for it again. A wrong password counts towards a lock-out, so it is sent once, to an address that is known to be
//! there.

mod browser;
mod odd;
mod sign_in;
mod studio;
mod who;

use std::fmt;
use std::time::Duration;

use net::Target;

use super::page::Unwell;
use crate::check::Check;
use browser::Browser;
use http::{Client, Url};

const CSRF: &str = "platform.csrf";
const LOGIN: &str = "platform.login";
const SESSION: &str = "platform.session";
const SESSION_SHARED: &str = "platform.session_shared";
const STUDIO_LOGIN: &str = "platform.studio_login";
const LOGOUT: &str = "platform.logout";

/// Who signs in, and where.
#[derive(Debug, Clone)]
pub struct LoginOptions {
    /// The LMS, as its users reach it.
    pub lms: Url,
    /// Studio, as its users reach it.
    pub studio: Option<Url>,
    /// The email address, or the user's name.
    pub user: String,
    /// The password.
    pub password: Password,
    /// The application servers that have to know the session, too.
    pub app_servers: Vec<AppServer>,
    /// The time for all of it.
    pub timeout: Duration,
}

/// A password, which shows itself to nobody.
#[derive(Clone)]
pub struct Password(pub String);

impl fmt::Debug for Password {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("***")
    }
}

/// An application server, behind whatever stands in front of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppServer {
    /// As it was given.
    pub name: String,
    /// Where it listens.
    pub target: Target,
    /// Whether it is spoken to in plain text even where the LMS is not: something before it ends TLS.
    pub is_plain: bool,
}

/// Signs in, looks around, and signs out. `client` says from where, and what is trusted; it needs no jar of its own.
pub fn run(options: &LoginOptions, client: &Client<'_>) -> Vec<Check> {
    let mut steps = Steps::default();
    let browser = Browser::new(client, options.timeout);
    browser.keep_secret(&options.password.0);
    let lms = options.lms.to_string();
    let token = steps.take(CSRF, &lms, || sign_in::token(&browser, &options.lms));
    let session = steps.after(LOGIN, &lms, token, |token| sign_in::sign_in(&browser, options, &token));
    let signed_in = session.is_some();
    let user = steps.after(SESSION, &lms, session, |session| who::known(&browser, options, &session));
    for (index, server) in options.app_servers.iter().enumerate() {
        // One more for Studio.
        let browser = browser.for_share(options.app_servers.len() - index + 1);
        steps.after(SESSION_SHARED, &server.name, user.clone(), |user| who::known_by(&browser, options, server, &user));
    }
    if let Some(studio) = &options.studio {
        steps.after(STUDIO_LOGIN, &studio.to_string(), user, |_| {
            studio::sign_in(&browser, &options.lms, studio).map_err(|unwell| match browser.lost("session", studio) {
                Some(lost) => Unwell::new(format!("{}; {}", unwell.seen, lost.seen), lost.advice),
                None => unwell,
            })
        });
    }
    if signed_in {
        steps.checks.push(match who::sign_out(&browser, options) {
            Ok(seen) => Check::ok(LOGOUT, &lms, seen),
            Err(Unwell { seen, advice }) => Check::warning(LOGOUT, &lms, seen, advice),
        });
    }
    for check in &mut steps.checks {
        check.seen = browser.masked(&check.seen);
    }
    steps.checks
}

/// The checks so far, and the first one that failed.
#[derive(Default)]
struct Steps {
    checks: Vec<Check>,
    failed: Option<&'static str>,
}

impl Steps {
    /// Takes a step: what comes of it, and what was seen.
    fn take<T>(
        &mut self,
        name: &'static str,
        subject: &str,
        step: impl FnOnce() -> Result<(T, String), Unwell>,
    ) -> Option<T> {
        match step() {
            Ok((result, seen)) => {
                self.checks.push(Check::ok(name, subject, seen));
                Some(result)
            }
            Err(Unwell { seen, advice }) => {
                self.checks.push(Check::failed(name, subject, seen, advice));
                self.failed.get_or_insert(name);
                None
            }
        }
    }

    /// The same where what it needs is there; otherwise it is skipped, because of the step that failed.
    fn after<T, N>(
        &mut self,
        name: &'static str,
        subject: &str,
        needed: Option<N>,
        step: impl FnOnce(N) -> Result<(T, String), Unwell>,
    ) -> Option<T> {
        if let Some(needed) = needed {
            return self.take(name, subject, || step(needed));
        }
        let failed = self.failed.unwrap_or("an earlier step");
        self.checks.push(Check::skipped(name, subject, format!("not tried, since {failed} failed")));
        None
    }
}
