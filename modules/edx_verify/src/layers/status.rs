//! What was seen of the layers, as the roadmap takes it.

use edx_layout::Layer;
use roadmap::{EndpointStatus, LayerStatus, Scope};

use super::look::{Asked, EndpointSeen, LayerSeen};
use crate::check::{Check, Status};
use crate::greet::Greeted;

/// Each layer once. `recorded` are the checks of the variables of the next upgrade, by layer.
pub fn layers(seen: &[LayerSeen], recorded: &[(Layer, Check)], has_record: bool) -> Vec<LayerStatus> {
    seen.iter()
        .map(|layer| LayerStatus {
            layer: layer.layer,
            place: layer.place(),
            endpoints: layer.endpoints.iter().map(endpoint).collect(),
            is_recorded: is_recorded(layer, recorded, has_record),
        })
        .collect()
}

/// What is on the server itself needs no record.
fn is_recorded(layer: &LayerSeen, recorded: &[(Layer, Check)], has_record: bool) -> Option<bool> {
    let leaves = layer.endpoints.iter().any(|endpoint| endpoint.scope != Scope::Local);
    let mut own = recorded.iter().filter(|(of, _)| *of == layer.layer).map(|(_, check)| check.status).peekable();
    if !has_record || (own.peek().is_none() && !leaves) {
        return None;
    }
    Some(own.all(|status| status != Status::Failed))
}

fn endpoint(seen: &EndpointSeen) -> EndpointStatus {
    let (answers, told) = match &seen.asked {
        Asked::Yes(Greeted::Answers { said, .. }) => (Some(true), said.clone()),
        Asked::Yes(Greeted::Not { seen, .. }) => (Some(false), seen.clone()),
        Asked::No(_) => (None, String::new()),
    };
    EndpointStatus {
        endpoint: seen.shown.clone(),
        scope: seen.scope,
        answers,
        told,
        settings: seen.settings.clone(),
    }
}
