//! What the UARTs said lately, for dashboards that come later.

use crate::dash::link::outputs;
use crate::dash::wire::Feed;
use esplens_gdb::supervisor::{Event, Handle};
use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use tokio::sync::broadcast::error::RecvError;

/// Bytes kept of each UART.
const KEPT: usize = 1 << 16;

/// The end of each UART's text.
#[derive(Clone, Default)]
pub struct Past(Arc<Mutex<[VecDeque<u8>; 3]>>);

impl Past {
    /// Listens to a machine, to its end.
    ///
    /// # Errors
    /// When the host gives no thread.
    pub fn of(handle: &Handle) -> io::Result<Self> {
        let past = Self::default();
        let (kept, mut events) = (past.clone(), handle.subscribe());
        let runtime = tokio::runtime::Builder::new_current_thread().build()?;
        thread::Builder::new().name("dash past".into()).spawn(move || {
            loop {
                match runtime.block_on(events.recv()) {
                    Ok(Event::Output(output)) => outputs(&output).iter().for_each(|feed| kept.keep(feed)),
                    Ok(Event::Quit(_) | Event::Gone) | Err(RecvError::Closed) => return,
                    Ok(_) | Err(RecvError::Lagged(_)) => {}
                }
            }
        })?;
        Ok(past)
    }

    fn keep(&self, feed: &Feed) {
        let Feed::Uart(n, bytes) = feed else { return };
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(text) = kept.get_mut(usize::from(*n)) {
            text.extend(bytes);
            let over = text.len().saturating_sub(KEPT);
            text.drain(..over);
        }
    }

    /// The text so far, as if it came just now.
    #[must_use]
    pub fn feeds(&self) -> Vec<Feed> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let uarts = (0u8..).zip(kept.iter()).filter(|(_, text)| !text.is_empty());
        uarts.map(|(n, text)| Feed::Uart(n, text.iter().copied().collect())).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_each_uart_is_kept() {
        let past = Past::default();
        past.keep(&Feed::Uart(1, b"one".to_vec()));
        (0..100).for_each(|_| past.keep(&Feed::Uart(0, vec![b'x'; 1000])));
        past.keep(&Feed::Uart(0, b"end".to_vec()));
        past.keep(&Feed::Uart(9, b"none".to_vec()));
        past.keep(&Feed::Touched);
        let feeds = past.feeds();
        assert_eq!(feeds[1..], [Feed::Uart(1, b"one".to_vec())]);
        let Feed::Uart(0, text) = &feeds[0] else { panic!("{feeds:?}") };
        assert!(text.len() == KEPT && text.ends_with(b"xend"));
    }
}
