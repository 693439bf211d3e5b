//! The flash chip on CS0: a GigaDevice GD25Q of the region's size. Its status registers are those of the GD25Q32C,
//! which equal those of Winbond's W25Q: QE is bit 1 of the second one and is written by 31h or as the second byte of
//! 01h.
//!
//! Programming and erasing change the content when the command is accepted; the chip is then busy for the data sheet's
//! typical time. While busy, the chip answers only status reads, as on silicon. Quad reads work without QE (with a
//! warning). The continuous-read mode (mode bits 10b) is not modelled.

use super::sfdp;
use super::transfer::Transfer;
use esplens_core::memory::{Memory, Region};
use esplens_core::time::{TICKS_PER_US, Ticks};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Typical times of the GD25Q32C data sheet, in µs.
mod time {
    /// Page program, upper limit.
    pub const PAGE: u64 = 500;
    /// Program of the first byte.
    pub const FIRST_BYTE: u64 = 30;
    /// Each further byte, in ns.
    pub const NEXT_BYTE_NS: u64 = 2_500;
    /// 4 KiB sector erase.
    pub const SECTOR: u64 = 45_000;
    /// 32 KiB block erase.
    pub const BLOCK32: u64 = 150_000;
    /// 64 KiB block erase.
    pub const BLOCK64: u64 = 200_000;
    /// Chip erase, per MiB. The data sheet's time is longer and exceeds ESP-IDF's time-out of 4 s.
    pub const CHIP_PER_MIB: u64 = 250_000;
    /// Chip erase, upper limit.
    pub const CHIP_MAX: u64 = 3_000_000;
    /// Status register write.
    pub const STATUS: u64 = 5_000;
    /// Software reset.
    pub const RESET: u64 = 30;
}

/// Bits of the status registers.
#[allow(missing_docs, reason = "the names are the data sheet's")]
pub mod sr {
    pub const WIP: u8 = 1 << 0;
    pub const WEL: u8 = 1 << 1;
    pub const BP: u8 = 0b111 << 2;
    pub const BOTTOM: u8 = 1 << 5;
    pub const SMALL: u8 = 1 << 6;
    pub const QE: u8 = 1 << 1;
    pub const SUS2: u8 = 1 << 2;
    pub const LB: u8 = 0b111 << 3;
    pub const CMP: u8 = 1 << 6;
    pub const SUS1: u8 = 1 << 7;
}

/// A chip's storage inside the machine's memory.
pub struct Storage<'a> {
    /// The machine's memory.
    pub mem: &'a mut Memory,
    /// The chip's region of it.
    pub region: Region,
}

impl Storage<'_> {
    /// Returns the size in bytes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.region.bytes()
    }

    /// Reads `n` bytes from `at`, wrapping at the end of the chip.
    #[must_use]
    pub fn read(&self, at: usize, n: usize) -> Vec<u8> {
        let mut out = vec![0; n];
        let (size, mut done) = (self.bytes(), 0);
        while done < n && size > 0 {
            let from = (at + done) % size;
            let part = (n - done).min(size - from);
            self.mem.read_region(self.region, from, &mut out[done..done + part]);
            done += part;
        }
        out
    }

    /// Writes `data` at `at`, wrapping at the end of the chip.
    pub fn write(&mut self, at: usize, data: &[u8]) {
        let (size, mut done) = (self.bytes(), 0);
        while done < data.len() && size > 0 {
            let to = (at + done) % size;
            let part = (data.len() - done).min(size - to);
            self.mem.write_region(self.region, to, &data[done..done + part]);
            done += part;
        }
    }
}

/// Kind of operation that keeps the chip busy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Work {
    Program,
    Erase,
    Other,
}

/// State of the flash chip, kept over every reset but power-on. Its content is in `System::flash`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FlashChip {
    /// Busy times are reduced to a tenth: the ESP32 is in download mode (docs/decisions/download-mode.md).
    #[serde(skip)]
    pub quick: bool,
    /// Active values of status registers 1 to 3, without the bits WIP, WEL, SUS1 and SUS2.
    pub status: [u8; 3],
    /// Non-volatile values of the status registers, which become active after a reset.
    stored: [u8; 3],
    /// Write enable latch (06h).
    pub wel: bool,
    /// Set by 50h: the next status write is volatile.
    volatile: bool,
    /// Operation in progress and its end.
    work: Option<(Work, Ticks)>,
    /// Operation suspended by 75h and its remaining time.
    suspended: Option<(Work, Ticks)>,
    /// In deep power-down (B9h).
    pub powered_down: bool,
    /// Addresses have four bytes (B7h; chips above 16 MiB).
    pub four_byte: bool,
    /// The last command was 66h.
    reset_armed: bool,
    /// Security registers 1 to 3, 1 KiB each; an empty vector means that all are erased.
    otp: Vec<u8>,
    /// 4 KiB sectors programmed or erased since the last [`FlashChip::take_dirty`].
    pub dirty: BTreeSet<u32>,
}

