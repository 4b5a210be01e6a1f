//! What a cache server said, as a key of the result.

use std::time::Duration;

use ansible_protocol::{Map, Value, json};
use memcached::Stats;

use super::probe::{Activity, Address, Seen, Step};

/// What a round trip adds to a server's counters, so that whoever compares the counters of two verifications
/// can leave the second one's own share out.
const OWN_COMMANDS: [(&str, u64); 2] = [("cmd_get", 2), ("cmd_set", 1)];

/// What was seen, as a key of the result. Only the fields that this project knows: a lying server must
/// not fill the result.
pub fn facts(endpoint: &str, seen: &Seen, activity: Option<&Activity>) -> Value {
    let mut facts = Map::new();
    facts.insert("endpoint".to_owned(), endpoint.into());
    if let Step::Seen(Address::Tcp(addresses)) = &seen.address {
        let addresses: Value = addresses.iter().map(|(address, _)| address.to_string()).collect();
        facts.insert("addresses".to_owned(), addresses);
    }
    if let Some(version) = seen.version.seen() {
        facts.insert("version".to_owned(), version.as_str().into());
    }
    let mut latency = Map::new();
    if let Some(connect) = seen.connect.seen() {
        latency.insert("connect".to_owned(), milliseconds(*connect).into());
    }
    if let Some(trip) = seen.round_trip.seen() {
        for (name, time) in [("write", trip.write), ("read", trip.read), ("delete", trip.delete)] {
            latency.insert(name.to_owned(), milliseconds(time).into());
        }
        facts.insert("own_commands".to_owned(), OWN_COMMANDS.iter().copied().collect());
    }
    if !latency.is_empty() {
        facts.insert("latency_ms".to_owned(), latency.into());
    }
    if let Some(stats) = seen.stats.seen() {
        facts.insert("stats".to_owned(), entries(stats.entries()));
    }
    if let Some(settings) = seen.settings.seen() {
        facts.insert("settings".to_owned(), entries(settings.entries()));
    }
    if let Some(activity) = activity {
        let change = |field: fn(&Stats) -> Option<u64>| activity.change(field).map_or(Value::Null, Value::from);
        let seconds = milliseconds(activity.interval) / 1000.0;
        facts.insert(
            "activity".to_owned(),
            json!({
                "seconds": seconds,
                "cmd_get": change(|stats| stats.cmd_get),
                "cmd_set": change(|stats| stats.cmd_set),
                "curr_connections": change(|stats| stats.curr_connections),
            }),
        );
    }
    facts.into()
}

fn entries(entries: Vec<(&'static str, memcached::Value)>) -> Value {
    let json = |value| match value {
        memcached::Value::Number(number) => Value::from(number),
        memcached::Value::Text(text) => Value::from(text),
        memcached::Value::Switch(switch) => Value::from(switch),
    };
    Value::Object(entries.into_iter().map(|(name, value)| (name.to_owned(), json(value))).collect())
}

/// To three digits after the point.
fn milliseconds(time: Duration) -> f64 {
    (time.as_secs_f64() * 1_000_000.0).round() / 1000.0
}
