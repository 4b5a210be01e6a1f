//! Whether the variables say what they have to.

use std::fmt;

use lossless_yaml::{KeyPath, Node, Segment};

use super::expected::{ExpectedRecord, ExpectedValue, ExpectedVariable, Source};
use super::place::same_hosts;
use super::said::{Said, Variables};
use super::table::{Row, Shape, member_of, split};
use crate::address::ThisHost;
use crate::data::Layer;

/// Reaches every setting of LMS and Studio, each key of it as a whole.
const EXTRA: &str = "EDXAPP_ENV_EXTRA";

/// What is to be said of one variable.
#[derive(Clone, Debug)]
pub struct RecordFinding<'a> {
    /// The kind of data.
    pub layer: Layer,
    /// The variable that decides; where none is set, the one to write.
    pub variable: &'static str,
    /// Whether it says what it has to.
    pub state: RecordState,
    /// What it says, without user and password: fit to be shown.
    pub said: String,
    /// What it has to say.
    pub wanted: &'a ExpectedVariable,
}

/// Whether a variable says what it has to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RecordState {
    /// The next upgrade reproduces what the files say.
    Agrees,
    /// It is not set, nor another one that would do.
    Missing {
        /// What the next upgrade renders instead.
        would: String,
    },
    /// It says something else: the next upgrade changes the files.
    Differs,
    /// It cannot be known here: why.
    Unknown(String),
}

impl fmt::Display for RecordFinding<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (variable, said) = (self.variable, &self.said);
        match &self.state {
            RecordState::Agrees => write!(f, "{variable}: {said}, as in the files"),
            RecordState::Missing { would } if would.is_empty() => {
                write!(f, "{variable}: not set, and empty by default")
            }
            RecordState::Missing { would } if matches!(self.wanted.source, Source::Switch) => {
                let again = format!("the next upgrade installs {} on this host again", self.layer);
                write!(f, "{variable}: not set, and {would} by default: {again}")
            }
            RecordState::Missing { would } => write!(f, "{variable}: not set: the next upgrade brings back {would}"),
            RecordState::Differs if self.wanted.value == ExpectedValue::Default => {
                write!(f, "{variable}: {said}, but {}", self.wanted.where_it_is())
            }
            RecordState::Differs => write!(f, "{variable}: {said}, but the files need {}", self.wanted),
            RecordState::Unknown(why) => write!(f, "{variable}: {why}: what the next upgrade makes of it is not known"),
        }
    }
}

/// Compares the variables with what they have to say; none of them is set where there is no file.
///
/// Nothing is said of a variable that is not set and need not be.
pub fn judge_record<'a>(
    expected: &'a ExpectedRecord,
    variables: Option<Node<'_>>,
    here: &ThisHost,
) -> Vec<RecordFinding<'a>> {
    let said = Variables::new(variables);
    expected.variables.iter().filter_map(|wanted| judge(wanted, &said, variables, here)).collect()
}

fn judge<'a>(
    wanted: &'a ExpectedVariable,
    variables: &Variables<'_>,
    root: Option<Node<'_>>,
    here: &ThisHost,
) -> Option<RecordFinding<'a>> {
    let decided = match wanted.source {
        Source::Switch => variables.get(wanted.name, "").map(|said| (wanted.name, said)),
        Source::Row(row, shape) => decided(wanted, row, shape, variables, root),
    };
    let Some((variable, said)) = decided else {
        return wanted.needed.then(|| RecordFinding {
            layer: wanted.layer,
            variable: wanted.name,
            state: RecordState::Missing { would: wanted.default.clone() },
            said: "not set".to_owned(),
            wanted,
        });
    };
    let is_follower = matches!(wanted.source, Source::Row(row, _) if row.follows == Some(variable));
    let state = match &said {
        Said::Unknown(why) => RecordState::Unknown(why.clone()),
        said if wanted.agrees(variable, said, here) => RecordState::Agrees,
        // It is the one that it follows that says so, and may be right to.
        said if is_follower => RecordState::Missing { would: said.shown() },
        _ => RecordState::Differs,
    };
    if wanted.settings.is_empty() && state == RecordState::Agrees {
        return None;
    }
    let variable = if matches!(state, RecordState::Missing { .. }) { wanted.name } else { variable };
    Some(RecordFinding { layer: wanted.layer, variable, state, said: said.shown(), wanted })
}

/// The variable that decides, and what it says.
fn decided(
    wanted: &ExpectedVariable,
    row: &'static Row,
    shape: Shape,
    variables: &Variables<'_>,
    root: Option<Node<'_>>,
) -> Option<(&'static str, Said)> {
    if let Some(said) = extra(wanted, row, shape, variables, root) {
        return Some((EXTRA, said));
    }
    let follows = row.follows.filter(|_| !wanted.follows_judged);
    for element in row.beaten_by.iter().copied().chain([row.own]).chain(follows) {
        let (name, member) = split(element);
        let said = if row.shape == Shape::Store {
            let said = variables.get(name, member_of(shape));
            // A mapping replaces the other one as a whole.
            said.or_else(|| (wanted.needed && variables.is_set(name)).then_some(Said::Null))
        } else {
            variables.get(name, member)
        };
        let said = match said {
            // Hosts that come with their ports decide those too.
            Some(said) if shape == Shape::Port && row.beaten_by.contains(&element) => port_of(&said, wanted.layer),
            said => said,
        };
        if let Some(said) = said {
            return Some((name, said));
        }
    }
    None
}

