//! TLS: what is trusted, and the conversation.

mod authorities;
mod provider;
mod session;
mod verifier;
mod words;

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use rustls::ClientConfig;
use rustls::client::Resumption;
use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, TrustAnchor};
use thiserror::Error;

use crate::TlsFault;
pub use session::Session;

/// What to trust.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsSettings {
    /// Whether a server has to prove who it is.
    pub validate_certs: bool,
    /// A PEM file with authorities that are trusted besides this host's own.
    pub ca_path: Option<PathBuf>,
}

impl Default for TlsSettings {
    fn default() -> Self {
        Self { validate_certs: true, ca_path: None }
    }
}

/// Why a file of authorities cannot be used.
#[derive(Debug, Error)]
pub enum TlsError {
    /// It cannot be read.
    #[error("{}: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It is too large.
    #[error(
        "{} is larger than {} MB: give a file with the certificates of the authorities only",
        path.display(),
        authorities::LARGEST / 1_000_000
    )]
    TooLarge {
        /// The file.
        path: PathBuf,
    },
    /// Nothing in it can be trusted.
    #[error(
        "{} holds no certificate: a PEM file is expected, in which each begins with -----BEGIN CERTIFICATE-----",
        path.display()
    )]
    Empty {
        /// The file.
        path: PathBuf,
    },
    /// One of its certificates is broken.
    #[error("{}: certificate {number} in it is broken ({detail})", path.display())]
    Broken {
        /// The file.
        path: PathBuf,
        /// Which one, from 1.
        number: usize,
        /// What is wrong.
        detail: String,
    },
}

/// How TLS is spoken in one run.
#[derive(Clone)]
pub struct Tls {
    validate: bool,
    own: Arc<Vec<CertificateDer<'static>>>,
    public: &'static [TrustAnchor<'static>],
    /// Made when it is needed: many runs never speak TLS, and it reads what this host trusts.
    config: Arc<OnceLock<Result<Arc<ClientConfig>, Unmade>>>,
}

/// Why no TLS can be spoken.
#[derive(Clone)]
enum Unmade {
    /// This host should have some authority in this file.
    NoAuthorities(PathBuf),
    /// What rustls says of it.
    Refused(String),
}

impl From<Unmade> for TlsFault {
    fn from(unmade: Unmade) -> Self {
        match unmade {
            Unmade::NoAuthorities(file) => Self::NoAuthorities(file),
            Unmade::Refused(detail) => Self::Malformed(detail),
        }
    }
}

impl std::fmt::Debug for Tls {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut shown = formatter.debug_struct("Tls");
        shown.field("validate", &self.validate).field("own", &self.own.len()).finish_non_exhaustive()
    }
}

impl Default for Tls {
    fn default() -> Self {
        Self { validate: true, own: Arc::default(), public: &[], config: Arc::default() }
    }
}

impl Tls {
    /// Reads the file of authorities, where there is one.
    pub fn new(settings: &TlsSettings) -> Result<Self, TlsError> {
        let own = settings.ca_path.as_deref().map(read).transpose()?.unwrap_or_default();
        Ok(Self { validate: settings.validate_certs, own: Arc::new(own), ..Self::default() })
    }

    /// Trusts these besides: the public authorities, for a program that may run on a host without any. A module has no
    /// room for them, and runs where the platform does, which cannot do without.
    #[must_use]
    pub fn and_public(self, public: &'static [TrustAnchor<'static>]) -> Self {
        Self { public, config: Arc::default(), ..self }
    }

    fn config(&self) -> Result<Arc<ClientConfig>, TlsFault> {
        Ok(self.config.get_or_init(|| self.make()).clone()?)
    }

    fn make(&self) -> Result<Arc<ClientConfig>, Unmade> {
        let provider = Arc::new(provider::provider());
        let verifier = self.verifier(&provider)?;
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| Unmade::Refused(error.to_string()))?
            .dangerous()
            .with_custom_certificate_verifier(verifier)
            .with_no_client_auth();
        // Each request is on a connection of its own: what a server gives for the next one is not kept.
        config.resumption = Resumption::disabled();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Arc::new(config))
    }

    fn verifier(&self, provider: &CryptoProvider) -> Result<Arc<dyn ServerCertVerifier>, Unmade> {
        if !self.validate {
            return Ok(Arc::new(verifier::Anybody::new(provider)));
        }
        let roots = authorities::all(self.public, &self.own).map_err(Unmade::NoAuthorities)?;
        Ok(Arc::new(verifier::Known::new(roots, Arc::clone(&self.own), provider)))
    }
}

/// The certificates in a file, each of which can be trusted.
fn read(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let path_buf = || path.to_owned();
    let pem = authorities::bounded(path)
        .map_err(|source| TlsError::Unreadable { path: path_buf(), source })?
        .ok_or_else(|| TlsError::TooLarge { path: path_buf() })?;
    let mut found = Vec::new();
    for (index, certificate) in authorities::certificates(&pem).enumerate() {
        let broken = |detail: String| TlsError::Broken { path: path_buf(), number: index + 1, detail };
        let certificate = certificate.map_err(broken)?;
        webpki::anchor_from_trusted_cert(&certificate).map_err(|error| broken(error.to_string()))?;
        found.push(certificate);
    }
    if found.is_empty() { Err(TlsError::Empty { path: path_buf() }) } else { Ok(found) }
}
