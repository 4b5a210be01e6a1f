//! Accounts and what they may do: from the source to the destination, for the application servers' addresses.

use std::collections::{BTreeMap, BTreeSet};

use ansible_protocol::{Outcome, Value};
use edx_layout::ThisHost;
use mysql::{Flavour, Login, Secret, Session, Version, account, identifier, literal};

use crate::facts::{Facts, chosen};
use crate::picture::{Common, Picture};
use crate::platform::{self, User};
use crate::servers::{Servers, Side};
use crate::{Error, Goal};

/// Accounts of the server itself and of its administrator, who has them on the destination as well.
const OWN: [&str; 8] =
    ["root", "mysql", "mariadb.sys", "mysql.sys", "mysql.session", "mysql.infoschema", "debian-sys-maint", ""];

/// Hosts from which an account of the source comes that is to come from the application servers.
const LOCAL: [&str; 4] = ["localhost", "127.0.0.1", "::1", "%"];

/// An account of a server.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Account {
    user: String,
    host: String,
    plugin: String,
    /// As `CREATE USER … AS` takes it: that of `caching_sha2_password`, which is no text, as `0x…`.
    hash: String,
}

/// How an account logs in on the destination.
#[derive(Clone)]
struct Identified {
    /// `IDENTIFIED …`.
    sql: String,
    by: By,
}

/// What it is known by.
#[derive(Clone)]
enum By {
    /// The source's own hash.
    Hash(String),
    /// The password of the settings files, where the destination does not take the source's hash.
    Password(Secret),
}

/// What a privilege is for: `*.*`, a database, a table, columns of one, a routine.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Scope(String);

/// What an account may do: of each scope the privileges, and whether it may pass them on.
type Grants = BTreeMap<Scope, (BTreeSet<String>, bool)>;

/// An account that the destination is to have.
struct Wanted {
    user: String,
    host: String,
    identified: Identified,
    grants: Grants,
}

/// One thing to do, in words and in SQL, which may have a password in it.
struct Step {
    what: String,
    sql: String,
}

/// The state `granted`.
pub fn run(goal: &Goal, servers: &Servers<'_>, check: bool) -> Result<Outcome, Error> {
    let mut destination = servers.session(Side::Destination)?;
    let Plan { steps, warnings, accounts, deferred } = plan(goal, servers, &mut destination)?;
    if !check {
        destination.query("SET SESSION sql_mode = ''")?;
        for (done, step) in steps.iter().enumerate() {
            if let Err(cause) = destination.query(&step.sql) {
                let cause = Error::Step { what: step.what.clone(), cause };
                if done == 0 {
                    return Err(cause);
                }
                let aftermath = format!("{done} of {} steps were done; run the same again", steps.len());
                return Err(Error::Halfway { cause: Box::new(cause), aftermath });
            }
        }
    }
    let actions: Vec<String> = steps.into_iter().map(|step| step.what).collect();
    let count = accounts.len();
    Ok(Outcome::new(!actions.is_empty())
        .field("accounts", accounts)
        .text(actions.join("\n"))
        .msg(format!("{count} accounts, {} things to do", actions.len()))
        .field("actions", actions.into_iter().collect::<Value>())
        .field("deferred", deferred)
        .warn_all(warnings))
}

/// What is to be done.
struct Plan {
    steps: Vec<Step>,
    warnings: Vec<String>,
    /// Every account that it is about.
    accounts: Vec<String>,
    /// What can be granted only once the table or routine is there.
    deferred: Vec<String>,
}

