//! SPI0 to SPI3 (TRM chapter 7). SPI0 and SPI1 access the flash chip (CS0) and the PSRAM chip (CS1). The caches'
//! fetches through SPI0 are not modelled here: the caches map the chips' storage. SPI2 and SPI3 are masters of buses with
//! the devices of `bus.rs`; an empty bus reads as ones.
//!
//! A transaction is carried out when it is started and remains busy (CMD, EXT2) for the time its bits take. Flags and
//! interrupts follow at the end of that time.

mod bus;
mod dma;
pub mod flash;
pub mod psram;
mod run;
pub mod sfdp;
pub mod spec;
mod trace;
mod transfer;

pub use flash::FlashChip;
pub use psram::PsramChip;
pub use transfer::{Bits, Transfer};

use super::regfile::RegFile;
use super::spec::Spec;
use super::{Cx, DevId, DevView, Device, STEADY};
use crate::irq::IrqSource;
use dma::Dma;
use esplens_core::time::Ticks;
use serde::{Deserialize, Serialize};
use spec::*;

/// CMD bits that start an operation.
const START: u32 = 0xFFFF_0000;
/// SLAVE's five interrupt flags; the enables are the same bits shifted left by 5.
const FLAGS: u32 = 0x1F;
/// SLAVE's read-only fields: transaction count, last state and command.
const SLAVE_READ_ONLY: u32 = 0x3FF << 17;
/// All DMA interrupts.
const DMA_INTS: u32 = 0x1FF;
/// Size of the data buffer in bytes.
const BUFFER: usize = 64;

/// One SPI controller.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spi {
    regs: RegFile,
    /// The data buffer, W0..W15.
    w: [u32; 16],
    /// CMD bits of the running transaction, and its end.
    running: Option<(u32, Ticks)>,
    dma: Dma,
}

impl Spi {
    fn reg(&self, offset: u32) -> u32 {
        self.regs.get(&SPEC, offset)
    }

    /// Returns CMD at `now`.
    fn cmd(&self, now: Ticks) -> u32 {
        self.running.filter(|&(_, end)| now < end).map_or(0, |(bits, _)| bits)
    }

    /// Ends the running transaction if its time is over.
    fn complete_if_due(&mut self, cx: &mut Cx) {
        if self.running.is_none() || self.cmd(cx.now) != 0 {
            return;
        }
        self.running = None;
        cx.cancel(0);
        let slave = self.reg(SLAVE);
        let count = slave.wrapping_add(1 << 23) & 0xF << 23;
        self.regs.set(SLAVE, slave & !(0xF << 23) | count | slave::TRANS_DONE);
        self.dma.raw |= std::mem::take(&mut self.dma.pending);
        self.sync_irq(cx);
    }

    fn sync_irq(&self, cx: &mut Cx) {
        let (line, dma) = match cx.dev {
            DevId::Spi0 => (IrqSource::Spi0, None),
            DevId::Spi1 => (IrqSource::Spi1, Some(IrqSource::Spi1Dma)),
            DevId::Spi2 => (IrqSource::Spi2, Some(IrqSource::Spi2Dma)),
            _ => (IrqSource::Spi3, Some(IrqSource::Spi3Dma)),
        };
        let slave = self.reg(SLAVE);
        cx.irq(line, slave & slave >> 5 & FLAGS != 0);
        if let Some(dma) = dma {
            cx.irq(dma, self.dma.raw & self.reg(DMA_INT_ENA) != 0);
        }
    }

    fn write_cmd(&mut self, value: u32, cx: &mut Cx) {
        let bits = value & START;
        if self.running.is_some() {
            if bits == 0 {
                self.abort(cx);
            }
            return;
        }
        if bits == 0 {
            return;
        }
        if self.reg(SLAVE) & slave::SLAVE_MODE != 0 {
            cx.warn_reg(&SPEC, CMD, "slave mode waits for a master, but there is none on the bus");
            self.running = Some((bits, Ticks::MAX));
            return;
        }
        let end = self.start(bits, cx);
        self.running = Some((bits, end));
        cx.schedule(0, end);
    }

    fn abort(&mut self, cx: &mut Cx) {
        self.running = None;
        self.dma.pending = 0;
        cx.cancel(0);
    }

