//! Whether the platform gets in where its settings files point, and into its databases.

use ansible_protocol::{Outcome, Value, json};
use mysql::{Login, Session};

use crate::platform::{self, User};
use crate::servers::Servers;
use crate::{Error, Goal};

/// The state `admitted`.
pub fn run(goal: &Goal, servers: &Servers<'_>) -> Result<Outcome, Error> {
    let users = platform::users(&goal.folder)?;
    let mut problems = Vec::new();
    let mut denied = Vec::new();
    let mut logins = Vec::new();
    for user in &users {
        match tables(goal, servers, user) {
            Ok(tables) => logins.push(json!({"user": user.name, "server": user.place.to_string(), "database": user.database, "tables": tables})),
            Err(error) => {
                denied.push(format!("{} in {}", user.name, user.database));
                problems.push(format!("{} does not get in to {}: {error}", user.name, user.database));
            }
        }
    }
    if users.is_empty() {
        problems.push(format!("no settings file in {} names a MySQL database", goal.folder.display()));
    }
    if !problems.is_empty() && !goal.may_differ {
        return Err(Error::Unfit { problems });
    }
    let said = match problems.as_slice() {
        [] => format!("{} accounts get in and find their tables", logins.len()),
        problems => problems.join("; "),
    };
    Ok(Outcome::new(false)
        .field("logins", Value::Array(logins))
        .field("denied", denied)
        .field("problems", problems)
        .msg(said))
}

fn tables(goal: &Goal, servers: &Servers<'_>, user: &User) -> Result<u64, Error> {
    let login = Login {
        place: user.place.clone(),
        user: user.name.clone(),
        password: Some(user.password.clone()),
        ca_cert: None,
    };
    let mut session = Session::open(&servers.tools, &login, goal.timeout)?;
    // Of a database that an account may not use it sees no tables, as of one that has none.
    session.query(&format!("USE {}", mysql::identifier(&user.database)))?;
    let sql = format!(
        "SELECT COUNT(*) FROM information_schema.TABLES WHERE TABLE_SCHEMA = {}",
        mysql::literal(&user.database)
    );
    Ok(session.row(&sql)?.first().and_then(|count| count.parse().ok()).unwrap_or(0))
}