fn plan(goal: &Goal, servers: &Servers<'_>, destination: &mut Session) -> Result<Plan, Error> {
    let mut source = servers.session(Side::Source)?;
    let facts = Facts::ask(&mut source)?;
    let theirs = Facts::ask(destination)?;
    let databases = chosen(&mut source, facts.version, goal.databases.as_deref())?;
    let names: Vec<String> = databases.into_iter().map(|database| database.name).collect();
    let common = Common::of(facts.version, theirs.version);
    let definers = Picture::look(&mut source, &names, facts.version, common)?.definers;
    let users = platform::users(&goal.folder)?;
    let known = accounts(&mut source, facts.version)?;
    let grants = grants(&mut source)?;
    let there = accounts(destination, theirs.version)?;
    let there_grants = self::grants(destination)?;
    let privileges = privileges(destination)?;

    let mut warnings = Vec::new();
    let mut wanted: Vec<Wanted> = Vec::new();
    let here = this_host();
    for account in known.iter().filter(|account| !OWN.contains(&account.user.as_str())) {
        let own = grants.get(&(account.user.clone(), account.host.clone())).cloned().unwrap_or_default();
        let is_platforms = users.iter().any(|user| user.name == account.user);
        let is_of_databases = own.keys().any(|scope| names.iter().any(|name| scope.is_in(name)));
        let is_definer = definers.contains(&format!("{}@{}", account.user, account.host));
        if !is_platforms && !is_of_databases && !is_definer {
            continue;
        }
        let Some(identified) = identified(account, &users, theirs.version, &mut warnings) else { continue };
        let is_local = LOCAL.contains(&account.host.as_str()) || here.contains(&account.host);
        let mut hosts: Vec<&str> =
            if is_local { goal.hosts.iter().map(String::as_str).collect() } else { vec![&account.host] };
        if is_definer && !hosts.contains(&account.host.as_str()) {
            hosts.push(&account.host);
        }
        for host in hosts {
            add(&mut wanted, account, host, &identified, &own);
        }
    }
    for user in &users {
        if !known.iter().any(|account| account.user == user.name) {
            warnings.push(format!(
                "the settings files log in to {} as {}, and the source has no such account",
                user.database, user.name
            ));
        }
    }
    let admitted = admitted(goal, servers, &wanted, &there);
    let there = There { accounts: there, grants: there_grants, admitted, privileges, objects: objects(destination)? };
    let mut plan = Plan { steps: Vec::new(), warnings, accounts: Vec::new(), deferred: Vec::new() };
    for wanted in &wanted {
        plan.accounts.push(format!("{}@{}", wanted.user, wanted.host));
        there.add_steps(wanted, &mut plan);
    }
    plan.warnings.sort();
    plan.warnings.dedup();
    Ok(plan)
}

/// Those of `accounts`, each as `user@host`, that a server does not have.
pub fn missing(session: &mut Session, accounts: &[String]) -> Result<Vec<String>, Error> {
    let rows = session.query("SELECT CONCAT(user, '@', host) FROM mysql.user")?;
    let known: Vec<String> = rows.into_iter().flatten().collect();
    Ok(accounts.iter().filter(|account| !known.contains(account)).cloned().collect())
}

/// The users that are there, are known by their password alone, and get in with it from here: their hashes say nothing,
/// as each has a salt of its own.
fn admitted(goal: &Goal, servers: &Servers<'_>, wanted: &[Wanted], there: &[Account]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut tried = BTreeSet::new();
    for Wanted { user, identified, .. } in wanted {
        let By::Password(password) = &identified.by else { continue };
        let is_there = there.iter().any(|known| known.user == *user);
        if !is_there || !tried.insert(user) {
            continue;
        }
        let login =
            Login { user: user.clone(), password: Some(password.clone()), ..servers.login(Side::Destination).clone() };
        if Session::open(&servers.tools, &login, goal.timeout).is_ok() {
            found.insert(user.clone());
        }
    }
    found
}

fn this_host() -> Vec<String> {
    let here: ThisHost = host::Network::of_this_host()
        .map(|network| ThisHost {
            addresses: network.interfaces.iter().map(|interface| interface.address).collect(),
            name: None,
        })
        .unwrap_or_default();
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    here.addresses.iter().map(ToString::to_string).chain([name.trim().to_owned()]).collect()
}

