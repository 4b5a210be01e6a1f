//! What a browser does: forms, cookies, redirects; and asking a server directly that is behind another.

#![allow(missing_docs, clippy::unwrap_used)]

mod common;

use std::sync::Arc;
use std::time::Duration;

use common::certificates::Authority;
use common::{AGENT, LIMIT, plain_server, seen, server, server_with, soon, trusting};
use http::{Client, Jar, Lost, Request, Tls, Url};
use net::{Direct, Target};
use serde_json::{Value, json};

const TIME: Duration = Duration::from_secs(20);

fn redirect(status: u16, to: &str) -> String {
    format!("HTTP/1.1 {status} Moved\r\nLocation: {to}\r\nContent-Length: 0\r\n\r\n")
}

fn gives(cookies: &[&str]) -> String {
    let headers: Vec<String> = cookies.iter().map(|cookie| format!("Set-Cookie: {cookie}\r\n")).collect();
    format!("HTTP/1.1 200 OK\r\n{}Content-Length: 0\r\n\r\n", headers.concat())
}

fn followed(client: &Client, request: &Request) -> Result<(Vec<String>, String, Value), Box<Lost>> {
    let followed = client.follow(request, 5, soon(), LIMIT)?;
    let hops = followed.hops.iter().map(ToString::to_string).collect();
    Ok((hops, followed.url.to_string(), seen(&followed.answer)))
}

#[test]
fn a_form_is_sent_as_a_browser_sends_it() {
    let authority = Authority::new();
    let tls = trusting(&authority.own);
    let server = server(&authority.certificate("DNS:localhost"));
    let client = Client::new(&Direct, &tls, AGENT);
    let form = [("email", "staff+1@example.org"), ("password", "a&b=ü \r\n")];
    let request = Request::post(&server.url("/login"), &form)
        .header("X-CSRFToken", "abc")
        .header("Referer", &server.url("/").to_string());
    let said = seen(&client.send(&request, soon(), LIMIT).unwrap());
    assert_eq!(
        said["headers"],
        json!({
            "Host": format!("localhost:{}", server.port), "User-Agent": AGENT, "Accept": "*/*",
            "Accept-Encoding": "identity", "X-CSRFToken": "abc", "Referer": server.url("/").to_string(),
            "Content-Type": "application/x-www-form-urlencoded", "Content-Length": "60", "Connection": "close",
        })
    );
    assert_eq!(said["method"], "POST");
    assert_eq!(said["body"], "email=staff%2B1%40example.org&password=a%26b%3D%C3%BC+%0D%0A");
    assert!(!format!("{request:?}").contains("a%26b"), "{request:?}");
}

#[test]
fn a_header_with_a_line_break_is_not_sent() {
    let url = Url::parse("http://127.0.0.1:1/").unwrap();
    let tls = Tls::default();
    let client = Client::new(&Direct, &tls, AGENT);
    for (name, value) in [("X-CSRFToken", "a\r\nX: y"), ("X-CSRFToken", "\0"), ("X: y\r\nX", ""), ("", "")] {
        let request = Request::get(&url).header(name, value);
        let said = client.send(&request, soon(), LIMIT).unwrap_err().told(TIME);
        let name = name.escape_debug();
        assert_eq!(said, format!("the header {name} holds a character that no header may hold; nothing was sent"));
    }
}

#[test]
fn a_visitor_is_known_again_by_every_client_with_the_same_jar() {
    let answers = json!({
        "/give": gives(&["csrftoken=one; Path=/", "sessionid=two; Path=/; HttpOnly", "deep=three; Path=/deep"]),
        "/take": gives(&["sessionid=\"\"; Path=/; Max-Age=0; expires=Thu, 01 Jan 1970 00:00:00 GMT"]),
    });
    let server = plain_server(&answers);
    let tls = Tls::default();
    let jar = Arc::new(Jar::new());
    let client = Client::new(&Direct, &tls, AGENT).with_jar(Arc::clone(&jar));
    let get = |client: &Client, target: &str| client.get(&server.url(target), soon(), LIMIT).unwrap();
    get(&client, "/give");
    assert_eq!(seen(&get(&client.clone(), "/x"))["headers"]["Cookie"], "csrftoken=one; sessionid=two");
    let another = Client::new(&Direct, &tls, AGENT).with_jar(Arc::clone(&jar));
    assert_eq!(seen(&get(&another, "/deep/x"))["headers"]["Cookie"], "deep=three; csrftoken=one; sessionid=two");
    assert_eq!(jar.value(&server.url("/"), "csrftoken").as_deref(), Some("one"));
    get(&another, "/take");
    assert_eq!(seen(&get(&client, "/x"))["headers"]["Cookie"], "csrftoken=one");
    let stranger = Client::new(&Direct, &tls, AGENT);
    get(&stranger, "/give");
    assert_eq!(seen(&get(&stranger, "/x"))["headers"]["Cookie"], json!(null), "without a jar nothing is kept");
}

