//! What Open edX's settings files say of its databases: which, and who uses them.

use std::path::{Path, PathBuf};

use edx_layout::{DataPlace, Endpoint, Host, MYSQL_SOCKET, OUTSIDE_FILES, Snapshot, find_databases};
use lossless_yaml::{Document, Node};
use mysql::{Place, Secret};

use crate::Error;

/// A user of a database, as the settings files have it.
#[derive(Debug, Clone)]
pub struct User {
    /// The database's name.
    pub database: String,
    /// The account's name.
    pub name: String,
    /// Its password.
    pub password: Secret,
    /// Where the platform connects to.
    pub place: Place,
}

/// Every user of every database in the settings files of `folder`, and in those beside it.
pub fn users(folder: &Path) -> Result<Vec<User>, Error> {
    let snapshot = Snapshot::read(folder, &[])
        .map_err(|error| Error::Settings { path: folder.to_path_buf(), reason: error.to_string() })?;
    let mut found: Vec<User> = Vec::new();
    let is_other = |path: &Path| {
        let name = path.to_string_lossy();
        OUTSIDE_FILES.iter().any(|outside| name.ends_with(outside) && !name.ends_with(".json"))
    };
    for file in snapshot.files.iter().filter(|file| !is_other(&file.path)) {
        let unreadable = |reason: String| Error::Settings { path: file.path.clone(), reason };
        let bytes = file.content.clone().map_err(|error| unreadable(error.to_string()))?;
        let doc = Document::parse(bytes).map_err(|error| unreadable(error.to_string()))?;
        for database in find_databases(&doc) {
            let text = |key: &str| {
                let value = database.mapping.get(key).map(Node::follow);
                value.and_then(Node::text).unwrap_or_default().to_owned()
            };
            // A server of another kind, or what cannot be understood, has none.
            let Ok(place) = database.places.first().map_or(Err(""), DataPlace::endpoint) else { continue };
            let place = match place {
                Endpoint::Unix(path) => Place::Socket(PathBuf::from(path)),
                // The client takes the socket for this name, whatever the port.
                Endpoint::Tcp { host: Host::Name(name), .. } if name == "localhost" => {
                    Place::Socket(MYSQL_SOCKET.into())
                }
                Endpoint::Tcp { host, port } => Place::Tcp { host: host.to_string(), port },
            };
            let password = Secret::new(text("PASSWORD"));
            let user = User { database: text("NAME"), name: text("USER"), password, place };
            let is_known = |known: &User| {
                (&known.database, &known.name, &known.place) == (&user.database, &user.name, &user.place)
            };
            if !user.name.is_empty() && !found.iter().any(is_known) {
                found.push(user);
            }
        }
    }
    Ok(found)
}
