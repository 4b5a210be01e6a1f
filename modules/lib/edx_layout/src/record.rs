//! Whether server-vars.yml says the same as the settings files, for every kind of data but memcached's, which
//! [`crate::server_vars`] knows.

mod derive;
mod expected;
mod judge;
mod place;
mod said;
mod table;

pub use derive::expected_record;
pub use expected::{ExpectedRecord, ExpectedValue, ExpectedVariable, SettingAt, Unrecordable, WhyNot};
pub use judge::{RecordFinding, RecordState, judge_record};
