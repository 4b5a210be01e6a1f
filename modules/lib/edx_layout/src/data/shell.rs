//! Files that are not YAML: `forum_env`, which a shell reads, and supervisor's `workers.conf`.

use std::fmt;
use std::ops::Range;
use std::path::Path;

use super::{DataPlace, DataSetting, Layer, broker, mongodb, search, text};
use crate::endpoint::Endpoint;
use crate::release::Release;

/// The name of forum's file, the only place where its MongoDB is named.
pub const FORUM_ENV: &str = "forum_env";
/// The name of supervisor's file of Celery workers.
pub const WORKERS: &str = "workers.conf";

/// Where forum's MongoDB is.
const MONGO: &str = "MONGOHQ_URL";
/// Where single-beat, which keeps Celery's clock from running twice, has its lock.
const SINGLE_BEAT: &str = "SINGLE_BEAT_REDIS_SERVER";

/// A variable that is set.
struct Assignment {
    line: usize,
    name: String,
    value: Value,
    /// Where the word is that stands for the value, with its quotes.
    word: Range<usize>,
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
        MONGO => Layer::MongoDb,
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
    let mut end = 0;
    for (index, line) in content.split_inclusive('\n').enumerate() {
        let start = end;
        end += line.len();
        let line = line.trim_end_matches(['\n', '\r']);
        let bare = line.trim_start();
        let bare = bare.strip_prefix("export ").map_or(bare, str::trim_start);
        let Some((name, text)) = bare.split_once('=') else { continue };
        if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
            continue;
        }
        let (value, length) = word(text);
        let start = start + line.len() - text.len();
        found.retain(|known| known.name != name);
        found.push(Assignment { line: index + 1, name: name.to_owned(), value, word: start..start + length });
    }
    found
}

/// The first word of a shell's line, quotes taken off, and how many bytes it has with them.
fn word(text: &str) -> (Value, usize) {
    let mut value = String::new();
    let mut quote = None;
    let mut chars = text.char_indices();
    let mut length = text.len();
    while let Some((at, c)) = chars.next() {
        let mut next = || chars.next().map(|(_, c)| c);
        match (quote, c) {
            (Some(open), _) if c == open => quote = None,
            (Some('\''), _) => value.push(c),
            (None, '"' | '\'') => quote = Some(c),
            (_, '$' | '`') => return (Value::Computed, length),
            (None, '\\') => value.extend(next()),
            (Some(_), '\\') => match next() {
                Some(c @ ('"' | '\\' | '$' | '`')) => value.push(c),
                other => {
                    value.push('\\');
                    value.extend(other);
                }
            },
            (None, ' ' | '\t' | ';' | '&' | '|') => {
                length = at;
                break;
            }
            _ => value.push(c),
        }
    }
    // A quote that is not closed goes on in the next line.
    (if quote.is_some() { Value::Computed } else { Value::Text(value) }, length)
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
        found.push(Assignment { line: index + 1, name: SINGLE_BEAT.to_owned(), value, word: 0..0 });
    }
    found
}

/// A file of shell variables, such as `forum_env`. It holds secrets, so it has no `Debug` text of its own.
#[derive(Clone)]
pub struct ShellFile {
    source: String,
}

impl fmt::Debug for ShellFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes of shell variables", self.source.len())
    }
}

/// The variable of `forum_env` that holds the URL of its MongoDB.
#[derive(Clone, Debug)]
pub struct StoreUrl {
    /// Its name: `MONGOHQ_URL`.
    pub name: &'static str,
    /// Its line.
    pub line: usize,
    /// Where the word with its value is, quotes included.
    pub span: Range<usize>,
    /// Where it leads.
    pub places: Vec<DataPlace>,
}

impl ShellFile {
    /// A file with this text.
    pub fn new(source: String) -> Self {
        Self { source }
    }

    /// Its text.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Every variable with the word of its value as it stands there, in the order of the file.
    pub fn words(&self) -> impl Iterator<Item = (String, &str)> {
        in_shell(&self.source).into_iter().map(|found| (found.name, &self.source[found.word]))
    }

    /// The variable whose value is at that offset.
    pub fn variable_at(&self, offset: usize) -> Option<String> {
        in_shell(&self.source).into_iter().find(|found| found.word.contains(&offset)).map(|found| found.name)
    }

    /// The file with other words as values, each given as the shell reads it; none where that changes nothing.
    pub fn with_words<'w>(&self, words: impl IntoIterator<Item = (&'w str, &'w str)>) -> Option<Self> {
        let words: Vec<_> = words.into_iter().collect();
        let mut source = self.source.clone();
        // From the end, so that what is before keeps its place.
        for found in in_shell(&self.source).into_iter().rev() {
            if let Some((_, word)) = words.iter().find(|(name, _)| *name == found.name) {
                source.replace_range(found.word, word);
            }
        }
        (source != self.source).then_some(Self { source })
    }

    /// The URL of MongoDB.
    pub fn store_url(&self) -> Option<StoreUrl> {
        let found = in_shell(&self.source).into_iter().find(|found| found.name == MONGO)?;
        let (_, places) = places(&found)?;
        Some(StoreUrl { name: MONGO, line: found.line, span: found.word, places })
    }

    /// The word for that URL when it leads to `servers`: user, password, database and the rest stay as they are.
    pub fn store_word(&self, url: &StoreUrl, servers: &[Endpoint]) -> Result<String, &'static str> {
        let word = self.source.get(url.span.clone()).unwrap_or_default();
        let quoted = word.strip_prefix(['"', '\'']).and_then(|inner| inner.strip_suffix(['"', '\'']));
        let inner = quoted.unwrap_or(word);
        // Then each byte stands for itself, so that nothing is lost on the way through the quotes.
        if inner.contains(['\\', '"', '\'']) {
            return Err("its value has quotes or backslashes in it; change it by hand");
        }
        let pointed = mongodb::pointed_url(inner, servers)?;
        Ok(word.replacen(inner, &pointed, 1))
    }
}
