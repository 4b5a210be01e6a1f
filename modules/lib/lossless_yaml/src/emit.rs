//! Values as YAML text: which quotes a string needs, how a new list or mapping is laid out.

use crate::document::{Kind, Reader, Style, is_template};
use crate::resolve::{self, Look};
use crate::{Document, Node};
use serde_json::{Map, Value};
use std::fmt::Write as _;

/// How the file is laid out, so that new text looks like the old.
#[derive(Debug, Clone)]
pub(crate) struct Layout {
    pub eol: &'static str,
    /// Columns by which a mapping in a mapping is indented.
    pub step: usize,
    /// Columns by which a list is indented under its key; Open edX and PyYAML use 0.
    pub list: usize,
    /// Columns from a dash to the mapping behind it; Open edX uses 4, most others 2.
    pub dash: usize,
    /// The root is a flow collection with double-quoted keys or items.
    pub json: bool,
    pub reader: Reader,
}

impl Layout {
    pub fn of(doc: &Document, reader: Reader) -> Self {
        let eol = match doc.source.find('\n') {
            Some(at) if doc.source[..at].ends_with('\r') => "\r\n",
            _ => "\n",
        };
        let mut layout = Self { eol, step: 0, list: usize::MAX, dash: 0, json: is_json(doc.root(), reader), reader };
        layout.measure(doc, doc.root());
        layout.step = if layout.step > 0 { layout.step } else { 2.max(layout.dash) };
        layout.dash = if layout.dash > 0 { layout.dash } else { 2 };
        if layout.list == usize::MAX {
            layout.list = 0;
        }
        layout
    }

    fn known(&self) -> bool {
        self.step > 0 && self.list != usize::MAX && self.dash > 0
    }

    /// Takes the first example of each in the file.
    fn measure(&mut self, doc: &Document, node: Node<'_>) {
        if self.known() || node.style() != Style::Block {
            return;
        }
        if node.kind() == Kind::Mapping {
            for (key, value) in node.entries() {
                let (own, below) = (doc.column(key.span().start), doc.column(value.content_span().start));
                if value.style() == Style::Block {
                    if value.kind() == Kind::Mapping && self.step == 0 {
                        self.step = below.saturating_sub(own);
                    } else if value.kind() == Kind::Sequence && self.list == usize::MAX {
                        self.list = below.saturating_sub(own);
                    }
                    self.measure(doc, value);
                }
            }
        } else {
            let own = doc.column(node.content_span().start);
            for item in node.items().filter(|item| item.style() == Style::Block) {
                if item.kind() == Kind::Mapping && self.dash == 0 {
                    self.dash = doc.column(item.content_span().start).saturating_sub(own);
                }
                self.measure(doc, item);
            }
        }
    }
}

fn is_json(root: Node<'_>, reader: Reader) -> bool {
    if root.style() != Style::Flow {
        return reader == Reader::Json;
    }
    let quoted = |node: Node<'_>| node.style() == Style::DoubleQuoted;
    match root.kind() {
        _ if root.is_empty() => reader == Reader::Json,
        Kind::Mapping => root.entries().all(|(key, _)| quoted(key)),
        _ => root.items().all(|item| item.kind() != Kind::Scalar || item.style() != Style::SingleQuoted),
    }
}

/// Characters that PyYAML and libyaml accept unescaped and that look like what they are.
fn is_clear(c: char) -> bool {
    let code = u32::from(c);
    matches!(c, ' '..='~')
        || (0xa1..=0xd7ff).contains(&code) && !matches!(code, 0x2028 | 0x2029)
        || (0xe000..=0xfffd).contains(&code) && code != 0xfeff
        || code >= 0x10000
}

fn is_plain_safe(text: &str, flow: bool) -> bool {
    let mut chars = text.chars();
    let Some(first) = chars.next() else { return false };
    let second = chars.next();
    let indicator = matches!(
        first,
        ',' | '['
            | ']'
            | '{'
            | '}'
            | '#'
            | '&'
            | '*'
            | '!'
            | '|'
            | '>'
            | '\''
            | '"'
            | '%'
            | '@'
            | '`'
            | ' '
            | '<'
            | '='
    );
    let dash_like = matches!(first, '-' | '?' | ':') && (flow || second.is_none_or(|c| matches!(c, ' ' | ':')));
    let grammar = text.contains(": ")
        || text.contains(" #")
        || text.ends_with([':', ' '])
        || text.starts_with("---")
        || text.starts_with("...")
        || !text.chars().all(is_clear);
    let in_flow = flow && (text.contains([',', '[', ']', '{', '}', '?', ':']));
    !indicator
        && !dash_like
        && !grammar
        && !in_flow
        && resolve::look(text) == Look::Str
        && !resolve::other_readers_differ(text)
}

fn single_quoted(text: &str) -> Option<String> {
    text.chars().all(is_clear).then(|| format!("'{}'", text.replace('\'', "''")))
}

/// Double quotes with the escapes that YAML and JSON share.
pub(crate) fn double_quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if is_clear(c) => out.push(c),
            c => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
        }
    }
    out.push('"');
    out
}

