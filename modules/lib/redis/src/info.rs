//! What `INFO` says.

use std::collections::BTreeMap;

/// The fields of `INFO`, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Info(BTreeMap<String, String>);

impl Info {
    /// Reads `name:value` lines; headings (`# Server`) and anything else are passed over.
    pub fn read(text: &str) -> Self {
        let fields = text.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once(':'));
        Self(fields.map(|(name, value)| (name.to_owned(), value.trim_end().to_owned())).collect())
    }

    /// The field called `name`, such as `aof_enabled`.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// A field that is a number.
    pub fn number(&self, name: &str) -> Option<u64> {
        self.get(name)?.parse().ok()
    }

    /// All fields.
    pub fn fields(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// How often `command` was called, by the section `commandstats`; 0 where it never was.
    pub fn calls(&self, command: &str) -> u64 {
        let stat = self.get(&format!("cmdstat_{command}")).unwrap_or_default();
        stat.split(',').find_map(|part| part.strip_prefix("calls=")?.parse().ok()).unwrap_or(0)
    }

    /// The keys of each database, by the section `keyspace`.
    pub fn keys(&self) -> impl Iterator<Item = (u32, u64)> + '_ {
        self.0.iter().filter_map(|(name, value)| {
            let keys = value.split(',').find_map(|part| part.strip_prefix("keys="))?;
            Some((name.strip_prefix("db")?.parse().ok()?, keys.parse().ok()?))
        })
    }

    /// The version, with the name of the server that it is one of.
    pub fn version(&self) -> Option<(&'static str, &str)> {
        let of = |name: &'static str, field| self.get(field).map(|version| (name, version));
        of("Valkey", "valkey_version").or_else(|| of("Redis", "redis_version"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_read_under_their_headings() {
        let info = Info::read(
            "# Server\r\nredis_version:7.0.15\r\n\r\n# Persistence\r\naof_enabled:1\r\n# Commandstats\r\n\
             cmdstat_brpop:calls=12,usec=3,usec_per_call=0.25\r\n# Keyspace\r\ndb0:keys=3,expires=1,avg_ttl=5\r\ndb12:keys=1,expires=0\r\n",
        );
        assert_eq!(info.version(), Some(("Redis", "7.0.15")));
        assert_eq!(info.number("aof_enabled"), Some(1));
        assert_eq!((info.calls("brpop"), info.calls("lpush")), (12, 0));
        assert_eq!(info.keys().collect::<Vec<_>>(), [(0, 3), (12, 1)]);
    }
}
