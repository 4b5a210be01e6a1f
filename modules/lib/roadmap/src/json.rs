//! A status as JSON, and back.
//!
//! It comes back through the variables of Ansible, where anything may have happened to it: each shape is checked and
//! each size is bounded.

use edx_layout::Layer;
use serde_json::{Map, Value, json};

use crate::error::{At, Error};
use crate::status::{CacheKeyPrefix, EndpointStatus, Finding, HostStatus, LayerStatus, Place, Scope};

/// More servers than anybody gives one platform.
const MAX_HOSTS: usize = 100;
/// More endpoints, settings or findings than the files of one server can hold.
const MAX_ITEMS: usize = 1_000;
/// Longer than any line that a server or a file has to say.
const MAX_TEXT: usize = 8_192;

impl HostStatus {
    /// All of it.
    pub fn to_json(&self) -> Value {
        json!({
            "host": self.host,
            "name": self.name,
            "addresses": self.addresses,
            "release": self.release,
            "layers": self.layers.iter().map(layer_to_json).collect::<Vec<_>>(),
            "prefixes": self.prefixes.iter().map(prefix_to_json).collect::<Vec<_>>(),
            "findings": self.findings.iter().map(finding_to_json).collect::<Vec<_>>(),
            "passed": self.passed,
            "is_complete": self.is_complete,
        })
    }

    /// What [`Self::to_json`] made. Keys that are not known are passed over.
    pub fn from_json(value: &Value) -> Result<Self, Error> {
        host_from_json(&Part { at: At::default(), value })
    }

    /// Several, as a list; no two of them may have the same name.
    pub fn list_from_json(value: &Value) -> Result<Vec<Self>, Error> {
        let hosts = Part { at: At::default().key("hosts"), value };
        let mut read: Vec<Self> = Vec::new();
        for part in hosts.items(MAX_HOSTS)? {
            let host = host_from_json(&part)?;
            if read.iter().any(|other| other.host == host.host) {
                return Err(Error::Twice { at: part.at.key("host"), what: shortened(&host.host) });
            }
            read.push(host);
        }
        Ok(read)
    }
}

fn layer_to_json(layer: &LayerStatus) -> Value {
    json!({
        "layer": layer.layer.name(),
        "place": layer.place.word(),
        "endpoints": layer.endpoints.iter().map(endpoint_to_json).collect::<Vec<_>>(),
        "is_recorded": layer.is_recorded,
    })
}

fn endpoint_to_json(endpoint: &EndpointStatus) -> Value {
    json!({
        "endpoint": endpoint.endpoint,
        "scope": endpoint.scope.word(),
        "answers": endpoint.answers,
        "told": endpoint.told,
        "settings": endpoint.settings,
    })
}

fn prefix_to_json(prefix: &CacheKeyPrefix) -> Value {
    json!({ "file": prefix.file, "cache": prefix.cache, "prefix": prefix.prefix })
}

fn finding_to_json(finding: &Finding) -> Value {
    json!({
        "name": finding.name,
        "subject": finding.subject,
        "status": finding.status,
        "seen": finding.seen,
        "advice": finding.advice,
    })
}

fn host_from_json(host: &Part) -> Result<HostStatus, Error> {
    Ok(HostStatus {
        host: host.get("host")?.text()?,
        name: host.optional("name")?.map(|name| name.text()).transpose()?,
        addresses: host.get("addresses")?.texts()?,
        release: host.optional("release")?.map(|release| release.text()).transpose()?,
        layers: layers_from_json(&host.get("layers")?)?,
        prefixes: host.get("prefixes")?.all(prefix_from_json)?,
        findings: host.get("findings")?.all(finding_from_json)?,
        passed: host.get("passed")?.number()?,
        is_complete: host.get("is_complete")?.truth()?,
    })
}

fn layers_from_json(list: &Part) -> Result<Vec<LayerStatus>, Error> {
    let mut layers: Vec<LayerStatus> = Vec::new();
    for part in list.items(MAX_ITEMS)? {
        let layer = LayerStatus {
            layer: part.get("layer")?.word(&Layer::ALL.map(|layer| (layer.name(), layer)))?,
            place: part.get("place")?.word(&Place::ALL.map(|place| (place.word(), place)))?,
            endpoints: part.get("endpoints")?.all(endpoint_from_json)?,
            is_recorded: part.optional("is_recorded")?.map(|it| it.truth()).transpose()?,
        };
        if layers.iter().any(|other| other.layer == layer.layer) {
            return Err(Error::Twice { at: part.at.key("layer"), what: layer.layer.name().to_owned() });
        }
        layers.push(layer);
    }
    if let Some(missing) = Layer::ALL.into_iter().find(|wanted| layers.iter().all(|layer| layer.layer != *wanted)) {
        return Err(Error::NoLayer { at: list.at.clone(), layer: missing.name() });
    }
    layers.sort_by_key(|layer| layer.layer);
    Ok(layers)
}

