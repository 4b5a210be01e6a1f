//! Judges what a look at a broker showed. Nothing here talks to anybody.

use redis::Error;

use super::look::{Look, Server, Unseen};
use crate::check::{Check, shown};
use crate::options::{Brokers, Probe};

const MEBIBYTE: u64 = 1024 * 1024;

const REACHABLE: &str = "redis.reachable";
const ROUND_TRIP: &str = "redis.round_trip";
const PERSISTENCE: &str = "redis.persistence";
const EVICTION: &str = "redis.eviction";
const MEMORY: &str = "redis.memory";
const CONNECTIONS: &str = "redis.connections";
const QUEUES: &str = "redis.queues";
const WORKERS: &str = "redis.workers";

const IS_IT_UP: &str =
    "check that Redis runs there, that it listens on this address, and that no firewall is in between";

/// Every check of one broker, in reading order.
pub fn judge(look: &Look, wanted: &Brokers, limits: &Probe) -> Vec<Check> {
    let name = look.endpoint.to_string();
    let server = match &look.server {
        Ok(server) => server,
        Err(unseen) => {
            let mut checks = vec![unseen_check(&name, unseen)];
            let others = [ROUND_TRIP, PERSISTENCE, EVICTION, MEMORY, CONNECTIONS, QUEUES, WORKERS];
            checks.extend(others.map(|check| Check::skipped(check, &name, "not tried, since it could not be reached")));
            return checks;
        }
    };
    vec![
        reachable(&name, server),
        round_trip(&name, server),
        persistence(&name, server),
        eviction(&name, server),
        memory(&name, server, limits),
        connections(&name, server, limits),
        queues(&name, server),
        workers(&name, server, wanted),
    ]
}

fn unseen_check(name: &str, unseen: &Unseen) -> Check {
    match unseen {
        Unseen::Public(address) => Check::failed(
            REACHABLE,
            name,
            format!("{address} is a public address; it was not connected to"),
            "Redis sends tasks and its password as they are: give it a private address, or set allow_public if a firewall \
             protects it",
        ),
        Unseen::Error(error) => {
            let advice = match error {
                Error::NoPassword { .. } | Error::WrongPassword { .. } => "give its password (redis_password)",
                Error::NeedlessPassword { .. } | Error::Protected { .. } | Error::Loading { .. } => {
                    "see to the server first (redis_install)"
                }
                Error::NotRedis { .. } => "check that this is Redis's port",
                _ => IS_IT_UP,
            };
            Check::failed(REACHABLE, name, error.to_string(), advice)
        }
    }
}

fn reachable(name: &str, server: &Server) -> Check {
    let seen = format!("{}, let in within {}", server.version(), shown(server.connected));
    if server.info.get("role") == Some("slave") {
        return Check::failed(
            REACHABLE,
            name,
            format!("{seen}; it is a replica, which takes no tasks"),
            "point Open edX to the server that it copies",
        );
    }
    Check::ok(REACHABLE, name, seen)
}

fn round_trip(name: &str, server: &Server) -> Check {
    match &server.round_trip {
        Ok(trip) => {
            let (write, read, delete) = (shown(trip.write), shown(trip.read), shown(trip.delete));
            Check::ok(ROUND_TRIP, name, format!("written in {write}, read in {read}, deleted in {delete}"))
        }
        Err(error) => Check::failed(
            ROUND_TRIP,
            name,
            error.to_string(),
            "it does not take what is queued: see its log, its memory and its disk",
        ),
    }
}

fn persistence(name: &str, server: &Server) -> Check {
    let is = |field: &str, value: &str| server.info.get(field) == Some(value);
    if is("aof_last_write_status", "err") || is("rdb_last_bgsave_status", "err") {
        return Check::failed(
            PERSISTENCE,
            name,
            "it could not write to its disk the last time",
            "make room on its disk, and see its log: it refuses new tasks, or loses them when it ends",
        );
    }
    if is("aof_enabled", "1") {
        return Check::ok(PERSISTENCE, name, "every change goes to its append-only file");
    }
    Check::warning(
        PERSISTENCE,
        name,
        "it has no append-only file, so tasks that were queued since its last snapshot are lost when it ends",
        "turn it on while Redis runs (redis_install does)",
    )
}

