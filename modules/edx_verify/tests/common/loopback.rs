//! Connections of loopback alone, however the files name a server: nothing else is ever connected to.

use std::collections::BTreeMap;
use std::io;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use ansible_protocol::Value;
use edx_verify::{Options, SPEC, Verification, Viewpoint};
use net::{Dial, Direct, Fault, Socket, Target};

use super::Run;

/// This host, with names of the test's own. What it was asked to connect to is kept.
#[derive(Debug, Default)]
pub struct Loopback {
    /// What names lead to; there are no others.
    pub names: BTreeMap<&'static str, Vec<IpAddr>>,
    /// What unix sockets really are; there are no others.
    pub sockets: BTreeMap<PathBuf, PathBuf>,
    /// Addresses at which everybody is refused, without asking anybody.
    pub refusing: Vec<&'static str>,
    /// Whether this passes for another host's place in the network.
    pub is_elsewhere: bool,
    /// What somebody wanted a connection with.
    pub asked: Mutex<Vec<String>>,
}

impl Loopback {
    /// With a name of an address.
    pub fn with(name: &'static str, address: &str) -> Self {
        Self { names: BTreeMap::from([(name, vec![address.parse().unwrap()])]), ..Self::default() }
    }

    /// What was to be connected to.
    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

impl Dial for Loopback {
    fn resolve(&self, name: &str, _: Instant) -> Result<Option<Vec<IpAddr>>, Fault> {
        let found = self.names.get(name).cloned();
        found.map(Some).ok_or_else(|| Fault::Unresolved("Name or service not known".to_owned()))
    }

    fn connect(&self, target: &Target, deadline: Instant) -> Result<Socket, Fault> {
        self.asked.lock().unwrap().push(target.to_string());
        match target {
            Target::Unix(path) => match self.sockets.get(path) {
                Some(real) => Direct.connect(&Target::Unix(real.clone()), deadline),
                None => Err(Fault::Connect(io::ErrorKind::NotFound.into())),
            },
            Target::Tcp { host, port } => {
                let host = if host == "localhost" { "127.0.0.1" } else { host };
                if self.refusing.contains(&host) {
                    return Err(Fault::Connect(io::ErrorKind::ConnectionRefused.into()));
                }
                let address = match host.parse::<IpAddr>() {
                    Ok(address) => address,
                    Err(_) => self.resolve(host, deadline)?.unwrap_or_default()[0],
                };
                assert!(address.is_loopback(), "{target} is not loopback");
                Direct.connect(&Target::tcp(address, *port), deadline)
            }
        }
    }

    fn is_here(&self) -> bool {
        !self.is_elsewhere
    }
}

/// Looks from there, with a snapshot where the files are not in a folder of this host.
pub fn look(options: &Value, from: &Arc<Loopback>, snapshot: Option<edx_layout::Snapshot>) -> Verification {
    let arguments = ansible_protocol::Arguments::check(&SPEC, options.as_object().unwrap()).unwrap();
    let options = Options::from_arguments(&arguments).unwrap();
    edx_verify::verify(&options, &Viewpoint { dial: Arc::<Loopback>::clone(from), snapshot })
}

/// The same as a run's result. No secret may be seen.
pub fn run(options: &Value, from: &Arc<Loopback>) -> Run {
    let result = look(options, from, None).to_json();
    assert!(!result.to_string().contains("pw-"), "a secret is shown: {result}");
    Run { result }
}
