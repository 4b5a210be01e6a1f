//! MySQL and MariaDB: the server speaks first.
//!
//! How to leave again matters. A client that goes before the end of the login counts as a failed handshake, and after
//! `max_connect_errors` (100) of these in a row the server blocks the whole host, the platform on it included. Seen
//! with MariaDB 10.11 and `performance_schema.host_cache`: closing at once, closing after a request for TLS, and
//! `COM_QUIT` each raise `SUM_CONNECT_ERRORS`, and lead to error 1129 in the end. A login that is refused in proper form
//! does not, whatever the name. So this ends by a login of nobody: no name, no password. It costs what the others cost
//! too: one of `Aborted_connects`, and a line in the log (`Access denied for user ''`).

use crate::spoken::shown;
use crate::talk::Talk;
use crate::{Fault, Greeting};

/// The largest packet that is read; a greeting has about 100 bytes.
const LARGEST: usize = 4096;

/// Capability: the protocol since 4.1.
const PROTOCOL_41: u32 = 1 << 9;
/// Capability: TLS.
const SSL: u32 = 1 << 11;
/// Capability: passwords as since 4.1.
const SECURE_CONNECTION: u32 = 1 << 15;
/// Capability: the client names a way to log in.
const PLUGIN_AUTH: u32 = 1 << 19;

const ACCESS_DENIED: [u16; 2] = [1045, 1698];

/// What a MySQL server says of itself; with `tls` it has to offer that.
pub fn greet(mut talk: Talk, tls: bool) -> Result<Greeting, Fault> {
    let layer = talk.layer();
    let packet = match talk.packet() {
        Err(Fault::Net(net::Fault::OutOfTime(net::Stage::Answer))) => return Err(Fault::Silent(layer)),
        packet => packet?,
    };
    if let Some((code, said)) = error(&packet) {
        return Err(Fault::Refuses { layer, said: format!("{said} (error {code})"), advice: advice(code) });
    }
    let Some(hello) = Hello::read(&packet) else {
        return Err(talk.strange(&format!("protocol {:?}", packet.first())));
    };
    talk.know();
    let offers_tls = hello.capabilities & SSL != 0;
    // The greeting counts, whatever comes of the leave.
    let asks_for_password = talk.leave(&hello).ok().flatten();
    if tls && !offers_tls {
        return Err(Fault::NoTls(layer));
    }
    let (product, version) = product(&hello.version);
    let more = [if offers_tls { "offers TLS" } else { "offers no TLS" }.to_owned()];
    Ok(Greeting::of(product, Some(version), asks_for_password, &more))
}

/// MariaDB calls itself 5.5.5 first, for the sake of old replicas.
fn product(version: &str) -> (&'static str, String) {
    if !version.contains("MariaDB") {
        return ("MySQL", version.to_owned());
    }
    let version = version.strip_prefix("5.5.5-").unwrap_or(version);
    ("MariaDB", version.split("-MariaDB").next().unwrap_or(version).to_owned())
}

/// The code and the words of an error packet.
fn error(packet: &[u8]) -> Option<(u16, String)> {
    let (code, said) = packet.strip_prefix(&[0xff])?.split_first_chunk::<2>()?;
    // After the greeting a state of five characters comes first.
    let said = said.strip_prefix(b"#").and_then(|said| said.get(5..)).unwrap_or(said);
    Some((u16::from_le_bytes(*code), shown(said)))
}

fn advice(code: u16) -> &'static str {
    match code {
        1130 => {
            "no user may come from this host: create the platform's users for its address ('edxapp001'@'172.31.%'), with \
             the same rights"
        }
        1129 => {
            "too many connections of this host broke off: run FLUSH HOSTS on the server (mysqladmin flush-hosts), raise \
             max_connect_errors, and find out what broke them off"
        }
        1040 => "raise max_connections of the server, or find out who holds the connections (SHOW PROCESSLIST)",
        1053 => "the server is shutting down: try again in a while",
        _ => "see the server's error log",
    }
}

/// The first packet.
struct Hello {
    version: String,
    capabilities: u32,
    /// The way to log in that the server likes best.
    plugin: Vec<u8>,
}

impl Hello {
    fn read(packet: &[u8]) -> Option<Self> {
        let rest = packet.strip_prefix(&[10])?;
        let end = rest.iter().position(|byte| *byte == 0)?;
        let version = shown(&rest[..end]);
        // Connection number, the first part of the salt, a filler.
        let rest = rest.get(end + 1 + 4 + 8 + 1..)?;
        let (lower, rest) = rest.split_first_chunk::<2>()?;
        // Character set, status.
        let upper = rest.get(3..5).unwrap_or(&[0, 0]);
        let capabilities = u32::from_le_bytes([lower[0], lower[1], upper[0], upper[1]]);
        // The salt's length, 10 reserved bytes, the salt's second part, at least 13 bytes.
        let salt = rest.get(5).map_or(0, |length| usize::from(*length).saturating_sub(8)).max(13);
        let plugin = rest.get(16 + salt..).unwrap_or_default();
        let plugin = plugin.split(|byte| *byte == 0).next().unwrap_or_default();
        Some(Self { version, capabilities, plugin: plugin.to_vec() })
    }
}

impl Talk<'_> {
    /// One packet's content.
    fn packet(&mut self) -> Result<Vec<u8>, Fault> {
        let header = self.peek(4)?;
        let length = usize::from(header[0]) | usize::from(header[1]) << 8 | usize::from(header[2]) << 16;
        if length == 0 || length > LARGEST {
            return Err(self.strange(&format!("a packet of {length} bytes")));
        }
        self.take(4)?;
        self.take(length)
    }

    fn send_packet(&mut self, number: u8, content: &[u8]) -> Result<(), Fault> {
        let length = u8::try_from(content.len()).unwrap_or(u8::MAX);
        self.send(&[&[length, 0, 0, number], content].concat())
    }

    /// Ends the conversation in proper form, by the login of nobody; whether that was refused for want of a password.
    fn leave(&mut self, hello: &Hello) -> Result<Option<bool>, Fault> {
        let capabilities = PROTOCOL_41 | SECURE_CONNECTION | PLUGIN_AUTH & hello.capabilities;
        let mut login = capabilities.to_le_bytes().to_vec();
        login.extend_from_slice(&[0, 0, 0, 1]);
        // utf8, and 23 reserved bytes.
        login.push(33);
        login.extend_from_slice(&[0; 23]);
        // Neither name nor password.
        login.extend_from_slice(&[0, 0]);
        if capabilities & PLUGIN_AUTH != 0 {
            login.extend(hello.plugin.iter().take(100));
            login.push(0);
        }
        self.send_packet(1, &login)?;
        let mut answer = self.packet()?;
        // It would like another way to log in: no password either.
        if answer.first() == Some(&0xfe) {
            self.send_packet(3, &[])?;
            answer = self.packet()?;
        }
        if answer.first() == Some(&0) {
            self.send_packet(0, &[1])?;
            return Ok(Some(false));
        }
        Ok(error(&answer).filter(|(code, _)| ACCESS_DENIED.contains(code)).map(|_| true))
    }
}
