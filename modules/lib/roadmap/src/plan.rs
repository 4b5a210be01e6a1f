//! Which servers so many active users take.

use edx_layout::Layer;

use crate::readiness::{capital, statuses};
use crate::status::{HostStatus, Place};
use crate::step::next_step;
use crate::words::{counted, grouped, listed};

/// Up to so many active users one server is enough.
const ONE_SERVER: u64 = 1_500;
/// Ten times the only number that the rules have. Sizes that held there say nothing here.
const RULES_END: u64 = 10 * ONE_SERVER;

/// The servers that so many active users take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// For so many.
    pub active_users: u64,
    /// Whether courses have code graders.
    pub grades_code: bool,
    /// The layout in one sentence.
    pub layout: String,
    /// The servers.
    pub servers: Vec<PlannedServer>,
    /// Who may reach which port.
    pub ports: Vec<PortRule>,
    /// What else holds, by what it is about.
    pub rules: Vec<Rule>,
    /// What the rules do not say at this number.
    pub unknown: Vec<String>,
    /// What is otherwise today.
    pub differences: Vec<String>,
    /// The next step on the way there.
    pub next: String,
}

/// A server, or several of the same kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedServer {
    /// What it is for.
    pub role: String,
    /// How many.
    pub count: u64,
    /// Its size, or either of two; empty where the rules have none.
    pub sizes: Vec<Size>,
    /// Why.
    pub why: String,
}

impl PlannedServer {
    /// `t2.xlarge (4 vCPU, 16 GiB)`, or that it has to be measured.
    pub fn size(&self) -> String {
        let sizes: Vec<_> =
            self.sizes.iter().map(|it| format!("{} ({} vCPU, {} GiB)", it.name, it.vcpus, it.gib)).collect();
        if sizes.is_empty() { "measure: the rules have no size".to_owned() } else { sizes.join(" or ") }
    }
}

/// A size of server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// What AWS calls it.
    pub name: &'static str,
    /// Virtual processors.
    pub vcpus: u8,
    /// Memory.
    pub gib: u8,
}

const MICRO: Size = Size { name: "t2.micro", vcpus: 1, gib: 1 };
const SMALL: Size = Size { name: "t2.small", vcpus: 1, gib: 2 };
const MEDIUM: Size = Size { name: "t2.medium", vcpus: 2, gib: 4 };
const LARGE: Size = Size { name: "t2.large", vcpus: 2, gib: 8 };
const XLARGE: Size = Size { name: "t2.xlarge", vcpus: 4, gib: 16 };

/// Who may reach a port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PortRule {
    /// Whose.
    pub server: String,
    /// Which.
    pub ports: String,
    /// Who.
    pub from: String,
}

/// A rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// What it is about, in a word or two.
    pub about: &'static str,
    /// The rule.
    pub says: String,
}

/// The servers that so many active users take, and what is otherwise today.
pub fn plan(active_users: u64, grades_code: bool, hosts: &[HostStatus]) -> Plan {
    let is_one = active_users <= ONE_SERVER;
    let queue = queue(hosts);
    let mut servers = if is_one { one() } else { many(active_users, queue) };
    if grades_code {
        servers.push(PlannedServer {
            role: "code jail".to_owned(),
            count: 1,
            sizes: Vec::new(),
            why: "it runs learners' code: keep that away from the platform and its data".to_owned(),
        });
    }
    let users = grouped(active_users);
    let layout = if is_one {
        format!("One server holds the whole platform: {users} active users are not above 1,500.")
    } else {
        format!("MySQL, MongoDB and the caches on servers of their own: {users} active users are above 1,500.")
    };
    Plan {
        active_users,
        grades_code,
        layout,
        servers,
        ports: ports(is_one, queue),
        rules: rules(is_one),
        unknown: unknown(active_users, grades_code),
        differences: if is_one { differences_to_one(hosts) } else { differences_to_many(hosts) },
        next: next(is_one, hosts),
    }
}

