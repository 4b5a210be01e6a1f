//! Judges what a conversation with a cache server showed. Nothing here talks to anybody.

use std::net::IpAddr;
use std::time::Duration;

use edx_layout::{AddressClass, classify};
use memcached::{Error, RoundTrip, RunningSettings, Stats};

use super::probe::{Activity, Address, Fault, Seen, Step};
use crate::check::{Check, shown};
use crate::options::Probe;

const MEBIBYTE: u64 = 1024 * 1024;

const ADDRESS: &str = "memcached.address";
const REACHABLE: &str = "memcached.reachable";
const VERSION: &str = "memcached.version";
const ROUND_TRIP: &str = "memcached.round_trip";
const STATS: &str = "memcached.stats";
const SETTINGS: &str = "memcached.settings";
const EVICTIONS: &str = "memcached.evictions";
const REFUSED_CONNECTIONS: &str = "memcached.refused_connections";
const CONNECTIONS: &str = "memcached.connections";
const MEMORY: &str = "memcached.memory";
const UDP: &str = "memcached.udp";
const LISTENING: &str = "memcached.listening";
const ACTIVITY: &str = "memcached.activity";

const IS_IT_MEMCACHED: &str = "check that this is memcached's port, and that no proxy or firewall is in between";
const IS_IT_UP: &str =
    "check that memcached runs there, that it listens on this address, and that no firewall is in between";

/// Every check of one server but its activity, in reading order.
pub fn judge(endpoint: &str, seen: &Seen, limits: &Probe) -> Vec<Check> {
    let mut checks = vec![
        address(endpoint, seen, limits),
        connect(endpoint, seen, limits),
        version(endpoint, seen, limits),
        round_trip(endpoint, seen, limits),
        stats(endpoint, seen, limits),
    ];
    match seen.stats.seen() {
        Some(stats) => checks.extend([
            evictions(endpoint, stats, limits),
            refused_connections(endpoint, stats),
            connections(endpoint, stats, limits),
            memory(endpoint, stats, limits),
        ]),
        _ => checks.extend(
            [EVICTIONS, REFUSED_CONNECTIONS, CONNECTIONS, MEMORY]
                .map(|name| Check::skipped(name, endpoint, "the statistics are not known")),
        ),
    }
    checks.push(settings(endpoint, seen, limits));
    match seen.settings.seen() {
        Some(settings) => checks.extend([udp(endpoint, settings), listening(endpoint, settings)]),
        _ => checks
            .extend([UDP, LISTENING].map(|name| Check::skipped(name, endpoint, "the running settings are not known"))),
    }
    checks
}

/// What a step showed, or the check that says why it showed nothing.
pub fn known<'a, T>(name: &'static str, endpoint: &str, step: &'a Step<T>, limits: &Probe) -> Result<&'a T, Check> {
    match step {
        Step::Seen(value) => Ok(value),
        Step::NotReached => Err(Check::skipped(name, endpoint, "not tried, since an earlier step failed")),
        Step::Failed(Fault::OutOfTime) if name == REACHABLE => {
            Err(Check::failed(name, endpoint, format!("no connection within {:?}", limits.timeout), IS_IT_UP))
        }
        Step::Failed(fault) => {
            let (seen, advice) = explain(fault, limits.timeout);
            Err(Check::failed(name, endpoint, seen, advice))
        }
    }
}

fn explain(fault: &Fault, timeout: Duration) -> (String, &'static str) {
    let error = match fault {
        Fault::OutOfTime => return (format!("no whole answer within {timeout:?}"), IS_IT_MEMCACHED),
        Fault::Memcached(error) => error,
    };
    match error {
        Error::Connect { source, .. } => (format!("cannot connect: {source}"), IS_IT_UP),
        Error::Way { said, .. } => (said.clone(), "see to the way to the server first; of memcached nothing is known"),
        Error::Timeout { command: "connect", .. } => (format!("no connection within {timeout:?}"), IS_IT_UP),
        Error::Timeout { command, .. } => (format!("no whole answer to {command} within {timeout:?}"), IS_IT_MEMCACHED),
        Error::Closed { command, .. } => (
            format!("the connection was closed during {command}"),
            "check whether memcached is restarting, and its log",
        ),
        Error::TooManyConnections { .. } => (
            "memcached refused the connection, all of its connections are in use".to_owned(),
            "raise max_connections (-c) of memcached, or find out who holds the connections",
        ),
        Error::Server { command, reply, .. } => {
            (format!("{command} failed, the server says: {reply}"), "check the settings and the memory of memcached")
        }
        Error::NotMemcached { command, detail, .. } => {
            (format!("the answer to {command} is not memcached's ({detail})"), IS_IT_MEMCACHED)
        }
        Error::RoundTrip { detail, .. } => {
            (detail.clone(), "the cache does not keep what is written to it: check its memory and its evictions")
        }
        other => (other.to_string(), IS_IT_UP),
    }
}

