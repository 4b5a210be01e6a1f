//! Key paths: `CACHES.default.LOCATION[0]`, with odd keys in double quotes: `a."b.c"`.

use crate::Error;
use std::fmt;
use std::str::FromStr;

/// One step of a [`KeyPath`].
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Segment {
    /// A key of a mapping. A key that is not a string goes by its text: `8000`.
    Key(String),
    /// An item of a list, counted from 0.
    Index(usize),
}

/// Where a value stands: the keys and indices that lead to it from the root.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KeyPath(Vec<Segment>);

impl KeyPath {
    /// The path of the root.
    pub fn root() -> Self {
        Self::default()
    }

    /// A path of keys only: `KeyPath::of(["CACHES", "default"])`.
    pub fn of<S: Into<String>>(keys: impl IntoIterator<Item = S>) -> Self {
        Self(keys.into_iter().map(|key| Segment::Key(key.into())).collect())
    }

    /// The steps from the root.
    pub fn segments(&self) -> &[Segment] {
        &self.0
    }

    /// Whether this is the root.
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// This path with one more step.
    #[must_use]
    pub fn join(&self, segment: Segment) -> Self {
        let mut path = self.clone();
        path.push(segment);
        path
    }

    /// This path with one more key.
    #[must_use]
    pub fn key(&self, key: impl Into<String>) -> Self {
        self.join(Segment::Key(key.into()))
    }

    /// This path with one more index.
    #[must_use]
    pub fn index(&self, index: usize) -> Self {
        self.join(Segment::Index(index))
    }

    /// Adds a step.
    pub fn push(&mut self, segment: Segment) {
        self.0.push(segment);
    }

    /// Takes the last step away.
    pub fn pop(&mut self) -> Option<Segment> {
        self.0.pop()
    }

    /// The path without its last step; none for the root.
    pub fn parent(&self) -> Option<Self> {
        let (_, rest) = self.0.split_last()?;
        Some(Self(rest.to_vec()))
    }

    /// The last key on the path, indices skipped: `LOCATION` for `CACHES.default.LOCATION[0]`.
    pub fn last_key(&self) -> Option<&str> {
        self.0.iter().rev().find_map(|segment| match segment {
            Segment::Key(key) => Some(key.as_str()),
            Segment::Index(_) => None,
        })
    }

    /// Whether `other` is this path or lies below it.
    pub fn contains(&self, other: &Self) -> bool {
        other.0.starts_with(&self.0)
    }
}

impl From<Vec<Segment>> for KeyPath {
    fn from(segments: Vec<Segment>) -> Self {
        Self(segments)
    }
}

fn is_simple(key: &str) -> bool {
    !key.is_empty()
        && key.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '/' | '@' | '+' | '%' | '<' | '*' | ':'))
}

impl fmt::Display for KeyPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("(root)");
        }
        for (place, segment) in self.0.iter().enumerate() {
            match segment {
                Segment::Index(index) => write!(f, "[{index}]")?,
                Segment::Key(key) => {
                    if place > 0 {
                        f.write_str(".")?;
                    }
                    if is_simple(key) {
                        f.write_str(key)?;
                    } else {
                        write!(f, "{}", serde_json::Value::from(key.as_str()))?;
                    }
                }
            }
        }
        Ok(())
    }
}

impl FromStr for KeyPath {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let bad = |reason| Error::BadPath { text: text.to_owned(), reason };
        let mut segments = Vec::new();
        let mut rest = text;
        if rest.is_empty() || rest == "(root)" {
            return Ok(Self(segments));
        }
        loop {
            if let Some(after) = rest.strip_prefix('[') {
                let (digits, after) = after.split_once(']').ok_or_else(|| bad("a `[` without `]`"))?;
                let index = digits.parse().map_err(|_| bad("an index is a number from 0 up"))?;
                segments.push(Segment::Index(index));
                rest = after;
            } else if rest.starts_with('"') {
                let mut stream = serde_json::Deserializer::from_str(rest).into_iter::<String>();
                let key = stream.next().and_then(Result::ok).ok_or_else(|| bad("a quoted key does not end"))?;
                rest = &rest[stream.byte_offset()..];
                segments.push(Segment::Key(key));
            } else {
                let end = rest.find(['.', '[', '"']).unwrap_or(rest.len());
                if end == 0 {
                    return Err(bad("a key is empty"));
                }
                segments.push(Segment::Key(rest[..end].to_owned()));
                rest = &rest[end..];
            }
            if rest.is_empty() {
                return Ok(Self(segments));
            }
            if let Some(after) = rest.strip_prefix('.') {
                if after.is_empty() || after.starts_with('[') {
                    return Err(bad("a dot needs a key after it"));
                }
                rest = after;
            } else if !rest.starts_with('[') {
                return Err(bad("a dot is missing after a quoted key or an index"));
            }
        }
    }
}
