//! The PHY behind the management interface: like a DP83848C with a link that is up, with the register values that
//! firmware finds on Espressif's QEMU.

use serde::{Deserialize, Serialize};

/// The PHY's number on the management bus.
pub const PHY_ADDR: u32 = 1;
/// What an address without a PHY reads.
pub const NOBODY: u16 = 0xFFFF;

const BMCR: u32 = 0x00;
const BMSR: u32 = 0x01;
const PHYIDR1: u32 = 0x02;
const PHYIDR2: u32 = 0x03;
const ANAR: u32 = 0x04;
const ANLPAR: u32 = 0x05;
const PHYSTS: u32 = 0x10;
const PHYCR: u32 = 0x19;

/// Reset, and restart of the negotiation: both clear themselves.
const BMCR_ONCE: u16 = 1 << 15 | 1 << 9;
/// Negotiation on, as Espressif's QEMU has it.
const BMCR_RESET: u16 = 0x1000;

/// The registers of the PHY that can be written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Phy {
    bmcr: u16,
    anar: u16,
    other: [u16; 32],
}

impl Default for Phy {
    fn default() -> Self {
        Self { bmcr: BMCR_RESET, anar: 0x01E1, other: [0; 32] }
    }
}

impl Phy {
    /// Reads register `reg` (0..31) of the PHY at `addr` (0..31).
    #[must_use]
    pub fn read(&self, addr: u32, reg: u32) -> u16 {
        if addr & 31 != PHY_ADDR {
            return NOBODY;
        }
        match reg & 31 {
            BMCR => self.bmcr,
            // 10 and 100 Mbit/s, both duplexes; negotiation done, link up.
            BMSR => 0x786C,
            PHYIDR1 => 0x2000,
            PHYIDR2 => 0x5C90,
            ANAR => self.anar,
            ANLPAR => 0x01E1,
            // Link up, full duplex, negotiation done, and 10 Mbit/s: what Espressif's QEMU shows.
            PHYSTS => 0x0017,
            PHYCR => 0x8000 | PHY_ADDR as u16,
            n => self.other[n as usize],
        }
    }

    /// Writes a register.
    pub fn write(&mut self, addr: u32, reg: u32, value: u16) {
        if addr & 31 != PHY_ADDR {
            return;
        }
        match reg & 31 {
            BMCR if value & 1 << 15 != 0 => *self = Self::default(),
            BMCR => self.bmcr = value & !BMCR_ONCE,
            ANAR => self.anar = value,
            n => self.other[n as usize] = value,
        }
    }
}
