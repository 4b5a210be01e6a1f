//! Looks at several things at the same time.

use std::thread;

/// The results in the order of the items, each computed on a thread of its own; so many at a time.
pub fn side_by_side<T: Sync, R: Send>(items: &[T], together: usize, look: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let mut results = Vec::new();
    for some in items.chunks(together.max(1)) {
        thread::scope(|scope| {
            let threads: Vec<_> = some.iter().map(|item| scope.spawn(|| look(item))).collect();
            // A thread panics only on a bug, which then is this thread's, too.
            results.extend(threads.into_iter().map(|thread| match thread.join() {
                Ok(result) => result,
                Err(panic) => std::panic::resume_unwind(panic),
            }));
        });
    }
    results
}
