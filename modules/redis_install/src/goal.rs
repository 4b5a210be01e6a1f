//! What a task asks for.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use ansible_protocol::{Arguments, Value};
use host::{Memory, Network};
use redis::Secret;
use redis::conf;

use crate::Error;
use crate::settings::Settings;

/// Why an open address lets strangers in.
const CAUTION: &str = "Redis sends tasks and its password as they are";

/// Directives that an option sets.
const SET_BY_OPTIONS: [(&str, &str); 13] = [
    ("bind", "listen"),
    ("port", "port"),
    ("protected-mode", "listen"),
    ("requirepass", "password"),
    ("masterauth", "password"),
    ("user", "username"),
    ("aclfile", "username"),
    ("maxclients", "maxclients"),
    ("maxmemory", "memory_mb"),
    ("maxmemory-policy", "maxmemory_policy"),
    ("appendonly", "appendonly"),
    ("appendfsync", "appendfsync"),
    ("include", "config_file"),
];

/// What Redis can do when its memory is full.
const POLICIES: [&str; 8] = [
    "noeviction",
    "allkeys-lru",
    "allkeys-lfu",
    "allkeys-random",
    "volatile-lru",
    "volatile-lfu",
    "volatile-random",
    "volatile-ttl",
];

/// What the task asks for, checked and complete.
#[derive(Debug)]
pub struct Goal {
    pub(crate) wish: Wish,
    pub(crate) config_file: PathBuf,
    pub(crate) settings_file: PathBuf,
    pub(crate) group: String,
    pub(crate) service: String,
    pub(crate) timeout: Duration,
    pub(crate) lock_timeout: u64,
    pub(crate) warnings: Vec<String>,
}

/// The two things that can be asked for.
#[derive(Debug)]
pub(crate) enum Wish {
    /// Redis installed and running so.
    Running(Box<Running>),
    /// No Redis.
    Absent { purge: bool, force: bool },
}

#[derive(Debug)]
pub(crate) struct Running {
    pub settings: Settings,
    /// Whether an installed package is brought to the newest version.
    pub latest: bool,
    /// Where to ask the daemon from this host.
    pub local: SocketAddr,
    /// What other hosts use.
    pub endpoints: Vec<String>,
    /// Whether the kernel is to grant memory for forks.
    pub overcommit_memory: bool,
}

