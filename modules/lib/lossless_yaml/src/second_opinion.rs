//! The second opinion on an edited text: `serde_yaml`, a parser of another descent.
//!
//! It has to see the same structure and the same text in every place of the whole file. Together with the comparison
//! of the file before and after by this crate, that leaves no difference but the wished ones: were the file before
//! misread anywhere, the file after, with the same bytes there, would be misread alike, and the second reader differ.
//! What is new has to have the same type for it, too; elsewhere YAML 1.1 and 1.2 may type a word differently.
//!
//! It is led along the nodes while it reads, so that no second tree is ever built.

use crate::document::{Document, Node};
use crate::{Error, KeyPath, Kind, Resolved};
use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, Error as _, IgnoredAny, MapAccess, SeqAccess, VariantAccess, Visitor,
};
use std::collections::HashSet;
use std::fmt;

/// Compares `serde_yaml`'s reading of `after` with this crate's. `new` are the nodes that have to be typed alike.
pub(crate) fn agree(before: &Document, after: &Document, new: &HashSet<u32>) -> Result<(), Error> {
    let guide = Guide { node: after.root(), new };
    let Err(error) = guide.deserialize(serde_yaml::Deserializer::from_str(text(after))) else { return Ok(()) };
    // Is it the edit, or could it not read the file in the first place?
    let readable: Result<IgnoredAny, _> = serde_yaml::from_str(text(before));
    Err(match readable {
        Err(error) => Error::Unreadable { message: error.to_string() },
        Ok(_) => Error::Unverified { path: KeyPath::root(), reason: error.to_string() },
    })
}

/// Told that a text is UTF-8, libyaml does not look for a byte order mark any more.
fn text(doc: &Document) -> &str {
    doc.source().trim_start_matches('\u{feff}')
}

#[derive(Clone, Copy)]
struct Guide<'a> {
    node: Node<'a>,
    new: &'a HashSet<u32>,
}

/// What `serde_yaml` makes of a scalar.
enum Seen<'s> {
    Null,
    Bool(bool),
    Int(i128),
    Float(f64),
    Text(&'s str),
    /// A number too large for the other kinds.
    Huge,
}

impl<'a> Guide<'a> {
    fn to(self, node: Node<'a>) -> Self {
        Self { node, ..self }
    }

    /// Never with the value, which may be a secret.
    fn differs<E: serde::de::Error>(self) -> E {
        E::custom(format_args!("serde_yaml reads something else on line {}", self.node.line()))
    }

    #[allow(clippy::float_cmp, reason = "the same text gives the same number")]
    fn scalar<E: serde::de::Error>(self, seen: &Seen<'_>) -> Result<(), E> {
        let node = self.node.follow();
        let Some(text) = node.text() else { return Err(self.differs()) };
        let alike = match (seen, node.resolved()) {
            (Seen::Null, Resolved::Null) => true,
            (Seen::Bool(seen), Resolved::Bool(value)) => *seen == value,
            (Seen::Int(seen), Resolved::Int(value)) => *seen == value,
            (Seen::Float(seen), Resolved::Float(value)) => *seen == value || (seen.is_nan() && value.is_nan()),
            (Seen::Text(seen), Resolved::Str(value)) => *seen == value,
            _ if self.new.contains(&self.node.id) => false,
            // `no`, `0777` or `1_000` is text in YAML 1.2, `0o17` or `1e3` is none.
            (Seen::Text(seen), _) => *seen == text,
            _ => node.record().implicit || node.tag().is_some(),
        };
        if alike { Ok(()) } else { Err(self.differs()) }
    }
}

impl<'de> DeserializeSeed<'de> for Guide<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Guide<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a YAML value")
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<(), E> {
        // An empty file has no event at all.
        self.scalar(&Seen::Null)
    }

    fn visit_none<E: serde::de::Error>(self) -> Result<(), E> {
        self.scalar(&Seen::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        self.deserialize(deserializer)
    }

    fn visit_bool<E: serde::de::Error>(self, seen: bool) -> Result<(), E> {
        self.scalar(&Seen::Bool(seen))
    }

    fn visit_i64<E: serde::de::Error>(self, seen: i64) -> Result<(), E> {
        self.scalar(&Seen::Int(seen.into()))
    }

    fn visit_u64<E: serde::de::Error>(self, seen: u64) -> Result<(), E> {
        self.scalar(&Seen::Int(seen.into()))
    }

    fn visit_i128<E: serde::de::Error>(self, seen: i128) -> Result<(), E> {
        self.scalar(&Seen::Int(seen))
    }

    fn visit_u128<E: serde::de::Error>(self, seen: u128) -> Result<(), E> {
        self.scalar(&i128::try_from(seen).map_or(Seen::Huge, Seen::Int))
    }

    fn visit_f64<E: serde::de::Error>(self, seen: f64) -> Result<(), E> {
        self.scalar(&Seen::Float(seen))
    }

    fn visit_str<E: serde::de::Error>(self, seen: &str) -> Result<(), E> {
        self.scalar(&Seen::Text(seen))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        let node = self.node.follow();
        if node.kind() != Kind::Sequence {
            return Err(self.differs());
        }
        for item in node.items() {
            list.next_element_seed(self.to(item))?.ok_or_else(|| self.differs())?;
        }
        match list.next_element::<IgnoredAny>()? {
            None => Ok(()),
            Some(_) => Err(self.differs()),
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let node = self.node.follow();
        if node.kind() != Kind::Mapping {
            return Err(self.differs());
        }
        for (key, value) in node.entries() {
            map.next_key_seed(self.to(key))?.ok_or_else(|| self.differs())?;
            map.next_value_seed(self.to(value))?;
        }
        match map.next_key::<IgnoredAny>()? {
            None => Ok(()),
            Some(_) => Err(self.differs()),
        }
    }

    /// A value with a tag of its own, such as `!vault`.
    fn visit_enum<A: EnumAccess<'de>>(self, tagged: A) -> Result<(), A::Error> {
        let (tag, content) = tagged.variant::<String>()?;
        let node = self.node.follow();
        if node.tag().map(|have| have.trim_start_matches('!')) != Some(tag.trim_start_matches('!')) {
            return Err(A::Error::custom(format_args!("serde_yaml reads another tag on line {}", node.line())));
        }
        content.newtype_variant_seed(self)
    }
}

#[cfg(test)]
mod tests {
    use super::{Document, agree};

    /// The second reader is asked about a text that differs from the one that was parsed.
    fn opinion(parsed: &str, text: &str) -> Result<(), String> {
        let before = Document::parse(text).unwrap();
        let mut after = Document::parse(parsed).unwrap();
        text.clone_into(&mut after.source);
        agree(&before, &after, &(0..100).collect()).map_err(|error| error.to_string())
    }

    #[test]
    fn a_reader_that_sees_something_else_is_heard() {
        assert_eq!(opinion("a: \"\\x41\"\n", "a: \"\\x41\"\n"), Ok(()));
        for (parsed, text) in [
            ("a: 1\nb: \"\\x41\"\n", "a: 1\nb: \"\\x42\"\n"),
            ("a: 1\nb: [2]\n", "a: 1\nb: {2}\n"),
            ("a: 1\nb: [2, 3]\n", "a: 1\nb: [2_ 3]\n"),
            ("a: 1\nb: '2'\n", "a: 1\nb:  2 \n"),
            ("a: 1\nb: 0777\n", "a: 1\nb: 0777\n"),
        ] {
            let told = opinion(parsed, text).unwrap_err();
            assert!(told.contains("serde_yaml reads something else on line 2"), "{parsed:?} {told}");
        }
    }
}
