//! `replace FOLDER LABEL`: gives every `*.yml` of a folder new content, all or none. For the tests with faults.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use file_set::{Attributes, Error, FileSet, Label, Replacement, read, read_or_absent};

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let (Some(folder), Some(label)) = (arguments.next(), arguments.next()) else { return ExitCode::from(2) };
    match replace(Path::new(&folder), &label) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            #[allow(clippy::print_stdout, reason = "the test reads why")]
            {
                println!("{error}");
            }
            ExitCode::FAILURE
        }
    }
}

fn replace(folder: &Path, label: &str) -> Result<(), Error> {
    let label: Label = label.parse()?;
    let names: Vec<PathBuf> = ["a.yml", "b.yml", "c.yml"].iter().map(|name| folder.join(name)).collect();
    let files = FileSet::lock(names.iter().map(PathBuf::as_path), Duration::from_secs(5))?;
    let mut replacements = Vec::new();
    for name in &names {
        let original = read(name)?;
        let wanted = String::from_utf8_lossy(original.bytes()).replace("before", "wanted").into_bytes();
        if wanted != original.bytes() {
            replacements.push(Replacement::new(original, wanted));
        }
    }
    let made = read_or_absent(&folder.join("new.yml"))?;
    if !made.exists() {
        let attributes = Attributes { mode: Some(0o640), ..Attributes::default() };
        replacements.push(Replacement::new(made, b"wanted".to_vec()).with(attributes));
    }
    if replacements.is_empty() { Ok(()) } else { files.commit(replacements, Some(&label)).map(|_| ()) }
}
