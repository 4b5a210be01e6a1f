//! From the settings to the variables.

use super::expected::{ExpectedRecord, ExpectedValue, ExpectedVariable, SettingAt, Source, Unrecordable, WhyNot};
use super::place::{Place, listed, same_hosts};
use super::table::{ROWS, Row, SWITCHES, Shape, Switch, member_of, owner, split};
use crate::address::ThisHost;
use crate::data::{DataAddress, DataSetting, Layer};
use crate::endpoint::Host;
use crate::release::Release;

/// Works out what the variables have to say. Only settings that the release reads count, and none of memcached.
///
/// `settings` are all of each service's: what is not among them is taken for not used, so that a variable which
/// brings it in is told.
pub fn expected_record(release: Option<Release>, settings: &[DataSetting], here: &ThisHost) -> ExpectedRecord {
    let mut found = ExpectedRecord::default();
    let counted = settings.iter().filter(|setting| setting.is_read && setting.layer != Layer::Memcached);
    let seen: Vec<Seen<'_>> = counted.map(|setting| Seen::new(setting, release, here)).collect();
    for setting in &seen {
        if let Err(reason) = setting.add_to(&mut found) {
            setting.refuse(reason, &mut found);
        }
    }
    for switch in SWITCHES.iter().filter(|switch| release.is_none_or(|release| switch.releases.contains(&release))) {
        found.variables.extend(off(switch, &seen, here));
    }
    if let Some(release) = release {
        add_unused(release, &seen, &mut found.variables);
    }
    follow(&mut found.variables);
    found.variables.sort_by_key(|variable| variable.layer);
    found
}

/// A setting, and what follows from it alone.
struct Seen<'a> {
    setting: &'a DataSetting,
    service: Option<&'static str>,
    release: Option<Release>,
    /// The servers that it names.
    places: Vec<Place>,
    is_remote: bool,
    /// Why it cannot be told where it leads.
    unclear: Option<&'a str>,
}

impl<'a> Seen<'a> {
    fn new(setting: &'a DataSetting, release: Option<Release>, here: &ThisHost) -> Self {
        let server = |address: &DataAddress| match address {
            DataAddress::Server { host, port, .. } => Some(Place::new(host, Some(*port))),
            DataAddress::Socket(_) => Some(Place::new(&Host::Name("localhost".to_owned()), None)),
            _ => None,
        };
        let addresses = || setting.places.iter().map(|place| &place.address);
        let places: Vec<Place> = addresses().filter_map(server).collect();
        let is_remote = addresses().any(|address| matches!(address, DataAddress::ObjectStore { .. }))
            || places.iter().any(|place| !place.is_local(here));
        let unclear = addresses().find_map(|address| match address {
            DataAddress::Unknown(why) => Some(why.as_str()),
            _ => None,
        });
        Self { setting, service: owner(&setting.file), release, places, is_remote, unclear }
    }

    fn at(&self) -> SettingAt {
        let DataSetting { file, key, line, .. } = self.setting;
        SettingAt { file: file.clone(), key: key.clone(), line: *line }
    }

    fn refuse(&self, reason: WhyNot, found: &mut ExpectedRecord) {
        found.unrecordable.push(Unrecordable { layer: self.setting.layer, setting: self.at(), reason });
    }

    fn usual_port(&self, row: &Row) -> Option<u16> {
        row.usual_port(self.setting.layer, self.release)
    }

    fn is_rendered_from(&self, row: &Row) -> bool {
        let DataSetting { layer, key, .. } = self.setting;
        self.service.is_some_and(|service| row.renders(*layer, service, key, self.release))
    }

    fn add_to(&self, found: &mut ExpectedRecord) -> Result<(), WhyNot> {
        if let Some(why) = self.unclear {
            return Err(WhyNot::NotUnderstood(why.to_owned()));
        }
        let rows: Vec<&'static Row> = ROWS.iter().filter(|row| self.is_rendered_from(row)).collect();
        if self.is_remote && !rows.iter().any(|row| row.shape != Shape::Endpoint) {
            return Err(if self.service.is_some() { WhyNot::NoVariable } else { WhyNot::UnknownService });
        }
        for row in &rows {
            let shapes: &[Shape] = match &row.shape {
                Shape::Store => &[Shape::Class, Shape::Bucket, Shape::Endpoint],
                shape => std::slice::from_ref(shape),
            };
            for shape in shapes {
                let Some(value) = self.value(row, *shape)? else { continue };
                merge(&mut found.variables, self.variable(row, *shape, value))?;
            }
        }
        match rows.as_slice() {
            // There is one for the host, and none for its port.
            [row] if self.is_remote && row.shape == Shape::Host => self.has_usual_port(row),
            _ => Ok(()),
        }
    }

