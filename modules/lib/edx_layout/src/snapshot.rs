//! Everything that is read of one application server, wherever it was read.

mod read;

use std::cell::OnceCell;
use std::fmt;
use std::path::{Path, PathBuf};

use lossless_yaml::{Document, Error};

use crate::address::ThisHost;
use crate::caches::CacheKeyPrefix;
use crate::caches::prefixes;
use crate::data::{DataSetting, File, find_in, is_shell};
use crate::release::{RELEASE_FILE, Release};
use crate::service::root_of;

/// The largest file that is read.
pub const MAX_FILE: u64 = 16 << 20;

/// Files besides `/edx/etc` that say where data is, below the root. None of them is on every server: LMS and Studio
/// read JSON up to Ironwood, the certs service ended with Lilac, Celery's clock is an option.
pub const OUTSIDE_FILES: [&str; 8] = [
    "edx/app/edxapp/lms.env.json",
    "edx/app/edxapp/cms.env.json",
    "edx/app/edxapp/lms.auth.json",
    "edx/app/edxapp/cms.auth.json",
    "edx/app/forum/forum_env",
    "edx/app/supervisor/conf.available.d/workers.conf",
    "edx/app/certs/env.json",
    "edx/app/certs/auth.json",
];

/// The variables of the next upgrade, below the root.
pub const SERVER_VARS: &str = "edx/app/edx_ansible/server-vars.yml";

/// The files of one application server that say where its data is, and what else is known of it.
///
/// The same judgement runs on it whether it was read from this file system ([`Snapshot::read`]) or came from another
/// host ([`Snapshot::of_files`]). It holds secrets; its `Debug` text does not show them.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    /// The settings folder: `/edx/etc`.
    pub folder: PathBuf,
    /// Every settings file, each once, under the name that it has on the server.
    pub files: Vec<SnapshotFile>,
    /// The release, where known.
    pub release: Option<Release>,
    /// The server itself.
    pub here: ThisHost,
    /// The variables of the next upgrade, where there are any.
    pub server_vars: Option<SnapshotFile>,
}

/// A file, and what is in it.
#[derive(Clone, PartialEq, Eq)]
pub struct SnapshotFile {
    /// Its path on the server.
    pub path: PathBuf,
    /// Its bytes, or why they are not known.
    pub content: Result<Vec<u8>, ReadError>,
}

/// A file that is looked at, by several perhaps, and parsed once.
pub struct OpenFile<'a> {
    file: &'a SnapshotFile,
    document: OnceCell<Result<Document, FileError>>,
}

/// Why the content of a file is not known.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// It is no settings file by its size.
    #[error("it has {size} bytes, more than any settings file ({MAX_FILE}); see what it is")]
    TooLarge {
        /// Its size, or as much of it as was seen.
        size: u64,
    },
    /// What its name leads to, or the operating system's word.
    #[error("{0}")]
    Unreadable(String),
}

/// Why a file of a snapshot could not be looked at.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FileError {
    /// Its content is not known.
    #[error("{0}")]
    Unread(#[from] ReadError),
    /// Its content cannot be understood.
    #[error("{0}")]
    Yaml(#[from] Error),
}

/// What the files of a snapshot say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Findings {
    /// Every setting that says where data is, file by file.
    pub settings: Vec<DataSetting>,
    /// The prefix of the keys of each cache on memcached.
    pub prefixes: Vec<CacheKeyPrefix>,
    /// The files that could not be looked at; without any, nothing is missing.
    pub unreadable: Vec<(PathBuf, FileError)>,
}

