//! Lets the destination follow the source by its binary log, from a copy that is made while the source goes on.

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use ansible_protocol::Outcome;
use edx_layout::own_address_towards;
use host::Programs;
use mysql::{Flavour, Moved, Place, ReplicationWords, Session, Version, account, literal};

use crate::copy::{self, Carrier, Plan, Way};
use crate::facts::{Facts, chosen, listed};
use crate::goal::Replica;
use crate::marker::{self, Phase};
use crate::servers::{Servers, Side};
use crate::{Error, Goal};

/// A place in the source's binary log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Position {
    pub file: String,
    pub offset: u64,
}

/// The destination's own report of its following.
struct Status {
    words: ReplicationWords,
    said: BTreeMap<String, String>,
}

impl Status {
    fn ask(servers: &Servers<'_>) -> Result<Self, Error> {
        let words = servers.replication(Side::Destination)?;
        let said = servers.named(Side::Destination, &format!("SHOW {} STATUS", words.replica))?;
        Ok(Self { words, said })
    }

    /// A column, in whose name `{source}` and `{replica}` stand for the server's words.
    fn field(&self, name: &str) -> &str {
        let name = name.replace("{source}", self.words.source_column).replace("{replica}", self.words.replica_column);
        self.said.get(&name).map(String::as_str).unwrap_or_default()
    }
}

/// Ends the following, and forgets whom it followed.
pub fn end_following(destination: &mut Session, servers: &Servers<'_>) -> Result<(), Error> {
    let replica = servers.replication(Side::Destination)?.replica;
    destination.query_at_leisure(&format!("STOP {replica}; RESET {replica} ALL"))?;
    Ok(())
}

/// What an operator does to the same end.
pub fn to_end_following(servers: &Servers<'_>) -> Result<String, Error> {
    let replica = servers.replication(Side::Destination)?.replica;
    Ok(format!("end that there first (STOP {replica}; RESET {replica} ALL)"))
}

/// What the destination says of its following.
#[derive(Debug)]
pub struct Following {
    pub host: String,
    pub port: String,
    pub user: String,
    runs: bool,
    /// What holds it up.
    trouble: Option<String>,
    behind: Option<u64>,
}

impl Following {
    /// None where it follows nobody.
    pub fn ask(servers: &Servers<'_>) -> Result<Option<Self>, Error> {
        let status = Status::ask(servers)?;
        let field = |name: &str| status.field(name).to_owned();
        if field("{source}_Host").is_empty() {
            return Ok(None);
        }
        let troubles = ["Last_IO_Error", "Last_SQL_Error"].map(field);
        Ok(Some(Self {
            host: field("{source}_Host"),
            port: field("{source}_Port"),
            user: field("{source}_User"),
            runs: field("{replica}_IO_Running") == "Yes" && field("{replica}_SQL_Running") == "Yes",
            trouble: troubles.into_iter().find(|text| !text.is_empty()),
            behind: field("Seconds_Behind_{source}").parse().ok(),
        }))
    }

    fn is_of(&self, reach: &Reach) -> bool {
        self.host == reach.host && self.port == reach.port.to_string()
    }
}

