//! What a web server answered.

use std::fmt;

use httparse::{EMPTY_HEADER, Status};

use crate::Fault;
use crate::connection::Connection;

/// The most bytes before the body that are read, interim answers among them.
const MAX_HEAD: usize = 16 * 1024;
/// The most headers.
const MAX_HEADERS: usize = 64;
/// The longest line with the size of a chunk.
const MAX_CHUNK_LINE: usize = 1024;
/// How much of what is not HTTP is shown, in characters.
const SHOWN: usize = 60;

/// The bytes with which a TLS server begins (an alert or a handshake, version 3.x): RFC 8446, 5.1.
const TLS: [[u8; 2]; 2] = [[0x15, 0x03], [0x16, 0x03]];

/// What nginx and Apache answer with status 400 where plain HTTP was sent to a port for TLS.
const WANTS_TLS: [&str; 2] =
    ["plain HTTP request was sent to HTTPS port", "speaking plain HTTP to an SSL-enabled server port"];

/// An answer.
#[derive(Clone, PartialEq, Eq)]
pub struct Answer {
    /// 200 and the like.
    pub status: u16,
    /// Where it sends the asker to.
    pub location: Option<String>,
    /// The body, or its beginning.
    pub body: Vec<u8>,
    /// Whether `body` is all of it; otherwise there was more than was to be read.
    pub is_whole: bool,
    /// Every header, in the order of the server.
    pub headers: Vec<(String, String)>,
}

impl Answer {
    /// Whether it says that the port is one for TLS.
    pub(crate) fn wants_tls(&self) -> bool {
        self.status == 400 && {
            let text = String::from_utf8_lossy(&self.body);
            WANTS_TLS.iter().any(|words| text.contains(words))
        }
    }

