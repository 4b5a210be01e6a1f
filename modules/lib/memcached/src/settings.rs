use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use crate::Error;
use crate::option::{ExtraOption, require_plain};

/// memcached's own port.
pub const DEFAULT_PORT: u16 = 11211;

/// memcached divides large items into chunks of this size, and takes only multiples of it as the
/// largest item, unless `-o slab_chunk_max` says otherwise.
const SLAB_CHUNK: u64 = 512 * 1024;
const MEBIBYTE: u64 = 1024 * 1024;

/// What a daemon should run with. UDP is always off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Addresses to listen on (`-l`), at least one.
    pub listen: Vec<IpAddr>,
    /// TCP port (`-p`).
    pub port: u16,
    /// Memory for items in MB (`-m`).
    pub memory_mb: u64,
    /// Connections at one time (`-c`).
    pub max_connections: u32,
    /// Worker threads (`-t`).
    pub threads: u32,
    /// The largest item (`-I`).
    pub max_item_size: ItemSize,
    /// The user that the daemon becomes (`-u`).
    pub user: String,
    /// Options without a field of their own.
    pub extra: Vec<ExtraOption>,
}

impl Default for Settings {
    /// memcached's and Debian's defaults: loopback only, 64 MB, 1024 connections, 4 threads.
    fn default() -> Self {
        Self {
            listen: vec![IpAddr::from([127, 0, 0, 1])],
            port: DEFAULT_PORT,
            memory_mb: 64,
            max_connections: 1024,
            threads: 4,
            max_item_size: ItemSize(MEBIBYTE),
            user: "memcache".to_owned(),
            extra: Vec::new(),
        }
    }
}

impl Settings {
    /// Checks everything that would keep the daemon from starting, or would let a value reach the
    /// start script's shell. `cores` is the number of the host's processors.
    ///
    /// Returns warnings: settings that work, but not well.
    pub fn validate(&self, cores: usize) -> Result<Vec<String>, Error> {
        self.check_listen()?;
        check_user(&self.user)?;
        if self.port == 0 {
            return Err(invalid("port", &0, "1 to 65535".to_owned()));
        }
        if !(1..=64).contains(&self.threads) {
            return Err(invalid("threads", &self.threads, "1 to 64".to_owned()));
        }
        // The daemon's limit of open files is -c, and its own files count: with too few it ends
        // at once with "Too many open files", or with a misleading "can't find the user".
        let least = 20 + 6 * self.threads;
        if self.max_connections < least {
            let allowed =
                format!("at least {least} with {} threads, since memcached's own open files count", self.threads);
            return Err(invalid("max_connections", &self.max_connections, allowed));
        }
        self.check_item_size()?;
        for (index, option) in self.extra.iter().enumerate() {
            let letter = option.letter();
            if self.extra[..index].iter().any(|o| o.letter() == letter) {
                return Err(Error::ExtraRefused {
                    given: option.to_string(),
                    reason: format!("-{letter} is given twice; give it once (-o takes a comma list)"),
                });
            }
        }
        let mut warnings = Vec::new();
        // Below that it is memcached's own default, which nobody chose.
        if self.threads > 4 && usize::try_from(self.threads).is_ok_and(|threads| threads > cores) {
            warnings.push(format!(
                "threads: {} is more than the {cores} processors of this host; memcached gains nothing from it",
                self.threads
            ));
        }
        if self.max_item_size.0 > MEBIBYTE {
            warnings.push(format!(
                "max_item_size: {} is above memcached's 1m; items of that size use its memory badly",
                self.max_item_size
            ));
        }
        Ok(warnings)
    }

    fn check_listen(&self) -> Result<(), Error> {
        if self.listen.is_empty() {
            let allowed = "give at least one address".to_owned();
            return Err(invalid("listen", &"[]", allowed));
        }
        let mut seen = Vec::new();
        for address in &self.listen {
            if seen.contains(&address) {
                return Err(invalid("listen", &address, "it is given twice".to_owned()));
            }
            seen.push(address);
        }
        if let Some(every) = self.listen.iter().find(|address| address.is_unspecified())
            && self.listen.len() > 1
        {
            let allowed = "it stands for every address, so it has to stand alone".to_owned();
            return Err(invalid("listen", every, allowed));
        }
        Ok(())
    }

