//! The settings files as they are, and what a service has in them.

use std::path::PathBuf;

use edx_layout::{Listing, Release};
use file_set::Original;

use crate::content::Content;
use crate::entry::Entry;
use crate::error::Problem;
use crate::plan::KeptEntry;
use crate::service::Service;

/// A settings file that was read.
#[derive(Debug)]
pub struct SettingsFile {
    /// Its path.
    pub path: PathBuf,
    /// What it says.
    pub content: Content,
    /// The file as it was found, to be replaced only while it is still that.
    pub original: Original,
}

/// What is looked for in a file.
#[derive(Clone, Copy, Debug)]
pub struct Wanted {
    /// Whose servers.
    pub service: &'static dyn Service,
    /// The release of Open edX, where known.
    pub release: Option<Release>,
}

/// A settings file with what the service has in it.
#[derive(Debug)]
pub struct Observed<'a> {
    /// The file.
    pub file: &'a SettingsFile,
    /// What names servers of the service, in the order of the file.
    pub entries: Vec<Entry<'a>>,
    /// What stays whatever is wished.
    pub aside: Vec<KeptEntry>,
}

impl<'a> Observed<'a> {
    /// Looks into `file`.
    pub fn of(file: &'a SettingsFile, wanted: Wanted) -> Self {
        let found = wanted.service.find(&file.path, &file.content, wanted.release);
        Self { file, entries: found.entries, aside: found.aside }
    }
}

/// Reads every settings file of a listing. What cannot be read, or not by
/// PyYAML, is a problem of its own; all of them are found before the first is
/// told.
pub fn read(listing: &mut Listing) -> Result<Vec<SettingsFile>, Vec<Problem>> {
    let mut files = Vec::new();
    let mut problems: Vec<Problem> = listing.refused.drain(..).map(Problem::from).collect();
    for path in listing.settings.drain(..) {
        match read_file(path) {
            Ok(file) => files.push(file),
            Err(problem) => problems.push(problem),
        }
    }
    if problems.is_empty() { Ok(files) } else { Err(problems) }
}

/// Reads one settings file.
pub fn read_file(path: PathBuf) -> Result<SettingsFile, Problem> {
    let original = file_set::read(&path)?;
    match Content::parse(&path, original.bytes()) {
        Ok(content) => Ok(SettingsFile { path, content, original }),
        Err(reason) => Err(Problem::Yaml { path, reason }),
    }
}
