//! The authorities that are trusted: the public ones, those of this host, and those that were given.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

/// The largest file that is read, in bytes; that of a whole distribution has some 200 kB.
pub const LARGEST: usize = 4_000_000;

/// Where a host keeps the authorities that it trusts, on Debian and Ubuntu, on Red Hat's, and on others. The first that
/// is there counts.
const OF_THE_HOST: [&str; 3] =
    ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem"];

/// All that is trusted. What of the host's own cannot be read is left out: the public ones are there anyway.
pub fn all(given: &[CertificateDer<'static>]) -> RootCertStore {
    known(&OF_THE_HOST.map(Path::new), given)
}

fn known(of_the_host: &[&Path], given: &[CertificateDer<'static>]) -> RootCertStore {
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    if let Some(pem) = of_the_host.iter().find_map(|path| bounded(path).ok()) {
        roots.add_parsable_certificates(certificates(&pem.unwrap_or_default()).filter_map(Result::ok));
    }
    roots.add_parsable_certificates(given.iter().cloned());
    roots
}

/// A file's bytes; none where there are too many.
pub fn bounded(path: &Path) -> io::Result<Option<Vec<u8>>> {
    // A FIFO would keep whoever opens it.
    if !fs::metadata(path)?.is_file() {
        return Err(io::Error::other("it is no file"));
    }
    let file = File::open(path)?;
    let mut bytes = Vec::new();
    let limit = u64::try_from(LARGEST).unwrap_or(u64::MAX);
    file.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
    Ok(Some(bytes).filter(|bytes| bytes.len() <= LARGEST))
}

/// The certificates in a PEM file, or what is wrong with one.
pub fn certificates(pem: &[u8]) -> impl Iterator<Item = Result<CertificateDer<'static>, String>> {
    CertificateDer::pem_slice_iter(pem).map(|found| found.map_err(|error| error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of nobody, for this test.
    const PEM: &str = include_str!("authorities/example.pem");

    #[test]
    fn what_the_host_trusts_is_trusted_besides_the_public_authorities() {
        let folder = tempfile::TempDir::new().unwrap();
        let (store, missing) = (folder.path().join("store"), folder.path().join("missing"));
        std::fs::write(&store, format!("-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n{PEM}")).unwrap();
        let public = webpki_roots::TLS_SERVER_ROOTS.len();
        assert!(public > 50);
        assert_eq!(known(&[&missing], &[]).len(), public);
        assert_eq!(known(&[&missing, &store], &[]).len(), public + 1);
        let given: Vec<_> = certificates(PEM.as_bytes()).map(Result::unwrap).collect();
        assert_eq!(known(&[&missing, &store], &given).len(), public + 2);
        std::fs::write(&store, "x".repeat(LARGEST + 1)).unwrap();
        assert_eq!(known(&[&store], &[]).len(), public);
    }
}
