//! Finds the options in a memcached.conf, with their places.

use std::ops::Range;

use super::Occurrence;
use crate::Error;
use crate::option::{by_long, by_short, is_plain};

pub(super) fn occurrences(bytes: &[u8]) -> Result<Vec<Occurrence>, Error> {
    let mut found = Vec::new();
    let mut start = 0;
    for (index, line) in bytes.split_inclusive(|byte| *byte == b'\n').enumerate() {
        if let Some((text, at)) = command_line_part(line, index + 1)? {
            Words::new(&text, start + at, index + 1).read_into(&mut found)?;
        }
        start += line.len();
    }
    Ok(found)
}

/// What of a line reaches the daemon's command line, and where in the line it begins.
fn command_line_part(line: &[u8], number: usize) -> Result<Option<(String, usize)>, Error> {
    // A comment ends at the next `#`, which begins another one, unless a backslash is before it:
    // then what follows counts again.
    let mut kept: Vec<(usize, u8)> = Vec::new();
    let mut in_comment = false;
    for (at, byte) in line.iter().copied().enumerate() {
        if byte == b'#' {
            in_comment = at == 0 || line[at - 1] != b'\\';
        }
        if !in_comment {
            kept.push((at, byte));
        }
    }
    let is_space = |entry: &(usize, u8)| matches!(entry.1, b' ' | b'\t'..=b'\r');
    while kept.last().is_some_and(is_space) {
        kept.pop();
    }
    let leading = kept.iter().take_while(|entry| is_space(entry)).count();
    let kept = &kept[leading..];
    let Some((start, first)) = kept.first().copied() else {
        return Ok(None);
    };
    let text: Vec<u8> = kept.iter().map(|entry| entry.1).collect();
    if first != b'-' {
        let words = text.split(|byte| matches!(byte, b' ' | b'\t'..=b'\r'));
        let word = words.clone().next().unwrap_or_default();
        // A single word, or a first word that Perl takes for false, passes the script's filter.
        if words.count() > 1 && word != b"0" {
            return Ok(None);
        }
        return Err(Error::StrayWord { line: number, word: String::from_utf8_lossy(word).chars().take(40).collect() });
    }
    if matches!(text.get(1), Some(b'd' | b'h')) {
        return Ok(None);
    }
    let text = String::from_utf8_lossy(&text).into_owned();
    // Brackets stand around IPv6 addresses. A shell would look for matching files there, and run
    // nothing, so a line that has them can be read.
    let harmless = |c: char| is_plain(c) || "[] \t".contains(c);
    match text.chars().find(|c| !harmless(*c)) {
        Some(character) => Err(Error::LineReachesShell { line: number, character }),
        None => Ok(Some((text, start))),
    }
}

/// The words of one line, read as `getopt_long` reads them.
struct Words<'a> {
    text: &'a str,
    /// Where the text begins in the file.
    offset: usize,
    line: usize,
    /// Where each word stands in `text`.
    spans: Vec<Range<usize>>,
}

impl<'a> Words<'a> {
    fn new(text: &'a str, offset: usize, line: usize) -> Self {
        let mut spans = Vec::new();
        let mut from = 0;
        for word in text.split([' ', '\t']) {
            if !word.is_empty() {
                spans.push(from..from + word.len());
            }
            from += word.len() + 1;
        }
        Self { text, offset, line, spans }
    }

    fn read_into(&self, found: &mut Vec<Occurrence>) -> Result<(), Error> {
        let first_of_line = found.len();
        let mut next = 0;
        while let Some(span) = self.spans.get(next).cloned() {
            let word = &self.text[span.clone()];
            next += 1;
            if let Some(long) = word.strip_prefix("--").filter(|long| !long.is_empty()) {
                self.long(long, &span, &mut next, found)?;
            } else if word.len() > 1 && word.starts_with('-') && word != "--" {
                self.cluster(&span, &mut next, found)?;
            } else {
                // memcached overlooks it, and whoever wrote it meant something: `-l 10.0.0.5, 10.0.0.6`.
                // After `--` even later lines would be no options any more.
                return Err(Error::StrayWord { line: self.line, word: word.to_owned() });
            }
        }
        let alone = found.len() - first_of_line == 1;
        for occurrence in &mut found[first_of_line..] {
            occurrence.alone = alone;
        }
        Ok(())
    }