    fn check_item_size(&self) -> Result<(), Error> {
        let size = self.max_item_size.0;
        let problem = |allowed: String| Err(invalid("max_item_size", &self.max_item_size, allowed));
        if self.memory_mb == 0 || self.memory_mb > u64::from(u32::MAX) {
            return Err(invalid("memory_mb", &self.memory_mb, "a number of megabytes from 1 on".to_owned()));
        }
        let chunk_is_set = self.extra.iter().any(|option| {
            option.letter() == 'o' && option.value().is_some_and(|value| value.contains("slab_chunk_max"))
        });
        if !chunk_is_set && (size < SLAB_CHUNK || !size.is_multiple_of(SLAB_CHUNK)) {
            return problem(
                "memcached takes multiples of 512k only, from 512k on (unless -o slab_chunk_max is set)".to_owned(),
            );
        }
        let half = self.memory_mb * MEBIBYTE / 2;
        if size > half {
            return problem(format!(
                "memcached takes at most half of its memory ({} of memory_mb {}); lower it, or raise memory_mb",
                ItemSize(half),
                self.memory_mb
            ));
        }
        Ok(())
    }
}

fn check_user(user: &str) -> Result<(), Error> {
    require_plain("user", user)?;
    let first_is_fine = user.starts_with(|c: char| c.is_ascii_lowercase() || c == '_');
    let rest_is_fine = user.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "_-".contains(c));
    if first_is_fine && rest_is_fine && user.len() <= 32 {
        return Ok(());
    }
    let allowed = "a user name of lower-case letters, digits, _ and -".to_owned();
    Err(invalid("user", &user, allowed))
}

fn invalid(option: &str, value: &impl ToString, allowed: String) -> Error {
    Error::InvalidValue { option: option.to_owned(), value: value.to_string(), allowed }
}

/// Reads one `listen` address: IPv4 or IPv6, without brackets, port or name.
pub fn parse_listen_address(text: &str) -> Result<IpAddr, Error> {
    require_plain("listen", text)?;
    text.parse().map_err(|_| {
        let allowed = "an IPv4 or IPv6 address of this host, without a port".to_owned();
        invalid("listen", &text, allowed)
    })
}

/// The largest item, in bytes; read and shown with memcached's suffixes `k` and `m`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ItemSize(u64);

impl ItemSize {
    /// The size in bytes.
    pub fn bytes(self) -> u64 {
        self.0
    }
}

impl FromStr for ItemSize {
    type Err = Error;

    /// `512k`, `1m`, `1g`, or bytes. (memcached itself reads `1g` as one byte; it is written `1024m`.)
    fn from_str(text: &str) -> Result<Self, Error> {
        let option = "max_item_size";
        require_plain(option, text)?;
        let allowed = || {
            let allowed = "1k to 1g, written as bytes or with k, m or g";
            invalid(option, &text, allowed.to_owned())
        };
        let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
        let unit = match &text[digits.len()..] {
            "" => 1,
            "k" | "K" => 1024,
            "m" | "M" => MEBIBYTE,
            "g" | "G" => 1024 * MEBIBYTE,
            _ => return Err(allowed()),
        };
        if digits.starts_with('+') {
            return Err(allowed());
        }
        let number: u64 = digits.parse().map_err(|_| allowed())?;
        number.checked_mul(unit).filter(|bytes| (1024..=1024 * MEBIBYTE).contains(bytes)).map(Self).ok_or_else(allowed)
    }
}

