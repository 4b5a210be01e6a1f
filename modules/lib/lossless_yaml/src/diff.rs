//! The touched lines, for people to read, with secrets masked.

use crate::KeyPath;
use crate::document::{Document, Kind, Node};
use crate::edit::{Change, ChangeKind};
use crate::lines::line_feeds;
use crate::plan::Splice;
use crate::secret::{MASK, looks_secret, mask_url_passwords};
use std::ops::Range;

/// Whole lines of the file before and the lines that come in their place.
struct Hunk {
    before: Range<usize>,
    after: Range<usize>,
    changes: Vec<usize>,
}

pub(crate) fn changes(
    before: &Document,
    after: &Document,
    splices: &[Splice],
    changes: Vec<(KeyPath, ChangeKind)>,
) -> Vec<Change> {
    let hunks = hunks(before, after, splices);
    let old = masked(before, hunks.iter().map(|hunk| hunk.before.clone()).collect());
    let new = masked(after, hunks.iter().map(|hunk| hunk.after.clone()).collect());
    let mut line = 1;
    let mut counted = 0;
    let mut lines = Vec::with_capacity(hunks.len());
    for hunk in &hunks {
        line += line_feeds(&before.source.as_bytes()[counted..hunk.before.start]);
        counted = hunk.before.start;
        // Behind a last line that has no line break a new one begins.
        let unfinished = counted == before.source.len() && before.line_start(counted) < counted;
        lines.push(line + usize::from(unfinished));
    }
    let mut place: Vec<Vec<usize>> = vec![Vec::new(); changes.len()];
    for (at, hunk) in hunks.iter().enumerate() {
        for change in &hunk.changes {
            if place[*change].last() != Some(&at) {
                place[*change].push(at);
            }
        }
    }
    // Neighbours that go together go with the last of them.
    for change in (1..place.len()).rev() {
        if place[change - 1].is_empty() {
            let (before, from) = place.split_at_mut(change);
            before[change - 1].clone_from(&from[0]);
        }
    }
    let mut order: Vec<_> = changes.into_iter().zip(place).collect();
    order.sort_by_key(|(_, hunks)| hunks.first().copied());
    order
        .into_iter()
        .map(|((path, kind), hunks)| Change {
            path,
            kind,
            line: hunks.first().map_or(1, |at| lines[*at]),
            before_lines: hunks.iter().flat_map(|at| old[*at].clone()).collect(),
            after_lines: hunks.iter().flat_map(|at| new[*at].clone()).collect(),
        })
        .collect()
}

/// Splices widened to whole lines; those that share a line become one hunk.
fn hunks(before: &Document, after: &Document, splices: &[Splice]) -> Vec<Hunk> {
    let mut hunks: Vec<Hunk> = Vec::new();
    let mut grown: usize = 0;
    let mut shrunk: usize = 0;
    for splice in splices {
        let (start, end) = (splice.start, splice.end);
        let new_start = start + grown - shrunk;
        let new_end = new_start + splice.text.len();
        let at_line_start = |doc: &Document, at: usize| at == doc.line_start(at);
        let after_cut = start == before.source.len() && hunks.last().is_some_and(|last| last.before.end == start);
        let after_cut = after_cut && !splice.text.starts_with(['\n', '\r']);
        let whole = (at_line_start(before, start) || after_cut)
            && (at_line_start(before, end) || end == before.source.len())
            && (splice.text.is_empty() || splice.text.ends_with('\n'));
        let appended = start == end && splice.text.starts_with(['\n', '\r']) && before.line_end(start) == start;
        let (old_lines, new_lines) = if whole {
            (start..end, new_start..new_end)
        } else if appended {
            let next = before.next_line(start);
            let first = new_start + splice.text.find('\n').map_or(0, |at| at + 1);
            let last = if splice.text.ends_with('\n') { new_end } else { after.next_line(new_end) };
            (next..next, first..last)
        } else {
            // The widened lines before and after the splice are the same in both files.
            (before.line_start(start)..before.next_line(end), after.line_start(new_start)..after.next_line(new_end))
        };
        grown += splice.text.len();
        shrunk += end - start;
        // A value that is changed in several places, with comments between that stay, is shown as a whole.
        while hunks.len() > 1 && hunks[hunks.len() - 2].changes.contains(&splice.change) {
            join(&mut hunks);
        }
        let again = hunks.last().is_some_and(|last| last.changes.contains(&splice.change));
        match hunks.last_mut() {
            Some(last) if again || touches(&last.before, &old_lines) && touches(&last.after, &new_lines) => {
                last.before.end = last.before.end.max(old_lines.end);
                last.after.end = last.after.end.max(new_lines.end);
                last.changes.push(splice.change);
            }
            _ => hunks.push(Hunk { before: old_lines, after: new_lines, changes: vec![splice.change] }),
        }
    }
    hunks
}

