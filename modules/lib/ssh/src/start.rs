//! From a connection to a session that is logged in.

use std::os::fd::OwnedFd;
use std::sync::mpsc::Sender;
use std::thread;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags};
use rustix::io::Errno;
use rustix::net::{RecvFlags, SendFlags};
use ssh2::{HashType, MethodType, Session};

use crate::known_hosts::{KnownHost, Verdict, kind_of};
use crate::line::{Halt, Line, wait};
use crate::worker::Event;
use crate::{Error, Hop, Settings, Step, base64, login};

/// Key algorithms of hosts, best first, and the kind of key that each one needs. What signs with SHA-1 is left out.
const ALGORITHMS: [(&str, &str); 6] = [
    ("ssh-ed25519", "ssh-ed25519"),
    ("ecdsa-sha2-nistp256", "ecdsa-sha2-nistp256"),
    ("ecdsa-sha2-nistp384", "ecdsa-sha2-nistp384"),
    ("ecdsa-sha2-nistp521", "ecdsa-sha2-nistp521"),
    ("rsa-sha2-512", "ssh-rsa"),
    ("rsa-sha2-256", "ssh-rsa"),
];
/// So much of what is no SSH server's greeting is shown.
const SHOWN: usize = 60;
const PAUSE: Duration = Duration::from_millis(10);

/// Says how far it is, for whoever watches the time.
pub struct Mark {
    pub hop: String,
    pub settings: Settings,
    pub events: Sender<Event>,
}

/// What kind of error a failure is.
#[derive(Debug, Clone, Copy)]
pub enum Told {
    Handshake,
    Lost,
}

impl Mark {
    /// A step begins; its deadline.
    pub fn step(&self, step: Step) -> Instant {
        // Where nobody listens any more, the socket is closed already.
        let _ = self.events.send(Event::Step(step));
        Instant::now() + self.settings.timeout
    }

    /// What is told of a step that did not end well.
    pub fn stopped(&self, step: Step, halt: Halt, told: Told) -> Error {
        let hop = self.hop.clone();
        match (halt, told) {
            (Halt::OutOfTime, _) => Error::OutOfTime { hop, step, time: self.settings.timeout },
            (halt, Told::Handshake) => Error::Handshake { hop, said: halt.said() },
            (halt, Told::Lost) => Error::Lost { hop, said: halt.said() },
        }
    }
}

/// Makes a session on a connection to `hop`: shakes hands, checks the host's key, logs in.
pub fn start(socket: OwnedFd, hop: &Hop, user: &str, mark: &Mark) -> Result<Line, Error> {
    let deadline = mark.step(Step::Answer);
    let system = |source: std::io::Error| Error::System { hop: mark.hop.clone(), source };
    let own = socket.try_clone().map_err(system)?;
    let mut session = Session::new().map_err(|error| system(error.into()))?;
    session.set_tcp_stream(socket);
    session.set_blocking(false);
    let line = Line { session, socket: own, patience: mark.settings.timeout };

    let known = KnownHost::read(&line.session, &mark.settings.known_hosts, &hop.host, hop.port)?;
    let preferred = in_order(&known.kinds());
    line.session
        .method_pref(MethodType::HostKey, &preferred)
        .map_err(|error| mark.stopped(Step::Handshake, Halt::Failed(error), Told::Handshake))?;
    shake_hands(&line, mark, deadline)?;
    check_host(&line, mark, hop, user, &known)?;
    login::log_in(&line, mark, user, &mark.settings)?;
    Ok(line)
}

/// The algorithms, those first whose keys are known: a host has several keys, and shows the one that is asked for.
fn in_order(kinds: &[&str]) -> String {
    let mut algorithms = ALGORITHMS.to_vec();
    algorithms.sort_by_key(|(_, kind)| kinds.iter().position(|known| known == kind).unwrap_or(usize::MAX));
    algorithms.iter().map(|(algorithm, _)| *algorithm).collect::<Vec<_>>().join(",")
}