#[test]
fn what_an_answer_holds_is_not_shown() {
    let server = plain_server(&json!({"/": gives(&["sessionid=pw-never-shown"])}));
    let tls = Tls::default();
    let answer = Client::new(&Direct, &tls, AGENT).get(&server.url("/"), soon(), LIMIT).unwrap();
    assert_eq!(answer.header("Set-Cookie"), Some("sessionid=pw-never-shown"));
    assert_eq!(format!("{answer:?}"), "Answer { status: 200, body: 0, is_whole: true, .. }");
}

#[test]
fn redirects_are_followed_to_the_end_and_every_one_is_told() {
    let authority = Authority::new();
    let tls = trusting(&authority.own);
    let certificate = authority.certificate("DNS:localhost");
    let end = server(&certificate);
    let answers = json!({
        "/home": redirect(302, "/login/?next=/home"),
        "/login/?next=/home": redirect(301, "../oauth2?secret=x#top"),
        "/oauth2?secret=x": redirect(302, &end.url("/complete?code=pw-never-shown").to_string()),
    });
    let start = server_with(&certificate, &json!({"answers": answers}));
    let client = Client::new(&Direct, &tls, AGENT);
    let (hops, url, said) = followed(&client, &Request::get(&start.url("/home")).header("X-Own", "x")).unwrap();
    let hop = |target: &str, status: u16| format!("{} ({status})", start.url(target));
    assert_eq!(hops, [hop("/home", 302), hop("/login/", 301), hop("/oauth2", 302)]);
    assert_eq!(url, end.url("/complete?code=pw-never-shown").to_string());
    assert_eq!(said["target"], "/complete?code=pw-never-shown");
    assert_eq!(said["headers"]["X-Own"], json!(null), "another server does not get the headers");
}

#[test]
fn a_form_becomes_a_look_at_the_page_unless_the_server_wants_it_again() {
    let server = plain_server(&json!({
        "/found": redirect(302, "/end"), "/see": redirect(303, "/end"), "/again": redirect(307, "/end"),
    }));
    let tls = Tls::default();
    let client = Client::new(&Direct, &tls, AGENT);
    for (target, method, body) in [("/found", "GET", ""), ("/see", "GET", ""), ("/again", "POST", "a=b")] {
        let request = Request::post(&server.url(target), &[("a", "b")]);
        let (_, _, said) = followed(&client, &request).unwrap();
        assert_eq!((said["method"].as_str(), said["body"].as_str()), (Some(method), Some(body)), "{target}");
    }
}

