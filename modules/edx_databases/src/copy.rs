//! Copies databases, table by table, several at once, each as a dump that is loaded as it comes.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Instant;

use ansible_protocol::Outcome;
use mysql::{Defaults, Moved, Pipe, Purpose, Session, identifier, modern};

use crate::accounts;
use crate::compare::compare;
use crate::facts::{Database, Facts, chosen};
use crate::marker::{self, Phase};
use crate::picture::{Common, Picture};
use crate::preflight::{self, Findings};
use crate::progress::Progress;
use crate::replica::{self, Following};
use crate::servers::{Servers, Side};
use crate::{Error, Goal};

/// Tables go together into one dump until they have so many bytes, or are so many: a dump program takes tens of
/// milliseconds to start.
const TOGETHER: u64 = 16 << 20;
const TABLES_TOGETHER: usize = 100;
/// A dump with fewer bytes is one transaction of the destination, which spares it a sync for each statement.
const ONE_TRANSACTION: u64 = 512 << 20;

/// One dump.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Job {
    pub database: String,
    pub arguments: Vec<String>,
    pub what: String,
    pub bytes: u64,
}

/// What is to be done.
#[derive(Debug)]
pub(crate) struct Plan {
    /// Databases to drop on the destination first: what an unfinished copy has left, or what `replace` means.
    pub drops: Vec<String>,
    pub databases: Vec<Database>,
    pub table_count: usize,
    /// Rows, in any order.
    pub tables: Vec<Job>,
    /// Then for each database its routines, triggers and events.
    pub programs: Vec<Job>,
    /// Then its views.
    pub views: Vec<Job>,
    pub bytes: u64,
    pub source: String,
    /// The largest packet that the destination has to be told to take.
    pub packet: Option<u64>,
    /// Whether it follows the source, from an earlier run.
    pub ends_following: bool,
    pub findings: Findings,
    /// Whether all is there already.
    pub is_done: bool,
}

/// The state `copied`.
pub fn run(goal: &Goal, servers: &Servers<'_>, check: bool) -> Result<Outcome, Error> {
    let plan = plan(goal, servers, check, Way::Still)?;
    let names: Vec<&str> = plan.databases.iter().map(|database| database.name.as_str()).collect();
    let outcome = Outcome::new(!plan.is_done)
        .field("databases", names.clone())
        .field("bytes", plan.bytes)
        .field("replaced", plan.drops.clone())
        .warn_all(plan.findings.warnings.iter().cloned());
    if plan.is_done || check {
        let verb = if plan.is_done { "were copied before" } else { "to copy" };
        let said = format!("{} databases with {} tables {verb}", names.len(), plan.table_count);
        return Ok(outcome.field("seconds", 0).msg(said));
    }
    let begun = Instant::now();
    let moved = Arc::new(Moved::default());
    let rows = |carrier: &Carrier<'_>| carrier.move_all(&plan.tables, goal.parallel);
    let copied = carry_out(goal, servers, &plan, &moved, rows, |_| Ok(()));
    let bytes = moved.bytes.load(Ordering::Relaxed);
    copied.map_err(|error| {
        let aftermath = "the source is as it was, and the copy is unfinished; run the same again, which starts it anew";
        Error::Halfway { cause: Box::new(error), aftermath: aftermath.to_owned() }
    })?;
    let seconds = begun.elapsed().as_secs_f64();
    Ok(outcome.field("dump_bytes", bytes).field("seconds", (seconds * 10.0).round() / 10.0).msg(format!(
        "copied {} databases, {} MB in {seconds:.1} s",
        names.len(),
        bytes >> 20
    )))
}

/// What the source does meanwhile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// It stands still.
    Still,
    /// It goes on, and is followed.
    Followed,
}

