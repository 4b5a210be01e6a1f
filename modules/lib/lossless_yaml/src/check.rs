//! What PyYAML refuses, or reads in a way nobody expects, though the grammar allows it: duplicate keys, tabs between
//! tokens, values that cannot be built.

use crate::document::{Document, Kind, Node, Style};
use crate::parse::bad_scalar;
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
        Kind::Scalar => scalar(here, false),
        Kind::Sequence => here.items().try_for_each(node),
        Kind::Mapping => {
            for (key, value) in here.entries() {
                if matches!(key.follow().kind(), Kind::Sequence | Kind::Mapping) {
                    return Err(Error::UnhashableKey { line: key.line() });
                }
                scalar(key, true)?;
                if key.is_merge() {
                    merge(value)?;
                }
            }
            unique_keys(here)?;
            here.entries().try_for_each(|(_, value)| node(value))
        }
    }
}

fn scalar(here: Node<'_>, is_key: bool) -> Result<(), Error> {
    match bad_scalar(here, is_key) {
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
    let bytes = source.as_bytes();
    let mut at = from;
    while at < bytes.len() {
        match bytes[at] {
            b' ' | b'\t' | b'\r' | b'\n' => at += 1,
            b'#' => at = source[at..].find('\n').map_or(bytes.len(), |end| at + end),
            _ => break,
        }
    }
    at
}

/// PyYAML's own scanner, which Open edX uses, skips spaces between tokens but no tabs.
fn no_tabs(doc: &Document) -> Result<(), Error> {
    let bytes = doc.source.as_bytes();
    let mut at = 0;
    let mut leaves: Vec<_> = doc
        .nodes
        .iter()
        .filter(|r| matches!(r.kind, Kind::Scalar | Kind::Alias))
        .map(|r| (r.content as usize, r.end as usize))
        .collect();
    leaves.push((bytes.len(), bytes.len()));
    for (start, end) in leaves {
        while at < start {
            match bytes[at] {
                b'\t' => {
                    let line_start = doc.source[..at].rfind('\n').map_or(0, |end| end + 1);
                    let column = 1 + doc.source[line_start..at].chars().count();
                    return Err(Error::Tab { line: doc.line_at(at), column });
                }
                b'#' if at == 0 || matches!(bytes[at - 1], b' ' | b'\n' | b'\r') => {
                    at = doc.source[at..].find('\n').map_or(bytes.len(), |end| at + end);
                }
                _ => at += 1,
            }
        }
        at = at.max(end);
    }
    Ok(())
}
