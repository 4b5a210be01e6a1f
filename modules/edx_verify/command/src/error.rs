//! Why something could not be looked at.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

/// Why something could not be looked at.
#[derive(Debug, Error)]
pub enum Error {
    /// The way there.
    #[error("{0}")]
    Ssh(ssh::Error),
    /// sudo wants a password, or does not let the user.
    #[error(
        "{server}: the settings belong to several users, and sudo does not let this one read them ({said}); sign \
         in as root, or let sudo work without a password (NOPASSWD)"
    )]
    Sudo {
        /// The application server.
        server: String,
        /// What sudo said.
        said: String,
    },
    /// Whether a data server is on the application server cannot be told.
    #[error(
        "{server}: it does not tell its own addresses, without which a data server on it would count as one elsewhere{}; \
         see that 'ip -o addr show' or 'hostname -I' works for this user there and names an address besides loopback",
        if .said.is_empty() { String::new() } else { format!(" ({said})") }
    )]
    Addresses {
        /// The application server.
        server: String,
        /// What it said.
        said: String,
    },
    /// There is nothing to read.
    #[error(
        "{server}: no settings file (*.yml) was read from {}{}; a native Open edX has its settings in /edx/etc",
        .folder.display(),
        if .said.is_empty() { String::new() } else { format!(" ({said})") }
    )]
    NoSettings {
        /// The application server.
        server: String,
        /// The folder.
        folder: PathBuf,
        /// What the server said.
        said: String,
    },
    /// An option.
    #[error("{0}")]
    Options(String),
    /// The password of the user to sign in as.
    #[error("--login-password-file {}: {reason}", .path.display())]
    PasswordFile {
        /// The file.
        path: PathBuf,
        /// The operating system's word.
        reason: io::Error,
    },
    /// Nobody can be asked for it.
    #[error(
        "there is no terminal to ask for the password of {user}: give it in --login-password-file, or in the environment \
         variable EDX_VERIFY_LOGIN_PASSWORD"
    )]
    NoPassword {
        /// Who signs in.
        user: String,
    },
    /// The report.
    #[error("--report {}: {reason}", .path.display())]
    Report {
        /// The file.
        path: PathBuf,
        /// The operating system's word.
        reason: io::Error,
    },
}
