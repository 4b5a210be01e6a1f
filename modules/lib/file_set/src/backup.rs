//! Copies of earlier files: `lms.yml.20261122T031500Z~` beside `lms.yml`.

use std::fmt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::error::{Error, folder_of};

const ABSENT: &str = ".absent";

/// What the backups of one run are called.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Label(String);

impl Label {
    /// The time, in UTC: `20261122T031500Z`.
    pub fn now() -> Self {
        Self(timestamp(SystemTime::now()))
    }

    /// The file that holds the earlier content of `path`.
    pub fn backup_of(&self, path: &Path) -> PathBuf {
        self.beside(path, "")
    }

    /// The empty file that says that there was no `path` before.
    pub fn absence_of(&self, path: &Path) -> PathBuf {
        self.beside(path, ABSENT)
    }

    fn beside(&self, path: &Path, suffix: &str) -> PathBuf {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        path.with_file_name(format!("{name}.{}{suffix}~", self.0))
    }

    /// The time in the label, or else when the backup was made; in a form that sorts.
    fn made(&self, backup: &Path) -> String {
        let tail = self.0.len().checked_sub(16).and_then(|start| self.0.get(start..));
        if let Some(tail) = tail
            && is_timestamp(tail)
        {
            return tail.to_owned();
        }
        let changed = std::fs::symlink_metadata(backup).map_or(0, |found| found.ctime());
        timestamp(UNIX_EPOCH + Duration::from_secs(u64::try_from(changed).unwrap_or(0)))
    }
}

impl FromStr for Label {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let starts_well = text.starts_with(|first: char| first.is_ascii_alphanumeric());
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        if starts_well && text.len() <= 64 && text.bytes().all(allowed) && !text.ends_with(ABSENT) {
            Ok(Self(text.to_owned()))
        } else {
            Err(Error::BadLabel { label: text.to_owned() })
        }
    }
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Which backup of a file is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Selector {
    /// The newest.
    Latest,
    /// The newest of those whose labels start so; written `memcached-*`.
    Prefix(String),
    /// This one.
    Label(Label),
}

impl FromStr for Selector {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        if text == "latest" {
            return Ok(Self::Latest);
        }
        match text.strip_suffix('*') {
            Some("") => Ok(Self::Latest),
            Some(prefix) => prefix.parse::<Label>().map(|label| Self::Prefix(label.0)),
            None => text.parse().map(Self::Label),
        }
    }
}

impl Selector {
    /// Whether a backup with this label is one of those that are meant.
    pub fn takes(&self, label: &Label) -> bool {
        match self {
            Self::Latest => true,
            Self::Prefix(prefix) => label.0.starts_with(prefix),
            Self::Label(wanted) => label == wanted,
        }
    }
}

/// A backup of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backup {
    /// What it is called.
    pub label: Label,
    /// Where it is.
    pub path: PathBuf,
    /// Whether it says that there was no file.
    pub absent: bool,
}

impl Backup {
    /// When it was made, in a form that sorts: the time at the end of its label, or else that of the file itself.
    pub fn made(&self) -> String {
        self.label.made(&self.path)
    }
}

/// The backups of a file, the oldest first.
pub fn backups_of(path: &Path) -> Result<Vec<Backup>, Error> {
    let folder = folder_of(path);
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let mut found: Vec<(String, Backup)> = Vec::new();
    for entry in std::fs::read_dir(&folder).map_err(Error::io(&folder, "list this folder"))? {
        let entry = entry.map_err(Error::io(&folder, "list this folder"))?;
        let backup = entry.file_name();
        let middle = backup.to_str().and_then(|text| text.strip_prefix(&*name)?.strip_prefix('.')?.strip_suffix('~'));
        let Some(middle) = middle else { continue };
        let (label, absent) = middle.strip_suffix(ABSENT).map_or((middle, false), |label| (label, true));
        if let Ok(label) = label.parse::<Label>() {
            let made = label.made(&entry.path());
            let at = found.partition_point(|(earlier, backup)| (earlier, &backup.label) <= (&made, &label));
            found.insert(at, (made, Backup { label, path: entry.path(), absent }));
        }
    }
    Ok(found.into_iter().map(|(_, backup)| backup).collect())
}

/// The backup of a file that is meant, if there is one.
pub fn find_backup(path: &Path, selector: &Selector) -> Result<Option<Backup>, Error> {
    Ok(backups_of(path)?.into_iter().rev().find(|backup| selector.takes(&backup.label)))
}

/// The files that a backup of this name could be of: a label may hold dots, so there may be several.
pub(crate) fn possible_originals(name: &str) -> impl Iterator<Item = &str> {
    let middle = name.strip_suffix('~').unwrap_or("");
    middle.match_indices('.').filter(|(at, _)| *at > 0).map(|(at, _)| &middle[..at])
}

fn timestamp(time: SystemTime) -> String {
    humantime::format_rfc3339_seconds(time).to_string().replace(['-', ':'], "")
}

fn is_timestamp(text: &str) -> bool {
    text.len() == 16
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 => byte == b'T',
            15 => byte == b'Z',
            _ => byte.is_ascii_digit(),
        })
}
