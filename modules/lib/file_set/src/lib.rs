//! Replaces several files together: prepared first, renamed last, put back on failure.
//!
//! A reader of these files never sees half of one, a killed run leaves each file either as it was or as it was
//! wanted, and a refused write (`ENOSPC`, `EIO`, a read-only file system) leaves all of them as they were. Owner,
//! group, mode and extended attributes are carried over. A backup is a hard link to the earlier file, so it costs
//! nothing and is the earlier file in every respect.
//!
//! ```no_run
//! # fn main() -> Result<(), file_set::Error> {
//! use std::time::Duration;
//! use file_set::{FileSet, Label, Replacement, read};
//!
//! let files = FileSet::lock(["/edx/etc/lms.yml".as_ref()], Duration::from_secs(10))?;
//! let original = read("/edx/etc/lms.yml".as_ref())?;
//! let bytes = original.bytes().to_ascii_uppercase();
//! files.commit(vec![Replacement::new(original, bytes)], Some(&Label::now()))?;
//! # Ok(())
//! # }
//! ```

mod attributes;
mod backup;
mod commit;
mod error;
mod lock;
mod original;
mod temporary;

pub use attributes::{Attributes, group_id, parse_mode, user_id};
pub use backup::{Backup, Label, Selector, backups_of, find_backup};
pub use commit::{Committed, Replacement};
pub use error::{Aftermath, Error};
pub use lock::{FileSet, probe};
pub use original::{Original, read, read_or_absent};
