//! Tags that the readers of a file do not agree about.

use std::io::Read;

use libyaml_safer::{Scanner, TokenData};

use crate::Error;
use crate::parse::{position, syntax};

/// Refuses a tag directly before a comma, as in `[!t, 1]`.
///
/// libyaml ends the tag there, PyYAML takes the comma into it, and libyaml-safer 0.3 panics. Whether a `!` begins a tag
/// or stands in a text or a comment is asked of the scanner itself, which gets to see a letter in its place: then a
/// plain text begins where the tag did, and all else is as before.
pub(crate) fn refuse_before_comma(source: &str, shift: usize) -> Result<(), Error> {
    let marks = candidates(source);
    if marks.is_empty() {
        return Ok(());
    }
    let mut masked = source.as_bytes().to_vec();
    for &at in &marks {
        masked[at] = b'a';
    }
    let mut scanner = Scanner::new();
    scanner.set_input(masked.as_slice().chain(&b"\n"[..usize::from(!source.ends_with('\n'))]));
    for token in scanner {
        let token = token.map_err(|error| syntax(&error, source))?;
        let start = position(token.start_mark.index, shift);
        if matches!(token.data, TokenData::Scalar { .. }) && marks.binary_search(&start).is_ok() {
            return Err(Error::Syntax {
                line: position(token.start_mark.line, 1),
                column: position(token.start_mark.column, 1),
                problem: "a tag needs a space behind it".to_owned(),
            });
        }
    }
    Ok(())
}

/// Each `!` that would begin a tag before a comma, were it no part of a text.
fn candidates(source: &str) -> Vec<usize> {
    let is_end = |c: char| c.is_whitespace() || matches!(c, ',' | '[' | ']' | '{' | '}');
    let is_verbatim_end = |c: char| c.is_whitespace() || c == '>';
    let from = |at: usize, end: &dyn Fn(char) -> bool| source[at..].find(end).map_or(source.len(), |end| at + end);
    // Kept from one to the next, or `!!!…` would take the square of its length.
    let (mut end, mut verbatim_end) = (0, 0);
    let mut found = Vec::new();
    for (at, _) in source.match_indices('!') {
        // In the middle of a word there is no tag.
        if source.as_bytes()[..at].last().is_some_and(u8::is_ascii_alphanumeric) {
            continue;
        }
        let comma = if source[at + 1..].starts_with('<') {
            if verbatim_end <= at {
                verbatim_end = from(at, &is_verbatim_end);
            }
            source[verbatim_end..].starts_with(">,")
        } else {
            if end <= at {
                end = from(at, &is_end);
            }
            source[end..].starts_with(',')
        };
        if comma {
            found.push(at);
        }
    }
    found
}
