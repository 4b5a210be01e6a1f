use std::collections::BTreeMap;
use std::str::FromStr;

/// Fills typed fields from `STAT` lines; what no field takes stays in `other`.
struct Fields(BTreeMap<String, String>);

impl Fields {
    /// A value that does not read as its type stays in the map, and the field is `None`.
    fn take<T: FromStr>(&mut self, name: &str) -> Option<T> {
        let value = self.0.get(name)?.parse().ok()?;
        self.0.remove(name);
        Some(value)
    }

    /// memcached writes `yes`/`no` or `on`/`off`.
    fn take_switch(&mut self, name: &str) -> Option<bool> {
        let value = match self.0.get(name)?.as_str() {
            "yes" | "on" => true,
            "no" | "off" => false,
            _ => return None,
        };
        self.0.remove(name);
        Some(value)
    }
}

/// Declares a struct whose fields are memcached's own names, so that each stands once.
macro_rules! from_stat_lines {
    ($(#[$about:meta])* $name:ident { $($(#[$doc:meta])* $field:ident: $kind:tt,)* }) => {
        $(#[$about])*
        #[derive(Debug, Clone, Default, PartialEq, Eq)]
        pub struct $name {
            $($(#[$doc])* pub $field: Option<from_stat_lines!(@type $kind)>,)*
            /// Everything that has no field here, or whose value does not read as the field's type.
            pub other: BTreeMap<String, String>,
        }

        impl From<BTreeMap<String, String>> for $name {
            fn from(lines: BTreeMap<String, String>) -> Self {
                let mut fields = Fields(lines);
                Self {
                    $($field: from_stat_lines!(@take $kind fields stringify!($field)),)*
                    other: fields.0,
                }
            }
        }

        impl $name {
            /// The fields that are there, as memcached names and writes them, numbers as numbers,
            /// switches as booleans; without `other`.
            pub fn entries(&self) -> Vec<(&'static str, Value)> {
                let mut entries = Vec::new();
                $(if let Some(value) = &self.$field {
                    entries.push((stringify!($field), Value::from(value.clone())));
                })*
                entries
            }
        }
    };
    (@type number) => { u64 };
    (@type text) => { String };
    (@type switch) => { bool };
    (@take switch $fields:ident $name:expr) => { $fields.take_switch($name) };
    (@take $kind:tt $fields:ident $name:expr) => { $fields.take($name) };
}

/// A field's value, for callers that go over all of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// A count, a size in bytes, seconds: see the field.
    Number(u64),
    /// Text as the daemon wrote it.
    Text(String),
    /// `yes`/`on` is true.
    Switch(bool),
}

impl From<u64> for Value {
    fn from(number: u64) -> Self {
        Self::Number(number)
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<bool> for Value {
    fn from(switch: bool) -> Self {
        Self::Switch(switch)
    }
}

from_stat_lines! {
    /// The answer to `stats`, under memcached's own names. A field that the daemon does not report
    /// is `None`. Counters count from the daemon's start.
    Stats {
        /// Process id.
        pid: number,
        /// Seconds since the start.
        uptime: number,
        /// The daemon's version.
        version: text,
        /// `-c`: how many connections there may be.
        max_connections: number,
        /// Connections now, the asking one and the daemon's own among them.
        curr_connections: number,
        /// Connections since the start.
        total_connections: number,
        /// Connections refused because all were in use.
        rejected_connections: number,
        /// How often the daemon stopped accepting, because all connections were in use.
        listen_disabled_num: number,
        /// Reads asked for.
        cmd_get: number,
        /// Writes asked for.
        cmd_set: number,
        /// Reads that found their key.
        get_hits: number,
        /// Reads that did not.
        get_misses: number,
        /// Bytes received.
        bytes_read: number,
        /// Bytes sent.
        bytes_written: number,
        /// `-m` in bytes.
        limit_maxbytes: number,
        /// Worker threads.
        threads: number,
        /// Bytes in use for items.
        bytes: number,
        /// Items now.
        curr_items: number,
        /// Items stored since the start.
        total_items: number,
        /// Items thrown out before their time, to make room.
        evictions: number,
    }
}

from_stat_lines! {
    /// The answer to `stats settings`, under memcached's own names: what the daemon runs with.
    RunningSettings {
        /// `-m` in bytes.
        maxbytes: number,
        /// `-c`.
        maxconns: number,
        /// `-p`.
        tcpport: number,
        /// `-U`; 0 is off.
        udpport: number,
        /// `-l`, separated by commas; `NULL` means every address.
        inter: text,
        /// How talkative the daemon is (`-v`).
        verbosity: number,
        /// Whether items are thrown out to make room; `-M` turns it off.
        evictions: switch,
        /// `-s`, the unix socket; `NULL` means none.
        domain_socket: text,
        /// `-A`.
        shutdown_command: switch,
        /// `-n`.
        chunk_size: number,
        /// `-t`.
        num_threads: number,
        /// `-R`.
        reqs_per_event: number,
        /// Whether cas works; `-C` turns it off.
        cas_enabled: switch,
        /// `-b`.
        tcp_backlog: number,
        /// `-I` in bytes.
        item_size_max: number,
        /// Whether `flush_all` works; `-F` turns it off.
        flush_enabled: switch,
        /// Whether keys can be listed; `-X` turns it off.
        dump_enabled: switch,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn known_names_become_fields_and_unknown_ones_are_kept() {
        let stats = Stats::from(lines(&[("uptime", "42"), ("version", "1.6.18"), ("rusage_user", "0.5")]));
        assert_eq!(stats.uptime, Some(42));
        assert_eq!(stats.version.as_deref(), Some("1.6.18"));
        assert_eq!(stats.evictions, None);
        assert_eq!(stats.other, lines(&[("rusage_user", "0.5")]));
        assert_eq!(stats.entries(), [("uptime", Value::Number(42)), ("version", Value::Text("1.6.18".to_owned()))]);
    }

    #[test]
    fn a_value_of_the_wrong_type_is_kept_as_it_is() {
        let settings =
            RunningSettings::from(lines(&[("maxbytes", "-1"), ("evictions", "on"), ("flush_enabled", "maybe")]));
        assert_eq!(settings.maxbytes, None);
        assert_eq!(settings.evictions, Some(true));
        assert_eq!(settings.flush_enabled, None);
        assert_eq!(settings.other, lines(&[("flush_enabled", "maybe"), ("maxbytes", "-1")]));
    }
}
