//! GDB's `load`. GDB writes what belongs into RAM like any memory, then what is mapped from flash with `vFlash`
//! packets, then sets the PC to the entry point. Here all of it together becomes an application image in the selected
//! partition, and the chip is reset: the boot ROM and the bootloader bring it to life as they do after flashing.

use super::target::Guest;
use crate::supervisor::{Gone, Session};
use gdbstub::target::ext::flash::Flash;
use gdbstub::target::{TargetError, TargetResult};
use std::ops::Range;

/// What flash is mapped to: data and instructions.
pub const MAPPED: [Range<u32>; 2] = [0x3F40_0000..0x3F80_0000, 0x400C_2000..0x4100_0000];
/// RAM that an image may have segments in: data, instructions, both RTC memories.
const RAM: [Range<u32>; 4] =
    [0x3FFA_E000..0x4000_0000, 0x4007_0000..0x400C_2000, 0x3FF8_0000..0x3FF8_2000, 0x5000_0000..0x5000_2000];
/// Most bytes kept of what a client writes.
const MAX_BYTES: usize = 20 << 20;

/// Where code starts after a reset.
const RESET_VECTOR: u32 = 0x4000_0400;
/// The watchdogs that guard a boot from flash, timer group 0's and the RTC's: WDTWPROTECT and WDTCONFIG0.
const BOOT_WATCHDOGS: [(u32, u32); 2] = [(0x3FF5_F064, 0x3FF5_F048), (0x3FF4_80A4, 0x3FF4_808C)];
/// What unlocks them.
const WDT_KEY: u32 = 0x50D8_3AA1;

const EFBIG: u8 = 27;
const EINVAL: u8 = 22;

/// Whether flash is mapped at an address.
pub fn is_mapped(addr: u32) -> bool {
    MAPPED.iter().any(|r| r.contains(&addr))
}

/// What a client has written since the machine last ran.
#[derive(Debug, Default)]
pub struct Load {
    ram: Vec<(u32, Vec<u8>)>,
    flash: Vec<(u32, Vec<u8>)>,
    bytes: usize,
    /// The image is in flash; the entry point may still come.
    done: bool,
}

/// What a `load` has put into flash. Until the machine runs nothing maps it, but it reads back where it will be: so
/// that `compare-sections` compares.
#[derive(Debug, Default)]
pub struct Loaded {
    pieces: Vec<(u32, Vec<u8>)>,
    /// The machine's instructions then.
    at: u64,
}

impl Load {
    /// Notes a write to memory.
    pub fn ram(&mut self, addr: u32, data: &[u8]) {
        if self.done {
            *self = Self::default();
        }
        if RAM.iter().any(|r| r.contains(&addr)) && self.fits(data) {
            self.ram.push((addr, data.to_vec()));
        }
    }

    fn fits(&mut self, data: &[u8]) -> bool {
        self.bytes = self.bytes.saturating_add(data.len());
        self.bytes <= MAX_BYTES
    }

    /// The segments of the image: RAM where it was written, each of flash's two windows in one piece.
    fn segments(&self) -> Vec<(u32, Vec<u8>)> {
        let mut out = merge(&self.ram, 0);
        out.extend(merge(&self.flash, u32::MAX));
        out
    }
}

/// Writes in their order become pieces; gaps of up to `gap` bytes within a window are filled with zeros.
fn merge(writes: &[(u32, Vec<u8>)], gap: u32) -> Vec<(u32, Vec<u8>)> {
    let window = |addr: u32| MAPPED.iter().position(|r| r.contains(&addr));
    let mut ranges: Vec<Range<u32>> =
        writes.iter().map(|(a, d)| *a..a.saturating_add(d.len() as u32)).filter(|r| !r.is_empty()).collect();
    ranges.sort_by_key(|r| r.start);
    let mut pieces: Vec<Range<u32>> = Vec::new();
    for range in ranges {
        match pieces.last_mut() {
            Some(last)
                if range.start <= last.end.saturating_add(gap)
                    && window(range.start) == window(last.start) =>
            {
                last.end = last.end.max(range.end);
            }
            _ => pieces.push(range),
        }
    }
    let paint = |piece: Range<u32>| {
        let mut bytes = vec![0; piece.len()];
        for (addr, data) in writes.iter().filter(|(a, _)| piece.contains(a)) {
            let at = (addr - piece.start) as usize;
            let n = data.len().min(bytes.len() - at);
            bytes[at..at + n].copy_from_slice(&data[..n]);
        }
        (piece.start, bytes)
    };
    pieces.into_iter().map(paint).collect()
}

impl Flash for Guest {
    /// The image replaces the whole partition: there is nothing to erase yet.
    fn flash_erase(&mut self, start_addr: u32, length: u32) -> TargetResult<(), Self> {
        let end = start_addr.checked_add(length.max(1) - 1);
        if !is_mapped(start_addr) || !end.is_some_and(is_mapped) {
            return Err(TargetError::Errno(EINVAL));
        }
        if self.load.done {
            self.load = Load::default();
        }
        Ok(())
    }