fn address(endpoint: &str, seen: &Seen, limits: &Probe) -> Check {
    let addresses = match &seen.address {
        Step::Seen(Address::Tcp(addresses)) => addresses,
        Step::Seen(Address::Unix) => return Check::ok(ADDRESS, endpoint, "a unix socket of this host"),
        Step::Seen(Address::Untold) => {
            return Check::skipped(ADDRESS, endpoint, "only the host that connects to it knows the name's address");
        }
        Step::Seen(Address::Unresolved(reason)) => {
            return Check::failed(
                ADDRESS,
                endpoint,
                format!("this host does not resolve the name: {reason}"),
                "check DNS and /etc/hosts, or give an address",
            );
        }
        Step::Failed(_) | Step::NotReached => {
            return Check::failed(
                ADDRESS,
                endpoint,
                format!("the name was not resolved within {:?}", limits.timeout),
                "check the name servers in /etc/resolv.conf, or give an address",
            );
        }
    };
    for (address, class) in addresses {
        match class {
            AddressClass::Unusable(reason) => {
                return Check::failed(ADDRESS, endpoint, format!("{address}: {reason}"), "give the address of a host");
            }
            AddressClass::Public if !limits.allow_public => {
                return Check::failed(
                    ADDRESS,
                    endpoint,
                    format!("{address} is a public address; it was not connected to"),
                    "memcached has no password that Open edX can use, so anybody who reaches it reads the sessions of all \
                     users: give it a private address, or set allow_public if a firewall protects it",
                );
            }
            _ => {}
        }
    }
    let with_class = |(address, class): &(_, AddressClass)| match class {
        AddressClass::Loopback => format!("{address} is on this host"),
        AddressClass::Private => format!("{address} is private"),
        AddressClass::Public | AddressClass::Unusable(_) => format!("{address} is public, and allowed"),
    };
    Check::ok(ADDRESS, endpoint, addresses.iter().map(with_class).collect::<Vec<_>>().join(", "))
}

fn connect(endpoint: &str, seen: &Seen, limits: &Probe) -> Check {
    known(REACHABLE, endpoint, &seen.connect, limits)
        .map_or_else(|check| check, |time| Check::ok(REACHABLE, endpoint, format!("connected in {}", shown(*time))))
}

fn version(endpoint: &str, seen: &Seen, limits: &Probe) -> Check {
    known(VERSION, endpoint, &seen.version, limits)
        .map_or_else(|check| check, |version| Check::ok(VERSION, endpoint, format!("memcached {version}")))
}

fn round_trip(endpoint: &str, seen: &Seen, limits: &Probe) -> Check {
    let ok = |trip: &RoundTrip| {
        let (write, read, delete) = (shown(trip.write), shown(trip.read), shown(trip.delete));
        Check::ok(ROUND_TRIP, endpoint, format!("written in {write}, read in {read}, deleted in {delete}"))
    };
    known(ROUND_TRIP, endpoint, &seen.round_trip, limits).map_or_else(|check| check, ok)
}

fn stats(endpoint: &str, seen: &Seen, limits: &Probe) -> Check {
    let ok = |stats: &Stats| {
        let up = stats.uptime.map_or_else(|| "an unknown time".to_owned(), span);
        let items = stats.curr_items.map(|items| format!(", {items} items")).unwrap_or_default();
        Check::ok(STATS, endpoint, format!("up for {up}{items}{}", hit_rate(stats)))
    };
    known(STATS, endpoint, &seen.stats, limits).map_or_else(|check| check, ok)
}

fn hit_rate(stats: &Stats) -> String {
    let (Some(hits), Some(misses)) = (stats.get_hits, stats.get_misses) else { return String::new() };
    match hits.saturating_add(misses) {
        0 => String::new(),
        reads => format!(", {} % of reads found their key", percent(hits, reads)),
    }
}

