//! What is added to a package's own unit of systemd.

use std::fs;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use file_set::{FileSet, Replacement};

use crate::Error;

/// A drop-in as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DropIn {
    /// Where it is.
    pub path: PathBuf,
    /// `None` where there is none.
    pub bytes: Option<Vec<u8>>,
}

impl DropIn {
    /// Reads the one called `name` of `service` below `folder`, systemd's folder for the administrator's units.
    pub fn read(folder: &Path, service: &str, name: &str) -> Result<Self, Error> {
        let unit = service.strip_suffix(".service").unwrap_or(service);
        let path = folder.join(format!("{unit}.service.d/{name}.conf"));
        let original = file_set::read_or_absent(&path).map_err(Error::Files)?;
        let bytes = original.exists().then(|| original.bytes().to_vec());
        Ok(Self { path, bytes })
    }

    /// What has to become of it, when it is wanted to be `text`, or not wanted.
    pub fn change(&self, text: Option<&str>) -> Option<DropInChange> {
        match (text, &self.bytes) {
            (Some(text), Some(bytes)) if bytes == text.as_bytes() => None,
            (Some(_), _) => Some(DropInChange::Write(self.path.clone())),
            (None, Some(_)) => Some(DropInChange::Remove(self.path.clone())),
            (None, None) => None,
        }
    }
}

/// What has to become of a drop-in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DropInChange {
    /// It is written here.
    Write(PathBuf),
    /// It is removed.
    Remove(PathBuf),
}

/// Whether one of these addresses comes with the network: all but loopback and the unspecified ones.
///
/// A package's unit is ordered after `network.target`, which does not mean that addresses are there.
pub fn needs_network(listen: &[IpAddr]) -> bool {
    listen.iter().any(|address| !address.is_loopback() && !address.is_unspecified())
}

/// Writes a drop-in, its folder too.
pub fn write_drop_in(path: &Path, text: &str) -> Result<(), Error> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(|source| Error::Folder { path: folder.to_owned(), source })?;
    }
    replace(path, |original| Replacement::new(original, text.as_bytes().to_vec()))
}

/// Removes a file, such as a drop-in; its folder stays, others may put theirs there.
pub fn remove_file(path: &Path) -> Result<(), Error> {
    replace(path, Replacement::deletion)
}

fn replace(path: &Path, replacement: impl FnOnce(file_set::Original) -> Replacement) -> Result<(), Error> {
    let lock = FileSet::lock([path], std::time::Duration::from_secs(10)).map_err(Error::Files)?;
    let original = file_set::read_or_absent(path).map_err(Error::Files)?;
    lock.commit(vec![replacement(original)], None).map_err(Error::Files)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_of_the_network_have_to_be_waited_for() {
        let needs =
            |listen: &[&str]| needs_network(&listen.iter().map(|address| address.parse().unwrap()).collect::<Vec<_>>());
        assert!(needs(&["127.0.0.1", "10.0.0.5"]));
        assert!(needs(&["fd00::5"]));
        assert!(!needs(&["127.0.0.1", "::1"]));
        assert!(!needs(&["0.0.0.0"]));
    }

    #[test]
    fn the_drop_in_is_written_with_its_folder_and_removed() {
        let folder = tempfile::tempdir().unwrap();
        let read = || DropIn::read(folder.path(), "memcached", "ours").unwrap();
        let path = folder.path().join("memcached.service.d/ours.conf");
        assert_eq!(read(), DropIn { path: path.clone(), bytes: None });
        assert_eq!(read().change(None), None);
        assert_eq!(read().change(Some("text")), Some(DropInChange::Write(path.clone())));
        write_drop_in(&path, "text").unwrap();
        assert_eq!(read().bytes.as_deref(), Some(&b"text"[..]));
        assert_eq!(read().change(Some("text")), None);
        assert_eq!(read().change(None), Some(DropInChange::Remove(path.clone())));
        remove_file(&path).unwrap();
        assert_eq!(read().bytes, None);
        assert_eq!(DropIn::read(folder.path(), "memcached.service", "ours").unwrap().path, path);
    }
}
