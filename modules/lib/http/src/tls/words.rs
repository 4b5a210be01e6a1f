//! What TLS says of a fault, in an operator's words.

use std::time::{Duration, UNIX_EPOCH};

use rustls::pki_types::{ServerName, UnixTime};
use rustls::{AlertDescription, CertificateError, Error, PeerIncompatible};

use super::verifier::{is_authority, is_of_a_namesake};
use crate::{CertificateFault, TlsFault};

/// Up to so many names of a certificate are shown.
const NAMED: usize = 6;

/// What `error` means.
pub fn told(error: &Error) -> TlsFault {
    match error {
        error if is_authority(error) => TlsFault::Certificate(CertificateFault::SelfSigned),
        error if is_of_a_namesake(error) => TlsFault::Certificate(CertificateFault::Namesake),
        Error::InvalidCertificate(error) => TlsFault::Certificate(certificate(error)),
        Error::NoCertificatesPresented => {
            TlsFault::Certificate(CertificateFault::Other("the server sent none".to_owned()))
        }
        Error::AlertReceived(AlertDescription::ProtocolVersion)
        | Error::PeerIncompatible(
            PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig
            | PeerIncompatible::ServerDoesNotSupportTls12Or13
            | PeerIncompatible::Tls12NotOffered
            | PeerIncompatible::Tls12NotOfferedOrEnabled,
        ) => TlsFault::Version,
        Error::AlertReceived(alert) => TlsFault::Refused(format!("{alert:?}")),
        error => TlsFault::Malformed(error.to_string()),
    }
}

fn certificate(error: &CertificateError) -> CertificateFault {
    match error {
        CertificateError::UnknownIssuer => CertificateFault::Untrusted,
        CertificateError::Expired => CertificateFault::Expired(None),
        CertificateError::ExpiredContext { not_after, .. } => CertificateFault::Expired(Some(date(*not_after))),
        CertificateError::NotValidYet => CertificateFault::NotYet(None),
        CertificateError::NotValidYetContext { not_before, .. } => CertificateFault::NotYet(Some(date(*not_before))),
        CertificateError::NotValidForNameContext { expected, presented } => {
            CertificateFault::OtherName { asked: host(expected), has: names(presented) }
        }
        other => CertificateFault::Other(other.to_string()),
    }
}

fn host(name: &ServerName<'_>) -> String {
    name.to_str().into_owned()
}

/// Up to some of the names, which come as `DnsName("lms.example.org")` and `IpAddress(10.0.0.5)`.
fn names(presented: &[String]) -> Vec<String> {
    let mut names: Vec<String> = presented.iter().take(NAMED).map(|name| bare(name).to_owned()).collect();
    let more = presented.len().saturating_sub(NAMED);
    if more > 0 {
        names.push(format!("and {more} more"));
    }
    names
}

fn bare(name: &str) -> &str {
    let inner = name.split_once('(').and_then(|(_, inner)| inner.strip_suffix(')')).unwrap_or(name);
    inner.trim_matches('"')
}

/// `2026-01-31`.
fn date(time: UnixTime) -> String {
    let time = UNIX_EPOCH.checked_add(Duration::from_secs(time.as_secs()));
    // What lies behind the year 9999 cannot be written so.
    let is_written = |time: &std::time::SystemTime| {
        time.duration_since(UNIX_EPOCH).is_ok_and(|since| since < Duration::from_secs(253_402_300_800))
    };
    match time.filter(is_written) {
        Some(time) => {
            humantime::format_rfc3339_seconds(time).to_string().split('T').next().unwrap_or_default().to_owned()
        }
        None => "a day after the year 9999".to_owned(),
    }
}
