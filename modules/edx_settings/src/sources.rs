//! Settings from files on the target: vars files and playbooks.

use std::collections::HashMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use lossless_yaml::{Document, Edit, KeyPath, Kind, Node, Resolved};
use serde_json::{Map, Value};

use crate::error::Error;
use crate::references::{Names, any, has_template};

/// A source that was read.
#[derive(Debug)]
pub struct Source {
    path: PathBuf,
    doc: Document,
}

/// Reads the sources. One that is not there is refused, or only warned of where it is among the `optional`.
pub fn read(paths: &[PathBuf], optional: &[PathBuf]) -> Result<(Vec<Source>, Vec<String>), Error> {
    let (mut sources, mut warnings) = (Vec::new(), Vec::new());
    for path in paths {
        match read_one(path) {
            Err(Error::NoSource(path)) if optional.contains(&path) => {
                warnings.push(format!("{}: there is no such file, so nothing was merged from it", path.display()));
            }
            read => sources.push(read?),
        }
    }
    Ok((sources, warnings))
}

/// Reads the sources that can be read, for a restore, which goes on without the others: a warning for each of them.
pub fn read_what_is_there(paths: &[PathBuf]) -> (Vec<Source>, Vec<String>) {
    let (mut sources, mut warnings) = (Vec::new(), Vec::new());
    for path in paths {
        let reason = match read_one(path) {
            Ok(source) => {
                sources.push(source);
                continue;
            }
            Err(Error::Source { reason, .. }) => reason,
            Err(_) => "there is no such file".to_owned(),
        };
        warnings.push(format!("{}: {reason}, so what was merged from it is not recognized", path.display()));
    }
    (sources, warnings)
}

fn read_one(path: &Path) -> Result<Source, Error> {
    let path = path.to_owned();
    let refused = |reason: String| Error::Source { path: path.clone(), reason };
    match std::fs::metadata(&path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Err(Error::NoSource(path)),
        Err(error) => return Err(refused(format!("cannot read it: {error}"))),
        Ok(found) if !found.is_file() => return Err(refused("it is not a regular file".to_owned())),
        Ok(_) => {}
    }
    let bytes = std::fs::read(&path).map_err(|error| refused(format!("cannot read it: {error}")))?;
    let doc = Document::parse(bytes).map_err(|error| refused(error.to_string()))?;
    Ok(Source { path, doc })
}

impl Source {
    /// The mappings that hold settings: the root, or each play's `vars`.
    fn mappings(&self) -> Result<Vec<Node<'_>>, Error> {
        let root = self.doc.root();
        let refused = |reason: &str| Error::Source { path: self.path.clone(), reason: reason.to_owned() };
        match root.kind() {
            Kind::Mapping => Ok(vec![root]),
            Kind::Sequence if root.items().all(|play| play.kind() == Kind::Mapping) => {
                let vars = root.items().filter_map(|play| play.get("vars")).map(Node::follow);
                Ok(vars.filter(|vars| vars.kind() == Kind::Mapping).collect())
            }
            Kind::Scalar if root.resolved() == Resolved::Null => Ok(Vec::new()),
            _ => Err(refused("it is neither a vars file (a mapping) nor a playbook (a list of plays)")),
        }
    }
}

/// A setting of a source.
#[derive(Debug, Clone, Copy)]
struct Found<'s> {
    key: Node<'s>,
    value: Node<'s>,
    source: &'s Path,
}

/// What the sources come to for one file.
#[derive(Debug, Default)]
pub struct Gathered<'s> {
    /// To be copied as they are written.
    pub copied: Vec<(Node<'s>, Node<'s>)>,
    /// To be written anew: references that were resolved, and values that cannot be copied.
    pub edits: Vec<Edit>,
    /// Keys that the file has with another value, which was kept.
    pub kept: Vec<String>,
    /// What the operator should know.
    pub warnings: Vec<String>,
}

