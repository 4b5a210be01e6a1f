//! Puts what the settings say together by server, and asks each of them.

use std::net::IpAddr;
use std::time::{Duration, Instant};

use edx_layout::{DataAddress, DataPlace, DataSetting, EDX_DEFAULT_NAME, Host, Layer};
use net::Target;
use roadmap::{Place, Scope};

use super::Data;
use crate::greet::{self, Greeted, Way};
use crate::options::LayerOptions;
use crate::side_by_side::side_by_side;

/// So many servers are asked together; more wait for these.
const TOGETHER: usize = 32;

/// A layer, and its servers.
pub struct LayerSeen {
    pub layer: Layer,
    /// Each once, in the order of the files.
    pub endpoints: Vec<EndpointSeen>,
    /// Settings of files that the release does not read, and that name something of this server: they mislead.
    pub unread: Vec<String>,
}

/// A server, a folder or a store.
pub struct EndpointSeen {
    pub address: DataAddress,
    /// As it is written.
    pub shown: String,
    /// The settings that name it.
    pub settings: Vec<String>,
    pub scope: Scope,
    /// What its name leads to, where it has one and that is known.
    pub resolved: Vec<IpAddr>,
    pub asked: Asked,
}

/// Whether it was asked.
pub enum Asked {
    /// What came of it.
    Yes(Greeted),
    /// Why not.
    No(&'static str),
    /// Not, as it is a name that nobody on a native install ever gave an address.
    DefaultName,
}

impl LayerSeen {
    /// Where the layer's data is.
    pub fn place(&self) -> Place {
        let is = |scope: Scope| self.endpoints.iter().any(|endpoint| endpoint.scope == scope);
        let is_elsewhere = is(Scope::Private) || is(Scope::Public);
        if self.endpoints.is_empty() {
            Place::Unused
        } else if is(Scope::Unknown) {
            Place::Unknown
        } else if is(Scope::Local) {
            if is_elsewhere { Place::Mixed } else { Place::Local }
        } else {
            Place::Remote
        }
    }
}

/// Looks at every layer, those that nothing uses among them.
pub fn look(data: &Data<'_>, options: &LayerOptions, way: Way<'_>) -> Vec<LayerSeen> {
    let mut layers: Vec<LayerSeen> = Layer::ALL.into_iter().map(|layer| gather(layer, data)).collect();
    let all: Vec<(Layer, &EndpointSeen)> =
        layers.iter().flat_map(|seen| seen.endpoints.iter().map(|endpoint| (seen.layer, endpoint))).collect();
    let results = side_by_side(&all, TOGETHER, |(layer, endpoint)| {
        let (scope, resolved) = scope(endpoint, data, options.timeout, way);
        (scope, resolved, ask(*layer, endpoint, scope, options, way))
    });
    let all = layers.iter_mut().flat_map(|seen| seen.endpoints.iter_mut());
    for (endpoint, (scope, resolved, asked)) in all.zip(results) {
        endpoint.scope = scope;
        endpoint.resolved = resolved;
        endpoint.asked = asked;
    }
    layers
}

fn gather(layer: Layer, data: &Data<'_>) -> LayerSeen {
    let mut seen = LayerSeen { layer, endpoints: Vec::new(), unread: Vec::new() };
    for setting in data.findings.settings.iter().filter(|setting| setting.layer == layer) {
        for place in &setting.places {
            if setting.is_read {
                seen.add(setting, place);
            } else if data.snapshot.here.place(&place.address, &[]) == Scope::Local {
                seen.unread.push(named(setting));
            }
        }
    }
    seen
}

impl LayerSeen {
    fn add(&mut self, setting: &DataSetting, place: &DataPlace) {
        let name = named(setting);
        match self.endpoints.iter_mut().find(|known| known.address == place.address) {
            Some(known) => known.settings.push(name),
            None => self.endpoints.push(EndpointSeen {
                address: place.address.clone(),
                shown: shown(setting.layer, place),
                settings: vec![name],
                scope: Scope::Unknown,
                resolved: Vec::new(),
                asked: Asked::No("not reached"),
            }),
        }
    }
}

/// As it is written, with the port where that stands in a setting of its own and is not the usual one.
fn shown(layer: Layer, place: &DataPlace) -> String {
    match &place.address {
        DataAddress::Server { port, .. }
            if Some(*port) != layer.default_port() && !place.shown.contains(&format!(":{port}")) =>
        {
            format!("{}:{port}", place.shown)
        }
        _ => place.shown.clone(),
    }
}

/// `lms.yml DATABASES.default.HOST`: the folder is the same for nearly all of them.
fn named(setting: &DataSetting) -> String {
    let file = setting.file.file_name().unwrap_or(setting.file.as_os_str());
    format!("{} {}", file.to_string_lossy(), setting.key)
}

/// Whose it is, and what its name leads to. A name is looked up from where connections are made.
fn scope(endpoint: &EndpointSeen, data: &Data<'_>, time: Duration, way: Way<'_>) -> (Scope, Vec<IpAddr>) {
    let scope = data.snapshot.here.place(&endpoint.address, &[]);
    let name = match endpoint.address.host() {
        Some(Host::Name(name)) if scope == Scope::Unknown => name,
        _ => return (scope, Vec::new()),
    };
    let addresses = way.dial.resolve(&name, Instant::now() + time).ok().flatten().unwrap_or_default();
    (data.snapshot.here.place(&endpoint.address, &addresses), addresses)
}

fn ask(layer: Layer, endpoint: &EndpointSeen, scope: Scope, options: &LayerOptions, way: Way<'_>) -> Asked {
    if !options.connect {
        return Asked::No("not asked, as only files were to be read");
    }
    let time = options.timeout;
    match &endpoint.address {
        DataAddress::Unknown(_) => Asked::No("not asked, as it cannot be told where it is"),
        DataAddress::Folder(_) => Asked::No("a folder of this server"),
        DataAddress::ObjectStore { endpoint, bucket } => {
            Asked::Yes(greet::store(way, endpoint.as_deref(), bucket, time))
        }
        DataAddress::Socket(path) => Asked::Yes(greet::ask(way, layer, &Target::Unix(path.clone()), false, time)),
        DataAddress::Server { .. } if scope == Scope::Public && !options.allow_public => {
            Asked::No("not asked, as its address is public")
        }
        DataAddress::Server { host: Host::Name(name), port, .. }
            if name == EDX_DEFAULT_NAME && !has_address(name, *port, time, way) =>
        {
            Asked::DefaultName
        }
        DataAddress::Server { host: Host::Name(name), port, tls }
            if layer == Layer::MySql && name == greet::LOCALHOST && way.dial.is_here() =>
        {
            Asked::Yes(greet::ask_own_mysql(way, *port, *tls, time))
        }
        DataAddress::Server { host, port, tls } => {
            Asked::Yes(greet::ask(way, layer, &Target::tcp(host, *port), *tls, time))
        }
    }
}

/// Whether a name leads anywhere. Where only whoever connects gets to know that, a connection tells.
fn has_address(name: &str, port: u16, time: Duration, way: Way<'_>) -> bool {
    let deadline = Instant::now() + time;
    match way.dial.resolve(name, deadline) {
        Ok(Some(_)) => true,
        Ok(None) => way.dial.connect(&Target::tcp(name, port), deadline).is_ok(),
        Err(_) => false,
    }
}
