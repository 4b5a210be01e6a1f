//! The edited text is read again and compared with the original: exactly the wished differences, or it is refused.

use crate::document::{Document, Node, Reader};
use crate::plan::{is_list, is_mapping, shares_key};
use crate::second_opinion::agree;
use crate::wishes::{Wish, Wishes};
use crate::{Error, KeyPath, Kind, Resolved, Segment};
use serde_json::Value;
use std::collections::HashSet;

/// Reads `text`, the outcome of `wishes` on `before`, and lets it pass if both readers see what was wished for.
pub(crate) fn verify(before: &Document, text: String, wishes: &Wishes<'_>, reader: Reader) -> Result<Document, Error> {
    let unverified = |reason: String| Error::Unverified { path: KeyPath::root(), reason };
    let after = Document::parse(text).map_err(|error| unverified(error.to_string()))?;
    let mut checker = Checker { reader, path: KeyPath::root(), new: HashSet::new() };
    checker.compare(before.root(), after.root(), wishes)?;
    agree(before, &after, &checker.new)?;
    Ok(after)
}

struct Checker {
    reader: Reader,
    path: KeyPath,
    /// The nodes of what is new, which both readers have to type alike.
    new: HashSet<u32>,
}

impl Checker {
    fn wrong(&self, reason: &str) -> Error {
        Error::Unverified { path: self.path.clone(), reason: reason.to_owned() }
    }

    fn compare(&mut self, old: Node<'_>, new: Node<'_>, wishes: &Wishes<'_>) -> Result<(), Error> {
        match &wishes.wish {
            Some(Wish::Set(value)) => return self.set(old, new, value),
            Some(Wish::Remove) => return Err(self.wrong("it is still there")),
            None => {}
        }
        if wishes.children.is_empty() {
            return self.same(old, new);
        }
        match (old.kind(), new.kind()) {
            (Kind::Alias, _) => self.same(old, new),
            (Kind::Mapping, Kind::Mapping) => self.mapping(old, new, wishes),
            (Kind::Sequence, Kind::Sequence) => self.sequence(old, new, wishes),
            (Kind::Scalar, _) => match wishes.value(&self.path)? {
                Some(value) => self.is(new, &value),
                None => self.same(old, new),
            },
            _ => Err(self.wrong("it has another type")),
        }
    }

    /// Keys that nothing is wished of follow each other as before; each other key is wished for.
    fn mapping(&mut self, old: Node<'_>, new: Node<'_>, wishes: &Wishes<'_>) -> Result<(), Error> {
        let wish_of =
            |key: Node<'_>| wishes.key(key.key_text()).map(|at| &wishes.children[at].1).filter(|_| !key.is_merge());
        let untouched = Wishes::default();
        let mut kept = old.entries().filter(|(key, _)| !wish_of(*key).is_some_and(Wishes::is_remove)).peekable();
        let mut added = 0;
        for (key, value) in new.entries() {
            let wish = wish_of(key);
            self.path.push(Segment::Key(key.key_text().to_owned()));
            match (kept.next_if(|(have, _)| same_node(*have, key)), wish) {
                (Some((_, old)), wish) => self.compare(old, value, wish.unwrap_or(&untouched))?,
                (None, Some(wish)) => {
                    added += 1;
                    let wanted = wish.value(&self.path)?.ok_or_else(|| self.wrong("it should not be there"))?;
                    if !matches!(key.resolved(), Resolved::Str(_)) {
                        return Err(self.wrong("the key reads differently"));
                    }
                    self.new.insert(key.id);
                    self.is(value, &wanted)?;
                }
                (None, None) => return Err(self.wrong("nobody asked for this key, or the order changed")),
            }
            self.path.pop();
        }
        if kept.next().is_some() {
            return Err(self.wrong("a key is lost"));
        }
        if added == self.count_new(old, wishes)? { Ok(()) } else { Err(self.wrong("a new key is missing")) }
    }

