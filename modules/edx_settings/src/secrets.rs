//! Secrets that values of settings name, so that they travel in one option that is shown nowhere.

use ansible_protocol::{Map, Value};
use edx_layout::percent_encoded;

use crate::error::Error;

const OPENING: &str = "<secret:";

/// Puts the secrets in the place of `<secret:NAME>`, and percent-encoded in that of `<secret:NAME|urlencode>`.
pub fn reveal(settings: &mut Map<String, Value>, secrets: &Map<String, Value>) -> Result<(), Error> {
    settings.iter_mut().try_for_each(|(key, value)| reveal_in(value, key, secrets))
}

fn reveal_in(value: &mut Value, path: &str, secrets: &Map<String, Value>) -> Result<(), Error> {
    match value {
        Value::String(text) => {
            if let Some(revealed) = revealed(text, path, secrets)? {
                *text = revealed;
            }
            Ok(())
        }
        Value::Array(items) => {
            items.iter_mut().enumerate().try_for_each(|(at, item)| reveal_in(item, &format!("{path}[{at}]"), secrets))
        }
        Value::Object(map) => {
            map.iter_mut().try_for_each(|(key, item)| reveal_in(item, &format!("{path}.{key}"), secrets))
        }
        _ => Ok(()),
    }
}

/// The text with its secrets; none where it names none. What a secret itself holds is not looked at again.
fn revealed(text: &str, path: &str, secrets: &Map<String, Value>) -> Result<Option<String>, Error> {
    let mut rest = text;
    let mut whole = String::new();
    while let Some((before, after)) = rest.split_once(OPENING) {
        let Some((reference, after)) = after.split_once('>') else { break };
        let (name, is_encoded) = match reference.strip_suffix("|urlencode") {
            Some(name) => (name, true),
            None => (reference, false),
        };
        let secret = secrets.get(name).and_then(Value::as_str);
        let secret = secret.ok_or_else(|| Error::NoSecret { key: path.to_owned(), name: name.to_owned() })?;
        whole.push_str(before);
        if is_encoded {
            whole.push_str(&percent_encoded(secret));
        } else {
            whole.push_str(secret);
        }
        rest = after;
    }
    if whole.is_empty() && rest.len() == text.len() {
        return Ok(None);
    }
    whole.push_str(rest);
    Ok(Some(whole))
}

#[cfg(test)]
mod tests {
    use ansible_protocol::json;

    use super::*;

    fn reveal_all(settings: &Value, secrets: &Value) -> Result<Value, String> {
        let mut settings = settings.as_object().cloned().unwrap_or_default();
        let secrets = secrets.as_object().cloned().unwrap_or_default();
        reveal(&mut settings, &secrets).map(|()| Value::Object(settings)).map_err(|error| error.to_string())
    }

    #[test]
    fn secrets_stand_where_they_are_named() {
        let settings = json!({
            "A": "<secret:password>",
            "B": {"urls": ["redis://:<secret:password|urlencode>@h/<secret:other>", 6379]},
            "C": "a < b, <secret: and nothing that closes it",
        });
        assert_eq!(
            reveal_all(&settings, &json!({"password": "p@ss <secret:other>", "other": ""})),
            Ok(json!({
                "A": "p@ss <secret:other>",
                "B": {"urls": ["redis://:p%40ss%20%3Csecret%3Aother%3E@h/", 6379]},
                "C": "a < b, <secret: and nothing that closes it",
            }))
        );
    }

    #[test]
    fn one_that_was_not_given_is_named_with_its_place() {
        assert_eq!(
            reveal_all(&json!({"B": {"urls": ["<secret:password|urlencode>"]}}), &json!({"pass": "x"})),
            Err("settings: B.urls[0] holds the secret \"password\", which was not given: give it in secrets, or leave B.urls[0] out"
                .to_owned())
        );
    }
}
