//! redis.conf, as Redis reads it.
//!
//! A line is a directive and its arguments, split as `sdssplitargs` does it; of a directive that stands several times
//! the last one counts (but for `save`, `user` and a few others), and an `include` is read at its place. So a file of
//! one's own that is included by the last line has the last word, and the packaged file stays as it is.

use std::fmt::Write as _;

/// The words of a line. None where a quotation is not closed, or something follows one at once.
pub fn words(line: &[u8]) -> Option<Vec<Vec<u8>>> {
    let mut words = Vec::new();
    let mut rest = line;
    loop {
        let start = rest.iter().position(|byte| !is_space(*byte)).unwrap_or(rest.len());
        rest = &rest[start..];
        if rest.is_empty() {
            return Some(words);
        }
        let (word, after) = word(rest)?;
        words.push(word);
        rest = after;
    }
}

fn is_space(byte: u8) -> bool {
    // C's isspace, and NUL, at which Redis stops.
    matches!(byte, b' ' | b'\t'..=b'\r' | 0)
}

/// One word and what follows it. A quotation may begin in the middle of a word, and ends it.
fn word(mut rest: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let mut word = Vec::new();
    loop {
        match rest {
            [] => return Some((word, rest)),
            [byte, ..] if is_space(*byte) => return Some((word, rest)),
            [b'"', inner @ ..] => {
                let after = quoted_twice(inner, &mut word)?;
                return ends(after).then_some((word, after));
            }
            [b'\'', inner @ ..] => {
                let after = quoted_once(inner, &mut word)?;
                return ends(after).then_some((word, after));
            }
            [byte, after @ ..] => {
                word.push(*byte);
                rest = after;
            }
        }
    }
}

fn ends(after: &[u8]) -> bool {
    after.first().is_none_or(|byte| is_space(*byte))
}

fn quoted_twice<'a>(mut rest: &'a [u8], word: &mut Vec<u8>) -> Option<&'a [u8]> {
    loop {
        match rest {
            [] => return None,
            [b'"', after @ ..] => return Some(after),
            [b'\\', b'x', high, low, after @ ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                let text = [*high, *low];
                word.push(u8::from_str_radix(std::str::from_utf8(&text).ok()?, 16).ok()?);
                rest = after;
            }
            [b'\\', byte, after @ ..] => {
                word.push(match byte {
                    b'n' => b'\n',
                    b'r' => b'\r',
                    b't' => b'\t',
                    b'b' => 8,
                    b'a' => 7,
                    other => *other,
                });
                rest = after;
            }
            [byte, after @ ..] => {
                word.push(*byte);
                rest = after;
            }
        }
    }
}

fn quoted_once<'a>(mut rest: &'a [u8], word: &mut Vec<u8>) -> Option<&'a [u8]> {
    loop {
        match rest {
            [] => return None,
            [b'\\', b'\'', after @ ..] => {
                word.push(b'\'');
                rest = after;
            }
            [b'\'', after @ ..] => return Some(after),
            [byte, after @ ..] => {
                word.push(*byte);
                rest = after;
            }
        }
    }
}

/// Text as one word of a line, whatever is in it.
pub fn quoted(text: &str) -> String {
    let mut line = String::from("\"");
    for byte in text.bytes() {
        match byte {
            b'"' | b'\\' => line.extend(['\\', char::from(byte)]),
            b' '..=b'~' => line.push(char::from(byte)),
            _ => {
                let _ = write!(line, "\\x{byte:02x}");
            }
        }
    }
    line.push('"');
    line
}

/// A directive of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Directive {
    /// Its line, from 1.
    pub line: usize,
    /// Its name in lower case.
    pub name: String,
    /// What follows.
    pub arguments: Vec<Vec<u8>>,
}

/// The directives of a file; what Redis would not read is left out.
pub fn directives(bytes: &[u8]) -> impl Iterator<Item = Directive> + '_ {
    bytes.split(|byte| *byte == b'\n').enumerate().filter_map(|(index, line)| {
        let line = line.trim_ascii();
        if line.starts_with(b"#") {
            return None;
        }
        let mut words = words(line)?.into_iter();
        let name = String::from_utf8_lossy(&words.next()?).to_ascii_lowercase();
        Some(Directive { line: index + 1, name, arguments: words.collect() })
    })
}

