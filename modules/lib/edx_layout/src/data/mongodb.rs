//! Hosts of MongoDB: every `DOC_STORE_CONFIG`, the content store, and forum's URL.

use lossless_yaml::{Node, Segment};

use super::entry::{DataEntry, DataKeys};
use super::find::{File, Place};
use super::url::{self, Url};
use super::{DataPlace, DataSetting, Layer, text, value};
use crate::endpoint::Endpoint;

const PORT: u16 = 27017;

/// A mapping that says where a MongoDB is.
pub fn find(file: &File<'_>, store: Place<'_, '_>, found: &mut Vec<DataSetting>) {
    if let Some(entry) = entry(store) {
        found.push(file.setting(Layer::MongoDb, &entry.host_path(), entry.line, entry.places));
    }
}

/// The same with the values that name its servers.
pub fn entry<'a>(store: Place<'_, 'a>) -> Option<DataEntry<'a>> {
    let host = store.get("host").filter(|_| is_store(store))?;
    Some(DataEntry {
        path: store.path.clone(),
        mapping: store.mapping,
        keys: DataKeys::STORE,
        host: Some(host),
        port: store.get("port"),
        line: host.line(),
        places: places(store, host),
    })
}

/// The names are the same at every depth: in the content store, in each store of the module store, and on its own.
fn is_store(store: Place<'_, '_>) -> bool {
    match store.path.segments().last() {
        Some(Segment::Key(key)) => key == "DOC_STORE_CONFIG" || (key == "OPTIONS" && store.is_in("CONTENTSTORE")),
        _ => false,
    }
}

fn places(store: Place<'_, '_>, host: Node<'_>) -> Vec<DataPlace> {
    let port = match value::port(store.get("port"), "port") {
        Ok(port) => port.unwrap_or(PORT),
        Err(why) => return vec![text::unknown(why)],
    };
    let tls = value::is_true(store.get("ssl")) || value::is_true(store.get("tls"));
    let read =
        |item: Result<&str, String>| item.map_or_else(|why| vec![text::unknown(why)], |text| hosts(text, port, tls));
    value::texts(host).into_iter().flat_map(read).collect()
}

/// One text, which may name several hosts or be a URL.
fn hosts(text: &str, port: u16, tls: bool) -> Vec<DataPlace> {
    if url::scheme(text).is_some() {
        return of_url(text, tls);
    }
    text.split(',').map(|host| text::server(host.trim(), port, tls)).collect()
}

/// `mongodb://user:password@one:27017,two:27017/database`. The name in a `mongodb+srv://` one leads to the servers'
/// names in DNS, and may have no address of its own.
pub fn of_url(text: &str, tls: bool) -> Vec<DataPlace> {
    let url = match Url::read(text) {
        Ok(url) => url,
        Err(why) => return vec![url::unreadable(text, why)],
    };
    if !matches!(url.scheme.as_str(), "mongodb" | "mongodb+srv") {
        return vec![url.unknown("it is not a URL of MongoDB")];
    }
    let tls = tls || url.scheme == "mongodb+srv" || url.asks_for("ssl") || url.asks_for("tls");
    let is_socket = |host: &str| host.get(..3).is_some_and(|start| start.eq_ignore_ascii_case("%2F"));
    if url.authority.split(',').any(is_socket) {
        let slashes = |host: &str| host.replace("%2F", "/").replace("%2f", "/");
        return url.authority.split(',').map(|host| url.socket(slashes(host))).collect();
    }
    url.servers(PORT, tls)
}

/// A URL of MongoDB that leads to `servers`; user, password, database and the rest stay as they are.
pub fn pointed_url(text: &str, servers: &[Endpoint]) -> Result<String, &'static str> {
    let url = Url::read(text)?;
    if url.scheme == "mongodb+srv" {
        return Err("its servers are looked up in DNS (mongodb+srv), so the name there decides; change it by hand");
    }
    let start = url.authority.as_ptr() as usize - text.as_ptr() as usize;
    let listed = servers.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
    Ok(format!("{}{listed}{}", &text[..start], &text[start + url.authority.len()..]))
}
