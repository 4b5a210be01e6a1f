//! Reads a snapshot from this file system.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::{MAX_FILE, OUTSIDE_FILES, ReadError, SERVER_VARS, Snapshot, SnapshotFile};
use crate::folder::{FolderError, Listing, RefusedReason};
use crate::release::Release;
use crate::service::root_of;

impl Snapshot {
    /// Reads `folder` and, where it is the `edx/etc` of a root, the files besides it; then `extra_files`.
    ///
    /// A settings file that is a link out of the folder is read, as Open edX reads it. One that cannot be read is an
    /// entry with the reason. Of the files besides the folder none has to exist. What this host is known by is for the
    /// caller to fill in.
    pub fn read(folder: &Path, extra_files: &[PathBuf]) -> Result<Self, FolderError> {
        let mut listing = Listing::of(folder)?;
        let root = root_of(folder);
        for path in root.iter().flat_map(|root| OUTSIDE_FILES.map(|name| root.join(name))).filter(|path| exists(path)) {
            listing.add_named(&path);
        }
        let mut snapshot = Self { folder: folder.to_path_buf(), ..Self::default() };
        snapshot.add(listing, extra_files);
        if let Some(root) = root {
            snapshot.release = Release::detect(&root);
            let path = root.join(SERVER_VARS);
            snapshot.server_vars = exists(&path).then(|| file(path));
        }
        Ok(snapshot)
    }

    /// Reads `files` only.
    pub fn read_files(files: &[PathBuf]) -> Self {
        let mut snapshot = Self::default();
        snapshot.add(Listing::default(), files);
        snapshot
    }

    fn add(&mut self, mut listing: Listing, extra_files: &[PathBuf]) {
        for path in extra_files {
            listing.add_named(path);
        }
        self.files.extend(listing.settings.into_iter().map(file));
        let refused = listing.refused.into_iter().map(|refused| match refused.reason {
            RefusedReason::LeavesFolder { .. } => file(refused.path),
            reason => SnapshotFile { path: refused.path, content: Err(ReadError::Unreadable(reason.to_string())) },
        });
        self.files.extend(refused);
        // A file may be named twice, and refused twice.
        let mut seen = std::collections::BTreeSet::new();
        self.files.retain(|file| seen.insert(file.path.clone()));
    }
}

/// Whether there is something, or it cannot be told: then the try to read it says why.
fn exists(path: &Path) -> bool {
    match fs::symlink_metadata(path) {
        Ok(_) => true,
        Err(error) => !matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory),
    }
}

fn file(path: PathBuf) -> SnapshotFile {
    let content = content(&path);
    SnapshotFile { path, content }
}

fn content(path: &Path) -> Result<Vec<u8>, ReadError> {
    let unreadable = |error: io::Error| ReadError::Unreadable(RefusedReason::Unreadable(error).to_string());
    // Looked at before it is opened, as the opening of a pipe waits for somebody to write.
    let metadata = fs::metadata(path).map_err(unreadable)?;
    if !metadata.is_file() {
        return Err(ReadError::Unreadable(RefusedReason::NotAFile.to_string()));
    }
    if metadata.len() > MAX_FILE {
        return Err(ReadError::TooLarge { size: metadata.len() });
    }
    let mut content = Vec::new();
    File::open(path).map_err(unreadable)?.take(MAX_FILE + 1).read_to_end(&mut content).map_err(unreadable)?;
    super::within_limit(content)
}
