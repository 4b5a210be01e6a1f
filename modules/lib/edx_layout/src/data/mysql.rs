//! `DATABASES.*.HOST` of every service.

use std::path::PathBuf;

use super::entry::{DataEntry, DataKeys};
use super::find::{File, Place};
use super::{DataAddress, DataPlace, DataSetting, Layer, text, value};

/// Where Debian's MySQL has its socket, which its clients take where no host is given, or `localhost`.
pub const SOCKET: &str = "/var/run/mysqld/mysqld.sock";

/// A database of Django, each of which is one setting.
pub fn find(file: &File<'_>, database: Place<'_, '_>, found: &mut Vec<DataSetting>) {
    if let Some(entry) = entry(database) {
        found.push(file.setting(Layer::MySql, &entry.host_path(), entry.line, entry.places));
    }
}

/// The same with the values that name its server.
pub fn entry<'a>(database: Place<'_, 'a>) -> Option<DataEntry<'a>> {
    database.is_in("DATABASES").then(|| DataEntry {
        path: database.path.clone(),
        mapping: database.mapping,
        keys: DataKeys::DATABASE,
        host: database.get("HOST"),
        port: database.get("PORT"),
        line: database.line_of("HOST"),
        places: vec![place(database)],
    })
}

fn place(database: Place<'_, '_>) -> DataPlace {
    if let Some(engine) = value::text_or_none(database.get("ENGINE")).filter(|engine| !is_mysql(engine)) {
        return text::unknown(format!("its ENGINE is {engine}, which is not MySQL"));
    }
    let options = database.get("OPTIONS");
    let option = |key| options.and_then(|options| options.get(key));
    let read = || -> Result<DataPlace, String> {
        let host = value::text(database.get("HOST"))?;
        let port = value::port(database.get("PORT"), "PORT")?.unwrap_or(3306);
        Ok(match (host, value::text(option("unix_socket"))?) {
            // mysqlclient speaks to the socket unless it is given another host.
            (None | Some("localhost"), Some(path)) => socket(path),
            (None, None) => socket(SOCKET),
            (Some(host), _) => server(host, port, value::is_true(option("ssl"))),
        })
    };
    read().unwrap_or_else(text::unknown)
}

/// A HOST has no port of its own: Django hands it over as it is.
fn server(host: &str, port: u16, tls: bool) -> DataPlace {
    match text::server(host, 0, tls) {
        DataPlace { shown, address: DataAddress::Server { host, port: 0, tls } } => {
            DataPlace { shown, address: DataAddress::Server { host, port, tls } }
        }
        DataPlace { shown, address: DataAddress::Server { .. } } => {
            let why = "it has a port in it, which belongs into PORT".to_owned();
            DataPlace { shown, address: DataAddress::Unknown(why) }
        }
        other => other,
    }
}

fn socket(path: &str) -> DataPlace {
    DataPlace { shown: path.to_owned(), address: DataAddress::Socket(PathBuf::from(path)) }
}

/// Django's own, django-mysql-geventpool and the like; MariaDB goes by the same name.
fn is_mysql(engine: &str) -> bool {
    engine.to_ascii_lowercase().contains("mysql")
}
