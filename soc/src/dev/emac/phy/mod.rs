//! The PHY behind the management interface: the registers of IEEE 802.3 clause 22, link, auto-negotiation and loopback.
//! [`chips`] has the differences between the chips. The PHY is not part of the ESP32, so a reset of the ESP32 does not
//! reset it; a reset by its pin is not modelled.

pub mod chips;
#[cfg(test)]
mod tests;

pub use chips::PhyChip;
use esplens_core::time::{TICKS_PER_US, Ticks};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Value read from an address without a PHY: the pull-up of MDIO.
pub const NO_PHY: u16 = 0xFFFF;

/// Basic mode control register.
pub const BMCR: u8 = 0;
/// Basic mode status register.
pub const BMSR: u8 = 1;
/// Identity, first half.
pub const PHYIDR1: u8 = 2;
/// Identity, second half.
pub const PHYIDR2: u8 = 3;
/// Auto-negotiation advertisement.
pub const ANAR: u8 = 4;
/// Link partner's abilities.
pub const ANLPAR: u8 = 5;
/// Auto-negotiation expansion.
pub const ANER: u8 = 6;
/// MMD access control (clause 22 access to clause 45 registers).
const MMDCTRL: u8 = 13;
/// MMD address or data.
const MMDAD: u8 = 14;

/// Fields of [`BMCR`].
pub mod bmcr {
    /// Reset; self-clearing.
    pub const RESET: u16 = 1 << 15;
    /// Loopback: sent frames are received, and do not reach the line.
    pub const LOOPBACK: u16 = 1 << 14;
    /// 100 Mbit/s without auto-negotiation.
    pub const SPEED_SELECT: u16 = 1 << 13;
    /// Auto-negotiation.
    pub const EN_AUTO_NEGO: u16 = 1 << 12;
    /// Power-down: no link.
    pub const POWER_DOWN: u16 = 1 << 11;
    /// Isolated from the MAC: no frames.
    pub const ISOLATE: u16 = 1 << 10;
    /// Restart auto-negotiation; self-clearing.
    pub const RESTART_AUTO_NEGO: u16 = 1 << 9;
    /// Full duplex without auto-negotiation.
    pub const DUPLEX_MODE: u16 = 1 << 8;
    /// Writable bits that keep their value.
    pub const KEPT: u16 = 0x7D80;
}

/// Abilities in [`BMSR`]: 10 and 100 Mbit/s, half and full duplex, auto-negotiation, frames without preamble, extended
/// registers.
const BMSR_ABLE: u16 = 0x7849;
const BMSR_NEGOTIATED: u16 = 1 << 5;
const BMSR_LINK: u16 = 1 << 2;
/// Abilities in [`ANAR`] after a reset: 10 and 100 Mbit/s, half and full duplex.
const ANAR_RESET: u16 = 0x01E1;
/// The link partner: 10 and 100 Mbit/s, half and full duplex, acknowledged, no pause frames (the network obeys none).
const PARTNER: u16 = 0x41E1;
/// [`ANER`] after auto-negotiation: the partner is able, and sent a page.
const ANER_DONE: u16 = 3;

/// Duration of auto-negotiation. Chips take 0.5 to 3 s, depending on the partner; NuttX waits 1.1 s at most.
const NEGOTIATION: Ticks = 800_000 * TICKS_PER_US;
/// Time until a link without auto-negotiation is up.
const FORCED: Ticks = 100_000 * TICKS_PER_US;
/// Duration of a reset.
const RESET: Ticks = 500 * TICKS_PER_US;

/// Configuration of the PHY.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PhyConfig {
    /// The chip; `None`: a LAN8720, or the next chip after a driver has refused one.
    pub chip: Option<PhyChip>,
    /// Its address on the management bus, 0..31; `None`: the one that is asked first.
    pub addr: Option<u8>,
}

/// Speed and duplex of a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LinkMode {
    /// 100 Mbit/s instead of 10.
    pub fast: bool,
    /// Full duplex.
    pub full: bool,
}

/// The PHY: configuration, cable and registers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RmiiPhy {
    config: PhyConfig,
    chip: PhyChip,
    addr: Option<u8>,
    bmcr: u16,
    anar: u16,
    /// End of a reset.
    reset_until: Ticks,
    /// Time at which the link comes up, if the cable is plugged in and both sides agree.
    up_at: Ticks,
    /// The cable is plugged in.
    cable: bool,
    /// The link has been down since [`BMSR`] was last read.
    lost: bool,
    /// State of the link when a register was last accessed.
    was_up: bool,
    /// Interrupt causes of the chip, not yet read.
    causes: u16,
    /// Selected page of the vendor's registers.
    page: u8,
    /// Written vendor registers, by page and number.
    vendor: BTreeMap<(u8, u8), u16>,
    /// MMD access: control and address.
    mmd: (u16, u16),
    /// Reads of the identity since the last access to another register.
    identity_reads: u16,
}

