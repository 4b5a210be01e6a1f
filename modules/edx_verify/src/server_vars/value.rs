//! What server-vars.yml says of one variable, as Ansible reads it.

use lossless_yaml::{Kind, Node, Resolved};

/// A variable's value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said {
    /// The variable is not set.
    Nothing,
    /// Set to null.
    Null,
    /// A literal string.
    Str(String),
    /// A list of literal strings.
    List(Vec<String>),
    /// True or false, unquoted.
    Bool(bool),
    /// A template, or an encrypted value: what it is in words.
    Unknown(&'static str),
    /// A mapping.
    Mapping,
    /// Something else: what it is in words.
    Other(&'static str),
}

impl Said {
    /// Reads a value. Strings with a template in them are templates, unless they are marked `!unsafe`.
    pub fn read(node: Node<'_>) -> Self {
        let node = node.follow();
        match node.resolved() {
            Resolved::Null => Self::Null,
            Resolved::Bool(value) => Self::Bool(value),
            Resolved::Str(text) if is_template(text) && node.tag() != Some("!unsafe") => Self::Unknown("a template"),
            Resolved::Str(text) => Self::Str(text.to_owned()),
            Resolved::Tagged("!vault" | "!vault-encrypted", _) => Self::Unknown("encrypted with Ansible Vault"),
            Resolved::Sequence => Self::read_list(node),
            Resolved::Mapping => Self::Mapping,
            _ if node.kind() == Kind::Scalar => Self::Other("neither a string nor a list"),
            _ => Self::Other("of a type that Ansible does not know"),
        }
    }

    fn read_list(node: Node<'_>) -> Self {
        let mut texts = Vec::new();
        for item in node.items() {
            match Self::read(item) {
                Self::Str(text) => texts.push(text),
                Self::Unknown(what) => return Self::Unknown(what),
                _ => return Self::Other("a list with something else than strings"),
            }
        }
        Self::List(texts)
    }

    /// What it is, in words, without its value.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Nothing => "not set",
            Self::Null => "null",
            Self::Str(_) => "a string",
            Self::List(_) => "a list",
            Self::Bool(_) => "true or false",
            Self::Mapping => "a mapping",
            Self::Unknown(what) | Self::Other(what) => what,
        }
    }
}

fn is_template(text: &str) -> bool {
    text.contains("{{") || text.contains("{%")
}
