//! A login, at the Django site that stands in for Open edX: what passes, and what each fault is called.

#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

mod common;
#[path = "../../lib/http/tests/common/mod.rs"]
mod tls;

use ansible_protocol::{Value, json};
use common::daemon::free_port;
use common::platform::{Form, Platform, default_cache, forgetful_cache, host};
use common::{Run, command, verify, verify_by};
use tls::certificates::Authority;

const CSRF: &str = "platform.csrf";
const LOGIN: &str = "platform.login";
const SESSION: &str = "platform.session";
const SHARED: &str = "platform.session_shared";
const STUDIO: &str = "platform.studio_login";
const LOGOUT: &str = "platform.logout";

const V1: &str = "/api/user/v1/account/login_session/";

/// One run, whose output holds no secret whatever happened.
fn login(options: &Value) -> Run {
    let run = verify(options);
    let text = run.result.to_string();
    assert!(!text.contains("not-for-output"), "{text}");
    assert!(!text.contains("code=") && !text.contains("state="), "{text}");
    run
}

/// With other values for some options.
fn with(mut options: Value, others: &Value) -> Value {
    for (name, value) in others.as_object().unwrap() {
        options[name] = value.clone();
    }
    options
}

/// The statuses in the order of the steps.
fn statuses(run: &Run) -> Vec<(&str, &str)> {
    let text = |check: &'_ Value, key: &str| check[key].as_str().unwrap().to_owned().leak() as &str;
    run.checks().iter().map(|check| (text(check, "name"), text(check, "status"))).collect()
}

#[test]
fn a_login_passes_from_maple_on_with_studio_by_oauth() {
    let Some(platform) = Platform::new(Form::OAuth) else { return };
    let _programs = platform.start();
    let run = login(&platform.options());
    run.assert_only(&[], &[]);
    let seen: Vec<(&str, &str)> = [CSRF, LOGIN, SESSION, STUDIO, LOGOUT].map(|name| (name, run.seen(name).1)).to_vec();
    assert_eq!(
        seen,
        [
            (CSRF, "a token, and its cookie"),
            (LOGIN, "/api/user/v1/account/login_session/ accepted the password"),
            (SESSION, "signed in as staff, at a second request"),
            (STUDIO, "signed in by OAuth, over 5 redirects"),
            (LOGOUT, "the session was ended"),
        ]
    );
    assert_eq!(run.check(STUDIO)["subject"], json!(format!("{}/", platform.studio)));
    assert_eq!(run.result["msg"], "5 checks passed");
}

#[test]
fn a_login_passes_up_to_lilac_with_one_session_for_lms_and_studio() {
    let Some(platform) = Platform::new(Form::Shared) else { return };
    let _programs = platform.start();
    let run = login(&platform.options());
    run.assert_only(&[], &[]);
    assert_eq!(run.seen(STUDIO), ("ok", "signed in with the LMS's own session"));
}

#[test]
fn without_studio_and_servers_only_the_lms_is_asked() {
    let Some(platform) = Platform::new(Form::OAuth) else { return };
    let _lms = platform.start_lms();
    let run = login(&platform.lms_options());
    assert_eq!(statuses(&run), [CSRF, LOGIN, SESSION, LOGOUT].map(|name| (name, "ok")));
}

#[test]
fn a_cache_that_keeps_nothing_is_the_known_cause_of_a_refusal_without_a_reason() {
    let Some(mut platform) = Platform::new(Form::OAuth) else { return };
    platform.lms_settings["CACHES"]["default"] = forgetful_cache();
    let _programs = platform.start();
    let run = login(&with(platform.options(), &json!({"app_servers": ["127.0.0.1"]})));
    assert_eq!(
        statuses(&run),
        [(CSRF, "ok"), (LOGIN, "failed"), (SESSION, "skipped"), (SHARED, "skipped"), (STUDIO, "skipped")]
    );
    let (_, seen, advice) = run.about(LOGIN, &format!("{}/", platform.lms));
    assert_eq!(seen, format!("{V1} answered with status 400, and without a reason"));
    assert_eq!(
        advice,
        "the LMS answers like this where a session is gone before the answer is ready, since the cache keeps nothing: see \
         CACHES.default and SESSION_ENGINE in lms.yml, and its log in /edx/var/log/supervisor; it was tried once, and each \
         failure may count towards a lock-out of the account"
    );
    assert_eq!(run.seen(STUDIO).1, "not tried, since platform.login failed");
}

