//! What is to become of one broker.

use edx_layout::{Broker, BrokerEntry, Endpoint, ThisHost};
use lossless_yaml::Edit;

use crate::judge::{Kept, Wish};

/// Judges one broker, or cache on Redis: the edits after which it is as wished, or why it stays as it is.
///
/// As with caches, its servers are replaced when each of them is either the one wished for or to be replaced.
pub fn judge_broker(entry: &BrokerEntry<'_>, wish: &Wish, here: &ThisHost) -> Result<Vec<Edit>, Kept> {
    let redis = match &entry.broker {
        Broker::Redis(redis) => redis,
        other => return Err(aside(other)),
    };
    let Some(endpoint) = wish.endpoints.first() else { return Ok(Vec::new()) };
    let goes =
        |server: &Endpoint| server == endpoint || wish.replace.iter().any(|pattern| pattern.matches(server, here));
    let servers = redis.endpoints();
    let staying: Vec<String> = servers.iter().filter(|server| !goes(server)).map(ToString::to_string).collect();
    if staying.is_empty() {
        return entry.point(endpoint, wish.given.credentials()).map_err(Kept::CannotHold);
    }
    Err(if staying.len() == servers.len() { Kept::Foreign(staying) } else { Kept::Mixed(staying) })
}

/// Why a broker that is not Redis stays as it is.
pub fn aside(broker: &Broker<'_>) -> Kept {
    match broker {
        Broker::Redis(_) | Broker::NoTransport => Kept::NoTransport,
        Broker::RabbitMq => Kept::RabbitMq,
        Broker::Other(why) => Kept::NotRedis(why.clone()),
    }
}
