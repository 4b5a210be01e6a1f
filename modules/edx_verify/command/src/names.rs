//! What the names in an application server's settings lead to on that server: sshd resolves them too, and tells nobody.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::time::{Duration, Instant};

use edx_layout::{DataAddress, Host, Snapshot};
use net::{Dial, Fault, Socket, Stage, Target};
use ssh::{Connection, Hop};

use crate::error::Error;
use crate::remote::{MARK, after, quoted};

/// So many names are asked for at most, all at once: a native install has a dozen.
const MOST: usize = 64;
/// No name is longer (RFC 1035).
const LONGEST: usize = 253;
/// The most bytes of the answers.
const MAX_ANSWERS: usize = 1024 * 1024;
/// Looks up each name that follows the number of seconds, and prints a mark, then a line for each: its place, the
/// status of getent (124: the time was over), and its addresses.
const LOOK_UP: &str = r#"
LC_ALL=C
export LC_ALL
set -f
seconds=$1
shift
look_up() {
  found=$(timeout "$seconds" getent ahosts "$2" </dev/null 2>/dev/null)
  status=$? addresses= before=
  for word in $found; do
    if [ "$word" = STREAM ]; then addresses="$addresses $before"; fi
    before=$word
  done
  printf '%s %s%s\n' "$1" "$status" "$addresses"
}
printf '\0edx_verify\0'
at=0
for name in "$@"; do
  look_up "$at" "$name" &
  at=$((at + 1))
done
wait
"#;

/// Connections from an application server, which knows what the names in its settings lead to.
///
/// One that leads nowhere is not connected to: whether its address is public could not be told.
#[derive(Debug)]
pub struct Named {
    connection: Connection,
    server: String,
    names: BTreeMap<String, Answer>,
}

/// What came of a name.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Answer {
    Found(Vec<IpAddr>),
    NotFound,
    OutOfTime,
    /// The status of what should have told.
    Broken(String),
}

impl Named {
    /// Has the server look up every name of a data server in `snapshot`.
    pub fn look_up(connection: Connection, hop: &Hop, snapshot: &Snapshot, time: Duration) -> Result<Self, Error> {
        let names: Vec<String> = names(snapshot).into_iter().take(MOST).collect();
        let answers = if names.is_empty() { Vec::new() } else { ask(&connection, &names, time)? };
        Ok(Self { connection, server: hop.to_string(), names: names.into_iter().zip(answers).collect() })
    }
}

impl Dial for Named {
    fn resolve(&self, name: &str, deadline: Instant) -> Result<Option<Vec<IpAddr>>, Fault> {
        match self.names.get(name) {
            None => self.connection.resolve(name, deadline),
            Some(answer) => answer.addresses(&self.server).map(Some),
        }
    }

    fn connect(&self, target: &Target, deadline: Instant) -> Result<Socket, Fault> {
        if let Target::Tcp { host, .. } = target
            && let Some(answer) = self.names.get(host)
        {
            answer.addresses(&self.server)?;
        }
        self.connection.connect(target, deadline)
    }
}

impl Answer {
    fn addresses(&self, server: &str) -> Result<Vec<IpAddr>, Fault> {
        match self {
            Self::Found(addresses) => Ok(addresses.clone()),
            Self::NotFound => Err(Fault::Unresolved(format!("{server} knows no address of it"))),
            Self::OutOfTime => Err(Fault::OutOfTime(Stage::Name)),
            Self::Broken(status) => Err(Fault::Unresolved(format!(
                "on {server}, 'timeout 9 getent ahosts NAME' ended with {status}, so no name is known there"
            ))),
        }
    }
}

/// The names of data servers, each once.
fn names(snapshot: &Snapshot) -> BTreeSet<String> {
    let settings = snapshot.findings().settings;
    let places = settings.iter().flat_map(|setting| &setting.places);
    let name = |address: &DataAddress| match address.host() {
        Some(Host::Name(name)) => Some(name),
        _ => None,
    };
    // What begins with a dash is an option for getent, and no name.
    let is_name = |name: &String| name.len() <= LONGEST && !name.starts_with('-') && !name.contains('\0');
    places.filter_map(|place| name(&place.address)).filter(is_name).collect()
}

/// The answer to each name, in their order.
fn ask(server: &Connection, names: &[String], time: Duration) -> Result<Vec<Answer>, Error> {
    // What came in time is told before the time of the whole command is over.
    let mut command = format!("sh -s -- {:.2}", time.as_secs_f64() * 0.8);
    for name in names {
        command.push(' ');
        command.push_str(&quoted(name));
    }
    let output = server.run(&command, LOOK_UP.as_bytes(), Instant::now() + time, MAX_ANSWERS).map_err(Error::Ssh)?;
    Ok(read(&String::from_utf8_lossy(after(&output.stdout, MARK).unwrap_or_default()), names.len()))
}

fn read(text: &str, count: usize) -> Vec<Answer> {
    let mut answers = vec![Answer::Broken("no word".to_owned()); count];
    for line in text.lines() {
        let mut words = line.split_ascii_whitespace();
        let place = words.next().and_then(|word| word.parse::<usize>().ok()).and_then(|at| answers.get_mut(at));
        let (Some(place), Some(status)) = (place, words.next().and_then(|word| word.parse::<u8>().ok())) else {
            continue;
        };
        let addresses: BTreeSet<IpAddr> = words.filter_map(address).collect();
        *place = match status {
            0 if !addresses.is_empty() => Answer::Found(addresses.into_iter().collect()),
            0 | 2 => Answer::NotFound,
            124 => Answer::OutOfTime,
            status => Answer::Broken(format!("status {status}")),
        };
    }
    answers
}

/// A link-local address may have its interface behind it.
fn address(word: &str) -> Option<IpAddr> {
    word.split('%').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_name_has_its_own_answer() {
        let text = "2 2\n0 0 10.0.0.2 10.0.0.1 10.0.0.2 fe80::1%eth0\n3 124\n4 127\n6 0\n99 0 10.0.0.9\nx\n\n5\n";
        let found = ["10.0.0.1", "10.0.0.2", "fe80::1"].map(|address| address.parse().unwrap()).to_vec();
        let broken = |said: &str| Answer::Broken(said.to_owned());
        let expected = [
            Answer::Found(found),
            broken("no word"),
            Answer::NotFound,
            Answer::OutOfTime,
            broken("status 127"),
            broken("no word"),
            Answer::NotFound,
        ];
        assert_eq!(read(text, 7), expected);
    }
}
