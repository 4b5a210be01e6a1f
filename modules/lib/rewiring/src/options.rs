//! What a run was asked to do, from its arguments.

use std::fmt;
use std::path::PathBuf;

use ansible_protocol::{Arguments, Value};
use edx_layout::{Credentials, Endpoint, Password, Release};
use file_set::{Label, Selector};

use crate::error::Error;
use crate::judge::Wish;
use crate::replace::Pattern;
use crate::service::Service;

/// What a run was asked to do.
#[derive(Debug)]
pub struct Options {
    /// The settings folder.
    pub folder: PathBuf,
    /// Whose servers.
    pub service: &'static dyn Service,
    /// The files to look at in place of the folder's.
    pub files: Option<Vec<PathBuf>>,
    /// The work itself.
    pub work: Work,
    /// Whether public servers are accepted.
    pub allow_public: bool,
    /// Whether to keep copies.
    pub backup: Backup,
    /// The release that the operator named.
    pub release: Option<Release>,
}

/// The work itself.
#[derive(Debug)]
pub enum Work {
    /// Only say what is there.
    Report,
    /// Point the caches, or the brokers, elsewhere.
    Point(Wish),
    /// Bring back a backup.
    Restore(Restore),
}

/// The option `restore`.
#[derive(Debug)]
pub struct Restore {
    /// As given.
    pub wanted: String,
    /// What it means.
    pub selector: Selector,
}

impl Work {
    /// The servers to point at.
    pub fn endpoints(&self) -> &[Endpoint] {
        match self {
            Self::Point(wish) => &wish.endpoints,
            Self::Report | Self::Restore(_) => &[],
        }
    }

    /// What is known of the brokers' password. Whoever asks only what the variables are, knows it or has no use for it.
    pub fn password(&self) -> Password {
        match self {
            Self::Point(wish) if wish.given.password.is_none() => Password::Kept,
            _ => Password::AtHand,
        }
    }
}

/// The options `username` and `password`; what is none stays as it is. Neither is shown.
#[derive(Clone, Default)]
pub struct Given {
    username: Option<String>,
    password: Option<String>,
}

impl Given {
    /// For the brokers.
    pub fn credentials(&self) -> Credentials<'_> {
        Credentials { user: self.username.as_deref(), password: self.password.as_deref() }
    }

    fn from_arguments(arguments: &Arguments) -> Self {
        let text = |name| arguments.str(name).map(str::to_owned);
        Self { username: text("username"), password: text("password") }
    }

    /// The name of one that is given.
    fn named(&self) -> Option<&'static str> {
        let password = self.password.as_ref().map(|_| "password");
        password.or_else(|| self.username.as_ref().map(|_| "username"))
    }
}

impl fmt::Debug for Given {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.credentials().fmt(f)
    }
}

/// The option `backup`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Backup {
    /// None.
    No,
    /// One that is named for the time.
    Time,
    /// One with this label.
    Label(Label),
}

impl Options {
    /// Checks what the declaration of the options cannot express. The option `service` is one of `services`, or left to
    /// be the first of them.
    pub fn from_arguments(arguments: &Arguments, services: &[&'static dyn Service]) -> Result<Self, Error> {
        let folder = PathBuf::from(arguments.str("path").unwrap_or_default());
        let files = arguments.strings("files").map(|names| names.into_iter().map(|name| folder.join(name)).collect());
        let name = arguments.str("service");
        let service =
            services.iter().copied().find(|service| Some(service.words().name) == name).unwrap_or(services[0]);
        let has_login = services.iter().any(|service| service.takes_login());
        let given = if has_login { Given::from_arguments(arguments) } else { Given::default() };
        if let Some(option) = given.named() {
            if !service.takes_login() {
                return Err(Error::NoLogin { option, why: service.words().no_login });
            }
            if !arguments.has("endpoints") {
                return Err(Error::GivenForNothing(option));
            }
        }
        let work = match (arguments.strings("endpoints"), arguments.str("restore")) {
            (_, Some(wanted)) => {
                let selector = wanted.parse().map_err(Error::Label)?;
                Work::Restore(Restore { wanted: wanted.to_owned(), selector })
            }
            (Some(endpoints), None) => {
                let replace = arguments.strings("replace").unwrap_or_default();
                Work::Point(wish(service, &endpoints, &replace, given)?)
            }
            (None, None) => Work::Report,
        };
        let backup = arguments.raw("backup").map_or(Ok(Backup::No), backup)?;
        if matches!(work, Work::Restore(_)) && backup != Backup::No {
            return Err(Error::BackupOfRestore);
        }
        Ok(Self {
            folder,
            service,
            files,
            work,
            allow_public: arguments.bool("allow_public"),
            backup,
            release: arguments.str("release").and_then(|name| name.parse().ok()),
        })
    }
}

fn wish(service: &dyn Service, endpoints: &[&str], replace: &[&str], given: Given) -> Result<Wish, Error> {
    service.check_count(endpoints.len())?;
    let mut wished: Vec<Endpoint> = Vec::new();
    for text in endpoints {
        let endpoint = service.endpoint(text)?;
        if wished.contains(&endpoint) {
            return Err(Error::Repeated { endpoint: endpoint.to_string(), why: service.words().once });
        }
        wished.push(endpoint);
    }
    if wished.is_empty() {
        return Err(Error::NoEndpoints(service.words()));
    }
    let replace: Vec<Pattern> = replace.iter().map(|text| Pattern::read(text, service)).collect::<Result<_, _>>()?;
    if replace.is_empty() {
        return Err(Error::NothingToReplace);
    }
    Ok(Wish { endpoints: wished, replace, given })
}

/// Ansible's words for true and false arrive as text from a command line or a
/// template; any other text is a label.
fn backup(value: &Value) -> Result<Backup, Error> {
    let text = match value {
        Value::Bool(true) => return Ok(Backup::Time),
        Value::Bool(false) | Value::Null => return Ok(Backup::No),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    match text.to_ascii_lowercase().as_str() {
        "true" | "yes" | "on" | "1" => Ok(Backup::Time),
        "" | "false" | "no" | "off" | "0" => Ok(Backup::No),
        _ => text.parse().map(Backup::Label).map_err(Error::Label),
    }
}