impl Default for RmiiPhy {
    fn default() -> Self {
        Self::new(PhyConfig::default())
    }
}

impl RmiiPhy {
    /// Creates a PHY that was just powered on, with the cable plugged in.
    #[must_use]
    pub fn new(config: PhyConfig) -> Self {
        let chip = config.chip.unwrap_or_default();
        Self {
            config,
            chip,
            addr: config.addr.map(|a| a & 31),
            bmcr: chip.facts().bmcr,
            anar: ANAR_RESET,
            reset_until: 0,
            up_at: NEGOTIATION,
            cable: true,
            lost: true,
            was_up: false,
            causes: 0,
            page: chip.facts().page,
            vendor: BTreeMap::new(),
            mmd: (0, 0),
            identity_reads: 0,
        }
    }

    /// Returns the chip.
    #[must_use]
    pub fn chip(&self) -> PhyChip {
        self.chip
    }

    /// Returns the address; `None` until a driver has asked for one.
    #[must_use]
    pub fn addr(&self) -> Option<u8> {
        self.addr
    }

    /// Returns true if the cable is plugged in.
    #[must_use]
    pub fn cable(&self) -> bool {
        self.cable
    }

    /// Returns the chip, its address and its link in words.
    #[must_use]
    pub fn describe(&self, now: Ticks) -> String {
        let at = self.addr.map_or("the address asked first".into(), |n| format!("address {n}"));
        let link = match self.mode().filter(|_| self.link(now)) {
            None => "no link".to_string(),
            Some(mode) => {
                let speed = if mode.fast { 100 } else { 10 };
                format!("{speed} Mbit/s, {} duplex", if mode.full { "full" } else { "half" })
            }
        };
        format!("PHY {} at {at}, {link}", self.chip)
    }

    /// Plugs the cable in (true) or pulls it out.
    pub fn set_cable(&mut self, plugged: bool, now: Ticks) {
        if plugged != self.cable {
            self.look(now);
            self.cable = plugged;
            self.restart(now);
        }
    }

    /// Returns true if the link is up.
    #[must_use]
    pub fn link(&self, now: Ticks) -> bool {
        let on = self.cable && self.bmcr & bmcr::POWER_DOWN == 0;
        on && now >= self.up_at && self.mode().is_some()
    }

    /// Returns true if auto-negotiation is on and has finished.
    #[must_use]
    pub fn negotiated(&self, now: Ticks) -> bool {
        self.bmcr & bmcr::EN_AUTO_NEGO != 0 && self.link(now)
    }

    /// Returns true if sent frames are received instead of reaching the line.
    #[must_use]
    pub fn loopback(&self) -> bool {
        self.bmcr & bmcr::LOOPBACK != 0
    }

    /// Returns true if frames pass between the MAC and the line.
    #[must_use]
    pub fn carries(&self, now: Ticks) -> bool {
        self.link(now) && self.bmcr & (bmcr::LOOPBACK | bmcr::ISOLATE) == 0
    }

    /// Returns speed and duplex: the result of auto-negotiation, or what [`BMCR`] says. `None` if the partner has
    /// nothing in common.
    #[must_use]
    pub fn mode(&self) -> Option<LinkMode> {
        if self.bmcr & bmcr::EN_AUTO_NEGO == 0 {
            let on = |bit| self.bmcr & bit != 0;
            return Some(LinkMode { fast: on(bmcr::SPEED_SELECT), full: on(bmcr::DUPLEX_MODE) });
        }
        let common = self.anar & PARTNER;
        let modes = [(8, true, true), (7, true, false), (6, false, true), (5, false, false)];
        modes.into_iter().find(|m| common >> m.0 & 1 != 0).map(|(_, fast, full)| LinkMode { fast, full })
    }

    /// Reads register `reg` (0..31) at the address `addr` (0..31), with side effects.
    pub fn read(&mut self, addr: u8, reg: u8, now: Ticks) -> u16 {
        if *self.addr.get_or_insert(addr) != addr {
            return NO_PHY;
        }
        self.look(now);
        let value = self.peek(reg, now);
        match reg {
            BMSR => self.lost = !self.link(now),
            _ => self.causes = chips::after_read(self.chip, reg, self.causes),
        }
        let identity = matches!(reg, PHYIDR1 | PHYIDR2);
        self.identity_reads = if identity { self.identity_reads.saturating_add(1) } else { 0 };
        value
    }

