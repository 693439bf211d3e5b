//! SDIO slave, DMA side: registers only; no SDIO host is modelled.

pub mod spec;

use super::spec::Spec;
use super::{Cx, DevView, Device, RegFile};
use serde::{Deserialize, Serialize};
use spec::*;

/// Bits of a link register that start the DMA.
const LINK_START: u32 = 3 << 29;
/// Command bits of a link register; they clear themselves.
const LINK_COMMANDS: u32 = 7 << 28;
/// Idle flag of a link register; the ROM's `slc_init_attach` waits for it.
const LINK_PARK: u32 = 1 << 31;
/// Packet-load commands of `SLC0_LEN_CONF`; they clear themselves, and the ROM waits for that.
const LOAD_COMMANDS: u32 = 3 << 23;

/// The SDIO slave's DMA side.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slc {
    regs: RegFile,
}

/// Returns true if `offset` is one of the four link registers.
fn is_link(offset: u32) -> bool {
    matches!(offset, SLC0RX_LINK | SLC0TX_LINK | SLC1RX_LINK | SLC1TX_LINK)
}

impl Device for Slc {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn peek(&self, offset: u32, _v: &DevView) -> u32 {
        let value = self.regs.get(&SPEC, offset);
        if is_link(offset) { value & !LINK_COMMANDS | LINK_PARK } else { value }
    }

    fn read(&mut self, offset: u32, cx: &mut Cx) -> u32 {
        self.regs.read(&SPEC, offset, cx);
        self.peek(offset, &cx.view())
    }

    fn write(&mut self, offset: u32, value: u32, cx: &mut Cx) {
        if is_link(offset) && value & LINK_START != 0 {
            cx.warn_reg(&SPEC, offset, "the SDIO slave is not modelled, no transfer will happen");
        }
        let once = if offset == SLC0_LEN_CONF { LOAD_COMMANDS } else { 0 };
        self.regs.write(&SPEC, offset, value & !once, cx);
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
        assert_eq!(b.read(SLC0RX_LINK), LINK_PARK | 0x1234, "idle at once");
        b.write(SLC0_LEN_CONF, 1 << 23 | 5);
        assert_eq!(b.read(SLC0_LEN_CONF), 5);
        b.reset();
        assert_eq!(b.read(CONF0), 0xFF3C_FF30);
    }
}
