//! libyaml's events, turned into the flat table of a [`Document`].

use crate::document::{Document, Kind, MAX_DEPTH, NONE, Node, Props, Record, Style, TextAt};
use crate::lines::line_feeds;
use crate::resolve::{self, Look};
use crate::tags::refuse_before_comma;
use crate::{Error, Resolved, check};
use libyaml_safer::{EventData, MappingStyle, Parser, ScalarStyle, SequenceStyle};
use std::collections::HashMap;
use std::io::Read;

pub(crate) fn parse(bytes: Vec<u8>) -> Result<Document, Error> {
    if u32::try_from(bytes.len()).is_err() {
        return Err(Error::TooLarge);
    }
    let source = String::from_utf8(bytes).map_err(|error| {
        let byte = error.utf8_error().valid_up_to();
        let line = 1 + line_feeds(&error.as_bytes()[..byte]);
        Error::NotUtf8 { line, byte }
    })?;
    let mut builder = Builder::new(source);
    builder.run()?;
    let doc = builder.finish();
    check::check(&doc)?;
    Ok(doc)
}

/// A collection whose end has not been read yet.
struct Open {
    id: u32,
    last: u32,
}

struct Builder {
    doc: Document,
    /// libyaml's offsets leave out the byte order mark.
    shift: usize,
    open: Vec<Open>,
    anchors: HashMap<Box<str>, u32>,
    documents: usize,
    /// Lines are counted by line feeds, as editors do, from the last node on.
    counted: (usize, u32),
}

impl Builder {
    fn new(source: String) -> Self {
        let shift = if source.starts_with('\u{feff}') { 3 } else { 0 };
        let doc =
            Document { source, nodes: Vec::new(), kept: Vec::new(), props: Vec::new(), root: NONE, end_mark: None };
        Self { doc, shift, open: Vec::new(), anchors: HashMap::new(), documents: 0, counted: (0, 1) }
    }

    fn run(&mut self) -> Result<(), Error> {
        let input = std::mem::take(&mut self.doc.source);
        let outcome = self.events(&input);
        self.doc.source = input;
        outcome
    }

    fn finish(mut self) -> Document {
        if self.doc.root == NONE {
            let end = self.doc.end_mark.unwrap_or(self.doc.source.len());
            self.doc.root = self.push(end, end, end, Kind::Scalar, Style::Plain, TextAt::Content, None, None, true);
        }
        self.doc.nodes.shrink_to_fit();
        self.doc
    }

    fn offset(&self, index: u64) -> usize {
        position(index, self.shift)
    }

    fn events(&mut self, source: &str) -> Result<(), Error> {
        refuse_before_comma(source, self.shift)?;
        let mut parser = Parser::new();
        // libyaml-safer panics when a block scalar ends without a line break at the end of the file.
        parser.set_input(source.as_bytes().chain(&b"\n"[..usize::from(!source.ends_with('\n'))]));
        loop {
            let event = parser.parse().map_err(|error| syntax(&error, source))?;
            let (start, end) = (self.offset(event.start_mark.index), self.offset(event.end_mark.index));
            let past_the_end = end > source.len();
            let end = end.min(source.len());
            let start = start.min(end);
            match event.data {
                EventData::StreamEnd => return Ok(()),
                EventData::StreamStart { .. } => {}
                EventData::DocumentStart { .. } => {
                    self.documents += 1;
                    if self.documents > 1 {
                        return Err(Error::SeveralDocuments { line: line_of(source, start) });
                    }
                }
                EventData::DocumentEnd { implicit } => {
                    if !implicit {
                        self.doc.end_mark = Some(start);
                    }
                }
                EventData::Alias { anchor } => self.alias(source, &anchor, start, end)?,
                EventData::Scalar { anchor, tag, mut value, plain_implicit, style, .. } => {
                    if matches!(style, ScalarStyle::Literal | ScalarStyle::Folded) {
                        block_header(source, start, end)?;
                        if past_the_end && ends_in_added_break(&source[start..end], &value) {
                            value.pop();
                        }
                    }
                    self.scalar(source, anchor, tag, value, plain_implicit, style, start, end)?;
                }
                EventData::SequenceStart { anchor, tag, style, .. } => {
                    let style = if style == SequenceStyle::Flow { Style::Flow } else { Style::Block };
                    self.begin(source, Kind::Sequence, style, anchor, tag, start, end)?;
                }
                EventData::MappingStart { anchor, tag, style, .. } => {
                    let style = if style == MappingStyle::Flow { Style::Flow } else { Style::Block };
                    self.begin(source, Kind::Mapping, style, anchor, tag, start, end)?;
                }
                EventData::SequenceEnd | EventData::MappingEnd => self.end(end),
            }
        }
    }

