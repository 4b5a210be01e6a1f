//! The same for MySQL and MongoDB.

use serde_json::Value;

use super::{ServerVars, Unexpressed, UnexpressedReason};
use crate::address::ThisHost;
use crate::data::{DataSetting, Layer};
use crate::record::{ExpectedValue, expected_record};
use crate::release::Release;

/// The ports that are numbers in the defaults of their roles, not texts.
const NUMBERS: [&str; 2] = ["EDXAPP_MONGO_PORT", "INSIGHTS_DATABASE_PORT"];

/// Computes the variables for server-vars.yml with which the next upgrade renders the servers of `layer` that stand in
/// `settings`, which are all of a host. Neither `MySQL` nor `MongoDB` has a switch: their roles look at the hosts.
pub fn data_server_vars(
    layer: Layer,
    release: Option<Release>,
    settings: &[DataSetting],
    here: &ThisHost,
) -> ServerVars {
    let record = expected_record(release, settings, here);
    let mut found = ServerVars::default();
    for variable in record.variables.iter().filter(|variable| variable.layer == layer && !variable.settings.is_empty())
    {
        let value = match &variable.value {
            ExpectedValue::Str(text) => Value::from(text.as_str()),
            ExpectedValue::List(items) => items.as_slice().into(),
            ExpectedValue::Int(number) if NUMBERS.contains(&variable.name) => (*number).into(),
            ExpectedValue::Int(number) => number.to_string().into(),
            ExpectedValue::Bool(word) => (*word).into(),
            ExpectedValue::Default | ExpectedValue::Url(_) | ExpectedValue::ObjectStore => Value::Null,
        };
        if variable.needed && !value.is_null() {
            found.set(variable.name, value);
        } else {
            found.leave(variable.name);
        }
    }
    let left = record.unrecordable.into_iter().filter(|left| left.layer == layer);
    found.unexpressed.extend(left.map(|left| Unexpressed {
        file: left.setting.file,
        key_path: left.setting.key,
        reason: UnexpressedReason::Record(left.reason),
    }));
    found
}