/// The state `replicated`.
pub fn run(goal: &Goal, servers: &Servers<'_>, check: bool) -> Result<Outcome, Error> {
    let Some(replica) = &goal.replica else { return Err(Error::Unfit { problems: Vec::new() }) };
    let mut source = servers.session(Side::Source)?;
    let facts = Facts::ask(&mut source)?;
    can_be_followed(&mut source, &facts, goal)?;
    let mut destination = servers.session(Side::Destination)?;
    let following = Following::ask(servers)?;
    let note = marker::read(&mut destination)?;
    let reach = Reach::find(goal, servers, &mut source, replica)?;
    let is_ours = following.as_ref().is_some_and(|following| following.is_of(&reach));
    if let Some(other) = following.as_ref().filter(|_| !is_ours) {
        let problem = format!(
            "{} follows {}:{} already; {}",
            servers.place(Side::Destination),
            other.host,
            other.port,
            to_end_following(servers)?
        );
        return Err(Error::Unfit { problems: vec![problem] });
    }
    let is_whole =
        !note.is_empty() && note.iter().all(|(_, phase, from)| *phase == Phase::Copied && *from == facts.identity);
    if is_ours && is_whole && !check {
        // What lent the port has not outlived a restart of this host.
        reach.lend()?;
    }
    if let Some(following) = following.filter(|following| is_whole && following.runs) {
        return Ok(Outcome::new(false)
            .field("behind_seconds", following.behind)
            .msg("the destination follows the source".to_owned()));
    }
    let plan = copy::plan(goal, servers, check, Way::Followed)?;
    let names: Vec<String> = plan.databases.iter().map(|database| database.name.clone()).collect();
    let outcome = Outcome::new(true)
        .field("databases", names.clone())
        .field("bytes", plan.bytes)
        .field("replaced", plan.drops.clone())
        .warn_all(plan.findings.warnings.iter().cloned());
    if check {
        return Ok(outcome.field("seconds", 0).msg(format!("{} databases to copy and to follow", names.len())));
    }
    let begun = Instant::now();
    let locked = carry_out(goal, servers, &plan, (replica, &reach), is_ours).map_err(|error| {
        let aftermath =
            "the source goes on as it was, and the copy is unfinished; run the same again, which starts it anew";
        Error::Halfway { cause: Box::new(error), aftermath: aftermath.to_owned() }
    })?;
    let behind = Following::ask(servers)?.and_then(|following| following.behind);
    Ok(outcome
        .field("seconds", tenths(begun.elapsed()))
        .field("locked_seconds", tenths(locked))
        .field("behind_seconds", behind)
        .msg(format!("copied {} databases, which follow the source now", names.len())))
}

fn tenths(time: Duration) -> f64 {
    (time.as_secs_f64() * 10.0).round() / 10.0
}

/// # Errors
///
/// Why the source cannot be followed.
pub fn can_be_followed(source: &mut Session, facts: &Facts, goal: &Goal) -> Result<(), Error> {
    let mut problems = Vec::new();
    if !facts.has_binary_log {
        problems.push(
            "the source has no binary log: set log_bin there and restart it, or stop the platform and copy (state: copied)".to_owned(),
        );
    }
    if source.row("SELECT @@GLOBAL.binlog_format")?.first().is_some_and(|format| format == "STATEMENT") {
        problems.push("the source's binlog_format is STATEMENT, by which not every change comes out the same: set it to ROW or MIXED".to_owned());
    }
    let databases = chosen(source, facts.version, goal.databases.as_deref())?;
    let sql = format!(
        "SELECT CONCAT(TABLE_SCHEMA, '.', TABLE_NAME) FROM information_schema.TABLES WHERE TABLE_SCHEMA IN ({}) AND \
         TABLE_TYPE = 'BASE TABLE' AND ENGINE <> 'InnoDB' ORDER BY 1",
        listed(databases.iter().map(|database| database.name.as_str()))
    );
    let others: Vec<String> = source.query(&sql)?.into_iter().flatten().collect();
    if !others.is_empty() {
        problems.push(format!(
            "{} cannot be copied as of one moment while the source goes on, as only InnoDB can: ALTER TABLE ... ENGINE=InnoDB, or stop the platform and copy (state: copied)",
            others.join(", ")
        ));
    }
    if problems.is_empty() { Ok(()) } else { Err(Error::Unfit { problems }) }
}

/// How long the source was locked.
fn carry_out(
    goal: &Goal,
    servers: &Servers<'_>,
    plan: &Plan,
    (replica, reach): (&Replica, &Reach),
    follows: bool,
) -> Result<Duration, Error> {
    let mut source = servers.session(Side::Source)?;
    let mut destination = servers.session(Side::Destination)?;
    if follows {
        end_following(&mut destination, servers)?;
    }
    tell_apart(&mut source, &mut destination)?;
    admit(&mut source, replica, reach)?;
    reach.lend()?;
    let moved = Arc::new(Moved::default());
    let (start, locked) = (OnceCell::new(), OnceCell::new());
    let rows = |carrier: &Carrier<'_>| {
        let (position, time) = together(servers, carrier, plan)?;
        let _ = (start.set(position), locked.set(time));
        Ok(())
    };
    let last =
        |_: &mut Session| start.get().map_or(Ok(()), |position| follow(goal, servers, (replica, reach), position));
    copy::carry_out(goal, servers, plan, &moved, rows, last)?;
    Ok(locked.into_inner().unwrap_or_default())
}