    /// How many of the wishes are for keys that the mapping had not.
    fn count_new(&self, old: Node<'_>, wishes: &Wishes<'_>) -> Result<usize, Error> {
        let known: HashSet<&str> = old.entries().map(|(key, _)| key.key_text()).collect();
        let merges = old.entries().any(|(key, _)| key.is_merge());
        let mut count = 0;
        for (segment, wish) in &wishes.children {
            if let Segment::Key(key) = segment {
                let brought_in = || merges && old.get(key).is_some();
                count +=
                    usize::from(!known.contains(key.as_str()) && wish.value(&self.path)?.is_some() && !brought_in());
            }
        }
        Ok(count)
    }

    fn sequence(&mut self, old: Node<'_>, new: Node<'_>, wishes: &Wishes<'_>) -> Result<(), Error> {
        let untouched = Wishes::default();
        let mut items = new.items();
        for (at, item) in old.items().enumerate() {
            let wish = wishes.index(at);
            if wish.is_some_and(Wishes::is_remove) {
                continue;
            }
            self.path.push(Segment::Index(at));
            let now = items.next().ok_or_else(|| self.wrong("it is lost"))?;
            self.compare(item, now, wish.unwrap_or(&untouched))?;
            self.path.pop();
        }
        for (at, item) in items.enumerate() {
            self.path.push(Segment::Index(old.len() + at));
            let wanted = wishes.index(old.len() + at).map(|wish| wish.value(&self.path)).transpose()?.flatten();
            self.is(item, &wanted.ok_or_else(|| self.wrong("nobody asked for this item"))?)?;
            self.path.pop();
        }
        Ok(())
    }

    /// The value is as wished, and what was so before has not been touched.
    fn set(&mut self, old: Node<'_>, new: Node<'_>, value: &Value) -> Result<(), Error> {
        if old.equals(value, self.reader) {
            return self.same(old, new);
        }
        match value {
            Value::Array(wanted) if is_list(old) && !wanted.is_empty() => {
                if new.len() != wanted.len() || new.kind() != Kind::Sequence {
                    return Err(self.wrong("the list has another length"));
                }
                let mut before = old.items();
                for (at, (now, wanted)) in new.items().zip(wanted).enumerate() {
                    self.path.push(Segment::Index(at));
                    match before.next() {
                        Some(old) => self.set(old, now, wanted)?,
                        None => self.is(now, wanted)?,
                    }
                    self.path.pop();
                }
                Ok(())
            }
            Value::Object(wanted) if is_mapping(old) && shares_key(old, wanted) && new.kind() == Kind::Mapping => {
                let wishes = Wishes::exactly(wanted, old.entries().map(|(key, _)| key.key_text()));
                self.mapping(old, new, &wishes)
            }
            _ => self.is(new, value),
        }
    }

    fn is(&mut self, new: Node<'_>, value: &Value) -> Result<(), Error> {
        if !new.equals(value, self.reader) {
            return Err(self.wrong("PyYAML would read another value"));
        }
        self.note_new(new);
        Ok(())
    }

    fn note_new(&mut self, node: Node<'_>) {
        self.new.insert(node.id);
        node.items().for_each(|item| self.note_new(item));
        for (key, value) in node.entries() {
            self.note_new(key);
            self.note_new(value);
        }
    }

    fn same(&self, old: Node<'_>, new: Node<'_>) -> Result<(), Error> {
        if same_node(old, new) { Ok(()) } else { Err(self.wrong("it is not what it was")) }
    }
}

/// Whether two nodes are written with the same meaning, tags and anchors included.
pub(crate) fn same_node(old: Node<'_>, new: Node<'_>) -> bool {
    old.kind() == new.kind()
        && old.tag() == new.tag()
        && old.anchor() == new.anchor()
        && old.record().implicit == new.record().implicit
        && old.text() == new.text()
        && old.len() == new.len()
        && old.items().zip(new.items()).all(|(old, new)| same_node(old, new))
        && old.entries().zip(new.entries()).all(|(old, new)| same_node(old.0, new.0) && same_node(old.1, new.1))
}
