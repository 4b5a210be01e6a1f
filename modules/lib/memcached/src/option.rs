//! memcached's command-line options, as far as a reader of memcached.conf has to know them.

use std::fmt;

use crate::Error;

/// One option of the daemon: its short letter, long name, and whether it takes a value.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Known {
    pub short: char,
    pub long: &'static str,
    pub value: bool,
}

const fn flag(short: char, long: &'static str) -> Known {
    Known { short, long, value: false }
}

const fn valued(short: char, long: &'static str) -> Known {
    Known { short, long, value: true }
}

/// From `memcached --help`, 1.6.18. (That text shows no value for `-R`, `-D` and `-N`; they take one.)
pub(crate) const OPTIONS: &[Known] = &[
    valued('p', "port"),
    valued('U', "udp-port"),
    valued('s', "unix-socket"),
    valued('a', "unix-mask"),
    flag('A', "enable-shutdown"),
    valued('l', "listen"),
    flag('d', "daemon"),
    flag('r', "enable-coredumps"),
    valued('u', "user"),
    valued('m', "memory-limit"),
    flag('M', "disable-evictions"),
    valued('c', "conn-limit"),
    flag('k', "lock-memory"),
    flag('v', "verbose"),
    flag('h', "help"),
    flag('i', "license"),
    flag('V', "version"),
    valued('P', "pidfile"),
    valued('f', "slab-growth-factor"),
    valued('n', "slab-min-size"),
    flag('L', "enable-largepages"),
    valued('D', "stat-prefix-delimiter"),
    valued('t', "threads"),
    valued('R', "max-reqs-per-event"),
    flag('C', "disable-cas"),
    valued('b', "listen-backlog"),
    valued('B', "protocol"),
    valued('I', "max-item-size"),
    flag('S', "enable-sasl"),
    flag('F', "disable-flush-all"),
    flag('X', "disable-dumping"),
    flag('W', "disable-watch"),
    valued('Y', "auth-file"),
    valued('e', "memory-file"),
    flag('Z', "enable-ssl"),
    valued('o', "extended"),
    valued('N', "napi-ids"),
];

pub(crate) fn by_short(short: char) -> Option<&'static Known> {
    OPTIONS.iter().find(|known| known.short == short)
}

/// By long name or an unambiguous beginning of it, as `getopt_long` takes them.
pub(crate) fn by_long(name: &str) -> Option<&'static Known> {
    if let Some(exact) = OPTIONS.iter().find(|known| known.long == name) {
        return Some(exact);
    }
    let mut candidates = OPTIONS.iter().filter(|known| known.long.starts_with(name));
    let first = candidates.next()?;
    candidates.next().is_none().then_some(first)
}

/// The characters that mean nothing to a shell, wherever they stand in a word.
pub(crate) fn is_plain(character: char) -> bool {
    character.is_ascii_alphanumeric() || "-_=.,:/+@%".contains(character)
}

/// Refuses a value with a character that a shell could interpret.
pub(crate) fn require_plain(option: &str, value: &str) -> Result<(), Error> {
    match value.chars().find(|c| !is_plain(*c)) {
        Some(character) => {
            Err(Error::ForbiddenCharacter { option: option.to_owned(), value: value.to_owned(), character })
        }
        None => Ok(()),
    }
}

/// An option of the daemon that [`crate::Settings`] has no field for, such as `-F` or `-o modern`.
///
/// Its text form is what memcached.conf would hold: `-F`, `-R 40`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ExtraOption {
    short: char,
    value: Option<String>,
}

