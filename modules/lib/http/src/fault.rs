//! Why there is no answer.

use std::path::PathBuf;
use std::time::Duration;

use net::Stage;

use crate::{Scheme, Url};

/// Why a request has no answer.
#[derive(Debug)]
pub enum Fault {
    /// No connection, or no more of it.
    Net(net::Fault),
    /// TLS did not come about, or ended.
    NoTls(TlsFault),
    /// The server closed the connection and had said nothing.
    Closed,
    /// The server closed the connection in the middle of its answer.
    BrokenOff,
    /// It is another protocol: the beginning of what was said.
    NotHttp(String),
    /// It is TLS, and was asked for plain HTTP.
    Tls,
    /// It is HTTP, and something in it is wrong.
    Malformed(String),
    /// The request cannot be written: the header of this name holds what no header may hold.
    Header(String),
}

/// Why there is no TLS.
#[derive(Debug)]
pub enum TlsFault {
    /// The server's certificate is not accepted.
    Certificate(CertificateFault),
    /// No authority is known that could vouch for a certificate: this host should have some in this file.
    NoAuthorities(PathBuf),
    /// It is plain HTTP.
    PlainHttp,
    /// It is another protocol: the beginning of what was said.
    NotTls(String),
    /// No name that a certificate could be for.
    Name(String),
    /// The server speaks none of the versions that are spoken here.
    Version,
    /// The server ended it, with this word.
    Refused(String),
    /// The connection was closed before there was TLS.
    Closed,
    /// The connection broke before there was TLS.
    Lost(std::io::Error),
    /// The time was over before there was TLS.
    OutOfTime,
    /// What the server said is not valid.
    Malformed(String),
}

/// What is wrong with a certificate.
#[derive(Debug)]
pub enum CertificateFault {
    /// None of the known authorities stands behind it.
    Untrusted,
    /// A known authority has the name of the one that issued it, and is another one.
    Namesake,
    /// It stands behind itself only.
    SelfSigned,
    /// It was valid until then.
    Expired(Option<String>),
    /// It will be valid from then on.
    NotYet(Option<String>),
    /// It is for other names: those that it has.
    OtherName {
        /// The name that was asked for.
        asked: String,
        /// The names that it has.
        has: Vec<String>,
    },
    /// Something else.
    Other(String),
}

impl From<net::Fault> for Fault {
    fn from(fault: net::Fault) -> Self {
        Self::Net(fault)
    }
}

impl Fault {
    /// Whether the time was over.
    pub fn is_out_of_time(&self) -> bool {
        matches!(self, Self::Net(net::Fault::OutOfTime(_)) | Self::NoTls(TlsFault::OutOfTime))
    }

    /// What was seen, where `time` was the time for it.
    pub fn told(&self, time: Duration) -> String {
        match self {
            Self::Net(fault) => fault.told(time),
            Self::NoTls(fault) => fault.told(time),
            Self::Closed => "the connection was closed without an answer".to_owned(),
            Self::BrokenOff => "the connection was closed in the middle of the answer".to_owned(),
            Self::NotHttp(said) => format!("the answer is not HTTP ({said:?})"),
            Self::Tls => "the port speaks TLS, not plain HTTP".to_owned(),
            Self::Malformed(detail) => format!("the answer is not valid HTTP ({detail})"),
            Self::Header(name) => {
                format!("the header {name} holds a character that no header may hold; nothing was sent")
            }
        }
    }

    /// What to do about it, where `url` was asked for.
    pub fn advice(&self, url: &Url) -> &'static str {
        let is_plain = url.scheme() == Scheme::Http;
        match self {
            Self::Net(net::Fault::Unresolved(_) | net::Fault::OutOfTime(Stage::Name)) => {
                "check DNS and /etc/hosts, or give an address"
            }
            Self::Net(net::Fault::Connect(_) | net::Fault::OutOfTime(Stage::Connection)) if is_plain => {
                "see whether the program runs (/edx/bin/supervisorctl status), whether it listens on this address and port, \
                 and its log in /edx/var/log/supervisor"
            }
            Self::Net(net::Fault::Connect(_) | net::Fault::OutOfTime(Stage::Connection)) => {
                "see whether nginx, or the load balancer, runs and listens on this address and port, and whether a firewall \
                 is in between"
            }
            Self::Net(net::Fault::Way(_)) => "see why the way to the server does not work, then try again",
            Self::Net(net::Fault::OutOfTime(_) | net::Fault::Lost(_)) | Self::Closed | Self::BrokenOff => {
                "see the program's log in /edx/var/log/supervisor: it may still be starting, or wait for a database or \
                 another server that does not answer"
            }
            Self::NoTls(fault) => fault.advice(),
            Self::NotHttp(_) | Self::Malformed(_) if !is_plain => {
                "check the port: nginx, or the load balancer, speaks HTTPS on 443"
            }
            Self::Tls => {
                "ask for https:// there, or check the port: LMS listens on 8000 and Studio on 8010, with plain HTTP, behind nginx"
            }
            Self::NotHttp(_) | Self::Malformed(_) => {
                "check the port: LMS listens on 8000 and Studio on 8010, with plain HTTP, behind nginx"
            }
            Self::Header(_) => "check what is to be sent",
        }
    }
}

