//! The picture: each application server with what is on it, each data server with what is there, and who uses what.

use std::fmt::Write as _;

use crate::address;
use crate::readiness::capital;
use crate::status::{EndpointStatus, HostStatus, LayerStatus, Place, Scope};
use crate::words::listed;

/// The picture, with every place worked out.
pub(crate) struct Topology {
    /// Tells two pictures on one page apart.
    pub id: &'static str,
    /// Its width.
    pub width: usize,
    /// Its height.
    pub height: usize,
    /// Application servers and data servers.
    pub boxes: Vec<Card>,
    /// Who uses what.
    pub lines: Vec<Line>,
    /// The picture in words.
    pub told: String,
}

/// A server.
pub(crate) struct Card {
    pub class: &'static str,
    pub x: usize,
    pub y: usize,
    pub width: usize,
    pub height: usize,
    pub title: String,
    /// The title in full.
    pub full: String,
    pub under: String,
    pub rows: Vec<Row>,
}

/// A layer on a server.
pub(crate) struct Row {
    pub class: &'static str,
    /// Its top.
    pub y: usize,
    pub title: String,
    pub tag: String,
    /// Whether a line begins or ends here.
    pub has_port: bool,
}

/// Who uses what.
pub(crate) struct Line {
    pub class: &'static str,
    pub path: String,
    /// The middle of a cross, where the server does not answer.
    pub cross: Option<(usize, usize)>,
    pub told: String,
}

/// How wide things are.
struct Measures {
    id: &'static str,
    width: usize,
    card: usize,
    is_narrow: bool,
}

const WIDE: Measures = Measures { id: "wide", width: 880, card: 300, is_narrow: false };
const NARROW: Measures = Measures { id: "narrow", width: 344, card: 156, is_narrow: true };
const HEAD: usize = 52;
const ROW: usize = 28;
const FOOT: usize = 8;
const GAP: usize = 18;
const WIDEST_GAP: usize = 72;
const EDGE: usize = 2;

/// Something that a data server keeps.
struct Kept<'a> {
    layer: &'a LayerStatus,
    endpoint: &'a EndpointStatus,
    users: Vec<User<'a>>,
}

/// An application server that uses it.
struct User<'a> {
    host: usize,
    endpoint: &'a EndpointStatus,
}

/// A data server.
struct Server<'a> {
    name: &'a str,
    kept: Vec<Kept<'a>>,
}

/// The picture for a wide page, and the one for a telephone.
pub(crate) fn topologies(hosts: &[HostStatus]) -> [Topology; 2] {
    [draw(hosts, &WIDE), draw(hosts, &NARROW)]
}

/// The data servers that are not the application servers themselves, in the order of the layers.
fn servers(hosts: &[HostStatus]) -> Vec<Server<'_>> {
    let mut servers: Vec<Server> = Vec::new();
    let layers = hosts.iter().map(|host| host.layers.len()).max().unwrap_or_default();
    for number in 0..layers {
        for (index, host) in hosts.iter().enumerate() {
            let Some(layer) = host.layers.get(number).filter(|layer| layer.place != Place::Unused) else { continue };
            for endpoint in layer.endpoints.iter().filter(|it| it.scope != Scope::Local) {
                add(&mut servers, index, layer, endpoint);
            }
        }
    }
    servers
}

fn add<'a>(servers: &mut Vec<Server<'a>>, host: usize, layer: &'a LayerStatus, endpoint: &'a EndpointStatus) {
    let name = address::server(&endpoint.endpoint);
    let user = User { host, endpoint };
    let at = servers.iter().position(|server| server.name == name).unwrap_or_else(|| {
        servers.push(Server { name, kept: Vec::new() });
        servers.len() - 1
    });
    let kept = &mut servers[at].kept;
    let same = |it: &&mut Kept| it.layer.layer == layer.layer && it.endpoint.endpoint == endpoint.endpoint;
    match kept.iter_mut().find(same) {
        Some(it) => it.users.push(user),
        None => kept.push(Kept { layer, endpoint, users: vec![user] }),
    }
}