/// The file with `path` included by its last directive: as it is where that is so already, else every byte kept but
/// earlier lines that include it.
pub fn including_last(bytes: &[u8], path: &str) -> Vec<u8> {
    let ours = lines_including(bytes, path);
    let last = directives(bytes).last().map(|found| found.line);
    if ours.len() == 1 && ours.first() == last.as_ref() {
        return bytes.to_vec();
    }
    let mut after = not_including(bytes, path);
    if after.last().is_some_and(|byte| *byte != b'\n') {
        after.push(b'\n');
    }
    after.extend(format!("include {path}\n").bytes());
    after
}

/// The file without any line that includes `path`.
pub fn not_including(bytes: &[u8], path: &str) -> Vec<u8> {
    let ours = lines_including(bytes, path);
    let lines = bytes.split_inclusive(|byte| *byte == b'\n').enumerate();
    lines.filter(|(index, _)| !ours.contains(&(index + 1))).flat_map(|(_, line)| line.iter().copied()).collect()
}

fn lines_including(bytes: &[u8], path: &str) -> Vec<usize> {
    let is_it = |found: &Directive| {
        found.name == "include" && found.arguments.first().map(Vec::as_slice) == Some(path.as_bytes())
    };
    directives(bytes).filter(is_it).map(|found| found.line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(line: &str) -> Option<Vec<String>> {
        let words = words(line.as_bytes())?;
        Some(words.into_iter().map(|word| String::from_utf8(word).unwrap()).collect())
    }

    #[test]
    fn a_line_is_split_as_redis_does() {
        let some = |words: &[&str]| Some(words.iter().map(|&word| word.to_owned()).collect::<Vec<_>>());
        assert_eq!(shown("save 900 1"), some(&["save", "900", "1"]));
        assert_eq!(shown("  save \"\"\t"), some(&["save", ""]));
        assert_eq!(shown(r#"requirepass "a\"b \x41\n""#), some(&["requirepass", "a\"b A\n"]));
        assert_eq!(shown(r"requirepass 'it\'s'"), some(&["requirepass", "it's"]));
        assert_eq!(shown(r#"user x >"a b""#), some(&["user", "x", ">a b"]));
        for odd in ["a \"b", "a 'b", "a \"b\"c", "a 'b'c"] {
            assert_eq!(shown(odd), None, "{odd}");
        }
    }

    #[test]
    fn whatever_text_is_quoted_is_read_as_that() {
        for text in ["", "plain", "p@ss \"w\\ö'r#d\n\0{{%}}", "\u{7f}"] {
            assert_eq!(words(quoted(text).as_bytes()), Some(vec![text.as_bytes().to_vec()]), "{text:?}");
        }
    }

    #[test]
    fn the_include_comes_last_and_no_other_byte_changes() {
        let file = b"# bind ::1\nbind 127.0.0.1\r\nport 6379";
        let with = including_last(file, "/etc/redis/ours.conf");
        assert_eq!(with, b"# bind ::1\nbind 127.0.0.1\r\nport 6379\ninclude /etc/redis/ours.conf\n");
        assert_eq!(including_last(&with, "/etc/redis/ours.conf"), with);
        // CONFIG REWRITE adds what it has to say at the end.
        let rewritten = [&with[..], b"# Generated by CONFIG REWRITE\nmaxmemory 1\n"].concat();
        let expected = b"# bind ::1\nbind 127.0.0.1\r\nport 6379\n# Generated by CONFIG REWRITE\nmaxmemory 1\ninclude /etc/redis/ours.conf\n";
        assert_eq!(including_last(&rewritten, "/etc/redis/ours.conf"), expected);
        assert_eq!(not_including(&with, "/etc/redis/ours.conf"), b"# bind ::1\nbind 127.0.0.1\r\nport 6379\n");
    }

    #[test]
    fn a_comment_after_the_include_is_no_directive() {
        let file = b"include /etc/redis/ours.conf\n# the end\n\n";
        assert_eq!(including_last(file, "/etc/redis/ours.conf"), file);
    }
}
