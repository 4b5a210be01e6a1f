//! Looks at several things at the same time.

use std::sync::{Mutex, PoisonError};
use std::thread;

/// The results in the order of the items, each computed on a thread of its own; so many at a time.
pub fn side_by_side<T: Sync, R: Send>(items: &[T], together: usize, look: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let results: Vec<Mutex<Option<R>>> = items.iter().map(|_| Mutex::new(None)).collect();
    each(items.len(), together, &|index| {
        let result = look(&items[index]);
        *results[index].lock().unwrap_or_else(PoisonError::into_inner) = Some(result);
    });
    // A thread that has left no result had a bug, with which all of this has ended.
    results.into_iter().filter_map(|slot| slot.into_inner().unwrap_or_else(PoisonError::into_inner)).collect()
}

/// Once for all kinds of items, since threads take much room in a binary.
fn each(count: usize, together: usize, work: &(dyn Fn(usize) + Sync)) {
    let together = together.max(1);
    for start in (0..count).step_by(together) {
        thread::scope(|scope| {
            for index in start..count.min(start + together) {
                scope.spawn(move || work(index));
            }
        });
    }
}
