//! How much of the machine's memory a daemon gets.

use std::fs;

use ansible_protocol::Value;

use crate::Error;

/// An amount as given: a number of megabytes, or a share of the machine's memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Memory {
    /// So many megabytes.
    Megabytes(u64),
    /// So many hundredths.
    Percent(u64),
}

impl Memory {
    /// From `512`, `"512"` or `"50%"`, the value of `option`.
    pub fn parse(option: &'static str, value: &Value) -> Result<Self, Error> {
        let wrong = || Error::Option {
            option,
            problem: format!(
                "{value} is neither a number of megabytes, such as 512, nor a share of the machine's memory from \"1%\" to \
                 \"95%\""
            ),
        };
        let text = match value {
            Value::Number(number) => number.to_string(),
            Value::String(text) => text.trim().to_owned(),
            _ => return Err(wrong()),
        };
        match text.strip_suffix('%') {
            Some(percent) => match percent.trim().parse() {
                Ok(percent @ 1..=95) => Ok(Self::Percent(percent)),
                _ => Err(wrong()),
            },
            None => text.parse().ok().filter(|megabytes| *megabytes > 0).map(Self::Megabytes).ok_or_else(wrong),
        }
    }

    /// In megabytes, on a machine with `total` of them.
    pub fn megabytes(self, total: u64) -> u64 {
        match self {
            Self::Megabytes(megabytes) => megabytes,
            Self::Percent(percent) => total * percent / 100,
        }
    }
}

/// The machine's memory in megabytes, as the kernel tells it.
pub fn of_this_machine() -> Result<u64, Error> {
    let what = "/proc/meminfo";
    let text = fs::read_to_string(what).map_err(|source| Error::System { what, source })?;
    total(&text).ok_or_else(|| Error::System { what, source: std::io::Error::other("it has no MemTotal in kB") })
}

fn total(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes / 1024)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ansible_protocol::json;

    #[test]
    fn megabytes_and_shares_are_read() {
        assert_eq!(Memory::parse("memory_mb", &json!(512)).unwrap().megabytes(1000), 512);
        assert_eq!(Memory::parse("memory_mb", &json!("512")).unwrap().megabytes(1000), 512);
        assert_eq!(Memory::parse("memory_mb", &json!("50%")).unwrap().megabytes(1001), 500);
        assert_eq!(Memory::parse("memory_mb", &json!(" 10 % ")).unwrap().megabytes(1000), 100);
    }

    #[test]
    fn anything_else_is_refused() {
        for value in [json!(0), json!("0%"), json!("96%"), json!("1.5"), json!(-1), json!("a"), json!(true), json!([1])]
        {
            assert_eq!(
                Memory::parse("memory_mb", &value).unwrap_err().to_string(),
                format!(
                    "memory_mb: {value} is neither a number of megabytes, such as 512, nor a share of the machine's memory \
                     from \"1%\" to \"95%\""
                )
            );
        }
    }

    #[test]
    fn the_machines_memory_is_read() {
        assert_eq!(total("MemTotal:       24608768 kB\nMemFree: 1 kB\n"), Some(24032));
        assert_eq!(total("MemFree: 1 kB\n"), None);
        assert!(of_this_machine().unwrap() > 0);
    }
}