#[test]
fn a_way_that_ends_is_told_with_its_place_and_without_a_secret() {
    let authority = Authority::new();
    let tls = trusting(&authority.own);
    let other = plain_server(&json!({}));
    let gone = plain_server(&json!({})).url("/gone?t=pw-never-shown");
    let answers = json!({
        "/loop": redirect(302, "/loop"),
        "/down": redirect(302, &other.url("/x?t=pw-never-shown").to_string()),
        "/odd": redirect(302, "ftp://staff:pw-never-shown@host/?t=pw-never-shown"),
        "/form": redirect(307, "https://other.example.org/x?t=pw-never-shown"),
    });
    let secure = server_with(&authority.certificate("DNS:localhost"), &json!({"answers": answers}));
    let start = plain_server(&json!({
        "/up": redirect(301, &secure.url("/down?t=pw-never-shown").to_string()),
        "/gone": redirect(302, &gone.to_string()),
    }));
    let client = Client::new(&Direct, &tls, AGENT);
    let told = |request: &Request| followed(&client, request).unwrap_err().told(TIME);
    let at = |target: &str| secure.url(target).to_string();
    assert!(told(&Request::get(&secure.url("/loop"))).ends_with(": more than 5 redirects"));
    assert_eq!(
        told(&Request::get(&secure.url("/down"))),
        format!("{}: a redirect from https:// to {}, which is not followed", at("/down"), other.url("/x"))
    );
    assert_eq!(
        told(&Request::get(&secure.url("/odd"))),
        format!(
            "{}: a redirect that cannot be followed: \"ftp://***@host/\" holds a user or a password, which this module \
             does not send: leave them out",
            at("/odd")
        )
    );
    assert_eq!(
        told(&Request::post(&secure.url("/form"), &[("a", "b")])),
        format!(
            "{}: a redirect that wants the form to be sent to another server, https://other.example.org/x, which is not \
             followed",
            at("/form")
        )
    );
    let lost = followed(&client, &Request::get(&start.url("/gone"))).unwrap_err();
    assert_eq!(
        lost.told(TIME),
        format!(
            "{}, reached by way of {} (302): cannot connect: Connection refused (os error 111)",
            gone.shown(),
            start.url("/gone")
        )
    );
    assert!(lost.advice().starts_with("see whether the program runs"), "{}", lost.advice());
}

#[test]
fn a_redirect_from_plain_text_to_tls_is_followed() {
    let authority = Authority::new();
    let tls = trusting(&authority.own);
    let secure = server(&authority.certificate("DNS:localhost"));
    let start = plain_server(&json!({"/": redirect(301, &secure.url("/").to_string())}));
    let client = Client::new(&Direct, &tls, AGENT);
    assert_eq!(followed(&client, &Request::get(&start.url("/"))).unwrap().1, secure.url("/").to_string());
}

#[test]
fn a_redirect_without_a_place_is_an_answer() {
    let server = plain_server(&json!({"/": "HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n"}));
    let tls = Tls::default();
    let client = Client::new(&Direct, &tls, AGENT);
    let end = client.follow(&Request::get(&server.url("/")), 5, soon(), LIMIT).unwrap();
    assert_eq!((end.answer.status, end.hops.len()), (302, 0));
}

#[test]
fn a_server_behind_another_is_asked_directly_by_the_public_name() {
    let authority = Authority::new();
    let tls = trusting(&authority.own);
    let certificate = authority.certificate("DNS:lms.example.org");
    let answers = json!({"/": redirect(302, "https://lms.example.org/x")});
    let server = server_with(&certificate, &json!({"answers": answers}));
    // A name that nothing resolves, so that nobody else is asked.
    let url = Url::parse("https://lms.example.org/").unwrap();
    let client = Client::new(&Direct, &tls, AGENT).connecting_to(&url, server.target());
    let (_, _, said) = followed(&client, &Request::get(&url)).unwrap();
    assert_eq!((said["name"].as_str(), said["target"].as_str()), (Some("lms.example.org"), Some("/x")));
    assert_eq!(said["headers"]["Host"], "lms.example.org");

    let wrong = Url::parse("https://studio.example.org/").unwrap();
    let client = Client::new(&Direct, &tls, AGENT).connecting_to(&wrong, Target::tcp("127.0.0.1", server.port));
    assert_eq!(
        client.get(&wrong, soon(), LIMIT).unwrap_err().told(TIME),
        "the certificate is not accepted: it is not for studio.example.org, but for lms.example.org"
    );
}

#[test]
fn a_server_behind_a_balancer_that_speaks_tls_in_its_place_is_asked_as_the_balancer_asks_it() {
    let server = plain_server(&json!({"/give": gives(&["sessionid=two; Secure"])}));
    let url = |target: &str| Url::parse(&format!("https://lms.example.org{target}")).unwrap();
    let tls = Tls::default();
    let client = Client::new(&Direct, &tls, AGENT)
        .with_jar(Arc::new(Jar::new()))
        .connecting_in_place_of_balancer(&url("/"), server.target());
    client.get(&url("/give"), soon(), LIMIT).unwrap();
    let said = seen(&client.get(&url("/x"), soon(), LIMIT).unwrap());
    assert_eq!(said["headers"]["Host"], "lms.example.org");
    assert_eq!(said["headers"]["X-Forwarded-Proto"], "https");
    assert_eq!(said["headers"]["Cookie"], "sessionid=two");
}
