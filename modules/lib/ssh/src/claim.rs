//! Who has a channel opened.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// How many channels a session is asked to open just now. libssh2 opens one at a time, and one to a host that does not
/// answer is waited for until the far end gives up.
#[derive(Debug, Clone, Default)]
pub struct Load(Arc<AtomicUsize>);

impl Load {
    /// A place, where nobody has one.
    pub fn claim(&self) -> Option<Claim> {
        self.0.compare_exchange(0, 1, Ordering::AcqRel, Ordering::Acquire).ok().map(|_| Claim(self.clone()))
    }

    /// A place behind the others.
    pub fn queue(&self) -> Claim {
        self.0.fetch_add(1, Ordering::AcqRel);
        Claim(self.clone())
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.0.load(Ordering::Acquire)
    }
}

/// A place, until it is dropped.
#[derive(Debug)]
pub struct Claim(Load);

impl Drop for Claim {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Ordering::AcqRel);
    }
}
