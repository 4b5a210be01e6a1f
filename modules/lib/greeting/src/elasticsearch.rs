//! Elasticsearch and OpenSearch: the answer to `GET /`.

use edx_layout::Layer;
use serde_json::Value;

use crate::spoken::shown;
use crate::{Fault, Greeting, Spoken};

/// Judges the answer of an HTTP server to `GET /`.
pub fn elasticsearch(status: u16, body: &[u8]) -> Result<Greeting, Fault> {
    let layer = Layer::Elasticsearch;
    let refuses = |advice| Err(Fault::Refuses { layer, said: format!("HTTP status {status}"), advice });
    let page: Option<Value> = serde_json::from_slice(body).ok();
    let text = |place: &str| page.as_ref()?.pointer(place)?.as_str().map(|text| shown(text.as_bytes()));
    match status {
        401 => {
            // Others say no more than that, and so may be anything.
            let is_elasticsearch = text("/error/type").as_deref() == Some("security_exception");
            let product = if is_elasticsearch { "Elasticsearch" } else { "an HTTP server" };
            return Ok(Greeting::of(product, None, Some(true), &[]));
        }
        403 => return refuses("let the platform's hosts in: see the access policy, or the proxy before it"),
        429 | 502..=504 => {
            return refuses("it may be starting or overloaded: see its log, and its health (/_cluster/health)");
        }
        _ => {}
    }
    let number = text("/version/number").filter(|_| status == 200);
    // A number alone is any program's.
    let is_search = text("/tagline").is_some() || text("/cluster_name").is_some();
    if let Some(number) = number.filter(|_| is_search) {
        let is_fork = text("/version/distribution").as_deref() == Some("opensearch");
        let product = if is_fork { "OpenSearch" } else { "Elasticsearch" };
        return Ok(Greeting::of(product, Some(number), Some(false), &[]));
    }
    let first = body.split(|byte| *byte == b'\n').next().unwrap_or_default();
    Err(Fault::OtherProtocol { layer, spoken: Spoken::Http, said: format!("status {status}: {}", shown(first)) })
}
