//! How programs are named: as supervisor prints them, and as a task gives them.

use crate::error::Error;

/// What a task names: one program, or every program of a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pattern {
    /// `lms`, or `edxapp_worker:lms_default_1`.
    Program(String),
    /// `edxapp_worker:*`; supervisor also takes it without the star.
    Group(String),
}

impl Pattern {
    /// From a task's list. `option` is the list's name, for the message.
    pub fn parse(text: &str, option: &'static str) -> Result<Self, Error> {
        let is_plain = |name: &str| {
            !name.is_empty()
                && !name.starts_with('-')
                && !name.contains(|character: char| character.is_whitespace() || "*?[]".contains(character))
        };
        // `all` is supervisorctl's word for every program of the host, other people's included.
        let pattern = match text.split_once(':') {
            Some((group, "*" | "")) if is_plain(group) => Some(Self::Group(group.to_owned())),
            Some((group, name)) if is_plain(group) && is_plain(name) => Some(Self::Program(text.to_owned())),
            None if is_plain(text) && text != "all" => Some(Self::Program(text.to_owned())),
            _ => None,
        };
        pattern.ok_or_else(|| Error::Name { option, name: text.to_owned() })
    }

    /// Whether it names Celery workers, all of them or one.
    pub fn is_worker(&self) -> bool {
        match self {
            Self::Program(name) | Self::Group(name) => is_worker(name),
        }
    }

    /// Whether supervisor's program `name` is meant.
    pub fn names(&self, name: &str) -> bool {
        match self {
            Self::Program(wanted) => wanted == name,
            Self::Group(group) => group_of(name) == group,
        }
    }
}

impl std::fmt::Display for Pattern {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Program(name) => f.write_str(name),
            Self::Group(group) => write!(f, "{group}:*"),
        }
    }
}

/// The group of a program: what stands before the colon. A program outside a group is a group of its
/// own name to supervisor.
pub(crate) fn group_of(name: &str) -> &str {
    name.split_once(':').map_or(name, |(group, _)| group)
}

/// Whether a program runs Celery workers, which stop only after their tasks are done.
///
/// Told by the name: `edxapp_worker:…`, `discovery_workers:…`, `ecomworker`,
/// `notifier-celery-workers`. A program taken for one by mistake is restarted just as well.
pub fn is_worker(name: &str) -> bool {
    group_of(name).contains("worker")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_and_groups_are_named_as_supervisorctl_takes_them() {
        for (text, pattern) in [
            ("lms", Pattern::Program("lms".into())),
            ("edxapp_worker:lms_default_1", Pattern::Program("edxapp_worker:lms_default_1".into())),
            ("discovery_workers:discovery.default_1", Pattern::Program("discovery_workers:discovery.default_1".into())),
            ("edxapp_worker:*", Pattern::Group("edxapp_worker".into())),
            ("edxapp_worker:", Pattern::Group("edxapp_worker".into())),
        ] {
            assert_eq!(Pattern::parse(text, "programs").unwrap(), pattern, "{text}");
        }
    }

    #[test]
    fn what_a_shell_or_supervisorctl_would_take_for_something_else_is_no_name() {
        for text in ["", "all", "-h", "*", ":*", "lms cms", "lms;id *", "edxapp_*", "edxapp_worker:lms_*", "a:-x"] {
            assert_eq!(
                Pattern::parse(text, "programs").unwrap_err().to_string(),
                format!(
                    "option 'programs': \"{text}\" is no name of a program: give names as `supervisorctl status` \
                     shows them (lms), and GROUP:* for all programs of a group (edxapp_worker:*)"
                )
            );
        }
    }

    #[test]
    fn a_group_names_its_programs_and_no_others() {
        let group = Pattern::parse("edxapp_worker:*", "programs").unwrap();
        assert!(group.names("edxapp_worker:lms_default_1"));
        assert!(!group.names("edxapp_workers:lms_default_1"));
        assert!(!Pattern::Program("lms".into()).names("lms2"));
    }

    #[test]
    fn celery_workers_are_told_by_their_name() {
        for worker in ["edxapp_worker:cms_high_1", "discovery_workers:discovery.default_1", "ecomworker"] {
            assert!(is_worker(worker), "{worker}");
        }
        for web in ["lms", "cms", "xqueue_consumer", "web:worker_status"] {
            assert!(!is_worker(web), "{web}");
        }
    }
}
