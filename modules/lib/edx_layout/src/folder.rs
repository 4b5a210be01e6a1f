//! The files of a settings folder, sorted into those that hold settings and
//! those that only may mention them.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::service::root_of;

/// The JSON files that LMS and Studio have besides `/edx/etc`, below the root.
const EDXAPP_JSON: [&str; 2] = ["edx/app/edxapp/lms.env.json", "edx/app/edxapp/cms.env.json"];

/// What a settings folder holds, each list in the order of the names.
#[derive(Debug, Default)]
pub struct Listing {
    /// Regular files that hold settings (`*.yml`, `*.yaml`), each once and a
    /// link under the name of what it leads to; then the JSON files of LMS and
    /// Studio.
    pub settings: Vec<PathBuf>,
    /// Every other regular file in the folder and below, backups (`*~`) left
    /// out; no symbolic link is followed.
    pub others: Vec<PathBuf>,
    /// Names of settings files that cannot be used, with the reason.
    pub refused: Vec<Refused>,
    /// Names of settings files that are neither a file nor a folder.
    pub ignored: Vec<PathBuf>,
}

/// A settings file that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{}: {reason}", .path.display())]
pub struct Refused {
    /// Its name.
    pub path: PathBuf,
    /// Why.
    pub reason: RefusedReason,
}

/// Why a settings file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RefusedReason {
    /// It would lead an edit to another folder.
    #[error("it is a symbolic link to {}, outside of {}; name that file in `files` if it is the one to edit", .target.display(), .folder.display())]
    LeavesFolder {
        /// Where it leads.
        target: PathBuf,
        /// The folder that it stands in.
        folder: PathBuf,
    },
    /// It leads nowhere.
    #[error("it is a symbolic link that leads nowhere; remove it")]
    Dangling,
    /// It is a folder, a pipe or the like.
    #[error("it is not a regular file")]
    NotAFile,
    /// The operating system's word.
    #[error("it cannot be read: {0}")]
    Unreadable(io::Error),
}

/// Why a settings folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// It does not exist, or cannot be read.
    #[error("{} cannot be read ({reason}); a native Open edX has its settings in /edx/etc", .path.display())]
    Unreadable {
        /// The folder.
        path: PathBuf,
        /// The operating system's word.
        reason: io::Error,
    },
    /// It has no settings file.
    #[error("{} holds no settings file (*.yml); a native Open edX has its settings in /edx/etc", .path.display())]
    Empty {
        /// The folder.
        path: PathBuf,
    },
}

impl Listing {
    /// Lists `folder`, and where it is the `edx/etc` of a root, the JSON files
    /// that LMS and Studio have below that root.
    ///
    /// A link to another file of the folder stands for that file. Reading is
    /// left to the caller: nothing is opened, so that no pipe can block.
    pub fn of(folder: &Path) -> Result<Self, FolderError> {
        let unreadable = |reason| FolderError::Unreadable { path: folder.to_path_buf(), reason };
        let real = fs::canonicalize(folder).map_err(unreadable)?;
        let mut names = names_in(folder).map_err(unreadable)?;
        names.sort_unstable();
        let mut listing = Self::default();
        for path in names {
            listing.add(folder, &real, path);
        }
        if let Some(root) = root_of(folder) {
            for name in EDXAPP_JSON {
                let path = root.join(name);
                if fs::symlink_metadata(&path).is_ok() {
                    listing.add_named(&path);
                }
            }
        }
        let is_empty = listing.settings.is_empty() && listing.refused.is_empty();
        if is_empty { Err(FolderError::Empty { path: folder.to_path_buf() }) } else { Ok(listing) }
    }

    /// Adds a file by its name, whatever its ending. The folder it must not
    /// leave is its own.
    pub fn add_named(&mut self, path: &Path) {
        let folder = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let found =
            fs::canonicalize(folder).map_err(RefusedReason::Unreadable).and_then(|real| real_file(folder, &real, path));
        match found {
            Ok(found) => self.add_settings(found),
            Err(reason) => self.refused.push(Refused { path: path.to_path_buf(), reason }),
        }
    }

    fn add(&mut self, folder: &Path, real_folder: &Path, path: PathBuf) {
        let kind = match fs::symlink_metadata(&path) {
            Ok(metadata) => metadata.file_type(),
            Err(_) => return,
        };
        if !has_settings_name(&path) {
            self.add_other(path, kind);
            return;
        }
        match real_file(folder, real_folder, &path) {
            Ok(found) => self.add_settings(found),
            Err(RefusedReason::NotAFile) if fs::metadata(&path).is_ok_and(|m| m.is_dir()) => self.add_other(path, kind),
            Err(RefusedReason::NotAFile) => self.ignored.push(path),
            Err(reason) => self.refused.push(Refused { path, reason }),
        }
    }

    fn add_settings(&mut self, path: PathBuf) {
        if !self.settings.contains(&path) {
            self.settings.push(path);
        }
    }

    fn add_other(&mut self, path: PathBuf, kind: fs::FileType) {
        if kind.is_dir() {
            // What cannot be listed cannot be scanned either; the caller's own
            // look at the files says so where it matters.
            let mut names = names_in(&path).unwrap_or_default();
            names.sort_unstable();
            for below in names {
                if let Ok(metadata) = fs::symlink_metadata(&below) {
                    self.add_other(below, metadata.file_type());
                }
            }
        } else if kind.is_file() && !is_backup(&path) {
            self.others.push(path);
        }
    }
}

fn names_in(folder: &Path) -> io::Result<Vec<PathBuf>> {
    fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect()
}

fn has_settings_name(path: &Path) -> bool {
    let hidden = path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
    !hidden && path.extension().is_some_and(|extension| extension == "yml" || extension == "yaml")
}

/// Whether it is a backup, or what another run is just writing.
fn is_backup(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.ends_with('~') || (name.starts_with('.') && name.contains(".edxops-"))
}

/// The regular file that `path` (in `folder`, which really is `real_folder`)
/// names, links followed within the folder.
fn real_file(folder: &Path, real_folder: &Path, path: &Path) -> Result<PathBuf, RefusedReason> {
    let is_link = fs::symlink_metadata(path).map_err(RefusedReason::Unreadable)?.is_symlink();
    let metadata = fs::metadata(path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => RefusedReason::Dangling,
        _ => RefusedReason::Unreadable(error),
    })?;
    if !metadata.is_file() {
        return Err(RefusedReason::NotAFile);
    }
    if !is_link {
        return Ok(path.to_path_buf());
    }
    let target = fs::canonicalize(path).map_err(RefusedReason::Unreadable)?;
    match target.strip_prefix(real_folder) {
        Ok(below) => Ok(folder.join(below)),
        Err(_) => Err(RefusedReason::LeavesFolder { target, folder: folder.to_path_buf() }),
    }
}
