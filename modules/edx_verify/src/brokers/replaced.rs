//! That nobody uses a broker that was replaced, and nothing is left in it.

use std::io::ErrorKind;

use edx_layout::Endpoint;
use net::{Dial, Fault};
use redis::{Client, Connection, Credentials, Error, Keys};

use super::look::public;
use super::target;
use crate::check::{Check, counted};
use crate::options::Probe;

const REPLACED: &str = "redis.replaced";

const MOST_KEYS: u64 = 100_000;

/// What is still there.
struct Left {
    /// Connections of workers, and of whoever queued something last.
    users: Vec<String>,
    tasks: u64,
}

pub fn judge(dial: &dyn Dial, server: &Endpoint, credentials: &Credentials, probe: &Probe) -> Check {
    let name = server.to_string();
    if let Some(address) = public(dial, server, probe) {
        return Check::skipped(REPLACED, name, format!("it was not asked: {address} is a public address"));
    }
    let left = match left(dial, server, credentials, probe) {
        Ok(left) => left,
        Err(Error::Net { fault: Fault::Connect(source), .. }) if source.kind() == ErrorKind::ConnectionRefused => {
            return Check::ok(REPLACED, name, "nobody listens there, so nobody uses it");
        }
        Err(error) => return Check::skipped(REPLACED, name, error.to_string()),
    };
    if !left.users.is_empty() {
        return Check::failed(
            REPLACED,
            name,
            format!("still used from {}", left.users.join(", ")),
            "these programs run with older settings: see which settings files name it, and restart the programs that read \
             them (edx_programs)",
        );
    }
    if left.tasks > 0 {
        return Check::failed(
            REPLACED,
            name,
            format!(
                "{} left there, which nobody takes",
                counted(usize::try_from(left.tasks).unwrap_or(usize::MAX), "task")
            ),
            "carry them to the new Redis (edx_queues)",
        );
    }
    Check::ok(REPLACED, name, "nobody uses it, and no task is left there")
}

fn left(dial: &dyn Dial, server: &Endpoint, credentials: &Credentials, probe: &Probe) -> Result<Left, Error> {
    let mut client = Client::dial(dial, &target(server), credentials, probe.timeout)?;
    let is_user = |connection: &Connection| connection.is_of_worker() || connection.command == "lpush";
    let connections = client.connections()?.unwrap_or_default();
    let users = connections.into_iter().filter(is_user).map(|connection| connection.address).collect();
    let mut tasks = 0;
    for (database, _) in client.info("keyspace")?.keys() {
        client.select(database)?;
        if let Keys::All(found) = client.keys(MOST_KEYS, &|_| true)? {
            tasks += found.iter().map(|key| key.tasks() + key.held()).sum::<u64>();
        }
    }
    Ok(Left { users, tasks })
}
