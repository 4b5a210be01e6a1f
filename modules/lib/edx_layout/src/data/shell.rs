//! Files that are not YAML: `forum_env`, which a shell reads, and supervisor's `workers.conf`.

use std::path::Path;

use super::{DataPlace, DataSetting, Layer, broker, mongodb, search, text};
use crate::release::Release;

/// The name of forum's file, the only place where its MongoDB is named.
pub const FORUM_ENV: &str = "forum_env";
/// The name of supervisor's file of Celery workers.
pub const WORKERS: &str = "workers.conf";

/// Where single-beat, which keeps Celery's clock from running twice, has its lock.
const SINGLE_BEAT: &str = "SINGLE_BEAT_REDIS_SERVER";

/// A variable that is set.
struct Assignment {
    line: usize,
    name: String,
    value: Value,
}

#[derive(PartialEq)]
enum Value {
    Text(String),
    /// Only the shell knows.
    Computed,
}

/// Every setting in such a file.
pub fn find(path: &Path, content: &str, release: Option<Release>) -> Vec<DataSetting> {
    let is_workers = path.file_name().is_some_and(|name| name == WORKERS);
    let assignments = if is_workers { in_workers(content) } else { in_shell(content) };
    let settings = assignments.into_iter().filter_map(|assignment| {
        let (layer, places) = places(&assignment)?;
        let file = path.to_path_buf();
        Some(DataSetting { layer, file, key: assignment.name, line: assignment.line, is_read: true, places })
    });
    // Beat runs from Koa on.
    settings.filter(|_| !is_workers || release.is_none_or(|release| release >= Release::Koa)).collect()
}

/// None where the variable says nothing about data, or is empty.
fn places(assignment: &Assignment) -> Option<(Layer, Vec<DataPlace>)> {
    let layer = match assignment.name.as_str() {
        "MONGOHQ_URL" => Layer::MongoDb,
        "SEARCH_SERVER" | "SEARCH_SERVER_ES7" | "SEARCH_SERVER_OS12" => Layer::Elasticsearch,
        SINGLE_BEAT => Layer::Redis,
        _ => return None,
    };
    let places = match (&assignment.value, layer) {
        (Value::Computed, _) => vec![text::unknown("the shell computes it")],
        (Value::Text(text), _) if text.trim().is_empty() => return None,
        (Value::Text(text), Layer::MongoDb) => mongodb::of_url(text.trim(), false),
        (Value::Text(text), Layer::Elasticsearch) => search::of_text(text.trim()),
        (Value::Text(text), _) => broker::urls(text.trim(), &[';']).into_iter().map(|(_, place)| place).collect(),
    };
    Some((layer, places))
}

/// `export NAME="value"`; of several with one name the last counts.
fn in_shell(content: &str) -> Vec<Assignment> {
    let mut found: Vec<Assignment> = Vec::new();
    for (index, line) in content.lines().enumerate() {
        let line = line.trim_start();
        let line = line.strip_prefix("export ").map_or(line, str::trim_start);
        let Some((name, value)) = line.split_once('=') else { continue };
        if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
            continue;
        }
        found.retain(|known| known.name != name);
        found.push(Assignment { line: index + 1, name: name.to_owned(), value: word(value) });
    }
    found
}

/// The first word of a shell's line, quotes taken off.
fn word(text: &str) -> Value {
    let mut value = String::new();
    let mut quote = None;
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match (quote, c) {
            (Some(open), _) if c == open => quote = None,
            (Some('\''), _) => value.push(c),
            (None, '"' | '\'') => quote = Some(c),
            (_, '$' | '`') => return Value::Computed,
            (None, '\\') => value.extend(chars.next()),
            (Some(_), '\\') => match chars.next() {
                Some(c @ ('"' | '\\' | '$' | '`')) => value.push(c),
                other => {
                    value.push('\\');
                    value.extend(other);
                }
            },
            (None, ' ' | '\t' | ';' | '&' | '|') => break,
            _ => value.push(c),
        }
    }
    // A quote that is not closed goes on in the next line.
    if quote.is_some() { Value::Computed } else { Value::Text(value) }
}

/// `environment=NAME=value,NAME="value"`, a percent sign doubled.
fn in_workers(content: &str) -> Vec<Assignment> {
    let mut found = Vec::new();
    let is_comment = |line: &str| line.trim_start().starts_with([';', '#']);
    for (index, line) in content.lines().enumerate().filter(|(_, line)| !is_comment(line)) {
        let Some((_, value)) = line.split_once(&format!("{SINGLE_BEAT}=")) else { continue };
        let value = match value.chars().next().filter(|c| matches!(c, '"' | '\'')) {
            Some(quote) => value[1..].split(quote).next(),
            None => value.split([',', ' ', '\t']).next(),
        };
        let value = Value::Text(value.unwrap_or_default().replace("%%", "%"));
        found.push(Assignment { line: index + 1, name: SINGLE_BEAT.to_owned(), value });
    }
    found
}
