//! I2S controller: both directions transfer DMA descriptors at their sample rate. Sent data is discarded, received data
//! is silence.

mod dma;
pub mod spec;
#[cfg(test)]
mod tests;

use super::spec::Spec;
use super::{Cx, DevId, DevView, Device, RegFile, STEADY};
use crate::irq::IrqSource;
use dma::DmaChannel;
use esplens_core::time::{Ticks, periods_to_ticks};
use serde::{Deserialize, Serialize};
use spec::*;

/// Event tag: a transmit descriptor has been sent.
const TX: u8 = 0;
/// Event tag: a receive descriptor has been filled.
const RX: u8 = 1;
/// The 160 MHz PLL output that feeds the master clock.
const PLL_D2_HZ: u64 = 160_000_000;
/// Assumed frequency of the audio PLL (512 * 48 kHz). On the chip, analog registers set it.
const APLL_HZ: u64 = 24_576_000;

/// An I2S controller's state.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct I2s {
    regs: RegFile,
    raw: u32,
    ena: u32,
    tx: DmaChannel,
    rx: DmaChannel,
    /// `CONF`, which has the FIFO reset bits, has been written since reset.
    fifo_reset: bool,
}

impl I2s {
    fn reg(&self, offset: u32) -> u32 {
        self.regs.get(&SPEC, offset)
    }

    /// Returns the DMA rate of a direction in bytes per second.
    fn byte_rate(&self, tag: u8) -> u64 {
        let clkm = self.reg(CLKM_CONF);
        let source = if clkm & clkm::CLKA_ENA != 0 { APLL_HZ } else { PLL_D2_HZ };
        let (n, a, b) = (clkm & clkm::DIV_NUM, clkm >> clkm::DIV_A_S & 63, clkm >> clkm::DIV_B_S & 63);
        let (n, a, b) = (u64::from(n.max(2)), u64::from(a.max(1)), u64::from(b));
        let mclk = source * a / (n * a + b);
        let rate = self.reg(SAMPLE_RATE_CONF) >> (6 * u32::from(tag));
        let bits = (self.reg(SAMPLE_RATE_CONF) >> (12 + 6 * u32::from(tag)) & 63).max(8);
        let bck = mclk / u64::from((rate & 63).max(2));
        if tag == TX && self.reg(CONF2) & conf2::LCD_TX_WRX2_EN != 0 {
            return (bck * u64::from(bits) / 8).max(1);
        }
        let shift = if tag == TX { fifo_conf::TX_FIFO_MOD_S } else { fifo_conf::RX_FIFO_MOD_S };
        let frame_bytes = [4, 2, 8, 4][(self.reg(FIFO_CONF) >> shift & 3) as usize];
        (bck * frame_bytes / (2 * u64::from(bits))).max(1)
    }

    /// Returns the time that `bytes` take. It is never 0, so that empty descriptors cannot stall virtual time.
    fn ticks(&self, tag: u8, bytes: u32) -> Ticks {
        periods_to_ticks(u64::from(bytes.max(4)), self.byte_rate(tag)).max(48)
    }

    fn channel(&mut self, tag: u8) -> &mut DmaChannel {
        if tag == TX { &mut self.tx } else { &mut self.rx }
    }

    /// Returns true if a direction is able to transfer data: link active, started, DMA enabled.
    fn runs(&self, tag: u8) -> bool {
        let (channel, start) =
            if tag == TX { (&self.tx, conf::TX_START) } else { (&self.rx, conf::RX_START) };
        channel.active && self.reg(CONF) & start != 0 && self.reg(FIFO_CONF) & fifo_conf::DSCR_EN != 0
    }

    /// Starts, continues or stops a direction after a register changed.
    fn sync_dma(&mut self, tag: u8, cx: &mut Cx) {
        match (self.runs(tag), self.channel(tag).busy) {
            (true, false) => self.next(tag, cx),
            (false, true) => {
                self.channel(tag).busy = false;
                cx.cancel(tag);
            }
            _ => {}
        }
    }

    /// Starts the transfer of the next descriptor.
    fn next(&mut self, tag: u8, cx: &mut Cx) {
        let owner_check = self.reg(LC_CONF) & lc_conf::CHECK_OWNER != 0;
        let eof_bytes = self.reg(RXEOF_NUM).clamp(1, 1 << 24) * 4;
        let channel = self.channel(tag);
        let Some(descriptor) = channel.fetch(owner_check, cx) else {
            channel.active = false;
            channel.busy = false;
            self.raw |= if tag == TX { int::OUT_DSCR_ERR } else { int::IN_DSCR_ERR };
            return;
        };
        channel.busy = true;
        let bytes = if tag == TX { descriptor.length() } else { channel.room(&descriptor, eof_bytes) };
        cx.schedule(tag, cx.now.saturating_add(self.ticks(tag, bytes)));
    }

