//! RabbitMQ: AMQP 0-9-1, up to the server's first method.

use crate::spoken::shown;
use crate::talk::Talk;
use crate::{Fault, Greeting};

const HEADER: &[u8; 8] = b"AMQP\0\0\x09\x01";

/// The largest frame that is read; the first one has about 500 bytes.
const LARGEST: usize = 64 * 1024;
const FRAME_END: u8 = 0xce;

/// What a RabbitMQ says of itself.
pub fn greet(mut talk: Talk) -> Result<Greeting, Fault> {
    talk.send(HEADER)?;
    talk.await_first()?;
    if talk.peek(1)? == b"A" {
        let header = talk.take(HEADER.len())?;
        let Some(version) = header.strip_prefix(b"AMQP") else {
            return Err(Fault::Strange { layer: talk.layer(), detail: format!("{:?}", shown(&header)) });
        };
        let version = version.iter().map(u8::to_string).collect::<Vec<_>>().join("-");
        return Err(Fault::Strange { layer: talk.layer(), detail: format!("it wants AMQP {version}, not 0-9-1") });
    }
    // Type, channel, length.
    let &[1, 0, 0, a, b, c, d] = talk.peek(7)? else {
        return Err(talk.strange("no frame of a method"));
    };
    let length = usize::try_from(u32::from_be_bytes([a, b, c, d])).unwrap_or(usize::MAX);
    if length > LARGEST {
        return Err(talk.strange(&format!("a frame of {length} bytes")));
    }
    let frame = talk.take(7 + length + 1)?;
    let Some(start) = frame[7..].strip_suffix(&[FRAME_END]).and_then(Start::read) else {
        return Err(Fault::Strange { layer: talk.layer(), detail: "no Connection.Start".to_owned() });
    };
    let asks = !start.mechanisms.split(' ').any(|mechanism| mechanism == "ANONYMOUS");
    let product = start.product.unwrap_or_else(|| "an AMQP server".to_owned());
    Ok(Greeting::of(&product, start.version, Some(asks), &[]))
}

/// The method `Connection.Start`.
struct Start {
    product: Option<String>,
    version: Option<String>,
    mechanisms: String,
}

impl Start {
    fn read(method: &[u8]) -> Option<Self> {
        // Class and method 10, then AMQP's version.
        let rest = method.strip_prefix(&[0, 10, 0, 10])?.get(2..)?;
        let (mut properties, rest) = long(rest)?;
        let (mechanisms, _) = long(rest)?;
        let mut start = Self { product: None, version: None, mechanisms: shown(mechanisms) };
        while !properties.is_empty() {
            let (name, rest) = short(properties)?;
            let (value, rest) = field(rest)?;
            match name {
                b"product" => start.product = value.map(shown),
                b"version" => start.version = value.map(shown),
                _ => {}
            }
            properties = rest;
        }
        Some(start)
    }
}

fn short(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first()?;
    rest.split_at_checked(usize::from(*length))
}

fn long(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    rest.split_at_checked(usize::try_from(u32::from_be_bytes(*length)).ok()?)
}

/// A field's value, where it is text, and what comes after it. Types as RabbitMQ has them.
fn field(bytes: &[u8]) -> Option<(Option<&[u8]>, &[u8])> {
    let (kind, rest) = bytes.split_first()?;
    let skip = |count: usize| Some((None, rest.get(count..)?));
    match kind {
        b'S' => long(rest).map(|(text, rest)| (Some(text), rest)),
        b'x' | b'A' | b'F' => long(rest).map(|(_, rest)| (None, rest)),
        b'V' => skip(0),
        b't' | b'b' | b'B' => skip(1),
        b's' | b'u' => skip(2),
        b'I' | b'i' | b'f' => skip(4),
        b'D' => skip(5),
        b'l' | b'L' | b'd' | b'T' => skip(8),
        _ => None,
    }
}
