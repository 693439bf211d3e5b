//! The internal I2C master at 0x6000_E000 for the registers of the analogue blocks (PLLs, bias, radio).
//!
//! It is undocumented and modelled after the ROM's `rom_chip_i2c_readReg`/`writeReg`: one command word per host, with
//! block in bits 7:0, register in 15:8, data in 23:16, write in 24, busy in 25.

use crate::dev::spec::Spec;
use crate::dev::{Cx, DevView, Device, STEADY};
use crate::trace::TraceEvent;
use esplens_core::time::Ticks;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Registers of the master.
pub mod table {
    crate::registers! {
        "REGI2C", "ROM rom_chip_i2c_readReg, IDF soc/regi2c_defs.h";
        /// Command word of each host.
        COMMAND[16; 4] = 0x00, reset 0, Modelled;
        /// Which analogue blocks answer.
        ANA_CONFIG = 0x44, reset 0, Stored;
        /// Bit 24: the radio's transmit DC calibration has a result (ROM `rom_txdc_cal_v70` waits for it).
        TXDC_STATUS = 0x4C, reset 0x0100_0000, Modelled;
        /// Bits 26:24: result of a step of the radio's transmit DC calibration, always 0 here.
        TXDC_RESULT = 0x50, reset 0, Modelled;
        /// The radio's channel: bits 7:0 twice the distance of its centre from 2400 MHz, bit 8 starts the change,
        /// bit 31 shows that it is done (IDF `set_chan_freq_sw_start`).
        RF_CHANNEL = 0xC4, reset 0, Modelled;
    }
}

const WRITE: u32 = 1 << 24;
const DATA: u32 = 0xFF << 16;
/// The transmit DC calibration has finished.
const TXDC_DONE: u32 = 1 << 24;
/// Result of the transmit DC calibration.
const TXDC_VALUE: u32 = 7 << 24;
/// Status bits of the PLLs: (register << 8 | block, bits that read 1).
const STATUS: [(u32, u8); 4] = [
    (7 << 8 | 0x62, 0x80), // the radio's PLL is calibrated (IDF ram_wait_rfpll_cal_end)
    (3 << 8 | 0x6D, 0x80), // I2C_APLL_OR_CAL_END
    (6 << 8 | 0x66, 0x03), // I2C_BBPLL_OR_LOCK1, 2
    (7 << 8 | 0x66, 0x40), // I2C_BBPLL_OR_CAL_END
];
/// Starts a channel change.
const CHANNEL_START: u32 = 1 << 8;
/// The channel change is done.
const CHANNEL_DONE: u32 = 1 << 31;
/// Limit on the stored analogue registers; the real blocks have a few hundred.
const MAX_KEPT: usize = 4096;

/// The I2C master and the analogue registers behind it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Regi2c {
    /// Command words and the other registers, by offset.
    words: BTreeMap<u32, u32>,
    /// Analogue registers, by (offset of the host's command word, register << 8 | block).
    analogue: BTreeMap<(u32, u32), u8>,
}

impl Regi2c {
    fn command(&mut self, offset: u32, value: u32, cx: &mut Cx) {
        let address = value & 0xFFFF;
        let key = (offset, address);
        if value & WRITE != 0 {
            if self.analogue.len() < MAX_KEPT || self.analogue.contains_key(&key) {
                self.analogue.insert(key, (value >> 16) as u8);
            } else {
                cx.warn_reg(&table::SPEC, offset, "too many analogue registers, write lost");
            }
        }
        let mut data = self.analogue.get(&key).copied().unwrap_or(0);
        data |= STATUS.iter().find(|s| s.0 == address).map_or(0, |s| s.1);
        self.words.insert(offset, value & !DATA & 0xFFFF | u32::from(data) << 16);
    }
}

/// Tunes the radio. Calibration uses bytes that belong to no channel; those change nothing.
fn tune(byte: u8, cx: &mut Cx) {
    let channel = byte == 168 || (24..=144).contains(&byte) && (byte - 24).is_multiple_of(10);
    let frequency = 2400 + u16::from(byte / 2);
    if channel && cx.sys.radio.frequency != frequency {
        cx.sys.radio.frequency = frequency;
        cx.trace(TraceEvent::WifiChannel, || format!("tuned to {frequency} MHz"));
    }
}

impl Device for Regi2c {
    fn spec(&self) -> &'static Spec {
        &table::SPEC
    }

    fn peek(&self, offset: u32, _v: &DevView) -> u32 {
        let word = self.words.get(&offset).copied().unwrap_or(0);
        match offset {
            table::TXDC_STATUS => word | TXDC_DONE,
            table::TXDC_RESULT => word & !TXDC_VALUE,
            table::RF_CHANNEL => word | CHANNEL_DONE,
            _ => word,
        }
    }

    fn steady_until(&self, _offset: u32, _v: &DevView) -> Ticks {
        STEADY
    }

    fn write(&mut self, offset: u32, value: u32, cx: &mut Cx) {
        if offset < 0x40 {
            self.command(offset, value, cx);
            return;
        }
        self.words.insert(offset, value);
        if offset == table::RF_CHANNEL && value & CHANNEL_START != 0 {
            tune(value as u8, cx);
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
    fn the_roms_read_and_write_work() {
        let mut b = Bench::new(DevId::Regi2c, Regi2c::default());
        b.write(4 * 4, 0x66 | 3 << 8 | 0x5A << 16 | WRITE);
        assert_eq!(b.read(4 * 4) & 1 << 25, 0, "never busy");
        b.write(4 * 4, 0x66 | 4 << 8);
        assert_eq!(b.read(4 * 4) >> 16 & 0xFF, 0);
        b.write(4 * 4, 0x66 | 3 << 8);
        assert_eq!(b.read(4 * 4) >> 16 & 0xFF, 0x5A);
        b.write(3 * 4, 0x66 | 3 << 8);
        assert_eq!(b.read(3 * 4) >> 16 & 0xFF, 0, "another host");
    }

    #[test]
    fn the_audio_plls_calibration_has_ended() {
        let mut b = Bench::new(DevId::Regi2c, Regi2c::default());
        b.write(3 * 4, 0x6D | 3 << 8);
        assert_eq!(b.read(3 * 4) >> 23 & 1, 1);
    }

    #[test]
    fn the_roms_transmit_calibration_ends() {
        let mut b = Bench::new(DevId::Regi2c, Regi2c::default());
        b.write(0x4C, 0x42);
        b.write(0x50, u32::MAX);
        assert_eq!((b.read(0x4C), b.read(0x50)), (1 << 24 | 0x42, !(7 << 24)));
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let mut b = Bench::new(DevId::Regi2c, Regi2c::default());
        for address in 0..0x1_0000 {
            b.write(0, WRITE | address);
        }
        assert_eq!(b.dev.analogue.len(), MAX_KEPT);
        assert_eq!(b.warnings().len(), 1);
    }
}
