//! Detection of the time at which [`crate::Speed::Auto`] switches to real time: a server on the guest answers.

use esplens_core::time::{TICKS_PER_SEC, Ticks};
use esplens_soc::system::NetFrame;

/// Virtual time allowed for a server to answer, counted from the guest's first IPv4 packet with an address of its own.
const TO_SERVE: Ticks = 10 * TICKS_PER_SEC;
/// Virtual time allowed for the guest to obtain an address.
const TO_BOOT: Ticks = 60 * TICKS_PER_SEC;

/// State derived from the guest's Ethernet frames.
#[derive(Debug, Default)]
pub struct AutoSpeed {
    /// Time of the guest's first packet with an address.
    addressed: Option<Ticks>,
    /// The guest answered a connection.
    answered: bool,
    /// Virtual time of the first check.
    began: Option<Ticks>,
}

impl AutoSpeed {
    /// Inspects an Ethernet frame.
    pub fn see(&mut self, frame: &NetFrame) {
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
        // SYN and ACK: the guest accepts a connection.
        let flags = ip.get(header + 13).copied().unwrap_or(0);
        self.answered |= protocol == Some(&6) && flags & 0x12 == 0x12;
    }

    /// Returns true if real time applies from now on.
    pub fn done(&mut self, now: Ticks) -> bool {
        let began = *self.began.get_or_insert(now);
        let late = self.addressed.map_or(began + TO_BOOT, |at| at + TO_SERVE);
        self.answered || now >= late
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(to_guest: bool, source: [u8; 4], protocol: u8, flags: u8) -> NetFrame {
        let mut bytes = vec![0; 54];
        (bytes[12], bytes[14], bytes[23], bytes[14 + 20 + 13]) = (8, 0x45, protocol, flags);
        bytes[26..30].copy_from_slice(&source);
        NetFrame { at: 1000, to_guest, core: 0, pc: 0, bytes, air: None }
    }

    #[test]
    fn an_answered_connection_ends_the_hurry() {
        let mut s = AutoSpeed::default();
        s.see(&frame(true, [10, 0, 2, 2], 6, 0x12));
        s.see(&frame(false, [10, 0, 2, 15], 6, 0x02));
        s.see(&frame(false, [10, 0, 2, 15], 17, 0x12));
        assert!(!s.done(0), "the host's own, a guest's own connection, no TCP");
        s.see(&frame(false, [10, 0, 2, 15], 6, 0x12));
        assert!(s.done(0));
    }

    #[test]
    fn without_a_client_it_ends_by_itself() {
        let mut s = AutoSpeed::default();
        assert!(!s.done(5) && !s.done(5 + TO_BOOT - 1) && s.done(5 + TO_BOOT));
        let mut s = AutoSpeed::default();
        s.see(&frame(false, [0; 4], 17, 0));
        assert!(!s.done(0) && !s.done(1000 + TO_SERVE), "asking for an address is not having one");
        s.see(&frame(false, [10, 0, 2, 15], 17, 0));
        assert!(!s.done(1000 + TO_SERVE - 1) && s.done(1000 + TO_SERVE));
        s.see(&NetFrame { bytes: vec![0; 14], ..frame(false, [0; 4], 0, 0) });
    }
}
