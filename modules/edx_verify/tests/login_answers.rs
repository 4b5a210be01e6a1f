//! A login, at web servers that answer what they should not: what is said of it, and that nothing is given away.

#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

mod common;

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use ansible_protocol::{Value, json};
use common::platform::host;
use common::web::{Web, always, endless, json_page, mute, page, raw, redirect, well};
use common::{Run, verify};

const CSRF: &str = "platform.csrf";
const LOGIN: &str = "platform.login";
const SESSION: &str = "platform.session";
const SHARED: &str = "platform.session_shared";
const STUDIO: &str = "platform.studio_login";
const LOGOUT: &str = "platform.logout";

const FORM: &str = "/api/user/v1/account/login_session/";
const PASSWORD: &str = "pw-never-shown";
const SESSION_ID: &str = "session-never-shown";

const NOT_THE_PLATFORM: &str = "see what answers at this address: it may be a maintenance page of nginx or of the load balancer, or another program";

/// An answer with headers besides.
fn with_headers(answer: &str, headers: &str) -> String {
    answer.replacen("\r\n", &format!("\r\n{headers}\r\n"), 1)
}

/// What a working LMS answers; `other` may answer in its place.
fn lms(other: impl Fn(&str, &str) -> Option<String> + Send + Sync + 'static) -> Web {
    raw(move |request, mut stream| {
        let line = request.lines().next().unwrap_or_default();
        let what = line.trim_end_matches(" HTTP/1.1");
        let answer = other(what, request).unwrap_or_else(|| normal(what, request));
        let _ = stream.write_all(answer.as_bytes());
    })
}

fn normal(what: &str, request: &str) -> String {
    let is_known = request.contains(&format!("sessionid={SESSION_ID}"));
    match what.split('?').next().unwrap_or_default() {
        "GET /csrf/api/v1/token" => with_headers(
            &json_page(200, &json!({"csrfToken": "token-never-shown"})),
            "Set-Cookie: csrftoken=cookie-never-shown; Path=/",
        ),
        "GET /api/user/v1/account/login_session/" => json_page(200, &json!({"method": "post"})),
        "POST /api/user/v1/account/login_session/" => accepted(),
        "GET /api/user/v1/me" if is_known => json_page(200, &json!({"username": "staff"})),
        "GET /api/user/v1/me" => json_page(401, &json!({"detail": "no"})),
        "GET /home" if is_known => page(200, "text/html", "<title>Studio Home</title>"),
        "GET /home" => redirect(302, "/signin"),
        "GET /logout" => page(200, "text/html", ""),
        _ => page(404, "text/html", ""),
    }
}

fn accepted() -> String {
    with_headers(
        &json_page(200, &json!({"success": true, "redirect_url": "/dashboard"})),
        &format!("Set-Cookie: sessionid={SESSION_ID}; Path=/; HttpOnly"),
    )
}

fn options(lms: &Web) -> Value {
    json!({"lms_url": lms.url(""), "login_user": "staff@example.com", "login_password": PASSWORD, "login_timeout": 5})
}

/// One run, whose output holds no secret whatever happened.
fn login(options: &Value) -> Run {
    let run = verify(options);
    let text = run.result.to_string();
    assert!(!text.contains("never-shown"), "{text}");
    run
}

/// The requests with the password in them.
fn passwords(lms: &Web) -> usize {
    lms.requests().iter().filter(|request| request.contains(PASSWORD)).count()
}

