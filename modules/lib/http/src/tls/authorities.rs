//! The authorities that are trusted: those of this host, those that were given, and the public ones where somebody
//! brought them along.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use rustls::RootCertStore;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, TrustAnchor};

/// The largest file that is read, in bytes; that of a whole distribution has some 200 kB.
pub const LARGEST: usize = 4_000_000;

/// Where a host keeps the authorities that it trusts, on Debian and Ubuntu, on Red Hat's, and on others. The first that
/// is there counts.
const OF_THE_HOST: [&str; 3] =
    ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem"];

/// The file that counts instead where this variable names one, as with OpenSSL.
const VARIABLE: &str = "SSL_CERT_FILE";

/// All that is trusted, or the file in which this host should have some authority.
pub fn all(public: &[TrustAnchor<'static>], given: &[CertificateDer<'static>]) -> Result<RootCertStore, PathBuf> {
    match std::env::var_os(VARIABLE).filter(|path| !path.is_empty()) {
        Some(path) => known(&[Path::new(&path)], public, given),
        None => known(&OF_THE_HOST.map(Path::new), public, given),
    }
}

/// What of the host's own cannot be read is left out: others may do.
fn known(
    of_the_host: &[&Path],
    public: &[TrustAnchor<'static>],
    given: &[CertificateDer<'static>],
) -> Result<RootCertStore, PathBuf> {
    let mut roots = RootCertStore { roots: public.to_vec() };
    if let Some(pem) = of_the_host.iter().find_map(|path| bounded(path).ok()) {
        roots.add_parsable_certificates(certificates(&pem.unwrap_or_default()).filter_map(Result::ok));
    }
    roots.add_parsable_certificates(given.iter().cloned());
    if roots.is_empty() { Err(of_the_host[0].to_owned()) } else { Ok(roots) }
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

    /// Of nobody either, and nowhere in a file.
    const PUBLIC: TrustAnchor<'static> = TrustAnchor {
        subject: rustls::pki_types::Der::from_slice(b"subject"),
        subject_public_key_info: rustls::pki_types::Der::from_slice(b"key"),
        name_constraints: None,
    };

    fn count(of_the_host: &[&Path], public: &[TrustAnchor<'static>], given: &[CertificateDer<'static>]) -> usize {
        known(of_the_host, public, given).unwrap().len()
    }

    #[test]
    fn what_was_given_and_what_was_brought_along_is_trusted_besides_what_the_host_trusts() {
        let folder = tempfile::TempDir::new().unwrap();
        let (store, missing) = (folder.path().join("store"), folder.path().join("missing"));
        std::fs::write(&store, format!("-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n{PEM}")).unwrap();
        let given: Vec<_> = certificates(PEM.as_bytes()).map(Result::unwrap).collect();
        assert_eq!(count(&[&missing, &store], &[], &[]), 1);
        assert_eq!(count(&[&missing, &store], &[PUBLIC], &[]), 2);
        assert_eq!(count(&[&missing, &store], &[PUBLIC], &given), 3);
        assert_eq!(count(&[&missing], &[PUBLIC], &[]), 1);
        assert_eq!(count(&[&missing], &[], &given), 1);
        std::fs::write(&store, "x".repeat(LARGEST + 1)).unwrap();
        assert_eq!(count(&[&store], &[PUBLIC], &[]), 1);
    }

    #[test]
    fn where_no_authority_is_known_it_is_told_where_one_should_be() {
        let folder = tempfile::TempDir::new().unwrap();
        let (empty, missing) = (folder.path().join("empty"), folder.path().join("missing"));
        std::fs::write(&empty, "").unwrap();
        assert_eq!(known(&[&missing, &empty], &[], &[]).unwrap_err(), missing);
    }
}