fn endpoint_from_json(endpoint: &Part) -> Result<EndpointStatus, Error> {
    Ok(EndpointStatus {
        endpoint: endpoint.get("endpoint")?.text()?,
        scope: endpoint.get("scope")?.word(&Scope::ALL.map(|scope| (scope.word(), scope)))?,
        answers: endpoint.optional("answers")?.map(|it| it.truth()).transpose()?,
        told: endpoint.get("told")?.text()?,
        settings: endpoint.get("settings")?.texts()?,
    })
}

fn prefix_from_json(prefix: &Part) -> Result<CacheKeyPrefix, Error> {
    Ok(CacheKeyPrefix {
        file: prefix.get("file")?.text()?,
        cache: prefix.get("cache")?.text()?,
        prefix: prefix.get("prefix")?.text()?,
    })
}

fn finding_from_json(finding: &Part) -> Result<Finding, Error> {
    Ok(Finding {
        name: finding.get("name")?.text()?,
        subject: finding.get("subject")?.text()?,
        status: finding.get("status")?.word(&[("failed", "failed"), ("warning", "warning")])?.to_owned(),
        seen: finding.get("seen")?.text()?,
        advice: finding.get("advice")?.text()?,
    })
}

/// A value, and where it stands.
struct Part<'a> {
    at: At,
    value: &'a Value,
}

impl<'a> Part<'a> {
    fn get(&self, key: &str) -> Result<Part<'a>, Error> {
        match self.map()?.get(key) {
            Some(value) => Ok(Part { at: self.at.key(key), value }),
            None => Err(Error::Missing(self.at.key(key))),
        }
    }

    /// None where it is not there, or null.
    fn optional(&self, key: &str) -> Result<Option<Part<'a>>, Error> {
        let value = self.map()?.get(key).filter(|value| !value.is_null());
        Ok(value.map(|value| Part { at: self.at.key(key), value }))
    }

    fn map(&self) -> Result<&'a Map<String, Value>, Error> {
        self.value.as_object().ok_or_else(|| self.not("a mapping"))
    }

    fn items(&self, limit: usize) -> Result<Vec<Part<'a>>, Error> {
        let items = self.value.as_array().ok_or_else(|| self.not("a list"))?;
        if items.len() > limit {
            return Err(Error::TooMany { at: self.at.clone(), found: items.len(), limit });
        }
        Ok(items.iter().enumerate().map(|(index, value)| Part { at: self.at.index(index), value }).collect())
    }

    fn all<T>(&self, read: impl Fn(&Part<'a>) -> Result<T, Error>) -> Result<Vec<T>, Error> {
        self.items(MAX_ITEMS)?.iter().map(read).collect()
    }

    fn text(&self) -> Result<String, Error> {
        let text = self.value.as_str().ok_or_else(|| self.not("a text"))?;
        if text.len() > MAX_TEXT {
            return Err(Error::TooLong { at: self.at.clone(), found: text.len(), limit: MAX_TEXT });
        }
        Ok(text.to_owned())
    }

    fn texts(&self) -> Result<Vec<String>, Error> {
        self.all(Part::text)
    }

    fn truth(&self) -> Result<bool, Error> {
        self.value.as_bool().ok_or_else(|| self.not("true or false"))
    }

    fn number(&self) -> Result<usize, Error> {
        let number = self.value.as_u64().and_then(|number| usize::try_from(number).ok());
        number.ok_or_else(|| self.not("a whole number from 0 on"))
    }

    fn word<T: Copy>(&self, known: &[(&'static str, T)]) -> Result<T, Error> {
        let word = self.text()?;
        known.iter().find(|(name, _)| *name == word).map(|(_, value)| *value).ok_or_else(|| Error::Word {
            at: self.at.clone(),
            word: shortened(&word),
            known: known.iter().map(|(name, _)| *name).collect(),
        })
    }

    fn not(&self, wanted: &'static str) -> Error {
        let found = match self.value {
            Value::Null => "null",
            Value::Bool(_) => "true or false",
            Value::Number(_) => "a number",
            Value::String(_) => "a text",
            Value::Array(_) => "a list",
            Value::Object(_) => "a mapping",
        };
        Error::Kind { at: self.at.clone(), wanted, found }
    }
}

/// Enough of a word to know it again.
fn shortened(word: &str) -> String {
    word.chars().take(40).collect()
}
