//! The edited text is read again, by this crate and by `serde_yaml`, and compared with the original: exactly the
//! wished differences, or it is refused.

use crate::document::{Document, Node, Reader, integer};
use crate::plan::{is_list, is_mapping};
use crate::wishes::{Wish, Wishes};
use crate::{Error, KeyPath, Kind, Segment};
use serde_json::Value;
use serde_yaml::Value as Yaml;

/// A value as both readers see it.
#[derive(Clone, Copy)]
struct Seen<'a> {
    node: Node<'a>,
    yaml: &'a Yaml,
}

pub(crate) fn verify(before: &Document, text: String, wishes: &Wishes<'_>, reader: Reader) -> Result<Document, Error> {
    let unverified = |reason: String| Error::Unverified { path: KeyPath::root(), reason };
    let after = Document::parse(text).map_err(|error| unverified(error.to_string()))?;
    let old = read(before).map_err(|message| Error::Unreadable { message })?;
    let new = read(&after).map_err(unverified)?;
    let mut checker = Checker { reader, path: KeyPath::root() };
    checker.compare(Seen { node: before.root(), yaml: &old }, Seen { node: after.root(), yaml: &new }, wishes)?;
    drop((old, new));
    Ok(after)
}

/// `serde_yaml`'s view.
pub(crate) fn read(doc: &Document) -> Result<Yaml, String> {
    if doc.root().source().is_empty() {
        return Ok(Yaml::Null);
    }
    // Told that the text is UTF-8, libyaml does not look for a byte order mark any more.
    let text = doc.source().trim_start_matches('\u{feff}');
    serde_yaml::from_str(text).map_err(|error| error.to_string())
}

struct Checker {
    reader: Reader,
    path: KeyPath,
}

impl Checker {
    fn wrong(&self, reason: &str) -> Error {
        Error::Unverified { path: self.path.clone(), reason: reason.to_owned() }
    }

