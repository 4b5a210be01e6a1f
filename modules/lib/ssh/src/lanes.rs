//! Sessions to the same host, for as many channels as open at the same time.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use net::{Dial, Direct, Fault, Socket, Target};

use crate::claim::Claim;
use crate::worker::Worker;
use crate::{Error, Hop, Settings};

/// So many sessions at most; a server lets in only so many at a time (`MaxStartups`).
const MOST: usize = 6;
/// A channel that opens does so within a few round trips. Only then is another session worth its login.
const PATIENCE: Duration = Duration::from_millis(300);
const PAUSE: Duration = Duration::from_millis(5);

/// The way to the last host, and the sessions there.
#[derive(Debug)]
pub struct Lanes {
    hop: Hop,
    settings: Settings,
    sessions: Mutex<Vec<Arc<Worker>>>,
    growth: Mutex<Growth>,
    /// The sessions before, each over the one before it. They are dropped after those above.
    way: Arc<Way>,
}

/// Whether another session is being made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Growth {
    Possible,
    UnderWay,
    /// One was not to be had.
    Over,
}

#[derive(Debug, Default)]
struct Way(Vec<Worker>);

impl Drop for Way {
    fn drop(&mut self) {
        while self.0.pop().is_some() {}
    }
}

impl Lanes {
    /// Logs in to each host from the one before, and to the first from here.
    pub fn open(hops: &[Hop], settings: &Settings) -> Result<Self, Error> {
        let (last, before) = hops.split_last().ok_or(Error::NoHop)?;
        let mut way = Way::default();
        for hop in before {
            let next = log_in(&way, hop, settings)?;
            way.0.push(next);
        }
        let lane = Arc::new(log_in(&way, last, settings)?);
        Ok(Self {
            hop: last.clone(),
            settings: settings.clone(),
            sessions: Mutex::new(vec![lane]),
            growth: Mutex::new(Growth::Possible),
            way: Arc::new(way),
        })
    }

    /// A session with a place to open a channel: one where nobody else waits for one, if that can be had in time.
    pub fn claim(self: &Arc<Self>, deadline: Instant) -> Result<(Arc<Worker>, Claim), Error> {
        let patience = Instant::now() + PATIENCE;
        loop {
            if let Some(found) = self.free() {
                return Ok(found);
            }
            let now = Instant::now();
            if now >= deadline || self.is_broken() || (now >= patience && !self.grow()) {
                break;
            }
            thread::sleep(PAUSE);
        }
        let lanes = self.all();
        let lane = lanes.iter().min_by_key(|lane| (lane.fate().is_some(), lane.load.count())).ok_or(Error::NoHop)?;
        Ok((Arc::clone(lane), lane.load.queue()))
    }

    fn free(&self) -> Option<(Arc<Worker>, Claim)> {
        let lanes = self.all();
        let mut whole = lanes.iter().filter(|lane| lane.fate().is_none());
        whole.find_map(|lane| Some((Arc::clone(lane), lane.load.claim()?)))
    }

    /// What broke is not mended: whoever asks is told.
    fn is_broken(&self) -> bool {
        self.all().iter().any(|lane| lane.fate().is_some())
    }

    /// Has another session made, by a thread that nobody has to wait for; whether one is on its way.
    fn grow(self: &Arc<Self>) -> bool {
        let mut growth = self.growth();
        if *growth != Growth::Possible {
            return *growth == Growth::UnderWay;
        }
        if self.all().len() >= MOST {
            return false;
        }
        // The thread keeps nothing open that its users have dropped, but for the way that it goes just now.
        let (lanes, way) = (Arc::downgrade(self), Arc::clone(&self.way));
        let (hop, settings) = (self.hop.clone(), self.settings.clone());
        let work = move || {
            let lane = log_in(&way, &hop, &settings);
            let Some(lanes) = lanes.upgrade() else { return };
            let is_made = lane.map(|lane| lanes.lock().push(Arc::new(lane))).is_ok();
            *lanes.growth() = if is_made { Growth::Possible } else { Growth::Over };
        };
        let is_under_way = thread::Builder::new().name("ssh login".to_owned()).spawn(work).is_ok();
        *growth = if is_under_way { Growth::UnderWay } else { Growth::Over };
        is_under_way
    }

    fn growth(&self) -> MutexGuard<'_, Growth> {
        self.growth.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn all(&self) -> Vec<Arc<Worker>> {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Arc<Worker>>> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The last host's name for messages.
    pub fn name(&self) -> String {
        self.all().first().map_or_else(|| self.hop.to_string(), |lane| lane.hop().to_owned())
    }

    /// Which session broke first, of those nearest, and why.
    pub fn fault(&self) -> Option<String> {
        let said =
            |worker: &Worker| worker.fate().map(|fate| format!("ssh {}: the connection broke: {fate}", worker.hop()));
        self.way.0.iter().find_map(said).or_else(|| self.all().iter().find_map(|lane| said(lane)))
    }
}

fn log_in(way: &Way, hop: &Hop, settings: &Settings) -> Result<Worker, Error> {
    let deadline = Instant::now() + settings.timeout;
    let socket = match way.0.last() {
        None => Direct.connect(&Target::tcp(&hop.host, hop.port), deadline),
        Some(before) => before.connect(before.load.queue(), &hop.host, hop.port, deadline).map(Socket::Unix),
    };
    Worker::start(hop, socket.map_err(|fault| unreachable(hop, &fault, settings))?, settings)
}

fn unreachable(hop: &Hop, fault: &Fault, settings: &Settings) -> Error {
    let mut said = fault.told(settings.timeout);
    let is_name = hop.host.parse::<std::net::IpAddr>().is_err();
    // Over SSH a name that is not known is told as a connection that did not come about.
    let may_be_the_name = match fault {
        Fault::Unresolved(_) | Fault::Way(_) => true,
        Fault::Connect(source) => source.kind() == std::io::ErrorKind::Other,
        _ => false,
    };
    if is_name && may_be_the_name {
        said.push_str(". An alias of ~/.ssh/config is not known here: give the host's own name or address");
    }
    Error::Unreachable { hop: hop.to_string(), said }
}
