//! What a variable says, references to other variables of the file resolved.

use std::cell::Cell;

use lossless_yaml::{Node, Resolved, is_template};

use super::place::Place;

/// How many references may lead to one another.
const LONGEST_CHAIN: usize = 8;
/// How many values may be looked at for one variable: each may refer to several.
const MOST_VALUES: usize = 1000;
/// How long text may become.
const LONGEST_TEXT: usize = 4096;

/// What a variable says. User and password of a URL are never in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    Null,
    Text(String),
    /// Strings, or mappings with `host` and `port`, each as `host:port`.
    List(Vec<String>),
    Int(i128),
    Bool(bool),
    /// It cannot be known: why.
    Unknown(String),
    /// Something that is none of these: what, in words.
    Other(&'static str),
}

impl Said {
    pub fn is_empty(&self) -> bool {
        match self {
            Self::Null => true,
            Self::Text(text) => text.trim().is_empty(),
            Self::List(items) => items.is_empty(),
            _ => false,
        }
    }

    /// The servers that it names; none where it is something else.
    pub fn places(&self) -> Option<Vec<Place>> {
        match self {
            Self::Null => Some(Vec::new()),
            Self::Text(text) => Place::all_of(text),
            Self::List(items) => {
                let all: Option<Vec<_>> = items.iter().map(|item| Place::all_of(item)).collect();
                Some(all?.concat())
            }
            _ => None,
        }
    }

    /// It as it may be shown: of a URL only scheme and servers, as its query may have a password, too.
    pub fn shown(&self) -> String {
        match self {
            Self::Null => "null".to_owned(),
            Self::Text(text) if text.is_empty() => "an empty string".to_owned(),
            Self::Text(text) => shown(text),
            Self::List(items) => format!("[{}]", items.iter().map(|item| shown(item)).collect::<Vec<_>>().join(", ")),
            Self::Int(number) => number.to_string(),
            Self::Bool(word) => word.to_string(),
            Self::Unknown(why) => why.clone(),
            Self::Other(what) => (*what).to_owned(),
        }
    }
}

/// The variables of a file.
pub struct Variables<'a> {
    root: Option<Node<'a>>,
    left: Cell<usize>,
}

impl<'a> Variables<'a> {
    pub fn new(root: Option<Node<'a>>) -> Self {
        Self { root, left: Cell::new(0) }
    }

    /// What `NAME` or `NAME.member|other` says; none where it is not set.
    pub fn get(&self, name: &str, member: &str) -> Option<Said> {
        let mut node = self.root?.get(name)?;
        for key in member.split('.').filter(|key| !key.is_empty()) {
            node = match self.target(node) {
                Ok(node) => key.split('|').find_map(|key| node.get(key))?,
                Err(why) => return Some(Said::Unknown(why)),
            };
        }
        Some(self.read(node))
    }

    /// What a value of the file says.
    pub fn read(&self, node: Node<'a>) -> Said {
        self.left.set(MOST_VALUES);
        self.said(node, 0)
    }

    pub fn is_set(&self, name: &str) -> bool {
        self.root.is_some_and(|root| root.get(name).is_some())
    }

    /// The node itself, or the one that it refers to as a whole.
    fn target(&self, node: Node<'a>) -> Result<Node<'a>, String> {
        let mut node = node.follow();
        for _ in 0..LONGEST_CHAIN {
            match node.resolved() {
                Resolved::Tagged(..) => return Err(tagged(node).to_owned()),
                Resolved::Str(text) if is_a_template(node, text) => node = self.named(text)?.follow(),
                _ => return Ok(node),
            }
        }
        Err("its references lead in a circle, or too far".to_owned())
    }

    fn named(&self, text: &str) -> Result<Node<'a>, String> {
        let name = text.strip_prefix("{{").and_then(|rest| simple_name(rest.strip_suffix("}}")?));
        let name = name.ok_or("it is a template")?;
        self.root
            .and_then(|root| root.get(name))
            .ok_or_else(|| format!("it refers to {name}, which this file does not set"))
    }

