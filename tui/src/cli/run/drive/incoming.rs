//! What comes in: input for the UARTs, and calls to wake up or to end.

use crate::cli::serial::{Event, UARTS};
use crate::cli::target::Target;
use std::collections::VecDeque;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

/// Input kept for a UART that has no room.
const MAX_PENDING: usize = 1 << 20;

/// Where events come from, and the input that waits.
pub struct Incoming {
    events: Receiver<Event>,
    open: bool,
    /// Input that the UARTs had no room for yet.
    pending: [VecDeque<u8>; UARTS],
}

impl Incoming {
    /// Events from the serial lines.
    pub fn new(events: Receiver<Event>) -> Self {
        Self { events, open: true, pending: Default::default() }
    }

    /// The next event, waited for at most so long; without time, one that is there already.
    pub fn next(&mut self, wait: Duration) -> Option<Event> {
        if wait.is_zero() {
            return self.events.try_recv().ok();
        }
        if !self.open {
            std::thread::sleep(wait);
            return None;
        }
        match self.events.recv_timeout(wait) {
            Ok(event) => Some(event),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => {
                self.open = false;
                None
            }
        }
    }

    /// Keeps input for a UART.
    pub fn queue(&mut self, uart: u8, bytes: Vec<u8>) {
        let queue = &mut self.pending[usize::from(uart) % UARTS];
        queue.extend(bytes);
        // Firmware that never reads: as on a real line, what does not fit is lost.
        queue.truncate(MAX_PENDING);
    }

    /// Hands over as much input as the UARTs take.
    pub fn feed(&mut self, target: &mut dyn Target) {
        for (uart, queue) in self.pending.iter_mut().enumerate() {
            let n = queue.len().min(target.uart_room(uart as u8));
            if n > 0 {
                let bytes: Vec<u8> = queue.drain(..n).collect();
                target.uart_input(uart as u8, &bytes);
            }
        }
    }
}