/// Who keeps the task queue.
fn queue(hosts: &[HostStatus]) -> &'static str {
    let uses = |layer| statuses(layer, hosts).next().is_some();
    match (uses(Layer::Redis), uses(Layer::RabbitMq)) {
        (_, true) => "RabbitMQ",
        (true, false) => "Redis",
        (false, false) => "Redis (from Lilac on)",
    }
}

fn server(role: impl Into<String>, sizes: &[Size], why: &str) -> PlannedServer {
    PlannedServer { role: role.into(), count: 1, sizes: sizes.to_vec(), why: why.to_owned() }
}

fn one() -> Vec<PlannedServer> {
    vec![server(
        "application server, with all data",
        &[XLARGE],
        "enough up to 1,500 active users while the average CPU in peak hours is at or below 25 %; else a larger size",
    )]
}

fn many(active_users: u64, queue: &str) -> Vec<PlannedServer> {
    let mut servers = vec![
        server("application server", &[XLARGE], "one only, until all four kinds of data have moved"),
        server("MySQL", &[LARGE], "moves first: it pays at once"),
        server("MongoDB", &[LARGE], "usually the larger one on disk; one server is enough, no sharding"),
        server(format!("memcached and {queue}"), &[SMALL, MEDIUM], "little load; grows in size only, not in number"),
        server("bastion", &[MICRO], "the only way in for SSH"),
    ];
    if active_users > RULES_END {
        for server in servers.iter_mut().filter(|server| server.role != "bastion") {
            server.sizes.clear();
        }
    }
    servers
}

fn ports(is_one: bool, queue: &str) -> Vec<PortRule> {
    let rule = |server: &str, ports: &str, from: &str| PortRule {
        server: server.to_owned(),
        ports: ports.to_owned(),
        from: from.to_owned(),
    };
    if is_one {
        return vec![
            rule("application server", "80, 443", "everybody"),
            rule("application server", "22", "you alone"),
            rule(
                "MySQL, MongoDB, memcached, the task queue",
                "3306, 27017, 11211, 6379",
                "the server itself, nobody else",
            ),
        ];
    }
    let (queue, port) = if queue == "RabbitMQ" { (queue, "5672") } else { ("Redis", "6379") };
    vec![
        rule("application server", "80, 443", "the load balancer; everybody while there is none"),
        rule("MySQL", "3306", "application servers"),
        rule("MongoDB", "27017", "application servers"),
        rule("memcached", "11211", "application servers"),
        rule(queue, port, "application servers"),
        rule("every server", "22", "the bastion"),
        rule("bastion", "22", "you alone"),
    ]
}

fn rules(is_one: bool) -> Vec<Rule> {
    let rule = |about, says: &str| Rule { about, says: says.to_owned() };
    let growth = if is_one {
        "Average CPU in peak hours above 25 %: take a larger size. Above 1,500 active users: MySQL, MongoDB and \
         memcached each move to a small server of their own, in that order."
    } else {
        "Average CPU in peak hours above 25 %: take a larger size. memcached grows in size only. Files move to S3, and \
         a load balancer comes last, only for several application servers."
    };
    let mut rules = vec![rule("growth", growth)];
    if !is_one {
        rules.push(rule(
            "zone",
            "All servers in one availability zone: the platform needs every one of them, and the way between them \
             should be short.",
        ));
        rules.push(rule(
            "security groups",
            "One for each data layer. Data servers are reached from inside the private network only; MySQL, MongoDB, \
             memcached and the task queue are never public.",
        ));
        rules.push(rule("one size", "One size throughout makes reserved instances easier, up to 40 % cheaper."));
    }
    rules.push(rule(
        "addresses",
        if is_one {
            "An elastic address for the server."
        } else {
            "Elastic addresses for the bastion, and for an application server without a balancer, only. Servers know \
             each other by internal addresses."
        },
    ));
    if !is_one {
        rules.push(rule(
            "new servers",
            "The same Ubuntu release as the application server, the newest packaged memcached. Restart what is \
             affected; no host has to be rebooted.",
        ));
    }
    rules.push(rule(
        "around it",
        "Certificates from ACM on the balancer and CDN, SES for mail, IAM keys for S3 and backups.",
    ));
    rules
}