    fn sent(&mut self, cx: &mut Cx) {
        let Some(descriptor) = self.tx.fetch(false, cx) else { return };
        self.raw |= int::OUT_DONE;
        if descriptor.eof() {
            self.raw |= int::OUT_EOF;
            self.regs.set(OUT_EOF_DES_ADDR, self.tx.at);
            self.regs.set(OUT_EOF_BFR_DES_ADDR, descriptor.buffer);
        }
        if self.reg(LC_CONF) & lc_conf::OUT_AUTO_WRBACK != 0 {
            descriptor.give_back(self.tx.at, cx);
        }
        if !self.tx.advance(&descriptor) {
            self.raw |= int::OUT_TOTAL_EOF;
        }
    }

    fn received(&mut self, cx: &mut Cx) {
        let eof_bytes = self.reg(RXEOF_NUM).clamp(1, 1 << 24) * 4;
        let Some(descriptor) = self.rx.fetch(false, cx) else { return };
        let bytes = self.rx.room(&descriptor, eof_bytes);
        let eof = self.rx.fill(&descriptor, bytes, eof_bytes, cx);
        self.raw |= int::IN_DONE;
        if eof {
            self.raw |= int::IN_SUC_EOF;
            self.regs.set(IN_EOF_DES_ADDR, self.rx.at);
        }
        if !self.rx.advance(&descriptor) {
            self.raw |= int::IN_DSCR_EMPTY;
        }
    }

    fn write_link(&mut self, tag: u8, value: u32, cx: &mut Cx) {
        let channel = self.channel(tag);
        if value & link::STOP != 0 {
            channel.active = false;
        }
        if value & link::START != 0 {
            cx.cancel(tag);
            channel.begin(0x3FF0_0000 | (value & link::ADDR));
        } else if value & link::RESTART != 0 && !channel.active {
            channel.resume(cx);
        }
        self.regs.set(if tag == TX { OUT_LINK } else { IN_LINK }, value & link::ADDR);
    }

    fn write_lc_conf(&mut self, value: u32, cx: &mut Cx) {
        if value & lc_conf::OUT_RST != 0 {
            self.tx = DmaChannel::default();
            cx.cancel(TX);
        }
        if value & lc_conf::IN_RST != 0 {
            self.rx = DmaChannel::default();
            cx.cancel(RX);
        }
        self.regs.set(LC_CONF, value);
    }

    fn sync_irq(&self, cx: &mut Cx) {
        let source = if cx.dev == DevId::I2s1 { IrqSource::I2s1 } else { IrqSource::I2s0 };
        cx.irq(source, self.raw & self.ena != 0);
    }
}

impl Device for I2s {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn peek(&self, offset: u32, _v: &DevView) -> u32 {
        match offset {
            INT_RAW => self.raw,
            INT_ST => self.raw & self.ena,
            INT_ENA => self.ena,
            INT_CLR => 0,
            OUT_LINK => self.reg(offset) | if self.tx.active { 0 } else { link::PARK },
            IN_LINK => self.reg(offset) | if self.rx.active { 0 } else { link::PARK },
            OUTLINK_DSCR => self.tx.at,
            INLINK_DSCR => self.rx.at,
            STATE => {
                let idle = if self.tx.busy { 0 } else { state::TX_IDLE };
                idle | if self.fifo_reset { 0 } else { state::RESET_BACK }
            }
            _ => self.reg(offset),
        }
    }

    fn steady_until(&self, _offset: u32, _v: &DevView) -> Ticks {
        STEADY
    }

    fn write(&mut self, offset: u32, value: u32, cx: &mut Cx) {
        match offset {
            INT_CLR => self.raw &= !value,
            INT_ENA => self.ena = value & int::ALL,
            OUT_LINK => self.write_link(TX, value, cx),
            IN_LINK => self.write_link(RX, value, cx),
            LC_CONF => self.write_lc_conf(value, cx),
            CONF => {
                self.fifo_reset = true;
                self.regs.set(CONF, value);
            }
            INT_RAW | INT_ST | STATE => {}
            _ => self.regs.write(&SPEC, offset, value, cx),
        }
        self.sync_dma(TX, cx);
        self.sync_dma(RX, cx);
        self.sync_irq(cx);
    }

    fn event(&mut self, tag: u8, cx: &mut Cx) {
        self.channel(tag).busy = false;
        if tag == TX {
            self.sent(cx)
        } else {
            self.received(cx)
        }
        self.sync_dma(tag, cx);
        self.sync_irq(cx);
    }

    fn reset(&mut self, cx: &mut Cx) {
        *self = Self::default();
        cx.cancel(TX);
        cx.cancel(RX);
        self.sync_irq(cx);
    }
}
