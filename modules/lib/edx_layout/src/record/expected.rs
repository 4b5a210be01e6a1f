//! What the variables have to say.

use std::fmt;
use std::path::PathBuf;

use serde_json::{Value, json};

use super::place::{Place, listed, same_hosts};
use super::table::{ROWS, Row, SWITCHES, Shape, owner};
use crate::address::ThisHost;
use crate::data::{DataAddress, DataSetting, Layer};
use crate::endpoint::Host;
use crate::release::Release;

/// What the variables of the next upgrade have to say so that it reproduces the settings.
#[derive(Clone, Debug, Default)]
pub struct ExpectedRecord {
    /// The variables, those that must be set and those that may be.
    pub variables: Vec<ExpectedVariable>,
    /// What no variable can say.
    pub unrecordable: Vec<Unrecordable>,
}

impl ExpectedRecord {
    /// The variables that must be set.
    pub fn needed(&self) -> impl Iterator<Item = &ExpectedVariable> {
        self.variables.iter().filter(|variable| variable.needed)
    }
}

/// A variable, or a member of one that is a mapping.
#[derive(Clone, Debug)]
pub struct ExpectedVariable {
    /// The kind of data.
    pub layer: Layer,
    /// The variable to write.
    pub name: &'static str,
    /// The member's path in it, such as `options.bucket`; empty for the variable itself.
    pub member: &'static str,
    /// What it has to say.
    pub value: ExpectedValue,
    /// Whether it must be set. One that need not be must say nothing else, if it is set.
    pub needed: bool,
    /// The settings that it is to reproduce.
    pub settings: Vec<SettingAt>,
    /// What the next upgrade renders where neither it nor one that it follows is set.
    pub default: String,
    pub(super) source: Source,
    pub(super) places: Vec<Place>,
    /// Whether the variable that it follows has been judged with the same value.
    pub(super) follows_judged: bool,
}

/// Where a variable comes from.
#[derive(Clone, Copy, Debug)]
pub(super) enum Source {
    /// A row of the table, seen as this shape.
    Row(&'static Row, Shape),
    /// A switch of the native playbook.
    Switch,
}

/// A variable's value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExpectedValue {
    /// Its default, or anything else that leads to this host.
    Default,
    /// A string.
    Str(String),
    /// A list of strings.
    List(Vec<String>),
    /// A number.
    Int(u16),
    /// True or false.
    Bool(bool),
    /// A URL that leads to this `host:port`; its user and password are not known here.
    Url(String),
    /// A class that keeps files in an object store.
    ObjectStore,
}

/// Where a setting stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingAt {
    /// The file.
    pub file: PathBuf,
    /// Its key path.
    pub key: String,
    /// Its line.
    pub line: usize,
}

/// A setting that the next upgrade will not reproduce, whatever the variables say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unrecordable {
    /// The kind of data.
    pub layer: Layer,
    /// The setting.
    pub setting: SettingAt,
    /// Why, and what can be done.
    pub reason: WhyNot,
}

/// Why no variable can say a setting.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WhyNot {
    /// A file of no service of the table.
    #[error("no service of a native installation is known to have this file")]
    UnknownService,
    /// No role renders it.
    #[error("no variable is known that it is rendered from")]
    NoVariable,
    /// Only the host can be chosen.
    #[error("its role writes port {default} whatever the variables say, not {port}")]
    Port {
        /// The port in the file.
        port: u16,
        /// The one that the role writes.
        default: u16,
    },
    /// The settings of one variable disagree.
    #[error("{variable} feeds it and {other} alike, but they differ; give them the same value")]
    Differs {
        /// The variable.
        variable: &'static str,
        /// File name and key of the setting it disagrees with.
        other: String,
    },
    /// More hosts, or more ports, than the variable can hold.
    #[error("{variable} takes only {takes}")]
    TooMuch {
        /// The variable.
        variable: &'static str,
        /// What it can hold.
        takes: &'static str,
    },
    /// What the file says is not understood.
    #[error("it cannot be told where it leads: {0}")]
    NotUnderstood(String),
}

impl fmt::Display for SettingAt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.file.display(), self.key)
    }
}

impl fmt::Display for Unrecordable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.setting, self.reason)
    }
}

impl fmt::Display for ExpectedValue {
    /// As it is written in server-vars.yml, where that is known in full.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let literal: Value = match self {
            Self::Default => return f.write_str("its default"),
            Self::Url(servers) => return write!(f, "a URL that leads to {servers}"),
            Self::ObjectStore => return f.write_str("a class that keeps files in an object store"),
            Self::Str(text) => json!(text),
            Self::List(items) => json!(items),
            Self::Int(number) => json!(number),
            Self::Bool(word) => json!(word),
        };
        literal.fmt(f)
    }
}

impl ExpectedVariable {
    /// The variable with the member's path.
    pub fn path(&self) -> String {
        if self.member.is_empty() { self.name.to_owned() } else { format!("{}.{}", self.name, self.member) }
    }
}

impl fmt::Display for ExpectedVariable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path(), self.value)
    }
}

