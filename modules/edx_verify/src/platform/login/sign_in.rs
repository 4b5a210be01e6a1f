//! The form: its token, its address, and one try.

use ansible_protocol::Value;

use super::LoginOptions;
use super::browser::{Browser, at};
use super::odd::{RATE_LIMITED, odd};
use crate::platform::page::{self, Unwell};
use crate::platform::{LOG, page::shown};
use http::{Answer, Request, Url};

const TOKEN: &str = "/csrf/api/v1/token";

/// Where releases take a login, newest first; the first takes a user's name, too.
const FORMS: [&str; 4] = [
    "/api/user/v2/account/login_session/",
    "/api/user/v1/account/login_session/",
    "/user_api/v1/account/login_session/",
    "/login_ajax",
];

/// The longest code of an error that is shown.
const LONGEST_CODE: usize = 60;

/// What to bear in mind before the next try.
const TRIED_ONCE: &str = "it was tried once, and each failure may count towards a lock-out of the account";

/// A login that was accepted.
pub struct SignedIn;

/// The CSRF token, whose cookie is in the jar then.
pub fn token(browser: &Browser<'_>, lms: &Url) -> Result<(String, String), Unwell> {
    let answer = browser.get(&at(lms, TOKEN))?;
    let json = page::json(&answer).filter(|_| answer.status == 200);
    let Some(token) = json.as_ref().and_then(|json| json.get("csrfToken")).and_then(Value::as_str) else {
        return Err(odd(TOKEN, &answer));
    };
    browser.keep_secret(token);
    if let Some(unwell) = browser.lost("csrf", lms) {
        return Err(unwell);
    }
    if !browser.has_cookie("csrf") {
        return Err(Unwell::new(
            format!("{TOKEN} gave a token, but no cookie for it"),
            "see what between here and the LMS takes cookies away: without this one every form is refused",
        ));
    }
    Ok((token.to_owned(), "a token, and its cookie".to_owned()))
}

/// Sends the password, once.
pub fn sign_in(browser: &Browser<'_>, options: &LoginOptions, token: &str) -> Result<(SignedIn, String), Unwell> {
    let form = form(browser, options)?;
    let fields = [
        ("email", options.user.as_str()),
        ("email_or_username", options.user.as_str()),
        ("password", options.password.0.as_str()),
    ];
    let request = Request::post(&at(&options.lms, form), &fields)
        .header("X-CSRFToken", token)
        .header("X-Requested-With", "XMLHttpRequest")
        // Over HTTPS, Django refuses a form that does not say from where it comes.
        .header("Referer", &at(&options.lms, "/login").to_string());
    let answer = browser.post(&request)?;
    judge(form, &answer).map(|()| (SignedIn, format!("{form} accepted the password")))
}