    /// The first header of this name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers(name).next()
    }

    /// Every header of this name.
    pub fn headers(&self, name: &str) -> impl Iterator<Item = &str> {
        self.headers.iter().filter(move |(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

/// Without body and headers, which may hold whatever a session is worth.
impl fmt::Debug for Answer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = formatter.debug_struct("Answer");
        shown.field("status", &self.status).field("body", &self.body.len()).field("is_whole", &self.is_whole);
        shown.finish_non_exhaustive()
    }
}

/// Reads an answer, and of its body at most `limit` bytes.
pub fn read(connection: &mut Connection, limit: usize) -> Result<Answer, Fault> {
    let head = head(connection)?;
    let (body, is_whole) = match head.framing {
        Framing::Length(length) => sized(connection, length, limit)?,
        Framing::Chunked => chunked(connection, limit)?,
        Framing::UntilClose => until_close(connection, limit)?,
    };
    Ok(Answer { status: head.status, location: head.location, body, is_whole, headers: head.headers })
}

/// How the end of a body is known.
#[derive(Debug, PartialEq, Eq)]
enum Framing {
    Length(u64),
    Chunked,
    UntilClose,
}

struct Head {
    status: u16,
    location: Option<String>,
    framing: Framing,
    headers: Vec<(String, String)>,
}

fn head(connection: &mut Connection) -> Result<Head, Fault> {
    let mut room = MAX_HEAD;
    loop {
        match parse(connection.ahead())? {
            // 100 Continue, 103 Early Hints: the answer is still to come.
            Some((length, head)) if (100..200).contains(&head.status) => {
                room = room.saturating_sub(length);
                connection.ahead().drain(..length);
                continue;
            }
            Some((length, head)) => {
                connection.ahead().drain(..length);
                return Ok(head);
            }
            None if connection.ahead().len() > room => {
                return Err(Fault::Malformed(format!("more than {MAX_HEAD} bytes of headers")));
            }
            None => {}
        }
        if !connection.more()? {
            return Err(match connection.ahead().as_slice() {
                [] => Fault::Closed,
                said if said.starts_with(b"HTTP/1.") => Fault::BrokenOff,
                said => not_http(said),
            });
        }
    }
}

/// The head and its length, where all of it is there.
fn parse(bytes: &[u8]) -> Result<Option<(usize, Head)>, Fault> {
    if bytes.is_empty() {
        return Ok(None);
    }
    if TLS.iter().any(|start| bytes.starts_with(start)) {
        return Err(Fault::Tls);
    }
    let mut headers = [EMPTY_HEADER; MAX_HEADERS];
    let mut response = httparse::Response::new(&mut headers);
    let length = match response.parse(bytes) {
        Ok(Status::Complete(length)) => length,
        Ok(Status::Partial) => return Ok(None),
        Err(error) if bytes.starts_with(b"HTTP/1.") => return Err(Fault::Malformed(error.to_string())),
        Err(_) => return Err(not_http(bytes)),
    };
    let status = response.code.unwrap_or_default();
    let headers: Vec<(String, String)> = response
        .headers
        .iter()
        .map(|header| (header.name.to_owned(), String::from_utf8_lossy(header.value).trim().to_owned()))
        .collect();
    let values = |name: &str| -> Vec<String> {
        let named = headers.iter().filter(|(own, _)| own.eq_ignore_ascii_case(name));
        named.map(|(_, value)| value.clone()).collect()
    };
    let framing = if status == 204 || status == 304 {
        Framing::Length(0)
    } else {
        framing(&values("transfer-encoding"), &values("content-length"))?
    };
    let location = values("location").into_iter().next();
    Ok(Some((length, Head { status, location, framing, headers })))
}

fn framing(encodings: &[String], lengths: &[String]) -> Result<Framing, Fault> {
    match (encodings, lengths) {
        ([], []) => Ok(Framing::UntilClose),
        ([], [length, others @ ..]) => {
            let is_number = !length.is_empty() && length.bytes().all(|byte| byte.is_ascii_digit());
            match length.parse() {
                Ok(number) if is_number && others.iter().all(|other| other == length) => Ok(Framing::Length(number)),
                _ => Err(Fault::Malformed("the length of the body is not known".to_owned())),
            }
        }
        ([encoding], _) if encoding.eq_ignore_ascii_case("chunked") => Ok(Framing::Chunked),
        _ => Err(Fault::Malformed("an unknown transfer encoding".to_owned())),
    }
}

fn not_http(said: &[u8]) -> Fault {
    let text = String::from_utf8_lossy(said);
    Fault::NotHttp(text.lines().next().unwrap_or_default().chars().take(SHOWN).collect())
}

fn sized(connection: &mut Connection, length: u64, limit: usize) -> Result<(Vec<u8>, bool), Fault> {
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    fill(connection, length.min(limit))?;
    connection.ahead().truncate(length.min(limit));
    Ok((std::mem::take(connection.ahead()), length <= limit))
}

fn until_close(connection: &mut Connection, limit: usize) -> Result<(Vec<u8>, bool), Fault> {
    while connection.ahead().len() <= limit && connection.more()? {}
    let is_whole = connection.ahead().len() <= limit;
    connection.ahead().truncate(limit);
    Ok((std::mem::take(connection.ahead()), is_whole))
}

fn chunked(connection: &mut Connection, limit: usize) -> Result<(Vec<u8>, bool), Fault> {
    let mut body = Vec::new();
    loop {
        let size = chunk_size(connection)?;
        if size == 0 {
            // What may follow are trailers, which say nothing that is looked at.
            return Ok((body, true));
        }
        let Some(size) = usize::try_from(size).ok().filter(|size| *size <= limit - body.len()) else {
            return Ok((body, false));
        };
        fill(connection, size + 2)?;
        if connection.ahead()[size..size + 2] != *b"\r\n" {
            return Err(Fault::Malformed("a chunk is longer than it says".to_owned()));
        }
        body.extend(connection.ahead().drain(..size + 2).take(size));
    }
}

fn chunk_size(connection: &mut Connection) -> Result<u64, Fault> {
    loop {
        match httparse::parse_chunk_size(connection.ahead()) {
            Ok(Status::Complete((length, size))) => {
                connection.ahead().drain(..length);
                return Ok(size);
            }
            Ok(Status::Partial) if connection.ahead().len() <= MAX_CHUNK_LINE => {}
            _ => return Err(Fault::Malformed("the size of a chunk".to_owned())),
        }
        if !connection.more()? {
            return Err(Fault::BrokenOff);
        }
    }
}

/// Reads until so many bytes are ahead.
fn fill(connection: &mut Connection, count: usize) -> Result<(), Fault> {
    while connection.ahead().len() < count {
        if !connection.more()? {
            return Err(Fault::BrokenOff);
        }
    }
    Ok(())
}