impl Layout {
    /// A string in the style of the one that it replaces, or the simplest that keeps it a string.
    pub fn string(&self, text: &str, like: Style, flow: bool) -> String {
        let template = self.reader == Reader::Ansible && is_template(text);
        let plain = like != Style::SingleQuoted && !template && is_plain_safe(text, flow);
        let body = if self.json || like == Style::DoubleQuoted {
            double_quoted(text)
        } else if plain {
            text.to_owned()
        } else {
            single_quoted(text).unwrap_or_else(|| double_quoted(text))
        };
        if template { format!("!unsafe {body}") } else { body }
    }

    pub fn key(&self, text: &str, flow: bool) -> String {
        if self.json {
            double_quoted(text)
        } else if is_plain_safe(text, flow) {
            text.to_owned()
        } else {
            single_quoted(text).unwrap_or_else(|| double_quoted(text))
        }
    }

    /// Whether a value takes lines of its own in a block.
    pub fn is_block(value: &Value) -> bool {
        match value {
            Value::Array(items) => !items.is_empty(),
            Value::Object(map) => !map.is_empty(),
            _ => false,
        }
    }

    /// A value on one line, or over several when `indent` (column of the line, step) is given.
    pub fn inline(&self, value: &Value, like: Style, flow: bool, indent: Option<(usize, usize)>) -> String {
        match value {
            Value::Null => "null".to_owned(),
            Value::Bool(value) => value.to_string(),
            Value::Number(number) => number_text(number),
            Value::String(text) => self.string(text, like, flow),
            Value::Array(items) => {
                let items = items.iter().map(|item| self.inline(item, like, true, deeper(indent)));
                self.bracket('[', &items.collect::<Vec<_>>(), ']', indent)
            }
            Value::Object(map) => {
                let entries = map.iter().map(|(key, value)| self.flow_entry(key, value, like, deeper(indent)));
                self.bracket('{', &entries.collect::<Vec<_>>(), '}', indent)
            }
        }
    }

    pub fn flow_entry(&self, key: &str, value: &Value, like: Style, indent: Option<(usize, usize)>) -> String {
        format!("{}: {}", self.key(key, true), self.inline(value, like, true, indent))
    }

    fn bracket(&self, open: char, parts: &[String], close: char, indent: Option<(usize, usize)>) -> String {
        match indent {
            Some((column, step)) if !parts.is_empty() => {
                let pad = " ".repeat(column + step);
                let inner = parts.join(&format!(",{}{pad}", self.eol));
                format!("{open}{eol}{pad}{inner}{eol}{}{close}", " ".repeat(column), eol = self.eol)
            }
            _ => format!("{open}{}{close}", parts.join(", ")),
        }
    }

    /// `key: value` of a block mapping whose keys stand at `column`; further lines included, no line end behind.
    pub fn block_entry(&self, key: &str, value: &Value, column: usize) -> String {
        format!("{}:{}", self.key(key, false), self.behind_key(value, column))
    }

    /// What follows the colon of a key at `column`.
    pub fn behind_key(&self, value: &Value, column: usize) -> String {
        if Self::is_block(value) {
            let below = self.below_key(value, column);
            format!("{}{}{}", self.eol, " ".repeat(below), self.block(value, below))
        } else {
            format!(" {}", self.inline(value, Style::Plain, false, None))
        }
    }

    /// Column of a collection under a key at `column`.
    pub fn below_key(&self, value: &Value, column: usize) -> usize {
        column + if value.is_array() { self.list } else { self.step }
    }

    /// A list or mapping in block style; its first line without indentation.
    pub fn block(&self, value: &Value, column: usize) -> String {
        let lines: Vec<String> = match value {
            Value::Object(map) => self.block_entries(map, column),
            Value::Array(items) => {
                items.iter().map(|item| self.block_item(item, column, self.dash, Style::Plain)).collect()
            }
            other => vec![self.inline(other, Style::Plain, false, None)],
        };
        lines.join(&format!("{}{}", self.eol, " ".repeat(column)))
    }

    fn block_entries(&self, map: &Map<String, Value>, column: usize) -> Vec<String> {
        map.iter().map(|(key, value)| self.block_entry(key, value, column)).collect()
    }

    /// `- item`, the dash at `column`.
    pub fn block_item(&self, item: &Value, column: usize, dash: usize, like: Style) -> String {
        format!("-{}", self.behind_dash(item, column, dash, like))
    }

    pub fn behind_dash(&self, item: &Value, column: usize, dash: usize, like: Style) -> String {
        if Self::is_block(item) {
            let dash = if item.is_array() { 2 } else { dash };
            format!("{}{}", " ".repeat(dash - 1), self.block(item, column + dash))
        } else {
            format!(" {}", self.inline(item, like, false, None))
        }
    }
}

fn deeper(indent: Option<(usize, usize)>) -> Option<(usize, usize)> {
    indent.map(|(column, step)| (column + step, step))
}

/// A number that PyYAML reads as the same number: it needs a dot, and a sign in the exponent.
fn number_text(number: &serde_json::Number) -> String {
    let Some(value) = number.as_f64().filter(|_| number.is_f64()) else { return number.to_string() };
    let text = format!("{value:?}");
    let (mantissa, exponent) = text.split_once('e').map_or((text.as_str(), None), |(m, e)| (m, Some(e)));
    let dot = if mantissa.contains('.') { "" } else { ".0" };
    match exponent {
        None => format!("{mantissa}{dot}"),
        Some(exponent) if exponent.starts_with('-') => format!("{mantissa}{dot}e{exponent}"),
        Some(exponent) => format!("{mantissa}{dot}e+{exponent}"),
    }
}