#[test]
fn a_browser_sends_token_cookie_and_referer_with_the_form_and_the_password_once() {
    let lms = lms(|_, _| None);
    let run = login(&options(&lms));
    // This one's session never ends.
    run.assert_only(&[], &[&format!("{LOGOUT} {}", lms.url("/"))]);
    let requests = lms.requests();
    let lines: Vec<&str> = requests.iter().map(|request| request.lines().next().unwrap()).collect();
    assert_eq!(
        lines,
        [
            "GET /csrf/api/v1/token HTTP/1.1",
            "GET /api/user/v1/account/login_session/ HTTP/1.1",
            "POST /api/user/v1/account/login_session/ HTTP/1.1",
            "GET /api/user/v1/me HTTP/1.1",
            "GET /logout HTTP/1.1",
            "GET /api/user/v1/me HTTP/1.1",
        ]
    );
    let form = &requests[2];
    for part in [
        "X-CSRFToken: token-never-shown\r\n",
        "Cookie: csrftoken=cookie-never-shown\r\n",
        &format!("Referer: {}\r\n", lms.url("/login")),
        "\r\n\r\nemail=staff%40example.com&email_or_username=staff%40example.com&password=pw-never-shown",
    ] {
        assert!(form.contains(part), "{part} in {form}");
    }
    assert_eq!(passwords(&lms), 1);
}

#[test]
fn what_is_no_lms_is_told_before_anything_is_sent_to_it() {
    let maintenance = "<title>Down for maintenance</title>";
    let elsewhere = always(well());
    let https = "https://courses.example.org/csrf/api/v1/token?next=never-shown";
    let cases: Vec<(Web, String, &str)> = vec![
        (
            always(page(200, "text/html", maintenance)),
            "/csrf/api/v1/token answered with status 200, and with an HTML page, \"Down for maintenance\"".to_owned(),
            NOT_THE_PLATFORM,
        ),
        (
            always(page(503, "text/html", maintenance)),
            "/csrf/api/v1/token answered with status 503: an HTML page, \"Down for maintenance\"".to_owned(),
            NOT_THE_PLATFORM,
        ),
        (
            always(page(502, "text/html", "<title>502 Bad Gateway</title>")),
            "/csrf/api/v1/token answered with status 502: an HTML page, \"502 Bad Gateway\"".to_owned(),
            "nginx, or the load balancer, answers, and the program behind it does not: see whether it runs \
             (/edx/bin/supervisorctl status), and its log in /edx/var/log/supervisor",
        ),
        (
            always(redirect(302, https)),
            "/csrf/api/v1/token answered with status 302, a redirect to https://courses.example.org/csrf/api/v1/token, which \
             is not followed"
                .to_owned(),
            "give the address at which browsers end up, with its scheme",
        ),
        (
            always(redirect(301, &elsewhere.url("/"))),
            format!(
                "/csrf/api/v1/token answered with status 301, a redirect to {}, which is not followed",
                elsewhere.url("/")
            ),
            "give the address at which browsers end up, with its scheme",
        ),
        (
            always(page(404, "text/html", "")),
            "/csrf/api/v1/token answered with status 404: there is no such page".to_owned(),
            NOT_THE_PLATFORM,
        ),
        (
            always(json_page(200, &json!({"csrfToken": "token-never-shown"}))),
            "/csrf/api/v1/token gave a token, but no cookie for it".to_owned(),
            "see what between here and the LMS takes cookies away: without this one every form is refused",
        ),
        (
            always(json_page(200, &json!({"csrfToken": ["a"]}))),
            "/csrf/api/v1/token answered with status 200, and with JSON with other keys: csrfToken".to_owned(),
            NOT_THE_PLATFORM,
        ),
    ];
    for (server, seen, advice) in cases {
        let run = login(&options(&server));
        assert_eq!(run.about(CSRF, &server.url("/")), ("failed", seen.as_str(), advice));
        run.assert_only(&[&format!("{CSRF} {}", server.url("/"))], &[]);
        assert_eq!(run.with("skipped").len(), 2);
        assert_eq!(server.requests().len(), 1);
    }
    assert_eq!(elsewhere.requests(), [""; 0], "no redirect is followed");
}

