//! From what was seen to a result: for Ansible an object, for a person a table.

use std::fmt::Write as _;

use ansible_protocol::{Failure, Map, Outcome, Value};

use crate::check::{Check, Status, Verification, counted};

/// Up to so many failed checks are named with their subjects in the message, more are counted; all are in `checks`.
const NAMED: usize = 3;

/// A failure when any check failed, with all results in it either way.
pub fn finish(verification: &Verification) -> Result<Outcome, Failure> {
    let text = verification.text();
    let warnings: Vec<String> = verification.with(Status::Warning).map(sentence).collect();
    let fields = fields(verification);
    let msg = message(verification);
    if verification.has_failed() {
        let failure = fields.into_iter().fold(Failure::new(msg), |failure, (key, value)| failure.field(&key, value));
        return Err(failure.text(text).warn_all(warnings));
    }
    let outcome = Outcome::unchanged().msg(msg);
    let outcome = fields.into_iter().fold(outcome, |outcome, (key, value)| outcome.field(&key, value));
    Ok(outcome.text(text).warn_all(warnings))
}

fn fields(verification: &Verification) -> Map<String, Value> {
    let mut fields = Map::new();
    fields.insert("checks".to_owned(), verification.checks_json());
    fields.insert("summary".to_owned(), verification.summary_json());
    if let Some(status) = &verification.status {
        fields.insert("status".to_owned(), status.to_json());
    }
    fields.extend(verification.facts.clone());
    fields
}

impl Verification {
    /// What a program reads: the keys that the module's result has.
    pub fn to_json(&self) -> Value {
        let mut object = Map::new();
        object.insert("failed".to_owned(), self.has_failed().into());
        object.insert("msg".to_owned(), message(self).into());
        object.extend(fields(self));
        object.into()
    }

    /// What a person reads: a line per check, and what to do below it.
    pub fn text(&self) -> String {
        table(&self.checks)
    }

    /// One line: how many checks passed, or which failed and what to do first.
    pub fn message(&self) -> String {
        message(self)
    }
}

fn message(verification: &Verification) -> String {
    let failed: Vec<&Check> = verification.with(Status::Failed).collect();
    let Some(first) = failed.first() else {
        let mut message = format!("{} passed", counted(verification.count(Status::Ok), "check"));
        let (warnings, skipped) = (verification.count(Status::Warning), verification.count(Status::Skipped));
        if warnings > 0 {
            let _ = write!(message, ", {}", counted(warnings, "warning"));
        }
        if skipped > 0 {
            let _ = write!(message, ", {skipped} skipped");
        }
        return message;
    };
    let names: Vec<String> = if failed.len() > NAMED {
        counts(&failed).iter().map(|(name, count)| format!("{count} {name}")).collect()
    } else {
        failed.iter().map(|check| format!("{} ({})", check.name, check.subject)).collect()
    };
    format!(
        "{} of {} failed: {}. First: {}",
        failed.len(),
        counted(verification.checks.len(), "check"),
        names.join(", "),
        sentence(first)
    )
}

