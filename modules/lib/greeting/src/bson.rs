//! As much of BSON as a greeting takes. Nothing is copied, and nothing recurses.

/// A document, or an array, whose names are `0`, `1`, ...
#[derive(Debug, Clone, Copy)]
pub struct Document<'a>(&'a [u8]);

/// A value.
#[derive(Debug, Clone, Copy)]
pub enum Value<'a> {
    /// Text, in whatever encoding.
    Text(&'a [u8]),
    /// A whole number, or one with a fraction that was cut off.
    Number(i64),
    /// True or false.
    Bool(bool),
    /// An array.
    Array(Document<'a>),
    /// Anything else.
    Other,
}

impl<'a> Document<'a> {
    /// The document that these bytes are, all of them.
    pub fn read(bytes: &'a [u8]) -> Option<Self> {
        let (length, rest) = length(bytes)?;
        let elements = rest.strip_suffix(&[0])?;
        (length == bytes.len()).then_some(Self(elements))
    }

    /// Its elements, up to the first that cannot be read.
    pub fn elements(self) -> impl Iterator<Item = (&'a [u8], Value<'a>)> {
        let mut rest = self.0;
        std::iter::from_fn(move || {
            let (kind, after) = rest.split_first()?;
            let (name, after) = text_to_zero(after)?;
            let (value, after) = value(*kind, after)?;
            rest = after;
            Some((name, value))
        })
    }

    /// The value of that name.
    pub fn get(self, name: &str) -> Option<Value<'a>> {
        self.elements().find(|(found, _)| *found == name.as_bytes()).map(|(_, value)| value)
    }

    /// The number of that name.
    pub fn number(self, name: &str) -> Option<i64> {
        match self.get(name)? {
            Value::Number(number) => Some(number),
            _ => None,
        }
    }

    /// The text of that name.
    pub fn text(self, name: &str) -> Option<&'a [u8]> {
        match self.get(name)? {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The truth of that name.
    pub fn bool(self, name: &str) -> Option<bool> {
        match self.get(name)? {
            Value::Bool(bool) => Some(bool),
            _ => None,
        }
    }
}

fn length(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    Some((usize::try_from(i32::from_le_bytes(*length)).ok()?, rest))
}

fn text_to_zero(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = bytes.iter().position(|byte| *byte == 0)?;
    Some((&bytes[..end], &bytes[end + 1..]))
}

/// A text with its length before it and a zero after it.
fn text(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = length(bytes)?;
    let (text, rest) = rest.split_at_checked(length)?;
    Some((text.strip_suffix(&[0])?, rest))
}

fn value(kind: u8, bytes: &[u8]) -> Option<(Value<'_>, &[u8])> {
    let skip = |count: usize| Some((Value::Other, bytes.get(count..)?));
    match kind {
        0x01 => {
            let (number, rest) = bytes.split_first_chunk::<8>()?;
            #[expect(clippy::cast_possible_truncation, reason = "a cast of a float ends at the bounds")]
            let number = f64::from_le_bytes(*number) as i64;
            Some((Value::Number(number), rest))
        }
        0x02 => text(bytes).map(|(text, rest)| (Value::Text(text), rest)),
        0x03 | 0x04 => {
            let (length, _) = length(bytes)?;
            let (inner, rest) = bytes.split_at_checked(length)?;
            let inner = Document::read(inner)?;
            Some((if kind == 4 { Value::Array(inner) } else { Value::Other }, rest))
        }
        0x05 => skip(length(bytes)?.0.checked_add(5)?),
        0x06 | 0x0a | 0x7f | 0xff => skip(0),
        0x07 => skip(12),
        0x08 => bytes.split_first().map(|(byte, rest)| (Value::Bool(*byte != 0), rest)),
        0x09 | 0x11 => skip(8),
        0x0b => {
            let (_, rest) = text_to_zero(bytes)?;
            text_to_zero(rest).map(|(_, rest)| (Value::Other, rest))
        }
        0x0c => text(bytes).and_then(|(_, rest)| Some((Value::Other, rest.get(12..)?))),
        0x0d | 0x0e => text(bytes).map(|(_, rest)| (Value::Other, rest)),
        // Its length counts itself.
        0x0f => skip(length(bytes)?.0.max(4)),
        0x10 => bytes
            .split_first_chunk::<4>()
            .map(|(number, rest)| (Value::Number(i32::from_le_bytes(*number).into()), rest)),
        0x12 => bytes.split_first_chunk::<8>().map(|(number, rest)| (Value::Number(i64::from_le_bytes(*number)), rest)),
        0x13 => skip(16),
        _ => None,
    }
}

/// Writes a document of a command: its name with a value, and the database, where that is part of it.
pub fn command(name: &str, argument: Option<&str>, database: Option<&str>) -> Vec<u8> {
    let mut elements = Vec::new();
    if let Some(argument) = argument {
        push_text(&mut elements, name, argument);
    } else {
        elements.push(0x10);
        elements.extend_from_slice(name.as_bytes());
        elements.extend_from_slice(&[0, 1, 0, 0, 0]);
    }
    if let Some(database) = database {
        push_text(&mut elements, "$db", database);
    }
    let mut document = size(elements.len() + 5).to_vec();
    document.append(&mut elements);
    document.push(0);
    document
}

fn push_text(elements: &mut Vec<u8>, name: &str, text: &str) {
    elements.push(0x02);
    elements.extend_from_slice(name.as_bytes());
    elements.push(0);
    elements.extend_from_slice(&size(text.len() + 1));
    elements.extend_from_slice(text.as_bytes());
    elements.push(0);
}

/// A length as it is written; those here are small.
pub fn size(length: usize) -> [u8; 4] {
    i32::try_from(length).unwrap_or(i32::MAX).to_le_bytes()
}
