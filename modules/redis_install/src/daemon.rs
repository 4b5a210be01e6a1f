//! The daemon as it runs.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use net::Target;
use redis::conf::directives;
use redis::{Client, Credentials, Error, Secret};

use crate::settings::{Mismatch, Settings};

/// How long a daemon on this very host may take for an answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// What a daemon says of itself.
#[derive(Debug, Clone)]
pub struct Daemon {
    /// Its version.
    pub version: String,
    /// Its process.
    pub pid: Option<u64>,
    /// `CONFIG GET *`.
    pub config: BTreeMap<String, String>,
    /// Whether it lets in who it should, and nobody else.
    pub admits_as_asked: bool,
    /// The keys of all databases.
    pub keys: u64,
}

/// Whom a daemon may let in: as asked, and as its files have it now.
#[derive(Debug, Clone)]
pub struct Keyring {
    wanted: Credentials,
    others: Vec<Credentials>,
}

impl Keyring {
    /// From what is asked and from the files, the included one first.
    pub fn new(settings: Option<&Settings>, files: [Option<&[u8]>; 2]) -> Self {
        let wanted = settings.map_or_else(Credentials::none, |settings| Credentials {
            username: settings.username.clone(),
            password: settings.password.clone(),
        });
        let mut others = vec![Credentials::none()];
        others.push(Credentials { username: None, password: wanted.password.clone() });
        for found in files.into_iter().flatten().flat_map(directives) {
            let text = |word: &[u8]| String::from_utf8_lossy(word).into_owned();
            match (found.name.as_str(), &found.arguments[..]) {
                ("requirepass", [password]) => others.push(Credentials::password(text(password))),
                ("user", [name, rules @ ..]) => {
                    let passwords = rules.iter().filter_map(|rule| rule.strip_prefix(b">"));
                    others.extend(passwords.map(|password| Credentials {
                        username: Some(text(name)),
                        password: Secret::new(text(password)),
                    }));
                }
                _ => {}
            }
        }
        Self { wanted, others }
    }

    /// Connects as whoever is let in. True where that is as asked.
    pub fn connect(&self, at: SocketAddr) -> Result<(Client, bool), Error> {
        let target = Target::tcp(at.ip(), at.port());
        let first = match Client::connect(&target, &self.wanted, PATIENCE) {
            Ok(client) => return Ok((client, self.is_closed_to_others(&target))),
            Err(error) => error,
        };
        if !is_about_who(&first) {
            return Err(first);
        }
        let mut others = self.others.iter().filter(|other| **other != self.wanted);
        others
            .find_map(|other| Client::connect(&target, other, PATIENCE).ok())
            .map(|client| (client, false))
            .ok_or(first)
    }

    /// With a password asked for, nobody gets in without.
    fn is_closed_to_others(&self, target: &Target) -> bool {
        self.wanted.password.is_empty() || Client::connect(target, &Credentials::none(), PATIENCE).is_err()
    }
}

/// Whether another password could help.
fn is_about_who(error: &Error) -> bool {
    matches!(
        error,
        Error::NoPassword { .. } | Error::WrongPassword { .. } | Error::NeedlessPassword { .. } | Error::Server { .. }
    )
}

impl Daemon {
    /// Asks the one at `at`.
    pub fn ask(keyring: &Keyring, at: SocketAddr) -> Result<Self, Error> {
        let (mut client, admits_as_asked) = keyring.connect(at)?;
        let server = client.info("server")?;
        let keys = client.info("keyspace")?.keys().map(|(_, keys)| keys).sum();
        Ok(Self {
            version: server.get("redis_version").unwrap_or("unknown").to_owned(),
            pid: server.number("process_id"),
            config: client.config("*")?,
            admits_as_asked,
            keys,
        })
    }

    /// What it runs with other than asked.
    pub fn mismatches(&self, settings: &Settings) -> Vec<(Mismatch, bool)> {
        let mut found = Vec::new();
        for (directive, wanted, is_live) in settings.running() {
            let running = self.config.get(directive).cloned().unwrap_or_default();
            if running != wanted {
                found.push((Mismatch { directive, wanted, running }, is_live));
            }
        }
        if !self.admits_as_asked {
            let wanted = if settings.password.is_empty() { "anybody" } else { "who has the password" }.to_owned();
            found.push((Mismatch { directive: "who is let in", wanted, running: "somebody else".to_owned() }, false));
        }
        found
    }
}
