//! How each step is done: by a playbook where the project has one, otherwise by hand.

use edx_layout::Layer;

use crate::words::listed;

/// One thing to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum How {
    /// A command to type.
    Command(String),
    /// Something to do by hand.
    Hand(String),
}

const PLAYBOOK: &str = "ansible-playbook -i inventory.yml playbooks/migrate_memcached.yml";
const REDIS_PLAYBOOK: &str = "ansible-playbook -i inventory.yml playbooks/migrate_redis.yml";
const MYSQL_PLAYBOOK: &str = "ansible-playbook -i inventory.yml playbooks/migrate_mysql.yml";
const VARS: &str = "/edx/app/edx_ansible/server-vars.yml";

fn command(text: &str) -> How {
    How::Command(text.to_owned())
}

fn hand(text: impl Into<String>) -> How {
    How::Hand(text.into())
}

/// What a move does, in one line.
pub(crate) fn what(names: &[&str], layers: &[Layer]) -> String {
    match layers {
        [Layer::Files] => "Move the files to an object store (S3 or a compatible one)".to_owned(),
        [_] => format!("Move {} to a server of its own", listed(names)),
        _ => format!("Move {} to a server of their own", listed(names)),
    }
}

/// Why it is its turn.
pub(crate) fn why(layers: &[Layer]) -> &'static str {
    match layers.first() {
        Some(Layer::MySql) => "MySQL moves first: it pays at once, even without a second application server.",
        Some(Layer::MongoDb) => "MongoDB is usually the larger one on disk; one server is enough, no sharding.",
        Some(Layer::Elasticsearch) => "Its index would be another one on each application server.",
        Some(Layer::Files) => {
            "Uploaded files and reports would be on one application server only, and missing on the others."
        }
        _ => {
            "Sessions, caches and the task queue have to be shared before there are several application servers; \
              with one server they may stay."
        }
    }
}

/// How a layer moves.
pub(crate) fn move_to(layer: Layer) -> Vec<How> {
    match layer {
        Layer::Memcached => vec![
            hand(
                "memcached: put the new host into the group edx_cache_servers of the inventory. All users are logged \
                 out once, because sessions are in memcached.",
            ),
            command(&format!("{PLAYBOOK} --check --diff")),
            command(PLAYBOOK),
        ],
        Layer::MySql => vec![
            hand(
                "MySQL: put a new host, in the same availability zone and reachable on port 3306 from the application \
                 servers only, into the group edx_mysql_servers of the inventory. The platform stands still while the \
                 databases are copied and every row is compared; check mode says for how long about.",
            ),
            command(&format!("{MYSQL_PLAYBOOK} --check --diff")),
            command(MYSQL_PLAYBOOK),
        ],
        Layer::MongoDb => vec![
            hand(
                "Set up the same version of MongoDB on a host of its own, in the same availability zone, reachable \
                 on port 27017 from the application servers only.",
            ),
            hand(
                "Stop LMS, Studio, their workers and the forum, take a dump with mongodump, load it there with \
                 mongorestore, and create the platform's users there.",
            ),
            point("CONTENTSTORE, DOC_STORE_CONFIG and MODULESTORE of LMS and Studio, and the forum's URL", layer),
        ],
        Layer::Redis => vec![
            hand(
                "Redis: put its host, which may be that of memcached, into the group edx_redis_servers of the \
                 inventory. Queued tasks come over; while the workers stop for it, LMS and Studio go on.",
            ),
            command(&format!("{REDIS_PLAYBOOK} --check --diff")),
            command(REDIS_PLAYBOOK),
        ],
        Layer::RabbitMq => vec![
            hand(
                "RabbitMQ: set it up on a host of its own with the same users and virtual hosts, reachable on port \
                 5672 from the application servers only. Let the workers finish their tasks first: the queue is not \
                 copied.",
            ),
            point("the broker's settings (CELERY_BROKER_HOSTNAME, BROKER_URL) of every service", layer),
        ],
        Layer::Elasticsearch => vec![
            hand(
                "Set up the same version of Elasticsearch on a host of its own, reachable on port 9200 from the \
                 application servers only.",
            ),
            point("ELASTIC_SEARCH_CONFIG of LMS and Studio, and the same of forum and discovery", layer),
            hand("Build the index anew there; the old one need not be copied."),
        ],
        Layer::Files => vec![
            hand("Create a private bucket for uploads and reports, and an IAM key that reaches it alone."),
            hand("Copy what is in the local folders to the bucket, keeping the paths."),
            point("the file storage of LMS, Studio and the other services", layer),
        ],
    }
}

