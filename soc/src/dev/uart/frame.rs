//! Durations of UART frames, computed from the configuration registers.

use super::Uart;
use super::spec::{self, SPEC, clkdiv, conf0};
use crate::clocks::Clocks;
use crate::dev::Cx;
use esplens_core::time::{TICKS_PER_SEC, TICKS_PER_US, Ticks};

/// Longest time of a received UART frame in download mode, as at 1,500,000 baud, a usual speed for flashing boards.
const DOWNLOAD_FRAME: Ticks = TICKS_PER_US * 20 / 3;

impl Uart {
    /// Returns the clock of the UART in Hz: APB or REF_TICK.
    pub(super) fn clock_hz(&self, clocks: &Clocks) -> u32 {
        let apb = self.regs.get(&SPEC, spec::CONF0) & conf0::TICK_REF_ALWAYS_ON != 0;
        if apb { clocks.apb_hz() } else { clocks.ref_tick_hz() }.max(1)
    }

    /// Returns the ticks of `halves` half bits at the configured baud rate.
    pub(super) fn half_bits(&self, halves: u32, clocks: &Clocks) -> Ticks {
        let div = self.regs.get(&SPEC, spec::CLKDIV);
        let sixteenths = (div & clkdiv::CLKDIV) * 16 + ((div & clkdiv::CLKDIV_FRAG) >> 20);
        let num = u128::from(halves) * u128::from(sixteenths.max(16)) * u128::from(TICKS_PER_SEC);
        (num / (32 * u128::from(self.clock_hz(clocks)))) as Ticks
    }

    /// Returns the ticks of one UART frame: start, data, parity and stop bits.
    pub(super) fn frame(&self, clocks: &Clocks) -> Ticks {
        let conf = self.regs.get(&SPEC, spec::CONF0);
        let data = 5 + ((conf & conf0::BIT_NUM) >> 2);
        let parity = (conf & conf0::PARITY_EN) >> 1;
        let stop_halves = ((conf & conf0::STOP_BIT_NUM) >> 4).max(1) + 1;
        self.half_bits(2 * (1 + data + parity) + stop_halves, clocks)
    }

    /// Returns the ticks that a received UART frame takes on the line.
    pub(super) fn rx_time(&self, cx: &Cx) -> Ticks {
        self.line_time(DOWNLOAD_FRAME, cx)
    }

    /// Returns the ticks that a sent UART frame takes on the line; 1 in download mode.
    pub(super) fn tx_time(&self, cx: &Cx) -> Ticks {
        self.line_time(1, cx)
    }

    /// Returns the ticks of a UART frame, limited to `download` in download mode.
    fn line_time(&self, download: Ticks, cx: &Cx) -> Ticks {
        let limit = if cx.sys.download_boot() { download } else { Ticks::MAX };
        self.frame(&cx.sys.clocks).clamp(1, limit)
    }

    /// Returns the ticks of `n` periods of the UART's clock (AT_CMD times).
    pub(super) fn clock_periods(&self, n: u32, clocks: &Clocks) -> Ticks {
        (u128::from(n) * u128::from(TICKS_PER_SEC) / u128::from(self.clock_hz(clocks))) as Ticks
    }

    /// Returns the quiet time in ticks after which received bytes raise RXFIFO_TOUT; `None` if the time-out is off. One
    /// unit of the threshold is eight bits with the APB clock and an eighth of that with REF_TICK (IDF
    /// `uart_ll_set_rx_tout`).
    pub(super) fn rx_timeout(&self, clocks: &Clocks) -> Option<Ticks> {
        let conf1 = self.regs.get(&SPEC, spec::CONF1);
        if conf1 & spec::conf1::RX_TOUT_EN == 0 {
            return None;
        }
        let high = (self.regs.get(&SPEC, spec::MEM_CONF) & spec::mem_conf::RX_TOUT_THRHD_H3) >> 18;
        let threshold = ((conf1 & spec::conf1::RX_TOUT_THRHD) >> 24) | high << 7;
        let apb = self.regs.get(&SPEC, spec::CONF0) & conf0::TICK_REF_ALWAYS_ON != 0;
        Some(self.half_bits(threshold.max(1) * if apb { 16 } else { 2 }, clocks))
    }

    /// Returns the length of one bit from the peer, as autobaud measures it, in periods of the UART's clock. The
    /// counters lose one period, and on both edges the delay of the glitch filter (the ROM adds 9 to compensate for its
    /// filter of 4).
    pub(super) fn autobaud_pulse(&self, clocks: &Clocks) -> u32 {
        let filter = (self.regs.get(&SPEC, spec::AUTOBAUD) & spec::autobaud::GLITCH_FILT) >> 8;
        self.outside_bits(1, clocks).saturating_sub(1 + 2 * filter).min(0xF_FFFF)
    }

    /// Returns the length of two bits from the peer, from one rising (falling) edge to the next. The filter delays both
    /// edges alike.
    pub(super) fn autobaud_period(&self, clocks: &Clocks) -> u32 {
        self.outside_bits(2, clocks).saturating_sub(1).min(0xF_FFFF)
    }

    /// Returns `n` bits from the peer in periods of the UART's clock, rounded.
    fn outside_bits(&self, n: u32, clocks: &Clocks) -> u32 {
        (n * self.clock_hz(clocks) + self.line_baud / 2) / self.line_baud.max(1)
    }
}
