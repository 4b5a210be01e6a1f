//! What kind of page an answer is, and how it is told.

use ansible_protocol::Value;

use http::Answer;

/// The largest page that is read; of a larger one, the beginning.
pub const MAX_PAGE: usize = 64 * 1024;

/// Up to so many names of a server's are shown.
const NAMED: usize = 6;
/// The longest text of a server's that is shown, in characters.
const SHOWN: usize = 200;

/// What is wrong, and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unwell {
    /// What was seen.
    pub seen: String,
    /// What to do.
    pub advice: String,
}

impl Unwell {
    /// What was seen, and what to do.
    pub fn new(seen: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { seen: seen.into(), advice: advice.into() }
    }
}

/// What kind of body it is. Its text is not shown: nobody knows what is in it.
pub fn kind(answer: &Answer, json: Option<&Value>) -> String {
    if !answer.is_whole {
        return format!("a body of more than {MAX_PAGE} bytes");
    }
    match json {
        Some(Value::Object(object)) if object.is_empty() => "an empty JSON object".to_owned(),
        Some(Value::Object(object)) => {
            format!("JSON with other keys: {}", listed(object.keys().map(|key| shown(key))))
        }
        Some(_) => "JSON, but not an object".to_owned(),
        None => {
            let text = String::from_utf8_lossy(&answer.body);
            let text = text.trim();
            match title(text) {
                Some(title) => format!("an HTML page, \"{}\"", shown(title)),
                None if text.starts_with('<') => "an HTML page".to_owned(),
                None if text.is_empty() => "an empty body".to_owned(),
                None => "text that is not JSON".to_owned(),
            }
        }
    }
}

/// The JSON that is the whole body; none where it is something else.
pub fn json(answer: &Answer) -> Option<Value> {
    serde_json::from_slice(&answer.body).ok().filter(|_| answer.is_whole)
}

/// What stands between `<title>` and `</title>`, which is there to be shown.
fn title(html: &str) -> Option<&str> {
    // Same length as the text: only ASCII letters change.
    let small = html.to_ascii_lowercase();
    let start = small.find("<title>")? + "<title>".len();
    let end = start + small[start..].find("</title>")?;
    Some(html[start..end].trim()).filter(|title| !title.is_empty())
}

/// `a, b, c`, and how many more there are.
pub fn listed(names: impl ExactSizeIterator<Item = String>) -> String {
    let more = names.len().saturating_sub(NAMED);
    let names: Vec<String> = names.take(NAMED).collect();
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{more}", names.join(", "))
}

/// The beginning of a server's text.
pub fn shown(text: &str) -> String {
    let mut shown: String = text.chars().take(SHOWN).collect();
    if shown.len() < text.len() {
        shown.push_str("...");
    }
    shown
}
