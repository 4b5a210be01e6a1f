//! `/etc/memcached.conf` as a document: what it sets is read by the rules of Debian's start
//! scripts, and changed in place, with every other byte kept.
//!
//! Those rules (`systemd-memcached-wrapper`, `start-memcached`): `#` begins a comment unless a
//! backslash stands before it; lines that begin with `-d` or `-h` are dropped; other lines that
//! begin with a dash are joined and handed, unquoted, to a shell that runs as root; a line that
//! begins with another word (`logfile /var/log/memcached.log`) is not given to the daemon. The
//! last rule has a hole: a line of a single such word *is* given to the shell.
//!
//! So a line with a character that a shell would interpret is refused, never edited around: what
//! such a file sets cannot be known without running it.

mod read;

use std::ops::Range;

use crate::Error;
use crate::settings::Settings;

/// A memcached.conf: its bytes, and what they set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    bytes: Vec<u8>,
    occurrences: Vec<Occurrence>,
}

/// One option as it stands in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Occurrence {
    /// The option's letter, also where its long name is written.
    option: char,
    value: Option<String>,
    /// Where the value stands; empty for a flag.
    value_span: Range<usize>,
    /// What to take out to remove the option: its word or words, or its letter among others.
    span: Range<usize>,
    /// Where its line's text begins, after indentation.
    line_start: usize,
    /// Whether it is all that its line sets, so that the line can become a comment.
    alone: bool,
}

impl Document {
    /// Reads a memcached.conf. Fails at a line whose effect cannot be known; see the module.
    pub fn parse(bytes: impl Into<Vec<u8>>) -> Result<Self, Error> {
        let bytes = bytes.into();
        let occurrences = read::occurrences(&bytes)?;
        Ok(Self { bytes, occurrences })
    }

    /// A complete file for a host that has none, with `settings` in it.
    pub fn fresh(settings: &Settings) -> Result<Self, Error> {
        Self::parse(FRESH)?.apply(settings)
    }

    /// The file's bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The values that the file gives `option` (a letter, `m`), in the file's order. A flag has an
    /// empty value. memcached takes the last, except for `-l`, which it adds up.
    pub fn values(&self, option: char) -> Vec<&str> {
        self.of(option).map(|occurrence| occurrence.value.as_deref().unwrap_or_default()).collect()
    }

    /// The document with `settings` set, and all else as it was.
    ///
    /// An option that is there is changed in place; one given several times keeps its first line,
    /// the others become comments (or leave their line, where that sets other options too). One
    /// that is missing comes after its commented-out example (`# -c 1024`), else at the end. A
    /// unix socket (`-s`, `-a`) is taken out, since it would turn the network off; so is
    /// `--daemon`, which the start scripts overlook. Applying the same settings again changes nothing.
    pub fn apply(&self, settings: &Settings) -> Result<Self, Error> {
        let wanted = wanted_options(settings);
        let mut document = self.clone();
        // Where `-d` came to stand first on its line, the start script would drop the whole line.
        for option in ['d', 's', 'a'] {
            document = document.without_later_than(option, 0)?;
        }
        for (option, value) in &wanted {
            document = document.with(*option, value.as_deref())?;
        }
        for (option, value) in &wanted {
            if document.values(*option) != [value.as_deref().unwrap_or_default()] {
                return Err(Error::NotAsPlanned { option: format!("-{option}") });
            }
        }
        Ok(document)
    }

    fn of(&self, option: char) -> impl Iterator<Item = &Occurrence> {
        self.occurrences.iter().filter(move |occurrence| occurrence.option == option)
    }

    fn nth(&self, option: char, index: usize) -> Option<Occurrence> {
        self.of(option).nth(index).cloned()
    }

    fn with(&self, option: char, value: Option<&str>) -> Result<Self, Error> {
        let document = self.without_later_than(option, 1)?;
        let Some(first) = document.nth(option, 0) else {
            return document.with_new_line(option, value);
        };
        if first.value.as_deref() == value {
            return Ok(document);
        }
        document.replaced(first.value_span, value.unwrap_or_default().as_bytes())
    }

    /// Keeps the first `keep` occurrences of an option and takes out the others.
    fn without_later_than(&self, option: char, keep: usize) -> Result<Self, Error> {
        let mut document = self.clone();
        while let Some(extra) = document.nth(option, keep) {
            document = if extra.alone {
                document.replaced(extra.line_start..extra.line_start, b"# ")?
            } else {
                document.replaced(extra.span, b"")?
            };
        }
        Ok(document)
    }

    fn with_new_line(&self, option: char, value: Option<&str>) -> Result<Self, Error> {
        let mut line = match value {
            Some(value) => format!("-{option} {value}\n"),
            None => format!("-{option}\n"),
        };
        let at = read::after_example(&self.bytes, option).unwrap_or(self.bytes.len());
        if at > 0 && self.bytes[at - 1] != b'\n' {
            line.insert(0, '\n');
        }
        self.replaced(at..at, line.as_bytes())
    }

    fn replaced(&self, span: Range<usize>, text: &[u8]) -> Result<Self, Error> {
        let mut bytes = self.bytes.clone();
        bytes.splice(span, text.iter().copied());
        Self::parse(bytes)
    }
}

/// The options that `settings` manage, as letter and value, in the order of a fresh file.
fn wanted_options(settings: &Settings) -> Vec<(char, Option<String>)> {
    let listen: Vec<String> = settings.listen.iter().map(ToString::to_string).collect();
    let managed = [
        ('m', settings.memory_mb.to_string()),
        ('p', settings.port.to_string()),
        ('U', "0".to_owned()),
        ('u', settings.user.clone()),
        ('l', listen.join(",")),
        ('c', settings.max_connections.to_string()),
        ('t', settings.threads.to_string()),
        ('I', settings.max_item_size.to_string()),
    ];
    let extra = settings.extra.iter().map(|option| (option.letter(), option.value().map(str::to_owned)));
    managed.into_iter().map(|(option, value)| (option, Some(value))).chain(extra).collect()
}

/// The file for a host that has none. Values are placeholders, [`Document::apply`] sets them.
const FRESH: &str = "\
# memcached's settings, one option a line, as on its command line.
# Lines that do not begin with a dash are not given to memcached. The others reach a
# shell that runs as root: write options and plain values here, nothing else.

# Where the start script of systems without systemd sends memcached's output
logfile /var/log/memcached.log

# Where the process id is kept
-P /var/run/memcached/memcached.pid

# The user that memcached becomes
-u memcache

# Addresses to listen on, separated by commas. memcached asks nobody for a password:
# whoever reaches these addresses can read and change the cache.
-l 127.0.0.1

# TCP port; UDP is off
-p 11211
-U 0

# Memory for cached items, in MB
-m 64

# Connections at one time
-c 1024

# Worker threads
-t 4

# The largest item
-I 1m
";

#[cfg(test)]
mod tests;
