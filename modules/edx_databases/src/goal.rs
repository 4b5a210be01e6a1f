//! What a task asks for.

use std::path::PathBuf;
use std::time::Duration;

use ansible_protocol::Arguments;
use edx_layout::{Endpoint, Layer, check_target, resolve};
use mysql::{Login, Place, Secret};

use crate::Error;

/// The option `state`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Both servers are looked at.
    Reported,
    /// The databases are on the destination.
    Copied,
    /// They are there and follow the source.
    Replicated,
    /// They are there and follow it no more.
    Detached,
    /// They are the same on both.
    Compared,
    /// The accounts are on the destination.
    Granted,
    /// The platform's accounts get in where the settings files point.
    Admitted,
    /// The source is read-only.
    Frozen,
    /// The source takes writes.
    Thawed,
}

/// How much of two tables is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Depth {
    /// What they are made of.
    Schema,
    /// And how many rows they have.
    Count,
    /// And every row.
    Checksum,
}

/// How a copy is made.
#[derive(Clone, Copy, Debug)]
#[allow(clippy::struct_excessive_bools, reason = "each is an option of the task")]
pub(crate) struct Copying {
    pub compress: bool,
    /// Though the source takes writes.
    pub live: bool,
    /// Of databases that are in the way.
    pub replace: bool,
    /// Of the destination's largest packet.
    pub adapt: bool,
}

/// What the task asks for, checked and complete.
#[derive(Debug)]
pub struct Goal {
    pub(crate) state: State,
    pub(crate) source: Login,
    pub(crate) destination: Option<Login>,
    pub(crate) databases: Option<Vec<String>>,
    pub(crate) folder: PathBuf,
    pub(crate) hosts: Vec<String>,
    pub(crate) parallel: usize,
    pub(crate) copying: Copying,
    pub(crate) depth: Depth,
    pub(crate) may_differ: bool,
    pub(crate) timeout: Duration,
    pub(crate) stall: Duration,
    pub(crate) read_only_file: PathBuf,
    pub(crate) progress_file: PathBuf,
    pub(crate) replica: Option<Replica>,
}

/// How the destination follows the source.
#[derive(Debug)]
pub(crate) struct Replica {
    /// Where the destination reaches the source, where that is told.
    pub source: Option<(String, u16)>,
    /// The account on the source by which it does.
    pub user: String,
    pub password: Secret,
    /// The addresses that it comes from.
    pub clients: Vec<String>,
    /// The port that the source is lent on this host's address, where it listens on loopback alone.
    pub lent_port: u16,
}

impl Goal {
    /// Reads and checks a task's options.
    pub fn from_options(options: &Arguments) -> Result<Self, Error> {
        let state = match options.str("state") {
            Some("copied") => State::Copied,
            Some("replicated") => State::Replicated,
            Some("detached") => State::Detached,
            Some("compared") => State::Compared,
            Some("granted") => State::Granted,
            Some("admitted") => State::Admitted,
            Some("frozen") => State::Frozen,
            Some("thawed") => State::Thawed,
            _ => State::Reported,
        };
        let allow_public = options.bool("allow_public");
        let source = login(options, ["source", "source_username", "source_password", "source_ca_cert"], allow_public)?;
        let source = source.ok_or_else(|| wrong("source", "it is empty; leave it out for this host's own server"))?;
        let names = ["destination", "destination_username", "destination_password", "destination_ca_cert"];
        let destination = login(options, names, allow_public)?;
        let needs_one =
            matches!(state, State::Copied | State::Replicated | State::Detached | State::Compared | State::Granted);
        if needs_one && destination.is_none() {
            return Err(wrong("destination", "give the server that is to have the databases, as host:port"));
        }
        let databases = options.strings("databases").map(owned).filter(|names| !names.is_empty());
        if let Some(name) = databases.iter().flatten().find(|name| name.len() > 64 || name.contains('\0')) {
            return Err(wrong("databases", format!("{name:?} is no name of a database")));
        }
        let hosts = options.strings("hosts").map(owned).unwrap_or_default();
        let is_odd = |c: char| !(c.is_ascii_alphanumeric() || "%_.:-/".contains(c));
        if let Some(host) = hosts.iter().find(|host| host.is_empty() || host.len() > 255 || host.contains(is_odd)) {
            return Err(wrong("hosts", format!("{host:?} is no host of an account; give an address or a name")));
        }
        if state == State::Granted && hosts.is_empty() {
            return Err(wrong("hosts", "name the addresses from which the application servers will come"));
        }
        let replica = match state {
            State::Replicated => Some(replica(options, destination.as_ref())?),
            _ => None,
        };
        Ok(Self {
            state,
            source,
            destination,
            databases,
            folder: PathBuf::from(options.str("path").unwrap_or_default()),
            hosts,
            parallel: number(options, "parallel", 1, 64)?,
            copying: Copying {
                compress: options.bool("compress"),
                live: options.bool("live"),
                replace: options.bool("replace"),
                adapt: options.bool("adapt"),
            },
            depth: match options.str("depth") {
                Some("schema") => Depth::Schema,
                Some("count") => Depth::Count,
                _ => Depth::Checksum,
            },
            may_differ: options.bool("may_differ"),
            timeout: Duration::from_secs(number(options, "timeout", 1, 3600)?),
            stall: Duration::from_secs(number(options, "stall_timeout", 1, 86_400)?),
            read_only_file: absolute(options, "read_only_file")?,
            progress_file: absolute(options, "progress_file")?,
            replica,
        })
    }
}

