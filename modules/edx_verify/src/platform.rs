//! The platform itself: asks each heartbeat until it is that of a healthy platform, or the time is over.

mod heartbeat;
mod login;
mod page;

use std::thread;
use std::time::{Duration, Instant};

use http::{Client, Url};

use crate::check::{Check, Verification};
use crate::side_by_side::side_by_side;
pub use login::{AppServer, LoginOptions, Password, run as login};
use page::{MAX_PAGE, Unwell};

/// What to do about a status of 500 and above.
pub const LOG: &str =
    "see the program's log in /edx/var/log/supervisor, and whether it stays up (/edx/bin/supervisorctl status)";
/// What to do about status 400.
pub const ALLOWED_HOSTS: &str = "the platform refuses the request: see whether its ALLOWED_HOSTS have the host of this address, and its log in \
                                 /edx/var/log/supervisor";

const HEARTBEAT: &str = "platform.heartbeat";

/// The time between two requests for the same heartbeat.
const PAUSE: Duration = Duration::from_millis(500);

/// Asks for every heartbeat, all of them within the same `time`.
pub fn verify(client: &Client, heartbeats: &[Url], time: Duration) -> Verification {
    let deadline = Instant::now() + time;
    let checks = side_by_side(heartbeats, heartbeats.len(), |url| check(client, url, time, deadline));
    Verification { checks, ..Verification::default() }
}

fn check(client: &Client, url: &Url, time: Duration, deadline: Instant) -> Check {
    let start = Instant::now();
    let mut first: Option<String> = None;
    let mut last: Option<Unwell> = None;
    loop {
        let unwell = match client.get(url, deadline, MAX_PAGE) {
            Ok(answer) => match heartbeat::judge(url, &answer) {
                Ok(well) => return Check::ok(HEARTBEAT, url.to_string(), told(&well, first.as_deref(), start)),
                Err(unwell) => unwell,
            },
            Err(fault) => match last.take() {
                // Asked again shortly before the end, it had no time: what it said before is what is wrong with it.
                Some(Unwell { seen, advice }) if fault.is_out_of_time() => {
                    Unwell { seen: format!("{seen}; asked again, it did not answer before {time:?} were over"), advice }
                }
                _ => Unwell { seen: fault.told(time), advice: fault.advice(url).to_owned() },
            },
        };
        if deadline.saturating_duration_since(Instant::now()) <= PAUSE {
            return Check::failed(HEARTBEAT, url.to_string(), unwell.seen, unwell.advice);
        }
        first.get_or_insert_with(|| unwell.seen.clone());
        last = Some(unwell);
        thread::sleep(PAUSE);
    }
}

/// What a healthy platform said, and how long that took where it was not healthy at once.
fn told(well: &str, first: Option<&str>, start: Instant) -> String {
    match first {
        None => well.to_owned(),
        Some(first) => format!("{well}, after {:.1} s (at first: {first})", start.elapsed().as_secs_f64()),
    }
}