    /// Returns a register's value without side effects.
    #[must_use]
    pub fn peek(&self, reg: u8, now: Ticks) -> u16 {
        let link = self.link(now);
        match reg {
            BMCR => self.bmcr_value(now),
            BMSR => {
                let negotiated = if self.negotiated(now) { BMSR_NEGOTIATED } else { 0 };
                BMSR_ABLE | negotiated | if link && !self.lost { BMSR_LINK } else { 0 }
            }
            PHYIDR1 => self.chip.facts().id[0],
            PHYIDR2 => self.chip.facts().id[1],
            ANAR => self.anar,
            ANLPAR => {
                if self.negotiated(now) {
                    PARTNER
                } else {
                    0
                }
            }
            ANER => {
                if self.negotiated(now) {
                    ANER_DONE
                } else {
                    0
                }
            }
            MMDCTRL => self.mmd.0,
            MMDAD => {
                if self.mmd.0 >> 14 == 0 {
                    self.mmd.1
                } else {
                    0
                }
            }
            _ => self.vendor_value(reg, now),
        }
    }

    /// Writes register `reg` (0..31) at the address `addr` (0..31).
    pub fn write(&mut self, addr: u8, reg: u8, value: u16, now: Ticks) {
        if *self.addr.get_or_insert(addr) != addr {
            return;
        }
        self.look(now);
        self.identity_reads = 0;
        match reg {
            BMCR => self.write_bmcr(value, now),
            ANAR => self.anar = value & 0xBFFF,
            MMDCTRL => self.mmd.0 = value & 0xC01F,
            MMDAD => {
                if self.mmd.0 >> 14 == 0 {
                    self.mmd.1 = value;
                }
            }
            BMSR | PHYIDR1 | PHYIDR2 | ANLPAR | ANER => {}
            _ => self.write_vendor(reg, value, now),
        }
        self.lost |= !self.link(now);
    }

    /// Checks whether the driver refuses the chip: its last `reads` accesses were reads of the identity. If so, and with
    /// `chip: None`, the next chip takes its place, and is returned.
    pub fn refused(&mut self, reads: u16) -> Option<PhyChip> {
        if self.identity_reads < reads || self.config.chip.is_some() {
            return None;
        }
        let next = PhyChip::ALL.iter().position(|c| *c == self.chip).map_or(0, |n| n + 1);
        let chip = PhyChip::ALL[next % PhyChip::ALL.len()];
        let fresh = Self::new(PhyConfig { chip: Some(chip), addr: self.addr });
        *self = Self { config: self.config, cable: self.cable, up_at: self.up_at, ..fresh };
        Some(chip)
    }

    fn bmcr_value(&self, now: Ticks) -> u16 {
        let reset = if now < self.reset_until { bmcr::RESET } else { 0 };
        let mut value = self.bmcr | reset;
        if self.chip.facts().bmcr_reports
            && self.negotiated(now)
            && let Some(mode) = self.mode()
        {
            value &= !(bmcr::SPEED_SELECT | bmcr::DUPLEX_MODE);
            value |= if mode.fast { bmcr::SPEED_SELECT } else { 0 }
                | if mode.full { bmcr::DUPLEX_MODE } else { 0 };
        }
        value
    }

    fn write_bmcr(&mut self, value: u16, now: Ticks) {
        if value & bmcr::RESET != 0 {
            return self.reset(now);
        }
        let changed = (self.bmcr ^ value) & bmcr::KEPT;
        self.bmcr = value & bmcr::KEPT;
        let auto = self.bmcr & bmcr::EN_AUTO_NEGO != 0;
        let forced = !auto && changed & (bmcr::SPEED_SELECT | bmcr::DUPLEX_MODE) != 0;
        let again = auto && value & bmcr::RESTART_AUTO_NEGO != 0;
        if forced || again || changed & (bmcr::EN_AUTO_NEGO | bmcr::POWER_DOWN) != 0 {
            self.restart(now);
        }
    }

    /// Resets the registers. Auto-negotiation starts again.
    fn reset(&mut self, now: Ticks) {
        let facts = self.chip.facts();
        (self.bmcr, self.anar, self.page) = (facts.bmcr, ANAR_RESET, facts.page);
        self.vendor.clear();
        self.mmd = (0, 0);
        self.causes = 0;
        self.reset_until = now + RESET;
        self.restart(now);
    }

    /// Breaks the link; it comes up again after auto-negotiation.
    fn restart(&mut self, now: Ticks) {
        self.lost = true;
        self.up_at = now + if self.bmcr & bmcr::EN_AUTO_NEGO != 0 { NEGOTIATION } else { FORCED };
    }

    /// Notes interrupt causes that have occurred since the last access.
    fn look(&mut self, now: Ticks) {
        let up = self.link(now);
        if up != self.was_up {
            self.causes |= chips::link_cause(self.chip, up);
        }
        self.was_up = up;
    }
}
