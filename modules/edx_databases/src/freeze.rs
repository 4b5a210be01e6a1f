//! Makes the source read-only, now and after a restart; or takes that back.

use std::path::Path;

use ansible_protocol::{Outcome, Value};
use host::ConfigFile;
use mysql::{Flavour, Session};

use crate::facts::Facts;
use crate::servers::{Servers, Side};
use crate::{Error, Goal};

const TEXT: &str = "# Written by edx_databases: the data of this server has moved to another one, and is kept.\n\
                    # It takes writes again after: edx_databases with state thawed, or the playbook rollback_mysql.yml.\n\
                    [mysqld]\nread_only = ON\n";

/// The states `frozen` and `thawed`.
pub fn run(goal: &Goal, servers: &Servers<'_>, freeze: bool, check: bool) -> Result<Outcome, Error> {
    let mut session = servers.session(Side::Source)?;
    let facts = Facts::ask(&mut session)?;
    let file = ConfigFile::read(&goal.read_only_file)?;
    let folder = goal.read_only_file.parent().unwrap_or(Path::new("/"));
    // Another host's server, such as a managed one, keeps its settings there.
    let has_folder = matches!(goal.source.place, mysql::Place::Socket(_)) && folder.is_dir();
    let file_changes = has_folder && (file.bytes.as_deref() == Some(TEXT.as_bytes())) != freeze;
    let mut actions = Vec::new();
    let shown = goal.read_only_file.display();
    if file_changes {
        actions.push(format!("{} {shown}", if freeze { "write" } else { "remove" }));
    }
    let wanted = if freeze { "read-only" } else { "writable" };
    if facts.is_read_only != freeze {
        actions.push(format!("make {} {wanted}", session.place()));
    }
    if !check {
        if file_changes && freeze {
            let lock = host::lock_config(&goal.read_only_file, 30)?;
            file.write(&lock, TEXT.as_bytes(), None)?;
        } else if file_changes {
            host::remove_file(&goal.read_only_file)?;
        }
        if facts.is_read_only != freeze {
            set(&mut session, &facts, freeze)?;
        }
    }
    let mut outcome = Outcome::new(!actions.is_empty())
        .field("read_only", if check { facts.is_read_only } else { freeze })
        .field("actions", actions.iter().cloned().collect::<Value>())
        .text(actions.join("\n"));
    if !has_folder && freeze {
        outcome = outcome.warn_all([format!(
            "{} takes writes again after a restart; set read_only where it has its settings",
            session.place()
        )]);
    }
    Ok(outcome)
}

fn set(session: &mut Session, facts: &Facts, freeze: bool) -> Result<(), Error> {
    let word = if freeze { "ON" } else { "OFF" };
    // Those who may do everything are held back as well, where the server knows how.
    let has_super = facts.version.flavour == Flavour::MySql && facts.version.is_since(5, 7);
    if has_super && freeze {
        session.query_at_leisure("SET GLOBAL super_read_only = ON")?;
    }
    session.query_at_leisure(&format!("SET GLOBAL read_only = {word}"))?;
    let is_taken = Facts::ask(session)?.is_read_only == freeze;
    let wanted = if freeze { "read-only" } else { "writable" };
    if is_taken { Ok(()) } else { Err(Error::NotTaken { place: session.place().to_string(), wanted }) }
}
