//! May a second application server be added, and what is in the way.

use std::collections::BTreeMap;

use edx_layout::Layer;

use crate::address;
use crate::status::{EndpointStatus, HostStatus, LayerStatus, Place, Scope};
use crate::text::is_public;
use crate::words::{counted, listed};

/// Whether a second application server may be added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Readiness {
    /// Whether nothing is in the way.
    pub ready: bool,
    /// What is in the way: by server in their order, what concerns several last.
    pub blockers: Vec<Remark>,
    /// What is not in the way, and should be looked at.
    pub warnings: Vec<Remark>,
}

/// Something that is in the way, or should be looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    /// What it is.
    pub kind: Kind,
    /// The server that it is about; none where it is about several.
    pub host: Option<String>,
    /// The layer that it is about.
    pub layer: Option<Layer>,
    /// One sentence.
    pub says: String,
    /// The settings that say so.
    pub settings: Vec<String>,
}

/// What a remark is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// No server was looked at, or nothing of Open edX was found on one.
    Nothing,
    /// The server could not be looked at.
    Unreached,
    /// Not every file could be read.
    Incomplete,
    /// The data is on the application server.
    Local,
    /// Some of it is.
    Mixed,
    /// It cannot be told.
    Unknown,
    /// It has moved, and the next upgrade would undo that.
    Unrecorded,
    /// The server that keeps it does not answer.
    Silent,
    /// It has moved to another application server.
    Lodger,
    /// The application servers use different ones.
    Differs,
    /// Keys of a cache are this server's own.
    Prefix,
    /// The internet reaches its server.
    Public,
    /// Nobody asked the server.
    Unasked,
    /// The variables of the next upgrade would move it.
    Foretold,
    /// What the variables of the next upgrade say of it is not known.
    RecordUnknown,
}

/// May a second application server be added?
///
/// What is in the way is about sharing only: an endpoint that the internet reaches is shared as well as any other,
/// so it is a warning. A server that nobody asked is in the way: what was not seen is not known.
pub fn readiness(hosts: &[HostStatus]) -> Readiness {
    let mut blockers = Vec::new();
    let mut warnings = Vec::new();
    if hosts.is_empty() {
        blockers.push(about(None, None, Kind::Nothing, "No application server was looked at.".to_owned()));
    }
    for host in hosts {
        on_host(host, &mut blockers, &mut warnings);
    }
    blockers.extend(Layer::ALL.into_iter().flat_map(|layer| lodgers(layer, hosts)));
    blockers.extend(Layer::ALL.into_iter().filter_map(|layer| differing(layer, hosts)));
    blockers.extend(differing_prefixes(hosts));
    Readiness { ready: blockers.is_empty(), blockers, warnings }
}

fn about(host: Option<&HostStatus>, layer: Option<Layer>, kind: Kind, says: String) -> Remark {
    Remark { kind, host: host.map(|host| host.host.clone()), layer, says, settings: Vec::new() }
}

fn on_host(host: &HostStatus, blockers: &mut Vec<Remark>, warnings: &mut Vec<Remark>) {
    let name = &host.host;
    if let Some(why) = host.why_unreached() {
        let says = format!("{name} could not be looked at, so it cannot be said what is on it: {why}.");
        blockers.push(about(Some(host), None, Kind::Unreached, says));
    } else if !host.is_complete {
        let says = format!("Not every file of {name} could be read, so it cannot be said what else is on it.");
        blockers.push(about(Some(host), None, Kind::Incomplete, says));
    } else if host.layers.iter().all(|layer| layer.place == Place::Unused) {
        let says = format!("Nothing of Open edX was found on {name}: is it an application server?");
        blockers.push(about(Some(host), None, Kind::Nothing, says));
    }
    blockers.extend(missing(host));
    for layer in &host.layers {
        blockers.extend(placed(host, layer));
        blockers.extend(unrecorded(host, layer));
        for endpoint in &layer.endpoints {
            blockers.extend(silent(host, layer, endpoint));
            warnings.extend(public(host, layer, endpoint));
            blockers.extend(unasked(host, layer, endpoint));
        }
        warnings.extend(foretold(host, layer));
        warnings.extend(unknown_record(host, layer));
    }
    blockers.extend(own_prefixes(host));
}

