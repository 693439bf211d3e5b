//! UHCI0 and UHCI1, the DMA of the UARTs (TRM 13.3.13). The registers only store what is written; no data is
//! transferred.

pub mod spec;

use super::Cx;
use super::regfile::{RegFile, Stored, StoredSpec};
use super::spec::Spec;
use spec::*;

/// START and RESTART bits of either link register.
const LINK_START: u32 = 3 << 29;

/// Marker type with the register table and the commands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UhciSpec;

/// One UHCI controller.
pub type Uhci = Stored<UhciSpec>;

impl StoredSpec for UhciSpec {
    const SPEC: &'static Spec = &SPEC;

    fn write(regs: &mut RegFile, offset: u32, value: u32, cx: &mut Cx) {
        match offset {
            DMA_OUT_LINK | DMA_IN_LINK if value & LINK_START != 0 => {
                cx.warn_reg(&SPEC, offset, "UART DMA is not modelled, nothing is transferred");
                regs.set(offset, value & !LINK_START);
            }
            INT_CLR => {}          // interrupts never occur
            INT_RAW | INT_ST => {} // read-only
            _ => regs.write(&SPEC, offset, value, cx),
        }
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
