//! RESP2, on the wire.

use net::Wire;

use crate::Reply;

/// The longest line that is read, in bytes: the longest are errors.
const LONGEST_LINE: usize = 16 * 1024;
/// How deep lists may stand in lists; those of `EXEC` and `SCAN` are two deep.
const DEEPEST: usize = 8;
/// What an item costs at least, so that a list of empty strings is bounded as well.
const ITEM: usize = 32;
/// How much of a strange answer is shown, in characters.
const SHOWN: usize = 120;

/// Why there is no reply.
pub enum Fault {
    /// The connection.
    Net(net::Fault),
    /// It was closed.
    Closed,
    /// What came instead.
    Odd(String),
}

/// Adds a command to a request.
pub fn write(request: &mut Vec<u8>, words: &[&[u8]]) {
    request.extend_from_slice(format!("*{}\r\n", words.len()).as_bytes());
    for word in words {
        request.extend_from_slice(format!("${}\r\n", word.len()).as_bytes());
        request.extend_from_slice(word);
        request.extend_from_slice(b"\r\n");
    }
}

/// Reads replies, and forgets what it has read of the wire only at its end, so that many small ones cost no copies.
pub struct Reader<'a> {
    wire: &'a mut Wire,
    /// So far is read.
    at: usize,
    /// So much more may be held.
    room: usize,
}

impl<'a> Reader<'a> {
    /// A reader of replies of up to `largest` bytes together.
    pub fn new(wire: &'a mut Wire, largest: usize) -> Self {
        Self { wire, at: 0, room: largest }
    }

    /// Forgets what was read.
    pub fn finish(self) {
        self.wire.ahead.drain(..self.at);
    }

    /// The next reply.
    pub fn reply(&mut self) -> Result<Reply, Fault> {
        self.nested(DEEPEST)
    }

    fn nested(&mut self, depth: usize) -> Result<Reply, Fault> {
        let line = self.line()?;
        self.hold(ITEM)?;
        let strange = || Fault::Odd(format!("{:?} came", shown(&line)));
        let (kind, rest) = line.split_first().ok_or_else(strange)?;
        let text = std::str::from_utf8(rest).map_err(|_| strange());
        match kind {
            b'+' => Ok(Reply::Status(shown_whole(rest))),
            b'-' => Ok(Reply::Error(shown_whole(rest))),
            b':' => text?.parse().map(Reply::Integer).map_err(|_| strange()),
            b'$' | b'*' if rest == b"-1" => Ok(Reply::Nil),
            b'$' => {
                let length = text?.parse().map_err(|_| strange())?;
                self.block(length).map(Reply::Bulk)
            }
            b'*' if depth == 0 => Err(Fault::Odd(format!("lists in more than {DEEPEST} lists came"))),
            b'*' => {
                let count: usize = text?.parse().map_err(|_| strange())?;
                // The count is only said yet: nothing is set aside for it.
                let mut items = Vec::new();
                for _ in 0..count {
                    items.push(self.nested(depth - 1)?);
                }
                Ok(Reply::Array(items))
            }
            _ => Err(strange()),
        }
    }

    fn line(&mut self) -> Result<Vec<u8>, Fault> {
        let mut looked = self.at;
        loop {
            if let Some(end) = self.wire.ahead[looked..].iter().position(|byte| *byte == b'\n') {
                let line = &self.wire.ahead[self.at..looked + end];
                let line = line.strip_suffix(b"\r").unwrap_or(line).to_vec();
                self.at = looked + end + 1;
                return Ok(line);
            }
            looked = self.wire.ahead.len();
            if looked - self.at > LONGEST_LINE {
                return Err(Fault::Odd(format!("a line of more than {LONGEST_LINE} bytes came")));
            }
            self.more()?;
        }
    }

    fn block(&mut self, length: usize) -> Result<Vec<u8>, Fault> {
        self.hold(length)?;
        let end = self.at + length;
        while self.wire.ahead.len() < end + 2 {
            self.more()?;
        }
        if &self.wire.ahead[end..end + 2] != b"\r\n" {
            return Err(Fault::Odd("a value longer than announced came".to_owned()));
        }
        let block = self.wire.ahead[self.at..end].to_vec();
        self.at = end + 2;
        Ok(block)
    }

    fn hold(&mut self, bytes: usize) -> Result<(), Fault> {
        let too_much = || Fault::Odd("more came than is held here".to_owned());
        self.room = self.room.checked_sub(bytes).ok_or_else(too_much)?;
        Ok(())
    }

    fn more(&mut self) -> Result<(), Fault> {
        match self.wire.more() {
            Ok(true) => Ok(()),
            Ok(false) => Err(Fault::Closed),
            Err(fault) => Err(Fault::Net(fault)),
        }
    }
}

fn shown(bytes: &[u8]) -> String {
    shown_whole(bytes).chars().take(SHOWN).collect()
}

fn shown_whole(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}
