//! Dates of cookies, in all the forms that servers write (RFC 6265, 5.1.1).

use std::time::{SystemTime, UNIX_EPOCH};

const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/// Reads `Thu, 01 Jan 1970 00:00:00 GMT`, `Thu, 01-Jan-70 00:00:00 GMT` and the like; none where it is no date.
pub fn read(text: &str) -> Option<SystemTime> {
    let (mut time, mut day, mut month, mut year) = (None, None, None, None);
    let parts = text.split(|character: char| !character.is_ascii_alphanumeric() && character != ':');
    for part in parts.filter(|part| !part.is_empty()) {
        if time.is_none() && part.contains(':') {
            time = Some(clock(part)?);
        } else if let Ok(number) = part.parse::<u16>() {
            match part.len() {
                1 | 2 if day.is_none() => day = Some(number),
                2 | 4 if year.is_none() => year = Some(number),
                _ => {}
            }
        } else if month.is_none() {
            let start = part.get(..3).map(str::to_ascii_lowercase);
            month = MONTHS.iter().position(|month| Some(*month) == start.as_deref());
        }
    }
    let year = match year? {
        short @ 0..=69 => short + 2000,
        short @ 70..=99 => short + 1900,
        year => year,
    };
    let ((hour, minute, second), day, month) = (time?, day?, month? + 1);
    match year {
        1601..1970 => Some(UNIX_EPOCH),
        1970.. => {
            humantime::parse_rfc3339(&format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")).ok()
        }
        _ => None,
    }
}

fn clock(text: &str) -> Option<(u8, u8, u8)> {
    let mut parts = text.split(':').map(str::parse);
    let mut part = || parts.next()?.ok();
    Some((part()?, part()?, part()?))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn every_form_of_a_date_is_read() {
        for text in [
            "Sun, 06 Nov 1994 08:49:37 GMT",
            "Sunday, 06-Nov-94 08:49:37 GMT",
            "Sun, 06-Nov-1994 08:49:37 GMT",
            "Sun Nov  6 08:49:37 1994",
        ] {
            assert_eq!(read(text), Some(UNIX_EPOCH + Duration::from_secs(784_111_777)), "{text}");
        }
        assert_eq!(read("Thu, 01 Jan 1970 00:00:00 GMT"), Some(UNIX_EPOCH));
        assert_eq!(read("Mon, 01 Jan 1601 00:00:00 GMT"), Some(UNIX_EPOCH));
    }

    #[test]
    fn what_is_no_date_is_none() {
        for text in ["", "0", "Session", "06 Nov 1994", "31 Nov 1994 08:49", "40 Nov 1994 08:49:37", "ä 1:2:3"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