/// Returns the device id for 90h and ABh.
fn device_id(s: &Storage) -> u8 {
    sfdp::capacity(s.bytes()).wrapping_sub(1)
}

/// Result of an exchange.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct FlashReply {
    /// The bytes read.
    pub data: Vec<u8>,
    /// Warning about a command that firmware should not send.
    pub warning: Option<String>,
}

impl FlashChip {
    /// Does one exchange that starts at `now`. Without a chip (`None`) the lines remain high.
    pub fn exchange(&mut self, storage: Option<&mut Storage>, t: &Transfer, now: Ticks) -> FlashReply {
        let silence = vec![0xFF; t.miso];
        let (Some(s), Some(op)) = (storage, t.opcode()) else {
            return FlashReply { data: silence, warning: None };
        };
        self.complete_if_due(now);
        if self.powered_down && op != 0xAB {
            return FlashReply { data: silence, warning: None };
        }
        let armed = std::mem::replace(&mut self.reset_armed, op == 0x66);
        if self.work.is_some() && !matches!(op, 0x05 | 0x35 | 0x15 | 0x75 | 0x66 | 0x99) {
            let warning = Some(format!("flash: command {op:#04x} ignored, the chip is busy"));
            return FlashReply { data: silence, warning };
        }
        if let Some(reply) = self.identify(s, t, op).or_else(|| self.read(s, t, op)) {
            return reply;
        }
        let data = if op == 0xAB { t.answer(4, 0, |_| device_id(s)) } else { silence };
        FlashReply { data, warning: self.change(s, t, op, armed) }
    }

    /// Returns true if the chip is busy at `now`.
    #[must_use]
    pub fn busy(&self, now: Ticks) -> bool {
        self.work.is_some_and(|(_, until)| now < until)
    }

    /// Returns the changed 4 KiB sectors and clears the list.
    pub fn take_dirty(&mut self) -> BTreeSet<u32> {
        std::mem::take(&mut self.dirty)
    }

    /// Ends the operation in progress if its time is over.
    fn complete_if_due(&mut self, now: Ticks) {
        if self.work.is_some() && !self.busy(now) {
            self.work = None;
            self.wel = false;
        }
    }

    fn start(&mut self, work: Work, t: &Transfer, us: u64) {
        let us = if self.quick { us.div_ceil(10) } else { us };
        self.work = Some((work, t.end.saturating_add(us * TICKS_PER_US)));
    }

    /// Returns status register `n` (0..2) as the chip reports it.
    fn status_byte(&self, n: usize) -> u8 {
        let live = match (n, self.suspended) {
            (0, _) => (u8::from(self.work.is_some()) * sr::WIP) | (u8::from(self.wel) * sr::WEL),
            (1, Some((Work::Erase, _))) => sr::SUS1,
            (1, Some(_)) => sr::SUS2,
            _ => 0,
        };
        self.status[n] | live
    }

    /// Handles commands that read registers and identification.
    fn identify(&self, s: &Storage, t: &Transfer, op: u8) -> Option<FlashReply> {
        let data =
            match op {
                0x05 => t.answer(1, 0, |_| self.status_byte(0)),
                0x35 => t.answer(1, 0, |_| self.status_byte(1)),
                0x15 => t.answer(1, 0, |_| self.status_byte(2)),
                0x9F => {
                    let id = [sfdp::MANUFACTURER, sfdp::MEMORY_TYPE, sfdp::capacity(s.bytes())];
                    t.answer(1, 0, |i| id[i % 3])
                }
                0x90 => {
                    let first = t.address(3) as usize & 1;
                    t.answer(4, 0, |i| {
                        if (i + first).is_multiple_of(2) { sfdp::MANUFACTURER } else { device_id(s) }
                    })
                }
                0x4B => t.answer(1, 32, |i| sfdp::UNIQUE_ID[i % 16]),
                0x5A => t.answer(4, 8, |i| sfdp::sfdp(s.bytes(), (t.address(3) as usize).wrapping_add(i))),
                _ => return None,
            };
        Some(FlashReply { data, warning: None })
    }

