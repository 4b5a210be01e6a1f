//! The way to the last host of a chain, and from there on.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;

use net::{Dial, Direct, Fault, Socket, Target};

use crate::worker::Worker;
use crate::{Error, Hop, Output, Settings};

/// A connection to the last of a chain of hosts.
///
/// Clones share it. When the last one is dropped, everything that was connected through it closes.
#[derive(Debug, Clone)]
pub struct Connection {
    chain: Arc<Chain>,
}

/// Sessions, each over the one before; the last is dropped first.
#[derive(Debug)]
struct Chain(Vec<Worker>);

impl Drop for Chain {
    fn drop(&mut self) {
        while self.0.pop().is_some() {}
    }
}

impl Connection {
    /// Logs in to each host from the one before, and to the first from here.
    pub fn open(hops: &[Hop], settings: &Settings) -> Result<Self, Error> {
        let mut chain = Chain(Vec::new());
        for hop in hops {
            let deadline = Instant::now() + settings.timeout;
            let target = Target::tcp(&hop.host, hop.port);
            let socket = match chain.0.last() {
                None => Direct.connect(&target, deadline),
                Some(before) => before.connect(&hop.host, hop.port, deadline).map(Socket::Unix),
            };
            let socket = socket.map_err(|fault| unreachable(hop, &fault, settings))?;
            chain.0.push(Worker::start(hop, socket, settings)?);
        }
        if chain.0.is_empty() {
            return Err(Error::NoHop);
        }
        Ok(Self { chain: Arc::new(chain) })
    }

    /// Runs a command on the last host, which gets `stdin`. It ends by `deadline`, and says no more than `limit` bytes.
    pub fn run(&self, command: &str, stdin: &[u8], deadline: Instant, limit: usize) -> Result<Output, Error> {
        self.last()?.run(command, stdin, deadline, limit)
    }

    /// What ended the connection, where something did. A socket just ends then: this tells it from a server that hangs
    /// up.
    pub fn fault(&self) -> Option<String> {
        let broken = self.chain.0.iter().find_map(|worker| worker.fate().map(|fate| (worker, fate)));
        broken.map(|(worker, fate)| format!("ssh {}: the connection broke: {fate}", worker.hop()))
    }

    fn last(&self) -> Result<&Worker, Error> {
        self.chain.0.last().ok_or(Error::NoHop)
    }
}

impl Dial for Connection {
    /// Names are resolved by the last host, when it connects.
    fn resolve(&self, _: &str, _: Instant) -> Result<Option<Vec<IpAddr>>, Fault> {
        Ok(None)
    }

    fn connect(&self, target: &Target, deadline: Instant) -> Result<Socket, Fault> {
        let last = self.last().map_err(|error| Fault::Way(error.to_string()))?;
        match target {
            Target::Tcp { host, port } => last.connect(host, *port, deadline).map(Socket::Unix),
            Target::Unix(path) => Err(Fault::Way(format!(
                "from {}: the unix socket {} cannot be reached through SSH",
                last.hop(),
                path.display()
            ))),
        }
    }
}

fn unreachable(hop: &Hop, fault: &Fault, settings: &Settings) -> Error {
    let mut said = fault.told(settings.timeout);
    let is_name = hop.host.parse::<IpAddr>().is_err();
    if is_name && matches!(fault, Fault::Unresolved(_) | Fault::Way(_)) {
        said.push_str(". An alias of ~/.ssh/config is not known here: give the host's own name or address");
    }
    Error::Unreachable { hop: hop.to_string(), said }
}