#[test]
fn a_dead_cache_breaks_the_login_even_where_its_errors_are_ignored() {
    for ignore_exc in [false, true] {
        let Some(mut platform) = Platform::new(Form::OAuth) else { return };
        let mut cache = default_cache(&format!("127.0.0.1:{}", free_port()));
        cache["OPTIONS"] = json!({"ignore_exc": ignore_exc});
        platform.lms_settings["CACHES"]["default"] = cache;
        let _lms = platform.start_lms();
        let run = login(&platform.lms_options());
        let statuses = [(CSRF, "ok"), (LOGIN, "failed"), (SESSION, "skipped")];
        assert_eq!(self::statuses(&run), statuses, "{ignore_exc}");
        assert_eq!(run.seen(LOGIN).1, format!("{V1} broke, with status 500"));
    }
}

#[test]
fn a_wrong_password_is_tried_once_and_counts_as_one_failure() {
    let Some(mut platform) = Platform::new(Form::OAuth) else { return };
    platform.lms_settings["MAX_FAILED_LOGIN_ATTEMPTS_ALLOWED"] = json!(2);
    let _lms = platform.start_lms();
    let wrong = with(platform.lms_options(), &json!({"login_password": "not-for-output-wrong"}));
    let run = login(&wrong);
    assert_eq!(statuses(&run), [(CSRF, "ok"), (LOGIN, "failed"), (SESSION, "skipped")], "nothing to sign out of");
    let (_, seen, advice) = run.about(LOGIN, &format!("{}/", platform.lms));
    assert_eq!(seen, "the user or the password is wrong (status 400, incorrect-email-or-password)");
    assert_eq!(
        advice,
        "correct login_user and login_password before the next run: it was tried once, and each failure may count towards \
         a lock-out of the account"
    );
    login(&platform.lms_options()).assert_only(&[], &[]);
    login(&wrong);
    let run = login(&platform.lms_options());
    let seen = "the account is locked after too many failures (status 400, account-locked-out)";
    assert_eq!(run.seen(LOGIN), ("failed", seen), "after the second failure, and no sooner");
}

#[test]
fn each_refusal_of_a_user_has_its_own_words() {
    let Some(platform) = Platform::new(Form::OAuth) else { return };
    let _lms = platform.start_lms();
    for (user, seen) in [
        ("locked", "the account is locked after too many failures (status 400, account-locked-out)"),
        ("thirdparty", "this user has to sign in at another site, such as a school's or a company's (status 403)"),
        ("noprofile", "/api/user/v1/account/login_session/ broke, with status 500"),
        ("nobody", "the user or the password is wrong (status 400, incorrect-email-or-password)"),
    ] {
        let user = format!("{user}@example.com");
        let run = login(&with(platform.lms_options(), &json!({"login_user": user})));
        assert_eq!(run.seen(LOGIN), ("failed", seen));
    }
    let run = login(&with(platform.lms_options(), &json!({"login_user": "noprofile@example.com"})));
    let advice = run.check(LOGIN)["advice"].as_str().unwrap().to_owned();
    assert!(advice.contains("a user without a row in auth_userprofile, as after a restore"), "{advice}");
}

#[test]
fn too_many_logins_are_told_as_such() {
    let Some(mut platform) = Platform::new(Form::OAuth) else { return };
    platform.lms_settings["LOGISTRATION_RATELIMIT_RATE"] = json!("0/5m");
    let _lms = platform.start_lms();
    let run = login(&platform.lms_options());
    assert_eq!(run.seen(LOGIN), ("failed", "status 429: too many logins from this address, or of this user"));
}

