//! The PHY chips: identity and the vendor's registers that ESP-IDF's drivers use. The vendor's other registers keep
//! what is written.

use super::{RmiiPhy, bmcr};
use esplens_core::time::Ticks;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A PHY chip.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum PhyChip {
    /// Microchip LAN8720A.
    #[default]
    Lan8720,
    /// IC Plus IP101GR.
    Ip101,
    /// Realtek RTL8201F.
    Rtl8201,
    /// Texas Instruments DP83848C.
    Dp83848,
    /// Microchip KSZ8081.
    Ksz8081,
}

/// Constants of a chip.
#[derive(Clone, Copy, Debug)]
pub struct PhyFacts {
    /// Name on the command line.
    pub name: &'static str,
    /// The identity registers.
    pub id: [u16; 2],
    /// `BMCR` after a reset.
    pub bmcr: u16,
    /// `BMCR` shows the speed and duplex of a negotiated link.
    pub bmcr_reports: bool,
    /// Register that selects the page of the vendor's registers.
    page_select: Option<u8>,
    /// Page after a reset.
    pub page: u8,
}

const AUTO: u16 = bmcr::EN_AUTO_NEGO | bmcr::SPEED_SELECT;

const LAN8720: PhyFacts = PhyFacts {
    name: "lan8720",
    id: [0x0007, 0xC0F1],
    bmcr: AUTO,
    bmcr_reports: false,
    page_select: None,
    page: 0,
};
const IP101: PhyFacts = PhyFacts {
    name: "ip101",
    id: [0x0243, 0x0C54],
    bmcr: AUTO | bmcr::DUPLEX_MODE,
    bmcr_reports: false,
    page_select: Some(0x14),
    page: 16,
};
const RTL8201: PhyFacts = PhyFacts {
    name: "rtl8201",
    id: [0x001C, 0xC816],
    bmcr: AUTO | bmcr::DUPLEX_MODE,
    bmcr_reports: true,
    page_select: Some(0x1F),
    page: 0,
};
const DP83848: PhyFacts = PhyFacts {
    name: "dp83848",
    id: [0x2000, 0x5C90],
    bmcr: AUTO | bmcr::DUPLEX_MODE,
    bmcr_reports: false,
    page_select: None,
    page: 0,
};
const KSZ8081: PhyFacts = PhyFacts {
    name: "ksz8081",
    id: [0x0022, 0x1561],
    bmcr: AUTO | bmcr::DUPLEX_MODE,
    bmcr_reports: false,
    page_select: None,
    page: 0,
};

impl PhyChip {
    /// All chips.
    pub const ALL: [Self; 5] = [Self::Lan8720, Self::Ip101, Self::Rtl8201, Self::Dp83848, Self::Ksz8081];

    /// Returns what is fixed about the chip.
    #[must_use]
    pub const fn facts(self) -> PhyFacts {
        match self {
            Self::Lan8720 => LAN8720,
            Self::Ip101 => IP101,
            Self::Rtl8201 => RTL8201,
            Self::Dp83848 => DP83848,
            Self::Ksz8081 => KSZ8081,
        }
    }
}

impl fmt::Display for PhyChip {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(self.facts().name)
    }
}

impl FromStr for PhyChip {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let known = Self::ALL.map(|c| c.facts().name).join(", ");
        let found = Self::ALL.into_iter().find(|c| c.facts().name == name);
        found.ok_or_else(|| format!("phy {name:?} is none of auto, {known}"))
    }
}

/// LAN8720: mode control and status.
const LAN_MCSR: u8 = 17;
/// LAN8720: special modes.
const LAN_SMR: u8 = 18;
/// LAN8720: interrupt causes, cleared by reading.
const LAN_ISFR: u8 = 29;
/// LAN8720: special control and status.
const LAN_PSCSR: u8 = 31;
/// IP101: control and specific status, on page 16.
const IP_CSSR: (u8, u8) = (16, 30);
/// DP83848: status.
const DP_PHYSTS: u8 = 16;
/// DP83848: control.
const DP_PHYCR: u8 = 25;
/// KSZ8081: control 1.
const KSZ_PC1R: u8 = 30;

/// Returns the cause that a change of the link adds to the interrupt register of the chip.
pub(super) fn link_cause(chip: PhyChip, up: bool) -> u16 {
    match (chip, up) {
        // Auto-negotiation complete and energy on; link down.
        (PhyChip::Lan8720, true) => 0xC0,
        (PhyChip::Lan8720, false) => 0x10,
        _ => 0,
    }
}

/// Returns the interrupt causes that remain after register `reg` was read.
pub(super) fn after_read(chip: PhyChip, reg: u8, causes: u16) -> u16 {
    if chip == PhyChip::Lan8720 && reg == LAN_ISFR { 0 } else { causes }
}

impl RmiiPhy {
    /// Returns the value of a register beyond the standard ones.
    pub(super) fn vendor_value(&self, reg: u8, now: Ticks) -> u16 {
        let own = u16::from(self.addr.unwrap_or(0));
        let flag = |on: bool, bit: u16| if on { bit } else { 0 };
        let (link, mode) = (self.link(now), self.mode());
        let stored = |or: u16| self.vendor.get(&(self.page, reg)).copied().unwrap_or(or);
        match (self.chip, reg) {
            (PhyChip::Lan8720, LAN_MCSR) => stored(0) & !2 | flag(self.cable, 2),
            (PhyChip::Lan8720, LAN_SMR) => 0x60E0 | own,
            (PhyChip::Lan8720, LAN_ISFR) => self.causes,
            (PhyChip::Lan8720, LAN_PSCSR) => {
                0x40 | flag(self.negotiated(now), 1 << 12) | flag(link, self.operation_mode() << 2)
            }
            (PhyChip::Ip101, reg) if (self.page, reg) == IP_CSSR => {
                flag(link, 1 << 8) | flag(link, self.operation_mode())
            }
            (PhyChip::Dp83848, DP_PHYSTS) => {
                let mode = mode.filter(|_| link);
                // Descrambler lock and signal detect come with the link.
                flag(link, 0x0601)
                    | flag(mode.is_some_and(|m| !m.fast), 1 << 1)
                    | flag(mode.is_some_and(|m| m.full), 1 << 2)
                    | flag(self.loopback(), 1 << 3)
                    | flag(self.negotiated(now), 1 << 4)
            }
            (PhyChip::Dp83848, DP_PHYCR) => stored(0x8000) & !0x1F | own,
            (PhyChip::Ksz8081, KSZ_PC1R) => {
                stored(0) & !0x107 | flag(link, 1 << 8) | flag(link, self.operation_mode())
            }
            (chip, reg) if chip.facts().page_select == Some(reg) => self.page.into(),
            _ => stored(0),
        }
    }

    /// Writes a register beyond the standard ones.
    pub(super) fn write_vendor(&mut self, reg: u8, value: u16, now: Ticks) {
        match (self.chip, reg) {
            (chip, reg) if chip.facts().page_select == Some(reg) => self.page = value as u8,
            (PhyChip::Lan8720, LAN_ISFR | LAN_SMR) => {}
            (PhyChip::Rtl8201, _) if self.page == 0 && reg < 16 => {}
            _ => {
                self.vendor.insert((self.page, reg), value);
            }
        }
        self.look(now);
    }

    /// Returns speed and duplex as LAN8720, IP101 and KSZ8081 encode them: 1 10 Mbit/s, 2 100 Mbit/s, +4 full duplex.
    fn operation_mode(&self) -> u16 {
        self.mode().map_or(0, |m| if m.fast { 2 } else { 1 } | if m.full { 4 } else { 0 })
    }
}