/// Layers without which there is no Open edX, of which nothing was found beside the others: not all files were there.
fn missing(host: &HostStatus) -> Vec<Remark> {
    let is_unused = |layer: &&LayerStatus| layer.place == Place::Unused;
    if !host.is_complete || host.layers.iter().all(|layer| is_unused(&layer)) {
        return Vec::new();
    }
    let needed = host.layers.iter().filter(|layer| matches!(layer.layer, Layer::MySql | Layer::MongoDb));
    let says = |layer: &LayerStatus| {
        let says = format!(
            "No setting of {} was found on {}: are these all the files of LMS?",
            layer.layer.title(),
            host.host
        );
        about(Some(host), Some(layer.layer), Kind::Nothing, says)
    };
    needed.filter(is_unused).map(says).collect()
}

/// What of a layer is not elsewhere.
fn placed(host: &HostStatus, layer: &LayerStatus) -> Option<Remark> {
    let name = &host.host;
    let title = capital(layer.layer);
    let here = endpoints(layer, |scope| scope == Scope::Local);
    let there = endpoints(layer, |scope| scope != Scope::Local);
    let (kind, says, scope): (_, _, fn(Scope) -> bool) = match layer.place {
        Place::Unused | Place::Remote => return None,
        Place::Local => {
            let verb = if layer.layer == Layer::Files { "are" } else { "is" };
            let what = if layer.layer == Layer::Elasticsearch { ", and its index with it" } else { "" };
            (Kind::Local, format!("{title} {verb} on {name} itself{what}{}.", colon(&here)), |s| s == Scope::Local)
        }
        Place::Mixed => {
            let says = format!("{title}: some on {name} itself{}, some elsewhere{}.", colon(&here), colon(&there));
            (Kind::Mixed, says, |s| s == Scope::Local)
        }
        Place::Unknown => {
            let all = endpoints(layer, |_| true);
            (Kind::Unknown, format!("{title}: it cannot be told where {name} keeps it{}.", colon(&all)), |_| true)
        }
    };
    Some(Remark { settings: settings(layer, scope), ..about(Some(host), Some(layer.layer), kind, says) })
}

fn unrecorded(host: &HostStatus, layer: &LayerStatus) -> Option<Remark> {
    let moved = matches!(layer.place, Place::Remote | Place::Mixed) && layer.is_recorded == Some(false);
    let says = format!(
        "{}: server-vars.yml of {} does not say where it has moved to, so the next upgrade would undo the move.",
        capital(layer.layer),
        host.host
    );
    moved.then(|| about(Some(host), Some(layer.layer), Kind::Unrecorded, says))
}

fn foretold(host: &HostStatus, layer: &LayerStatus) -> Option<Remark> {
    let kept = layer.place == Place::Local && layer.is_recorded == Some(false);
    let says = format!(
        "{}: server-vars.yml of {} says another place than the platform uses; the next upgrade would go there.",
        capital(layer.layer),
        host.host
    );
    kept.then(|| about(Some(host), Some(layer.layer), Kind::Foretold, says))
}

fn unknown_record(host: &HostStatus, layer: &LayerStatus) -> Option<Remark> {
    let moved = matches!(layer.place, Place::Remote | Place::Mixed) && layer.is_recorded.is_none();
    let says = format!(
        "{}: it is not known whether server-vars.yml of {} keeps it where it is at the next upgrade.",
        capital(layer.layer),
        host.host
    );
    moved.then(|| about(Some(host), Some(layer.layer), Kind::RecordUnknown, says))
}

