//! What to do next.

use edx_layout::Layer;

use crate::how::{self, How};
use crate::readiness::{Kind, Readiness, Remark, capital, readiness, statuses};
use crate::stages::{Mark, Stage, stages};
use crate::status::{HostStatus, Place};
use crate::words::listed;

/// The next step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// What kind of step it is.
    pub kind: StepKind,
    /// What it is about.
    pub layers: Vec<Layer>,
    /// What to do, as an order.
    pub what: String,
    /// Why now.
    pub why: String,
    /// How, in order.
    pub how: Vec<How>,
}

/// What kind of step it is, in the order in which they come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum StepKind {
    /// The next upgrade would undo a move.
    Record,
    /// A data server does not answer.
    Repair,
    /// What is there cannot be told.
    Look,
    /// A move was begun.
    Finish,
    /// The next layer.
    Move,
    /// All has moved, and a cache is not shared yet.
    Share,
    /// A second application server may be added.
    Add,
    /// Nothing.
    Nothing,
}

/// The next step in the recommended order.
pub fn next_step(hosts: &[HostStatus]) -> Step {
    let readiness = readiness(hosts);
    let stages = stages(hosts, &readiness);
    next(hosts, &readiness, &stages)
}

/// The stages, with the one marked that the next step is about.
pub(crate) fn roadmap(hosts: &[HostStatus], readiness: &Readiness) -> (Vec<Stage>, Step) {
    let mut stages = stages(hosts, readiness);
    let step = next(hosts, readiness, &stages);
    let is_last = matches!(step.kind, StepKind::Add);
    let about = |stage: &Stage| {
        if stage.layers.is_empty() { is_last } else { stage.layers.iter().any(|it| step.layers.contains(it)) }
    };
    if let Some(stage) = stages.iter_mut().find(|stage| about(stage)) {
        stage.is_next = true;
        // The data has moved, and is not shared yet.
        if step.kind == StepKind::Share {
            stage.mark = Mark::HalfDone;
        }
    }
    (stages, step)
}

fn next(hosts: &[HostStatus], readiness: &Readiness, stages: &[Stage]) -> Step {
    record(readiness)
        .or_else(|| repair(readiness))
        .or_else(|| look(readiness))
        .or_else(|| finish(hosts, readiness, stages))
        .or_else(|| move_on(hosts, stages))
        .or_else(|| ask(readiness))
        .or_else(|| share(readiness))
        .unwrap_or_else(|| add(hosts))
}

fn of<'a>(readiness: &'a Readiness, kinds: &'a [Kind]) -> impl Iterator<Item = &'a Remark> {
    readiness.blockers.iter().filter(move |blocker| kinds.contains(&blocker.kind))
}

/// The first layer, by the order of the roadmap, that has such a remark.
fn first_layer(readiness: &Readiness, kinds: &[Kind]) -> Option<Layer> {
    of(readiness, kinds).filter_map(|blocker| blocker.layer).min()
}

fn hosts_of(readiness: &Readiness, kinds: &[Kind], layer: Layer) -> String {
    let mut names: Vec<_> = Vec::new();
    for name in of(readiness, kinds).filter(|it| it.layer == Some(layer)).filter_map(|it| it.host.as_deref()) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    listed(&names)
}

fn record(readiness: &Readiness) -> Option<Step> {
    // What is on its way is recorded when it has arrived: that is a part of finishing it.
    let is_under_way = |layer| of(readiness, &[Kind::Mixed]).any(|it| it.layer == Some(layer));
    let unrecorded = of(readiness, &[Kind::Unrecorded]).filter_map(|it| it.layer);
    let layer = unrecorded.filter(|layer| !is_under_way(*layer)).min()?;
    let (name, has) = (capital(layer), if layer == Layer::Files { "have" } else { "has" });
    let hosts = hosts_of(readiness, &[Kind::Unrecorded], layer);
    Some(Step {
        kind: StepKind::Record,
        layers: vec![layer],
        what: format!("Record where {} went, in server-vars.yml of {hosts}", layer.title()),
        why: format!(
            "{name} {has} moved, and the next upgrade would point the platform back at the application server."
        ),
        how: how::record(layer),
    })
}

fn repair(readiness: &Readiness) -> Option<Step> {
    let layer = first_layer(readiness, &[Kind::Silent])?;
    let silent = of(readiness, &[Kind::Silent]).find(|it| it.layer == Some(layer))?;
    Some(Step {
        kind: StepKind::Repair,
        layers: vec![layer],
        what: format!("Get {} to answer", layer.title()),
        why: format!("{} Nothing may be moved while the platform misses a server that it has.", silent.says),
        how: how::repair(layer),
    })
}