/// Works out what the variables have to say. Only settings that the release reads count, and none of memcached.
pub fn expected_record(release: Option<Release>, settings: &[DataSetting], here: &ThisHost) -> ExpectedRecord {
    let mut found = ExpectedRecord::default();
    let counted = || settings.iter().filter(|setting| setting.is_read && setting.layer != Layer::Memcached);
    for setting in counted() {
        add(setting, release, here, &mut found);
    }
    for switch in SWITCHES.iter().filter(|switch| release.is_none_or(|release| switch.releases.contains(&release))) {
        let of_layer: Vec<&DataSetting> = counted().filter(|setting| setting.layer == switch.layer).collect();
        let servers = || of_layer.iter().flat_map(|setting| places(setting));
        let is_unclear = of_layer.iter().any(|setting| unknown(setting).is_some());
        if servers().next().is_some() && !is_unclear {
            let has_left = servers().all(|place| !place.is_local(here));
            found.variables.push(ExpectedVariable {
                layer: switch.layer,
                name: switch.name,
                member: "",
                value: if has_left { ExpectedValue::Bool(false) } else { ExpectedValue::Default },
                needed: has_left,
                settings: of_layer.iter().map(|setting| at(setting)).collect(),
                default: "true".to_owned(),
                source: Source::Switch,
                places: Vec::new(),
                follows_judged: false,
            });
        }
    }
    follow(&mut found.variables);
    found.variables.sort_by_key(|variable| variable.layer);
    found
}

fn at(setting: &DataSetting) -> SettingAt {
    SettingAt { file: setting.file.clone(), key: setting.key.clone(), line: setting.line }
}

fn places(setting: &DataSetting) -> Vec<Place> {
    let server = |address: &DataAddress| match address {
        DataAddress::Server { host, port, .. } => Some(Place::new(host, Some(*port))),
        DataAddress::Socket(_) => Some(Place::new(&Host::Name("localhost".to_owned()), None)),
        _ => None,
    };
    setting.places.iter().filter_map(|place| server(&place.address)).collect()
}

/// Why it cannot be told where a setting leads.
fn unknown(setting: &DataSetting) -> Option<&str> {
    setting.places.iter().find_map(|place| match &place.address {
        DataAddress::Unknown(why) => Some(why.as_str()),
        _ => None,
    })
}

fn add(setting: &DataSetting, release: Option<Release>, here: &ThisHost, found: &mut ExpectedRecord) {
    let service = owner(&setting.file);
    let places = places(setting);
    let is_remote = setting.places.iter().any(|place| matches!(place.address, DataAddress::ObjectStore { .. }))
        || places.iter().any(|place| !place.is_local(here));
    let mut refuse = |reason| {
        found.unrecordable.push(Unrecordable { layer: setting.layer, setting: at(setting), reason });
    };
    if let Some(why) = unknown(setting) {
        return refuse(WhyNot::NotUnderstood(why.to_owned()));
    }
    let rows: Vec<&'static Row> = ROWS
        .iter()
        .filter(|row| service.is_some_and(|service| row.renders(setting.layer, service, &setting.key, release)))
        .collect();
    if is_remote && !rows.iter().any(|row| row.shape != Shape::Endpoint) {
        return refuse(if service.is_some() { WhyNot::NoVariable } else { WhyNot::UnknownService });
    }
    let can_say_port = rows.iter().any(|row| row.shape != Shape::Host);
    for row in rows {
        let shapes: &[Shape] = match &row.shape {
            Shape::Store => &[Shape::Class, Shape::Bucket, Shape::Endpoint],
            shape => std::slice::from_ref(shape),
        };
        for shape in shapes {
            let value = match value_of(row, *shape, setting, &places, is_remote) {
                Ok(value) => value,
                Err(reason) => {
                    refuse(reason);
                    continue;
                }
            };
            let Some(value) = value else { continue };
            let variable = variable(row, *shape, setting, value, &places, is_remote);
            if let Err(reason) = merge(&mut found.variables, variable) {
                refuse(reason);
            }
        }
        let port = places.iter().filter_map(|place| place.port).find(|port| Some(*port) != row.usual_port());
        if let (true, false, Some(port), Some(default)) = (is_remote, can_say_port, port, row.usual_port()) {
            refuse(WhyNot::Port { port, default });
        }
    }
}