fn point(settings: &str, layer: Layer) -> How {
    hand(format!(
        "Point {settings} at it, set the same in {VARS}, restart, and look again. Keep what is on the application \
         server until {} has proved itself.",
        if layer == Layer::Files { "the bucket" } else { "the new server" }
    ))
}

/// How a move gets into the variables of the next upgrade.
pub(crate) fn record(layer: Layer) -> Vec<How> {
    let playbook = match layer {
        Layer::Memcached => Some(PLAYBOOK),
        Layer::Redis => Some(REDIS_PLAYBOOK),
        _ => None,
    };
    if let Some(playbook) = playbook {
        let title = layer.title();
        return vec![
            hand(format!("The playbook that moves {title} records it as well; what is right stays as it is.")),
            command(playbook),
        ];
    }
    vec![
        hand(format!(
            "Set the variables of {} in {VARS} to what the rendered files say now; docs/server-vars.md has the rules.",
            layer.title()
        )),
        hand("Look again before the next upgrade."),
    ]
}

/// What to do about a server that does not answer.
pub(crate) fn repair(layer: Layer) -> Vec<How> {
    let port = layer.default_port().map_or(String::new(), |port| format!(" (usually port {port})"));
    vec![
        hand("See whether it runs, and what its log says."),
        hand(format!("See whether the application server's security group may reach it{port}.")),
        hand("Look again."),
    ]
}

/// What to do where a server could not be looked at.
pub(crate) fn reach() -> Vec<How> {
    vec![hand("See that it runs and that you reach it by SSH, then look again.")]
}

/// What to do where data servers were not asked.
pub(crate) fn ask() -> Vec<How> {
    vec![hand(
        "Look again, and let the data servers be connected to: without edx_status_connect=false (--no-connect), and, for those \
         on public addresses, with edx_endpoints_allow_public=true (--allow-public).",
    )]
}

/// What to do where files could not be read.
pub(crate) fn read() -> Vec<How> {
    vec![hand("Look again as root (become: true), and see to the findings that name a file.")]
}

/// What to do where a setting cannot be told.
pub(crate) fn find_out(settings: &[String]) -> Vec<How> {
    const SHOWN: usize = 3;
    let shown = listed(&settings[..settings.len().min(SHOWN)]);
    let which = if shown.is_empty() { "the settings".to_owned() } else { shown };
    vec![hand(format!("See what {which} should say: a private address, or a name that resolves.")), hand("Look again.")]
}

/// What to do where nothing was looked at.
pub(crate) fn look() -> Vec<How> {
    vec![hand(
        "Put the servers that run LMS and Studio into the group edx_app_servers of the inventory, and look again.",
    )]
}

/// How a begun move is finished.
pub(crate) fn finish(layer: Layer) -> Vec<How> {
    if layer == Layer::Memcached {
        return vec![command(&format!("{PLAYBOOK} --check --diff")), command(PLAYBOOK)];
    }
    vec![
        hand(format!(
            "Point what is left of {} at the server that the rest uses already; copy what it has written here since.",
            layer.title()
        )),
        hand(format!("Set the same in {VARS}, restart, and look again.")),
    ]
}

/// How the key prefixes become the same.
pub(crate) fn share() -> Vec<How> {
    vec![
        hand(
            "Set KEY_PREFIX of each cache that is named below to a word without the host's name, the same everywhere.",
        ),
        hand(format!("Set the same in {VARS}, restart, and look again.")),
    ]
}

/// How a second application server is added.
pub(crate) fn add() -> Vec<How> {
    vec![
        hand(
            "Measure the average CPU in peak hours. Up to 25 % one server is enough; above, a larger size is simpler \
             than a second server.",
        ),
        hand(format!(
            "Build the second one from the same release and the same {VARS}, in the same availability zone, and allow \
             it in the security group of each data layer."
        )),
        hand("Put both behind a load balancer with the certificate on it, and close them to everything else."),
    ]
}

/// How it goes on from there.
pub(crate) fn grow() -> Vec<How> {
    vec![hand(
        "Measure the average CPU in peak hours: up to 25 % is enough, above it add a server or take a larger size.",
    )]
}
