//! Judges the variables against what stands in the files.

use ansible_protocol::Value;
use edx_layout::{
    Endpoint, MemcachedVariable, ObservedCache, Release, SERVICES, ServerVars, Service, Unexpressed, UnexpressedReason,
    service_of,
};
use lossless_yaml::{Document, Node};

use super::FILE;
use super::value::Said;
use crate::check::Check;

const VARIABLE: &str = "server_vars.variable";
const SHARED: &str = "server_vars.shared_variable";
const SWITCH: &str = "server_vars.switch";
const EXPRESSIBLE: &str = "server_vars.expressible";

/// The variable that, given to an upgrade, beats the own variables of the services of its kind.
const SHARED_VARIABLE: &str = "edx_django_service_memcache";
/// Installs memcached on the application server again while it is true.
const SWITCH_VARIABLE: &str = "EDXAPP_ENABLE_MEMCACHE";
const EDXAPP_VARIABLE: &str = "EDXAPP_MEMCACHE";
const COURSE_STRUCTURE_VARIABLE: &str = "EDXAPP_CACHE_COURSE_STRUCTURE_MEMCACHE";

/// The parts of a judgement.
pub struct Agreement<'a> {
    /// What the files make necessary.
    pub expected: &'a ServerVars,
    /// The caches in the files.
    pub observed: &'a [ObservedCache],
    /// The release, where known.
    pub release: Option<Release>,
}

