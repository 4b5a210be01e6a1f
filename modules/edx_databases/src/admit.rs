//! Whether the platform gets in where its settings files point.

use ansible_protocol::{Outcome, Value, json};
use mysql::{Login, Session};

use crate::platform::{self, User};
use crate::servers::Servers;
use crate::{Error, Goal};

/// The state `admitted`.
pub fn run(goal: &Goal, servers: &Servers<'_>) -> Result<Outcome, Error> {
    let users = platform::users(&goal.folder)?;
    let mut problems = Vec::new();
    let mut logins = Vec::new();
    for user in &users {
        match tables(goal, servers, user) {
            Ok(0) => problems.push(format!("{} gets in at {} and finds no table in {}", user.name, user.place, user.database)),
            Ok(tables) => logins.push(json!({"user": user.name, "server": user.place.to_string(), "database": user.database, "tables": tables})),
            Err(error) => problems.push(format!("{} does not get in to {}: {error}", user.name, user.database)),
        }
    }
    if users.is_empty() {
        problems.push(format!("no settings file in {} names a MySQL database", goal.folder.display()));
    }
    if !problems.is_empty() {
        return Err(Error::Unfit { problems });
    }
    let said = format!("{} accounts get in and find their tables", logins.len());
    Ok(Outcome::new(false).field("logins", Value::Array(logins)).msg(said))
}

fn tables(goal: &Goal, servers: &Servers<'_>, user: &User) -> Result<u64, Error> {
    let login = Login {
        place: user.place.clone(),
        user: user.name.clone(),
        password: Some(user.password.clone()),
        ca_cert: None,
    };
    let mut session = Session::open(&servers.tools, &login, goal.timeout)?;
    let sql = format!(
        "SELECT COUNT(*) FROM information_schema.TABLES WHERE TABLE_SCHEMA = {}",
        mysql::literal(&user.database)
    );
    Ok(session.row(&sql)?.first().and_then(|count| count.parse().ok()).unwrap_or(0))
}
