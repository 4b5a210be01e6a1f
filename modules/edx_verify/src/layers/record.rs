//! Whether the next upgrade reproduces what the files say of every layer. What memcached needs is judged with the caches.

use edx_layout::{Layer, RecordFinding, RecordState, expected_record, judge_record};

use super::Data;
use super::names::names;
use crate::check::Check;

/// The checks of the variables, by layer; none where the file cannot be read, which another check tells.
pub fn judge(data: &Data<'_>) -> Vec<(Layer, Check)> {
    let Some(Ok(document)) = data.record else { return Vec::new() };
    let here = &data.snapshot.here;
    let expected = expected_record(data.snapshot.release, &data.findings.settings, here);
    let root = document.as_ref().map(lossless_yaml::Document::root);
    let mut checks: Vec<(Layer, Check)> =
        judge_record(&expected, root, here).iter().map(|finding| (finding.layer, check(finding))).collect();
    checks.extend(expected.unrecordable.iter().map(|lost| {
        let name = names(lost.layer).recorded;
        let subject = format!("{} {}", lost.setting.file.display(), lost.setting.key);
        let advice = "the next upgrade does not reproduce it: see to it by hand after each one";
        (lost.layer, Check::warning(name, subject, lost.reason.to_string(), advice))
    }));
    checks.sort_by_key(|(layer, _)| *layer);
    checks
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