impl Agreement<'_> {
    /// Where there is no file at all.
    pub fn without_file(&self, file: &str) -> Vec<Check> {
        let needed: Vec<&str> = self.expected.vars.keys().map(String::as_str).collect();
        let mut checks = vec![if needed.is_empty() && self.expected.unexpressed.is_empty() {
            Check::ok(FILE, file, "it does not exist, and need not: every cache is where its role has it by default")
        } else {
            Check::failed(
                FILE,
                file,
                "it does not exist, so the next upgrade points the caches back at this host",
                format!("write it with the role edx_server_vars; it needs {}", needed.join(", ")),
            )
        }];
        checks.extend(self.expected.unexpressed.iter().map(|cache| self.unexpressed(cache, None)));
        checks
    }

    /// Every check of the variables in a file.
    pub fn judge(&self, document: &Document) -> Vec<Check> {
        let said = |name: &str| document.root().get(name).map_or(Said::Nothing, Said::read);
        let shared = said(SHARED_VARIABLE);
        let mut checks = Vec::new();
        for (variable, value) in self.expected.vars.iter().filter(|(name, _)| *name != SWITCH_VARIABLE) {
            checks.push(self.variable(variable, &strings(value), &said(variable), &shared));
        }
        for variable in &self.expected.at_default {
            let said = said(variable);
            if ![SWITCH_VARIABLE, SHARED_VARIABLE].contains(&variable.as_str()) && said != Said::Nothing {
                checks.push(self.variable(variable, &self.default_of(variable), &said, &shared));
            }
        }
        checks.extend(self.shared(&shared));
        checks.extend(self.expected.unexpressed.iter().map(|cache| self.unexpressed(cache, Some(document.root()))));
        checks.extend(self.switch(&said(SWITCH_VARIABLE)));
        checks
    }

    /// What the next upgrade renders where the variable is not set.
    fn default_of(&self, variable: &str) -> Vec<String> {
        let of = |service: &Service| service.memcached_default.iter().map(|text| (*text).to_owned()).collect();
        match variable {
            COURSE_STRUCTURE_VARIABLE => {
                self.expected.vars.get(EDXAPP_VARIABLE).map_or_else(|| self.default_of(EDXAPP_VARIABLE), strings)
            }
            EDXAPP_VARIABLE => Service::named("lms").map(of).unwrap_or_default(),
            SHARED_VARIABLE => Service::named("analytics_api").map(of).unwrap_or_default(),
            _ => owner(variable).map(of).unwrap_or_default(),
        }
    }

    /// Whether a variable reproduces `wanted`, the servers that stand in the files.
    fn variable(&self, variable: &str, wanted: &[String], said: &Said, shared: &Said) -> Check {
        let literal = format!("write {variable}: {}", Value::from(wanted));
        let is_beaten = owner(variable).is_some_and(|service| service.edx_django_service);
        let shared_reproduces = is_beaten && matches!(shared, Said::List(servers) if same(servers, wanted));
        let failed = |seen: String| Check::failed(VARIABLE, variable, seen, &literal);
        match said {
            Said::List(servers) if same(servers, wanted) => {
                Check::ok(VARIABLE, variable, format!("{}, as in the files", shown(servers)))
            }
            Said::List(servers) if shared_reproduces => Check::warning(
                VARIABLE,
                variable,
                format!("{}, which {SHARED_VARIABLE} beats, and the files say {}", shown(servers), wanted.join(", ")),
                literal,
            ),
            Said::List(servers) => Check::failed(
                VARIABLE,
                variable,
                format!("{}, but the files say {}", shown(servers), wanted.join(", ")),
                format!("the next upgrade moves the caches there: {literal}, or point the files there"),
            ),
            Said::Nothing if shared_reproduces => {
                Check::ok(VARIABLE, variable, format!("not set, and {SHARED_VARIABLE} reproduces what the files say"))
            }
            Said::Nothing => failed(format!(
                "not set: the next upgrade brings back {}, and the files say {}",
                self.default_of(variable).join(", "),
                wanted.join(", ")
            )),
            Said::Unknown(what) => Check::warning(
                VARIABLE,
                variable,
                format!("{what}: what the next upgrade makes of it cannot be known here"),
                literal,
            ),
            other => failed(format!("{}, but its role needs a list of strings", other.kind())),
        }
    }

    /// Whether the shared variable changes what a service's own variable says. Where the files make it
    /// necessary it has been judged like any other, and then all of its services agree.
    fn shared(&self, said: &Said) -> Option<Check> {
        if self.expected.vars.contains_key(SHARED_VARIABLE) || *said == Said::Nothing {
            return None;
        }
        let members: Vec<&ObservedCache> = self.observed.iter().filter(|cache| takes_shared(cache)).collect();
        if members.is_empty() {
            return None;
        }
        let servers = match said {
            Said::List(servers) => servers,
            Said::Unknown(what) => {
                return Some(Check::warning(
                    SHARED,
                    SHARED_VARIABLE,
                    format!("{what}: what the next upgrade makes of it cannot be known here"),
                    "write a literal list, or remove it",
                ));
            }
            other => {
                let seen = format!("{}, but its role needs a list of strings", other.kind());
                return Some(Check::failed(SHARED, SHARED_VARIABLE, seen, "write a literal list, or remove it"));
            }
        };
        let moved: Vec<String> = members
            .iter()
            .filter(|cache| !same(servers, &cache.servers))
            .map(|cache| format!("{} says {}", cache.file.display(), shown(&cache.servers)))
            .collect();
        if moved.is_empty() {
            return Some(Check::ok(SHARED, SHARED_VARIABLE, format!("{}, as in the files", shown(servers))));
        }
        Some(Check::failed(
            SHARED,
            SHARED_VARIABLE,
            format!("{}, which beats each service's own variable, but {}", shown(servers), moved.join(", ")),
            "remove it, or point these files there",
        ))
    }

    fn unexpressed(&self, cache: &Unexpressed, root: Option<Node<'_>>) -> Check {
        let subject = format!("{} {}", cache.file.display(), cache.key_path);
        let seen = cache.reason.to_string();
        match &cache.reason {
            UnexpressedReason::UnknownService => Check::warning(
                EXPRESSIBLE,
                subject,
                seen,
                "if an upgrade writes this file, see to it that it writes the same servers",
            ),
            UnexpressedReason::WholeMapping { variable } if self.is_in_mapping(cache, variable, root) => {
                Check::ok(EXPRESSIBLE, subject, format!("{variable} says the same"))
            }
            _ => Check::failed(EXPRESSIBLE, subject, seen, "the next upgrade does not reproduce what the file says"),
        }
    }

    /// Whether a variable that holds all caches has this one, with the same servers.
    fn is_in_mapping(&self, cache: &Unexpressed, variable: &str, root: Option<Node<'_>>) -> bool {
        let name = cache.key_path.strip_prefix("CACHES.").unwrap_or(&cache.key_path);
        let location = root.and_then(|root| root.get(variable)?.get(name)?.get("LOCATION")).map(Said::read);
        let is_same_place = |other: &&ObservedCache| other.file == cache.file && other.key_path == cache.key_path;
        let Some(observed) = self.observed.iter().find(is_same_place) else { return false };
        match location {
            Some(Said::List(servers)) => same(&servers, &observed.servers),
            Some(Said::Str(server)) => same(&[server], &observed.servers),
            _ => false,
        }
    }

    /// Whether the next upgrade leaves the local memcached alone once nothing uses it.
    fn switch(&self, said: &Said) -> Option<Check> {
        let off = format!("write {SWITCH_VARIABLE}: false");
        if !self.expected.vars.contains_key(SWITCH_VARIABLE) {
            let is_off =
                *said == Said::Bool(false) && self.expected.at_default.iter().any(|name| name == SWITCH_VARIABLE);
            return is_off.then(|| {
                Check::warning(
                    SWITCH,
                    SWITCH_VARIABLE,
                    "false, while caches still use a memcached on this host",
                    "an upgrade no longer takes care of it: move the rest, or remove the variable",
                )
            });
        }
        let failed = |seen: &str| Check::failed(SWITCH, SWITCH_VARIABLE, seen, &off);
        Some(match said {
            Said::Bool(false) => {
                Check::ok(SWITCH, SWITCH_VARIABLE, "false: the next upgrade installs no memcached here")
            }
            Said::Bool(true) => failed("true: the next upgrade installs memcached on this host again"),
            Said::Nothing => match self.release {
                Some(release) if release < Release::Juniper => Check::ok(
                    SWITCH,
                    SWITCH_VARIABLE,
                    format!("not set, and {release} looks at {EDXAPP_VARIABLE} instead"),
                ),
                _ => failed("not set, and true by default: the next upgrade installs memcached on this host again"),
            },
            Said::Unknown(what) => Check::warning(
                SWITCH,
                SWITCH_VARIABLE,
                format!("{what}: what the next upgrade makes of it cannot be known here"),
                off,
            ),
            Said::Str(_) => failed("a string, which newer versions of Ansible take for true whatever it says"),
            other => failed(&format!("{}, but it needs true or false", other.kind())),
        })
    }
}

fn owner(variable: &str) -> Option<&'static Service> {
    SERVICES.iter().find(|service| matches!(service.memcached, MemcachedVariable::Own(name) if name == variable))
}

/// A cache that the shared variable reaches.
fn takes_shared(cache: &ObservedCache) -> bool {
    cache.key_path == "CACHES.default" && service_of(&cache.file).is_some_and(|service| service.edx_django_service)
}

fn strings(value: &Value) -> Vec<String> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

fn shown(servers: &[String]) -> String {
    servers.iter().map(|server| edx_layout::redacted(server)).collect::<Vec<_>>().join(", ")
}

/// Whether both lists lead to the same servers in the same order: clients spread their keys by it.
fn same(servers: &[String], others: &[String]) -> bool {
    let place = |text: &String| text.parse::<Endpoint>().ok();
    let alike = |(server, other): (&String, &String)| {
        server == other || place(server).is_some_and(|place_of_server| place(other) == Some(place_of_server))
    };
    servers.len() == others.len() && servers.iter().zip(others).all(alike)
}
