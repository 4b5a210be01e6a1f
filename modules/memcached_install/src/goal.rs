//! What a task asks for.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use ansible_protocol::{Arguments, Value};
use host::{Memory, Network};
use memcached::{Endpoint, ExtraOption, Settings, parse_listen_address};

use crate::Error;
use crate::memory;

/// Why an open address lets strangers in.
const CAUTION: &str = "memcached asks for no password";

/// What the task asks for, checked and complete.
#[derive(Debug)]
pub struct Goal {
    pub(crate) wish: Wish,
    pub(crate) config_file: PathBuf,
    pub(crate) backup: bool,
    pub(crate) service: String,
    pub(crate) tools: bool,
    pub(crate) timeout: Duration,
    pub(crate) lock_timeout: u64,
    pub(crate) warnings: Vec<String>,
}

/// The two things that can be asked for.
#[derive(Debug)]
pub(crate) enum Wish {
    /// memcached installed and running so.
    Running(Box<Running>),
    /// No memcached.
    Absent { purge: bool },
}

#[derive(Debug)]
pub(crate) struct Running {
    pub settings: Settings,
    /// Whether an installed package is brought to the newest version.
    pub latest: bool,
    /// Where to ask the daemon from this host.
    pub local: Endpoint,
    /// What other hosts use.
    pub endpoints: Vec<String>,
}

impl Goal {
    /// Reads and checks a task's options. The host is asked for its addresses, memory and processors.
    pub fn from_options(options: &Arguments) -> Result<Self, Error> {
        let mut warnings = Vec::new();
        let wish = match options.str("state") {
            Some("absent") => Wish::Absent { purge: options.bool("purge") },
            state => Wish::Running(Box::new(running(options, state == Some("latest"), &mut warnings)?)),
        };
        let service = options.str("service").unwrap_or("memcached").to_owned();
        let is_odd = |c: char| !(c.is_ascii_alphanumeric() || "@._-".contains(c));
        if service.is_empty() || service.starts_with('-') || service.contains(is_odd) {
            let problem = format!("{service:?} is no service's name");
            return Err(host::Error::Option { option: "service", problem }.into());
        }
        let config_file = Path::new(options.str("config_file").unwrap_or_default()).to_owned();
        if !config_file.is_absolute() {
            let problem = format!("{} is not an absolute path", config_file.display());
            return Err(host::Error::Option { option: "config_file", problem }.into());
        }
        Ok(Self {
            wish,
            config_file,
            backup: options.bool("backup"),
            service,
            tools: options.bool("tools"),
            timeout: Duration::from_secs(number(options, "timeout", 1, 3600)?),
            lock_timeout: number(options, "lock_timeout", 0, 86_400)?,
            warnings,
        })
    }

    /// The packages that the task is about, memcached first.
    pub(crate) fn packages(&self) -> Vec<&'static str> {
        if self.tools { vec!["memcached", "libmemcached-tools"] } else { vec!["memcached"] }
    }

    pub(crate) fn running(&self) -> Option<&Running> {
        match &self.wish {
            Wish::Running(running) => Some(running),
            Wish::Absent { .. } => None,
        }
    }
}

fn running(options: &Arguments, latest: bool, warnings: &mut Vec<String>) -> Result<Running, Error> {
    let network = Network::of_this_host()?;
    let listen = match options.strings("listen") {
        Some(given) if !given.is_empty() => {
            given.into_iter().map(parse_listen_address).collect::<Result<Vec<_>, _>>().map_err(Error::Setting)?
        }
        _ => vec![network.private_address()?, [127, 0, 0, 1].into()],
    };
    for address in &listen {
        network.require_own(*address)?;
        warnings.extend(host::listen_warning(*address, CAUTION));
    }
    let total = host::memory_of_this_machine()?;
    let memory_mb = Memory::parse("memory_mb", options.raw("memory_mb").unwrap_or(&Value::Null))?.megabytes(total);
    warnings.extend(memory::warning(memory_mb, total));
    let size = options.str("max_item_size").unwrap_or_default();
    let settings = Settings {
        listen,
        port: number(options, "port", 1, 65_535)?,
        memory_mb,
        max_connections: number(options, "max_connections", 1, 10_000_000)?,
        threads: number(options, "threads", 1, 64)?,
        max_item_size: size.parse().map_err(Error::Setting)?,
        user: options.str("user").unwrap_or_default().to_owned(),
        extra: options.raw("extra").map(extra).transpose()?.unwrap_or_default(),
    };
    let cores = std::thread::available_parallelism().map_or(usize::MAX, std::num::NonZero::get);
    warnings.extend(settings.validate(cores).map_err(Error::Setting)?);
    Ok(Running {
        latest,
        local: endpoint_of(host::local_endpoint(&settings.listen, settings.port)),
        endpoints: network.endpoints(&settings.listen, settings.port),
        settings,
    })
}

