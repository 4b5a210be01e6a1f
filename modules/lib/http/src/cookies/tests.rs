use super::*;

fn url(text: &str) -> Url {
    Url::parse(text).unwrap()
}

/// What `to` is told when `from` gave these.
fn told(from: &str, given: &[&str], to: &str) -> Option<String> {
    let jar = Jar::new();
    for header in given {
        jar.take(&url(from), header);
    }
    jar.header(&url(to))
}

#[test]
fn a_cookie_goes_back_to_whoever_gave_it_and_to_no_other() {
    let given = ["sessionid=abc; HttpOnly; SameSite=Lax"];
    for (from, to, is_told) in [
        ("http://lms.example.org/", "http://lms.example.org/x", true),
        ("http://lms.example.org/", "http://LMS.example.org:8000/x", true),
        ("http://lms.example.org/", "https://lms.example.org/x", true),
        ("http://lms.example.org/", "http://example.org/", false),
        ("http://lms.example.org/", "http://a.lms.example.org/", false),
        ("http://10.0.0.5/", "http://10.0.0.5:8000/", true),
        ("http://10.0.0.5/", "http://10.0.0.6/", false),
        ("http://[::1]/", "http://[::1]:8000/", true),
    ] {
        assert_eq!(told(from, &given, to), is_told.then(|| "sessionid=abc".to_owned()), "{from} {to}");
    }
}

#[test]
fn a_cookie_of_a_domain_is_for_every_host_in_it() {
    let from = "https://lms.example.org/";
    for (domain, to, is_told) in [
        ("example.org", "https://studio.example.org/", true),
        (".example.org", "https://studio.example.org/", true),
        (".Example.ORG", "https://example.org/", true),
        ("lms.example.org", "https://a.lms.example.org/", true),
        ("lms.example.org", "https://example.org/", false),
        ("example.org", "https://notexample.org/", false),
        // Not its own, or nobody's.
        ("studio.example.org", "https://studio.example.org/", false),
        ("other.org", "https://other.org/", false),
        ("ample.org", "https://ample.org/", false),
        ("org", "https://other.org/", false),
        ("", "https://lms.example.org/", true),
        ("", "https://example.org/", false),
    ] {
        let given = format!("a=b; Domain={domain}");
        assert_eq!(told(from, &[&given], to).is_some(), is_told, "{domain} {to}");
    }
    assert_eq!(told("http://localhost/", &["a=b; domain=localhost"], "http://localhost/").as_deref(), Some("a=b"));
    assert_eq!(told("http://10.0.0.5/", &["a=b; domain=10.0.0.5"], "http://10.0.0.5/").as_deref(), Some("a=b"));
    assert_eq!(told("http://10.0.0.5/", &["a=b; domain=0.0.5"], "http://10.0.0.5/"), None);
}

#[test]
fn a_cookie_of_a_path_is_for_what_lies_below_it() {
    for (from, given, to, is_told) in [
        ("http://lms/login", "a=b", "http://lms/x", true),
        ("http://lms/user/login", "a=b", "http://lms/user/x?y", true),
        ("http://lms/user/login", "a=b", "http://lms/x", false),
        ("http://lms/user/login", "a=b; path=/", "http://lms/x", true),
        ("http://lms/", "a=b; path=/user", "http://lms/user", true),
        ("http://lms/", "a=b; path=/user", "http://lms/user/x", true),
        ("http://lms/", "a=b; path=/user", "http://lms/users", false),
        ("http://lms/", "a=b; path=user", "http://lms/x", true),
    ] {
        assert_eq!(told(from, &[given], to).is_some(), is_told, "{from} {given} {to}");
    }
    let given = ["a=1; path=/", "a=2; path=/user", "b=3; path=/"];
    assert_eq!(told("http://lms/", &given, "http://lms/user/x").as_deref(), Some("a=2; a=1; b=3"));
}

#[test]
fn a_secure_cookie_is_given_and_told_with_tls_only() {
    let given = ["a=b; Secure"];
    assert_eq!(told("https://lms/", &given, "https://lms/").as_deref(), Some("a=b"));
    assert_eq!(told("https://lms/", &given, "http://lms/"), None);
    assert_eq!(told("http://lms/", &given, "https://lms/"), None);
}

#[test]
fn a_cookie_is_changed_and_deleted_by_whoever_gave_it() {
    for (then, expected) in [
        ("a=2", Some("a=2")),
        ("a=", Some("a=")),
        ("a=2; Max-Age=0", None),
        ("a=2; Max-Age=-1", None),
        ("a=\"\"; expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0; Path=/", None),
        ("a=2; expires=Thu, 01-Jan-1970 00:00:00 GMT", None),
        // The age counts more.
        ("a=2; Max-Age=60; expires=Thu, 01 Jan 1970 00:00:00 GMT", Some("a=2")),
        ("a=2; Max-Age=99999999999999999999", Some("a=2")),
        ("a=2; Max-Age=soon; expires=whenever", Some("a=2")),
        // Another one of the same name.
        ("a=2; path=/x; Max-Age=0", Some("a=1")),
    ] {
        assert_eq!(told("http://lms/", &["a=1", then], "http://lms/").as_deref(), expected, "{then}");
    }
}

#[test]
fn what_is_no_cookie_is_left_out() {
    let long = format!("a={}", "x".repeat(4096));
    for given in ["", "a", "=b", ";a=b", "a=b\r\nX: y", "a=b\0", &long] {
        assert_eq!(told("http://lms/", &[given], "http://lms/"), None, "{given:.20?}");
    }
    assert_eq!(told("http://lms/", &["a=b=c=="], "http://lms/").as_deref(), Some("a=b=c=="));
}

#[test]
fn a_jar_has_bounds() {
    let jar = Jar::new();
    for number in 0..1000 {
        jar.take(&url("http://lms/"), &format!("a{number}=b"));
    }
    assert_eq!(jar.header(&url("http://lms/")).unwrap().split("; ").count(), 64);
    assert_eq!(jar.value(&url("http://lms/"), "a999").as_deref(), Some("b"));
    assert_eq!(jar.value(&url("http://lms/"), "a0"), None);
}

#[test]
fn a_jar_does_not_show_what_is_in_it() {
    let jar = Jar::new();
    jar.take(&url("http://lms/"), "sessionid=pw-never-shown");
    assert_eq!(format!("{jar:?}"), "[\"sessionid\"]");
}