/// An account, or what one of two that become the same one adds to it.
fn add(wanted: &mut Vec<Wanted>, account: &Account, host: &str, identified: &Identified, grants: &Grants) {
    if let Some(known) = wanted.iter_mut().find(|known| known.user == account.user && known.host == host) {
        for (scope, (privileges, may_grant)) in grants {
            let entry = known.grants.entry(scope.clone()).or_default();
            entry.0.extend(privileges.iter().cloned());
            entry.1 |= may_grant;
        }
        return;
    }
    wanted.push(Wanted {
        user: account.user.clone(),
        host: host.to_owned(),
        identified: identified.clone(),
        grants: grants.clone(),
    });
}

/// How the account logs in on the destination; none where it cannot.
fn identified(account: &Account, users: &[User], to: Version, warnings: &mut Vec<String>) -> Option<Identified> {
    let is_native = matches!(account.plugin.as_str(), "mysql_native_password" | "");
    let is_sha2 = account.plugin == "caching_sha2_password";
    if (is_native || is_sha2) && account.hash.is_empty() {
        warnings.push(format!(
            "the account {}@{} has no password, so it was not carried over; give it one on the source",
            account.user, account.host
        ));
        return None;
    }
    // MySQL 9 has no such passwords any more.
    let by = || By::Hash(account.hash.clone());
    if is_native && !(to.flavour == Flavour::MySql && to.is_since(8, 4)) {
        let sql = format!("IDENTIFIED WITH mysql_native_password AS {}", literal(&account.hash));
        return Some(Identified { sql, by: by() });
    }
    if is_sha2 && to.flavour == Flavour::MySql && to.is_since(8, 0) {
        return Some(Identified {
            sql: format!("IDENTIFIED WITH caching_sha2_password AS {}", account.hash),
            by: by(),
        });
    }
    if let Some(user) = users.iter().find(|user| user.name == account.user && !user.password.reveal().is_empty()) {
        let sql = format!("IDENTIFIED BY {}", mysql::password(user.password.reveal()));
        return Some(Identified { sql, by: By::Password(user.password.clone()) });
    }
    warnings.push(format!(
        "the account {}@{} logs in with {}, which does not go over to {to}; make it there by hand if it is used",
        account.user, account.host, account.plugin
    ));
    None
}

/// What the destination has.
struct There {
    accounts: Vec<Account>,
    grants: BTreeMap<(String, String), Grants>,
    /// Those of the users who are known by their password alone that get in with it.
    admitted: BTreeSet<String>,
    /// What it can grant.
    privileges: BTreeSet<String>,
    /// Its tables and routines, as scopes.
    objects: BTreeSet<String>,
}

impl There {
    /// Whether an account has that password.
    fn lets_in(&self, known: &Account, by: &By) -> bool {
        match by {
            By::Hash(hash) => known.hash == *hash,
            By::Password(_) => self.admitted.contains(&known.user),
        }
    }

    fn add_steps(&self, wanted: &Wanted, plan: &mut Plan) {
        let name = account(&wanted.user, &wanted.host);
        let shown = format!("{}@{}", wanted.user, wanted.host);
        match self.accounts.iter().find(|known| known.user == wanted.user && known.host == wanted.host) {
            None => plan.steps.push(Step {
                what: format!("create the account {shown}"),
                sql: format!("CREATE USER {name} {}", wanted.identified.sql),
            }),
            Some(known) if !self.lets_in(known, &wanted.identified.by) => plan.steps.push(Step {
                what: format!("set the password of {shown}"),
                sql: format!("ALTER USER {name} {}", wanted.identified.sql),
            }),
            Some(_) => {}
        }
        let empty = Grants::new();
        let have = self.grants.get(&(wanted.user.clone(), wanted.host.clone())).unwrap_or(&empty);
        for (scope, (of_scope, may_grant)) in &wanted.grants {
            let (having, has_option) = have.get(scope).cloned().unwrap_or_default();
            let missing: Vec<&str> =
                of_scope.iter().filter(|privilege| !having.contains(*privilege)).map(String::as_str).collect();
            let (missing, unknown): (Vec<&str>, Vec<&str>) =
                missing.into_iter().partition(|privilege| self.privileges.contains(bare(privilege)));
            if !unknown.is_empty() {
                plan.warnings.push(format!("the destination does not know {} of {shown}", unknown.join(", ")));
            }
            let option = if *may_grant { " WITH GRANT OPTION" } else { "" };
            let missing = if missing.is_empty() && *may_grant && !has_option { vec!["USAGE"] } else { missing };
            if missing.is_empty() {
                continue;
            }
            let on = &scope.0;
            let what = format!("grant {shown} {} on {on}{option}", missing.join(", "));
            if !on.ends_with(".*") && !self.objects.contains(on) {
                plan.deferred.push(what);
                continue;
            }
            plan.steps.push(Step { what, sql: format!("GRANT {} ON {on} TO {name}{option}", missing.join(", ")) });
        }
    }
}

