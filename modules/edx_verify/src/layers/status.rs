//! What was seen of the layers, as the roadmap takes it.

use edx_layout::Layer;
use roadmap::{CacheKeyPrefix, EndpointStatus, LayerStatus, Place, Scope};

use super::look::{Asked, EndpointSeen, LayerSeen};
use crate::check::{Check, Status, Verification};
use crate::greet::Greeted;

/// Each layer once. `recorded` are the checks of the variables of the next upgrade, by layer.
pub fn layers(seen: &[LayerSeen], recorded: &[(Layer, Check)], has_record: bool) -> Vec<LayerStatus> {
    let status = |layer: &LayerSeen| LayerStatus {
        layer: layer.layer,
        place: layer.place(),
        endpoints: layer.endpoints.iter().map(endpoint).collect(),
        is_recorded: has_record.then(|| is_recorded(layer, recorded)).flatten(),
    };
    seen.iter().map(status).collect()
}

/// What is on the server itself needs no record, and of what is written all the same the checks tell.
fn is_recorded(layer: &LayerSeen, recorded: &[(Layer, Check)]) -> Option<bool> {
    let leaves = layer.endpoints.iter().any(|endpoint| endpoint.scope != Scope::Local);
    let has_failed = recorded.iter().any(|(of, check)| *of == layer.layer && check.status == Status::Failed);
    (leaves || has_failed).then_some(!has_failed)
}

/// memcached's record is judged with the caches of the files.
pub fn record_caches(layers: &mut [LayerStatus], seen: &Verification) {
    let has_failed = seen.with(Status::Failed).any(|check| check.name.starts_with("server_vars."));
    let was_looked_at = seen.checks.iter().any(|check| check.name.starts_with("server_vars."));
    for layer in layers.iter_mut().filter(|layer| layer.layer == Layer::Memcached) {
        let leaves = matches!(layer.place, Place::Mixed | Place::Remote | Place::Unknown);
        layer.is_recorded = (was_looked_at && (leaves || has_failed)).then_some(!has_failed);
    }
}

/// As the roadmap has them: the file's name is enough.
pub fn prefixes(found: &[edx_layout::CacheKeyPrefix]) -> Vec<CacheKeyPrefix> {
    let name = |prefix: &edx_layout::CacheKeyPrefix| {
        prefix.file.file_name().unwrap_or(prefix.file.as_os_str()).to_string_lossy().into_owned()
    };
    found
        .iter()
        .map(|prefix| CacheKeyPrefix { file: name(prefix), cache: prefix.cache.clone(), prefix: prefix.prefix.clone() })
        .collect()
}

fn endpoint(seen: &EndpointSeen) -> EndpointStatus {
    let (answers, told) = match &seen.asked {
        Asked::Yes(Greeted::Answers { said, .. }) => (Some(true), said.clone()),
        Asked::Yes(Greeted::Not { seen, .. }) => (Some(false), seen.clone()),
        Asked::No(_) | Asked::DefaultName => (None, String::new()),
    };
    EndpointStatus { endpoint: seen.shown.clone(), scope: seen.scope, answers, told, settings: seen.settings.clone() }
}
