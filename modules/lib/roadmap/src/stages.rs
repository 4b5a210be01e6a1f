//! The roadmap: its stages in order, and how far each of them is.

use edx_layout::Layer;

use crate::readiness::{Kind, Readiness, capital, statuses};
use crate::status::{HostStatus, Place};
use crate::words::listed;

/// One stage of the roadmap.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stage {
    /// What moves in it; empty for the last one, the second application server.
    pub layers: Vec<Layer>,
    /// Its name: `memcached and Redis`.
    pub title: String,
    /// How far it is.
    pub mark: Mark,
    /// Whether the next step is about it.
    pub is_next: bool,
}

/// How far a stage is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// Nothing is left to do.
    Done,
    /// Some of it has moved, or it has moved and is not as it should be.
    HalfDone,
    /// Nothing of it has moved.
    Open,
    /// It cannot be told.
    Unknown,
}

impl Mark {
    /// In words.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::HalfDone => "half done",
            Self::Open => "to do",
            Self::Unknown => "cannot be told",
        }
    }
}

/// What moves together, in order.
const TOGETHER: [&[Layer]; 5] = [
    &[Layer::MySql],
    &[Layer::MongoDb],
    &[Layer::Memcached, Layer::Redis, Layer::RabbitMq],
    &[Layer::Elasticsearch],
    &[Layer::Files],
];

/// The stages of these servers: what nothing uses is not among them.
pub(crate) fn stages(hosts: &[HostStatus], readiness: &Readiness) -> Vec<Stage> {
    let mut stages = Vec::new();
    for together in TOGETHER {
        let used: Vec<Layer> =
            together.iter().copied().filter(|layer| statuses(*layer, hosts).next().is_some()).collect();
        if !used.is_empty() {
            let names: Vec<_> = used.iter().map(|layer| layer.title()).collect();
            let title = if used == [Layer::Files] { capital(Layer::Files).to_owned() } else { listed(&names) };
            let mark = mark(&used, hosts, readiness);
            stages.push(Stage { layers: used, title, mark, is_next: false });
        }
    }
    let several = hosts.len() > 1;
    let mark = match (several, readiness.ready) {
        (true, true) => Mark::Done,
        (true, false) => Mark::HalfDone,
        (false, _) => Mark::Open,
    };
    let title = "Second application server, load balancer".to_owned();
    stages.push(Stage { layers: Vec::new(), title, mark, is_next: false });
    stages
}

fn mark(layers: &[Layer], hosts: &[HostStatus], readiness: &Readiness) -> Mark {
    let places = || layers.iter().flat_map(|layer| statuses(*layer, hosts)).map(|(_, status)| status.place);
    let is_blocked = readiness.blockers.iter().any(|blocker| {
        // A prefix is a setting of the application server: the data has moved.
        blocker.kind != Kind::Prefix && blocker.layer.is_some_and(|layer| layers.contains(&layer))
    });
    if places().any(|place| place == Place::Unknown) {
        Mark::Unknown
    } else if places().all(|place| place == Place::Local) {
        Mark::Open
    } else if is_blocked {
        Mark::HalfDone
    } else {
        Mark::Done
    }
}