/// Waits for an SSH server's greeting, which stays to be read: libssh2 passes over all that others say, for as long as
/// they say something.
fn hear_greeting(line: &Line, mark: &Mark, deadline: Instant) -> Result<(), Error> {
    let hop = || mark.hop.clone();
    let mut patience = deadline.checked_sub(mark.settings.timeout / 4);
    loop {
        match first_words(line) {
            Words::Ssh if patience.is_some() => return Ok(()),
            Words::Closed => return Err(Error::Mute { hop: hop() }),
            Words::Other(words) => return Err(Error::NotSsh { hop: hop(), words }),
            // The rest of it does not wake anybody who waits for a first byte.
            Words::Begun => thread::sleep(PAUSE),
            // It comes too late: it was said another thing already.
            Words::Ssh => return Err(mark.stopped(Step::Answer, Halt::OutOfTime, Told::Handshake)),
            Words::None => {}
        }
        // An SSH server speaks first. Others wait for us, and their answer may tell what they are.
        if patience.is_some_and(|patience| patience <= Instant::now()) {
            patience = None;
            // Whoever does not take it has hung up, which is seen next.
            let _ =
                rustix::net::send(&line.socket, b"SSH-2.0-hello\r\n\r\n", SendFlags::DONTWAIT | SendFlags::NOSIGNAL);
        }
        let Some(left) = net::left(patience.unwrap_or(deadline)).or_else(|| net::left(deadline)) else {
            return Err(mark.stopped(Step::Answer, Halt::OutOfTime, Told::Handshake));
        };
        wait(&mut [PollFd::new(&line.socket, PollFlags::IN)], Some(left));
    }
}

fn shake_hands(line: &Line, mark: &Mark, deadline: Instant) -> Result<(), Error> {
    hear_greeting(line, mark, deadline)?;
    let mut session = line.session.clone();
    let deadline = mark.step(Step::Handshake);
    line.wait_for(deadline, || session.handshake()).map_err(|halt| mark.stopped(Step::Handshake, halt, Told::Handshake))
}

enum Words {
    None,
    Closed,
    /// The beginning of what may become a greeting.
    Begun,
    Ssh,
    Other(String),
}

/// What the other side said first, which stays to be read.
fn first_words(line: &Line) -> Words {
    let mut buffer = [0u8; 256];
    let count = match rustix::net::recv(&line.socket, &mut buffer[..], RecvFlags::PEEK | RecvFlags::DONTWAIT) {
        Ok((0, _)) => return Words::Closed,
        Ok((count, _)) => count,
        Err(Errno::AGAIN | Errno::INTR) => return Words::None,
        Err(_) => return Words::Closed,
    };
    let words = &buffer[..count];
    let greeting = b"SSH-";
    if words.starts_with(greeting) {
        Words::Ssh
    } else if greeting.starts_with(words) {
        Words::Begun
    } else {
        let first = words.split(|byte| *byte == b'\n').next().unwrap_or_default();
        Words::Other(plain(&String::from_utf8_lossy(first)))
    }
}

/// What a server said, fit to be shown.
pub fn plain(said: &str) -> String {
    let shown = said.trim().chars().take(SHOWN);
    shown.map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

fn check_host(line: &Line, mark: &Mark, hop: &Hop, user: &str, known: &KnownHost) -> Result<(), Error> {
    let none = || mark.stopped(Step::Handshake, Halt::Said("it shows no host key".to_owned()), Told::Handshake);
    let (key, _) = line.session.host_key().ok_or_else(none)?;
    let hash = line.session.host_key_hash(HashType::Sha256).ok_or_else(none)?;
    let fingerprint = format!("SHA256:{}", base64::encode(hash));
    let kind = kind_of(key).unwrap_or_else(|| "unknown".to_owned());
    let label = mark.hop.clone();
    match known.judge(key) {
        Verdict::Known => Ok(()),
        Verdict::Revoked(known) => Err(Error::RevokedHost { hop: label, fingerprint, known }),
        Verdict::Changed(known) => Err(Error::ChangedHost { hop: label, kind, fingerprint, known }),
        Verdict::Unknown(other) => {
            let files = mark.settings.known_hosts.iter().map(|file| file.display().to_string()).collect::<Vec<_>>();
            let mut files = if files.is_empty() { "any file".to_owned() } else { files.join(" or ") };
            if let Some(other) = other {
                files = format!("{files} ({other})");
            }
            let port = if hop.port == Hop::PORT { String::new() } else { format!("-p {} ", hop.port) };
            let host = &hop.host;
            let advice = format!(
                "connect once with 'ssh {port}{user}@{host}', or add the line of 'ssh-keyscan {port}{host}' to that file"
            );
            Err(Error::UnknownHost { hop: label, kind, fingerprint, files, advice })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_kinds_of_key_are_asked_for_first() {
        assert!(in_order(&[]).starts_with("ssh-ed25519,ecdsa-sha2-nistp256"));
        assert!(in_order(&["ssh-rsa", "ssh-ed25519"]).starts_with("rsa-sha2-512,rsa-sha2-256,ssh-ed25519,ecdsa"));
        assert!(in_order(&["ssh-dss"]).starts_with("ssh-ed25519,"));
    }
}