/// The first form that is there. Each is looked at without a password: one that is missing must not see it.
fn form(browser: &Browser<'_>, options: &LoginOptions) -> Result<&'static str, Unwell> {
    let is_email = options.user.contains('@');
    // The first takes both, but is younger; an address is best told to the one that most releases have.
    let forms: &[&'static str] = if is_email { &FORMS[1..] } else { &FORMS[..1] };
    for form in forms {
        let answer = browser.get(&at(&options.lms, form))?;
        match answer.status {
            404 => {}
            // The last knows only POST.
            200 | 405 => return Ok(form),
            _ => return Err(odd(form, &answer)),
        }
    }
    Err(if is_email {
        Unwell::new(
            format!("none of {} is there; the password was not sent", forms.join(", ")),
            "see whether this is the LMS of an Open edX: Studio and other services have no login of their own",
        )
    } else {
        Unwell::new(
            format!("{} is not there, so this release takes no user names; the password was not sent", FORMS[0]),
            "give the user's email address in login_user",
        )
    })
}

/// What the LMS says of the password: in JSON, or up to Juniper in plain text, of which an accepted one has none.
fn judge(form: &str, answer: &Answer) -> Result<(), Unwell> {
    let status = answer.status;
    let text = String::from_utf8_lossy(&answer.body);
    let text = text.trim();
    let is_plain = !text.is_empty() && !text.starts_with('<');
    let json = page::json(answer);
    let said = json.as_ref().and_then(|json| json.get("success")).and_then(Value::as_bool);
    let word = |key: &str| json.as_ref().and_then(|json| json.get(key)).and_then(Value::as_str).unwrap_or_default();
    match (status, said) {
        (200, Some(true)) => Ok(()),
        (200, None) if text.is_empty() => Ok(()),
        (200 | 400 | 401 | 403, Some(false)) => Err(refused(status, word("error_code"), word("value"))),
        (400 | 401, None) if json.is_some() => Err(refused(status, word("error_code"), word("value"))),
        (400 | 401, None) if is_plain => Err(refused(status, "", text)),
        (403, _) => Err(forbidden(form, text)),
        (429, _) => Err(Unwell::new("status 429: too many logins from this address, or of this user", RATE_LIMITED)),
        // The same host answered two requests before this one: it is not that which it refuses.
        (400, None) => Err(Unwell::new(
            format!("{form} answered with status 400, and without a reason"),
            format!(
                "the LMS answers like this where a session is gone before the answer is ready, since the cache keeps nothing: see \
                 CACHES.default and SESSION_ENGINE in lms.yml, and its log in /edx/var/log/supervisor; {TRIED_ONCE}"
            ),
        )),
        (500, _) => Err(Unwell::new(
            format!("{form} broke, with status 500"),
            format!(
                "{LOG}; known causes: the cache cannot be written (CACHES.default in lms.yml, even with ignore_exc), and a \
                 user without a row in auth_userprofile, as after a restore"
            ),
        )),
        _ => Err(odd(form, answer)),
    }
}

/// A refusal in the LMS's own words.
fn refused(status: u16, code: &str, value: &str) -> Unwell {
    let is_code = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    let named = if !code.is_empty() && code.len() <= LONGEST_CODE && code.bytes().all(is_code) {
        format!("status {status}, {code}")
    } else {
        format!("status {status}")
    };
    let words = format!("{code} {value}").to_lowercase();
    let has = |parts: &[&str]| parts.iter().any(|part| words.contains(part));
    if has(&["locked"]) {
        return Unwell::new(
            format!("the account is locked after too many failures ({named})"),
            "wait until it is unlocked (MAX_FAILED_LOGIN_ATTEMPTS_LOCKOUT_PERIOD_SECS, half an hour by default), or delete the \
             user's login failures in the LMS's admin; then correct the password here before the next run",
        );
    }
    if has(&["too many", "rate limit", "rate-limit"]) {
        return Unwell::new(format!("too many logins from this address, or of this user ({named})"), RATE_LIMITED);
    }
    if has(&["third-party", "third party", "sso", "saml", "domain-login", "linked"]) {
        return third_party(&named);
    }
    if has(&["inactive", "not been activated", "not activated", "activate"]) {
        return Unwell::new(
            format!("the account is not active ({named})"),
            "activate it, by the email that the user got or in the LMS's admin, or use another user",
        );
    }
    if has(&["incorrect", "failed-login", "wrong", "invalid"]) {
        return Unwell::new(
            format!("the user or the password is wrong ({named})"),
            format!("correct login_user and login_password before the next run: {TRIED_ONCE}"),
        );
    }
    Unwell::new(
        format!("the login was refused ({named})"),
        format!("sign in with a browser and see what it says, and LMS's log in /edx/var/log/supervisor; {TRIED_ONCE}"),
    )
}

fn third_party(named: &str) -> Unwell {
    Unwell::new(
        format!("this user has to sign in at another site, such as a school's or a company's ({named})"),
        "use a user who has a password of Open edX's own",
    )
}

/// Status 403 without a word in JSON.
fn forbidden(form: &str, text: &str) -> Unwell {
    let words = text.to_lowercase();
    let has = |parts: &[&str]| parts.iter().any(|part| words.contains(part));
    if has(&["csrf", "referer"]) {
        return Unwell::new(
            format!("{form} refused the form, not the password (status 403, CSRF)"),
            "see CSRF_TRUSTED_ORIGINS in lms.yml, and whether what ends TLS before the LMS sets X-Forwarded-Proto and keeps \
             Host, cookies and Referer as they are",
        );
    }
    if has(&["too many", "rate"]) {
        return Unwell::new("status 403: too many logins from this address, or of this user", RATE_LIMITED);
    }
    if has(&["third", "account", "sign in", "log in", "provider"]) && !words.trim_start().starts_with('<') {
        return third_party("status 403");
    }
    Unwell::new(
        format!("{form} refused the login: status 403"),
        "it is the answer for a user who has to sign in at another site, for too many logins, and that of a firewall before \
         the LMS: see LMS's log in /edx/var/log/supervisor, and wait for some minutes before the next try",
    )
}

/// The user's name, as a page of the LMS's says it.
pub fn username(json: &Value) -> Option<String> {
    json.get("username").and_then(Value::as_str).filter(|name| !name.is_empty()).map(shown)
}
