//! Every store in MongoDB: the module store, the content store, and forum's.

use std::path::Path;

use edx_layout::{DataPlace, Endpoint, EndpointError, Layer, Release, ServerVars, ShellFile, StoreUrl, find_stores};
use lossless_yaml::{Edit, KeyPath};
use rewiring::{Content, Entry, Facts, Found, Kept, Service, Spot, Words};

use crate::place;

/// The service MongoDB.
#[derive(Clone, Copy, Debug)]
pub struct MongoDb;

static WORDS: Words = Words {
    name: "mongodb",
    layer: Layer::MongoDb,
    port: 27017,
    role_name: None,
    example: "172.31.5.13:27017",
    user: "store",
    user_in_full: "MongoDB store",
    values: "store settings",
    place: "a store's host and port",
    field: "stores",
    shares_hosts: true,
    no_login: "",
    once: "name each member of a replica set once",
};

/// LMS and Studio have passwords, and so stores, in files of their own up to Ironwood; forum has its store nowhere else.
const OUTSIDE: [&str; 3] = ["edx/app/edxapp/lms.auth.json", "edx/app/edxapp/cms.auth.json", "edx/app/forum/forum_env"];

impl Service for MongoDb {
    fn words(&self) -> &'static Words {
        &WORDS
    }

    fn endpoint(&self, text: &str) -> Result<Endpoint, EndpointError> {
        place::endpoint(Layer::MongoDb, text)
    }

    fn find<'a>(&self, path: &Path, content: &'a Content, _release: Option<Release>) -> Found<'a> {
        let entries = match content {
            Content::Yaml(doc) => find_stores(doc).into_iter().map(|found| place::entry(path, found)).collect(),
            Content::Shell(file) => file.store_url().map(|url| of_forum(path, file, url)).into_iter().collect(),
        };
        Found { entries, aside: Vec::new() }
    }

    fn variables(&self, files: &[(&Path, &Content)], facts: &Facts<'_>) -> ServerVars {
        place::variables(Layer::MongoDb, files, facts)
    }

    fn files_outside(&self) -> &'static [&'static str] {
        &OUTSIDE
    }
}

fn of_forum<'a>(path: &Path, file: &'a ShellFile, url: StoreUrl) -> Entry<'a> {
    let key = KeyPath::of([url.name]);
    let raw = &file.source()[url.span.clone()];
    let shown = place::shown(&url.places).join(",");
    Entry {
        path: key.clone(),
        line: url.line,
        servers: place::servers(&url.places),
        shown: place::shown(&url.places),
        spots: vec![Spot::of_word(key.clone(), url.span.clone(), url.line, shown.into(), raw)],
        reports: place::reports(path, url.name, url.line, &url.places),
        judge: Box::new(move |wish, here| {
            let servers = url.places.iter().map(DataPlace::endpoint).collect::<Result<Vec<_>, _>>();
            let servers = servers.map_err(place::not_understood)?;
            if servers == wish.endpoints {
                return Ok(Vec::new());
            }
            wish.allows(servers.iter().map(|server| (server.to_string(), server)), here)?;
            let word = file.store_word(&url, &wish.endpoints).map_err(|why| Kept::Worrying(why.to_owned()))?;
            Ok(vec![Edit::Set { path: key.clone(), value: word.into() }])
        }),
    }
}
