//! What is printed, and how the command ends.

use std::fmt::{self, Write as _};
use std::io::{self, Write};
use std::process::ExitCode;

use anstyle::{AnsiColor, Style};

use crate::cli::Output;
use crate::error::Error;
use crate::look::Seen;

/// How the command ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// All is as it should be.
    Well,
    /// A check failed.
    Failed,
    /// The command line is wrong.
    WrongUsage,
    /// It could not be looked at.
    NotLookedAt,
}

impl From<Ending> for ExitCode {
    fn from(ending: Ending) -> Self {
        Self::from(match ending {
            Ending::Well => 0,
            Ending::Failed => 1,
            Ending::WrongUsage => 2,
            Ending::NotLookedAt => 3,
        })
    }
}

/// Prints what was seen.
pub fn show(seen: &Seen, output: &Output) -> Ending {
    let printed = if output.json { print(&format!("{}\n", seen.json())) } else { print(&coloured(&seen.text())) };
    let ending = if seen.has_failed() { Ending::Failed } else { Ending::Well };
    match printed {
        Ok(()) => ending,
        Err(error) => failed_to_print(&error, ending),
    }
}

/// Prints why nothing could be seen.
pub fn not_looked_at(error: &Error, output: &Output) -> Ending {
    if output.json {
        let _ = print(&format!("{}\n", ansible_protocol::json!({"failed": true, "msg": error.to_string()})));
    } else {
        complain(error);
    }
    if matches!(error, Error::Options(_)) { Ending::WrongUsage } else { Ending::NotLookedAt }
}

/// The reader is gone, which changes nothing of what was seen; or the disk is full.
pub fn failed_to_print(error: &io::Error, seen: Ending) -> Ending {
    if error.kind() == io::ErrorKind::BrokenPipe {
        return seen;
    }
    complain(&error);
    Ending::NotLookedAt
}

fn complain(error: &dyn fmt::Display) {
    let _ = writeln!(anstream::stderr().lock(), "edx_verify: {error}");
}

fn print(text: &str) -> io::Result<()> {
    let mut out = anstream::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}

/// The status words at the beginning of a line in colour. anstream takes the colours out again where the output is no
/// terminal, or `NO_COLOR` is set.
fn coloured(text: &str) -> String {
    let words = [
        ("ok", AnsiColor::Green),
        ("warning", AnsiColor::Yellow),
        ("failed", AnsiColor::Red),
        ("skipped", AnsiColor::BrightBlack),
    ];
    let mut coloured = String::with_capacity(text.len());
    for line in text.lines() {
        let word = words.iter().find(|(word, _)| line.strip_prefix(word).is_some_and(|rest| rest.starts_with("  ")));
        match word {
            Some((word, colour)) => {
                let style = Style::new().fg_color(Some((*colour).into()));
                let _ = write!(coloured, "{style}{word}{style:#}");
                coloured.push_str(&line[word.len()..]);
            }
            None => coloured.push_str(line),
        }
        coloured.push('\n');
    }
    coloured
}
