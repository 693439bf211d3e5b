//! Slot that holds the session while its thread waits.
//!
//! A request that finds the session here is executed by the requesting thread, so that reading the state of a stopped
//! machine wakes no other thread.

use crate::session::Session;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The slot; clones share it.
#[derive(Clone, Default)]
pub(super) struct Slot(Arc<Mutex<Option<Box<Session>>>>);

impl Slot {
    /// Locks the slot. If a request panicked, the panic is passed on to the session's thread, which takes the session
    /// out and ends.
    fn lock(&self) -> MutexGuard<'_, Option<Box<Session>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts the session into the slot.
    pub fn put(&self, session: Box<Session>) {
        *self.lock() = Some(session);
    }

    /// Takes the session out of the slot.
    pub fn take(&self) -> Option<Box<Session>> {
        self.lock().take()
    }

    /// Calls `f` with the session and `work` if the session is in the slot.
    ///
    /// # Errors
    /// Returns `work` if it is not.
    pub fn with<W, R>(&self, work: W, f: impl FnOnce(&mut Session, W) -> R) -> Result<R, W> {
        match self.lock().as_mut() {
            Some(session) => Ok(f(session, work)),
            None => Err(work),
        }
    }
}
