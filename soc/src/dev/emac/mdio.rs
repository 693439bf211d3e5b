//! The management interface to the PHY: a command takes 64 cycles of MDC, then the data is there.

use super::spec::*;
use super::{Emac, MDIO_DONE};
use crate::dev::Cx;
use crate::trace::TraceEvent;
use esplens_core::time::{TICKS_PER_US, Ticks};
use serde::{Deserialize, Serialize};

/// Dividers from the APB clock to MDC, by `MIICSRCLK` (emac_hal.c, `emac_crs_div_table`).
const DIVIDERS: [u64; 6] = [42, 62, 16, 26, 102, 124];
/// Bits of a management frame, with its preamble (IEEE 802.3, 22.2.4.5).
const FRAME_BITS: u64 = 64;
/// Reads of the identity in a row after which a driver is taken to wait for another chip. ESP-IDF 3's drivers poll it.
const PATIENCE: u16 = 64;

/// State of the management interface.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mdio {
    /// `EMACGMIIADDR`; `MIIBUSY` while a command is in progress.
    pub address: u32,
    /// `EMACMIIDATA`.
    pub data: u16,
}

/// Returns the duration of a command in ticks.
fn duration(address: u32, apb_hz: u32) -> Ticks {
    let range = (address & emacgmiiaddr::MIICSRCLK) >> 2;
    let divider = DIVIDERS.get(range as usize).copied().unwrap_or(124);
    FRAME_BITS * divider * 1_000_000 * TICKS_PER_US / u64::from(apb_hz.max(1))
}

impl Emac {
    /// Writes `EMACGMIIADDR`. With `MIIBUSY` set a command starts.
    pub(super) fn write_mii_address(&mut self, value: u32, cx: &mut Cx) {
        if self.mdio.address & emacgmiiaddr::MIIBUSY != 0 {
            cx.warn_reg(&SPEC, EMACGMIIADDR, "written while MIIBUSY is set, ignored");
            return;
        }
        self.mdio.address = value & 0xFFFF;
        if value & emacgmiiaddr::MIIBUSY != 0 {
            cx.schedule(MDIO_DONE, cx.now + duration(value, cx.sys.clocks.apb_hz()));
        }
    }

    /// Carries out the command in progress.
    pub(super) fn mdio_done(&mut self, cx: &mut Cx) {
        let address = self.mdio.address;
        if address & emacgmiiaddr::MIIBUSY == 0 {
            return;
        }
        self.mdio.address &= !emacgmiiaddr::MIIBUSY;
        let (phy, reg) = ((address >> 11 & 31) as u8, (address >> 6 & 31) as u8);
        if address & emacgmiiaddr::MIIWRITE != 0 {
            let value = self.mdio.data;
            cx.trace(TraceEvent::EmacMiiWrite, || format!("PHY{phy}[{reg:#04x}] <- {value:#06x}"));
            self.phy.write(phy, reg, value, cx.now);
            return;
        }
        let value = self.phy.read(phy, reg, cx.now);
        self.mdio.data = value;
        cx.trace(TraceEvent::EmacMiiRead, || format!("PHY{phy}[{reg:#04x}] -> {value:#06x}"));
        self.offer_other_phy(PATIENCE, cx);
    }

    /// Replaces the PHY if the driver refuses it, with a warning; see [`super::phy::RmiiPhy::refused`].
    pub(super) fn offer_other_phy(&mut self, reads: u16, cx: &mut Cx) {
        let was = self.phy.chip();
        if let Some(chip) = self.phy.refused(reads) {
            cx.sys.warn(format!(
                "EMAC: the firmware read the identity of the PHY {was} and then no other register of it, so it \
                 expects another chip; the PHY is now {chip}. --nic user,model=emac,phy=NAME sets the chip"
            ));
        }
    }
}