/// Two servers of one number would not follow each other.
fn tell_apart(source: &mut Session, destination: &mut Session) -> Result<(), Error> {
    let number = "SELECT @@GLOBAL.server_id";
    if source.row(number)? == destination.row(number)? {
        destination.query("SET GLOBAL server_id = 2 + CRC32(UUID()) MOD 4000000000")?;
    }
    Ok(())
}

fn admit(source: &mut Session, replica: &Replica, reach: &Reach) -> Result<(), Error> {
    for client in &reach.clients {
        let name = account(&replica.user, client);
        let password = literal(replica.password.reveal());
        source.query(&format!("CREATE USER IF NOT EXISTS {name} IDENTIFIED BY {password}"))?;
        source.query(&format!("ALTER USER {name} IDENTIFIED BY {password}"))?;
        source.query(&format!("GRANT REPLICATION SLAVE ON *.* TO {name}"))?;
    }
    Ok(())
}

/// Removes the account that came for the following alone, from a source that is read-only. Where root may not do that
/// either, it stays.
fn dismiss(servers: &Servers<'_>, source: &mut Session, user: &str) -> Result<(), Error> {
    let hosts = source.query(&format!("SELECT host FROM mysql.user WHERE user = {}", literal(user)))?;
    let names: Vec<String> = hosts.into_iter().flatten().map(|host| account(user, &host)).collect();
    if names.is_empty() {
        return Ok(());
    }
    let drop = format!("DROP USER {}", names.join(", "));
    if servers.session(Side::Source)?.query(&drop).is_ok() {
        return Ok(());
    }
    // MySQL's super_read_only holds root back; whoever is not root stays held back by read_only.
    let mut opened = servers.session(Side::Source)?;
    if opened.query("SET GLOBAL super_read_only = OFF; SET GLOBAL read_only = ON").is_ok() {
        let _ = opened.query(&drop);
        source.query("SET GLOBAL super_read_only = ON")?;
    }
    Ok(())
}

/// How the destination reaches the source.
#[derive(Debug)]
struct Reach {
    host: String,
    port: u16,
    /// The addresses that the source sees it come from.
    clients: Vec<String>,
    /// Where the source listens, if that is on loopback alone and its port has to be lent; for whom.
    lent: Option<(String, String)>,
}

/// The unit that lends the source a port.
const UNIT: &str = "edx-mysql-replication";

impl Reach {
    fn find(goal: &Goal, servers: &Servers<'_>, source: &mut Session, replica: &Replica) -> Result<Self, Error> {
        if let Some((host, port)) = replica.source.clone() {
            return Ok(Self { host, port, clients: replica.clients.clone(), lent: None });
        }
        let unfit = |problem: String| Error::Unfit { problems: vec![problem] };
        let Some(Place::Tcp { host: destination, port }) = goal.destination.as_ref().map(|login| &login.place) else {
            return Err(unfit("give replication_source, as the destination is reached by a socket".to_owned()));
        };
        let own = own_address_towards(destination, *port).filter(|own| !own.is_loopback()).ok_or_else(|| {
            unfit(format!(
                "give replication_source: {} is on this host, or cannot be reached",
                servers.place(Side::Destination)
            ))
        })?;
        let row = source.row("SELECT @@GLOBAL.bind_address, @@port, @@skip_networking")?;
        let field = |index: usize| row.get(index).map(String::as_str).unwrap_or_default();
        if field(2) == "1" {
            return Err(unfit(
                "the source has no TCP port at all (skip_networking), so it cannot be followed".to_owned(),
            ));
        }
        let listens = field(0).split(',').map(str::trim);
        let is_open = listens.into_iter().any(|at| matches!(at, "*" | "0.0.0.0" | "::" | "") || at == own.to_string());
        let port = field(1).parse().unwrap_or(mysql::PORT);
        if is_open {
            return Ok(Self { host: own.to_string(), port, clients: replica.clients.clone(), lent: None });
        }
        Ok(Self {
            host: own.to_string(),
            port: replica.lent_port,
            // The source sees the one that lends.
            clients: ["localhost", "127.0.0.1"].map(str::to_owned).to_vec(),
            lent: Some((format!("127.0.0.1:{port}"), destination.clone())),
        })
    }