impl Snapshot {
    /// What came from another host. `folder` is its settings folder, each path one on that host.
    ///
    /// server-vars.yml and edx-platform's `release.py` are told by their paths, where they are among the files; the
    /// second is the word on the release unless one is given.
    pub fn of_files(
        folder: impl Into<PathBuf>,
        files: Vec<(PathBuf, Result<Vec<u8>, String>)>,
        here: ThisHost,
        release: Option<Release>,
    ) -> Self {
        let mut snapshot = Self { folder: folder.into(), here, release, ..Self::default() };
        for (path, content) in files {
            let content = content.map_err(ReadError::Unreadable).and_then(within_limit);
            if path.ends_with(RELEASE_FILE) {
                let source = content.unwrap_or_default();
                snapshot.release = release.or_else(|| Release::of_source(&String::from_utf8_lossy(&source)));
            } else if path.ends_with(SERVER_VARS) {
                snapshot.server_vars = Some(SnapshotFile { path, content });
            } else if snapshot.files.iter().all(|known| known.path != path) {
                snapshot.files.push(SnapshotFile { path, content });
            }
        }
        snapshot
    }

    /// The files to read besides `folder`'s own `*.yml` and `*.yaml`, in the order of [`OUTSIDE_FILES`], then
    /// server-vars.yml and edx-platform's `release.py`. None where `folder` is not the `edx/etc` of a root.
    pub fn outside_files(folder: &Path) -> Vec<PathBuf> {
        let names = OUTSIDE_FILES.into_iter().chain([SERVER_VARS, RELEASE_FILE]);
        root_of(folder).map_or_else(Vec::new, |root| names.map(|name| root.join(name)).collect())
    }

    /// Looks at every file.
    pub fn findings(&self) -> Findings {
        let mut findings = Findings::default();
        for file in &self.files {
            findings.look_at(self, &file.open());
        }
        findings
    }

    /// The other one of LMS's or Studio's two JSON files, where it can be read.
    fn companion(&self, path: &Path) -> Option<Document> {
        let name = path.file_name()?.to_str()?;
        let other = match name.split_once('.')? {
            (variant, "env.json") => format!("{variant}.auth.json"),
            (variant, "auth.json") => format!("{variant}.env.json"),
            _ => return None,
        };
        let other = self.files.iter().find(|file| file.path == path.with_file_name(&other))?;
        Document::parse(other.content.as_deref().ok()?).ok()
    }
}

impl SnapshotFile {
    /// To look at it more than once.
    pub fn open(&self) -> OpenFile<'_> {
        OpenFile { file: self, document: OnceCell::new() }
    }
}

impl<'a> OpenFile<'a> {
    /// The file.
    pub fn file(&self) -> &'a SnapshotFile {
        self.file
    }

    /// What is in it as YAML, parsed when it is first asked for.
    pub fn document(&self) -> Result<&Document, FileError> {
        let parse = || Ok(Document::parse(self.file.content.as_deref().map_err(Clone::clone)?)?);
        self.document.get_or_init(parse).as_ref().map_err(Clone::clone)
    }
}

impl Findings {
    /// Adds what one file of `snapshot` says.
    pub fn look_at(&mut self, snapshot: &Snapshot, opened: &OpenFile<'_>) {
        if let Err(error) = self.try_to_look_at(snapshot, opened) {
            self.unreadable.push((opened.file.path.clone(), error));
        }
    }

    fn try_to_look_at(&mut self, snapshot: &Snapshot, opened: &OpenFile<'_>) -> Result<(), FileError> {
        let path = &opened.file.path;
        if is_shell(path) {
            let content = opened.file.content.as_deref().map_err(Clone::clone)?;
            self.settings.extend(crate::data::find_data(path, content, snapshot.release)?);
            return Ok(());
        }
        let doc = opened.document()?;
        let companion = snapshot.companion(path);
        let looked_at = File { path, doc, companion: companion.as_ref(), release: snapshot.release };
        self.settings.extend(find_in(&looked_at));
        self.prefixes.extend(prefixes(path, doc, snapshot.release));
        Ok(())
    }
}

fn within_limit(content: Vec<u8>) -> Result<Vec<u8>, ReadError> {
    let size = content.len() as u64;
    if size > MAX_FILE { Err(ReadError::TooLarge { size }) } else { Ok(content) }
}

impl fmt::Debug for SnapshotFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let content = self.content.as_ref().map(|bytes| format!("{} bytes", bytes.len()));
        f.debug_struct("SnapshotFile").field("path", &self.path).field("content", &content).finish()
    }
}