#[test]
fn each_answer_to_the_form_has_its_own_words() {
    let csrf = "<title>403 Forbidden</title><p>CSRF verification failed. Request aborted.</p>";
    let referer = "<h1>Forbidden</h1>Referer checking failed - no Referer.";
    let said = |value: &str, code: Option<&str>| {
        let mut body = json!({"success": false, "value": value});
        if let Some(code) = code {
            body["error_code"] = code.into();
        }
        body
    };
    let refused = format!("{FORM} refused the form, not the password (status 403, CSRF)");
    let limited = "too many logins from this address, or of this user";
    let third = "this user has to sign in at another site, such as a school's or a company's";
    for (answer, seen) in [
        (page(403, "text/html", csrf), refused.clone()),
        (page(403, "text/html", referer), refused),
        (page(403, "text/plain", "Too many failed login attempts."), format!("status 403: {limited}")),
        (page(403, "text/html", ""), format!("{FORM} refused the login: status 403")),
        (page(429, "text/html", ""), format!("status 429: {limited}")),
        (page(403, "text/plain", "Your account is not linked with a provider."), format!("{third} (status 403)")),
        (
            json_page(400, &said("Too many failed login attempts. Try again later.", None)),
            format!("{limited} (status 400)"),
        ),
        (
            json_page(400, &said("", Some("third-party-auth-required"))),
            format!("{third} (status 400, third-party-auth-required)"),
        ),
        (
            json_page(400, &said("", Some("inactive-user"))),
            "the account is not active (status 400, inactive-user)".to_owned(),
        ),
        // Older releases say so with 200.
        (
            json_page(200, &said("Email or password is incorrect.", None)),
            "the user or the password is wrong (status 200)".to_owned(),
        ),
        (
            json_page(200, &said("This account has been temporarily locked", None)),
            "the account is locked after too many failures (status 200)".to_owned(),
        ),
        (json_page(400, &said("", Some("new-code"))), "the login was refused (status 400, new-code)".to_owned()),
        (json_page(400, &said("", Some("<b>new</b> code"))), "the login was refused (status 400)".to_owned()),
        // Up to Juniper in plain text.
        (
            page(400, "text/plain", "Email or password is incorrect."),
            "the user or the password is wrong (status 400)".to_owned(),
        ),
        (page(403, "text/plain", "third-party-auth"), format!("{third} (status 403)")),
        (
            page(400, "text/html", "<h1>Bad Request (400)</h1>"),
            format!("{FORM} answered with status 400, and without a reason"),
        ),
        (page(500, "text/html", ""), format!("{FORM} broke, with status 500")),
        (
            page(200, "text/html", "<title>Down</title>"),
            format!("{FORM} answered with status 200, and with an HTML page, \"Down\""),
        ),
        (
            redirect(302, "/login?password=never-shown"),
            format!("{FORM} answered with status 302, a redirect to /login, which is not followed"),
        ),
    ] {
        let lms = lms(move |what, _| what.starts_with("POST").then(|| answer.clone()));
        let run = login(&options(&lms));
        assert_eq!(run.seen(LOGIN), ("failed", seen.as_str()));
        assert_eq!(passwords(&lms), 1, "{seen}");
        assert_eq!(run.with("skipped"), [format!("{SESSION} {}", lms.url("/"))], "and there is nothing to sign out of");
    }
}

#[test]
fn a_password_goes_to_no_form_that_is_not_there() {
    let lms = lms(|what, _| what.contains("login_session").then(|| page(404, "text/html", "")));
    let run = login(&options(&lms));
    let seen = "none of /api/user/v1/account/login_session/, /user_api/v1/account/login_session/, /login_ajax is there; the \
                password was not sent";
    assert_eq!(run.seen(LOGIN), ("failed", seen));
    assert_eq!(passwords(&lms), 0);
}

#[test]
fn a_form_that_takes_only_post_is_there() {
    let lms = lms(|what, _| match what {
        "GET /login_ajax" => Some(page(405, "text/html", "")),
        "POST /login_ajax" => Some(accepted()),
        what if what.contains("login_session") => Some(page(404, "text/html", "")),
        _ => None,
    });
    let run = login(&options(&lms));
    assert_eq!(run.seen(LOGIN), ("ok", "/login_ajax accepted the password"));
    assert_eq!(passwords(&lms), 1);
}

