//! Wakes the owner of the machine's thread while it waits for something of its own.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

/// Rings when a request comes to a thread that rests. Clones are the same bell.
#[derive(Clone, Default)]
pub(super) struct Bell(Arc<Inner>);

#[derive(Default)]
struct Inner {
    /// The thread rests, or is about to.
    armed: AtomicBool,
    ring: OnceLock<Box<dyn Fn() + Send + Sync>>,
}

impl Bell {
    /// What wakes the thread; the first one counts.
    pub fn connect(&self, ring: impl Fn() + Send + Sync + 'static) {
        let _ = self.0.ring.set(Box::new(ring));
    }

    /// From now on the next request rings. False: nothing is connected.
    pub fn arm(&self) -> bool {
        let connected = self.0.ring.get().is_some();
        self.0.armed.store(connected, Ordering::SeqCst);
        connected
    }

    /// A request was queued. Either this sees that the bell is armed, or whoever armed it sees the request.
    pub fn request(&self) {
        if self.0.armed.load(Ordering::SeqCst)
            && self.0.armed.swap(false, Ordering::SeqCst)
            && let Some(ring) = self.0.ring.get()
        {
            ring();
        }
    }
}
