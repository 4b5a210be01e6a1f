//! The place from which to look: this machine, or the far end of a chain of SSH connections.

use std::fs::File;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use net::{Dial, Direct};
use ssh::{Connection, Hop, Settings};

use crate::cli::Way;
use crate::error::Error;

/// Longer than this is a mistake.
const LONGEST_SECONDS: f64 = 3600.0;

impl Way {
    /// The time for each server, and for each step of an SSH connection.
    pub fn time(&self) -> Result<Duration, Error> {
        if !(0.1..=LONGEST_SECONDS).contains(&self.timeout) {
            return Err(Error::Options(format!("--timeout must be 0.1 to {LONGEST_SECONDS} seconds")));
        }
        Ok(Duration::from_secs_f64(self.timeout))
    }

    /// Where connections are made that have nothing to do with an application server: through the hops, or from here.
    /// Where one application server is given, it is the last hop: what it reaches is what counts.
    pub fn dial(&self) -> Result<Arc<dyn Dial>, Error> {
        match self.app_server.as_slice() {
            [] if self.via.is_empty() => Ok(Arc::new(Direct)),
            [] => self.open(&self.via).map(dial_of),
            [server] => self.through(server).map(dial_of),
            _ => Err(Error::Options("give one --app-server: this looks from one place".to_owned())),
        }
    }

    /// A connection to an application server, through the hops.
    pub fn through(&self, server: &Hop) -> Result<Connection, Error> {
        let mut hops = self.via.clone();
        hops.push(server.clone());
        self.open(&hops)
    }

    fn open(&self, hops: &[Hop]) -> Result<Connection, Error> {
        Connection::open(hops, &self.settings()?).map_err(Error::Ssh)
    }

    fn settings(&self) -> Result<Settings, Error> {
        let mut settings = Settings { timeout: self.time()?, identities: self.identity.clone(), ..Settings::default() };
        if !self.known_hosts.is_empty() {
            settings.known_hosts.clone_from(&self.known_hosts);
        }
        for (option, files) in [("--identity", &settings.identities), ("--known-hosts", &self.known_hosts)] {
            readable(option, files)?;
        }
        Ok(settings)
    }
}

fn dial_of(connection: Connection) -> Arc<dyn Dial> {
    Arc::new(connection)
}

/// A file that somebody named has to be there. It is read for each hop, so a pipe is none.
fn readable(option: &str, files: &[PathBuf]) -> Result<(), Error> {
    files.iter().try_for_each(|file| {
        let not_one = || Err(io::Error::other("it is not a regular file"));
        let is_file =
            file.metadata().and_then(|found| if found.is_file() { File::open(file).map(drop) } else { not_one() });
        is_file.map_err(|reason| Error::Options(format!("{option} {}: {reason}", file.display())))
    })
}
