//! Statistics counters, for display only; the chip has none but `DMAMISSEDFR`.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Ethernet frames since the controller's reset, by result.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EmacCounters {
    /// Received to descriptors, including those with errors.
    pub received: u64,
    /// Bytes of the received ones, as they were written to memory.
    pub received_bytes: u64,
    /// Sent to the line or looped back, also if the line then lost them.
    pub sent: u64,
    /// Bytes of the sent ones, including padding, without checksums.
    pub sent_bytes: u64,
    /// Sent without a link, or with a wrong checksum of the firmware's own.
    pub tx_lost: u64,
    /// Sent with an error in the descriptor.
    pub tx_errors: u64,
    /// Discarded by the address filter or in power-down, and control frames.
    pub filtered: u64,
    /// Lost because the CPU owned the current descriptor.
    pub no_descriptor: u64,
    /// Lost because the receive FIFO was full.
    pub overflow: u64,
    /// Cut because there were too few descriptors.
    pub cut: u64,
    /// Dropped because of errors: checksums, length, bus errors.
    pub rx_errors: u64,
    /// Lost because the receiver or the link was off.
    pub off: u64,
}

impl EmacCounters {
    /// Returns the number of Ethernet frames that arrived and were lost, without the filtered ones.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.no_descriptor + self.overflow + self.rx_errors + self.off
    }
}

impl fmt::Display for EmacCounters {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "received {} ({} bytes, {} cut), ", self.received, self.received_bytes, self.cut)?;
        write!(f, "sent {} ({} bytes, {} lost, ", self.sent, self.sent_bytes, self.tx_lost)?;
        write!(
            f,
            "{} with errors), filtered {}, dropped {} ",
            self.tx_errors,
            self.filtered,
            self.dropped()
        )?;
        let (full, errors, off) = (self.overflow, self.rx_errors, self.off);
        write!(f, "(no descriptor {}, FIFO full {full}, errors {errors}, off {off})", self.no_descriptor)
    }
}
