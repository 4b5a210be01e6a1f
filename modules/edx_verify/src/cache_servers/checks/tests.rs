//! What a real server cannot easily be brought to do.

use super::*;

const ENDPOINT: &str = "cache.internal:11211";

fn limits(expect_activity: bool) -> Probe {
    Probe {
        timeout: Duration::from_secs(10),
        activity: None,
        expect_activity,
        allow_public: false,
        connections_percent: 80,
        memory_percent: 90,
        evictions_per_hour: 0.0,
    }
}

#[test]
fn a_name_without_an_address_fails_and_nothing_else_is_tried() {
    let address = Step::Seen(Address::Unresolved("Name does not resolve".to_owned()));
    let checks = judge(ENDPOINT, &Seen { address, ..Seen::default() }, &limits(false));
    assert_eq!(
        checks[0],
        Check::failed(
            "memcached.address",
            ENDPOINT,
            "this host does not resolve the name: Name does not resolve",
            "check DNS and /etc/hosts, or give an address"
        )
    );
    assert!(checks[1..].iter().all(|check| check.status == crate::Status::Skipped), "{checks:?}");
}

#[test]
fn a_name_that_only_the_far_end_knows_and_a_way_there_that_does_not_work() {
    let error = Error::Way { endpoint: ENDPOINT.parse().unwrap(), said: "ssh to app1: Permission denied".to_owned() };
    let connect = Step::Failed(Fault::Memcached(error));
    let seen = Seen { address: Step::Seen(Address::Untold), connect, ..Seen::default() };
    let checks = judge(ENDPOINT, &seen, &limits(false));
    let untold = "only the host that connects to it knows the name's address";
    assert_eq!(checks[0], Check::skipped("memcached.address", ENDPOINT, untold));
    assert_eq!(
        checks[1],
        Check::failed(
            "memcached.reachable",
            ENDPOINT,
            "ssh to app1: Permission denied",
            "see to the way to the server first; of memcached nothing is known"
        )
    );
}

#[test]
fn a_name_server_that_does_not_answer_fails_by_name() {
    let address = Step::Failed(Fault::OutOfTime);
    let checks = judge(ENDPOINT, &Seen { address, ..Seen::default() }, &limits(false));
    assert_eq!(checks[0].seen, "the name was not resolved within 10s");
}

#[test]
fn one_public_address_among_several_is_enough_to_refuse() {
    let with_class = |text: &str| {
        let address: IpAddr = text.parse().unwrap();
        (address, classify(address))
    };
    let address = Step::Seen(Address::Tcp(vec![with_class("10.0.0.5"), with_class("203.0.113.9")]));
    let seen = Seen { address, ..Seen::default() };
    assert_eq!(
        judge(ENDPOINT, &seen, &limits(false))[0].seen,
        "203.0.113.9 is a public address; it was not connected to"
    );
    let allowed = Probe { allow_public: true, ..limits(false) };
    assert_eq!(judge(ENDPOINT, &seen, &allowed)[0].seen, "10.0.0.5 is private, 203.0.113.9 is public, and allowed");
}

#[test]
fn a_connection_that_takes_all_the_time_blames_the_way_there() {
    let address = Step::Seen(Address::Tcp(vec![(IpAddr::from([10, 0, 0, 5]), AddressClass::Private)]));
    let connect = Step::Failed(Fault::OutOfTime);
    let checks = judge(ENDPOINT, &Seen { address, connect, ..Seen::default() }, &limits(false));
    assert_eq!(checks[1], Check::failed("memcached.reachable", ENDPOINT, "no connection within 10s", IS_IT_UP));
}

#[test]
fn counters_of_a_lying_server_are_judged_like_any_others() {
    let most = Some(u64::MAX);
    let stats = Stats {
        get_hits: most,
        get_misses: most,
        evictions: most,
        uptime: Some(0),
        curr_connections: most,
        max_connections: Some(0),
        bytes: most,
        limit_maxbytes: Some(0),
        ..Stats::default()
    };
    let checks = judge(ENDPOINT, &Seen { stats: Step::Seen(stats), ..Seen::default() }, &limits(false));
    let warned: Vec<&str> =
        checks.iter().filter(|check| check.status == crate::Status::Warning).map(|check| check.name).collect();
    assert_eq!(warned, ["memcached.evictions", "memcached.connections", "memcached.memory"]);
}

#[test]
fn a_server_that_tells_nothing_is_skipped_and_no_activity() {
    let seen = Seen { stats: Step::Seen(Stats::default()), ..Seen::default() };
    let checks = judge(ENDPOINT, &seen, &limits(false));
    let memory = checks.iter().find(|check| check.name == "memcached.memory");
    assert_eq!(
        memory,
        Some(&Check::skipped("memcached.memory", ENDPOINT, "the server does not tell bytes and limit_maxbytes"))
    );
    let nothing = || Activity { interval: Duration::from_secs(1), before: Stats::default(), after: Stats::default() };
    let check = activity(ENDPOINT, &Step::Seen(nothing()), &limits(true));
    assert_eq!(
        (check.status, check.seen.as_str()),
        (crate::Status::Failed, "the server does not tell cmd_get and cmd_set")
    );
}

#[test]
fn a_restart_between_the_readings_shows_no_activity() {
    let stats = |pid, uptime| Stats {
        pid: Some(pid),
        uptime: Some(uptime),
        cmd_get: Some(pid * 1000),
        cmd_set: Some(0),
        ..Stats::default()
    };
    let restarted =
        || Step::Seen(Activity { interval: Duration::from_secs(1), before: stats(1, 500), after: stats(2, 1) });
    let seen = "memcached was restarted between the two readings";
    for (expect, status) in [(false, crate::Status::Warning), (true, crate::Status::Failed)] {
        let check = activity(ENDPOINT, &restarted(), &limits(expect));
        assert_eq!((check.status, check.seen.as_str()), (status, seen));
    }
}

#[test]
fn spans_are_told_in_two_units_at_most() {
    for (seconds, text) in [(59, "59 s"), (61, "1 min"), (3700, "1 h 1 min"), (90_000, "1 d 1 h")] {
        assert_eq!(span(seconds), text);
    }
}