/// Makes one hunk of the last two.
fn join(hunks: &mut Vec<Hunk>) {
    if let (Some(last), Some(before)) = (hunks.pop(), hunks.last_mut()) {
        before.before.end = last.before.end.max(before.before.end);
        before.after.end = last.after.end.max(before.after.end);
        before.changes.extend(last.changes);
    }
}

/// Whether two stretches of lines overlap.
fn touches(first: &Range<usize>, second: &Range<usize>) -> bool {
    second.start < first.end
}

/// The lines of each range, ranges in ascending order, with secrets masked. Linear.
fn masked(doc: &Document, ranges: Vec<Range<usize>>) -> Vec<Vec<String>> {
    let mut secrets = Vec::new();
    collect(doc.root(), false, &ranges, &mut secrets);
    let mut next = 0;
    ranges
        .into_iter()
        .map(|range| {
            let mut text = String::new();
            let mut at = range.start;
            while next < secrets.len() && secrets[next].0.end <= range.start {
                next += 1;
            }
            for (span, shown) in secrets[next..].iter().take_while(|(span, _)| span.start < range.end) {
                let start = span.start.max(at);
                push_text(&mut text, &doc.source[at..start]);
                text.push_str(shown);
                at = span.end.clamp(start, range.end);
            }
            push_text(&mut text, &doc.source[at..range.end.max(at)]);
            text.lines().map(str::to_owned).collect()
        })
        .collect()
}

/// Text around secret values; a comment that speaks of secrets is masked, too.
fn push_text(out: &mut String, text: &str) {
    for line in text.split_inclusive('\n') {
        let comment = line.find(" #").map(|at| at + 1).or(line.starts_with('#').then_some(0));
        match comment {
            Some(at) if comment_is_secret(&line[at..]) => {
                out.push_str(&line[..at]);
                out.push_str("# ");
                out.push_str(MASK);
                out.push_str(&line[line.trim_end_matches(['\n', '\r']).len()..]);
            }
            Some(at) => {
                out.push_str(&line[..at]);
                out.push_str(&mask_url_passwords(&line[at..]));
            }
            None => out.push_str(line),
        }
    }
}

/// A commented-out setting of a secret: `# MYSQL_PASSWORD: ...`.
fn comment_is_secret(comment: &str) -> bool {
    comment.contains([':', '='])
        && comment.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word.len() > 3 && looks_secret(word))
}

fn collect(node: Node<'_>, secret: bool, ranges: &[Range<usize>], out: &mut Vec<(Range<usize>, String)>) {
    let span = node.content_span();
    let at = ranges.partition_point(|range| range.end <= span.start);
    let near = ranges.get(at).is_some_and(|range| range.start < span.end.max(span.start + 1));
    if !near && node.items().next().is_none() && node.entries().next().is_none() {
        return;
    }
    match node.kind() {
        Kind::Scalar if !near => {}
        Kind::Scalar => {
            let source = &node.doc.source[span.clone()];
            // Nothing is hidden by hiding that there is nothing.
            let empty = node.text().is_none_or(str::is_empty) || matches!(source, "null" | "~");
            if secret && !empty {
                out.push((span, MASK.to_owned()));
            } else if source.contains("://") {
                out.push((span, mask_url_passwords(source)));
            } else if source.contains('#') {
                // Not a comment, though it may look like one.
                out.push((span, source.to_owned()));
            }
        }
        Kind::Sequence => node.items().for_each(|item| collect(item, secret, ranges, out)),
        Kind::Mapping => {
            for (key, value) in node.entries() {
                collect(value, secret || looks_secret(key.key_text()), ranges, out);
            }
        }
        Kind::Alias => {}
    }
}