impl fmt::Display for ItemSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            bytes if bytes > 0 && bytes.is_multiple_of(MEBIBYTE) => {
                write!(f, "{}m", bytes / MEBIBYTE)
            }
            bytes if bytes > 0 && bytes.is_multiple_of(1024) => write!(f, "{}k", bytes / 1024),
            bytes => write!(f, "{bytes}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(change: impl FnOnce(&mut Settings)) -> String {
        let mut settings = Settings::default();
        change(&mut settings);
        settings.validate(64).unwrap_err().to_string()
    }

    #[test]
    fn sizes_are_shown_as_memcached_takes_them() {
        for (given, shown) in [
            ("1m", "1m"),
            ("1M", "1m"),
            ("1024k", "1m"),
            ("1048576", "1m"),
            ("1536k", "1536k"),
            ("1g", "1024m"),
            ("1025", "1025"),
        ] {
            assert_eq!(given.parse::<ItemSize>().unwrap().to_string(), shown);
        }
    }

    #[test]
    fn sizes_out_of_range_are_refused() {
        for given in ["1023", "1025m", "2g", "", "m", "1t", "-1m", "+1m", "1.5m", "99999999999999999999g"] {
            assert_eq!(
                given.parse::<ItemSize>().unwrap_err().to_string(),
                format!("max_item_size: {given:?} is not valid; 1k to 1g, written as bytes or with k, m or g")
            );
        }
        assert!(
            "1m;id"
                .parse::<ItemSize>()
                .unwrap_err()
                .to_string()
                .starts_with(r#"max_item_size: "1m;id" holds the character ';';"#)
        );
    }

    #[test]
    fn each_setting_out_of_range_is_named() {
        assert_eq!(refusal(|s| s.port = 0), r#"port: "0" is not valid; 1 to 65535"#);
        assert_eq!(refusal(|s| s.threads = 0), r#"threads: "0" is not valid; 1 to 64"#);
        assert_eq!(refusal(|s| s.threads = 65), r#"threads: "65" is not valid; 1 to 64"#);
        assert_eq!(
            refusal(|s| s.max_connections = 10),
            r#"max_connections: "10" is not valid; at least 44 with 4 threads, since memcached's own open files count"#
        );
        assert_eq!(refusal(|s| s.memory_mb = 0), r#"memory_mb: "0" is not valid; a number of megabytes from 1 on"#);
        assert_eq!(
            refusal(|s| s.memory_mb = 1),
            r#"max_item_size: "1m" is not valid; memcached takes at most half of its memory (512k of memory_mb 1); lower it, or raise memory_mb"#
        );
        assert_eq!(
            refusal(|s| s.max_item_size = ItemSize(1024)),
            r#"max_item_size: "1k" is not valid; memcached takes multiples of 512k only, from 512k on (unless -o slab_chunk_max is set)"#
        );
        assert_eq!(
            refusal(|s| s.user = "Root".to_owned()),
            r#"user: "Root" is not valid; a user name of lower-case letters, digits, _ and -"#
        );
        assert!(refusal(|s| s.user = "a b".to_owned()).starts_with(r#"user: "a b" holds the character ' ';"#));
        assert_eq!(refusal(|s| s.listen.clear()), r#"listen: "[]" is not valid; give at least one address"#);
        assert_eq!(refusal(|s| s.listen.push(s.listen[0])), r#"listen: "127.0.0.1" is not valid; it is given twice"#);
        assert_eq!(
            refusal(|s| s.listen.push(IpAddr::from([0, 0, 0, 0]))),
            r#"listen: "0.0.0.0" is not valid; it stands for every address, so it has to stand alone"#
        );
        assert_eq!(
            refusal(|s| {
                s.extra = ["-o modern", "-o no_hashexpand"].map(|text| ExtraOption::parse(text).unwrap()).to_vec();
            }),
            r#"extra: "-o no_hashexpand" cannot be used; -o is given twice; give it once (-o takes a comma list)"#
        );
    }

    #[test]
    fn a_name_or_a_port_is_no_listen_address() {
        for text in ["localhost", "127.0.0.1:11211", ""] {
            assert_eq!(
                parse_listen_address(text).unwrap_err().to_string(),
                format!("listen: {text:?} is not valid; an IPv4 or IPv6 address of this host, without a port")
            );
        }
        assert!(
            parse_listen_address("127.0.0.1;reboot")
                .unwrap_err()
                .to_string()
                .starts_with(r#"listen: "127.0.0.1;reboot" holds the character ';'"#)
        );
    }

    #[test]
    fn settings_that_work_badly_are_warned_of() {
        let settings = Settings { threads: 5, max_item_size: ItemSize(2 * MEBIBYTE), ..Settings::default() };
        assert_eq!(
            settings.validate(2).unwrap(),
            [
                "threads: 5 is more than the 2 processors of this host; memcached gains nothing from it",
                "max_item_size: 2m is above memcached's 1m; items of that size use its memory badly",
            ]
        );
        assert!(Settings::default().validate(1).unwrap().is_empty());
    }
}