    fn compare(&mut self, old: Seen<'_>, new: Seen<'_>, wishes: &Wishes<'_>) -> Result<(), Error> {
        match &wishes.wish {
            Some(Wish::Set(value)) => return self.set(old, new, value),
            Some(Wish::Remove) => return Err(self.wrong("it is still there")),
            None => {}
        }
        if wishes.children.is_empty() {
            return self.same(old, new);
        }
        match (old.node.kind(), new.node.kind()) {
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
    fn mapping(&mut self, old: Seen<'_>, new: Seen<'_>, wishes: &Wishes<'_>) -> Result<(), Error> {
        let wish_of =
            |key: Node<'_>| wishes.key(key.key_text()).map(|at| &wishes.children[at].1).filter(|_| !key.is_merge());
        let untouched = Wishes::default();
        let old_entries = self.entries(old)?;
        let mut kept =
            old_entries.iter().filter(|(key, _, _)| !wish_of(*key).is_some_and(Wishes::is_remove)).peekable();
        let mut added = 0;
        for (key, key_yaml, value) in self.entries(new)? {
            let wish = wish_of(key);
            self.path.push(Segment::Key(key.key_text().to_owned()));
            let next = kept.next_if(|(have, have_yaml, _)| same_key(*have, key) && same_yaml(have_yaml, key_yaml));
            match (next, wish) {
                (Some((_, _, old)), wish) => self.compare(*old, value, wish.unwrap_or(&untouched))?,
                (None, Some(wish)) => {
                    added += 1;
                    let wanted = wish.value(&self.path)?.ok_or_else(|| self.wrong("it should not be there"))?;
                    if key_yaml.as_str() != Some(key.key_text()) {
                        return Err(self.wrong("the key reads differently"));
                    }
                    self.is(value, &wanted)?;
                }
                (None, None) => return Err(self.wrong("nobody asked for this key, or the order changed")),
            }
            self.path.pop();
        }
        if kept.next().is_some() {
            return Err(self.wrong("a key is lost"));
        }
        let known: std::collections::HashSet<&str> = old_entries.iter().map(|(key, _, _)| key.key_text()).collect();
        let mut wanted = 0;
        for (segment, wish) in &wishes.children {
            if let Segment::Key(key) = segment {
                let merged = || old.node.entries().any(|(key, _)| key.is_merge()) && old.node.get(key).is_some();
                wanted += usize::from(!known.contains(key.as_str()) && wish.value(&self.path)?.is_some() && !merged());
            }
        }
        if wanted == added { Ok(()) } else { Err(self.wrong("a new key is missing")) }
    }

    fn sequence(&mut self, old: Seen<'_>, new: Seen<'_>, wishes: &Wishes<'_>) -> Result<(), Error> {
        let untouched = Wishes::default();
        let mut items = self.items(new)?.into_iter();
        let old = self.items(old)?;
        for (at, item) in old.iter().enumerate() {
            let wish = wishes.index(at);
            if wish.is_some_and(Wishes::is_remove) {
                continue;
            }
            self.path.push(Segment::Index(at));
            let now = items.next().ok_or_else(|| self.wrong("it is lost"))?;
            self.compare(*item, now, wish.unwrap_or(&untouched))?;
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
    fn set(&mut self, old: Seen<'_>, new: Seen<'_>, value: &Value) -> Result<(), Error> {
        if old.node.equals(value, self.reader) {
            return self.same(old, new);
        }
        match value {
            Value::Array(wanted) if is_list(old.node) && !wanted.is_empty() => {
                let (old, new) = (self.items(old)?, self.items(new)?);
                if new.len() != wanted.len() {
                    return Err(self.wrong("the list has another length"));
                }
                for (at, (now, wanted)) in new.into_iter().zip(wanted).enumerate() {
                    self.path.push(Segment::Index(at));
                    match old.get(at) {
                        Some(old) => self.set(*old, now, wanted)?,
                        None => self.is(now, wanted)?,
                    }
                    self.path.pop();
                }
                Ok(())
            }
            Value::Object(wanted) if is_mapping(old.node) && crate::plan::shares_key(old.node, wanted) => {
                let wishes = Wishes::exactly(wanted, old.node.entries().map(|(key, _)| key.key_text()));
                self.mapping(old, new, &wishes)
            }
            _ => self.is(new, value),
        }
    }

    fn is(&self, new: Seen<'_>, value: &Value) -> Result<(), Error> {
        if !new.node.equals(value, self.reader) {
            return Err(self.wrong("PyYAML would read another value"));
        }
        if !yaml_is(new.yaml, value) {
            return Err(self.wrong("serde_yaml reads another value"));
        }
        Ok(())
    }

    fn same(&self, old: Seen<'_>, new: Seen<'_>) -> Result<(), Error> {
        if !same_node(old.node, new.node) || !same_yaml(old.yaml, new.yaml) {
            return Err(self.wrong("it is not what it was"));
        }
        Ok(())
    }

    fn entries<'a>(&self, seen: Seen<'a>) -> Result<Vec<(Node<'a>, &'a Yaml, Seen<'a>)>, Error> {
        let Some(map) = untagged(seen.yaml).as_mapping().filter(|map| map.len() == seen.node.len()) else {
            return Err(self.wrong("serde_yaml sees another mapping"));
        };
        Ok(seen.node.entries().zip(map).map(|((key, node), (name, yaml))| (key, name, Seen { node, yaml })).collect())
    }

    fn items<'a>(&self, seen: Seen<'a>) -> Result<Vec<Seen<'a>>, Error> {
        let Some(list) = untagged(seen.yaml).as_sequence().filter(|list| list.len() == seen.node.len()) else {
            return Err(self.wrong("serde_yaml sees another list"));
        };
        Ok(seen.node.items().zip(list).map(|(node, yaml)| Seen { node, yaml }).collect())
    }
}

fn untagged(yaml: &Yaml) -> &Yaml {
    match yaml {
        Yaml::Tagged(tagged) => &tagged.value,
        other => other,
    }
}

fn same_key(old: Node<'_>, new: Node<'_>) -> bool {
    same_node(old, new)
}

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

/// Equality where `.nan` equals itself and the order of keys counts.
pub(crate) fn same_yaml(old: &Yaml, new: &Yaml) -> bool {
    match (old, new) {
        (Yaml::Number(a), Yaml::Number(b)) => a == b || (a.is_nan() && b.is_nan()),
        (Yaml::Sequence(a), Yaml::Sequence(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same_yaml(a, b)),
        (Yaml::Mapping(a), Yaml::Mapping(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same_yaml(a.0, b.0) && same_yaml(a.1, b.1))
        }
        (Yaml::Tagged(a), Yaml::Tagged(b)) => a.tag == b.tag && same_yaml(&a.value, &b.value),
        (a, b) => a == b,
    }
}

fn yaml_is(yaml: &Yaml, value: &Value) -> bool {
    match (yaml, value) {
        (Yaml::Tagged(tagged), Value::String(_)) => tagged.tag == "!unsafe" && yaml_is(&tagged.value, value),
        (Yaml::Null, Value::Null) => true,
        (Yaml::Bool(have), Value::Bool(want)) => have == want,
        (Yaml::String(have), Value::String(want)) => have == want,
        (Yaml::Number(have), Value::Number(want)) => match integer(want) {
            Some(want) => have.as_i64().map(i128::from).or_else(|| have.as_u64().map(i128::from)) == Some(want),
            None => have.is_f64() && have.as_f64() == want.as_f64(),
        },
        (Yaml::Sequence(have), Value::Array(want)) => {
            have.len() == want.len() && have.iter().zip(want).all(|(have, want)| yaml_is(have, want))
        }
        (Yaml::Mapping(have), Value::Object(want)) => {
            have.len() == want.len()
                && have.iter().all(|(key, have)| {
                    key.as_str().and_then(|key| want.get(key)).is_some_and(|want| yaml_is(have, want))
                })
        }
        _ => false,
    }
}
