//! What the server is asked to run with.

use std::net::IpAddr;

use mysql::{Version, modern};

use crate::distribution::{known_modes, takes_several_addresses};

/// Everything that the module's own file says.
#[derive(Debug, Clone)]
pub struct Settings {
    pub listen: Vec<IpAddr>,
    pub port: u16,
    /// In megabytes.
    pub buffer_pool: u64,
    /// In megabytes.
    pub max_allowed_packet: u64,
    pub max_connections: u64,
    /// None: the package's own.
    pub character_set: Option<String>,
    pub collation: Option<String>,
    pub sql_mode: Option<String>,
    /// Further variables, with their values.
    pub extra: Vec<(String, String)>,
}

/// A variable whose running value is not the one asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mismatch {
    pub variable: String,
    pub wanted: String,
    pub running: String,
}

impl std::fmt::Display for Mismatch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} is {}, not {}", self.variable, self.running, self.wanted)
    }
}

impl Settings {
    /// The variables that options set, as the server says them.
    pub fn running(&self, version: Version) -> Vec<(&'static str, String)> {
        let mut all = vec![
            ("bind_address", self.bind(version)),
            ("port", self.port.to_string()),
            ("innodb_buffer_pool_size", (self.buffer_pool << 20).to_string()),
            ("max_allowed_packet", (self.max_allowed_packet << 20).to_string()),
            ("max_connections", self.max_connections.to_string()),
        ];
        all.extend(self.character_set.iter().map(|name| ("character_set_server", name.clone())));
        all.extend(self.collation.iter().map(|name| ("collation_server", name.clone())));
        all.extend(self.sql_mode.iter().map(|modes| ("sql_mode", known_modes(modes, version))));
        all
    }

    /// Where the server listens: of one that takes a single address, not on loopback, as whoever looks after it comes
    /// by the socket.
    fn bind(&self, version: Version) -> String {
        let all: Vec<String> = self.listen.iter().map(ToString::to_string).collect();
        if takes_several_addresses(version) { all.join(",") } else { all.first().cloned().unwrap_or_default() }
    }

    /// The module's own file, whole.
    pub fn file(&self, version: Version) -> String {
        let mut lines = vec![
            "# Written by mysql_install, and read last: what stands here has the last word.".to_owned(),
            "# A change by hand is undone by its next run; it has options for what it sets, and extra.".to_owned(),
            "[mysqld]".to_owned(),
        ];
        lines.extend(self.running(version).into_iter().map(|(name, value)| format!("{name} = {value}")));
        lines.extend(self.extra.iter().map(|(name, value)| format!("{name} = {value}")));
        lines.push(String::new());
        lines.join("\n")
    }

    /// What a server runs with other than asked.
    pub fn mismatches(&self, version: Version, running: &dyn Fn(&str) -> Option<String>) -> Vec<Mismatch> {
        let mut found = Vec::new();
        for (variable, wanted) in self.running(version) {
            let running = running(variable).unwrap_or_default();
            if !is_met(variable, &wanted, &running) {
                found.push(Mismatch { variable: variable.to_owned(), wanted, running });
            }
        }
        found
    }
}

/// Whether the server's word means what was asked.
fn is_met(variable: &str, wanted: &str, running: &str) -> bool {
    let number = |text: &str| text.parse::<u64>().unwrap_or(0);
    let set = |text: &str| {
        let mut modes: Vec<String> = text.split(',').map(str::trim).map(str::to_uppercase).collect();
        modes.sort();
        modes
    };
    match variable {
        // It is rounded up to whole pieces, of which there may be eight.
        "innodb_buffer_pool_size" => (number(wanted)..=number(wanted) + (1 << 30)).contains(&number(running)),
        "sql_mode" => set(wanted) == set(running),
        // utf8 goes by another name since MySQL 8.0.28 and MariaDB 10.6.
        "character_set_server" | "collation_server" => modern(wanted) == modern(running),
        _ => wanted == running,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mysql::Flavour;

    fn settings() -> Settings {
        Settings {
            listen: vec![[10, 0, 0, 5].into(), [127, 0, 0, 1].into()],
            port: 3306,
            buffer_pool: 1024,
            max_allowed_packet: 64,
            max_connections: 500,
            character_set: Some("utf8".to_owned()),
            collation: Some("utf8_general_ci".to_owned()),
            sql_mode: Some("STRICT_TRANS_TABLES,NO_AUTO_CREATE_USER".to_owned()),
            extra: vec![("log_bin".to_owned(), "binlog".to_owned())],
        }
    }

    const EIGHT: Version = Version { flavour: Flavour::MySql, major: 8, minor: 0 };
    const SEVEN: Version = Version { flavour: Flavour::MySql, major: 5, minor: 7 };

    #[test]
    fn the_file_says_all_that_is_asked() {
        assert_eq!(
            settings().file(EIGHT).lines().skip(2).collect::<Vec<_>>(),
            [
                "[mysqld]",
                "bind_address = 10.0.0.5,127.0.0.1",
                "port = 3306",
                "innodb_buffer_pool_size = 1073741824",
                "max_allowed_packet = 67108864",
                "max_connections = 500",
                "character_set_server = utf8",
                "collation_server = utf8_general_ci",
                "sql_mode = STRICT_TRANS_TABLES",
                "log_bin = binlog",
            ]
        );
        assert!(settings().file(SEVEN).contains("\nbind_address = 10.0.0.5\n"));
    }

    #[test]
    fn what_the_server_says_in_its_own_words_is_no_mismatch() {
        let said = |variable: &str| {
            Some(
                match variable {
                    "bind_address" => "10.0.0.5,127.0.0.1",
                    "port" => "3306",
                    "innodb_buffer_pool_size" => "1207959552",
                    "max_allowed_packet" => "16777216",
                    "max_connections" => "500",
                    "character_set_server" => "utf8mb3",
                    "collation_server" => "utf8mb3_general_ci",
                    _ => "STRICT_TRANS_TABLES",
                }
                .to_owned(),
            )
        };
        let found: Vec<String> = settings().mismatches(EIGHT, &said).iter().map(ToString::to_string).collect();
        assert_eq!(found, ["max_allowed_packet is 16777216, not 67108864"]);
    }
}
