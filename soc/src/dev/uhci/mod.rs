//! UHCI0 and UHCI1, DMA for the UARTs (TRM 13.3.13): the registers keep what is written, no byte moves.

pub mod spec;

use super::regfile::RegFile;
use super::spec::Spec;
use super::{Cx, Device, View};
use serde::{Deserialize, Serialize};
use spec::*;

/// RESTART and START of either link register.
const LINK_START: u32 = 3 << 29;

/// One UHCI controller.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Uhci {
    regs: RegFile,
}

impl Device for Uhci {
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
        match offset {
            DMA_OUT_LINK | DMA_IN_LINK if value & LINK_START != 0 => {
                cx.warn_reg(&SPEC, offset, "UART DMA is not modelled, nothing is transferred");
                self.regs.set(offset, value & !LINK_START);
            }
            INT_CLR => {}          // no interrupt ever occurs
            INT_RAW | INT_ST => {} // read-only
            _ => self.regs.write(&SPEC, offset, value, cx),
        }
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
    fn registers_keep_what_is_written_and_starting_dma_warns_once() {
        let mut b = Bench::new(DevId::Uhci0, Uhci::default());
        assert_eq!(b.read(CONF0), 0x37_0100);
        b.write(CONF0, 0x10_0200);
        assert_eq!(b.read(CONF0), 0x10_0200);
        b.write(DMA_OUT_LINK, 1 << 29 | 0x1234);
        b.write(DMA_OUT_LINK, 1 << 29 | 0x1234);
        assert_eq!((b.read(DMA_OUT_LINK), b.warnings().len()), (0x1234, 1));
        b.reset();
        assert_eq!(b.read(CONF0), 0x37_0100);
    }
}
