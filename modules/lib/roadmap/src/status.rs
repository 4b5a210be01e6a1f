//! What was seen of one application server, without a secret in it.

use edx_layout::Layer;
pub use edx_layout::Scope;

/// An application server.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HostStatus {
    /// What the operator calls it.
    pub host: String,
    /// Its host name, where known.
    pub name: Option<String>,
    /// Its addresses.
    pub addresses: Vec<String>,
    /// Its release of Open edX, lower case, where known.
    pub release: Option<String>,
    /// Each layer once, in the order of [`Layer::ALL`]; those that nothing uses among them.
    pub layers: Vec<LayerStatus>,
    /// The prefixes of the keys of its caches on memcached.
    pub prefixes: Vec<CacheKeyPrefix>,
    /// What is not as it should be, or was not looked at: checks that failed, and warnings.
    pub findings: Vec<Finding>,
    /// How many checks passed.
    pub passed: usize,
    /// Whether every file could be read, so that nothing is missing here.
    pub is_complete: bool,
}

/// The name of the finding that tells that a server could not be looked at.
pub const UNREACHED: &str = "host.reachable";

impl HostStatus {
    /// Why the server could not be looked at; none where it was.
    pub(crate) fn why_unreached(&self) -> Option<&str> {
        let finding = self.findings.iter().find(|finding| finding.name == UNREACHED)?;
        Some(finding.seen.trim_end_matches('.'))
    }
}

/// One layer of an application server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LayerStatus {
    /// Which.
    pub layer: Layer,
    /// Where its data is.
    pub place: Place,
    /// The servers and folders, each once.
    pub endpoints: Vec<EndpointStatus>,
    /// Whether the variables of the next upgrade say the same; none where that was not looked at, or there is nothing
    /// to say.
    pub is_recorded: Option<bool>,
}

/// Where a layer's data is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Nothing on this server uses it.
    Unused,
    /// All on this server.
    Local,
    /// Some here, some elsewhere.
    Mixed,
    /// All elsewhere.
    Remote,
    /// It cannot be told.
    Unknown,
}

impl Place {
    /// Every one.
    pub const ALL: [Self; 5] = [Self::Unused, Self::Local, Self::Mixed, Self::Remote, Self::Unknown];

    /// Its word in JSON.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Unused => "unused",
            Self::Local => "local",
            Self::Mixed => "mixed",
            Self::Remote => "remote",
            Self::Unknown => "unknown",
        }
    }
}

/// A server, or a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndpointStatus {
    /// As it is written, without a password.
    pub endpoint: String,
    /// Whose it is, and who reaches it.
    pub scope: Scope,
    /// Whether it answers as such a server does; none where it was not asked.
    pub answers: Option<bool>,
    /// What it said, or why it did not; empty where it was not asked.
    pub told: String,
    /// The settings that name it: `lms.yml DATABASES.default.HOST`.
    pub settings: Vec<String>,
}

/// The prefix of the keys of one cache.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CacheKeyPrefix {
    /// The file's name.
    pub file: String,
    /// The cache, such as `CACHES.staticfiles`.
    pub cache: String,
    /// The prefix.
    pub prefix: String,
}

/// A check that did not pass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// `layer.property`.
    pub name: String,
    /// What it is about.
    pub subject: String,
    /// `failed` or `warning`.
    pub status: String,
    /// What was seen.
    pub seen: String,
    /// What to do.
    pub advice: String,
}