    fn said(&self, node: Node<'a>, depth: usize) -> Said {
        let Some(left) = self.left.get().checked_sub(1) else {
            return Said::Unknown("it refers to too much".to_owned());
        };
        self.left.set(left);
        let node = match self.target(node) {
            Ok(node) => node,
            // Perhaps it is text with references in it.
            Err(why) => match node.follow().resolved() {
                Resolved::Str(text) => return self.text(text, &why, depth),
                _ => return Said::Unknown(why),
            },
        };
        match node.resolved() {
            Resolved::Null => Said::Null,
            Resolved::Bool(word) => Said::Bool(word),
            Resolved::Int(number) => Said::Int(number),
            Resolved::Str(text) => Said::Text(without_credentials(text)),
            Resolved::Sequence => self.list(node, depth),
            Resolved::Mapping => Said::Other("a mapping"),
            _ => Said::Other("neither a string nor a list"),
        }
    }

    fn list(&self, node: Node<'a>, depth: usize) -> Said {
        let mut items = Vec::new();
        for item in node.items() {
            let host = item.get("host").map(|host| self.said(host, depth + 1));
            let port = item.get("port").map(|port| self.said(port, depth + 1));
            let said = match host {
                Some(host) => joined(host, port),
                None => self.said(item, depth + 1),
            };
            match said {
                Said::Text(text) => items.push(text),
                Said::Unknown(why) => return Said::Unknown(why),
                _ => return Said::Other("a list with something else than strings"),
            }
        }
        Said::List(items)
    }

    /// Text with each reference in it replaced by the text of what it names.
    fn text(&self, text: &str, why: &str, depth: usize) -> Said {
        let unknown = || Said::Unknown(why.to_owned());
        if depth > LONGEST_CHAIN {
            return unknown();
        }
        let text = without_credentials(text);
        let mut out = String::new();
        let mut rest = text.as_str();
        while let Some((before, reference)) = rest.split_once("{{") {
            let Some((inside, behind)) = reference.split_once("}}") else { return unknown() };
            let Some(name) = simple_name(inside) else { return unknown() };
            let Some(node) = self.root.and_then(|root| root.get(name)) else {
                return Said::Unknown(format!("it refers to {name}, which this file does not set"));
            };
            out.push_str(before);
            match self.said(node, depth + 1) {
                Said::Text(text) => out.push_str(&text),
                Said::Int(number) => out.push_str(&number.to_string()),
                Said::Unknown(why) => return Said::Unknown(why),
                _ => return unknown(),
            }
            rest = behind;
            if out.len() > LONGEST_TEXT {
                return unknown();
            }
        }
        out.push_str(rest);
        // What is left of an expression that was cut in two, or another mark of Jinja.
        if ["}}", "{{", "{%", "{#"].iter().any(|mark| out.contains(mark)) {
            return unknown();
        }
        Said::Text(without_credentials(&out))
    }
}

fn joined(host: Said, port: Option<Said>) -> Said {
    match (host, port) {
        (Said::Text(host), Some(Said::Int(port))) => Said::Text(format!("{host}:{port}")),
        (Said::Text(host), Some(Said::Text(port))) => Said::Text(format!("{host}:{port}")),
        (_, Some(Said::Unknown(why))) => Said::Unknown(why),
        (host, _) => host,
    }
}

fn is_a_template(node: Node<'_>, text: &str) -> bool {
    is_template(text) && node.tag() != Some("!unsafe")
}

fn tagged(node: Node<'_>) -> &'static str {
    match node.tag() {
        Some("!vault" | "!vault-encrypted") => "it is encrypted with Ansible Vault",
        _ => "it is of a type that Ansible does not know",
    }
}

/// The name between the marks, where it is nothing but a name.
fn simple_name(inside: &str) -> Option<&str> {
    let name = inside.trim();
    let starts = name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_');
    (starts && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')).then_some(name)
}

fn shown(text: &str) -> String {
    let Some((scheme, rest)) = text.split_once("://") else { return text.to_owned() };
    let servers = rest.split(['/', '?', '#']).next().unwrap_or_default();
    // What is no server may be a password whose server is missing.
    let servers = if Place::all_of(text).is_some() { servers } else { "..." };
    format!("{scheme}://{servers}")
}

/// Text without what stands before its last `@`, but for a URL's scheme.
fn without_credentials(text: &str) -> String {
    let Some((before, rest)) = text.rsplit_once('@') else { return text.to_owned() };
    match before.split_once("://") {
        Some((scheme, _)) if !is_template(scheme) => format!("{scheme}://{rest}"),
        Some(_) => format!("url://{rest}"),
        None => rest.to_owned(),
    }
}
