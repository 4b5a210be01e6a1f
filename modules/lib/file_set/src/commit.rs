//! From prepared files to replaced ones.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::attributes::{self, Attributes};
use crate::backup::Label;
use crate::error::{Aftermath, Error};
use crate::lock::FileSet;
use crate::original::Original;
use crate::temporary;

/// A file and what shall stand in its place.
#[derive(Debug)]
pub struct Replacement {
    original: Original,
    /// `None` deletes the file.
    bytes: Option<Vec<u8>>,
    attributes: Attributes,
}

impl Replacement {
    /// New content; owner, group, mode and extended attributes stay.
    pub fn new(original: Original, bytes: Vec<u8>) -> Self {
        Self { original, bytes: Some(bytes), attributes: Attributes::default() }
    }

    /// No file any more.
    pub fn deletion(original: Original) -> Self {
        Self { original, bytes: None, attributes: Attributes::default() }
    }

    /// Another owner, group or mode than the file has. A new file has mode 0644 unless told.
    #[must_use]
    pub fn with(mut self, attributes: Attributes) -> Self {
        self.attributes = attributes;
        self
    }
}

/// What a commit left besides the files themselves.
#[derive(Debug, Default)]
pub struct Committed {
    /// The backup of each file, in the order of the replacements; a marker where there was no file.
    pub backups: Vec<PathBuf>,
}

impl FileSet {
    /// Replaces all of the files, or none.
    ///
    /// Everything that can be refused is done before the first rename: content and attributes written and synced
    /// beside each file, the earlier files kept under second names, backups made, and each file seen to be still
    /// what was read. Files must be in the folders that this set has locked.
    pub fn commit(&self, replacements: Vec<Replacement>, backup: Option<&Label>) -> Result<Committed, Error> {
        let mut steps: Vec<Step> = replacements.into_iter().map(Step::new).collect();
        let outcome = self.carry_out(&mut steps, backup);
        let outcome =
            outcome.map_err(|cause| Error::Failed { cause: Box::new(cause), aftermath: put_back(&mut steps) });
        for step in &mut steps {
            step.remove_temporaries();
        }
        outcome?;
        Ok(Committed { backups: steps.into_iter().filter_map(|step| step.backup).collect() })
    }

    fn carry_out(&self, steps: &mut [Step], backup: Option<&Label>) -> Result<(), Error> {
        for step in steps.iter_mut() {
            step.prepare()?;
        }
        for step in steps.iter_mut() {
            step.keep_earlier(backup)?;
        }
        if backup.is_some() {
            // The backups have to be on disk before what they are backups of is gone.
            self.sync_folders(steps)?;
        }
        for step in steps.iter() {
            step.replacement.original.check_unchanged()?;
        }
        for step in steps.iter_mut() {
            step.replace()?;
        }
        self.sync_folders(steps)
    }

    fn sync_folders(&self, steps: &[Step]) -> Result<(), Error> {
        for (path, folder) in &self.folders {
            let is_used = path == Path::new(".") || steps.iter().any(|step| step.path().parent() == Some(path));
            if is_used {
                folder.sync_all().map_err(Error::io(path, "sync this folder to disk"))?;
            }
        }
        Ok(())
    }
}

/// A replacement on its way.
struct Step {
    replacement: Replacement,
    /// The new content, beside the file.
    new: Option<PathBuf>,
    /// The earlier file under a second name.
    kept: Option<PathBuf>,
    backup: Option<PathBuf>,
    replaced: bool,
}

impl Step {
    fn new(replacement: Replacement) -> Self {
        Self { replacement, new: None, kept: None, backup: None, replaced: false }
    }

    fn path(&self) -> &Path {
        self.replacement.original.path()
    }

    fn prepare(&mut self) -> Result<(), Error> {
        let Some(bytes) = &self.replacement.bytes else { return Ok(()) };
        let temporary = temporary::name_beside(self.path());
        let mut file = temporary::create(&temporary)?;
        self.new = Some(temporary.clone());
        file.write_all(bytes).map_err(Error::io(&temporary, "write this temporary file"))?;
        attributes::apply(&file, self.replacement.original.file(), self.replacement.attributes)
            .map_err(Error::io(&temporary, "give this temporary file the owner, mode and attributes of the file"))?;
        file.sync_all().map_err(Error::io(&temporary, "sync this temporary file to disk"))
    }

    fn keep_earlier(&mut self, label: Option<&Label>) -> Result<(), Error> {
        let path = self.path().to_owned();
        if !self.replacement.original.exists() {
            if let Some(label) = label {
                let marker = label.absence_of(&path);
                File::create_new(&marker).map_err(|error| backup_refused(&marker, error))?;
                self.backup = Some(marker);
            }
            return Ok(());
        }
        let kept = temporary::name_beside(&path);
        std::fs::hard_link(&path, &kept).map_err(Error::io(&path, "keep the earlier file under a second name"))?;
        self.kept = Some(kept);
        if let Some(label) = label {
            let backup = label.backup_of(&path);
            std::fs::hard_link(&path, &backup).map_err(|error| backup_refused(&backup, error))?;
            self.backup = Some(backup);
        }
        Ok(())
    }

    fn replace(&mut self) -> Result<(), Error> {
        let path = self.path();
        match &self.new {
            Some(new) => std::fs::rename(new, path).map_err(Error::io(path, "replace this file"))?,
            None => match std::fs::remove_file(path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(Error::io(path, "remove this file")(error));
                }
                _ => {}
            },
        }
        self.new = None;
        self.replaced = true;
        Ok(())
    }

    /// Puts the earlier file back; otherwise says where it is.
    fn put_back(&mut self) -> Result<(), PathBuf> {
        let done = match self.kept.take() {
            Some(kept) => std::fs::rename(&kept, self.path()).map_err(|_| kept),
            None => std::fs::remove_file(self.path()).map_err(|_| PathBuf::from("nowhere, it did not exist")),
        };
        if done.is_ok()
            && let Some(backup) = self.backup.take()
        {
            // A backup of what stands there is none; the next run removes it if this fails.
            let _ = std::fs::remove_file(backup);
        }
        done
    }

    /// What cannot be removed now, the next run removes.
    fn remove_temporaries(&mut self) {
        for temporary in [self.new.take(), self.kept.take()].into_iter().flatten() {
            let _ = std::fs::remove_file(temporary);
        }
    }
}

fn put_back(steps: &mut [Step]) -> Aftermath {
    let mut back = Vec::new();
    let mut stuck = Vec::new();
    for step in steps.iter_mut() {
        if step.replaced {
            match step.put_back() {
                Ok(()) => back.push(step.path().to_owned()),
                Err(kept) => stuck.push((step.path().to_owned(), out_of_the_way(&kept, step.path()))),
            }
        } else if let Some(backup) = step.backup.take() {
            let _ = std::fs::remove_file(backup);
        }
    }
    if !stuck.is_empty() {
        Aftermath::Stuck(stuck)
    } else if back.is_empty() {
        Aftermath::NothingChanged
    } else {
        Aftermath::PutBack(back)
    }
}

/// A name that the next run does not take for a temporary file's, if the system lets us give it one.
fn out_of_the_way(kept: &Path, path: &Path) -> PathBuf {
    let safe = Label::now().backup_of(path);
    if std::fs::rename(kept, &safe).is_ok() { safe } else { kept.to_owned() }
}

fn backup_refused(backup: &Path, error: io::Error) -> Error {
    if error.kind() == io::ErrorKind::AlreadyExists {
        Error::BackupExists { path: backup.to_owned() }
    } else {
        Error::io(backup, "make this backup")(error)
    }
}
