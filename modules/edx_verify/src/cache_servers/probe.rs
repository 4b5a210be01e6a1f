//! Talks to one cache server, and notes what it saw. Judging is [`super::checks`]' part.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::{Duration, Instant};

use edx_layout::{AddressClass, Endpoint, Host, classify};
use memcached::{Client, Error, RoundTrip, RunningSettings, Stats};
use net::Dial;

/// The name under which the round trip writes its item.
const WRITER: &str = "edx_verify";

/// Where an endpoint leads.
#[derive(Debug)]
pub enum Address {
    /// Addresses, each with its class.
    Tcp(Vec<(IpAddr, AddressClass)>),
    /// A unix socket of this host.
    Unix,
    /// The name has no address.
    Unresolved(String),
    /// Only whoever makes the connection gets to know the name's address.
    Untold,
}

/// Why a step has no result.
#[derive(Debug)]
pub enum Fault {
    /// The server, or the way to it.
    Memcached(Error),
    /// The time for the whole conversation was over during this step.
    OutOfTime,
}

/// A step of the conversation.
#[derive(Debug, Default)]
pub enum Step<T> {
    /// An earlier one failed.
    #[default]
    NotReached,
    /// What it showed.
    Seen(T),
    /// Why it showed nothing.
    Failed(Fault),
}

impl<T> Step<T> {
    /// What it showed.
    pub fn seen(&self) -> Option<&T> {
        match self {
            Self::Seen(value) => Some(value),
            _ => None,
        }
    }

    /// What it showed, to keep.
    pub fn into_seen(self) -> Option<T> {
        match self {
            Self::Seen(value) => Some(value),
            _ => None,
        }
    }

    /// Blames this step for the time that is over, where it was the one under way.
    fn blame(&mut self) -> bool {
        let is_under_way = matches!(self, Self::NotReached);
        if is_under_way {
            *self = Self::Failed(Fault::OutOfTime);
        }
        is_under_way
    }
}

impl<T> From<Result<T, Error>> for Step<T> {
    fn from(result: Result<T, Error>) -> Self {
        result.map_or_else(|error| Self::Failed(Fault::Memcached(error)), Self::Seen)
    }
}

/// What a conversation showed.
#[derive(Debug, Default)]
pub struct Seen {
    /// Where the endpoint leads.
    pub address: Step<Address>,
    /// How long connecting took.
    pub connect: Step<Duration>,
    /// The daemon's version.
    pub version: Step<String>,
    /// A value written, read and deleted.
    pub round_trip: Step<RoundTrip>,
    /// Its counters.
    pub stats: Step<Stats>,
    /// What it runs with.
    pub settings: Step<RunningSettings>,
    /// The time that all of it took.
    pub took: Duration,
}

enum Event {
    Address(Address),
    Connect(Result<Duration, Error>),
    Version(Result<String, Error>),
    RoundTrip(Result<RoundTrip, Error>),
    Stats(Result<Stats, Error>),
    Settings(Result<RunningSettings, Error>),
}

/// Talks to a server for at most `timeout`, whatever the server does. An address that is known to be public is not
/// connected to without `allow_public`.
pub fn converse(dial: &Arc<dyn Dial>, endpoint: &Endpoint, timeout: Duration, allow_public: bool) -> Seen {
    let (sender, receiver) = mpsc::channel();
    let start = Instant::now();
    let (dial, target) = (Arc::clone(dial), endpoint.clone());
    // Each call of the client has a deadline of its own; this thread makes one of all of them. It is
    // left behind when the time is over, and ends with its next word, which nobody hears any more.
    thread::spawn(move || talk(&*dial, &target, timeout, allow_public, &sender));
    let mut seen = collect(&receiver, start + timeout);
    seen.took = start.elapsed();
    seen
}