    fn write_slave(&mut self, value: u32, cx: &mut Cx) {
        let kept = self.reg(SLAVE) & SLAVE_READ_ONLY;
        self.regs.set(SLAVE, value & !SLAVE_READ_ONLY | kept);
        if value & slave::SYNC_RESET != 0 {
            self.abort(cx);
            let slave = self.reg(SLAVE);
            self.regs.set(SLAVE, slave & !(SLAVE_READ_ONLY | FLAGS));
        }
        self.sync_irq(cx);
    }

    fn write_link(&mut self, offset: u32, value: u32) {
        // START and RESTART read 0 once they have taken effect.
        let keep = value & (0xF_FFFF | in_link::INLINK_AUTO_RET);
        self.regs.set(offset, keep);
        let armed = if offset == DMA_OUT_LINK { &mut self.dma.out } else { &mut self.dma.inp };
        if value & out_link::OUTLINK_STOP != 0 {
            *armed = None;
        } else if value & (out_link::OUTLINK_START | out_link::OUTLINK_RESTART) != 0 {
            *armed = Some(Dma::link(value));
        }
    }

    fn write_dma_conf(&mut self, value: u32) {
        if value & dma_conf::OUT_RST != 0 {
            self.dma.out = None;
        }
        if value & dma_conf::IN_RST != 0 {
            self.dma.inp = None;
        }
        self.regs.set(DMA_CONF, value);
    }
}

impl Device for Spi {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn peek(&self, offset: u32, v: &DevView) -> u32 {
        match offset {
            CMD => self.cmd(v.now),
            EXT2 => u32::from(self.cmd(v.now) != 0) * 2,
            W..TX_CRC => self.w[((offset - W) as usize / 4) & 15],
            DMA_INT_RAW => self.dma.raw,
            DMA_INT_ST => self.dma.raw & self.reg(DMA_INT_ENA),
            DMA_STATUS => u32::from(self.dma.out.is_some()) << 1 | u32::from(self.dma.inp.is_some()),
            OUT_EOF_DES_ADDR => self.dma.out_eof,
            OUT_EOF_BFR_DES_ADDR => self.dma.out_eof_buffer,
            IN_SUC_EOF_DES_ADDR => self.dma.in_eof,
            IN_ERR_EOF_DES_ADDR => self.dma.in_err,
            _ => self.reg(offset),
        }
    }

    fn read(&mut self, offset: u32, cx: &mut Cx) -> u32 {
        self.complete_if_due(cx);
        if SPEC.at(offset).is_none() {
            return self.regs.read(&SPEC, offset, cx);
        }
        self.peek(offset, &cx.view())
    }

    /// The first access after a transaction's end changes its flags.
    fn steady_until(&self, _offset: u32, _v: &DevView) -> Ticks {
        self.running.map_or(STEADY, |(_, end)| end)
    }

    fn write(&mut self, offset: u32, value: u32, cx: &mut Cx) {
        self.complete_if_due(cx);
        match offset {
            CMD => self.write_cmd(value, cx),
            W..TX_CRC => self.w[((offset - W) as usize / 4) & 15] = value,
            SLAVE => self.write_slave(value, cx),
            DMA_OUT_LINK | DMA_IN_LINK => self.write_link(offset, value),
            DMA_CONF => self.write_dma_conf(value),
            DMA_INT_ENA => {
                self.regs.set(offset, value & DMA_INTS);
                self.sync_irq(cx);
            }
            DMA_INT_CLR => {
                self.dma.raw &= !value;
                self.sync_irq(cx);
            }
            EXT2 | DMA_INT_RAW | DMA_INT_ST | DMA_STATUS | OUT_EOF_DES_ADDR | OUT_EOF_BFR_DES_ADDR
            | IN_SUC_EOF_DES_ADDR | IN_ERR_EOF_DES_ADDR => {} // read-only
            _ => self.regs.write(&SPEC, offset, value, cx),
        }
    }

    fn event(&mut self, _tag: u8, cx: &mut Cx) {
        self.complete_if_due(cx);
    }

    fn reset(&mut self, cx: &mut Cx) {
        *self = Self::default();
        cx.cancel(0);
        self.sync_irq(cx);
    }
}

#[cfg(test)]
mod tests;
