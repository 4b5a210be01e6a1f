//! Who a server has to be.

use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{verify_server_cert_signed_by_trust_anchor, verify_server_name};
use rustls::crypto::{CryptoProvider, WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, DigitallySignedStruct, Error, OtherError, RootCertStore, SignatureScheme};

/// A server that an authority vouches for.
///
/// It does what rustls' own verifier does, of the same parts, but for lists of revoked certificates: there are none here,
/// and the reader of those lists would make each module that speaks TLS larger.
#[derive(Debug)]
pub struct Known {
    roots: RootCertStore,
    given: Arc<Vec<CertificateDer<'static>>>,
    algorithms: WebPkiSupportedAlgorithms,
}

impl Known {
    pub fn new(roots: RootCertStore, given: Arc<Vec<CertificateDer<'static>>>, provider: &CryptoProvider) -> Self {
        Self { roots, given, algorithms: provider.signature_verification_algorithms }
    }
}

impl ServerCertVerifier for Known {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        _: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let parsed = ParsedCertificate::try_from(certificate)?;
        let signed = verify_server_cert_signed_by_trust_anchor(&parsed, &self.roots, others, now, self.algorithms.all);
        // `openssl req -x509` makes a certificate that is an authority, too, and webpki takes none of those for a server's.
        // Where the operator gave this very certificate, it is trusted; webpki looks at its time before it says this.
        match signed {
            Err(Error::InvalidCertificate(CertificateError::BadSignature)) => {
                return Err(CertificateError::Other(OtherError(Arc::new(NamesakeSigned))).into());
            }
            Err(error) if is_authority(&error) && self.given.iter().any(|given| given == certificate) => {}
            signed => signed?,
        }
        verify_server_name(&parsed, name)?;
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signature, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signature, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

/// A known authority has the name of the one that issued a certificate, and is another one.
#[derive(Debug, thiserror::Error)]
#[error("an authority of the same name is known, but has not issued it")]
struct NamesakeSigned;

/// Whether that is what is wrong with a certificate.
pub fn is_of_a_namesake(error: &Error) -> bool {
    let Error::InvalidCertificate(CertificateError::Other(OtherError(source))) = error else { return false };
    source.is::<NamesakeSigned>()
}

/// Whether that is all that is wrong with a certificate: it is one of an authority.
pub fn is_authority(error: &Error) -> bool {
    let Error::InvalidCertificate(CertificateError::Other(OtherError(source))) = error else { return false };
    matches!(source.downcast_ref::<webpki::Error>(), Some(webpki::Error::CaUsedAsEndEntity))
}

/// Any server at all, where the operator said so. Its signatures are not looked at either: who does not ask for a name
/// learns nothing from them, and certificates of older forms could not be read.
#[derive(Debug)]
pub struct Anybody {
    schemes: Vec<SignatureScheme>,
}

impl Anybody {
    pub fn new(provider: &CryptoProvider) -> Self {
        Self { schemes: provider.signature_verification_algorithms.supported_schemes() }
    }
}

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.schemes.clone()
    }
}
