//! What to look at, from the arguments of a run.

mod brokers;
mod login;

use std::path::PathBuf;
use std::time::Duration;

use ansible_protocol::Arguments;
use edx_layout::{DataAddress, Endpoint, EndpointError, Layer, Release};
use http::{Tls, TlsSettings, Url};

pub use brokers::Brokers;

use crate::combine::Combine;
use crate::error::Error;
use crate::platform::LoginOptions;

/// Longer than this is a mistake, and could not be told from a hanging task.
const LONGEST_SECONDS: f64 = 3600.0;

/// What to look at.
#[derive(Debug, Clone)]
pub struct Options {
    /// The cache servers, each once.
    pub memcached: Vec<Endpoint>,
    /// Redis, the broker of Celery's tasks.
    pub brokers: Brokers,
    /// The folder of the files that Open edX reads.
    pub path: Option<PathBuf>,
    /// Further files.
    pub files: Vec<PathBuf>,
    /// The variables that the next upgrade gets.
    pub server_vars: Option<PathBuf>,
    /// The release that the operator named.
    pub release: Option<Release>,
    /// The platform's heartbeats, each once.
    pub heartbeats: Vec<Url>,
    /// The time in which all of them have to be those of a healthy platform.
    pub heartbeat_timeout: Duration,
    /// What to ask the platform for, and to watch the cache servers meanwhile.
    pub asked: Use,
    /// What to trust where a page is asked for with TLS.
    pub tls: Tls,
    /// How to look at the cache servers.
    pub probe: Probe,
    /// How to look at every data layer; none where that was not asked for.
    pub layers: Option<LayerOptions>,
    /// What the operator calls this server.
    pub host_name: Option<String>,
    /// Whether a second application server has to be possible.
    pub expect_ready: bool,
    /// Addresses on which no data port may answer.
    pub exposure: Vec<String>,
    /// What was seen of several servers, to be put together; nothing else is looked at then.
    pub combine: Option<Combine>,
}

/// What to ask the platform for, and what to watch meanwhile.
#[derive(Debug, Clone)]
pub struct Use {
    /// The pages, in order.
    pub pages: Vec<Url>,
    /// Somebody to sign in as.
    pub login: Option<LoginOptions>,
    /// Caches that nobody may use any more.
    pub replaced: Vec<Endpoint>,
    /// Who has to have connections to the cache servers.
    pub clients: Vec<CacheClient>,
}

impl Use {
    /// The option, if one is given, that makes no sense without cache servers to watch.
    fn needs_caches(&self) -> Option<&'static str> {
        let options = [
            (self.pages.is_empty(), "traffic"),
            (self.replaced.is_empty(), "memcached_replaced"),
            (self.clients.is_empty(), "memcached_clients"),
        ];
        options.into_iter().find_map(|(is_empty, option)| (!is_empty).then_some(option))
    }

    /// Whether there is nothing to ask and nothing to watch.
    pub fn is_empty(&self) -> bool {
        self.needs_caches().is_none() && self.login.is_none()
    }
}

/// A client of a cache server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CacheClient {
    /// Whoever has this address.
    Address(std::net::IpAddr),
    /// This host, by any of its addresses.
    ThisHost,
}

/// How to look at the data layers.
#[derive(Debug, Clone)]
pub struct LayerOptions {
    /// Whether servers are asked; otherwise only files are read.
    pub connect: bool,
    /// Whether a public address is accepted.
    pub allow_public: bool,
    /// The time for each server.
    pub timeout: Duration,
    /// The layers that have to have left this server.
    pub expect_remote: Vec<Layer>,
    /// Cache servers that are looked at in full anyway.
    pub caches: Vec<Endpoint>,
}

impl LayerOptions {
    /// Whether a server is one of those that are looked at as cache servers.
    pub fn is_verified_as_cache(&self, layer: Layer, address: &DataAddress) -> bool {
        let DataAddress::Server { host, port, .. } = address else { return false };
        let endpoint = Endpoint::Tcp { host: host.clone(), port: *port };
        layer == Layer::Memcached && self.caches.contains(&endpoint)
    }
}

/// How to look at a cache server, and when to warn.
#[derive(Debug, Clone)]
pub struct Probe {
    /// The time for all conversation with one server, and for each page of the traffic.
    pub timeout: Duration,
    /// The time between two readings of the counters; none where it was not asked for.
    pub activity: Option<Duration>,
    /// Whether no activity is a failure.
    pub expect_activity: bool,
    /// Whether a public address is accepted.
    pub allow_public: bool,
    /// Warn from this share of the allowed connections on.
    pub connections_percent: u64,
    /// Warn from this share of the memory on.
    pub memory_percent: u64,
    /// Warn above this many evictions per hour.
    pub evictions_per_hour: f64,
}

