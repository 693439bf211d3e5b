//! When a machine that boots as fast as the host can ([`super::Speed::Auto`]) goes over to real time: it serves.

use esplens_core::time::{TICKS_PER_SEC, Ticks};
use esplens_soc::system::Frame;

/// Virtual time that a server gets from the guest's first IPv4 packet with an address of its own.
const TO_SERVE: Ticks = 10 * TICKS_PER_SEC;
/// Virtual time that the guest gets to come up at all.
const TO_BOOT: Ticks = 60 * TICKS_PER_SEC;

/// What the guest's frames have told so far.
#[derive(Debug, Default)]
pub struct Serving {
    /// Since when the guest has an address.
    addressed: Option<Ticks>,
    /// A connection to the guest was answered.
    answered: bool,
    /// The first virtual time seen.
    began: Option<Ticks>,
}

impl Serving {
    /// Looks at a frame on the cable.
    pub fn see(&mut self, frame: &Frame) {
        let Some(ip) = frame.bytes.get(14..).filter(|_| !frame.to_guest && frame.air.is_none()) else {
            return;
        };
        let ethertype = [frame.bytes[12], frame.bytes[13]];
        let (source, protocol, header) = match (ethertype, ip.first()) {
            ([0x08, 0x00], Some(first)) => (ip.get(12..16), ip.get(9), usize::from(first & 15) * 4),
            ([0x86, 0xDD], _) => (ip.get(8..24), ip.get(6), 40),
            _ => return,
        };
        if ethertype[0] == 8 && source.is_some_and(|s| s != [0; 4]) {
            self.addressed.get_or_insert(frame.at);
        }
        // SYN and ACK: somebody listens there.
        let flags = ip.get(header + 13).copied().unwrap_or(0);
        self.answered |= protocol == Some(&6) && flags & 0x12 == 0x12;
    }

    /// Whether real time counts from now on.
    pub fn done(&mut self, now: Ticks) -> bool {
        let began = *self.began.get_or_insert(now);
        let late = self.addressed.map_or(began + TO_BOOT, |at| at + TO_SERVE);
        self.answered || now >= late
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(to_guest: bool, source: [u8; 4], protocol: u8, flags: u8) -> Frame {
        let mut bytes = vec![0; 54];
        (bytes[12], bytes[14], bytes[23], bytes[14 + 20 + 13]) = (8, 0x45, protocol, flags);
        bytes[26..30].copy_from_slice(&source);
        Frame { at: 1000, to_guest, core: 0, pc: 0, bytes, air: None }
    }

    #[test]
    fn an_answered_connection_ends_the_hurry() {
        let mut s = Serving::default();
        s.see(&frame(true, [10, 0, 2, 2], 6, 0x12));
        s.see(&frame(false, [10, 0, 2, 15], 6, 0x02));
        s.see(&frame(false, [10, 0, 2, 15], 17, 0x12));
        assert!(!s.done(0), "the host's own, a guest's own connection, no TCP");
        s.see(&frame(false, [10, 0, 2, 15], 6, 0x12));
        assert!(s.done(0));
    }

    #[test]
    fn without_a_client_it_ends_by_itself() {
        let mut s = Serving::default();
        assert!(!s.done(5) && !s.done(5 + TO_BOOT - 1) && s.done(5 + TO_BOOT));
        let mut s = Serving::default();
        s.see(&frame(false, [0; 4], 17, 0));
        assert!(!s.done(0) && !s.done(1000 + TO_SERVE), "asking for an address is not having one");
        s.see(&frame(false, [10, 0, 2, 15], 17, 0));
        assert!(!s.done(1000 + TO_SERVE - 1) && s.done(1000 + TO_SERVE));
        s.see(&Frame { bytes: vec![0; 14], ..frame(false, [0; 4], 0, 0) });
    }
}
