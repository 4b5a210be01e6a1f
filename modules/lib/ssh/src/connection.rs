//! The way to the last host of a chain, and from there on.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;

use net::{Dial, Fault, Socket, Target};

use crate::lanes::Lanes;
use crate::{Error, Hop, Output, Settings};

/// A connection to the last of a chain of hosts.
///
/// Clones share it. When the last one is dropped, everything that was connected through it closes.
#[derive(Debug, Clone)]
pub struct Connection {
    lanes: Arc<Lanes>,
}

impl Connection {
    /// Logs in to each host from the one before, and to the first from here.
    pub fn open(hops: &[Hop], settings: &Settings) -> Result<Self, Error> {
        Ok(Self { lanes: Arc::new(Lanes::open(hops, settings)?) })
    }

    /// Runs a command on the last host, which gets `stdin`. It ends by `deadline`, and says no more than `limit` bytes.
    pub fn run(&self, command: &str, stdin: &[u8], deadline: Instant, limit: usize) -> Result<Output, Error> {
        let (lane, claim) = self.lanes.claim(deadline)?;
        lane.run(claim, command, stdin, deadline, limit)
    }

    /// What ended the connection, where something did. A socket just ends then: this tells it from a server that hangs
    /// up.
    pub fn fault(&self) -> Option<String> {
        self.lanes.fault()
    }
}

impl Dial for Connection {
    /// Names are resolved by the last host, when it connects.
    fn resolve(&self, _: &str, _: Instant) -> Result<Option<Vec<IpAddr>>, Fault> {
        Ok(None)
    }

    fn connect(&self, target: &Target, deadline: Instant) -> Result<Socket, Fault> {
        match target {
            Target::Tcp { host, port } => {
                let (lane, claim) = self.lanes.claim(deadline).map_err(|error| Fault::Way(error.to_string()))?;
                lane.connect(claim, host, *port, deadline).map(Socket::Unix)
            }
            Target::Unix(path) => Err(Fault::Way(format!(
                "from {}: the unix socket {} cannot be reached through SSH",
                self.lanes.name(),
                path.display()
            ))),
        }
    }
}