/// Every table, view and routine, as a scope.
fn objects(session: &mut Session) -> Result<BTreeSet<String>, Error> {
    let sql = "SELECT '', TABLE_SCHEMA, TABLE_NAME FROM information_schema.TABLES UNION ALL \
               SELECT CONCAT(ROUTINE_TYPE, ' '), ROUTINE_SCHEMA, ROUTINE_NAME FROM information_schema.ROUTINES";
    let scope = |row: mysql::Row| {
        let [kind, database, name] = row.try_into().ok()?;
        Some(format!("{kind}{}.{}", identifier(&database), identifier(&name)))
    };
    Ok(session.query_at_leisure(sql)?.into_iter().filter_map(scope).collect())
}

/// `SELECT` of ``SELECT (`name`)``.
fn bare(privilege: &str) -> &str {
    privilege.split(" (").next().unwrap_or(privilege)
}

impl Scope {
    /// Whether it has to do with a database.
    fn is_in(&self, database: &str) -> bool {
        let scope = self.0.trim_start_matches("PROCEDURE ").trim_start_matches("FUNCTION ");
        let pattern = scope.strip_prefix('`').and_then(|rest| rest.split_once("`.")).map(|(name, _)| name);
        // A database may be meant by a pattern: `edx\_%`.
        pattern.is_some_and(|pattern| is_like(database.as_bytes(), pattern.as_bytes()))
    }
}

/// SQL's LIKE.
fn is_like(text: &[u8], pattern: &[u8]) -> bool {
    match (pattern, text) {
        ([], []) => true,
        ([b'%', rest @ ..], _) => (0..=text.len()).any(|from| is_like(&text[from..], rest)),
        ([b'_', rest @ ..], [_, more @ ..]) => is_like(more, rest),
        ([b'\\', c, rest @ ..] | [c, rest @ ..], [first, more @ ..]) => c == first && is_like(more, rest),
        _ => false,
    }
}

fn accounts(session: &mut Session, version: Version) -> Result<Vec<Account>, Error> {
    // Up to MySQL 5.6 the password has a column of its own.
    let hash = match (version.flavour, version.is_since(5, 7)) {
        (Flavour::MySql, false) => "COALESCE(NULLIF(authentication_string, ''), password)",
        _ => "authentication_string",
    };
    let roles = if version.flavour == Flavour::MariaDb { " WHERE is_role = 'N'" } else { "" };
    let sql = format!(
        "SELECT user, host, plugin, IF(plugin = 'caching_sha2_password' AND {hash} <> '', CONCAT('0x', HEX({hash})), \
         COALESCE({hash}, '')) FROM mysql.user{roles} ORDER BY user, host"
    );
    let read = |row: mysql::Row| {
        let [user, host, plugin, hash] = row.try_into().ok()?;
        Some(Account { user, host, plugin, hash })
    };
    Ok(session.query(&sql)?.into_iter().filter_map(read).collect())
}

/// What the server can grant, in capitals.
fn privileges(session: &mut Session) -> Result<BTreeSet<String>, Error> {
    let rows = session.query("SHOW PRIVILEGES")?;
    let mut found: BTreeSet<String> = rows.into_iter().filter_map(|row| Some(row.first()?.to_uppercase())).collect();
    found.insert("USAGE".to_owned());
    // MariaDB's list has it under another name.
    if found.contains("DELETE VERSIONING ROWS") {
        found.insert("DELETE HISTORY".to_owned());
    }
    Ok(found)
}

