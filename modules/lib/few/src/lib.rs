//! What the standard library does for many things at a time, done for few of them, in little room.

/// Sorts by a key; what has the same key stays in its order.
///
/// The standard library's sort is quick with millions of things, and takes 4 kB of a module for each type of them. This one
/// is for some dozens, or for what is nearly in order.
pub fn sort_by_key<T, K: Ord>(items: &mut [T], key: impl Fn(&T) -> K) {
    for end in 1..items.len() {
        let mut at = end;
        while at > 0 && key(&items[at - 1]) > key(&items[at]) {
            items.swap(at - 1, at);
            at -= 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every list of up to six numbers below three.
    fn lists() -> impl Iterator<Item = Vec<usize>> {
        (0..=6).flat_map(|length| {
            (0..3_usize.pow(length)).map(move |nth| (0..length).map(|place| nth / 3_usize.pow(place) % 3).collect())
        })
    }

    #[test]
    fn it_sorts_as_the_standard_library_does() {
        for list in lists() {
            let mut items: Vec<(usize, usize)> = list.into_iter().zip(0..).collect();
            let mut expected = items.clone();
            expected.sort_by_key(|(key, _)| *key);
            sort_by_key(&mut items, |(key, _)| *key);
            assert_eq!(items, expected);
        }
    }
}
