//! Logs in: the agent's keys first, then those of files.

use std::env;
use std::path::{Path, PathBuf};
use std::time::Instant;

use crate::key_file;
use crate::line::{Halt, Line};
use crate::start::{Mark, Told};
use crate::{Error, Settings, Step};

/// How libssh2 tells that the server is gone, under the number of a key that was refused.
const NO_ANSWER: &str = "Waiting for ";

/// How a login went.
struct Attempts<'a> {
    line: &'a Line,
    user: &'a str,
    deadline: Instant,
    tried: Vec<String>,
    /// The file of a key that would have been tried, were it not encrypted.
    has_encrypted: bool,
}

/// Logs in as `user`.
pub fn log_in(line: &Line, mark: &Mark, user: &str, settings: &Settings) -> Result<(), Error> {
    let deadline = mark.step(Step::Login);
    let said = |halt: Halt| mark.stopped(Step::Login, halt, Told::Lost);
    let methods = match line.wait_for(deadline, || line.session.auth_methods(user)) {
        Ok(methods) => methods.to_owned(),
        // Whoever needs no key is in by now.
        Err(Halt::Failed(_)) if line.session.authenticated() => return Ok(()),
        Err(halt) => return Err(said(halt)),
    };
    if line.session.authenticated() {
        return Ok(());
    }
    let mut attempts = Attempts { line, user, deadline, tried: Vec::new(), has_encrypted: false };
    if methods.split(',').any(|method| method == "publickey") {
        if settings.use_agent && attempts.agent(mark, settings.agent.as_deref()).map_err(said)? {
            return Ok(());
        }
        attempts.deadline = mark.step(Step::Login);
        if attempts.files(&settings.key_files()).map_err(said)? {
            return Ok(());
        }
    }
    let tried = if attempts.tried.is_empty() { "no key (there is none)".to_owned() } else { attempts.tried.join("; ") };
    let advice = if attempts.has_encrypted { "" } else { ", or say which key to use" };
    Err(Error::Login {
        hop: mark.hop.clone(),
        user: user.to_owned(),
        tried,
        accepts: if methods.is_empty() { "nothing".to_owned() } else { crate::start::plain(&methods) },
        advice,
    })
}

impl Attempts<'_> {
    fn agent(&mut self, mark: &Mark, own: Option<&Path>) -> Result<bool, Halt> {
        let Some(socket) = own.map(PathBuf::from).or_else(|| env::var_os("SSH_AUTH_SOCK").map(PathBuf::from)) else {
            self.tried.push("no ssh-agent (SSH_AUTH_SOCK is not set)".to_owned());
            return Ok(false);
        };
        self.deadline = mark.step(Step::Agent);
        let mut agent = self.line.session.agent().map_err(Halt::Failed)?;
        let listed = agent
            .set_identity_path(&socket)
            .and_then(|()| agent.connect())
            .and_then(|()| agent.list_identities())
            .and_then(|()| agent.identities());
        let Ok(identities) = listed else {
            self.tried.push(format!("the ssh-agent at {} (it does not answer as one)", socket.display()));
            return Ok(false);
        };
        if identities.is_empty() {
            self.tried.push("the ssh-agent (it has no key: 'ssh-add FILE')".to_owned());
        }
        for identity in identities {
            self.deadline = mark.step(Step::Login);
            self.tried.push(format!("the agent's key {}", crate::start::plain(identity.comment())));
            if self.is_in(|| agent.userauth(self.user, &identity))? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn files(&mut self, files: &[PathBuf]) -> Result<bool, Halt> {
        for file in files {
            if let Err(reason) = key_file::look(file) {
                self.has_encrypted |= reason.contains("encrypted");
                self.tried.push(format!("{} (it {reason})", file.display()));
                continue;
            }
            self.tried.push(file.display().to_string());
            // Without a passphrase, be it an empty one, libssh2 reads past the end of nothing.
            if self.is_in(|| self.line.session.userauth_pubkey_file(self.user, None, file, Some("")))? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether a key opens the door; a server that is gone is no answer.
    fn is_in(&self, step: impl FnMut() -> Result<(), ssh2::Error>) -> Result<bool, Halt> {
        match self.line.wait_for(self.deadline, step) {
            Ok(()) => Ok(true),
            Err(Halt::OutOfTime) => Err(Halt::OutOfTime),
            Err(halt) if halt.is_fatal() || halt.said().starts_with(NO_ANSWER) || self.line.is_closed() => {
                // The usual cause is a limit of the server's (MaxAuthTries), whose words libssh2 keeps to itself.
                let said = format!(
                    "the host hung up after these were tried, of which it may want fewer: {} ({})",
                    self.tried.join("; "),
                    halt.said()
                );
                Err(Halt::Said(said))
            }
            Err(_) => Ok(false),
        }
    }
}
