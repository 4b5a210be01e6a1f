//! Which supervisor programs must restart after a settings file changed.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::release::Release;
use crate::service::{is_read, service_of};

/// Where supervisor reads its programs from, below the root.
const PROGRAM_FOLDER: &str = "edx/app/supervisor/conf.d";

/// The programs and groups that the supervisor below `root` has, or `None`
/// where its folder cannot be read or holds none.
pub fn configured_programs(root: &Path) -> Option<BTreeSet<String>> {
    let mut found = BTreeSet::new();
    for entry in fs::read_dir(root.join(PROGRAM_FOLDER)).ok()?.flatten() {
        let path = entry.path();
        let is_program_file = path.extension().is_some_and(|extension| extension == "conf")
            && fs::metadata(&path).is_ok_and(|metadata| metadata.is_file());
        if !is_program_file {
            continue;
        }
        for line in fs::read_to_string(&path).unwrap_or_default().lines() {
            let section = line.trim_end().strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
            let name =
                section.and_then(|section| section.strip_prefix("program:").or_else(|| section.strip_prefix("group:")));
            found.extend(name.map(str::to_owned));
        }
    }
    (!found.is_empty()).then_some(found)
}

/// The programs to give to `supervisorctl restart` after `files` changed, in
/// the order of the files, each once. A group is written `name:*`.
///
/// Files that `release` does not read restart nothing. With `configured` (from
/// [`configured_programs`]) only programs that the host has are named; without
/// it, those that every native host has.
pub fn programs_to_restart<'a>(
    files: impl IntoIterator<Item = &'a PathBuf>,
    release: Option<Release>,
    configured: Option<&BTreeSet<String>>,
) -> Vec<String> {
    let mut programs: Vec<String> = Vec::new();
    for file in files {
        let Some(service) = service_of(file).filter(|_| is_read(file, release)) else {
            continue;
        };
        for (program, on_every_host) in service.programs(release) {
            let name = program.strip_suffix(":*").unwrap_or(program);
            let wanted = configured.map_or(on_every_host, |known| known.contains(name));
            if wanted && !programs.iter().any(|known| known == program) {
                programs.push(program.to_owned());
            }
        }
    }
    programs
}
