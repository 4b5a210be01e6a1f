//! Owner, group and mode, as asked for and as they are.

use std::fs::{File, Metadata};
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;

use xattr::FileExt;

use crate::error::Error;

/// What a file's owner, group and mode shall be; `None` leaves what is there, or the system's default for a new file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Attributes {
    /// User id.
    pub user: Option<u32>,
    /// Group id.
    pub group: Option<u32>,
    /// Permission bits.
    pub mode: Option<u32>,
}

impl Attributes {
    /// Whether a file with this metadata has them all.
    pub fn are_those_of(&self, file: &Metadata) -> bool {
        self.user.is_none_or(|user| user == file.uid())
            && self.group.is_none_or(|group| group == file.gid())
            && self.mode.is_none_or(|mode| mode == file.mode() & 0o7777)
    }
}

/// The number of a user, by name from `/etc/passwd` or already a number.
pub fn user_id(name: &str) -> Result<u32, Error> {
    look_up(name, "user", Path::new("/etc/passwd"))
}

/// The number of a group, by name from `/etc/group` or already a number.
pub fn group_id(name: &str) -> Result<u32, Error> {
    look_up(name, "group", Path::new("/etc/group"))
}

/// A mode as Ansible's users write it: `"0640"`, `"640"` or `"0o640"`.
pub fn parse_mode(text: &str) -> Result<u32, Error> {
    let digits = text.strip_prefix("0o").unwrap_or(text);
    let is_octal = !digits.is_empty() && digits.bytes().all(|byte| (b'0'..=b'7').contains(&byte));
    is_octal
        .then(|| u32::from_str_radix(digits, 8).ok())
        .flatten()
        .filter(|mode| *mode <= 0o7777)
        .ok_or_else(|| Error::BadMode { mode: text.to_owned() })
}

fn look_up(name: &str, kind: &'static str, table: &Path) -> Result<u32, Error> {
    if let Ok(number) = name.parse() {
        return Ok(number);
    }
    let text = std::fs::read_to_string(table).map_err(Error::io(table, "read it"))?;
    text.lines()
        .map(|line| line.split(':').collect::<Vec<_>>())
        .find(|fields| fields.first() == Some(&name))
        .and_then(|fields| fields.get(2)?.parse().ok())
        .ok_or_else(|| Error::Unknown { table: table.to_owned(), kind, name: name.to_owned() })
}

/// Gives `new` what `old` has, and then what is wanted. Owner first, since changing it clears bits of the mode.
pub(crate) fn apply(new: &File, old: Option<&File>, wanted: Attributes) -> io::Result<()> {
    let old_metadata = old.map(File::metadata).transpose()?;
    let metadata = new.metadata()?;
    let user = wanted.user.or(old_metadata.as_ref().map(Metadata::uid));
    let group = wanted.group.or(old_metadata.as_ref().map(Metadata::gid));
    let differs = user.is_some_and(|user| user != metadata.uid()) || group.is_some_and(|group| group != metadata.gid());
    if differs {
        std::os::unix::fs::fchown(new, user, group)?;
    }
    if let Some(old) = old {
        copy_extended(old, new)?;
    }
    let mode = wanted.mode.or(old_metadata.as_ref().map(|old| old.mode() & 0o7777)).unwrap_or(0o644);
    new.set_permissions(std::fs::Permissions::from_mode(mode))
}

/// Access control lists and `SELinux` labels are extended attributes too.
fn copy_extended(old: &File, new: &File) -> io::Result<()> {
    let names = match old.list_xattr() {
        Ok(names) => names,
        Err(error) if error.kind() == io::ErrorKind::Unsupported => return Ok(()),
        Err(error) => return Err(error),
    };
    for name in names {
        if let Some(value) = old.get_xattr(&name)?
            && new.get_xattr(&name)?.as_ref() != Some(&value)
        {
            new.set_xattr(&name, &value)?;
        }
    }
    Ok(())
}