    /// Handles commands that read the array and the security registers.
    fn read(&self, s: &Storage, t: &Transfer, op: u8) -> Option<FlashReply> {
        let (wait, quad) = match op {
            0x03 | 0x13 => (0, false),
            0x0B | 0x0C | 0x3B | 0x3C => (8, false),
            0x6B | 0x6C => (8, true),
            0xBB | 0xBC => (4, false),
            0xEB | 0xEC => (6, true),
            0x48 => return Some(FlashReply { data: self.read_otp(t), warning: None }),
            _ => return None,
        };
        let long = self.four_byte || matches!(op, 0x13 | 0x0C | 0x3C | 0x6C | 0xBC | 0xEC);
        let n = if long { 4 } else { 3 };
        let data = s.read(t.address(n) as usize, t.miso);
        let late = quad && self.status[1] & sr::QE == 0;
        let warning = late.then(|| "flash: quad read while QE is clear".to_string());
        Some(FlashReply { data: t.answer(1 + n, wait, |i| data[i]), warning })
    }

    /// Handles commands that change the chip's state. Returns a warning if the command is ignored.
    fn change(&mut self, s: &mut Storage, t: &Transfer, op: u8, armed: bool) -> Option<String> {
        match op {
            0x06 => self.wel = true,
            0x04 => self.wel = false,
            0x50 => self.volatile = true,
            0x01 | 0x31 | 0x11 => return self.write_status(t, op),
            0x02 | 0x32 | 0x12 | 0x34 => return self.program(s, t, op),
            0x20 | 0x21 | 0x52 | 0xD8 | 0xDC | 0x60 | 0xC7 => return self.erase(s, t, op),
            0x42 | 0x44 => self.change_otp(t, op),
            0x75 => self.suspend(t.end),
            0x7A => self.resume(t.end),
            0xB9 => self.powered_down = true,
            0xAB => self.powered_down = false,
            0xB7 if s.bytes() > 16 << 20 => self.four_byte = true,
            0xE9 => self.four_byte = false,
            0x99 if armed => self.software_reset(t),
            // NOP, reset enable, reset without reset enable, high-performance mode, burst wrap, 4-byte mode on a small
            // chip, leave continuous read: no effect.
            0x00 | 0x66 | 0x99 | 0xA3 | 0x77 | 0xB7 | 0xFF => {}
            _ => return Some(format!("flash: unknown command {op:#04x} ignored")),
        }
        None
    }

    fn software_reset(&mut self, t: &Transfer) {
        let keep = (self.stored, std::mem::take(&mut self.otp), std::mem::take(&mut self.dirty));
        *self = Self { status: keep.0, stored: keep.0, otp: keep.1, dirty: keep.2, ..Self::default() };
        self.start(Work::Other, t, time::RESET);
    }

    fn write_status(&mut self, t: &Transfer, op: u8) -> Option<String> {
        let volatile = std::mem::take(&mut self.volatile);
        if !self.wel && !volatile {
            return Some("flash: status write without write enable ignored".into());
        }
        let first = match op {
            0x01 => 0,
            0x31 => 1,
            _ => 2,
        };
        let mut new = self.status;
        for (slot, byte) in new[first..].iter_mut().zip(t.data(1)) {
            *slot = *byte;
        }
        new[0] &= !(sr::WIP | sr::WEL);
        new[1] = new[1] & !(sr::SUS1 | sr::SUS2) | self.status[1] & sr::LB;
        self.status = new;
        if !volatile {
            self.stored = new;
            self.start(Work::Other, t, time::STATUS);
        }
        None
    }

    /// Returns the protected range of bytes, given by BP0..4 and CMP.
    fn protected(&self, bytes: usize) -> (usize, usize) {
        let [s1, s2, _] = self.status;
        let n = u32::from((s1 & sr::BP) >> 2);
        let size = match (n, s1 & sr::SMALL != 0) {
            (0, _) => 0,
            (7, _) => bytes,
            (n, false) => bytes >> (7 - n),
            (n, true) => (4096usize << (n - 1)).min(32 << 10).min(bytes),
        };
        let bottom = s1 & sr::BOTTOM != 0;
        match (bottom, s2 & sr::CMP != 0) {
            (true, false) => (0, size),
            (false, false) => (bytes - size, bytes),
            (true, true) => (size, bytes),
            (false, true) => (0, bytes - size),
        }
    }

    /// Returns the reason why `len` bytes at `at` may not be changed now, if there is one.
    fn refusal(&self, s: &Storage, at: usize, len: usize) -> Option<String> {
        let (from, to) = self.protected(s.bytes());
        if !self.wel {
            Some(format!("flash: change at {at:#x} without write enable ignored"))
        } else if at < to && from < at + len {
            Some(format!("flash: change at {at:#x} ignored, the block is protected"))
        } else {
            None
        }
    }

