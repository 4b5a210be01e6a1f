//! Servers that answer as `MongoDB` does.

use std::io::{Read, Write};
use std::net::TcpStream;

use super::scripted::server;

pub const REPLY: i32 = 1;
pub const QUERY: i32 = 2004;
pub const MESSAGE: i32 = 2013;

/// An element's type, name and value.
pub fn element(kind: u8, name: &str, value: &[u8]) -> Vec<u8> {
    [&[kind], name.as_bytes(), &[0], value].concat()
}

pub fn text(name: &str, value: &str) -> Vec<u8> {
    let length = i32::try_from(value.len() + 1).unwrap().to_le_bytes();
    element(2, name, &[&length, value.as_bytes(), &[0]].concat())
}

pub fn int(name: &str, value: i32) -> Vec<u8> {
    element(0x10, name, &value.to_le_bytes())
}

pub fn double(name: &str, value: f64) -> Vec<u8> {
    element(1, name, &value.to_le_bytes())
}

pub fn bool(name: &str, value: bool) -> Vec<u8> {
    element(8, name, &[u8::from(value)])
}

pub fn document(elements: &[Vec<u8>]) -> Vec<u8> {
    let elements = elements.concat();
    [&i32::try_from(elements.len() + 5).unwrap().to_le_bytes()[..], &elements, &[0]].concat()
}

pub fn array(name: &str, texts: &[&str]) -> Vec<u8> {
    let elements: Vec<_> = texts.iter().enumerate().map(|(index, value)| text(&index.to_string(), value)).collect();
    element(4, name, &document(&elements))
}

/// A question: its number, opcode and all of it.
pub fn question(stream: &mut TcpStream) -> Option<(i32, i32, Vec<u8>)> {
    let mut header = [0; 16];
    stream.read_exact(&mut header).ok()?;
    let number = |place: usize| i32::from_le_bytes(header[place..place + 4].try_into().unwrap());
    let mut body = vec![0; usize::try_from(number(0)).unwrap() - 16];
    stream.read_exact(&mut body).ok()?;
    Some((number(4), number(12), body))
}

pub fn answer(to: i32, opcode: i32, document: &[u8]) -> Vec<u8> {
    let before: &[u8] = if opcode == REPLY { &[0; 20] } else { &[0; 5] };
    let length = i32::try_from(16 + before.len() + document.len()).unwrap();
    let header: Vec<u8> = [length, 77, to, opcode].iter().flat_map(|number| number.to_le_bytes()).collect();
    [&header, before, document].concat()
}

pub fn holds(body: &[u8], words: &str) -> bool {
    body.windows(words.len()).any(|window| window == words.as_bytes())
}

/// A server of this wire version, whose `isMaster` says this besides.
pub fn mongod(wire_version: i32, version: &'static str, has_auth: bool, besides: Vec<Vec<u8>>) -> u16 {
    server(move |mut stream| {
        while let Some((number, opcode, body)) = question(&mut stream) {
            let is_first = holds(&body, "isMaster\0");
            // isMaster is a query for every server; the rest is one only for those that know no messages.
            let expected = if is_first || wire_version < 6 { QUERY } else { MESSAGE };
            assert_eq!(opcode, expected);
            assert_eq!(holds(&body, "$db\0"), opcode == MESSAGE);
            let said = if is_first {
                assert!(holds(&body, "admin.$cmd\0"));
                let mut all = vec![bool("ismaster", true), int("maxBsonObjectSize", 16_777_216)];
                all.push(element(9, "localTime", &[1; 8]));
                all.push(int("maxWireVersion", wire_version));
                all.extend(besides.clone());
                all.push(double("ok", 1.0));
                document(&all)
            } else if holds(&body, "buildInfo\0") {
                document(&[text("version", version), element(3, "openssl", &document(&[])), double("ok", 1.0)])
            } else if has_auth {
                let words = "command count requires authentication";
                document(&[double("ok", 0.0), text("errmsg", words), int("code", 13)])
            } else {
                document(&[int("n", 0), double("ok", 1.0)])
            };
            let way = if opcode == QUERY { REPLY } else { MESSAGE };
            stream.write_all(&answer(number, way, &said)).unwrap();
        }
    })
}
