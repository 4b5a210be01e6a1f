//! User and password in a URL (RFC 3986).

use std::fmt::Write as _;

/// `text` with every byte percent-encoded that is no letter, digit, `-`, `.`, `_` or `~`.
pub fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

/// What `text` means, as Python's `unquote` reads it: a percent sign without two hexadecimal digits is itself.
pub fn decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, more)) = rest.split_first() {
        rest = more;
        let digits = more.get(..2).filter(|_| *first == b'%').and_then(|digits| std::str::from_utf8(digits).ok());
        let is_hex = |digits: &&str| digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        match digits.filter(is_hex).and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &more[2..];
            }
            None => bytes.push(*first),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// `wished` as it is to be written in the place of `present`, which stays where it means the same and every reader of
/// URLs takes it as one.
pub fn written(wished: &str, present: &str) -> String {
    let is_plain = |c: char| c.is_ascii_graphic() && !"/?#[]@:\\\"<>^`{|}".contains(c);
    if decode(present) == wished && present.chars().all(is_plain) { present.to_owned() } else { encode(wished) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_survives() {
        for text in ["", "pw-REDIS_PASSWORD", "p@ss:w/rd #\"'%{{", "%41", "ä€", "a+b"] {
            assert_eq!(decode(&encode(text)), text);
            assert!(encode(text).bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~%".contains(&b)), "{text}");
        }
        assert_eq!(encode("p@ss:w/rd"), "p%40ss%3Aw%2Frd");
    }

    #[test]
    fn what_is_no_encoding_is_itself() {
        assert_eq!(decode("100%"), "100%");
        assert_eq!(decode("%4"), "%4");
        assert_eq!(decode("%zz%41"), "%zzA");
        assert_eq!(decode("%+1"), "%+1");
    }

    #[test]
    fn what_means_the_same_stays() {
        assert_eq!(written("a+b", "a+b"), "a+b");
        assert_eq!(written("a@b", "a%40b"), "a%40b");
        assert_eq!(written("a@b", "a@b"), "a%40b", "no reader need take this one apart in the same way");
        assert_eq!(written("100%", "100%"), "100%");
        assert_eq!(written("new", "old"), "new");
    }
}
