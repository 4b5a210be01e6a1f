//! How numbers and lists are written.

/// `1 check`, `2 checks`.
pub(crate) fn counted(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

/// `a`, `a and b`, `a, b and c`.
pub(crate) fn listed(items: &[impl AsRef<str>]) -> String {
    match items {
        [] => String::new(),
        [one] => one.as_ref().to_owned(),
        [first @ .., last] => {
            let first: Vec<_> = first.iter().map(AsRef::as_ref).collect();
            format!("{} and {}", first.join(", "), last.as_ref())
        }
    }
}

/// `1,500`.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A page on which nothing that came from a file or a server can hide, or turn text around.
pub(crate) fn visible(page: &str) -> String {
    let mut text = String::with_capacity(page.len());
    for character in page.chars() {
        if character != '\n' && is_unseen(character) {
            text.extend(character.escape_default());
        } else {
            text.push(character);
        }
    }
    text
}

/// Text for a terminal that may know ASCII only: nothing in it moves a cursor or starts a line; beyond ASCII, letters
/// and digits pass.
pub(crate) fn terminal(text: &str) -> String {
    text.chars()
        .flat_map(|character| {
            let passes = matches!(character, ' '..='~') || (character.is_alphanumeric() && !character.is_ascii());
            if passes { vec![character] } else { character.escape_default().collect() }
        })
        .collect()
}

/// Control characters, and those that have no width or turn the direction of text.
fn is_unseen(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}