fn look(readiness: &Readiness) -> Option<Step> {
    let kinds = [Kind::Nothing, Kind::Unreached, Kind::Incomplete, Kind::Unknown];
    let first = of(readiness, &kinds).next()?;
    let (what, how) = match first.kind {
        Kind::Unreached => (format!("Look at {}", first.host.as_deref().unwrap_or("it")), how::reach()),
        Kind::Incomplete => ("Read the files that could not be read".to_owned(), how::read()),
        Kind::Unknown => {
            let what = format!("Find out where {} is", first.layer.map_or("the data", Layer::title));
            (what, how::find_out(&first.settings))
        }
        _ => ("Look at the application servers".to_owned(), how::look()),
    };
    Some(Step {
        kind: StepKind::Look,
        layers: first.layer.into_iter().collect(),
        what,
        why: format!("{} A move that starts from a guess cannot be undone with certainty.", first.says),
        how,
    })
}

fn finish(hosts: &[HostStatus], readiness: &Readiness, stages: &[Stage]) -> Option<Step> {
    let is_begun = |layer: Layer| {
        let mut places = statuses(layer, hosts).map(|(_, status)| status.place);
        let first = places.next();
        first == Some(Place::Mixed)
            || places.any(|place| place == Place::Mixed || Some(place) != first)
            || of(readiness, &[Kind::Differs, Kind::Lodger]).any(|it| it.layer == Some(layer))
    };
    let begun = stages.iter().flat_map(|stage| &stage.layers).copied().find(|layer| is_begun(*layer))?;
    let kinds = [Kind::Mixed, Kind::Local, Kind::Lodger, Kind::Differs];
    let says: Vec<_> = of(readiness, &kinds).filter(|it| it.layer == Some(begun)).map(|it| it.says.as_str()).collect();
    Some(Step {
        kind: StepKind::Finish,
        layers: vec![begun],
        what: format!("Finish the move of {}", begun.title()),
        why: format!("{} What was begun is finished before anything else moves.", says.join(" ")),
        how: how::finish(begun),
    })
}

fn move_on(hosts: &[HostStatus], stages: &[Stage]) -> Option<Step> {
    let is_here = |layer: &Layer| statuses(*layer, hosts).any(|(_, status)| status.place == Place::Local);
    let (index, stage) = stages.iter().enumerate().find(|(_, stage)| stage.layers.iter().any(is_here))?;
    let layers: Vec<Layer> = stage.layers.iter().copied().filter(is_here).collect();
    let names: Vec<_> = layers.iter().map(|layer| layer.title()).collect();
    let done: Vec<_> =
        stages[..index].iter().filter(|stage| stage.mark == Mark::Done).map(|stage| stage.title.as_str()).collect();
    let before = match stages[..index].iter().filter(|stage| stage.mark == Mark::Done).flat_map(|it| &it.layers).count()
    {
        0 => String::new(),
        1 => format!("{} has moved. ", listed(&done)),
        _ => format!("{} have moved. ", listed(&done)),
    };
    Some(Step {
        kind: StepKind::Move,
        what: how::what(&names, &layers),
        why: format!("{before}{}", how::why(&layers)),
        how: layers.iter().flat_map(|layer| how::move_to(*layer)).collect(),
        layers,
    })
}

fn ask(readiness: &Readiness) -> Option<Step> {
    let first = of(readiness, &[Kind::Unasked]).next()?;
    Some(Step {
        kind: StepKind::Look,
        layers: first.layer.into_iter().collect(),
        what: "Ask the data servers that were not asked".to_owned(),
        why: format!("{} What was not seen is not known.", first.says),
        how: how::ask(),
    })
}

fn share(readiness: &Readiness) -> Option<Step> {
    let first = of(readiness, &[Kind::Prefix]).next()?;
    Some(Step {
        kind: StepKind::Share,
        layers: first.layer.into_iter().collect(),
        what: "Give each cache one key prefix on all application servers".to_owned(),
        why: format!("All data has moved. {}", first.says),
        how: how::share(),
    })
}

fn add(hosts: &[HostStatus]) -> Step {
    if hosts.len() > 1 {
        return Step {
            kind: StepKind::Nothing,
            layers: Vec::new(),
            what: "Nothing has to move any more".to_owned(),
            why: format!(
                "All data is shared by the {} application servers. Further ones may be added behind the load balancer.",
                hosts.len()
            ),
            how: how::grow(),
        };
    }
    Step {
        kind: StepKind::Add,
        layers: Vec::new(),
        what: "Add a second application server behind a load balancer, if one is not enough".to_owned(),
        why: "All data has moved off the application server. A second one comes last and is rarely needed: \
              look at the CPU in peak hours first."
            .to_owned(),
        how: how::add(),
    }
}
