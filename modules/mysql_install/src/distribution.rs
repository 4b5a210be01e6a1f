//! Where MySQL and MariaDB differ on Debian and Ubuntu.

use mysql::{Flavour, Version};

/// How one of them is packaged.
#[derive(Debug, Clone, Copy)]
pub struct Distribution {
    pub flavour: Flavour,
    /// The package of the server.
    pub package: &'static str,
    pub service: &'static str,
    /// The folder whose files the server reads last.
    pub settings: &'static str,
    /// The program that turns the system's time zones into SQL.
    pub time_zones: &'static str,
}

/// MySQL, of Ubuntu.
pub const MYSQL: Distribution = Distribution {
    flavour: Flavour::MySql,
    package: "mysql-server",
    service: "mysql",
    settings: "/etc/mysql/mysql.conf.d",
    time_zones: "mysql_tzinfo_to_sql",
};

/// MariaDB, of both.
pub const MARIADB: Distribution = Distribution {
    flavour: Flavour::MariaDb,
    package: "mariadb-server",
    service: "mariadb",
    settings: "/etc/mysql/mariadb.conf.d",
    // Older releases have it only under MySQL's name, which the newer ones keep.
    time_zones: "mysql_tzinfo_to_sql",
};

/// Modes of `sql_mode` that MySQL 8 does not know any more, and does not start with.
const GONE: [&str; 11] = [
    "NO_AUTO_CREATE_USER",
    "DB2",
    "MAXDB",
    "MSSQL",
    "MYSQL323",
    "MYSQL40",
    "ORACLE",
    "POSTGRESQL",
    "NO_FIELD_OPTIONS",
    "NO_KEY_OPTIONS",
    "NO_TABLE_OPTIONS",
];

impl Distribution {
    /// The version of a package, such as `1:10.11.6-0+deb12u1` or `8.0.39-0ubuntu0.22.04.1`.
    pub fn version(&self, package: &str) -> Option<Version> {
        let upstream = package.split_once(':').map_or(package, |(_, rest)| rest);
        Version::read(upstream).map(|version| Version { flavour: self.flavour, ..version })
    }
}

/// Whether it can listen on several addresses: MySQL since 8.0.13, MariaDB since 10.11.
pub fn takes_several_addresses(version: Version) -> bool {
    match version.flavour {
        Flavour::MySql => version.is_since(8, 0),
        Flavour::MariaDb => version.is_since(10, 11),
    }
}

/// `sql_mode` without what the server does not know.
pub fn known_modes(modes: &str, version: Version) -> String {
    let has_them = version.flavour == Flavour::MariaDb || !version.is_since(8, 0);
    let kept = modes.split(',').map(str::trim).filter(|mode| !mode.is_empty() && (has_them || !GONE.contains(mode)));
    kept.collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_of_packages_are_read() {
        let version = MARIADB.version("1:10.11.6-0+deb12u1").unwrap_or_else(|| panic!("a version"));
        assert_eq!(version.to_string(), "MariaDB 10.11");
        assert!(takes_several_addresses(version));
        let version = MYSQL.version("5.7.33-0ubuntu0.18.04.1").unwrap_or_else(|| panic!("a version"));
        assert_eq!(version.to_string(), "MySQL 5.7");
        assert!(!takes_several_addresses(version));
    }

    #[test]
    fn modes_that_are_gone_are_left_out() {
        let modes = "STRICT_TRANS_TABLES,NO_AUTO_CREATE_USER,NO_ENGINE_SUBSTITUTION";
        let eight = MYSQL.version("8.0.39").unwrap_or_else(|| panic!("a version"));
        assert_eq!(known_modes(modes, eight), "STRICT_TRANS_TABLES,NO_ENGINE_SUBSTITUTION");
        let seven = MYSQL.version("5.7.33").unwrap_or_else(|| panic!("a version"));
        assert_eq!(known_modes(modes, seven), modes);
    }
}
