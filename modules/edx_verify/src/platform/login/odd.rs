//! Answers that are none of what was asked for.

use crate::platform::page::{self, Unwell, shown};
use crate::platform::{ALLOWED_HOSTS, LOG};
use http::{Answer, masked};

pub const NOT_THE_PLATFORM: &str = "see what answers at this address: it may be a maintenance page of nginx or of the load balancer, or another program";
const NOT_RUNNING: &str = "nginx, or the load balancer, answers, and the program behind it does not: see whether it runs \
                           (/edx/bin/supervisorctl status), and its log in /edx/var/log/supervisor";
pub const RATE_LIMITED: &str = "wait for some minutes before the next try: Open edX counts logins by address and by account \
                                (LOGISTRATION_RATELIMIT_RATE in lms.yml)";

/// What is wrong with the answer of the page at `path`, where nothing else is known about it.
pub fn odd(path: &str, answer: &Answer) -> Unwell {
    let status = answer.status;
    let kind = || page::kind(answer, page::json(answer).as_ref());
    match status {
        300..=399 => Unwell::new(
            format!("{path} answered with status {status}, a redirect{}, which is not followed", target(answer)),
            "give the address at which browsers end up, with its scheme",
        ),
        400 => Unwell::new(format!("{path} answered with status 400: {}", kind()), ALLOWED_HOSTS),
        404 => Unwell::new(format!("{path} answered with status 404: there is no such page"), NOT_THE_PLATFORM),
        429 => Unwell::new(format!("{path} answered with status 429: too many requests"), RATE_LIMITED),
        502 | 504 => Unwell::new(format!("{path} answered with status {status}: {}", kind()), NOT_RUNNING),
        503 => Unwell::new(format!("{path} answered with status 503: {}", kind()), NOT_THE_PLATFORM),
        500.. => Unwell::new(format!("{path} answered with status {status}: {}", kind()), LOG),
        _ => Unwell::new(format!("{path} answered with status {status}, and with {}", kind()), NOT_THE_PLATFORM),
    }
}

/// ` to ...`, without a query, which may be a token.
fn target(answer: &Answer) -> String {
    let to = answer.location.as_deref().map(|to| to.split(['?', '#']).next().unwrap_or_default());
    to.map(|to| format!(" to {}", shown(&masked(to)))).unwrap_or_default()
}
