//! The same options for a person at a shell.

use std::ffi::OsString;
use std::fmt::Write as _;

use clap::error::ErrorKind;
use clap::{Arg, ArgAction, Command};
use serde_json::{Map, Value};

use crate::spec::{Default, Kind, ModuleSpec, OptionSpec};

/// A command line, as the JSON that Ansible would have sent.
pub(crate) struct Invocation {
    pub(crate) given: Map<String, Value>,
    pub(crate) as_json: bool,
}

pub(crate) fn command(spec: &'static ModuleSpec) -> Command {
    let mut command = Command::new(spec.name)
        .version(env!("CARGO_PKG_VERSION"))
        .about(spec.short_description)
        .after_help("As an Ansible module it takes one argument: a JSON file's path, or - for standard input.")
        .arg_required_else_help(spec.options.iter().any(|option| option.required));
    for option in spec.options {
        command = command.arg(argument(option));
    }
    command
        .arg(switch("check", "Change nothing, and say what a real run would change"))
        .arg(switch("diff", "Show the lines that change"))
        .arg(switch("json", "Print the result as JSON, as Ansible gets it"))
}

fn switch(name: &'static str, help: &'static str) -> Arg {
    Arg::new(format!("_{name}")).long(name).action(ArgAction::SetTrue).help(help)
}

fn argument(option: &'static OptionSpec) -> Arg {
    let mut help = plain(option.description.first().copied().unwrap_or_default());
    if let Some(default) = option.default {
        let _ = write!(help, " [default: {}]", shown(default));
    }
    if option.secret || option.kind == Kind::Dict {
        help.push_str(" [@FILE reads it from a file, which keeps it out of the process list]");
    }
    let mut argument = Arg::new(option.name)
        .long(option.name.replace('_', "-"))
        .help(help)
        .required(option.required)
        .value_name(option.kind.element().unwrap_or(option.kind.name()).to_uppercase());
    if option.name.contains('_') {
        argument = argument.alias(option.name);
    }
    for alias in option.aliases {
        argument = argument.alias(*alias);
    }
    if !option.choices.is_empty() {
        argument = argument.value_parser(option.choices.to_vec());
    }
    match option.kind {
        Kind::Bool => argument.num_args(0..=1).require_equals(true).default_missing_value("true"),
        Kind::Raw => argument.num_args(0..=1).default_missing_value("true"),
        Kind::StrList | Kind::PathList => argument.action(ArgAction::Append).value_delimiter(','),
        _ => argument,
    }
}

/// Without Ansible's markup: `V(latest)`, `O(state)` and `C(text)` are for its pages.
fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, marked)) =
        ["V(", "O(", "C("].iter().filter_map(|mark| rest.split_once(mark)).min_by_key(|(before, _)| before.len())
    {
        let (inside, after) = marked.split_once(')').unwrap_or((marked, ""));
        plain.push_str(before);
        plain.push_str(inside);
        rest = after;
    }
    plain.push_str(rest);
    plain
}

fn shown(default: Default) -> String {
    match default {
        Default::Bool(value) => value.to_string(),
        Default::Int(value) => value.to_string(),
        Default::Float(value) => value.to_string(),
        Default::Str(value) => value.to_owned(),
        Default::List(items) => items.join(","),
    }
}

pub(crate) fn parse(
    spec: &'static ModuleSpec,
    arguments: impl IntoIterator<Item = OsString>,
) -> Result<Invocation, clap::Error> {
    let mut command = command(spec);
    let matches = command.try_get_matches_from_mut(arguments)?;
    let mut given = Map::new();
    for option in spec.options {
        let Some(values) = matches.get_many::<String>(option.name) else { continue };
        let mut values: Vec<Value> = values.map(|value| Value::from(value.as_str())).collect();
        let value =
            if option.kind.element().is_some() { Value::Array(values) } else { values.pop().unwrap_or_default() };
        let from_file = option.secret || option.kind == Kind::Dict;
        let value = match value.as_str().and_then(|text| text.strip_prefix('@')) {
            Some(path) if from_file => std::fs::read_to_string(path)
                .map(|text| Value::from(text.trim_end_matches('\n')))
                .map_err(|error| command.error(ErrorKind::Io, format!("--{}: {path}: {error}", option.name)))?,
            _ => value,
        };
        given.insert(option.name.to_owned(), value);
    }
    for (flag, key) in [("_check", "_ansible_check_mode"), ("_diff", "_ansible_diff")] {
        given.insert(key.to_owned(), matches.get_flag(flag).into());
    }
    Ok(Invocation { given, as_json: matches.get_flag("_json") })
}

/// What a person reads: the module's own text or else its fields, then differences and warnings.
pub(crate) fn render(spec: &ModuleSpec, object: &Value, text: Option<&str>) -> String {
    let get = |key: &str| object.get(key);
    let failed = get("failed").and_then(Value::as_bool).unwrap_or(false);
    let changed = get("changed").and_then(Value::as_bool).unwrap_or(false);
    let status = match (failed, changed) {
        (true, _) => "failed",
        (false, true) => "changed",
        (false, false) => "ok",
    };
    let mut page = String::new();
    for diff in get("diff").and_then(Value::as_array).into_iter().flatten() {
        page.push_str(diff.get("prepared").and_then(Value::as_str).unwrap_or_default());
        page.push('\n');
    }
    if let Some(text) = text {
        page.push_str(text.trim_end());
        page.push('\n');
    } else {
        for (key, value) in object.as_object().into_iter().flatten() {
            if !["changed", "failed", "msg", "warnings", "diff"].contains(&key.as_str()) {
                let _ = writeln!(page, "{key}: {}", value.as_str().map_or_else(|| value.to_string(), str::to_owned));
            }
        }
    }
    for warning in get("warnings").and_then(Value::as_array).into_iter().flatten() {
        let warning = warning.as_str().unwrap_or_default();
        // A module's own text may have said it already, where it belongs.
        if !text.is_some_and(|text| text.contains(warning)) {
            let _ = writeln!(page, "warning: {warning}");
        }
    }
    let msg = get("msg").and_then(Value::as_str).map(|msg| format!(": {msg}")).unwrap_or_default();
    let _ = writeln!(page, "{}: {status}{msg}", spec.name);
    page
}
