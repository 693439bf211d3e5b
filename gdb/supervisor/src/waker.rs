//! Waker for the owner of the machine's thread while it waits for other events.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

/// Waker for the machine's thread, called when a request is queued. Clones share the waker.
#[derive(Clone, Default)]
pub(super) struct Waker(Arc<Inner>);

#[derive(Default)]
struct Inner {
    /// The thread is idle or about to become idle.
    armed: AtomicBool,
    wake: OnceLock<Box<dyn Fn() + Send + Sync>>,
}

impl Waker {
    /// Sets the function that wakes the thread. Only the first call has an effect.
    pub fn connect(&self, wake: impl Fn() + Send + Sync + 'static) {
        let _ = self.0.wake.set(Box::new(wake));
    }

    /// Makes the next request call the waker. Returns false if none is connected.
    pub fn arm(&self) -> bool {
        let connected = self.0.wake.get().is_some();
        self.0.armed.store(connected, Ordering::SeqCst);
        connected
    }

    /// Calls the waker if it is armed; called after a request is queued. Either this call sees the armed flag, or the
    /// thread that set it sees the request.
    pub fn request(&self) {
        if self.0.armed.load(Ordering::SeqCst)
            && self.0.armed.swap(false, Ordering::SeqCst)
            && let Some(wake) = self.0.wake.get()
        {
            wake();
        }
    }
}
