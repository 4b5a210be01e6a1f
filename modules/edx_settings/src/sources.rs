//! Settings from files on the target: vars files and playbooks.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use lossless_yaml::{Document, Edit, KeyPath, Kind, Node, Resolved, is_template};
use serde_json::{Map, Value};

use crate::error::Error;

/// How many references may lead to one another.
const LONGEST_CHAIN: usize = 16;

/// A source that was read.
#[derive(Debug)]
pub struct Source {
    path: PathBuf,
    doc: Document,
}

/// Reads the sources that there are; a warning for each that there is not.
pub fn read(paths: &[PathBuf]) -> Result<(Vec<Source>, Vec<String>), Error> {
    let (mut sources, mut warnings) = (Vec::new(), Vec::new());
    for path in paths {
        let refused = |reason: String| Error::Source { path: path.clone(), reason };
        match std::fs::metadata(path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                warnings.push(format!("{}: there is no such file, so nothing was merged from it", path.display()));
                continue;
            }
            Err(error) => return Err(refused(format!("cannot read it: {error}"))),
            Ok(found) if !found.is_file() => return Err(refused("it is not a regular file".to_owned())),
            Ok(_) => {}
        }
        let bytes = std::fs::read(path).map_err(|error| refused(format!("cannot read it: {error}")))?;
        let doc = Document::parse(bytes).map_err(|error| refused(error.to_string()))?;
        sources.push(Source { path: path.clone(), doc });
    }
    Ok((sources, warnings))
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
    let names = Names { own: &own, found: &found, settings };
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

/// Everything that a reference can name.
struct Names<'a, 's> {
    own: &'a HashMap<&'a str, Node<'a>>,
    found: &'a HashMap<&'s str, Found<'s>>,
    settings: &'a Map<String, Value>,
}

impl Names<'_, '_> {
    /// The literal that a value comes to which is nothing but a reference: `"{{ NAME }}"`.
    fn resolve(&self, value: Node<'_>) -> Option<Value> {
        let mut name = reference(value)?.to_owned();
        let mut seen = HashSet::new();
        for _ in 0..LONGEST_CHAIN {
            if !seen.insert(name.clone()) {
                return None;
            }
            if let Some(value) = self.settings.get(&name) {
                return value.is_string().then(|| value.clone());
            }
            let next =
                self.own.get(name.as_str()).copied().or_else(|| self.found.get(name.as_str()).map(|f| f.value))?;
            match reference(next) {
                Some(further) => name = further.to_owned(),
                None => return literal(next),
            }
        }
        None
    }

    /// Whether the file has what the source says, a reference resolved or not.
    fn same(&self, have: Node<'_>, source: Node<'_>) -> bool {
        have.reads_like(source)
            || self.resolve(source).is_some_and(|value| have.equals(&value, lossless_yaml::Reader::Ansible))
    }
}

fn literal(node: Node<'_>) -> Option<Value> {
    match node.resolved() {
        Resolved::Str(text) if node.follow().tag() == Some("!unsafe") || !is_template(text) => Some(text.into()),
        _ => None,
    }
}

/// `NAME` of a value that is `{{ NAME }}`.
fn reference(node: Node<'_>) -> Option<&str> {
    let node = node.follow();
    let Resolved::Str(text) = node.resolved() else { return None };
    if node.tag() == Some("!unsafe") {
        return None;
    }
    let name = text.trim().strip_prefix("{{")?.strip_suffix("}}")?.trim();
    let starts = name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_');
    (starts && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')).then_some(name)
}

fn any(node: Node<'_>, test: &dyn Fn(Node<'_>) -> bool) -> bool {
    test(node)
        || node.items().any(|item| any(item, test))
        || node.entries().any(|(key, value)| any(key, test) || any(value, test))
}

fn shares(node: Node<'_>) -> bool {
    any(node, &|node| node.anchor().is_some())
}

fn has_tag(node: Node<'_>) -> bool {
    any(node, &|node| node.follow().tag().is_some())
}

fn has_template(node: Node<'_>) -> bool {
    any(node, &|node| {
        let node = node.follow();
        node.tag() != Some("!unsafe") && node.text().is_some_and(is_template)
    })
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