    fn flash_write(&mut self, start_addr: u32, data: &[u8]) -> TargetResult<(), Self> {
        if !is_mapped(start_addr) {
            return Err(TargetError::Errno(EINVAL));
        }
        if !self.load.fits(data) {
            return Err(TargetError::Errno(EFBIG));
        }
        self.load.flash.push((start_addr, data.to_vec()));
        Ok(())
    }

    /// Answered by [`Guest::finish_load`], which can say why.
    fn flash_done(&mut self) -> TargetResult<(), Self> {
        Err(TargetError::Errno(EINVAL))
    }
}

impl Guest {
    /// `vFlashDone`: the image goes into flash. GDB 13 does not show an error's text, so the console gets it as well.
    pub fn finish_load(&mut self) -> Vec<u8> {
        if self.load.flash.is_empty() {
            return b"OK".to_vec();
        }
        match self.write_image(None) {
            Ok(Ok(_)) => {
                let pieces = merge(&self.load.flash, 0);
                let at = self.handle.call(|s| s.machine().instructions()).unwrap_or_default();
                self.loaded = Loaded { pieces, at };
                self.load.done = true;
                b"OK".to_vec()
            }
            Ok(Err(why)) => {
                tracing::warn!("load: {why}");
                self.load = Load::default();
                self.remark(&format!("the last load failed: {why}"));
                format!("E.load: {why}").into_bytes()
            }
            Err(Gone) => b"E05".to_vec(),
        }
    }

    /// Up to `len` bytes at `addr` that a `load` wrote, while the machine has not run since.
    pub fn loaded(&self, addr: u32, len: usize) -> Option<Vec<u8>> {
        let (start, bytes) = self.loaded.pieces.iter().find(|(start, bytes)| {
            addr.checked_sub(*start).is_some_and(|offset| (offset as usize) < bytes.len())
        })?;
        let rest = &bytes[(addr - start) as usize..];
        let now = self.handle.call(|s| s.machine().instructions()).ok()?;
        (now == self.loaded.at).then(|| rest[..len.min(rest.len())].to_vec())
    }

    fn write_image(&self, entry: Option<u32>) -> Result<Result<String, String>, Gone> {
        let (segments, by) = (self.load.segments(), self.handle.client().clone());
        self.handle.call(move |s| s.load_app(&segments, entry, &by))
    }

    /// A PC that the client sets just after a `load` is the entry point: it belongs into the image, and the chip stays
    /// at its reset vector. True when it was one.
    pub fn take_entry(&mut self, pc: u32) -> Result<bool, Gone> {
        let in_ram = self.load.ram.iter().any(|(a, d)| (*a..a.saturating_add(d.len() as u32)).contains(&pc));
        if !std::mem::take(&mut self.load.done) {
            if in_ram {
                self.handle.call(stop_boot_watchdogs)?;
            }
            return Ok(false);
        }
        let taken = in_ram && self.write_image(Some(pc))?.is_ok();
        self.load = Load::default();
        Ok(taken)
    }
}

/// A program that was put into RAM and starts instead of the ROM: nothing boots from flash, so nothing guards that.
fn stop_boot_watchdogs(s: &mut Session) {
    if s.machine().cpu(0).pc != RESET_VECTOR {
        return;
    }
    for (protect, config) in BOOT_WATCHDOGS {
        for (addr, value) in [(protect, WDT_KEY), (config, 0), (protect, 0)] {
            s.machine_mut().write_memory(0, addr, &u32::to_le_bytes(value));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_become_the_segments_of_an_image() {
        let mut load = Load::default();
        load.ram(0x4008_0000, &[1; 4]);
        load.ram(0x4008_0004, &[2; 4]);
        load.ram(0x3FFB_0000, &[3; 8]);
        load.ram(0x3FFB_0002, &[9]);
        load.ram(0x3FF4_0000, b"a register");
        load.flash.push((0x3F40_0020, vec![4; 4]));
        load.flash.push((0x3F40_0028, vec![5; 4]));
        load.flash.push((0x400D_0020, vec![6; 4]));
        assert_eq!(
            load.segments(),
            [
                (0x3FFB_0000, vec![3, 3, 9, 3, 3, 3, 3, 3]),
                (0x4008_0000, vec![1, 1, 1, 1, 2, 2, 2, 2]),
                (0x3F40_0020, vec![4, 4, 4, 4, 0, 0, 0, 0, 5, 5, 5, 5]),
                (0x400D_0020, vec![6; 4]),
            ]
        );
        assert!(is_mapped(0x400D_0000) && !is_mapped(0x3F80_0000) && !is_mapped(0x400C_0000));
    }
}
