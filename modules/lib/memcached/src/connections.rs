use std::net::{IpAddr, SocketAddr};

/// The most connections that are read; a daemon allows 1024 unless told otherwise.
const MAX_CONNECTIONS: usize = 32 * 1024;
/// The longest address or state, in bytes: a unix socket's path has up to 108.
const MAX_TEXT: usize = 128;

/// A connection that a memcached has, as `stats conns` tells it. What it does not tell is empty, or none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Connection {
    /// The other end, as the daemon writes it: `tcp:172.31.5.10:40312`, `tcp6:[fd00::1]:40312`, `unix:/path`.
    pub peer: String,
    /// What it does, such as `conn_read`, which is waiting for a command.
    pub state: String,
    /// Seconds since its last command.
    pub seconds_since_last_command: Option<u64>,
}

impl Connection {
    /// The other end's address; none for a unix socket.
    pub fn address(&self) -> Option<IpAddr> {
        let (_, place) = self.peer.split_once(':')?;
        place.parse().ok().map(|place: SocketAddr| place.ip().to_canonical())
    }
}

/// Connections under way: each has several lines, one after the other.
#[derive(Default)]
pub(crate) struct Connections {
    /// The number of the last one, which its lines share.
    last: Option<u64>,
    found: Vec<Connection>,
}

impl Connections {
    /// Adds a line, as `24:state conn_read`; false where it is none, or one too many.
    pub(crate) fn add(&mut self, line: &str) -> bool {
        let Some((name, value)) = line.split_once(' ') else { return false };
        let Some((number, field)) = name.split_once(':') else { return false };
        let Ok(number) = number.parse() else { return false };
        if value.len() > MAX_TEXT {
            return false;
        }
        if self.last != Some(number) {
            self.last = Some(number);
            self.found.push(Connection::default());
        }
        if let Some(connection) = self.found.last_mut() {
            match field {
                "addr" => value.clone_into(&mut connection.peer),
                "state" => value.clone_into(&mut connection.state),
                "secs_since_last_cmd" => connection.seconds_since_last_command = value.parse().ok(),
                _ => {}
            }
        }
        self.found.len() <= MAX_CONNECTIONS
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// Without the sockets on which the daemon waits for clients.
    pub(crate) fn into_clients(self) -> Vec<Connection> {
        let is_client = |connection: &Connection| {
            connection.state != "conn_listening" && connection.peer.split(':').next() != Some("udp")
        };
        self.found.into_iter().filter(is_client).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(peer: &str) -> Option<IpAddr> {
        Connection { peer: peer.to_owned(), ..Connection::default() }.address()
    }

    #[test]
    fn an_address_is_read_as_memcached_writes_it() {
        assert_eq!(address("tcp:172.31.5.10:40312"), Some([172, 31, 5, 10].into()));
        assert_eq!(address("tcp6:[fd00::1]:40312"), "fd00::1".parse().ok());
        assert_eq!(address("tcp6:[::ffff:172.31.5.10]:40312"), Some([172, 31, 5, 10].into()));
        assert_eq!(address("unix:/run/m.sock"), None);
        assert_eq!(address(""), None);
    }
}
