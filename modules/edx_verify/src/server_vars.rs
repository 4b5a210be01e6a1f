//! What the next upgrade will make of the files: the agreement of server-vars.yml with them.

mod checks;
mod value;

use std::path::Path;

use edx_layout::{ObservedCache, ReadError, server_vars};
use lossless_yaml::Document;

use crate::check::{Check, Verification};
use crate::files::Files;
use checks::Agreement;
use value::Said;

const FILE: &str = "server_vars.file";

/// The variables; none where there is no file.
pub type Variables = Result<Option<Document>, Box<Check>>;

/// Compares the variables in `file` with what stands in the files that Open edX reads.
pub fn verify(file: &Path, variables: &Variables, files: &Files) -> Verification {
    let observed: Vec<ObservedCache> = files.caches.iter().filter_map(|cache| cache.observed.clone()).collect();
    let expected = server_vars(files.release, &observed, &files.here);
    let agreement = Agreement { expected: &expected, observed: &observed, release: files.release };
    let subject = file.display().to_string();
    let mut checks = Vec::new();
    if !files.complete {
        checks.push(Check::skipped(
            FILE,
            subject.as_str(),
            "not compared with the files that could not be read, only with the others",
        ));
    }
    match variables {
        Ok(Some(document)) => {
            checks.push(Check::ok(FILE, subject, format!("{} variables", document.root().len())));
            checks.extend(agreement.judge(document));
        }
        Ok(None) => checks.extend(agreement.without_file(&subject)),
        Err(check) => checks.push((**check).clone()),
    }
    Verification { checks, ..Verification::default() }
}

/// Reads the variables. `content` is none where there is no file.
pub fn read(file: &Path, content: Option<Result<&[u8], &ReadError>>) -> Variables {
    let failed = |seen: String, advice: &str| Box::new(Check::failed(FILE, file.display().to_string(), seen, advice));
    let bytes = match content {
        None => return Ok(None),
        Some(Ok(bytes)) => bytes,
        Some(Err(error)) => return Err(failed(error.to_string(), "run as root (become: true)")),
    };
    let advice = "the next upgrade stops at it, or reads something else than what is meant: correct the file";
    let document = Document::parse(bytes).map_err(|error| failed(error.to_string(), advice))?;
    match Said::read(document.root()) {
        Said::Mapping | Said::Null => Ok(Some(document)),
        other => Err(failed(format!("it is {}, not a mapping of variables", other.kind()), advice)),
    }
}
