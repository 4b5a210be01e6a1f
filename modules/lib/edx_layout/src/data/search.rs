//! Hosts of Elasticsearch and OpenSearch.

use lossless_yaml::{Kind, Node};

use super::find::{File, Place};
use super::url::{self, Url};
use super::{DataPlace, DataSetting, Layer, text, value};

const PORT: u16 = 9200;

/// Keys with a URL or a host.
const URLS: [&str; 3] = ["ELASTICSEARCH_URL", "ELASTICSEARCH_CLUSTER_URL", "ELASTICSEARCH_LEARNERS_HOST"];
/// Keys with a list of mappings that have a `host`.
const LISTS: [&str; 2] = ["ELASTIC_SEARCH_CONFIG", "OPEN_SEARCH_CONFIG"];

/// The settings of a search engine in a mapping.
pub fn find(file: &File<'_>, settings: Place<'_, '_>, found: &mut Vec<DataSetting>) {
    for key in URLS {
        add_urls(file, settings, key, found);
    }
    for key in LISTS {
        let Some(list) = settings.get(key).map(Node::follow) else { continue };
        for (index, item) in list.items().enumerate() {
            let path = settings.key(key).index(index);
            add_host(file, Place { path: &path, mapping: item.follow(), line: item.line() }, found);
        }
    }
    // django-elasticsearch-dsl, and Haystack before it.
    if settings.is_in("ELASTICSEARCH_DSL") {
        add_urls(file, settings, "hosts", found);
    }
    if settings.is_in("HAYSTACK_CONNECTIONS") {
        add_urls(file, settings, "URL", found);
    }
    add_discovery(file, settings, found);
}

fn add_urls(file: &File<'_>, settings: Place<'_, '_>, key: &str, found: &mut Vec<DataSetting>) {
    let Some(node) = settings.get(key) else { return };
    let is_text = node.follow().kind() == Kind::Scalar;
    if is_text && matches!(value::text(Some(node)), Ok(None)) {
        return;
    }
    let items = if is_text { vec![node] } else { node.follow().items().collect() };
    let places = match items.as_slice() {
        [] => vec![text::unknown("it is neither a text nor a list of texts")],
        items => items.iter().flat_map(|item| of_item(*item)).collect(),
    };
    found.push(file.setting(Layer::Elasticsearch, &settings.key(key), node.line(), places));
}

/// One item of `hosts`: a text, or a mapping with a host of its own.
fn of_item(item: Node<'_>) -> Vec<DataPlace> {
    if item.follow().kind() == Kind::Mapping {
        return vec![of_mapping(item.get("host"), item.get("port"), item.get("use_ssl"))];
    }
    match value::text(Some(item)) {
        Ok(Some(text)) => of_text(text),
        Ok(None) => vec![text::unknown("it is empty")],
        Err(why) => vec![text::unknown(why)],
    }
}

fn add_host(file: &File<'_>, item: Place<'_, '_>, found: &mut Vec<DataSetting>) {
    let place = of_mapping(item.get("host"), item.get("port"), item.get("use_ssl"));
    found.push(file.setting(Layer::Elasticsearch, &item.key("host"), item.line_of("host"), vec![place]));
}

/// Discovery's from Palm on, which is spread over three keys.
fn add_discovery(file: &File<'_>, settings: Place<'_, '_>, found: &mut Vec<DataSetting>) {
    let key = "DISCOVERY_OPENSEARCH_HOST";
    let host = settings.get(key);
    if matches!(value::text(host), Ok(None)) {
        return;
    }
    let get = |key| settings.get(key);
    let place = of_mapping(host, get("DISCOVERY_OPENSEARCH_PORT"), get("DISCOVERY_OPENSEARCH_USE_SSL"));
    found.push(file.setting(Layer::Elasticsearch, &settings.key(key), settings.line_of(key), vec![place]));
}

fn of_mapping(host: Option<Node<'_>>, port: Option<Node<'_>>, use_ssl: Option<Node<'_>>) -> DataPlace {
    let read = || -> Result<DataPlace, String> {
        let host = value::text(host)?.ok_or("it has no host")?;
        let port = value::port(port, "port")?.unwrap_or(PORT);
        let tls = value::is_true(use_ssl);
        Ok(match Url::read(host) {
            Ok(url) => url.servers(port, tls || url.scheme == "https").swap_remove(0),
            Err(why) if url::scheme(host).is_some() => url::unreadable(host, why),
            Err(_) => text::server(host, port, tls),
        })
    };
    read().unwrap_or_else(text::unknown)
}

/// URLs, or hosts without a scheme, several of them with a comma between. As the clients have it, the port is 443
/// where the scheme is https, and 9200 otherwise.
pub fn of_text(text: &str) -> Vec<DataPlace> {
    let one = |text: &str| match Url::read_bare(text) {
        Ok(url) => match url.scheme.as_str() {
            "https" => url.servers(443, true),
            "http" | "" => url.servers(PORT, false),
            _ => vec![url.unknown("it is neither http nor https")],
        },
        Err(why) => vec![url::unreadable(text, why)],
    };
    url::split_list(text, &[',', ';']).into_iter().flat_map(one).collect()
}