#[test]
fn an_accepted_password_without_a_word_is_accepted() {
    let lms = lms(|what, _| {
        let cookie = format!("Set-Cookie: sessionid={SESSION_ID}; Path=/");
        what.starts_with("POST").then(|| with_headers(&page(200, "text/plain", ""), &cookie))
    });
    let run = login(&options(&lms));
    assert_eq!((run.seen(LOGIN).0, run.seen(SESSION).0), ("ok", "ok"));
}

#[test]
fn a_login_that_was_accepted_and_not_kept_is_found_at_the_second_request() {
    let advice = "the session was lost on the way to the cache or in it: look at CACHES.default in lms.yml (a BACKEND that keeps \
                  nothing, or OPTIONS.ignore_exc, which hides every error of a cache), at SESSION_ENGINE, and at the cache \
                  server's memory and evictions";
    for (me, status) in [
        (json_page(401, &json!({"detail": "no"})), 401),
        (page(403, "text/html", ""), 403),
        (redirect(302, "/login?next=/api/user/v1/me"), 302),
    ] {
        let lms = lms(move |what, _| (what == "GET /api/user/v1/me").then(|| me.clone()));
        let mut options = options(&lms);
        options["studio_url"] = lms.url("").into();
        options["app_servers"] = json!(["127.0.0.1"]);
        let run = login(&options);
        let seen = format!("the login was accepted, and /api/user/v1/me answered with status {status} all the same");
        assert_eq!(run.about(SESSION, &lms.url("/")), ("failed", seen.as_str(), advice));
        assert_eq!(run.seen(LOGIN).0, "ok");
        for check in [SHARED, STUDIO] {
            assert_eq!(run.seen(check), ("skipped", "not tried, since platform.session failed"));
        }
    }
}

#[test]
fn another_users_page_is_no_pass() {
    let lms = lms(|what, _| match what {
        "GET /api/user/v2/account/login_session/" => Some(json_page(200, &json!({}))),
        "POST /api/user/v2/account/login_session/" => Some(accepted()),
        _ => None,
    });
    let mut options = options(&lms);
    options["login_user"] = json!("someone");
    let run = login(&options);
    assert_eq!(run.seen(SESSION), ("failed", "signed in as staff, not as someone"));
    options["login_user"] = json!("staff");
    assert_eq!(login(&options).seen(SESSION).0, "ok");
}

#[test]
fn an_application_server_is_asked_in_the_words_for_the_lms() {
    let lms = lms(|_, _| None);
    let own = self::lms(|_, _| None);
    let stranger =
        self::lms(|what, _| (what == "GET /api/user/v1/me").then(|| json_page(200, &json!({"username": "eve"}))));
    let [own_name, stranger_name] = [&own, &stranger].map(|server| server.url("").replace("http://", ""));
    let mut options = options(&lms);
    options["app_servers"] = json!([own_name, stranger_name]);
    let run = login(&options);
    assert_eq!(run.about(SHARED, &own_name), ("ok", "knows the session of staff", ""));
    assert_eq!(run.about(SHARED, &stranger_name).1, "takes the session of staff for that of eve");
    let request = own.requests().remove(0);
    let host = lms.url("").replace("http://", "");
    assert!(request.starts_with(&format!("GET /api/user/v1/me HTTP/1.1\r\nHost: {host}\r\n")), "{request}");
    assert!(request.contains(&format!("sessionid={SESSION_ID}")), "{request}");
}

#[test]
fn an_application_server_without_tls_is_told_that_there_was_some() {
    let (lms, own) = (lms(|_, _| None), self::lms(|_, _| None));
    let mut options = options(&lms);
    options["app_servers"] = json!([own.url("")]);
    let run = login(&options);
    assert_eq!(run.about(SHARED, &own.url("")), ("ok", "knows the session of staff", ""));
    let request = own.requests().remove(0);
    let host = lms.url("").replace("http://", "");
    for part in [
        format!("GET /api/user/v1/me HTTP/1.1\r\nHost: {host}\r\n"),
        "X-Forwarded-Proto: http\r\n".to_owned(),
        format!("sessionid={SESSION_ID}"),
    ] {
        assert!(request.contains(&part), "{part} in {request}");
    }
}

