//! Adding entries to a list or mapping, and taking entries out.

use crate::check::skip_blank;
use crate::document::{Kind, Node, Style};
use crate::edit::ChangeKind;
use crate::lines::{Entry, entries_of};
use crate::plan::{Planner, scalar_style};
use crate::{Error, Resolved, Segment};
use serde_json::Value;

/// A key (none in a list) and its value.
pub(crate) type New = (Option<String>, Value);

impl<'d> Planner<'d> {
    /// Takes out the entries at these positions (not all of them) and adds the new ones.
    pub fn change_entries(&mut self, node: Node<'d>, removed: &[usize], added: &[New]) -> Result<(), Error> {
        let entries = entries_of(node);
        if node.style() == Style::Flow {
            let braces = matches!(self.doc.source.as_bytes().get(node.content_span().start), Some(b'[' | b'{'));
            if !braces {
                return Err(
                    self.unsupported(node, "it is a mapping without braces inside a list; put braces around it")
                );
            }
        }
        let mut gone = vec![false; entries.len()];
        for at in removed {
            gone[*at] = true;
        }
        let places = if added.is_empty() { Vec::new() } else { Self::places(node, &entries, added) };
        if node.style() == Style::Flow {
            self.remove_flow(&entries, &gone)?;
            self.add_flow(node, &entries, &gone, added, &places)
        } else {
            self.remove_block(&entries, &gone)?;
            self.add_block(node, &entries, added, &places)
        }
    }

    fn removed(&mut self, entries: &[Entry<'d>], at: usize) -> Result<usize, Error> {
        let entry = &entries[at];
        let segment = entry.key.map_or(Segment::Index(at), |key| Segment::Key(key.key_text().to_owned()));
        self.path.push(segment);
        if let Some(key) = entry.key {
            self.may_drop(key)?;
        }
        self.may_drop(entry.value)?;
        let change = self.change(ChangeKind::Removed);
        self.path.pop();
        change
    }

    fn added(&mut self, key: Option<&str>, index: usize) -> Result<usize, Error> {
        self.path.push(key.map_or(Segment::Index(index), |key| Segment::Key(key.to_owned())));
        let change = self.change(ChangeKind::Added);
        self.path.pop();
        change
    }

    /// For each new entry the count of old ones before it. A sorted mapping stays sorted; everything else comes last.
    fn places(node: Node<'d>, entries: &[Entry<'d>], added: &[New]) -> Vec<usize> {
        let keys: Vec<&str> = entries.iter().filter_map(|entry| entry.key).map(Node::key_text).collect();
        let strings = || entries.iter().all(|e| e.key.is_some_and(|key| matches!(key.resolved(), Resolved::Str(_))));
        let sorted = node.kind() == Kind::Mapping && keys.len() > 1 && keys.is_sorted() && strings();
        let place = |(key, _): &New| match key {
            Some(key) if sorted => keys.partition_point(|have| *have < key.as_str()),
            _ => entries.len(),
        };
        added.iter().map(place).collect()
    }