pub(crate) fn plan(goal: &Goal, servers: &Servers<'_>, check: bool, way: Way) -> Result<Plan, Error> {
    let mut source = servers.session(Side::Source)?;
    let mut destination = servers.session(Side::Destination)?;
    let facts = Facts::ask(&mut source)?;
    let mut theirs = Facts::ask(&mut destination)?;
    let packet =
        Some(facts.max_allowed_packet).filter(|packet| goal.copying.adapt && *packet > theirs.max_allowed_packet);
    theirs.max_allowed_packet = packet.unwrap_or(theirs.max_allowed_packet);
    if facts.identity == theirs.identity {
        return Err(Error::SameServer { identity: facts.identity });
    }
    if !facts.is_read_only && !goal.copying.live && !check && way == Way::Still {
        return Err(Error::NotFrozen { place: servers.place(Side::Source) });
    }
    if theirs.is_read_only && !check {
        let problem = format!(
            "{} is read-only, so nothing can be copied to it: a move that was taken back may have left it so. Let it take writes again (edx_databases with state thawed and it as the source), or see whether it is a replica",
            servers.place(Side::Destination)
        );
        return Err(Error::Unfit { problems: vec![problem] });
    }
    let databases = chosen(&mut source, facts.version, goal.databases.as_deref())?;
    let names: Vec<String> = databases.iter().map(|database| database.name.clone()).collect();
    let mut findings = Findings::default();
    preflight::between(goal, &facts, &theirs, &mut source, &mut destination, &databases, &mut findings)?;
    let common = Common::of(facts.version, theirs.version);
    let here = Picture::look(&mut source, &names, facts.version, common)?;
    let nobody = accounts::missing(&mut destination, &here.definers)?;
    if !nobody.is_empty() && !check {
        findings.problems.push(format!(
            "views, triggers, routines or events run as {}, which is no account of the destination: carry the accounts over first (state: granted)",
            nobody.join(", ")
        ));
    }
    if !findings.problems.is_empty() {
        return Err(Error::Unfit { problems: findings.problems });
    }
    let there = Picture::look(&mut destination, &names, theirs.version, common)?;
    let note = marker::read(&mut destination)?;
    let phase = |name: &String| note.iter().find(|(known, ..)| known == name).map(|(_, phase, from)| (*phase, from));
    let following = Following::ask(servers)?;
    if following.is_some() && note.is_empty() {
        let how = replica::to_end_following(servers)?;
        let problem = format!("{} is a replica of another server; {how}", servers.place(Side::Destination));
        return Err(Error::Unfit { problems: vec![problem] });
    }
    // The source may have been written to since, such as after a rollback: only the rows themselves tell.
    let is_done = way == Way::Still
        && following.is_none()
        && names.iter().all(|name| phase(name) == Some((Phase::Copied, &facts.identity)))
        && compare(goal, servers)?.differences.is_empty();
    let has = |name: &String| there.objects.contains_key(&format!("database `{name}`"));
    let is_full = |name: &String| {
        there.tables.iter().any(|table| table.database == *name) || there.views.iter().any(|(known, _)| known == name)
    };
    let drops: Vec<String> = names.iter().filter(|name| has(name)).cloned().collect();
    let in_the_way: Vec<String> = drops.iter().filter(|name| is_full(name) && phase(name).is_none()).cloned().collect();
    if !in_the_way.is_empty() && !goal.copying.replace {
        return Err(Error::InTheWay { place: servers.place(Side::Destination), databases: in_the_way });
    }
    let (programs, views) = programs_and_views(&names, &here);
    Ok(Plan {
        drops,
        bytes: here.tables.iter().map(|table| table.data).sum(),
        table_count: here.tables.len(),
        tables: match way {
            Way::Still => tables(&here),
            Way::Followed => at_once(&here, goal.parallel),
        },
        programs,
        views,
        databases,
        source: facts.identity,
        packet,
        ends_following: following.is_some(),
        findings,
        is_done,
    })
}

