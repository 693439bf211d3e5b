//! Recent UART output, for dashboards that connect later.

use crate::dash::wire::Feed;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

/// Bytes kept of each UART.
const KEPT: usize = 1 << 16;

/// End of each UART's output.
#[derive(Clone, Default)]
pub struct Past(Arc<Mutex<[VecDeque<u8>; 3]>>);

impl Past {
    /// Appends output of a UART. Output of UARTs other than the three is ignored.
    pub fn keep(&self, uart: usize, bytes: &[u8]) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(text) = kept.get_mut(uart) {
            text.extend(bytes);
            let over = text.len().saturating_sub(KEPT);
            text.drain(..over);
        }
    }

    /// Returns the stored output as events.
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
        past.keep(1, b"one");
        (0..100).for_each(|_| past.keep(0, &[b'x'; 1000]));
        past.keep(0, b"end");
        past.keep(9, b"none");
        let feeds = past.feeds();
        assert_eq!(feeds[1..], [Feed::Uart(1, b"one".to_vec())]);
        let Feed::Uart(0, text) = &feeds[0] else { panic!("{feeds:?}") };
        assert!(text.len() == KEPT && text.ends_with(b"xend"));
    }
}
