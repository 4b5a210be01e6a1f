//! The same for Redis.

use serde_json::Value;

use super::{ServerVars, Unexpressed, UnexpressedReason, is_other_record};
use crate::address::ThisHost;
use crate::brokers::{BrokerForm, ObservedBroker, percent_encoded};
use crate::endpoint::{DEFAULT_REDIS_PORT, Endpoint, Host, host_and_port};
use crate::release::Release;
use crate::service::service_of;

/// The switch of the native playbook (Koa on) that installs the local Redis.
const SWITCH: &str = "SANDBOX_ENABLE_REDIS";

/// Stands in a value for the broker's password, percent-encoded: roles put it into a URL as it is.
pub const PASSWORD: &str = "<secret:password|urlencode>";

/// What is known of the password where a broker has one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Password {
    /// Whoever takes the variables has it, and puts it in the place of [`PASSWORD`].
    AtHand,
    /// It stays what it is, in the files and in whatever variable it came from. A variable that holds more than the
    /// password cannot be said then.
    Kept,
}

/// How a role's variables come to a broker.
enum Role {
    /// A host, with a port where it is not the default one, and user and password.
    Hostname(Hostname),
    /// The parts of a URL, or the whole of it, which beats them.
    Parts(Parts),
    /// The whole URL alone.
    Whole { url: &'static str, default: &'static str },
}

struct Hostname {
    host: &'static str,
    /// The host that the role renders where no variable is set.
    default: &'static str,
    user: &'static str,
    password: &'static str,
}

struct Parts {
    host: &'static str,
    port: &'static str,
    user: &'static str,
    password: &'static str,
    url: &'static str,
    default: PartsDefault,
}

/// The host of a URL where no variable is set.
#[derive(PartialEq)]
enum PartsDefault {
    /// The host's own address (`ansible_default_ipv4.address`).
    OwnAddress,
    /// As the native playbook sets it.
    Loopback,
}

/// From edx/configuration, Koa to Quince.
fn role_of(service: &str) -> Option<Role> {
    let hostname = |[host, user, password]: [&'static str; 3], default| {
        Some(Role::Hostname(Hostname { host, default, user, password }))
    };
    match service {
        // EDXAPP_CELERY_BROKER_HOSTNAME follows it, and it EDXAPP_RABBIT_HOSTNAME.
        "lms" | "studio" => {
            hostname(["EDXAPP_REDIS_HOSTNAME", "EDXAPP_CELERY_USER", "EDXAPP_CELERY_PASSWORD"], "localhost")
        }
        "ecommerce" => Some(Role::Parts(Parts {
            host: "ECOMMERCE_BROKER_HOST",
            port: "ECOMMERCE_BROKER_PORT",
            user: "ECOMMERCE_BROKER_USERNAME",
            password: "ECOMMERCE_BROKER_PASSWORD",
            url: "ECOMMERCE_BROKER_URL",
            default: PartsDefault::OwnAddress,
        })),
        "ecomworker" => Some(Role::Parts(Parts {
            host: "ECOMMERCE_WORKER_BROKER_HOST",
            port: "ECOMMERCE_WORKER_BROKER_PORT",
            user: "ECOMMERCE_WORKER_BROKER_USERNAME",
            password: "ECOMMERCE_WORKER_BROKER_PASSWORD",
            url: "ECOMMERCE_WORKER_BROKER_URL",
            default: PartsDefault::Loopback,
        })),
        "discovery" => Some(Role::Whole { url: "DISCOVERY_CELERY_BROKER_URL", default: "redis://:@127.0.0.1:6379/" }),
        "registrar" => hostname(
            ["REGISTRAR_CELERY_BROKER_HOSTNAME", "REGISTRAR_CELERY_BROKER_USER", "REGISTRAR_CELERY_BROKER_PASSWORD"],
            "",
        ),
        "enterprise_catalog" => hostname(
            [
                "ENTERPRISE_CATALOG_CELERY_BROKER_HOSTNAME",
                "ENTERPRISE_CATALOG_CELERY_BROKER_USER",
                "ENTERPRISE_CATALOG_CELERY_BROKER_PASSWORD",
            ],
            "",
        ),
        "license_manager" => hostname(
            [
                "LICENSE_MANAGER_CELERY_BROKER_HOSTNAME",
                "LICENSE_MANAGER_CELERY_BROKER_USER",
                "LICENSE_MANAGER_CELERY_BROKER_PASSWORD",
            ],
            "",
        ),
        "commerce_coordinator" => hostname(
            [
                "COMMERCE_COORDINATOR_CELERY_BROKER_HOSTNAME",
                "COMMERCE_COORDINATOR_CELERY_BROKER_USER",
                "COMMERCE_COORDINATOR_CELERY_BROKER_PASSWORD",
            ],
            "",
        ),
        _ => None,
    }
}

