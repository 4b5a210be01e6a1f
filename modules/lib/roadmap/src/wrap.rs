//! Text in lines of a width.

/// The lines of a text, none of them wider than that. Words longer than a line are broken.
pub(crate) fn wrapped(text: &str, width: usize) -> Vec<String> {
    let width = width.max(1);
    let mut lines = vec![String::new()];
    let mut room = width;
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let length = word.chars().count();
        let gap = usize::from(room < width);
        if length + gap <= room {
            push(&mut lines, if gap == 1 { " " } else { "" });
            push(&mut lines, word);
            room -= length + gap;
            continue;
        }
        if room < width {
            lines.push(String::new());
        }
        let characters: Vec<char> = word.chars().collect();
        for (index, chunk) in characters.chunks(width).enumerate() {
            if index > 0 {
                lines.push(String::new());
            }
            push(&mut lines, &chunk.iter().collect::<String>());
            room = width - chunk.len();
        }
    }
    lines
}

fn push(lines: &mut [String], text: &str) {
    if let Some(line) = lines.last_mut() {
        line.push_str(text);
    }
}

#[cfg(test)]
mod tests {
    use super::wrapped;

    #[test]
    fn lines_end_between_words() {
        assert_eq!(wrapped("one two three", 7), ["one two", "three"]);
        assert_eq!(wrapped("one two", 7), ["one two"]);
        assert_eq!(wrapped("", 7), [""]);
    }

    #[test]
    fn a_word_longer_than_a_line_is_broken() {
        assert_eq!(wrapped("a abcdefghij k", 4), ["a", "abcd", "efgh", "ij k"]);
    }
}
