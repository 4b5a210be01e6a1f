use std::collections::BTreeSet;
use std::fmt;
use std::net::IpAddr;

use crate::settings::Settings;
use crate::stats::RunningSettings;

/// A setting that the daemon does not run with as wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mismatch {
    /// The setting, as in [`Settings`], or an extra option as given.
    pub setting: String,
    /// What was asked for.
    pub wanted: String,
    /// What the daemon says it runs with; `not reported` where it says nothing.
    pub running: String,
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: wanted {}, running {}", self.setting, self.wanted, self.running)
    }
}

/// Where `running` differs from `wanted`; empty when the daemon runs as asked.
///
/// The user, and extra options that `stats settings` does not report, cannot be compared.
pub fn compare(wanted: &Settings, running: &RunningSettings) -> Vec<Mismatch> {
    let mut found = Vec::new();
    let mut check = |setting: &str, wanted: String, running: Option<String>| {
        let running = running.unwrap_or_else(|| "not reported".to_owned());
        if wanted != running {
            found.push(Mismatch { setting: setting.to_owned(), wanted, running });
        }
    };
    check("listen", addresses(wanted.listen.iter().map(ToString::to_string)), running.inter.as_deref().map(listening));
    let number = |value: Option<u64>| value.map(|value| value.to_string());
    check("port", wanted.port.to_string(), number(running.tcpport));
    check("UDP port", "0".to_owned(), number(running.udpport));
    check("memory_mb", wanted.memory_mb.to_string(), running.maxbytes.map(mebibytes));
    check("max_connections", wanted.max_connections.to_string(), number(running.maxconns));
    check("threads", wanted.threads.to_string(), number(running.num_threads));
    check("max_item_size", wanted.max_item_size.bytes().to_string(), number(running.item_size_max));
    for option in &wanted.extra {
        if let Some((wanted, running)) = extra(option.letter(), option.value(), running) {
            check(&option.to_string(), wanted, running);
        }
    }
    found
}

/// What an extra option should read as in `stats settings`, and what it does; `None` where
/// memcached does not tell.
fn extra(letter: char, value: Option<&str>, running: &RunningSettings) -> Option<(String, Option<String>)> {
    let switch = |wanted: bool, running: Option<bool>| {
        let word = |on| if on { "on" } else { "off" }.to_owned();
        Some((word(wanted), running.map(word)))
    };
    let number = |running: Option<u64>| Some((value?.to_owned(), running.map(|n| n.to_string())));
    match letter {
        'F' => switch(false, running.flush_enabled),
        'X' => switch(false, running.dump_enabled),
        'M' => switch(false, running.evictions),
        'C' => switch(false, running.cas_enabled),
        'A' => switch(true, running.shutdown_command),
        'R' => number(running.reqs_per_event),
        'b' => number(running.tcp_backlog),
        'n' => number(running.chunk_size),
        _ => None,
    }
}

/// `inter` as a sorted list without repetitions.
fn listening(inter: &str) -> String {
    if inter == "NULL" {
        return "every address".to_owned();
    }
    addresses(inter.split(',').map(str::to_owned))
}

fn addresses(list: impl Iterator<Item = String>) -> String {
    let sorted: BTreeSet<String> = list.map(|text| text.parse::<IpAddr>().map_or(text, |ip| ip.to_string())).collect();
    sorted.into_iter().collect::<Vec<_>>().join(",")
}

fn mebibytes(bytes: u64) -> String {
    const MEBIBYTE: u64 = 1024 * 1024;
    if bytes.is_multiple_of(MEBIBYTE) { (bytes / MEBIBYTE).to_string() } else { format!("{bytes} bytes") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ExtraOption;

    fn as_asked() -> RunningSettings {
        RunningSettings {
            maxbytes: Some(64 * 1024 * 1024),
            maxconns: Some(1024),
            tcpport: Some(11211),
            udpport: Some(0),
            inter: Some("127.0.0.1".to_owned()),
            num_threads: Some(4),
            item_size_max: Some(1024 * 1024),
            ..RunningSettings::default()
        }
    }

    fn differences(wanted: &Settings, running: &RunningSettings) -> Vec<String> {
        compare(wanted, running).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_daemon_that_runs_as_asked_differs_in_nothing() {
        assert!(differences(&Settings::default(), &as_asked()).is_empty());
    }

    #[test]
    fn the_order_of_addresses_and_ipv6_spelling_do_not_matter() {
        let wanted =
            Settings { listen: vec!["::1".parse().unwrap(), "127.0.0.1".parse().unwrap()], ..Settings::default() };
        let running = RunningSettings { inter: Some("127.0.0.1,0:0:0:0:0:0:0:1".to_owned()), ..as_asked() };
        assert!(differences(&wanted, &running).is_empty());
    }

    #[test]
    fn each_difference_names_setting_wanted_and_running() {
        let running = RunningSettings {
            maxbytes: Some(1000),
            maxconns: None,
            udpport: Some(11211),
            inter: Some("NULL".to_owned()),
            ..as_asked()
        };
        assert_eq!(
            differences(&Settings::default(), &running),
            [
                "listen: wanted 127.0.0.1, running every address",
                "UDP port: wanted 0, running 11211",
                "memory_mb: wanted 64, running 1000 bytes",
                "max_connections: wanted 1024, running not reported",
            ]
        );
    }

    #[test]
    fn extra_options_are_compared_where_memcached_reports_them() {
        let wanted = Settings {
            extra: ["-F", "-R 40", "-o modern"].map(|text| ExtraOption::parse(text).unwrap()).to_vec(),
            ..Settings::default()
        };
        let running = RunningSettings { flush_enabled: Some(true), reqs_per_event: Some(20), ..as_asked() };
        assert_eq!(differences(&wanted, &running), ["-F: wanted off, running on", "-R 40: wanted 40, running 20"]);
    }
}
