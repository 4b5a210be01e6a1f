//! Whether the platform uses the cache servers: asks for pages of it between two readings of their counters.

use std::time::Instant;

use ansible_protocol::{Map, Value};
use edx_layout::Endpoint;
use http::{Answer, Client, Url};

use super::TOGETHER;
use super::checks::known;
use super::probe::{Reading, Seen, Step, read};
use crate::check::{Check, Verification, counted};
use crate::options::Probe;
use crate::platform::{ALLOWED_HOSTS, LOG};
use crate::side_by_side::side_by_side;

const USE: &str = "memcached.use";

/// So much of a page is read, and no more: what is in it does not matter.
const MAX_PAGE: usize = 1024 * 1024;

/// Asks for the pages one after the other. No counter is read, and no page asked for, before every conversation of
/// this run with the servers is over.
pub fn verify(client: &Client, endpoints: &[Endpoint], seen: &[Seen], pages: &[Url], probe: &Probe) -> Verification {
    let servers: Vec<(&Endpoint, &Seen)> = endpoints.iter().zip(seen).collect();
    let mut verification = Verification::default();
    match watch(client, &servers, pages, probe) {
        Ok(watched) => {
            verification.facts.insert("use".to_owned(), watched.fact());
            let names: Vec<String> = endpoints.iter().map(ToString::to_string).collect();
            verification.checks.push(watched.judge(&names.join(", ")));
        }
        Err(check) => verification.checks.push(*check),
    }
    verification
}

/// What happened between the two readings.
struct Watched {
    /// How many pages were asked for.
    asked: usize,
    /// Why some of them are no answers, by page.
    unanswered: Vec<Unanswered>,
    /// The reads and writes that reached the servers; none where a server does not tell them, or counts anew.
    commands: Result<u64, NotCounted>,
}

struct Unanswered {
    seen: String,
    advice: &'static str,
}

enum NotCounted {
    Untold,
    Anew,
}

fn watch(client: &Client, servers: &[(&Endpoint, &Seen)], pages: &[Url], probe: &Probe) -> Result<Watched, Box<Check>> {
    let before = read_all(servers, probe)?;
    let unanswered: Vec<Unanswered> = pages.iter().filter_map(|page| ask(client, page, probe).err()).collect();
    let after = read_all(servers, probe)?;
    Ok(Watched { asked: pages.len(), unanswered, commands: commands(&before, &after) })
}

/// A reading of each server, or the check that says which one could not be read.
fn read_all(servers: &[(&Endpoint, &Seen)], probe: &Probe) -> Result<Vec<Reading>, Box<Check>> {
    let steps = side_by_side(servers, TOGETHER, |(endpoint, seen)| match (&seen.stats, &seen.address) {
        (Step::Seen(_), Step::Seen(address)) => read(endpoint, address, probe.timeout),
        _ => Step::NotReached,
    });
    for ((endpoint, _), step) in servers.iter().zip(&steps) {
        known(USE, &endpoint.to_string(), step, probe).map_err(Box::new)?;
    }
    Ok(steps.into_iter().filter_map(Step::into_seen).collect())
}

/// What reached the servers between two readings, each server once however many names it has.
fn commands(before: &[Reading], after: &[Reading]) -> Result<u64, NotCounted> {
    let mut counted: Vec<&memcached::Endpoint> = Vec::new();
    let mut sum: u64 = 0;
    for (before, after) in before.iter().zip(after) {
        if counted.contains(&&after.target) {
            continue;
        }
        counted.push(&after.target);
        let (first, then) = (&before.stats, &after.stats);
        let total = |stats: &memcached::Stats| Some(stats.cmd_get?.saturating_add(stats.cmd_set?));
        let (Some(earlier), Some(later)) = (total(first), total(then)) else { return Err(NotCounted::Untold) };
        let is_another = before.target != after.target || first.pid != then.pid || first.uptime > then.uptime;
        match later.checked_sub(earlier) {
            Some(change) if !is_another => sum = sum.saturating_add(change),
            _ => return Err(NotCounted::Anew),
        }
    }
    Ok(sum)
}

/// Whether a page is answered. Where it sends the asker, or whether it lets the asker in, does not matter: the platform
/// had to look that up.
fn ask(client: &Client, page: &Url, probe: &Probe) -> Result<(), Unanswered> {
    match client.get(page, Instant::now() + probe.timeout, MAX_PAGE) {
        Ok(Answer { status, .. }) if status == 400 || status >= 500 => Err(Unanswered {
            seen: format!("{page} was answered with status {status}"),
            advice: if status == 400 { ALLOWED_HOSTS } else { LOG },
        }),
        Ok(_) => Ok(()),
        Err(fault) => {
            Err(Unanswered { seen: format!("{page}: {}", fault.told(probe.timeout)), advice: fault.advice(page) })
        }
    }
}

impl Watched {
    fn answered(&self) -> usize {
        self.asked - self.unanswered.len()
    }

    fn fact(&self) -> Value {
        let mut fact = Map::new();
        fact.insert("requests".to_owned(), self.answered().into());
        if let Ok(commands) = self.commands {
            fact.insert("commands".to_owned(), commands.into());
        }
        fact.into()
    }

    fn judge(&self, names: &str) -> Check {
        if let Some(first) = self.unanswered.first() {
            let others = self.unanswered.len() - 1;
            let more = if others > 0 { format!(" (and {others} more without an answer)") } else { String::new() };
            return Check::failed(USE, names, format!("{}{more}", first.seen), first.advice);
        }
        let commands = match self.commands {
            Ok(commands) => commands,
            Err(NotCounted::Untold) => {
                return Check::failed(
                    USE,
                    names,
                    "the server does not tell cmd_get and cmd_set",
                    "check that this is memcached's port, and that no proxy is in between",
                );
            }
            Err(NotCounted::Anew) => {
                return Check::failed(
                    USE,
                    names,
                    "memcached was restarted, or its counters were set back, between the two readings",
                    "verify again, and see its log for why it was restarted",
                );
            }
        };
        let answered = counted(self.answered(), "request");
        if commands > 0 {
            let commands = counted(usize::try_from(commands).unwrap_or(usize::MAX), "command");
            return Check::ok(
                USE,
                names,
                format!(
                    "while the platform answered {answered}, {commands} besides those of this verification reached {names}"
                ),
            );
        }
        Check::failed(
            USE,
            names,
            format!("while the platform answered {answered}, nothing but this verification asked {names} for anything"),
            "the platform does not use this cache: was LMS restarted since its settings files changed, and does it read \
             these files?",
        )
    }
}
