//! Whatever stands in memcached.conf: what is managed is set once, and nothing else changes.

#![allow(missing_docs, clippy::unwrap_used)]

use memcached::conf::Document;
use memcached::{ExtraOption, Settings};
use proptest::prelude::*;

/// Lines that set nothing that is managed; they have to stay as they are.
fn foreign_line() -> impl Strategy<Value = String> {
    prop_oneof![
        "# ?[ -\"$-\\[\\]-~]{0,20}",
        "[ \t]{0,3}",
        "logfile /[a-z]{1,8}",
        "-[dh][ -\"$-~]{0,10}",
        "-(P|o|D|n) [a-z0-9/=,.]{1,10}",
        "--slab-growth-factor=1[.][0-9]",
        "-v{1,3}",
        "[ \t]{0,2}-[FXMCk]( # [a-z ]{0,9})?",
    ]
}

/// Lines that set something that is managed, in all spellings.
fn managed_line() -> impl Strategy<Value = String> {
    prop_oneof![
        "[ \t]{0,2}-[pUmctI] ?[0-9]{1,5}[ \t]{0,2}",
        "-l ?[0-9.,:]{1,20}( ?# [a-z]{0,5})?",
        "--(port|memory-limit|memory-l|conn-limit|threads|thr)[= ][0-9]{1,5}",
        "--listen=\\[::1\\]:[0-9]{1,4}",
        "-u [a-z]{1,6}",
        "-s /run/[a-z]{1,6}[.]sock",
        "--daemon",
    ]
}

fn settings() -> impl Strategy<Value = Settings> {
    (
        1u16..,
        64u64..100_000,
        1u32..=64,
        any::<bool>(),
        proptest::collection::hash_set(any::<std::net::Ipv4Addr>(), 1..4),
    )
        .prop_map(|(port, memory_mb, threads, flush, listen)| Settings {
            listen: listen.into_iter().map(Into::into).collect(),
            port,
            memory_mb,
            threads,
            extra: if flush { vec![ExtraOption::parse("-R 40").unwrap()] } else { Vec::new() },
            ..Settings::default()
        })
}

proptest! {
    #[test]
    fn what_is_managed_is_set_once_and_nothing_else_changes(
        lines in proptest::collection::vec(prop_oneof![foreign_line(), managed_line()], 0..20),
        ends_with_newline in any::<bool>(),
        settings in settings(),
    ) {
        let mut text = lines.join("\n");
        if ends_with_newline && !text.is_empty() {
            text.push('\n');
        }
        let document = Document::parse(text.as_str()).unwrap();
        let edited = document.apply(&settings).unwrap();
        let listen: Vec<String> = settings.listen.iter().map(ToString::to_string).collect();
        for (option, value) in [
            ('l', listen.join(",")),
            ('p', settings.port.to_string()),
            ('U', "0".to_owned()),
            ('m', settings.memory_mb.to_string()),
            ('t', settings.threads.to_string()),
            ('u', "memcache".to_owned()),
        ] {
            prop_assert_eq!(edited.values(option), [value]);
        }
        prop_assert!(edited.values('s').is_empty());
        for option in ['P', 'o', 'D', 'n', 'f', 'v', 'F', 'X', 'M', 'C', 'k'] {
            prop_assert_eq!(edited.values(option), document.values(option));
        }
        // Every line that is not managed is still there, as it was and in the same order.
        let managed = |line: &str| {
            let text = line.trim_start();
            let letter = text.strip_prefix('-').and_then(|rest| rest.chars().next());
            letter.is_some_and(|letter| "lpUmctIus".contains(letter))
                || ["--port", "--mem", "--conn", "--thr", "--listen", "--daemon"].iter().any(|name| text.starts_with(name))
        };
        let edited_text = String::from_utf8(edited.bytes().to_vec()).unwrap();
        let mut after = edited_text.split('\n');
        for line in text.split('\n').filter(|line| !managed(line) && !line.is_empty()) {
            prop_assert!(after.any(|other| other == line), "{:?} is gone from {:?}", line, edited_text);
        }
        prop_assert_eq!(edited.apply(&settings).unwrap(), edited);
    }

    /// No bytes make the reader do anything but read or refuse; what it reads, it can edit.
    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200), settings in settings()) {
        if let Ok(document) = Document::parse(bytes) {
            prop_assert!(document.apply(&settings).is_ok());
        }
    }

    /// The same, for bytes that are likelier to be options.
    #[test]
    fn anything_like_options_is_read_or_refused(text in "[-lpmsUFvd=#\\\\ \t\n0-9a]{0,60}", settings in settings()) {
        if let Ok(document) = Document::parse(text.as_str()) {
            let edited = document.apply(&settings);
            prop_assert!(edited.is_ok(), "{:?}: {:?}", text, edited);
        }
    }
}
