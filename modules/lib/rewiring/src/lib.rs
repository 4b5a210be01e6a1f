//! Points the settings files of a native Open edX at other servers: the engine of `edx_cache_endpoint` and
//! `edx_data_endpoint`.
//!
//! What a kind of server is and how it stands in the files is a [`Service`]. A run reads every settings file
//! ([`settings`]), has each [`Entry`] judged, works out the new files ([`plan`], or [`restore`] from a backup), and only
//! then writes ([`write`]). What is reported is read from the new content, so that check mode says what a run will say.

mod backups;
mod content;
mod entry;
mod error;
mod judge;
mod leftovers;
mod options;
mod plan;
mod replace;
mod report;
mod restore;
mod service;
mod settings;
mod state;
mod this_host;
mod write;

pub use content::Content;
pub use entry::{Entry, Judge, Spot};
pub use error::{Error, Problem};
pub use judge::{Kept, Wish};
pub use options::{Backup, Given, Options, Restore, Work};
pub use plan::KeptEntry;
pub use replace::{Pattern, PatternError};
pub use service::{Facts, Found, Service, Words};

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use ansible_protocol::{Failure, Outcome, Request};
use edx_layout::{FolderError, Listing, Release, ServerVars, ThisHost, check_target, resolve, root_of};

use file_set::FileSet;

use crate::leftovers::{Leftovers, Needles};
use crate::plan::{FilePlan, NewContent, old_servers, point};
use crate::report::{BackupReport, Context};
use crate::restore::Restored;
use crate::settings::{Observed, SettingsFile, Wanted};

/// How long to wait for another run on the same folder.
const WAIT: Duration = Duration::from_secs(30);

