//! Connections from this host.

use std::io;
use std::net::{IpAddr, SocketAddr, TcpStream, ToSocketAddrs};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType};

use crate::fault::{Fault, Stage};
use crate::wire::left;
use crate::{Dial, Socket, Target};

/// The pause before a unix socket with a full backlog is tried again.
const PAUSE: Duration = Duration::from_millis(10);

/// From this host, by its own resolver and routes.
#[derive(Debug, Clone, Copy, Default)]
pub struct Direct;

impl Dial for Direct {
    fn resolve(&self, name: &str, deadline: Instant) -> Result<Option<Vec<IpAddr>>, Fault> {
        lookup(name, deadline).map(Some)
    }

    fn connect(&self, target: &Target, deadline: Instant) -> Result<Socket, Fault> {
        match target {
            Target::Tcp { host, port } => {
                let addresses = match host.parse() {
                    Ok(address) => vec![address],
                    Err(_) => lookup(host, deadline)?,
                };
                tcp(&addresses, *port, deadline).map(Socket::Tcp)
            }
            Target::Unix(path) => unix(path, deadline).map(Socket::Unix),
        }
    }

    fn is_here(&self) -> bool {
        true
    }
}

/// Looks a name up on a thread of its own, since the system's resolver knows no deadline.
fn lookup(name: &str, deadline: Instant) -> Result<Vec<IpAddr>, Fault> {
    let (sender, receiver) = mpsc::channel();
    let own = name.to_owned();
    // When the time is over, nobody waits for its answer any more.
    thread::spawn(move || {
        let found = (own.as_str(), 0).to_socket_addrs();
        sender.send(found.map(|found| found.map(|address| address.ip()).collect::<Vec<_>>())).ok()
    });
    match receiver.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
        Ok(Ok(found)) if found.is_empty() => Err(Fault::Unresolved("the name has no address".to_owned())),
        Ok(Ok(mut found)) => {
            found.dedup();
            Ok(found)
        }
        Ok(Err(error)) => Err(Fault::Unresolved(error.to_string())),
        Err(_) => Err(Fault::OutOfTime(Stage::Name)),
    }
}

/// Tries a name's addresses in turn, each with its share of what is left of the time: one that swallows packets must
/// not keep the next from being tried. The last one's fault is told.
fn tcp(addresses: &[IpAddr], port: u16, deadline: Instant) -> Result<TcpStream, Fault> {
    let mut fault = Fault::OutOfTime(Stage::Connection);
    let mut untried = u32::try_from(addresses.len()).unwrap_or(u32::MAX);
    for address in addresses {
        let Some(left) = left(deadline) else { break };
        match TcpStream::connect_timeout(&SocketAddr::new(*address, port), left / untried.max(1)) {
            Ok(stream) => {
                // Small requests go out at once; where that cannot be set they are just slower.
                let _ = stream.set_nodelay(true);
                return Ok(stream);
            }
            Err(error) if error.kind() == io::ErrorKind::TimedOut => fault = Fault::OutOfTime(Stage::Connection),
            Err(error) => fault = Fault::Connect(error),
        }
        untried -= 1;
    }
    Err(fault)
}

/// A plain connect to a unix socket waits without end while the server's backlog is full.
fn unix(path: &Path, deadline: Instant) -> Result<UnixStream, Fault> {
    let failed = |errno: Errno| Fault::Connect(errno.into());
    let address = SocketAddrUnix::new(path).map_err(failed)?;
    loop {
        let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
        let socket = rustix::net::socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None).map_err(failed)?;
        match rustix::net::connect(&socket, &address) {
            Ok(()) => {
                let stream = UnixStream::from(socket);
                stream.set_nonblocking(false).map_err(Fault::Connect)?;
                return Ok(stream);
            }
            Err(Errno::AGAIN) if Instant::now() < deadline => thread::sleep(PAUSE),
            Err(Errno::AGAIN) => return Err(Fault::OutOfTime(Stage::Connection)),
            Err(errno) => return Err(failed(errno)),
        }
    }
}
