//! memcached: `version`, which every version of it answers.

use crate::spoken::shown;
use crate::talk::Talk;
use crate::{Fault, Greeting};

/// What a memcached says of itself.
pub fn greet(mut talk: Talk) -> Result<Greeting, Fault> {
    let layer = talk.layer();
    talk.send(b"version\r\n")?;
    let line = talk.line()?;
    let refuses = |said: &[u8], advice| Err(Fault::Refuses { layer, said: shown(said), advice });
    if let Some(version) = line.strip_prefix(b"VERSION ").filter(|version| !version.is_empty()) {
        return Ok(Greeting::of("memcached", Some(shown(version)), Some(false), &[]));
    }
    if line.starts_with(b"ERROR Too many open connections") {
        return refuses(
            &line,
            "raise max_connections (-c) of memcached, or find out who holds the connections (stats conns)",
        );
    }
    if line == b"CLIENT_ERROR unauthenticated" {
        return refuses(&line, "run memcached without authentication (-Y, -S): Open edX cannot log in to it");
    }
    Err(talk.strange(&format!("{:?}", shown(&line))))
}