/// How many there are of each name, in reading order.
fn counts(checks: &[&Check]) -> Vec<(&'static str, usize)> {
    let mut counts: Vec<(&'static str, usize)> = Vec::new();
    for check in checks {
        match counts.iter_mut().find(|(name, _)| *name == check.name) {
            Some((_, count)) => *count += 1,
            None => counts.push((check.name, 1)),
        }
    }
    counts
}

/// A check on one line, for a message or a warning.
fn sentence(check: &Check) -> String {
    let advice = check.advice.as_deref().map(|advice| format!("; {advice}")).unwrap_or_default();
    format!("{} ({}): {}{advice}", check.name, check.subject, check.seen)
}

/// A line per check: status, name, subject, what was seen; below it what to do.
fn table(checks: &[Check]) -> String {
    // A single very long path must not push the last column of every line off the screen.
    let width = |cells: &mut dyn Iterator<Item = usize>, limit: usize| cells.filter(|width| *width <= limit).max();
    let status = 7;
    let name = width(&mut checks.iter().map(|check| check.name.len()), 40).unwrap_or(0);
    let subject = width(&mut checks.iter().map(|check| check.subject.chars().count()), 48).unwrap_or(0);
    let mut text = String::new();
    let mut rest = checks;
    while let Some((check, after)) = rest.split_first() {
        let repeats =
            |other: &Check| (other.name, other.status, &other.advice) == (check.name, check.status, &check.advice);
        let skipped_after = skipped_together(check, after);
        rest = &after[skipped_after..];
        let more = if skipped_after > 0 { format!(" (and {skipped_after} more)") } else { String::new() };
        let line = format!(
            "{:status$}  {:name$}  {:subject$}  {}{more}",
            check.status.word(),
            check.name,
            check.subject,
            check.seen
        );
        let _ = writeln!(text, "{}", line.trim_end());
        // What to do is the same for many files in a row; it stands below the last of them.
        if let (Some(advice), false) = (&check.advice, rest.first().is_some_and(repeats)) {
            let _ = writeln!(text, "{:status$}  {advice}", "");
        }
    }
    text
}

/// How many checks right after this skipped one are told by its line: those skipped of the same subject, or those
/// of the same name skipped for the same reason. After one failure a dozen lines would say nothing.
fn skipped_together(check: &Check, after: &[Check]) -> usize {
    if check.status != Status::Skipped {
        return 0;
    }
    let same_subject = |other: &&Check| other.status == Status::Skipped && other.subject == check.subject;
    let same_reason =
        |other: &&Check| other.status == Status::Skipped && (other.name, &other.seen) == (check.name, &check.seen);
    after.iter().take_while(same_subject).count().max(after.iter().take_while(same_reason).count())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checks() -> Vec<Check> {
        vec![
            Check::ok("memcached.reachable", "10.0.0.5:11211", "connected in 0.3 ms"),
            Check::warning("memcached.udp", "10.0.0.5:11211", "UDP is open on port 11211", "start it with -U 0"),
            Check::failed("edx_etc.cache", "/edx/etc/lms.yml", "CACHES.a.LOCATION is localhost", "move it"),
            Check::skipped("memcached.memory", "10.0.0.5:11211", "no statistics"),
        ]
    }

    #[test]
    fn a_person_reads_a_line_per_check_and_what_to_do_below() {
        assert_eq!(
            table(&checks()),
            "ok       memcached.reachable  10.0.0.5:11211    connected in 0.3 ms\n\
             warning  memcached.udp        10.0.0.5:11211    UDP is open on port 11211\n         \
             start it with -U 0\n\
             failed   edx_etc.cache        /edx/etc/lms.yml  CACHES.a.LOCATION is localhost\n         \
             move it\n\
             skipped  memcached.memory     10.0.0.5:11211    no statistics\n"
        );
    }

    #[test]
    fn the_message_counts_and_names_the_failed_checks_and_says_what_to_do_first() {
        let verification = Verification { checks: checks(), ..Verification::default() };
        assert_eq!(
            message(&verification),
            "1 of 4 checks failed: edx_etc.cache (/edx/etc/lms.yml). First: edx_etc.cache (/edx/etc/lms.yml): \
             CACHES.a.LOCATION is localhost; move it"
        );
    }

    #[test]
    fn up_to_three_failed_checks_are_named_and_more_are_counted_by_name() {
        let failed = |number| Check::failed("edx_etc.no_local_cache", format!("{number}.yml"), "local", "move it");
        let mut checks: Vec<Check> = (1..4).map(failed).collect();
        let told = |checks: &[Check]| message(&Verification { checks: checks.to_vec(), ..Verification::default() });
        assert_eq!(
            told(&checks),
            "3 of 3 checks failed: edx_etc.no_local_cache (1.yml), edx_etc.no_local_cache (2.yml), \
             edx_etc.no_local_cache (3.yml). First: edx_etc.no_local_cache (1.yml): local; move it"
        );
        checks.insert(0, Check::failed("memcached.reachable", "10.0.0.5:11211", "cannot connect", "start it"));
        checks.push(Check::ok("edx_etc.readable", "/edx/etc", "3 files read"));
        assert_eq!(
            told(&checks),
            "4 of 5 checks failed: 1 memcached.reachable, 3 edx_etc.no_local_cache. First: memcached.reachable \
             (10.0.0.5:11211): cannot connect; start it"
        );
    }

    #[test]
    fn what_is_skipped_for_the_same_reason_stands_on_one_line() {
        let skipped = |file| Check::skipped("edx_etc.cache_endpoint", file, "none of its caches has moved");
        let other = Check::skipped("edx_etc.cache_endpoint", "d.yml", "another reason");
        let ok = Check::ok("edx_etc.cache_endpoint", "e.yml", "fine");
        assert_eq!(
            table(&[skipped("a.yml"), skipped("b.yml"), skipped("c.yml"), other, ok, skipped("f.yml")]),
            "skipped  edx_etc.cache_endpoint  a.yml  none of its caches has moved (and 2 more)\n\
             skipped  edx_etc.cache_endpoint  d.yml  another reason\n\
             ok       edx_etc.cache_endpoint  e.yml  fine\n\
             skipped  edx_etc.cache_endpoint  f.yml  none of its caches has moved\n"
        );
    }

    #[test]
    fn without_a_failure_the_message_counts() {
        let verification =
            Verification { checks: vec![checks().remove(0), checks().remove(1)], ..Verification::default() };
        assert_eq!(message(&verification), "1 check passed, 1 warning");
    }

    #[test]
    fn what_a_server_says_cannot_write_on_the_terminal() {
        let check = Check::ok("memcached.version", "a\nb", "1.6\x1b[2J\rok");
        assert_eq!(table(&[check]), "ok       memcached.version  a\\nb  1.6\\u{1b}[2J\\rok\n");
    }
}
