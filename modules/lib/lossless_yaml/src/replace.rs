//! One value in place of another.

use crate::document::{Kind, Node, Style};
use crate::edit::ChangeKind;
use crate::emit::Layout;
use crate::lines::entries_of;
use crate::plan::{Planner, Slot, SlotKind, scalar_style};
use crate::{Error, Resolved};
use serde_json::Value;

impl<'d> Planner<'d> {
    pub fn replace(&mut self, node: Node<'d>, value: &Value, slot: Slot) -> Result<(), Error> {
        let change = self.change(ChangeKind::Replaced)?;
        let in_flow = slot.in_flow;
        if !in_flow && Layout::is_block(value) {
            return self.replace_by_block(node, value, slot, change);
        }
        let indent = if in_flow { self.flow_indent(node) } else { None };
        let like = scalar_style(node);
        let text = self.layout.inline(value, like, in_flow, indent);
        if node.style() == Style::Block && !node.is_empty() {
            self.replace_block_by_text(node, &text, slot, change);
            return Ok(());
        }
        let span = node.span();
        if span.is_empty() {
            if slot.kind == SlotKind::Root {
                let (at, before, after) = self.root_place();
                self.splice(at, at, format!("{before}{text}{after}"), change);
            } else {
                let colon = if slot.missing_colon { ": " } else { " " };
                self.splice(slot.after, slot.after, format!("{colon}{text}"), change);
            }
        } else {
            self.splice(span.start, span.end, format!("{}{text}", anchor_of(node)), change);
        }
        Ok(())
    }

    /// Column and step for a collection that goes over several lines, as JSON files do.
    pub fn flow_indent(&self, node: Node<'_>) -> Option<(usize, usize)> {
        let root = self.doc.root();
        if !self.layout.json {
            return None;
        }
        let line = self.doc.line_start(node.span().start);
        let column = self.doc.source[line..].bytes().take_while(|byte| *byte == b' ').count();
        let step = match root.entries().next().map(|(key, _)| key).or_else(|| root.items().next()) {
            Some(first) if first.line() == root.line() => return None,
            Some(first) => self.doc.column(first.span().start),
            None => 4,
        };
        Some((column, step))
    }

    /// Where the content of an empty file goes, and the line breaks around it.
    fn root_place(&self) -> (usize, &'static str, &'static str) {
        let eol = self.layout.eol;
        match self.doc.end_mark {
            Some(end) => (end, "", eol),
            None if self.doc.begins_line(self.doc.source.len()) => (self.doc.source.len(), "", eol),
            None => (self.doc.source.len(), eol, eol),
        }
    }

    fn replace_by_block(&mut self, node: Node<'d>, value: &Value, slot: Slot, change: usize) -> Result<(), Error> {
        let eol = self.layout.eol;
        let old_block = node.style() == Style::Block && !node.is_empty();
        if node.anchor().is_some() && node.kind() != Kind::Alias {
            return Err(self.unsupported(node, "it has an anchor; take the anchor away first"));
        }
        match slot.kind {
            SlotKind::Root => {
                let text = self.layout.block(value, 0);
                let span = node.span();
                if span.is_empty() {
                    let (at, before, after) = self.root_place();
                    self.splice(at, at, format!("{before}{text}{after}"), change);
                } else if self.doc.begins_line(span.start) {
                    self.splice(self.doc.line_start(span.start), span.end, text, change);
                } else {
                    self.splice(span.start, span.end, format!("{eol}{text}"), change);
                }
            }
            SlotKind::Item => {
                let text = self.layout.behind_dash(value, slot.column, self.layout.dash, Style::Plain);
                self.splice(slot.after, node.span().end.max(slot.after), text, change);
            }
            SlotKind::Value if slot.missing_colon => return Err(self.unsupported(node, "its key has no colon")),
            SlotKind::Value => {
                let column = self.layout.below_key(value, slot.column);
                let pad = " ".repeat(column);
                let text = format!("{pad}{}", self.layout.block(value, column));
                if old_block && self.doc.line_start(node.content_span().start) > slot.after {
                    let at = self.doc.line_start(entries_of(node)[0].start);
                    self.splice(at, at, format!("{text}{eol}"), change);
                    self.cut_lines(node, change);
                } else {
                    let end = node.span().end.max(slot.after);
                    if end > slot.after {
                        self.splice(slot.after, end, "", change);
                    }
                    let at = self.doc.line_end(end);
                    self.splice(at, at, format!("{eol}{text}"), change);
                }
            }
        }
        Ok(())
    }

    /// A block list or mapping becomes a value on the line of its key; comments between its entries stay.
    fn replace_block_by_text(&mut self, node: Node<'d>, text: &str, slot: Slot, change: usize) {
        let entries = entries_of(node);
        let (Some(first), Some(last)) = (entries.first(), entries.last()) else { return };
        let own_lines = self.doc.line_start(first.start) > slot.after;
        match slot.kind {
            SlotKind::Root => {
                self.splice(first.start, first.end, text, change);
                for entry in &entries[1..] {
                    self.splice(self.doc.line_start(entry.start), self.doc.next_line(entry.end), "", change);
                }
            }
            _ if own_lines => {
                self.splice(slot.after, slot.after, format!(" {text}"), change);
                self.cut_lines(node, change);
            }
            _ => self.splice(slot.after, last.end, format!(" {text}"), change),
        }
    }

    /// Deletes the lines of every entry, and of an anchor or tag on a line of its own.
    fn cut_lines(&mut self, node: Node<'d>, change: usize) {
        for entry in entries_of(node) {
            self.splice(self.doc.line_start(entry.start), self.doc.next_line(entry.end), "", change);
        }
    }
}

/// An anchor that nothing uses stays with the new value.
fn anchor_of(node: Node<'_>) -> String {
    match node.anchor() {
        Some(anchor) if node.kind() != Kind::Alias && !matches!(node.resolved(), Resolved::Merge) => {
            format!("&{anchor} ")
        }
        _ => String::new(),
    }
}
