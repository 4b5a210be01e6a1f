//! Why the module could not do its work.

use thiserror::Error;

/// Everything that ends a run.
#[derive(Debug, Error)]
pub enum Error {
    /// An option is no endpoint.
    #[error("option '{option}': {source}")]
    Endpoint {
        /// The option.
        option: &'static str,
        /// What is wrong with it.
        source: edx_layout::EndpointError,
    },
    /// An endpoint that must not be used.
    #[error("option '{option}': {source}")]
    Target {
        /// The option.
        option: &'static str,
        /// Why.
        source: edx_layout::TargetError,
    },
    /// A state needs an option.
    #[error("option '{option}' is required for `state: {state}`")]
    Missing {
        /// The option.
        option: &'static str,
        /// The state.
        state: &'static str,
    },
    /// A state has no use for an option.
    #[error("`state: {state}` {does}: leave '{option}' out")]
    Needless {
        /// The option.
        option: &'static str,
        /// The state.
        state: &'static str,
        /// What the state does.
        does: &'static str,
    },
    /// A user name goes with a password.
    #[error("option '{0}_username' is given without '{0}_password': Redis knows no user without a password")]
    UserWithoutPassword(&'static str),
    /// A number is out of range.
    #[error("option '{option}' is {value}: give whole seconds, from 1 to {most}")]
    Seconds {
        /// The option.
        option: &'static str,
        /// What was given.
        value: i64,
        /// The largest that is allowed.
        most: i64,
    },
    /// No number of a database.
    #[error("option 'databases': \"{0}\" is no number of a Redis database; those are 0, 1, 2 …")]
    Database(String),
    /// A server cannot be talked to, or refuses.
    #[error("{role}: {source}")]
    Redis {
        /// `source` or `destination`.
        role: &'static str,
        /// What happened.
        source: redis::Error,
    },
    /// Both are one server.
    #[error("source {from} and destination {to} are the same Redis (run_id {run_id}): there is nothing to carry")]
    Same {
        /// The source.
        from: String,
        /// The destination.
        to: String,
        /// What it calls itself.
        run_id: String,
    },
    /// A server that takes no writes of its own.
    #[error("{role} {server} is a replica of {master}: give that server")]
    Replica {
        /// `source` or `destination`.
        role: &'static str,
        /// The server.
        server: String,
        /// Whose.
        master: String,
    },
    /// A cluster's node.
    #[error(
        "{role} {server} is a node of a Redis Cluster, which Celery cannot use as a broker: give a Redis that is none"
    )]
    Cluster {
        /// `source` or `destination`.
        role: &'static str,
        /// The server.
        server: String,
    },
    /// The queues would change under the move.
    #[error(
        "source {server} still has Celery workers connected ({workers}): stop them first (edx_programs with `state: stopped`, `kind: workers`), since a task that a worker holds while its queue moves may run twice"
    )]
    Workers {
        /// The source.
        server: String,
        /// Their addresses, with commas.
        workers: String,
    },
    /// The destination is too small.
    #[error(
        "destination {server} has {free} bytes left of its maxmemory {limit}, and about {needed} bytes come: raise maxmemory there, or drain the queues first (`state: drained`)"
    )]
    NoRoom {
        /// The destination.
        server: String,
        /// What is left.
        free: u64,
        /// Its limit.
        limit: u64,
        /// What comes.
        needed: u64,
    },
    /// What is there is more than a broker's queues.
    #[error(
        "{server} has {count} keys in database {database}, more than the {most} that are carried: a broker has one key a queue, so this is something else's data; name the broker's own in 'databases'"
    )]
    TooManyKeys {
        /// The server.
        server: String,
        /// The database.
        database: u32,
        /// How many.
        count: u64,
        /// How many at most.
        most: u64,
    },
    /// An earlier run has another destination.
    #[error(
        "database {database} of {server} is under way to {destination} by an earlier run that was interrupted: finish that one (`destination: {destination}`), or take it back (`state: returned` with that destination)"
    )]
    Elsewhere {
        /// The source.
        server: String,
        /// The database.
        database: u32,
        /// Where it goes.
        destination: String,
    },
    /// The destination is itself a source of an unfinished move.
    #[error(
        "database {database} of destination {server} is itself under way to {destination} by an earlier run that was interrupted: finish that one first (`source: {server}`, `destination: {destination}`), or take it back (`state: returned`)"
    )]
    DestinationUnderWay {
        /// The destination of this run.
        server: String,
        /// The database.
        database: u32,
        /// Where it goes.
        destination: String,
    },
    /// A note of this module's that is not as it writes it.
    #[error(
        "key edxops.queues:round in database {database} of {server} is not as this module writes it: look at it, and delete it if no move is under way"
    )]
    OddRound {
        /// The server.
        server: String,
        /// The database.
        database: u32,
    },
    /// A key cannot come to its place.
    #[error(
        "key {key} of database {database} is a {comes}, but {server} already has a {has} of that name: nothing was handed over; rename or delete that one, and run again"
    )]
    InTheWay {
        /// The server.
        server: String,
        /// The database.
        database: u32,
        /// The key.
        key: String,
        /// What is there.
        has: String,
        /// What comes.
        comes: String,
    },
    /// Tasks keep coming at the source.
    #[error(
        "database {database} of {server} still gets keys after {rounds} rounds: programs still use it; point them to {destination} and restart them (edx_cache_endpoint, edx_programs), then run again"
    )]
    StillWritten {
        /// The source.
        server: String,
        /// The database.
        database: u32,
        /// How often it was carried.
        rounds: usize,
        /// The destination.
        destination: String,
    },
    /// A server's disk does not take what it has.
    #[error(
        "{server} could not save its data (rdb_last_bgsave_status is {status}): look at its log and its disk, then run again; nothing is lost"
    )]
    NotSaved {
        /// The server.
        server: String,
        /// What it says.
        status: String,
    },
    /// A queue did not run empty.
    #[error("source {server} still has tasks after {seconds} s: {left}{why}")]
    NotDrained {
        /// The source.
        server: String,
        /// The time there was.
        seconds: u64,
        /// Queue by queue.
        left: String,
        /// What may be the reason, with what to do.
        why: &'static str,
    },
    /// Something of the system's cannot be read.
    #[error("cannot read {path}: {source}")]
    System {
        /// What.
        path: &'static str,
        /// Why not.
        source: std::io::Error,
    },
}
