//! References of one setting to another, resolved to what Ansible would make of them.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;

use lossless_yaml::{Node, Reader, Resolved, is_template};
use serde_json::{Map, Value};

/// How many references may lead to one another.
const LONGEST_CHAIN: usize = 16;

/// How much text all references of a run together may come to, in bytes: each may double the one before.
const LARGEST: usize = 4_000_000;

/// What Jinja takes for a value of its own.
const JINJA_WORDS: [&str; 6] = ["true", "false", "none", "True", "False", "None"];

/// Everything that a reference can name.
#[derive(Debug)]
pub struct Names<'a> {
    values: HashMap<&'a str, Node<'a>>,
    settings: &'a Map<String, Value>,
    /// What names came to; none while it is worked out, so that a circle ends.
    known: RefCell<HashMap<String, Option<Value>>>,
    left: Cell<usize>,
    depth: Cell<usize>,
}

impl<'a> Names<'a> {
    /// Of several values of a name the last counts, and that of `settings` before all.
    pub fn new(values: impl Iterator<Item = (&'a str, Node<'a>)>, settings: &'a Map<String, Value>) -> Self {
        Self {
            values: values.collect(),
            settings,
            known: RefCell::default(),
            left: Cell::new(LARGEST),
            depth: Cell::new(0),
        }
    }

    /// The value with all its references resolved; none where it has no template at all, or one that only Ansible
    /// can resolve: a filter or expression, an unknown name, a circle, a value with a tag such as `!vault`, or text
    /// of which Ansible would make another type.
    pub fn resolve(&self, value: Node<'_>) -> Option<Value> {
        if has_template(value) { self.value(value) } else { None }
    }

    /// Whether the file has what the source says, references resolved or not.
    pub fn same(&self, have: Node<'_>, source: Node<'_>) -> bool {
        have.reads_like(source) || self.resolve(source).is_some_and(|value| have.equals(&value, Reader::Ansible))
    }

    fn value(&self, node: Node<'_>) -> Option<Value> {
        self.spend(1)?;
        let node = node.follow();
        if node.tag().is_some() {
            return None;
        }
        match node.resolved() {
            Resolved::Str(text) => self.text(text),
            Resolved::Sequence => node.items().map(|item| self.value(item)).collect(),
            Resolved::Mapping => node
                .entries()
                .map(|(key, value)| match key.resolved() {
                    Resolved::Str(name) if key.tag().is_none() && !is_template(name) => {
                        Some((name.to_owned(), self.value(value)?))
                    }
                    _ => None,
                })
                .collect::<Option<Map<_, _>>>()
                .map(Value::Object),
            Resolved::Int(number) => i64::try_from(number).ok().map(Value::from),
            Resolved::Float(number) => number.is_finite().then(|| number.into()),
            Resolved::Null => Some(Value::Null),
            Resolved::Bool(word) => Some(word.into()),
            _ => None,
        }
    }

    fn text(&self, text: &str) -> Option<Value> {
        if !is_template(text) {
            return Some(text.into());
        }
        if let Some(name) = sole_name(text) {
            return match self.name(name)? {
                Value::Null => None,
                Value::String(text) if becomes_another_type(&text) => None,
                value => Some(value),
            };
        }
        self.inserted(text).map(Value::String)
    }

    /// Text with each reference in it replaced by the text of what it names.
    fn inserted(&self, text: &str) -> Option<String> {
        // `#jinja2:` changes the marks; Jinja reads other line breaks as `\n`.
        let special = ["{%", "{#", "\r"].iter().any(|mark| text.contains(mark)) || text.starts_with("#jinja2:");
        if special {
            return None;
        }
        // Ansible treats blanks around a sole reference to a number in a way of its own.
        let only_text = sole_name(text.trim()).is_some();
        let mut out = String::new();
        let mut rest = text;
        while let Some((before, reference)) = rest.split_once("{{") {
            let (inside, behind) = reference.split_once("}}")?;
            out.push_str(before);
            match self.name(simple_name(inside)?)? {
                // It is not known whether Ansible would look into it once more.
                Value::String(text) if is_template(&text) => return None,
                // How many line breaks the end has then is Ansible's own arithmetic.
                Value::String(text) if text.ends_with('\n') => return None,
                Value::String(text) => out.push_str(&text),
                Value::Number(number) if !only_text && !number.is_f64() => out.push_str(&number.to_string()),
                Value::Bool(word) if !only_text => out.push_str(if word { "True" } else { "False" }),
                _ => return None,
            }
            rest = behind;
        }
        out.push_str(rest);
        let sound = !is_template(&out) && !becomes_another_type(&out);
        sound.then_some(out)
    }

    fn name(&self, name: &str) -> Option<Value> {
        let known = self.known.borrow().get(name).cloned();
        let value = if let Some(known) = known {
            known?
        } else {
            self.known.borrow_mut().insert(name.to_owned(), None);
            let depth = self.depth.replace(self.depth.get() + 1);
            let value = if depth < LONGEST_CHAIN { self.look_up(name) } else { None };
            self.depth.set(depth);
            self.known.borrow_mut().insert(name.to_owned(), value.clone());
            value?
        };
        self.spend(weight(&value))?;
        Some(value)
    }

    fn look_up(&self, name: &str) -> Option<Value> {
        if let Some(value) = self.settings.get(name) {
            // A mapping is only a part of what the file will have.
            return (!value.is_object()).then(|| value.clone());
        }
        let node = self.values.get(name)?.follow();
        match node.resolved() {
            Resolved::Str(text) if node.tag() == Some("!unsafe") => Some(text.into()),
            _ => self.value(node),
        }
    }

    fn spend(&self, bytes: usize) -> Option<()> {
        self.left.set(self.left.get().checked_sub(bytes)?);
        Some(())
    }
}

fn weight(value: &Value) -> usize {
    1 + match value {
        Value::String(text) => text.len(),
        Value::Array(items) => items.iter().map(weight).sum(),
        Value::Object(map) => map.iter().map(|(key, value)| key.len() + weight(value)).sum(),
        _ => 0,
    }
}

/// Whether Ansible would make a list, a mapping or a truth value of such text when a template brings it forth.
fn becomes_another_type(text: &str) -> bool {
    let text = text.trim();
    text.starts_with('[') || text.starts_with('{') && !text.starts_with("{{") || matches!(text, "True" | "False")
}

/// `NAME` of text that is `{{ NAME }}` and nothing else.
fn sole_name(text: &str) -> Option<&str> {
    simple_name(text.strip_prefix("{{")?.strip_suffix("}}")?)
}

/// The name between the marks, where it is nothing but a name.
fn simple_name(inside: &str) -> Option<&str> {
    let name = inside.trim();
    let starts = name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_');
    let plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    (starts && plain && !JINJA_WORDS.contains(&name)).then_some(name)
}

/// Whether a node, or one below it, behind aliases too, passes the test.
pub fn any(node: Node<'_>, test: &dyn Fn(Node<'_>) -> bool) -> bool {
    let target = node.follow();
    test(node)
        || target.items().any(|item| any(item, test))
        || target.entries().any(|(key, value)| any(key, test) || any(value, test))
}

/// Whether Ansible would find a template anywhere in it.
pub fn has_template(node: Node<'_>) -> bool {
    any(node, &|node| {
        let node = node.follow();
        node.tag() != Some("!unsafe") && node.text().is_some_and(is_template)
    })
}