#[test]
fn a_studio_that_lets_everybody_in_is_a_maintenance_page() {
    let lms = lms(|_, _| None);
    let studio = always(page(200, "text/html", "<title>Back soon</title>"));
    let mut options = options(&lms);
    options["studio_url"] = studio.url("").into();
    let run = login(&options);
    let seen = "/home answered with status 200, and with an HTML page, \"Back soon\", to somebody who is not signed in";
    assert_eq!(run.about(STUDIO, &studio.url("/")), ("failed", seen, NOT_THE_PLATFORM));
    assert!(!studio.requests()[0].contains("Cookie"), "asked as a stranger");
}

#[test]
fn redirects_of_studio_are_followed_to_lms_and_studio_only_and_not_without_end() {
    let foreign = always(well());
    let target = foreign.url("/login?session=never-shown");
    let lms = Arc::new(lms(|_, _| None));
    let (count, steps) = (Arc::new(AtomicUsize::new(0)), 15);
    let counted = Arc::clone(&count);
    let cases: Vec<(Web, String)> = vec![
        (
            raw(move |_, mut stream| {
                let _ = stream.write_all(redirect(302, &target).as_bytes());
            }),
            format!("Studio /home sends to {}, which is neither lms_url nor studio_url", foreign.url("/login")),
        ),
        (
            raw(move |_, mut stream| {
                counted.fetch_add(1, Ordering::Relaxed);
                let _ = stream.write_all(redirect(302, "/again").as_bytes());
            }),
            format!("more than {steps} redirects, the last ones Studio /again, Studio /again, Studio /again"),
        ),
        (
            always(redirect(302, "ftp://other/")),
            "Studio /home sends to what cannot be asked: \"ftp://other/\" cannot be asked: this module speaks http:// and \
             https:// only, not ftp://"
                .to_owned(),
        ),
        (
            always(page(503, "text/html", "<title>Down</title>")),
            "Studio /home answered with status 503: an HTML page, \"Down\"".to_owned(),
        ),
    ];
    for (studio, seen) in cases {
        let mut options = options(&lms);
        options["studio_url"] = studio.url("").into();
        let run = login(&options);
        assert_eq!(run.seen(STUDIO), ("failed", seen.as_str()));
    }
    assert_eq!(foreign.requests(), [""; 0]);
    assert_eq!(count.load(Ordering::Relaxed), steps + 2, "once as a stranger");
}

#[test]
fn a_page_for_consent_is_told() {
    let lms = Arc::new(lms(|what, _| {
        what.starts_with("GET /oauth2/authorize?").then(|| page(200, "text/html", "<title>Authorize?</title>"))
    }));
    let to = lms.url("/oauth2/authorize?client_id=a&state=never-shown");
    let studio = raw(move |_, mut stream| {
        let _ = stream.write_all(redirect(302, &to).as_bytes());
    });
    let mut options = options(&lms);
    options["studio_url"] = studio.url("").into();
    let run = login(&options);
    let seen = "LMS /oauth2/authorize answered with status 200: it asks for consent, or is a maintenance page";
    let advice =
        "the LMS's OAuth application for Studio has to skip authorization (/admin/oauth2_provider/application/)";
    assert_eq!(run.about(STUDIO, &studio.url("/")), ("failed", seen, advice));
}

