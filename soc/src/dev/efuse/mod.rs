//! The eFuse controller: four blocks of one-time programmable fuses, their read registers, programming.
//!
//! The 3/4 and repeat coding schemes are not modelled: a read returns the programmed bits, and `DEC_STATUS` never
//! reports an error.

mod identity;
pub mod spec;
#[cfg(test)]
mod tests;

pub use identity::{FILE_LEN, WrongLength};

use super::spec::Spec;
use super::{Cx, DevView, Device, RegFile, STEADY};
use crate::irq::IrqSource;
use esplens_core::time::{TICKS_PER_US, Ticks};
use serde::{Deserialize, Serialize};
use spec::*;

/// Duration of a read command. The ROM of revision 3 reads the command bit right after setting it and must find it set.
const READ_TIME: Ticks = 20 * TICKS_PER_US;
/// Duration of a program command, independent of the number of bits.
const PGM_TIME: Ticks = 4000 * TICKS_PER_US;
/// Event tag: the running command ends.
const DONE: u8 = 0;

/// Words of the four blocks; block 0 uses only seven.
type Blocks = [[u32; 8]; 4];

/// Fuses that each bit of `WR_DIS` (block 0, word 0) protects: (bit, block, word, mask). Word 8 means the whole block
/// (IDF `esp_efuse_table.csv`).
const WRITE_PROTECTION: [(u32, usize, usize, u32); 20] = [
    (0, 0, 0, 0x000F_0000),
    (1, 0, 0, 0x0000_FFFF),
    (2, 0, 0, 0x0FF0_0000),
    (3, 0, 1, 0xFFFF_FFFF),
    (3, 0, 2, 0xFFFF_FFFF),
    (3, 0, 3, 0xFFFF_BE0F),
    (3, 0, 5, 0x0FF0_0000),
    (4, 0, 4, 0x0000_1FFF),
    (5, 0, 4, 0x0001_C000),
    (6, 0, 3, 0x0000_01F0),
    (6, 0, 5, 0x000F_FFFF),
    (7, 1, 8, 0),
    (8, 2, 8, 0),
    (9, 3, 8, 0),
    (10, 0, 3, 0x0000_4000),
    (10, 0, 5, 0xF000_0000),
    (10, 0, 6, 0x0000_0403),
    (12, 0, 6, 0x0000_0010),
    (13, 0, 6, 0x0000_0020),
    (14, 0, 6, 0x0000_0040),
];
/// Fuses that bit 15 of `WR_DIS` protects, as (word, mask) in block 0: `CONSOLE_DEBUG_DISABLE` and the three
/// `DISABLE_DL_*` fuses.
const WRITE_PROTECTION_15: (usize, u32) = (6, 0x0000_0384);

/// The eFuse block: fuses and controller.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Efuse {
    /// The fuses themselves.
    fuses: Blocks,
    /// The read registers: copy of the fuses made by the last read command or reset.
    shown: Blocks,
    regs: RegFile,
    /// Command bits in progress.
    cmd: u32,
    int_raw: u32,
}

/// Returns block and word of a read register.
fn read_register(offset: u32) -> Option<(usize, usize)> {
    let word = |base: u32| ((offset - base) / 4) as usize;
    match offset {
        BLK0_RDATA0..=BLK0_RDATA6 => Some((0, word(BLK0_RDATA0))),
        BLK1_RDATA0..=BLK3_RDATA7 => Some((1 + word(BLK1_RDATA0) / 8, word(BLK1_RDATA0) % 8)),
        _ => None,
    }
}

fn write_register(block: usize, word: usize) -> u32 {
    [BLK0_WDATA0, BLK1_WDATA0, BLK2_WDATA0, BLK3_WDATA0][block] + 4 * word as u32
}

impl Efuse {
    /// Returns the bits of a word that `RD_DIS` hides from software.
    fn hidden(&self, block: usize, word: usize) -> u32 {
        let rd_dis = self.fuses[0][0] >> 16 & 0xF;
        match (block, word) {
            (0, 3) if rd_dis & 8 != 0 => 0x0000_4000,
            (0, 5) if rd_dis & 8 != 0 => 0xF000_0000,
            (0, 6) if rd_dis & 8 != 0 => 0x0000_0403,
            (1..=3, _) if rd_dis >> (block - 1) & 1 != 0 => u32::MAX,
            _ => 0,
        }
    }

