//! Redis, and what speaks like it.

use crate::spoken::shown;
use crate::talk::{PING, Talk};
use crate::{Fault, Greeting};

const INFO: &[u8] = b"*2\r\n$4\r\nINFO\r\n$6\r\nserver\r\n";

/// The largest answer to `INFO server` that is read; it has about 1 KB.
const LARGEST_INFO: usize = 64 * 1024;

/// What a Redis says of itself.
pub fn greet(mut talk: Talk) -> Result<Greeting, Fault> {
    talk.send(PING)?;
    let line = talk.line()?;
    if line == b"+PONG" {
        talk.know();
        return Ok(versioned(talk.info()?.as_deref()));
    }
    if line.starts_with(b"-NOAUTH ") {
        return Ok(Greeting::of("Redis", None, Some(true), &[]));
    }
    let Some(said) = line.strip_prefix(b"-").filter(|said| !said.is_empty()) else {
        return Err(talk.strange(&format!("{:?}", shown(&line))));
    };
    Err(Fault::Refuses { layer: talk.layer(), said: shown(said), advice: advice(said) })
}

fn advice(said: &[u8]) -> &'static str {
    let begins = |beginning: &str| said.starts_with(beginning.as_bytes());
    if begins("DENIED ") {
        "Redis is in protected mode: it listens for other hosts, and has no password. Set requirepass in redis.conf (and \
         the password in the platform's settings), and bind it to a private address"
    } else if begins("LOADING ") {
        "Redis reads its data from the disk: try again in a while"
    } else if begins("MISCONF ") {
        "Redis cannot save its data to the disk, and so takes no more: see its log and the space on its disk"
    } else if begins("MASTERDOWN ") {
        "this Redis is a replica without its master: give the master's address"
    } else if begins("ERR max number of clients") {
        "raise maxclients in redis.conf, or find out who holds the connections (CLIENT LIST)"
    } else {
        "see the server's log, and its users' rights (ACL LIST)"
    }
}

impl Talk<'_> {
    /// The answer to `INFO server`; none where the server keeps it for itself.
    fn info(&mut self) -> Result<Option<String>, Fault> {
        self.send(INFO)?;
        let line = self.line()?;
        let Some(length) = line.strip_prefix(b"$") else {
            return Ok(None);
        };
        let length = std::str::from_utf8(length).ok().and_then(|length| length.parse::<usize>().ok());
        match length {
            Some(length) if length <= LARGEST_INFO => {
                Ok(Some(String::from_utf8_lossy(&self.take(length)?).into_owned()))
            }
            _ => Err(self.strange(&format!("INFO announces {:?} bytes", shown(line.get(1..).unwrap_or_default())))),
        }
    }
}

fn versioned(info: Option<&str>) -> Greeting {
    let field = |name: &str| {
        let value = info?.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
        Some(shown(value.as_bytes()))
    };
    match field("valkey_version") {
        Some(version) => Greeting::of("Valkey", Some(version), Some(false), &[]),
        None => Greeting::of("Redis", field("redis_version"), Some(false), &[]),
    }
}
