//! What Redis is asked to run with.

use std::net::IpAddr;

use redis::Secret;
use redis::conf::quoted;

/// The version of a Redis, as far as directives depend on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version {
    /// 7 of 7.0.15.
    pub major: u32,
    /// 0 of 7.0.15.
    pub minor: u32,
}

impl Version {
    /// From a package's version (`5:7.0.15-1~deb12u1`) or the daemon's own (`7.0.15`).
    pub fn read(text: &str) -> Option<Self> {
        let upstream = text.split_once(':').map_or(text, |(_, rest)| rest);
        let mut numbers = upstream.split(|c: char| !c.is_ascii_digit());
        Some(Self { major: numbers.next()?.parse().ok()?, minor: numbers.next()?.parse().ok()? })
    }
}

/// Everything that the module's own file says.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The addresses to listen on.
    pub listen: Vec<IpAddr>,
    /// The TCP port.
    pub port: u16,
    /// The ACL user; none for the default one.
    pub username: Option<String>,
    /// Empty for none.
    pub password: Secret,
    /// In bytes.
    pub maxmemory: u64,
    /// What happens when it is full.
    pub maxmemory_policy: String,
    /// Connections at a time.
    pub maxclients: u64,
    /// Whether there is an append-only file.
    pub appendonly: bool,
    /// When it is synced.
    pub appendfsync: String,
    /// Further directives, each with its arguments as they stand in the file.
    pub extra: Vec<(String, String)>,
}

/// A directive whose running value is not the one asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mismatch {
    /// Its name.
    pub directive: &'static str,
    /// What was asked.
    pub wanted: String,
    /// What the daemon has.
    pub running: String,
}

impl std::fmt::Display for Mismatch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} is {}, not {}", self.directive, self.running, self.wanted)
    }
}

impl Settings {
    /// What `CONFIG GET` has to say, but for passwords and users. Those that can be set while it runs are marked.
    pub fn running(&self) -> Vec<(&'static str, String, bool)> {
        vec![
            ("bind", self.bind(), false),
            ("port", self.port.to_string(), false),
            ("protected-mode", "yes".to_owned(), false),
            ("maxclients", self.maxclients.to_string(), true),
            ("maxmemory", self.maxmemory.to_string(), true),
            ("maxmemory-policy", self.maxmemory_policy.clone(), true),
            ("appendonly", yes_or_no(self.appendonly).to_owned(), true),
            ("appendfsync", self.appendfsync.clone(), true),
        ]
    }

    fn bind(&self) -> String {
        self.listen.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
    }

    /// The module's own file, whole.
    pub fn file(&self, version: Version) -> String {
        let mut lines = vec![
            "# Written by redis_install, and read last: what stands here has the last word over redis.conf.".to_owned(),
            "# A change by hand is undone by its next run; redis_install has options for what it sets, and extra."
                .to_owned(),
        ];
        lines.extend(self.running().into_iter().map(|(name, value, _)| format!("{name} {value}")));
        if !self.password.is_empty() {
            lines.extend(self.who(version));
        }
        lines.extend(self.extra.iter().map(|(name, value)| format!("{name} {value}")));
        lines.push(String::new());
        lines.join("\n")
    }

    fn who(&self, version: Version) -> Vec<String> {
        let password = self.password.reveal();
        match &self.username {
            None => vec![format!("requirepass {}", quoted(password))],
            Some(name) => {
                // Channels came with 6.2; before, everybody may use all of them.
                let channels = if version >= (Version { major: 6, minor: 2 }) { " allchannels" } else { "" };
                vec![
                    "user default off".to_owned(),
                    format!("user {name} on {} allkeys{channels} allcommands", quoted(&format!(">{password}"))),
                ]
            }
        }
    }
}

fn yes_or_no(value: bool) -> &'static str {
    if value { "yes" } else { "no" }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings() -> Settings {
        Settings {
            listen: vec![[10, 0, 0, 5].into(), [127, 0, 0, 1].into()],
            port: 6379,
            username: None,
            password: Secret::default(),
            maxmemory: 512 * 1024 * 1024,
            maxmemory_policy: "noeviction".to_owned(),
            maxclients: 10_000,
            appendonly: true,
            appendfsync: "everysec".to_owned(),
            extra: vec![("tcp-backlog".to_owned(), "1024".to_owned())],
        }
    }

    const SEVEN: Version = Version { major: 7, minor: 0 };

    #[test]
    fn the_file_says_all_that_is_asked() {
        assert_eq!(
            settings().file(SEVEN).lines().skip(2).collect::<Vec<_>>(),
            [
                "bind 10.0.0.5 127.0.0.1",
                "port 6379",
                "protected-mode yes",
                "maxclients 10000",
                "maxmemory 536870912",
                "maxmemory-policy noeviction",
                "appendonly yes",
                "appendfsync everysec",
                "tcp-backlog 1024",
            ]
        );
    }

    #[test]
    fn a_password_is_quoted_and_a_user_has_it_alone() {
        let mut settings = settings();
        settings.password = Secret::new("p@ss \"w\\ö");
        assert!(settings.file(SEVEN).contains("\nrequirepass \"p@ss \\\"w\\\\\\xc3\\xb6\"\n"));
        settings.username = Some("celery".to_owned());
        let file = settings.file(SEVEN);
        assert!(file.contains(
            "\nuser default off\nuser celery on \">p@ss \\\"w\\\\\\xc3\\xb6\" allkeys allchannels allcommands\n"
        ));
        assert!(!file.contains("requirepass"));
        assert!(!settings.file(Version { major: 6, minor: 0 }).contains("allchannels"));
    }

    #[test]
    fn versions_of_packages_and_daemons_are_read() {
        assert_eq!(Version::read("5:7.0.15-1~deb12u1"), Some(SEVEN));
        assert_eq!(Version::read("6.0.16"), Some(Version { major: 6, minor: 0 }));
        assert_eq!(Version::read("none"), None);
    }
}