impl Goal {
    /// Reads and checks a task's options. The host is asked for its addresses and memory.
    pub fn from_options(options: &Arguments) -> Result<Self, Error> {
        let mut warnings = Vec::new();
        let wish = match options.str("state") {
            Some("absent") => Wish::Absent { purge: options.bool("purge"), force: options.bool("force") },
            state => Wish::Running(Box::new(running(options, state == Some("latest"), &mut warnings)?)),
        };
        let service = options.str("service").unwrap_or_default().to_owned();
        let is_odd = |c: char| !(c.is_ascii_alphanumeric() || "@._-".contains(c));
        if service.is_empty() || service.starts_with('-') || service.contains(is_odd) {
            return Err(wrong("service", format!("{service:?} is no service's name")));
        }
        Ok(Self {
            wish,
            config_file: absolute(options, "config_file")?,
            settings_file: absolute(options, "settings_file")?,
            group: options.str("group").unwrap_or_default().to_owned(),
            service,
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

    /// Where the daemon is asked from this host: of one that is to go, where Redis listens by default.
    pub(crate) fn local(&self) -> SocketAddr {
        self.running().map_or_else(|| SocketAddr::from(([127, 0, 0, 1], redis::PORT)), |running| running.local)
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
        // Who looks after it on its own host reaches it there.
        listen.push([127, 0, 0, 1].into());
    }
    let port = number(options, "port", 1, 65_535)?;
    let total = host::memory_of_this_machine()?;
    let megabytes = Memory::parse("memory_mb", options.raw("memory_mb").unwrap_or(&Value::Null))?.megabytes(total);
    if megabytes > total / 2 {
        warnings.push(format!(
            "memory_mb: {megabytes} MB is more than half of this machine's {total} MB; to write a snapshot or its append-only \
             file anew, Redis may need the same again"
        ));
    }
    let policy = options.str("maxmemory_policy").unwrap_or_default().to_owned();
    if !POLICIES.contains(&policy.as_str()) {
        return Err(wrong("maxmemory_policy", format!("{policy:?} is none of Redis's: {}", POLICIES.join(", "))));
    }
    if policy != "noeviction" {
        warnings.push(format!(
            "maxmemory_policy: with {policy} a full Redis throws queued tasks away; a broker needs noeviction"
        ));
    }
    let text = |option: &str| options.str(option).filter(|text| !text.is_empty()).map(str::to_owned);
    let (username, password) = (text("username"), text("password"));
    if let Some(name) = &username {
        let is_odd = |c: char| c.is_whitespace() || c.is_control() || "\"'\\".contains(c);
        if name == "default" || name.contains(is_odd) {
            return Err(wrong("username", format!("{name:?} cannot be one: no blanks or quotes, and not default")));
        }
        if password.is_none() {
            return Err(wrong("username", "give its password as well: Open edX logs in with both".to_owned()));
        }
    }
    if password.is_none() {
        warnings.push(
            "password: none is given, so whoever reaches the port can read, add and delete tasks; let a firewall admit only \
             the application servers"
                .to_owned(),
        );
    }
    let settings = Settings {
        port,
        username,
        password: Secret::new(password.unwrap_or_default()),
        maxmemory: megabytes * 1024 * 1024,
        maxmemory_policy: policy,
        maxclients: number(options, "maxclients", 10, 1_000_000)?,
        appendonly: options.bool("appendonly"),
        appendfsync: options.str("appendfsync").unwrap_or_default().to_owned(),
        extra: extra(options)?,
        listen,
    };
    Ok(Running {
        latest,
        local: host::local_endpoint(&settings.listen, port),
        endpoints: network.endpoints(&settings.listen, port),
        overcommit_memory: options.bool("overcommit_memory"),
        settings,
    })
}

fn address(text: &str) -> Result<std::net::IpAddr, Error> {
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    bare.parse()
        .map_err(|_| wrong("listen", format!("{text:?} is no address; write an IPv4 or IPv6 address, without a port")))
}

fn extra(options: &Arguments) -> Result<Vec<(String, String)>, Error> {
    let mut all = Vec::new();
    for (name, value) in options.dict("extra").into_iter().flatten() {
        let name = name.to_ascii_lowercase();
        if let Some((_, option)) = SET_BY_OPTIONS.iter().find(|(directive, _)| *directive == name) {
            return Err(wrong("extra", format!("{name} cannot be used; it is set by {option}")));
        }
        let is_odd = |c: char| !(c.is_ascii_alphanumeric() || "-_.".contains(c));
        if name.is_empty() || name.contains(is_odd) {
            return Err(wrong("extra", format!("{name:?} is no directive of redis.conf")));
        }
        let value = match value {
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            Value::Bool(value) => if *value { "yes" } else { "no" }.to_owned(),
            _ => return Err(wrong("extra", format!("the value of {name} is neither a string, a number nor a bool"))),
        };
        let value = if value.is_empty() { "\"\"".to_owned() } else { value };
        if value.contains(['\n', '\r', '\0']) || conf::words(value.as_bytes()).is_none() {
            return Err(wrong("extra", format!("the value of {name} is no arguments of one line of redis.conf")));
        }
        all.push((name, value));
    }
    Ok(all)
}

fn absolute(options: &Arguments, option: &'static str) -> Result<PathBuf, Error> {
    let path = PathBuf::from(options.str(option).unwrap_or_default());
    let is_plain =
        path.to_str().is_some_and(|text| !text.contains(|c: char| c.is_whitespace() || "\"'*?[".contains(c)));
    if path.is_absolute() && is_plain {
        return Ok(path);
    }
    Err(wrong(option, format!("{} is no absolute path without blanks, quotes and wildcards", path.display())))
}

fn number<T: TryFrom<i64>>(options: &Arguments, option: &'static str, least: i64, most: i64) -> Result<T, Error> {
    let given = options.int(option).unwrap_or(least);
    let within = Some(given).filter(|given| (least..=most).contains(given));
    within
        .and_then(|given| T::try_from(given).ok())
        .ok_or_else(|| wrong(option, format!("{given} is not between {least} and {most}")))
}

fn wrong(option: &'static str, problem: String) -> Error {
    host::Error::Option { option, problem }.into()
}
