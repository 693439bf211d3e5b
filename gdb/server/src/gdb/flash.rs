//! GDB's `load`. GDB writes the parts in RAM with memory packets, then the parts in mapped flash with `vFlash` packets,
//! then sets the PC to the entry point. Here all parts are combined into an application image, which is written to the
//! selected partition. Then the chip is reset, so that the boot ROM and the bootloader start the image as they do after
//! flashing.

use super::target::GdbTarget;
use esplens_core::cpu::RESET_VECTOR;
use esplens_soc::boot::image::is_flash_mapped;
use esplens_soc::dev::DevId;
use esplens_soc::map::{self, RegionKind};
use esplens_supervisor::{Gone, Session};
use gdbstub::target::ext::flash::Flash;
use gdbstub::target::{TargetError, TargetResult};
use std::ops::Range;

/// Maximum number of bytes kept of a client's writes.
const MAX_BYTES: usize = 20 << 20;

/// WDTWPROTECT and WDTCONFIG0 of the watchdogs that are enabled during a boot from flash: those of timer group 0 and
/// the RTC.
const BOOT_WATCHDOGS: [(DevId, u32, u32); 2] = [(DevId::Timg0, 0x64, 0x48), (DevId::RtcCntl, 0xA4, 0x8C)];
/// Value of WDTWPROTECT that unlocks them.
const WDT_KEY: u32 = 0x50D8_3AA1;

const EFBIG: u8 = 27;
const EINVAL: u8 = 22;

/// Returns true for on-chip RAM, in which an image may have segments: data, instructions, both RTC memories.
fn is_ram(addr: u32) -> bool {
    matches!(map::kind_at(addr), Some(RegionKind::Ram | RegionKind::Rtc))
}

/// Data written by a client since the machine last ran.
#[derive(Debug, Default)]
pub struct LoadState {
    ram: Vec<(u32, Vec<u8>)>,
    flash: Vec<(u32, Vec<u8>)>,
    bytes: usize,
    /// The image is in flash; the entry point may follow.
    done: bool,
}

/// Data written to flash by a `load`. It is not mapped until the machine runs, but reads return it at its future
/// address, so that `compare-sections` works.
#[derive(Debug, Default)]
pub struct Loaded {
    pieces: Vec<(u32, Vec<u8>)>,
    /// The machine's instruction count at that time.
    at: u64,
}

impl LoadState {
    /// Records a write to memory.
    pub fn ram(&mut self, addr: u32, data: &[u8]) {
        if self.done {
            *self = Self::default();
        }
        if is_ram(addr) && self.fits(data) {
            self.ram.push((addr, data.to_vec()));
        }
    }

    fn fits(&mut self, data: &[u8]) -> bool {
        self.bytes = self.bytes.saturating_add(data.len());
        self.bytes <= MAX_BYTES
    }

    /// Returns the segments of the image: RAM as written, and one segment for each of the two flash windows.
    fn segments(&self) -> Vec<(u32, Vec<u8>)> {
        let mut out = merge(&self.ram, 0);
        out.extend(merge(&self.flash, u32::MAX));
        out
    }
}

/// Merges writes, in their order, into contiguous pieces. Gaps of up to `gap` bytes within a window are filled with
/// zeros.
fn merge(writes: &[(u32, Vec<u8>)], gap: u32) -> Vec<(u32, Vec<u8>)> {
    let window = |addr: u32| map::kind_at(addr).filter(|_| is_flash_mapped(addr));
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

impl Flash for GdbTarget {
    /// Checks the range. The image replaces the whole partition, so nothing is erased here.
    fn flash_erase(&mut self, start_addr: u32, length: u32) -> TargetResult<(), Self> {
        let end = start_addr.checked_add(length.max(1) - 1);
        if !is_flash_mapped(start_addr) || !end.is_some_and(is_flash_mapped) {
            return Err(TargetError::Errno(EINVAL));
        }
        if self.load.done {
            self.load = LoadState::default();
        }
        Ok(())
    }

    fn flash_write(&mut self, start_addr: u32, data: &[u8]) -> TargetResult<(), Self> {
        if !is_flash_mapped(start_addr) {
            return Err(TargetError::Errno(EINVAL));
        }
        if !self.load.fits(data) {
            return Err(TargetError::Errno(EFBIG));
        }
        self.load.flash.push((start_addr, data.to_vec()));
        Ok(())
    }

    /// Unused: [`GdbTarget::finish_load`] handles `vFlashDone`, as it can report the reason for a failure.
    fn flash_done(&mut self) -> TargetResult<(), Self> {
        Err(TargetError::Errno(EINVAL))
    }
}

impl GdbTarget {
    /// Handles `vFlashDone`: writes the image to flash. GDB 13 does not show an error's text, so it is also queued for
    /// the console.
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
                self.load = LoadState::default();
                self.remark(&format!("the last load failed: {why}"));
                format!("E.load: {why}").into_bytes()
            }
            Err(Gone) => b"E05".to_vec(),
        }
    }

    /// Returns up to `len` bytes at `addr` written by a `load`, if the machine has not run since.
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

    /// Handles a PC that the client sets right after a `load`. It is the entry point: it is written into the image, and
    /// the chip stays at its reset vector. Returns true in that case.
    pub fn take_entry(&mut self, pc: u32) -> Result<bool, Gone> {
        let in_ram = self.load.ram.iter().any(|(a, d)| (*a..a.saturating_add(d.len() as u32)).contains(&pc));
        if !std::mem::take(&mut self.load.done) {
            if in_ram {
                self.handle.call(stop_boot_watchdogs)?;
            }
            return Ok(false);
        }
        let taken = in_ram && self.write_image(Some(pc))?.is_ok();
        self.load = LoadState::default();
        Ok(taken)
    }
}

/// Disables the boot watchdogs for a program that is loaded into RAM and started instead of the ROM: no boot from flash
/// disables them later.
fn stop_boot_watchdogs(s: &mut Session) {
    if s.machine().cpu(0).pc != RESET_VECTOR {
        return;
    }
    for (device, protect, config) in BOOT_WATCHDOGS {
        let (protect, config) = (device.range().0 + protect, device.range().0 + config);
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
        let mut load = LoadState::default();
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
        assert!(
            is_flash_mapped(0x400D_0000) && !is_flash_mapped(0x3F80_0000) && !is_flash_mapped(0x400C_0000)
        );
    }
}