fn eviction(name: &str, server: &Server) -> Check {
    let policy = server.info.get("maxmemory_policy").unwrap_or("unknown");
    let evicted = server.info.number("evicted_keys").unwrap_or(0);
    if evicted > 0 {
        return Check::failed(
            EVICTION,
            name,
            format!("{evicted} keys were thrown away to make room ({policy}); whole queues may be among them"),
            "set maxmemory-policy noeviction, and give it more memory (redis_install)",
        );
    }
    match policy {
        "noeviction" => Check::ok(EVICTION, name, "none: it refuses what does not fit (noeviction)"),
        _ => Check::warning(
            EVICTION,
            name,
            format!("when its memory is full it throws keys away ({policy}), whole queues among them"),
            "set maxmemory-policy noeviction (redis_install does)",
        ),
    }
}

fn memory(name: &str, server: &Server, limits: &Probe) -> Check {
    let megabytes = |field| server.info.number(field).unwrap_or(0) / MEBIBYTE;
    let share = Share { used: megabytes("used_memory"), limit: megabytes("maxmemory"), unit: " MB" };
    let advice = "soon it refuses new tasks: see why workers do not keep up, or raise memory_mb (redis_install)";
    share.judge(MEMORY, name, limits.memory_percent, advice)
}

fn connections(name: &str, server: &Server, limits: &Probe) -> Check {
    let advice = "raise maxclients (redis_install) before connections are refused";
    let used = server.info.number("connected_clients").unwrap_or(0);
    let rejected = server.info.number("rejected_connections").unwrap_or(0);
    if rejected > 0 {
        let seen = format!("{used} in use; {rejected} were refused since it started");
        return Check::warning(CONNECTIONS, name, seen, advice);
    }
    let share = Share { used, limit: server.maxclients.unwrap_or(0), unit: "" };
    share.judge(CONNECTIONS, name, limits.connections_percent, advice)
}

/// How much of something is in use.
struct Share {
    used: u64,
    /// 0 for none.
    limit: u64,
    unit: &'static str,
}

impl Share {
    fn judge(&self, check: &'static str, name: &str, warn_from: u64, advice: &str) -> Check {
        let Self { used, limit, unit } = self;
        let Some(percent) = used.saturating_mul(100).checked_div(*limit) else {
            return Check::ok(check, name, format!("{used}{unit} in use, without a limit"));
        };
        let seen = format!("{used} of {limit}{unit} in use ({percent} %)");
        if percent < warn_from {
            return Check::ok(check, name, seen);
        }
        Check::warning(check, name, seen, advice)
    }
}

fn queues(name: &str, server: &Server) -> Check {
    let Some(queues) = &server.queued.queues else {
        return Check::skipped(QUEUES, name, "it holds too many keys to look at; is it more than a broker?");
    };
    let mut parts: Vec<String> = queues.iter().map(|(queue, tasks)| format!("{tasks} in {queue}")).collect();
    if server.queued.held > 0 {
        parts.push(format!("{} in the hands of workers", server.queued.held));
    }
    Check::ok(QUEUES, name, if parts.is_empty() { "no task waits".to_owned() } else { parts.join(", ") })
}

fn workers(name: &str, server: &Server, wanted: &Brokers) -> Check {
    let hosts: Vec<String> = server.takers().into_iter().map(|(host, _)| host).collect();
    let connected = match (&server.connections, hosts.is_empty()) {
        (None, _) => "it does not tell who is connected".to_owned(),
        (_, true) => "no worker is connected".to_owned(),
        (_, false) => format!("workers are connected from {}", hosts.join(", ")),
    };
    match &server.answers {
        None => Check::ok(WORKERS, name, connected),
        Some(Ok(answers)) if *answers >= wanted.workers => {
            Check::ok(WORKERS, name, format!("{connected}; {answers} answered a call through it"))
        }
        Some(Ok(answers)) => Check::failed(
            WORKERS,
            name,
            format!("{connected}; {answers} of at least {} answered a call through it", wanted.workers),
            "start the workers (edx_programs), and see their logs in /edx/var/log/supervisor: do they know this address and \
             its password?",
        ),
        Some(Err(error)) => Check::failed(WORKERS, name, error.to_string(), "verify again"),
    }
}
