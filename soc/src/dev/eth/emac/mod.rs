//! The ESP32's own Ethernet MAC, modelled only as far as its driver needs to detect that there is no PHY.

pub mod spec;

use super::mii::NOBODY;
use crate::dev::{Cx, RegFile};
use serde::{Deserialize, Serialize};
use spec::*;

/// The EMAC's state.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Emac {
    regs: RegFile,
}

impl Emac {
    /// Returns a register's value without side effects.
    #[must_use]
    pub fn peek(&self, offset: u32) -> u32 {
        self.regs.get(&SPEC, offset)
    }

    /// Handles a guest's read.
    pub fn read(&self, offset: u32, cx: &mut Cx) -> u32 {
        self.regs.read(&SPEC, offset, cx)
    }

    /// Handles a guest's write. Self-clearing bits are clear at the next access.
    pub fn write(&mut self, offset: u32, value: u32, cx: &mut Cx) {
        match offset {
            DMABUSMODE if value & SW_RST != 0 => self.software_reset(),
            DMASTATUS => self.regs.set(offset, self.peek(offset) & !value),
            DMAOPERATION_MODE => {
                if value & START != 0 {
                    cx.warn_reg(
                        &SPEC,
                        offset,
                        "the EMAC carries no frames; build with CONFIG_ETH_USE_OPENETH",
                    );
                }
                self.regs.set(offset, value & !FLUSH_TX_FIFO);
            }
            EMACGMIIADDR => {
                if value & MIIBUSY != 0 && value & MIIWRITE == 0 {
                    self.regs.set(EMACMIIDATA, NOBODY.into());
                }
                self.regs.set(offset, value & !MIIBUSY);
            }
            _ => self.regs.write(&SPEC, offset, value, cx),
        }
    }

    /// Resets DMA and MAC. The clock configuration registers are not affected.
    fn software_reset(&mut self) {
        let mut regs = RegFile::default();
        for offset in [EX_CLKOUT_CONF, EX_OSCCLK_CONF, EX_CLK_CTRL, EX_PHYINF_CONF, EX_PD_SEL] {
            regs.set(offset, self.peek(offset));
        }
        self.regs = regs;
    }
}
