//! The lines that change, with some around them.

use std::fmt::Write as _;
use std::ops::Range;

/// Unchanged lines shown before and after a change.
const CONTEXT: usize = 3;
/// Above this many line pairs a comparison is not worth its time: all lines count as replaced.
const MAX_PAIRS: usize = 4_000_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Line<'a> {
    Same(&'a str),
    Removed(&'a str),
    Added(&'a str),
}

/// A unified diff of two versions of the file at `path`; empty where they are equal.
pub fn unified(path: &str, before: &[u8], after: &[u8]) -> String {
    let (before, after) = (String::from_utf8_lossy(before), String::from_utf8_lossy(after));
    let lines = compared(&before.lines().collect::<Vec<_>>(), &after.lines().collect::<Vec<_>>());
    let mut text = String::new();
    for hunk in hunks(&lines) {
        if text.is_empty() {
            let _ = writeln!(text, "--- before: {path}\n+++ after: {path}");
        }
        let count = |lines: &[Line], side: fn(&Line) -> bool| lines.iter().filter(|line| side(line)).count();
        let old = |line: &Line| !matches!(line, Line::Added(_));
        let new = |line: &Line| !matches!(line, Line::Removed(_));
        let (above, inside) = (&lines[..hunk.start], &lines[hunk]);
        let _ = writeln!(
            text,
            "@@ -{},{} +{},{} @@",
            count(above, old) + 1,
            count(inside, old),
            count(above, new) + 1,
            count(inside, new)
        );
        for line in inside {
            let _ = match line {
                Line::Same(line) => writeln!(text, " {line}"),
                Line::Removed(line) => writeln!(text, "-{line}"),
                Line::Added(line) => writeln!(text, "+{line}"),
            };
        }
    }
    text
}

/// The lines of both versions in order, by their longest common subsequence.
fn compared<'a>(before: &[&'a str], after: &[&'a str]) -> Vec<Line<'a>> {
    if before.len().saturating_mul(after.len()) > MAX_PAIRS {
        let removed = before.iter().copied().map(Line::Removed);
        return removed.chain(after.iter().copied().map(Line::Added)).collect();
    }
    // common[i][j]: how many lines before[i..] and after[j..] have in common.
    let width = after.len() + 1;
    let mut common = vec![0_u32; (before.len() + 1) * width];
    for i in (0..before.len()).rev() {
        for j in (0..after.len()).rev() {
            common[i * width + j] = if before[i] == after[j] {
                common[(i + 1) * width + j + 1] + 1
            } else {
                common[(i + 1) * width + j].max(common[i * width + j + 1])
            };
        }
    }
    let (mut i, mut j) = (0, 0);
    let mut lines = Vec::new();
    while i < before.len() || j < after.len() {
        if i < before.len() && j < after.len() && before[i] == after[j] {
            lines.push(Line::Same(before[i]));
            (i, j) = (i + 1, j + 1);
        } else if j == after.len() || (i < before.len() && common[(i + 1) * width + j] >= common[i * width + j + 1]) {
            lines.push(Line::Removed(before[i]));
            i += 1;
        } else {
            lines.push(Line::Added(after[j]));
            j += 1;
        }
    }
    lines
}

/// Changes with their surroundings; those that touch are one.
fn hunks(lines: &[Line]) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    let changes = lines.iter().enumerate().filter(|(_, line)| !matches!(line, Line::Same(_)));
    for (at, _) in changes {
        let start = at.saturating_sub(CONTEXT);
        let end = (at + 1 + CONTEXT).min(lines.len());
        match found.last_mut() {
            Some(last) if start <= last.end => last.end = end,
            _ => found.push(start..end),
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_versions_have_no_diff() {
        assert_eq!(unified("f", b"a\nb\n", b"a\nb\n"), "");
    }

    #[test]
    fn changes_are_shown_with_their_surroundings() {
        let before = b"1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n";
        let after = b"1\n2\nthree\n4\n5\n6\n7\n8\n9\n10\n11\n12\n13\n";
        assert_eq!(
            unified("/f", before, after),
            "--- before: /f\n+++ after: /f\n@@ -1,6 +1,6 @@\n 1\n 2\n-3\n+three\n 4\n 5\n 6\n@@ -10,3 +10,4 @@\n 10\n 11\n 12\n+13\n"
        );
    }

    #[test]
    fn a_new_file_is_all_added() {
        assert_eq!(unified("/f", b"", b"a\nb\n"), "--- before: /f\n+++ after: /f\n@@ -1,0 +1,2 @@\n+a\n+b\n");
    }
}
