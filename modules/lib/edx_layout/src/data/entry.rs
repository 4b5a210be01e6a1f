//! A database or a store in a document, with the values that name its servers.

use std::net::IpAddr;

use lossless_yaml::{Document, Edit, KeyPath, Kind, Node, Resolved};
use serde_json::Value;

use super::find::Place;
use super::{DataAddress, DataPlace, mongodb, mysql, url, value};
use crate::endpoint::{Endpoint, Host};

/// A database of Django, or a store of edx-platform's in MongoDB.
#[derive(Clone, Debug)]
pub struct DataEntry<'a> {
    /// Where it stands, such as `DATABASES.default` or `CONTENTSTORE.DOC_STORE_CONFIG`.
    pub path: KeyPath,
    /// All of its settings.
    pub mapping: Node<'a>,
    /// The keys of its values.
    pub keys: DataKeys,
    /// Its host or hosts.
    pub host: Option<Node<'a>>,
    /// Its port.
    pub port: Option<Node<'a>>,
    /// The line of the host, or of the mapping where it has none.
    pub line: usize,
    /// Where it leads.
    pub places: Vec<DataPlace>,
}

/// How the values of such a mapping are called, and their usual port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DataKeys {
    /// The key of the host.
    pub host: &'static str,
    /// The key of the port.
    pub port: &'static str,
    usual_port: u16,
    /// Whether a port that had to be made is a text, as Open edX renders it.
    port_is_text: bool,
}

impl DataKeys {
    /// Of a database: both are texts as edx-platform's role renders them, and Django takes a number, too.
    pub const DATABASE: Self = Self { host: "HOST", port: "PORT", usual_port: 3306, port_is_text: true };
    /// Of a store.
    pub const STORE: Self = Self { host: "host", port: "port", usual_port: 27017, port_is_text: false };
}

/// Every database in a document, in the order of its lines.
pub fn find_databases(doc: &Document) -> Vec<DataEntry<'_>> {
    find(doc, |place| mysql::entry(place))
}

/// Every store in MongoDB in a document, in the order of its lines.
pub fn find_stores(doc: &Document) -> Vec<DataEntry<'_>> {
    find(doc, |place| mongodb::entry(place))
}

fn find<'a>(doc: &'a Document, entry: impl Fn(Place<'_, 'a>) -> Option<DataEntry<'a>>) -> Vec<DataEntry<'a>> {
    let mut found = Vec::new();
    doc.walk(&mut |path, node| {
        let mapping = node.follow();
        if mapping.kind() == Kind::Mapping {
            found.extend(entry(Place { path, mapping, line: node.line() }));
        }
    });
    found.sort_by_key(|entry| entry.line);
    found
}

impl DataEntry<'_> {
    /// The key path of its host.
    pub fn host_path(&self) -> KeyPath {
        self.path.key(self.keys.host)
    }

    /// The key path of its port.
    pub fn port_path(&self) -> KeyPath {
        self.path.key(self.keys.port)
    }

    /// Its servers: an endpoint for each place, or why it cannot be told where one leads.
    pub fn endpoints(&self) -> Result<Vec<Endpoint>, &str> {
        self.places.iter().map(DataPlace::endpoint).collect()
    }

    /// The edits after which it leads to `servers`, of which there is one for a database. Each value keeps its type: a
    /// list stays a list, a port that is a text a text.
    ///
    /// # Errors
    ///
    /// Why it has no room for them.
    pub fn point(&self, servers: &[Endpoint]) -> Result<Vec<Edit>, &'static str> {
        if self.endpoints().is_ok_and(|now| now == servers) {
            return Ok(Vec::new());
        }
        let text = self.host.and_then(|host| host.follow().text());
        if let Some(text) = text.filter(|text| url::scheme(text).is_some()) {
            let pointed = mongodb::pointed_url(text, servers)?;
            return Ok(vec![Edit::Set { path: self.host_path(), value: pointed.into() }]);
        }
        let ports: Vec<u16> = servers.iter().filter_map(Endpoint::port).collect();
        let port = ports.first().copied().filter(|first| ports.iter().all(|port| port == first));
        let is_database = self.keys == DataKeys::DATABASE;
        let hosts: Vec<String> = servers.iter().map(|server| written(server, port.is_some(), is_database)).collect();
        let is_list = self.host.is_some_and(|host| host.resolved() == Resolved::Sequence);
        let value: Value = if is_list { hosts.into() } else { hosts.join(",").into() };
        let mut edits = vec![Edit::Set { path: self.host_path(), value }];
        edits.extend(port.and_then(|port| self.set_port(port)));
        Ok(edits)
    }

    fn set_port(&self, port: u16) -> Option<Edit> {
        let now = value::port(self.port, self.keys.port).ok()?.unwrap_or(self.keys.usual_port);
        if now == port {
            return None;
        }
        let is_text = match self.port.map(Node::resolved) {
            Some(Resolved::Str(_)) => true,
            Some(Resolved::Int(_)) => false,
            _ => self.keys.port_is_text,
        };
        let value: Value = if is_text { port.to_string().into() } else { port.into() };
        Some(Edit::Set { path: self.port_path(), value })
    }
}

/// A host alone, where the port stands elsewhere. Django hands an IPv6 address over as it is; a list of hosts needs
/// its brackets.
fn written(server: &Endpoint, is_alone: bool, is_database: bool) -> String {
    match server {
        Endpoint::Tcp { host: Host::Address(IpAddr::V6(address)), .. } if is_alone && !is_database => {
            format!("[{address}]")
        }
        Endpoint::Tcp { host, .. } if is_alone => host.to_string(),
        other => other.to_string(),
    }
}

impl DataPlace {
    /// It as an endpoint, or why it cannot be told where it leads.
    pub fn endpoint(&self) -> Result<Endpoint, &str> {
        match &self.address {
            DataAddress::Server { host, port, .. } => Ok(Endpoint::Tcp { host: host.clone(), port: *port }),
            DataAddress::Socket(path) => Ok(Endpoint::Unix(path.display().to_string())),
            DataAddress::Unknown(why) => Err(why),
            DataAddress::Folder(_) | DataAddress::ObjectStore { .. } => Err("it is no server"),
        }
    }
}
