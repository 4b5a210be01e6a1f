//! What a module declares about itself.

/// A module: its name, its page and its options.
#[derive(Debug, Clone, Copy)]
pub struct ModuleSpec {
    /// The module's name, as in a playbook.
    pub name: &'static str,
    /// One line, without a full stop, as `ansible-doc -l` shows it.
    pub short_description: &'static str,
    /// Paragraphs.
    pub description: &'static [&'static str],
    /// Every option that a task may give.
    pub options: &'static [OptionSpec],
    /// Groups of options of which at most one may be given.
    pub mutually_exclusive: &'static [&'static [&'static str]],
    /// Groups of options of which at least one must be given.
    pub required_one_of: &'static [&'static [&'static str]],
}

/// What only the module's page shows, apart from the rest so that a binary does not carry it.
#[derive(Debug, Clone, Copy)]
pub struct PageSpec {
    /// Paragraphs under NOTES.
    pub notes: &'static [&'static str],
    /// Tasks, as YAML.
    pub examples: &'static str,
    /// What the result holds besides `changed`, `failed`, `msg`, `warnings` and `diff`.
    pub returns: &'static [ReturnSpec],
}

/// The type of an option, under the names that Ansible's `argument_spec` gives it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `bool`: true or false, or one of Ansible's words (yes, no, on, off, y, n, t, f, 1, 0).
    Bool,
    /// `int`.
    Int,
    /// `float`.
    Float,
    /// `str`.
    Str,
    /// `path`: a string with a leading `~` or `$HOME` expanded.
    Path,
    /// `dict`: a mapping, or its JSON as a string.
    Dict,
    /// `list` of `str`: a list, or a comma-separated string.
    StrList,
    /// `list` of `path`.
    PathList,
    /// `raw`: anything; the module looks for itself.
    Raw,
}

impl Kind {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Bool => "bool",
            Self::Int => "int",
            Self::Float => "float",
            Self::Str => "str",
            Self::Path => "path",
            Self::Dict => "dict",
            Self::StrList | Self::PathList => "list",
            Self::Raw => "raw",
        }
    }

    pub(crate) const fn element(self) -> Option<&'static str> {
        match self {
            Self::StrList => Some("str"),
            Self::PathList => Some("path"),
            _ => None,
        }
    }
}

/// The value of an option that is not given.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Default {
    /// A bool.
    Bool(bool),
    /// An int.
    Int(i64),
    /// A float.
    Float(f64),
    /// A str or a path.
    Str(&'static str),
    /// A list of str or path.
    List(&'static [&'static str]),
}

/// One option.
#[derive(Debug, Clone, Copy)]
pub struct OptionSpec {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    pub(crate) description: &'static [&'static str],
    pub(crate) default: Option<Default>,
    pub(crate) required: bool,
    pub(crate) choices: &'static [&'static str],
    pub(crate) aliases: &'static [&'static str],
    pub(crate) secret: bool,
}

impl OptionSpec {
    /// An option that may be left out and then has no value.
    pub const fn new(name: &'static str, kind: Kind, description: &'static [&'static str]) -> Self {
        Self { name, kind, description, default: None, required: false, choices: &[], aliases: &[], secret: false }
    }

    /// The value where none is given.
    #[must_use]
    pub const fn default(mut self, value: Default) -> Self {
        self.default = Some(value);
        self
    }

    /// Must be given.
    #[must_use]
    pub const fn required(mut self) -> Self {
        self.required = true;
        self
    }

    /// The only values allowed.
    #[must_use]
    pub const fn choices(mut self, choices: &'static [&'static str]) -> Self {
        self.choices = choices;
        self
    }

    /// Other names for the same option.
    #[must_use]
    pub const fn aliases(mut self, aliases: &'static [&'static str]) -> Self {
        self.aliases = aliases;
        self
    }

    /// `no_log`: every string in its value is masked wherever it would appear in the result.
    #[must_use]
    pub const fn secret(mut self) -> Self {
        self.secret = true;
        self
    }

    pub(crate) fn is_called(&self, name: &str) -> bool {
        self.name == name || self.aliases.contains(&name)
    }
}

/// One key of the result.
#[derive(Debug, Clone, Copy)]
pub struct ReturnSpec {
    /// The key.
    pub name: &'static str,
    /// Its type, as in Ansible's RETURN section.
    pub kind: &'static str,
    /// When it is there: `always`, `changed`, …
    pub returned: &'static str,
    /// What it says.
    pub description: &'static str,
    /// An example, as JSON.
    pub sample: &'static str,
}
