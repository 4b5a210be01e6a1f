//! What can be wrong with a file, or with a wish to change it.

use crate::KeyPath;

/// Why a file cannot be read, or an edit is refused. No variant carries a value from the file: it may be a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The bytes are not UTF-8.
    #[error("line {line}: the file is not valid UTF-8 (at byte {byte}); save it as UTF-8")]
    NotUtf8 {
        /// Line, counted from 1.
        line: usize,
        /// Offset of the first wrong byte.
        byte: usize,
    },
    /// The grammar of YAML is broken.
    #[error("line {line}, column {column}: not valid YAML: {problem}")]
    Syntax {
        /// Line, counted from 1.
        line: usize,
        /// Column, counted from 1.
        column: usize,
        /// libyaml's words.
        problem: String,
    },
    /// A tab where PyYAML allows spaces only.
    #[error("line {line}, column {column}: a tab separates two tokens, which PyYAML refuses; use spaces")]
    Tab {
        /// Line, counted from 1.
        line: usize,
        /// Column, counted from 1.
        column: usize,
    },
    /// More than one document in the file.
    #[error("line {line}: a second YAML document begins here; only a file with one document can be edited")]
    SeveralDocuments {
        /// Line of the second document.
        line: usize,
    },
    /// Nested more deeply than any settings file.
    #[error("line {line}: nested more than {limit} levels deep")]
    TooDeep {
        /// Line, counted from 1.
        line: usize,
        /// The limit.
        limit: usize,
    },
    /// The file is larger than 4 GiB.
    #[error("the file is larger than 4 GiB")]
    TooLarge,
    /// The same key twice in one mapping; PyYAML would silently take the last.
    #[error("line {line}: key `{path}` stands a second time (first on line {first_line}); remove one of the two")]
    DuplicateKey {
        /// The key.
        path: KeyPath,
        /// Where it stands again.
        line: usize,
        /// Where it stands first.
        first_line: usize,
    },
    /// A list or mapping as key.
    #[error("line {line}: a list or a mapping is used as a key, which PyYAML cannot read")]
    UnhashableKey {
        /// Line, counted from 1.
        line: usize,
    },
    /// `*name` without `&name` before it.
    #[error("line {line}: alias `*{anchor}` has no anchor `&{anchor}` before it")]
    UnknownAlias {
        /// Line of the alias.
        line: usize,
        /// Its name.
        anchor: String,
    },
    /// `*name` inside the value that `&name` marks.
    #[error("line {line}: alias `*{anchor}` stands inside its own value")]
    RecursiveAlias {
        /// Line of the alias.
        line: usize,
        /// Its name.
        anchor: String,
    },
    /// `&name` defined twice.
    #[error("line {line}: anchor `&{anchor}` is defined a second time (first on line {first_line})")]
    DuplicateAnchor {
        /// Where it stands again.
        line: usize,
        /// Where it stands first.
        first_line: usize,
        /// Its name.
        anchor: String,
    },
    /// `<<` with something that is neither a mapping nor a list of mappings.
    #[error("line {line}: `<<` needs a mapping or a list of mappings")]
    BadMerge {
        /// Line of the value.
        line: usize,
    },
    /// A scalar whose type PyYAML cannot build.
    #[error("line {line}: `{path}` cannot be read by PyYAML as {expected}; put the text in quotes if it is a string")]
    BadValue {
        /// Where.
        path: KeyPath,
        /// Line, counted from 1.
        line: usize,
        /// What its look or tag promises, e.g. `a date`.
        expected: &'static str,
    },
    /// A key path in text form that cannot be read.
    #[error(
        "`{text}` is not a key path ({reason}); write for example CACHES.default.LOCATION[0], and quote a key with a dot: a.\"b.c\""
    )]
    BadPath {
        /// As given.
        text: String,
        /// What is wrong.
        reason: &'static str,
    },
    /// The path leads through a value that has no keys or items.
    #[error("line {line}: `{path}` cannot be reached: `{at}` is {found}")]
    NotReachable {
        /// The wanted path.
        path: KeyPath,
        /// The part that has no children of that kind.
        at: KeyPath,
        /// Its line.
        line: usize,
        /// What stands there, e.g. `a list, not a mapping`.
        found: &'static str,
    },
    /// An index past the end of a list.
    #[error("line {line}: `{path}` does not exist: the list has {length} items")]
    NoSuchItem {
        /// The wanted path.
        path: KeyPath,
        /// Line of the list.
        line: usize,
        /// Its length.
        length: usize,
    },
    /// The value is written elsewhere and only named here.
    #[error(
        "line {line}: `{path}` is the alias `*{anchor}` of the value on line {anchor_line}; an edit would have to change that value, too: write the value out in place of the alias"
    )]
    BehindAlias {
        /// The wanted path.
        path: KeyPath,
        /// Line of the alias.
        line: usize,
        /// Its name.
        anchor: String,
        /// Line of the anchor.
        anchor_line: usize,
    },
    /// The value is used by an alias elsewhere.
    #[error(
        "line {line}: `{path}` belongs to the anchor `&{anchor}` (line {anchor_line}), which line {alias_line} uses again; an edit would change both: write the value out in place of the alias"
    )]
    AnchorInUse {
        /// The wanted path.
        path: KeyPath,
        /// Its line.
        line: usize,
        /// The anchor's name.
        anchor: String,
        /// Line of the anchor.
        anchor_line: usize,
        /// Line of the first alias.
        alias_line: usize,
    },
    /// The value comes in through `<<`.
    #[error("line {line}: `{path}` comes from a merge (`<<`) on this line; write the key out in its own mapping first")]
    FromMerge {
        /// The wanted path.
        path: KeyPath,
        /// Line of the merge.
        line: usize,
    },
    /// Two different keys print as the same path, e.g. `1` and `'1'`.
    #[error("line {line}: `{path}` may also mean the key on line {other_line}; rename one of them")]
    AmbiguousKey {
        /// The path.
        path: KeyPath,
        /// Line of the one.
        line: usize,
        /// Line of the other.
        other_line: usize,
    },
    /// Two edits that contradict each other.
    #[error("`{path}` is to be changed by two edits at once")]
    Conflict {
        /// Where they meet.
        path: KeyPath,
    },
    /// A layout that the editor does not know how to keep.
    #[error("line {line}: `{path}` cannot be edited: {reason}")]
    Unsupported {
        /// The wanted path.
        path: KeyPath,
        /// Its line.
        line: usize,
        /// What stands in the way, and what to do.
        reason: &'static str,
    },
    /// The independent reader (`serde_yaml`) cannot read the file.
    #[error("the file cannot be checked independently, so it is not edited: {message}")]
    Unreadable {
        /// Its words.
        message: String,
    },
    /// The edited text does not read as intended. Nothing is to be written.
    #[error(
        "`{path}` would not read as intended after the edit ({reason}); nothing was changed: please report this file's layout"
    )]
    Unverified {
        /// Where the difference lies.
        path: KeyPath,
        /// What differs, without the value.
        reason: String,
    },
}
