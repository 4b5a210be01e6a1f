//! Talks to one broker, and notes what it saw.

use std::thread;
use std::time::{Duration, Instant};

use ansible_protocol::{Map, Value};
use edx_layout::{AddressClass, Endpoint, Host, classify};
use net::Dial;
use redis::{Client, Connection, Credentials, Error, Info, Keys, RoundTrip};

use super::target;
use crate::options::{Brokers, Probe};

/// The most keys of one database that are looked at.
const MOST_KEYS: u64 = 10_000;

/// Workers answer within milliseconds.
const ANSWERED: Duration = Duration::from_secs(5);

/// The fields of `INFO` that the result has.
const FIELDS: [&str; 12] = [
    "uptime_in_seconds",
    "connected_clients",
    "blocked_clients",
    "used_memory",
    "maxmemory",
    "maxmemory_policy",
    "aof_enabled",
    "aof_last_write_status",
    "rdb_last_bgsave_status",
    "rdb_last_save_time",
    "evicted_keys",
    "rejected_connections",
];

/// A broker, and what was seen of it.
#[derive(Debug)]
pub struct Look {
    pub endpoint: Endpoint,
    pub server: Result<Server, Unseen>,
}

/// Why nothing is known of a broker.
#[derive(Debug)]
pub enum Unseen {
    /// The address is public.
    Public(String),
    /// It does not answer, or not to us.
    Error(Error),
}

/// What is queued in all databases.
#[derive(Debug, Default)]
pub struct Queued {
    /// The tasks in each queue; none where there is too much to look at.
    pub queues: Option<Map<String, Value>>,
    /// The tasks that workers hold.
    pub held: u64,
}

/// What a broker says.
#[derive(Debug)]
pub struct Server {
    /// Until it had let us in.
    pub connected: Duration,
    pub info: Info,
    pub round_trip: Result<RoundTrip, Error>,
    /// `maxclients`; none where it does not tell.
    pub maxclients: Option<u64>,
    /// What is queued.
    pub queued: Queued,
    /// Who is connected; none where it does not tell.
    pub connections: Option<Vec<Connection>>,
    /// The workers that answer a call; none where they were not called.
    pub answers: Option<Result<u64, Error>>,
    /// How often something was put into a list.
    pub pushed: u64,
}

impl Server {
    pub fn version(&self) -> String {
        self.info
            .version()
            .map_or_else(|| "Redis of an unknown version".to_owned(), |(name, version)| format!("{name} {version}"))
    }

    pub fn fields(&self) -> Map<String, Value> {
        FIELDS.iter().filter_map(|name| Some(((*name).to_owned(), self.info.get(name)?.into()))).collect()
    }

    /// The hosts with connections that wait for tasks or for remote control, each with their number.
    pub fn takers(&self) -> Map<String, Value> {
        let mut hosts = Map::new();
        for connection in self.connections.iter().flatten().filter(|connection| connection.is_of_worker()) {
            let host = connection.address.rsplit_once(':').map_or("?", |(host, _)| host);
            let count = hosts.get(host).and_then(Value::as_u64).unwrap_or(0);
            hosts.insert(host.to_owned(), (count + 1).into());
        }
        hosts
    }
}

/// Everything that there is to see.
pub fn look(dial: &dyn Dial, endpoint: &Endpoint, wanted: &Brokers, probe: &Probe) -> Look {
    let server = match public(dial, endpoint, probe) {
        Some(address) => Err(Unseen::Public(address)),
        None => server(dial, endpoint, wanted, probe).map_err(Unseen::Error),
    };
    Look { endpoint: endpoint.clone(), server }
}

/// A public address that the endpoint leads to and must not.
pub fn public(dial: &dyn Dial, endpoint: &Endpoint, probe: &Probe) -> Option<String> {
    let Endpoint::Tcp { host, .. } = endpoint else { return None };
    let addresses = match host {
        Host::Address(address) => vec![*address],
        // One that is not resolved here is for whoever connects to say.
        Host::Name(name) => dial.resolve(name, Instant::now() + probe.timeout).ok().flatten().unwrap_or_default(),
    };
    let is_public = |address: &&std::net::IpAddr| classify(**address) == AddressClass::Public;
    addresses.iter().find(is_public).filter(|_| !probe.allow_public).map(ToString::to_string)
}

fn server(dial: &dyn Dial, endpoint: &Endpoint, wanted: &Brokers, probe: &Probe) -> Result<Server, Error> {
    let start = Instant::now();
    let mut client = Client::dial(dial, &target(endpoint), &wanted.credentials, probe.timeout)?;
    let connected = start.elapsed();
    let info = client.info("default")?;
    let round_trip = client.round_trip(&format!("edx_verify:{}", std::process::id()));
    let maxclients = match client.config("maxclients") {
        Ok(found) => found.get("maxclients").and_then(|value| value.parse().ok()),
        Err(refused) if refused.is_refusal() => None,
        Err(error) => return Err(error),
    };
    let connections = client.connections()?;
    let queued = queued(&mut client, &info)?;
    let answers = (wanted.workers > 0).then(|| answers(&mut client, wanted, probe.timeout));
    // Last: the workers' answers are put into a list as well, and are no tasks.
    let pushed = client.info("commandstats")?.calls("lpush");
    Ok(Server { connected, info, round_trip, maxclients, queued, connections, answers, pushed })
}

fn queued(client: &mut Client, info: &Info) -> Result<Queued, Error> {
    let mut queues = Map::new();
    let mut held = 0;
    for (database, _) in info.keys() {
        client.select(database)?;
        let Keys::All(found) = client.keys(MOST_KEYS, &|_| true)? else { return Ok(Queued { queues: None, held }) };
        for key in found {
            held += key.held();
            if key.tasks() > 0 {
                queues.insert(key.name.escape_ascii().to_string(), key.tasks().into());
            }
        }
    }
    Ok(Queued { queues: Some(queues), held })
}

/// How many workers answer a call, of all databases. Busy ones do as well: they have a process for it. One that has
/// just started takes its time to listen, so they are called again until there are enough.
fn answers(client: &mut Client, wanted: &Brokers, time: Duration) -> Result<u64, Error> {
    let end = Instant::now() + wanted.patience;
    loop {
        let mut answers = 0;
        for (database, _) in client.info("keyspace")?.keys() {
            client.select(database)?;
            if client.has_workers()? {
                answers += client.call_workers(database, "ping", "{}", time.min(ANSWERED))?.answers;
            }
        }
        if answers >= wanted.workers || Instant::now() >= end {
            return Ok(answers);
        }
        thread::sleep(Duration::from_millis(200));
    }
}

/// How often something was put into a list so far.
pub fn pushed(dial: &dyn Dial, endpoint: &Endpoint, credentials: &Credentials, probe: &Probe) -> Result<u64, Error> {
    let mut client = Client::dial(dial, &target(endpoint), credentials, probe.timeout)?;
    Ok(client.info("commandstats")?.calls("lpush"))
}
