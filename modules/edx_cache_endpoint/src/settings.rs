//! The settings files as they are, and what a service has in them.

use std::path::{Path, PathBuf};

use edx_layout::{Broker, BrokerEntry, Listing, ObservedBroker, ObservedCache, Release, find_brokers, find_caches};
use file_set::Original;
use lossless_yaml::Document;

use crate::entry::Entry;
use crate::error::Problem;
use crate::service::Service;

/// A settings file that was read.
#[derive(Debug)]
pub struct SettingsFile {
    /// Its path.
    pub path: PathBuf,
    /// What it says.
    pub doc: Document,
    /// The file as it was found, to be replaced only while it is still that.
    pub original: Original,
}

/// What is looked for in a file.
#[derive(Clone, Copy, Debug)]
pub struct Wanted {
    /// Whose servers.
    pub service: Service,
    /// The release of Open edX, where known.
    pub release: Option<Release>,
}

/// A settings file with what the service has in it.
#[derive(Debug)]
pub struct Observed<'a> {
    /// The file.
    pub file: &'a SettingsFile,
    /// What names servers of the service, in the order of the file.
    pub entries: Vec<Entry<'a>>,
    /// Brokers on something else than Redis.
    pub aside: Vec<BrokerEntry<'a>>,
}

impl<'a> Observed<'a> {
    /// Looks into `file`.
    pub fn of(file: &'a SettingsFile, wanted: Wanted) -> Self {
        let (entries, aside) = entries(&file.path, &file.doc, wanted);
        Self { file, entries, aside }
    }
}

/// What the service has in a document, and brokers on something else.
pub fn entries<'a>(path: &Path, doc: &'a Document, wanted: Wanted) -> (Vec<Entry<'a>>, Vec<BrokerEntry<'a>>) {
    match wanted.service {
        Service::Memcached => (find_caches(doc).into_iter().map(Entry::Cache).collect(), Vec::new()),
        Service::Redis => {
            let found = find_brokers(path, doc, wanted.release);
            let (redis, aside): (Vec<_>, _) = found.into_iter().partition(|entry| entry.redis().is_some());
            (redis.into_iter().map(Entry::Broker).collect(), aside)
        }
    }
}

/// What the variables of the next upgrade depend on.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// With memcached.
    pub caches: Vec<ObservedCache>,
    /// With Redis.
    pub brokers: Vec<ObservedBroker>,
}

impl Seen {
    /// With what stands in one more place.
    pub fn add(&mut self, file: &Path, entry: &Entry<'_>) {
        match entry {
            Entry::Cache(cache) => self.caches.extend(cache.observed(file)),
            Entry::Broker(broker) => self.brokers.extend(broker.observed(file)),
        }
    }

    /// With what was seen elsewhere.
    pub fn extend(&mut self, more: &Self) {
        self.caches.extend_from_slice(&more.caches);
        self.brokers.extend_from_slice(&more.brokers);
    }
}

/// Whether Celery's tasks travel through RabbitMQ, and none of what the release reads is on Redis.
pub fn is_on_rabbitmq(files: &[Observed<'_>]) -> bool {
    let is_read_redis = |entry: &Entry<'_>| matches!(entry, Entry::Broker(broker) if broker.is_read);
    let is_read_rabbitmq = |broker: &BrokerEntry<'_>| broker.is_read && matches!(broker.broker, Broker::RabbitMq);
    files.iter().flat_map(|file| &file.aside).any(is_read_rabbitmq)
        && !files.iter().flat_map(|file| &file.entries).any(is_read_redis)
}

/// Reads every settings file of a listing. What cannot be read, or not by
/// PyYAML, is a problem of its own; all of them are found before the first is
/// told.
pub fn read(listing: &mut Listing) -> Result<Vec<SettingsFile>, Vec<Problem>> {
    let mut files = Vec::new();
    let mut problems: Vec<Problem> = listing.refused.drain(..).map(Problem::from).collect();
    for path in listing.settings.drain(..) {
        match read_file(path) {
            Ok(file) => files.push(file),
            Err(problem) => problems.push(problem),
        }
    }
    if problems.is_empty() { Ok(files) } else { Err(problems) }
}

/// Reads one settings file.
pub fn read_file(path: PathBuf) -> Result<SettingsFile, Problem> {
    let original = file_set::read(&path)?;
    match Document::parse(original.bytes()) {
        Ok(doc) => Ok(SettingsFile { path, doc, original }),
        Err(reason) => Err(Problem::Yaml { path, reason }),
    }
}