fn owned(texts: Vec<&str>) -> Vec<String> {
    texts.into_iter().map(str::to_owned).collect()
}

fn login(options: &Arguments, names: [&'static str; 4], allow_public: bool) -> Result<Option<Login>, Error> {
    let [name, user, password, ca_cert] = names;
    let Some(text) = options.str(name).filter(|text| !text.trim().is_empty()) else { return Ok(None) };
    let endpoint = Endpoint::of_data(Layer::MySql, text).map_err(|error| wrong(name, error.to_string()))?;
    let place = match &endpoint {
        Endpoint::Unix(path) => Place::Socket(PathBuf::from(path)),
        Endpoint::Tcp { host, port } => {
            check_target(&endpoint, Layer::MySql, allow_public, resolve).map_err(|error| match error {
                error if name == "destination" => Error::Target(error),
                error => wrong(name, error.to_string()),
            })?;
            Place::Tcp { host: host.to_string(), port: *port }
        }
    };
    let given = options.str(user).filter(|user| !user.is_empty()).unwrap_or("root").to_owned();
    if given.contains(['\n', '\0']) || given.len() > 128 {
        return Err(wrong(user, "it is no name of a user"));
    }
    let secret = options.str(password).filter(|text| !text.is_empty());
    if secret.is_some_and(|text| text.contains('\0')) {
        return Err(wrong(password, "it has a NUL in it"));
    }
    let ca_cert = options.str(ca_cert).filter(|path| !path.is_empty()).map(PathBuf::from);
    if let Some(path) = ca_cert.as_ref().filter(|path| !path.is_file()) {
        return Err(wrong(names[3], format!("there is no file {} on this host", path.display())));
    }
    Ok(Some(Login { place, user: given, password: secret.map(Secret::new), ca_cert }))
}

fn replica(options: &Arguments, destination: Option<&Login>) -> Result<Replica, Error> {
    let source = match options.str("replication_source").filter(|text| !text.is_empty()) {
        None => None,
        Some(text) => {
            let endpoint = Endpoint::of_data(Layer::MySql, text);
            match endpoint.map_err(|error| wrong("replication_source", error.to_string()))? {
                Endpoint::Tcp { host, port } => Some((host.to_string(), port)),
                Endpoint::Unix(_) => {
                    return Err(wrong("replication_source", "a socket is on the source alone; give host:port"));
                }
            }
        }
    };
    let password = options.str("replication_password").unwrap_or_default();
    if password.len() < 12 || password.contains(|c: char| c.is_control() || "'\\".contains(c)) {
        return Err(wrong(
            "replication_password",
            "give one of at least 12 characters, without quotes, backslashes and line ends",
        ));
    }
    let clients = match (options.str("replication_client"), destination.map(|login| &login.place)) {
        (Some(client), _) if !client.is_empty() => vec![client.to_owned()],
        (_, Some(Place::Tcp { host, .. })) => vec![host.clone()],
        _ => return Err(wrong("replication_client", "give the address that the destination comes from")),
    };
    Ok(Replica {
        source,
        user: options.str("replication_username").unwrap_or("edx_replica").to_owned(),
        password: Secret::new(password),
        clients,
        lent_port: number(options, "replication_port", 1, 65_535)?,
    })
}

fn absolute(options: &Arguments, option: &'static str) -> Result<PathBuf, Error> {
    let path = PathBuf::from(options.str(option).unwrap_or_default());
    if path.is_absolute() { Ok(path) } else { Err(wrong(option, format!("{} is no absolute path", path.display()))) }
}

fn number<T: TryFrom<i64>>(options: &Arguments, option: &'static str, least: i64, most: i64) -> Result<T, Error> {
    let given = options.int(option).unwrap_or(least);
    let within = Some(given).filter(|given| (least..=most).contains(given));
    within
        .and_then(|given| T::try_from(given).ok())
        .ok_or_else(|| wrong(option, format!("{given} is not between {least} and {most}")))
}

fn wrong(option: &'static str, problem: impl Into<String>) -> Error {
    Error::Option { option, problem: problem.into() }
}
