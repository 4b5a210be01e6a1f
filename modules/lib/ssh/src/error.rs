//! Why there is no way through SSH.

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

/// What went wrong, on which host, and what to do.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)]
pub enum Error {
    #[error("not a host to log in to: {reason}")]
    Hop { reason: &'static str },
    #[error("no host to log in to was given")]
    NoHop,
    #[error("ssh {hop}: who to log in as is not known: say user@host")]
    NoUser { hop: String },
    #[error("ssh {hop}: {said}")]
    Unreachable { hop: String, said: String },
    #[error("ssh {hop}: {step} within {time:?}")]
    OutOfTime { hop: String, step: Step, time: Duration },
    #[error("ssh {hop}: no SSH server answers there: its first words are {words:?}")]
    NotSsh { hop: String, words: String },
    #[error("ssh {hop}: the connection was closed before an SSH server said a word: is this the right port?")]
    Mute { hop: String },
    #[error("ssh {hop}: no common ground: {said}")]
    Handshake { hop: String, said: String },
    #[error("{}: cannot be read: {source}", file.display())]
    KnownHosts { file: PathBuf, source: io::Error },
    #[error(
        "ssh {hop}: this host is not known: its {kind} key has the fingerprint {fingerprint}, which is not in \
         {files}. Check it with whoever runs the host, and {advice}"
    )]
    UnknownHost { hop: String, kind: String, fingerprint: String, files: String, advice: String },
    #[error(
        "ssh {hop}: THE HOST'S KEY IS NOT THE KNOWN ONE. Somebody may be between you and it, or it was set up anew. \
         It shows a {kind} key with the fingerprint {fingerprint}; {known} says otherwise. Nothing was sent. Only \
         when whoever runs the host confirms the new fingerprint, remove that line"
    )]
    ChangedHost { hop: String, kind: String, fingerprint: String, known: String },
    #[error("ssh {hop}: THE HOST SHOWS A REVOKED KEY, by {known}: {fingerprint}. Do not use this host")]
    RevokedHost { hop: String, fingerprint: String, known: String },
    #[error(
        "ssh {hop}: cannot log in as {user}: tried {tried}; the server accepts {accepts}. Logins are made with keys \
         only: have the public key in that account's authorized_keys{advice}"
    )]
    Login { hop: String, user: String, tried: String, accepts: String, advice: &'static str },
    #[error("ssh {hop}: the connection broke: {said}")]
    Lost { hop: String, said: String },
    #[error("ssh {hop}: the command was not started: {said}")]
    NotStarted { hop: String, said: String },
    #[error("ssh {hop}: the command said more than {limit} bytes, and was given up")]
    TooMuch { hop: String, limit: usize },
    #[error("ssh {hop}: {source}")]
    System { hop: String, source: io::Error },
}

/// What was waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Step {
    Answer,
    Handshake,
    Agent,
    Login,
    Command,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Answer => "no answer",
            Self::Handshake => "the handshake did not end",
            Self::Agent => "the ssh-agent did not answer",
            Self::Login => "the login did not end",
            Self::Command => "the command did not end",
        })
    }
}
