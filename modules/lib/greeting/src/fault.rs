//! Why there is no greeting.

use std::time::Duration;

use edx_layout::Layer;
use net::Stage;

use crate::Spoken;

/// Why a server has not said what it is.
#[derive(Debug)]
pub enum Fault {
    /// There is no connection, or no more of it.
    Net(net::Fault),
    /// It closed the connection and had said nothing.
    Closed,
    /// It closed the connection in the middle of its greeting.
    BrokenOff,
    /// A server that has to speak first says nothing.
    Silent(Layer),
    /// It speaks another protocol than the layer's.
    OtherProtocol {
        /// What was expected.
        layer: Layer,
        /// What it is.
        spoken: Spoken,
        /// The beginning of what was said; empty where that is not for people.
        said: String,
    },
    /// What it says is not the layer's protocol, nor another one that is known here.
    Strange {
        /// What was expected.
        layer: Layer,
        /// What is wrong with it.
        detail: String,
    },
    /// It is the right server, and it turns this client away.
    Refuses {
        /// What it is.
        layer: Layer,
        /// Its words.
        said: String,
        /// What to do about it.
        advice: &'static str,
    },
    /// The platform speaks TLS to it, and it does not.
    NoTls(Layer),
    /// Nothing is asked here for this kind of data.
    NotAsked(Layer),
}

impl Fault {
    /// What was seen, where `time` was the time for it.
    pub fn told(&self, time: Duration) -> String {
        match self {
            Self::Net(fault) => fault.told(time),
            Self::Closed => "the connection was closed without an answer".to_owned(),
            Self::BrokenOff => "the connection was closed in the middle of the greeting".to_owned(),
            Self::Silent(layer) => format!("no greeting within {time:?}, and a {layer} server speaks first"),
            Self::OtherProtocol { layer, spoken, said } if said.is_empty() => {
                format!("the port speaks {spoken}, not {}", protocol(*layer))
            }
            Self::OtherProtocol { layer, spoken, said } => {
                format!("the port speaks {spoken} ({said:?}), not {}", protocol(*layer))
            }
            Self::Strange { layer, detail } => format!("the answer is not {layer}'s ({detail})"),
            Self::Refuses { layer, said, .. } => format!("{layer} turns this client away: {said}"),
            Self::NoTls(layer) => format!("the platform speaks TLS to it, and this {layer} server does not"),
            Self::NotAsked(layer) => format!("{layer}: nothing to ask for a greeting"),
        }
    }

    /// What to do about it.
    pub fn advice(&self) -> &'static str {
        match self {
            Self::Net(net::Fault::Unresolved(_) | net::Fault::OutOfTime(Stage::Name)) => {
                "check DNS and /etc/hosts, or give an address"
            }
            Self::Net(net::Fault::Connect(_) | net::Fault::OutOfTime(Stage::Connection)) => {
                "check that the server runs there, that it listens on this address and port, and that no firewall is in \
                 between"
            }
            Self::Net(net::Fault::Way(_)) => {
                "see to the way to the server first; of the server itself nothing is known"
            }
            Self::Net(_) | Self::Closed | Self::BrokenOff => {
                "see the server's log: it may be starting, stopping or overloaded; and check that the port is its own"
            }
            Self::Silent(_) => {
                "check that the port is its own; a server that looks up its clients' names in vain is late too: \
                 skip_name_resolve turns that off"
            }
            Self::OtherProtocol { spoken: Spoken::Tls, .. } => {
                "turn on TLS in the platform's settings for this server, or give its port without TLS"
            }
            Self::OtherProtocol { .. } | Self::Strange { .. } => {
                "check the host and the port: another program listens there"
            }
            Self::Refuses { advice, .. } => advice,
            Self::NoTls(_) => {
                "turn on TLS in the server and give its port for it, or turn TLS off in the platform's settings"
            }
            Self::NotAsked(_) => "nothing",
        }
    }
}

impl From<net::Fault> for Fault {
    fn from(fault: net::Fault) -> Self {
        Self::Net(fault)
    }
}

/// What a layer's server speaks, as people call it.
fn protocol(layer: Layer) -> &'static str {
    match layer {
        Layer::RabbitMq => "AMQP 0-9-1",
        Layer::Elasticsearch => "Elasticsearch's HTTP",
        layer => layer.title(),
    }
}
