//! What is to become of one cache.

use edx_layout::{CacheEntry, CannotHold, Client, Endpoint, EndpointError, Location, ThisHost, redacted};

use crate::options::Given;
use crate::replace::Pattern;

/// Where caches, or brokers, shall point.
#[derive(Debug, Clone)]
pub struct Wish {
    /// The servers, in order.
    pub endpoints: Vec<Endpoint>,
    /// Which servers they replace.
    pub replace: Vec<Pattern>,
    /// The user and password for them.
    pub given: Given,
}

/// What is to become of a cache.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It points where it shall.
    Met,
    /// Its servers become these, written for its backend.
    Set(Vec<String>),
    /// It stays as it is.
    Kept(Kept),
}

/// Why a cache or a broker stays as it is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Kept {
    /// There is nothing to replace.
    #[error("it has no LOCATION; add one by hand if the platform uses this cache")]
    NoLocation,
    /// Django could not use it either.
    #[error("its LOCATION is neither a string nor a list of strings; correct it by hand")]
    NotServers,
    /// A server that is none.
    #[error("{0}; correct it by hand")]
    NotUnderstood(EndpointError),
    /// Servers that the wish says nothing about.
    #[error("its servers are not among those to replace ({}); name them in `replace` if they are to go", .0.join(", "))]
    Foreign(Vec<String>),
    /// Some of its servers are to be replaced, these are not.
    #[error("of its servers only some are to be replaced, so the list was left alone; name {} in `replace`, too, if the whole list is to go", .0.join(", "))]
    Mixed(Vec<String>),
    /// Another kind of server.
    #[error("it is RabbitMQ, through which Celery's tasks travel up to Juniper; this module leaves it alone")]
    RabbitMq,
    /// A service without a broker.
    #[error("there is no CELERY_BROKER_TRANSPORT beside it, so that its service has no broker")]
    NoTransport,
    /// It may be Redis, but not one that can be replaced.
    #[error("{0}")]
    NotRedis(String),
    /// It has no room for what it shall say.
    #[error("{0}")]
    CannotHold(CannotHold),
}

impl Kept {
    /// Whether the operator has to look at it. Other servers may well be
    /// meant to stay, so what points at them is only counted.
    pub fn is_worrying(&self) -> bool {
        !matches!(self, Self::Foreign(_) | Self::NoTransport)
    }
}

