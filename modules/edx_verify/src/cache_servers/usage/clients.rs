//! Who is connected to the cache servers while the platform is asked for something.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use edx_layout::Endpoint;
use memcached::{Client, Connection};
use net::Dial;

use super::super::probe::{self, Seen, Step};
use super::Usage;
use crate::check::Check;
use crate::options::CacheClient;

const CLIENTS: &str = "memcached.clients";

/// The state of a connection whose command is just being answered, as this watcher's own always is.
const ANSWERING: &str = "conn_parse_cmd";

/// The least pause between two looks at a server. It is as long as the look took: a server with thousands of connections
/// must not be kept busy by the question who they are.
const PAUSE: Duration = Duration::from_millis(1);

/// Watches the servers until it is stopped, each on a thread of its own.
pub struct Watcher {
    wanted: Vec<Wanted>,
    seen: Arc<Mutex<Looks>>,
    stop: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
    names: String,
}

/// Whose connections are looked for.
struct Wanted {
    name: String,
    addresses: Vec<IpAddr>,
}

/// What was seen, by the other ends as the servers write them.
#[derive(Default)]
struct Looks {
    /// Before anything was asked for: what is left of this run's own conversations among them.
    first: BTreeSet<String>,
    /// Those of any later look that were not there at first, with their addresses.
    new: BTreeSet<String>,
    /// Those of the first look that were there all the time.
    kept: BTreeSet<String>,
    /// Why a server did not tell.
    untold: Option<String>,
}

impl Watcher {
    /// Begins to watch, and has looked once when it returns.
    pub fn start(usage: &Usage<'_>) -> Self {
        let wanted: Vec<Wanted> = usage
            .asked
            .clients
            .iter()
            .map(|client| match client {
                CacheClient::Address(address) => {
                    Wanted { name: address.to_string(), addresses: vec![address.to_canonical()] }
                }
                CacheClient::ThisHost => Wanted {
                    name: "this server".to_owned(),
                    addresses: usage.here.addresses.iter().map(IpAddr::to_canonical).collect(),
                },
            })
            .collect();
        let mut watcher = Self {
            wanted,
            seen: Arc::default(),
            stop: Arc::default(),
            threads: Vec::new(),
            names: usage.servers.iter().map(|(endpoint, _)| endpoint.to_string()).collect::<Vec<_>>().join(", "),
        };
        if !watcher.wanted.is_empty() {
            usage.servers.iter().for_each(|(endpoint, seen)| watcher.watch(usage, endpoint, seen));
        }
        watcher
    }

    fn watch(&mut self, usage: &Usage<'_>, endpoint: &Endpoint, seen: &Seen) {
        let Step::Seen(address) = &seen.address else { return };
        let targets = probe::targets(endpoint, address, true);
        let (dial, time) = (Arc::clone(usage.dial), usage.probe.timeout);
        let (looks, stop) = (Arc::clone(&self.seen), Arc::clone(&self.stop));
        let (sender, receiver) = std::sync::mpsc::channel();
        self.threads.push(thread::spawn(move || {
            let result = look_again_and_again(&*dial, &targets, time, &looks, &stop, &sender);
            if let Err(why) = result {
                locked(&looks).untold = Some(why);
            }
        }));
        // Gone when the thread ends without having looked.
        let _ = receiver.recv_timeout(time);
    }

    /// Whether somebody has not been seen yet, and may still be.
    pub fn misses_somebody(&self) -> bool {
        let looks = locked(&self.seen);
        looks.untold.is_none() && self.wanted.iter().any(|wanted| !wanted.is_in(&looks))
    }

    /// Ends it. A check for each that was looked for.
    pub fn stop(self) -> Vec<Check> {
        self.stop.store(true, Ordering::Relaxed);
        for thread in self.threads {
            // A thread panics only on a bug, which then is this thread's, too.
            if let Err(panic) = thread.join() {
                std::panic::resume_unwind(panic);
            }
        }
        let looks = locked(&self.seen);
        self.wanted.iter().map(|wanted| wanted.judge(&looks, &self.names)).collect()
    }
}

fn locked(looks: &Mutex<Looks>) -> std::sync::MutexGuard<'_, Looks> {
    looks.lock().unwrap_or_else(PoisonError::into_inner)
}

fn look_again_and_again(
    dial: &dyn Dial,
    targets: &[memcached::Endpoint],
    time: Duration,
    looks: &Mutex<Looks>,
    stop: &AtomicBool,
    has_looked: &std::sync::mpsc::Sender<()>,
) -> Result<(), String> {
    let mut client =
        probe::connect(dial, targets, time).ok_or("it has no address")?.map_err(|error| error.to_string())?;
    let look = |client: &mut Client| client.connections().map_err(|error| error.to_string());
    let first = others(&look(&mut client)?);
    locked(looks).first.extend(first.iter().cloned());
    locked(looks).kept.extend(first.iter().cloned());
    let _ = has_looked.send(());
    let end = Instant::now() + Duration::from_secs(3600);
    // Once more after the end, so that nothing that was on its way out at first passes for one that stayed.
    let mut is_last = false;
    let mut pause = PAUSE;
    while !is_last && Instant::now() < end {
        thread::sleep(pause);
        is_last = stop.load(Ordering::Relaxed);
        let began = Instant::now();
        let connections = look(&mut client)?;
        pause = began.elapsed().max(PAUSE);
        let is_there = |peer: &String| connections.iter().any(|connection| connection.peer == *peer);
        let mut looks = locked(looks);
        let new: Vec<String> = others(&connections).into_iter().filter(|peer| !looks.first.contains(peer)).collect();
        looks.new.extend(new);
        // Who is just being answered is still there.
        looks.kept.retain(|peer| is_there(peer) || !first.contains(peer));
    }
    Ok(())
}

/// The other ends of all connections but those that are just being answered.
fn others(connections: &[Connection]) -> BTreeSet<String> {
    let others = connections.iter().filter(|connection| connection.state != ANSWERING);
    others.map(|connection| connection.peer.clone()).collect()
}

/// Who was connected instead, which tells of a go-between, such as a NAT.
fn whose(looks: &Looks) -> String {
    const NAMED: usize = 6;
    let address = |peer: &String| Connection { peer: peer.clone(), ..Connection::default() }.address();
    let addresses: BTreeSet<IpAddr> = looks.new.union(&looks.kept).filter_map(address).collect();
    let named: Vec<String> = addresses.iter().take(NAMED).map(ToString::to_string).collect();
    if named.is_empty() { ", nor any other one".to_owned() } else { format!(", but from {}", named.join(", ")) }
}

impl Wanted {
    fn is_in(&self, looks: &Looks) -> bool {
        self.connections(looks) > 0
    }

    fn connections(&self, looks: &Looks) -> usize {
        let is_own = |peer: &&String| {
            let connection = Connection { peer: (*peer).clone(), ..Connection::default() };
            connection.address().is_some_and(|address| self.addresses.contains(&address))
        };
        looks.new.union(&looks.kept).filter(is_own).count()
    }

    fn judge(&self, looks: &Looks, names: &str) -> Check {
        if let Some(why) = &looks.untold {
            return Check::skipped(CLIENTS, &self.name, why);
        }
        match self.connections(looks) {
            0 => Check::failed(
                CLIENTS,
                &self.name,
                format!("no connection from it to {names} was seen{}", whose(looks)),
                "see whether its settings files point there, whether it was restarted since, and whether pages of it were \
                 asked for",
            ),
            some => Check::ok(CLIENTS, &self.name, format!("{} to {names}", crate::check::counted(some, "connection"))),
        }
    }
}