/// Works out what of the sources the file gets. The file's own keys stay; `settings` come later and win.
pub fn gather<'s>(
    sources: &'s [Source],
    exclude: &[String],
    target: &Document,
    settings: &Map<String, Value>,
) -> Result<Gathered<'s>, Error> {
    let (order, found) = merged(sources, exclude)?;
    let mut gathered = Gathered::default();
    let mut templates: Vec<&str> = Vec::new();
    let own: HashMap<&str, Node<'_>> = target.root().entries().map(|(key, value)| (key.key_text(), value)).collect();
    let own_come_last = found.iter().map(|(name, found)| (*name, found.value)).chain(own.clone());
    let names = Names::new(own_come_last, settings);
    for name in order {
        let Some(entry) = found.get(name) else { continue };
        let overridden = settings.get(name).is_some_and(|value| !value.is_object());
        if let Some(have) = own.get(name) {
            if !overridden && !settings.contains_key(name) && !names.same(*have, entry.value) {
                gathered.kept.push(name.to_owned());
                gathered.warnings.push(format!(
                    "{name} differs from {} (line {}); the file's own value was kept",
                    entry.source.display(),
                    entry.key.line()
                ));
            }
            continue;
        }
        if overridden {
            continue;
        }
        if let Some(value) = names.resolve(entry.value) {
            gathered.edits.push(Edit::Set { path: KeyPath::of([name]), value });
        } else if shares(entry.key) || shares(entry.value) {
            if has_tag(entry.value) || has_template(entry.value) {
                let reason = format!(
                    "line {}: {name} has an anchor or alias next to a tag or template, which cannot be copied; write its value out",
                    entry.key.line()
                );
                return Err(Error::Source { path: entry.source.to_owned(), reason });
            }
            gathered.edits.push(Edit::Set { path: KeyPath::of([name]), value: entry.value.to_json() });
        } else {
            if has_template(entry.value) {
                templates.push(name);
            }
            gathered.copied.push((entry.key, entry.value));
        }
    }
    if !templates.is_empty() {
        gathered.warnings.push(format!(
            "these hold templates that Ansible resolves only when a play runs, and that fail where a variable is undefined: {}",
            templates.join(", ")
        ));
    }
    Ok(gathered)
}

/// All settings by name, the last source winning, and the names in the order in which they were found first.
fn merged<'s>(sources: &'s [Source], exclude: &[String]) -> Result<(Vec<&'s str>, HashMap<&'s str, Found<'s>>), Error> {
    let mut order = Vec::new();
    let mut found = HashMap::new();
    for source in sources {
        for mapping in source.mappings()? {
            for (key, value) in mapping.entries() {
                let name = key.key_text();
                if key.is_merge() {
                    let reason = format!("line {}: a merge (`<<`) cannot be copied; write its keys out", key.line());
                    return Err(Error::Source { path: source.path.clone(), reason });
                }
                if exclude.iter().any(|pattern| matches(pattern, name)) {
                    continue;
                }
                if found.insert(name, Found { key, value, source: &source.path }).is_none() {
                    order.push(name);
                }
            }
        }
    }
    Ok((order, found))
}

fn shares(node: Node<'_>) -> bool {
    any(node, &|node| node.anchor().is_some())
}

fn has_tag(node: Node<'_>) -> bool {
    any(node, &|node| node.follow().tag().is_some())
}

/// `*` stands for any text, `?` for one character.
fn matches(pattern: &str, name: &str) -> bool {
    match pattern.chars().next() {
        None => name.is_empty(),
        Some('*') => (0..=name.len()).any(|at| name.is_char_boundary(at) && matches(&pattern[1..], &name[at..])),
        Some(first) => {
            let mut rest = name.chars();
            rest.next().is_some_and(|found| first == '?' || first == found)
                && matches(&pattern[first.len_utf8()..], rest.as_str())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn a_pattern_is_a_simple_glob() {
        assert!(matches("*_VERSION", "EDX_PLATFORM_VERSION"));
        assert!(matches("migrate_db", "migrate_db"));
        assert!(matches("A?C*", "ABCD"));
        assert!(!matches("*_VERSION", "EDX_PLATFORM_VERSIONS"));
        assert!(!matches("a", "A"));
    }
}
