//! open_eth's statistics counters, for display only; the controller has no such registers.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Ethernet frames since the controller's reset, by result.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counters {
    /// Received to a descriptor, including those with errors.
    pub received: u64,
    /// Bytes of the received ones, including checksums.
    pub received_bytes: u64,
    /// Sent to the line or looped back; also counted if the line then drops them (no link, wrong checksum).
    pub sent: u64,
    /// Bytes of the sent ones, including padding, without checksums.
    pub sent_bytes: u64,
    /// Discarded by the address filter, and control frames that the MAC consumed.
    pub filtered: u64,
    /// Lost because no receive descriptor was empty (`INT_SOURCE.BUSY`).
    pub no_descriptor: u64,
    /// Lost because shorter than `PACKETLEN.MINFL`.
    pub short: u64,
    /// Lost because the receiver or the link was off, or because longer than 16 KiB.
    pub off: u64,
    /// Received with a wrong checksum.
    pub crc: u64,
    /// Received longer than `PACKETLEN.MAXFL`.
    pub long: u64,
    /// Received to a descriptor whose buffer is not DMA-capable memory.
    pub overrun: u64,
    /// Not sent because the length was 0 or the buffer is not DMA-capable memory.
    pub underrun: u64,
}

impl Counters {
    /// Returns the number of Ethernet frames that arrived and were lost, without the filtered ones.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.no_descriptor + self.short + self.off
    }
}

impl fmt::Display for Counters {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "received {} ({} bytes), ", self.received, self.received_bytes)?;
        write!(f, "sent {} ({} bytes), filtered {}, ", self.sent, self.sent_bytes, self.filtered)?;
        let parts = (self.no_descriptor, self.short, self.off);
        write!(
            f,
            "dropped {} (no descriptor {}, short {}, off {}), ",
            self.dropped(),
            parts.0,
            parts.1,
            parts.2
        )?;
        let errors = (self.crc, self.long, self.overrun, self.underrun);
        write!(f, "errors: CRC {}, long {}, overrun {}, underrun {}", errors.0, errors.1, errors.2, errors.3)
    }
}
