//! What a command said.

/// How a command ended, and what it said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    /// Its exit status; none where a signal ended it.
    pub status: Option<i32>,
    /// The signal that ended it, without `SIG`.
    pub signal: Option<String>,
    /// Its standard output.
    pub stdout: Vec<u8>,
    /// Its standard error.
    pub stderr: Vec<u8>,
}
