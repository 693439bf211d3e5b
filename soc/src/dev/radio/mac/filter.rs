//! Address filters: select the 802.11 frames that the MAC receives, and the interface they are for.
//!
//! Bank 0 compares the BSSID, bank 1 the receiver address; each interface has one filter in each bank. The rules are
//! those that esp32-open-mac measured on the chip.

use super::WifiMac;
use super::spec::*;
use crate::net::air::frame::{BROADCAST, Mpdu, Subtype};

/// Enable bit of a filter, in the high word of its mask.
const ENABLED: u32 = 1 << 16;

/// Match bits of a frame, for the first word of its receive header.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Match {
    /// Bit n: the receiver address is that of interface n or a group address.
    pub receiver: u32,
    /// Bit n: the BSSID is that of interface n.
    pub bssid: u32,
}

impl Match {
    /// Returns the match bits at their positions in the receive header (bits 28 to 31).
    #[must_use]
    pub fn header_bits(self) -> u32 {
        (self.receiver & 3) << 28 | (self.bssid & 3) << 30
    }
}

impl WifiMac {
    /// Returns true if an address matches a filter; `None` if the filter is disabled.
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

    /// Returns the interfaces whose filters match a frame.
    #[must_use]
    pub fn matches(&self, frame: &Mpdu) -> Match {
        let mut found = Match::default();
        let (receiver, group) = (frame.addr1(), frame.addr1()[0] & 1 != 0);
        for i in 0..2 {
            let bssid = frame.bssid();
            let in_network =
                bssid.is_some_and(|b| self.filter_matches(BSSID_FILTER, BSSID_MASK, i, &b) == Some(true));
            // An associated station receives only the group frames of its own network.
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

    /// Returns true if the MAC answers a frame to this receiver address with an ACK.
    #[must_use]
    pub fn acknowledges(&self, address: &[u8; 6]) -> bool {
        let own = |i| self.filter_matches(RA_FILTER, RA_MASK, i, address) == Some(true);
        address[0] & 1 == 0 && (0..2).any(own)
    }

    /// Returns true if a frame passes the filters.
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

/// Returns the bit of `RX_CTRL_FILTER` for a control frame: bit 16 plus its subtype (IDF `wifi_promiscuous_filter_t`).
fn control_bit(subtype: Subtype) -> u32 {
    1 << (16 + subtype.numbers().1)
}
