//! Lines and columns of offsets, and where the entries of a collection begin.

use crate::check::skip_blank;
use crate::document::{Document, Kind, Node, Style};

/// One item of a list, or one key with its value.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Entry<'a> {
    /// Where it begins: the dash, the key, or the `?` before the key.
    pub start: usize,
    /// Where its value ends.
    pub end: usize,
    pub key: Option<Node<'a>>,
    pub value: Node<'a>,
}

/// Line feeds in a text.
pub(crate) fn line_feeds(text: &[u8]) -> usize {
    text.split(|byte| *byte == b'\n').count() - 1
}

impl Document {
    pub(crate) fn line_start(&self, offset: usize) -> usize {
        let bom = if self.source.starts_with('\u{feff}') { 3 } else { 0 };
        self.source[..offset].rfind('\n').map_or(bom.min(offset), |at| at + 1)
    }

    /// End of the line without its line break.
    pub(crate) fn line_end(&self, offset: usize) -> usize {
        let Some(at) = self.source[offset..].find('\n').map(|at| offset + at) else { return self.source.len() };
        if at > offset && self.source[..at].ends_with('\r') { at - 1 } else { at }
    }

    /// Start of the next line; the end of the file when there is none.
    pub(crate) fn next_line(&self, offset: usize) -> usize {
        self.source[offset..].find('\n').map_or(self.source.len(), |at| offset + at + 1)
    }

    /// Characters before the offset on its line.
    pub(crate) fn column(&self, offset: usize) -> usize {
        self.source[self.line_start(offset)..offset].chars().count()
    }

    /// Whether only spaces stand before the offset on its line.
    pub(crate) fn begins_line(&self, offset: usize) -> bool {
        self.source[self.line_start(offset)..offset].bytes().all(|byte| byte == b' ')
    }

    /// Offset behind the colon of a key; none when the key has no colon.
    pub(crate) fn after_colon(&self, key: Node<'_>, value: Node<'_>) -> Option<usize> {
        let at = skip_blank(&self.source, key.span().end);
        (self.source.as_bytes().get(at) == Some(&b':') && (at < value.span().start || value.span().is_empty()))
            .then_some(at + 1)
    }
}

/// The entries of a list or mapping, in order. Linear.
pub(crate) fn entries_of(node: Node<'_>) -> Vec<Entry<'_>> {
    let doc = node.doc;
    let flow = node.style() == Style::Flow;
    let content = node.content_span().start;
    let opening = flow && matches!(doc.source.as_bytes().get(content), Some(b'[' | b'{'));
    let mut at = if opening { content + 1 } else { content };
    let mut entries = Vec::with_capacity(node.len());
    let children: Vec<(Option<Node<'_>>, Node<'_>)> = match node.kind() {
        Kind::Mapping => node.entries().map(|(key, value)| (Some(key), value)).collect(),
        _ => node.items().map(|item| (None, item)).collect(),
    };
    for (key, value) in children {
        let mut start = skip_blank(&doc.source, at);
        if flow {
            if doc.source.as_bytes().get(start) == Some(&b',') {
                start = skip_blank(&doc.source, start + 1);
            }
            start = start.min(key.unwrap_or(value).span().start);
        }
        let colon = key.map_or(0, |key| doc.after_colon(key, value).unwrap_or(key.span().end));
        at = value.span().end.max(colon);
        entries.push(Entry { start, end: at, key, value });
    }
    entries
}
