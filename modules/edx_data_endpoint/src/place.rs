//! What both services share: how a place is read, shown and recorded.

use std::path::Path;

use ansible_protocol::{Value, json};
use edx_layout::{
    DataAddress, DataEntry, DataPlace, Endpoint, EndpointError, Layer, ServerVars, data_server_vars, find_data,
};
use lossless_yaml::Node;
use rewiring::{Content, Entry, Facts, Kept, Spot};

/// Reads one server of the option `endpoints` or `replace`.
pub fn endpoint(layer: Layer, text: &str) -> Result<Endpoint, EndpointError> {
    Endpoint::of_data(layer, text)
}

/// A database or a store of a document.
pub fn entry<'a>(file: &Path, entry: DataEntry<'a>) -> Entry<'a> {
    let host = Spot::of_node(entry.host_path(), entry.host, entry.line, shown_hosts(&entry));
    let port = entry.port.map(Node::to_json).unwrap_or_default();
    let port = Spot::of_node(entry.port_path(), entry.port, entry.line, port).that_may_be_new();
    Entry {
        path: entry.path.clone(),
        line: entry.line,
        servers: servers(&entry.places),
        shown: shown(&entry.places),
        spots: vec![host.that_may_be_new(), port],
        reports: reports(file, &entry.host_path().to_string(), entry.line, &entry.places),
        judge: Box::new(move |wish, here| {
            let servers = entry.endpoints().map_err(not_understood)?;
            if servers == wish.endpoints {
                return Ok(Vec::new());
            }
            wish.allows(servers.iter().map(|server| (server.to_string(), server)), here)?;
            entry.point(&wish.endpoints).map_err(|why| Kept::Worrying(why.to_owned()))
        }),
    }
}

/// Why an entry stays of which it cannot be told where it leads.
pub fn not_understood(why: &str) -> Kept {
    Kept::Worrying(format!("it cannot be told where it leads: {why}; correct it by hand"))
}

/// The hosts as they stand there, without user and password.
fn shown_hosts(entry: &DataEntry<'_>) -> Value {
    let Some(host) = entry.host.map(Node::follow) else { return Value::Null };
    match host.text() {
        // The setting may be empty, and lead to a socket.
        Some("") => "".into(),
        Some(_) => hosts(&entry.places).join(",").into(),
        None => hosts(&entry.places).into(),
    }
}

/// The text of each place; of a socket that no value names, the host that stands for it.
fn hosts(places: &[DataPlace]) -> Vec<String> {
    places.iter().map(|place| place.shown.clone()).collect()
}

/// Servers as written and as understood.
pub fn servers(places: &[DataPlace]) -> Vec<(String, Endpoint)> {
    let read = |place: &DataPlace| {
        let endpoint = place.endpoint().ok()?;
        // A host whose port stands elsewhere has none in its text, and a URL more than the server.
        let text = if place.shown.contains("://") { endpoint.to_string() } else { place.shown.clone() };
        Some((text, endpoint))
    };
    places.iter().filter_map(read).collect()
}

/// Servers fit to be shown.
pub fn shown(places: &[DataPlace]) -> Vec<String> {
    places.iter().filter_map(|place| Some(place.endpoint().ok()?.to_string())).collect()
}

/// What the result says of an entry.
pub fn reports(file: &Path, key_path: &str, line: usize, places: &[DataPlace]) -> Vec<Value> {
    let report = |place: &DataPlace| {
        let (host, port, socket) = match &place.address {
            DataAddress::Server { host, port, .. } => (Some(host.to_string()), Some(*port), None),
            DataAddress::Socket(path) => (None, None, Some(path.display().to_string())),
            _ => (None, None, None),
        };
        json!({
            "file": file.display().to_string(),
            "key_path": key_path,
            "line": line,
            "host": host,
            "port": port,
            "socket": socket,
        })
    };
    places.iter().map(report).collect()
}

/// The variables with which the next upgrade renders what stands in `files`.
pub fn variables(layer: Layer, files: &[(&Path, &Content)], facts: &Facts<'_>) -> ServerVars {
    let settings = |(path, content): &(&Path, &Content)| {
        find_data(path, content.source().as_bytes(), facts.release).unwrap_or_default()
    };
    let settings: Vec<_> = files.iter().flat_map(settings).collect();
    data_server_vars(layer, facts.release, &settings, facts.here)
}
