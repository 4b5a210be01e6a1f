//! Where a redirect leads (RFC 3986, 5.2).

use super::{Url, parse};

pub fn join(base: &Url, reference: &str) -> Result<Url, String> {
    let reference = reference.split('#').next().unwrap_or_default();
    let mut url = parse(&whole(base, reference))?;
    let (path, query) = match url.target.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (url.target.as_str(), None),
    };
    let query = query.map(|query| format!("?{query}")).unwrap_or_default();
    url.target = format!("{}{query}", without_dots(path));
    Ok(url)
}

fn whole(base: &Url, reference: &str) -> String {
    let root = format!("{}://{}", base.scheme, base.authority);
    if has_scheme(reference) {
        return reference.to_owned();
    }
    match reference.as_bytes() {
        [] => format!("{root}{}", base.target),
        [b'/', b'/', ..] => format!("{}:{reference}", base.scheme),
        [b'/', ..] => format!("{root}{reference}"),
        [b'?', ..] => format!("{root}{}{reference}", base.path()),
        _ => {
            let folder = base.path().rsplit_once('/').map_or("", |(folder, _)| folder);
            format!("{root}{folder}/{reference}")
        }
    }
}

/// Whether it begins with `word:`, before any other part of an address.
fn has_scheme(reference: &str) -> bool {
    let end = reference.find([':', '/', '?']).unwrap_or(reference.len());
    let is_word = |word: &str| {
        word.starts_with(|first: char| first.is_ascii_alphabetic())
            && word.chars().all(|character| character.is_ascii_alphanumeric() || "+-.".contains(character))
    };
    reference[end..].starts_with(':') && is_word(&reference[..end])
}

/// A path, from `/` on, without its `.` and `..`.
fn without_dots(path: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    let mut parts = path.split('/').skip(1).peekable();
    while let Some(part) = parts.next() {
        let is_last = parts.peek().is_none();
        match part {
            "." | ".." => {
                if part == ".." {
                    kept.pop();
                }
                if is_last {
                    kept.push("");
                }
            }
            part => kept.push(part),
        }
    }
    format!("/{}", kept.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn joined(base: &str, reference: &str) -> String {
        join(&Url::parse(base).unwrap(), reference).unwrap().to_string()
    }

    #[test]
    fn a_redirect_leads_to_where_a_browser_would_go() {
        let base = "https://lms.example.org:8443/a/b/c?d=e";
        for (reference, expected) in [
            ("http://other.example.org/x?y", "http://other.example.org/x?y"),
            ("HTTPS://other.example.org", "https://other.example.org/"),
            ("//other.example.org/x", "https://other.example.org/x"),
            ("/x/y?z=//w", "https://lms.example.org:8443/x/y?z=//w"),
            ("?x=y", "https://lms.example.org:8443/a/b/c?x=y"),
            ("x", "https://lms.example.org:8443/a/b/x"),
            ("x/?y=../z", "https://lms.example.org:8443/a/b/x/?y=../z"),
            ("./x", "https://lms.example.org:8443/a/b/x"),
            ("../x", "https://lms.example.org:8443/a/x"),
            ("../../../../x", "https://lms.example.org:8443/x"),
            ("..", "https://lms.example.org:8443/a/"),
            (".", "https://lms.example.org:8443/a/b/"),
            ("/x//y/./z/", "https://lms.example.org:8443/x//y/z/"),
            ("", "https://lms.example.org:8443/a/b/c?d=e"),
            ("#part", "https://lms.example.org:8443/a/b/c?d=e"),
            ("/x#part?not", "https://lms.example.org:8443/x"),
            ("x/a:b", "https://lms.example.org:8443/a/b/x/a:b"),
        ] {
            assert_eq!(joined(base, reference), expected, "{reference}");
        }
        assert_eq!(joined("http://lms", "x"), "http://lms/x");
    }

    #[test]
    fn a_redirect_to_what_cannot_be_asked_is_refused_and_shows_no_secret() {
        let base = Url::parse("https://lms.example.org/").unwrap();
        for (reference, message) in [
            (
                "ftp://host/?t=pw-never-shown",
                "\"ftp://host/\" cannot be asked: this module speaks http:// and https:// only, not ftp://",
            ),
            (
                "https://staff:pw-never-shown@lms/?t=pw-never-shown",
                "\"https://***@lms/\" holds a user or a password, which this module does not send: leave them out",
            ),
            ("/a b?t=pw-never-shown", "\"/a b\" holds the character ' ': write it percent-encoded"),
            (
                "javascript:x",
                "\"javascript:x\" is not an address of a page: write it in full, as in http://127.0.0.1:8000/heartbeat",
            ),
            ("///x", "\"///x\" names no host and port that can be connected to, as 127.0.0.1:8000 does"),
        ] {
            assert_eq!(base.join(reference).unwrap_err().to_string(), message);
        }
    }
}