    #[allow(clippy::too_many_arguments)]
    fn push(
        &mut self,
        start: usize,
        content: usize,
        end: usize,
        kind: Kind,
        style: Style,
        text: TextAt,
        anchor: Option<String>,
        tag: Option<String>,
        implicit: bool,
    ) -> u32 {
        let tag = tag.filter(|tag| tag != "!");
        let props = if anchor.is_some() || tag.is_some() {
            self.doc.props.push(Props { anchor: anchor.map(Into::into), tag: tag.map(Into::into), used_on: 0 });
            short(self.doc.props.len() - 1)
        } else {
            NONE
        };
        let id = short(self.doc.nodes.len());
        self.doc.nodes.push(Record {
            start: short(start),
            content: short(content),
            end: short(end),
            line: self.counted.1,
            first: NONE,
            next: NONE,
            count: 0,
            props,
            text,
            kind,
            style,
            implicit,
        });
        match self.open.last_mut() {
            None => self.doc.root = id,
            Some(parent) => {
                let record = &mut self.doc.nodes[parent.id as usize];
                record.count += 1;
                if parent.last == NONE {
                    record.first = id;
                } else {
                    self.doc.nodes[parent.last as usize].next = id;
                }
                parent.last = id;
            }
        }
        id
    }

    fn count_lines(&mut self, source: &str, to: usize) {
        let (from, line) = self.counted;
        if to > from {
            let more = line_feeds(&source.as_bytes()[from..to]);
            self.counted = (to, line.saturating_add(short(more)));
        }
    }

    /// Notes an anchor before its content is read, so that an alias inside can be told.
    fn name(&mut self, source: &str, anchor: Option<&str>, start: usize) -> Result<(), Error> {
        let Some(anchor) = anchor else { return Ok(()) };
        let id = short(self.doc.nodes.len());
        if let Some(first) = self.anchors.insert(anchor.into(), id) {
            return Err(Error::DuplicateAnchor {
                line: line_of(source, start),
                first_line: self.doc.nodes[first as usize].line as usize,
                anchor: anchor.to_owned(),
            });
        }
        Ok(())
    }

    fn alias(&mut self, source: &str, anchor: &str, start: usize, end: usize) -> Result<(), Error> {
        self.count_lines(source, start);
        let line = self.counted.1;
        let Some(&target) = self.anchors.get(anchor) else {
            return Err(Error::UnknownAlias { line: line as usize, anchor: anchor.to_owned() });
        };
        if self.open.iter().any(|open| open.id == target) {
            return Err(Error::RecursiveAlias { line: line as usize, anchor: anchor.to_owned() });
        }
        let props = self.doc.nodes[target as usize].props as usize;
        if let Some(props) = self.doc.props.get_mut(props).filter(|props| props.used_on == 0) {
            props.used_on = line;
        }
        let name = Some(anchor.to_owned());
        self.push(start, start, end, Kind::Alias, Style::Plain, TextAt::Target(target), name, None, false);
        Ok(())
    }

