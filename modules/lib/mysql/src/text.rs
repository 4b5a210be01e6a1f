//! Names and texts as they stand in SQL.

use std::fmt::Write as _;

/// A name of a database, table or column: `` `name` ``.
pub fn identifier(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

/// A text: `'text'`. It holds whatever the server's `sql_mode` says of backslashes, as it has none.
pub fn literal(text: &str) -> String {
    if text.contains(['\\', '\n', '\r', '\0', '\x1a']) {
        let mut digits = String::new();
        for byte in text.bytes() {
            let _ = write!(digits, "{byte:02x}");
        }
        return format!("CONVERT(0x{digits} USING utf8mb4)");
    }
    format!("'{}'", text.replace('\'', "''"))
}

/// A password, where SQL takes nothing but a plain text. It holds with an empty `sql_mode`, which has to be set before.
pub fn password(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'").replace('\n', "\\n").replace('\r', "\\r"))
}

/// An account: `'user'@'host'`. Neither part can have a backslash or a control character.
pub fn account(user: &str, host: &str) -> String {
    let quoted = |text: &str| format!("'{}'", text.replace('\\', "").replace('\'', "''"));
    format!("{}@{}", quoted(user), quoted(host))
}

/// The name of a character set or collation as it is since `MySQL` 8.0.28 and `MariaDB` 10.6: `utf8mb3` for `utf8`.
pub fn modern(name: &str) -> String {
    match name.strip_prefix("utf8") {
        Some("") => "utf8mb3".to_owned(),
        Some(rest) if rest.starts_with('_') => format!("utf8mb3{rest}"),
        _ => name.to_owned(),
    }
}

/// A value of an option file, in quotes.
pub fn option_value(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '\\' => quoted.push_str("\\\\"),
            '"' => quoted.push_str("\\\""),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

/// A field of the client's batch output, its escapes undone.
pub fn unescaped(field: &str) -> String {
    if !field.contains('\\') {
        return field.to_owned();
    }
    let mut text = String::with_capacity(field.len());
    let mut chars = field.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            text.push(c);
            continue;
        }
        match chars.next() {
            Some('n') => text.push('\n'),
            Some('t') => text.push('\t'),
            Some('0') => text.push('\0'),
            Some(other) => text.push(other),
            None => text.push('\\'),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_texts_are_quoted() {
        assert_eq!(identifier("a`b"), "`a``b`");
        assert_eq!(literal("it's"), "'it''s'");
        assert_eq!(literal("a\\b"), "CONVERT(0x615c62 USING utf8mb4)");
        assert_eq!(password("p'w\\"), "'p\\'w\\\\'");
        assert_eq!(account("o'hara", "10.0.0.%"), "'o''hara'@'10.0.0.%'");
        assert_eq!(option_value("p\"w\\ #;"), "\"p\\\"w\\\\ #;\"");
    }

    #[test]
    fn the_clients_escapes_are_undone() {
        assert_eq!(unescaped("a\\nb\\tc\\\\d\\0"), "a\nb\tc\\d\0");
        assert_eq!(unescaped("plain"), "plain");
    }
}
