//! From what was seen to a result: for Ansible an object, for a person a table.

use std::fmt::Write as _;

use ansible_protocol::{Failure, Outcome};

use crate::check::{Check, Status, Verification, counted};

/// No more failed checks than this are named in the message; all of them are in `checks`.
const NAMED: usize = 8;

/// A failure when any check failed, with all results in it either way.
pub fn finish(verification: Verification) -> Result<Outcome, Failure> {
    let text = table(&verification.checks);
    let warnings: Vec<String> = verification.with(Status::Warning).map(sentence).collect();
    let checks = verification.checks_json();
    let summary = verification.summary_json();
    if verification.count(Status::Failed) > 0 {
        let mut failure =
            Failure::new(message(&verification)).field("checks", checks).field("summary", summary).text(text);
        for (key, value) in verification.facts {
            failure = failure.field(&key, value);
        }
        return Err(failure.warn_all(warnings));
    }
    let mut outcome =
        Outcome::unchanged().msg(message(&verification)).field("checks", checks).field("summary", summary).text(text);
    for (key, value) in verification.facts {
        outcome = outcome.field(&key, value);
    }
    Ok(outcome.warn_all(warnings))
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
    let mut names: Vec<String> =
        failed.iter().take(NAMED).map(|check| format!("{} ({})", check.name, check.subject)).collect();
    if failed.len() > NAMED {
        names.push(format!("{} more", failed.len() - NAMED));
    }
    format!(
        "{} of {} failed: {}. First: {}",
        failed.len(),
        counted(verification.checks.len(), "check"),
        names.join(", "),
        sentence(first)
    )
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
    for (index, check) in checks.iter().enumerate() {
        let next = checks.get(index + 1);
        let repeats =
            |other: &Check| (other.name, other.status, &other.advice) == (check.name, check.status, &check.advice);
        let (skipped_after, is_told) = skipped_together(checks, index);
        if is_told {
            continue;
        }
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
        if let (Some(advice), false) = (&check.advice, next.is_some_and(repeats)) {
            let _ = writeln!(text, "{:status$}  {advice}", "");
        }
    }
    text
}

/// How many checks of the same subject were skipped right after this skipped one, and whether this one is
/// such a follower: after one failure a dozen lines would say nothing.
fn skipped_together(checks: &[Check], index: usize) -> (usize, bool) {
    let belongs = |check: &&Check| check.status == Status::Skipped && check.subject == checks[index].subject;
    if !belongs(&&checks[index]) {
        return (0, false);
    }
    let after = checks[index + 1..].iter().take_while(belongs).count();
    (after, checks[..index].last().is_some_and(|last| belongs(&last)))
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
    fn the_message_stays_short_when_much_failed() {
        let failed = |number| Check::failed("edx_etc.cache", format!("{number}.yml"), "local", "move it");
        let verification = Verification { checks: (0..20).map(failed).collect(), ..Verification::default() };
        let message = message(&verification);
        assert!(message.contains("edx_etc.cache (7.yml), 12 more. First: "), "{message}");
        assert!(!message.contains("8.yml"), "{message}");
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
