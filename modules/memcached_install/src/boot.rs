//! What systemd has to wait for before it starts memcached at boot.
//!
//! The package's unit is ordered after `network.target`, which does not mean that addresses are
//! there. memcached ends at once when it cannot bind one, and systemd gives up after five attempts
//! within ten seconds, which such attempts take less than one of: on a host with DHCP the cache would
//! be gone after a reboot. A drop-in beside the package's unit waits for the addresses, and lets the
//! attempts be far enough apart that systemd never gives up.

use std::fs;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use file_set::{FileSet, Replacement};

use crate::Error;

/// The drop-in, whole.
pub(crate) const TEXT: &str = "\
# Written by memcached_install. memcached listens on an address that is there only once the
# network is up, and ends when it is not there yet.
[Unit]
Wants=network-online.target
After=network-online.target

[Service]
RestartSec=3
";

/// The drop-in as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DropIn {
    pub path: PathBuf,
    /// `None` where there is none.
    pub bytes: Option<Vec<u8>>,
}

impl DropIn {
    /// Reads the one of `service` below `folder`, systemd's folder for the administrator's units.
    pub fn read(folder: &Path, service: &str) -> Result<Self, Error> {
        let unit = service.strip_suffix(".service").unwrap_or(service);
        let path = folder.join(format!("{unit}.service.d/memcached_install.conf"));
        let original = file_set::read_or_absent(&path).map_err(Error::Files)?;
        let bytes = original.exists().then(|| original.bytes().to_vec());
        Ok(Self { path, bytes })
    }
}

/// Whether one of these addresses comes with the network: all but loopback and the unspecified ones.
pub(crate) fn needs_network(listen: &[IpAddr]) -> bool {
    listen.iter().any(|address| !address.is_loopback() && !address.is_unspecified())
}

/// Writes the drop-in, its folder too.
pub(crate) fn write(path: &Path) -> Result<(), Error> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(|source| Error::Folder { path: folder.to_owned(), source })?;
    }
    replace(path, |original| Replacement::new(original, TEXT.as_bytes().to_vec()))
}

/// Removes the drop-in; its folder stays, others may put theirs there.
pub(crate) fn remove(path: &Path) -> Result<(), Error> {
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
        let read = || DropIn::read(folder.path(), "memcached").unwrap();
        let path = folder.path().join("memcached.service.d/memcached_install.conf");
        assert_eq!(read(), DropIn { path: path.clone(), bytes: None });
        write(&path).unwrap();
        assert_eq!(read().bytes.as_deref(), Some(TEXT.as_bytes()));
        remove(&path).unwrap();
        assert_eq!(read().bytes, None);
        assert_eq!(DropIn::read(folder.path(), "memcached.service").unwrap().path, path);
    }
}