    fn remove_block(&mut self, entries: &[Entry<'d>], gone: &[bool]) -> Result<(), Error> {
        let doc = self.doc;
        let mut at = 0;
        // A first entry that stands behind a dash cannot take its line along.
        if gone[0] && !doc.begins_line(entries[0].start) {
            let run = gone.iter().take_while(|gone| **gone).count();
            let (last, next) = (&entries[run - 1], &entries[run]);
            let mut change = 0;
            for entry in 0..run {
                change = self.removed(entries, entry)?;
            }
            let comments = doc.source[last.end..next.start].contains('#');
            let end = if comments { doc.line_end(last.end) } else { next.start };
            self.splice(entries[0].start, end, "", change);
            at = run;
        }
        for entry in at..entries.len() {
            if gone[entry] {
                let change = self.removed(entries, entry)?;
                let (start, end) = (doc.line_start(entries[entry].start), doc.next_line(entries[entry].end));
                self.splice(start, end, "", change);
            }
        }
        Ok(())
    }

    fn add_block(
        &mut self,
        node: Node<'d>,
        entries: &[Entry<'d>],
        added: &[New],
        places: &[usize],
    ) -> Result<(), Error> {
        let (doc, eol) = (self.doc, self.layout.eol);
        let column = doc.column(entries[0].start);
        let pad = " ".repeat(column);
        let mut order: Vec<usize> = (0..added.len()).collect();
        // Only a sorted mapping gives places before the end; its new keys stay sorted among themselves.
        if places.iter().any(|place| *place < entries.len()) || Self::is_sorted(node, entries) {
            sort_by_key(&mut order, added);
        }
        for (nth, &which) in order.iter().enumerate() {
            let (key, value) = &added[which];
            let change = self.added(key.as_deref(), entries.len() + which)?;
            let text = self.block_text(node, entries, key.as_deref(), value, column);
            if places[which] == 0 {
                let first = entries[0].start;
                if doc.begins_line(first) {
                    let at = doc.line_start(first);
                    self.splice(at, at, format!("{pad}{text}{eol}"), change);
                } else {
                    self.splice(first, first, format!("{text}{eol}{pad}"), change);
                }
                continue;
            }
            let mut at = doc.next_line(entries[places[which] - 1].end);
            if places[which] == entries.len() {
                at = self.past_comments(at, column);
            }
            if at == doc.source.len() && !doc.source.ends_with('\n') {
                let in_text = doc.nodes.last().is_some_and(|last| matches!(last.style, Style::Literal | Style::Folded));
                if in_text {
                    return Err(self.unsupported(node, "the file ends in a block text without a line break, which a line break would become part of; end the file with one"));
                }
                let last = nth + 1 == order.len();
                self.splice(at, at, format!("{eol}{pad}{text}{}", if last { eol } else { "" }), change);
            } else {
                self.splice(at, at, format!("{pad}{text}{eol}"), change);
            }
        }
        Ok(())
    }

    fn is_sorted(node: Node<'d>, entries: &[Entry<'d>]) -> bool {
        let probe = [(Some(String::new()), Value::Null)];
        Self::places(node, entries, &probe) == [0]
    }

    /// Comment lines that follow the last entry at its own column, without a blank line between, belong to it.
    fn past_comments(&self, from: usize, column: usize) -> usize {
        let source = &self.doc.source;
        let mut at = from;
        while at < source.len() {
            let line = &source[at..self.doc.line_end(at)];
            let text = line.trim_start_matches(' ');
            if !text.starts_with('#') || line.len() - text.len() != column {
                break;
            }
            at = self.doc.next_line(at);
        }
        at
    }

    fn block_text(
        &self,
        node: Node<'d>,
        entries: &[Entry<'d>],
        key: Option<&str>,
        value: &Value,
        column: usize,
    ) -> String {
        if let Some(key) = key {
            return self.layout.block_entry(key, value, column);
        }
        let sibling = entries.iter().rev().map(|entry| entry.value).find(|item| item.kind() == Kind::Mapping);
        let same_line =
            sibling.filter(|item| item.style() == Style::Block && !self.doc.begins_line(item.content_span().start));
        let dash = same_line.map_or(self.layout.dash, |item| self.doc.column(item.content_span().start) - column);
        let like = entries.last().map_or(Style::Plain, |entry| scalar_style(entry.value));
        let _ = node;
        self.layout.block_item(value, column, dash, like)
    }

    fn remove_flow(&mut self, entries: &[Entry<'d>], gone: &[bool]) -> Result<(), Error> {
        let mut at = 0;
        while at < entries.len() {
            if !gone[at] {
                at += 1;
                continue;
            }
            let run = gone[at..].iter().take_while(|gone| **gone).count();
            let mut change = 0;
            for entry in at..at + run {
                change = self.removed(entries, entry)?;
            }
            let last = &entries[at + run - 1];
            if at + run == entries.len() {
                let kept_end = entries[at - 1].end;
                self.splice(kept_end, last.end, self.gap(kept_end), change);
            } else {
                self.splice(entries[at].start, entries[at + run].start, "", change);
            }
            at += run;
        }
        Ok(())
    }

    fn add_flow(
        &mut self,
        node: Node<'d>,
        entries: &[Entry<'d>],
        gone: &[bool],
        added: &[New],
        places: &[usize],
    ) -> Result<(), Error> {
        let Some(last) = (0..entries.len()).rev().find(|at| !gone[*at]) else { return Ok(()) };
        let separator = self.separator(node, entries);
        let indent = self.flow_indent(entries[last].key.unwrap_or(entries[last].value));
        let mut order: Vec<usize> = (0..added.len()).collect();
        if Self::is_sorted(node, entries) {
            sort_by_key(&mut order, added);
        }
        let like = scalar_style(entries[last].value);
        for which in order {
            let (key, value) = &added[which];
            let change = self.added(key.as_deref(), entries.len() + which)?;
            let text = match key {
                Some(key) => self.layout.flow_entry(key, value, like, indent),
                None => self.layout.inline(value, like, true, indent),
            };
            let place = places[which];
            if place < entries.len() && !gone[place] {
                let at = entries[place].start;
                self.splice(at, at, format!("{text}{separator}"), change);
            } else {
                self.append_flow(entries[last].end, last + 1 == entries.len(), &separator, &text, change);
            }
        }
        Ok(())
    }

    /// Behind the last entry; a comment on its line stays with it.
    fn append_flow(&mut self, end: usize, is_last: bool, separator: &str, text: &str, change: usize) {
        let source = &self.doc.source;
        let line_end = self.doc.line_end(end);
        let rest = source[end..line_end].trim_start();
        let (comma, rest) = match rest.strip_prefix(',') {
            Some(rest) => (true, rest.trim_start()),
            None => (false, rest),
        };
        let trailing_comma = comma || source.as_bytes().get(skip_blank(source, end)) == Some(&b',');
        if is_last && separator.contains('\n') && (rest.starts_with('#') || (comma && rest.is_empty())) {
            let (_, layout) = separator.split_once(',').unwrap_or(("", separator));
            if !trailing_comma {
                self.splice(end, end, format!("{},", self.gap(end)), change);
            }
            let comma = if trailing_comma { "," } else { "" };
            self.splice(line_end, line_end, format!("{}{text}{comma}", layout.trim_start_matches(' ')), change);
        } else {
            self.splice(end, end, format!("{}{separator}{text}", self.gap(end)), change);
        }
    }

    /// The space that libyaml wants between the colon of an empty value and a comma or bracket.
    fn gap(&self, end: usize) -> &'static str {
        if self.doc.source[..end].ends_with(':') { " " } else { "" }
    }

    /// What stands between two entries: as between the last two, or as the one entry is laid out.
    fn separator(&self, node: Node<'d>, entries: &[Entry<'d>]) -> String {
        let source = &self.doc.source;
        if let [.., before, last] = entries {
            let between = &source[before.end..last.start];
            if !between.contains('#') && between.contains(',') {
                return between.to_owned();
            }
        }
        let last = &entries[entries.len() - 1];
        let own_line = self.doc.line_start(last.start) > node.content_span().start && self.doc.begins_line(last.start);
        if !own_line {
            return ", ".to_owned();
        }
        // Python 2 wrote a space behind the comma of each JSON line.
        let first_comma = source.find(",\n").or_else(|| source.find(",\r\n"));
        let spaced = source.find(", \n").or_else(|| source.find(", \r\n"));
        let space = if spaced.is_some() && first_comma.is_none_or(|at| spaced < Some(at)) { " " } else { "" };
        format!(",{space}{}{}", self.layout.eol, " ".repeat(self.doc.column(last.start)))
    }
}

/// One instance of sorting for block and flow mappings.
fn sort_by_key(order: &mut [usize], added: &[New]) {
    order.sort_unstable_by(|a, b| added[*a].0.cmp(&added[*b].0).then(a.cmp(b)));
}
