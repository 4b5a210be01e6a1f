//! The task queue: Redis from Koa on, RabbitMQ before.

use super::find::{File, Place};
use super::url::{self, Url};
use super::{DataPlace, DataSetting, Layer, text, value};
use crate::release::Release;

/// Keys with the URL of a broker.
pub const URLS: [&str; 3] = ["BROKER_URL", "CELERY_BROKER_URL", "broker_url"];
/// Keys with the URL of where results are kept. Where they name no broker (`django-cache`), they name another layer.
pub const RESULTS: [&str; 3] = ["CELERY_RESULT_BACKEND", "RESULT_BACKEND", "result_backend"];
/// The key of the server from which LMS, Studio and others put a URL together.
pub const HOSTNAME: &str = "CELERY_BROKER_HOSTNAME";

/// The settings of Celery in a mapping.
pub fn find(file: &File<'_>, settings: Place<'_, '_>, found: &mut Vec<DataSetting>) {
    for key in URLS.into_iter().chain(RESULTS) {
        let Some(node) = settings.get(key) else { continue };
        let places = match value::text(Some(node)) {
            Ok(None) => continue,
            Ok(Some(text)) if RESULTS.contains(&key) && !names_a_broker(text) => continue,
            Ok(Some(text)) => urls(text, &[';']),
            Err(why) => vec![(None, text::unknown(why))],
        };
        found.extend(
            by_layer(places, usual(file.release))
                .into_iter()
                .map(|(layer, places)| file.setting(layer, &settings.key(key), node.line(), places)),
        );
    }
    hostname(file, settings, found);
}

/// LMS and Studio put their URL together from its parts; the hostname may have a port.
fn hostname(file: &File<'_>, settings: Place<'_, '_>, found: &mut Vec<DataSetting>) {
    let Some(node) = settings.get(HOSTNAME) else { return };
    let transport = value::text_or_none(settings.get("CELERY_BROKER_TRANSPORT")).unwrap_or_default();
    // An empty transport is the default of several services, and their code then takes the release's own.
    let usual = usual(file.release);
    let (layer, port, is_tls) =
        transport_of(transport).unwrap_or((usual, usual.default_port().unwrap_or_default(), false));
    let tls = is_tls || value::is_true(settings.get("CELERY_BROKER_USE_SSL"));
    let places = match value::text(Some(node)) {
        Ok(None) => return,
        Ok(Some(_)) if is_none(transport) => return,
        Ok(Some(host)) => vec![text::server(host, port, tls)],
        Err(why) => vec![text::unknown(why)],
    };
    found.push(file.setting(layer, &settings.key(HOSTNAME), node.line(), places));
}

/// What a release's roles install.
pub fn usual(release: Option<Release>) -> Layer {
    if release.is_some_and(|release| release < Release::Koa) { Layer::RabbitMq } else { Layer::Redis }
}

/// The places of one URL or of several in one text, each with its layer where that can be told.
pub fn urls(text: &str, separators: &[char]) -> Vec<(Option<Layer>, DataPlace)> {
    url::split_list(text, separators).into_iter().flat_map(of_url).collect()
}

fn of_url(text: &str) -> Vec<(Option<Layer>, DataPlace)> {
    let Some(scheme) = url::scheme(text).map(str::to_ascii_lowercase) else {
        return vec![(None, bare(text))];
    };
    if is_none(&scheme) {
        return Vec::new();
    }
    let known = transport_of(&scheme);
    let places = match (Url::read(text), known) {
        (Err(why), _) => vec![url::unreadable(text, why)],
        (Ok(url), _) if url.authority.is_empty() && is_socket(&scheme) => vec![url.socket(url.path().to_owned())],
        (Ok(url), None) => vec![url.unknown(format!("{scheme} is no transport that is known here"))],
        // Kombu's and redis-py's own default.
        (Ok(url), Some((_, port, tls))) if url.authority.is_empty() => url.at("localhost").servers(port, tls),
        (Ok(url), Some((_, port, tls))) => url.servers(port, tls),
    };
    places.into_iter().map(|place| (known.map(|(layer, ..)| layer), place)).collect()
}

/// Whether a URL of this scheme without a host leads to a Unix socket.
pub fn is_socket(scheme: &str) -> bool {
    matches!(scheme, "unix" | "redis+socket")
}

/// `host`, `host:port`, `host:port:database` or the path of a socket.
fn bare(text: &str) -> DataPlace {
    if text.starts_with('/') {
        return text::server(text, 6379, false);
    }
    let is_database = |(_, number): &(&str, &str)| number.bytes().all(|b| b.is_ascii_digit());
    let without = text.rsplit_once(':').filter(is_database).map(|(server, _)| server);
    let server = without.filter(|server| server.matches(':').count() == 1).unwrap_or(text);
    text::server(server, 6379, false)
}

/// Layer, usual port and TLS of a transport.
pub fn transport_of(name: &str) -> Option<(Layer, u16, bool)> {
    Some(match name {
        "redis" | "redis+socket" => (Layer::Redis, 6379, false),
        "rediss" => (Layer::Redis, 6379, true),
        "sentinel" => (Layer::Redis, 26379, false),
        "amqp" | "pyamqp" | "librabbitmq" => (Layer::RabbitMq, 5672, false),
        "amqps" => (Layer::RabbitMq, 5671, true),
        _ => return None,
    })
}

/// Whether a text is the URL of a broker, rather than the name of another backend.
pub fn names_a_broker(text: &str) -> bool {
    url::scheme(text).is_some_and(|scheme| transport_of(&scheme.to_ascii_lowercase()).is_some())
}

/// Queues in the database (the notifier's) or in the process's own memory.
pub fn is_none(transport: &str) -> bool {
    matches!(transport, "django" | "memory" | "filesystem")
}

/// The places of each layer together, in the order of the layers' first.
fn by_layer(places: Vec<(Option<Layer>, DataPlace)>, usual: Layer) -> Vec<(Layer, Vec<DataPlace>)> {
    let mut sorted: Vec<(Layer, Vec<DataPlace>)> = Vec::new();
    for (layer, place) in places {
        let layer = layer.unwrap_or(usual);
        match sorted.iter_mut().find(|(known, _)| *known == layer) {
            Some((_, places)) => places.push(place),
            None => sorted.push((layer, vec![place])),
        }
    }
    sorted
}