/// What the row's variable has to say of a setting; none where it says nothing of it.
fn value_of(
    row: &'static Row,
    shape: Shape,
    setting: &DataSetting,
    places: &[Place],
    is_remote: bool,
) -> Result<Option<ExpectedValue>, WhyNot> {
    let store = setting.places.iter().find_map(|place| match &place.address {
        DataAddress::ObjectStore { endpoint, bucket } => Some((endpoint, bucket)),
        _ => None,
    });
    let first_port = places.first().and_then(|place| place.port);
    let one_port = places.iter().all(|place| place.port == first_port);
    let too_much = |takes| Err(WhyNot::TooMuch { variable: split(row.own).0, takes });
    Ok(Some(match (shape, store) {
        (Shape::Class, Some(_)) => ExpectedValue::ObjectStore,
        // Which one it is stands in another file then.
        (Shape::Bucket, Some((_, bucket))) if bucket.is_empty() => return Ok(None),
        (Shape::Bucket, Some((_, bucket))) => ExpectedValue::Str(bucket.clone()),
        (Shape::Endpoint, Some((Some(endpoint), _))) => ExpectedValue::Str(endpoint.clone()),
        (Shape::Class, None) | (Shape::Endpoint, Some((None, _))) => ExpectedValue::Default,
        (Shape::Bucket | Shape::Endpoint | Shape::Store, _) => return Ok(None),
        (Shape::Port, _) => match first_port {
            Some(port) if one_port => ExpectedValue::Int(port),
            _ => return Ok(None),
        },
        _ if !is_remote => ExpectedValue::Default,
        (Shape::Host | Shape::HostPort, _) if places.len() > 1 => return too_much("one host"),
        (Shape::HostList, _) if !one_port => return too_much("hosts that all have the same port"),
        (Shape::Host, _) => ExpectedValue::Str(places.iter().map(|place| place.host.to_string()).collect()),
        (Shape::Hosts, _) if one_port => ExpectedValue::Str(hosts(places).join(",")),
        (Shape::Hosts | Shape::HostPort, _) => ExpectedValue::Str(listed(places, setting.layer)),
        (Shape::HostList, _) => ExpectedValue::List(hosts(places)),
        // Files have no port, so none is left out.
        (Shape::Url, _) => ExpectedValue::Url(listed(places, Layer::Files)),
    }))
}

fn hosts(places: &[Place]) -> Vec<String> {
    places.iter().map(|place| place.host.to_string()).collect()
}

/// `NAME.member` as `NAME` and `member`.
fn split(element: &'static str) -> (&'static str, &'static str) {
    element.split_once('.').unwrap_or((element, ""))
}

/// The name that a mapping of the Django services' settings has for a part.
pub(super) fn member_of(shape: Shape) -> &'static str {
    match shape {
        Shape::Class => "DEFAULT_FILE_STORAGE",
        Shape::Bucket => "AWS_STORAGE_BUCKET_NAME",
        _ => "AWS_S3_ENDPOINT_URL",
    }
}

fn variable(
    row: &'static Row,
    shape: Shape,
    setting: &DataSetting,
    value: ExpectedValue,
    places: &[Place],
    is_remote: bool,
) -> ExpectedVariable {
    let (name, member) = if row.shape == Shape::Store { (row.own, member_of(shape)) } else { split(row.own) };
    let needed = match &value {
        ExpectedValue::Default => false,
        ExpectedValue::Int(port) => is_remote && row.usual_port() != Some(*port),
        _ => true,
    };
    ExpectedVariable {
        layer: setting.layer,
        name,
        member: member.split('|').next().unwrap_or_default(),
        value,
        needed,
        settings: vec![at(setting)],
        default: match shape {
            Shape::Port => row.usual_port().map(|port| port.to_string()).unwrap_or_default(),
            Shape::Bucket | Shape::Endpoint => String::new(),
            _ => row.default.to_owned(),
        },
        source: Source::Row(row, shape),
        places: places.to_vec(),
        follows_judged: false,
    }
}

/// Adds a variable, or its setting to the one that is there already.
fn merge(variables: &mut Vec<ExpectedVariable>, new: ExpectedVariable) -> Result<(), WhyNot> {
    let Some(known) = variables.iter_mut().find(|known| known.is_same_variable(&new)) else {
        variables.push(new);
        return Ok(());
    };
    if !known.says_the_same(&new) {
        let first = &known.settings[0];
        let file = first.file.file_name().unwrap_or_default().to_string_lossy();
        return Err(WhyNot::Differs { variable: known.name, other: format!("{file} {}", first.key) });
    }
    known.settings.extend(new.settings);
    Ok(())
}

impl ExpectedVariable {
    fn is_same_variable(&self, other: &Self) -> bool {
        let (Source::Row(row, shape), Source::Row(other_row, other_shape)) = (self.source, other.source) else {
            return false;
        };
        self.name == other.name
            && self.member == other.member
            && shape == other_shape
            && row.beaten_by == other_row.beaten_by
    }

    fn says_the_same(&self, other: &Self) -> bool {
        let is_host = |value: &ExpectedValue| matches!(value, ExpectedValue::Str(_) | ExpectedValue::List(_));
        self.value == other.value
            || (is_host(&self.value) && is_host(&other.value) && {
                !self.places.is_empty() && same_hosts(&self.places, &other.places)
            })
    }
}

/// A variable that by default says what another one says needs no word of its own while both say the same.
fn follow(variables: &mut [ExpectedVariable]) {
    for index in 0..variables.len() {
        let Source::Row(row, shape) = variables[index].source else { continue };
        let leader = row.follows.and_then(|name| {
            variables.iter().find(|other| {
                let same_shape = matches!(other.source, Source::Row(_, other) if other == shape);
                other.name == name && other.member.is_empty() && same_shape
            })
        });
        if leader.is_some_and(|leader| leader.value == variables[index].value) {
            variables[index].needed = false;
            variables[index].follows_judged = true;
        }
    }
}