/// Ends early, with none, where nobody listens any more or the next step makes no sense.
fn talk(
    dial: &dyn Dial,
    endpoint: &Endpoint,
    timeout: Duration,
    allow_public: bool,
    sender: &Sender<Event>,
) -> Option<()> {
    let tell = |event| sender.send(event).ok();
    let address = locate(dial, endpoint, Instant::now() + timeout)?;
    let targets = targets(endpoint, &address, allow_public);
    tell(Event::Address(address))?;
    let mut client = match connect(dial, &targets, timeout)? {
        Ok(client) => client,
        Err(error) => return tell(Event::Connect(Err(error))),
    };
    tell(Event::Connect(Ok(client.connect_time())))?;
    let version = client.version();
    let speaks_memcached = version.is_ok();
    tell(Event::Version(version))?;
    if !speaks_memcached {
        return None;
    }
    let round_trip = client.round_trip(WRITER);
    // Whatever ended the connection, what the server says of itself is still worth asking.
    client = if is_open(&round_trip) { client } else { connect(dial, &targets, timeout)?.ok()? };
    tell(Event::RoundTrip(round_trip))?;
    let settings = client.settings();
    client = if is_open(&settings) { client } else { connect(dial, &targets, timeout)?.ok()? };
    tell(Event::Settings(settings))?;
    tell(Event::Stats(client.stats()))
}

/// Whether the connection can be used for another command.
fn is_open<T>(result: &Result<T, Error>) -> bool {
    matches!(result, Ok(_) | Err(Error::Server { .. } | Error::RoundTrip { .. }))
}

/// None where that takes longer than there is time.
pub fn locate(dial: &dyn Dial, endpoint: &Endpoint, deadline: Instant) -> Option<Address> {
    let with_class = |address: IpAddr| (address, classify(address));
    Some(match endpoint {
        Endpoint::Unix(_) => Address::Unix,
        Endpoint::Tcp { host: Host::Address(address), .. } => Address::Tcp(vec![with_class(*address)]),
        Endpoint::Tcp { host: Host::Name(name), .. } => match dial.resolve(name, deadline) {
            Ok(Some(addresses)) => Address::Tcp(addresses.into_iter().map(with_class).collect()),
            Err(net::Fault::Unresolved(reason)) => Address::Unresolved(reason),
            Err(net::Fault::OutOfTime(_)) => return None,
            // What else is wrong, connecting will tell.
            Ok(None) | Err(_) => Address::Untold,
        },
    })
}

/// What to connect to: the addresses that were looked at, so that a name cannot lead elsewhere a
/// moment later.
pub fn targets(endpoint: &Endpoint, address: &Address, allow_public: bool) -> Vec<memcached::Endpoint> {
    let allowed = |class: AddressClass| match class {
        AddressClass::Loopback | AddressClass::Private => true,
        AddressClass::Public => allow_public,
        AddressClass::Unusable(_) => false,
    };
    match (endpoint, address) {
        (Endpoint::Unix(path), _) => vec![memcached::Endpoint::Unix(path.into())],
        (Endpoint::Tcp { host: Host::Name(name), port }, Address::Untold) => {
            vec![memcached::Endpoint::tcp(name, *port)]
        }
        (Endpoint::Tcp { port, .. }, Address::Tcp(addresses)) if addresses.iter().all(|(_, class)| allowed(*class)) => {
            let mut targets: Vec<_> =
                addresses.iter().map(|(address, _)| memcached::Endpoint::from((*address, *port))).collect();
            targets.dedup();
            targets
        }
        _ => Vec::new(),
    }
}

/// The first that accepts a connection, or the last error; none without a target.
pub fn connect(dial: &dyn Dial, targets: &[memcached::Endpoint], timeout: Duration) -> Option<Result<Client, Error>> {
    let mut result = None;
    for target in targets {
        let attempt = Client::dial(dial, target, timeout);
        if attempt.is_ok() {
            return Some(attempt);
        }
        result = Some(attempt);
    }
    result
}