/// The body of a module whose option `service` is one of `services`, the first of them where it is left out.
///
/// # Errors
///
/// What is wrong with the options, the folder or a file; nothing has been changed then, or `changed` says so.
pub fn run(request: &Request, services: &[&'static dyn Service]) -> Result<Outcome, Failure> {
    work(request, services).map_err(|error| {
        let changed = error.leaves_changes();
        Failure::from(error).changed(changed)
    })
}

fn work(request: &Request, services: &[&'static dyn Service]) -> Result<Outcome, Error> {
    let options = Options::from_arguments(&request.options, services)?;
    let here = this_host::this_host();
    if let Work::Point(wish) = &options.work {
        for endpoint in &wish.endpoints {
            check_target(endpoint, options.service.words().layer, options.allow_public, resolve)?;
        }
    }
    let mut listing = list(&options)?;
    let mut lock = None;
    if !request.check && !matches!(options.work, Work::Report) {
        let paths = listing.settings.iter().map(PathBuf::as_path);
        lock = Some(FileSet::lock(paths, WAIT).map_err(Error::Write)?);
        // What a killed run had left is gone now, and what another one did is done.
        listing = list(&options)?;
    }
    let files = settings::read(&mut listing).map_err(Error::Files)?;
    let release = options.release.or_else(|| root_of(&options.folder).and_then(|root| Release::detect(&root)));
    let wanted = Wanted { service: options.service, release };
    let bystanders = bystanders(&options, &files);
    let observed: Vec<Observed<'_>> = files.iter().map(|file| Observed::of(file, wanted)).collect();
    let contents = want(&options, &observed, wanted, &here)?;
    let mut planned = plan(&options, &observed, contents, wanted, &listing);
    if let (Work::Point(wish), Some(root)) = (&options.work, root_of(&options.folder)) {
        planned.warnings.extend(options.service.warnings(&root, release, wish, &here));
    }
    drop(observed);
    let facts = Facts { release, password: options.work.password(), here: &here };
    let vars = variables(&planned.files, &files, &bystanders, options.service, &facts);
    let label = backups::label_for(&options.backup, &planned.files)?;
    let mut backup = std::mem::take(&mut planned.backup);
    if let Some(label) = &label {
        backup = BackupReport::predicted(label, &planned.files);
    }
    match &lock {
        Some(lock) => write::write(lock, files, &planned.files, label.as_ref())?,
        None => write::predict(&planned.files)?,
    }
    let fields: Vec<_> = services.iter().map(|service| service.words().field).collect();
    let empty_fields: Vec<_> = fields.into_iter().filter(|field| *field != options.service.words().field).collect();
    let context = Context {
        check: request.check,
        folder: &options.folder,
        wanted,
        here: &here,
        vars,
        empty_fields: &empty_fields,
        client_addresses: this_host::client_addresses(options.work.endpoints()),
    };
    Ok(report::outcome(&planned.files, &planned.others, backup, planned.warnings, &context))
}

fn list(options: &Options) -> Result<Listing, Error> {
    let Some(files) = &options.files else {
        return Ok(of_folder(options)?);
    };
    let mut listing = Listing::default();
    for file in files {
        listing.add_named(file);
    }
    Ok(listing)
}

fn of_folder(options: &Options) -> Result<Listing, FolderError> {
    let mut listing = Listing::of(&options.folder)?;
    if let Some(root) = root_of(&options.folder) {
        let outside = options.service.files_outside().iter().map(|name| root.join(name));
        for path in outside.filter(|path| path.symlink_metadata().is_ok()) {
            listing.add_named(&path);
        }
    }
    Ok(listing)
}

/// Those files of the folder that `files` leaves out: what the next upgrade has to be told depends on all of them. One
/// that cannot be read is left to the run that edits it.
fn bystanders(options: &Options, files: &[SettingsFile]) -> Vec<SettingsFile> {
    if options.files.is_none() {
        return Vec::new();
    }
    let listing = of_folder(options).unwrap_or_default();
    let others = listing.settings.into_iter().filter(|path| !files.iter().any(|file| file.path == *path));
    others.filter_map(|path| settings::read_file(path).ok()).collect()
}

/// What the next upgrade has to be told once the plans are carried out.
fn variables(
    plans: &[FilePlan],
    files: &[SettingsFile],
    bystanders: &[SettingsFile],
    service: &dyn Service,
    facts: &Facts<'_>,
) -> ServerVars {
    let planned = std::iter::zip(plans, files)
        .map(|(plan, file)| (plan.path.as_path(), plan.new.as_ref().unwrap_or(&file.content)));
    let others = bystanders.iter().map(|file| (file.path.as_path(), &file.content));
    service.variables(&planned.chain(others).collect::<Vec<_>>(), facts)
}

/// What the files shall hold, before it is checked.
struct Contents {
    files: Vec<NewContent>,
    backup: BackupReport,
    warnings: Vec<String>,
}

fn want(options: &Options, files: &[Observed<'_>], wanted: Wanted, here: &ThisHost) -> Result<Contents, Error> {
    match &options.work {
        Work::Report => {
            let as_it_is = |file: &Observed<'_>| NewContent { after: None, kept: file.aside.clone() };
            let files = files.iter().map(as_it_is).collect();
            Ok(Contents { files, backup: BackupReport::default(), warnings: Vec::new() })
        }
        Work::Point(wish) => {
            let found: Vec<_> = files.iter().map(|file| (file.file.path.as_path(), &file.file.content)).collect();
            options.service.refuse(&found, &options.folder, wanted.release)?;
            let files = all(files.iter().map(|file| point(file, wish, here)))?;
            Ok(Contents { files, backup: BackupReport::default(), warnings: Vec::new() })
        }
        Work::Restore(restored) => {
            let found = backups::find(files, restored, &options.folder)?;
            let restored = all(std::iter::zip(files, found.contents).map(|(file, content)| match content {
                Some(bytes) => restore::restore(file, bytes, wanted),
                None => Ok(Restored::default()),
            }))?;
            let mut contents = Contents { files: Vec::new(), backup: found.report, warnings: Vec::new() };
            for file in restored {
                contents.files.push(file.content);
                contents.warnings.extend(file.warnings);
            }
            Ok(contents)
        }
    }
}

/// What will be written, checked and ready.
struct Planned {
    files: Vec<FilePlan>,
    others: Vec<Leftovers>,
    backup: BackupReport,
    warnings: Vec<String>,
}

fn plan(
    options: &Options,
    observed: &[Observed<'_>],
    contents: Contents,
    wanted: Wanted,
    listing: &Listing,
) -> Planned {
    let current = options.work.endpoints();
    let entries: Vec<_> = observed.iter().flat_map(|file| &file.entries).collect();
    let old = old_servers(&entries, current);
    let needles = Needles::new(wanted.service.words(), &old, current);
    let files = std::iter::zip(observed, contents.files)
        .map(|(file, content)| FilePlan::new(file, content, &needles, wanted))
        .collect();

    let mut warnings = contents.warnings;
    warnings.extend(
        listing
            .ignored
            .iter()
            .map(|path| format!("{}: it is not a regular file, so it was left alone", path.display())),
    );
    let mut others = Vec::new();
    let read: Vec<_> = observed.iter().filter_map(|file| identity(&file.file.path)).collect();
    // Where lms.yml is a link to lms.real, that file is listed among the others, too.
    let unread = |path: &&PathBuf| !identity(path).is_some_and(|id| read.contains(&id));
    for path in listing.others.iter().filter(unread) {
        match needles.in_file(path) {
            Ok(found) => others.push(found),
            Err(reason) => {
                warnings.push(format!(
                    "{}: it could not be searched for the old {}: {reason}",
                    path.display(),
                    wanted.service.words().layer
                ));
            }
        }
    }
    Planned { files, others, backup: contents.backup, warnings }
}

/// The device and the inode of a file.
fn identity(path: &Path) -> Option<(u64, u64)> {
    path.metadata().ok().map(|found| (found.dev(), found.ino()))
}

/// Every result, or every problem.
fn all<T>(results: impl Iterator<Item = Result<T, Problem>>) -> Result<Vec<T>, Error> {
    let (mut fine, mut problems) = (Vec::new(), Vec::new());
    for result in results {
        match result {
            Ok(value) => fine.push(value),
            Err(problem) => problems.push(problem),
        }
    }
    if problems.is_empty() { Ok(fine) } else { Err(Error::Files(problems)) }
}
