//! The differences between `MySQL` and `MariaDB`, and between their releases.

use std::fmt;

/// Whose server, or whose program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flavour {
    /// Oracle's, Percona's among them.
    MySql,
    /// `MariaDB`.
    MariaDb,
}

impl fmt::Display for Flavour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::MySql => "MySQL",
            Self::MariaDb => "MariaDB",
        })
    }
}

/// A server's or a program's version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Version {
    /// Whose.
    pub flavour: Flavour,
    /// `10` of 10.11.6.
    pub major: u16,
    /// `11` of 10.11.6.
    pub minor: u16,
}

impl Version {
    /// From what `SELECT VERSION()` or a program's `--version` says: `10.11.6-MariaDB-1`, `8.0.39-0ubuntu0.22.04.1`,
    /// `mysql  Ver 14.14 Distrib 5.7.44, for Linux`, `mariadb from 11.4.2-MariaDB, client 15.2 for debian`.
    pub fn read(text: &str) -> Option<Self> {
        let flavour = if text.contains("MariaDB") { Flavour::MariaDb } else { Flavour::MySql };
        let after = |word: &str| text.split_once(word).map(|(_, rest)| rest);
        let number = after("Distrib ").or_else(|| after(" from ")).or_else(|| after("Ver ")).unwrap_or(text).trim();
        let mut parts = number.split(|c: char| !c.is_ascii_digit()).map(str::parse);
        match (parts.next(), parts.next()) {
            (Some(Ok(major)), Some(Ok(minor))) => Some(Self { flavour, major, minor }),
            _ => None,
        }
    }

    /// Whether it is `major.minor` or later.
    pub fn is_since(self, major: u16, minor: u16) -> bool {
        (self.major, self.minor) >= (major, minor)
    }
}

/// How a server calls what has to do with replication.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReplicationWords {
    /// The server that is followed: `SOURCE` of `SOURCE_POS_WAIT`.
    pub source: &'static str,
    /// The one that follows: `REPLICA` of `SHOW REPLICA STATUS`.
    pub replica: &'static str,
    /// Begins the statement that says whom to follow.
    pub change: &'static str,
    /// Says where the binary log ends.
    pub position: &'static str,
    /// The source in the names of a status's columns: `Source_Host`.
    pub source_column: &'static str,
    /// The replica in them: `Replica_IO_Running`.
    pub replica_column: &'static str,
}

impl Version {
    /// `MySQL` 8.4 knows only its newer words, which up to 8.0.22 it did not know; `MariaDB` knows the older ones.
    pub fn replication(self) -> ReplicationWords {
        if self.flavour == Flavour::MySql && self.is_since(8, 4) {
            ReplicationWords {
                source: "SOURCE",
                replica: "REPLICA",
                change: "CHANGE REPLICATION SOURCE TO",
                position: "SHOW BINARY LOG STATUS",
                source_column: "Source",
                replica_column: "Replica",
            }
        } else {
            ReplicationWords {
                source: "MASTER",
                replica: "SLAVE",
                change: "CHANGE MASTER TO",
                position: "SHOW MASTER STATUS",
                source_column: "Master",
                replica_column: "Slave",
            }
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}.{}", self.flavour, self.major, self.minor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_and_programs_say_their_version() {
        for (text, flavour, major, minor) in [
            ("10.11.6-MariaDB-0+deb12u1", Flavour::MariaDb, 10, 11),
            ("5.7.44-0ubuntu0.18.04.1-log", Flavour::MySql, 5, 7),
            ("mysqldump  Ver 8.0.39-0ubuntu0.22.04.1 for Linux on x86_64 ((Ubuntu))", Flavour::MySql, 8, 0),
            ("mysql  Ver 14.14 Distrib 5.7.44, for Linux (x86_64) using  EditLine wrapper", Flavour::MySql, 5, 7),
            ("mariadb  Ver 15.1 Distrib 10.11.6-MariaDB, for debian-linux-gnu (x86_64)", Flavour::MariaDb, 10, 11),
            ("mariadb from 11.4.2-MariaDB, client 15.2 for debian-linux-gnu", Flavour::MariaDb, 11, 4),
        ] {
            assert_eq!(Version::read(text), Some(Version { flavour, major, minor }), "{text}");
        }
        assert_eq!(Version::read("nothing"), None);
    }

    #[test]
    fn replication_has_other_words_from_mysql_8_4_on() {
        for (version, status, change, column) in [
            ("5.7.44", "SHOW MASTER STATUS", "CHANGE MASTER TO", "Slave"),
            ("8.0.39", "SHOW MASTER STATUS", "CHANGE MASTER TO", "Slave"),
            ("8.4.0", "SHOW BINARY LOG STATUS", "CHANGE REPLICATION SOURCE TO", "Replica"),
            ("11.4.2-MariaDB", "SHOW MASTER STATUS", "CHANGE MASTER TO", "Slave"),
        ] {
            let words = Version::read(version).unwrap().replication();
            assert_eq!((words.position, words.change, words.replica_column), (status, change, column), "{version}");
        }
    }
}
