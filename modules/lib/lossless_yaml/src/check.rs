//! What PyYAML refuses, or reads in a way nobody expects, though the grammar allows it: duplicate keys, tabs between
//! tokens, values that cannot be built.

use crate::document::{Document, Kind, Node, Style};
use crate::parse::bad_value;
use crate::{Error, Resolved};
use std::collections::HashMap;

pub(crate) fn check(doc: &Document) -> Result<(), Error> {
    if doc.root().style() != Style::Flow && doc.source.contains('\t') {
        no_tabs(doc)?;
    }
    node(doc.root())
}

fn node(here: Node<'_>) -> Result<(), Error> {
    match here.kind() {
        Kind::Alias => Ok(()),
        Kind::Scalar => buildable(here, false),
        Kind::Sequence => buildable(here, false).and_then(|()| here.items().try_for_each(node)),
        Kind::Mapping => {
            buildable(here, false)?;
            for (key, value) in here.entries() {
                if matches!(key.follow().kind(), Kind::Sequence | Kind::Mapping) {
                    return Err(Error::UnhashableKey { line: key.line() });
                }
                buildable(key, true)?;
                if key.is_merge() {
                    merge(value)?;
                }
            }
            unique_keys(here)?;
            here.entries().try_for_each(|(_, value)| node(value))
        }
    }
}

fn buildable(here: Node<'_>, is_key: bool) -> Result<(), Error> {
    match bad_value(here, is_key) {
        None => Ok(()),
        Some(expected) => {
            Err(Error::BadValue { path: here.doc.path_at(here.span().start), line: here.line(), expected })
        }
    }
}

fn merge(value: Node<'_>) -> Result<(), Error> {
    let target = value.follow();
    let mappings = match target.kind() {
        Kind::Mapping => true,
        Kind::Sequence => target.items().all(|item| item.follow().kind() == Kind::Mapping),
        _ => false,
    };
    if mappings { Ok(()) } else { Err(Error::BadMerge { line: value.line() }) }
}

/// Keys that are the same key of a Python dict are the same here: `1`, `1.0` and `true`.
#[derive(PartialEq, Eq, Hash)]
enum DictKey<'a> {
    Null,
    Int(i128),
    Float(u64),
    Text(&'a str),
    Other(&'a str, &'a str),
}

fn dict_key(key: Node<'_>) -> Option<DictKey<'_>> {
    Some(match key.resolved() {
        Resolved::Null => DictKey::Null,
        Resolved::Bool(value) => DictKey::Int(value.into()),
        Resolved::Int(value) => DictKey::Int(value),
        Resolved::Float(value) if value.is_nan() => return None,
        #[allow(clippy::cast_possible_truncation)]
        Resolved::Float(value) if value.fract() == 0.0 && value.abs() < 1e30 => DictKey::Int(value as i128),
        Resolved::Float(value) => DictKey::Float(value.to_bits()),
        Resolved::Str(text) => DictKey::Text(text),
        Resolved::BigInt(text) => DictKey::Other("int", text),
        Resolved::Timestamp(text) => DictKey::Other("timestamp", text),
        Resolved::Binary(text) => DictKey::Other("binary", text),
        Resolved::Tagged(tag, text) => DictKey::Other(tag, text),
        Resolved::Merge | Resolved::Sequence | Resolved::Mapping => return None,
    })
}

fn unique_keys(mapping: Node<'_>) -> Result<(), Error> {
    let keys = || mapping.entries().filter_map(|(key, _)| Some((dict_key(key)?, key)));
    if mapping.len() <= 8 {
        for (at, (wanted, key)) in keys().enumerate() {
            if let Some((_, first)) = keys().take(at).find(|(earlier, _)| *earlier == wanted) {
                return Err(duplicate(first, key));
            }
        }
        return Ok(());
    }
    let mut seen = HashMap::with_capacity(mapping.len());
    for (wanted, key) in keys() {
        if let Some(first) = seen.insert(wanted, key) {
            return Err(duplicate(first, key));
        }
    }
    Ok(())
}

fn duplicate(first: Node<'_>, key: Node<'_>) -> Error {
    Error::DuplicateKey { path: key.doc.path_at(key.span().start), line: key.line(), first_line: first.line() }
}

/// Past spaces, tabs, line breaks and comments.
pub(crate) fn skip_blank(source: &str, from: usize) -> usize {
    let mut at = from;
    loop {
        let rest = source[at..].trim_start_matches(is_blank);
        at = source.len() - rest.len();
        if !rest.starts_with('#') {
            return at;
        }
        at += rest.find(is_break).unwrap_or(rest.len());
    }
}

fn is_break(c: char) -> bool {
    matches!(c, '\r' | '\n' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// What libyaml skips between tokens: a byte order mark may begin any line.
pub(crate) fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\u{feff}') || is_break(c)
}

/// PyYAML's own scanner, which Open edX uses, skips spaces between tokens but no tabs, and knows no tab in plain text.
fn no_tabs(doc: &Document) -> Result<(), Error> {
    let bytes = doc.source.as_bytes();
    let refused = |at: usize| {
        let column = 1 + doc.source[doc.line_start(at)..at].chars().count();
        Err(Error::Tab { line: doc.line_at(at), column })
    };
    let mut at = 0;
    let leaves = doc.nodes.iter().filter(|record| matches!(record.kind, Kind::Scalar | Kind::Alias));
    let ends = leaves.map(|record| (record.content as usize, record.end as usize, record.style));
    for (start, end, style) in ends.chain([(bytes.len(), bytes.len(), Style::Plain)]) {
        while at < start {
            match bytes[at] {
                b'\t' => return refused(at),
                b'#' if at == 0 || matches!(bytes[at - 1], b' ' | b'\n' | b'\r') => {
                    at = doc.source[at..].find('\n').map_or(bytes.len(), |end| at + end);
                }
                _ => at += 1,
            }
        }
        if style == Style::Plain
            && let Some(tab) = doc.source[start..end].find('\t')
        {
            return refused(start + tab);
        }
        at = at.max(end);
    }
    Ok(())
}