fn silent(host: &HostStatus, layer: &LayerStatus, endpoint: &EndpointStatus) -> Option<Remark> {
    let told = endpoint.told.trim_end_matches('.');
    let told = if told.is_empty() { String::new() } else { format!(": {told}") };
    let says = format!("{} at {} does not answer {}{told}.", capital(layer.layer), endpoint.endpoint, host.host);
    let remark = about(Some(host), Some(layer.layer), Kind::Silent, says);
    (endpoint.answers == Some(false)).then(|| Remark { settings: endpoint.settings.clone(), ..remark })
}

fn public(host: &HostStatus, layer: &LayerStatus, endpoint: &EndpointStatus) -> Option<Remark> {
    let says = format!(
        "{} of {} is at {}, an address that the internet reaches: use its internal address, and close the port.",
        capital(layer.layer),
        host.host,
        endpoint.endpoint
    );
    let remark = about(Some(host), Some(layer.layer), Kind::Public, says);
    is_public(layer, endpoint).then(|| Remark { settings: endpoint.settings.clone(), ..remark })
}

fn unasked(host: &HostStatus, layer: &LayerStatus, endpoint: &EndpointStatus) -> Option<Remark> {
    let is_elsewhere = matches!(endpoint.scope, Scope::Private | Scope::Public);
    let open = endpoint.answers.is_none() && is_elsewhere;
    let says = format!(
        "{} at {} was not asked from {} whether it answers.",
        capital(layer.layer),
        endpoint.endpoint,
        host.host
    );
    open.then(|| about(Some(host), Some(layer.layer), Kind::Unasked, says))
}

/// Prefixes with the server's own name in them: those caches are not shared.
fn own_prefixes(host: &HostStatus) -> Vec<Remark> {
    let own = host.prefixes.iter().filter(|prefix| is_own(host, &prefix.prefix));
    let mut by_prefix: BTreeMap<(&str, &str), Vec<String>> = BTreeMap::new();
    for prefix in own {
        let setting = format!("{} {}.KEY_PREFIX", prefix.file, prefix.cache);
        by_prefix.entry((&prefix.cache, &prefix.prefix)).or_default().push(setting);
    }
    let remark = |((cache, prefix), settings): ((&str, &str), Vec<String>)| Remark {
        settings,
        ..about(
            Some(host),
            Some(Layer::Memcached),
            Kind::Prefix,
            format!(
                "{cache} of {} has the key prefix {prefix}, which is this server's own name: \
                 another server would not share this cache.",
                host.host
            ),
        )
    };
    by_prefix.into_iter().map(remark).collect()
}

/// Whether a prefix has the server's name in it, as a word.
fn is_own(host: &HostStatus, prefix: &str) -> bool {
    let name = host.name.as_deref().unwrap_or(&host.host);
    let short = name.split('.').next().filter(|short| short.parse::<u8>().is_err()).unwrap_or(name);
    let (short, prefix) = (short.to_lowercase(), prefix.to_lowercase());
    !short.is_empty()
        && prefix.match_indices(&short).any(|(start, found)| {
            let before = prefix[..start].chars().next_back();
            let after = prefix[start + found.len()..].chars().next();
            [before, after].into_iter().flatten().all(|beside| !beside.is_alphanumeric())
        })
}

fn differing_prefixes(hosts: &[HostStatus]) -> Vec<Remark> {
    let mut by_cache: BTreeMap<(&str, &str), Vec<(&HostStatus, &str)>> = BTreeMap::new();
    for host in hosts {
        for prefix in &host.prefixes {
            by_cache.entry((&prefix.file, &prefix.cache)).or_default().push((host, &prefix.prefix));
        }
    }
    let differs = by_cache.into_iter().filter(|(_, all)| {
        // What has the server's name in it is said already.
        let shared: Vec<_> = all.iter().filter(|(host, prefix)| !is_own(host, prefix)).collect();
        shared.windows(2).any(|two| two[0].1 != two[1].1)
    });
    let remark = |((file, cache), all): ((&str, &str), Vec<(&HostStatus, &str)>)| {
        let each: Vec<_> = all.iter().map(|(host, prefix)| format!("{} has {prefix:?}", host.host)).collect();
        let says = format!("{cache} of {file} has different key prefixes, so it is not shared: {}.", listed(&each));
        let settings = vec![format!("{file} {cache}.KEY_PREFIX")];
        Remark { settings, ..about(None, Some(Layer::Memcached), Kind::Prefix, says) }
    };
    differs.map(remark).collect()
}