    /// Returns the bits of a word that `WR_DIS` protects from programming.
    fn locked(&self, block: usize, word: usize) -> u32 {
        let wr_dis = self.fuses[0][0] & 0xFFFF;
        let mut mask = 0;
        for (bit, b, w, m) in WRITE_PROTECTION {
            if wr_dis >> bit & 1 != 0 && b == block && (w == word || w == 8) {
                mask |= if w == 8 { u32::MAX } else { m };
            }
        }
        if wr_dis >> 15 & 1 != 0 && (block, word) == (0, WRITE_PROTECTION_15.0) {
            mask |= WRITE_PROTECTION_15.1;
        }
        mask
    }

    fn reload(&mut self) {
        for block in 0..4 {
            for word in 0..8 {
                self.shown[block][word] = self.fuses[block][word] & !self.hidden(block, word);
            }
        }
    }

    /// Programs the fuses from the write registers. Bits only change from 0 to 1. The write protection is the one from
    /// before this command.
    fn program(&mut self) {
        let mut new = self.fuses;
        for (block, words) in new.iter_mut().enumerate() {
            for (word, fuses) in words.iter_mut().enumerate().take(if block == 0 { 7 } else { 8 }) {
                let wanted = self.regs.get(&SPEC, write_register(block, word));
                *fuses |= wanted & !self.locked(block, word);
            }
        }
        self.fuses = new;
    }

    fn command(&mut self, value: u32, cx: &mut Cx) {
        if self.cmd != 0 {
            return;
        }
        let time = match self.regs.get(&SPEC, CONF) & conf::OP_CODE {
            conf::READ_OP_CODE if value & cmd::READ != 0 => {
                self.cmd = cmd::READ;
                READ_TIME
            }
            conf::WRITE_OP_CODE if value & cmd::PGM != 0 => {
                self.cmd = cmd::PGM;
                PGM_TIME
            }
            _ => return,
        };
        cx.schedule(DONE, cx.now + time);
    }

    fn sync_irq(&self, cx: &mut Cx) {
        cx.irq(IrqSource::Efuse, self.int_raw & self.regs.get(&SPEC, INT_ENA) != 0);
    }
}

impl Device for Efuse {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn peek(&self, offset: u32, _v: &DevView) -> u32 {
        if let Some((block, word)) = read_register(offset) {
            return self.shown[block][word];
        }
        match offset {
            CMD => self.cmd,
            INT_RAW => self.int_raw,
            INT_ST => self.int_raw & self.regs.get(&SPEC, INT_ENA),
            INT_CLR => 0,
            _ => self.regs.get(&SPEC, offset),
        }
    }

    fn read(&mut self, offset: u32, cx: &mut Cx) -> u32 {
        self.regs.read(&SPEC, offset, cx);
        self.peek(offset, &cx.view())
    }

    fn steady_until(&self, _offset: u32, _v: &DevView) -> Ticks {
        STEADY
    }

    fn write(&mut self, offset: u32, value: u32, cx: &mut Cx) {
        if read_register(offset).is_some() {
            return;
        }
        match offset {
            CMD => self.command(value, cx),
            INT_CLR => self.int_raw &= !value,
            INT_ENA => self.regs.set(INT_ENA, value & (cmd::READ | cmd::PGM)),
            INT_RAW | INT_ST | DEC_STATUS => {} // read-only
            _ => self.regs.write(&SPEC, offset, value, cx),
        }
        self.sync_irq(cx);
    }

    fn event(&mut self, _tag: u8, cx: &mut Cx) {
        match std::mem::take(&mut self.cmd) {
            cmd::READ => {
                self.reload();
                self.int_raw |= cmd::READ;
            }
            cmd::PGM => {
                self.program();
                self.int_raw |= cmd::PGM;
            }
            _ => {}
        }
        self.sync_irq(cx);
    }

    /// Resets the controller, which then reads the fuses. The fuses do not change.
    fn reset(&mut self, cx: &mut Cx) {
        *self = Self::of_fuses(self.fuses);
        cx.cancel(DONE);
        self.sync_irq(cx);
    }
}