    fn long(
        &self,
        name: &str,
        span: &Range<usize>,
        next: &mut usize,
        found: &mut Vec<Occurrence>,
    ) -> Result<(), Error> {
        let (name, attached) = match name.split_once('=') {
            Some((name, _)) => (name, Some(span.start + 2 + name.len() + 1..span.end)),
            None => (name, None),
        };
        let Some(known) = by_long(name) else {
            // An option of a newer memcached: it is left alone, and stands in for one entry so
            // that its line counts as shared.
            found.push(self.occurrence('?', span.end..span.end, span.clone()));
            if attached.is_none() {
                self.skip_value(next);
            }
            return Ok(());
        };
        let value = match (known.value, attached) {
            (true, Some(value)) => value,
            (true, None) => self.following(&format!("--{name}"), next)?,
            (false, _) => span.end..span.end,
        };
        let whole = span.start..value.end;
        found.push(self.occurrence(known.short, value, whole));
        Ok(())
    }

    /// `-m64`, `-m 64`, `-vk`, `-vm64`.
    fn cluster(&self, span: &Range<usize>, next: &mut usize, found: &mut Vec<Occurrence>) -> Result<(), Error> {
        let mut at = span.start + 1;
        while at < span.end {
            let letter = char::from(self.text.as_bytes()[at]);
            let takes_value = by_short(letter).is_some_and(|known| known.value);
            let value = match (takes_value, at + 1 < span.end) {
                (false, _) => at + 1..at + 1,
                (true, true) => at + 1..span.end,
                (true, false) => self.following(&format!("-{letter}"), next)?,
            };
            // Alone in its word, the dash goes too.
            let only = at == span.start + 1 && value.end >= span.end;
            let from = if only { span.start } else { at };
            found.push(self.occurrence(letter, value.clone(), from..value.end));
            if by_short(letter).is_none() && at + 1 == span.end {
                self.skip_value(next);
            }
            at = if takes_value { span.end } else { at + 1 };
        }
        Ok(())
    }

    /// Passes over what may be the value of an option that is not known here.
    fn skip_value(&self, next: &mut usize) {
        if self.spans.get(*next).is_some_and(|span| !self.text[span.clone()].starts_with('-')) {
            *next += 1;
        }
    }

    /// The next word, as an option's value.
    fn following(&self, option: &str, next: &mut usize) -> Result<Range<usize>, Error> {
        let span = self.spans.get(*next).cloned();
        *next += 1;
        span.ok_or_else(|| Error::MissingValue { line: self.line, option: option.to_owned() })
    }

    fn occurrence(&self, option: char, value: Range<usize>, span: Range<usize>) -> Occurrence {
        let shift = |range: Range<usize>| range.start + self.offset..range.end + self.offset;
        Occurrence {
            option,
            value: (!value.is_empty()).then(|| self.text[value.clone()].to_owned()),
            value_span: shift(value),
            span: shift(span),
            line_start: self.offset,
            alone: false,
        }
    }
}

/// Where the line after a commented-out example of `option` begins (`# -c 1024`, `#-c 1024`).
pub(super) fn after_example(bytes: &[u8], option: char) -> Option<usize> {
    let mut end = 0;
    let mut found = None;
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        end += line.len();
        let is_example = std::str::from_utf8(line).is_ok_and(|line| {
            line.trim_start()
                .strip_prefix('#')
                .and_then(|rest| rest.trim_start().strip_prefix('-'))
                .and_then(|rest| rest.strip_prefix(option))
                .is_some_and(|rest| !rest.starts_with(|c: char| c.is_alphabetic() || c == '-'))
        });
        if is_example {
            found = Some(end);
        }
    }
    found
}