    /// Lends the port, unless that is done.
    fn lend(&self) -> Result<(), Error> {
        let Some((target, client)) = &self.lent else { return Ok(()) };
        let programs = Programs::of_this_host();
        let socket = format!("{UNIT}.socket");
        if programs.run("systemctl", &["is-active", "--quiet", &socket])?.success {
            return Ok(());
        }
        let folders = ["/usr/lib/systemd", "/lib/systemd"];
        let proxy = folders
            .iter()
            .map(|folder| format!("{folder}/systemd-socket-proxyd"))
            .find(|path| Path::new(path).exists());
        let proxy = proxy.ok_or_else(|| host::Error::NoProgram { program: "systemd-socket-proxyd".to_owned() })?;
        let listen = if self.host.contains(':') {
            format!("[{}]:{}", self.host, self.port)
        } else {
            format!("{}:{}", self.host, self.port)
        };
        let ended = programs.run(
            "systemd-run",
            &[
                "--quiet",
                &format!("--unit={UNIT}"),
                &format!("--socket-property=ListenStream={listen}"),
                "--socket-property=IPAddressDeny=any",
                &format!("--socket-property=IPAddressAllow={client}"),
                &proxy,
                target,
            ],
        )?;
        if ended.success { Ok(()) } else { Err(ended.error("see whether the port is free (replication_port)").into()) }
    }
}

/// Takes a lent port back.
fn lend_no_more() -> Result<(), Error> {
    let programs = Programs::of_this_host();
    if programs.find("systemctl").is_none() {
        return Ok(());
    }
    for unit in [format!("{UNIT}.socket"), format!("{UNIT}.service")] {
        if programs.run("systemctl", &["is-active", "--quiet", &unit])?.success {
            programs.run("systemctl", &["stop", &unit])?;
        }
    }
    Ok(())
}

/// Moves all tables as of one moment, and says which that is. The source takes no writes until each dump has its view.
fn together(servers: &Servers<'_>, carrier: &Carrier<'_>, plan: &Plan) -> Result<(Position, Duration), Error> {
    let mut lock = servers.session(Side::Source)?;
    // A long query in the way must not stop the platform behind it.
    lock.query("SET SESSION lock_wait_timeout = 20")?;
    lock.query("FLUSH TABLES WITH READ LOCK")?;
    let since = Instant::now();
    let position = position(servers)?;
    let begun = Arc::new(AtomicUsize::new(0));
    thread::scope(|scope| {
        let works: Vec<_> = plan
            .tables
            .iter()
            .map(|job| {
                let mut pipe = carrier.pipe(job);
                pipe.begun = Some(Arc::clone(&begun));
                scope.spawn(move || {
                    pipe.run(carrier.moved).inspect_err(|_| carrier.moved.ends.store(true, Ordering::Relaxed))
                })
            })
            .collect();
        let end = since + Duration::from_secs(30);
        while begun.load(Ordering::SeqCst) < works.len() && Instant::now() < end {
            thread::sleep(Duration::from_millis(2));
        }
        let is_in_time = begun.load(Ordering::SeqCst) >= works.len();
        let unlocked = lock.query("UNLOCK TABLES");
        let locked = since.elapsed();
        if !is_in_time {
            carrier.moved.ends.store(true, Ordering::Relaxed);
        }
        let results: Vec<_> = works.into_iter().map(thread::ScopedJoinHandle::join).collect();
        let mut errors: Vec<mysql::Error> =
            results.into_iter().filter_map(|result| result.unwrap_or(Ok(())).err()).collect();
        errors.sort_by_key(|error| matches!(error, mysql::Error::Stalled { .. }));
        if let Some(error) = errors.into_iter().next() {
            return Err(error.into());
        }
        unlocked?;
        Ok((position, locked))
    })
}

