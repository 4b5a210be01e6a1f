//! Points the caches of a native Open edX at memcached servers, or its task queue at a Redis.
//!
//! A run reads every settings file ([`settings`]), judges each cache or
//! broker ([`judge`], [`judge_broker`]), works out the new files ([`plan`], or [`restore`] from a
//! backup), and only then writes ([`write`]). What is reported is read from
//! the new content, so that check mode says what a run will say.

mod backups;
mod clock;
mod entry;
mod error;
mod judge;
mod judge_broker;
mod leftovers;
mod options;
mod plan;
mod replace;
mod report;
mod restore;
mod service;
mod settings;
mod spec;
mod state;
mod this_host;
mod variables;
mod write;

pub use error::{Error, Problem};
pub use judge::{Kept, Verdict, Wish, judge};
pub use judge_broker::judge_broker;
pub use options::{Backup, Given, Options, Restore, Work};
pub use replace::{Pattern, PatternError};
pub use service::Service;
pub use spec::{PAGE, SPEC};

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use ansible_protocol::{Failure, Outcome, Request};
use edx_layout::{Endpoint, Listing, Release, ThisHost, check_target, resolve, root_of};

use file_set::FileSet;

use crate::leftovers::{Leftovers, Needles};
use crate::plan::{FilePlan, NewContent, old_servers, point, set_aside};
use crate::report::{BackupReport, Context};
use crate::restore::Restored;
use crate::settings::{Observed, Seen, SettingsFile, Wanted};

/// How long to wait for another run on the same folder.
const WAIT: Duration = Duration::from_secs(30);

/// The module's body.
pub fn run(request: &Request) -> Result<Outcome, Failure> {
    work(request).map_err(|error| {
        let changed = error.leaves_changes();
        Failure::from(error).changed(changed)
    })
}

fn work(request: &Request) -> Result<Outcome, Error> {
    let options = Options::from_arguments(&request.options)?;
    let here = this_host::this_host();
    if let Work::Point(wish) = &options.work {
        for endpoint in &wish.endpoints {
            check_target(endpoint, options.service.layer(), options.allow_public, resolve)?;
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
    let bystanders = bystanders(&options, &files, wanted);
    let observed: Vec<Observed<'_>> = files.iter().map(|file| Observed::of(file, wanted)).collect();
    let contents = want(&options, &observed, wanted, &here)?;
    let mut planned = plan(&options, &observed, contents, wanted, &listing);
    if let (Work::Point(wish), Service::Redis, Some(root)) = (&options.work, options.service, root_of(&options.folder))
    {
        planned.warnings.extend(clock::warnings(&root, release, wish, &here));
    }
    drop(observed);
    let label = backups::label_for(&options.backup, &planned.files)?;
    let mut backup = std::mem::take(&mut planned.backup);
    if let Some(label) = &label {
        backup = BackupReport::predicted(label, &planned.files);
    }
    match &lock {
        Some(lock) => write::write(lock, files, &planned.files, label.as_ref())?,
        None => write::predict(&planned.files)?,
    }
    let password = options.work.password();
    let context = Context { check: request.check, folder: &options.folder, wanted, here: &here, bystanders, password };
    Ok(report::outcome(&planned.files, &planned.others, backup, planned.warnings, &context))
}

fn list(options: &Options) -> Result<Listing, Error> {
    let Some(files) = &options.files else {
        return Ok(Listing::of(&options.folder)?);
    };
    let mut listing = Listing::default();
    for file in files {
        listing.add_named(file);
    }
    Ok(listing)
}

/// What stands in those files of the folder that `files` leaves out: what the
/// next upgrade has to be told depends on all of them. One that cannot be read
/// is left to the run that edits it.
fn bystanders(options: &Options, files: &[SettingsFile], wanted: Wanted) -> Seen {
    let mut found = Seen::default();
    if options.files.is_none() {
        return found;
    }
    let listing = Listing::of(&options.folder).unwrap_or_default();
    for path in listing.settings.into_iter().filter(|path| !files.iter().any(|file| file.path == *path)) {
        if let Ok(file) = settings::read_file(path) {
            for entry in &Observed::of(&file, wanted).entries {
                found.add(&file.path, entry);
            }
        }
    }
    found
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
            let as_it_is = |file| NewContent { after: None, kept: set_aside(file) };
            let files = files.iter().map(as_it_is).collect();
            Ok(Contents { files, backup: BackupReport::default(), warnings: Vec::new() })
        }
        Work::Point(wish) => {
            if settings::is_on_rabbitmq(files) {
                return Err(Error::RabbitMq(options.folder.clone()));
            }
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
    let current: &[Endpoint] = match &options.work {
        Work::Point(wish) => &wish.endpoints,
        Work::Report | Work::Restore(_) => &[],
    };
    let entries: Vec<_> = observed.iter().flat_map(|file| &file.entries).collect();
    let old = old_servers(&entries, current);
    let needles = Needles::new(wanted.service, &old, current);
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
                    wanted.service.layer()
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
