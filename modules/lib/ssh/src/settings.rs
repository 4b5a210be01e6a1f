//! How connections are made.

use std::path::PathBuf;
use std::time::Duration;

/// How hosts are known, and how logins are made.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Files with the keys of known hosts; those that do not exist are as good as empty.
    pub known_hosts: Vec<PathBuf>,
    /// Files with private keys; where there are none, those that `ssh` takes by default.
    pub identities: Vec<PathBuf>,
    /// Whether the agent (`SSH_AUTH_SOCK`) is asked, before any file.
    pub use_agent: bool,
    /// The agent's socket, in the place of `SSH_AUTH_SOCK`.
    pub agent: Option<PathBuf>,
    /// The time for each step: a connection, a handshake, a login, the start of a command.
    pub timeout: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        let mut known_hosts = vec![PathBuf::from("/etc/ssh/ssh_known_hosts")];
        if let Some(folder) = folder() {
            known_hosts.insert(0, folder.join("known_hosts"));
        }
        Self { known_hosts, identities: Vec::new(), use_agent: true, agent: None, timeout: Duration::from_secs(10) }
    }
}

impl Settings {
    /// The key files to try: those given, or those of `ssh` that are there.
    pub(crate) fn key_files(&self) -> Vec<PathBuf> {
        if !self.identities.is_empty() {
            return self.identities.clone();
        }
        let Some(folder) = folder() else { return Vec::new() };
        let usual = ["id_ed25519", "id_ecdsa", "id_rsa"].map(|name| folder.join(name));
        usual.into_iter().filter(|file| file.exists()).collect()
    }
}

fn folder() -> Option<PathBuf> {
    std::env::var_os("HOME").filter(|home| !home.is_empty()).map(|home| PathBuf::from(home).join(".ssh"))
}