fn settings(endpoint: &str, seen: &Seen, limits: &Probe) -> Check {
    // Some managed services do not tell their settings; the cache is none the worse for it.
    if let Step::Failed(Fault::Memcached(Error::Server { reply, .. })) = &seen.settings {
        return Check::warning(
            SETTINGS,
            endpoint,
            format!("the server does not tell its settings: {reply}"),
            "check in its own console that UDP is off, and that it listens on private addresses only",
        );
    }
    let ok = |settings: &RunningSettings| {
        let memory = settings.maxbytes.map(|bytes| format!("{} MB of memory, ", bytes / MEBIBYTE)).unwrap_or_default();
        let connections = settings.maxconns.map_or_else(|| "an unknown number of".to_owned(), |max| max.to_string());
        Check::ok(SETTINGS, endpoint, format!("{memory}{connections} connections"))
    };
    known(SETTINGS, endpoint, &seen.settings, limits).map_or_else(|check| check, ok)
}

fn evictions(endpoint: &str, stats: &Stats, limits: &Probe) -> Check {
    let Some(evictions) = stats.evictions else { return untold(EVICTIONS, endpoint, "evictions") };
    if evictions == 0 {
        return Check::ok(EVICTIONS, endpoint, "none");
    }
    let uptime = stats.uptime.unwrap_or(0).max(1);
    #[expect(clippy::cast_precision_loss, reason = "a rate to one digit")]
    let per_hour = evictions as f64 * 3600.0 / uptime as f64;
    let seen = format!("{evictions} in {}, {per_hour:.1} an hour", span(uptime));
    if per_hour <= limits.evictions_per_hour {
        return Check::ok(EVICTIONS, endpoint, seen);
    }
    Check::warning(
        EVICTIONS,
        endpoint,
        seen,
        "items are thrown out before their time to make room, sessions among them, which logs users out: give memcached \
         more memory (memory_mb)",
    )
}

fn refused_connections(endpoint: &str, stats: &Stats) -> Check {
    if stats.listen_disabled_num.is_none() && stats.rejected_connections.is_none() {
        return untold(REFUSED_CONNECTIONS, endpoint, "listen_disabled_num");
    }
    let paused = stats.listen_disabled_num.unwrap_or(0);
    let rejected = stats.rejected_connections.unwrap_or(0);
    if paused == 0 && rejected == 0 {
        return Check::ok(REFUSED_CONNECTIONS, endpoint, "none");
    }
    Check::warning(
        REFUSED_CONNECTIONS,
        endpoint,
        format!("all connections were in use: {rejected} refused, accepting stopped {paused} times"),
        "raise max_connections (-c) of memcached; the count starts again when memcached does",
    )
}

fn connections(endpoint: &str, stats: &Stats, limits: &Probe) -> Check {
    let (Some(now), Some(max)) = (stats.curr_connections, stats.max_connections) else {
        return untold(CONNECTIONS, endpoint, "curr_connections and max_connections");
    };
    // memcached keeps some of them for its own files (5 for each thread in 1.6.18) and refuses the rest:
    // with -c 60 and 4 threads it takes 39.
    let reserved = stats.other.get("reserved_fds").and_then(|text| text.parse().ok()).unwrap_or(0);
    let max = max.saturating_sub(reserved);
    let seen = format!("{now} of {max} in use ({} %)", percent(now, max));
    if percent(now, max) < limits.connections_percent {
        return Check::ok(CONNECTIONS, endpoint, seen);
    }
    Check::warning(
        CONNECTIONS,
        endpoint,
        seen,
        "raise max_connections (-c) of memcached before connections are refused",
    )
}

fn memory(endpoint: &str, stats: &Stats, limits: &Probe) -> Check {
    let (Some(used), Some(max)) = (stats.bytes, stats.limit_maxbytes) else {
        return untold(MEMORY, endpoint, "bytes and limit_maxbytes");
    };
    let seen = format!("{} MB of {} MB hold items ({} %)", used / MEBIBYTE, max / MEBIBYTE, percent(used, max));
    if percent(used, max) < limits.memory_percent {
        return Check::ok(MEMORY, endpoint, seen);
    }
    Check::warning(
        MEMORY,
        endpoint,
        seen,
        "memcached soon throws out items before their time: give it more memory (memory_mb)",
    )
}

