//! What to look at, from the arguments of a run.

mod login;

use std::path::PathBuf;
use std::time::Duration;

use ansible_protocol::Arguments;
use edx_layout::{Endpoint, Release};
use http::{Tls, TlsSettings, Url};

use crate::error::Error;
use crate::platform::LoginOptions;

/// Longer than this is a mistake, and could not be told from a hanging task.
const LONGEST_SECONDS: f64 = 3600.0;

/// What to look at.
#[derive(Debug, Clone)]
pub struct Options {
    /// The cache servers, each once.
    pub memcached: Vec<Endpoint>,
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
    /// The pages to ask for while the cache servers count.
    pub traffic: Vec<Url>,
    /// What to trust where a page is asked for with TLS.
    pub tls: Tls,
    /// Who signs in, and where.
    pub login: Option<LoginOptions>,
    /// How to look at the cache servers.
    pub probe: Probe,
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
        let mut memcached: Vec<Endpoint> = Vec::new();
        for text in arguments.strings("memcached").unwrap_or_default() {
            let endpoint = text.parse().map_err(Error::Endpoint)?;
            if !memcached.contains(&endpoint) {
                memcached.push(endpoint);
            }
        }
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
        let traffic = urls(arguments, "traffic")?;
        if !traffic.is_empty() && memcached.is_empty() {
            return Err(Error::TrafficAlone);
        }
        let login = login::read(arguments)?;
        if memcached.is_empty() && !has_files && heartbeats.is_empty() && login.is_none() {
            return Err(Error::Nothing);
        }
        if server_vars.is_some() && !has_files {
            return Err(Error::ServerVarsAlone);
        }
        let release = arguments.str("release").map(str::parse).transpose().map_err(Error::Release)?;
        let heartbeat_timeout = seconds(arguments, "heartbeat_timeout", 0.1)?;
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
        Ok(Self {
            memcached,
            path,
            files,
            server_vars,
            release,
            heartbeats,
            heartbeat_timeout,
            traffic,
            tls,
            login,
            probe,
        })
    }
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
