use std::io;
use std::time::Duration;

use crate::Endpoint;

/// Everything that can go wrong here. Each message says what, where, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A value holds a character that must not reach the start script's root shell.
    #[error(
        "{option}: {value:?} holds the character {character:?}; Debian's start script hands the value to a shell run as root, so only letters, digits and - _ = . , : / + @ % are allowed"
    )]
    ForbiddenCharacter {
        /// The option as the user gave it (`user`, `extra: -o`).
        option: String,
        /// The refused value.
        value: String,
        /// The first character that is not allowed.
        character: char,
    },
    /// A value is not one that memcached accepts.
    #[error("{option}: {value:?} is not valid; {allowed}")]
    InvalidValue {
        /// The option as the user gave it.
        option: String,
        /// The refused value.
        value: String,
        /// What is allowed instead, as a clause.
        allowed: String,
    },
    /// An extra option that cannot be given.
    #[error("extra: {given:?} cannot be used; {reason}")]
    ExtraRefused {
        /// The extra option as given.
        given: String,
        /// Why, and what to do instead.
        reason: String,
    },
    /// A line of memcached.conf that reaches the daemon's command line holds a shell's character.
    #[error(
        "line {line}: the character {character:?} is handed to a shell run as root by memcached's start script, so the line is not just options; rewrite it without that character"
    )]
    LineReachesShell {
        /// 1-based line.
        line: usize,
        /// The first such character.
        character: char,
    },
    /// A line of memcached.conf puts a bare word on the daemon's command line.
    #[error(
        "line {line}: {word:?} reaches memcached's command line as a word of its own, which is no option; remove it, or make it a comment with #"
    )]
    StrayWord {
        /// 1-based line.
        line: usize,
        /// The word.
        word: String,
    },
    /// An option of memcached.conf stands without its value.
    #[error("line {line}: {option} has no value on its line; put the value on the same line")]
    MissingValue {
        /// 1-based line.
        line: usize,
        /// The option as written.
        option: String,
    },
    /// The edited document does not say what was asked: an error in this program.
    #[error("the edited file would not set {option} as asked; this is an error in the program, nothing was written")]
    NotAsPlanned {
        /// The option, as `-m`.
        option: String,
    },
    /// An endpoint that is neither `host:port` nor a socket's path.
    #[error("{text:?} is not an endpoint; write host:port, [IPv6 address]:port, or the absolute path of a unix socket")]
    Endpoint {
        /// The text given.
        text: String,
    },
    /// The host's name has no address.
    #[error("{endpoint}: the name has no address ({reason}); check the name, and DNS or /etc/hosts")]
    Resolve {
        /// The endpoint asked for.
        endpoint: Endpoint,
        /// The resolver's words.
        reason: String,
    },
    /// Nothing accepts connections there.
    #[error(
        "{endpoint}: cannot connect ({source}); check that memcached runs there, that it listens on this address, and that no firewall is in between"
    )]
    Connect {
        /// The endpoint asked for.
        endpoint: Endpoint,
        /// What the system said.
        source: io::Error,
    },
    /// The way to the server does not work; of the server itself nothing is known.
    #[error("{endpoint}: {said}")]
    Way {
        /// The endpoint asked for.
        endpoint: Endpoint,
        /// What was said of the way, and by whom.
        said: String,
    },
    /// The deadline of a call passed.
    #[error(
        "{endpoint}: no answer to {command} within {timeout:?}; check the network, the firewall, and that this is memcached"
    )]
    Timeout {
        /// The endpoint asked.
        endpoint: Endpoint,
        /// The command under way (`connect`, `version`, ..).
        command: &'static str,
        /// The time that the call had.
        timeout: Duration,
    },
    /// The server ended the connection before its answer was whole.
    #[error(
        "{endpoint}: the connection was closed during {command}; memcached may be restarting, or out of connections"
    )]
    Closed {
        /// The endpoint asked.
        endpoint: Endpoint,
        /// The command under way.
        command: &'static str,
    },
    /// memcached itself says that it has no connection left.
    #[error(
        "{endpoint}: memcached refused the connection, all of its connections are in use; raise max_connections (-c)"
    )]
    TooManyConnections {
        /// The endpoint asked.
        endpoint: Endpoint,
    },
    /// The server reported a failure of the command.
    #[error("{endpoint}: {command} failed, the server says: {reply}")]
    Server {
        /// The endpoint asked.
        endpoint: Endpoint,
        /// The command under way.
        command: &'static str,
        /// The server's line, shortened, without control characters.
        reply: String,
    },
    /// The server does not know the question.
    #[error("{endpoint}: the server does not answer {command}; an old memcached, or a managed one, may not know it")]
    NotTold {
        /// The endpoint asked.
        endpoint: Endpoint,
        /// The command.
        command: &'static str,
    },
    /// The answer is not what memcached's protocol allows.
    #[error("{endpoint}: the answer to {command} is not memcached's ({detail}); check that this port is memcached's")]
    NotMemcached {
        /// The endpoint asked.
        endpoint: Endpoint,
        /// The command under way.
        command: &'static str,
        /// What was seen, shortened, without control characters.
        detail: String,
    },
    /// A round trip did not bring back what was written.
    #[error("{endpoint}: {detail}; the cache does not keep what is written to it")]
    RoundTrip {
        /// The endpoint asked.
        endpoint: Endpoint,
        /// Which step, and what was seen.
        detail: String,
    },
    /// A key that memcached does not take.
    #[error("{key:?} is no memcached key; 1 to 250 bytes without spaces and control characters")]
    Key {
        /// The key.
        key: String,
    },
    /// Reading or writing failed for another reason.
    #[error("{endpoint}: {command} failed: {source}")]
    Io {
        /// The endpoint asked.
        endpoint: Endpoint,
        /// The command under way.
        command: &'static str,
        /// What the system said.
        source: io::Error,
    },
}