fn udp(endpoint: &str, settings: &RunningSettings) -> Check {
    match settings.udpport {
        Some(0) => Check::ok(UDP, endpoint, "off"),
        Some(port) => Check::warning(
            UDP,
            endpoint,
            format!("open on port {port}"),
            "anybody can use it to flood others with answers sent to a forged address: start memcached with -U 0",
        ),
        None => untold(UDP, endpoint, "udpport"),
    }
}

fn listening(endpoint: &str, settings: &RunningSettings) -> Check {
    const NARROW: &str = "let it listen on its private address only (-l); until then only a firewall keeps others from reading the sessions \
         of all users";
    let Some(inter) = settings.inter.as_deref() else { return untold(LISTENING, endpoint, "inter") };
    let has_socket = settings.domain_socket.as_deref().is_some_and(|path| path != "NULL");
    if inter == "NULL" && has_socket {
        return Check::ok(LISTENING, endpoint, "on a unix socket only");
    }
    let interfaces: Vec<&str> = inter.split(',').map(str::trim).collect();
    let addresses = || interfaces.iter().filter_map(|interface| address_of(interface));
    if inter == "NULL" || interfaces.contains(&"*") || addresses().any(|address| address.is_unspecified()) {
        return Check::warning(LISTENING, endpoint, "on every address of its host", NARROW);
    }
    match addresses().find(|address| classify(*address) == AddressClass::Public) {
        Some(public) => Check::warning(LISTENING, endpoint, format!("on the public address {public}"), NARROW),
        None => Check::ok(LISTENING, endpoint, format!("on {}", interfaces.join(", "))),
    }
}

/// `-l` takes `address`, `address:port`, `[v6]` and `[v6]:port`; names are left alone.
fn address_of(interface: &str) -> Option<IpAddr> {
    let without_port = || interface.rsplit_once(':').and_then(|(address, _)| address.parse().ok());
    let bracketed = || interface.strip_prefix('[')?.split(']').next()?.parse().ok();
    interface.parse().ok().or_else(bracketed).or_else(without_port)
}

/// What others did with the server between two readings.
pub fn activity(endpoint: &str, step: &Step<Activity>, limits: &Probe) -> Check {
    let activity = match known(ACTIVITY, endpoint, step, limits) {
        Ok(activity) => activity,
        Err(check) => return check,
    };
    let not_shown = |seen: &str, advice: &str| {
        if limits.expect_activity {
            Check::failed(ACTIVITY, endpoint, seen, advice)
        } else {
            Check::warning(ACTIVITY, endpoint, seen, advice)
        }
    };
    if activity.before.pid != activity.after.pid || activity.before.uptime > activity.after.uptime {
        let advice = "verify again, and see its log for why it was restarted";
        return not_shown("memcached was restarted between the two readings", advice);
    }
    let (Some(reads), Some(writes)) = (activity.change(|stats| stats.cmd_get), activity.change(|stats| stats.cmd_set))
    else {
        let advice = "check that this is memcached's port, and that no proxy is in between";
        return not_shown("the server does not tell cmd_get and cmd_set", advice);
    };
    let seconds = activity.interval.as_secs_f64();
    let connections = activity.change(|stats| stats.curr_connections).map(|change| format!(", {change:+} connections"));
    let seen = format!("in {seconds:.1} s {reads} reads and {writes} writes{}", connections.unwrap_or_default());
    if reads > 0 || writes > 0 {
        return Check::ok(ACTIVITY, endpoint, seen);
    }
    not_shown(
        &seen,
        "nobody used the cache: open a page of the platform while this runs, or raise activity_seconds; if it stays so, \
         the platform was not restarted since its files changed, or uses another cache",
    )
}

fn untold(name: &'static str, endpoint: &str, fields: &str) -> Check {
    Check::skipped(name, endpoint, format!("the server does not tell {fields}"))
}

/// A share, rounded down; 100 where there is no whole.
fn percent(part: u64, whole: u64) -> u64 {
    u64::try_from(u128::from(part) * 100 / u128::from(whole.max(1))).unwrap_or(u64::MAX)
}

fn span(seconds: u64) -> String {
    match (seconds / 86400, seconds / 3600 % 24, seconds / 60 % 60) {
        (0, 0, 0) => format!("{seconds} s"),
        (0, 0, minutes) => format!("{minutes} min"),
        (0, hours, minutes) => format!("{hours} h {minutes} min"),
        (days, hours, _) => format!("{days} d {hours} h"),
    }
}

#[cfg(test)]
mod tests;