    #[allow(clippy::too_many_arguments)]
    fn scalar(
        &mut self,
        source: &str,
        anchor: Option<String>,
        tag: Option<String>,
        value: String,
        implicit: bool,
        style: ScalarStyle,
        start: usize,
        end: usize,
    ) -> Result<(), Error> {
        self.name(source, anchor.as_deref(), start)?;
        let style = match style {
            ScalarStyle::SingleQuoted => Style::SingleQuoted,
            ScalarStyle::DoubleQuoted => Style::DoubleQuoted,
            ScalarStyle::Literal => Style::Literal,
            ScalarStyle::Folded => Style::Folded,
            _ => Style::Plain,
        };
        let (mut start, mut end) = (start, end);
        // `!` alone means: as if there were no tag.
        let implicit = implicit || tag.as_deref() == Some("!");
        let has_props = anchor.is_some() || tag.is_some();
        let content = if has_props && value.is_empty() && style == Style::Plain {
            end
        } else if has_props {
            after_properties(source, start, end)
        } else {
            if start == end {
                // A key without a colon: libyaml puts its empty value where the next token begins.
                let previous = self.previous_end();
                if start > previous && source.as_bytes().get(start.wrapping_sub(1)) != Some(&b':') && self.is_value() {
                    (start, end) = (previous, previous);
                }
            }
            start
        };
        self.count_lines(source, start);
        if matches!(style, Style::Literal | Style::Folded) {
            end = end_of_text(source, content, end);
        }
        let written = &source[content..end];
        let text = if written == value {
            TextAt::Content
        } else if matches!(style, Style::SingleQuoted | Style::DoubleQuoted)
            && written.get(1..written.len().saturating_sub(1)) == Some(value.as_str())
        {
            TextAt::Quoted
        } else {
            self.doc.kept.push(value.into());
            TextAt::Kept(short(self.doc.kept.len() - 1))
        };
        self.push(start, content, end, Kind::Scalar, style, text, anchor, tag, implicit);
        Ok(())
    }

    /// End of the node read last in the open collection.
    fn previous_end(&self) -> usize {
        match self.open.last() {
            Some(open) if open.last != NONE => self.doc.nodes[open.last as usize].end as usize,
            _ => usize::MAX,
        }
    }

    /// Whether the next node is a mapping's value.
    fn is_value(&self) -> bool {
        self.open.last().is_some_and(|open| {
            let record = &self.doc.nodes[open.id as usize];
            record.kind == Kind::Mapping && record.count % 2 == 1
        })
    }

    #[allow(clippy::too_many_arguments)]
    fn begin(
        &mut self,
        source: &str,
        kind: Kind,
        style: Style,
        anchor: Option<String>,
        tag: Option<String>,
        start: usize,
        end: usize,
    ) -> Result<(), Error> {
        self.count_lines(source, start);
        if self.open.len() >= MAX_DEPTH {
            return Err(Error::TooDeep { line: self.counted.1 as usize, limit: MAX_DEPTH });
        }
        self.name(source, anchor.as_deref(), start)?;
        let has_props = anchor.is_some() || tag.is_some();
        let content = if has_props { after_properties(source, start, source.len()) } else { start };
        let id = self.push(start, content, end, kind, style, TextAt::Target(NONE), anchor, tag, false);
        self.open.push(Open { id, last: NONE });
        Ok(())
    }

    fn end(&mut self, end: usize) {
        let Some(open) = self.open.pop() else { return };
        let last_end = self.doc.nodes.get(open.last as usize).map(|last| last.end);
        let record = &mut self.doc.nodes[open.id as usize];
        let braces = record.style == Style::Flow && !is_single_pair(record, end, last_end);
        record.end = if braces { short(end) } else { last_end.unwrap_or(record.end).max(record.content) };
    }
}

/// `[a: 1]`: a mapping without braces, whose end libyaml puts at the next token.
fn is_single_pair(record: &Record, end: usize, last_end: Option<u32>) -> bool {
    record.kind == Kind::Mapping && last_end.is_some_and(|last| last as usize >= end)
}

/// Whether the last line break of a block scalar is the one that was put behind the file's last line.
fn ends_in_added_break(written: &str, value: &str) -> bool {
    let (before, last_line) = written.rsplit_once('\n').unwrap_or(("", written));
    let keep = before.lines().next().is_some_and(|header| header.contains('+'));
    // A last line of spaces is text when each line of the source has become a line of text.
    let spaces_are_text = value.trim_end_matches('\n').split('\n').count() == before.split('\n').count();
    value.ends_with('\n') && (keep || spaces_are_text || !last_line.trim().is_empty())
}

/// PyYAML wants a space before a comment behind `|` or `>`.
fn block_header(source: &str, start: usize, end: usize) -> Result<(), Error> {
    let Some(at) = source[start..end].find(['|', '>']).map(|at| start + at) else { return Ok(()) };
    let indicators = source[at + 1..end].bytes().take_while(|byte| matches!(byte, b'0'..=b'9' | b'+' | b'-')).count();
    let behind = at + 1 + indicators;
    let line_start = source[..behind].rfind('\n').map_or(0, |end| end + 1);
    let (line, column) = (line_of(source, behind), 1 + source[line_start..behind].chars().count());
    match source.as_bytes().get(behind) {
        Some(b'#') => Err(Error::Syntax { line, column, problem: "a comment needs a space before it".to_owned() }),
        Some(b'\t') => Err(Error::Tab { line, column }),
        _ => Ok(()),
    }
}