#[test]
fn a_session_is_shown_to_each_application_server() {
    let Some(platform) = Platform::new(Form::OAuth) else { return };
    let _lms = platform.start_lms();
    let (good, _good) = platform.start_another_lms(&platform.lms_settings);
    let mut other = platform.lms_settings.clone();
    other["CACHES"]["default"]["KEY_PREFIX"] = json!("other");
    let (bad, _bad) = platform.start_another_lms(&other);
    let dead = host();
    let own = platform.lms.trim_start_matches("http://").to_owned();
    // One that does not know the session takes its cookie away; those after it, Studio and the end need it still.
    let servers = [own, bad, good, dead];
    let _studio = platform.start_studio();
    let run = login(&with(platform.options(), &json!({"app_servers": servers})));
    let [own, bad, good, dead] = &servers;
    run.assert_only(&[&format!("{SHARED} {bad}"), &format!("{SHARED} {dead}")], &[]);
    assert_eq!(run.about(SHARED, own), ("ok", "knows the session of staff", ""));
    assert_eq!(run.about(SHARED, good), ("ok", "knows the session of staff", ""));
    let (_, seen, advice) = run.about(SHARED, bad);
    assert_eq!(seen, "does not know the session of staff: /api/user/v1/me answered with status 401");
    assert!(advice.starts_with("every application server needs the same CACHES.default"), "{advice}");
    assert_eq!(run.about(SHARED, dead).1, "/api/user/v1/me: cannot connect: Connection refused (os error 111)");
}

#[test]
fn a_login_passes_with_tls_and_at_a_server_behind_what_ends_it() {
    let Some(mut platform) = Platform::new(Form::OAuth) else { return };
    let authority = Authority::new();
    platform.put_behind_tls(|names| {
        let certificate = authority.certificate(names);
        [certificate.path, certificate.key]
    });
    let _lms = platform.start_lms();
    let (behind, _behind) = platform.start_another_lms(&platform.lms_settings);
    let behind = format!("http://{behind}:18000");
    // Studio trusts no authority of ours.
    platform.studio_settings["SOCIAL_AUTH_EDX_OAUTH2_URL_ROOT"] = json!(behind);
    let _studio = platform.start_studio();
    let own = platform.lms.trim_start_matches("https://").to_owned();
    let options = with(platform.options(), &json!({"app_servers": [own, behind]}));

    let run = login(&with(options.clone(), &json!({"ca_path": authority.own.path})));
    run.assert_only(&[], &[]);
    assert_eq!(run.seen(STUDIO), ("ok", "signed in by OAuth, over 5 redirects"));
    assert_eq!(run.about(SHARED, &behind), ("ok", "knows the session of staff", ""));
    assert_eq!(run.seen(LOGOUT), ("ok", "the session was ended"));

    let run = verify_by(command().env("SSL_CERT_FILE", Authority::new().own.path), &options);
    let seen = "/csrf/api/v1/token: the certificate is not accepted: no known authority has issued it";
    assert_eq!(run.seen(CSRF), ("failed", seen), "and nothing is sent to it");
}

#[test]
fn an_oauth_that_fails_is_told_by_the_hop_at_which_it_fails() {
    let Some(mut platform) = Platform::new(Form::OAuth) else { return };
    let _lms = platform.start_lms();
    let dead = format!("http://127.0.0.1:{}", free_port());
    let caches = json!({"default": forgetful_cache()});
    for (setting, value, expected, beginning) in [
        (
            "SOCIAL_AUTH_EDX_OAUTH2_KEY",
            json!("other-key"),
            "LMS /oauth2/authorize answered with status 400, unknown client",
            "Studio's SOCIAL_AUTH_EDX_OAUTH2_KEY (studio.yml) is no OAuth application of this LMS",
        ),
        (
            "SOCIAL_AUTH_EDX_OAUTH2_SECRET",
            json!("not-for-output-other"),
            "Studio /complete/edx-oauth2/ answered with status 500",
            "Studio asks the LMS from server to server now",
        ),
        (
            "SOCIAL_AUTH_EDX_OAUTH2_URL_ROOT",
            json!(dead),
            "Studio /complete/edx-oauth2/ answered with status 500",
            "Studio asks the LMS from server to server now",
        ),
        (
            "CACHES",
            caches,
            "Studio /complete/edx-oauth2/ answered with status 403",
            "Studio compares with what it kept in its own session",
        ),
        (
            "SOCIAL_AUTH_EDX_OAUTH2_PUBLIC_URL_ROOT",
            json!("http://lms.invalid"),
            "Studio /login/edx-oauth2/ sends to http://lms.invalid/oauth2/authorize, which is neither lms_url nor studio_url",
            "see LMS_ROOT_URL and SOCIAL_AUTH_EDX_OAUTH2_PUBLIC_URL_ROOT in studio.yml",
        ),
    ] {
        let good = platform.studio_settings.clone();
        platform.studio_settings[setting] = value;
        let studio = platform.start_studio();
        assert_studio_fails(&platform, expected, beginning);
        drop(studio);
        platform.studio_settings = good;
    }
    let _studio = platform.start_studio();
    login(&platform.options()).assert_only(&[], &[]);
}