impl TlsFault {
    fn told(&self, time: Duration) -> String {
        match self {
            Self::Certificate(fault) => fault.told(),
            Self::NoAuthorities(file) => {
                format!("no certificate can be checked: this host knows no authority (in {})", file.display())
            }
            Self::PlainHttp => "the port speaks plain HTTP, not TLS".to_owned(),
            Self::NotTls(said) => format!("the answer is not TLS ({said:?})"),
            Self::Name(name) => format!("no certificate can be for the name {name:?}"),
            Self::Version => "the server does not speak TLS 1.2 or newer".to_owned(),
            Self::Refused(word) => format!("the server ended the TLS handshake: {word}"),
            Self::Closed => "the connection was closed in the TLS handshake".to_owned(),
            Self::Lost(source) => format!("the connection broke in the TLS handshake: {source}"),
            Self::OutOfTime => format!("the TLS handshake was not over within {time:?}"),
            Self::Malformed(detail) => format!("the server's TLS is not valid ({detail})"),
        }
    }

    fn advice(&self) -> &'static str {
        match self {
            Self::Certificate(fault) => fault.advice(),
            Self::NoAuthorities(_) => {
                "install the package ca-certificates, or give the certificate of the server's authority with ca_path"
            }
            Self::PlainHttp => {
                "ask for http:// there, or check the port: nginx, or the load balancer, speaks HTTPS on 443"
            }
            Self::Name(_) => "give the name that the certificate is for",
            Self::Version => "let it speak TLS 1.2 or newer (ssl_protocols in nginx)",
            Self::NotTls(_) | Self::Malformed(_) => "check the port: nginx, or the load balancer, speaks HTTPS on 443",
            Self::Refused(_) => {
                "see the log of nginx, or of the load balancer: it may have no certificate for this name, share no cipher, \
                 or want a certificate of the client"
            }
            Self::Closed | Self::Lost(_) | Self::OutOfTime => {
                "check the port: one that speaks plain HTTP may wait, or close the connection, like this; otherwise see the \
                 log of nginx, or of the load balancer"
            }
        }
    }
}

impl CertificateFault {
    fn told(&self) -> String {
        let seen = match self {
            Self::Untrusted => "no known authority has issued it".to_owned(),
            Self::Namesake => "an authority of the same name is known, but has not issued it".to_owned(),
            Self::SelfSigned => "it is signed by itself only".to_owned(),
            Self::Expired(None) => "it has expired".to_owned(),
            Self::Expired(Some(since)) => format!("it has expired, on {since}"),
            Self::NotYet(None) => "it is not valid yet".to_owned(),
            Self::NotYet(Some(from)) => format!("it is not valid before {from}"),
            Self::OtherName { asked, has } => match has.as_slice() {
                [] => format!("it is not for {asked}, and names no host at all"),
                has => format!("it is not for {asked}, but for {}", has.join(", ")),
            },
            Self::Other(detail) => detail.clone(),
        };
        format!("the certificate is not accepted: {seen}")
    }

    fn advice(&self) -> &'static str {
        match self {
            Self::Untrusted => {
                "where it comes from an authority of your own, give that one's certificate with ca_path; otherwise see \
                 whether the server sends the whole chain (ssl_certificate in nginx)"
            }
            Self::Namesake => {
                "the authority may have been made anew under its old name: give its present certificate with ca_path"
            }
            Self::SelfSigned => "where that is as it should be, give this certificate with ca_path",
            Self::Expired(_) => "renew it, and reload the server; if it is not over yet, check this host's clock",
            Self::NotYet(_) => "check this host's clock",
            Self::OtherName { .. } => {
                "ask for a name that it has, give the server one for this name, or see whether the name leads to the right \
                 server"
            }
            Self::Other(_) => "give the server a certificate that browsers accept, too",
        }
    }
}