fn draw(hosts: &[HostStatus], measures: &Measures) -> Topology {
    let servers = servers(hosts);
    let left: Vec<usize> = hosts.iter().map(|host| tall(used(host).count())).collect();
    let right: Vec<usize> = servers.iter().map(|server| tall(server.kept.len())).collect();
    let column = |heights: &[usize]| heights.iter().sum::<usize>() + GAP * heights.len().saturating_sub(1);
    let height = column(&left).max(column(&right)).max(HEAD) + 2 * EDGE;
    let (left_tops, right_tops) = (tops(&left, height), tops(&right, height));
    let right_x = measures.width - EDGE - measures.card;

    // With nothing to be joined to, the application servers stand in the middle.
    let left_x = if servers.is_empty() { (measures.width - measures.card) / 2 } else { EDGE };

    let mut boxes: Vec<Card> =
        hosts.iter().zip(&left_tops).map(|(host, top)| application(host, left_x, *top, measures)).collect();
    boxes.extend(servers.iter().zip(&right_tops).map(|(server, top)| data(server, right_x, *top, measures)));

    let mut lines = Vec::new();
    for (server, top) in servers.iter().zip(&right_tops) {
        for (row, kept) in server.kept.iter().enumerate() {
            let end = (right_x, middle(*top, row));
            for user in &kept.users {
                let host = &hosts[user.host];
                let from = used(host).position(|layer| layer.layer == kept.layer.layer).unwrap_or_default();
                let start = (left_x + measures.card, middle(left_tops[user.host], from));
                lines.push(line(start, end, host, kept.layer, user.endpoint));
            }
        }
    }
    // Lines that matter most are drawn last, on top.
    lines.sort_by_key(|line| line.class == "silent");
    Topology { id: measures.id, width: measures.width, height, boxes, lines, told: told(hosts) }
}

fn used(host: &HostStatus) -> impl Iterator<Item = &LayerStatus> {
    host.layers.iter().filter(|layer| layer.place != Place::Unused)
}

const fn tall(rows: usize) -> usize {
    HEAD + rows * ROW + FOOT
}

/// Where each of a column begins, all of it in the middle of the height.
fn tops(heights: &[usize], height: usize) -> Vec<usize> {
    let all = heights.iter().sum::<usize>();
    let gap = (height.saturating_sub(all) / (heights.len() + 1)).clamp(GAP, WIDEST_GAP);
    let mut top = height.saturating_sub(all + gap * heights.len().saturating_sub(1)) / 2;
    let next = |tall: &usize| {
        let this = top;
        top += tall + gap;
        this
    };
    heights.iter().map(next).collect()
}

const fn middle(top: usize, row: usize) -> usize {
    top + HEAD + row * ROW + ROW / 2
}

fn application(host: &HostStatus, x: usize, top: usize, measures: &Measures) -> Card {
    let row = |(index, layer): (usize, &LayerStatus)| {
        let (class, tag) = match layer.place {
            Place::Local if measures.is_narrow => ("here", "here"),
            Place::Local => ("here", "on this server"),
            Place::Mixed if measures.is_narrow => ("half", "half"),
            Place::Mixed => ("half", "half on this server"),
            Place::Unknown if measures.is_narrow => ("unknown", "?"),
            Place::Unknown => ("unknown", "cannot be told"),
            Place::Remote | Place::Unused => ("gone", ""),
        };
        Row {
            class,
            y: top + HEAD + index * ROW,
            title: capital(layer.layer).to_owned(),
            tag: tag.to_owned(),
            has_port: layer.endpoints.iter().any(|endpoint| endpoint.scope != Scope::Local),
        }
    };
    Card {
        class: "application",
        x,
        y: top,
        width: measures.card,
        height: tall(used(host).count()),
        title: cut(&host.host, measures.card - 28, 10),
        full: host.host.clone(),
        under: if measures.is_narrow { "app server" } else { "application server" }.to_owned(),
        rows: used(host).enumerate().map(row).collect(),
    }
}

