//! The options of one run, checked against their declaration.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::error::ArgumentError;
use crate::spec::{Default, Kind, ModuleSpec, OptionSpec};

/// A module's options, of the declared types, defaults filled in.
#[derive(Debug, Clone)]
pub struct Arguments {
    values: BTreeMap<&'static str, Value>,
    declared: &'static [OptionSpec],
}

impl Arguments {
    /// Checks what was given against what is declared. Keys starting with `_ansible_` are not options.
    pub fn check(spec: &'static ModuleSpec, given: &Map<String, Value>) -> Result<Self, ArgumentError> {
        let mut names: BTreeMap<&'static str, &str> = BTreeMap::new();
        let mut values = BTreeMap::new();
        for (name, value) in given {
            if name.starts_with("_ansible_") {
                continue;
            }
            let option =
                spec.options.iter().find(|option| option.is_called(name)).ok_or_else(|| unknown(spec, name))?;
            if let Some(first) = names.insert(option.name, name) {
                return Err(ArgumentError::Twice {
                    option: option.name,
                    first: first.to_owned(),
                    second: name.clone(),
                });
            }
            if !value.is_null() {
                values.insert(option.name, coerce(option, value)?);
            }
        }
        for option in spec.options {
            if values.contains_key(option.name) {
                continue;
            }
            if let Some(default) = option.default {
                values.insert(option.name, default_value(option.kind, default));
            } else if option.required {
                return Err(ArgumentError::Missing { option: option.name });
            }
        }
        let is_given = |name: &&'static str| names.contains_key(name) && values.contains_key(name);
        for group in spec.mutually_exclusive {
            let options: Vec<_> = group.iter().copied().filter(|name| is_given(name)).collect();
            if options.len() > 1 {
                return Err(ArgumentError::Exclusive { options });
            }
        }
        for group in spec.required_one_of {
            if !group.iter().any(|name| values.contains_key(name)) {
                return Err(ArgumentError::OneOf { options: group });
            }
        }
        Ok(Self { values, declared: spec.options })
    }

    fn value(&self, name: &str) -> Option<&Value> {
        debug_assert!(
            self.declared.iter().any(|option| option.name == name),
            "the module asks for an option '{name}' that it does not declare"
        );
        self.values.get(name)
    }

    /// Whether the option has a value, given or default.
    pub fn has(&self, name: &str) -> bool {
        self.value(name).is_some()
    }

    /// A `bool`; false where there is neither value nor default.
    pub fn bool(&self, name: &str) -> bool {
        self.value(name).and_then(Value::as_bool).unwrap_or(false)
    }

    /// An `int`.
    pub fn int(&self, name: &str) -> Option<i64> {
        self.value(name).and_then(Value::as_i64)
    }

    /// A `float`.
    pub fn float(&self, name: &str) -> Option<f64> {
        self.value(name).and_then(Value::as_f64)
    }

    /// A `str` or `path`.
    pub fn str(&self, name: &str) -> Option<&str> {
        self.value(name).and_then(Value::as_str)
    }

    /// A `list` of `str` or `path`; `None` where there is neither value nor default.
    pub fn strings(&self, name: &str) -> Option<Vec<&str>> {
        let items = self.value(name)?.as_array()?;
        Some(items.iter().filter_map(Value::as_str).collect())
    }

    /// A `dict`.
    pub fn dict(&self, name: &str) -> Option<&Map<String, Value>> {
        self.value(name).and_then(Value::as_object)
    }

    /// A `raw` value, or any other as JSON.
    pub fn raw(&self, name: &str) -> Option<&Value> {
        self.value(name)
    }

    pub(crate) fn secret_values(&self) -> impl Iterator<Item = &Value> {
        self.declared.iter().filter(|option| option.secret).filter_map(|option| self.values.get(option.name))
    }
}

fn unknown(spec: &ModuleSpec, given: &str) -> ArgumentError {
    let nearest = spec
        .options
        .iter()
        .map(|option| option.name)
        .map(|name| (strsim::damerau_levenshtein(name, given), name))
        .filter(|(distance, name)| *distance <= 1 + name.len() / 3)
        .min()
        .map(|(_, name)| name);
    let known = spec.options.iter().map(|option| option.name).collect::<Vec<_>>().join(", ");
    ArgumentError::Unknown { module: spec.name, option: given.to_owned(), nearest, known }
}