#[test]
fn secrets_that_a_server_repeats_are_not_shown() {
    let lms = lms(|what, _| match what {
        "GET /api/user/v1/me" => {
            let title = format!("<title>{SESSION_ID} cookie-never-shown token-never-shown {PASSWORD}</title>");
            Some(page(500, "text/html", &title))
        }
        _ => None,
    });
    let run = login(&options(&lms));
    let seen = "/api/user/v1/me answered with status 500: an HTML page, \"*** *** *** ***\"";
    assert_eq!(run.seen(SESSION), ("failed", seen));
    // Where it would be cut in the middle.
    let lms = self::lms(|what, _| {
        let title = format!("<title>{}{SESSION_ID}</title>", "x".repeat(195));
        (what == "GET /api/user/v1/me").then(|| page(500, "text/html", &title))
    });
    let run = login(&options(&lms));
    let (_, seen) = run.seen(SESSION);
    assert!(seen.ends_with(&format!("{}***\"", "x".repeat(195))), "{seen}");
}

#[test]
fn a_session_that_logout_does_not_end_is_told() {
    let lms = lms(|_, _| None);
    let run = login(&options(&lms));
    let advice = "the session ends by itself (SESSION_COOKIE_AGE, two weeks by default)";
    let subject = lms.url("/");
    assert_eq!(run.about(LOGOUT, &subject), ("warning", "/logout did not end the session", advice));
    assert!(lms.requests()[5].contains(&format!("sessionid={SESSION_ID}")), "asked with the cookie of before");
    let none = self::lms(|what, _| (what == "GET /logout").then(String::new));
    let run = login(&options(&none));
    assert_eq!(run.seen(LOGOUT), ("warning", "/logout: the connection was closed without an answer"));
}

#[test]
fn a_server_that_never_ends_ends_the_login_in_its_time() {
    let pause = Duration::from_millis(20);
    for server in
        [mute(), endless("HTTP/1.1 200 OK\r\n\r\n", " ", pause), endless("HTTP/1.1 200 OK\r\n", "A: b\r\n", pause)]
    {
        let mut options = options(&server);
        options["login_timeout"] = json!(0.5);
        let start = Instant::now();
        let run = login(&options);
        assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
        let (status, seen) = run.seen(CSRF);
        assert_eq!(status, "failed");
        assert!(seen.starts_with("/csrf/api/v1/token: no "), "{seen}");
    }
    let large = lms(|what, _| (what == "GET /api/user/v1/me").then(|| page(200, "text/html", &"x".repeat(3_000_000))));
    let run = login(&options(&large));
    let seen = "/api/user/v1/me answered with status 200, and with a body of more than 65536 bytes";
    assert_eq!(run.seen(SESSION), ("failed", seen));
}

#[test]
fn an_application_server_that_never_answers_leaves_the_others_their_time() {
    let (lms, own, mute) = (lms(|_, _| None), self::lms(|_, _| None), mute());
    let [own, mute] = [&own, &mute].map(|server| server.url("").replace("http://", ""));
    let mut options = options(&lms);
    options["app_servers"] = json!([mute, own]);
    options["studio_url"] = lms.url("").into();
    options["login_timeout"] = json!(6);
    let run = login(&options);
    let seen = run.about(SHARED, &mute).1;
    assert!(seen.starts_with("/api/user/v1/me: no answer within 1."), "{seen}");
    assert_eq!(run.about(SHARED, &own).0, "ok");
    assert_eq!(run.seen(STUDIO).0, "ok");
}

#[test]
fn an_lms_that_does_not_run_is_told() {
    let url = format!("http://{}:18000", host());
    let options = json!({"lms_url": url, "login_user": "a@b.c", "login_password": PASSWORD});
    let run = login(&options);
    let seen = "/csrf/api/v1/token: cannot connect: Connection refused (os error 111)";
    assert_eq!(run.seen(CSRF), ("failed", seen));
}

#[test]
fn no_proxy_of_the_environment_is_used() {
    let (lms, proxy) = (lms(|_, _| None), always(well()));
    let mut command = common::command();
    for name in ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"] {
        command.env(name, proxy.url(""));
    }
    common::verify_by(&mut command, &options(&lms)).assert_only(&[], &[&format!("{LOGOUT} {}", lms.url("/"))]);
    assert_eq!(proxy.requests(), [""; 0]);
}
