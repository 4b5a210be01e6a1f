//! Every data layer of an application server: where its data is, whether that answers, and whether the next upgrade
//! keeps it there.

mod checks;
mod look;
mod names;
mod record;
mod status;

use edx_layout::{Findings, Snapshot};
use roadmap::{CacheKeyPrefix, HostStatus, LayerStatus};

use crate::check::{Status, Verification};
use crate::greet::Way;
use crate::options::LayerOptions;
use crate::server_vars::Variables;
use look::LayerSeen;

/// What there is to look at.
pub struct Data<'a> {
    /// What the files say.
    pub findings: &'a Findings,
    /// The files, and whose they are.
    pub snapshot: &'a Snapshot,
    /// The variables of the next upgrade; none where they were not to be looked at.
    pub record: Option<&'a Variables>,
}

/// What was found of an application server.
pub struct Found {
    layers: Vec<LayerStatus>,
    prefixes: Vec<CacheKeyPrefix>,
    has_record: bool,
    is_complete: bool,
}

/// Looks at every layer.
pub fn verify(data: &Data<'_>, options: &LayerOptions, way: Way<'_>) -> (Found, Verification) {
    let seen: Vec<LayerSeen> = look::look(data, options, way);
    let recorded = record::judge(data);
    let mut checks: Vec<_> = seen.iter().flat_map(|layer| checks::judge(layer, options)).collect();
    checks.extend(recorded.iter().map(|judged| judged.check.clone()));
    let has_record = data.record.is_some_and(Result::is_ok);
    let found = Found {
        layers: status::layers(&seen, &recorded, has_record),
        prefixes: status::prefixes(&data.findings.prefixes),
        has_record,
        is_complete: false,
    };
    (found, Verification { checks, ..Verification::default() })
}

impl Found {
    /// With whether every file could be read, so that nothing is missing.
    #[must_use]
    pub fn complete(mut self, is_complete: bool) -> Self {
        self.is_complete = is_complete;
        self
    }

    /// Where the server stands, with all that was not as it should be. `called` is what the operator calls it.
    pub fn status(self, called: Option<&str>, snapshot: &Snapshot, seen: &Verification) -> HostStatus {
        let name = snapshot.here.name.clone();
        let mut layers = self.layers;
        status::record_caches(&mut layers, seen, self.has_record);
        HostStatus {
            host: called.map(str::to_owned).or_else(|| name.clone()).unwrap_or_else(|| "this server".to_owned()),
            name,
            addresses: snapshot.here.addresses.iter().map(ToString::to_string).collect(),
            release: snapshot.release.map(|release| release.name().to_owned()),
            layers,
            prefixes: self.prefixes,
            findings: seen.findings(),
            passed: seen.count(Status::Ok),
            is_complete: self.is_complete,
        }
    }
}
