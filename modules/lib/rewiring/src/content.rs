//! The content of a settings file: YAML (or JSON), or shell variables.

use std::collections::HashMap;
use std::path::Path;

use edx_layout::{ShellFile, is_shell};
use lossless_yaml::{Document, Edit, EmitOptions, Error, Kind, Node, Reader};

/// What a settings file holds, read.
#[derive(Debug)]
pub enum Content {
    /// YAML or JSON.
    Yaml(Document),
    /// `forum_env`.
    Shell(ShellFile),
}

impl Content {
    /// Reads the bytes of the file `path`, whose name tells what they are.
    pub fn parse(path: &Path, bytes: impl Into<Vec<u8>>) -> Result<Self, Error> {
        if !is_shell(path) {
            return Document::parse(bytes).map(Self::Yaml);
        }
        let bytes = bytes.into();
        match String::from_utf8(bytes) {
            Ok(text) => Ok(Self::Shell(ShellFile::new(text))),
            Err(error) => {
                let byte = error.utf8_error().valid_up_to();
                let line = 1 + String::from_utf8_lossy(&error.as_bytes()[..byte]).matches('\n').count();
                Err(Error::NotUtf8 { line, byte })
            }
        }
    }

    /// Its text.
    pub fn source(&self) -> &str {
        match self {
            Self::Yaml(doc) => doc.source(),
            Self::Shell(file) => file.source(),
        }
    }

    /// The document; none of shell variables.
    pub fn yaml(&self) -> Option<&Document> {
        match self {
            Self::Yaml(doc) => Some(doc),
            Self::Shell(_) => None,
        }
    }

    /// It after `edits`, where that is something else.
    pub fn edited(&self, path: &Path, edits: &[Edit]) -> Result<Option<Self>, Error> {
        if edits.is_empty() {
            return Ok(None);
        }
        match self {
            Self::Yaml(doc) => {
                let is_json = path.extension().is_some_and(|extension| extension == "json");
                let options = EmitOptions { reader: if is_json { Reader::Json } else { Reader::Plain } };
                Ok(doc.plan_document(edits, &options)?.map(Self::Yaml))
            }
            Self::Shell(file) => {
                let words = edits.iter().filter_map(|edit| match edit {
                    Edit::Set { path, value } => Some((path.last_key()?, value.as_str()?)),
                    Edit::Remove { .. } => None,
                });
                Ok(file.with_words(words).map(Self::Shell))
            }
        }
    }

    /// Every setting without settings below it, by its key path, in the order of the file. The values are in a form
    /// that can be compared, and never shown.
    pub fn settings(&self) -> Vec<(String, String)> {
        let mut found = Vec::new();
        match self {
            Self::Yaml(doc) => doc.walk(&mut |path, node| {
                if let Some(text) = leaf(node) {
                    found.push((path.to_string(), text));
                }
            }),
            Self::Shell(file) => found.extend(file.words().map(|(name, word)| (name, word.to_owned()))),
        }
        found
    }

    /// The key paths of the scalars at some offsets, which are in order.
    pub fn key_paths(&self, offsets: &[usize]) -> HashMap<usize, String> {
        let mut found = HashMap::new();
        let mut rest = offsets;
        match self {
            _ if offsets.is_empty() => {}
            Self::Yaml(doc) => doc.walk(&mut |path, node| {
                if node.kind() == Kind::Scalar {
                    let span = node.span();
                    while let Some((at, more)) = rest.split_first() {
                        if *at >= span.end {
                            break;
                        }
                        if *at >= span.start {
                            found.insert(*at, path.to_string());
                        }
                        rest = more;
                    }
                }
            }),
            Self::Shell(file) => {
                let named = |at: &usize| Some((*at, file.variable_at(*at)?));
                found.extend(offsets.iter().filter_map(named));
            }
        }
        found
    }
}

fn leaf(node: Node<'_>) -> Option<String> {
    let is_leaf = match node.kind() {
        Kind::Scalar | Kind::Alias => true,
        Kind::Sequence | Kind::Mapping => node.is_empty(),
    };
    is_leaf.then(|| node.to_json().to_string())
}