impl ExtraOption {
    /// Reads `-F`, `-R 40`, `-R40`, `--disable-flush-all`, `--max-reqs-per-event=40`.
    ///
    /// Refused, with the reason: unknown options, those that have a setting of their own, those
    /// that would keep the daemon from serving, a value where none is taken or none where one is,
    /// and any character that a shell interprets.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let refused = |reason: &str| Error::ExtraRefused { given: text.to_owned(), reason: reason.to_owned() };
        let trimmed = text.trim();
        let (name, value) = match trimmed.find([' ', '\t', '=']) {
            Some(at) if trimmed.starts_with("--") || !trimmed[at..].starts_with('=') => {
                (&trimmed[..at], Some(trimmed[at + 1..].trim_start()))
            }
            _ => (trimmed, None),
        };
        if let Some(long) = name.strip_prefix("--") {
            let known = by_long(long)
                .ok_or_else(|| refused("memcached has no such option; see memcached -h for its options"))?;
            return Self::new(known, value, text);
        }
        let mut letters = name.strip_prefix('-').unwrap_or_default().chars();
        let known = letters
            .next()
            .and_then(by_short)
            .ok_or_else(|| refused("write one option of memcached an entry, as in memcached.conf: -F, or -R 40"))?;
        let attached = letters.as_str();
        match (attached.is_empty(), known.value, value) {
            (true, ..) => Self::new(known, value, text),
            (false, true, None) => Self::new(known, Some(attached), text),
            (false, ..) => Err(refused("write one option an entry")),
        }
    }

    fn new(known: &Known, value: Option<&str>, given: &str) -> Result<Self, Error> {
        let refused = |reason: String| Error::ExtraRefused { given: given.to_owned(), reason };
        if let Some(reason) = refusal(known.short) {
            return Err(refused(reason.to_owned()));
        }
        match (known.value, value) {
            (true, None | Some("")) => {
                return Err(refused(format!("-{} needs a value", known.short)));
            }
            (false, Some(_)) => return Err(refused(format!("-{} takes no value", known.short))),
            _ => {}
        }
        if let Some(value) = value {
            require_plain(&format!("extra: -{}", known.short), value)?;
        }
        Ok(Self { short: known.short, value: value.map(str::to_owned) })
    }

    /// The option's letter, without the dash.
    pub fn letter(&self) -> char {
        self.short
    }

    /// Its value, for options that take one.
    pub fn value(&self) -> Option<&str> {
        self.value.as_deref()
    }
}

impl fmt::Display for ExtraOption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "-{}", self.short)?;
        self.value.as_ref().map_or(Ok(()), |value| write!(f, " {value}"))
    }
}

/// Why an option cannot be an extra one.
fn refusal(short: char) -> Option<&'static str> {
    Some(match short {
        'p' => "it is set by port",
        'l' => "it is set by listen",
        'm' => "it is set by memory_mb",
        'c' => "it is set by max_connections",
        't' => "it is set by threads",
        'I' => "it is set by max_item_size",
        'u' => "it is set by user",
        'U' => "UDP stays off, it serves attackers to amplify traffic",
        's' | 'a' => "a unix socket turns the network off, and no other host could use the cache",
        'd' | 'P' => "the service manager keeps the daemon and its pid file",
        'h' | 'i' | 'V' => "memcached would print a text and end",
        'S' | 'Y' | 'Z' => {
            "Open edX's Python clients can neither log in to memcached nor use TLS; its listening address and the firewall protect it"
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        ExtraOption::parse(text).map_or_else(|error| error.to_string(), |o| o.to_string())
    }

    #[test]
    fn extra_options_are_read_in_every_spelling() {
        assert_eq!(shown("-F"), "-F");
        assert_eq!(shown("--disable-flush-all"), "-F");
        assert_eq!(shown("--disable-fl"), "-F");
        assert_eq!(shown("-R 40"), "-R 40");
        assert_eq!(shown("-R40"), "-R 40");
        assert_eq!(shown("--max-reqs-per-event=40"), "-R 40");
        assert_eq!(shown("--extended modern,no_hashexpand"), "-o modern,no_hashexpand");
        assert_eq!(shown("-o hash_algorithm=murmur3"), "-o hash_algorithm=murmur3");
    }

    #[test]
    fn options_with_a_setting_of_their_own_are_named() {
        assert_eq!(shown("-m 1024"), r#"extra: "-m 1024" cannot be used; it is set by memory_mb"#);
        assert_eq!(shown("--listen=0.0.0.0"), r#"extra: "--listen=0.0.0.0" cannot be used; it is set by listen"#);
        assert!(shown("-S").contains("can neither log in to memcached nor use TLS"));
    }

    #[test]
    fn malformed_extra_options_say_what_is_wrong() {
        for (given, reason) in [
            ("-R", "-R needs a value"),
            ("--max-reqs-per-event=", "-R needs a value"),
            ("-F yes", "-F takes no value"),
            ("-FX", "write one option an entry"),
            ("-vv", "write one option an entry"),
            ("--dis", "memcached has no such option; see memcached -h for its options"),
            ("F", "write one option of memcached an entry, as in memcached.conf: -F, or -R 40"),
            ("", "write one option of memcached an entry, as in memcached.conf: -F, or -R 40"),
        ] {
            assert_eq!(shown(given), format!("extra: {given:?} cannot be used; {reason}"));
        }
    }

    #[test]
    fn nothing_that_a_shell_interprets_passes() {
        for character in ";$`|&\"' \n<>*?[]~#\\(){}!^\t\r\0é".chars() {
            let given = format!("-o a{character}b");
            assert_eq!(
                shown(&given),
                format!(
                    "extra: -o: {:?} holds the character {character:?}; Debian's start script hands the value to a shell run as root, so only letters, digits and - _ = . , : / + @ % are allowed",
                    format!("a{character}b")
                )
            );
        }
    }
}
