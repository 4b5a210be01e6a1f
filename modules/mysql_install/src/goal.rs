//! What a task asks for.

use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use ansible_protocol::{Arguments, Value};
use host::{Memory, Network};
use mysql::Secret;

use crate::Error;
use crate::settings::Settings;

/// Why an open address lets strangers in.
const CAUTION: &str = "MySQL is guarded by its accounts alone there";

/// Variables that an option sets.
const SET_BY_OPTIONS: [(&str, &str); 8] = [
    ("bind_address", "listen"),
    ("port", "port"),
    ("innodb_buffer_pool_size", "memory_mb"),
    ("max_allowed_packet", "max_allowed_packet_mb"),
    ("max_connections", "max_connections"),
    ("character_set_server", "character_set"),
    ("collation_server", "collation"),
    ("sql_mode", "sql_mode"),
];

/// The smallest buffer pool, in megabytes: a server's default.
const LEAST_POOL: u64 = 128;

/// What the task asks for, checked and complete.
#[derive(Debug)]
pub struct Goal {
    pub(crate) wish: Wish,
    pub(crate) flavour: Option<mysql::Flavour>,
    pub(crate) socket: PathBuf,
    pub(crate) root_password: Option<Secret>,
    pub(crate) timeout: Duration,
    pub(crate) lock_timeout: u64,
    pub(crate) warnings: Vec<String>,
}

/// The two things that can be asked for.
#[derive(Debug)]
pub(crate) enum Wish {
    /// A server that runs so.
    Running(Box<Running>),
    /// None.
    Absent { purge: bool, force: bool },
}

#[derive(Debug)]
pub(crate) struct Running {
    pub settings: Settings,
    /// Whether an installed package is brought to the newest version.
    pub latest: bool,
    /// What other hosts use.
    pub endpoints: Vec<String>,
    pub time_zones: bool,
    /// An administrator who may come from other hosts.
    pub admin: Option<Admin>,
}

/// An account with all rights, from no other hosts than these.
#[derive(Debug)]
pub(crate) struct Admin {
    pub user: String,
    pub password: Secret,
    pub hosts: Vec<String>,
}

impl Goal {
    /// Reads and checks a task's options. The host is asked for its addresses and memory.
    pub fn from_options(options: &Arguments) -> Result<Self, Error> {
        let mut warnings = Vec::new();
        let wish = match options.str("state") {
            Some("absent") => Wish::Absent { purge: options.bool("purge"), force: options.bool("force") },
            state => Wish::Running(Box::new(running(options, state == Some("latest"), &mut warnings)?)),
        };
        let socket = PathBuf::from(options.str("login_unix_socket").unwrap_or_default());
        if !socket.is_absolute() {
            return Err(wrong("login_unix_socket", format!("{} is no absolute path", socket.display())));
        }
        Ok(Self {
            wish,
            flavour: match options.str("flavour") {
                Some("mysql") => Some(mysql::Flavour::MySql),
                Some("mariadb") => Some(mysql::Flavour::MariaDb),
                _ => None,
            },
            socket,
            root_password: options.str("login_password").filter(|text| !text.is_empty()).map(Secret::new),
            timeout: Duration::from_secs(number(options, "timeout", 1, 3600)?),
            lock_timeout: number(options, "lock_timeout", 0, 86_400)?,
            warnings,
        })
    }

    pub(crate) fn running(&self) -> Option<&Running> {
        match &self.wish {
            Wish::Running(running) => Some(running),
            Wish::Absent { .. } => None,
        }
    }
}

