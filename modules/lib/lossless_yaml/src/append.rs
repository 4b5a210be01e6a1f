//! Entries of other files, copied as they are written there.

use crate::document::{Document, Kind, Node, Reader, Style};
use crate::edit::{Change, ChangeKind, Edited};
use crate::emit::Layout;
use crate::second_opinion::agree;
use crate::secret::MASK;
use crate::verify::same_node;
use crate::{Error, KeyPath};
use std::collections::HashSet;

impl Document {
    /// Puts entries of other documents behind the last entry of this document's root mapping, each as it is written
    /// there (tags such as `!vault`, quotes and comments on its lines included), only indented anew. The root has to
    /// be a block mapping or empty, and has none of the keys. The changes show the keys and no value at all.
    ///
    /// Refuses an entry with an anchor or alias, which would mean something else here.
    pub fn append_entries(&self, entries: &[(Node<'_>, Node<'_>)]) -> Result<Edited, Error> {
        if entries.is_empty() {
            return Ok(Edited { bytes: self.source.clone().into_bytes(), changes: Vec::new() });
        }
        let layout = Layout::of(self, Reader::Plain);
        let mut texts = Vec::with_capacity(entries.len());
        for (key, value) in entries {
            let path = KeyPath::root().key(key.key_text());
            if has_anchor(*key) || has_anchor(*value) {
                let reason = "it has an anchor or alias, which cannot be copied into another file; write its value out";
                return Err(Error::Unsupported { path, line: key.line(), reason });
            }
            if self.root().own(key.key_text()).is_some() {
                return Err(Error::Conflict { path });
            }
            texts.push(entry_text(*key, *value, layout.eol));
        }
        let (at, end, before, after) = self.end_of_root(layout.eol)?;
        let joined = texts.join(layout.eol);
        let text = format!("{}{before}{joined}{after}{}", &self.source[..at], &self.source[end..]);
        let line = self.line_at(at);
        let line = line + usize::from(before.contains('\n'));
        self.verify_appended(&text, entries)?;
        let change = |(key, _): &(Node<'_>, Node<'_>)| Change {
            path: KeyPath::root().key(key.key_text()),
            kind: ChangeKind::Added,
            line,
            before_lines: Vec::new(),
            after_lines: vec![format!("{}: {MASK}", key.source())],
        };
        Ok(Edited { bytes: text.into_bytes(), changes: entries.iter().map(change).collect() })
    }

    /// The bytes to replace, and the line breaks before and behind the new entries.
    fn end_of_root(&self, eol: &'static str) -> Result<(usize, usize, &'static str, &'static str), Error> {
        let root = self.root();
        let refused = |reason| Err(Error::Unsupported { path: KeyPath::root(), line: root.line(), reason });
        let span = root.span();
        let place = |at: usize| {
            let before = if at == self.source.len() && self.line_start(at) < at { eol } else { "" };
            Ok((at, at, before, eol))
        };
        match (root.kind(), root.style()) {
            (Kind::Mapping, Style::Block) => place(self.next_line(span.end)),
            (Kind::Mapping, _) if root.is_empty() && self.begins_line(span.start) => Ok((span.start, span.end, "", "")),
            (Kind::Mapping, _) if root.is_empty() => Ok((span.start, span.end, eol, "")),
            (Kind::Scalar, _) if span.is_empty() && root.text() == Some("") => {
                place(self.end_mark.unwrap_or(self.source.len()))
            }
            (Kind::Mapping, _) => refused("it is written in braces, which text of a block mapping does not fit into"),
            _ => refused("it is not a mapping"),
        }
    }

    /// Both readers see every earlier entry as before, and each new one as in its own file.
    fn verify_appended(&self, text: &str, entries: &[(Node<'_>, Node<'_>)]) -> Result<(), Error> {
        let wrong = |reason: String| Error::Unverified { path: KeyPath::root(), reason };
        let after = Document::parse(text).map_err(|error| wrong(error.to_string()))?;
        let (old, new) = (self.root(), after.root());
        if new.len() != old.len() + entries.len() {
            return Err(wrong("the count of keys is wrong".to_owned()));
        }
        let as_before = old.entries().chain(entries.iter().copied()).zip(new.entries());
        for ((old_key, old_value), (key, value)) in as_before {
            if !same_node(old_key, key) || !same_node(old_value, value) {
                let reason = "PyYAML would read another value".to_owned();
                return Err(Error::Unverified { path: KeyPath::root().key(key.key_text()), reason });
            }
        }
        // The copied entries are new here, but written by somebody else: types may differ between the readers.
        agree(self, &after, &HashSet::new())
    }
}

fn has_anchor(node: Node<'_>) -> bool {
    node.anchor().is_some()
        || node.items().any(has_anchor)
        || node.entries().any(|(key, value)| has_anchor(key) || has_anchor(value))
}

/// The lines of an entry, its key in the first column, without the last line break.
fn entry_text(key: Node<'_>, value: Node<'_>, eol: &str) -> String {
    let doc = key.doc;
    let start = key.span().start;
    let colon = doc.after_colon(key, value).unwrap_or(key.span().end);
    let mut end = value.span().end.max(colon);
    if doc.begins_line(start) {
        end = doc.line_end(end);
        // `|+` keeps the blank lines that follow.
        if keeps_blank_lines(value) {
            while end < doc.source.len()
                && doc.source[doc.next_line(end)..doc.line_end(doc.next_line(end))].trim().is_empty()
            {
                let next = doc.line_end(doc.next_line(end));
                if next <= end || next == doc.source.len() {
                    break;
                }
                end = next;
            }
        }
    }
    let column = doc.column(start);
    let lines = doc.source[start..end].split('\n').map(|line| line.strip_suffix('\r').unwrap_or(line)).enumerate();
    let dedented = lines.map(|(at, line)| {
        let blanks = line.bytes().take(column).take_while(|byte| *byte == b' ').count();
        if at == 0 { line } else { &line[blanks..] }
    });
    dedented.collect::<Vec<_>>().join(eol)
}

fn keeps_blank_lines(node: Node<'_>) -> bool {
    let last = node.entries().last().map(|(_, value)| value).or_else(|| node.items().last());
    match last {
        Some(last) => keeps_blank_lines(last),
        None => {
            matches!(node.style(), Style::Literal | Style::Folded)
                && node.doc.source[node.content_span()].lines().next().is_some_and(|header| header.contains('+'))
        }
    }
}