    fn has_usual_port(&self, row: &Row) -> Result<(), WhyNot> {
        let Some(default) = self.usual_port(row) else { return Ok(()) };
        let mut ports = self.places.iter().filter_map(|place| place.port);
        ports.find(|port| *port != default).map_or(Ok(()), |port| Err(WhyNot::Port { port, default }))
    }

    /// What the row's variable has to say; none where it has nothing to say of this setting.
    fn value(&self, row: &Row, shape: Shape) -> Result<Option<ExpectedValue>, WhyNot> {
        let store = self.setting.places.iter().find_map(|place| match &place.address {
            DataAddress::ObjectStore { endpoint, bucket } => Some((endpoint, bucket)),
            _ => None,
        });
        let places = &self.places;
        let hosts = || places.iter().map(|place| place.host.to_string()).collect::<Vec<_>>();
        let first_port = places.first().and_then(|place| place.port);
        let one_port = places.iter().all(|place| place.port == first_port);
        let too_much = |takes| Err(WhyNot::TooMuch { variable: split(row.own).0, takes });
        Ok(Some(match (shape, store) {
            (Shape::Class, Some(_)) => ExpectedValue::ObjectStore,
            // Its name stands in another file then.
            (Shape::Bucket, Some((_, bucket))) if bucket.is_empty() => return Ok(None),
            (Shape::Bucket, Some((_, bucket))) => ExpectedValue::Str(bucket.clone()),
            (Shape::Endpoint, Some((Some(endpoint), _))) => ExpectedValue::Str(endpoint.clone()),
            (Shape::Class, None) | (Shape::Endpoint, Some((None, _))) => ExpectedValue::Default,
            (Shape::Bucket | Shape::Endpoint | Shape::Store, _) => return Ok(None),
            (Shape::Port, _) => match first_port {
                Some(port) if one_port => ExpectedValue::Int(port),
                _ => return Ok(None),
            },
            _ if !self.is_remote => ExpectedValue::Default,
            (Shape::Host | Shape::HostPort, _) if places.len() > 1 => return too_much("one host"),
            (Shape::HostList, _) if !one_port => return too_much("hosts that all have the same port"),
            (Shape::HostList, _) => ExpectedValue::List(hosts()),
            (Shape::Host, _) => ExpectedValue::Str(hosts().concat()),
            (Shape::Hosts, _) if one_port => ExpectedValue::Str(hosts().join(",")),
            (Shape::Hosts | Shape::HostPort, _) => ExpectedValue::Str(listed(places, self.setting.layer)),
            // Files have no port, so none is left out.
            (Shape::Url, _) => ExpectedValue::Url(listed(places, Layer::Files)),
        }))
    }

    fn variable(&self, row: &'static Row, shape: Shape, value: ExpectedValue) -> ExpectedVariable {
        let (name, member) = if row.shape == Shape::Store { (row.own, member_of(shape)) } else { split(row.own) };
        let port = self.usual_port(row);
        ExpectedVariable {
            layer: self.setting.layer,
            name,
            member: member.split('|').next().unwrap_or_default(),
            needed: match &value {
                ExpectedValue::Default => false,
                ExpectedValue::Int(wanted) => self.is_remote && port != Some(*wanted),
                _ => true,
            },
            value,
            settings: vec![self.at()],
            default: match shape {
                Shape::Port => port.map(|port| port.to_string()).unwrap_or_default(),
                Shape::Bucket | Shape::Endpoint => String::new(),
                _ => row.default.to_owned(),
            },
            source: Source::Row(row, shape),
            places: self.places.clone(),
            follows_judged: false,
        }
    }
}

