//! What the host has.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use host::{ConfigFile, DropIn, Here, Package, State};
use mysql::{Login, Session, Tools, Version};

use crate::distribution::{Distribution, MARIADB, MYSQL};
use crate::{Error, Goal};

/// The name of the module's files.
pub(crate) const NAME: &str = "mysql_install";

/// Which server this host has, or gets.
#[derive(Debug)]
pub(crate) struct Place {
    pub distribution: &'static Distribution,
    pub here: Here,
    pub settings_file: PathBuf,
}

impl Place {
    /// The one that is there; else the one that is asked for; else MySQL where the archives have it, which Open edX
    /// is made for, and MariaDB where they have not.
    pub fn find(goal: &Goal) -> Result<Self, Error> {
        let wanted = goal.flavour.map(|flavour| if flavour == MYSQL.flavour { &MYSQL } else { &MARIADB });
        let look = Here::new(MYSQL.service, goal.lock_timeout);
        let [mysql, mariadb] = [look.package(MYSQL.package)?, look.package(MARIADB.package)?];
        let there = match (&mysql.installed, &mariadb.installed) {
            (Some(_), _) => Some(&MYSQL),
            (None, Some(_)) => Some(&MARIADB),
            (None, None) => None,
        };
        let distribution = match (there, wanted) {
            (Some(there), Some(wanted)) if there.flavour != wanted.flavour => {
                return Err(Error::OtherServer { there: there.package, wanted: wanted.package });
            }
            (Some(one), _) | (None, Some(one)) => one,
            (None, None) if mysql.candidate.is_some() => &MYSQL,
            (None, None) => &MARIADB,
        };
        let settings_file = Path::new(distribution.settings).join(format!("zz-{NAME}.cnf"));
        Ok(Self { distribution, here: Here::new(distribution.service, goal.lock_timeout), settings_file })
    }
}

/// The host's state, as far as a task is about it.
#[derive(Debug)]
pub(crate) struct Observed {
    pub package: Package,
    /// The module's own file.
    pub settings: ConfigFile,
    /// None without systemd.
    pub drop_in: Option<DropIn>,
    pub service: State,
    /// The server that answers; or why none does.
    pub server: Result<Server, String>,
}

/// What a running server says of itself.
#[derive(Debug)]
pub(crate) struct Server {
    pub version: Version,
    pub full_version: String,
    pub variables: BTreeMap<String, String>,
    pub has_time_zones: bool,
    /// Those that are not its own.
    pub databases: Vec<String>,
    /// The hosts from which the wished administrator may come.
    pub admin_hosts: Vec<String>,
    /// Of the file system with its data.
    pub free_bytes: Option<u64>,
}

pub(crate) fn observe(place: &Place, goal: &Goal) -> Result<Observed, Error> {
    let service = place.here.service().state()?;
    Ok(Observed {
        package: place.here.package(place.distribution.package)?,
        settings: ConfigFile::read(&place.settings_file)?,
        drop_in: place.here.drop_in(NAME)?,
        server: ask(goal).map_err(|error| error.to_string()),
        service,
    })
}

/// A session as root, who comes by the socket.
pub(crate) fn session(goal: &Goal) -> Result<Session, mysql::Error> {
    let login = Login {
        place: mysql::Place::Socket(goal.socket.clone()),
        user: "root".to_owned(),
        password: goal.root_password.clone(),
        ca_cert: None,
    };
    Session::open(&Tools::find()?, &login, goal.timeout)
}

pub(crate) fn ask(goal: &Goal) -> Result<Server, Error> {
    let mut session = session(goal)?;
    let rows = session.query("SHOW GLOBAL VARIABLES")?;
    let variables: BTreeMap<String, String> = rows
        .into_iter()
        .filter_map(|row| <[String; 2]>::try_from(row).ok())
        .map(|[name, value]| (name, value))
        .collect();
    let row = session.row("SELECT VERSION(), CONVERT_TZ('2000-01-01', 'UTC', 'Europe/Paris') IS NOT NULL")?;
    let full_version = row.first().cloned().unwrap_or_default();
    let version = Version::read(&full_version)
        .ok_or_else(|| Error::NoVersion { package: "server", version: full_version.clone() })?;
    let databases = session.query(
        "SELECT SCHEMA_NAME FROM information_schema.SCHEMATA WHERE SCHEMA_NAME NOT IN ('mysql', 'information_schema', \
         'performance_schema', 'sys', 'edxops_move') ORDER BY 1",
    )?;
    let admin = goal.running().and_then(|running| running.admin.as_ref());
    let admin_hosts = match admin {
        None => Vec::new(),
        Some(admin) => {
            let sql = format!("SELECT host FROM mysql.user WHERE user = {} ORDER BY 1", mysql::literal(&admin.user));
            session.query(&sql)?.into_iter().flatten().collect()
        }
    };
    let free_bytes = variables.get("datadir").and_then(|folder| free(folder));
    Ok(Server {
        version,
        full_version,
        has_time_zones: row.get(1).is_some_and(|known| known == "1"),
        variables,
        databases: databases.into_iter().flatten().collect(),
        admin_hosts,
        free_bytes,
    })
}

fn free(folder: &str) -> Option<u64> {
    let found = rustix::fs::statvfs(folder).ok()?;
    Some(found.f_bavail * found.f_frsize)
}

/// Whether the system has time zones for the server to load.
pub(crate) fn system_has_time_zones() -> bool {
    fs::metadata("/usr/share/zoneinfo/UTC").is_ok()
}
