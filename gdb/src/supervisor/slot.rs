//! Where the session lies while its thread waits for something.
//!
//! A request that finds it there is carried out by the thread that asks: no thread has to wake up for a look at a machine
//! that stands still.

use super::session::Session;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The place; clones are the same place.
#[derive(Clone, Default)]
pub(super) struct Slot(Arc<Mutex<Option<Box<Session>>>>);

impl Slot {
    /// A request that panics is passed on to the session's thread, which then ends: nobody finds the session here.
    fn lock(&self) -> MutexGuard<'_, Option<Box<Session>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts the session down.
    pub fn put(&self, session: Box<Session>) {
        *self.lock() = Some(session);
    }

    /// Takes it up again.
    pub fn take(&self) -> Option<Box<Session>> {
        self.lock().take()
    }

    /// Gives `work` to `f` with the session, when it lies here.
    ///
    /// # Errors
    /// `work`, when it does not.
    pub fn with<W, R>(&self, work: W, f: impl FnOnce(&mut Session, W) -> R) -> Result<R, W> {
        match self.lock().as_mut() {
            Some(session) => Ok(f(session, work)),
            None => Err(work),
        }
    }
}