fn endpoint_of(address: SocketAddr) -> Endpoint {
    Endpoint::from((address.ip(), address.port()))
}

/// An int option within its bounds.
fn number<T: TryFrom<i64>>(options: &Arguments, option: &'static str, least: i64, most: i64) -> Result<T, Error> {
    let given = options.int(option).unwrap_or(least);
    let within = Some(given).filter(|given| (least..=most).contains(given));
    within.and_then(|given| T::try_from(given).ok()).ok_or_else(|| {
        host::Error::Option { option, problem: format!("{given} is not between {least} and {most}") }.into()
    })
}

/// Extra options from a list, a dict, or one string as it would stand on a command line.
fn extra(value: &Value) -> Result<Vec<ExtraOption>, Error> {
    let refused = |problem: &str| Error::from(host::Error::Option { option: "extra", problem: problem.to_owned() });
    let entries: Vec<String> = match value {
        Value::Null => Vec::new(),
        Value::String(line) => split_options(line),
        Value::Array(items) => {
            items.iter().map(|item| item.as_str().map(str::to_owned)).collect::<Option<_>>().ok_or_else(|| {
                refused("an entry of the list is no string; write options such as \"-F\" or \"-R 40\"")
            })?
        }
        Value::Object(map) => {
            let mut entries = Vec::new();
            for (name, value) in map {
                let value = match value {
                    Value::Bool(false) | Value::Null => continue,
                    Value::Bool(true) => String::new(),
                    Value::String(text) => format!(" {text}"),
                    Value::Number(number) => format!(" {number}"),
                    _ => return Err(refused("a value of the dict is neither a string, a number nor a bool")),
                };
                entries.push(format!("{}{value}", dashed(name)));
            }
            entries
        }
        _ => {
            return Err(refused(
                "write a list such as [\"-F\", \"-R 40\"] or a dict such as {\"-F\": true, \"-R\": 40}",
            ));
        }
    };
    entries.iter().map(|entry| ExtraOption::parse(entry).map_err(Error::Setting)).collect()
}

/// `F` and `disable-flush-all` may be written without dashes as keys of a dict.
fn dashed(name: &str) -> String {
    match name.chars().count() {
        _ if name.starts_with('-') => name.to_owned(),
        1 => format!("-{name}"),
        _ => format!("--{name}"),
    }
}

fn split_options(line: &str) -> Vec<String> {
    let mut entries: Vec<String> = Vec::new();
    for word in line.split_whitespace() {
        match entries.last_mut() {
            Some(last) if !word.starts_with('-') => {
                last.push(' ');
                last.push_str(word);
            }
            _ => entries.push(word.to_owned()),
        }
    }
    entries
}

#[cfg(test)]
mod tests {
    use super::*;
    use ansible_protocol::json;

    fn shown(value: &Value) -> String {
        match extra(value) {
            Ok(options) => options.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn extra_options_come_as_a_list_a_dict_or_a_line() {
        assert_eq!(shown(&json!(["-F", "-R 40"])), "-F -R 40");
        assert_eq!(
            shown(&json!({"-F": true, "R": 40, "disable-dumping": true, "-C": false, "M": null})),
            "-F -R 40 -X"
        );
        assert_eq!(shown(&json!("-F -R 40 -o modern,no_hashexpand")), "-F -R 40 -o modern,no_hashexpand");
        assert_eq!(shown(&json!([])), "");
        assert_eq!(shown(&json!("")), "");
    }

    #[test]
    fn other_shapes_of_extra_options_are_refused() {
        assert_eq!(
            shown(&json!(true)),
            "extra: write a list such as [\"-F\", \"-R 40\"] or a dict such as {\"-F\": true, \"-R\": 40}"
        );
        assert_eq!(
            shown(&json!([1])),
            "extra: an entry of the list is no string; write options such as \"-F\" or \"-R 40\""
        );
        assert_eq!(shown(&json!({"-R": [1]})), "extra: a value of the dict is neither a string, a number nor a bool");
        assert_eq!(shown(&json!({"p": 1})), "extra: \"-p 1\" cannot be used; it is set by port");
    }
}