fn data(server: &Server, x: usize, top: usize, measures: &Measures) -> Card {
    let row = |(index, kept): (usize, &Kept)| {
        let is_asked = kept.users.iter().any(|user| user.endpoint.answers.is_some());
        let is_silent = kept.users.iter().any(|user| user.endpoint.answers == Some(false));
        let (class, tag) = match (is_silent, is_asked) {
            (true, _) if measures.is_narrow => ("silent", "silent"),
            (true, _) => ("silent", "does not answer"),
            (false, true) if measures.is_narrow => ("answers", "ok"),
            (false, true) => ("answers", "answers"),
            (false, false) if measures.is_narrow => ("unasked", "?"),
            (false, false) => ("unasked", "not asked"),
        };
        let port = if measures.is_narrow { "" } else { address::split(&kept.endpoint.endpoint).1 };
        let title = format!("{}{}{port}", capital(kept.layer.layer), if port.is_empty() { "" } else { " " });
        Row { class, y: top + HEAD + index * ROW, title, tag: tag.to_owned(), has_port: true }
    };
    let is_files = server.kept.iter().all(|kept| kept.layer.layer == edx_layout::Layer::Files);
    let scope = |scope| server.kept.iter().any(|kept| kept.endpoint.scope == scope);
    let under = match (is_files, scope(Scope::Public), scope(Scope::Unknown)) {
        (true, ..) => "object store",
        (false, true, _) if measures.is_narrow => "public address!",
        (false, true, _) => "data server on a public address!",
        (false, false, true) if measures.is_narrow => "not resolved",
        (false, false, true) => "its address cannot be told",
        (false, false, false) => "data server",
    };
    Card {
        class: if !is_files && scope(Scope::Public) { "data public" } else { "data" },
        x,
        y: top,
        width: measures.card,
        height: tall(server.kept.len()),
        title: cut(server.name, measures.card - 28, 10),
        full: server.name.to_owned(),
        under: under.to_owned(),
        rows: server.kept.iter().enumerate().map(row).collect(),
    }
}

fn line(
    start: (usize, usize),
    end: (usize, usize),
    host: &HostStatus,
    layer: &LayerStatus,
    endpoint: &EndpointStatus,
) -> Line {
    let bend = usize::midpoint(start.0, end.0);
    let (class, state) = match endpoint.answers {
        Some(true) => ("answers", "answers"),
        Some(false) => ("silent", "does not answer"),
        None => ("unasked", "was not asked"),
    };
    let path = format!("M{} {} C{bend} {} {bend} {} {} {}", start.0, start.1, start.1, end.1, end.0, end.1);
    Line {
        class,
        path,
        cross: (class == "silent").then_some((end.0 - 14, end.1)),
        told: format!("{}: {} at {} {state}", host.host, capital(layer.layer), endpoint.endpoint),
    }
}

/// As much of a text as has room, by how wide a character is.
fn cut(text: &str, room: usize, character: usize) -> String {
    let most = (room / character).max(2);
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let kept: String = text.chars().take(most - 1).collect();
    format!("{kept}…")
}

/// The picture in words.
fn told(hosts: &[HostStatus]) -> String {
    let mut told = String::new();
    for host in hosts {
        let of = |place| -> Vec<&str> {
            used(host).filter(|layer| layer.place == place).map(|layer| layer.layer.title()).collect()
        };
        let parts = [
            (Place::Local, "on itself"),
            (Place::Mixed, "half on itself"),
            (Place::Remote, "elsewhere"),
            (Place::Unknown, "where it cannot be told"),
        ];
        let parts: Vec<_> = parts
            .into_iter()
            .map(|(place, word)| (of(place), word))
            .filter(|(layers, _)| !layers.is_empty())
            .map(|(layers, word)| format!("{} {word}", listed(&layers)))
            .collect();
        let _ = write!(told, "{} keeps {}. ", host.host, parts.join("; "));
    }
    told.trim_end().to_owned()
}
