//! Keeps the values of `no_log` options out of a result.

use serde_json::Value;

/// What stands in the place of a secret.
pub const MASK: &str = "********";

/// Every text that must not be shown, longest first so that no secret hides a part of another.
pub(crate) fn collect<'a>(values: impl Iterator<Item = &'a Value>) -> Vec<String> {
    let mut secrets = Vec::new();
    for value in values {
        collect_from(value, &mut secrets);
    }
    secrets.sort_unstable_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
    secrets.dedup();
    secrets
}

fn collect_from(value: &Value, secrets: &mut Vec<String>) {
    match value {
        Value::String(text) if !text.is_empty() => secrets.push(text.clone()),
        Value::Number(number) => secrets.push(number.to_string()),
        Value::Array(items) => items.iter().for_each(|item| collect_from(item, secrets)),
        Value::Object(map) => map.values().for_each(|item| collect_from(item, secrets)),
        _ => {}
    }
}

pub(crate) fn mask(value: &mut Value, secrets: &[String]) {
    match value {
        Value::String(text) => {
            for secret in secrets {
                if text.contains(secret.as_str()) {
                    *text = text.replace(secret.as_str(), MASK);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| mask(item, secrets)),
        Value::Object(map) => map.values_mut().for_each(|item| mask(item, secrets)),
        _ => {}
    }
}
