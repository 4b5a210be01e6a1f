//! STUB
use crate::error::Error;
use crate::options::Options;
use crate::plan::FilePlan;
use crate::report::BackupReport;
use crate::settings::SettingsFile;

pub struct Found {
    pub contents: Vec<Option<Vec<u8>>>,
    pub report: BackupReport,
}
pub fn find_backups(files: &[SettingsFile], _label: &str) -> Result<Found, Error> {
    let contents = files.iter().map(|f| std::fs::read(format!("{}.stub~", f.path.display())).ok()).collect();
    Ok(Found { contents, report: BackupReport::default() })
}
pub fn write(
    plans: &[FilePlan],
    options: &Options,
    restored: BackupReport,
    check: bool,
) -> Result<BackupReport, Error> {
    for p in plans {
        if let Some(b) = &p.bytes
            && !check
        {
            if options.backup != crate::Backup::No {
                let _ = std::fs::copy(&p.path, format!("{}.stub~", p.path.display()));
            }
            std::fs::write(&p.path, b).ok();
        }
    }
    Ok(restored)
}