    fn mark(&mut self, at: usize, len: usize) {
        self.dirty.extend((at >> 12) as u32..=((at + len.max(1) - 1) >> 12) as u32);
    }

    fn program(&mut self, s: &mut Storage, t: &Transfer, op: u8) -> Option<String> {
        let n = if self.four_byte || matches!(op, 0x12 | 0x34) { 4 } else { 3 };
        let at = t.address(n) as usize % s.bytes().max(1);
        let data = t.data(1 + n);
        if data.is_empty() {
            return None;
        }
        let page = at & !0xFF;
        if let Some(why) = self.refusal(s, page, 256) {
            self.wel = false;
            return Some(why);
        }
        let mut old = s.read(page, 256);
        // The page buffer keeps only the last 256 bytes sent; addresses wrap within the page.
        let first = data.len().saturating_sub(256);
        for (i, byte) in data.iter().enumerate().skip(first) {
            old[(at + i) & 0xFF] &= byte;
        }
        s.write(page, &old);
        self.mark(page, 256);
        let next = data.len().saturating_sub(1) as u64 * time::NEXT_BYTE_NS / 1000;
        self.start(Work::Program, t, (time::FIRST_BYTE + next).min(time::PAGE));
        None
    }

    fn erase(&mut self, s: &mut Storage, t: &Transfer, op: u8) -> Option<String> {
        let n = if self.four_byte || matches!(op, 0x21 | 0xDC) { 4 } else { 3 };
        let (len, us) = match op {
            0x20 | 0x21 => (4 << 10, time::SECTOR),
            0x52 => (32 << 10, time::BLOCK32),
            0xD8 | 0xDC => (64 << 10, time::BLOCK64),
            _ => {
                let us = (s.bytes() as u64 >> 20).max(1) * time::CHIP_PER_MIB;
                (s.bytes(), us.min(time::CHIP_MAX))
            }
        };
        let whole = len == s.bytes();
        let at = if whole { 0 } else { t.address(n) as usize % s.bytes().max(1) / len * len };
        let len = len.min(s.bytes() - at);
        let refusal = self.refusal(s, at, len);
        if refusal.is_some() || self.suspended.is_some() {
            self.wel = false;
            return refusal.or_else(|| Some("flash: erase while suspended ignored".into()));
        }
        for sector in (at..at + len).step_by(4096) {
            s.write(sector, &[0xFF; 4096][..4096.min(at + len - sector)]);
        }
        self.mark(at, len);
        self.start(Work::Erase, t, us);
        None
    }

    fn suspend(&mut self, now: Ticks) {
        if let Some((work @ (Work::Program | Work::Erase), until)) = self.work
            && self.suspended.is_none()
        {
            self.suspended = Some((work, until.saturating_sub(now)));
            self.work = None;
            self.wel = false;
        }
    }

    fn resume(&mut self, now: Ticks) {
        if let Some((work, left)) = self.suspended.take() {
            self.work = Some((work, now.saturating_add(left)));
        }
    }

    /// Returns an index into the security registers: register number in address bits 15:12, byte in bits 9:0.
    fn otp_index(address: u32) -> Option<usize> {
        let n = address >> 12;
        (1..=3).contains(&n).then(|| (n as usize - 1) * 1024 + (address as usize & 0x3FF))
    }

    fn read_otp(&self, t: &Transfer) -> Vec<u8> {
        let at = Self::otp_index(t.address(3));
        t.answer(4, 8, |i| {
            let byte = at.and_then(|a| self.otp.get(a / 1024 * 1024 + (a + i) % 1024));
            byte.copied().unwrap_or(0xFF)
        })
    }

    fn change_otp(&mut self, t: &Transfer, op: u8) {
        let (Some(at), true) = (Self::otp_index(t.address(3)), self.wel) else { return };
        let register = at / 1024;
        if self.status[1] & sr::LB & 8 << register != 0 {
            self.wel = false;
            return;
        }
        self.otp.resize(3 * 1024, 0xFF);
        if op == 0x44 {
            self.otp[register * 1024..][..1024].fill(0xFF);
            return self.start(Work::Other, t, time::SECTOR);
        }
        for (i, byte) in t.data(4).iter().enumerate().take(256) {
            self.otp[at & !0xFF | (at + i) & 0xFF] &= byte;
        }
        self.start(Work::Other, t, time::PAGE);
    }
}

#[cfg(test)]
#[path = "flash_tests.rs"]
mod tests;
