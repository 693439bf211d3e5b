//! SDIO slave, DMA side: registers only; no SDIO host is modelled.

pub mod spec;

use super::spec::Spec;
use super::{Cx, Device, RegFile, View};
use serde::{Deserialize, Serialize};
use spec::*;

/// Bits of a link register that set the DMA going.
const LINK_START: u32 = 3 << 29;

/// The SDIO slave's DMA side.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slc {
    regs: RegFile,
}

impl Device for Slc {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn peek(&self, offset: u32, _v: &View) -> u32 {
        self.regs.get(&SPEC, offset)
    }

    fn read(&mut self, offset: u32, cx: &mut Cx) -> u32 {
        self.regs.read(&SPEC, offset, cx)
    }

    fn write(&mut self, offset: u32, value: u32, cx: &mut Cx) {
        let link = matches!(offset, SLC0RX_LINK | SLC0TX_LINK | SLC1RX_LINK | SLC1TX_LINK);
        if link && value & LINK_START != 0 {
            cx.warn_reg(&SPEC, offset, "the SDIO slave is not modelled, no transfer will happen");
        }
        self.regs.write(&SPEC, offset, value, cx);
    }

    fn reset(&mut self, _cx: &mut Cx) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dev::DevId;
    use crate::dev::testing::Bench;

    #[test]
    fn starting_a_link_warns_once_and_storing_does_not() {
        let mut b = Bench::new(DevId::Slc, Slc::default());
        b.write(CONF0, 5);
        assert_eq!(b.read(CONF0), 5);
        assert!(b.warnings().is_empty());
        b.write(SLC0RX_LINK, 1 << 29 | 0x1234);
        b.write(SLC0RX_LINK, 1 << 29 | 0x1234);
        assert_eq!(b.warnings().len(), 1);
        b.reset();
        assert_eq!(b.read(CONF0), 0xFF3C_FF30);
    }
}