/// Application servers whose data is on another application server.
fn lodgers(layer: Layer, hosts: &[HostStatus]) -> Vec<Remark> {
    let mut remarks = Vec::new();
    for (host, status) in statuses(layer, hosts) {
        for endpoint in status.endpoints.iter().filter(|endpoint| endpoint.scope != Scope::Local) {
            let server = address::server(&endpoint.endpoint);
            // What the other one keeps on itself by its own word is said already.
            let keeper = hosts.iter().filter(|other| other.host != host.host).find(|other| {
                address::is_of(server, other)
                    && other
                        .layers
                        .iter()
                        .all(|its| its.layer != layer || matches!(its.place, Place::Remote | Place::Unused))
            });
            if let Some(keeper) = keeper {
                let says = format!(
                    "{} of {} is on {}, which is an application server: {}.",
                    capital(layer),
                    host.host,
                    keeper.host,
                    endpoint.endpoint
                );
                let remark = about(Some(host), Some(layer), Kind::Lodger, says);
                remarks.push(Remark { settings: endpoint.settings.clone(), ..remark });
            }
        }
    }
    remarks
}

/// Application servers that look for the same data in different places.
fn differing(layer: Layer, hosts: &[HostStatus]) -> Option<Remark> {
    let all: Vec<(&str, Vec<String>)> = statuses(layer, hosts)
        .filter(|(_, status)| status.place == Place::Remote)
        .map(|(host, status)| (host.host.as_str(), endpoints(status, |_| true)))
        .collect();
    let same = |text: &[String]| {
        let mut text: Vec<_> = text.iter().map(|one| one.to_lowercase()).collect();
        text.sort();
        text
    };
    if all.windows(2).all(|two| same(&two[0].1) == same(&two[1].1)) {
        return None;
    }
    let each: Vec<_> = all.iter().map(|(host, used)| format!("{host} uses {}", listed(used))).collect();
    let says = format!("{}: the application servers use different ones: {}.", capital(layer), each.join("; "));
    Some(about(None, Some(layer), Kind::Differs, says))
}

/// That layer of each server that uses it.
pub(crate) fn statuses(layer: Layer, hosts: &[HostStatus]) -> impl Iterator<Item = (&HostStatus, &LayerStatus)> {
    hosts.iter().flat_map(move |host| {
        let used = host.layers.iter().filter(move |its| its.layer == layer && its.place != Place::Unused);
        used.map(move |its| (host, its))
    })
}

fn endpoints(layer: &LayerStatus, is_wanted: impl Fn(Scope) -> bool) -> Vec<String> {
    let wanted = layer.endpoints.iter().filter(|endpoint| is_wanted(endpoint.scope));
    wanted.map(|endpoint| endpoint.endpoint.clone()).collect()
}

fn settings(layer: &LayerStatus, is_wanted: impl Fn(Scope) -> bool) -> Vec<String> {
    let wanted = layer.endpoints.iter().filter(|endpoint| is_wanted(endpoint.scope));
    wanted.flat_map(|endpoint| endpoint.settings.iter().cloned()).collect()
}

/// ` (a, b and 3 more)`, or nothing.
fn colon(items: &[String]) -> String {
    const SHOWN: usize = 3;
    match items.len() {
        0 => String::new(),
        n if n > SHOWN => format!(" ({} and {} more)", items[..SHOWN].join(", "), counted(n - SHOWN, "place")),
        _ => format!(" ({})", listed(items)),
    }
}

/// The layer's name at the start of a sentence.
pub(crate) fn capital(layer: Layer) -> &'static str {
    if layer == Layer::Files { "Files" } else { layer.title() }
}