/// What every account may do, by user and host.
fn grants(session: &mut Session) -> Result<BTreeMap<(String, String), Grants>, Error> {
    let mut found: BTreeMap<(String, String), Grants> = BTreeMap::new();
    let sql = "SELECT GRANTEE, '', '', '', PRIVILEGE_TYPE, IS_GRANTABLE FROM information_schema.USER_PRIVILEGES \
               UNION ALL SELECT GRANTEE, TABLE_SCHEMA, '', '', PRIVILEGE_TYPE, IS_GRANTABLE FROM \
               information_schema.SCHEMA_PRIVILEGES \
               UNION ALL SELECT GRANTEE, TABLE_SCHEMA, TABLE_NAME, '', PRIVILEGE_TYPE, IS_GRANTABLE FROM \
               information_schema.TABLE_PRIVILEGES \
               UNION ALL SELECT GRANTEE, TABLE_SCHEMA, TABLE_NAME, COLUMN_NAME, PRIVILEGE_TYPE, IS_GRANTABLE FROM \
               information_schema.COLUMN_PRIVILEGES";
    for row in session.query_at_leisure(sql)? {
        let Ok([grantee, database, table, column, privilege, grantable]) = <[String; 6]>::try_from(row) else {
            continue;
        };
        let Some(key) = grantee_of(&grantee) else { continue };
        if privilege == "USAGE" && grantable != "YES" {
            continue;
        }
        let scope = match (database.as_str(), table.as_str()) {
            ("", _) => "*.*".to_owned(),
            (database, "") => format!("{}.*", identifier(database)),
            (database, table) => format!("{}.{}", identifier(database), identifier(table)),
        };
        let privilege = if column.is_empty() { privilege } else { format!("{privilege} ({})", identifier(&column)) };
        note(&mut found, key, scope, privilege, grantable == "YES");
    }
    let sql = "SELECT User, Host, Db, Routine_name, Routine_type, Proc_priv FROM mysql.procs_priv";
    for row in session.query(sql)? {
        let Ok([user, host, database, routine, kind, privileges]) = <[String; 6]>::try_from(row) else { continue };
        let scope = format!("{kind} {}.{}", identifier(&database), identifier(&routine));
        for privilege in privileges.split(',').filter(|word| !word.is_empty()) {
            let may_grant = privilege.eq_ignore_ascii_case("grant");
            let privilege = if may_grant { "USAGE".to_owned() } else { privilege.to_uppercase() };
            note(&mut found, (user.clone(), host.clone()), scope.clone(), privilege, may_grant);
        }
    }
    Ok(found)
}

fn note(
    found: &mut BTreeMap<(String, String), Grants>,
    key: (String, String),
    scope: String,
    privilege: String,
    may_grant: bool,
) {
    let entry = found.entry(key).or_default().entry(Scope(scope)).or_default();
    if privilege != "USAGE" {
        entry.0.insert(privilege);
    }
    entry.1 |= may_grant;
}

/// `'user'@'host'` in its parts.
fn grantee_of(text: &str) -> Option<(String, String)> {
    let (user, host) = text.strip_prefix('\'')?.strip_suffix('\'')?.rsplit_once("'@'")?;
    Some((user.replace("''", "'"), host.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_may_mean_databases_by_a_pattern() {
        for (scope, database, is_meant) in [
            ("`edxapp`.*", "edxapp", true),
            ("`edx\\_app`.*", "edx_app", true),
            ("`edx\\_app`.*", "edxaapp", false),
            ("`edx%`.*", "edxapp_csmh", true),
            ("PROCEDURE `edxapp`.`tidy`", "edxapp", true),
            ("*.*", "edxapp", false),
        ] {
            assert_eq!(Scope(scope.to_owned()).is_in(database), is_meant, "{scope} {database}");
        }
    }

    #[test]
    fn a_grantee_is_read() {
        assert_eq!(grantee_of("'edxapp001'@'localhost'"), Some(("edxapp001".to_owned(), "localhost".to_owned())));
        assert_eq!(grantee_of("nobody"), None);
    }
}
