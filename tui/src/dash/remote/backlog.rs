//! Recent UART output, for dashboards that connect later.

use crate::dash::wire::DashEvent;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

/// Bytes kept of each UART.
const KEPT: usize = 1 << 16;

/// End of each UART's output.
#[derive(Clone, Default)]
pub struct UartBacklog(Arc<Mutex<[VecDeque<u8>; 3]>>);

impl UartBacklog {
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
    pub fn dash_events(&self) -> Vec<DashEvent> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let uarts = (0u8..).zip(kept.iter()).filter(|(_, text)| !text.is_empty());
        uarts.map(|(n, text)| DashEvent::Uart(n, text.iter().copied().collect())).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_each_uart_is_kept() {
        let backlog = UartBacklog::default();
        backlog.keep(1, b"one");
        (0..100).for_each(|_| backlog.keep(0, &[b'x'; 1000]));
        backlog.keep(0, b"end");
        backlog.keep(9, b"none");
        let dash_events = backlog.dash_events();
        assert_eq!(dash_events[1..], [DashEvent::Uart(1, b"one".to_vec())]);
        let DashEvent::Uart(0, text) = &dash_events[0] else { panic!("{dash_events:?}") };
        assert!(text.len() == KEPT && text.ends_with(b"xend"));
    }
}