#[track_caller]
fn assert_studio_fails(platform: &Platform, expected: &str, beginning: &str) {
    let run = login(&platform.options());
    let subject = format!("{}/", platform.studio);
    run.assert_only(&[&format!("{STUDIO} {subject}")], &[]);
    let (_, seen, advice) = run.about(STUDIO, &subject);
    assert_eq!(seen, expected);
    assert!(advice.starts_with(beginning), "{advice}");
}

#[test]
fn another_redirect_uri_is_told() {
    let Some(mut platform) = Platform::new(Form::OAuth) else { return };
    let others = json!(["http://studio.example.com/complete/edx-oauth2/"]);
    platform.lms_settings["STANDIN_OAUTH_CLIENTS"]["studio-sso-key"]["redirect_uris"] = others;
    let _programs = platform.start();
    assert_studio_fails(
        &platform,
        "LMS /oauth2/authorize answered with status 400, another redirect URI",
        &format!("the LMS's OAuth application for Studio has to have {}/complete/edx-oauth2/ among", platform.studio),
    );
}

#[test]
fn a_studio_that_does_not_take_the_session_of_the_lms_is_told() {
    let Some(mut platform) = Platform::new(Form::Shared) else { return };
    platform.studio_settings["CACHES"]["default"]["KEY_PREFIX"] = json!("studio");
    let _programs = platform.start();
    let run = login(&platform.options());
    let (status, seen, advice) = run.about(STUDIO, &format!("{}/", platform.studio));
    assert_eq!(
        (status, seen),
        ("failed", "Studio /signin_redirect_to_lms sends to LMS /login: it does not know the session")
    );
    assert!(
        advice.starts_with("up to Lilac, Studio takes the LMS's session: both need the same CACHES.default"),
        "{advice}"
    );
}

#[test]
fn a_studio_that_does_not_run_is_told() {
    let Some(platform) = Platform::new(Form::OAuth) else { return };
    let _lms = platform.start_lms();
    let run = login(&platform.options());
    assert_eq!(run.seen(STUDIO), ("failed", "/home: cannot connect: Connection refused (os error 111)"));
    assert_eq!(run.seen(LOGOUT).0, "ok", "the session is ended all the same");
}

#[test]
fn the_form_of_an_older_release_is_found_without_sending_it_the_password() {
    let missing = |paths: &[&str]| -> Value { paths.iter().map(|path| path.trim_start_matches('/')).collect() };
    let (old, oldest) = ("/user_api/v1/account/login_session/", "/login_ajax");
    for (paths, form) in [(missing(&[V1]), old), (missing(&[V1, old]), oldest)] {
        let Some(mut platform) = Platform::new(Form::OAuth) else { return };
        platform.lms_settings["STANDIN_MISSING_PATHS"] = paths;
        let _lms = platform.start_lms();
        let run = login(&platform.lms_options());
        assert_eq!(run.seen(LOGIN), ("ok", format!("{form} accepted the password").as_str()));
    }
    let Some(mut platform) = Platform::new(Form::OAuth) else { return };
    platform.lms_settings["STANDIN_MISSING_PATHS"] = missing(&[V1, old, oldest]);
    let _lms = platform.start_lms();
    let run = login(&platform.lms_options());
    let seen = format!("none of {V1}, {old}, {oldest} is there; the password was not sent");
    assert_eq!(run.seen(LOGIN), ("failed", seen.as_str()));
}

