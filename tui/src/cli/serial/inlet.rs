//! Input path to a UART. The amount of pending input is bounded. Beyond that the reader waits and leaves its socket
//! unread, so that nothing is lost.

use super::{SerialEvent, UARTS};
use std::sync::mpsc::SyncSender;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// Maximum number of pending bytes for one UART.
const LIMIT: usize = 64 * 1024;

#[derive(Default)]
struct State {
    on_the_way: [usize; UARTS],
    closed: bool,
}

/// Counter of each UART's pending bytes; shared by the lines' readers and the machine's thread.
#[derive(Clone, Default)]
pub struct PendingBytes(Arc<(Mutex<State>, Condvar)>);

impl PendingBytes {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds `n` pending bytes; waits for space. Returns false if no more input is accepted.
    fn enter(&self, uart: u8, n: usize) -> bool {
        let mut state = self.state();
        while !state.closed && state.on_the_way[usize::from(uart)] >= LIMIT {
            state = self.0.1.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.on_the_way[usize::from(uart)] += n;
        !state.closed
    }

    /// Subtracts `n` bytes that the machine has taken or that were dropped.
    pub fn leave(&self, uart: u8, n: usize) {
        let mut state = self.state();
        let count = &mut state.on_the_way[usize::from(uart)];
        *count = count.saturating_sub(n);
        self.0.1.notify_all();
    }

    /// Stops accepting input: all waiting readers return.
    pub fn close(&self) {
        self.state().closed = true;
        self.0.1.notify_all();
    }

    fn full(&self, uart: u8) -> bool {
        self.state().on_the_way[usize::from(uart)] >= LIMIT
    }
}

/// Sender of one line's input.
#[derive(Clone)]
pub struct Inlet {
    uart: u8,
    events: SyncSender<SerialEvent>,
    flow: PendingBytes,
}

impl Inlet {
    /// Creates the sender for UART `uart` (0..2).
    pub fn new(uart: u8, events: SyncSender<SerialEvent>, flow: PendingBytes) -> Self {
        Self { uart, events, flow }
    }

    /// Returns the UART's number.
    pub fn uart(&self) -> u8 {
        self.uart
    }

    /// Sends bytes; waits while too many are pending. Returns false if the machine is gone.
    pub fn input(&self, bytes: Vec<u8>) -> bool {
        self.flow.enter(self.uart, bytes.len()) && self.event(SerialEvent::Input(self.uart, bytes))
    }

    /// Sends bytes without waiting, for a terminal whose other keys must still be processed: bytes without space are
    /// dropped. Returns false if the machine is gone.
    pub fn key(&self, bytes: Vec<u8>) -> bool {
        self.flow.full(self.uart) || self.input(bytes)
    }

    /// Sends another event. Returns false if the machine is gone.
    pub fn event(&self, event: SerialEvent) -> bool {
        self.events.send(event).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::sync_channel;
    use std::time::Duration;

    #[test]
    fn a_full_line_waits_and_the_others_do_not() {
        let (events, rx) = sync_channel(8);
        let flow = PendingBytes::default();
        let (one, two) = (Inlet::new(1, events.clone(), flow.clone()), Inlet::new(2, events, flow.clone()));
        assert!(one.input(vec![1; LIMIT]));
        assert!(two.input(vec![2]) && one.key(vec![3]), "the key is dropped");
        let waiting = one.clone();
        let thread = std::thread::spawn(move || waiting.input(vec![4]));
        let seen: Vec<_> = (0..2).map(|_| rx.recv().unwrap()).collect();
        assert_eq!(seen, [SerialEvent::Input(1, vec![1; LIMIT]), SerialEvent::Input(2, vec![2])]);
        assert!(rx.recv_timeout(Duration::from_millis(50)).is_err(), "the fourth waits");
        flow.leave(1, 1);
        assert_eq!(rx.recv(), Ok(SerialEvent::Input(1, vec![4])));
        assert!(thread.join().unwrap());
    }

    #[test]
    fn a_closed_line_lets_its_reader_go() {
        let (events, _rx) = sync_channel(8);
        let flow = PendingBytes::default();
        let one = Inlet::new(1, events, flow.clone());
        assert!(one.input(vec![1; LIMIT]));
        let thread = std::thread::spawn(move || one.input(vec![4]));
        flow.close();
        assert!(!thread.join().unwrap());
    }
}