/// Where the source's binary log ends.
pub fn position(servers: &Servers<'_>) -> Result<Position, Error> {
    let said = servers.named(Side::Source, servers.replication(Side::Source)?.position)?;
    read_position(&said).ok_or_else(|| Error::Unfit {
        problems: vec![format!("{} does not say where its binary log ends", servers.place(Side::Source))],
    })
}

fn read_position(said: &BTreeMap<String, String>) -> Option<Position> {
    Some(Position { file: said.get("File")?.clone(), offset: said.get("Position")?.parse().ok()? })
}

/// Begins to follow, and sees that it does.
fn follow(
    goal: &Goal,
    servers: &Servers<'_>,
    (replica, reach): (&Replica, &Reach),
    position: &Position,
) -> Result<(), Error> {
    let mut destination = servers.session(Side::Destination)?;
    let words = servers.replication(Side::Destination)?;
    let settings = [
        ("HOST", literal(&reach.host)),
        ("PORT", reach.port.to_string()),
        ("USER", literal(&replica.user)),
        ("PASSWORD", literal(replica.password.reveal())),
        ("LOG_FILE", literal(&position.file)),
        ("LOG_POS", position.offset.to_string()),
        ("CONNECT_RETRY", "5".to_owned()),
        ("SSL", u8::from(offers_tls(&mut servers.session(Side::Source)?)?).to_string()),
    ];
    let settings = settings.map(|(name, value)| format!("{}_{name} = {value}", words.source)).join(", ");
    destination.query(&format!("{} {settings}", words.change))?;
    // The source's events come over as what they did.
    destination.query("SET GLOBAL event_scheduler = OFF")?;
    destination.query(&format!("START {}", words.replica))?;
    let end = Instant::now() + goal.timeout;
    loop {
        let following = Following::ask(servers)?;
        match following {
            Some(following) if following.runs => return Ok(()),
            Some(Following { trouble: Some(said), .. }) => return Err(not_following(servers, &said)),
            _ if Instant::now() >= end => return Err(not_following(servers, "it does not begin")),
            _ => thread::sleep(Duration::from_millis(100)),
        }
    }
}

/// Whether the source is a `MySQL` that offers TLS, over which alone it takes a password that it has not seen since its
/// start. From 8.0 on it makes a certificate for itself.
fn offers_tls(source: &mut Session) -> Result<bool, Error> {
    let row = source.row("SELECT VERSION(), COALESCE(@@ssl_cert, '') <> ''")?;
    let field = |index: usize| row.get(index).map(String::as_str).unwrap_or_default();
    let is_mysql = Version::read(field(0)).is_some_and(|version| version.flavour == Flavour::MySql);
    Ok(is_mysql && field(1) == "1")
}

fn not_following(servers: &Servers<'_>, said: &str) -> Error {
    Error::Unfit {
        problems: vec![format!(
            "{} does not follow the source: {said}. See whether it reaches the source at replication_source, and the account gets in from replication_client",
            servers.place(Side::Destination)
        )],
    }
}