#[test]
fn a_users_name_is_taken_where_the_release_takes_one() {
    let Some(mut platform) = Platform::new(Form::OAuth) else { return };
    let options = with(platform.lms_options(), &json!({"login_user": "staff"}));
    let lms = platform.start_lms();
    let run = login(&options);
    assert_eq!(run.seen(LOGIN), ("ok", "/api/user/v2/account/login_session/ accepted the password"));
    drop(lms);
    platform.lms_settings["STANDIN_MISSING_PATHS"] = json!(["api/user/v2/account/login_session/"]);
    let _lms = platform.start_lms();
    let run = login(&options);
    let seen = "/api/user/v2/account/login_session/ is not there, so this release takes no user names; the password was not \
                sent";
    let subject = format!("{}/", platform.lms);
    assert_eq!(run.about(LOGIN, &subject), ("failed", seen, "give the user's email address in login_user"));
}

#[test]
fn a_cookie_that_no_browser_keeps_is_told_as_the_reason() {
    let advice = "give the https:// address that browsers use, or set SESSION_COOKIE_SECURE and CSRF_COOKIE_SECURE to false in \
                  lms.yml and studio.yml where there is no HTTPS";
    for (setting, check, cookie) in
        [("CSRF_COOKIE_SECURE", CSRF, "csrftoken"), ("SESSION_COOKIE_SECURE", SESSION, "sessionid")]
    {
        let Some(mut platform) = Platform::new(Form::OAuth) else { return };
        platform.lms_settings[setting] = json!(true);
        let _lms = platform.start_lms();
        let run = login(&platform.lms_options());
        let seen = format!("the cookie {cookie} is marked Secure, and over http:// no browser sends it back");
        assert_eq!(run.about(check, &format!("{}/", platform.lms)), ("failed", seen.as_str(), advice));
    }
    let Some(mut platform) = Platform::new(Form::OAuth) else { return };
    platform.lms_settings["SESSION_COOKIE_DOMAIN"] = json!(".example.org");
    let _lms = platform.start_lms();
    let run = login(&platform.lms_options());
    let host = platform.lms.trim_start_matches("http://").split(':').next().unwrap();
    let seen = format!("the cookie sessionid is for example.org, and {host} is not in it");
    assert_eq!(run.seen(SESSION), ("failed", seen.as_str()));
}

#[test]
fn a_cookie_of_studio_that_no_browser_keeps_is_told_with_the_hop() {
    let Some(mut platform) = Platform::new(Form::OAuth) else { return };
    platform.studio_settings["SESSION_COOKIE_SECURE"] = json!(true);
    let _programs = platform.start();
    let run = login(&platform.options());
    let seen = "Studio /complete/edx-oauth2/ answered with status 403; the cookie studio_sessionid is marked Secure, and over \
                http:// no browser sends it back";
    assert_eq!(run.seen(STUDIO), ("failed", seen));
}

#[test]
fn lms_and_studio_on_one_host_with_one_cookie_name_are_told() {
    let Some(mut platform) = Platform::new(Form::OAuth) else { return };
    platform.put_studio_on_the_host_of_the_lms();
    let _lms = platform.start_lms();
    let studio = platform.start_studio();
    login(&platform.options()).assert_only(&[], &[]);
    drop(studio);
    platform.studio_settings["SESSION_COOKIE_NAME"] = json!("sessionid");
    platform.studio_settings["CACHES"]["default"]["KEY_PREFIX"] = json!("studio");
    let _studio = platform.start_studio();
    assert_studio_fails(
        &platform,
        "LMS /oauth2/authorize sends to LMS /login: it does not know the session",
        "LMS and Studio are on one host here, and cookies know no ports",
    );
}

#[test]
fn a_login_is_the_same_in_check_mode() {
    let Some(platform) = Platform::new(Form::OAuth) else { return };
    let _programs = platform.start();
    let run = login(&with(platform.options(), &json!({"_ansible_check_mode": true})));
    assert_eq!(run.result["summary"]["ok"], json!(5));
}
