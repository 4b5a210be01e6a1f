//! The programs of this host.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::{Error, Flavour, Version};

/// The client and the dump program.
#[derive(Clone, Debug)]
pub struct Tools {
    /// `mariadb` or `mysql`.
    pub client: PathBuf,
    /// `mariadb-dump` or `mysqldump`.
    pub dump: PathBuf,
    /// The dump program's.
    pub version: Version,
}

impl Tools {
    /// Those that belong together: MariaDB's names first, which only MariaDB has.
    pub fn find() -> Result<Self, Error> {
        let mut path = std::env::var_os("PATH").unwrap_or_default();
        path.push(":/usr/local/bin:/usr/bin:/bin");
        let find = |names: [&str; 2]| names.iter().find_map(|name| which::which_in(name, Some(&path), "/").ok());
        let client = find(["mariadb", "mysql"]).ok_or(Error::NoProgram { program: "mysql" })?;
        let dump = find(["mariadb-dump", "mysqldump"]).ok_or(Error::NoProgram { program: "mysqldump" })?;
        let said = Command::new(&dump).arg("--version").stdin(Stdio::null()).output();
        let said = said.map_err(|reason| Error::Start { program: dump.display().to_string(), reason })?;
        let text = String::from_utf8_lossy(&said.stdout);
        let version = Version::read(&text)
            .ok_or_else(|| Error::NoVersion { program: dump.display().to_string(), said: text.trim().to_owned() })?;
        Ok(Self { client, dump, version })
    }

    /// The arguments of every dump, whoever's program it is. Of a stopped platform each is a consistent one; while
    /// it works it is one of its own time.
    pub fn dump_arguments(&self) -> Vec<&'static str> {
        let mut arguments = vec![
            "--single-transaction",
            "--quick",
            "--hex-blob",
            "--skip-add-drop-table",
            "--skip-lock-tables",
            "--skip-add-locks",
            "--no-tablespaces",
            "--skip-comments",
            // Up to MySQL 5.7 its own default is utf8mb3, in which emoji are lost.
            "--default-character-set=utf8mb4",
        ];
        if self.version.flavour == Flavour::MySql {
            arguments.push("--set-gtid-purged=OFF");
            if self.version.is_since(8, 0) {
                arguments.push("--column-statistics=0");
            }
        }
        arguments
    }
}
