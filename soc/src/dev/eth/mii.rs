//! The PHY behind the management interface: like a DP83848C, with the register values that firmware finds on
//! Espressif's QEMU.

use serde::{Deserialize, Serialize};

/// The PHY's number on the management bus.
pub const PHY_ADDR: u32 = 1;
/// What an address without a PHY reads.
pub const NOBODY: u16 = 0xFFFF;

const BMCR: u32 = 0x00;
/// The basic status register.
pub const BMSR: u32 = 0x01;
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
/// Switched off: no link.
const BMCR_POWER_DOWN: u16 = 1 << 11;
/// 10 and 100 Mbit/s, both duplexes, may negotiate.
const BMSR_ABLE: u16 = 0x7848;
const BMSR_NEGOTIATED: u16 = 1 << 5;
/// Its link bit.
pub const BMSR_LINK: u16 = 1 << 2;
/// Link up, full duplex, negotiation done, and 10 Mbit/s: what Espressif's QEMU shows.
const PHYSTS_UP: u16 = 0x0017;
const PARTNER: u16 = 0x01E1;

/// The PHY: its cable, and its registers that can be written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Phy {
    bmcr: u16,
    anar: u16,
    other: [u16; 32],
    /// The cable is in.
    link: bool,
    /// The link was down since the status was last read.
    lost: bool,
}

impl Default for Phy {
    fn default() -> Self {
        Self { bmcr: BMCR_RESET, anar: 0x01E1, other: [0; 32], link: true, lost: false }
    }
}

impl Phy {
    /// Plugs the cable in or pulls it out.
    pub fn set_link(&mut self, up: bool) {
        self.lost |= !up;
        self.link = up;
    }

    /// True when frames pass.
    #[must_use]
    pub fn link(&self) -> bool {
        self.link && self.bmcr & BMCR_POWER_DOWN == 0
    }

    /// A reset; the cable stays.
    pub fn reset(&mut self) {
        *self = Self { link: self.link, lost: !self.link, ..Self::default() };
    }

    /// Reads register `reg` (0..31) of the PHY at `addr` (0..31), with what reading does: a lost link shows once in
    /// the basic status register even when it is back (IEEE 802.3, 22.2.4.2.13).
    pub fn read(&mut self, addr: u32, reg: u32) -> u16 {
        let value = self.peek(addr, reg);
        if addr & 31 == PHY_ADDR && reg & 31 == BMSR {
            self.lost = !self.link();
        }
        value
    }

    /// A register without side effects.
    #[must_use]
    pub fn peek(&self, addr: u32, reg: u32) -> u16 {
        if addr & 31 != PHY_ADDR {
            return NOBODY;
        }
        let up = |bits| if self.link() { bits } else { 0 };
        match reg & 31 {
            BMCR => self.bmcr,
            BMSR => BMSR_ABLE | up(BMSR_NEGOTIATED) | if self.lost { 0 } else { up(BMSR_LINK) },
            PHYIDR1 => 0x2000,
            PHYIDR2 => 0x5C90,
            ANAR => self.anar,
            ANLPAR => up(PARTNER),
            PHYSTS => up(PHYSTS_UP),
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
            BMCR if value & 1 << 15 != 0 => self.reset(),
            BMCR => {
                self.bmcr = value & !BMCR_ONCE;
                self.lost |= !self.link();
            }
            ANAR => self.anar = value,
            n => self.other[n as usize] = value,
        }
    }
}