fn default_value(kind: Kind, default: Default) -> Value {
    match default {
        Default::Bool(value) => value.into(),
        Default::Int(value) => value.into(),
        Default::Float(value) => value.into(),
        Default::Str(value) if kind == Kind::Path => expand_home(value).into(),
        Default::Str(value) => value.into(),
        Default::List(items) => items.iter().map(|item| Value::from(*item)).collect(),
    }
}

/// Converts as Ansible's own `AnsibleModule` does: a templated value often arrives as a string.
fn coerce(option: &'static OptionSpec, value: &Value) -> Result<Value, ArgumentError> {
    let wrong = |expected| ArgumentError::Type { option: option.name.to_owned(), expected, found: type_name(value) };
    let coerced = match option.kind {
        Kind::Bool => as_bool(value).map(Value::from).ok_or_else(|| wrong("a bool (true or false)"))?,
        Kind::Int => as_int(value).map(Value::from).ok_or_else(|| wrong("a whole number"))?,
        Kind::Float => as_float(value).map(Value::from).ok_or_else(|| wrong("a number"))?,
        Kind::Str => as_text(value).map(Value::from).ok_or_else(|| wrong("a string"))?,
        Kind::Path => as_text(value)
            .filter(|path| !path.is_empty())
            .map(|path| expand_home(&path).into())
            .ok_or_else(|| wrong("a path (not empty)"))?,
        Kind::Dict => as_dict(value)
            .map(Value::Object)
            .ok_or_else(|| wrong("a dict, or its JSON such as {\"NAME\": \"value\"}"))?,
        Kind::StrList | Kind::PathList => as_list(option, value)?,
        Kind::Raw => value.clone(),
    };
    if !option.choices.is_empty() {
        let allowed = |item: &Value| item.as_str().is_some_and(|text| option.choices.contains(&text));
        let all_allowed = match &coerced {
            Value::Array(items) => items.iter().all(allowed),
            item => allowed(item),
        };
        if !all_allowed {
            return Err(ArgumentError::Choice { option: option.name, choices: option.choices });
        }
    }
    Ok(coerced)
}

fn as_bool(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(value) => Some(*value),
        Value::Number(number) => match number.as_f64() {
            Some(1.0) => Some(true),
            Some(0.0) => Some(false),
            _ => None,
        },
        Value::String(text) => match text.trim().to_ascii_lowercase().as_str() {
            "y" | "yes" | "on" | "1" | "true" | "t" | "1.0" => Some(true),
            "n" | "no" | "off" | "0" | "false" | "f" | "0.0" => Some(false),
            _ => None,
        },
        _ => None,
    }
}

fn as_int(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

fn as_float(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok().filter(|number: &f64| number.is_finite()),
        _ => None,
    }
}

fn as_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        // Ansible turns an unquoted yes into a bool before the module sees it, and back into this.
        Value::Bool(value) => Some(if *value { "True" } else { "False" }.to_owned()),
        _ => None,
    }
}

fn as_dict(value: &Value) -> Option<Map<String, Value>> {
    match value {
        Value::Object(map) => Some(map.clone()),
        Value::String(text) => serde_json::from_str(text).ok(),
        _ => None,
    }
}

fn as_list(option: &OptionSpec, value: &Value) -> Result<Value, ArgumentError> {
    let items: Vec<Value> = match value {
        Value::Array(items) => items.clone(),
        Value::String(text) if text.trim().is_empty() => Vec::new(),
        Value::String(text) => text.split(',').map(|item| Value::from(item.trim())).collect(),
        Value::Number(_) => vec![value.clone()],
        _ => {
            return Err(ArgumentError::Type {
                option: option.name.to_owned(),
                expected: "a list",
                found: type_name(value),
            });
        }
    };
    let element = |(index, item): (usize, &Value)| {
        let text = as_text(item).ok_or_else(|| ArgumentError::Type {
            option: format!("{}[{index}]", option.name),
            expected: "a string",
            found: type_name(item),
        })?;
        Ok(Value::from(if option.kind == Kind::PathList { expand_home(&text) } else { text }))
    };
    items.iter().enumerate().map(element).collect()
}

fn expand_home(path: &str) -> String {
    let home = || std::env::var("HOME").ok();
    for prefix in ["~", "$HOME", "${HOME}"] {
        if let Some(rest) = path.strip_prefix(prefix)
            && (rest.is_empty() || rest.starts_with('/'))
            && let Some(home) = home()
        {
            return format!("{home}{rest}");
        }
    }
    path.to_owned()
}

fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a bool",
        Value::Number(_) => "a number",
        Value::String(text) if text.is_empty() => "an empty string",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "a dict",
    }
}
