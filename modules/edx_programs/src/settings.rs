//! Which settings files each program reads, and when they were last written.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use edx_layout::{Release, programs_to_restart, root_of, service_of};

use crate::error::Error;
use crate::names::Pattern;

/// Where LMS and Studio have the JSON files that they read up to Ironwood, and forum has its own, below the root.
const OUTSIDE: [&str; 2] = ["edx/app/edxapp", "edx/app/forum"];

/// A settings file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingsFile {
    /// The file.
    pub path: PathBuf,
    /// When its content was last written (mtime).
    pub written: SystemTime,
    /// When it, its name, mode or owner last changed (ctime). Nothing sets this one back.
    pub changed: SystemTime,
}

/// Every settings file, with the programs that read it.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    files: Vec<(SettingsFile, Vec<Pattern>)>,
}

impl Settings {
    /// Looks into `folder` (`/edx/etc`) for the files of Open edX's services, and beside it for the JSON
    /// files of LMS and Studio and for forum's. `programs` are the names of supervisor's programs and groups.
    pub fn read(folder: &Path, programs: &BTreeSet<String>) -> Result<Self, Error> {
        let root = root_of(folder);
        let release = root.as_deref().and_then(Release::detect);
        let mut paths = files_in(folder).map_err(|source| Error::Settings { path: folder.to_owned(), source })?;
        if let Some(root) = root {
            // Not every release has these folders, nor every host with a copy of /edx/etc.
            paths.extend(OUTSIDE.iter().flat_map(|folder| files_in(&root.join(folder)).unwrap_or_default()));
        }
        let mut files = Vec::new();
        for path in paths {
            let readers = programs_to_restart([&path], release, Some(programs));
            let readers: Vec<_> = readers.iter().filter_map(|name| Pattern::parse(name, "programs").ok()).collect();
            if !readers.is_empty() {
                files.push((SettingsFile::at(path)?, readers));
            }
        }
        Ok(Self { files })
    }

    /// The files that `program` reads.
    pub fn of<'a>(&'a self, program: &'a str) -> impl Iterator<Item = &'a SettingsFile> {
        self.files
            .iter()
            .filter(move |(_, readers)| readers.iter().any(|reader| reader.names(program)))
            .map(|(file, _)| file)
    }
}

impl SettingsFile {
    fn at(path: PathBuf) -> Result<Self, Error> {
        // Follows a symbolic link: what counts is the file that is read.
        let times = fs::metadata(&path).and_then(|metadata| {
            let seconds = Duration::from_secs(metadata.ctime().unsigned_abs());
            let fraction = Duration::from_nanos(metadata.ctime_nsec().unsigned_abs());
            Ok((metadata.modified()?, SystemTime::UNIX_EPOCH + seconds + fraction))
        });
        match times {
            Ok((written, changed)) => Ok(Self { path, written, changed }),
            Err(source) => Err(Error::Settings { path, source }),
        }
    }
}

/// The files of Open edX's services in `folder`, by name. Backups (`lms.yml.2026…`) are none.
fn files_in(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if service_of(&path).is_some() && path.is_file() {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}