/// The tables in dumps: the large ones alone, the small ones of a database together. The largest come first, so that
/// the last dump is a small one.
fn tables(picture: &Picture) -> Vec<Job> {
    let mut jobs: Vec<Job> = Vec::new();
    let mut open: Option<Job> = None;
    for table in &picture.tables {
        let fits = |job: &Job| {
            job.database == table.database
                && job.bytes + table.data <= TOGETHER
                && job.arguments.len() < TABLES_TOGETHER
        };
        if let Some(job) = open.as_mut().filter(|job| fits(job)) {
            job.bytes += table.data;
            job.arguments.push(table.name.clone());
        } else {
            let job = Job {
                database: table.database.clone(),
                arguments: vec![table.name.clone()],
                what: String::new(),
                bytes: table.data,
            };
            jobs.extend(open.replace(job));
        }
    }
    jobs.extend(open);
    for job in &mut jobs {
        let names = std::mem::take(&mut job.arguments);
        job.what = match names.as_slice() {
            [name] => format!("{}.{name}", job.database),
            [first, .., last] => format!("{}.{first} to {last}", job.database),
            [] => job.database.clone(),
        };
        job.arguments = vec!["--skip-triggers".to_owned()];
        if job.bytes < ONE_TRANSACTION {
            job.arguments.push("--no-autocommit".to_owned());
        }
        job.arguments.extend(["--".to_owned(), job.database.clone()]);
        job.arguments.extend(names);
    }
    jobs.sort_by_key(|job| std::cmp::Reverse(job.bytes));
    jobs
}

/// The tables in dumps that all run at once: each database is one, and a large one several, of about the same size.
fn at_once(picture: &Picture, parallel: usize) -> Vec<Job> {
    let total: u64 = picture.tables.iter().map(|table| table.data).sum();
    let share = (total / parallel.max(1) as u64).max(TOGETHER);
    let mut jobs: Vec<Job> = Vec::new();
    let mut order: Vec<_> = picture.tables.iter().collect();
    order.sort_by_key(|table| std::cmp::Reverse(table.data));
    for table in order {
        let fits = |job: &&mut Job| job.database == table.database && job.bytes + table.data <= share;
        if let Some(job) = jobs.iter_mut().find(fits) {
            job.bytes += table.data;
            job.arguments.push(table.name.clone());
        } else {
            let what = format!("tables of {}", table.database);
            let arguments = vec![table.name.clone()];
            jobs.push(Job { database: table.database.clone(), arguments, what, bytes: table.data });
        }
    }
    for job in &mut jobs {
        let names = std::mem::take(&mut job.arguments);
        job.arguments = vec!["--skip-triggers".to_owned(), "--".to_owned(), job.database.clone()];
        job.arguments.extend(names);
    }
    jobs
}

fn programs_and_views(names: &[String], picture: &Picture) -> (Vec<Job>, Vec<Job>) {
    let job = |database: &String, what: &str, arguments: Vec<String>| Job {
        database: database.clone(),
        what: format!("the {what} of {database}"),
        arguments,
        bytes: 0,
    };
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    let mut programs = Vec::new();
    let mut views = Vec::new();
    for name in names {
        let mut arguments = words(&["--no-data", "--no-create-info", "--routines", "--triggers", "--events", "--"]);
        arguments.push(name.clone());
        programs.push(job(name, "routines, triggers and events", arguments));
        let of_database = picture.views.iter().filter(|(database, _)| database == name).map(|(_, view)| view.clone());
        let of_database: Vec<String> = of_database.collect();
        if !of_database.is_empty() {
            let mut arguments = words(&["--skip-triggers", "--"]);
            arguments.push(name.clone());
            arguments.extend(of_database);
            views.push(job(name, "views", arguments));
        }
    }
    (programs, views)
}

