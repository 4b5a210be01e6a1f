use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType};

use crate::{Endpoint, Error};

/// A TCP connection or a unix socket.
#[derive(Debug)]
pub(super) enum Stream {
    Tcp(TcpStream),
    Unix(UnixStream),
}

impl Stream {
    /// Lets the next read and write wait for `time`, which is not zero.
    pub fn set_timeout(&self, time: Duration) -> io::Result<()> {
        match self {
            Self::Tcp(stream) => {
                stream.set_read_timeout(Some(time))?;
                stream.set_write_timeout(Some(time))
            }
            Self::Unix(stream) => {
                stream.set_read_timeout(Some(time))?;
                stream.set_write_timeout(Some(time))
            }
        }
    }
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Tcp(stream) => stream.read(buffer),
            Self::Unix(stream) => stream.read(buffer),
        }
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Tcp(stream) => stream.write(bytes),
            Self::Unix(stream) => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

pub(super) fn connect(endpoint: &Endpoint, timeout: Duration) -> Result<Stream, Error> {
    let deadline = Instant::now() + timeout;
    match endpoint {
        Endpoint::Tcp { host, port } => {
            let addresses = resolve(endpoint, host, *port, timeout)?;
            tcp(endpoint, &addresses, deadline, timeout).map(Stream::Tcp)
        }
        Endpoint::Unix(path) => unix(endpoint, path, deadline, timeout).map(Stream::Unix),
    }
}

/// Looks a name up on a thread of its own, since the system's resolver knows no deadline.
fn resolve(endpoint: &Endpoint, host: &str, port: u16, timeout: Duration) -> Result<Vec<SocketAddr>, Error> {
    if let Ok(address) = host.parse() {
        return Ok(vec![SocketAddr::new(address, port)]);
    }
    let (sender, receiver) = mpsc::channel();
    let name = host.to_owned();
    thread::spawn(move || {
        let found = (name.as_str(), port).to_socket_addrs().map(Iterator::collect::<Vec<_>>);
        // The receiver is gone when the deadline passed: nobody waits for the answer any more.
        let _ = sender.send(found);
    });
    let unresolved = |reason: String| Error::Resolve { endpoint: endpoint.clone(), reason };
    match receiver.recv_timeout(timeout) {
        Ok(Ok(addresses)) if !addresses.is_empty() => Ok(addresses),
        Ok(Ok(_)) => Err(unresolved("the answer is empty".to_owned())),
        Ok(Err(error)) => Err(unresolved(error.to_string())),
        Err(_) => Err(unresolved(format!("no answer within {timeout:?}"))),
    }
}

/// Tries a name's addresses in turn; the last one's error is told.
fn tcp(
    endpoint: &Endpoint,
    addresses: &[SocketAddr],
    deadline: Instant,
    timeout: Duration,
) -> Result<TcpStream, Error> {
    let mut last = timed_out(endpoint, timeout);
    for address in addresses {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            break;
        }
        match TcpStream::connect_timeout(address, left) {
            Ok(stream) => {
                // Small requests go out at once; where that cannot be set they are just slower.
                let _ = stream.set_nodelay(true);
                return Ok(stream);
            }
            Err(error) if error.kind() == io::ErrorKind::TimedOut => {
                last = timed_out(endpoint, timeout);
            }
            Err(source) => {
                last = Error::Connect { endpoint: endpoint.clone(), source };
            }
        }
    }
    Err(last)
}

/// A plain connect to a unix socket waits without end while the server's backlog is full.
fn unix(endpoint: &Endpoint, path: &Path, deadline: Instant, timeout: Duration) -> Result<UnixStream, Error> {
    let failed = |source: io::Error| Error::Connect { endpoint: endpoint.clone(), source };
    let address = SocketAddrUnix::new(path).map_err(|errno| failed(errno.into()))?;
    loop {
        let socket = rustix::net::socket_with(
            AddressFamily::UNIX,
            SocketType::STREAM,
            SocketFlags::CLOEXEC | SocketFlags::NONBLOCK,
            None,
        )
        .map_err(|errno| failed(errno.into()))?;
        match rustix::net::connect(&socket, &address) {
            Ok(()) => {
                let stream = UnixStream::from(socket);
                stream.set_nonblocking(false).map_err(failed)?;
                return Ok(stream);
            }
            Err(Errno::AGAIN) if Instant::now() < deadline => {
                thread::sleep(Duration::from_millis(10));
            }
            Err(Errno::AGAIN) => return Err(timed_out(endpoint, timeout)),
            Err(errno) => return Err(failed(errno.into())),
        }
    }
}

fn timed_out(endpoint: &Endpoint, timeout: Duration) -> Error {
    Error::Timeout { endpoint: endpoint.clone(), command: "connect", timeout }
}
