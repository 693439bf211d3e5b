//! What passed open_eth and what did not, for whoever looks; the chip has no such registers.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Frames since the controller's reset.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counters {
    /// Written to a receive descriptor, errors included.
    pub received: u64,
    /// Their bytes, checksums included.
    pub received_bytes: u64,
    /// Put on the line, or looped back.
    pub sent: u64,
    /// Their bytes as they left, padding included, without checksums.
    pub sent_bytes: u64,
    /// Not for this controller: address filter, control frames.
    pub filtered: u64,
    /// Lost because no receive descriptor was empty (`INT_SOURCE.BUSY`).
    pub no_descriptor: u64,
    /// Lost for being shorter than `PACKETLEN.MINFL`.
    pub short: u64,
    /// Lost because receiver or link was off, or longer than anything on a line.
    pub off: u64,
    /// Received with a wrong checksum.
    pub crc: u64,
    /// Received longer than `PACKETLEN.MAXFL`.
    pub long: u64,
    /// Received into a buffer that is no memory.
    pub overrun: u64,
    /// Not sent: their buffer is no memory.
    pub underrun: u64,
}

impl Counters {
    /// Frames that came for this controller and were lost.
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