fn collect(receiver: &Receiver<Event>, deadline: Instant) -> Seen {
    let mut seen = Seen::default();
    loop {
        match receiver.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            Ok(Event::Address(address)) => seen.address = Step::Seen(address),
            Ok(Event::Connect(result)) => seen.connect = result.into(),
            Ok(Event::Version(result)) => seen.version = result.into(),
            Ok(Event::RoundTrip(result)) => seen.round_trip = result.into(),
            Ok(Event::Settings(result)) => seen.settings = result.into(),
            Ok(Event::Stats(result)) => seen.stats = result.into(),
            Err(RecvTimeoutError::Disconnected) => return seen,
            Err(RecvTimeoutError::Timeout) => {
                blame(&mut seen);
                return seen;
            }
        }
    }
}

/// The steps come in this order; the first without a result was under way.
fn blame(seen: &mut Seen) {
    let _ = seen.address.blame()
        || seen.connect.blame()
        || seen.version.blame()
        || seen.round_trip.blame()
        || seen.settings.blame()
        || seen.stats.blame();
}

/// The counters before and after an interval.
#[derive(Debug)]
pub struct Activity {
    /// Between the two readings.
    pub interval: Duration,
    /// The first reading.
    pub before: Stats,
    /// The second.
    pub after: Stats,
}

impl Activity {
    /// By how much a counter changed; none where the server does not tell it.
    pub fn change(&self, field: impl Fn(&Stats) -> Option<u64>) -> Option<i64> {
        let (before, after) = (field(&self.before)?, field(&self.after)?);
        i64::try_from(after).ok()?.checked_sub(i64::try_from(before).ok()?)
    }
}

/// Reads a server's counters twice, `interval` apart, over one connection. Asking for counters
/// counts neither as a read nor as a write.
pub fn watch(
    dial: &Arc<dyn Dial>,
    endpoint: &Endpoint,
    address: &Address,
    interval: Duration,
    timeout: Duration,
) -> Step<Activity> {
    let (sender, receiver) = mpsc::channel();
    // The conversation before this one was allowed to take place, so the address is.
    let targets = targets(endpoint, address, true);
    let dial = Arc::clone(dial);
    thread::spawn(move || sender.send(read_twice(&*dial, &targets, interval, timeout)).ok());
    match receiver.recv_timeout(interval + timeout) {
        Ok(result) => result.map_or(Step::NotReached, Step::from),
        Err(_) => Step::Failed(Fault::OutOfTime),
    }
}

/// A server's counters.
#[derive(Debug)]
pub struct Reading {
    /// Where they are from: one server may be given under two names.
    pub target: memcached::Endpoint,
    /// The counters.
    pub stats: Stats,
}

/// Reads a server's counters once.
pub fn read(dial: &Arc<dyn Dial>, endpoint: &Endpoint, address: &Address, timeout: Duration) -> Step<Reading> {
    let (sender, receiver) = mpsc::channel();
    // The conversation before this one was allowed to take place, so the address is.
    let targets = targets(endpoint, address, true);
    let read = move |mut client: Client| Ok(Reading { target: client.endpoint().clone(), stats: client.stats()? });
    let dial = Arc::clone(dial);
    thread::spawn(move || sender.send(connect(&*dial, &targets, timeout).map(|client| client.and_then(read))).ok());
    match receiver.recv_timeout(timeout) {
        Ok(result) => result.map_or(Step::NotReached, Step::from),
        Err(_) => Step::Failed(Fault::OutOfTime),
    }
}

fn read_twice(
    dial: &dyn Dial,
    targets: &[memcached::Endpoint],
    interval: Duration,
    timeout: Duration,
) -> Option<Result<Activity, Error>> {
    let read = |client: &mut Client| {
        let before = client.stats()?;
        let start = Instant::now();
        thread::sleep(interval);
        Ok(Activity { interval: start.elapsed(), before, after: client.stats()? })
    };
    Some(connect(dial, targets, timeout)?.and_then(|mut client| read(&mut client)))
}
