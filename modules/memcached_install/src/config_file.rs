//! The configuration file on disk.

use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::Error;

/// Far above any memcached.conf; what is larger is something else.
const MAX_BYTES: u64 = 1024 * 1024;

/// The configuration file as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ConfigFile {
    /// As the task names it.
    pub path: PathBuf,
    /// The file itself, where that is a symlink.
    pub target: PathBuf,
    /// Its bytes; `None` where there is no file yet.
    pub bytes: Option<Vec<u8>>,
}

impl ConfigFile {
    /// Reads it. A symlink may only lead to a file beside it: another program, or an operator, keeps
    /// what is elsewhere.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let failed = |doing| move |source| Error::File { path: path.to_owned(), doing, source };
        let unsuitable = |problem: String| Error::Unsuitable { path: path.to_owned(), problem };
        let folder = path.parent().unwrap_or(Path::new("/"));
        let folder = fs::canonicalize(folder).map_err(failed("its folder cannot be read"))?;
        match fs::symlink_metadata(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let target = folder.join(path.file_name().unwrap_or_default());
                return Ok(Self { path: path.to_owned(), target, bytes: None });
            }
            Err(error) => return Err(failed("it cannot be read")(error)),
            Ok(_) => {}
        }
        let target = fs::canonicalize(path).map_err(failed("it cannot be followed"))?;
        if target.parent() != Some(&folder) {
            return Err(unsuitable(format!(
                "it is a symlink to {}, outside of its folder; name that file in config_file, or put a plain file in its \
                 place",
                target.display()
            )));
        }
        let metadata = fs::metadata(&target).map_err(failed("it cannot be read"))?;
        if !metadata.is_file() {
            return Err(unsuitable("it is no plain file; move it away, or name another in config_file".to_owned()));
        }
        if metadata.len() > MAX_BYTES {
            return Err(unsuitable(format!(
                "it has {} bytes, which is no configuration of memcached; check what it is",
                metadata.len()
            )));
        }
        let bytes = fs::read(&target).map_err(failed("it cannot be read"))?;
        Ok(Self { path: path.to_owned(), target, bytes: Some(bytes) })
    }
}

impl ConfigFile {
    /// Replaces the file's bytes at once, mode and owner kept (0644 for a new file); returns the
    /// path of the backup, where one was wanted and there was something to keep.
    pub fn write(&self, bytes: &[u8], backup: bool) -> Result<Option<PathBuf>, Error> {
        let failed = |doing| move |source| Error::File { path: self.path.clone(), doing, source };
        let folder = self.target.parent().unwrap_or(Path::new("/"));
        let name = self.target.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let mut kept = None;
        if backup && self.bytes.is_some() {
            let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
            let path = folder.join(format!("{name}.{seconds}~"));
            fs::copy(&self.target, &path).map_err(failed("its backup cannot be written"))?;
            kept = Some(path);
        }
        let temporary = folder.join(format!(".{name}.{}.tmp", std::process::id()));
        let written = self.write_temporary(&temporary, bytes).and_then(|()| fs::rename(&temporary, &self.target));
        if let Err(error) = written {
            let _ = fs::remove_file(&temporary);
            return Err(failed("it cannot be written")(error));
        }
        fs::File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed("its folder cannot be synced"))?;
        Ok(kept)
    }

    fn write_temporary(&self, temporary: &Path, bytes: &[u8]) -> io::Result<()> {
        let mut file = fs::File::create_new(temporary)?;
        let mode = match fs::metadata(&self.target) {
            Ok(metadata) => {
                std::os::unix::fs::fchown(&file, Some(metadata.uid()), Some(metadata.gid()))?;
                metadata.permissions()
            }
            Err(_) => fs::Permissions::from_mode(0o644),
        };
        file.set_permissions(mode)?;
        file.write_all(bytes)?;
        file.sync_all()
    }
}