/// Carries a plan out: `rows` moves the tables, and `last` is done before all is noted to be there.
pub(crate) fn carry_out(
    goal: &Goal,
    servers: &Servers<'_>,
    plan: &Plan,
    moved: &Arc<Moved>,
    rows: impl FnOnce(&Carrier<'_>) -> Result<(), Error>,
    last: impl FnOnce(&mut Session) -> Result<(), Error>,
) -> Result<(), Error> {
    let mut destination = servers.session(Side::Destination)?;
    let names = || plan.databases.iter().map(|database| database.name.as_str());
    marker::write(&mut destination, names(), Phase::Copying, &plan.source)?;
    if plan.ends_following {
        replica::end_following(&mut destination, servers)?;
    }
    if let Some(packet) = plan.packet {
        destination.query(&format!("SET GLOBAL max_allowed_packet = {packet}"))?;
    }
    make_databases(&mut destination, plan)?;
    let from = servers.defaults(Side::Source, Purpose::Ask)?;
    let into = servers.defaults(Side::Destination, Purpose::Load { compress: goal.copying.compress })?;
    let progress = Progress::start(goal.progress_file.clone(), Arc::clone(moved), plan.bytes);
    let carrier = Carrier { goal, servers, from: &from, into: &into, moved };
    rows(&carrier)?;
    carrier.move_all(&plan.programs, goal.parallel)?;
    carrier.move_all(&plan.views, 1)?;
    drop(progress);
    // The connection has been idle for as long as the copy took.
    let mut destination = servers.session(Side::Destination)?;
    last(&mut destination)?;
    marker::write(&mut destination, names(), Phase::Copied, &plan.source)
}

fn make_databases(destination: &mut Session, plan: &Plan) -> Result<(), Error> {
    for name in &plan.drops {
        destination.query_at_leisure(&format!("DROP DATABASE {}", identifier(name)))?;
    }
    for database in &plan.databases {
        // Any release takes the old name of utf8mb3.
        let old = |name: &str| modern(name).replacen("utf8mb3", "utf8", 1);
        let create = |character_set: &str, collation: &str| {
            format!("CREATE DATABASE {} CHARACTER SET {character_set} COLLATE {collation}", identifier(&database.name))
        };
        destination.query(&create(&old(&database.character_set), &old(&database.collation)))?;
    }
    Ok(())
}

/// What every dump needs.
pub(crate) struct Carrier<'a> {
    goal: &'a Goal,
    servers: &'a Servers<'a>,
    from: &'a Defaults,
    into: &'a Defaults,
    pub moved: &'a Arc<Moved>,
}

impl Carrier<'_> {
    /// Moves all of `jobs`, several at once, in their order. After the first failure no other one begins.
    fn move_all(&self, jobs: &[Job], parallel: usize) -> Result<(), Error> {
        let next = AtomicUsize::new(0);
        let work = || -> Result<(), Error> {
            while let Some(job) = jobs.get(next.fetch_add(1, Ordering::Relaxed)) {
                if let Err(error) = self.pipe(job).run(self.moved) {
                    next.store(jobs.len(), Ordering::Relaxed);
                    self.moved.ends.store(true, Ordering::Relaxed);
                    return Err(error.into());
                }
            }
            Ok(())
        };
        let results: Vec<Result<(), Error>> = thread::scope(|scope| {
            let workers: Vec<_> = (0..parallel.min(jobs.len()).max(1)).map(|_| scope.spawn(work)).collect();
            workers.into_iter().map(|worker| worker.join().unwrap_or(Ok(()))).collect()
        });
        // The others were ended because of the first.
        let is_ended = |error: &Error| matches!(error, Error::Server(mysql::Error::Stalled { .. }));
        let mut errors: Vec<Error> = results.into_iter().filter_map(Result::err).collect();
        errors.sort_by_key(is_ended);
        errors.into_iter().next().map_or(Ok(()), Err)
    }

    pub fn pipe<'j>(&'j self, job: &'j Job) -> Pipe<'j> {
        Pipe {
            tools: &self.servers.tools,
            from: self.from,
            into: self.into,
            place: &self.servers.login(Side::Destination).place,
            what: job.what.clone(),
            arguments: job.arguments.clone(),
            database: &job.database,
            stall: self.goal.stall,
            begun: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::picture::Table;

    fn table(database: &str, name: &str, data: u64) -> Table {
        Table {
            database: database.to_owned(),
            name: name.to_owned(),
            engine: "InnoDB".to_owned(),
            bytes: data,
            data,
            auto_increment: None,
        }
    }

    #[test]
    fn small_tables_go_together_and_the_largest_first() {
        let picture = Picture {
            tables: vec![
                table("edxapp", "a", 100),
                table("edxapp", "b", 200),
                table("edxapp", "big", 1 << 30),
                table("xqueue", "c", 50),
            ],
            ..Picture::default()
        };
        let jobs = tables(&picture);
        let what: Vec<&str> = jobs.iter().map(|job| job.what.as_str()).collect();
        assert_eq!(what, ["edxapp.big", "edxapp.a to b", "xqueue.c"]);
        assert_eq!(jobs[0].arguments, ["--skip-triggers", "--", "edxapp", "big"]);
        assert_eq!(jobs[1].arguments, ["--skip-triggers", "--no-autocommit", "--", "edxapp", "a", "b"]);
    }
}
