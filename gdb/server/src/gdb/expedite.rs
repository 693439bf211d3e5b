//! Stop replies with expedited registers.
//!
//! GDB sends a `g` packet after each stop, independently of the reply, so registers in `g` need not be expedited. The
//! window registers a0 to a15 are not in `g`: some builds of GDB compute them, others read a0 and a1 with a `p` packet
//! each, at every step. A client that has sent such a `p` packet knows the register numbers, so from then on its stop
//! replies contain those registers. For other clients the numbers would be an error.

use super::frame;
use super::target::GdbTarget;
use super::xtensa::table::A0;
use esplens_debuginfo::number::packed;
use gdbstub::common::Tid;

/// Number of window registers.
const WINDOW: usize = 16;
/// Maximum number of expedited registers; a step needs fewer.
const MAX: usize = 4;

/// The window registers that a client read by number, up to the maximum.
#[derive(Debug, Default)]
pub struct Expedited(Vec<usize>);

impl Expedited {
    /// Records the register of a `p` packet.
    pub fn note(&mut self, body: &[u8]) {
        let number = body.strip_prefix(b"p").and_then(packed).and_then(|n| usize::try_from(n).ok());
        if let Some(n) = number.filter(|n| (A0..A0 + WINDOW).contains(n) && !self.0.contains(n))
            && self.0.len() < MAX
        {
            self.0.push(n);
        }
    }

    /// Adds the expedited registers to a stop reply of thread `tid`.
    pub fn add(&self, reply: Vec<u8>, guest: &GdbTarget, tid: Tid) -> Vec<u8> {
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
