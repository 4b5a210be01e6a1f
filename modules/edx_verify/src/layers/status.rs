//! What was seen of the layers, as the roadmap takes it.

use edx_layout::Layer;
use roadmap::{CacheKeyPrefix, EndpointStatus, LayerStatus, Place, Scope};

use super::look::{Asked, EndpointSeen, LayerSeen};
use super::record::Judged;
use crate::check::{Status, Verification};
use crate::greet::Greeted;

/// Each layer once. `recorded` is what the variables of the next upgrade make of them.
pub fn layers(seen: &[LayerSeen], recorded: &[Judged], has_record: bool) -> Vec<LayerStatus> {
    let status = |layer: &LayerSeen| LayerStatus {
        layer: layer.layer,
        place: layer.place(),
        endpoints: layer.endpoints.iter().map(endpoint).collect(),
        is_recorded: has_record.then(|| is_recorded(layer, recorded)).flatten(),
    };
    seen.iter().map(status).collect()
}

/// What is on the server itself needs no record, and of what is written all the same the checks tell. Where one variable is
/// not understood, all of it is not known, unless another one is wrong.
fn is_recorded(layer: &LayerSeen, recorded: &[Judged]) -> Option<bool> {
    let leaves = layer.endpoints.iter().any(|endpoint| endpoint.scope != Scope::Local);
    let keeps: Vec<Option<bool>> = recorded.iter().filter(|it| it.layer == layer.layer).map(|it| it.keeps).collect();
    if keeps.contains(&Some(false)) {
        return Some(false);
    }
    (leaves && !keeps.contains(&None)).then_some(true)
}

/// memcached's record is judged with the caches of the files.
pub fn record_caches(layers: &mut [LayerStatus], seen: &Verification, has_record: bool) {
    let has_failed = seen.with(Status::Failed).any(|check| check.name.starts_with("server_vars."));
    for layer in layers.iter_mut().filter(|layer| layer.layer == Layer::Memcached) {
        let leaves = matches!(layer.place, Place::Mixed | Place::Remote | Place::Unknown);
        layer.is_recorded = (has_record && (leaves || has_failed)).then_some(!has_failed);
    }
}

/// As the roadmap has them: the file's name is enough.
pub fn prefixes(found: &[edx_layout::CacheKeyPrefix]) -> Vec<CacheKeyPrefix> {
    let name = |prefix: &edx_layout::CacheKeyPrefix| {
        prefix.file.file_name().unwrap_or(prefix.file.as_os_str()).to_string_lossy().into_owned()
    };
    found
        .iter()
        .filter(|prefix| prefix.is_read)
        .map(|prefix| CacheKeyPrefix { file: name(prefix), cache: prefix.cache.clone(), prefix: prefix.prefix.clone() })
        .collect()
}

fn endpoint(seen: &EndpointSeen) -> EndpointStatus {
    let (answers, told) = match &seen.asked {
        Asked::Yes(Greeted::Answers { said, .. }) => (Some(true), said.clone()),
        Asked::Yes(Greeted::Not { seen, .. }) => (Some(false), seen.clone()),
        Asked::Yes(Greeted::Untold(_)) | Asked::No(_) | Asked::DefaultName => (None, String::new()),
    };
    EndpointStatus { endpoint: seen.shown.clone(), scope: seen.scope, answers, told, settings: seen.settings.clone() }
}