fn unknown(active_users: u64, grades_code: bool) -> Vec<String> {
    let mut unknown = Vec::new();
    if active_users == 0 {
        unknown.push("Nobody uses the platform yet: this is the smallest layout that the rules have.".to_owned());
    }
    if active_users > RULES_END {
        unknown.push(format!(
            "The rules know one number, 1,500. For {} active users they give no sizes: measure under load before you buy.",
            grouped(active_users)
        ));
    } else if active_users > ONE_SERVER {
        unknown.push(
            "The rules give no number of users from which on one application server is not enough: measure the CPU in \
             peak hours (at most 25 % on average)."
                .to_owned(),
        );
    }
    if grades_code {
        unknown.push("The rules give no size for code jail: measure with your graders.".to_owned());
    }
    unknown
}

fn differences_to_one(hosts: &[HostStatus]) -> Vec<String> {
    let mut differences = Vec::new();
    let moved: Vec<_> = data().filter(|layer| is_anywhere(*layer, hosts, Place::Remote)).map(Layer::title).collect();
    if !moved.is_empty() {
        let verb = if moved.len() == 1 { "has" } else { "have" };
        differences.push(format!("{} {verb} moved already: more than this many users need.", listed(&moved)));
    }
    if hosts.len() > 1 {
        differences.push(format!("There are {}; one is enough.", counted(hosts.len(), "application server")));
    }
    differences
}

fn differences_to_many(hosts: &[HostStatus]) -> Vec<String> {
    let not_moved = |place| move |layer: &Layer| is_anywhere(*layer, hosts, place);
    let mut differences = Vec::new();
    for layer in data().filter(not_moved(Place::Local)) {
        differences.push(format!("{} is on the application server: it gets a server of its own.", capital(layer)));
    }
    for layer in data().filter(not_moved(Place::Mixed)) {
        differences.push(format!("{} is half on the application server: the rest follows.", capital(layer)));
    }
    for layer in data().filter(not_moved(Place::Unknown)) {
        differences.push(format!("{}: it cannot be told where it is.", capital(layer)));
    }
    if is_anywhere(Layer::Files, hosts, Place::Local) || is_anywhere(Layer::Files, hosts, Place::Mixed) {
        differences.push(
            "Files are on the application server: they may stay there while there is one application server."
                .to_owned(),
        );
    }
    if hosts.len() > 1 {
        differences.push(format!(
            "There are {}; whether they are needed, the CPU in peak hours says.",
            counted(hosts.len(), "application server")
        ));
    }
    differences
}

/// The layers that get a server of their own.
fn data() -> impl Iterator<Item = Layer> {
    [Layer::MySql, Layer::MongoDb, Layer::Memcached, Layer::Redis, Layer::RabbitMq].into_iter()
}

fn is_anywhere(layer: Layer, hosts: &[HostStatus], place: Place) -> bool {
    statuses(layer, hosts).any(|(_, status)| status.place == place)
}

fn next(is_one: bool, hosts: &[HostStatus]) -> String {
    if hosts.is_empty() {
        return "Look at the application servers.".to_owned();
    }
    let all_here =
        Layer::ALL.into_iter().flat_map(|layer| statuses(layer, hosts)).all(|(_, status)| status.place == Place::Local);
    if is_one && all_here && hosts.len() == 1 && hosts.iter().all(|host| host.is_complete) {
        return "None: nothing has to move at this number of users.".to_owned();
    }
    format!("{}.", next_step(hosts).what)
}
