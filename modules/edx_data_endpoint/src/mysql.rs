//! Every database of Django that is in MySQL.

use std::path::Path;

use edx_layout::{Endpoint, EndpointError, Layer, Release, ServerVars, find_databases};
use rewiring::{Content, Error, Facts, Found, Service, Words};

use crate::place;

/// The service MySQL.
#[derive(Clone, Copy, Debug)]
pub struct MySql;

static WORDS: Words = Words {
    name: "mysql",
    layer: Layer::MySql,
    port: 3306,
    role_name: None,
    example: "172.31.5.12:3306",
    user: "database",
    user_in_full: "MySQL database",
    values: "database settings",
    place: "a database's HOST and PORT",
    field: "databases",
    shares_hosts: true,
    no_login: "",
    once: "name it once",
};

/// LMS and Studio have passwords, and so databases, in files of their own up to Ironwood.
const JSON: [&str; 2] = ["edx/app/edxapp/lms.auth.json", "edx/app/edxapp/cms.auth.json"];

impl Service for MySql {
    fn words(&self) -> &'static Words {
        &WORDS
    }

    fn endpoint(&self, text: &str) -> Result<Endpoint, EndpointError> {
        place::endpoint(Layer::MySql, text)
    }

    fn find<'a>(&self, path: &Path, content: &'a Content, _release: Option<Release>) -> Found<'a> {
        let databases = content.yaml().map(find_databases).unwrap_or_default();
        Found { entries: databases.into_iter().map(|found| place::entry(path, found)).collect(), aside: Vec::new() }
    }

    fn variables(&self, files: &[(&Path, &Content)], facts: &Facts<'_>) -> ServerVars {
        place::variables(Layer::MySql, files, facts)
    }

    fn check_count(&self, endpoints: usize) -> Result<(), Error> {
        let why = "HOST holds one. Give the address of the primary, or of the service in front of it; for a read replica run the module again with `files` and `replace`";
        if endpoints > 1 { Err(Error::OneServer { title: "MySQL", given: endpoints, why }) } else { Ok(()) }
    }

    fn files_outside(&self) -> &'static [&'static str] {
        &JSON
    }
}