/// Adds a variable, or its setting to the one that is there already.
fn merge(variables: &mut Vec<ExpectedVariable>, new: ExpectedVariable) -> Result<(), WhyNot> {
    let Some(known) = variables.iter_mut().find(|known| is_same_variable(known, &new)) else {
        variables.push(new);
        return Ok(());
    };
    if !says_the_same(known, &new) {
        let first = &known.settings[0];
        let file = first.file.file_name().unwrap_or_default().to_string_lossy();
        return Err(WhyNot::Differs { variable: known.name, other: format!("{file} {}", first.key) });
    }
    known.settings.extend(new.settings);
    Ok(())
}

fn is_same_variable(one: &ExpectedVariable, other: &ExpectedVariable) -> bool {
    one.name == other.name && one.member == other.member && one.beaten_by() == other.beaten_by()
}

fn says_the_same(one: &ExpectedVariable, other: &ExpectedVariable) -> bool {
    let names_hosts = |value: &ExpectedValue| matches!(value, ExpectedValue::Str(_) | ExpectedValue::List(_));
    let has_hosts = !one.places.is_empty() && names_hosts(&one.value) && names_hosts(&other.value);
    one.value == other.value || (has_hosts && same_hosts(&one.places, &other.places))
}

/// A variable that by default says what another one says needs no word of its own while both say the same.
fn follow(variables: &mut [ExpectedVariable]) {
    for index in 0..variables.len() {
        let Source::Row(row, shape) = variables[index].source else { continue };
        let leads = |other: &&ExpectedVariable| {
            let same_shape = matches!(other.source, Source::Row(_, other) if other == shape);
            Some(other.name) == row.follows && other.member.is_empty() && same_shape
        };
        if variables.iter().find(leads).is_some_and(|leader| leader.value == variables[index].value) {
            variables[index].needed = false;
            variables[index].follows_judged = true;
        }
    }
}

/// What the services that are here do not use. A variable that leads elsewhere would bring it in.
fn add_unused(release: Release, seen: &[Seen<'_>], variables: &mut Vec<ExpectedVariable>) {
    let is_here = |row: &Row| row.services.split(' ').any(|name| seen.iter().any(|seen| seen.service == Some(name)));
    for row in ROWS.iter().filter(|row| row.is_in(release) && row.follows.is_none() && is_here(row)) {
        let shape = match row.shape {
            Shape::Port | Shape::Bucket | Shape::Endpoint => continue,
            Shape::Store => Shape::Class,
            shape => shape,
        };
        let (name, member) = if row.shape == Shape::Store { (row.own, member_of(shape)) } else { split(row.own) };
        let is_known = variables.iter().any(|known| known.name == name && known.beaten_by() == row.beaten_by);
        if is_known || seen.iter().any(|seen| seen.is_rendered_from(row)) {
            continue;
        }
        variables.push(ExpectedVariable {
            layer: row.layer_in(release),
            name,
            member,
            value: ExpectedValue::Default,
            needed: false,
            settings: Vec::new(),
            default: row.default.to_owned(),
            source: Source::Row(row, shape),
            places: Vec::new(),
            follows_judged: false,
        });
    }
}

/// The switch, which must be off once its layer has left, and on while anything uses it here. Nothing where no
/// setting names a server, or one leads nobody knows where.
fn off(switch: &Switch, seen: &[Seen<'_>], here: &ThisHost) -> Option<ExpectedVariable> {
    let users: Vec<&Seen<'_>> = seen.iter().filter(|seen| seen.setting.layer == switch.layer).collect();
    let servers = || users.iter().flat_map(|seen| &seen.places);
    if servers().next().is_none() || users.iter().any(|seen| seen.unclear.is_some()) {
        return None;
    }
    let has_left = servers().all(|place| !place.is_local(here));
    Some(ExpectedVariable {
        layer: switch.layer,
        name: switch.name,
        member: "",
        value: if has_left { ExpectedValue::Bool(false) } else { ExpectedValue::Default },
        needed: has_left,
        settings: users.iter().map(|seen| seen.at()).collect(),
        default: "true".to_owned(),
        source: Source::Switch,
        places: Vec::new(),
        follows_judged: false,
    })
}
