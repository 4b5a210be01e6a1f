//! PyYAML's resolver for YAML 1.1: which type a plain scalar has. The expressions are those of PyYAML's
//! `resolver.py`, the values those of its `SafeConstructor`.

/// The type that PyYAML gives a plain scalar by its look.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Look {
    Bool(bool),
    Float,
    Int,
    Merge,
    Null,
    Timestamp,
    Value,
    Str,
}

/// What a scalar or collection is to PyYAML's safe loader.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Resolved<'a> {
    /// `null`, `~`, nothing.
    Null,
    /// `yes`, `off`, `true`, ...
    Bool(bool),
    /// `12`, `0777`, `0x1F`, `0b11`, `1_000`, `10:30:00`.
    Int(i128),
    /// An integer of more than 127 bits.
    BigInt(&'a str),
    /// `1.5`, `1.0e+3`, `1:30.5`, `.inf`, `.nan`.
    Float(f64),
    /// Text.
    Str(&'a str),
    /// A date or a date with time, as written.
    Timestamp(&'a str),
    /// `!!binary`, as written.
    Binary(&'a str),
    /// `<<`.
    Merge,
    /// A value with a tag that PyYAML's safe loader does not know, e.g. `!vault`; the tag and the text
    /// (empty for a collection). `!unsafe` counts as [`Resolved::Str`].
    Tagged(&'a str, &'a str),
    /// A list.
    Sequence,
    /// A mapping.
    Mapping,
}

pub(crate) fn look(text: &str) -> Look {
    // As in PyYAML, the first character decides which types there can be at all.
    let is_number_like = match text.as_bytes().first() {
        None => return Look::Null,
        Some(b'0'..=b'9' | b'+' | b'-' | b'.') => true,
        Some(_) => false,
    };
    if is_number_like {
        return if is_float(text) {
            Look::Float
        } else if is_int(text) {
            Look::Int
        } else if is_timestamp(text) {
            Look::Timestamp
        } else {
            Look::Str
        };
    }
    // `false` is the longest of the words.
    if text.len() > 5 {
        return Look::Str;
    }
    match text {
        "~" | "null" | "Null" | "NULL" => Look::Null,
        "<<" => Look::Merge,
        "=" => Look::Value,
        _ => bool_word(text).map_or(Look::Str, Look::Bool),
    }
}

fn bool_word(text: &str) -> Option<bool> {
    match text {
        "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => Some(true),
        "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => Some(false),
        _ => None,
    }
}

/// The value of a word tagged `!!bool`, where PyYAML lowers the case first.
pub(crate) fn tagged_bool(text: &str) -> Option<bool> {
    bool_word(&text.to_ascii_lowercase())
}

fn unsigned(text: &str) -> &str {
    text.strip_prefix(['-', '+']).unwrap_or(text)
}

fn all(text: &str, allowed: impl Fn(u8) -> bool) -> bool {
    !text.is_empty() && text.bytes().all(allowed)
}

fn digits_(byte: u8) -> bool {
    byte.is_ascii_digit() || byte == b'_'
}

/// `(?::[0-5]?[0-9])+` behind a first group that `head` accepts.
fn is_sexagesimal(text: &str, head: impl Fn(&str) -> bool) -> bool {
    let mut groups = text.split(':');
    let first = groups.next().is_some_and(head);
    let mut more = 0;
    let rest = groups.all(|group| {
        more += 1;
        match group.as_bytes() {
            [one] => one.is_ascii_digit(),
            [ten, one] => (b'0'..=b'5').contains(ten) && one.is_ascii_digit(),
            _ => false,
        }
    });
    first && rest && more > 0
}

fn is_int(text: &str) -> bool {
    let body = unsigned(text);
    let Some(&first) = body.as_bytes().first() else { return false };
    if let Some(bits) = body.strip_prefix("0b") {
        return all(bits, |b| matches!(b, b'0' | b'1' | b'_'));
    }
    if let Some(hex) = body.strip_prefix("0x") {
        return all(hex, |b| b.is_ascii_hexdigit() || b == b'_');
    }
    match first {
        b'0' => body[1..].bytes().all(|b| (b'0'..=b'7').contains(&b) || b == b'_'),
        b'1'..=b'9' => all(body, digits_) || is_sexagesimal(body, |head| all(head, digits_)),
        _ => false,
    }
}

fn is_float(text: &str) -> bool {
    let body = unsigned(text);
    if matches!(body, ".inf" | ".Inf" | ".INF") || matches!(text, ".nan" | ".NaN" | ".NAN") {
        return true;
    }
    if let Some(fraction) = text.strip_prefix('.') {
        let fraction = without_exponent(fraction);
        return fraction.bytes().next().is_some_and(|b| b.is_ascii_digit()) && all(fraction, digits_);
    }
    let Some((whole, fraction)) = body.split_once('.') else { return false };
    let starts_with_digit = |head: &str| head.bytes().next().is_some_and(|b| b.is_ascii_digit()) && all(head, digits_);
    if whole.contains(':') {
        return is_sexagesimal(whole, starts_with_digit) && fraction.bytes().all(digits_);
    }
    starts_with_digit(whole) && without_exponent(fraction).bytes().all(digits_)
}

/// The text without `[eE][-+][0-9]+` at its end.
fn without_exponent(text: &str) -> &str {
    let Some(at) = text.find(['e', 'E']) else { return text };
    let exponent = text[at + 1..].strip_prefix(['-', '+']);
    if exponent.is_some_and(|digits| all(digits, |b| b.is_ascii_digit())) { &text[..at] } else { text }
}

/// Reads up to `most` digits; at least `least`.
fn take_digits(text: &str, least: usize, most: usize) -> Option<(&str, &str)> {
    let count = text.bytes().take(most).take_while(u8::is_ascii_digit).count();
    (count >= least).then(|| text.split_at(count))
}

/// Year, month, day and, if there is one, the time of day with its offset, as text.
struct Stamp<'a> {
    date: [&'a str; 3],
    time: Option<[&'a str; 3]>,
    offset: Option<(&'a str, &'a str)>,
}

fn split_timestamp(text: &str) -> Option<Stamp<'_>> {
    let (year, rest) = take_digits(text, 4, 4)?;
    let (month, rest) = take_digits(rest.strip_prefix('-')?, 1, 2)?;
    let (day, rest) = take_digits(rest.strip_prefix('-')?, 1, 2)?;
    let date = [year, month, day];
    if rest.is_empty() {
        return (month.len() == 2 && day.len() == 2).then_some(Stamp { date, time: None, offset: None });
    }
    let blank = [' ', '\t'];
    let rest = match rest.strip_prefix(['T', 't']) {
        Some(rest) => rest,
        None => rest.strip_prefix(blank)?.trim_start_matches(blank),
    };
    let (hour, rest) = take_digits(rest, 1, 2)?;
    let (minute, rest) = take_digits(rest.strip_prefix(':')?, 2, 2)?;
    let (second, rest) = take_digits(rest.strip_prefix(':')?, 2, 2)?;
    let rest = match rest.strip_prefix('.') {
        Some(fraction) => fraction.trim_start_matches(|c: char| c.is_ascii_digit()),
        None => rest,
    };
    let time = Some([hour, minute, second]);
    if rest.is_empty() {
        return Some(Stamp { date, time, offset: None });
    }
    let zone = rest.trim_start_matches(blank);
    if zone == "Z" {
        return Some(Stamp { date, time, offset: None });
    }
    let (hours, rest) = take_digits(zone.strip_prefix(['-', '+'])?, 1, 2)?;
    if rest.is_empty() {
        return Some(Stamp { date, time, offset: Some((hours, "0")) });
    }
    let (minutes, rest) = take_digits(rest.strip_prefix(':')?, 2, 2)?;
    rest.is_empty().then_some(Stamp { date, time, offset: Some((hours, minutes)) })
}

fn is_timestamp(text: &str) -> bool {
    split_timestamp(text).is_some()
}

/// Whether Python's `datetime` has such a date and time.
pub(crate) fn timestamp_exists(text: &str) -> bool {
    let Some(stamp) = split_timestamp(text) else { return false };
    let number = |text: &str| text.parse::<u32>().unwrap_or(u32::MAX);
    let [year, month, day] = stamp.date.map(number);
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        1..=12 => 31,
        _ => return false,
    };
    let time = stamp.time.is_none_or(|time| {
        let [hour, minute, second] = time.map(number);
        hour < 24 && minute < 60 && second < 60
    });
    let offset = stamp.offset.is_none_or(|(hours, minutes)| number(hours) * 60 + number(minutes) < 24 * 60);
    year >= 1 && (1..=days).contains(&day) && time && offset
}

/// The number of a text that looks like an integer; `Ok(None)` when it is too large for 127 bits.
pub(crate) fn int(text: &str) -> Result<Option<i128>, ()> {
    let clean: String = text.chars().filter(|c| *c != '_').collect();
    let negative = clean.starts_with('-');
    let body = unsigned(&clean);
    let parsed = if let Some(bits) = body.strip_prefix("0b") {
        radix(bits, 2)
    } else if let Some(hex) = body.strip_prefix("0x") {
        radix(hex, 16)
    } else if body.contains(':') {
        let mut sum = Some(0_i128);
        for group in body.split(':') {
            let Some(digit) = radix(group, 10)? else { return Ok(None) };
            sum = sum.and_then(|sum| sum.checked_mul(60)?.checked_add(digit));
        }
        Ok(sum)
    } else if body.len() > 1 && body.starts_with('0') {
        radix(body, 8)
    } else {
        radix(body, 10)
    }?;
    Ok(parsed.map(|value| if negative { -value } else { value }))
}

fn radix(digits: &str, base: u32) -> Result<Option<i128>, ()> {
    if digits.is_empty() || !digits.chars().all(|c| c.is_digit(base)) {
        return Err(());
    }
    Ok(i128::from_str_radix(digits, base).ok())
}

/// The number of a text that looks like a float.
pub(crate) fn float(text: &str) -> Result<f64, ()> {
    let clean: String = text.chars().filter(|c| *c != '_').collect::<String>().to_ascii_lowercase();
    let sign = if clean.starts_with('-') { -1.0 } else { 1.0 };
    let body = unsigned(&clean);
    let number = |text: &str| {
        let plain =
            !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'e' | b'-' | b'+'));
        if plain { text.parse::<f64>().map_err(|_| ()) } else { Err(()) }
    };
    let value = match body {
        ".inf" => f64::INFINITY,
        ".nan" => f64::NAN,
        _ if body.contains(':') => {
            let mut sum = 0.0;
            for group in body.split(':') {
                sum = sum * 60.0 + number(group)?;
            }
            sum
        }
        _ => number(body)?,
    };
    Ok(sign * value)
}

/// Whether a reader of YAML 1.2 (or of YAML 1.1 to the letter) would take the text for something else than
/// PyYAML does; such a string is quoted when written, so that every reader agrees.
pub(crate) fn other_readers_differ(text: &str) -> bool {
    if matches!(text.to_ascii_lowercase().as_str(), "null" | "true" | "false" | "yes" | "no" | "on" | "off") {
        return true;
    }
    let body = unsigned(text);
    let radix_prefix = ["0o", "0x", "0b", "0O", "0X", "0B"].iter().any(|prefix| body.starts_with(prefix));
    let lower = body.to_ascii_lowercase();
    radix_prefix
        || matches!(lower.as_str(), ".inf" | ".nan")
        || body.starts_with("._")
        || all(body, digits_)
        || body.replace('_', "").parse::<f64>().is_ok()
}