pub(crate) fn short(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(NONE - 1)
}

/// A number of libyaml's, which counts from 0 and leaves out a byte order mark, as one that does not.
pub(crate) fn position(number: u64, shift: usize) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX).saturating_add(shift)
}

fn line_of(source: &str, offset: usize) -> usize {
    1 + line_feeds(&source.as_bytes()[..offset])
}

pub(crate) fn syntax(error: &libyaml_safer::Error, source: &str) -> Error {
    let Some(mark) = error.problem_mark() else {
        return Error::Syntax { line: line_of_bad_character(source), column: 1, problem: error.problem().to_owned() };
    };
    let mut problem = error.problem().to_owned();
    if let (Some(context), Some(at)) = (error.context(), error.context_mark()) {
        problem = format!("{problem} ({context}, which began on line {})", at.line + 1);
    }
    Error::Syntax { line: position(mark.line, 1), column: position(mark.column, 1), problem }
}

/// libyaml's reader names no line; it stops at the first control character.
fn line_of_bad_character(source: &str) -> usize {
    let bad = |c: char| {
        (c.is_control() && !matches!(c, '\t' | '\n' | '\r' | '\u{85}')) || matches!(c, '\u{fffe}' | '\u{ffff}')
    };
    line_of(source, source.find(bad).unwrap_or(0))
}

/// Where the content begins behind `&anchor` and `!tag`, in either order.
fn after_properties(source: &str, start: usize, end: usize) -> usize {
    let bytes = source.as_bytes();
    let mut at = start;
    while at < end && matches!(bytes[at], b'&' | b'!') {
        if source[at..].starts_with("!<") {
            at = source[at..end].find('>').map_or(end, |close| at + close + 1);
        }
        at = source[at..end].find(check::is_blank).map_or(end, |blank| at + blank);
        at = check::skip_blank(source, at).min(end);
    }
    at
}

/// A block scalar's end without the line breaks and blank lines behind it.
fn end_of_text(source: &str, start: usize, end: usize) -> usize {
    let text = source[start..end].trim_end();
    let line_end = start + text.len();
    source[line_end..end].find(['\n', '\r']).map_or(end, |at| line_end + at)
}

/// What PyYAML refuses when it builds a value; none when all is well.
pub(crate) fn bad_value(node: Node<'_>, is_key: bool) -> Option<&'static str> {
    let of_core = node.tag().and_then(|tag| tag.strip_prefix("tag:yaml.org,2002:"));
    match (of_core, node.kind()) {
        (Some("str" | "int" | "float" | "bool" | "null" | "timestamp" | "binary"), Kind::Sequence | Kind::Mapping) => {
            return Some("a single value (its tag says so)");
        }
        (Some("map" | "set"), Kind::Sequence | Kind::Scalar) => return Some("a mapping (its tag says so)"),
        (Some("seq" | "omap" | "pairs"), Kind::Mapping | Kind::Scalar) => return Some("a list (its tag says so)"),
        _ => {}
    }
    let text = node.text()?;
    match node.tag() {
        None if !node.record().implicit => None,
        None => match resolve::look(text) {
            Look::Value => Some("a value: a bare `=` has a meaning of its own"),
            Look::Merge if !is_key => Some("a value: a bare `<<` has a meaning of its own"),
            Look::Int if resolve::int(text).is_err() => Some("a whole number"),
            Look::Float if resolve::float(text).is_err() => Some("a number"),
            Look::Timestamp if !resolve::timestamp_exists(text) => Some("a date"),
            _ => None,
        },
        Some("tag:yaml.org,2002:bool") if matches!(node.resolved(), Resolved::Tagged(..)) => {
            Some("yes or no (`!!bool`)")
        }
        Some("tag:yaml.org,2002:int") if matches!(node.resolved(), Resolved::Tagged(..)) => {
            Some("a whole number (`!!int`)")
        }
        Some("tag:yaml.org,2002:float") if matches!(node.resolved(), Resolved::Tagged(..)) => {
            Some("a number (`!!float`)")
        }
        Some("tag:yaml.org,2002:timestamp") if !resolve::timestamp_exists(text) => Some("a date (`!!timestamp`)"),
        Some(_) => None,
    }
}
