//! A connection that is asked several things, through one client program.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use crate::Error;
use crate::defaults::{Defaults, Purpose};
use crate::login::{Login, Place};
use crate::text::unescaped;
use crate::tools::Tools;

/// A row, its fields as text. NULL is the text `NULL`: what may be null and may not be mistaken is asked with COALESCE.
pub type Row = Vec<String>;

/// Ends the answer to a question.
const END: &str = "edxops-end-of-answer";

/// An open connection.
#[derive(Debug)]
pub struct Session {
    place: Place,
    child: Child,
    stdin: Option<ChildStdin>,
    lines: Receiver<String>,
    words: Receiver<String>,
    timeout: Duration,
    has_names: bool,
    /// The file with the login, which the program may read again.
    _defaults: Defaults,
}

impl Session {
    /// Connects. Each answer may take `timeout`.
    pub fn open(tools: &Tools, login: &Login, timeout: Duration) -> Result<Self, Error> {
        Self::start(tools, login, timeout, false)
    }

    /// The first row of a statement such as `SHOW REPLICA STATUS`, whose columns are told by their names alone; empty
    /// where it has no rows. It is asked in a connection of its own.
    pub fn named(
        tools: &Tools,
        login: &Login,
        timeout: Duration,
        sql: &str,
    ) -> Result<BTreeMap<String, String>, Error> {
        let mut rows = Self::start(tools, login, timeout, true)?.query(sql)?.into_iter();
        let (Some(names), Some(values)) = (rows.next(), rows.next()) else { return Ok(BTreeMap::new()) };
        Ok(std::iter::zip(names, values).collect())
    }

    fn start(tools: &Tools, login: &Login, timeout: Duration, names: bool) -> Result<Self, Error> {
        let defaults = Defaults::new(login, Purpose::Ask)?;
        let mut child = Command::new(&tools.client)
            .arg(defaults.argument())
            .args(["--batch", "--unbuffered", "--default-character-set=utf8mb4"])
            .args((!names).then_some("--skip-column-names"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|reason| Error::Start { program: tools.client.display().to_string(), reason })?;
        let (line_sender, lines) = channel();
        let (word_sender, words) = channel();
        if let Some(stdout) = child.stdout.take() {
            thread::spawn(move || {
                let mut reader = BufReader::new(stdout);
                let mut line = Vec::new();
                while reader.read_until(b'\n', &mut line).is_ok_and(|read| read > 0) {
                    let text = String::from_utf8_lossy(&line).trim_end_matches('\n').to_owned();
                    if line_sender.send(text).is_err() {
                        break;
                    }
                    line.clear();
                }
            });
        }
        if let Some(mut stderr) = child.stderr.take() {
            thread::spawn(move || {
                let mut text = Vec::new();
                let _ = (&mut stderr).take(1 << 16).read_to_end(&mut text);
                let _ = word_sender.send(String::from_utf8_lossy(&text).into_owned());
            });
        }
        let stdin = child.stdin.take();
        let mut session = Self {
            place: login.place.clone(),
            child,
            stdin,
            lines,
            words,
            timeout,
            has_names: names,
            _defaults: defaults,
        };
        session.query("SELECT 1")?;
        Ok(session)
    }

    /// Where it is connected to.
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// The rows of one statement, or none of one that has no rows.
    pub fn query(&mut self, sql: &str) -> Result<Vec<Row>, Error> {
        self.ask(sql, Some(self.timeout))
    }

    /// The same for what takes as long as it takes, such as a look at every row.
    pub fn query_at_leisure(&mut self, sql: &str) -> Result<Vec<Row>, Error> {
        self.ask(sql, None)
    }

    /// The first row.
    pub fn row(&mut self, sql: &str) -> Result<Row, Error> {
        Ok(self.query(sql)?.into_iter().next().unwrap_or_default())
    }

    fn ask(&mut self, sql: &str, timeout: Option<Duration>) -> Result<Vec<Row>, Error> {
        let text = format!("{sql};\nSELECT '{END}';\n");
        let sent = self.stdin.as_mut().is_some_and(|stdin| stdin.write_all(text.as_bytes()).is_ok());
        if !sent {
            return Err(self.broken());
        }
        let mut rows = Vec::new();
        loop {
            let line = match timeout {
                Some(timeout) => self.lines.recv_timeout(timeout),
                None => self.lines.recv().map_err(|_| RecvTimeoutError::Disconnected),
            };
            match line {
                Ok(line) if line == END => {
                    // The first one is the mark's name, in the place of a column's.
                    if self.has_names {
                        let _ = self.lines.recv_timeout(self.timeout);
                    }
                    return Ok(rows);
                }
                Ok(line) => rows.push(line.split('\t').map(unescaped).collect()),
                Err(RecvTimeoutError::Disconnected) => return Err(self.broken()),
                Err(RecvTimeoutError::Timeout) => {
                    let seconds = self.timeout.as_secs();
                    return Err(Error::Silent { place: self.place.clone(), seconds });
                }
            }
        }
    }

    /// Why the client has ended: its own words.
    fn broken(&mut self) -> Error {
        self.stdin = None;
        let ended = self.child.wait();
        let said = self.words.recv_timeout(Duration::from_secs(5)).unwrap_or_default();
        Error::Server { place: self.place.clone(), said: last_words(&said).unwrap_or_else(|| how_ended(ended.ok())) }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.stdin = None;
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// For a program that said nothing.
pub fn how_ended(status: Option<ExitStatus>) -> String {
    match status.and_then(|status| status.signal()) {
        Some(signal) => format!("its client was ended by signal {signal}"),
        None => "the connection was lost".to_owned(),
    }
}

/// What a program complains of: `ERROR 1045 (28000) at line 1: Access denied…`, without the line; or that of the dump
/// program. The client also writes the statement that failed, and the server a part of it, in which there may be
/// anybody's data: neither is passed on.
pub fn last_words(text: &str) -> Option<String> {
    let complaint = |line: &&str| {
        line.starts_with("ERROR ") || line.contains("dump: ") || line.contains("mysql: [") || line.contains("unknown ")
    };
    let mut words = text.lines().map(str::trim).rfind(complaint)?.to_owned();
    if let Some(at) = words.find(" at line ")
        && let Some(end) = words[at..].find(':')
    {
        words.replace_range(at..at + end, "");
    }
    if let Some(at) = words.find(" near '") {
        words.truncate(at);
    }
    Some(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_servers_complaint_is_told_without_anybodys_data() {
        let said = "--------------\nINSERT INTO t VALUES ('error of a learner')\n--------------\n\nERROR 1064 (42000) at line 7: You have an error in your SQL syntax near 'a learner' at line 1\n";
        assert_eq!(last_words(said).as_deref(), Some("ERROR 1064 (42000): You have an error in your SQL syntax"));
        let said =
            "mariadb-dump: Error 2013: Lost connection to server during query when dumping table `t` at row: 5\n";
        assert_eq!(last_words(said).as_deref(), Some(said.trim()));
        assert_eq!(last_words("(1,'error')\n"), None);
    }
}