fn running(options: &Arguments, latest: bool, warnings: &mut Vec<String>) -> Result<Running, Error> {
    let network = Network::of_this_host()?;
    let mut listen = match options.strings("listen") {
        Some(given) if !given.is_empty() => given.into_iter().map(address).collect::<Result<Vec<_>, _>>()?,
        _ => vec![network.private_address()?],
    };
    for address in &listen {
        network.require_own(*address)?;
        warnings.extend(host::listen_warning(*address, CAUTION));
    }
    if !listen.iter().any(|address| address.is_loopback() || address.is_unspecified()) {
        listen.push([127, 0, 0, 1].into());
    }
    let port = number(options, "port", 1, 65_535)?;
    let total = host::memory_of_this_machine()?;
    let memory = Memory::parse("memory_mb", options.raw("memory_mb").unwrap_or(&Value::Null))?;
    // In the pieces that the server rounds up to.
    let pool = (memory.megabytes(total) / LEAST_POOL * LEAST_POOL).max(LEAST_POOL);
    if pool > total / 10 * 9 {
        warnings.push(format!(
            "memory_mb: {pool} MB leave little of this machine's {total} MB for connections and the system"
        ));
    }
    let word = |option: &'static str| -> Result<Option<String>, Error> {
        let Some(text) = options.str(option).filter(|text| !text.is_empty()) else { return Ok(None) };
        let is_plain = text.chars().all(|c| c.is_ascii_alphanumeric() || "_, ".contains(c));
        if is_plain { Ok(Some(text.to_owned())) } else { Err(wrong(option, format!("{text:?} is no such name"))) }
    };
    let settings = Settings {
        port,
        buffer_pool: pool,
        max_allowed_packet: number(options, "max_allowed_packet_mb", 1, 1024)?,
        max_connections: number(options, "max_connections", 10, 100_000)?,
        character_set: word("character_set")?,
        collation: word("collation")?,
        sql_mode: word("sql_mode")?,
        extra: extra(options)?,
        listen,
    };
    Ok(Running {
        latest,
        endpoints: network.endpoints(&settings.listen, port),
        time_zones: options.bool("time_zones"),
        admin: admin(options)?,
        settings,
    })
}

fn admin(options: &Arguments) -> Result<Option<Admin>, Error> {
    let Some(user) = options.str("admin_username").filter(|user| !user.is_empty()) else { return Ok(None) };
    let is_plain = user.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if !is_plain || user == "root" || user.len() > 32 {
        return Err(wrong("admin_username", format!("{user:?} cannot be one: letters, digits and _, and not root")));
    }
    let hosts: Vec<String> =
        options.strings("admin_hosts").unwrap_or_default().into_iter().map(str::to_owned).collect();
    let is_odd = |c: char| !(c.is_ascii_alphanumeric() || "%_.:-/".contains(c));
    if let Some(host) = hosts.iter().find(|host| host.is_empty() || host.contains(is_odd)) {
        return Err(wrong("admin_hosts", format!("{host:?} is no host of an account; give an address or a name")));
    }
    let password = options.str("admin_password").unwrap_or_default();
    if password.len() < 12 && !hosts.is_empty() {
        return Err(wrong("admin_password", "give one of at least 12 characters: the account may do everything"));
    }
    Ok(Some(Admin { user: user.to_owned(), password: Secret::new(password), hosts }))
}

fn address(text: &str) -> Result<IpAddr, Error> {
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    bare.parse()
        .map_err(|_| wrong("listen", format!("{text:?} is no address; write an IPv4 or IPv6 address, without a port")))
}

fn extra(options: &Arguments) -> Result<Vec<(String, String)>, Error> {
    let mut all = Vec::new();
    for (name, value) in options.dict("extra").into_iter().flatten() {
        let name = name.to_ascii_lowercase().replace('-', "_");
        if let Some((_, option)) = SET_BY_OPTIONS.iter().find(|(variable, _)| *variable == name) {
            return Err(wrong("extra", format!("{name} cannot be used; it is set by {option}")));
        }
        if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || "_.".contains(c)) {
            return Err(wrong("extra", format!("{name:?} is no variable of the server")));
        }
        let value = match value {
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            Value::Bool(value) => if *value { "ON" } else { "OFF" }.to_owned(),
            _ => return Err(wrong("extra", format!("the value of {name} is neither a string, a number nor a bool"))),
        };
        if value.contains(|c: char| c.is_control()) {
            return Err(wrong("extra", format!("the value of {name} is not one line")));
        }
        all.push((name, value));
    }
    Ok(all)
}

fn number<T: TryFrom<i64>>(options: &Arguments, option: &'static str, least: i64, most: i64) -> Result<T, Error> {
    let given = options.int(option).unwrap_or(least);
    let within = Some(given).filter(|given| (least..=most).contains(given));
    within
        .and_then(|given| T::try_from(given).ok())
        .ok_or_else(|| wrong(option, format!("{given} is not between {least} and {most}")))
}

fn wrong(option: &'static str, problem: impl Into<String>) -> Error {
    host::Error::Option { option, problem: problem.into() }.into()
}
