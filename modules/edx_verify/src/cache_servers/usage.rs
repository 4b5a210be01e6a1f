//! Whether the platform uses the cache servers: asks it for something between two readings of their counters.

mod clients;
mod replaced;

use std::sync::Arc;
use std::time::Instant;

use ansible_protocol::{Map, Value};
use edx_layout::{Endpoint, ThisHost};
use http::{Answer, Client, Url};
use net::Dial;

use super::TOGETHER;
use super::checks::known;
use super::probe::{Reading, Seen, Step, read};
use crate::check::{Check, Status, Verification, counted};
use crate::options::{Probe, Use};
use crate::platform::{self, ALLOWED_HOSTS, LOG};
use crate::side_by_side::side_by_side;
use clients::Watcher;
use replaced::Replaced;

const USE: &str = "memcached.use";

/// So much of a page is read, and no more: what is in it does not matter.
const MAX_PAGE: usize = 1024 * 1024;

/// What there is to see to.
pub struct Usage<'a> {
    /// Makes the connections with the cache servers.
    pub dial: &'a Arc<dyn Dial>,
    /// Asks for pages.
    pub web: &'a Client<'a>,
    /// The cache servers that the platform should use.
    pub servers: Vec<(&'a Endpoint, &'a Seen)>,
    /// What to ask the platform for, and what else to watch meanwhile.
    pub asked: &'a Use,
    /// This host.
    pub here: &'a ThisHost,
    /// How to look at a cache server.
    pub probe: &'a Probe,
}

/// What happened between the two readings.
struct Watched {
    /// How many times the platform was asked.
    asked: usize,
    /// Why some of that has no answer.
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

impl Usage<'_> {
    /// Asks the platform. No counter is read, and nothing asked for, before every conversation of this run with the
    /// servers is over.
    pub fn verify(&self) -> Verification {
        let mut verification = Verification::default();
        if self.servers.is_empty() {
            verification.checks.extend(self.sign_in());
            return verification;
        }
        if let Err(check) = self.watch(&mut verification) {
            // Whether the platform lets somebody in does not depend on what the counters tell.
            if verification.checks.is_empty() {
                verification.checks.extend(self.sign_in());
            }
            verification.checks.push(*check);
        }
        verification
    }

    fn watch(&self, verification: &mut Verification) -> Result<(), Box<Check>> {
        let before = self.read_all()?;
        let replaced = Replaced::before(&self.asked.replaced, self.dial, self.probe);
        let watcher = Watcher::start(self);
        let checks = self.sign_in();
        let mut unanswered: Vec<Unanswered> = self.asked.pages.iter().filter_map(|page| self.ask(page).err()).collect();
        let mut asked = self.asked.pages.len();
        // A page takes milliseconds, and Django hangs up when it is done: asked again, some of it is seen.
        let end = Instant::now() + self.probe.timeout;
        while !self.asked.pages.is_empty() && unanswered.is_empty() && watcher.misses_somebody() && Instant::now() < end
        {
            unanswered.extend(self.asked.pages.iter().filter_map(|page| self.ask(page).err()));
            asked += self.asked.pages.len();
        }
        let clients = watcher.stop();
        let after = self.read_all()?;
        if let Some(failed) = checks.iter().find(|check| check.status == Status::Failed) {
            unanswered.push(Unanswered { seen: format!("{}: {}", failed.name, failed.seen), advice: "see there" });
        }
        asked += usize::from(self.asked.login.is_some());
        verification.checks.extend(checks);
        let seen = Watched { asked, unanswered, commands: commands(&before, &after) };
        if asked > 0 {
            let names: Vec<String> = self.servers.iter().map(|(endpoint, _)| endpoint.to_string()).collect();
            verification.facts.insert("use".to_owned(), seen.fact());
            verification.checks.push(seen.judge(&names.join(", ")));
        }
        verification.checks.extend(replaced.after(self.dial, self.probe));
        verification.checks.extend(clients);
        Ok(())
    }

    fn sign_in(&self) -> Vec<Check> {
        self.asked.login.as_ref().map(|login| platform::login(login, self.web)).unwrap_or_default()
    }

    /// A reading of each server, or the check that says which one could not be read.
    fn read_all(&self) -> Result<Vec<Reading>, Box<Check>> {
        let steps = side_by_side(&self.servers, TOGETHER, |(endpoint, seen)| match (&seen.stats, &seen.address) {
            (Step::Seen(_), Step::Seen(address)) => read(self.dial, endpoint, address, self.probe.timeout),
            _ => Step::NotReached,
        });
        for ((endpoint, _), step) in self.servers.iter().zip(&steps) {
            known(USE, &endpoint.to_string(), step, self.probe).map_err(Box::new)?;
        }
        Ok(steps.into_iter().filter_map(Step::into_seen).collect())
    }

    /// Whether a page is answered. Where it sends the asker, or whether it lets the asker in, does not matter: the
    /// platform had to look that up.
    fn ask(&self, page: &Url) -> Result<(), Unanswered> {
        match self.web.get(page, Instant::now() + self.probe.timeout, MAX_PAGE) {
            Ok(Answer { status, .. }) if status == 400 || status >= 500 => Err(Unanswered {
                seen: format!("{page} was answered with status {status}"),
                advice: if status == 400 { ALLOWED_HOSTS } else { LOG },
            }),
            Ok(_) => Ok(()),
            Err(fault) => Err(Unanswered {
                seen: format!("{page}: {}", fault.told(self.probe.timeout)),
                advice: fault.advice(page),
            }),
        }
    }
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
