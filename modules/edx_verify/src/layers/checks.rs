//! Judges what was seen of the layers. Nothing here talks to anybody.

use edx_layout::{DataAddress, Layer};
use roadmap::{Place, Scope};

use super::look::{Asked, EndpointSeen, LayerSeen};
use super::names::names;
use crate::check::Check;
use crate::greet::Greeted;
use crate::options::LayerOptions;

/// Up to so many settings of one server are named.
const NAMED: usize = 3;

/// The checks of one layer; none where nothing uses it and nobody expects anything of it.
pub fn judge(seen: &LayerSeen, options: &LayerOptions) -> Vec<Check> {
    let names = names(seen.layer);
    let mut checks = Vec::new();
    if !seen.endpoints.is_empty() || options.expect_remote.contains(&seen.layer) {
        checks.push(place(names.place, seen, options));
    }
    if !seen.unread.is_empty() {
        // They change nothing, and may mislead whoever reads them.
        let seen = format!("this release does not read them: {}", listed(&seen.unread));
        checks.push(Check::skipped(names.place, "other settings", seen));
    }
    for endpoint in
        seen.endpoints.iter().filter(|endpoint| !options.is_verified_as_cache(seen.layer, &endpoint.address))
    {
        checks.extend(address(names.address, endpoint, options));
        checks.extend(answers(names.answers, endpoint));
    }
    checks
}

fn place(name: &'static str, seen: &LayerSeen, options: &LayerOptions) -> Check {
    let layer = seen.layer;
    let title = layer.title();
    let told = |scopes: &[Scope]| {
        let some = seen.endpoints.iter().filter(|endpoint| scopes.contains(&endpoint.scope));
        some.map(described).collect::<Vec<_>>().join("; ")
    };
    let elsewhere = [Scope::Private, Scope::Public];
    let is_expected_remote = options.expect_remote.contains(&layer);
    match seen.place() {
        Place::Unused => {
            let advice = "check that these are all the files of an application server, and what expect_remote names";
            Check::failed(name, title, "no setting of it was found", advice)
        }
        Place::Local if is_expected_remote => {
            Check::failed(name, title, format!("still on this server: {}", told(&[Scope::Local])), how_to_move(layer))
        }
        Place::Local => Check::ok(name, title, format!("on this server: {}", told(&[Scope::Local]))),
        Place::Mixed => {
            let seen =
                format!("partly on this server: {}; partly elsewhere: {}", told(&[Scope::Local]), told(&elsewhere));
            let advice = format!("half of a move is worse than none: {}", how_to_move(layer));
            if is_expected_remote {
                Check::failed(name, title, seen, advice)
            } else {
                Check::warning(name, title, seen, advice)
            }
        }
        Place::Remote => Check::ok(name, title, format!("elsewhere: {}", told(&elsewhere))),
        Place::Unknown => {
            let advice = "see what these settings say, and whether this server resolves the names in them";
            let seen = format!("it cannot be told where: {}", told(&[Scope::Unknown]));
            if is_expected_remote {
                Check::failed(name, title, seen, advice)
            } else {
                Check::warning(name, title, seen, advice)
            }
        }
    }
}

fn how_to_move(layer: Layer) -> &'static str {
    match layer {
        Layer::Memcached => "move it with playbooks/migrate_memcached.yml",
        _ => {
            "point these settings at the server that keeps it, record that in server-vars.yml, and restart their services"
        }
    }
}

/// What is written, and where.
fn described(endpoint: &EndpointSeen) -> String {
    let why = match &endpoint.address {
        DataAddress::Unknown(why) => format!(" ({why})"),
        _ => String::new(),
    };
    format!("{}{why} at {}", endpoint.shown, listed(&endpoint.settings))
}

fn listed(settings: &[String]) -> String {
    let more = settings.len().saturating_sub(NAMED);
    let named = settings[..settings.len() - more].join(", ");
    if more > 0 { format!("{named} and {more} more") } else { named }
}

/// Who can reach a server elsewhere.
fn address(name: &'static str, endpoint: &EndpointSeen, options: &LayerOptions) -> Option<Check> {
    if !matches!(endpoint.address, DataAddress::Server { .. }) {
        return None;
    }
    let leads_to = match endpoint.resolved.as_slice() {
        [] => String::new(),
        addresses => {
            format!(": {}", addresses.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "))
        }
    };
    match endpoint.scope {
        Scope::Private => Some(Check::ok(name, &endpoint.shown, format!("a private address{leads_to}"))),
        Scope::Public => {
            let seen = format!("a public address{leads_to}");
            let advice = "give the server a private address, or, where a firewall admits the application servers only, say so \
                          with allow_public";
            Some(if options.allow_public {
                Check::warning(
                    name,
                    &endpoint.shown,
                    seen,
                    "only a firewall protects it: see that it does, with 'exposure'",
                )
            } else {
                Check::failed(name, &endpoint.shown, seen, advice)
            })
        }
        Scope::Unknown if options.connect => {
            Some(Check::skipped(name, &endpoint.shown, "its addresses are not known here"))
        }
        Scope::Local | Scope::Unknown => None,
    }
}

fn answers(name: &'static str, endpoint: &EndpointSeen) -> Vec<Check> {
    match &endpoint.asked {
        Asked::Yes(Greeted::Answers { said, warnings }) => {
            let mut checks = vec![Check::ok(name, &endpoint.shown, said)];
            checks.extend(warnings.iter().map(|(seen, advice)| Check::warning(name, &endpoint.shown, seen, advice)));
            checks
        }
        Asked::Yes(Greeted::Untold(why)) => vec![Check::skipped(name, &endpoint.shown, why)],
        Asked::Yes(Greeted::Not { seen, advice }) => vec![Check::failed(name, &endpoint.shown, seen, advice)],
        Asked::DefaultName => vec![Check::warning(
            name,
            &endpoint.shown,
            "edX's default name, which nothing on a native install resolves, so nobody was asked",
            "its service does without a cache; it gets one when memcached moves (playbooks/migrate_memcached.yml)",
        )],
        // A folder has nobody to ask.
        Asked::No(_) if matches!(endpoint.address, DataAddress::Folder(_)) => Vec::new(),
        Asked::No(why) => vec![Check::skipped(name, &endpoint.shown, why)],
    }
}
