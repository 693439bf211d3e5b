//! Address filters: which frames the MAC takes, and for which interface.
//!
//! Bank 0 compares the BSSID, bank 1 the receiver address; each interface has one filter in each. The rules are those
//! that esp32-open-mac measured on the chip.

use super::WifiMac;
use super::spec::*;
use crate::net::air::frame::{BROADCAST, Mpdu, Subtype};

/// Enable bit of a filter, in the high word of its mask.
const ENABLED: u32 = 1 << 16;

/// Match bits of a frame, as the first word of its receive header has them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Match {
    /// Bit n: the receiver address is the one of interface n, or a group's.
    pub receiver: u32,
    /// Bit n: the BSSID is the one of interface n.
    pub bssid: u32,
}

impl Match {
    /// The match bits at their places in the receive header (bits 28 to 31).
    #[must_use]
    pub fn header_bits(self) -> u32 {
        (self.receiver & 3) << 28 | (self.bssid & 3) << 30
    }
}

impl WifiMac {
    /// Whether an address is the one of a filter; `None` where the filter is off.
    fn filter_matches(&self, filter: u32, mask: u32, interface: u32, address: &[u8; 6]) -> Option<bool> {
        let high = self.get(mask + 8 * interface + 4);
        if high & ENABLED == 0 {
            return None;
        }
        let [a, b, c, d, e, f] = *address;
        let (low, top) = (u32::from_le_bytes([a, b, c, d]), u32::from(u16::from_le_bytes([e, f])));
        let low_differs = (self.get(filter + 8 * interface) ^ low) & self.get(mask + 8 * interface);
        let top_differs = (self.get(filter + 8 * interface + 4) ^ top) & high & 0xFFFF;
        Some(low_differs == 0 && top_differs == 0)
    }

    /// The interfaces that a frame is for.
    #[must_use]
    pub fn matches(&self, frame: &Mpdu) -> Match {
        let mut found = Match::default();
        let (receiver, group) = (frame.addr1(), frame.addr1()[0] & 1 != 0);
        for i in 0..2 {
            let bssid = frame.bssid();
            let in_network =
                bssid.is_some_and(|b| self.filter_matches(BSSID_FILTER, BSSID_MASK, i, &b) == Some(true));
            // An associated station sees the group frames of its own network only.
            let checked = self.get(FILTER_CONTROL + 4 * i) & CHECK_BSSID != 0;
            let group = group && (!checked || in_network || bssid.is_none_or(|b| b == BROADCAST));
            let own = self.filter_matches(RA_FILTER, RA_MASK, i, &receiver);
            if own.is_some_and(|own| own || group) {
                found.receiver |= 1 << i;
            }
            if in_network {
                found.bssid |= 1 << i;
            }
        }
        found
    }

    /// Whether the MAC answers a frame for this receiver address with an ACK.
    #[must_use]
    pub fn acknowledges(&self, address: &[u8; 6]) -> bool {
        let own = |i| self.filter_matches(RA_FILTER, RA_MASK, i, address) == Some(true);
        address[0] & 1 == 0 && (0..2).any(own)
    }

    /// Whether a frame passes the filters.
    #[must_use]
    pub fn passes(&self, frame: &Mpdu, found: Match) -> bool {
        match frame.subtype() {
            Subtype::PsPoll | Subtype::BlockAckReq => found.receiver != 0,
            other if other.is_control() => {
                self.promiscuous() && self.get(RX_CTRL_FILTER + 4 * SNIFFER) & control_bit(other) != 0
            }
            _ => found.receiver != 0 || self.promiscuous(),
        }
    }
}

/// The bit of `RX_CTRL_FILTER` of a control frame: bit 16 and its subtype (IDF `wifi_promiscuous_filter_t`).
fn control_bit(subtype: Subtype) -> u32 {
    1 << (16 + subtype.numbers().1)
}
