//! Whether the next upgrade reproduces what the files say of every layer. What memcached needs is judged with the caches.

use edx_layout::{Layer, RecordFinding, RecordState, expected_record, judge_record};

use super::Data;
use super::names::names;
use crate::check::Check;

/// What is to be said of one variable, or of a setting that no variable reproduces.
pub struct Judged {
    /// The layer.
    pub layer: Layer,
    /// The check.
    pub check: Check,
    /// Whether the next upgrade keeps what the files say; none where that is not known.
    pub keeps: Option<bool>,
}

/// The checks of the variables, layer by layer; none where the file cannot be read, which another check tells.
pub fn judge(data: &Data<'_>) -> Vec<Judged> {
    let Some(Ok(document)) = data.record else { return Vec::new() };
    let here = &data.snapshot.here;
    let expected = expected_record(data.snapshot.release, &data.findings.settings, here);
    let root = document.as_ref().map(lossless_yaml::Document::root);
    let mut judged: Vec<Judged> = judge_record(&expected, root, here).iter().map(of).collect();
    judged.extend(expected.unrecordable.iter().map(|lost| {
        let name = names(lost.layer).recorded;
        let subject = format!("{} {}", lost.setting.file.display(), lost.setting.key);
        let advice = "the next upgrade does not reproduce it: see to it by hand after each one";
        let check = Check::warning(name, subject, lost.reason.to_string(), advice);
        Judged { layer: lost.layer, check, keeps: Some(false) }
    }));
    judged.sort_by_key(|judged| judged.layer);
    judged
}

fn of(finding: &RecordFinding<'_>) -> Judged {
    let keeps = match finding.state {
        RecordState::Agrees => Some(true),
        RecordState::Missing { .. } | RecordState::Differs => Some(false),
        RecordState::Unknown(_) => None,
    };
    Judged { layer: finding.layer, check: check(finding), keeps }
}

fn check(finding: &RecordFinding<'_>) -> Check {
    let name = names(finding.layer).recorded;
    // The variable stands in front of what is said of it.
    let seen = finding.to_string();
    let seen = seen.strip_prefix(finding.variable).and_then(|rest| rest.strip_prefix(": ")).unwrap_or(&seen);
    let write = format!("write {} into server-vars.yml", finding.wanted);
    match &finding.state {
        RecordState::Agrees => Check::ok(name, finding.variable, seen),
        RecordState::Missing { .. } => Check::failed(name, finding.variable, seen, write),
        RecordState::Differs => {
            let advice = format!("the next upgrade moves it: {write}, or point the files there");
            Check::failed(name, finding.variable, seen, advice)
        }
        RecordState::Unknown(_) => Check::warning(name, finding.variable, seen, write),
    }
}