/// What the mapping of extra settings of LMS and Studio says, where it has a setting's top-level key.
fn extra(
    wanted: &ExpectedVariable,
    row: &Row,
    shape: Shape,
    variables: &Variables<'_>,
    root: Option<Node<'_>>,
) -> Option<Said> {
    let reaches = row.services.split(' ').any(|service| service == "lms");
    let is_named = row.beaten_by.iter().chain([&row.own]).any(|element| element.starts_with(EXTRA));
    if !reaches || is_named {
        return None;
    }
    let mapping = root?.get(EXTRA)?;
    wanted.settings.iter().find_map(|setting| {
        let path: KeyPath = setting.key.parse().ok()?;
        let Some(Segment::Key(top)) = path.segments().first() else { return None };
        mapping.get(top)?;
        let says_place = !matches!(shape, Shape::Port | Shape::Class | Shape::Bucket | Shape::Endpoint);
        let node = path.segments().iter().try_fold(mapping, |node, segment| match segment {
            Segment::Key(key) => node.get(key),
            Segment::Index(index) => node.follow().items().nth(*index),
        });
        let said = node.filter(|_| says_place).map(|node| variables.read(node));
        Some(match said {
            Some(said) if !matches!(said, Said::Other(_)) => said,
            _ => Said::Unknown(format!("it replaces {top} as a whole")),
        })
    })
}

/// The port that a variable for hosts, or a URL, decides.
fn port_of(said: &Said, layer: Layer) -> Option<Said> {
    let places = said.places()?;
    let is_url = matches!(said, Said::Text(text) if text.contains("://"));
    let port = places.first()?.port.or(layer.default_port().filter(|_| is_url))?;
    Some(Said::Int(port.into()))
}

impl ExpectedVariable {
    /// What the files say where the default will do.
    fn where_it_is(&self) -> String {
        match (self.source, self.settings.first()) {
            (Source::Row(_, Shape::Endpoint), Some(setting)) => format!("{setting} is in AWS's own store"),
            (Source::Row(..), Some(setting)) => format!("{setting} leads to this host"),
            (Source::Row(row, _), None) => {
                format!("the files of {} say nothing of it", row.services.replace(' ', ", "))
            }
            _ => format!("{} on this host is still in use", self.layer),
        }
    }

    /// Whether what `variable` says is what is wanted, or leads to the same place.
    fn agrees(&self, variable: &str, said: &Said, here: &ThisHost) -> bool {
        let Source::Row(_, shape) = self.source else {
            return match self.value {
                ExpectedValue::Bool(word) => *said == Said::Bool(word),
                _ => *said != Said::Bool(false),
            };
        };
        let text = match said {
            Said::Text(text) => text.trim(),
            _ => "",
        };
        match (&self.value, shape) {
            (ExpectedValue::Int(port), _) => *said == Said::Int((*port).into()) || text == port.to_string(),
            (ExpectedValue::ObjectStore, _) => !text.is_empty() && !keeps_on_disk(text),
            (ExpectedValue::Default, Shape::Class) => said.is_empty() || keeps_on_disk(text),
            (ExpectedValue::Default, Shape::Endpoint) => said.is_empty(),
            (ExpectedValue::Str(wanted), Shape::Bucket) => wanted == text,
            (ExpectedValue::Str(wanted), Shape::Endpoint) => {
                wanted.trim_end_matches('/').eq_ignore_ascii_case(text.trim_end_matches('/'))
            }
            (ExpectedValue::Default, _) => {
                said.places().is_some_and(|places| places.iter().all(|place| place.is_local(here)))
            }
            _ => self.leads_there(said, shape, self.beaten_by().contains(&variable)),
        }
    }

    /// Whether it names the servers of the files. One that wins over the own variable has a shape of its own.
    fn leads_there(&self, said: &Said, shape: Shape, has_own_shape: bool) -> bool {
        let Some(places) = said.places() else { return false };
        let fits = match (shape, said) {
            _ if has_own_shape => true,
            (Shape::HostList, Said::List(_)) | (Shape::Host, Said::Text(_)) => {
                places.iter().all(|place| place.port.is_none())
            }
            (Shape::Hosts, Said::List(_)) => true,
            (Shape::HostList, _) => false,
            (_, said) => matches!(said, Said::Text(_)),
        };
        let needs_port = matches!(shape, Shape::HostPort | Shape::Url);
        let same_ports = places.iter().filter(|place| needs_port || place.port.is_some()).all(|place| {
            let mut wanted = self.places.iter().filter(|wanted| wanted.host == place.host);
            wanted.any(|wanted| wanted.port.is_none_or(|port| place.has_port(port, self.layer)))
        });
        fits && same_hosts(&places, &self.places) && same_ports
    }
}

/// Whether a Python class, or one of the older names, keeps files on the disk of the host.
fn keeps_on_disk(class: &str) -> bool {
    let name = class.rsplit('.').next().unwrap_or(class);
    let names = ["overwritestorage", "osfs", "localfs", "filesystem"];
    name.to_ascii_lowercase().ends_with("filesystemstorage") || names.iter().any(|disk| name.eq_ignore_ascii_case(disk))
}
