//! An option file for the client programs, in memory.

use std::fmt::Write as _;
use std::fs::File;
use std::io::Write as _;
use std::os::fd::AsRawFd;

use rustix::fs::{MemfdFlags, Mode, fchmod, memfd_create};

use crate::Error;
use crate::login::{Login, Place};
use crate::text::option_value;

/// What a program will do with the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Ask.
    Ask,
    /// Load a dump; the stream may be compressed.
    Load {
        /// Whether it is.
        compress: bool,
    },
}

/// An option file, which is gone with this value. Programs read it under `/proc/<pid>/fd`, so only this user's can.
#[derive(Debug)]
pub struct Defaults {
    file: File,
}

impl Defaults {
    /// The file for `login`.
    pub fn new(login: &Login, purpose: Purpose) -> Result<Self, Error> {
        let mut text = String::from("[client]\n");
        let _ = writeln!(text, "user={}", option_value(&login.user));
        if let Some(password) = &login.password {
            let _ = writeln!(text, "password={}", option_value(password.reveal()));
        }
        match &login.place {
            Place::Socket(path) => {
                let _ = writeln!(text, "protocol=socket\nsocket={}", option_value(&path.display().to_string()));
            }
            Place::Tcp { host, port } => {
                let _ = writeln!(text, "protocol=tcp\nhost={}\nport={port}", option_value(host));
            }
        }
        if let Some(path) = &login.ca_cert {
            let _ = writeln!(text, "ssl-ca={}", option_value(&path.display().to_string()));
            // MySQL's word since 5.7, and MariaDB's; each passes over the other's.
            text.push_str("loose-ssl-mode=VERIFY_IDENTITY\nloose-ssl-verify-server-cert\n");
        }
        // Known to the client, not to the dump program.
        text.push_str("[mysql]\nconnect-timeout=10\nmax-allowed-packet=1G\n");
        if purpose == (Purpose::Load { compress: true }) {
            text.push_str("compress\n");
        }
        text.push_str("[mysqldump]\nmax-allowed-packet=1G\n");
        let file = memfd_create("edxops", MemfdFlags::CLOEXEC).map_err(|error| Error::Memory(error.into()))?;
        // The programs pass over a file that everybody could write to.
        fchmod(&file, Mode::RUSR | Mode::WUSR).map_err(|error| Error::Memory(error.into()))?;
        let mut file = File::from(file);
        file.write_all(text.as_bytes()).map_err(Error::Memory)?;
        Ok(Self { file })
    }

    /// The argument that names it, which has to be the program's first.
    pub fn argument(&self) -> String {
        format!("--defaults-file=/proc/{}/fd/{}", std::process::id(), self.file.as_raw_fd())
    }
}