impl Options {
    /// Checks what the declaration of the options cannot express.
    pub fn from_arguments(arguments: &Arguments) -> Result<Self, Error> {
        let memcached = endpoints(arguments, "memcached", str::parse)?;
        let heartbeat_timeout = seconds(arguments, "heartbeat_timeout", 0.1)?;
        let brokers = Brokers::from_arguments(arguments, heartbeat_timeout)?;
        let path = arguments.str("path").map(PathBuf::from);
        let files: Vec<PathBuf> =
            arguments.strings("files").unwrap_or_default().into_iter().map(PathBuf::from).collect();
        let server_vars = arguments.str("server_vars").map(PathBuf::from);
        let has_files = path.is_some() || !files.is_empty();
        let mut heartbeats: Vec<Url> = Vec::new();
        for url in urls(arguments, "heartbeats")? {
            if !heartbeats.contains(&url) {
                heartbeats.push(url);
            }
        }
        let asked = Use {
            pages: urls(arguments, "traffic")?,
            login: login::read(arguments)?,
            replaced: endpoints(arguments, "memcached_replaced", str::parse)?,
            clients: clients(arguments)?,
        };
        if let Some(option) = asked.needs_caches().filter(|_| memcached.is_empty()) {
            return Err(Error::NoCaches(option));
        }
        let exposure: Vec<String> =
            arguments.strings("exposure").unwrap_or_default().into_iter().map(address).collect::<Result<_, _>>()?;
        let combine = Combine::from_arguments(arguments)?;
        let has_something = !memcached.is_empty()
            || !brokers.is_empty()
            || has_files
            || !heartbeats.is_empty()
            || asked.login.is_some()
            || !exposure.is_empty();
        if !has_something && combine.is_none() {
            return Err(Error::Nothing);
        }
        let wants_layers = arguments.bool("layers");
        if wants_layers && path.is_none() {
            return Err(Error::LayersAlone);
        }
        let expect_remote = layers(arguments)?;
        let expect_ready = arguments.bool("expect_ready");
        if !wants_layers && (!expect_remote.is_empty() || expect_ready && combine.is_none()) {
            return Err(Error::ExpectsLayers);
        }
        if server_vars.is_some() && !has_files {
            return Err(Error::ServerVarsAlone);
        }
        let release = arguments.str("release").map(str::parse).transpose().map_err(Error::Release)?;
        let activity = seconds(arguments, "activity_seconds", 0.0)?;
        let probe = Probe {
            timeout: seconds(arguments, "timeout", 0.1)?,
            activity: (!activity.is_zero()).then_some(activity),
            expect_activity: arguments.bool("expect_activity"),
            allow_public: arguments.bool("allow_public"),
            connections_percent: percent(arguments, "connections_percent")?,
            memory_percent: percent(arguments, "memory_percent")?,
            evictions_per_hour: arguments
                .float("evictions_per_hour")
                .filter(|rate| *rate >= 0.0)
                .ok_or(Error::Range { option: "evictions_per_hour", allowed: "0 or more".to_owned() })?,
        };
        if probe.expect_activity && (probe.activity.is_none() || memcached.is_empty()) {
            return Err(Error::NoInterval);
        }
        let tls = TlsSettings {
            validate_certs: arguments.bool("validate_certs"),
            ca_path: arguments.str("ca_path").map(PathBuf::from),
        };
        let tls = Tls::new(&tls).map_err(Error::Authorities)?;
        let layers = wants_layers.then(|| LayerOptions {
            connect: arguments.bool("connect"),
            allow_public: probe.allow_public,
            timeout: probe.timeout,
            expect_remote,
            caches: memcached.clone(),
        });
        Ok(Self {
            memcached,
            brokers,
            path,
            files,
            server_vars,
            release,
            heartbeats,
            heartbeat_timeout,
            asked,
            tls,
            probe,
            layers,
            host_name: arguments.str("host_name").map(str::to_owned),
            expect_ready,
            exposure,
            combine,
        })
    }
}

/// Each once.
fn endpoints(
    arguments: &Arguments,
    option: &'static str,
    parse: fn(&str) -> Result<Endpoint, EndpointError>,
) -> Result<Vec<Endpoint>, Error> {
    let mut endpoints: Vec<Endpoint> = Vec::new();
    for text in arguments.strings(option).unwrap_or_default() {
        let endpoint = parse(text).map_err(|error| Error::Endpoint { option, error })?;
        if !endpoints.contains(&endpoint) {
            endpoints.push(endpoint);
        }
    }
    Ok(endpoints)
}

fn clients(arguments: &Arguments) -> Result<Vec<CacheClient>, Error> {
    let texts = arguments.strings("memcached_clients").unwrap_or_default();
    let client = |text: &str| match text {
        "self" => Ok(CacheClient::ThisHost),
        _ => text.parse().map(CacheClient::Address).map_err(|_| Error::CacheClient(text.to_owned())),
    };
    texts.into_iter().map(client).collect()
}

fn layers(arguments: &Arguments) -> Result<Vec<Layer>, Error> {
    let names = arguments.strings("expect_remote").unwrap_or_default();
    names.into_iter().map(|name| Layer::named(name).ok_or_else(|| Error::Layer(name.to_owned()))).collect()
}

/// A host without a port: which ports are tried is the point.
fn address(text: &str) -> Result<String, Error> {
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    let has_port = bare.contains(':') && bare.parse::<std::net::Ipv6Addr>().is_err();
    let is_odd = |character: char| !character.is_ascii_alphanumeric() && !".-_:".contains(character);
    if bare.is_empty() || has_port || bare.contains(is_odd) {
        return Err(Error::Address(text.to_owned()));
    }
    Ok(bare.to_owned())
}

fn urls(arguments: &Arguments, option: &'static str) -> Result<Vec<Url>, Error> {
    let texts = arguments.strings(option).unwrap_or_default();
    texts.into_iter().map(|text| Url::parse(text).map_err(|error| Error::Url { option, error })).collect()
}

fn seconds(arguments: &Arguments, option: &'static str, least: f64) -> Result<Duration, Error> {
    arguments
        .float(option)
        .filter(|seconds| (least..=LONGEST_SECONDS).contains(seconds))
        .map(Duration::from_secs_f64)
        .ok_or_else(|| Error::Range { option, allowed: format!("{least} to {LONGEST_SECONDS} seconds") })
}

fn percent(arguments: &Arguments, option: &'static str) -> Result<u64, Error> {
    arguments
        .int(option)
        .and_then(|percent| u64::try_from(percent).ok())
        .filter(|percent| (1..=100).contains(percent))
        .ok_or_else(|| Error::Range { option, allowed: "1 to 100".to_owned() })
}
