//! Finds every setting of a file that says where data is.

use std::path::Path;

use lossless_yaml::{Document, Error, KeyPath, Kind, Node};

use super::{DataPlace, DataSetting, Layer, broker, files, memcached, mongodb, mysql, search, shell, value};
use crate::release::Release;
use crate::service;

/// A settings file that is looked at.
pub struct File<'a> {
    pub path: &'a Path,
    pub doc: &'a Document,
    /// The other one of LMS's or Studio's two JSON files: `auth.json` overrides `env.json` key by key.
    pub companion: Option<&'a Document>,
    pub release: Option<Release>,
}

/// A mapping in a settings file, with where it stands.
#[derive(Clone, Copy)]
pub struct Place<'p, 'a> {
    pub path: &'p KeyPath,
    pub mapping: Node<'a>,
    /// The line of the mapping, or of the alias that stands for it.
    pub line: usize,
}

/// Every setting of one file that says where data is, in the order of its lines.
///
/// `content` is that of a settings file of LMS, Studio or another service (YAML or JSON), of `forum_env` or of
/// supervisor's `workers.conf`; the name of `path` tells which. A setting that is there and cannot be understood is
/// among them, with [`DataAddress::Unknown`](super::DataAddress::Unknown); one that is empty, and so means that nothing
/// is used, is not.
///
/// Of Ironwood's two JSON files `auth.json` has the name of the bucket for a class in `env.json`:
/// [`Snapshot::find_data`](crate::Snapshot::find_data) looks at both.
pub fn find_data(path: &Path, content: &[u8], release: Option<Release>) -> Result<Vec<DataSetting>, Error> {
    if is_shell(path) {
        return Ok(shell::find(path, &String::from_utf8_lossy(content), release));
    }
    let doc = Document::parse(content)?;
    Ok(find_in(&File { path, doc: &doc, companion: None, release }))
}

/// Whether the file is one of shell variables or of supervisor, rather than YAML.
pub fn is_shell(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name == shell::FORUM_ENV || name == shell::WORKERS)
}

/// The same in a file that was read already.
pub fn find_in(file: &File<'_>) -> Vec<DataSetting> {
    let mut found = memcached::find(file);
    file.doc.walk(&mut |path, node| {
        let mapping = node.follow();
        if mapping.kind() == Kind::Mapping {
            let place = Place { path, mapping, line: node.line() };
            for find in [mysql::find, mongodb::find, memcached::find_redis, broker::find, search::find, files::find] {
                find(file, place, &mut found);
            }
        }
    });
    found.sort_by_key(|setting| setting.line);
    found
}

impl File<'_> {
    /// A setting in it.
    pub fn setting(&self, layer: Layer, key: &KeyPath, line: usize, places: Vec<DataPlace>) -> DataSetting {
        DataSetting {
            layer,
            file: self.path.to_path_buf(),
            key: key.to_string(),
            line,
            is_read: is_read(self.path, self.release),
            places,
        }
    }

    /// The text of a setting outside of every mapping, from either JSON file.
    pub fn top(&self, key: &str) -> Option<&str> {
        [Some(self.doc), self.companion].into_iter().flatten().find_map(|doc| value::text_or_none(doc.root().get(key)))
    }
}

/// Whether the release reads the file: not the other record of LMS and Studio, and not what the certs service left.
fn is_read(path: &Path, release: Option<Release>) -> bool {
    let is_of_certs = path.ends_with("certs/env.json") || path.ends_with("certs/auth.json");
    service::is_read(path, release) && !(is_of_certs && release.is_some_and(|release| release > Release::Lilac))
}

impl<'a> Place<'_, 'a> {
    pub fn get(&self, key: &str) -> Option<Node<'a>> {
        self.mapping.get(key)
    }

    /// The path of a key in it.
    pub fn key(&self, key: &str) -> KeyPath {
        self.path.key(key)
    }

    /// The line of a key's value, or of the mapping where it is missing.
    pub fn line_of(&self, key: &str) -> usize {
        self.get(key).map_or(self.line, Node::line)
    }

    /// Whether it is an entry of the mapping called `name`.
    pub fn is_in(&self, name: &str) -> bool {
        self.path.parent().is_some_and(|parent| parent.last_key() == Some(name))
    }
}
