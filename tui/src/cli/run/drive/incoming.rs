//! Incoming events: input for the UARTs, wake-ups and quit requests.

use crate::cli::serial::{PendingBytes, SerialEvent, UARTS, rfc2217};
use crate::cli::target::Target;
use esplens_soc::machine::Input;
use std::collections::VecDeque;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

/// Event source, and pending input.
pub struct Incoming {
    events: Receiver<SerialEvent>,
    open: bool,
    /// Input that did not fit into the UARTs yet; `flow` bounds it.
    pending: [VecDeque<u8>; UARTS],
    flow: PendingBytes,
}

impl Incoming {
    /// Creates the queues for events from the serial lines.
    pub fn new(events: Receiver<SerialEvent>, flow: PendingBytes) -> Self {
        Self { events, open: true, pending: Default::default(), flow }
    }

    /// Returns the next event. Waits at most `wait`; zero means an event that is queued already.
    pub fn next(&mut self, wait: Duration) -> Option<SerialEvent> {
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

    /// Queues input for a UART.
    pub fn queue(&mut self, uart: u8, bytes: Vec<u8>) {
        self.pending[usize::from(uart) % UARTS].extend(bytes);
    }

    /// Drops the input queued for a UART.
    pub fn purge(&mut self, uart: u8) {
        let queue = &mut self.pending[usize::from(uart) % UARTS];
        self.flow.leave(uart, queue.len());
        queue.clear();
    }

    /// Passes a change of the chip's pins to the machine. A chip without power receives nothing.
    pub fn chip(&mut self, change: Input, target: &mut dyn Target) {
        if rfc2217::cuts_input(&change) {
            (0..UARTS).for_each(|uart| self.purge(uart as u8));
        }
        target.chip_input(change);
    }

    /// Passes as much input to the machine as the UARTs accept.
    pub fn feed(&mut self, target: &mut dyn Target) {
        for (uart, queue) in self.pending.iter_mut().enumerate() {
            let n = queue.len().min(target.uart_room(uart as u8));
            if n > 0 {
                let bytes: Vec<u8> = queue.drain(..n).collect();
                target.uart_input(uart as u8, &bytes);
                self.flow.leave(uart as u8, n);
            }
        }
    }
}

/// Releases readers that wait for space: no more input is accepted.
impl Drop for Incoming {
    fn drop(&mut self) {
        self.flow.close();
    }
}