/// Computes the variables for Redis from the brokers that stand in a host's settings files.
///
/// Where a broker has a password, its variable holds [`PASSWORD`] in its place. The switch that keeps the local Redis
/// away is among them once no broker is on `here`.
pub fn redis_server_vars(
    release: Option<Release>,
    observed: &[ObservedBroker],
    password: Password,
    here: &ThisHost,
) -> ServerVars {
    let is_read = |broker: &&ObservedBroker| !is_other_record(&broker.file, release, observed.iter().map(|b| &*b.file));
    let brokers: Vec<Seen<'_>> = observed.iter().filter(is_read).map(|broker| Seen { broker, password }).collect();
    let mut found = ServerVars::default();
    for seen in &brokers {
        seen.add(&brokers, here, &mut found);
    }
    if !brokers.is_empty() {
        if brokers.iter().any(|seen| here.is_local(&seen.endpoint())) {
            found.at_default.push(SWITCH.to_owned());
        } else {
            found.vars.insert(SWITCH.to_owned(), Value::Bool(false));
        }
    }
    found
}

/// A broker, and what is known of its password.
struct Seen<'a> {
    broker: &'a ObservedBroker,
    password: Password,
}

impl Seen<'_> {
    fn add(&self, all: &[Self], here: &ThisHost, found: &mut ServerVars) {
        let broker = self.broker;
        let service = service_of(&broker.file).map(|service| service.name);
        let role = service.and_then(role_of).filter(|_| self.is_rendered());
        if role.is_some() && !broker.user.is_empty() && !broker.has_password {
            found.unexpressed.push(self.unexpressed(UnexpressedReason::UserAlone));
            return;
        }
        match role {
            None if here.is_local(&self.endpoint()) => {}
            None if broker.form == BrokerForm::Supervisor => {}
            None if service.is_none() => found.unexpressed.push(self.unexpressed(UnexpressedReason::UnknownService)),
            None => found.unexpressed.push(self.unexpressed(UnexpressedReason::NotRendered(self.kind()))),
            Some(Role::Hostname(role)) => self.add_hostname(&role, all, found),
            Some(Role::Parts(role)) => self.add_parts(&role, here, found),
            Some(Role::Whole { url, default }) => match self.url() {
                Some(text) if text == default => found.leave(url),
                Some(text) => found.set(url, text),
                None => found.unexpressed.push(self.unexpressed(UnexpressedReason::PasswordKept { variable: url })),
            },
        }
    }

    /// Whether its place is the one that the service's role renders.
    fn is_rendered(&self) -> bool {
        let key = match self.broker.form {
            BrokerForm::Host => "CELERY_BROKER_HOSTNAME",
            BrokerForm::Url if self.broker.file.file_name().is_some_and(|name| name == "discovery.yml") => {
                "CELERY_BROKER_URL"
            }
            BrokerForm::Url => "BROKER_URL",
            BrokerForm::Cache | BrokerForm::Supervisor => return false,
        };
        self.broker.key_path == key
    }

    fn add_hostname(&self, role: &Hostname, all: &[Self], found: &mut ServerVars) {
        let broker = self.broker;
        let is_same = |other: &&Self| {
            service_of(&other.broker.file).is_some_and(
                |service| matches!(role_of(service.name), Some(Role::Hostname(theirs)) if theirs.host == role.host),
            ) && other.is_rendered()
        };
        // LMS and Studio: one variable for both.
        let differs = |other: &&Self| {
            let theirs = other.broker;
            (&theirs.host, theirs.port, &theirs.user, theirs.has_password)
                != (&broker.host, broker.port, &broker.user, broker.has_password)
        };
        if let Some(other) = all.iter().filter(is_same).find(differs) {
            let reason = UnexpressedReason::BrokerDiffers { variable: role.host, other: other.shown() };
            found.unexpressed.push(self.unexpressed(reason));
            return;
        }
        found.set_unless(role.host, self.host_and_port(), role.default);
        found.set_unless(role.user, percent_encoded(&broker.user), "");
        if let Some(text) = self.password() {
            found.set_unless(role.password, text, "");
        }
    }

    fn add_parts(&self, role: &Parts, here: &ThisHost, found: &mut ServerVars) {
        let broker = self.broker;
        let is_plain = broker.transport == "redis" && broker.database.as_deref().unwrap_or_default().is_empty();
        if !is_plain {
            // The parts make no URL with a database, or with TLS.
            match self.url() {
                Some(text) => found.set(role.url, text),
                None => {
                    found.unexpressed.push(self.unexpressed(UnexpressedReason::PasswordKept { variable: role.url }));
                }
            }
            return;
        }
        let is_loopback = broker.host == "127.0.0.1";
        let is_default = match role.default {
            PartsDefault::Loopback => is_loopback,
            PartsDefault::OwnAddress => {
                !is_loopback && broker.host.parse::<std::net::IpAddr>().is_ok() && here.is_local(&self.endpoint())
            }
        };
        if is_default {
            found.leave(role.host);
        } else {
            found.set(role.host, self.host());
        }
        if broker.port == DEFAULT_REDIS_PORT {
            found.leave(role.port);
        } else {
            found.set(role.port, broker.port);
        }
        found.set_unless(role.user, percent_encoded(&broker.user), "");
        // The role's own default is a password that no Redis has.
        if let Some(text) = self.password() {
            found.set(role.password, text);
        }
    }

    fn endpoint(&self) -> Endpoint {
        let host = host_and_port(&self.host()).map_or_else(|_| Host::Name(self.broker.host.clone()), |(host, _)| host);
        Endpoint::Tcp { host, port: self.broker.port }
    }

    fn host(&self) -> String {
        if self.broker.host.contains(':') { format!("[{}]", self.broker.host) } else { self.broker.host.clone() }
    }

    fn host_and_port(&self) -> String {
        match self.broker.port {
            DEFAULT_REDIS_PORT => self.host(),
            port => format!("{}:{port}", self.host()),
        }
    }

    /// The password for a variable; none where it has to stay away.
    fn password(&self) -> Option<&'static str> {
        match (self.broker.has_password, self.password) {
            (false, _) => Some(""),
            (true, Password::AtHand) => Some(PASSWORD),
            (true, Password::Kept) => None,
        }
    }

    /// The whole URL; none where its password is not to be had.
    fn url(&self) -> Option<String> {
        let broker = self.broker;
        Some(format!(
            "{}://{}:{}@{}:{}/{}",
            broker.transport,
            percent_encoded(&broker.user),
            self.password()?,
            self.host(),
            broker.port,
            broker.database.as_deref().unwrap_or_default()
        ))
    }

    fn kind(&self) -> &'static str {
        if self.broker.form == BrokerForm::Cache { "cache" } else { "broker" }
    }

    fn shown(&self) -> String {
        let name = self.broker.file.file_name().unwrap_or_default();
        format!("{} {}", name.to_string_lossy(), self.broker.key_path)
    }

    fn unexpressed(&self, reason: UnexpressedReason) -> Unexpressed {
        Unexpressed { file: self.broker.file.clone(), key_path: self.broker.key_path.clone(), reason }
    }
}