/// The state `detached`.
pub fn detach(goal: &Goal, servers: &Servers<'_>, check: bool) -> Result<Outcome, Error> {
    let Some(following) = Following::ask(servers)? else {
        return Ok(Outcome::new(false).msg("the destination follows nobody".to_owned()));
    };
    let mut source = servers.session(Side::Source)?;
    if !Facts::ask(&mut source)?.is_read_only {
        return Err(Error::NotFrozen { place: servers.place(Side::Source) });
    }
    if let Some(said) = &following.trouble {
        return Err(not_following(servers, said));
    }
    if check {
        return Ok(
            Outcome::new(true).msg("to wait until the destination has everything, and to end the following".to_owned())
        );
    }
    let begun = Instant::now();
    let end = position(servers)?;
    let mut destination = servers.session(Side::Destination)?;
    let source_word = servers.replication(Side::Destination)?.source;
    let sql =
        format!("SELECT {source_word}_POS_WAIT({}, {}, {})", literal(&end.file), end.offset, goal.stall.as_secs());
    let waited = destination.query_at_leisure(&sql)?.into_iter().flatten().next().unwrap_or_default();
    if !waited.parse::<i64>().is_ok_and(|events| events >= 0) {
        let said = Following::ask(servers)?.and_then(|following| following.trouble);
        return Err(not_following(servers, said.as_deref().unwrap_or("it has not come to the end in time")));
    }
    end_following(&mut destination, servers)?;
    let events = source.row("SELECT @@GLOBAL.event_scheduler")?;
    if events.first().is_some_and(|word| word == "ON") {
        destination.query("SET GLOBAL event_scheduler = ON")?;
    }
    lend_no_more()?;
    dismiss(servers, &mut source, &following.user)?;
    Ok(Outcome::new(true)
        .field("seconds", tenths(begun.elapsed()))
        .msg("the destination has everything, and follows no more".to_owned()))
}

/// Both servers as of one moment, while the source goes on: sessions on it that see only what was there, and the
/// destination halted at just that. It goes on when this is dropped.
pub struct Halted<'s> {
    servers: &'s Servers<'s>,
    /// On the source.
    pub sessions: Vec<Session>,
}

impl<'s> Halted<'s> {
    /// Halts a destination that follows; so many sessions on the source.
    pub fn new(goal: &Goal, servers: &'s Servers<'s>, count: usize) -> Result<Self, Error> {
        let mut destination = servers.session(Side::Destination)?;
        let sessions = (0..count).map(|_| servers.session(Side::Source)).collect::<Result<Vec<_>, _>>()?;
        let ReplicationWords { source, replica, .. } = servers.replication(Side::Destination)?;
        let mut halted = Self { servers, sessions };
        // Before the moment is chosen, lest the destination be past it.
        destination.query_at_leisure(&format!("STOP {replica} SQL_THREAD"))?;
        let mut lock = servers.session(Side::Source)?;
        lock.query("SET SESSION lock_wait_timeout = 20")?;
        lock.query("FLUSH TABLES WITH READ LOCK")?;
        let position = position(servers)?;
        for session in &mut halted.sessions {
            session.query("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ")?;
            session.query("START TRANSACTION WITH CONSISTENT SNAPSHOT")?;
        }
        lock.query("UNLOCK TABLES")?;
        destination.query(&format!(
            "START {replica} SQL_THREAD UNTIL {source}_LOG_FILE = {}, {source}_LOG_POS = {}",
            literal(&position.file),
            position.offset
        ))?;
        let end = Instant::now() + goal.stall;
        loop {
            let status = Status::ask(servers)?;
            let is_there = status.field("Relay_{source}_Log_File") == position.file
                && status.field("Exec_{source}_Log_Pos") == position.offset.to_string();
            if is_there && status.field("{replica}_SQL_Running") == "No" {
                return Ok(halted);
            }
            let trouble = status.field("Last_SQL_Error");
            if !trouble.is_empty() {
                return Err(not_following(servers, trouble));
            }
            if Instant::now() >= end {
                return Err(not_following(servers, "it has not come to the moment of the comparison in time"));
            }
            thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for Halted<'_> {
    fn drop(&mut self) {
        // Where it does not go on, the end of the following says so.
        if let Ok(mut destination) = self.servers.session(Side::Destination)
            && let Ok(ReplicationWords { replica, .. }) = self.servers.replication(Side::Destination)
        {
            let _ = destination.query_at_leisure(&format!("STOP {replica} SQL_THREAD; START {replica} SQL_THREAD"));
        }
    }
}
