//! The PHY on the MII management interface: like a DP83848C, with the register values of Espressif's QEMU.

use serde::{Deserialize, Serialize};

/// The PHY's address on the management bus.
pub const PHY_ADDR: u32 = 1;
/// Value read from an address without a PHY.
pub const NOBODY: u16 = 0xFFFF;

const BMCR: u32 = 0x00;
/// Basic mode status register.
pub const BMSR: u32 = 0x01;
const PHYIDR1: u32 = 0x02;
const PHYIDR2: u32 = 0x03;
const ANAR: u32 = 0x04;
const ANLPAR: u32 = 0x05;
const PHYSTS: u32 = 0x10;
const PHYCR: u32 = 0x19;

/// Self-clearing bits of `BMCR`: reset, and restart of auto-negotiation.
const BMCR_ONCE: u16 = 1 << 15 | 1 << 9;
/// Reset value of `BMCR`: auto-negotiation on, as in Espressif's QEMU.
const BMCR_RESET: u16 = 0x1000;
/// Power-down: no link.
const BMCR_POWER_DOWN: u16 = 1 << 11;
/// Abilities in `BMSR`: 10 and 100 Mbit/s, half and full duplex, auto-negotiation.
const BMSR_ABLE: u16 = 0x7848;
const BMSR_NEGOTIATED: u16 = 1 << 5;
/// Link status bit of `BMSR`.
pub const BMSR_LINK: u16 = 1 << 2;
/// `PHYSTS` with link: link up, full duplex, auto-negotiation complete, 10 Mbit/s, as in Espressif's QEMU.
const PHYSTS_UP: u16 = 0x0017;
const PARTNER: u16 = 0x01E1;

/// The PHY: cable state and writable registers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Phy {
    bmcr: u16,
    anar: u16,
    other: [u16; 32],
    /// The cable is plugged in.
    link: bool,
    /// The link has been down since `BMSR` was last read.
    lost: bool,
}

impl Default for Phy {
    fn default() -> Self {
        Self { bmcr: BMCR_RESET, anar: 0x01E1, other: [0; 32], link: true, lost: false }
    }
}

impl Phy {
    /// Plugs the cable in (true) or pulls it out.
    pub fn set_link(&mut self, up: bool) {
        self.lost |= !up;
        self.link = up;
    }

    /// Returns true if the link is up: the cable is plugged in and the PHY is not in power-down.
    #[must_use]
    pub fn link(&self) -> bool {
        self.link && self.bmcr & BMCR_POWER_DOWN == 0
    }

    /// Resets the PHY. The cable state does not change.
    pub fn reset(&mut self) {
        *self = Self { link: self.link, lost: !self.link, ..Self::default() };
    }

    /// Reads register `reg` (0..31) of the PHY at `addr` (0..31), with side effects: after a link loss the next read of
    /// `BMSR` reports no link, even if the link is up again (IEEE 802.3, 22.2.4.2.13).
    pub fn read(&mut self, addr: u32, reg: u32) -> u16 {
        let value = self.peek(addr, reg);
        if addr & 31 == PHY_ADDR && reg & 31 == BMSR {
            self.lost = !self.link();
        }
        value
    }

    /// Returns a register's value without side effects.
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

    /// Writes register `reg` (0..31) of the PHY at `addr` (0..31).
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
