//! Points the databases of a native Open edX at a MySQL server, or its stores at MongoDB. The engine is `rewiring`; here
//! is how databases and stores stand in the files.

mod mongodb;
mod mysql;
mod place;
mod spec;

pub use mongodb::MongoDb;
pub use mysql::MySql;
pub use spec::{PAGE, SPEC};

use ansible_protocol::{Failure, Outcome, Request};

/// The module's body.
///
/// # Errors
///
/// See [`rewiring::run`].
pub fn run(request: &Request) -> Result<Outcome, Failure> {
    rewiring::run(request, &[&MySql, &MongoDb])
}
