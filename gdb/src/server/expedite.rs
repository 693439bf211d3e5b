//! Stop replies that carry registers ahead.
//!
//! GDB reads a `g` packet after each stop whatever the reply holds, so what is in there needs no carrying. The window
//! a0 to a15 is not: some builds of GDB compute it, others ask for a0 and a1 with a `p` packet each, at every step. One
//! that has asked knows the numbers, so from then on it gets those registers with the stop; to one that has not, they
//! would be an error.

use super::frame;
use super::target::Guest;
use super::xtensa::table::A0;
use crate::number::packed;
use gdbstub::common::Tid;

/// Registers of the window.
const WINDOW: usize = 16;
/// Most registers carried: what a step asks for, and then some.
const MAX: usize = 4;

/// The registers that a client asked for by number, as many as fit.
#[derive(Debug, Default)]
pub struct Expedited(Vec<usize>);

impl Expedited {
    /// Takes note of a `p` packet.
    pub fn note(&mut self, body: &[u8]) {
        let number = body.strip_prefix(b"p").and_then(packed).and_then(|n| usize::try_from(n).ok());
        if let Some(n) = number.filter(|n| (A0..A0 + WINDOW).contains(n) && !self.0.contains(n))
            && self.0.len() < MAX
        {
            self.0.push(n);
        }
    }

    /// A stop reply of thread `tid` with the registers.
    pub fn add(&self, reply: Vec<u8>, guest: &Guest, tid: Tid) -> Vec<u8> {
        let body = reply.strip_prefix(b"$").and_then(|r| r.split(|b| *b == b'#').next());
        let Some(body) = body.filter(|b| b.starts_with(b"T") && !self.0.is_empty()) else { return reply };
        let (view, numbers) = (guest.view(), self.0.clone());
        let values = guest.handle.call(move |s| view.read(s.machine(), tid, numbers.into_iter()));
        let Ok(Some(values)) = values else { return reply };
        let mut body = body.to_vec();
        for (n, value) in self.0.iter().zip(values) {
            let hex = frame::to_hex(&(value as u32).to_le_bytes());
            body.extend(format!("{n:02x}:{hex};").bytes());
        }
        frame::packet(&body)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_window_is_kept_and_not_all_of_it() {
        let mut e = Expedited::default();
        for body in ["p0", "p9d", "p9e", "p9d", "pad", "p", "pzz", "g", "pffffffffffffffff", "p9c"] {
            e.note(body.as_bytes());
        }
        assert_eq!(e.0, [A0, A0 + 1]);
        (0..WINDOW).for_each(|n| e.note(format!("p{:x}", A0 + n).as_bytes()));
        assert_eq!(e.0.len(), MAX);
    }
}
