//! How far a copy has come, for whoever watches: a small file, since a module has nothing to say until it ends.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use mysql::Moved;

/// Writes the file each second until it is dropped.
#[derive(Debug)]
pub struct Progress {
    ends: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
    path: PathBuf,
}

impl Progress {
    /// Watches `moved`, of about `expected` bytes.
    pub fn start(path: PathBuf, moved: Arc<Moved>, expected: u64) -> Self {
        let ends = Arc::new(AtomicBool::new(false));
        let (stop, file) = (Arc::clone(&ends), path.clone());
        let thread = thread::spawn(move || {
            let begun = Instant::now();
            while !stop.load(Ordering::Relaxed) {
                let text = told(moved.bytes.load(Ordering::Relaxed), expected, begun.elapsed());
                // Whoever watches does without it.
                let _ = fs::write(&file, text);
                thread::park_timeout(Duration::from_secs(1));
            }
        });
        Self { ends, thread: Some(thread), path }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.ends.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            let _ = thread.join();
        }
        let _ = fs::remove_file(&self.path);
    }
}

fn told(bytes: u64, expected: u64, since: Duration) -> String {
    let megabytes = bytes >> 20;
    let rate = bytes.checked_div(since.as_secs().max(1)).unwrap_or(0);
    format!("{megabytes} MB of about {} MB after {} s, {} MB/s\n", expected >> 20, since.as_secs(), rate >> 20)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_how_far_it_is() {
        let said = told(300 << 20, 1000 << 20, Duration::from_secs(30));
        assert_eq!(said, "300 MB of about 1000 MB after 30 s, 10 MB/s\n");
    }
}
