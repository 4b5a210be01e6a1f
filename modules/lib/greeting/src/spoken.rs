//! Protocols, told by their first bytes.

use std::fmt;

use edx_layout::Layer;

/// So much of what was said is shown, in characters.
const SHOWN: usize = 100;

/// A protocol that a server spoke.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spoken {
    /// HTTP, or a page of it.
    Http,
    /// TLS.
    Tls,
    /// SSH.
    Ssh,
    /// SMTP or FTP, which begin alike.
    MailOrFtp,
    /// MySQL or MariaDB.
    MySql,
    /// MongoDB.
    MongoDb,
    /// Redis.
    Redis,
    /// memcached's text protocol.
    Memcached,
    /// AMQP, of some version.
    Amqp,
}

impl Spoken {
    /// The protocol that begins like this.
    pub(crate) fn recognised(said: &[u8]) -> Option<Self> {
        const BEGINNINGS: [(&[u8], Spoken); 19] = [
            (b"HTTP/", Spoken::Http),
            (b"<!DOCTYPE", Spoken::Http),
            (b"<html", Spoken::Http),
            (b"SSH-", Spoken::Ssh),
            (b"220 ", Spoken::MailOrFtp),
            (b"220-", Spoken::MailOrFtp),
            (b"+PONG\r\n", Spoken::Redis),
            (b"-ERR ", Spoken::Redis),
            (b"-NOAUTH ", Spoken::Redis),
            (b"-DENIED ", Spoken::Redis),
            (b"-LOADING ", Spoken::Redis),
            (b"-MISCONF ", Spoken::Redis),
            (b"-MASTERDOWN ", Spoken::Redis),
            (b"ERROR\r\n", Spoken::Memcached),
            (b"ERROR ", Spoken::Memcached),
            (b"VERSION ", Spoken::Memcached),
            (b"CLIENT_ERROR ", Spoken::Memcached),
            (b"SERVER_ERROR ", Spoken::Memcached),
            (b"AMQP", Spoken::Amqp),
        ];
        if let Some((_, spoken)) = BEGINNINGS.iter().find(|(beginning, _)| said.starts_with(beginning)) {
            return Some(*spoken);
        }
        match said {
            // An alert or a handshake, of SSL 3.1 to 3.4.
            [0x15 | 0x16, 3, 1..=4, ..] => Some(Self::Tls),
            [1, 0, 0, _, _, _, _, 0, 10, 0, 10, ..] => Some(Self::Amqp),
            // A reply is told by its opcode, 1 or 2013.
            [_, _, _, 0, _, _, _, _, _, _, _, _, 1, 0, 0, 0, ..]
            | [_, _, _, 0, _, _, _, _, _, _, _, _, 0xdd, 7, 0, 0, ..] => Some(Self::MongoDb),
            // The first packet has the version of the protocol and of the server, or an error of the server's range.
            [_, _, 0, 0, 10, b'1'..=b'9', b'.' | b'0'..=b'9', ..] | [_, _, 0, 0, 0xff, _, 4..=15, ..] => {
                Some(Self::MySql)
            }
            _ => None,
        }
    }

    /// Whether that is the protocol of a layer's server.
    pub(crate) fn is_of(self, layer: Layer) -> bool {
        match self {
            Self::Http => layer == Layer::Elasticsearch,
            Self::MySql => layer == Layer::MySql,
            Self::MongoDb => layer == Layer::MongoDb,
            Self::Redis => layer == Layer::Redis,
            Self::Memcached => layer == Layer::Memcached,
            Self::Amqp => layer == Layer::RabbitMq,
            Self::Tls | Self::Ssh | Self::MailOrFtp => false,
        }
    }

    /// What of its words is for people.
    pub(crate) fn quoted(self, said: &[u8]) -> String {
        match self {
            Self::Tls | Self::MySql | Self::MongoDb | Self::Amqp => String::new(),
            _ => shown(said.split(|byte| *byte == b'\r' || *byte == b'\n').next().unwrap_or_default()),
        }
    }
}

impl fmt::Display for Spoken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Http => "HTTP",
            Self::Tls => "TLS",
            Self::Ssh => "SSH",
            Self::MailOrFtp => "SMTP or FTP",
            Self::MySql => "MySQL",
            Self::MongoDb => "MongoDB",
            Self::Redis => "Redis",
            Self::Memcached => "memcached",
            Self::Amqp => "AMQP",
        })
    }
}

/// A server's words, fit for a message: short, and without control characters.
pub(crate) fn shown(said: &[u8]) -> String {
    // Four bytes are the longest character.
    let said = &said[..said.len().min(4 * SHOWN)];
    let replaced = |c: char| if c.is_control() { '\u{fffd}' } else { c };
    String::from_utf8_lossy(said).chars().map(replaced).take(SHOWN).collect()
}