/// Judges one cache.
///
/// Its LOCATION is set when each of its servers is either one of the wished
/// ones or to be replaced; a list of which only a part is to be replaced stays
/// whole, since its order decides which server holds which key.
pub fn judge(cache: &CacheEntry<'_>, wish: &Wish, here: &ThisHost) -> Verdict {
    let texts = match &cache.location {
        Location::Missing => return Verdict::Kept(Kept::NoLocation),
        Location::Other { .. } => return Verdict::Kept(Kept::NotServers),
        Location::Text { servers, .. } | Location::List { servers, .. } => servers,
    };
    let servers = match texts.iter().map(|text| text.parse()).collect::<Result<Vec<Endpoint>, _>>() {
        Ok(servers) => servers,
        Err(error) => return Verdict::Kept(Kept::NotUnderstood(error)),
    };
    if servers == wish.endpoints {
        return Verdict::Met;
    }
    let goes = |server: &Endpoint| {
        wish.endpoints.contains(server) || wish.replace.iter().any(|pattern| pattern.matches(server, here))
    };
    let staying: Vec<String> =
        std::iter::zip(texts, &servers).filter(|(_, server)| !goes(server)).map(|(text, _)| redacted(text)).collect();
    if staying.is_empty() {
        let client = Client::of_backend(cache.backend);
        return Verdict::Set(wish.endpoints.iter().map(|endpoint| endpoint.written_for(client)).collect());
    }
    Verdict::Kept(if staying.len() == servers.len() { Kept::Foreign(staying) } else { Kept::Mixed(staying) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::Service;
    use edx_layout::find_caches;
    use lossless_yaml::Document;

    fn wish(endpoints: &[&str], replace: &[&str]) -> Wish {
        Wish {
            endpoints: endpoints.iter().map(|text| text.parse().unwrap()).collect(),
            replace: replace.iter().map(|text| Pattern::read(text, Service::Memcached).unwrap()).collect(),
            given: Given::default(),
        }
    }

    fn verdict(location: &str, wish: &Wish) -> Verdict {
        verdict_of("x.memcached.MemcachedCache", location, wish)
    }

    fn verdict_of(backend: &str, location: &str, wish: &Wish) -> Verdict {
        let yaml = format!("CACHES: {{default: {{BACKEND: {backend}, {location}}}}}");
        let doc = Document::parse(yaml).unwrap();
        judge(&find_caches(&doc)[0], wish, &ThisHost::default())
    }

    fn set(servers: &[&str]) -> Verdict {
        Verdict::Set(servers.iter().map(|server| (*server).to_owned()).collect())
    }

    fn kept(verdict: &Verdict) -> String {
        match verdict {
            Verdict::Kept(kept) => kept.to_string(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn local_servers_are_replaced() {
        let wish = wish(&["172.31.5.10:11211"], &["local"]);
        for location in ["[memcache]", "['localhost:11211']", "'127.0.0.1:11211'", "[localhost, memcache]", "unix:/m"] {
            assert_eq!(verdict(&format!("LOCATION: {location}"), &wish), set(&["172.31.5.10:11211"]), "{location}");
        }
    }

    #[test]
    fn a_cache_at_its_place_is_met_however_it_is_written() {
        let wish = wish(&["172.31.5.10:11211"], &["local"]);
        for location in ["['172.31.5.10:11211']", "172.31.5.10", "['inet:172.31.5.10:11211']"] {
            assert_eq!(verdict(&format!("LOCATION: {location}"), &wish), Verdict::Met, "{location}");
        }
    }

    #[test]
    fn other_servers_stay() {
        let wish = wish(&["172.31.5.10:11211"], &["local"]);
        let foreign = verdict("LOCATION: ['172.31.5.20:11211']", &wish);
        assert_eq!(
            kept(&foreign),
            "its servers are not among those to replace (172.31.5.20:11211); name them in `replace` if they are to go"
        );
        let mixed = verdict("LOCATION: ['localhost:11211', '172.31.5.20:11211']", &wish);
        assert_eq!(
            kept(&mixed),
            "of its servers only some are to be replaced, so the list was left alone; name 172.31.5.20:11211 in `replace`, too, if the whole list is to go"
        );
        assert!(matches!(&foreign, Verdict::Kept(kept) if !kept.is_worrying()));
        assert!(matches!(&mixed, Verdict::Kept(kept) if kept.is_worrying()));
    }

    #[test]
    fn a_second_server_can_be_added_and_taken_away() {
        let two = wish(&["172.31.5.10:11211", "172.31.5.11:11211"], &["local"]);
        let both = set(&["172.31.5.10:11211", "172.31.5.11:11211"]);
        assert_eq!(verdict("LOCATION: ['172.31.5.10:11211']", &two), both);
        assert_eq!(verdict("LOCATION: ['172.31.5.11:11211', '172.31.5.10:11211']", &two), both);
        let one = wish(&["172.31.5.10:11211"], &["172.31.5.11:11211"]);
        assert_eq!(verdict("LOCATION: ['172.31.5.10:11211', '172.31.5.11:11211']", &one), set(&["172.31.5.10:11211"]));
    }

    #[test]
    fn what_is_not_understood_stays_even_with_all() {
        let wish = wish(&["172.31.5.10:11211"], &["all"]);
        for (location, message) in [
            ("KEY_PREFIX: x", "it has no LOCATION; add one by hand if the platform uses this cache"),
            ("LOCATION: 11211", "its LOCATION is neither a string nor a list of strings; correct it by hand"),
            (
                "LOCATION: ['user:pw@10.0.0.1:11211']",
                "\"...@10.0.0.1:11211\" is not a memcached endpoint: memcached endpoints have no user or password; correct it by hand",
            ),
        ] {
            assert_eq!(kept(&verdict(location, &wish)), message);
        }
        assert_eq!(verdict("LOCATION: 8.8.8.8", &wish), set(&["172.31.5.10:11211"]));
    }

    #[test]
    fn an_ipv6_server_is_written_for_the_backend() {
        let wish = wish(&["[fd00::1]:11211"], &["local"]);
        let location = "LOCATION: [memcache]";
        assert_eq!(verdict_of("x.MemcachedCache", location, &wish), set(&["inet6:[fd00::1]:11211"]));
        assert_eq!(verdict_of("x.PyMemcacheCache", location, &wish), set(&["[fd00::1]:11211"]));
    }
}
