//! What a run is about: a kind of server, and how it stands in the settings files.

use std::fmt;
use std::path::Path;

use edx_layout::{Endpoint, EndpointError, Layer, Password, Release, ServerVars, ThisHost};

use crate::content::Content;
use crate::entry::Entry;
use crate::error::Error;
use crate::judge::Wish;
use crate::plan::KeptEntry;

/// A kind of server.
pub trait Service: fmt::Debug + Sync {
    /// Its words.
    fn words(&self) -> &'static Words;

    /// Reads one of its servers.
    fn endpoint(&self, text: &str) -> Result<Endpoint, EndpointError>;

    /// What names its servers in the file `path`.
    fn find<'a>(&self, path: &Path, content: &'a Content, release: Option<Release>) -> Found<'a>;

    /// The variables with which the next upgrade renders what stands in `files`, which are all of a host.
    fn variables(&self, files: &[(&Path, &Content)], context: &Facts<'_>) -> ServerVars;

    /// Whether a run can point at that many servers.
    fn check_count(&self, _endpoints: usize) -> Result<(), Error> {
        Ok(())
    }

    /// Whether servers have a user and a password that stand with them.
    fn takes_login(&self) -> bool {
        false
    }

    /// Files besides the settings folder that name its servers, below the root. None of them has to be there.
    fn files_outside(&self) -> &'static [&'static str] {
        &[]
    }

    /// Why nothing in these files, whose settings folder is `folder`, can be pointed elsewhere.
    fn refuse(&self, _files: &[(&Path, &Content)], _folder: &Path, _release: Option<Release>) -> Result<(), Error> {
        Ok(())
    }

    /// What to say of files below `root` that are none of settings, before a run points elsewhere.
    fn warnings(&self, _root: &Path, _release: Option<Release>, _wish: &Wish, _here: &ThisHost) -> Vec<String> {
        Vec::new()
    }
}

/// What is known besides the files.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// The release of Open edX, where known.
    pub release: Option<Release>,
    /// What is known of the servers' password.
    pub password: Password,
    /// This host.
    pub here: &'a ThisHost,
}

/// What a file has of a service.
#[derive(Debug, Default)]
pub struct Found<'a> {
    /// What names its servers, in the order of the file.
    pub entries: Vec<Entry<'a>>,
    /// What stays whatever is wished.
    pub aside: Vec<KeptEntry>,
}

/// The words for a kind of server, and what it has of its own.
#[derive(Debug)]
pub struct Words {
    /// The option `service`.
    pub name: &'static str,
    /// The kind of data.
    pub layer: Layer,
    /// Its usual port.
    pub port: u16,
    /// The host name by which the roles mean it, and nothing else.
    pub role_name: Option<&'static str>,
    /// One of its servers, as an example.
    pub example: &'static str,
    /// What names a server of it: `cache`.
    pub user: &'static str,
    /// The same in full: `memcached cache`.
    pub user_in_full: &'static str,
    /// The values that are set, several of them: `cache locations`.
    pub values: &'static str,
    /// Where such a value stands.
    pub place: &'static str,
    /// The field of the result with what names its servers.
    pub field: &'static str,
    /// Whether names of hosts that other kinds of servers have, too, may be looked for.
    pub shares_hosts: bool,
    /// Why `username` and `password` are refused, where they are.
    pub no_login: &'static str,
    /// Why the same server must not be named twice.
    pub once: &'static str,
}
